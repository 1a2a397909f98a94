package expr

import (
	"fmt"
	"slices"
)

// Source says where a shader function gets an argument of a formula.
type Source struct {
	// Buffer is the name of a storage buffer whose first member is an array of
	// 32-bit scalars, "E0"; empty for the value of a parameter.
	Buffer string
	// Param is the function's parameter: the value, or the index into Buffer;
	// First instead of an index is element 0.
	Param int
}

// First, in place of a Param, indexes element 0 of a buffer.
const First = -1

// Patch puts a formula in place of a function's body in a SPIR-V module: how
// one compiled template serves every formula.
type Patch struct {
	Function string   // the function's name in GLSL
	Func     Func     // attributes are read from the push constants' member "attr"
	Args     []Source // of each argument of Func
	// Library is the module of shaders/math.glsl's functions; those called are
	// copied in. Not part of Key.
	Library []uint32
}

// Key tells patches apart.
func (p *Patch) Key() string {
	return fmt.Sprintf("%s%v: %s", p.Function, p.Args, p.Func.Key())
}

// Apply returns the module with the function's body replaced. The same call
// gives the same words. The error says what the module lacks.
func (p *Patch) Apply(words []uint32) ([]uint32, error) {
	m, err := parseModule(words)
	if err != nil {
		return nil, err
	}
	wrap := func(err error) error {
		return fmt.Errorf("expr: %s of %s in a SPIR-V module: %w", p.Function, p.Func, err)
	}
	s, ok := m.function(p.Function)
	if !ok {
		return nil, wrap(fmt.Errorf("no function %s (was the shader compiled with -O0?)", p.Function))
	}
	start := s.from
	for m.code[start].op() != opLabel {
		start++
	}
	gone := map[uint32]bool{}
	for _, in := range m.code[start+1 : s.to-1] {
		if id := in.result(); id != 0 {
			gone[id] = true
		}
	}
	m.forget(gone)
	e := emitter{m: m, patch: p, value: map[*Expr]uint32{}}
	for _, in := range m.code[s.from:start] {
		if in.op() == opFunctionParameter {
			e.params = append(e.params, in)
		}
	}
	if p.Library != nil {
		lib, err := parseModule(p.Library)
		if err != nil {
			return nil, wrap(err)
		}
		e.lib = &linker{to: m, from: lib, ids: map[uint32]uint32{}}
	}
	head, tail := slices.Clone(m.code[:start+1]), slices.Clone(m.code[s.to-1:])
	m.code = tail // the functions that are linked in go behind the rest
	if err := e.body(head[s.from]); err != nil {
		return nil, wrap(err)
	}
	m.code = slices.Concat(head, e.code, m.code)
	return m.words(), nil
}

// emitter writes a formula as straight-line SPIR-V.
type emitter struct {
	m      *module
	patch  *Patch
	lib    *linker
	params []inst
	value  map[*Expr]uint32
	code   []inst
}

// add appends an instruction with a result of type t and returns its id.
func (e *emitter) add(op, t uint32, operands ...uint32) uint32 {
	id := e.m.id()
	e.code = append(e.code, instruction(op, append([]uint32{t, id}, operands...)...))
	return id
}

func (e *emitter) typ(t Type) uint32 {
	switch t {
	case Int:
		return e.m.define(opTypeInt, 32, 1)
	case Bool:
		return e.m.define(opTypeBool)
	}
	return e.m.define(opTypeFloat, 32)
}

func (e *emitter) uint() uint32 { return e.m.define(opTypeInt, 32, 0) }

func (e *emitter) constUint(v uint32) uint32 { return e.m.define(opConstant, e.uint(), v) }

func (e *emitter) body(fn inst) error {
	f := e.patch.Func
	if len(e.patch.Args) != len(f.Args) {
		return fmt.Errorf("%d sources for %d arguments", len(e.patch.Args), len(f.Args))
	}
	var err error
	walk(func(x *Expr) {
		if err == nil {
			e.value[x], err = e.node(x)
		}
	}, f.Body)
	if err != nil {
		return err
	}
	v := e.value[f.Body]
	result := fn[1]
	switch {
	case f.Result() == Bool:
		u := e.uint()
		v = e.add(opSelect, u, v, e.constUint(1), e.constUint(0))
		if result != u {
			v = e.add(opBitcast, result, v)
		}
	case e.typ(f.Result()) != result:
		v = e.add(opBitcast, result, v)
	}
	e.code = append(e.code, instruction(opReturnValue, v))
	return nil
}

// argument loads argument i and gives it the formula's type.
func (e *emitter) argument(x *Expr) (uint32, error) {
	src := e.patch.Args[x.idx]
	var v, t uint32
	if src.Param >= len(e.params) || src.Param < 0 && src.Buffer == "" {
		return 0, fmt.Errorf("no parameter %d", src.Param)
	}
	if src.Param != First {
		in := e.params[src.Param]
		v, t = in[2], in[1]
		if p := e.m.def[t]; p.op() == opTypePointer { // a parameter that may be written
			t = p[3]
			v = e.add(opLoad, t, v)
		}
	}
	if src.Buffer != "" {
		index := v
		if src.Param == First {
			index = e.constUint(0)
		}
		id, pointee, class, err := e.m.variable(src.Buffer)
		if err != nil {
			return 0, err
		}
		array := e.m.def[pointee]
		if array.op() == opTypeStruct && len(array) == 3 {
			array = e.m.def[array[2]]
		}
		if array.op() != opTypeRuntimeArray {
			return 0, fmt.Errorf("%s isn't a buffer of one array", src.Buffer)
		}
		t = array[2]
		p := e.add(opAccessChain, e.m.define(opTypePointer, class, t), id, e.constUint(0), index)
		v = e.add(opLoad, t, p)
	}
	switch want := e.typ(x.typ); {
	case x.typ == Bool:
		u := e.uint()
		if t != u {
			v = e.add(opBitcast, u, v)
		}
		v = e.add(opINotEqual, want, v, e.constUint(0))
	case t != want:
		v = e.add(opBitcast, want, v)
	}
	return v, nil
}

// attribute loads member attr[i] of the push constants.
func (e *emitter) attribute(i int) (uint32, error) {
	for _, in := range e.m.head {
		if in.op() != opMemberName || in.text(3) != "attr" {
			continue
		}
		block, member := in[1], in[2]
		for _, v := range e.m.global {
			if v.op() != opVariable || v[3] != storageClassPush || e.m.def[v[1]][3] != block {
				continue
			}
			t := e.typ(Float)
			ptr := e.m.define(opTypePointer, storageClassPush, t)
			p := e.add(opAccessChain, ptr, v[2], e.constUint(member), e.constUint(uint32(i)))
			return e.add(opLoad, t, p), nil
		}
	}
	return 0, fmt.Errorf("no push constants with a member attr")
}

// opcodes of the operations that are one instruction, by operand type: float, int, bool.
var opcodes = map[Op][3]uint32{
	Add: {129, 128}, Sub: {131, 130}, Mul: {133, 132}, Div: {136}, Neg: {127, 126},
	LT: {184, 177}, LE: {188, 179}, GT: {186, 173}, GE: {190, 175},
	EQ: {180, 170, 164}, NE: {183, 171, 165},
	And: {2: 167}, Or: {2: 166}, Not: {2: 168},
}

// extInts are the GLSL.std.450 instructions of ints.
var extInts = map[Op]uint32{Abs: 5, Min: 39, Max: 42}

func (e *emitter) node(x *Expr) (uint32, error) {
	t := e.typ(x.typ)
	in := make([]uint32, 0, 3)
	for _, a := range x.Inputs() {
		in = append(in, e.value[a])
	}
	switch x.op {
	case OpArg:
		return e.argument(x)
	case OpAttr:
		return e.attribute(x.idx)
	case OpConst:
		switch {
		case x.typ == Bool && x.num != 0:
			return e.m.define(opConstantTrue, t), nil
		case x.typ == Bool:
			return e.m.define(opConstantFalse, t), nil
		case x.typ == Int:
			return e.m.define(opConstant, t, uint32(int32(x.num))), nil
		}
		return e.m.define(opConstant, t, bits32(x.num)), nil
	case Where:
		return e.add(opSelect, t, in...), nil
	case ToFloat, ToInt, ToBool:
		return e.convert(x, t, in[0]), nil
	}
	from := x.in[0].typ
	if op := opcodes[x.op][from]; op != 0 {
		id := e.add(op, t, in...)
		if from == Float && ops[x.op].prec >= ops[Add].prec {
			e.m.notes = append(e.m.notes, instruction(opDecorate, id, decorationNoContract))
		}
		return id, nil
	}
	if op := extInts[x.op]; op != 0 && from == Int {
		return e.add(opExtInst, t, append([]uint32{e.m.glslImport(), op}, in...)...), nil
	}
	if e.lib == nil {
		return 0, fmt.Errorf("%v needs a library of functions", x.op)
	}
	fn, err := e.lib.link(ops[x.op].glsl)
	if err != nil {
		return 0, err
	}
	return e.add(opFunctionCall, t, append([]uint32{fn}, in...)...), nil
}

func (e *emitter) convert(x *Expr, t, v uint32) uint32 {
	from := x.in[0].typ
	one := func(typ Type, k float64) uint32 {
		if typ == Float {
			return e.m.define(opConstant, e.typ(Float), bits32(k))
		}
		return e.m.define(opConstant, e.typ(Int), uint32(k))
	}
	switch {
	case x.typ == Bool:
		op := opcodes[NE][from]
		return e.add(op, t, v, one(from, 0))
	case from == Bool:
		return e.add(opSelect, t, v, one(x.typ, 1), one(x.typ, 0))
	case x.typ == Int:
		return e.add(opConvertFToS, t, v)
	}
	return e.add(opConvertSToF, t, v)
}
