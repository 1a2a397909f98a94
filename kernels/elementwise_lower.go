package kernels

import (
	"fmt"
	"math"
	"sync"

	"github.com/vulgo-ml/vulgo/expr"
	"github.com/vulgo-ml/vulgo/shaders"
	"github.com/vulgo-ml/vulgo/tensor"
)

// What shaders/elementwise.comp takes.
const (
	elementwiseInputs = 4
	elementwiseRank   = 5
	elementwiseLocal  = 64
)

// mathLibrary holds the functions of shaders/math.glsl that formulas call.
var mathLibrary = sync.OnceValue(func() []uint32 {
	words, err := shaders.SPIRV("math")
	if err != nil {
		panic(err.Error()) // it is embedded: the build is broken
	}
	return words
})

// EpilogueOf is f as the epilogue of a matmul or convolution: its first argument
// is the finished value, the others elements of E0 and E1, at the output's
// column where byCol says so, else at its index. f has no attributes.
func EpilogueOf(f expr.Func, byCol ...bool) Patch {
	p := &expr.Patch{Function: "epilogue", Func: f, Args: []expr.Source{{Param: 0}}, Library: mathLibrary()}
	for i := range f.Args[1:] {
		src := expr.Source{Buffer: fmt.Sprintf("E%d", i), Param: 2}
		if byCol[i] {
			src.Param = 1
		}
		p.Args = append(p.Args, src)
	}
	return p
}

func elementwiseVariants(fs []*form) []Variant {
	serves := func(vec bool) func(t *Target, c *Call) bool {
		return func(t *Target, c *Call) bool {
			sp, err := callSpace(c)
			return err == nil && len(c.In) <= elementwiseInputs && sp.Rank <= elementwiseRank && (!vec || quadSpace(sp)) &&
				window(t, c, sp) > 0
		}
	}
	lower := func(vec bool) func(t *Target, c *Call) (Lowered, error) {
		return func(t *Target, c *Call) (Lowered, error) {
			f := pick(fs, c.In)
			return lowerElementwise(t, c, f.f, vec)
		}
	}
	return []Variant{
		{Name: "vec4", Kind: Vulkan, When: serves(true), Lower: lower(true)},
		{Name: "scalar", Kind: Vulkan, When: serves(false), Lower: lower(false)},
		{Name: "fast", Kind: CPU, Prepare: prepareFast(fs)},
	}
}

// Tangled tells whether an elementwise call broadcasts its operands along more
// dimensions than the shader walks, so that they want expanding first.
func Tangled(op *Op, attrs any, in []tensor.Type, out tensor.Shape) bool {
	if len(in) < 2 || len(out) <= elementwiseRank {
		return false
	}
	if _, elementwise := Formula(op, attrs, in); !elementwise {
		return false
	}
	sp, err := callSpace(&Call{In: in, Out: []tensor.Type{{Shape: out}}})
	return err == nil && sp.Rank > elementwiseRank
}

func callSpace(c *Call) (*expr.Space, error) {
	shapes := make([]tensor.Shape, len(c.In))
	for i, t := range c.In {
		shapes[i] = t.Shape
	}
	sp, err := expr.NewSpace(c.Out[0].Shape, shapes...)
	return &sp, err
}

// quadSpace says whether four outputs side by side have their inputs side by
// side, at multiples of four, or all at one place.
func quadSpace(sp *expr.Space) bool {
	last := sp.Rank - 1
	if last > 0 && sp.Dim[last]%4 != 0 {
		return false
	}
	for a := range sp.Args {
		step := sp.Stride[a][last]
		if step > 1 {
			return false
		}
		for _, s := range sp.Stride[a][:last] {
			if step == 1 && s%4 != 0 {
				return false
			}
		}
	}
	return true
}

// window is how much of the outermost dimension a dispatch can do within the
// device's binding range: all of it, or a multiple of FlatAlign, so that parts
// start where a binding may; 0 if not even that.
func window(t *Target, c *Call, sp *expr.Space) int {
	per := max(sp.N, 1) / max(sp.Dim[0], 1) // outputs a step
	most, fixed := per, 0
	for a := range sp.Args {
		if st := sp.Stride[a][0]; st > 0 {
			most = max(most, st)
		} else {
			fixed = max(fixed, c.In[a].Elems())
		}
	}
	limit := t.MaxStorageRange / 4
	if limit == 0 {
		limit = math.MaxInt
	}
	limit = min(limit, math.MaxInt32)
	switch {
	case fixed > limit:
		return 0
	case sp.Dim[0] <= limit/most:
		return max(sp.Dim[0], 1)
	}
	return limit / most / FlatAlign * FlatAlign
}

func lowerElementwise(t *Target, c *Call, f expr.Func, vec bool) (Lowered, error) {
	var low Lowered
	sp, err := callSpace(c)
	if err != nil || sp.N == 0 {
		return low, err
	}
	patch := &expr.Patch{Function: "body", Func: f, Library: mathLibrary()}
	for i := range f.Args {
		patch.Args = append(patch.Args, expr.Source{Param: i})
	}
	params := paramsOf(c.Attrs)
	wide := 1
	if vec {
		wide = 4
	}
	size := window(t, c, sp)
	for from := 0; from < sp.Dim[0]; from += size {
		rows := min(size, sp.Dim[0]-from)
		per := sp.N / sp.Dim[0]
		n := rows * per
		push := make([]uint32, 1+4+5*elementwiseInputs+6)
		push[0] = uint32(n)
		spec := make([]uint32, 4+elementwiseInputs)
		bind := make([]Bind, elementwiseInputs+1)
		for i := 1; i < sp.Rank; i++ { // innermost first
			push[i] = uint32(sp.Dim[sp.Rank-i])
		}
		for k := range elementwiseInputs {
			if k >= sp.Args {
				bind[k] = bind[0]
				bind[k].Access = 0
				continue
			}
			for i := range sp.Rank {
				push[5+5*k+i] = uint32(sp.Stride[k][sp.Rank-1-i])
			}
			bind[k] = In(k)
			if st := sp.Stride[k][0]; rows < sp.Dim[0] && st > 0 {
				bind[k] = bind[k].Part(from*st, rows*st)
			}
			switch sp.Stride[k][sp.Rank-1] {
			case 0:
				spec[4+k] = 2
			case 1:
				spec[4+k] = 1
			default:
				spec[4+k] = 3
			}
		}
		bind[elementwiseInputs] = Out(0)
		if rows < sp.Dim[0] {
			bind[elementwiseInputs] = Out(0).Part(from*per, n)
		}
		for i, v := range params {
			push[25+i] = math.Float32bits(float32(v))
		}
		grid := Folded(t, parts(n, elementwiseLocal*wide))
		tail := 0
		switch {
		case n%wide != 0:
			tail = 2
		case int(grid[0]*grid[1])*elementwiseLocal*wide != n:
			tail = 1
		}
		spec[0], spec[1], spec[2], spec[3] = elementwiseLocal, uint32(sp.Rank), truth(vec), uint32(tail)
		low.Dispatches = append(low.Dispatches, Dispatch{
			Shader: "elementwise", Spec: spec, Bind: bind, Push: push, Grid: grid, Patch: patch,
		})
	}
	return low, nil
}
