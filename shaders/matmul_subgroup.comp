// C[m,n] = sum over k of A[m,k]·B[k,n], for devices that run on a CPU.
//
//   binding 0  A  texels, [batch, M, K], or [batch, K, M] with TRANS_A
//   binding 1  B  texels, [batch, K, N], or [batch, N, K] with TRANS_B
//   binding 2  C  [slices, batch, M, N]
//   binding 3, 4  the epilogue's operands
//
// A workgroup is one subgroup of S lanes and makes TM rows by TN·S columns of C:
// each lane keeps TM x TN sums. Every 4 terms a lane fetches its part of A,
// which all lanes then get by shuffles with a constant index, and its own
// columns of B. No shared memory, no barriers: on lavapipe 22 a barrier spills
// every register and a buffer load inside a loop runs lane by lane, where texel
// fetches stay vectors. GFLOP per CPU-second there, 512^3: 0.2 to 2.3 with shared
// tiles, 6 to 10 with storage buffers, 33 to 36 like this in all four forms, 27
// to 30 where no size is a multiple of 4. TM x TN, at 64x256x784: 4x4 19, 8x4 24,
// 16x1 20, 16x2 24, 16x4 34, 32x4 38; 32x8 is no faster and takes the driver three
// times as long to compile. Storing a float costs 2.3 ns alone, 1.6 ns in a vec4.
//
// VEC_A and VEC_B say that the operand's rows, as stored, are multiples of 4
// and seen as vec4 texels; else as single floats. Beyond M and N the last row
// or column is read again and not stored. Terms beyond K (TAIL: K is no
// multiple of 4) count as zeros in both operands, so NaN and Inf come through
// exactly where the formula has them.
// build: matmul_subgroup -O0
#version 450
#extension GL_GOOGLE_include_directive : enable
#extension GL_EXT_control_flow_attributes : enable
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_shuffle : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const int S = 8;
layout(constant_id = 1) const int TM = 16;
layout(constant_id = 2) const int TN = 4; // 1, 2 or a multiple of 4; the last where B is VEC and not TRANS
layout(constant_id = 3) const bool TRANS_A = false;
layout(constant_id = 4) const bool TRANS_B = false;
layout(constant_id = 5) const bool VEC_A = false;
layout(constant_id = 6) const bool VEC_B = false;
layout(constant_id = 7) const bool TAIL = false;
layout(constant_id = 8) const bool VEC_C = false; // N is a multiple of 4, and so is TN

layout(binding = 0) uniform samplerBuffer A;
layout(binding = 1) uniform samplerBuffer B;
layout(std430, binding = 2) writeonly buffer CScalars { float C[]; };
layout(std430, binding = 2) writeonly buffer CVectors { vec4 C4[]; };
const int EXTRA = 3;
#include "epilogue.glsl"
#include "matmul.glsl"

const int FA = (TM + S - 1) / S;  // fetches for TM rows by 4 terms of A
const int QA = (TM + 3) / 4;      // vec4 in TM rows of a transposed A
const int RUN = TN < 4 ? TN : 4;  // adjacent columns of a lane

// Column j of a lane, from the tile's first.
int column(const int lane, const int j) { return (j / RUN * S + lane) * RUN + j % RUN; }

// term k of an operand, zero from K on.
float term(const float v, const int k) { return TAIL && k >= int(p.K) ? 0.0 : v; }
int within(const int k) { return TAIL ? min(k, int(p.K) - 1) : k; }

void main() {
    int lane = int(gl_SubgroupInvocationID);
    Tile t = tileOf(gl_WorkGroupID.x + gl_WorkGroupID.y * gl_NumWorkGroups.x);
    int M = int(p.M), N = int(p.N), K = int(p.K);
    int m0 = int(t.m) * TM, n0 = int(t.n) * TN * S;

    // Where this lane's rows of A and columns of B start, and the step of one
    // term, in texels.
    int rowA[FA], colB[TN], stepA, stepB;
    [[unroll]] for (int f = 0; f < FA; f++) {
        int m = min(m0 + f * S + lane, M - 1);
        rowA[f] = TRANS_A ? m : m * K;
        if (VEC_A) {
            // Transposed, the lanes of all fetches count quads of rows, then terms.
            int quad = (f * S + lane) % QA, q = min((f * S + lane) / QA, 3);
            rowA[f] = TRANS_A ? min(m0 / 4 + quad, M / 4 - 1) + q * (M / 4) : rowA[f] / 4;
        }
        rowA[f] += int(t.a) / (VEC_A ? 4 : 1);
    }
    [[unroll]] for (int j = 0; j < TN; j++) {
        int n = min(n0 + column(lane, j), N - 1);
        colB[j] = TRANS_B ? n * K : n;
        if (VEC_B) colB[j] /= 4;
        colB[j] += int(t.b) / (VEC_B ? 4 : 1);
    }
    stepA = TRANS_A ? (VEC_A ? M / 4 : M) : 1;
    stepB = TRANS_B ? 1 : (VEC_B ? N / 4 : N);

    precise float acc[TM][TN];
    [[unroll]] for (int i = 0; i < TM; i++)
        [[unroll]] for (int j = 0; j < TN; j++) acc[i][j] = 0.0;

    for (int k = int(t.k0); k < int(t.k1); k += 4) {
        vec4 a[FA];
        float b[4][TN];
        [[unroll]] for (int f = 0; f < FA; f++) {
            if (VEC_A && !TRANS_A) {
                a[f] = texelFetch(A, rowA[f] + k / 4);
            } else if (VEC_A) {
                int q = min((f * S + lane) / QA, 3);
                a[f] = texelFetch(A, rowA[f] + (within(k + q) - q) * stepA);
                [[unroll]] for (int c = 0; c < 4; c++) a[f][c] = term(a[f][c], k + q);
            } else {
                [[unroll]] for (int q = 0; q < 4; q++)
                    a[f][q] = term(texelFetch(A, rowA[f] + within(k + q) * stepA).x, k + q);
            }
        }
        if (VEC_B && !TRANS_B) {
            [[unroll]] for (int q = 0; q < 4; q++)
                [[unroll]] for (int j = 0; j < TN; j += 4) {
                    vec4 v = texelFetch(B, colB[j] + within(k + q) * stepB);
                    [[unroll]] for (int c = 0; c < 4; c++) b[q][j + c] = term(v[c], k + q);
                }
        } else if (VEC_B) {
            [[unroll]] for (int j = 0; j < TN; j++) {
                vec4 v = texelFetch(B, colB[j] + k / 4);
                [[unroll]] for (int q = 0; q < 4; q++) b[q][j] = v[q];
            }
        } else {
            [[unroll]] for (int q = 0; q < 4; q++)
                [[unroll]] for (int j = 0; j < TN; j++)
                    b[q][j] = term(texelFetch(B, colB[j] + within(k + q) * stepB).x, k + q);
        }
        [[unroll]] for (int i = 0; i < TM; i++)
            [[unroll]] for (int q = 0; q < 4; q++) {
                int e = q * QA + i / 4; // which vec4 of a transposed A
                float v = VEC_A && TRANS_A ? subgroupShuffle(a[e / S][i % 4], e % S)
                                           : subgroupShuffle(a[i / S][q], i % S);
                [[unroll]] for (int j = 0; j < TN; j++) acc[i][j] = fma(v, b[q][j], acc[i][j]);
            }
    }

    [[unroll]] for (int i = 0; i < TM; i++)
        [[unroll]] for (int j = 0; j < TN; j += RUN) {
            int m = m0 + i, n = n0 + column(lane, j);
            uint index = t.c + uint(m * N + n);
            float v[RUN];
            [[unroll]] for (int r = 0; r < RUN; r++)
                v[r] = epilogue(acc[i][j + r], uint(n + r) * p.colStep, index + r);
            bool live = t.live && m < M;
            if (VEC_C) {
                if (live && n < N) C4[index / 4] = vec4(v[0], v[1 % RUN], v[2 % RUN], v[3 % RUN]);
            } else {
                [[unroll]] for (int r = 0; r < RUN; r++)
                    if (live && n + r < N) C[index + r] = v[r];
            }
        }
}
