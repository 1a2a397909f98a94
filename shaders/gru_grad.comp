// One time step of gru_grad (recurrent.glsl has the product and its bindings):
//
//   dh = dy[t] + carry + da[next]·whh
//   dn = dh·(1-z)·(1-n²)   dz = dh·(h[prev] - n)·z(1-z)   dr = dn·a_n·r(1-r)
//   dgx = (dr, dz, dn)     da = (dr, dz, dn·r)            carry = dh·z
//
//   binding 0  gates  [T, N, 4H], r, z, n, a_n; this step's at 4·at
//   binding 3  dgx    [T, N, 3H]; this step's at 3·at
//   binding 4  da     [T, N, 3H]; this step's at 3·at
//   binding 5  dy     [T, N, H], with DY
//   binding 6  h      [.., N, H]; the state before this step's at prev
//   binding 7  carry  [N, H], in place; 0 at the first step back unless DHN says
//                     that it holds dhN
//
// FINAL adds da[next]·whh to carry, which makes it dh0, and no cell.
// build: gru_grad_subgroup -DSUBGROUP
// build: gru_grad_tile
#version 450
#extension GL_GOOGLE_include_directive : enable
#include "recurrent.glsl"

layout(constant_id = 4) const bool FINAL = false;
layout(constant_id = 5) const bool DY = true;
layout(constant_id = 6) const bool DHN = true;
layout(std430, binding = 0) restrict readonly buffer GatesBuffer { float gates[]; };
layout(std430, binding = 3) restrict writeonly buffer DgxBuffer { float dgx[]; };
layout(std430, binding = 4) restrict writeonly buffer DaBuffer { float da[]; };
layout(std430, binding = 5) restrict readonly buffer DyBuffer { float dy[]; };
layout(std430, binding = 6) restrict readonly buffer HBuffer { float h[]; };
layout(std430, binding = 7) restrict buffer CarryBuffer { float carry[]; };

void finish(const int n, const int j, const float sum, const bool inside) {
    int H = p.H, one = n * H + j;
    float carried = carry[one];
    if (!DHN && !FINAL) carried = p.first != 0 ? 0.0 : carried;
    precise float dh = sum + carried;
    if (FINAL) {
        if (inside) carry[one] = dh;
        return;
    }
    if (DY) dh += dy[p.at + one];
    int g = 4 * (p.at + n * H) + j, o = 3 * (p.at + n * H) + j;
    float r = gates[g], z = gates[g + H], c = gates[g + 2 * H], a = gates[g + 3 * H];
    precise float dn = dh * (1.0 - z) * fma(-c, c, 1.0);
    precise float dz = dh * (h[p.prev + one] - c) * z * (1.0 - z);
    precise float dr = dn * a * r * (1.0 - r);
    precise float dp = dn * r;
    precise float back = dh * z;
    if (inside) {
        carry[one] = back;
        dgx[o] = dr;
        dgx[o + H] = dz;
        dgx[o + 2 * H] = dn;
        da[o] = dr;
        da[o + H] = dz;
        da[o + 2 * H] = dp;
    }
}
