package graph

import "github.com/vulgo-ml/vulgo/cpuref"

// ReverseSequence turns each of v's N sequences, counted by batchAxis, round
// along timeAxis within its own length: lengths is int32[N]. What lies behind a
// length stays where it is.
func (v Value) ReverseSequence(lengths Value, timeAxis, batchAxis int) Value {
	return v.op("reverse_sequence", cpuref.ReverseSequenceAttrs{Time: v.axis(timeAxis), Batch: v.axis(batchAxis)}, lengths)
}
