// Package opdoc writes docs/ops.md, the table of all ops, from the op table; its
// test holds the file to it.
package opdoc

import (
	"fmt"
	"strings"

	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

const head = `# The op table

Written from the declarations in [kernels/](../kernels) by ` + "`make docs`" + `; a test holds it to them.

- *dtypes*: float32 everywhere. float64 on the CPU alone; a Vulkan device refuses it by name
  when the program is compiled. float16 and bfloat16 are stored in 16 bits and computed in
  float32, on every device. int64 is fed where int32 is declared, checked.
- *CPU*, *Vulkan*: the variants, in order of preference; each has to agree with the float64
  oracle on every case within the op's tolerance. A view costs nothing.
- *gradient*: "yes", or why there is none. Gradients are made of ops of this table, so most
  can be differentiated again.
`

// Markdown is the whole page.
func Markdown() string {
	var s strings.Builder
	s.WriteString(head)
	s.WriteString("\n## Ops\n\n")
	table(&s, func(op *kernels.Op) bool { return op.Torch != "" || op.ONNX != "" })
	s.WriteString("\n## Parts of gradients, and what only vulgo has\n\n")
	table(&s, func(op *kernels.Op) bool { return op.Torch == "" && op.ONNX == "" })
	return s.String()
}

func table(s *strings.Builder, which func(*kernels.Op) bool) {
	s.WriteString("| op | formula | PyTorch | ONNX | dtypes | CPU | Vulkan | gradient |\n|---|---|---|---|---|---|---|---|\n")
	for _, op := range kernels.All() {
		if !which(op) {
			continue
		}
		row := []string{"`" + op.Name + "`", op.Doc, op.Torch, op.ONNX, dtypes(op), variants(op, kernels.CPU), variants(op, kernels.Vulkan), gradient(op)}
		for i, cell := range row {
			row[i] = strings.ReplaceAll(strings.ReplaceAll(cell, "|", "\\|"), "*", "\\*")
		}
		fmt.Fprintf(s, "| %s |\n", strings.Join(row, " | "))
	}
}

var named = []struct {
	dtype tensor.DType
	short string
}{
	{tensor.Float32, "f32"}, {tensor.Float64, "f64"}, {tensor.Float16, "f16"}, {tensor.BFloat16, "bf16"},
	{tensor.Int32, "i32"}, {tensor.Bool, "bool"},
}

func dtypes(op *kernels.Op) string {
	var names []string
	for _, d := range named {
		if op.Accepts(d.dtype, kernels.CPU) {
			names = append(names, d.short)
		}
	}
	return strings.Join(names, " ")
}

func variants(op *kernels.Op, kind kernels.Kind) string {
	if op.View {
		return "a view"
	}
	var names []string
	for _, v := range op.Variants {
		if v.Kind == kind {
			names = append(names, v.Name)
		}
	}
	if kind == kernels.CPU {
		names = append(names, kernels.PlainName)
	}
	return strings.Join(names, ", ")
}

func gradient(op *kernels.Op) string {
	if op.NoGrad != "" {
		return "no: " + op.NoGrad
	}
	return "yes"
}
