package engine

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Dict is some of a State's variables by name, as a state_dict: what a
// checkpoint saves and loads.
type Dict struct {
	st   *State
	vars []*graph.Variable
	by   map[string]*graph.Variable
}

// Dict is the given variables of the State by their names; checkpoint.Save writes
// it and checkpoint.Load fills it.
func (s *State) Dict(vars []*graph.Variable) *Dict {
	d := &Dict{st: s, vars: vars, by: map[string]*graph.Variable{}}
	for _, v := range vars {
		d.by[v.Name] = v
	}
	return d
}

// Names lists the variables in order.
func (d *Dict) Names() []string {
	names := make([]string, len(d.vars))
	for i, v := range d.vars {
		names[i] = v.Name
	}
	return names
}

// Type is a variable's type; absent if there is none of that name.
func (d *Dict) Type(name string) tensor.Type {
	if v := d.by[name]; v != nil {
		return v.Type
	}
	return tensor.Type{}
}

// Tensor copies a variable's value to the host.
func (d *Dict) Tensor(name string) (*tensor.Tensor, error) {
	v := d.by[name]
	if v == nil {
		return nil, fmt.Errorf("engine: no variable %q", name)
	}
	return d.st.Get(v)
}

// SetTensor gives a variable a value of its own type and shape.
func (d *Dict) SetTensor(name string, t *tensor.Tensor) error {
	v := d.by[name]
	if v == nil {
		return fmt.Errorf("engine: no variable %q", name)
	}
	return d.st.Set(v, t)
}
