package fast

import "github.com/vulgo-ml/vulgo/cpuref"

// Norm prepares cpuref.Norm.
func Norm(a *cpuref.Args[float32]) func() { return func() { cpuref.Norm(a) } }

// NormGrad prepares cpuref.NormGrad.
func NormGrad(a *cpuref.Args[float32]) func() { return func() { cpuref.NormGrad(a) } }

// NormWeightGrad prepares cpuref.NormWeightGrad.
func NormWeightGrad(a *cpuref.Args[float32]) func() { return func() { cpuref.NormWeightGrad(a) } }

// BatchNormGrad prepares cpuref.BatchNormGrad.
func BatchNormGrad(a *cpuref.Args[float32]) func() { return func() { cpuref.BatchNormGrad(a) } }
