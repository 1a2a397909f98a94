package cpuref

import "math"

// CTCAttrs: Blank is the class that stands for no label; with ZeroInfinity
// samples whose labels don't fit into their steps have loss and gradient 0
// instead of +Inf and NaN.
type CTCAttrs struct {
	Blank        int
	ZeroInfinity bool
}

// ctc is one sample: the labels with a blank before, between and after them,
// l'[0..states), over the first steps of the log probabilities.
type ctc[T Float] struct {
	x             []T // log probabilities [T, N, C]
	labels        []int32
	n, batch      int
	classes       int
	steps, states int
	blank         int
	wrong         bool // a length or a label that can't be
}

func newCTC[T Float](a *Args[T], n int) ctc[T] {
	x, labels := a.In[0], a.In[1]
	s := ctc[T]{
		x: x.F, n: n, batch: x.Shape[1], classes: x.Shape[2], blank: a.Attrs.(CTCAttrs).Blank,
		labels: labels.I[n*labels.Shape[1] : (n+1)*labels.Shape[1]],
		steps:  int(a.In[2].I[n]),
	}
	length := int(a.In[3].I[n])
	if s.steps < 0 || s.steps > x.Shape[0] || length < 0 || length > len(s.labels) {
		s.wrong = true
		return s
	}
	s.labels, s.states = s.labels[:length], 2*length+1
	for _, c := range s.labels {
		s.wrong = s.wrong || c < 0 || int(c) >= s.classes
	}
	return s
}

// class is l'[i].
func (s *ctc[T]) class(i int) int {
	if i%2 == 0 {
		return s.blank
	}
	return int(s.labels[i/2])
}

// skips tells whether a path may go from l'[i-2] straight to l'[i]: not past a
// blank between equal labels.
func (s *ctc[T]) skips(i int) bool {
	return i%2 == 1 && i >= 2 && s.class(i) != s.class(i-2)
}

func (s *ctc[T]) logProb(t, i int) float64 {
	return float64(s.x[(t*s.batch+s.n)*s.classes+s.class(i)])
}

// at is element (t, n, i) of an [T, N, states] array.
func (s *ctc[T]) at(p Arg[T], t, i int) *T {
	return &p.F[(t*s.batch+s.n)*p.Shape[2]+i]
}

// through is the logarithm of what passes l'[i] at step t: alpha and beta both
// count x there.
func (s *ctc[T]) through(alpha, beta Arg[T], t, i int) float64 {
	a, b := float64(*s.at(alpha, t, i)), float64(*s.at(beta, t, i))
	if math.IsInf(a, -1) || math.IsInf(b, -1) {
		return math.Inf(-1)
	}
	return a + b - s.logProb(t, i)
}

// logSum is log(e^a + e^b + e^c).
func logSum(a, b, c float64) float64 {
	m := max(a, b, c)
	if math.IsInf(m, -1) {
		return m
	}
	return m + math.Log(math.Exp(a-m)+math.Exp(b-m)+math.Exp(c-m))
}

// CTCLoss is the negative logarithm of the probability of the labels, summed
// over every way to lay them along the steps with blanks between and repeats
// (Graves et al., Connectionist Temporal Classification, ICML 2006):
//
//	alpha[t, i] = x[t, l'[i]] + log(e^alpha[t-1, i] + e^alpha[t-1, i-1] + e^alpha[t-1, i-2])
//
// the last term only where l'[i] is a label unlike l'[i-2]. In: log probabilities
// x [T, N, C], labels int32 [N, S], how many steps of each sample count int32
// [N], and how many labels int32 [N]. Out: loss [N]; alpha [T, N, 2S+1], for the
// gradient, -Inf past a sample's end. A length out of range, or a label that is
// no class, makes the sample's loss NaN.
func CTCLoss[T Float](a *Args[T]) {
	for n := range a.In[0].Shape[1] {
		CTCLossOf(a, n)
	}
}

// CTCLossOf is CTCLoss of sample n alone.
func CTCLossOf[T Float](a *Args[T], n int) {
	s, alpha := newCTC(a, n), a.Out[1]
	for t := range a.In[0].Shape[0] {
		for i := range alpha.Shape[2] {
			*s.at(alpha, t, i) = T(math.Inf(-1))
		}
	}
	if s.wrong {
		a.Out[0].F[n] = T(math.NaN())
		return
	}
	for t := range s.steps {
		for i := range s.states {
			from := math.Inf(-1)
			switch {
			case t > 0:
				stay, next, skip := float64(*s.at(alpha, t-1, i)), math.Inf(-1), math.Inf(-1)
				if i >= 1 {
					next = float64(*s.at(alpha, t-1, i-1))
				}
				if s.skips(i) {
					skip = float64(*s.at(alpha, t-1, i-2))
				}
				from = logSum(stay, next, skip)
			case i < 2: // a path starts with a blank or the first label
				from = 0
			}
			*s.at(alpha, t, i) = T(from + s.logProb(t, i))
		}
	}
	total := math.Inf(-1)
	switch {
	case s.steps == 0 && s.states == 1: // nothing to say in no time
		total = 0
	case s.steps == 0:
	case s.states == 1:
		total = float64(*s.at(alpha, s.steps-1, 0))
	default:
		total = logSum(float64(*s.at(alpha, s.steps-1, s.states-1)), float64(*s.at(alpha, s.steps-1, s.states-2)), math.Inf(-1))
	}
	if math.IsInf(total, -1) && a.Attrs.(CTCAttrs).ZeroInfinity {
		total = 0
	}
	a.Out[0].F[n] = T(-total)
}

// CTCLossGrad is the gradient by the log probabilities: minus the probability,
// given the labels, that a path is at class c at step t,
//
//	dx[t, n, c] = -dloss[n] · sum over l'[i] = c of e^(alpha[t, i] + beta[t, i] - x[t, c]) / the same over all i
//
// where beta is alpha from the other end. In: x, labels, steps, lengths as
// CTCLoss, its alpha, dloss [N]. Out: dx [T, N, C]; beta [T, N, 2S+1].
func CTCLossGrad[T Float](a *Args[T]) {
	for n := range a.In[0].Shape[1] {
		CTCLossGradOf(a, n)
	}
}

// CTCLossGradOf is CTCLossGrad of sample n alone.
func CTCLossGradOf[T Float](a *Args[T], n int) {
	s, alpha, beta := newCTC(a, n), a.In[4], a.Out[1]
	dloss := float64(a.In[5].F[n])
	for t := range a.In[0].Shape[0] {
		dx := a.Out[0].F[(t*s.batch+n)*s.classes:][:s.classes]
		for c := range dx {
			dx[c] = 0
			if s.wrong {
				dx[c] = T(math.NaN())
			}
		}
		for i := range beta.Shape[2] {
			*s.at(beta, t, i) = T(math.Inf(-1))
		}
	}
	if s.wrong {
		return
	}
	for t := s.steps - 1; t >= 0; t-- {
		for i := range s.states {
			to := math.Inf(-1)
			switch {
			case t < s.steps-1:
				stay, next, skip := float64(*s.at(beta, t+1, i)), math.Inf(-1), math.Inf(-1)
				if i+1 < s.states {
					next = float64(*s.at(beta, t+1, i+1))
				}
				if i+2 < s.states && s.skips(i+2) {
					skip = float64(*s.at(beta, t+1, i+2))
				}
				to = logSum(stay, next, skip)
			case i >= s.states-2:
				to = 0
			}
			*s.at(beta, t, i) = T(to + s.logProb(t, i))
		}
	}
	for t := range s.steps {
		// Every path is somewhere at step t, so that the sum over the states is
		// e^-loss, and rounding cancels if it is taken here.
		dx, most, sum := a.Out[0].F[(t*s.batch+n)*s.classes:][:s.classes], math.Inf(-1), 0.0
		for i := range s.states {
			most = max(most, s.through(alpha, beta, t, i))
		}
		if math.IsInf(most, -1) { // no path at all
			for c := range dx {
				if dx[c] = T(math.NaN()); a.Attrs.(CTCAttrs).ZeroInfinity {
					dx[c] = 0
				}
			}
			continue
		}
		for i := range s.states {
			sum += math.Exp(s.through(alpha, beta, t, i) - most)
		}
		for i := range s.states {
			dx[s.class(i)] -= T(dloss * math.Exp(s.through(alpha, beta, t, i)-most) / sum)
		}
	}
}
