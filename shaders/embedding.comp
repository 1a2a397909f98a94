// Rows of a table: y[i][d] = table[idx[i]][d], or 0 where idx[i] is no row.
//
//   binding 0  table  [V, D]
//   binding 1  idx    [n] int
//   binding 2  y      [n, D]
//
// An invocation copies one T: four floats where D is a multiple of 4, else one.
// What is read lies always within the table; a NaN comes through from its own
// row only.
// build: embedding_1 -DT=float
// build: embedding_4 -DT=vec4
#version 450
layout(local_size_x_id = 0) in;
layout(push_constant, std430) uniform Push {
    uint V, D, count; // D and count (the elements of y) in T
} p;
layout(std430, binding = 0) restrict readonly buffer TableBuffer { T table[]; };
layout(std430, binding = 1) restrict readonly buffer IdxBuffer { uint idx[]; };
layout(std430, binding = 2) restrict writeonly buffer YBuffer { T y[]; };

void main() {
    uint i = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
    if (i >= p.count) return;
    uint row = idx[i / p.D]; // a negative index is a large one
    T v = table[row < p.V ? row * p.D + i % p.D : 0];
    y[i] = row < p.V ? v : T(0.0);
}
