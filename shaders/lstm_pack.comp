// Recurrent weights in the order the steps of lstm and lstm_grad read them,
// once a sequence. w is whh [4H,H]; row g·H + j holds gate g of unit j.
//
//   binding 0  w       [4H, H]
//   binding 1  packed  [rows, columns] vec4
//
//   FORM 0 (forward)            packed[k][j] = (w[gH + j][k]) over gates g
//   FORM 1 (backward, tile)     packed[k][j] = (w[gH + k][j]) over gates g
//   FORM 2 (backward, subgroup) packed[r][j] = (w[r][j + j/S·3S + cS]) over c < 4:
//                               S lanes side by side get columns S apart
//
// and zeros beyond H. An invocation makes one vec4, in straight-line code: in
// an if, lavapipe 22 loads lane by lane.
#version 450

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint LOCAL = 64;
layout(constant_id = 1) const uint FORM = 0;
layout(constant_id = 2) const uint S = 8;

layout(push_constant, std430) uniform Push {
    uint H, columns, count; // count: rows·columns
} p;
layout(std430, binding = 0) restrict readonly buffer WBuffer { float w[]; };
layout(std430, binding = 1) restrict writeonly buffer PackedBuffer { vec4 packed[]; };

void main() {
    uint at = gl_GlobalInvocationID.x + gl_GlobalInvocationID.y * gl_NumWorkGroups.x * LOCAL;
    uint r = at / p.columns, j = at % p.columns;
    vec4 v;
    for (uint q = 0; q < 4; q++) {
        uint row, column;
        if (FORM == 2) {
            row = r;
            column = j + j / S * (3 * S) + q * S;
        } else {
            row = q * p.H + (FORM == 0 ? j : r);
            column = FORM == 0 ? r : j;
        }
        bool inside = row < 4 * p.H && column < p.H && (FORM == 2 || (j < p.H && r < p.H));
        v[q] = inside ? w[inside ? row * p.H + column : 0] : 0.0;
    }
    if (at < p.count) packed[at] = v;
}
