//go:build cgo && !vulgo_debug

package vk

// callSite remembers nothing; builds with the tag vulgo_debug do.
func callSite() string { return "" }
