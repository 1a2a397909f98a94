// Gradient of max or average pooling whose windows lie side by side (stride =
// kernel, no dilation, no padding): each window writes its own part of dX.
//
//   dX[plane, h, w] = dY[plane, y, x] where Idx[plane, y, x] = h·W + w, else 0   (max)
//   dX[plane, h, w] = dY[plane, y, x] / divisor                                  (average)
//
//   binding 0  dY   [planes, OH, OW]
//   binding 1  Idx  int32, as dY (average: anything)
//   binding 2  dX   [planes, H, W]
//
// One invocation a window, those cut off by the edge among them: what no window
// covers is zero. One read a window instead of one an element: twice as
// fast as pool2d_max_grad on lavapipe for 2x2.
// build: pool2d_spread
// build: pool2d_spread_texel -DTEXEL
#version 450
#extension GL_GOOGLE_include_directive : enable
#extension GL_EXT_control_flow_attributes : enable

#include "pool2d.glsl"
#include "pool2d_avg.glsl"
layout(constant_id = 14) const bool AVERAGE = false;
const int NH = (H + KH - 1) / KH, NW = (W + KW - 1) / KW; // windows a plane
const bool EXACT = H % KH == 0 && W % KW == 0;

INPUT(0, DY)
INPUT(1, Idx)
layout(std430, binding = 2) restrict writeonly buffer DX_ { float DX[]; };

void main() {
    uint e = element();
    int plane = int(e / (NH * NW)), y = int(e / NW % NH), x = int(e % NW);
    bool there = y < OH && x < OW;
    int q = there ? (plane * OH + y) * OW + x : 0;
    float v = LOAD(DY, q);
    v = there ? v : 0.0;
    int taken = -1;
    if (AVERAGE) v /= there ? divisor(y, x) : 1.0;
    else taken = floatBitsToInt(LOAD(Idx, q));
    [[unroll]] for (int i = 0; i < KH; i++)
        [[unroll]] for (int j = 0; j < KW; j++) {
            int h = y * KH + i, w = x * KW + j;
            float share = AVERAGE || taken == h * W + w ? v : 0.0;
            if (EXACT || h < H && w < W) DX[(plane * H + h) * W + w] = share;
        }
}
