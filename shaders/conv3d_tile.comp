// 3-d convolution forward and by-data for GPUs: an implicit GEMM of rows m (output
// channels), columns (pixels of the batch) and terms e = ((k·ntz + tz)·nty + ty)·ntx + tx.
//
//   Y[n, m, out(jz,jy,jx)] = Σ_e W[m·sm + k·sk + tap(tz,ty,tx)] · X[n, k, jz·sz + tz·dz + bz, .., jx·sx + tx·dx + bx]
//
// with X = 0 outside its volume; see conv2d_subgroup for the two uses.
//
//   binding 0  X  [N, groups·K, I0, I1, I2]
//   binding 1  W  [O, C/groups, kd, kh, kw], strides sg (group), sk, sm
//   binding 2  Y  [N, groups·M, area]
//   binding 3, 4  the epilogue's operands
//
// Tiles, shared memory and the work of an invocation are as in conv2d_tile, with
// one axis more. 64x64x16 with 8x4 is 128 invocations and 8.2 KiB: within
// Vulkan's least limits.
// build: conv3d_tile -O0
#version 450
#extension GL_GOOGLE_include_directive : enable
#extension GL_EXT_control_flow_attributes : enable

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint THREADS = 128;
layout(constant_id = 1) const uint BM = 64;
layout(constant_id = 2) const uint BN = 64;
layout(constant_id = 3) const uint BK = 16;
layout(constant_id = 4) const uint TM = 8;
layout(constant_id = 5) const uint TN = 4;
layout(constant_id = 6) const uint NTZ = 3; // taps, at least 1
layout(constant_id = 7) const uint NTY = 3;
layout(constant_id = 8) const uint NTX = 3;
layout(constant_id = 9) const uint PD = 1;  // pixels of a volume
layout(constant_id = 10) const uint PH = 1;
layout(constant_id = 11) const uint PW = 1;
const uint TAPS = NTZ * NTY * NTX, PIXELS = PD * PH * PW;

layout(std430, binding = 0) restrict readonly buffer X_ { float X[]; };
layout(std430, binding = 1) restrict readonly buffer W_ { float W[]; };
layout(std430, binding = 2) restrict writeonly buffer Y_ { float Y[]; };
const int EXTRA = 3;
#include "epilogue.glsl"

layout(push_constant) uniform Push {
    uint pixels;               // N·PD·PH·PW
    int s[3], b[3], d[3];      // by axis: depth, height, width
    uint tap0, tap[3];         // tap(tz,ty,tx) = tap0 + tz·tap[0] + ty·tap[1] + tx·tap[2]
    uint terms;                // of a sum: K·TAPS, or 0
    uint I[3], K, M, groups;
    uint sg, sk, sm;
    uint area, out0, to[3];    // out(jz,jy,jx) = out0 + jz·to[0] + jy·to[1] + jx·to[2]
    uint tiles;                // tiles of rows
    uint work;                 // workgroups of a group
} p;

shared float sharedA[BK * (BM + 4)]; // padded: the stores run along k
shared float sharedB[BK * BN];

const uint UA = BM * BK / THREADS, UB = BN * BK / THREADS; // elements an invocation brings
float nextA[UA], nextB[UB];

uint tid, row0, g;
bool live;     // the pixel whose terms this invocation brings is one
int z0, y0, x0; // its place in X for tap 0
uint volume;   // of its image, channel 0

void fetch(const uint e0) {
    uint e = e0 + tid % BK;
    uint at = e / TAPS * p.sk + p.tap0 + e / (NTY * NTX) % NTZ * p.tap[0] + e / NTX % NTY * p.tap[1] + e % NTX * p.tap[2] + g * p.sg;
    [[unroll]] for (uint u = 0; u < UA; u++) {
        uint m = row0 + tid / BK + u * (THREADS / BK);
        bool there = m < p.M && e < p.terms;
        float v = W[there ? at + m * p.sm : 0];
        nextA[u] = there ? v : 0.0;
    }
    [[unroll]] for (uint u = 0; u < UB; u++) {
        uint f = e0 + tid / BN + u * (THREADS / BN);
        int z = z0 + int(f / (NTY * NTX) % NTZ) * p.d[0], y = y0 + int(f / NTX % NTY) * p.d[1], x = x0 + int(f % NTX) * p.d[2];
        bool there = live && f < p.terms && uint(z) < p.I[0] && uint(y) < p.I[1] && uint(x) < p.I[2];
        float v = X[there ? volume + ((f / TAPS * p.I[0] + uint(z)) * p.I[1] + uint(y)) * p.I[2] + uint(x) : 0];
        nextB[u] = there ? v : 0.0;
    }
}

void main() {
    tid = gl_LocalInvocationID.x;
    g = gl_WorkGroupID.z;
    uint number = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
    if (number >= p.work) return;
    row0 = number % p.tiles * BM;
    uint column0 = number / p.tiles * BN;

    uint q = column0 + tid % BN;
    live = q < p.pixels;
    z0 = int(q / (PH * PW) % PD) * p.s[0] + p.b[0];
    y0 = int(q / PW % PH) * p.s[1] + p.b[1];
    x0 = int(q % PW) * p.s[2] + p.b[2];
    volume = (q / PIXELS * p.groups + g) * p.K * p.I[0] * p.I[1] * p.I[2];

    precise float acc[TM][TN];
    [[unroll]] for (uint i = 0; i < TM; i++)
        [[unroll]] for (uint j = 0; j < TN; j++) acc[i][j] = 0.0;
    uint row = tid / (BN / TN) * TM, column = tid % (BN / TN);

    fetch(0);
    for (uint e = 0; e < p.terms; e += BK) {
        [[unroll]] for (uint u = 0; u < UA; u++)
            sharedA[tid % BK * (BM + 4) + tid / BK + u * (THREADS / BK)] = nextA[u];
        [[unroll]] for (uint u = 0; u < UB; u++)
            sharedB[(tid / BN + u * (THREADS / BN)) * BN + tid % BN] = nextB[u];
        barrier();
        fetch(e + BK);
        [[unroll]] for (uint k = 0; k < BK; k++) {
            float a[TM], b[TN];
            [[unroll]] for (uint i = 0; i < TM; i++) a[i] = sharedA[k * (BM + 4) + row + i];
            [[unroll]] for (uint j = 0; j < TN; j++) b[j] = sharedB[k * BN + column + j * (BN / TN)];
            [[unroll]] for (uint i = 0; i < TM; i++)
                [[unroll]] for (uint j = 0; j < TN; j++) acc[i][j] = fma(a[i], b[j], acc[i][j]);
        }
        barrier();
    }

    [[unroll]] for (uint j = 0; j < TN; j++) {
        uint c = column0 + column + j * (BN / TN);
        uint to = (c / PIXELS * p.groups + g) * p.M * p.area
            + p.out0 + c / (PH * PW) % PD * p.to[0] + c / PW % PH * p.to[1] + c % PW * p.to[2];
        [[unroll]] for (uint i = 0; i < TM; i++) {
            uint m = row0 + row + i;
            if (m < p.M && c < p.pixels) Y[to + m * p.area] = epilogue(acc[i][j], g * p.M + m, to + m * p.area);
        }
    }
}
