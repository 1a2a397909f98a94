package conformance

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vulgo-ml/vulgo/optim"
	"github.com/vulgo-ml/vulgo/tensor"
)

// options are arguments as JSON gives them.
type options map[string]any

func (o options) num(key string, def float64) float64 {
	if v, ok := o[key].(float64); ok {
		return v
	}
	return def
}

func (o options) int(key string, def int) int { return int(o.num(key, float64(def))) }
func (o options) flag(key string) bool        { v, _ := o[key].(bool); return v }
func (o options) text(key string) string      { v, _ := o[key].(string); return v }

func (o options) list(key string) (out []float64) {
	l, _ := o[key].([]any)
	for _, v := range l {
		f, _ := v.(float64)
		out = append(out, f)
	}
	return out
}

func (o options) ints(key string) (out []int) {
	for _, v := range o.list(key) {
		out = append(out, int(v))
	}
	return out
}

// given is the number, or where 0 means something else to package optim, what
// means 0 there.
func (o options) given(key string, zero float64) float64 {
	if v, ok := o[key].(float64); ok && v == 0 {
		return zero
	}
	return o.num(key, 0)
}

// runSchedule lists the rates of a schedule, in float64.
func runSchedule(c *Case) (map[string]*tensor.Tensor, error) {
	args := options(c.Args)
	s, err := schedule(c.Torch, args)
	if err != nil {
		return nil, err
	}
	base := args.num("base_lr", args.num("lr", args.num("max_lr", 0.1)))
	if strings.HasSuffix(c.Torch, "CyclicLR") {
		base = args.num("base_lr_min", base)
	}
	// A schedule that hears a metric is given one by step, under some name.
	var metrics []float64
	if _, hears := s.(optim.Observer); hears {
		for _, key := range slices.Sorted(maps.Keys(args)) {
			if l := args.list(key); len(l) > len(metrics) {
				metrics = l
			}
		}
		for _, g := range c.Given {
			metrics = g.values(c.data)
		}
	}
	out := tensor.New(tensor.Type{DType: tensor.Float64, Shape: c.Expect[0].Shape})
	for i := range out.F64 {
		out.F64[i] = s.Rate(base, i)
		if o, ok := s.(optim.Observer); ok && i < len(metrics) {
			o.Observe(metrics[i])
		}
	}
	return map[string]*tensor.Tensor{"schedule " + c.Expect[0].Name: out}, nil
}

// schedule is torch.optim.lr_scheduler's of that name.
func schedule(torch string, o options) (optim.Schedule, error) {
	name, list, _ := strings.Cut(torch, "(")
	name = strings.ToLower(name[strings.LastIndex(name, ".")+1:])
	switch name {
	case "constantlr":
		return optim.Constant{Factor: o.num("factor", 0), TotalIters: o.int("total_iters", 0)}, nil
	case "linearlr":
		return optim.Linear{StartFactor: o.num("start_factor", 0), EndFactor: o.given("end_factor", -1), TotalIters: o.int("total_iters", 0)}, nil
	case "steplr":
		return optim.Step{StepSize: o.int("step_size", 1), Gamma: o.num("gamma", 0)}, nil
	case "multisteplr":
		return optim.MultiStep{Milestones: o.ints("milestones"), Gamma: o.num("gamma", 0)}, nil
	case "exponentiallr":
		return optim.Exponential{Gamma: o.num("gamma", 1)}, nil
	case "polynomiallr":
		return optim.Polynomial{TotalIters: o.int("total_iters", 0), Power: o.num("power", 0)}, nil
	case "cosineannealinglr":
		return optim.CosineAnnealing{TMax: o.int("T_max", 1), EtaMin: o.num("eta_min", 0)}, nil
	case "cosineannealingwarmrestarts":
		return optim.CosineAnnealingWarmRestarts{T0: o.int("T_0", 1), TMult: o.int("T_mult", 1), EtaMin: o.num("eta_min", 0)}, nil
	case "onecyclelr":
		return optim.OneCycle{MaxLR: o.num("max_lr", 0), TotalSteps: o.int("total_steps", o.int("epochs", 0)*o.int("steps_per_epoch", 0)),
			PctStart: o.num("pct_start", 0), DivFactor: o.num("div_factor", 0), FinalDivFactor: o.num("final_div_factor", 0),
			AnnealStrategy: o.text("anneal_strategy"), ThreePhase: o.flag("three_phase")}, nil
	case "cycliclr":
		return optim.Cyclic{MaxLR: o.num("max_lr", 0), StepSizeUp: o.int("step_size_up", 0), StepSizeDown: o.int("step_size_down", 0),
			Mode: o.text("mode"), Gamma: o.num("gamma", 0)}, nil
	case "reducelronplateau":
		return &optim.Plateau{Mode: o.text("mode"), Factor: o.num("factor", 0), Patience: int(o.given("patience", -1)), Threshold: o.given("threshold", -1),
			ThresholdMode: o.text("threshold_mode"), Cooldown: o.int("cooldown", 0), MinLR: o.num("min_lr", 0), Eps: o.num("eps", 0)}, nil
	case "lambdalr", "multiplicativelr":
		text := ""
		for _, key := range []string{"formula", "lr_lambda", "lambda"} {
			if text == "" {
				text = o.text(key)
			}
		}
		f, err := parseFormula(text)
		if err != nil {
			return nil, &MissingError{fmt.Sprintf("%s with the formula %q: %v", torch, text, err)}
		}
		if name == "lambdalr" {
			return optim.Lambda(f), nil
		}
		return optim.Multiplicative(f), nil
	case "sequentiallr":
		of, err := members(list, o)
		return optim.Sequential{Schedules: of, Milestones: o.ints("milestones")}, err
	case "chainedscheduler":
		of, err := members(list, o)
		return optim.Chained(of), err
	}
	return nil, &MissingError{torch}
}

// members are the schedules that a schedule is made of: those of the argument
// schedulers, or those named in "[LinearLR,CosineAnnealingLR])" with arguments
// under a key each such as "linear" and "cosine".
func members(list string, o options) (of []optim.Schedule, err error) {
	add := func(name string, args options) {
		s, e := schedule(name, args)
		if of = append(of, s); err == nil {
			err = e
		}
	}
	items, _ := o["schedulers"].([]any)
	for _, item := range items {
		own, _ := item.(map[string]any)
		args, name := options(own), ""
		for _, key := range []string{"torch", "name", "type", "scheduler"} {
			if name == "" {
				name = args.text(key)
			}
		}
		if inner, ok := args["args"].(map[string]any); ok {
			args = inner
		}
		add(name, args)
	}
	if items != nil {
		return of, err
	}
	used := map[string]bool{}
	for _, name := range strings.Split(strings.Trim(list, "[]() "), ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		args := o
		for _, key := range slices.Sorted(maps.Keys(o)) {
			own, ok := o[key].(map[string]any)
			short := strings.TrimRight(strings.ReplaceAll(strings.ToLower(key), "_", ""), "0123456789")
			if ok && !used[key] && (strings.HasPrefix(strings.ToLower(name), short) || short == "warmup" && len(of) == 0) {
				args, used[key] = own, true
				break
			}
		}
		add(name, args)
	}
	return of, err
}
