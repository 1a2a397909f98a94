package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// unit is what a time is told in.
type unit struct {
	name string
	ns   float64
}

func unitOf(ns float64) unit {
	for _, u := range []unit{{"s", 1e9}, {"ms", 1e6}, {"µs", 1e3}} {
		if ns >= u.ns*0.9995 {
			return u
		}
	}
	return unit{"ns", 1}
}

// figure has three digits: 0.0123, 3.40, 128,000; nothing for what isn't there.
func figure(v float64) string {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return ""
	}
	size := func() int { return int(math.Floor(math.Log10(math.Abs(v)))) }
	if size() < -4 {
		return fmt.Sprintf("%.1e", v)
	}
	r := math.Pow(10, float64(size()-2))
	v = math.Round(v/r) * r // which may have made it longer
	return thousands(strconv.FormatFloat(v, 'f', max(0, 2-size()), 64))
}

func thousands(s string) string {
	whole, part, dot := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0 && whole[i-1] != '-'; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if dot {
		return whole + "." + part
	}
	return whole
}

func duration(ns float64) string {
	u := unitOf(ns)
	return figure(ns/u.ns) + " " + u.name
}

// interval is in the median's unit.
func interval(lo, median, hi float64) string {
	u := unitOf(median)
	return figure(lo/u.ns) + "–" + figure(hi/u.ns) + " " + u.name
}

func share(v float64) string {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return ""
	}
	if v < 0.0995 {
		return fmt.Sprintf("%.1f %%", 100*v)
	}
	return fmt.Sprintf("%.0f %%", 100*v)
}

func ratio(v float64) string {
	if s := figure(v); s != "" {
		return s + "×"
	}
	return ""
}

func relErr(v float64) string {
	if v == 0 {
		return "0"
	}
	return fmt.Sprintf("%.1e", v)
}

func gib(bytes int) string {
	if bytes == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f GiB", float64(bytes)/(1<<30))
}
