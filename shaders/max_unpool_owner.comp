// Owner[plane, Idx[plane, o]] = the largest o of the plane with that index, by an
// atomic maximum of ints, whose result doesn't depend on the order.
//
//   binding 0  Idx    int32 [planes, from]
//   binding 1  Owner  int32 [planes, to], -1 everywhere before; o counts through
//                     all planes
//
// One invocation an index; one that points outside is left out.
#version 450
layout(local_size_x_id = 0) in;
layout(push_constant, std430) uniform Push { uint n, from, to; } p;
layout(std430, binding = 0) restrict readonly buffer Idx_ { uint Idx[]; };
layout(std430, binding = 1) restrict buffer Owner_ { int Owner[]; };

void main() {
    uint e = gl_GlobalInvocationID.y * (gl_NumWorkGroups.x * gl_WorkGroupSize.x) + gl_GlobalInvocationID.x;
    if (e >= p.n) return;
    uint at = Idx[e];
    if (at < p.to) atomicMax(Owner[e / p.from * p.to + at], int(e));
}
