//go:build !amd64

package expr

func compareWide(Op, []int32, []float32, []float32) int { return 0 }

func chooseWide([]float32, []int32, []float32, []float32) int { return 0 }

func arithmeticWide(Op, []float32, []float32, []float32) int { return 0 }

func sqrtWide([]float32, []float32) int { return 0 }
