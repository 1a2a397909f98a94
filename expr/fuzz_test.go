package expr

import "testing"

// A formula is a user's text: whatever it is, parsing ends in a function or an
// error, a function prints as a text that parses to the same, and its GLSL and
// gradients can be had.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"x -> -x", "a, b -> a + b*2", "x, slope:attr -> where(x > 0, x, x*slope)", "m:bool, a:int, b:int -> where(m, a, b)",
		"x, y -> t = tanh(x); u = t*t; where(t < y && !isnan(u), t, -inf)", "x -> x -> x", "x -> ((((x", "-> 1", "x, x -> 1e999",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		fn, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(fn.Key())
		if err != nil || again.Key() != fn.Key() {
			t.Fatalf("%q prints as %q, which is %q, %v", text, fn.Key(), again.Key(), err)
		}
		fn.GLSL("f")
		for i := range fn.Args {
			if g, _, ok := fn.Grad(i); ok {
				g.GLSL("g")
			}
		}
	})
}
