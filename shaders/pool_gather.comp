// Y[plane, o] = X[plane, Idx[plane, o]], 0 where Idx points outside.
//
//   binding 0  X    [planes, from]
//   binding 1  Idx  int32 [planes, to]
//   binding 2  Y    [planes, to]
//
// One invocation an element of Y.
#version 450
layout(local_size_x_id = 0) in;
layout(push_constant, std430) uniform Push { uint n, to, from; } p;
layout(std430, binding = 0) restrict readonly buffer X_ { float X[]; };
layout(std430, binding = 1) restrict readonly buffer Idx_ { uint Idx[]; };
layout(std430, binding = 2) restrict writeonly buffer Y_ { float Y[]; };

void main() {
    uint e = gl_GlobalInvocationID.y * (gl_NumWorkGroups.x * gl_WorkGroupSize.x) + gl_GlobalInvocationID.x;
    if (e >= p.n) return;
    uint at = Idx[e];
    Y[e] = at < p.from ? X[e / p.to * p.from + at] : 0.0;
}
