// Convolution forward and by-data for GPUs: an implicit GEMM of rows m (output
// channels), columns (pixels of the batch) and terms e = (k·nty + ty)·ntx + tx.
//
//   Y[n, m, out(jy,jx)] = Σ_e W[m·sm + k·sk + tap(ty,tx)] · X[n, k, jy·sy + ty·dy + by, jx·sx + tx·dx + bx]
//
// with X = 0 outside its plane; see conv2d_subgroup for the two uses.
//
//   binding 0  X  [N, groups·K, IH, IW]
//   binding 1  W  [O, C/groups, kh, kw], strides sg (group), sk, sm
//   binding 2  Y  [N, groups·M, OHW]
//   binding 3, 4  the epilogue's operands
//
// A workgroup makes BM rows by BN pixels, an invocation TM x TN of them: TM rows
// side by side, TN pixels BN/TN apart, so that stores of neighbours lie side by
// side. Every BK terms the workgroup brings BM x BK of W and BK x BN of X into
// shared memory; nothing is unrolled into a column matrix in memory. The next
// blocks are fetched into registers while the present ones are multiplied. An
// invocation brings terms of one pixel, whose place it works out once; terms are
// split by division by specialisation constants.
//
// THREADS = BM/TM · BN/TN, a multiple of BN and of BK. 64x64x16 with 8x4 is 128
// invocations and 8.2 KiB: within Vulkan's least limits.
// build: conv2d_tile -O0
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
layout(constant_id = 6) const uint NTY = 3; // taps, at least 1
layout(constant_id = 7) const uint NTX = 3;
layout(constant_id = 8) const uint PH = 1; // pixels of a plane
layout(constant_id = 9) const uint PW = 1;

layout(std430, binding = 0) restrict readonly buffer X_ { float X[]; };
layout(std430, binding = 1) restrict readonly buffer W_ { float W[]; };
layout(std430, binding = 2) restrict writeonly buffer Y_ { float Y[]; };
const int EXTRA = 3;
#include "epilogue.glsl"

layout(push_constant) uniform Push {
    uint pixels;               // N·PH·PW
    int sy, sx, by, bx, dy, dx;
    uint tap0, tapy, tapx;     // tap(ty,tx) = tap0 + ty·tapy + tx·tapx
    uint terms;                // of a sum: K·NTY·NTX, or 0
    uint K, IH, IW, M, groups;
    uint sg, sk, sm;
    uint OHW, out0, outy, outx; // out(jy,jx) = out0 + jy·outy + jx·outx
    uint tiles;                // tiles of rows
    uint work;                 // workgroups of a group
} p;

shared float sharedA[BK * (BM + 4)]; // padded: the stores run along k
shared float sharedB[BK * BN];

const uint UA = BM * BK / THREADS, UB = BN * BK / THREADS; // elements an invocation brings
float nextA[UA], nextB[UB];

uint tid, row0, g;
bool live;     // the pixel whose terms this invocation brings is one
int y0, x0;    // its place in X for tap 0
uint plane;    // of its image, channel 0

void fetch(const uint e0) {
    uint e = e0 + tid % BK;
    uint at = e / (NTY * NTX) * p.sk + p.tap0 + e / NTX % NTY * p.tapy + e % NTX * p.tapx + g * p.sg;
    [[unroll]] for (uint u = 0; u < UA; u++) {
        uint m = row0 + tid / BK + u * (THREADS / BK);
        bool there = m < p.M && e < p.terms;
        float v = W[there ? at + m * p.sm : 0];
        nextA[u] = there ? v : 0.0;
    }
    [[unroll]] for (uint u = 0; u < UB; u++) {
        uint f = e0 + tid / BN + u * (THREADS / BN);
        int y = y0 + int(f / NTX % NTY) * p.dy, x = x0 + int(f % NTX) * p.dx;
        bool there = live && f < p.terms && uint(y) < p.IH && uint(x) < p.IW;
        float v = X[there ? plane + (f / (NTY * NTX) * p.IH + uint(y)) * p.IW + uint(x) : 0];
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
    y0 = int(q / PW % PH) * p.sy + p.by;
    x0 = int(q % PW) * p.sx + p.bx;
    plane = (q / (PH * PW) * p.groups + g) * p.K * p.IH * p.IW;

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
        uint to = (c / (PH * PW) * p.groups + g) * p.M * p.OHW
            + p.out0 + c / PW % PH * p.outy + c % PW * p.outx;
        [[unroll]] for (uint i = 0; i < TM; i++) {
            uint m = row0 + row + i;
            if (m < p.M && c < p.pixels) Y[to + m * p.OHW] = epilogue(acc[i][j], g * p.M + m, to + m * p.OHW);
        }
    }
}
