#version 450
// Y[i] = word for i < n: 32-bit words of any type. An invocation writes one.
layout(local_size_x_id = 0) in;
layout(binding = 0) restrict writeonly buffer Ys { uint Y[]; };
layout(push_constant) uniform Push { uint n, word; };

void main() {
	uint i = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
	if (i < n) Y[i] = word;
}
