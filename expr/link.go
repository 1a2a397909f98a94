package expr

import (
	"fmt"
	"slices"
)

// linker copies functions of a library module into another one.
type linker struct {
	to, from *module
	ids      map[uint32]uint32 // of from, in to
}

// link gives the id of the function with that name in l.to, copied there with
// all it calls unless it has been.
func (l *linker) link(name string) (uint32, error) {
	s, ok := l.from.function(name)
	if !ok {
		return 0, fmt.Errorf("the library has no function %s", name)
	}
	return l.copy(s)
}

func (l *linker) copy(s span) (uint32, error) {
	fn := l.from.code[s.from][2]
	if id, ok := l.ids[fn]; ok {
		return id, nil
	}
	var out []inst
	local := map[uint32]bool{}
	for _, in := range l.from.code[s.from:s.to] {
		if id := in.result(); id != 0 {
			local[id] = true
			l.ids[id] = l.to.id()
		}
	}
	for _, in := range l.from.code[s.from:s.to] {
		c := slices.Clone(in)
		for _, k := range in.idOperands() {
			id, err := l.id(in[k])
			if err != nil {
				return 0, err
			}
			c[k] = id
		}
		out = append(out, c)
	}
	for _, in := range l.from.notes {
		if in.op() == opDecorate && local[in[1]] {
			c := slices.Clone(in)
			c[1] = l.ids[in[1]]
			l.to.notes = append(l.to.notes, c)
		}
	}
	l.to.code = append(l.to.code, out...)
	return l.ids[fn], nil
}

// id is what an id of the library is in the module: a function is copied, a type
// or constant found or added.
func (l *linker) id(id uint32) (uint32, error) {
	if n, ok := l.ids[id]; ok {
		return n, nil
	}
	if id == l.from.glsl {
		l.ids[id] = l.to.glslImport()
		return l.ids[id], nil
	}
	for i, in := range l.from.code {
		if in.op() == opFunction && in[2] == id {
			j := i
			for l.from.code[j].op() != opFunctionEnd {
				j++
			}
			return l.copy(span{i, j + 1})
		}
	}
	in := l.from.def[id]
	if in == nil || in.op() == opVariable || in.op() >= opSpecConstantTrue && in.op() <= opSpecConstantOp {
		return 0, fmt.Errorf("the library's %s depends on what isn't a type, constant or function", l.from.names[id])
	}
	at := 1
	if in.op() >= opConstantTrue {
		at = 2
	}
	operands := slices.Concat(in[1:at], in[at+1:])
	refs := in.idOperands()
	for _, k := range refs {
		if k == at {
			continue
		}
		n, err := l.id(in[k])
		if err != nil {
			return 0, err
		}
		if k > at {
			operands[k-2] = n
		} else {
			operands[k-1] = n
		}
	}
	l.ids[id] = l.to.define(in.op(), operands...)
	return l.ids[id], nil
}

func (m *module) glslImport() uint32 {
	if m.glsl == 0 {
		m.glsl = m.id()
		in := instruction(opExtInstImport, m.glsl, 0x4c534c47, 0x6474732e, 0x3035342e, 0) // "GLSL.std.450"
		at := slices.IndexFunc(m.head, func(in inst) bool { return in.op() == opMemoryModel })
		m.head = slices.Insert(m.head, max(at, 0), in)
	}
	return m.glsl
}

// idOperands are the words of an instruction that hold ids, of those that a
// function, type or constant of a library may have; the rest are literals.
func (in inst) idOperands() []int {
	last := len(in)
	skip := map[int]bool{}
	switch in.op() {
	case opTypeVoid, opTypeBool, opTypeInt, opTypeFloat:
		last = 2
	case opTypePointer:
		skip[2] = true
	case opConstant:
		last = 3
	case opTypeVector:
		last = 3
	case opLoad:
		last = 4
	case opStore:
		last = 3
	case opFunction, opVariable:
		skip[3] = true
	case opExtInst:
		skip[4] = true
	case opCompositeExtract:
		last = 4
	case opLoopMerge:
		last = 3
	case opSelectionMerge:
		last = 2
	case opBranchConditional:
		last = 4
	case opSwitch:
		for k := 3; k < last; k += 2 {
			skip[k] = true
		}
	case opLine, opNoLine, opFunctionEnd:
		last = 1
	}
	var ks []int
	for k := 1; k < min(last, len(in)); k++ {
		if !skip[k] {
			ks = append(ks, k)
		}
	}
	return ks
}
