package conformance

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFormulasOfTheStep(t *testing.T) {
	for text, want := range map[string]float64{ // at step 7
		"s<10: (s+1)/10; else 0.5*(1+cos(pi*(s-10)/30))": 0.8,
		"s<3: 1; s<7: 2; else 0.5*(1+cos(pi*(s-10)/30))": 0.5 * (1 + math.Cos(math.Pi*-0.1)),
		"lambda epoch: 0.95 ** epoch":                    math.Pow(0.95, 7),
		"1 if s < 3 else -2e-1 if s != 7 else 2**3**0":   2,
		"max(0.5, 1-epoch//2/3)":                         0.5,
		"-s**2 + math.sqrt(49) - 7%4 ":                   -49 + 7 - 3,
		"min((step+1)/4, 1/(1+0.1*step))":                1 / 1.7,
		"10 - 2 - 3":                                     5,
	} {
		f, err := parseFormula(text)
		require.NoError(t, err, text)
		require.InDelta(t, want, f(7), 1e-15, text)
	}
	for _, text := range []string{"", "s +", "(s", "s; 3", "s < 3: 1", "f(s)", "open('x')", "lambda s", "1 if s", "min(s)", "s s"} {
		_, err := parseFormula(text)
		require.Error(t, err, text)
	}
}
