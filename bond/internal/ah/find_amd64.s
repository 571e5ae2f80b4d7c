//go:build !purego

#include "textflag.h"

// Four keys and their blocks at a time, in the registers of SSE. Each round turns
// the keys into those of the next round (FIPS 197, 5.2) and encrypts with them.
#define KEY0 X0
#define KEY1 X1
#define KEY2 X2
#define KEY3 X3
#define BLOCK0 X4
#define BLOCK1 X5
#define BLOCK2 X6
#define BLOCK3 X7
#define WORD0 X8
#define WORD1 X9
#define WORD2 X10
#define WORD3 X11
#define SHIFTED X12
#define ROTATE X13
#define RCON X14
#define PRAND X15

// ROTATE puts RotWord of a key's last word into all four words.
DATA rotate<>+0(SB)/8, $0x0c0f0e0d0c0f0e0d
DATA rotate<>+8(SB)/8, $0x0c0f0e0d0c0f0e0d
GLOBL rotate<>(SB), RODATA|NOPTR, $16

// The round constants of rounds 1 and 9, in all four words; those after them are
// twice the one before.
DATA rcon1<>+0(SB)/8, $0x0000000100000001
DATA rcon1<>+8(SB)/8, $0x0000000100000001
GLOBL rcon1<>(SB), RODATA|NOPTR, $16
DATA rcon9<>+0(SB)/8, $0x0000001b0000001b
DATA rcon9<>+8(SB)/8, $0x0000001b0000001b
GLOBL rcon9<>(SB), RODATA|NOPTR, $16

// WORD makes SubWord(RotWord(last word)) ^ Rcon, four times over. The last round
// of AES is SubBytes, ShiftRows and an addition, and ShiftRows does nothing to
// four equal columns.
#define WORD(key, word) \
	MOVO       key, word    \
	PSHUFB     ROTATE, word \
	AESENCLAST RCON, word

// EXPAND adds to each word of a key those before it, and the new word.
#define EXPAND(key, word) \
	MOVO  key, SHIFTED \
	PSLLO $4, SHIFTED  \
	PXOR  SHIFTED, key \
	MOVO  key, SHIFTED \
	PSLLO $8, SHIFTED  \
	PXOR  SHIFTED, key \
	PXOR  word, key

#define SCHEDULE \
	WORD(KEY0, WORD0)   \
	WORD(KEY1, WORD1)   \
	WORD(KEY2, WORD2)   \
	WORD(KEY3, WORD3)   \
	EXPAND(KEY0, WORD0) \
	EXPAND(KEY1, WORD1) \
	EXPAND(KEY2, WORD2) \
	EXPAND(KEY3, WORD3)

#define ROUND \
	SCHEDULE             \
	AESENC KEY0, BLOCK0  \
	AESENC KEY1, BLOCK1  \
	AESENC KEY2, BLOCK2  \
	AESENC KEY3, BLOCK3

#define DOUBLE \
	PSLLL $1, RCON

// func try(keys *bt.Key, groups int, prand, hash uint32) (group int, fits uint32)
TEXT ·try(SB), NOSPLIT, $0-36
	MOVQ  keys+0(FP), SI
	MOVQ  groups+8(FP), CX
	MOVL  prand+16(FP), AX
	MOVL  hash+20(FP), DX
	XORL  BX, BX
	MOVOU rotate<>(SB), ROTATE
	MOVQ  AX, PRAND
	PSLLO $12, PRAND

group:
	MOVOU  0(SI), KEY0
	MOVOU  16(SI), KEY1
	MOVOU  32(SI), KEY2
	MOVOU  48(SI), KEY3
	MOVO   PRAND, BLOCK0
	MOVO   PRAND, BLOCK1
	MOVO   PRAND, BLOCK2
	MOVO   PRAND, BLOCK3
	PXOR   KEY0, BLOCK0
	PXOR   KEY1, BLOCK1
	PXOR   KEY2, BLOCK2
	PXOR   KEY3, BLOCK3
	MOVOU  rcon1<>(SB), RCON
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
	MOVOU  rcon9<>(SB), RCON
	ROUND
	DOUBLE
	SCHEDULE
	AESENCLAST KEY0, BLOCK0
	AESENCLAST KEY1, BLOCK1
	AESENCLAST KEY2, BLOCK2
	AESENCLAST KEY3, BLOCK3

	// The last three octets of each block beside the hash.
	PUNPCKHLQ  BLOCK1, BLOCK0
	PUNPCKHLQ  BLOCK3, BLOCK2
	PUNPCKHQDQ BLOCK2, BLOCK0
	PSRLL      $8, BLOCK0
	MOVQ       DX, BLOCK1
	PSHUFD     $0, BLOCK1, BLOCK1
	PCMPEQL    BLOCK1, BLOCK0
	MOVMSKPS   BLOCK0, AX
	TESTL      AX, AX
	JNZ        done
	ADDQ       $64, SI
	INCQ       BX
	CMPQ       BX, CX
	JLT        group
	DECQ       BX

done:
	MOVQ BX, group+24(FP)
	MOVL AX, fits+32(FP)
	RET

// func features() uint32
TEXT ·features(SB), NOSPLIT, $0-4
	MOVL $1, AX
	XORL CX, CX
	CPUID
	MOVL CX, ret+0(FP)
	RET
