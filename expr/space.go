package expr

import "fmt"

// MaxRank is the most dimensions a Space has once collapsed; MaxArgs the most
// arguments.
const (
	MaxRank = 8
	MaxArgs = 8
)

// Space is what an elementwise function runs over: the output's dimensions,
// outermost first, and for each argument the step between its elements along
// each (0 where it is broadcast). It is comparable, so equal calls stay equal.
type Space struct {
	N      int // elements of the output
	Rank   int // dimensions left after collapsing; at least 1
	Args   int
	Dim    [MaxRank]int
	Stride [MaxArgs][MaxRank]int
}

// Broadcast is the shape that shapes broadcast to by NumPy's rule; the error
// names the two that don't fit.
func Broadcast[S ~[]int](shapes ...S) (S, error) {
	rank := 0
	for _, s := range shapes {
		rank = max(rank, len(s))
	}
	out := make(S, rank)
	for i := range out {
		out[i] = 1
	}
	for _, s := range shapes {
		for i, d := range s {
			o := &out[len(out)-len(s)+i]
			switch {
			case *o == 1:
				*o = d
			case d != 1 && d != *o:
				return nil, fmt.Errorf("shapes %v don't broadcast", shapes)
			}
		}
	}
	return out, nil
}

// NewSpace is the space of an output of shape out, over contiguous row-major
// arguments of the given shapes, which must broadcast to out. Dimensions that
// every argument walks alike are joined; the error says that more than MaxRank
// are left.
func NewSpace[S ~[]int](out S, args ...S) (Space, error) {
	s := Space{N: 1, Args: len(args)}
	if len(args) > MaxArgs {
		return s, fmt.Errorf("%d arguments; an elementwise function takes %d at most", len(args), MaxArgs)
	}
	for _, d := range out {
		s.N *= d
	}
	strides := make([][]int, len(args)) // of each argument, in out's dimensions
	for a, shape := range args {
		strides[a] = make([]int, len(out))
		step := 1
		for i := len(shape) - 1; i >= 0; i-- {
			o := len(out) - len(shape) + i
			if o < 0 || shape[i] != 1 && shape[i] != out[o] {
				return s, fmt.Errorf("shape %v doesn't broadcast to %v", shape, out)
			}
			if shape[i] != 1 {
				strides[a][o] = step
			}
			step *= shape[i]
		}
	}
	for i, d := range out {
		if d == 1 {
			continue
		}
		if s.Rank > 0 && s.joins(strides, i, d) {
			s.Dim[s.Rank-1] *= d
		} else {
			if s.Rank == MaxRank {
				return s, fmt.Errorf("broadcast of %v to %v leaves more than %d dimensions", args, out, MaxRank)
			}
			s.Dim[s.Rank] = d
			s.Rank++
		}
		for a := range args {
			s.Stride[a][s.Rank-1] = strides[a][i]
		}
	}
	if s.Rank == 0 {
		s.Dim[0], s.Rank = 1, 1
	}
	return s, nil
}

// joins reports whether dimension i of size d continues the last one: a step
// there is d steps here, for each argument.
func (s *Space) joins(strides [][]int, i, d int) bool {
	for a := range strides {
		if s.Stride[a][s.Rank-1] != strides[a][i]*d {
			return false
		}
	}
	return true
}

// Scalar reports whether argument a is one element everywhere.
func (s *Space) Scalar(a int) bool {
	for _, st := range s.Stride[a][:s.Rank] {
		if st != 0 {
			return false
		}
	}
	return true
}

// Contiguous reports whether argument a has the output's own layout.
func (s *Space) Contiguous(a int) bool {
	step := 1
	for i := s.Rank - 1; i >= 0; i-- {
		if s.Stride[a][i] != step && s.Dim[i] != 1 {
			return false
		}
		step *= s.Dim[i]
	}
	return true
}

// gather copies the elements of argument a at outputs lo, lo+1, ... to dst.
func gather[E any](dst, src []E, s *Space, a, lo int) {
	var at [MaxRank]int // coordinates of output lo
	off := 0
	for i := s.Rank - 1; i >= 0; i-- {
		at[i] = lo % s.Dim[i]
		lo /= s.Dim[i]
		off += at[i] * s.Stride[a][i]
	}
	last := s.Rank - 1
	step := s.Stride[a][last]
	for len(dst) > 0 {
		n := min(len(dst), s.Dim[last]-at[last])
		if step == 0 {
			fill(dst[:n], src[off])
		} else if step == 1 {
			copy(dst[:n], src[off:])
		} else {
			for j := range dst[:n] {
				dst[j] = src[off+j*step]
			}
		}
		dst = dst[n:]
		off += n * step
		at[last] += n
		for i := last; i > 0 && at[i] == s.Dim[i]; i-- {
			off += s.Stride[a][i-1] - at[i]*s.Stride[a][i]
			at[i] = 0
			at[i-1]++
		}
	}
}

func fill[E any](dst []E, v E) {
	for i := range dst {
		dst[i] = v
	}
}
