// Share[plane, o] = dY[plane, o] / divisor of window o: the first half of the
// gradient of average pooling, where an element would divide for each window.
//
//   binding 0  dY     [planes, OD, OH, OW]
//   binding 1  Share  as dY
//
// One invocation a window.
#version 450
#extension GL_GOOGLE_include_directive : enable

#include "pool3d.glsl"
layout(std430, binding = 0) restrict readonly buffer DY_ { float DY[]; };
layout(std430, binding = 1) restrict writeonly buffer Share_ { float Share[]; };

void main() {
    uint e = element();
    if (e >= p.n) return;
    int o = int(e % RESULT);
    Reach rw = REACH(2, o % O2), rh = REACH(1, o / O2 % O1), rd = REACH(0, o / O2 / O1);
    Share[e] = DY[e] / divisorOf(rd.count * rh.count * rw.count);
}
