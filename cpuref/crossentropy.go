package cpuref

import "math"

// CrossEntropyAttrs: rows labelled IgnoreIndex have loss and gradient 0
// (PyTorch's default is -100).
type CrossEntropyAttrs struct{ IgnoreIndex int }

// CrossEntropy is loss[i] = lse[i] - logits[i, label[i]] with
// lse[i] = log sum exp(logits[i, :]), the second output, for the gradient.
// logits are [N, C], labels int32 [N]. A label that is neither a class nor
// IgnoreIndex makes its row's loss NaN.
func CrossEntropy[T Float](a *Args[T]) {
	c := a.In[0].Shape[1]
	for i, label := range a.In[1].I {
		x := a.In[0].F[i*c : (i+1)*c]
		m, s := expSum(x, c, 1)
		loss := math.NaN()
		switch {
		case int(label) == a.Attrs.(CrossEntropyAttrs).IgnoreIndex:
			loss = 0
		case label >= 0 && int(label) < c:
			loss = m - float64(x[label]) + math.Log(s)
		}
		a.Out[0].F[i] = T(loss)
		if a.Out[1].Present() {
			a.Out[1].F[i] = T(m + math.Log(s))
		}
	}
}

// CrossEntropyGrad is dlogits[i, j] = (exp(logits[i, j] - lse[i]) - [j = label[i]])·dloss[i],
// from logits, labels, lse and dloss.
func CrossEntropyGrad[T Float](a *Args[T]) {
	c := a.In[0].Shape[1]
	for i, label := range a.In[1].I {
		x, dx := a.In[0].F[i*c:(i+1)*c], a.Out[0].F[i*c:(i+1)*c]
		lse, d := float64(a.In[2].F[i]), float64(a.In[3].F[i])
		switch {
		case int(label) == a.Attrs.(CrossEntropyAttrs).IgnoreIndex:
			clear(dx)
			continue
		case label < 0 || int(label) >= c:
			d = math.NaN()
		}
		for j, v := range x {
			p := math.Exp(float64(v) - lse)
			if j == int(label) {
				p--
			}
			dx[j] = T(p * d)
		}
	}
}
