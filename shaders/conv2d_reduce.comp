// Y[e] = Σ_s P[s·n + e] over slices s in order: the second pass of conv2d_weight.
// One invocation an element.
#version 450
layout(local_size_x = 64) in;
layout(binding = 0) uniform samplerBuffer P;
layout(std430, binding = 1) restrict writeonly buffer Y_ { float Y[]; };
layout(push_constant) uniform Push { uint n, slices; } p;

void main() {
    uint e = gl_GlobalInvocationID.y * gl_NumWorkGroups.x * gl_WorkGroupSize.x + gl_GlobalInvocationID.x;
    precise float sum = 0.0;
    for (uint s = 0; s < p.slices; s++) sum += texelFetch(P, int(s * p.n + min(e, p.n - 1))).x;
    if (e < p.n) Y[e] = sum;
}
