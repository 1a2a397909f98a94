// Y[i] = X[Owner[i]], or 0 where no element has this place.
//
//   binding 0  X      [planes, from]
//   binding 1  Owner  int32 [planes, to], of max_unpool_owner
//   binding 2  Y      [planes, to]
//
// One invocation an element of Y.
#version 450
layout(local_size_x_id = 0) in;
layout(push_constant, std430) uniform Push { uint n; } p;
layout(std430, binding = 0) restrict readonly buffer X_ { float X[]; };
layout(std430, binding = 1) restrict readonly buffer Owner_ { int Owner[]; };
layout(std430, binding = 2) restrict writeonly buffer Y_ { float Y[]; };

void main() {
    uint e = gl_GlobalInvocationID.y * (gl_NumWorkGroups.x * gl_WorkGroupSize.x) + gl_GlobalInvocationID.x;
    if (e >= p.n) return;
    int at = Owner[e];
    Y[e] = at >= 0 ? X[at] : 0.0;
}
