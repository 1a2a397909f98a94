package conformance

import (
	"fmt"
	"iter"
	"slices"
	"strings"
)

// slicings are subscripts of any dimensions: a number where one is lost, or a
// start and a step.
func slicings(g *guess) iter.Seq[string] {
	return texts(func(add func(string, ...any)) {
		var grow func(d int, out []int, parts []string)
		grow = func(d int, out []int, parts []string) {
			if d == len(g.x) {
				if len(out) == 0 {
					add("x[%s]", strings.Join(parts, ","))
				}
				return
			}
			next := func(part string, rest []int) { grow(d+1, rest, append(slices.Clone(parts), part)) }
			if len(out) > 0 {
				n, m := g.x[d], out[0]
				if n == m {
					next(":", out[1:])
				}
				for step := 1; step <= n && m < n; step++ {
					for start := 0; m > 0 && start+(m-1)*step < n; start++ {
						next(fmt.Sprintf("%d:%d:%d", start, start+(m-1)*step+1, step), out[1:])
					}
				}
			}
			if len(g.x)-d > len(out) {
				for i := range g.x[d] {
					next(fmt.Sprint(i), out)
				}
			}
		}
		grow(0, g.out, nil)
	})
}

// pads are those that give the output's size, of every mode; a constant is what
// stands in a corner.
func pads(g *guess) iter.Seq[string] {
	return texts(func(add func(string, ...any)) {
		if len(g.x) != len(g.out) {
			return
		}
		fill := map[float64]bool{0: true}
		for _, e := range g.c.Expect {
			if e.Kind == "output" {
				v := e.F64.values(g.c.data)
				fill[v[0]], fill[v[len(v)-1]] = true, true
			}
		}
		var grow func(d int, pad []int)
		grow = func(d int, pad []int) {
			if d < 0 || slices.Equal(g.x[:d+1], g.out[:d+1]) {
				for _, mode := range []string{"reflect", "replicate", "circular"} {
					if len(pad) > 0 && !strings.Contains(g.c.Name, "const") {
						add("F.pad(x,[%s],mode='%s')", list(pad), mode)
					}
				}
				for v := range fill {
					add("F.pad(x,[%s],value=%v)", list(pad), v)
				}
				return
			}
			more := g.out[d] - g.x[d]
			for k := range 2*max(more, 0) + 9 { // 0, 1, -1, 2, -2, ..
				before := (k + 1) / 2
				if k%2 == 0 {
					before = -before
				}
				if g.x[d]+before > 0 && g.x[d]+more-before > 0 {
					grow(d-1, append(slices.Clone(pad), before, more-before))
				}
			}
		}
		grow(len(g.x)-1, nil)
	})
}

func rotations(g *guess) iter.Seq[string] {
	return texts(func(add func(string, ...any)) {
		for a := range g.x {
			for b := range g.x {
				for k := 1; k < 4 && a != b; k++ {
					add("torch.rot90(x,%d,(%d,%d))", k, a, b)
				}
			}
		}
	})
}

func unfolds(g *guess) iter.Seq[string] {
	return texts(func(add func(string, ...any)) {
		for kernel := 1; kernel < 6; kernel++ {
			for stride := 1; stride < 4; stride++ {
				for padding := range 3 {
					for dilation := 1; dilation < 3; dilation++ {
						add("F.unfold(x,%d,%d,%d,%d)", kernel, dilation, padding, stride)
					}
				}
			}
		}
	})
}

// joins are the case's inputs side by side, in their order; the first may come
// again.
func joins(g *guess) iter.Seq[string] {
	return texts(func(add func(string, ...any)) {
		var names []string
		for _, in := range g.c.Given {
			if in.Kind == "input" {
				names = append(names, in.Name)
			}
		}
		if len(names) == 0 {
			return
		}
		for d := range g.out {
			for _, of := range [][]string{names, append(slices.Clone(names), names[0]), append(slices.Clone(names), names...)} {
				for _, f := range []string{"cat", "stack"} {
					add("torch.%s([%s],%d)", f, strings.Join(of, ","), d)
				}
			}
		}
	})
}
