package kernels

import "github.com/vulgo-ml/vulgo/tensor"

// laneForm is how a kernel that includes shaders/lanes.glsl is built and run.
type laneForm struct {
	suffix string // of the shader's name
	local  int    // threads a workgroup, where a row takes fewer
	most   int    // threads a row may take
	texel  bool   // inputs are texel buffers
}

var treeForm = laneForm{suffix: "_tree", local: 64, most: 64}

func subgroupForm(t *Target) laneForm {
	return laneForm{suffix: "_subgroup", local: 64, most: t.SubgroupSize, texel: true}
}

// laneVariants are the forms of an op that goes along rows: by subgroups, on
// software devices, by trees in shared memory, and the fast CPU body. That and
// serves may be nil.
func laneVariants(body Prepare[float32], serves func(t *Target, c *Call, f laneForm) bool, lower func(t *Target, c *Call, f laneForm) (Lowered, error)) []Variant {
	variant := func(name string, form func(t *Target) laneForm, can func(t *Target, c *Call) bool) Variant {
		return Variant{
			Name: name, Kind: Vulkan,
			When: func(t *Target, c *Call) bool {
				return can(t, c) && (serves == nil || serves(t, c, form(t)))
			},
			Lower: func(t *Target, c *Call) (Lowered, error) { return lower(t, c, form(t)) },
		}
	}
	vs := []Variant{
		variant("subgroup", subgroupForm, func(t *Target, c *Call) bool {
			return subgroupSums(t) && c.In[0].Elems() <= t.MaxTexels
		}),
		variant("tree", func(*Target) laneForm { return treeForm }, func(*Target, *Call) bool { return true }),
	}
	if body != nil {
		vs = append(vs, Variant{Name: "fast", Kind: CPU, Prepare: body})
	}
	return vs
}

// subgroupSums tells whether a workgroup of SubgroupSize threads is known to be
// one subgroup that can add: so on software devices.
func subgroupSums(t *Target) bool {
	n := t.SubgroupSize
	return t.Software && t.SubgroupArithmetic && n > 1 && n&(n-1) == 0 && n <= t.MaxInvocations
}

// lanes is the threads for a row that would keep want of them busy: a power of
// two; a subgroup works whole or not at all.
func (f laneForm) lanes(want int) int {
	n := 1
	for n < want && n < f.most {
		n *= 2
	}
	if f.texel && n > 1 {
		n = f.most
	}
	return n
}

// dispatch runs rows of lanes threads, a row a job. spec follows LOCAL and LANES.
func (f laneForm) dispatch(t *Target, shader string, rows, lanes int, spec, push []uint32, bind ...Bind) Dispatch {
	local := f.local
	if f.texel && lanes > 1 {
		local = lanes
	}
	return Dispatch{
		Shader: shader + f.suffix,
		Spec:   append(words(local, lanes), spec...),
		Bind:   bind,
		Push:   push,
		Grid:   Folded(t, parts(rows, local/lanes)),
	}
}

// in binds input i as the form reads it.
func (f laneForm) in(i int) Bind {
	if f.texel {
		return In(i).Texel1()
	}
	return In(i)
}

// flat runs a shader in n invocations.
func flat(t *Target, shader string, n int, push []uint32, bind ...Bind) Dispatch {
	const local = 64
	return Dispatch{Shader: shader, Spec: words(local), Bind: bind, Push: push, Grid: Folded(t, parts(n, local))}
}

// inRange tells whether each operand fits a storage binding: what ops ask that
// don't go in windows.
func inRange(t *Target, c *Call) bool {
	for _, l := range [][]tensor.Type{c.In, c.Out} {
		for _, x := range l {
			if x.Present() && x.Bytes() > t.MaxStorageRange {
				return false
			}
		}
	}
	return true
}

// fillWith writes a 32-bit word to n elements.
func fillWith(t *Target, to Bind, n int, word uint32) Dispatch {
	return flat(t, "fill", parts(n, 4), []uint32{uint32(n), word}, to)
}

// fillAll writes a 32-bit word to every element of an operand, in windows where
// it is larger than a binding may be.
func fillAll(t *Target, c *Call, to Bind, word uint32) []Dispatch {
	n := c.operand(to).Elems()
	limit := t.MaxStorageRange / 4 / FlatAlign * FlatAlign
	if limit == 0 || n <= limit {
		return []Dispatch{fillWith(t, to, n, word)}
	}
	var all []Dispatch
	for off := 0; off < n; off += limit {
		part := min(limit, n-off)
		all = append(all, fillWith(t, to.Part(off, part), part, word))
	}
	return all
}
