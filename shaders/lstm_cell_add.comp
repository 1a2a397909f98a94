// dc += dcs[t] before a step of lstm_grad, where a gradient reaches the cells
// themselves.
//
//   binding 0  dcs  [T, N, H]; the step's at at
//   binding 1  dc   [N, H], in place
#version 450
layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint LOCAL = 64;

layout(push_constant, std430) uniform Push { uint count, at; } p;
layout(std430, binding = 0) restrict readonly buffer DcsBuffer { float dcs[]; };
layout(std430, binding = 1) restrict buffer DcBuffer { float dc[]; };

void main() {
    uint i = gl_GlobalInvocationID.x + gl_GlobalInvocationID.y * gl_NumWorkGroups.x * LOCAL;
    if (i < p.count) dc[i] += dcs[p.at + i];
}
