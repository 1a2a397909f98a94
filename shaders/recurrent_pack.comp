// Recurrent weights in the order recurrent.glsl reads them, once a sequence.
//
//   binding 0  w
//   binding 1  packed  [rows, columns] vec4
//
//   FORM 0  gates    packed[k][j] = (w(k, cH + j)) over c < G
//   FORM 1  columns  packed[k][j] = (w(k, j + j/S·3S + cS)) over c < 4: S lanes
//                    side by side get columns S apart
//   FORM 2  terms    packed[r][j] = (w(4r + c, j)) over c < 4
//
// where w(k, column) is w[k][column] of [K, H], or with TRANSPOSED w[column][k],
// and zeros beyond. An invocation makes one vec4, in straight-line code: in an
// if, lavapipe 22 loads lane by lane.
#version 450

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint LOCAL = 64;
layout(constant_id = 1) const uint FORM = 0;
layout(constant_id = 2) const uint S = 8;
layout(constant_id = 3) const uint G = 3;
layout(constant_id = 4) const bool TRANSPOSED = false;

layout(push_constant, std430) uniform Push {
    uint H, K, columns, count; // count: rows·columns
} p;
layout(std430, binding = 0) restrict readonly buffer WBuffer { float w[]; };
layout(std430, binding = 1) restrict writeonly buffer PackedBuffer { vec4 packed[]; };

void main() {
    uint at = gl_GlobalInvocationID.x + gl_GlobalInvocationID.y * gl_NumWorkGroups.x * LOCAL;
    uint r = at / p.columns, j = at % p.columns;
    vec4 v;
    for (uint q = 0; q < 4; q++) {
        uint k = FORM == 2 ? 4 * r + q : r, unit = FORM == 1 ? j + j / S * (3 * S) + q * S : j;
        uint column = FORM == 0 ? q * p.H + unit : unit;
        bool inside = k < p.K && unit < p.H && (FORM != 0 || q < G);
        uint from = TRANSPOSED ? column * p.K + k : k * p.H + column;
        v[q] = inside ? w[inside ? from : 0] : 0.0;
    }
    if (at < p.count) packed[at] = v;
}
