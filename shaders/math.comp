#version 450
#extension GL_GOOGLE_include_directive : enable
// The functions of math.glsl and formulas.glsl as a library: package expr copies those that a
// formula calls into the shader that runs it. Nothing dispatches this module; its
// main calls each function once, since the compiler drops what isn't called.
// build: math -O0
#include "math.glsl"
#include "formulas.glsl"

layout(local_size_x = 1) in;
layout(std430, binding = 0) restrict buffer Data { float data[]; };

void main() {
    float x = data[0], y = data[1];
    data[2] = vmin(x, y) + vmax(x, y) + vabs(x) + vfma(x, y, x) + vfloor(x) + vceil(x) + vround(x) + vsqrt(x) + vrsqrt(x)
        + vexp(x) + vexpm1(x) + vlog(x) + vlog1p(x) + vsin(x) + vcos(x) + vtanh(x) + vsigmoid(x) + verf(x) + verfc(x)
        + vpow(x, y) + (visnan(x) ? x : y)
        + vatan(x) + vfmod(x, y) + (vsignbit(x) ? x : y);
}
