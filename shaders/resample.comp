// Y[o, j, i] = sum over k of w[j, k]·X[o, idx[j, k], i], without the k whose
// index is no element of X's.
//
//   binding 0  X    [outer, n, inner]
//   binding 1  idx  [J, K] int
//   binding 2  w    [J, K]
//   binding 3  Y    [outer, J, inner]
//
// An invocation sums one T of Y: four floats where inner is a multiple of 4, else
// one. Neighbours read neighbours of X, or, at the innermost axis, near ones.
// build: resample_1 -DT=float
// build: resample_4 -DT=vec4
#version 450
layout(local_size_x_id = 0) in;
layout(push_constant, std430) uniform Push {
    uint n, J, K, inner, count; // inner and count (the elements of Y) in T
} p;
layout(std430, binding = 0) restrict readonly buffer XBuffer { T X[]; };
layout(std430, binding = 1) restrict readonly buffer IdxBuffer { uint idx[]; };
layout(std430, binding = 2) restrict readonly buffer WBuffer { float w[]; };
layout(std430, binding = 3) restrict writeonly buffer YBuffer { T Y[]; };

void main() {
    uint at = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
    if (at >= p.count) return;
    uint row = at / p.inner, i = at % p.inner;
    uint o = row / p.J, j = row % p.J;
    precise T sum = T(0.0);
    for (uint k = j * p.K; k < (j + 1) * p.K; k++) {
        uint r = idx[k]; // a negative index is a large one
        if (r < p.n) sum += w[k] * X[(o * p.n + r) * p.inner + i];
    }
    Y[at] = sum;
}
