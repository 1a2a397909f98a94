#version 450
// c[i] = a[i] + scale * b[i] for i < n, b read as texels of one float.
// Built with: glslc --target-env=vulkan1.1 -O add.comp -o add.spv
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const float scale = 1.0;
layout(push_constant) uniform Push { uint n; } push;
layout(set = 0, binding = 0, std430) restrict readonly buffer A { float a[]; };
layout(set = 0, binding = 1) uniform samplerBuffer b;
layout(set = 0, binding = 2, std430) restrict buffer C { float c[]; };
void main() {
  uint i = gl_GlobalInvocationID.x;
  if (i < push.n) c[i] = a[i] + scale * texelFetch(b, int(i)).x;
}
