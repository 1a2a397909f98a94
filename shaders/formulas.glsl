// Functions that formulas alone call, beside those of math.glsl. Worst error seen:
// vatan 1.9 ulp; vfmod and vsignbit are exact, being done on the bits.
#ifndef VULGO_FORMULAS
#define VULGO_FORMULAS
#include "math.glsl"

bool vsignbit(const float x) { return floatBitsToUint(x) >= 0x80000000u; }

// atan a for a = |x|: beyond tan(3·pi/8) it is pi/2 + atan(-1/a), beyond
// tan(pi/8) pi/4 + atan((a-1)/(a+1)), so that a polynomial to tan(pi/8) serves.
float vatan(const float x) {
    float a = vabs(x);
    bool far = a > 2.41421356, mid = a > 0.414213562;
    precise float t = far ? -1.0 / a : mid ? (a - 1.0) / (a + 1.0) : a;
    float hi = far ? 1.57079637 : mid ? 0.785398185 : 0.0;
    float lo = far ? -4.37113883e-8 : mid ? -2.18556941e-8 : 0.0; // pi/2 and pi/4 are hi + lo
    precise float z = t * t;
    precise float p = fma(fma(fma(0.0805374458, z, -0.138776854), z, 0.199777111), z, -0.333329499);
    precise float y = hi + (t + (t * z * p + lo));
    return visnan(x) || x == 0.0 ? x : x < 0.0 ? -y : y;
}

// |x| as m·2^e with 24 bits of m, denormals included.
uint vmantissa(const float x, out int e) {
    uint u = floatBitsToUint(x) & 0x7fffffffu;
    uint m = u & 0x007fffffu;
    int s = int(u >> 23);
    if (s > 0) {
        m |= 0x00800000u;
    } else if (m > 0u) {
        int up = 23 - findMSB(m);
        m <<= up;
        s = 1 - up;
    }
    e = s;
    return m;
}

// x - y·trunc(x/y), exactly: long division of the mantissas, eight bits a step,
// 35 steps at most. The sign is x's.
float vfmod(const float x, const float y) {
    uint ux = floatBitsToUint(x) & 0x7fffffffu, uy = floatBitsToUint(y) & 0x7fffffffu;
    if (ux >= 0x7f800000u || uy > 0x7f800000u || uy == 0u) return V_NAN;
    if (ux < uy) return x;
    int ex, ey;
    uint r = vmantissa(x, ex);
    uint m = vmantissa(y, ey);
    int n = ex - ey;
    r %= m;
    while (n > 0) {
        int s = min(n, 8);
        r = (r << s) % m;
        n -= s;
    }
    uint bits = 0u;
    if (r > 0u) {
        int up = 23 - findMSB(r);
        int e = ey - up;
        r <<= up;
        bits = e > 0 ? (r & 0x007fffffu) | uint(e) << 23 : r >> (1 - e);
    }
    return uintBitsToFloat(bits | (floatBitsToUint(x) & 0x80000000u));
}

#endif
