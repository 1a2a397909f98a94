#version 450
// An optimizer over parameters that lie side by side, any one that is declared by
// formulas over an element: package expr puts them in place of the functions below.
//
//   binding 0     G       gradients, vec4
//   binding 1     p       parameters, vec4, in place
//   binding 2..4  states  vec4, in place, the first STATES of them
//   binding 5     lr      one float
//   binding 6     t       the step's number, from 1; with EXTRA a scalar behind it
//   binding 7     gscale  one float, with GSCALE: what gradients are multiplied by
//
// A workgroup updates LOCAL·EACH vec4, an invocation EACH of them, LOCAL apart,
// so that what once0 to once5 give is computed once for 4·EACH parameters. Each
// state's function sees the states before it as they get, the parameter's all.
// NaN: as the formulas say. Zeros between parameters stay zeros.
// build: flat -O0

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint LOCAL = 64;
layout(constant_id = 1) const uint EACH = 4;
layout(constant_id = 2) const bool GSCALE = false;
layout(constant_id = 3) const uint STATES = 0;
layout(constant_id = 4) const bool EXTRA = false;

layout(push_constant, std430) uniform Push {
    uint count;     // vec4
    float attr[16]; // options, and what the host derives of them
} k;
layout(std430, binding = 0) restrict readonly buffer GBuffer { vec4 data[]; } G;
layout(std430, binding = 1) restrict buffer ParamBuffer { vec4 data[]; } P;
layout(std430, binding = 2) restrict buffer State0Buffer { vec4 data[]; } S0;
layout(std430, binding = 3) restrict buffer State1Buffer { vec4 data[]; } S1;
layout(std430, binding = 4) restrict buffer State2Buffer { vec4 data[]; } S2;
layout(std430, binding = 5) restrict readonly buffer RateBuffer { float lr; };
layout(std430, binding = 6) restrict readonly buffer StepBuffer { float t[]; };
layout(std430, binding = 7) restrict readonly buffer ScaleBuffer { float gscale; };

float once0(const float lr, const float t, const float x) { return 0.0; }
float once1(const float lr, const float t, const float x) { return 0.0; }
float once2(const float lr, const float t, const float x) { return 0.0; }
float once3(const float lr, const float t, const float x) { return 0.0; }
float once4(const float lr, const float t, const float x) { return 0.0; }
float once5(const float lr, const float t, const float x) { return 0.0; }

// gradient, parameter, states as they were and as they get; lr, gscale, once
#define OPERANDS const float g, const float p, \
    const float a, const float b, const float c, const float na, const float nb, const float nc, \
    const float rate, const float scale, const float o0, const float o1, const float o2, const float o3, const float o4, const float o5

float state0(OPERANDS) { return a; }
float state1(OPERANDS) { return b; }
float state2(OPERANDS) { return c; }
float parameter(OPERANDS) { return p; }

#define CALL(f, q) f(g[q], w[q], a[q], b[q], c[q], na[q], nb[q], nc[q], rate, scale, o0, o1, o2, o3, o4, o5)
#define FOUR(f) vec4(CALL(f, 0), CALL(f, 1), CALL(f, 2), CALL(f, 3))

void main() {
    uint group = gl_WorkGroupID.x + gl_WorkGroupID.y * gl_NumWorkGroups.x;
    uint at = group * LOCAL * EACH + gl_LocalInvocationID.x;
    float rate = lr, scale = GSCALE ? gscale : 1.0, step = t[0], x = EXTRA ? t[1] : step;
    float o0 = once0(rate, step, x), o1 = once1(rate, step, x), o2 = once2(rate, step, x);
    float o3 = once3(rate, step, x), o4 = once4(rate, step, x), o5 = once5(rate, step, x);
    for (uint e = 0; e < EACH; e++) {
        uint i = at + e * LOCAL;
        if (i >= k.count) return;
        vec4 g = G.data[i], w = P.data[i];
        vec4 a = vec4(0), b = vec4(0), c = vec4(0), na = vec4(0), nb = vec4(0), nc = vec4(0);
        if (STATES > 0) a = S0.data[i];
        if (STATES > 1) b = S1.data[i];
        if (STATES > 2) c = S2.data[i];
        if (STATES > 0) { na = FOUR(state0); S0.data[i] = na; }
        if (STATES > 1) { nb = FOUR(state1); S1.data[i] = nb; }
        if (STATES > 2) { nc = FOUR(state2); S2.data[i] = nc; }
        P.data[i] = FOUR(parameter);
    }
}
