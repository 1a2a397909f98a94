#version 450
#extension GL_GOOGLE_include_directive : enable
#ifdef SUBGROUP
#extension GL_KHR_shader_subgroup_arithmetic : require
#endif
// build: norm_fold_subgroup -DSUBGROUP
// build: norm_fold_tree -O
//
// Adds the chunks of norm_sums.comp: GN, G [chunks, C] -> outGN, outG [C]. A row
// of threads (lanes.glsl) takes a channel.
#include "lanes.glsl"
#include "norm.glsl"

layout(constant_id = 2) const uint BOTH = 0;

layout(binding = 0) readonly buffer GNs { float GN[]; };
layout(binding = 1) readonly buffer Gs { float G[]; };
layout(binding = 2) writeonly buffer OutGNs { float outGN[]; };
layout(binding = 3) writeonly buffer OutGs { float outG[]; };
layout(push_constant) uniform Push { uint C, chunks; };

void main() {
	uint c = laneRow();
	bool live = c < C;
	c = min(c, C - 1);
	float sum = 0, dots = 0, lost = 0, lostDot = 0;
	for (uint s = lane(); s < chunks; s += LANES) {
		addTo(dots, lostDot, GN[s * C + c]);
		if (BOTH != 0) addTo(sum, lost, G[s * C + c]);
	}
	dots = laneSum(dots);
	sum = laneSum(sum);
	if (live && lane() == 0) {
		outGN[c] = dots;
		if (BOTH != 0) outG[c] = sum;
	}
}
