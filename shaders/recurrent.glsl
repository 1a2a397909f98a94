// One time step of a recurrent layer: a product, then the cell of the shader
// that includes this, which defines finish (prototype below).
//
//   sum[n][j] = Σ_k x[from + n·K + k]·w[k][j]     n < N, k < K
//
//   binding 1  weights  packed by recurrent_pack: [.., J] vec4
//   binding 2  x        the state before, or back the gradient after this step
//
// With GATED a vec4 of weights holds the gates of one hidden unit, which are
// finished together; else sums are finished one by one.
//
// With SUBGROUP, for devices that run on a CPU: the shape of matmul_subgroup. A
// workgroup is a subgroup of S lanes and makes TM batch rows; a lane keeps a vec4
// a row, and one shuffle feeds four multiply-adds. Not GATED, a vec4 of weights
// is four columns, S apart. Weights have a multiple of 4 rows. VEC: K is one too,
// x is bound as vec4. EDGE: N is no multiple of TM, or H none of a workgroup's
// units; beyond the last row the last one is read again, and stores are guarded
// by inside, which lavapipe 22 does lane by lane, so even shapes go without.
//
// Else, for GPUs. A step is small (N = 32, H = 256: 8,192 sums) and has to fill a
// wide device, so a workgroup makes 16 columns of 8 batch rows and cuts the terms
// into 8 slices: invocation (column, slice) adds up every eighth vec4 of weights
// for 8 rows, one load against 32 multiply-adds. Not GATED, that is four terms of
// a column. Then the slices' sums are exchanged, and each of the 128 invocations
// finishes one row and column. 128 invocations and 16 KiB of shared memory:
// Vulkan's least limits.
#extension GL_EXT_control_flow_attributes : enable
#ifdef SUBGROUP
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_shuffle : require
#endif
#include "math.glsl"

layout(constant_id = 0) const int S = 8;
layout(constant_id = 1) const int TM = 8;
layout(constant_id = 2) const bool VEC = true;
layout(constant_id = 3) const bool EDGE = false;

layout(push_constant, std430) uniform Push {
    int N, H;
    int K; // terms of the sum; 0 at the first step back
    int J;
    int from, at, prev; // where parts start: of x, of this step, of the step before
    int first;          // the first step back
} p;

#ifdef GATED
void finish(const int n, const int j, const vec4 sum, const bool inside);
#else
void finish(const int n, const int j, const float sum, const bool inside);
#endif

#ifdef SUBGROUP
layout(local_size_x_id = 0) in;
layout(binding = 1) uniform samplerBuffer weights;
layout(binding = 2) uniform samplerBuffer x;

const int F = (TM + S - 1) / S; // fetches for TM rows by 4 terms of x

void main() {
    int lane = int(gl_SubgroupInvocationID), K = p.K;
    int column = int(gl_WorkGroupID.x) * S + lane, n0 = int(gl_WorkGroupID.y) * TM;
    int row[F];
    [[unroll]] for (int f = 0; f < F; f++) row[f] = (p.from + min(n0 + f * S + lane, p.N - 1) * K) / (VEC ? 4 : 1);

    precise vec4 acc[TM];
    [[unroll]] for (int i = 0; i < TM; i++) acc[i] = vec4(0.0);
    for (int k = 0; k < K; k += 4) {
        vec4 a[F], w[4];
        [[unroll]] for (int f = 0; f < F; f++) {
            if (VEC) {
                a[f] = texelFetch(x, row[f] + k / 4);
            } else {
                [[unroll]] for (int q = 0; q < 4; q++) {
                    float v = texelFetch(x, row[f] + min(k + q, K - 1)).x;
                    a[f][q] = k + q < K ? v : 0.0;
                }
            }
        }
        [[unroll]] for (int q = 0; q < 4; q++) w[q] = texelFetch(weights, (k + q) * p.J + column);
        [[unroll]] for (int i = 0; i < TM; i++)
            [[unroll]] for (int q = 0; q < 4; q++)
                acc[i] = fma(vec4(subgroupShuffle(a[i / S][q], i % S)), w[q], acc[i]);
    }

    [[unroll]] for (int i = 0; i < TM; i++) {
        int n = EDGE ? min(n0 + i, p.N - 1) : n0 + i;
#ifdef GATED
        int j = EDGE ? min(column, p.H - 1) : column;
        finish(n, j, acc[i], !EDGE || (n0 + i < p.N && column < p.H));
#else
        [[unroll]] for (int q = 0; q < 4; q++) {
            int j0 = int(gl_WorkGroupID.x) * 4 * S + lane + q * S, j = EDGE ? min(j0, p.H - 1) : j0;
            finish(n, j, acc[i][q], !EDGE || (n0 + i < p.N && j0 < p.H));
        }
#endif
    }
}
#else
layout(local_size_x = 128) in;
layout(std430, binding = 1) restrict readonly buffer WeightBuffer { vec4 weights[]; };
layout(std430, binding = 2) restrict readonly buffer XBuffer { float x[]; };

const int UNITS = 16, SLICES = 8, ROWS = 8;
// First a chunk of x for 8 rows; then the slices' sums.
shared vec4 stage[1024];

void main() {
    int me = int(gl_LocalInvocationID.x), unit = me % UNITS, slice = me / UNITS;
    int j = int(gl_WorkGroupID.x) * UNITS + unit, n0 = int(gl_WorkGroupID.y) * ROWS;
#ifdef GATED
    const int CHUNK = 512; // terms, two vec4 each
    precise vec4 acc[ROWS];
    [[unroll]] for (int r = 0; r < ROWS; r++) acc[r] = vec4(0.0);

    for (int k0 = 0; k0 < p.K; k0 += CHUNK) {
        int terms = min(CHUNK, p.K - k0);
        if (k0 > 0) barrier();
        for (int k = me; k < terms; k += UNITS * SLICES)
            [[unroll]] for (int half8 = 0; half8 < 2; half8++) {
                vec4 v;
                [[unroll]] for (int r = 0; r < 4; r++)
                    v[r] = x[p.from + min(n0 + 4 * half8 + r, p.N - 1) * p.K + k0 + k];
                stage[2 * k + half8] = v;
            }
        barrier();
        for (int k = slice; k < terms; k += SLICES) {
            vec4 w = weights[(k0 + k) * p.J + j], lo = stage[2 * k], hi = stage[2 * k + 1];
            [[unroll]] for (int r = 0; r < 4; r++) {
                acc[r] = fma(vec4(lo[r]), w, acc[r]);
                acc[r + 4] = fma(vec4(hi[r]), w, acc[r + 4]);
            }
        }
    }
    barrier();
    [[unroll]] for (int r = 0; r < ROWS; r++) stage[(slice * ROWS + r) * UNITS + unit] = acc[r];
    barrier();
    precise vec4 sum = vec4(0.0);
    for (int s = 0; s < SLICES; s++) sum += stage[(s * ROWS + slice) * UNITS + unit];
#else
    const int CHUNK = 128; // vec4 of terms
    precise float acc[ROWS];
    [[unroll]] for (int r = 0; r < ROWS; r++) acc[r] = 0.0;

    for (int k0 = 0; 4 * k0 < p.K; k0 += CHUNK) {
        int terms = min(CHUNK, (p.K + 3) / 4 - k0);
        if (k0 > 0) barrier();
        for (int k = me; k < terms; k += UNITS * SLICES)
            for (int r = 0; r < ROWS; r++) {
                int row = p.from + min(n0 + r, p.N - 1) * p.K;
                vec4 v;
                [[unroll]] for (int q = 0; q < 4; q++) {
                    int term = 4 * (k0 + k) + q;
                    float one = x[row + min(term, p.K - 1)]; // loaded in no branch, which compiles slowly
                    v[q] = term < p.K ? one : 0.0;
                }
                stage[k * ROWS + r] = v;
            }
        barrier();
        for (int k = slice; k < terms; k += SLICES) {
            vec4 w = weights[(k0 + k) * p.J + j];
            [[unroll]] for (int r = 0; r < ROWS; r++) {
                vec4 v = stage[k * ROWS + r];
                [[unroll]] for (int q = 0; q < 4; q++) acc[r] = fma(v[q], w[q], acc[r]);
            }
        }
    }
    barrier();
    [[unroll]] for (int half8 = 0; half8 < 2; half8++)
        stage[me * 2 + half8] = vec4(acc[4 * half8], acc[4 * half8 + 1], acc[4 * half8 + 2], acc[4 * half8 + 3]);
    barrier();
    precise float sum = 0.0;
    for (int s = 0; s < SLICES; s++) sum += stage[(s * UNITS + unit) * 2 + slice / 4][slice % 4];
#endif
    if (n0 + slice < p.N && j < p.H) finish(n0 + slice, j, sum, true);
}
#endif
