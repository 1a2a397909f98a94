// Convolution by-weight for devices that run shaders on CPU cores.
//
//   dW[o, c, t] = Σ_{n,q} dY[n, o, q] · X[n, c, y(q)·s + i·d - p, x(q)·s + j·d - p],  t = i·kw + j
//
// over images n and pixels q of dY's planes; X = 0 outside its plane.
//
//   binding 0  X   texels [N, groups·C, H, W]
//   binding 1  dY  texels [N, groups·O, area]: vec4 with KU = 4, else single
//   binding 2  dW  [slices, groups·O, C, taps]
//
// A workgroup is one subgroup and makes TM rows o by SG lanes of columns, TN
// channels of one tap a lane, over one slice of images and pixels. A lane
// fetches KU pixels of its rows of dY, spread by shuffles with constant
// indices, and its own columns of X: one mask a pixel serves TN channels.
// Rows, lanes and channels past the end repeat the last one, and store what it
// stores. Slices are added up by conv2d_reduce, in order.
// GFLOP per CPU-second on lavapipe, TM x TN 8x8 / 16x4 / 16x8 / 32x4: 20 / 25 / 27 /
// 27 for 32x32x14x14 to 64 channels, k3; 16 / 19 / 21 / 25 for 3 channels k7 stride
// 2; 11 for one channel k3 (32x1).
#version 450
#extension GL_EXT_control_flow_attributes : enable
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_shuffle : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint SG = 8; // lanes of a subgroup
layout(constant_id = 1) const uint KU = 4; // pixels a step: 4 where area is a multiple of 4, else 1
layout(constant_id = 2) const uint TM = 16; // rows
layout(constant_id = 3) const uint TN = 4; // channels a lane

layout(binding = 0) uniform samplerBuffer X;
layout(binding = 1) uniform samplerBuffer DY;
layout(std430, binding = 2) restrict writeonly buffer DW_ { float DW[]; };
layout(push_constant) uniform Push {
    uint N, groups, C, H, W;
    uint O, OW, area;              // area: pixels of a plane of dY
    uint KW, taps;
    int sy, sx, py, px, dy, dx;
    uint tiles, columns;           // tiles of rows; columns: taps times blocks of TN channels
    uint images, pixels;           // of a slice; pixels a multiple of KU
    uint strips;                   // slices of a plane
} p;

const uint FA = (TM + SG - 1) / SG; // fetches for TM rows

void main() {
    uint lane = gl_LocalInvocationID.x;
    uint tile = gl_WorkGroupID.y % p.tiles, g = gl_WorkGroupID.y / p.tiles;
    uint n0 = gl_WorkGroupID.z / p.strips * p.images, n1 = min(n0 + p.images, p.N);
    uint q0 = gl_WorkGroupID.z % p.strips * p.pixels, q1 = min(q0 + p.pixels, p.area);

    uint blocks = p.columns / p.taps;
    uint column = min(gl_WorkGroupID.x * SG + lane, p.columns - 1);
    uint tap = column / blocks, c0 = column % blocks * TN;
    int oy = int(tap / p.KW) * p.dy - p.py, ox = int(tap % p.KW) * p.dx - p.px;
    int plane[TN], row[FA];
    [[unroll]] for (int j = 0; j < TN; j++)
        plane[j] = int((g * p.C + min(c0 + j, p.C - 1)) * p.H * p.W);
    [[unroll]] for (int f = 0; f < FA; f++)
        row[f] = int((g * p.O + min(tile * TM + f * SG + lane, p.O - 1)) * (p.area / KU));

    precise float acc[TM][TN];
    [[unroll]] for (int i = 0; i < TM; i++)
        [[unroll]] for (int j = 0; j < TN; j++) acc[i][j] = 0.0;

    for (uint n = n0; n < n1; n++) {
        int image = int(n * p.groups * p.C * p.H * p.W);
        int rows = int(n * p.groups * p.O * (p.area / KU));
        int py = int(q0 / p.OW), px = int(q0 % p.OW);
        for (uint q = q0; q < q1; q += KU) {
            vec4 a[FA];
            [[unroll]] for (int f = 0; f < FA; f++) a[f] = texelFetch(DY, rows + row[f] + int(q / KU));
            [[unroll]] for (int u = 0; u < KU; u++) {
                int y = py * p.sy + oy, x = px * p.sx + ox;
                bool ok = uint(y) < p.H && uint(x) < p.W;
                int at = ok ? image + y * int(p.W) + x : 0;
                px++;
                bool wrap = px == int(p.OW);
                px = wrap ? 0 : px;
                py += int(wrap);
                float v[TN];
                [[unroll]] for (int j = 0; j < TN; j++) {
                    v[j] = texelFetch(X, plane[j] + at).x;
                    v[j] = ok ? v[j] : 0.0;
                }
                [[unroll]] for (int i = 0; i < TM; i++) {
                    float w = subgroupShuffle(a[i / SG][u], i % SG);
                    [[unroll]] for (int j = 0; j < TN; j++) acc[i][j] = fma(w, v[j], acc[i][j]);
                }
            }
        }
    }

    uint slice = gl_WorkGroupID.z * p.groups * p.O * p.C * p.taps;
    [[unroll]] for (int i = 0; i < TM; i++) {
        uint o = g * p.O + min(tile * TM + i, p.O - 1);
        [[unroll]] for (int j = 0; j < TN; j++)
            DW[slice + (o * p.C + min(c0 + j, p.C - 1)) * p.taps + tap] = acc[i][j];
    }
}
