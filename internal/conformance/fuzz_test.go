package conformance

import "testing"

// What a case's file says is text from elsewhere: it parses or is refused.
func FuzzExpression(f *testing.F) {
	for _, text := range []string{"F.conv2d(x, w, stride=2)[:, 1:]", "y = (x*w).detach()*w + x", "h=f(x)*g+b; y = x + gelu(h@w1)@w2", "a.T @ b.T", "((", "x[[[", "'", "-", "f(=)"} {
		f.Add(text)
	}
	f.Fuzz(func(_ *testing.T, text string) { _, _ = parseProgram(text) })
}

func FuzzStepFormula(f *testing.F) {
	for _, text := range []string{"s<10: (s+1)/10; else 0.5*(1+cos(pi*(s-10)/30))", "0.95**s", "1 if s < 3 else", "((", "s:", ";;"} {
		f.Add(text)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		if at, err := parseFormula(text); err == nil {
			at(3)
		}
	})
}
