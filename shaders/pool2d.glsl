// Sizes of the pooling kernels, each pair (height, width), and the invocation.
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const int KH = 2;
layout(constant_id = 2) const int KW = 2;
layout(constant_id = 3) const int SH = 2;
layout(constant_id = 4) const int SW = 2;
layout(constant_id = 5) const int PH = 0;
layout(constant_id = 6) const int PW = 0;
layout(constant_id = 7) const int DH = 1;
layout(constant_id = 8) const int DW = 1;
layout(constant_id = 9) const int H = 4;
layout(constant_id = 10) const int W = 4;
layout(constant_id = 11) const int OH = 2;
layout(constant_id = 12) const int OW = 2;
layout(push_constant) uniform Push { uint n; } p; // invocations with work

// The element this invocation makes. Past the end it is the last one again,
// stored again as it is: that costs less than a branch.
uint element() {
    return min(gl_GlobalInvocationID.y * (gl_NumWorkGroups.x * gl_WorkGroupSize.x) + gl_GlobalInvocationID.x, p.n - 1);
}

// Inputs are storage buffers, or with TEXEL texel buffers, whose fetches stay
// vectors on devices that run shaders on CPU cores (1.2 to 2 times as fast).
#ifdef TEXEL
#define INPUT(slot, name) layout(binding = slot) uniform samplerBuffer name;
#define LOAD(name, i) texelFetch(name, i).x
#else
#define INPUT(slot, name) layout(std430, binding = slot) restrict readonly buffer name##_ { float name[]; };
#define LOAD(name, i) name[i]
#endif
