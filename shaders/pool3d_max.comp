// Max pooling over volumes, and over adaptive windows.
//
//   Y[plane, o] = max of X[plane, s] over the elements s of window o
//
//   binding 0  X    [planes, D, H, W]
//   binding 1  Y    [planes, OD, OH, OW]
//   binding 2  Idx  int32, as Y: the place of the element taken; only with FLAG
//
// NaN wins over everything, the last of several; of equal elements the first;
// padding is left out, and a window of padding only gives -Inf and -1.
// One invocation an output.
#version 450
#extension GL_GOOGLE_include_directive : enable

#include "pool3d.glsl"
layout(std430, binding = 0) restrict readonly buffer X_ { float X[]; };
layout(std430, binding = 1) restrict writeonly buffer Y_ { float Y[]; };
layout(std430, binding = 2) restrict writeonly buffer Idx_ { int Idx[]; };

bool nan(float v) { return (floatBitsToUint(v) & 0x7fffffffu) > 0x7f800000u; }

void main() {
    uint e = element();
    if (e >= p.n) return;
    uint plane = e / RESULT * IMAGE;
    int o = int(e % RESULT);
    Reach rw = REACH(2, o % O2), rh = REACH(1, o / O2 % O1), rd = REACH(0, o / O2 / O1);
    float best = uintBitsToFloat(0xff800000u);
    int at = -1;
    for (int d = 0; d < rd.n; d++)
        for (int h = 0; h < rh.n; h++) {
            int row = ((rd.first + d * rd.step) * I1 + rh.first + h * rh.step) * I2 + rw.first;
            for (int w = 0; w < rw.n; w++) {
                int q = row + w * rw.step;
                float v = X[plane + q];
                bool take = at < 0 || nan(v) || (!nan(best) && v > best);
                best = take ? v : best;
                at = take ? q : at;
            }
        }
    Y[e] = best;
    if (FLAG) Idx[e] = at;
}
