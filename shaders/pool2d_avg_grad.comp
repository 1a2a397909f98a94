// Gradient of average pooling, by gathering: no atomics, a fixed order.
//
//   dX[plane, h, w] = Σ of dY[plane, y, x] / divisor over the windows that cover (h, w)
//
//   binding 0  dY  [planes, OH, OW]
//   binding 1  dX  [planes, H, W]
//
// One invocation an element of dX, which looks at ⌈kernel/stride⌉ windows an axis.
// build: pool2d_avg_grad
// build: pool2d_avg_grad_texel -DTEXEL
#version 450
#extension GL_GOOGLE_include_directive : enable
#extension GL_EXT_control_flow_attributes : enable

#include "pool2d.glsl"
#include "pool2d_avg.glsl"
const int NH = (KH - 1 + SH) / SH;
const int NW = (KW - 1 + SW) / SW;

INPUT(0, DY)
layout(std430, binding = 1) restrict writeonly buffer DX_ { float DX[]; };

void main() {
    uint e = element();
    uint plane = e / (H * W), r = e % (H * W);
    int h = int(r / W) + PH, w = int(r % W) + PW; // in the padded image
    int base = int(plane) * OH * OW;
    precise float sum = 0.0;
    [[unroll]] for (int i = NH - 1; i >= 0; i--)
        [[unroll]] for (int j = NW - 1; j >= 0; j--) {
            int y = h / SH - i, x = w / SW - j;
            bool covers = uint(y) < OH && uint(x) < OW && h - y * SH < KH && w - x * SW < KW;
            y = covers ? y : 0;
            x = covers ? x : 0;
            float v = LOAD(DY, base + y * OW + x) / divisor(y, x);
            sum += covers ? v : 0.0;
        }
    DX[e] = sum;
}
