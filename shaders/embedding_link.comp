// Chains the places of each index: head[r] is the first m with idx[m] = r, and
// next[m] the next one after m with the same index; NONE ends a chain. Sums
// along the chains run in the order of the indexes, whatever the device does.
//
//   binding 0  idx   [.., n] int; those from first to first + n are chained
//   binding 1  head  [V], NONE everywhere before
//   binding 2  next  [n]
//
// SERIAL: one invocation goes backwards once, which suits a device that is a CPU:
// 2,048 indexes into 65 rows, with their sums, take 0.44 CPU-ms on lavapipe (0.78
// without). Else an invocation an index looks ahead for the next of its kind,
// at most n reads away, which neighbours share; and the least m of each index
// is found by an atomic minimum, which doesn't depend on the order.
#version 450
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const bool SERIAL = false;
layout(push_constant, std430) uniform Push {
    uint V, first, n;
} p;
layout(std430, binding = 0) restrict readonly buffer IdxBuffer { uint idx[]; };
layout(std430, binding = 1) restrict buffer HeadBuffer { uint head[]; };
layout(std430, binding = 2) restrict writeonly buffer NextBuffer { uint next[]; };
const uint NONE = 0x7fffffffu;

void main() {
    if (SERIAL) {
        for (uint left = p.n; left > 0; left--) {
            uint m = left - 1, r = idx[p.first + m];
            if (r < p.V) {
                next[m] = head[r];
                head[r] = m;
            }
        }
        return;
    }
    uint m = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
    if (m >= p.n) return;
    uint r = idx[p.first + m];
    if (r >= p.V) return;
    atomicMin(head[r], m);
    uint after = m + 1;
    while (after < p.n && idx[p.first + after] != r) after++;
    next[m] = after < p.n ? after : NONE;
}
