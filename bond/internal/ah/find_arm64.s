//go:build !purego

#include "textflag.h"

// Four keys and their blocks at a time. Each round encrypts with the keys and
// turns them into those of the next round (FIPS 197, 5.2).
#define KEY0 V0
#define KEY1 V1
#define KEY2 V2
#define KEY3 V3
#define BLOCK0 V4
#define BLOCK1 V5
#define BLOCK2 V6
#define BLOCK3 V7
#define WORD0 V16
#define WORD1 V17
#define WORD2 V18
#define WORD3 V19
#define SHIFTED0 V20
#define SHIFTED1 V21
#define SHIFTED2 V22
#define SHIFTED3 V23
#define ROTATE V24
#define RCON V25
#define PRAND V26
#define HASH V27
#define BITS V28
#define ZERO V29

// ROTATE puts RotWord of a key's last word into all four words.
#define rotate 0x0c0f0e0d

// BITS has the bit of each of the four in its word.
DATA bits<>+0(SB)/8, $0x0000000200000001
DATA bits<>+8(SB)/8, $0x0000000800000004
GLOBL bits<>(SB), RODATA|NOPTR, $16

// SUBROUND is a round of AES but for MixColumns, with the key before it.
#define SUBROUND \
	AESE KEY0.B16, BLOCK0.B16 \
	AESE KEY1.B16, BLOCK1.B16 \
	AESE KEY2.B16, BLOCK2.B16 \
	AESE KEY3.B16, BLOCK3.B16

#define MIX \
	AESMC BLOCK0.B16, BLOCK0.B16 \
	AESMC BLOCK1.B16, BLOCK1.B16 \
	AESMC BLOCK2.B16, BLOCK2.B16 \
	AESMC BLOCK3.B16, BLOCK3.B16

// WORD makes SubWord(RotWord(last word)), four times over: of a round of AES
// without a key and MixColumns SubBytes and ShiftRows are left, and ShiftRows does
// nothing to four equal columns.
#define WORD(key, word) \
	VTBL ROTATE.B16, [key.B16], word.B16 \
	AESE ZERO.B16, word.B16

// EXPAND adds to each word of a key those before it, the new word and Rcon.
#define EXPAND(key, word, shifted) \
	VEXT $12, key.B16, ZERO.B16, shifted.B16 \
	VEOR RCON.B16, word.B16, word.B16        \
	VEOR shifted.B16, key.B16, key.B16       \
	VEXT $8, key.B16, ZERO.B16, shifted.B16  \
	VEOR word.B16, key.B16, key.B16          \
	VEOR shifted.B16, key.B16, key.B16

#define SCHEDULE \
	WORD(KEY0, WORD0)             \
	WORD(KEY1, WORD1)             \
	WORD(KEY2, WORD2)             \
	WORD(KEY3, WORD3)             \
	EXPAND(KEY0, WORD0, SHIFTED0) \
	EXPAND(KEY1, WORD1, SHIFTED1) \
	EXPAND(KEY2, WORD2, SHIFTED2) \
	EXPAND(KEY3, WORD3, SHIFTED3)

#define ROUND \
	SUBROUND \
	MIX      \
	SCHEDULE

#define DOUBLE \
	VSHL $1, RCON.S4, RCON.S4

// func try(keys *bt.Key, groups int, prand, hash uint32) (group int, fits uint32)
TEXT ·try(SB), NOSPLIT, $0-36
	MOVD  keys+0(FP), R0
	MOVD  groups+8(FP), R1
	MOVWU prand+16(FP), R2
	MOVWU hash+20(FP), R3
	MOVD  ZR, R4
	VEOR  ZERO.B16, ZERO.B16, ZERO.B16
	VEOR  PRAND.B16, PRAND.B16, PRAND.B16
	VMOV  R2, PRAND.S[3]
	VDUP  R3, HASH.S4
	MOVD  $rotate, R5
	VDUP  R5, ROTATE.S4
	MOVD  $bits<>(SB), R5
	VLD1  (R5), [BITS.B16]
	MOVD  $0x01, R6
	MOVD  $0x1b, R7

group:
	VLD1.P 64(R0), [KEY0.B16, KEY1.B16, KEY2.B16, KEY3.B16]
	VMOV   PRAND.B16, BLOCK0.B16
	VMOV   PRAND.B16, BLOCK1.B16
	VMOV   PRAND.B16, BLOCK2.B16
	VMOV   PRAND.B16, BLOCK3.B16
	VDUP   R6, RCON.S4
	ROUND
	DOUBLE
	ROUND
	DOUBLE
	ROUND
	DOUBLE
	ROUND
	DOUBLE
	ROUND
	DOUBLE
	ROUND
	DOUBLE
	ROUND
	DOUBLE
	ROUND
	VDUP   R7, RCON.S4
	ROUND
	DOUBLE
	SUBROUND
	SCHEDULE
	VEOR   KEY0.B16, BLOCK0.B16, BLOCK0.B16
	VEOR   KEY1.B16, BLOCK1.B16, BLOCK1.B16
	VEOR   KEY2.B16, BLOCK2.B16, BLOCK2.B16
	VEOR   KEY3.B16, BLOCK3.B16, BLOCK3.B16

	// The last three octets of each block beside the hash.
	VZIP2  BLOCK1.S4, BLOCK0.S4, BLOCK0.S4
	VZIP2  BLOCK3.S4, BLOCK2.S4, BLOCK2.S4
	VZIP2  BLOCK2.D2, BLOCK0.D2, BLOCK0.D2
	VUSHR  $8, BLOCK0.S4, BLOCK0.S4
	VCMEQ  HASH.S4, BLOCK0.S4, BLOCK0.S4
	VAND   BITS.B16, BLOCK0.B16, BLOCK0.B16
	VADDV  BLOCK0.S4, BLOCK0
	VMOV   BLOCK0.S[0], R5
	CBNZ   R5, done
	ADD    $1, R4
	CMP    R1, R4
	BLT    group
	SUB    $1, R4

done:
	MOVD R4, group+24(FP)
	MOVW R5, fits+32(FP)
	RET
