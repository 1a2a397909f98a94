package graph

import "github.com/vulgo-ml/vulgo/cpuref"

// RNN runs one plain recurrent layer over a sequence: v is x·Wihᵀ + biases,
// [T, N, H]; whh is [H, H]; h0 is [N, H]. With h = relu(..) if relu, else tanh,
// it gives y [T, N, H] and the last h. nn.RNN is the comfortable form.
func (v Value) RNN(whh, h0 Value, relu, reverse bool) (y, h Value) {
	o := v.ops("rnn", cpuref.RNNAttrs{Relu: relu, Reverse: reverse}, whh, h0)
	return o[0], o[1]
}

// GRU runs one layer over a sequence: v is x·Wihᵀ + bih, [T, N, 3H], in gate
// order r, z, n; whh is [3H, H]; h0 is [N, H]; bhh [3H] may be the zero Value. It
// gives y [T, N, H] and the last h. nn.GRU is the comfortable form.
func (v Value) GRU(whh, h0, bhh Value, reverse bool) (y, h Value) {
	o := v.ops("gru", cpuref.GRUAttrs{Reverse: reverse}, whh, h0, bhh)
	return o[0], o[1]
}

// LSTM runs one layer over a sequence: v is x·Wihᵀ + biases, [T, N, 4H], in
// gate order i, f, g, o; whh is [4H, H]; h0 and c0 are [N, H]. It gives y
// [T, N, H] and the last h and c. nn.LSTM is the comfortable form.
func (v Value) LSTM(whh, h0, c0 Value, reverse bool) (y, h, c Value) {
	o := v.ops("lstm", cpuref.LSTMAttrs{Reverse: reverse}, whh, h0, c0)
	return o[0], o[1], o[2]
}
