#include "textflag.h"

// n is a multiple of 8 and more than 0. VCMPPS gives all ones where true; the
// shift leaves 1.
#define COMPARE(predicate) \
	MOVQ n+0(FP), CX; \
	MOVQ d+8(FP), DI; \
	MOVQ a+16(FP), SI; \
	MOVQ b+24(FP), DX; \
loop: \
	VMOVUPS (SI), Y0; \
	VCMPPS  predicate, (DX), Y0, Y0; \
	VPSRLD  $31, Y0, Y0; \
	VMOVDQU Y0, (DI); \
	ADDQ    $32, SI; \
	ADDQ    $32, DX; \
	ADDQ    $32, DI; \
	SUBQ    $8, CX; \
	JNZ     loop; \
	VZEROUPPER; \
	RET

// n is a multiple of 16 and more than 0.
#define ARITHMETIC(instruction) \
	MOVQ n+0(FP), CX; \
	MOVQ d+8(FP), DI; \
	MOVQ a+16(FP), SI; \
	MOVQ b+24(FP), DX; \
loop: \
	VMOVUPS (SI), Y0; \
	VMOVUPS 32(SI), Y1; \
	instruction (DX), Y0, Y0; \
	instruction 32(DX), Y1, Y1; \
	VMOVUPS Y0, (DI); \
	VMOVUPS Y1, 32(DI); \
	ADDQ    $64, SI; \
	ADDQ    $64, DX; \
	ADDQ    $64, DI; \
	SUBQ    $16, CX; \
	JNZ     loop; \
	VZEROUPPER; \
	RET

// func lessAVX2(n int, d *int32, a, b *float32)
TEXT ·lessAVX2(SB), NOSPLIT, $0-32
	COMPARE($17)

// func lessEqualAVX2(n int, d *int32, a, b *float32)
TEXT ·lessEqualAVX2(SB), NOSPLIT, $0-32
	COMPARE($18)

// func equalAVX2(n int, d *int32, a, b *float32)
TEXT ·equalAVX2(SB), NOSPLIT, $0-32
	COMPARE($0)

// func notEqualAVX2(n int, d *int32, a, b *float32)
TEXT ·notEqualAVX2(SB), NOSPLIT, $0-32
	COMPARE($4)

// func chooseAVX2(n int, d *float32, m *int32, b, c *float32)
//
// VBLENDVPS goes by the sign bit: 1 shifted up.
TEXT ·chooseAVX2(SB), NOSPLIT, $0-40
	MOVQ n+0(FP), CX
	MOVQ d+8(FP), DI
	MOVQ m+16(FP), AX
	MOVQ b+24(FP), SI
	MOVQ c+32(FP), DX

loop:
	VMOVDQU   (AX), Y0
	VPSLLD    $31, Y0, Y0
	VMOVUPS   (DX), Y1
	VBLENDVPS Y0, (SI), Y1, Y1
	VMOVUPS   Y1, (DI)
	ADDQ      $32, AX
	ADDQ      $32, SI
	ADDQ      $32, DX
	ADDQ      $32, DI
	SUBQ      $8, CX
	JNZ       loop
	VZEROUPPER
	RET

// func addAVX2(n int, d, a, b *float32)
TEXT ·addAVX2(SB), NOSPLIT, $0-32
	ARITHMETIC(VADDPS)

// func subAVX2(n int, d, a, b *float32)
TEXT ·subAVX2(SB), NOSPLIT, $0-32
	ARITHMETIC(VSUBPS)

// func mulAVX2(n int, d, a, b *float32)
TEXT ·mulAVX2(SB), NOSPLIT, $0-32
	ARITHMETIC(VMULPS)

// func divAVX2(n int, d, a, b *float32)
TEXT ·divAVX2(SB), NOSPLIT, $0-32
	ARITHMETIC(VDIVPS)

// func sqrtAVX2(n int, d, a *float32)
TEXT ·sqrtAVX2(SB), NOSPLIT, $0-24
	MOVQ n+0(FP), CX
	MOVQ d+8(FP), DI
	MOVQ a+16(FP), SI

loop:
	VSQRTPS (SI), Y0
	VSQRTPS 32(SI), Y1
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	ADDQ    $64, SI
	ADDQ    $64, DI
	SUBQ    $16, CX
	JNZ     loop
	VZEROUPPER
	RET
