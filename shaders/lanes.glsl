// Rows of threads that work together. A workgroup is LOCAL / LANES rows of LANES
// threads; laneSum and laneMax combine what a row's threads hold and give every
// one of them the result, in a fixed order. Call them from uniform control flow.
//
// Built with -DSUBGROUP: subgroup operations, LANES 1 or the whole workgroup,
// which is one subgroup (software devices: a shared-memory tree is 30 times
// slower there). Without: a tree in shared memory, LANES any power of two.

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint LANES = 1;

uint lane() { return gl_LocalInvocationID.x % LANES; }

// The row this thread works on, counted over the dispatch (x folded into y).
uint laneRow() {
	uint group = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
	return group * (gl_WorkGroupSize.x / LANES) + gl_LocalInvocationID.x / LANES;
}

#ifdef SUBGROUP
float laneSum(float v) { return LANES > 1 ? subgroupAdd(v) : v; }
uint laneMax(uint v) { return LANES > 1 ? subgroupMax(v) : v; }
#else
shared uint lanesPart[gl_WorkGroupSize.x];

float laneSum(float v) {
	uint i = gl_LocalInvocationID.x;
	for (uint d = LANES / 2; d > 0; d /= 2) {
		lanesPart[i] = floatBitsToUint(v);
		barrier();
		if (lane() < d) {
			precise float s = v + uintBitsToFloat(lanesPart[i + d]);
			v = s;
		}
		barrier();
	}
	if (LANES > 1) {
		lanesPart[i] = floatBitsToUint(v);
		barrier();
		v = uintBitsToFloat(lanesPart[i - lane()]);
		barrier();
	}
	return v;
}

uint laneMax(uint v) {
	uint i = gl_LocalInvocationID.x;
	for (uint d = LANES / 2; d > 0; d /= 2) {
		lanesPart[i] = v;
		barrier();
		if (lane() < d) v = max(v, lanesPart[i + d]);
		barrier();
	}
	if (LANES > 1) {
		lanesPart[i] = v;
		barrier();
		v = lanesPart[i - lane()];
		barrier();
	}
	return v;
}
#endif
