#version 450
// Y[i] = word for i < n: 32-bit words of any type. An invocation writes a quad.
layout(local_size_x_id = 0) in;
layout(binding = 0) restrict writeonly buffer Y1s { uint Y1[]; };
layout(binding = 0) restrict writeonly buffer Y4s { uvec4 Y4[]; };
layout(push_constant) uniform Push { uint n, word; };

void main() {
	uint i = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
	if (4 * i + 3 < n) {
		Y4[i] = uvec4(word);
	} else {
		for (uint j = 4 * i; j < n; j++) Y1[j] = word;
	}
}
