// Sizes of the 3-d pooling kernels, by axis (0 depth, 1 height, 2 width), as
// specialisation constants, so that divisions become multiplications; windows.
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const int K0 = 1; // kernel
layout(constant_id = 2) const int K1 = 1;
layout(constant_id = 3) const int K2 = 1;
layout(constant_id = 4) const int S0 = 1; // stride
layout(constant_id = 5) const int S1 = 1;
layout(constant_id = 6) const int S2 = 1;
layout(constant_id = 7) const int P0 = 0; // padding
layout(constant_id = 8) const int P1 = 0;
layout(constant_id = 9) const int P2 = 0;
layout(constant_id = 10) const int D0 = 1; // dilation
layout(constant_id = 11) const int D1 = 1;
layout(constant_id = 12) const int D2 = 1;
layout(constant_id = 13) const int I0 = 1; // the image
layout(constant_id = 14) const int I1 = 1;
layout(constant_id = 15) const int I2 = 1;
layout(constant_id = 16) const int O0 = 1; // the result
layout(constant_id = 17) const int O1 = 1;
layout(constant_id = 18) const int O2 = 1;
layout(constant_id = 19) const bool ADAPTIVE = false; // windows by sizes, not strides
layout(constant_id = 20) const bool FLAG = false;     // averages count the padding; a maximum stores its place
layout(constant_id = 21) const int DIVISOR = 0;       // of averages, where not 0
const uint IMAGE = uint(I0 * I1 * I2), RESULT = uint(O0 * O1 * O2);
layout(push_constant) uniform Push { uint n; } p; // invocations with work

uint element() {
    return gl_GlobalInvocationID.y * (gl_NumWorkGroups.x * gl_WorkGroupSize.x) + gl_GlobalInvocationID.x;
}

// A window along one axis: n elements of the image from first on, step apart,
// and its share of an average's divisor.
struct Reach { int first, n, step, count; };
#define REACH(axis, o) reach(K##axis, S##axis, P##axis, D##axis, I##axis, O##axis, o)

Reach reach(const int k, const int s, const int pad, const int d, const int from, const int to, const int o) {
    if (ADAPTIVE) {
        int lo = o * from / to, hi = ((o + 1) * from + to - 1) / to;
        return Reach(lo, hi - lo, 1, hi - lo);
    }
    int start = o * s - pad, skip = start < 0 ? (d - 1 - start) / d : 0;
    int n = start < from ? max(min(k, (from - start + d - 1) / d) - skip, 0) : 0;
    return Reach(start + skip * d, n, d, FLAG ? min(start + k, from + pad) - start : n);
}

// The windows [x, y) along an axis that cover element h, or, where they are
// dilated, span it.
#define COVERS(axis, h) covers(K##axis, S##axis, P##axis, D##axis, I##axis, O##axis, h)

ivec2 covers(const int k, const int s, const int pad, const int d, const int from, const int to, const int h) {
    if (ADAPTIVE) return ivec2(h * to / from, ((h + 1) * to + from - 1) / from);
    int at = h + pad, before = at - (k - 1) * d;
    return ivec2(before > 0 ? (before + s - 1) / s : 0, min(at / s + 1, to));
}

float divisorOf(const int count) { return float(DIVISOR != 0 ? DIVISOR : count); }
