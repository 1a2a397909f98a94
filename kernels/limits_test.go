package kernels

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/shaders"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Every case of every op has a kernel on a device with only Vulkan's least
// limits, and all that it dispatches stays within them: threads and shared
// memory a workgroup, groups a dimension, push constants, bindings' number and
// size.
func TestEveryOpRunsWithinTheLeastLimits(t *testing.T) {
	least := MinimalVulkan()
	for _, op := range All() {
		if op.View {
			continue
		}
		for i, k := range op.Cases {
			where := fmt.Sprintf("%s case %d %s %+v%v", op.Name, i, k.Name, k.Attrs, k.In)
			attrs, out, err := op.Infer(k.Attrs, k.In)
			require.NoError(t, err, where)
			c := &Call{Op: op, Attrs: attrs, In: k.In, Out: out, Runs: oneRun(op, attrs, k.In)}
			serving := 0
			for _, v := range op.Variants {
				if v.Kind != Vulkan || v.When != nil && !v.When(least, c) {
					continue
				}
				low, err := v.Lower(least, c)
				if err != nil {
					continue // refused by name; another variant must serve
				}
				serving++
				for _, d := range low.Dispatches {
					if err := within(least, c, low, d); err != nil {
						t.Errorf("%s: variant %s: %v", where, v.Name, err)
					}
				}
			}
			if serving == 0 {
				t.Errorf("%s: no variant serves it", where)
			}
		}
	}
}

// oneRun lays all parameters of a flat op side by side.
func oneRun(op *Op, attrs any, in []tensor.Type) []Run {
	if op.Flat == nil {
		return nil
	}
	r := Run{Count: op.Flat(attrs)}
	for _, p := range in[:r.Count] {
		r.Elems += FlatPad(p.Elems())
	}
	return []Run{r}
}

func within(t *Target, c *Call, low Lowered, d Dispatch) error {
	if d.Shader == "" {
		return nil // a copy command
	}
	code, err := shaders.SPIRV(d.Shader)
	if err != nil {
		return err
	}
	local, shared := workgroup(code, d.Spec)
	threads := local[0] * local[1] * local[2]
	storage := 0
	for i, b := range d.Bind {
		bytes := 4 * b.Len
		if bytes == 0 {
			bytes = map[Role]func() int{
				RoleIn:    func() int { return c.In[b.Index].Bytes() },
				RoleOut:   func() int { return c.Out[b.Index].Bytes() },
				RoleWork:  func() int { return low.Work[b.Index] },
				RoleExtra: func() int { return 0 },
			}[b.Role]() - 4*b.Off
		}
		texel := map[Texel]int{Texel1: 4, Texel4: 16}[b.Texel]
		switch {
		case texel == 0 && bytes > t.MaxStorageRange:
			return fmt.Errorf("%s: binding %d has %d bytes", d.Shader, i, bytes)
		case texel > 0 && bytes/texel > t.MaxTexels:
			return fmt.Errorf("%s: binding %d has %d texels", d.Shader, i, bytes/texel)
		case b.Off%FlatAlign != 0:
			return fmt.Errorf("%s: binding %d starts at element %d", d.Shader, i, b.Off)
		}
		if texel == 0 {
			storage++
		}
	}
	for k := range 3 {
		if local[k] > t.MaxWorkgroup[k] || int(d.Grid[k]) > t.MaxGroups[k] || d.Grid[k] == 0 {
			return fmt.Errorf("%s: %v groups of %v threads", d.Shader, d.Grid, local)
		}
	}
	switch {
	case threads > t.MaxInvocations:
		return fmt.Errorf("%s: %v threads a workgroup", d.Shader, local)
	case shared > t.SharedMemory:
		return fmt.Errorf("%s: %d bytes of shared memory", d.Shader, shared)
	case 4*len(d.Push) > t.MaxPush:
		return fmt.Errorf("%s: %d bytes of push constants", d.Shader, 4*len(d.Push))
	case storage > t.MaxStorageBuffers:
		return fmt.Errorf("%s: %d storage buffers", d.Shader, storage)
	}
	return nil
}

// workgroup reads a module: the threads of a workgroup and its bytes of shared
// memory, with specialisation constants 0, 1, ... set (SPIR-V 1.3, section 3).
func workgroup(code, spec []uint32) (local [3]int, shared int) {
	const workgroupSize, specID, builtIn, workgroupClass = 25, 1, 11, 4
	value, size, ids := map[uint32]uint32{}, map[uint32]int{}, map[uint32]uint32{}
	sizeID := uint32(0)
	local = [3]int{1, 1, 1}
	for rest := code[5:]; len(rest) > 0; rest = rest[rest[0]>>16:] {
		in := rest[:rest[0]>>16]
		switch in[0] & 0xffff {
		case 16: // OpExecutionMode
			if in[2] == 17 {
				local = [3]int{int(in[3]), int(in[4]), int(in[5])}
			}
		case 71: // OpDecorate
			if in[2] == specID {
				ids[in[1]] = in[3]
			} else if in[2] == builtIn && in[3] == workgroupSize {
				sizeID = in[1]
			}
		case 20: // OpTypeBool
			size[in[1]] = 4
		case 21, 22: // OpTypeInt, OpTypeFloat
			size[in[1]] = int(in[2]) / 8
		case 23: // OpTypeVector
			size[in[1]] = size[in[2]] * int(in[3])
		case 28: // OpTypeArray
			size[in[1]] = size[in[2]] * int(value[in[3]])
		case 30: // OpTypeStruct
			for _, member := range in[2:] {
				size[in[1]] += size[member]
			}
		case 32: // OpTypePointer
			size[in[1]] = size[in[3]]
		case 41, 48: // OpConstantTrue, OpSpecConstantTrue
			value[in[2]] = 1
		case 43, 50: // OpConstant, OpSpecConstant
			value[in[2]] = in[3]
		case 44, 51: // OpConstantComposite, OpSpecConstantComposite
			if in[2] == sizeID {
				local = [3]int{int(value[in[3]]), int(value[in[4]]), int(value[in[5]])}
			}
		case 52: // OpSpecConstantOp
			if in[3] == 81 { // OpCompositeExtract: of the workgroup's size, the only composite
				value[in[2]] = uint32(local[in[5]])
			} else {
				value[in[2]] = constantOp(in[3], in[4:], value)
			}
		case 59: // OpVariable
			if in[3] == workgroupClass {
				shared += size[in[1]]
			}
		}
		if op := in[0] & 0xffff; op >= 48 && op <= 50 {
			if id, ok := ids[in[2]]; ok && int(id) < len(spec) {
				value[in[2]] = spec[id]
			}
		}
	}
	return local, shared
}

func constantOp(op uint32, of []uint32, value map[uint32]uint32) uint32 {
	a, b := value[of[0]], uint32(0)
	if len(of) > 1 {
		b = value[of[1]]
	}
	switch op {
	case 128:
		return a + b
	case 130:
		return a - b
	case 132:
		return a * b
	case 134, 135:
		return a / b
	case 137, 138, 139:
		return a % b
	case 166, 197: // or
		return a | b
	case 167, 199: // and
		return a & b
	case 168: // not
		return truth(a == 0)
	case 169:
		if a != 0 {
			return b
		}
		return value[of[2]]
	case 170:
		return truth(a == b)
	case 171:
		return truth(a != b)
	case 172, 173:
		return truth(a > b)
	case 174, 175:
		return truth(a >= b)
	case 176, 177:
		return truth(a < b)
	case 178, 179:
		return truth(a <= b)
	case 194, 195:
		return a >> b
	case 196:
		return a << b
	case 124: // OpBitcast
		return a
	}
	panic(fmt.Sprintf("constant op %d isn't known here", op))
}

// matmul_tile keeps BK rows of BM + 4 and of BN + 4 floats in shared memory.
func TestWorkgroupIsReadFromTheModule(t *testing.T) {
	code, err := shaders.SPIRV("matmul_tile")
	require.NoError(t, err)
	const threads, bm, bn, bk = 32, 16, 64, 8
	local, shared := workgroup(code, []uint32{threads, bm, bn, bk})
	require.Equal(t, [3]int{threads, 1, 1}, local)
	require.Equal(t, 4*bk*(bm+4+bn+4), shared)
}
