#version 450
#extension GL_GOOGLE_include_directive : enable
// Y[i] = f(A[i], B[i], C[i], D[i]) with broadcasting, any f: package expr puts
// the formula in place of body. Words are float, int or bool (0 or 1) as the
// formula says. NaN: as the formula says.
//
//   binding 0..3  inputs; those beyond f's are any operand, unread
//   binding 4     output, contiguous; may be an input that isn't broadcast
//
// The output's dimensions are collapsed to RANK <= 5; an input's KIND says how
// it goes along the last one: 0 absent, 1 step 1, 2 step 0, 3 any step. With
// VEC an invocation makes four elements from 16-byte loads (1.5 to 2 times the
// scalar form on lavapipe); then RANK is 1 or dim[last] a multiple of 4, and no
// KIND is 3. TAIL: 0 there is an invocation for each group of elements and no more
// (an access under an `if` is slow on lavapipe), 1 there may be more, 2 n may not
// be a multiple of four either.
// build: elementwise -O0

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint RANK = 1;
layout(constant_id = 2) const bool VEC = false;
layout(constant_id = 3) const uint TAIL = 2;
layout(constant_id = 4) const uint KIND0 = 1;
layout(constant_id = 5) const uint KIND1 = 0;
layout(constant_id = 6) const uint KIND2 = 0;
layout(constant_id = 7) const uint KIND3 = 0;

layout(push_constant) uniform Params {
    uint n;          // elements
    uint dim[4];     // sizes of the dimensions but the first, innermost first
    uint stride[20]; // of input k along dimension d, innermost first: [5*k + d]
    float attr[6];   // the formula's attributes
} p;

layout(std430, binding = 0) readonly buffer In0 { uint data[]; } A;
layout(std430, binding = 1) readonly buffer In1 { uint data[]; } B;
layout(std430, binding = 2) readonly buffer In2 { uint data[]; } C;
layout(std430, binding = 3) readonly buffer In3 { uint data[]; } D;
layout(std430, binding = 4) writeonly buffer Out { uint data[]; } Y;
// The same memory in words of 16 bytes.
layout(std430, binding = 0) readonly buffer In0V { uvec4 data[]; } AV;
layout(std430, binding = 1) readonly buffer In1V { uvec4 data[]; } BV;
layout(std430, binding = 2) readonly buffer In2V { uvec4 data[]; } CV;
layout(std430, binding = 3) readonly buffer In3V { uvec4 data[]; } DV;
layout(std430, binding = 4) writeonly buffer OutV { uvec4 data[]; } YV;

uint body(const uint a, const uint b, const uint c, const uint d) {
    return a;
}

// Where the inputs' elements for output i are.
uvec4 offsets(uint i) {
    uvec4 at = uvec4(0);
    for (uint d = 0; d < RANK; d++) {
        uint c = i;
        if (d + 1 < RANK) {
            uint q = i / p.dim[d];
            c = i - q * p.dim[d];
            i = q;
        }
        at += c * uvec4(p.stride[d], p.stride[5 + d], p.stride[10 + d], p.stride[15 + d]);
    }
    return at;
}

void four(const uint i) {
    uvec4 at = offsets(i);
    uvec4 a = uvec4(0), b = uvec4(0), c = uvec4(0), d = uvec4(0);
    if (KIND0 == 1) a = AV.data[at.x >> 2];
    if (KIND0 == 2) a = uvec4(A.data[at.x]);
    if (KIND1 == 1) b = BV.data[at.y >> 2];
    if (KIND1 == 2) b = uvec4(B.data[at.y]);
    if (KIND2 == 1) c = CV.data[at.z >> 2];
    if (KIND2 == 2) c = uvec4(C.data[at.z]);
    if (KIND3 == 1) d = DV.data[at.w >> 2];
    if (KIND3 == 2) d = uvec4(D.data[at.w]);
    uvec4 y;
    y.x = body(a.x, b.x, c.x, d.x);
    y.y = body(a.y, b.y, c.y, d.y);
    y.z = body(a.z, b.z, c.z, d.z);
    y.w = body(a.w, b.w, c.w, d.w);
    if (TAIL < 2 || i + 3 < p.n) {
        YV.data[i >> 2] = y;
    } else { // what lies behind the end isn't ours to write
        Y.data[i] = y.x;
        if (i + 1 < p.n) Y.data[i + 1] = y.y;
        if (i + 2 < p.n) Y.data[i + 2] = y.z;
    }
}

void one(const uint i) {
    uvec4 at = offsets(i);
    uint a = 0, b = 0, c = 0, d = 0;
    if (KIND0 != 0) a = A.data[at.x];
    if (KIND1 != 0) b = B.data[at.y];
    if (KIND2 != 0) c = C.data[at.z];
    if (KIND3 != 0) d = D.data[at.w];
    Y.data[i] = body(a, b, c, d);
}

void main() {
    uint group = gl_WorkGroupID.x + gl_WorkGroupID.y * gl_NumWorkGroups.x;
    uint i = group * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
    if (VEC) {
        i *= 4;
        if (TAIL == 0 || i < p.n) four(i);
    } else if (TAIL == 0 || i < p.n) {
        one(i);
    }
}
