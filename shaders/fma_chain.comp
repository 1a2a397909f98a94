#version 450
#ifdef HALF
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#endif
// build: fma_chain_scalar -DT=float -DWIDTH=1
// build: fma_chain_vec4 -DT=vec4 -DWIDTH=4
// build: fma_chain_half -DHALF -DT=f16vec4 -DWIDTH=4
//
// Y = X after `steps` times y = a·y + b. An invocation keeps 12 scalars, or 3
// vectors, in registers: as many chains as hide a multiply-add's latency
// without spilling where there are 16 registers. Y is float32 in every form.
layout(local_size_x_id = 0) in;
layout(binding = 0) restrict readonly buffer Xs { float X[]; };
layout(binding = 1) restrict writeonly buffer Ys { float Y[]; };
layout(push_constant) uniform Push { uint n, steps; float a, b; };

#ifdef HALF
#define S float16_t
#else
#define S float
#endif
#if WIDTH == 1
#define ALL(f) f(0) f(1) f(2) f(3) f(4) f(5) f(6) f(7) f(8) f(9) f(10) f(11)
#define LOAD(i) T y##i = at + i < n ? X[at + i] : 0;
#define STORE(i) if (at + i < n) Y[at + i] = y##i;
#else
#define ALL(f) f(0) f(1) f(2)
#define PICK(i, c) (at + 4 * i + c < n ? S(X[at + 4 * i + c]) : S(0))
#define LOAD(i) T y##i = T(PICK(i, 0), PICK(i, 1), PICK(i, 2), PICK(i, 3));
#define PUT(i, c) if (at + 4 * i + c < n) Y[at + 4 * i + c] = float(y##i[c]);
#define STORE(i) PUT(i, 0) PUT(i, 1) PUT(i, 2) PUT(i, 3)
#endif
#define NEXT(i) y##i = fma(y##i, A, B);

void main() {
	uint at = 12 * ((gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x);
	if (at >= n) return;
	T A = T(S(a)), B = T(S(b));
	ALL(LOAD)
	for (uint s = 0; s < steps / 8; s++) {
		ALL(NEXT) ALL(NEXT) ALL(NEXT) ALL(NEXT)
		ALL(NEXT) ALL(NEXT) ALL(NEXT) ALL(NEXT)
	}
	for (uint s = 0; s < steps % 8; s++) { ALL(NEXT) }
	ALL(STORE)
}
