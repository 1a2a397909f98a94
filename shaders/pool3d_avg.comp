// Average pooling over volumes, and over adaptive windows.
//
//   Y[plane, o] = Σ of X[plane, s] over the elements s of window o / divisor
//
//   binding 0  X  [planes, D, H, W]
//   binding 1  Y  [planes, OD, OH, OW]
//
// One invocation an output.
#version 450
#extension GL_GOOGLE_include_directive : enable

#include "pool3d.glsl"
layout(std430, binding = 0) restrict readonly buffer X_ { float X[]; };
layout(std430, binding = 1) restrict writeonly buffer Y_ { float Y[]; };

void main() {
    uint e = element();
    if (e >= p.n) return;
    uint plane = e / RESULT * IMAGE;
    int o = int(e % RESULT), ow = o % O2, oh = o / O2 % O1, od = o / O2 / O1;
    Reach rw = REACH(2, ow), rh = REACH(1, oh), rd = REACH(0, od);
    precise float sum = 0.0;
    for (int d = 0; d < rd.n; d++)
        for (int h = 0; h < rh.n; h++) {
            int row = ((rd.first + d * rd.step) * I1 + rh.first + h * rh.step) * I2 + rw.first;
            for (int w = 0; w < rw.n; w++) sum += X[plane + row + w * rw.step];
        }
    Y[e] = sum / divisorOf(rd.count * rh.count * rw.count);
}
