// Convolution forward and by-data by the formula, for groups of few channels,
// depthwise convolution first of all, which would leave a GEMM's tiles empty.
//
//   Y[n, m, out(jy,jx)] = Σ_{k,ty,tx} W[m·sm + k·sk + tap(ty,tx)] · X[n, k, jy·sy + ty·dy + by, jx·sx + tx·dx + bx]
//
// with X = 0 outside its plane; see conv2d_subgroup for the two uses.
//
//   binding 0  X  [N, groups·K, IH, IW]
//   binding 1  W  [O, C/groups, kh, kw], strides sg (group), sk, sm
//   binding 2  Y  [N, groups·M, OHW]
//   binding 3, 4  the epilogue's operands
//
// One invocation an element, neighbours on neighbouring pixels.
// build: conv2d_direct -O0
#version 450
#extension GL_GOOGLE_include_directive : enable

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint PH = 1; // pixels of a plane
layout(constant_id = 2) const uint PW = 1;
layout(constant_id = 3) const uint M = 1;  // rows and channels of a group
layout(constant_id = 4) const uint K = 1;
layout(std430, binding = 0) restrict readonly buffer X_ { float X[]; };
layout(std430, binding = 1) restrict readonly buffer W_ { float W[]; };
layout(std430, binding = 2) restrict writeonly buffer Y_ { float Y[]; };
const int EXTRA = 3;
#include "epilogue.glsl"
layout(push_constant) uniform Push {
    uint elems, groups;        // N·groups·M·PH·PW
    int sy, sx, by, bx, dy, dx;
    uint nty, ntx;             // taps
    uint tap0, tapy, tapx;     // tap(ty,tx) = tap0 + ty·tapy + tx·tapx
    uint IH, IW;
    uint sg, sk, sm;
    uint OHW, out0, outy, outx; // out(jy,jx) = out0 + jy·outy + jx·outx
} p;

void main() {
    uint e = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
    if (e >= p.elems) return;
    uint jx = e % PW, jy = e / PW % PH, channel = e / (PW * PH); // n·groups·M + g·M + m
    uint m = channel % M, g = channel / M % p.groups;
    int y0 = int(jy) * p.sy + p.by, x0 = int(jx) * p.sx + p.bx;
    uint plane = channel / M * K * p.IH * p.IW, weight = g * p.sg + m * p.sm + p.tap0;
    precise float sum = 0.0;
    for (uint k = 0; k < K; k++)
        for (uint ty = 0; ty < p.nty; ty++)
            for (uint tx = 0; tx < p.ntx; tx++) {
                int y = y0 + int(ty) * p.dy, x = x0 + int(tx) * p.dx;
                bool inside = uint(y) < p.IH && uint(x) < p.IW;
                float v = X[inside ? plane + (k * p.IH + uint(y)) * p.IW + uint(x) : plane];
                sum = fma(W[weight + k * p.sk + ty * p.tapy + tx * p.tapx], inside ? v : 0.0, sum);
            }
    uint to = channel * p.OHW + p.out0 + jy * p.outy + jx * p.outx;
    Y[to] = epilogue(sum, g * M + m, to);
}
