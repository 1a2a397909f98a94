// 3-d convolution by-weight for devices that run shaders on CPU cores.
//
//   dW[o, c, t] = Σ_{n,q} dY[n, o, q] · X[n, c, z(q)·s + h·d - p, y(q)·s + i·d - p, x(q)·s + j·d - p]
//
// with t = (h·kh + i)·kw + j, over images n and pixels q of dY's volumes; X = 0
// outside its volume.
//
//   binding 0  X   texels [N, groups·C, I0, I1, I2]
//   binding 1  dY  texels [N, groups·O, area]: vec4 with KU = 4, else single
//   binding 2  dW  [slices, groups·O, C, taps]
//
// As conv2d_weight_subgroup, with one axis more; sizes are specialisation
// constants. Slices are added up by conv2d_reduce, in order.
#version 450
#extension GL_EXT_control_flow_attributes : enable
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_shuffle : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint SG = 8; // lanes of a subgroup
layout(constant_id = 1) const uint KU = 4; // pixels a step: 4 where area is a multiple of 4, else 1
layout(constant_id = 2) const uint TM = 16; // rows
layout(constant_id = 3) const uint TN = 4; // channels a lane
layout(constant_id = 4) const uint I0 = 1; // X's volume
layout(constant_id = 5) const uint I1 = 1;
layout(constant_id = 6) const uint I2 = 1;
layout(constant_id = 7) const uint KD = 1; // the kernel's
layout(constant_id = 8) const uint KH = 1;
layout(constant_id = 9) const uint KW = 1;
layout(constant_id = 10) const uint OD = 1; // dY's
layout(constant_id = 11) const uint OH = 1;
layout(constant_id = 12) const uint OW = 1;
const uint VOLUME = I0 * I1 * I2, TAPS = KD * KH * KW, AREA = OD * OH * OW;

layout(binding = 0) uniform samplerBuffer X;
layout(binding = 1) uniform samplerBuffer DY;
layout(std430, binding = 2) restrict writeonly buffer DW_ { float DW[]; };
layout(push_constant) uniform Push {
    uint N, groups, C, O;
    int s[3], pad[3], d[3];        // by axis: depth, height, width
    uint tiles, columns;           // tiles of rows; columns: TAPS times blocks of TN channels
    uint images, pixels;           // of a slice; pixels a multiple of KU
    uint strips;                   // slices of a volume
} p;

const uint FA = (TM + SG - 1) / SG; // fetches for TM rows

void main() {
    uint lane = gl_LocalInvocationID.x;
    uint tile = gl_WorkGroupID.y % p.tiles, g = gl_WorkGroupID.y / p.tiles;
    uint n0 = gl_WorkGroupID.z / p.strips * p.images, n1 = min(n0 + p.images, p.N);
    uint q0 = gl_WorkGroupID.z % p.strips * p.pixels, q1 = min(q0 + p.pixels, AREA);

    uint blocks = p.columns / TAPS;
    uint column = min(gl_WorkGroupID.x * SG + lane, p.columns - 1);
    uint tap = column / blocks, c0 = column % blocks * TN;
    int oz = int(tap / (KH * KW)) * p.d[0] - p.pad[0], oy = int(tap / KW % KH) * p.d[1] - p.pad[1], ox = int(tap % KW) * p.d[2] - p.pad[2];
    int volume[TN], row[FA];
    [[unroll]] for (int j = 0; j < TN; j++)
        volume[j] = int((g * p.C + min(c0 + j, p.C - 1)) * VOLUME);
    [[unroll]] for (int f = 0; f < FA; f++)
        row[f] = int((g * p.O + min(tile * TM + f * SG + lane, p.O - 1)) * (AREA / KU));

    precise float acc[TM][TN];
    [[unroll]] for (int i = 0; i < TM; i++)
        [[unroll]] for (int j = 0; j < TN; j++) acc[i][j] = 0.0;

    for (uint n = n0; n < n1; n++) {
        int image = int(n * p.groups * p.C * VOLUME);
        int rows = int(n * p.groups * p.O * (AREA / KU));
        int pz = int(q0 / (OH * OW)), py = int(q0 / OW % OH), px = int(q0 % OW);
        for (uint q = q0; q < q1; q += KU) {
            vec4 a[FA];
            [[unroll]] for (int f = 0; f < FA; f++) a[f] = texelFetch(DY, rows + row[f] + int(q / KU));
            [[unroll]] for (int u = 0; u < KU; u++) {
                int z = pz * p.s[0] + oz, y = py * p.s[1] + oy, x = px * p.s[2] + ox;
                bool ok = uint(z) < I0 && uint(y) < I1 && uint(x) < I2;
                int at = ok ? image + (z * int(I1) + y) * int(I2) + x : 0;
                px++;
                bool wrap = px == int(OW);
                px = wrap ? 0 : px;
                py += int(wrap);
                wrap = py == int(OH);
                py = wrap ? 0 : py;
                pz += int(wrap);
                float v[TN];
                [[unroll]] for (int j = 0; j < TN; j++) {
                    v[j] = texelFetch(X, volume[j] + at).x;
                    v[j] = ok ? v[j] : 0.0;
                }
                [[unroll]] for (int i = 0; i < TM; i++) {
                    float w = subgroupShuffle(a[i / SG][u], i % SG);
                    [[unroll]] for (int j = 0; j < TN; j++) acc[i][j] = fma(w, v[j], acc[i][j]);
                }
            }
        }
    }

    uint slice = gl_WorkGroupID.z * p.groups * p.O * p.C * TAPS;
    [[unroll]] for (int i = 0; i < TM; i++) {
        uint o = g * p.O + min(tile * TM + i, p.O - 1);
        [[unroll]] for (int j = 0; j < TN; j++)
            DW[slice + (o * p.C + min(c0 + j, p.C - 1)) * TAPS + tap] = acc[i][j];
    }
}
