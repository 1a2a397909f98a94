// Casts: y[i] = x[i] in another dtype, for i < n.
//
//   binding 0  x  words: an element of 32 bits, or two of 16
//   binding 1  y  the same
//
// FROM and TO are dtypes: 0 float32, 1 int32 or bool, 2 float16, 3 bfloat16, and
// TO 4 bool. An invocation does two elements, so that it writes whole words; the
// last word of an odd number of halves has zeros above. Everything but float to
// int and back is done on bits: rounding is to the nearest, ties to even, and
// denormals survive on any device. Ints are rounded towards zero, end at their
// largest and smallest number, and have 0 for NaN.
#version 450
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint FROM = 0;
layout(constant_id = 2) const uint TO = 0;
layout(push_constant, std430) uniform Push { uint n; } p;
layout(std430, binding = 0) restrict readonly buffer XBuffer { uint x[]; };
layout(std430, binding = 1) restrict writeonly buffer YBuffer { uint y[]; };

const uint QUIET = 0x400000u, INF = 0x7f800000u;

uint fromHalf(uint h) {
    uint sign = (h & 0x8000u) << 16, exponent = h >> 10 & 31u, fraction = h & 1023u;
    if (exponent == 31u) return sign | INF | (fraction == 0u ? 0u : QUIET | fraction << 13);
    if (exponent > 0u) return sign | exponent + 112u << 23 | fraction << 13;
    if (fraction == 0u) return sign;
    uint top = uint(findMSB(fraction)); // fraction·2^-24
    return sign | top + 103u << 23 | fraction << 23u - top & 0x7fffffu;
}

uint toHalf(uint b) {
    uint sign = b >> 16 & 0x8000u, a = b & 0x7fffffffu;
    if (a > INF) return sign | 0x7e00u | a >> 13 & 0x3ffu;
    if (a >= 0x477ff000u) return sign | 0x7c00u; // 65520 and more
    if (a >= 0x38800000u) {
        a -= 0x38000000u;
        return sign | a + 0xfffu + (a >> 13 & 1u) >> 13;
    }
    if (a < 0x33000000u) return sign; // below half the smallest denormal
    uint shift = 126u - (a >> 23);
    a = a & 0x7fffffu | 0x800000u;
    return sign | a + (1u << shift - 1u) - 1u + (a >> shift & 1u) >> shift;
}

uint quiet(uint b) { return (b & 0x7fffffffu) > INF ? b | QUIET : b; }

uint toBrain(uint b) {
    return (b & 0x7fffffffu) > INF ? (b | QUIET) >> 16 : b + 0x7fffu + (b >> 16 & 1u) >> 16;
}

uint toInt(uint b) {
    if ((b & 0x7fffffffu) > INF) return 0u;
    float f = uintBitsToFloat(b);
    if (f >= 2147483648.0) return 0x7fffffffu;
    return f < -2147483648.0 ? 0x80000000u : uint(int(f));
}

// convert is from one element's bits to another's.
uint convert(uint v) {
    if (FROM == 2u) v = fromHalf(v);
    if (FROM == 3u) v = quiet(v << 16);
    bool whole = FROM == 1u;
    if (TO == 4u) return (whole ? v : v & 0x7fffffffu) != 0u ? 1u : 0u;
    if (TO == 1u) return whole ? v : toInt(v);
    if (whole) v = floatBitsToUint(float(int(v)));
    return TO == 2u ? toHalf(v) : TO == 3u ? toBrain(v) : v;
}

void main() {
    uint i = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
    if (2u * i >= p.n) return;
    bool two = 2u * i + 1u < p.n;
    uint a, b = 0u;
    if (FROM == 2u || FROM == 3u) {
        uint pair = x[i];
        a = pair & 0xffffu;
        b = pair >> 16;
    } else {
        a = x[2u * i];
        if (two) b = x[2u * i + 1u];
    }
    a = convert(a);
    b = two ? convert(b) : 0u;
    if (TO == 2u || TO == 3u) {
        y[i] = a | b << 16;
    } else {
        y[2u * i] = a;
        if (two) y[2u * i + 1u] = b;
    }
}
