//go:build !amd64

package expr

func compareWide(Op, []int32, []float32, []float32) int { return 0 }

func chooseWide([]float32, []int32, []float32, []float32) int { return 0 }

func arithmeticWide(Op, []float32, []float32, []float32) int { return 0 }

func unaryWide(Op, []float32, []float32) int { return 0 }

func toFloatWide([]float32, []int32) int { return 0 }

func logicWide(Op, []int32, []int32, []int32) int { return 0 }
