package bondfile_test

import (
	"fmt"
	"log"
	"os"

	"blesmp/bond"
	"blesmp/bond/bondfile"
	"blesmp/bt"
)

var (
	gateway = bt.TypedAddress{Address: bt.Address{0x00, 0x00, 0x5e, 0x00, 0x53, 0x01}}
	sensor  = bt.TypedAddress{Address: bt.Address{0xc0, 0x00, 0x5e, 0x00, 0x53, 0x02}, Type: bt.RandomAddress}
)

// example is a set with one bond and one identity of our own.
func example() *bondfile.Set {
	irk := bt.Key{0x01, 0x23}
	ltk := bond.LongTermKey{Key: bt.Key{0x0a, 0x0b, 0x0c}}
	return &bondfile.Set{
		Identities: []bond.LocalIdentity{{Address: gateway, IRK: &irk}},
		Bonds:      []bond.Bond{{Local: gateway, Peer: sensor, SC: true, KeySize: 16, LocalLTK: &ltk, PeerLTK: &ltk}},
	}
}

// Bonds move from BlueZ into a store: its folder is written here, and read again.
func ExampleRead() {
	folder, err := os.MkdirTemp("", "bluetooth") // in place of /var/lib/bluetooth
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	files, err := bondfile.Files(bondfile.BlueZ, example())
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range files {
		fmt.Println(f.Path)
	}
	if err := bondfile.Write(folder, files, false); err != nil {
		log.Fatal(err)
	}

	set, err := bondfile.Read(folder, bondfile.Options{MinKeySize: 16})
	if err != nil {
		log.Fatal(err)
	}
	store := bond.NewMemory() // boltstore.Open for one that lasts
	if err := store.Put(set.Bonds...); err != nil {
		log.Fatal(err)
	}
	b, err := store.Get(gateway, sensor)
	fmt.Println(b.Peer, b.SC, err)
	// Output:
	// 00:00:5E:00:53:01/C0:00:5E:00:53:02/info
	// 00:00:5E:00:53:01/identity
	// C0:00:5E:00:53:02/random true <nil>
}

// Every format but JSON, this project's own, leaves something out.
func ExampleFormat() {
	b := example().Bonds[0]
	b.MITM, b.Model = true, 4 // numeric comparison
	for _, f := range bondfile.Formats() {
		fmt.Println(f, f.Omits(&b))
	}
	_, err := bondfile.ParseFormat("android")
	fmt.Println(err)
	// Output:
	// json []
	// bluez [association model]
	// ble-host [association model]
	// bondfile: there is no format "android"; the formats are json, bluez and ble-host
}

// One file of this project's own format.
func ExampleParseJSON() {
	text, err := bondfile.AppendJSON(nil, example())
	if err != nil {
		log.Fatal(err)
	}
	set, err := bondfile.ParseJSON("bonds.json", text)
	fmt.Println(len(set.Bonds), len(set.Identities), err)

	_, err = bondfile.ParseJSON("bonds.json", []byte(`{"format": "blesmp bonds", "version": 1, "bonds": [{"peer": "nobody"}]}`))
	fmt.Println(err)
	// Output:
	// 1 1 <nil>
	// bondfile: bonds.json:1: bonds[0] has no local; compare the file with the format, or export it anew
}

// The file of one device, without the folders that say whose it is.
func ExampleParseBlueZ() {
	info, err := bondfile.AppendBlueZ(nil, &example().Bonds[0])
	if err != nil {
		log.Fatal(err)
	}
	b, err := bondfile.ParseBlueZ("info", info, gateway, sensor.Address)
	fmt.Println(b.Peer, b.KeySize, err)

	identity, err := bondfile.AppendBlueZIdentity(nil, &example().Identities[0])
	if err != nil {
		log.Fatal(err)
	}
	own, err := bondfile.ParseBlueZIdentity("identity", identity, gateway)
	fmt.Println(own.Address, own.IRK, err)
	// Output:
	// C0:00:5E:00:53:02/random 16 <nil>
	// 00:00:5E:00:53:01/public [hidden] <nil>
}

// A keys.json of ble-host.
func ExampleParseBLEHost() {
	keys, err := bondfile.AppendBLEHost(nil, &example().Bonds[0])
	if err != nil {
		log.Fatal(err)
	}
	b, err := bondfile.ParseBLEHost("keys.json", keys, gateway, sensor)
	fmt.Println(b.Peer, b.SC, b.PeerLTK.Key, err)
	// Output: C0:00:5E:00:53:02/random true [hidden] <nil>
}
