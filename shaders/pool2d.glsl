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
layout(push_constant) uniform Push { uint n; } p; // elements of the result

uint invocation() {
    return gl_GlobalInvocationID.y * (gl_NumWorkGroups.x * gl_WorkGroupSize.x) + gl_GlobalInvocationID.x;
}
