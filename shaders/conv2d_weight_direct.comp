// Convolution by-weight by the formula, for groups of few channels, depthwise
// convolution first of all, which would leave a GEMM's tiles empty.
//
//   dW[o, c, i, j] = Σ_{n,q} dY[n, o, q] · X[n, c, y(q)·s + i·d - p, x(q)·s + j·d - p]
//
// over images n and pixels q of dY's planes; X = 0 outside its plane.
//
//   binding 0  X   [N, groups·C, H, W]
//   binding 1  dY  [N, groups·O, OH·OW]
//   binding 2  dW  [groups·O, C, kh, kw]
//
// A workgroup makes one element: each invocation adds up every LOCALth product,
// then halves are added to halves in shared memory, in a fixed order.
#version 450

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint LOCAL = 128; // a power of two
layout(constant_id = 1) const uint OH = 1;
layout(constant_id = 2) const uint OW = 1;
layout(std430, binding = 0) restrict readonly buffer X_ { float X[]; };
layout(std430, binding = 1) restrict readonly buffer DY_ { float DY[]; };
layout(std430, binding = 2) restrict writeonly buffer DW_ { float DW[]; };
layout(push_constant) uniform Push {
    uint elems;                // of dW
    uint groups, C, H, W, O, KH, KW;
    int sy, sx, py, px, dy, dx;
    uint terms;                // N·OH·OW
} p;

shared float part[LOCAL];

void main() {
    uint e = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x, lane = gl_LocalInvocationID.x;
    if (e >= p.elems) return;
    uint o = e / (p.KW * p.KH * p.C), c = o / p.O * p.C + e / (p.KW * p.KH) % p.C;
    int oy = int(e / p.KW % p.KH) * p.dy - p.py, ox = int(e % p.KW) * p.dx - p.px;
    precise float sum = 0.0;
    for (uint t = lane; t < p.terms; t += LOCAL) {
        uint n = t / (OH * OW), q = t % (OH * OW);
        int y = int(q / OW) * p.sy + oy, x = int(q % OW) * p.sx + ox;
        bool inside = uint(y) < p.H && uint(x) < p.W;
        float v = X[inside ? ((n * p.groups * p.C + c) * p.H + uint(y)) * p.W + uint(x) : 0];
        sum = fma(DY[(n * p.groups * p.O + o) * (OH * OW) + q], inside ? v : 0.0, sum);
    }
    part[lane] = sum;
    for (uint width = LOCAL / 2; width > 0; width /= 2) {
        barrier();
        if (lane < width) part[lane] += part[lane + width];
    }
    if (lane == 0) DW[e] = part[0];
}
