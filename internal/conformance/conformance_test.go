package conformance

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/internal/devtest"
)

func TestMain(m *testing.M) { devtest.Main(m) }

// open lists the cases; a test without any says so and is skipped.
func open(t *testing.T) []*Case {
	dir := cmp.Or(os.Getenv("VULGO_CONFORMANCE"), "../../../shared/conformance")
	if _, err := os.Stat(dir); err != nil && os.Getenv("VULGO_CONFORMANCE") == "" {
		t.Skip("no cases: ../shared/conformance isn't there beside the repository; VULGO_CONFORMANCE names another folder")
	}
	folders, err := Find(dir)
	require.NoError(t, err)
	var out []*Case
	for _, f := range folders {
		c, err := Read(f)
		if err != nil { // it fails by name, and the others run
			t.Errorf("%v", err)
			continue
		}
		out = append(out, c)
	}
	return out
}

// run is Run, where a case that the table of functions isn't made for fails
// alone.
func run(d devtest.Dev, c *Case) (rs []Result, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s: panic: %v", c.Name, r)
		}
	}()
	return Run(d.Device, c)
}

// TestConformanceTorch computes every case on every device. A case whose op
// isn't there fails by name; nine of ten must be as exact as PyTorch on the CPU.
func TestConformanceTorch(t *testing.T) {
	cases := open(t)
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		tally := map[string]*[4]int{}
		missing := map[string][]string{}
		for _, c := range cases {
			rs, err := run(d, c)
			what, isMissing := IsMissing(err)
			worst := Worst(rs)
			switch {
			case isMissing:
				worst = Result{Grade: Missing}
				missing[what] = append(missing[what], c.Name)
				t.Errorf("%v", err)
			case err != nil:
				worst = Result{Grade: Failed}
				t.Errorf("%v", err)
			}
			for _, r := range rs {
				if r.Grade == Failed {
					t.Errorf("%s: %s: %.3g times PyTorch's error: %s", c.Name, r.What, r.Ratio, r.Why)
				}
			}
			if worst.Grade == B {
				t.Logf("%s: B, %.1f times PyTorch's error in %s", c.Name, worst.Ratio, worst.What)
			}
			for _, group := range []string{c.Group, "~all"} {
				if tally[group] == nil {
					tally[group] = new([4]int)
				}
				tally[group][worst.Grade]++
			}
		}
		t.Log("\n" + report(d.Name, tally, missing))
		if all := tally["~all"]; d.Name == "cpu" && all != nil {
			require.GreaterOrEqual(t, 10*all[A], 9*(all[A]+all[B]+all[Failed]+all[Missing]), "cases of grade A")
		}
	})
}

// report is a table by group, all last, and what is missing by name.
func report(device string, tally map[string]*[4]int, missing map[string][]string) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%-18s %5s %5s %7s %8s\n", device, "A", "B", "failed", "missing")
	var groups, names []string
	for g := range tally {
		groups = append(groups, g)
	}
	slices.Sort(groups)
	for _, g := range groups {
		n := tally[g]
		fmt.Fprintf(&s, "%-18s %5d %5d %7d %8d\n", strings.TrimPrefix(g, "~"), n[A], n[B], n[Failed], n[Missing])
	}
	for what, cases := range missing {
		names = append(names, fmt.Sprintf("missing %s: %s", what, strings.Join(cases, ", ")))
	}
	slices.Sort(names)
	return s.String() + strings.Join(names, "\n")
}

func TestRunTellsRightFromWrongAndMissing(t *testing.T) {
	withGrad := strings.Replace(meta, `"nbytes": 8}]`, `"nbytes": 8}, {"name": "y", "kind": "grad_out", "shape": [2], "dtype": "f32", "offset": 0, "nbytes": 8}]`, 1)
	withGrad = strings.Replace(withGrad, `"expect": [`, `"expect": [{"name": "x", "kind": "grad", "shape": [2],
		"f64": {"dtype": "f64", "offset": 8, "nbytes": 16}, "max_abs_ref": 8, "l2_ref": 8, "err32": {}, "pert": {}}, `, 1)
	c, err := Read(write(t, withGrad))
	require.NoError(t, err)
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		run := func(torch string) (gradient, output Grade) {
			k := *c
			k.Torch = torch
			rs, err := Run(d.Device, &k)
			require.NoError(t, err)
			require.Len(t, rs, 2)
			return rs[0].Grade, rs[1].Grade
		}
		// The data's gradient, 1 and 4, is x·x: not that of x², which is 2x·x.
		gradient, output := run("torch.square")
		require.Equal(t, A, output)
		require.Equal(t, Failed, gradient)
		_, output = run("torch.exp")
		require.Equal(t, Failed, output)

		k := *c
		k.Torch = "torch.nn.NoSuchModule"
		_, err := Run(d.Device, &k)
		what, missing := IsMissing(err)
		require.True(t, missing)
		require.Equal(t, "torch.nn.NoSuchModule", what)
	})
}
