package plan

import (
	"fmt"
	"strings"
)

func (p Place) String() string {
	if p.Bytes == 0 {
		return "-"
	}
	id := ""
	if p.ID > 0 {
		id = fmt.Sprint(p.ID)
	}
	return fmt.Sprintf("%v%s[%d+%d]", p.Slab, id, p.Off, p.Bytes)
}

// String prints the plan: a header with the sizes, then a line a step and,
// below it, a line a dispatch; "|" before a dispatch is a barrier.
func (p *Plan) String() string {
	var b strings.Builder
	disp := 0
	for _, s := range p.Steps {
		disp += len(s.Dispatches)
	}
	fmt.Fprintf(&b, "plan for %s: %d steps, %d dispatches, %d barriers\n", p.Target.Name, len(p.Steps), disp, p.Barriers)
	fmt.Fprintf(&b, "memory: arena %v (at least %d), fixed %d, const %d, in %d, out %d bytes\n",
		p.ArenaBytes, p.LowerBound, p.FixedBytes, p.ConstBytes, p.InBytes, p.OutBytes)
	for i, s := range p.Steps {
		fmt.Fprintf(&b, "%3d %s\n", i, s.line())
		for _, d := range s.Dispatches {
			mark := " "
			if d.Barrier {
				mark = "|"
			}
			name := d.Shader
			if name == "" {
				name = "copy"
			}
			fmt.Fprintf(&b, "    %s %s %v", mark, name, d.Grid)
			if len(d.Spec) > 0 {
				fmt.Fprintf(&b, " spec %v", d.Spec)
			}
			b.WriteByte('\n')
		}
	}
	for _, o := range p.Outputs {
		fmt.Fprintf(&b, "out %s %v %v\n", o.Name, o.Type, o.Place)
	}
	return b.String()
}

func (s *Step) line() string {
	if s.Node == nil {
		return fmt.Sprintf("copy %v -> %v", s.In[0], s.Out[0])
	}
	var b strings.Builder
	b.WriteString(s.Name())
	if s.Call.Attrs != nil {
		fmt.Fprintf(&b, " %+v", s.Call.Attrs)
	}
	for i, in := range s.In {
		fmt.Fprintf(&b, " %v%v", s.Call.In[i].Shape, in)
	}
	for i, e := range s.Extra {
		fmt.Fprintf(&b, " +%v%v", s.Call.Extra[i].Shape, e)
	}
	b.WriteString(" ->")
	for i, out := range s.Out {
		if out.Bytes > 0 {
			fmt.Fprintf(&b, " %v%v", s.Call.Out[i].Shape, out)
		}
	}
	return b.String()
}

// Name is the op with the followers fused into it and the variant that runs:
// "matmul+add+relu.tile".
func (s *Step) Name() string {
	if s.Node == nil {
		return "copy"
	}
	name := s.Node.Op.Name
	for _, f := range s.Fused {
		name += "+" + f.Op.Name
	}
	if s.Variant != nil {
		name += "." + s.Variant.Name
	}
	return name
}
