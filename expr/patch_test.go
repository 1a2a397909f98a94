package expr

import (
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func spirv(t *testing.T, name string) []uint32 {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "shaders", "spv", name+".spv"))
	require.NoError(t, err)
	words := make([]uint32, len(b)/4)
	for i := range words {
		words[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return words
}

// validate runs spirv-val where it is installed.
func validate(t *testing.T, words []uint32, what string) {
	t.Helper()
	if _, err := exec.LookPath("spirv-val"); err != nil {
		return
	}
	file := filepath.Join(t.TempDir(), "m.spv")
	b := make([]byte, 0, 4*len(words))
	for _, w := range words {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	require.NoError(t, os.WriteFile(file, b, 0o644))
	out, err := exec.Command("spirv-val", "--target-env", "vulkan1.1", file).CombinedOutput()
	require.NoError(t, err, "%s: %s", what, out)
}

func TestPatchedModulesAreValid(t *testing.T) {
	template, library := spirv(t, "elementwise"), spirv(t, "math")
	texts := append([]string(nil), formulas...)
	for op, d := range ops { // each function alone, so that each is linked alone
		if d.glsl != "" {
			args := strings.TrimSuffix(strings.Repeat("x, ", d.arity), ", ")
			texts = append(texts, "x -> float("+Op(op).String()+"("+args+"))")
		}
	}
	for _, text := range texts {
		f := parse(t, text)
		p := Patch{Function: "body", Func: f, Library: library}
		for i := range f.Args {
			p.Args = append(p.Args, Source{Param: i})
		}
		words, err := p.Apply(template)
		require.NoError(t, err)
		again, err := p.Apply(template)
		require.NoError(t, err)
		require.Equal(t, words, again, "the same call gives the same words")
		validate(t, words, text)
	}
}

func TestPatchPutsAFormulaIntoAnEpilogue(t *testing.T) {
	for _, name := range []string{"matmul_tile", "matmul_subgroup", "conv2d_tile", "conv2d_subgroup"} {
		template := spirv(t, name)
		for _, text := range []string{
			"v, bias -> max(v + bias, 0)",
			"v, bias, rest -> tanh(v + bias)*rest",
			"v, m:bool, k:int -> where(m, v, float(k))",
		} {
			p := Patch{
				Function: "epilogue", Func: parse(t, text), Library: spirv(t, "math"),
				Args: []Source{{Param: 0}, {Buffer: "E0", Param: 1}, {Buffer: "E1", Param: First}},
			}
			p.Args = p.Args[:len(p.Func.Args)]
			words, err := p.Apply(template)
			require.NoError(t, err)
			validate(t, words, name+": "+text)
		}
	}
}

func TestPatchNamesWhatTheModuleLacks(t *testing.T) {
	template := spirv(t, "elementwise")
	for _, c := range []struct {
		p    Patch
		want string
	}{
		{Patch{Function: "epilogue", Func: parse(t, "x -> x"), Args: []Source{{}}}, "no function epilogue"},
		{Patch{Function: "body", Func: parse(t, "x -> x"), Args: nil}, "0 sources for 1 arguments"},
		{Patch{Function: "body", Func: parse(t, "x -> x"), Args: []Source{{Param: 4}}}, "no parameter 4"},
		{Patch{Function: "body", Func: parse(t, "x -> x"), Args: []Source{{Buffer: "E0"}}}, "no variable E0"},
		{Patch{Function: "body", Func: parse(t, "x -> exp(x)"), Args: []Source{{}}}, "exp needs a library"},
		{Patch{Function: "body", Func: parse(t, "x -> exp(x)"), Args: []Source{{}}, Library: template}, "the library has no function vexp"},
	} {
		_, err := c.p.Apply(template)
		require.ErrorContains(t, err, c.want)
	}
	_, err := (&Patch{Function: "body", Func: parse(t, "x -> x"), Args: []Source{{}}}).Apply([]uint32{1, 2, 3})
	require.ErrorContains(t, err, "not a SPIR-V module")
	_, err = (&Patch{Function: "body", Func: parse(t, "x -> x"), Args: []Source{{}}}).Apply(template[:100])
	require.Error(t, err)
}

func TestGLSLCompiles(t *testing.T) {
	if _, err := exec.LookPath("glslc"); err != nil {
		t.Skip("no glslc")
	}
	src := "#version 450\n#extension GL_GOOGLE_include_directive : enable\n#include \"formulas.glsl\"\n"
	src += "int vmin(int a, int b) { return min(a, b); }\nint vmax(int a, int b) { return max(a, b); }\nint vabs(int a) { return abs(a); }\n"
	for i, text := range formulas {
		src += parse(t, text).GLSL("f"+string(rune('a'+i))) + "\n"
	}
	src += "layout(local_size_x = 1) in;\nvoid main() {}\n"
	file := filepath.Join(t.TempDir(), "f.comp")
	require.NoError(t, os.WriteFile(file, []byte(src), 0o644))
	dir, err := filepath.Abs("../shaders")
	require.NoError(t, err)
	out, err := exec.Command("glslc", "--target-env=vulkan1.1", "-I", dir, "-o", os.DevNull, file).CombinedOutput()
	require.NoError(t, err, "%s", out)
}
