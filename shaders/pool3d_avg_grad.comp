// Gradient of average pooling over volumes, by gathering: no atomics, a fixed
// order.
//
//   dX[plane, s] = Σ of Share[plane, o] over the windows o that cover s
//
//   binding 0  Share  dY/divisor, of pool3d_share  [planes, OD, OH, OW]
//   binding 1  dX     [planes, D, H, W]
//
// One invocation an element of dX.
#version 450
#extension GL_GOOGLE_include_directive : enable

#include "pool3d.glsl"
layout(std430, binding = 0) restrict readonly buffer Share_ { float Share[]; };
layout(std430, binding = 1) restrict writeonly buffer DX_ { float DX[]; };

void main() {
    uint e = element();
    if (e >= p.n) return;
    uint plane = e / IMAGE * RESULT;
    int s = int(e % IMAGE);
    ivec2 cw = COVERS(2, s % I2), ch = COVERS(1, s / I2 % I1), cd = COVERS(0, s / I2 / I1);
    precise float sum = 0.0;
    for (int d = cd.x; d < cd.y; d++)
        for (int h = ch.x; h < ch.y; h++)
            for (int w = cw.x; w < cw.y; w++)
                sum += Share[plane + uint((d * O1 + h) * O2 + w)];
    DX[e] = sum;
}
