'use strict';

// A ble-host process that the Go tests drive: it speaks H4 over TCP with the
// controller at the address of the arguments, takes one command a line as JSON
// on its standard input, and reports on its standard output what happens.
//
//   node host.js PORT [STATIC-RANDOM-ADDRESS]
//
// It keeps its bonds below the working directory.

const EventEmitter = require('events');
const net = require('net');
const readline = require('readline');
const { BleManager } = require('ble-host');

function say(event, fields) {
  const hex = (_, v) => (v && v.type === 'Buffer' ? Buffer.from(v.data).toString('hex') : v);
  process.stdout.write(JSON.stringify(Object.assign({ event }, fields), hex) + '\n');
}

// headers gives for each packet type that a controller sends the octets of its
// header, the type octet included, and how to read the length of what follows.
const headers = {
  2: { size: 5, length: (b) => b.readUInt16LE(3) },
  4: { size: 3, length: (b) => b[2] },
};

// Transport is what BleManager wants of a controller: whole packets both ways.
class Transport extends EventEmitter {
  constructor(socket) {
    super();
    this.socket = socket;
    this.rest = Buffer.alloc(0);
    socket.setNoDelay(true);
    socket.on('data', (data) => this.receive(data));
    socket.on('close', () => this.emit('close'));
    socket.on('error', (error) => say('error', { error: error.message }));
  }

  write(packet) {
    this.socket.write(packet);
  }

  receive(data) {
    this.rest = Buffer.concat([this.rest, data]);
    for (;;) {
      if (this.rest.length === 0) return;
      const header = headers[this.rest[0]];
      if (!header) throw new Error('no packet type ' + this.rest[0]);
      if (this.rest.length < header.size) return;
      const size = header.size + header.length(this.rest);
      if (this.rest.length < size) return;
      const packet = this.rest.subarray(0, size);
      this.rest = this.rest.subarray(size);
      this.emit('data', packet);
    }
  }
}

let manager;
let conn;
let scanner;
let features = null; // what the user offers when asked
let waiting = null; // the callback of a passkeyExchange event

// follow reports what happens on a connection.
function follow(c, role) {
  conn = c;
  const smp = c.smp;
  say('connected', { role, peer: c.peerAddress, peerType: c.peerAddressType, bonded: smp.isBonded });
  c.on('disconnect', (reason, startedByUs) => {
    conn = null;
    say('disconnected', { reason, startedByUs });
  });
  smp.on('pairingRequest', (request, callback) => {
    say('request', { request });
    if (features === 'refuse') {
      smp.sendPairingFailed(0x05);
    } else if (features !== 'wait') {
      callback(features);
    }
  });
  smp.on('passkeyExchange', (model, value, callback) => {
    waiting = callback;
    say('passkey', { model, value });
  });
  smp.on('pairingComplete', (result) => say('complete', { result }));
  smp.on('pairingFail', (reason, remote) => say('failed', { reason, remote }));
  smp.on('encrypt', (status, level) => say('encrypt', { status, level }));
  smp.on('keypress', (type) => say('keypress', { type }));
  smp.on('timeout', () => say('timeout', {}));
}

function advertise() {
  manager.startAdvertising(
    { intervalMin: 32, intervalMax: 32 },
    (status, c) => (status === 0 ? follow(c, 'peripheral') : say('error', { error: 'advertising ' + status })),
  );
  say('done', { what: 'advertise' });
}

const commands = {
  advertise,
  connect: (c) => {
    manager.connect(c.type, c.address, {}, (connection) => follow(connection, 'central'));
  },
  scan: () => {
    scanner = manager.startScan({ scanFilters: [] });
    scanner.on('report', (e) => say('report', { address: e.address, type: e.addressType }));
  },
  stopScan: () => scanner.stopScan(),
  features: (c) => {
    features = c.features;
    say('done', { what: 'features' });
  },
  pair: (c) => say('done', { what: 'pair', started: conn.smp.sendPairingRequest(c.features) }),
  answer: (c) => {
    const callback = waiting;
    waiting = null;
    callback(c.value);
  },
  cancel: (c) => conn.smp.sendPairingFailed(c.reason),
  security: (c) => conn.smp.sendSecurityRequest(c.bond, c.mitm, c.keypress),
  encrypt: () => say('done', { what: 'encrypt', started: conn.smp.startEncryption() }),
  keypress: (c) => conn.smp.sendKeypressNotification(c.type),
  disconnect: () => conn.disconnect(),
  forget: (c) => {
    manager.removeBond(c.type, c.address);
    say('done', { what: 'forget' });
  },
  state: () => {
    const smp = conn.smp;
    say('state', {
      bonded: smp.isBonded,
      encrypted: smp.isEncrypted,
      level: smp.currentEncryptionLevel,
      available: smp.availableLtkSecurityLevel,
    });
  },
};

const socket = net.connect(Number(process.argv[2]), '127.0.0.1', () => {
  const options = process.argv[3] ? { staticRandomAddress: process.argv[3] } : {};
  BleManager.create(new Transport(socket), options, (error, m) => {
    if (error) {
      say('error', { error: error.message });
      process.exit(1);
    }
    manager = m;
    say('ready', {});
  });
});
socket.on('close', () => process.exit(0));

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const command = JSON.parse(line);
  try {
    commands[command.do](command);
  } catch (error) {
    say('error', { error: command.do + ': ' + error.message });
  }
}).on('close', () => process.exit(0));
