package shaders

import (
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// builds is what tools/glslc.sh makes, by name: its .comp.
func builds(t *testing.T) map[string]string {
	comps, err := filepath.Glob("*.comp")
	require.NoError(t, err)
	line := regexp.MustCompile(`(?m)^// build: (\S+)`)
	out := map[string]string{}
	for _, comp := range comps {
		src, err := os.ReadFile(comp)
		require.NoError(t, err)
		names := []string{strings.TrimSuffix(comp, ".comp")}
		if m := line.FindAllSubmatch(src, -1); m != nil {
			names = nil
			for _, x := range m {
				names = append(names, string(x[1]))
			}
		}
		for _, n := range names {
			require.Empty(t, out[n], "%s and %s both build %s", out[n], comp, n)
			out[n] = comp
		}
	}
	return out
}

func TestEverySourceHasItsSPIRVAndBack(t *testing.T) {
	var want []string
	for n := range builds(t) {
		want = append(want, n)
	}
	sort.Strings(want)
	require.Equal(t, want, Names(), "run tools/glslc.sh and commit shaders/spv")
	for _, n := range want {
		words, err := SPIRV(n)
		require.NoError(t, err)
		require.EqualValues(t, magic, words[0])
	}
	_, err := SPIRV("no_such_shader")
	require.ErrorContains(t, err, `"no_such_shader"`)
}

// GLSL's own exp, log, tanh and the like may be wrong by far more than float32
// rounds (lavapipe's log by 5e-5): math.glsl holds ours, to a few ulp everywhere.
func TestNoShaderCallsABuiltInTranscendental(t *testing.T) {
	call := regexp.MustCompile(`\b(exp2?|log2?|pow|a?sinh?|a?cosh?|a?tanh?)\s*\(`)
	require.True(t, call.MatchString("y = exp(x)"))
	require.False(t, call.MatchString("y = vexp(x)"))
	comment := regexp.MustCompile(`(?s)//[^\n]*|/\*.*?\*/`)
	var files []string
	for _, pattern := range []string{"*.comp", "*.glsl"} {
		m, err := filepath.Glob(pattern)
		require.NoError(t, err)
		files = append(files, m...)
	}
	for _, f := range files {
		src, err := os.ReadFile(f)
		require.NoError(t, err)
		code := comment.ReplaceAllFunc(src, func(c []byte) []byte {
			return []byte(strings.Repeat("\n", strings.Count(string(c), "\n"))) // keeps the line numbers
		})
		for i, line := range strings.Split(string(code), "\n") {
			if m := call.FindString(line); m != "" {
				t.Errorf("shaders/%s:%d calls the built-in %s): use math.glsl", f, i+1, m)
			}
		}
	}
}
