//go:build cgo

package vk

/*
#include "shim.h"
*/
import "C"

import (
	"fmt"
	"unsafe"

	vulkan "github.com/vulkan-go/vulkan"
)

// Queries are timestamps.
type Queries struct {
	N int

	d *Device
	h C.uint64_t
}

// NewQueries gives n timestamps. Errors: ErrUnsupported where the device has
// none.
func (d *Device) NewQueries(n int) (*Queries, error) {
	if err := d.alive(); err != nil {
		return nil, err
	}
	if d.Info.Limits.TimestampBits == 0 {
		return nil, fmt.Errorf("%w: %s has no timestamps", ErrUnsupported, d.Info.Name)
	}
	ci := &vulkan.QueryPoolCreateInfo{SType: vulkan.StructureTypeQueryPoolCreateInfo, QueryType: vulkan.QueryTypeTimestamp, QueryCount: uint32(n)}
	defer ci.Free()
	var h vulkan.QueryPool
	if r := vulkan.CreateQueryPool(d.handle, ci, nil, &h); r != vulkan.Success {
		return nil, check("vkCreateQueryPool", int(r))
	}
	q := &Queries{n, d, C.uint64_t(bits(h))}
	d.own(q, 1)
	return q, nil
}

// Read gives timestamps from first on in nanoseconds since an unknown moment,
// after the fence of the submission that wrote them. Differences are right
// while the device's counter (Limits.TimestampBits) doesn't wrap.
func (q *Queries) Read(first int, out []float64) error {
	if first < 0 || first+len(out) > q.N {
		return fmt.Errorf("vulkan: timestamps %d to %d of %d", first, first+len(out), q.N)
	}
	if len(out) == 0 {
		return nil
	}
	raw := make([]uint64, len(out))
	const bits64 = 1 // VK_QUERY_RESULT_64_BIT
	r := vulkan.GetQueryPoolResults(q.d.handle, handle[vulkan.QueryPool](uint64(q.h)), uint32(first), uint32(len(out)), uint(8*len(raw)), unsafe.Pointer(&raw[0]), 8, bits64)
	if r != vulkan.Success {
		return check("vkGetQueryPoolResults", int(r))
	}
	for i, t := range raw {
		out[i] = q.d.nanoseconds(t)
	}
	return nil
}

// nanoseconds counts from the first timestamp that was read of the device: what
// the counter holds itself may need more than a float's 53 bits.
func (d *Device) nanoseconds(t uint64) float64 {
	unused := 64 - d.Info.Limits.TimestampBits
	d.origin.CompareAndSwap(0, t)
	since := int64((t-d.origin.Load())<<unused) >> unused
	return float64(since) * d.Info.Limits.TimestampPeriod
}

// calibrated is the extension that Now needs.
const calibrated = "VK_EXT_calibrated_timestamps"

// Now is the timestamp that the device would write at this moment, as Read
// gives it; false where the device can't say.
func (d *Device) Now() (ns float64, ok bool) {
	var raw C.uint64_t
	if !d.Info.Has(calibrated) || d.Info.Limits.TimestampBits == 0 || C.vg_now(d.c, unsafe.Pointer(d.in.physical[d.index]), &raw) == 0 {
		return 0, false
	}
	return d.nanoseconds(uint64(raw)), true
}

// Free gives the timestamps back.
func (q *Queries) Free() {
	if q.d.disown(q) {
		q.destroy()
	}
}

func (q *Queries) kind() string { return "timestamps" }
func (q *Queries) destroy() {
	vulkan.DestroyQueryPool(q.d.handle, handle[vulkan.QueryPool](uint64(q.h)), nil)
	q.h = 0
	q.d.gone(1)
}
