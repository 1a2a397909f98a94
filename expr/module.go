package expr

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The SPIR-V opcodes and enumerants in use (SPIR-V 1.3, section 3).
const (
	opName                 = 5
	opMemberName           = 6
	opExtInstImport        = 11
	opExtInst              = 12
	opMemoryModel          = 14
	opTypeVector           = 23
	opTypeRuntimeArray     = 29
	opSelect               = 169
	opBitcast              = 124
	opINotEqual            = 171
	opConvertFToS          = 110
	opConvertSToF          = 111
	opTypeVoid             = 19
	opTypeBool             = 20
	opTypeInt              = 21
	opTypeFloat            = 22
	opTypeStruct           = 30
	opTypePointer          = 32
	opTypeForwardPointer   = 39
	opConstantTrue         = 41
	opConstantFalse        = 42
	opConstant             = 43
	opSpecConstantTrue     = 48
	opSpecConstantOp       = 52
	opFunction             = 54
	opFunctionParameter    = 55
	opFunctionEnd          = 56
	opFunctionCall         = 57
	opVariable             = 59
	opLoad                 = 61
	opStore                = 62
	opAccessChain          = 65
	opDecorate             = 71
	opMemberDecorate       = 72
	opCompositeExtract     = 81
	opLoopMerge            = 246
	opSelectionMerge       = 247
	opLabel                = 248
	opBranchConditional    = 250
	opSwitch               = 251
	opReturnValue          = 254
	opUnreachable          = 255
	opLine                 = 8
	opNoLine               = 317
	spirvMagic             = 0x07230203
	decorationNoContract   = 42
	storageClassPush       = 9
	instructionHeaderWords = 5
)

// inst is one instruction: the opcode word, then its operands.
type inst []uint32

func instruction(op uint32, operands ...uint32) inst {
	return append(inst{uint32(len(operands)+1)<<16 | op}, operands...)
}

func (in inst) op() uint32 { return in[0] & 0xffff }

// text is the string literal that starts at word i.
func (in inst) text(i int) string {
	var b []byte
	for _, w := range in[i:] {
		for s := 0; s < 32; s += 8 {
			c := byte(w >> s)
			if c == 0 {
				return string(b)
			}
			b = append(b, c)
		}
	}
	return string(b)
}

// module is a parsed SPIR-V module, cut where instructions can be put in.
type module struct {
	header [instructionHeaderWords]uint32
	head   []inst // up to the annotations
	notes  []inst // OpDecorate and its kin
	global []inst // types, constants, global variables
	code   []inst // functions

	def   map[uint32]inst // what defines an id, of the global section
	names map[uint32]string
	glsl  uint32 // the GLSL.std.450 import; 0 if there is none
}

var errNotSPIRV = errors.New("expr: not a SPIR-V module")

func parseModule(words []uint32) (*module, error) {
	if len(words) < instructionHeaderWords || words[0] != spirvMagic {
		return nil, errNotSPIRV
	}
	m := &module{def: map[uint32]inst{}, names: map[uint32]string{}}
	copy(m.header[:], words)
	section := &m.head
	for rest := words[instructionHeaderWords:]; len(rest) > 0; {
		n := int(rest[0] >> 16)
		if n == 0 || n > len(rest) {
			return nil, errNotSPIRV
		}
		in := inst(rest[:n])
		rest = rest[n:]
		op := in.op()
		switch {
		case op == opFunction || section == &m.code:
			section = &m.code
		case op >= opTypeVoid && op <= opSpecConstantOp || op == opVariable || section == &m.global:
			section = &m.global
		case op >= opDecorate && op < 80 || section == &m.notes:
			section = &m.notes
		case op == opName && n > 2:
			m.names[in[1]] = in.text(2)
		case op == opExtInstImport && n > 2 && in.text(2) == "GLSL.std.450":
			m.glsl = in[1]
		}
		*section = append(*section, in)
		if section == &m.global {
			if id := in.result(); id != 0 {
				m.def[id] = in
			}
		}
	}
	return m, nil
}

func (m *module) words() []uint32 {
	out := slices.Clone(m.header[:])
	for _, section := range [][]inst{m.head, m.notes, m.global, m.code} {
		for _, in := range section {
			out = append(out, in...)
		}
	}
	return out
}

func (m *module) id() uint32 {
	m.header[3]++
	return m.header[3] - 1
}

// result is the id an instruction defines; 0 if it defines none.
func (in inst) result() uint32 {
	switch op := in.op(); {
	case op >= opTypeVoid && op < opTypeForwardPointer, op == opLabel, op == opExtInstImport:
		return in[1]
	case op == opStore, op == opName, op == opMemberName, op == opFunctionEnd, op == opLine, op == opNoLine,
		op >= opDecorate && op < 80, op >= opLoopMerge && op <= opUnreachable:
		return 0
	}
	if len(in) > 2 {
		return in[2]
	}
	return 0
}

// global finds or adds the type or constant that op and operands define; for a
// constant the type comes first.
func (m *module) define(op uint32, operands ...uint32) uint32 {
	at := 1 // where the result stands
	if op >= opConstantTrue {
		at = 2
	}
	if op != opTypeStruct { // equal structs may carry other decorations
		for _, in := range m.global {
			if in.op() == op && len(in) == len(operands)+2 &&
				slices.Equal(in[1:at], operands[:at-1]) && slices.Equal(in[at+1:], operands[at-1:]) {
				return in[at]
			}
		}
	}
	id := m.id()
	in := instruction(op, slices.Insert(slices.Clone(operands), at-1, id)...)
	m.global = append(m.global, in)
	m.def[id] = in
	return id
}

// span is where the function's instructions lie in code: OpFunction to OpFunctionEnd.
type span struct{ from, to int }

// function finds a function by the name before its parameter list.
func (m *module) function(name string) (span, bool) {
	for i := 0; i < len(m.code); i++ {
		if m.code[i].op() != opFunction {
			continue
		}
		j := i
		for j < len(m.code)-1 && m.code[j].op() != opFunctionEnd {
			j++
		}
		full, _, _ := strings.Cut(m.names[m.code[i][2]], "(")
		if full == name {
			return span{i, j + 1}, true
		}
		i = j
	}
	return span{}, false
}

// forget drops the names and decorations of ids that are no more.
func (m *module) forget(gone map[uint32]bool) {
	stale := func(in inst) bool {
		op := in.op()
		return (op == opName || op == opMemberName || op == opDecorate || op == opMemberDecorate) && gone[in[1]]
	}
	m.head = slices.DeleteFunc(m.head, stale)
	m.notes = slices.DeleteFunc(m.notes, stale)
}

// variable finds a global variable by its name.
func (m *module) variable(name string) (id uint32, pointee, class uint32, err error) {
	for _, in := range m.global {
		if in.op() == opVariable && m.names[in[2]] == name {
			p := m.def[in[1]]
			return in[2], p[3], in[3], nil
		}
	}
	return 0, 0, 0, fmt.Errorf("no variable %s", name)
}
