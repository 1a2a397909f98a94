#version 450
#extension GL_GOOGLE_include_directive : enable
//
//   dX[i, j] = (exp(X[i, j] - lse[i]) - [j = label[i]])·dloss[i]
//
// X, dX [N, C], label int [N], lse, dloss [N]. An invocation makes one element
// of dX; 0 for label ignoreIndex, NaN for a label that is no class.
#include "math.glsl"

layout(local_size_x_id = 0) in;
layout(binding = 0) restrict readonly buffer Xs { float X[]; };
layout(binding = 1) restrict readonly buffer Labels { int label[]; };
layout(binding = 2) restrict readonly buffer Lses { float lse[]; };
layout(binding = 3) restrict readonly buffer Dlosses { float dloss[]; };
layout(binding = 4) restrict writeonly buffer DXs { float DX[]; };
layout(push_constant) uniform Push { uint n, classes; int ignoreIndex; };

void main() {
	uint i = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
	if (i >= n) return;
	uint row = i / classes;
	int j = int(i - row * classes), k = label[row];
	precise float p = vexp(X[i] - lse[row]);
	if (j == k) p = p - 1.0;
	precise float d = p * dloss[row];
	if (k < 0 || k >= int(classes)) d = uintBitsToFloat(0x7fc00000u);
	if (k == ignoreIndex) d = 0;
	DX[i] = d;
}
