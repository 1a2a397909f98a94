// Package nn holds layers as plain structs, with PyTorch's names, layouts,
// defaults and initialisation. A model is a struct of layers; Init gives its
// variables names from the field path (conv1.weight) and initial values, and
// Forward adds the layer's ops to a graph:
//
//	type Net struct{ Hidden, Out nn.Linear }
//
//	func (n *Net) Forward(x graph.Value) graph.Value {
//		return n.Out.Forward(n.Hidden.Forward(x).Relu())
//	}
//
//	net := &Net{Hidden: nn.Linear{In: 784, Out: 128}, Out: nn.Linear{In: 128, Out: 10}}
//	vars, err := nn.Init(net, 1) // train.Fit does it for its Model
package nn

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"unicode"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Module is a model or layer of one input and one output: what train.Fit takes as
// Model, unless it has a Step.
type Module interface {
	Forward(x graph.Value) graph.Value
}

// Layer has variables of its own. A type of one's own becomes a layer by its
// Build, on the pointer; its Forward may have any form.
type Layer interface {
	// Build checks the layer's options and makes its variables; Init calls it
	// once for each layer.
	Build(s *Scope) error
}

// Scope makes a layer's variables, named after the field the layer is in.
type Scope struct {
	prefix string
	m      *registry
}

type registry struct {
	seed  uint64
	vars  []*graph.Variable
	names map[string]bool
	built map[any]bool
	err   error
}

// Param makes a trainable float32 variable; init draws its first values, from a
// stream of random numbers that is the variable's own.
func (s *Scope) Param(name string, init Initializer, shape ...int) *graph.Variable {
	return s.variable(name, init, true, shape)
}

// Buffer makes a float32 variable that is saved but not trained.
func (s *Scope) Buffer(name string, init Initializer, shape ...int) *graph.Variable {
	return s.variable(name, init, false, shape)
}

// Part is a layer within a layer, with its name there.
type Part struct {
	Name  string
	Layer Layer
}

// Parts builds the parts of a layer that sets their options itself.
func (s *Scope) Parts(parts ...Part) error {
	for _, p := range parts {
		if err := p.Layer.Build(&Scope{join(s.prefix, p.Name), s.m}); err != nil {
			return err
		}
	}
	return nil
}

// Counter makes an int32 variable of rank 0 that starts at 0, is saved and not
// trained.
func (s *Scope) Counter(name string) *graph.Variable {
	v := s.variable(name, nil, false, nil)
	v.Type, v.Init = tensor.I32(), nil
	return v
}

func (s *Scope) variable(name string, init Initializer, train bool, shape []int) *graph.Variable {
	full := join(s.prefix, name)
	if s.m.names[full] && s.m.err == nil {
		s.m.err = fmt.Errorf("nn: two variables are named %q", full)
	}
	s.m.names[full] = true
	// Each variable draws from a stream of its own, so that adding a layer
	// doesn't change the others' values.
	rng := tensor.Philox{Seed: s.m.seed, Stream: uint64(len(s.m.vars) + 1)}
	v := &graph.Variable{Name: full, Type: tensor.F32(shape...), Trainable: train}
	v.Init = func() *tensor.Tensor {
		t, r := tensor.New(tensor.F32(shape...)), rng
		init(&r, t.F32)
		return t
	}
	s.m.vars = append(s.m.vars, v)
	return v
}

// Initializer fills a variable's initial values, row-major.
type Initializer func(rng *tensor.Philox, x []float32)

// UniformInit draws from [-bound, bound).
func UniformInit(bound float64) Initializer {
	return func(rng *tensor.Philox, x []float32) {
		for i := range x {
			x[i] = float32(rng.Uniform(-bound, bound))
		}
	}
}

// NormalInit draws from the normal distribution (Box-Muller).
func NormalInit(mean, std float64) Initializer {
	return func(rng *tensor.Philox, x []float32) {
		for i := range x {
			r := math.Sqrt(-2 * math.Log(1-rng.Float64()))
			x[i] = float32(mean + std*r*math.Cos(2*math.Pi*rng.Float64()))
		}
	}
}

// ConstInit sets every element.
func ConstInit(v float64) Initializer {
	return func(_ *tensor.Philox, x []float32) {
		for i := range x {
			x[i] = float32(v)
		}
	}
}

// ValuesInit copies given values; those left over stay 0.
func ValuesInit(v ...float32) Initializer {
	return func(_ *tensor.Philox, x []float32) { copy(x, v) }
}

// Init builds every layer of a model: the exported fields of the struct that
// model points to, in order, also within structs, slices, arrays and pointers.
// It returns the variables in that order. A variable's name is the path of field
// names to it in snake case, elements of slices by their index; a tag
// `vulgo:"name"` names a field otherwise, `vulgo:"-"` leaves it out. A layer in an unexported field is an
// error, since it couldn't be saved; a layer behind two pointers is built once.
func Init(model any, seed uint64) ([]*graph.Variable, error) {
	m := &registry{seed: seed, names: map[string]bool{}, built: map[any]bool{}}
	v := reflect.ValueOf(model)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return nil, fmt.Errorf("nn: Init wants a pointer to a model, got %T", model)
	}
	if err := m.walk("", v); err != nil {
		return nil, err
	}
	return m.vars, m.err
}

var layerType = reflect.TypeFor[Layer]()

func (m *registry) walk(path string, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		if m.built[v.Interface()] {
			return nil
		}
		m.built[v.Interface()] = true
		if l, ok := v.Interface().(Layer); ok {
			return l.Build(&Scope{path, m})
		}
		return m.walk(path, v.Elem())
	case reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return m.walk(path, v.Elem())
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if err := m.item(join(path, strconv.Itoa(i)), v.Index(i)); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() {
				if holdsLayer(f.Type, 0) {
					return fmt.Errorf("nn: field %s of %v holds a layer but is not exported, so it can't be named or saved", f.Name, v.Type())
				}
				continue
			}
			name := snake(f.Name)
			if tag, ok := f.Tag.Lookup("vulgo"); ok {
				name = tag
			}
			if f.Anonymous {
				name = ""
			}
			if err := m.item(join(path, name), v.Field(i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// item walks a field or element by its address, so that layers may be values.
func (m *registry) item(path string, v reflect.Value) error {
	if v.Kind() != reflect.Pointer && v.Kind() != reflect.Interface && v.CanAddr() {
		if l, ok := v.Addr().Interface().(Layer); ok {
			return l.Build(&Scope{path, m})
		}
	}
	return m.walk(path, v)
}

func holdsLayer(t reflect.Type, depth int) bool {
	if depth > 4 {
		return false
	}
	if t.Implements(layerType) || reflect.PointerTo(t).Implements(layerType) {
		return true
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return holdsLayer(t.Elem(), depth+1)
	case reflect.Struct:
		for i := range t.NumField() {
			if holdsLayer(t.Field(i).Type, depth+1) {
				return true
			}
		}
	}
	return false
}

// Trainable picks the parameters, which an optimizer updates, and leaves out the
// buffers. To freeze a part of a model, leave out its parameters too.
func Trainable(vars []*graph.Variable) []*graph.Variable {
	var ps []*graph.Variable
	for _, v := range vars {
		if v.Trainable {
			ps = append(ps, v)
		}
	}
	return ps
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "." + b
}

// snake writes FieldName as field_name and Conv2 as conv2.
func snake(s string) string {
	var b strings.Builder
	runes := []rune(s)
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
