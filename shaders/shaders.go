// Package shaders holds the GLSL compute shaders and their committed SPIR-V.
// NAME.comp is compiled to spv/NAME.spv by tools/glslc.sh; a line
// `// build: NAME FLAGS...` in a .comp names further builds of it. Code in
// several shaders stands in *.glsl and is included.
package shaders

import (
	"embed"
	"encoding/binary"
	"fmt"
	"path"
	"strings"
)

//go:embed spv
var spv embed.FS

const magic = 0x07230203 // the first word of every SPIR-V module

// SPIRV is the module's words, in the host's byte order. The error is that of a
// name that no build has, or of a file that isn't SPIR-V.
func SPIRV(name string) ([]uint32, error) {
	file := path.Join("spv", name+".spv")
	b, err := spv.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("shaders: no shader %q: is shaders/%s committed? tools/glslc.sh builds it", name, file)
	}
	if len(b) < 20 || len(b)%4 != 0 || binary.LittleEndian.Uint32(b) != magic {
		return nil, fmt.Errorf("shaders: shaders/%s is not SPIR-V (%d bytes): run tools/glslc.sh", file, len(b))
	}
	words := make([]uint32, len(b)/4)
	for i := range words {
		words[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return words, nil
}

// Names are the built shaders' names, sorted.
func Names() []string {
	files, _ := spv.ReadDir("spv") // an embedded folder: it is always there
	var names []string
	for _, f := range files {
		if name, ok := strings.CutSuffix(f.Name(), ".spv"); ok {
			names = append(names, name)
		}
	}
	return names
}
