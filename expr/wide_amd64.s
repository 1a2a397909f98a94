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

// n is a multiple of 16 and more than 0: operation makes Y0 and Y1 of themselves.
#define EACH(operation) \
	MOVQ n+0(FP), CX; \
	MOVQ d+8(FP), DI; \
	MOVQ a+16(FP), SI; \
loop: \
	VMOVUPS (SI), Y0; \
	VMOVUPS 32(SI), Y1; \
	operation; \
	VMOVUPS Y0, (DI); \
	VMOVUPS Y1, 32(DI); \
	ADDQ    $64, SI; \
	ADDQ    $64, DI; \
	SUBQ    $16, CX; \
	JNZ     loop; \
	VZEROUPPER; \
	RET

#define FLOOR VROUNDPS $9, Y0, Y0; VROUNDPS $9, Y1, Y1
#define CEIL VROUNDPS $10, Y0, Y0; VROUNDPS $10, Y1, Y1
#define ROUND VROUNDPS $8, Y0, Y0; VROUNDPS $8, Y1, Y1
#define TOFLOAT VCVTDQ2PS Y0, Y0; VCVTDQ2PS Y1, Y1
#define NEGATE VXORPS Y2, Y0, Y0; VXORPS Y2, Y1, Y1
#define ABSOLUTE VANDNPS Y0, Y2, Y0; VANDNPS Y1, Y2, Y1

// func floorAVX2(n int, d, a *float32)
TEXT ·floorAVX2(SB), NOSPLIT, $0-24
	EACH(FLOOR)

// func ceilAVX2(n int, d, a *float32)
TEXT ·ceilAVX2(SB), NOSPLIT, $0-24
	EACH(CEIL)

// func roundAVX2(n int, d, a *float32)
TEXT ·roundAVX2(SB), NOSPLIT, $0-24
	EACH(ROUND)

// func toFloatAVX2(n int, d *float32, a *int32)
TEXT ·toFloatAVX2(SB), NOSPLIT, $0-24
	EACH(TOFLOAT)

// func negAVX2(n int, d, a *float32)
TEXT ·negAVX2(SB), NOSPLIT, $0-24
	VPCMPEQD Y2, Y2, Y2
	VPSLLD   $31, Y2, Y2
	EACH(NEGATE)

// func absAVX2(n int, d, a *float32)
TEXT ·absAVX2(SB), NOSPLIT, $0-24
	VPCMPEQD Y2, Y2, Y2
	VPSLLD   $31, Y2, Y2
	EACH(ABSOLUTE)

// VMINPS gives its second operand where one is NaN or both are 0. Taken both
// ways round, the bits of both results make a NaN, or -0 of different zeros.
//
// func minAVX2(n int, d, a, b *float32)
TEXT ·minAVX2(SB), NOSPLIT, $0-32
	MOVQ n+0(FP), CX
	MOVQ d+8(FP), DI
	MOVQ a+16(FP), SI
	MOVQ b+24(FP), DX

loop:
	VMOVUPS (SI), Y0
	VMOVUPS (DX), Y1
	VMINPS  Y1, Y0, Y2
	VMINPS  Y0, Y1, Y3
	VORPS   Y2, Y3, Y2
	VMOVUPS Y2, (DI)
	ADDQ    $32, SI
	ADDQ    $32, DX
	ADDQ    $32, DI
	SUBQ    $8, CX
	JNZ     loop
	VZEROUPPER
	RET

// The bits that both have make 0 of different zeros, but a NaN must be put back.
//
// func maxAVX2(n int, d, a, b *float32)
TEXT ·maxAVX2(SB), NOSPLIT, $0-32
	MOVQ n+0(FP), CX
	MOVQ d+8(FP), DI
	MOVQ a+16(FP), SI
	MOVQ b+24(FP), DX

loop:
	VMOVUPS (SI), Y0
	VMOVUPS (DX), Y1
	VMAXPS  Y1, Y0, Y2
	VMAXPS  Y0, Y1, Y3
	VANDPS  Y2, Y3, Y2
	VCMPPS  $3, Y0, Y1, Y3
	VORPS   Y2, Y3, Y2
	VMOVUPS Y2, (DI)
	ADDQ    $32, SI
	ADDQ    $32, DX
	ADDQ    $32, DI
	SUBQ    $8, CX
	JNZ     loop
	VZEROUPPER
	RET

// func andAVX2(n int, d, a, b *int32)
TEXT ·andAVX2(SB), NOSPLIT, $0-32
	ARITHMETIC(VPAND)

// func orAVX2(n int, d, a, b *int32)
TEXT ·orAVX2(SB), NOSPLIT, $0-32
	ARITHMETIC(VPOR)
