package report

import (
	"regexp"
	"strings"
)

// families are the tables of results, in their order; the first pattern that
// matches a row's name counts.
var families = []struct {
	name string
	rows *regexp.Regexp
}{
	{"Training steps", regexp.MustCompile(`^train/`)},
	{"Inference", regexp.MustCompile(`^infer`)},
	{"Matrix products", regexp.MustCompile(`^(matmul|bmm|linear)`)},
	{"Convolution", regexp.MustCompile(`^conv`)},
	{"Recurrent networks", regexp.MustCompile(`^(lstm|gru|rnn|linear_scan|reverse_sequence|pack)\b|^(lstm|gru|rnn)_grad`)},
	{"Attention", regexp.MustCompile(`attention`)},
	{"Normalisation and softmax", regexp.MustCompile(`_norm\b|_norm_grad|^norm_|softmax`)},
	{"Pooling and resampling", regexp.MustCompile(`pool|^resample`)},
	{"Losses", regexp.MustCompile(`cross_entropy|^ctc|^kl_div|^huber|^smooth_l1`)},
	{"Optimizers", regexp.MustCompile(`^(adam|adamw|sgd|rmsprop|adagrad|adadelta|adamax|nadam|radam|asgd|rprop|lion)/`)},
	{"Reductions, scans and sorting", regexp.MustCompile(`^(sum|mean|prod|var|amax|amin|argmax|argmin|root|root_grad|logsumexp|cum\w+|sort|topk|searchsorted)/`)},
	{"Moving and indexing", regexp.MustCompile(`^(embedding|gather|scatter|index_select|slice|pad|concat|permute|expand|detach|reshape|cast|to_\w+)(_grad)?/`)},
	{"Random numbers", regexp.MustCompile(`^(uniform|normal|dropout)/`)},
	{"Elementwise", regexp.MustCompile(``)},
}

func family(name string) string {
	if !strings.Contains(name, "/") {
		name += "/"
	}
	for _, f := range families {
		if f.rows.MatchString(name) {
			return f.name
		}
	}
	return ""
}
