package nn

import "github.com/vulgo-ml/vulgo/graph"

// CrossEntropy is the mean over rows of log sum exp(logits) - logits[label],
// for logits [.., C] and int32 labels [..]; as torch.nn.functional.cross_entropy
// with the classes last. A label of graph.IgnoreIndex adds 0 to the mean, and its
// row is counted.
func CrossEntropy(logits, labels graph.Value) graph.Value {
	if s := logits.Shape(); len(s) > 2 {
		logits = logits.Reshape(-1, s[len(s)-1])
		labels = labels.Flatten(0)
	}
	return logits.CrossEntropyEach(labels).Mean()
}

// MSE is the mean of (x - y)², as torch.nn.functional.mse_loss.
func MSE(x, y graph.Value) graph.Value { return x.Sub(y).Square().Mean() }

// Accuracy is the fraction of rows of logits [.., C] whose largest element is
// the labels'.
func Accuracy(logits, labels graph.Value) graph.Value {
	return logits.Argmax(-1).Eq(labels).Float().Mean()
}
