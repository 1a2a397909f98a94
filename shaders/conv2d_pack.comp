// Lays the kernel W [O, C/G, kh, kw] out for conv2d_subgroup: for each group,
// tap (i·kw+j) and tile of TM output rows, a block [K][TM], so that one vec4
// fetch a lane brings whole rows of a block.
//
//   P[((g·taps + t)·tiles + mt)·K·TM + k·TM + r] = W[g·sg + k·sk + m·sm + t],  m = min(mt·TM + r, M-1)
//
//   binding 0  W  texels
//   binding 1  P
//
// Rows past M repeat row M-1: the kernel then computes and stores that row
// twice, which costs less than a branch around each store.
// One invocation an element.
#version 450
layout(local_size_x = 64) in;
layout(binding = 0) uniform samplerBuffer W;
layout(std430, binding = 1) restrict writeonly buffer P_ { float P[]; };
layout(push_constant) uniform Push {
    uint n;                        // elements of P
    uint taps, tiles, TM, K, M;
    uint sg, sk, sm;               // strides of W: group, k, m
} p;

void main() {
    uint e = gl_GlobalInvocationID.y * gl_NumWorkGroups.x * gl_WorkGroupSize.x + gl_GlobalInvocationID.x;
    if (e >= p.n) return;
    uint r = e % p.TM, q = e / p.TM;
    uint k = q % p.K;
    q /= p.K;
    uint mt = q % p.tiles;
    q /= p.tiles;
    uint t = q % p.taps, g = q / p.taps;
    uint m = min(mt * p.TM + r, p.M - 1);
    P[e] = texelFetch(W, int(g * p.sg + k * p.sk + m * p.sm + t)).x;
}
