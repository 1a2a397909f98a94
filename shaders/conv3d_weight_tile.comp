// 3-d convolution by-weight for GPUs: an implicit GEMM of rows o, columns
// ((c·kd + h)·kh + i)·kw + j and terms e = n·area + q, the pixels q of dY's volumes.
//
//   dW[o, c, h, i, j] = Σ_e dY[n, o, q] · X[n, c, z(q)·s + h·d - p, y(q)·s + i·d - p, x(q)·s + j·d - p]
//
// with X = 0 outside its volume.
//
//   binding 0  X   [N, groups·C, I0, I1, I2]
//   binding 1  dY  [N, groups·O, area]
//   binding 2  dW  [slices, groups·O, C, kd, kh, kw]
//
// As conv2d_weight_tile, with one axis more; slices are added up in order by a
// second dispatch. 64x64x16 with 8x4 is 128 invocations and 8.5 KiB: within
// Vulkan's least limits.
#version 450
#extension GL_EXT_control_flow_attributes : enable

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint THREADS = 128;
layout(constant_id = 1) const uint BM = 64;
layout(constant_id = 2) const uint BN = 64;
layout(constant_id = 3) const uint BK = 16;
layout(constant_id = 4) const uint TM = 8;
layout(constant_id = 5) const uint TN = 4;
layout(constant_id = 6) const uint KD = 3;
layout(constant_id = 7) const uint KH = 3;
layout(constant_id = 8) const uint KW = 3;
layout(constant_id = 9) const uint OD = 1;
layout(constant_id = 10) const uint OH = 1;
layout(constant_id = 11) const uint OW = 1;
const uint TAPS = KD * KH * KW, AREA = OD * OH * OW;

layout(std430, binding = 0) restrict readonly buffer X_ { float X[]; };
layout(std430, binding = 1) restrict readonly buffer DY_ { float DY[]; };
layout(std430, binding = 2) restrict writeonly buffer DW_ { float DW[]; };
layout(push_constant) uniform Push {
    uint groups, C, I[3], O;
    int s[3], pad[3], d[3];
    uint terms, slice;         // terms in all and of a slice
    uint tiles;                // tiles of rows
} p;

shared float sharedA[BK * (BM + 4)]; // padded: the stores run along k
shared float sharedB[BK * (BN + 4)];

const uint UA = BM * BK / THREADS, UB = BN * BK / THREADS; // elements an invocation brings
float nextA[UA], nextB[UB];

uint tid, row0, g, end;
int oz[UB], oy[UB], ox[UB]; // places of the columns this invocation brings, for pixel 0
uint volume[UB];

void fetch(const uint e0) {
    uint e = e0 + tid % BK;
    bool live = e < end;
    uint n = e / AREA, q = e % AREA;
    uint dy = (n * p.groups + g) * p.O * AREA + q, x = n * p.groups * p.C * p.I[0] * p.I[1] * p.I[2];
    int qz = int(q / (OH * OW)) * p.s[0], qy = int(q / OW % OH) * p.s[1], qx = int(q % OW) * p.s[2];
    [[unroll]] for (uint u = 0; u < UA; u++) {
        uint m = row0 + tid / BK + u * (THREADS / BK);
        bool there = live && m < p.O;
        float v = DY[there ? dy + m * AREA : 0];
        nextA[u] = there ? v : 0.0;
    }
    [[unroll]] for (uint u = 0; u < UB; u++) {
        bool there = live && uint(qz + oz[u]) < p.I[0] && uint(qy + oy[u]) < p.I[1] && uint(qx + ox[u]) < p.I[2];
        float v = X[there ? x + volume[u] + (uint(qz + oz[u]) * p.I[1] + uint(qy + oy[u])) * p.I[2] + uint(qx + ox[u]) : 0];
        nextB[u] = there ? v : 0.0;
    }
}

void main() {
    tid = gl_LocalInvocationID.x;
    g = gl_WorkGroupID.y;
    row0 = gl_WorkGroupID.x % p.tiles * BM;
    uint column0 = gl_WorkGroupID.x / p.tiles * BN, columns = p.C * TAPS;
    uint begin = gl_WorkGroupID.z * p.slice;
    end = min(begin + p.slice, p.terms);

    // A column past the last is brought like the last, and not stored.
    [[unroll]] for (uint u = 0; u < UB; u++) {
        uint c = min(column0 + tid / BK + u * (THREADS / BK), columns - 1);
        oz[u] = int(c / (KH * KW) % KD) * p.d[0] - p.pad[0];
        oy[u] = int(c / KW % KH) * p.d[1] - p.pad[1];
        ox[u] = int(c % KW) * p.d[2] - p.pad[2];
        volume[u] = (g * p.C + c / TAPS) * p.I[0] * p.I[1] * p.I[2];
    }
    precise float acc[TM][TN];
    [[unroll]] for (uint i = 0; i < TM; i++)
        [[unroll]] for (uint j = 0; j < TN; j++) acc[i][j] = 0.0;
    uint row = tid / (BN / TN) * TM, column = tid % (BN / TN);

    fetch(begin);
    for (uint e = begin; e < end; e += BK) {
        [[unroll]] for (uint u = 0; u < UA; u++)
            sharedA[tid % BK * (BM + 4) + tid / BK + u * (THREADS / BK)] = nextA[u];
        [[unroll]] for (uint u = 0; u < UB; u++)
            sharedB[tid % BK * (BN + 4) + tid / BK + u * (THREADS / BK)] = nextB[u];
        barrier();
        fetch(e + BK);
        [[unroll]] for (uint k = 0; k < BK; k++) {
            float a[TM], b[TN];
            [[unroll]] for (uint i = 0; i < TM; i++) a[i] = sharedA[k * (BM + 4) + row + i];
            [[unroll]] for (uint j = 0; j < TN; j++) b[j] = sharedB[k * (BN + 4) + column + j * (BN / TN)];
            [[unroll]] for (uint i = 0; i < TM; i++)
                [[unroll]] for (uint j = 0; j < TN; j++) acc[i][j] = fma(a[i], b[j], acc[i][j]);
        }
        barrier();
    }

    uint to = gl_WorkGroupID.z * p.groups * p.O * columns;
    [[unroll]] for (uint i = 0; i < TM; i++)
        [[unroll]] for (uint j = 0; j < TN; j++) {
            uint m = row0 + row + i, c = column0 + column + j * (BN / TN);
            if (m < p.O && c < columns) DW[to + (g * p.O + m) * columns + c] = acc[i][j];
        }
}
