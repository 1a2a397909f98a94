//go:build accept

package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/internal/devtest"
)

// Every row verifies and can be timed on every device.
func TestAcceptEveryRowOnEveryDevice(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		code, out, errs := run(t.Context(), allRows(), "-device", spec(d))
		require.Zero(t, code, errs)
		t.Log("\n" + out)
	})
}
