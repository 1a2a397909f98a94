// Average pooling.
//
//   Y[plane, y, x] = Σ_{i,j} X[plane, y·s + i - p, x·s + j - p] / divisor
//
//   binding 0  X  [planes, H, W]
//   binding 1  Y  [planes, OH, OW]
//
// The divisor counts the window's elements within the image, or with COUNT_PAD
// within the padded image. One invocation an output.
// build: pool2d_avg
// build: pool2d_avg_texel -DTEXEL
#version 450
#extension GL_GOOGLE_include_directive : enable
#extension GL_EXT_control_flow_attributes : enable

#include "pool2d.glsl"
#include "pool2d_avg.glsl"

INPUT(0, X)
layout(std430, binding = 1) restrict writeonly buffer Y_ { float Y[]; };

void main() {
    uint e = element();
    uint plane = e / (OH * OW), r = e % (OH * OW);
    int y = int(r / OW), x = int(r % OW);
    int base = int(plane) * H * W;
    precise float sum = 0.0;
    [[unroll]] for (int i = 0; i < KH; i++)
        [[unroll]] for (int j = 0; j < KW; j++) {
            int h = y * SH - PH + i, w = x * SW - PW + j;
            bool inside = uint(h) < H && uint(w) < W;
            float v = LOAD(X, base + (inside ? h * W + w : 0));
            sum += inside ? v : 0.0;
        }
    Y[e] = sum / divisor(y, x);
}
