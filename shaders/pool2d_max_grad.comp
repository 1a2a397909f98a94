// Gradient of max pooling, by gathering: no atomics, a fixed order.
//
//   dX[plane, h, w] = Σ of dY[plane, y, x] over the windows (y, x) that cover
//   (h, w) and have Idx = h·W + w
//
//   binding 0  dY   [planes, OH, OW]
//   binding 1  Idx  int32, as dY
//   binding 2  dX   [planes, H, W]
//
// One invocation an element of dX, which looks at most at ⌈span/stride⌉ windows
// an axis, span = (kernel - 1)·dilation + 1.
// build: pool2d_max_grad
// build: pool2d_max_grad_texel -DTEXEL
#version 450
#extension GL_GOOGLE_include_directive : enable
#extension GL_EXT_control_flow_attributes : enable

#include "pool2d.glsl"
const int NH = ((KH - 1) * DH + SH) / SH;
const int NW = ((KW - 1) * DW + SW) / SW;

INPUT(0, DY)
INPUT(1, Idx)
layout(std430, binding = 2) restrict writeonly buffer DX_ { float DX[]; };

void main() {
    uint e = element();
    uint plane = e / (H * W), r = e % (H * W);
    int bottom = (int(r / W) + PH) / SH, right = (int(r % W) + PW) / SW;
    int base = int(plane) * OH * OW;
    precise float sum = 0.0;
    [[unroll]] for (int i = NH - 1; i >= 0; i--)
        [[unroll]] for (int j = NW - 1; j >= 0; j--) {
            int y = bottom - i, x = right - j;
            bool there = uint(y) < OH && uint(x) < OW;
            int q = base + (there ? y * OW + x : 0);
            bool mine = there && floatBitsToInt(LOAD(Idx, q)) == int(r);
            float v = LOAD(DY, q);
            sum += mine ? v : 0.0;
        }
    DX[e] = sum;
}
