// Package opcheck runs the op table on a device: each op over its listed cases,
// in each variant that serves the case, against the float64 oracle at the op's
// tolerance. `vulgo devices --check` finds drivers that compute wrongly by it.
package opcheck

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/kernels"
)

// Result is what came of one op.
type Result struct {
	Op    string
	Runs  int     // cases, each in every variant
	Worst float64 // of the tolerance used
	Wrong []string
}

// Ops checks the whole table, and reports each op when it is done. It stops
// early only if the context ends or the device is lost.
func Ops(ctx context.Context, dev *engine.Device, report func(Result)) error {
	for _, op := range kernels.All() {
		if op.View {
			continue
		}
		res, err := Op(ctx, dev, op)
		if err != nil {
			return fmt.Errorf("%s: %w", op.Name, err)
		}
		report(res)
	}
	return nil
}

// Op checks one op.
func Op(ctx context.Context, dev *engine.Device, op *kernels.Op) (Result, error) {
	res := Result{Op: op.Name}
	for i, c := range op.Cases {
		if err := ctx.Err(); err != nil {
			return res, err
		}
		f := NewFixture(op, c, uint64(i), true)
		want, scale, err := f.Oracle()
		if err != nil {
			return res, err
		}
		variants, err := f.Variants(dev.Target)
		if err != nil {
			return res, err
		}
		if len(variants) == 0 {
			res.Wrong = append(res.Wrong, fmt.Sprintf("no variant serves %v", c.In))
		}
		for _, v := range variants {
			res.Runs++
			where := fmt.Sprintf("%s, case %d %v%v", v, i, c.Attrs, c.In)
			got, err := f.Run(dev, v, 1)
			if errors.Is(err, engine.ErrDeviceLost) {
				return res, err
			} else if err != nil {
				res.Wrong = append(res.Wrong, fmt.Sprintf("%s: %v", where, err))
				continue
			}
			for name := range want {
				used, err := op.Tol.Compare(got[0][name], want[name], scale[name])
				if res.Worst = math.Max(res.Worst, used); err != nil {
					res.Wrong = append(res.Wrong, fmt.Sprintf("%s: %v", where, err))
				}
			}
		}
	}
	return res, nil
}
