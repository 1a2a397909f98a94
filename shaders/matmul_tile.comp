// C[m,n] = sum over k of A[m,k]·B[k,n], for GPUs.
//
//   binding 0  A  [batch, M, K], or [batch, K, M] with TRANS_A
//   binding 1  B  [batch, K, N], or [batch, N, K] with TRANS_B
//   binding 2  C  [slices, batch, M, N]
//   binding 3, 4  the epilogue's operands
//
// A workgroup makes BM x BN elements of C, an invocation TM x TN of them in
// registers. Every BK terms the workgroup brings BM x BK of A and BK x BN of B
// into shared memory, k outermost in both whatever the operands' layout, so that
// an invocation reads runs of 4 rows and 4 columns. The next blocks are fetched
// into registers while the present ones are multiplied. Rows are padded by 4
// floats: runs stay aligned and transposing stores spread over the banks.
//
// What lies beyond M, N and the slice of k is read as zero in both operands, so
// NaN and Inf come through exactly where the formula has them. VEC_A and VEC_B
// say that the operand's rows, as stored, are multiples of 4: then loads are
// vec4. THREADS = BM/TM · BN/TN; TM, TN and BK are multiples of 4.
// 64x64x16 with 8x4 is 128 invocations and 8.5 KiB: within Vulkan's least limits.
// build: matmul_tile -O0
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
layout(constant_id = 6) const bool TRANS_A = false;
layout(constant_id = 7) const bool TRANS_B = false;
layout(constant_id = 8) const bool VEC_A = false;
layout(constant_id = 9) const bool VEC_B = false;

layout(std430, binding = 0) readonly buffer AScalars { float A[]; };
layout(std430, binding = 0) readonly buffer AVectors { vec4 A4[]; };
layout(std430, binding = 1) readonly buffer BScalars { float B[]; };
layout(std430, binding = 1) readonly buffer BVectors { vec4 B4[]; };
layout(std430, binding = 2) restrict writeonly buffer CBuffer { float C[]; };
const int EXTRA = 3;
#include "epilogue.glsl"
#include "matmul.glsl"

const uint LA = BM + 4, LB = BN + 4; // shared rows
shared float sharedA[BK * LA];
shared float sharedB[BK * LB];

// Vec4 an invocation brings of each block.
const uint UA = (BM * BK / 4 + THREADS - 1) / THREADS;
const uint UB = (BK * BN / 4 + THREADS - 1) / THREADS;

// A block in memory is rows of vec4: along k where the operand's k is
// contiguous, else along m or n. x counts along a row, y the rows.
uvec2 place(const uint unit, const uint width) { return uvec2(unit % width * 4, unit / width); }

vec4 fetchA(const uint start, const uvec2 at, const uvec2 size) {
    vec4 v = vec4(0.0);
    if (at.y < size.y && at.x < size.x) {
        uint i = start + at.y * (TRANS_A ? p.M : p.K) + at.x;
        if (VEC_A) return A4[i / 4];
        [[unroll]] for (uint c = 0; c < 4; c++)
            if (at.x + c < size.x) v[c] = A[i + c];
    }
    return v;
}

vec4 fetchB(const uint start, const uvec2 at, const uvec2 size) {
    vec4 v = vec4(0.0);
    if (at.y < size.y && at.x < size.x) {
        uint i = start + at.y * (TRANS_B ? p.K : p.N) + at.x;
        if (VEC_B) return B4[i / 4];
        [[unroll]] for (uint c = 0; c < 4; c++)
            if (at.x + c < size.x) v[c] = B[i + c];
    }
    return v;
}

void main() {
    uint id = gl_LocalInvocationID.x;
    Tile t = tileOf(gl_WorkGroupID.x + gl_WorkGroupID.y * gl_NumWorkGroups.x);
    uint m0 = t.m * BM, n0 = t.n * BN;

    // Extent of what may be read, along a stored row and across the rows.
    uvec2 sizeA = TRANS_A ? uvec2(p.M, t.k1) : uvec2(t.k1, p.M);
    uvec2 sizeB = TRANS_B ? uvec2(t.k1, p.N) : uvec2(p.N, t.k1);
    const uint widthA = (TRANS_A ? BM : BK) / 4, widthB = (TRANS_B ? BK : BN) / 4;

    precise float acc[TM][TN];
    [[unroll]] for (uint i = 0; i < TM; i++)
        [[unroll]] for (uint j = 0; j < TN; j++) acc[i][j] = 0.0;

    vec4 nextA[UA], nextB[UB];
    uint row = id / (BN / TN) * 4, col = id % (BN / TN) * 4;
    for (uint k = t.k0; k < t.k1 + BK; k += BK) { // one round more: fetching runs a block ahead
        if (k > t.k0) {
            [[unroll]] for (uint u = 0; u < UA; u++) {
                uvec2 at = place(id + u * THREADS, widthA);
                if (id + u * THREADS < BM * BK / 4)
                    [[unroll]] for (uint c = 0; c < 4; c++)
                        sharedA[TRANS_A ? at.y * LA + at.x + c : (at.x + c) * LA + at.y] = nextA[u][c];
            }
            [[unroll]] for (uint u = 0; u < UB; u++) {
                uvec2 at = place(id + u * THREADS, widthB);
                if (id + u * THREADS < BK * BN / 4)
                    [[unroll]] for (uint c = 0; c < 4; c++)
                        sharedB[TRANS_B ? (at.x + c) * LB + at.y : at.y * LB + at.x + c] = nextB[u][c];
            }
        }
        barrier();
        [[unroll]] for (uint u = 0; u < UA; u++)
            nextA[u] = fetchA(t.a, (TRANS_A ? uvec2(m0, k) : uvec2(k, m0)) + place(id + u * THREADS, widthA), sizeA);
        [[unroll]] for (uint u = 0; u < UB; u++)
            nextB[u] = fetchB(t.b, (TRANS_B ? uvec2(k, n0) : uvec2(n0, k)) + place(id + u * THREADS, widthB), sizeB);
        if (k > t.k0) {
            for (uint q = 0; q < BK; q++) {
                float a[TM], b[TN];
                [[unroll]] for (uint i = 0; i < TM; i++) a[i] = sharedA[q * LA + row + i / 4 * (BM / (TM / 4)) + i % 4];
                [[unroll]] for (uint j = 0; j < TN; j++) b[j] = sharedB[q * LB + col + j / 4 * (BN / (TN / 4)) + j % 4];
                [[unroll]] for (uint i = 0; i < TM; i++)
                    [[unroll]] for (uint j = 0; j < TN; j++) acc[i][j] = fma(a[i], b[j], acc[i][j]);
            }
        }
        barrier();
    }

    [[unroll]] for (uint i = 0; i < TM; i++)
        [[unroll]] for (uint j = 0; j < TN; j++) {
            uint m = m0 + row + i / 4 * (BM / (TM / 4)) + i % 4;
            uint n = n0 + col + j / 4 * (BN / (TN / 4)) + j % 4;
            uint index = t.c + m * p.N + n;
            if (t.live && m < p.M && n < p.N) C[index] = epilogue(acc[i][j], n * p.colStep, index);
        }
}
