// One LSTM cell, gates in the order i, f, g, o (shared by the shapes of lstm):
//
//   i, f, o = sigmoid(z_i, z_f, z_o)   g = tanh(z_g)   c' = f·c + i·g   h = o·tanh(c')
//
// and one step back: with dh and dc the gradients that reach h and c',
//
//   dc += dh·o·(1 - tanh²(c'))         dc_prev = dc·f
//   dz = (dc·g·i(1-i), dc·c·f(1-f), dc·i·(1-g²), dh·tanh(c')·o(1-o))
//
// A NaN anywhere goes into everything that depends on it.
#include "math.glsl"

struct Cell {
    vec4 gates; // activated i, f, g, o
    float c, h;
};

Cell cellForward(const vec4 z, const float c) {
    Cell r;
    r.gates = vec4(vsigmoid(z.x), vsigmoid(z.y), vtanh(z.z), vsigmoid(z.w));
    precise float next = fma(r.gates.x, r.gates.z, r.gates.y * c);
    precise float h = r.gates.w * vtanh(next);
    r.c = next;
    r.h = h;
    return r;
}

struct CellGrad {
    vec4 dz;
    float dc; // that reaches the cell state before this step
};

CellGrad cellBackward(const vec4 gates, const float c, const float cPrev, const float dh, const float dcNext) {
    float i = gates.x, f = gates.y, g = gates.z, o = gates.w, tc = vtanh(c);
    precise float dc = fma(dh * o, fma(-tc, tc, 1.0), dcNext);
    precise vec4 dz = vec4(dc * g * i * (1.0 - i), dc * cPrev * f * (1.0 - f), dc * i * fma(-g, g, 1.0),
                           dh * tc * o * (1.0 - o));
    precise float back = dc * f;
    CellGrad r;
    r.dz = dz;
    r.dc = back;
    return r;
}
