//go:build !amd64 && !arm64

package fast

func detect() []*set { return []*set{plain()} }
