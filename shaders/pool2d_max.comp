// Max pooling.
//
//   Y[plane, y, x] = max over i, j of X[plane, y·s + i·d - p, x·s + j·d - p]
//
//   binding 0  X    [planes, H, W]
//   binding 1  Y    [planes, OH, OW]
//   binding 2  Idx  int32, as Y: h·W + w of the element taken; only with INDEX
//
// NaN wins over everything, the last of several; of equal elements the first;
// padding is left out, and a window of padding only gives -Inf and -1.
// One invocation an output. Sizes are specialisation constants: the window
// unrolls and divisions become multiplications.
// build: pool2d_max
// build: pool2d_max_texel -DTEXEL
#version 450
#extension GL_GOOGLE_include_directive : enable
#extension GL_EXT_control_flow_attributes : enable

#include "pool2d.glsl"
layout(constant_id = 13) const bool INDEX = false;

INPUT(0, X)
layout(std430, binding = 1) restrict writeonly buffer Y_ { float Y[]; };
layout(std430, binding = 2) restrict writeonly buffer Idx_ { int Idx[]; };

bool nan(float v) { return (floatBitsToUint(v) & 0x7fffffffu) > 0x7f800000u; }

void main() {
    uint e = element();
    uint plane = e / (OH * OW), r = e % (OH * OW);
    int top = int(r / OW) * SH - PH, left = int(r % OW) * SW - PW;
    int base = int(plane) * H * W;
    float best = uintBitsToFloat(0xff800000u);
    int at = -1;
    [[unroll]] for (int i = 0; i < KH; i++)
        [[unroll]] for (int j = 0; j < KW; j++) {
            int h = top + i * DH, w = left + j * DW;
            bool inside = uint(h) < H && uint(w) < W;
            int q = inside ? h * W + w : 0;
            float v = LOAD(X, base + q);
            bool take = inside && (at < 0 || nan(v) || (!nan(best) && v > best));
            best = take ? v : best;
            at = take ? q : at;
        }
    Y[e] = best;
    if (INDEX) Idx[e] = at;
}
