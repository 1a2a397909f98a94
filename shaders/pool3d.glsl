// Sizes of the 3-d pooling kernels, by axis (depth, height, width), and windows.
layout(local_size_x_id = 0) in;
layout(push_constant) uniform Push {
    uint n;             // invocations with work
    int kernel[3], stride[3], pad[3], dilation[3];
    int image[3], result[3];
    uint adaptive;      // windows by sizes, not strides
    uint flag;          // averages count the padding; a maximum stores its place
    int divisor;        // of averages, where not 0
} p;

uint element() {
    return gl_GlobalInvocationID.y * (gl_NumWorkGroups.x * gl_WorkGroupSize.x) + gl_GlobalInvocationID.x;
}

uint imageSize() { return uint(p.image[0] * p.image[1] * p.image[2]); }
uint resultSize() { return uint(p.result[0] * p.result[1] * p.result[2]); }

// A window along one axis: n elements of the image from first on, step apart,
// and its share of an average's divisor.
struct Reach { int first, n, step, count; };

Reach reach(const int axis, const int o) {
    int from = p.image[axis], to = p.result[axis];
    if (p.adaptive != 0) {
        int lo = o * from / to, hi = ((o + 1) * from + to - 1) / to;
        return Reach(lo, hi - lo, 1, hi - lo);
    }
    int k = p.kernel[axis], d = p.dilation[axis], start = o * p.stride[axis] - p.pad[axis];
    int skip = start < 0 ? (d - 1 - start) / d : 0;
    int n = start < from ? max(min(k, (from - start + d - 1) / d) - skip, 0) : 0;
    return Reach(start + skip * d, n, d, p.flag != 0 ? min(start + k, from + p.pad[axis]) - start : n);
}

// The windows [x, y) along an axis that cover element h, or, where they are
// dilated, span it.
ivec2 covers(const int axis, const int h) {
    int from = p.image[axis], to = p.result[axis];
    if (p.adaptive != 0) return ivec2(h * to / from, ((h + 1) * to + from - 1) / from);
    int s = p.stride[axis], at = h + p.pad[axis], before = at - (p.kernel[axis] - 1) * p.dilation[axis];
    return ivec2(before > 0 ? (before + s - 1) / s : 0, min(at / s + 1, to));
}

float divisorOf(const int d, const int h, const int w) {
    if (p.divisor != 0) return float(p.divisor);
    return float(reach(0, d).count * reach(1, h).count * reach(2, w).count);
}
