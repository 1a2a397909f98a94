package expr

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// formulas are used by several tests: the shapes of what training needs.
var formulas = []string{
	"x -> x",
	"x -> 1",
	"x, y -> x + y",
	"x, y -> (x - y)*(x + y)/(y*y + 1)",
	"x, slope:attr -> where(x > 0, x, slope*x)",
	"x -> where(x <= 0, 0, x)",
	"x, y -> max(x, y) - min(x, y)",
	"x, y -> where(x == 0, 0, where(x < 0, -y, y))",
	"x, lo:attr, hi:attr -> clamp(x, lo, hi)",
	"x -> sign(x)*abs(x)",
	"x -> floor(x) + ceil(x)*round(x)",
	"x -> sqrt(abs(x)) + rsqrt(abs(x) + 1)",
	"x -> exp(x) + log(abs(x) + 1) - log1p(abs(x)) + expm1(x)",
	"x -> sin(x)*cos(x)",
	"x -> tanh(x) + sigmoid(x) + erf(x) + erfc(x)",
	"x, y -> pow(abs(x) + 0.5, y)",
	"x, y -> atan(x) - fmod(3*x, y + 2) + where(signbit(x), x, y)",
	"x -> 0.5*x*erfc(x*(-0.70710678118654752))",
	"x -> t = tanh(0.79788456*(x + 0.044715*x*x*x)); 0.5*x*(1 + t)",
	"x, y -> fma(x, y, x)",
	"m:bool, x, y -> where(m && !isnan(x) || y < x, x, y)",
	"x, k:int -> x*float(k) + where(k == 3 || k != 1 && k >= 0, 1, -1)",
	"k:int, j:int -> max(k, j)*2 - min(-k, abs(j)) + int(bool(j))",
	"x, k:int -> bool(k) != (x >= 0) && true",
	"x -> int(x*3) + 1",
	"x -> where(x == x, x, nan) + where(x < -1e14, -inf, 0)",
}

func parse(t *testing.T, text string) Func {
	t.Helper()
	f, err := Parse(text)
	require.NoError(t, err)
	return f
}

func TestKeyParsesBackToTheSameFormula(t *testing.T) {
	for _, text := range formulas {
		f := parse(t, text)
		g := parse(t, f.Key())
		require.Same(t, f.Body, g.Body, "%s\n%s", text, f.Key())
		require.Equal(t, f.Key(), g.Key())
		require.Equal(t, f.Hash(), g.Hash())
	}
}

func TestParseNamesTheMistake(t *testing.T) {
	for text, want := range map[string]string{
		"x":                    `no -> after the arguments`,
		"x -> x +":             `"" where a value should be`,
		"x -> y":               `no "y"`,
		"x -> f(x)":            `no function f of 1 operands`,
		"x -> exp(x, x)":       `exp takes 1 operands, not 2`,
		"x -> where(x, x, x)":  `where doesn't take (float, float, float)`,
		"x, k:int -> x*k":      `* doesn't take (float, int)`,
		"x:double -> x":        `no type "double"`,
		"x, x -> x":            `"x" can't name an argument`,
		"x -> x x":             `"x" after the end`,
		"x -> t = x; t = x; t": `t is set twice`,
		"x -> (x":              `"" where ")" should be`,
		"x -> 1.2.3":           `"1.2.3" where a value should be`,
	} {
		_, err := Parse(text)
		require.ErrorContains(t, err, want, text)
	}
}

func TestSimplify(t *testing.T) {
	for text, want := range map[string]string{
		"x -> x*1 + 0":                   "x0",
		"x -> --x":                       "x0",
		"x -> x + -x":                    "x0 - x0",
		"x -> 2*3 + x":                   "6 + x0",
		"x -> pow(x, 2)":                 "x0 * x0",
		"x -> pow(x, 0.5)":               "sqrt(x0)",
		"x -> where(1 < 2, x, 0)":        "x0",
		"x -> where(!(x < 0), x, 0)":     "where(x0 < 0, 0, x0)",
		"x -> x*0":                       "x0 * 0", // NaN*0 is NaN
		"x, y -> x - (y - 1)":            "x0 - (x1 - 1)",
		"x -> -(x + 1)*2":                "-(x0 + 1) * 2",
		"m:bool -> m && true || false":   "x0",
		"x -> -1*x":                      "-x0",
		"x, y -> (x*y)*(x*y) + (x*y)":    "x0 * x1 * (x0 * x1) + x0 * x1",
		"x, y -> x - -3":                 "x0 - -3",
		"x, p:attr -> x*p":               "x0 * a0",
		"x -> where(x < -inf, nan, inf)": "where(x0 < -inf, nan, inf)",
	} {
		require.Equal(t, want, parse(t, text).Body.String(), text)
	}
}

// eval is f by the recursive definition, in float64.
func eval(e *Expr, args, attrs []float64) float64 {
	switch e.op {
	case OpArg:
		return args[e.idx]
	case OpAttr:
		return attrs[e.idx]
	case OpConst:
		return e.num
	}
	var v [3]float64
	for i, a := range e.Inputs() {
		v[i] = eval(a, args, attrs)
	}
	r := scalar(e.op, v[0], v[1], v[2])
	if e.typ == Int {
		r = float64(int32(r))
	}
	return r
}

// operands fills n elements an argument with numbers of all sizes and specials.
func operands[T Number](f Func, n int) []Vec[T] {
	special := []float64{0, math.Copysign(0, -1), 1, -1, 0.5, 3, math.Inf(1), math.Inf(-1), math.NaN(), 1e-3, -1e15, 80, -90}
	in := make([]Vec[T], len(f.Args))
	for a, typ := range f.Args {
		switch typ {
		case Float:
			in[a].F = make([]T, n)
			for i := range in[a].F {
				in[a].F[i] = T(8 * math.Sin(float64(i*i+7*a)))
				if (i+3*a)%5 == 0 {
					in[a].F[i] = T(special[(i/5+a)%len(special)])
				}
			}
		case Int:
			in[a].I = make([]int32, n)
			for i := range in[a].I {
				in[a].I[i] = int32(i*7%13 - 5)
			}
		case Bool:
			in[a].I = make([]int32, n)
			for i := range in[a].I {
				in[a].I[i] = int32(i / 2 & 1)
			}
		}
	}
	return in
}

func at[T Number](v Vec[T], i int) float64 {
	if v.F != nil {
		return float64(v.F[i])
	}
	return float64(v.I[i])
}

func TestProgramsAgreeWithTheDefinition(t *testing.T) {
	attrs := []float64{-0.25, 1.5}
	for _, text := range formulas {
		f := parse(t, text)
		testProgram[float64](t, f, attrs, 0, text)
		testProgram[float32](t, f, attrs, 4e-7, text)
	}
}

func testProgram[T Number](t *testing.T, f Func, attrs []float64, tol float64, text string) {
	const n = 3*block + 37
	in := operands[T](f, n)
	shapes := make([][]int, len(in))
	for i := range shapes {
		shapes[i] = []int{n}
	}
	sp, err := NewSpace([]int{n}, shapes...)
	require.NoError(t, err)
	out := Vec[T]{F: make([]T, n), I: make([]int32, n)}
	p := Compile[T](f)
	p.Run(&sp, out, in, attrs, 0, 700)
	p.Run(&sp, out, in, attrs, 700, n)
	args := make([]float64, len(in))
	for i := range n {
		for a := range in {
			args[a] = at(in[a], i)
		}
		want := eval(f.Body, args, attrs)
		got := float64(out.F[i])
		if f.Result() != Float {
			got = float64(out.I[i])
			want = float64(int32(want))
			if math.IsInf(args[0], 0) || math.Abs(args[0]) > 1e9 || args[0] != args[0] {
				continue // ToInt out of range is the device's
			}
		}
		if want != want && got != got || want == got || math.Abs(want) > math.MaxFloat32 {
			continue
		}
		scale := 1.0 // cancellation in the formula itself
		for _, a := range args {
			scale += math.Abs(a)
		}
		if tol == 0 {
			scale = 0
		}
		require.True(t, math.Abs(got-want) <= tol*(math.Abs(want)*scale+scale*scale), "%s at %v: %v, not %v", text, args, got, want)
	}
}

func TestRunBroadcasts(t *testing.T) {
	f := parse(t, "x, y, z -> x*100 + y*10 + z")
	for _, c := range []struct {
		out  []int
		in   [3][]int
		rank int
	}{
		{[]int{2, 3, 4}, [3][]int{{2, 3, 4}, {2, 3, 4}, {}}, 1},
		{[]int{2, 3, 4}, [3][]int{{3, 4}, {4}, {2, 1, 1}}, 3},
		{[]int{5, 700}, [3][]int{{5, 1}, {700}, {5, 700}}, 2},
		{[]int{700, 5}, [3][]int{{700, 1}, {1, 5}, {1}}, 2},
		{[]int{2, 3, 4, 5}, [3][]int{{1, 3, 1, 1}, {2, 3, 4, 5}, {3, 1, 1}}, 3},
		{[]int{1, 1}, [3][]int{{1, 1}, {1}, {}}, 1},
		{[]int{0, 4}, [3][]int{{0, 4}, {4}, {}}, 1},
	} {
		got, err := Broadcast(c.in[:]...)
		require.NoError(t, err)
		require.Equal(t, c.out, got)
		sp, err := NewSpace(c.out, c.in[:]...)
		require.NoError(t, err)
		if sp.N > 0 {
			require.Equal(t, c.rank, sp.Rank, fmt.Sprint(c))
		}
		in := make([]Vec[float64], 3)
		for a := range in {
			size := 1
			for _, d := range c.in[a] {
				size *= d
			}
			in[a].F = make([]float64, size)
			for i := range in[a].F {
				in[a].F[i] = float64(i + 1)
			}
		}
		out := make([]float64, sp.N)
		p := Compile[float64](f)
		p.Run(&sp, Vec[float64]{F: out}, in, nil, 0, sp.N/3)
		p.Run(&sp, Vec[float64]{F: out}, in, nil, sp.N/3, sp.N)
		for i := range out {
			want := 0.0
			for a, scale := range []float64{100, 10, 1} {
				off, step, rest := 0, 1, i
				for d := len(c.out) - 1; d >= 0; d-- {
					at := rest % c.out[d]
					rest /= c.out[d]
					if k := d - len(c.out) + len(c.in[a]); k >= 0 && c.in[a][k] != 1 {
						off += at * step
						step *= c.in[a][k]
					}
				}
				want += scale * in[a].F[off]
			}
			require.Equal(t, want, out[i], "%v element %d", c, i)
		}
	}
	_, err := Broadcast([]int{3, 5}, []int{4})
	require.EqualError(t, err, "shapes [[3 5] [4]] don't broadcast")
}

func TestRunAllocatesNothing(t *testing.T) {
	f := parse(t, "x, y, p:attr -> tanh(x*p) + exp(y)")
	sp, err := NewSpace([]int{10, 300}, []int{10, 300}, []int{300})
	require.NoError(t, err)
	p := Compile[float32](f)
	in := []Vec[float32]{{F: make([]float32, 3000)}, {F: make([]float32, 300)}}
	out := Vec[float32]{F: make([]float32, 3000)}
	attrs := []float64{0.5}
	require.Zero(t, testing.AllocsPerRun(10, func() { p.Run(&sp, out, in, attrs, 0, 3000) }))
}

func TestFloat32FunctionsAreCorrectToAnUlp(t *testing.T) {
	for op, f := range loops32 {
		if f == nil {
			continue
		}
		worst, where := 0.0, float32(0)
		var x, y [1]float32
		for k := -1 << 20; k < 1<<20; k++ {
			x[0] = math.Float32frombits(uint32(k) * 2039)
			f(y[:], x[:])
			want := unary64[op](float64(x[0]))
			if want != want || math.Abs(want) > math.MaxFloat32 {
				require.True(t, float64(y[0]) == float64(float32(want)) || y[0] != y[0] && want != want, "%v(%v) = %v", Op(op), x[0], y[0])
				continue
			}
			_, e := math.Frexp(want)
			if d := math.Abs(float64(y[0])-want) / math.Ldexp(1, max(e-24, -149)); !(d <= worst) {
				worst, where = d, x[0]
			}
		}
		t.Logf("%-8v %.3f ulp at %v", Op(op), worst, where)
		require.True(t, worst <= 0.65, "%v: %v ulp at %v", Op(op), worst, where)
	}
}
