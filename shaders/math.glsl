// Elementary functions in float32, for any device: no built-in exp, log, pow,
// tanh, sin or cos (theirs may be wrong by thousands of ulp), every step
// `precise`, and right whether or not the device's fma rounds once.
//
// Worst error seen in ulp of the float64 value, on lavapipe and SwiftShader:
//
//   vexp 1.0   vexpm1 1.6   vlog 0.9   vlog1p 0.9   vpow 3.3   vsin 1.8
//   vcos 1.8   vtanh 1.5   vsigmoid 2.3   verf 1.9   verfc 3.4
//
// over all of float32 (sin and cos too: the argument is reduced exactly).
// + - * and fma, floor, ceil and round are exact or rounded once; division,
// sqrt and 1/sqrt are the device's, for which Vulkan allows 2.5, 4.5 and 2 ulp,
// and whoever divides inherits it. NaN gives NaN, infinities the limits, odd
// functions keep -0. Where the device flushes denormals (lavapipe, SwiftShader),
// results below 1.2e-38 are 0 and such arguments count as 0 or not.
#ifndef VULGO_MATH
#define VULGO_MATH

#define V_INF uintBitsToFloat(0x7f800000u)
#define V_NAN uintBitsToFloat(0x7fc00000u)
// ln 2 in two parts; the first has 9 bits, so that k times it is exact.
const float V_LN2_HI = 0.693359375;
const float V_LN2_LO = -2.12194440e-4;
const float V_LOG2E = 1.44269504;

// NaN is told by its bits: a compiler may take x != x for false.
bool visnan(const float x) { return (floatBitsToUint(x) & 0x7fffffffu) > 0x7f800000u; }

float vabs(const float x) { return uintBitsToFloat(floatBitsToUint(x) & 0x7fffffffu); }

// NaN when either is, as PyTorch's minimum and maximum.
float vmin(const float a, const float b) { return visnan(a) ? a : visnan(b) ? b : a < b ? a : b; }
float vmax(const float a, const float b) { return visnan(a) ? a : visnan(b) ? b : a > b ? a : b; }

float vfloor(const float x) { return floor(x); }
float vceil(const float x) { return ceil(x); }
float vround(const float x) { return roundEven(x); } // halves to even
float vsqrt(const float x) { return sqrt(x); }
float vrsqrt(const float x) { return inversesqrt(x); }

float vfma(const float a, const float b, const float c) {
    precise float y = fma(a, b, c);
    return y;
}

// 2^n for n in [-126, 127].
float vpow2(const int n) { return uintBitsToFloat(uint(n + 127) << 23); }

// e^r - 1 for |r| <= 0.35: r + r²·q(r), to 2^-28 of e^r (2^-26 up to 0.43).
float vexpm1Small(const float r) {
    precise float q = fma(fma(fma(fma(0.00138217292, r, 0.00836885534), r, 0.0416682586), r, 0.166665196), r, 0.49999994);
    precise float y = r + r * r * q;
    return y;
}

// The whole number k nearest to x/ln 2, and r = x - k·ln 2.
float vexpReduce(const float x, out float r) {
    precise float k = roundEven(x * V_LOG2E);
    precise float d = (x - k * V_LN2_HI) - k * V_LN2_LO;
    r = d;
    return k;
}

// e^(k·ln 2 + r) for |k| <= 200; 2^k in two factors, since k may leave a float's
// exponents.
float vexpScale(const float r, const int k) {
    precise float y = (1.0 + vexpm1Small(r)) * vpow2(k >> 1) * vpow2(k - (k >> 1));
    return y;
}

float vexp(const float x) {
    float r;
    int k = int(vexpReduce(x, r));
    float y = vexpScale(r, clamp(k, -200, 200));
    return visnan(x) ? x : x > 88.7228394 ? V_INF : x < -104.0 ? 0.0 : y;
}

// e^x - 1 = 2^k·(e^r - 1) + (2^k - 1).
float vexpm1(const float x) {
    float r;
    float k = vexpReduce(x, r);
    float two = vpow2(clamp(int(k), -100, 100));
    precise float y = two * vexpm1Small(r) + (two - 1.0);
    y = k == 0.0 ? vexpm1Small(x) : y;
    return x > 60.0 ? vexp(x) : x < -18.0 ? -1.0 : visnan(x) || x == 0.0 ? x : y;
}

// x = m·2^k with m in [sqrt(1/2), sqrt(2)), for x > 0, denormals included.
float vfrexp(const float x, out int k) {
    uint u = floatBitsToUint(x);
    int e = 0;
    if (u < 0x00800000u) {
        u = floatBitsToUint(float(u)); // a denormal is its bits·2^-149
        e = -149;
    }
    u -= 0x3f3504f3u;
    k = e + (int(u) >> 23);
    return uintBitsToFloat((u & 0x007fffffu) + 0x3f3504f3u);
}

// ln(1+f) + k·ln 2 + c, for 1+f in [sqrt(1/2), sqrt(2)): with s = f/(2+f),
// ln(1+f) = 2·atanh s = f - (f²/2 - s·(f²/2 + R)), R = 2·atanh(s)/s - 2.
float vlogSum(const float f, const float k, const float c) {
    precise float s = f / (2.0 + f);
    precise float z = s * s;
    precise float R = z * fma(fma(0.298721224, z, 0.399775535), z, 0.666667759);
    precise float h = 0.5 * f * f;
    precise float y = k * V_LN2_HI + (f - (h - (s * (h + R) + (k * V_LN2_LO + c))));
    return y;
}

float vlog(const float x) {
    int k;
    precise float f = vfrexp(x, k) - 1.0;
    float y = vlogSum(f, float(k), 0.0);
    return visnan(x) || x == V_INF ? x : (floatBitsToUint(x) & 0x7fffffffu) == 0u ? -V_INF : x < 0.0 ? V_NAN : y;
}

// ln(1+x): u = 1+x loses c of x; ln(1+x) = ln u + c/u.
float vlog1p(const float x) {
    precise float u = 1.0 + x;
    precise float c = x > 1.0 ? 1.0 - (u - x) : x - (u - 1.0);
    int k;
    precise float f = vfrexp(u, k) - 1.0;
    c = c / u;
    if (x > -0.29 && x < 0.41) {
        f = x;
        k = 0;
        c = 0.0;
    }
    float y = vlogSum(f, float(k), c);
    return visnan(x) || x == V_INF || vabs(x) < 1e-10 ? x : x == -1.0 ? -V_INF : x < -1.0 ? V_NAN : y;
}

// Word j of 2/pi's binary digits, after a word of zeros; j <= 7. By a tree of
// choices: an array indexed by a variable costs lavapipe 13 times the whole sine.
uint vtwoOverPi(const uint j) {
    uint low = (j & 2u) == 0u ? ((j & 1u) == 0u ? 0u : 0xa2f9836eu) : ((j & 1u) == 0u ? 0x4e441529u : 0xfc2757d1u);
    uint high = (j & 2u) == 0u ? ((j & 1u) == 0u ? 0xf534ddc0u : 0xdb629599u) : ((j & 1u) == 0u ? 0x3c439041u : 0xfe5163abu);
    return (j & 4u) == 0u ? low : high;
}

// r in [-pi/4, pi/4] with |x| = q·pi/2 + r, q modulo 4 (Payne and Hanek): of
// 2/pi only the 96 bits matter that don't give multiples of 4 or vanish, and
// their product with x's 24 bits is exact. Any finite x.
float vtrigReduce(const float x, out uint q) {
    uint u = floatBitsToUint(x) & 0x7fffffffu;
    if (u <= 0x3f490fdau) { // pi/4
        q = 0u;
        return uintBitsToFloat(u);
    }
    uint at = min((u >> 23) - 120u, 134u); // the first bit that matters
    uint m = u & 0x007fffffu | 0x00800000u;
    uint j = at >> 5, s = at & 31u;
    uint t0 = vtwoOverPi(j), t1 = vtwoOverPi(j + 1u), t2 = vtwoOverPi(j + 2u), t3 = vtwoOverPi(j + 3u);
    // A shift by 32 is undefined, so the second part is shifted in two steps.
    uint w0 = t0 << s | (t1 >> 1) >> (31u - s);
    uint w1 = t1 << s | (t2 >> 1) >> (31u - s);
    uint w2 = t2 << s | (t3 >> 1) >> (31u - s);
    uint hi2, lo2, hi1, lo1;
    umulExtended(m, w2, hi2, lo2);
    umulExtended(m, w1, hi1, lo1);
    uint p1 = lo1 + hi2;
    uint p0 = m * w0 + hi1 + (p1 < lo1 ? 1u : 0u);
    // x·2/pi modulo 4: two bits of quadrant, then the fraction.
    q = p0 >> 30;
    uint f0 = p0 << 2 | p1 >> 30, f1 = p1 << 2 | lo2 >> 30;
    bool neg = f0 >= 0x80000000u; // from the nearer side
    if (neg) {
        q++;
        f1 = ~f1 + 1u;
        f0 = ~f0 + (f1 == 0u ? 1u : 0u);
    }
    uint shift = f0 == 0u ? 31u : uint(31 - findMSB(f0));
    uint v = f0 << shift | (f1 >> 1) >> (31u - shift);
    uint hi, lo;
    umulExtended(v, 0xc90fdaa2u, hi, lo); // pi/4
    precise float r = float(hi) * vpow2(-31 - int(shift));
    return neg ? -r : r;
}

// sin r (odd) or cos r for |r| <= pi/4, to 2^-28.
float vsinSmall(const float r) {
    precise float z = r * r;
    precise float y = r + r * z * fma(fma(-0.000195180997, z, 0.00833218824), z, -0.166666552);
    return y;
}

float vcosSmall(const float r) {
    precise float z = r * r;
    precise float y = (1.0 - 0.5 * z) + z * z * fma(fma(2.44325529e-05, z, -0.00138873106), z, 0.0416666456);
    return y;
}

float vsin(const float x) {
    uint q;
    float r = vtrigReduce(x, q);
    float y = (q & 1u) == 0u ? vsinSmall(r) : vcosSmall(r);
    y = (q & 2u) == 0u ? y : -y;
    y = floatBitsToUint(x) < 0x80000000u ? y : -y;
    return vabs(x) < V_INF ? y : V_NAN;
}

float vcos(const float x) {
    uint q;
    float r = vtrigReduce(x, q);
    float y = (q & 1u) == 0u ? vcosSmall(r) : vsinSmall(r);
    y = (q + 1u & 2u) == 0u ? y : -y;
    return vabs(x) < V_INF ? y : V_NAN;
}

// 1 - 2/(e^2|x| + 1), but near 0, where that loses digits, a polynomial.
// (The sign is put on by a choice, not by bits: lavapipe 22 computes
// a & 0x7fffffff | b & 0x80000000 under a choice wrongly with AVX-512.)
float vtanh(const float x) {
    float a = vabs(x);
    precise float z = x * x;
    precise float p = fma(fma(fma(fma(-0.00624599261, z, 0.0210524723), z, -0.0538478494), z, 0.133325458), z, -0.333333164);
    precise float near = x + x * z * p;
    precise float far = 1.0 - 2.0 / (vexp(2.0 * a) + 1.0); // 1 for e^2a = inf
    return visnan(x) ? x : x == 0.0 ? x : a < 0.55 ? near : x < 0.0 ? -far : far;
}

// 1/(1 + e^-x), of e^-|x| so that small values keep their digits.
float vsigmoid(const float x) {
    float e = vexp(-vabs(x));
    precise float y = (x < 0.0 ? e : 1.0) / (1.0 + e);
    return y;
}

// erf x for |x| <= 0.5.
float verfSmall(const float x) {
    precise float z = x * x;
    precise float p = fma(fma(fma(fma(0.00471952977, z, -0.0267583728), z, 0.112828515), z, -0.376126111), z, 0.128379166);
    precise float y = x + x * p;
    precise float tiny = x * 1.12837917; // 2/sqrt(pi): x·p may be flushed
    return vabs(x) < 1e-30 ? tiny : y;
}

// erfc a for a >= 0.5: e^(-a²)·p(u)/(1 + 2a), u = (a-2)/(a+2), p nearly flat.
// a² = h² + l, where h has 12 bits, so that h² is exact: an error in the exponent
// would grow with a.
float verfcLarge(const float a) {
    float h = uintBitsToFloat(floatBitsToUint(a) & 0xfffff000u);
    precise float l = (a - h) * (a + h);
    precise float u = (a - 2.0) / (a + 2.0);
    precise float p = fma(fma(fma(fma(-0.000234220803, u, -0.001282454), u, 0.00116038322), u, 0.00867390539), u, -0.00801219326);
    p = fma(fma(fma(fma(fma(p, u, -0.0542155281), u, 0.164049849), u, -0.166030377), u, -0.0927638188), u, 1.27697837);
    p = p / (1.0 + 2.0 * a);
    float r;
    int k = int(vexpReduce(-h * h, r));
    precise float e = r - l;
    precise float y = p + p * vexpm1Small(e);
    k = clamp(k, -200, 0);
    y = y * vpow2(k >> 1) * vpow2(k - (k >> 1));
    return a > 10.2 ? 0.0 : y;
}

float verf(const float x) {
    float a = vabs(x);
    precise float far = 1.0 - verfcLarge(a);
    return visnan(x) ? x : a < 0.5 ? verfSmall(x) : x < 0.0 ? -far : far;
}

float verfc(const float x) {
    float far = verfcLarge(vabs(x));
    precise float near = 1.0 - verfSmall(x);
    precise float left = 2.0 - far;
    return visnan(x) ? x : vabs(x) < 0.5 ? near : x > 0.0 ? far : left;
}

// The rounding error of p = a·b, exactly, without fma (Dekker): halves of 12
// bits have exact products.
float vmulError(const float a, const float b, const float p) {
    precise float ah = uintBitsToFloat(floatBitsToUint(a) & 0xfffff000u);
    precise float bh = uintBitsToFloat(floatBitsToUint(b) & 0xfffff000u);
    precise float al = a - ah, bl = b - bh;
    precise float e = ((ah * bh - p) + ah * bl + al * bh) + al * bl;
    return e;
}

// ln x = hi + lo to 2^-30 of itself, for finite x > 0: 2·atanh s as in vlogSum,
// s = f/(2+f) to twice the digits.
float vlogPair(const float x, out float lo) {
    int k;
    precise float m = vfrexp(x, k);
    precise float f = m - 1.0;
    precise float d = 1.0 + m, dl = (1.0 - (d - m)) + (m - (d - (d - m)));
    precise float s = f / d;
    precise float p = s * d;
    precise float sl = (((f - p) - vmulError(s, d, p)) - s * dl) / d;
    precise float z = s * s;
    precise float R = z * fma(fma(fma(0.242788315, z, 0.284987926), z, 0.400009722), z, 0.666666627);
    precise float t = 2.0 * sl + s * R;
    precise float b = float(k) * V_LN2_HI, c = 2.0 * s;
    precise float h = b + c;
    precise float v = h - b;
    precise float l = ((b - (h - v)) + (c - v)) + (float(k) * V_LN2_LO + t);
    precise float hi = h + l;
    precise float e = l - (hi - h);
    lo = e;
    return hi;
}

// x^y = e^(y·ln x), with the special cases of IEEE 754 and C.
float vpow(const float x, const float y) {
    float a = vabs(x), ay = vabs(y);
    float lo;
    float hi = vlogPair(a, lo);
    precise float t = y * hi;
    precise float tl = vmulError(y, hi, t) + y * lo;
    float r;
    int k = int(vexpReduce(t, r));
    precise float sum = r + tl; // t + tl, reduced
    r = vexpScale(sum, clamp(k, -200, 200));
    r = vabs(t) < 105.0 ? r : t > 0.0 ? V_INF : 0.0; // beyond, tl may be inf - inf
    r = a > 0.0 && a < V_INF ? r : (a > 0.0) == (y > 0.0) ? V_INF : 0.0;
    bool whole = ay >= 8388608.0 || floor(ay) == ay;
    bool odd = ay < 16777216.0 && whole && (uint(ay) & 1u) == 1u;
    if (floatBitsToUint(x) >= 0x80000000u) {
        r = odd ? -r : whole || a == 0.0 || a == V_INF ? r : V_NAN;
    }
    return y == 0.0 || x == 1.0 || a == 1.0 && ay == V_INF ? 1.0 : visnan(x) ? x : visnan(y) ? y : r;
}

#endif
