package nn_test

import (
	"testing"

	"github.com/vulgo-ml/vulgo/internal/devtest"
)

func TestMain(m *testing.M) { devtest.Main(m) }
