#version 450
#extension GL_GOOGLE_include_directive : enable
// Sorts along an axis of n elements, in rows (o, i), by passes over pairs of a
// key and a place; both together are all different, so equals keep their order.
// Of each sorted run only the first K are kept: topk is a sort that drops the rest.
//
//   FIRST  an element's place in a run of span is the number of those before it
//   else   two runs become one: an element's place is its own and the number of
//          those before it in the other run, found by halving
//   LAST   the one run that is left goes to Y and I
//
//   X     words [o, n, i]                       bindings: sort_first X, to
//   from  pairs [rows, runs, room]                        sort_merge from, to
//   to    pairs [rows, runs made, room made]              sort_last  from, X, Y, I
//   Y, I  values and places [o, K, i]                     sort_only  X, Y, I
//
// An invocation moves an element. No shared memory, no limit to n, and log2(n/span)
// passes that read and write what is kept once. Lavapipe: 0.44 s for 1,024 rows of
// 1,024, 68 ms for the 50 largest of 8 rows of 50,000; spans of 8 instead of 32
// give 43 ms there, but 0.7 s for the whole rows.
// build: sort_first -DFIRST
// build: sort_merge
// build: sort_last -DLAST -DVALUES=2
// build: sort_only -DFIRST -DLAST -DVALUES=1
#include "divide.glsl"
#include "order.glsl"
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const bool DESCENDING = false;
layout(constant_id = 2) const bool INT = false;
layout(push_constant, std430) uniform Push {
	uint jobs, n, inner, K;
	uint span, runs, room;     // elements a run stands for, runs a row, places in a run
	uint runsMade, roomMade;
	uint byWidth[2], byRoom[2], byInner[2]; // divisors: runs * room, room, inner
} p;
#ifdef FIRST
layout(std430, binding = 0) restrict readonly buffer Xs { uint X[]; };
#else
layout(std430, binding = 0) restrict readonly buffer Froms { uvec2 from[]; };
#endif
#ifdef LAST
#ifndef FIRST
layout(std430, binding = 1) restrict readonly buffer Xs { uint X[]; };
#endif
layout(std430, binding = VALUES) restrict writeonly buffer Ys { uint Y[]; };
layout(std430, binding = VALUES + 1) restrict writeonly buffer Is { uint I[]; };
#else
layout(std430, binding = 1) restrict writeonly buffer Tos { uvec2 to[]; };
#endif

uint key(uint word) {
	uint k = INT ? word ^ 0x80000000u : orderKey(word);
	return DESCENDING ? ~k : k;
}

bool before(uvec2 a, uvec2 b) { return a.x < b.x || a.x == b.x && a.y < b.y; }

void main() {
	uint job = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
	if (job >= p.jobs) return;
	uint width = p.runs * p.room;
	uint row = divide(job, uvec2(p.byWidth[0], p.byWidth[1])), slot = job - row * width;
	uint o = divide(row, uvec2(p.byInner[0], p.byInner[1])), i = row - o * p.inner;
	uint run = divide(slot, uvec2(p.byRoom[0], p.byRoom[1])), at = slot - run * p.room;
	uint line = o * p.n * p.inner + i; // of X
#ifdef FIRST
	uint first = run * p.span, count = min(p.span, p.n - first);
	if (at >= count) return;
	uvec2 mine = uvec2(key(X[line + (first + at) * p.inner]), first + at);
	uint place = 0, made = run;
	for (uint k = 0; k < count; k++) {
		if (before(uvec2(key(X[line + (first + k) * p.inner]), first + k), mine)) place++;
	}
#else
	if (at >= min(p.room, p.n - run * p.span)) return;
	uint other = run ^ 1, low = 0, high = 0;
	if (other < p.runs) high = min(p.room, p.n - other * p.span);
	uint begin = row * width + other * p.room;
	uvec2 mine = from[row * width + slot];
	while (low < high) {
		uint mid = (low + high) / 2;
		if (before(from[begin + mid], mine)) low = mid + 1;
		else high = mid;
	}
	uint place = at + low, made = run / 2;
#endif
	if (place >= p.roomMade) return;
#ifdef LAST
	uint target = (o * p.K + place) * p.inner + i;
	Y[target] = X[line + mine.y * p.inner];
	I[target] = mine.y;
#else
	to[(row * p.runsMade + made) * p.roomMade + place] = mine;
#endif
}
