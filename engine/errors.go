package engine

import (
	"errors"
	"fmt"

	"github.com/vulgo-ml/vulgo/plan"
)

// What a device may answer; test with errors.Is. Running out of memory names the
// largest buffers: use a smaller batch. A lost device runs no more: close it and
// open it again.
var (
	ErrOutOfMemory = errors.New("engine: out of device memory")
	ErrDeviceLost  = errors.New("engine: the device was lost")
)

// explain adds to an out-of-memory error what the plan needs and of what it is
// made.
func explain(err error, p *plan.Plan) error {
	if !errors.Is(err, ErrOutOfMemory) {
		return err
	}
	need := p.Bytes()
	return fmt.Errorf("%w: %w", err, &plan.MemoryError{Need: need, Have: p.Target.Memory, Largest: p.Largest})
}
