package data

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"os"

	"github.com/vulgo-ml/vulgo/tensor"
)

// IDX is an array of unsigned bytes from an IDX file, MNIST's format:
// 0 0 8 rank, rank big-endian uint32 sizes, then the bytes, row-major.
type IDX struct {
	Shape tensor.Shape
	Data  []byte
}

const maxIDX = 1 << 30 // bytes; the largest set of the family, EMNIST, has 0.6e9

// ReadIDXFile reads an IDX file of bytes, gzipped or not.
func ReadIDXFile(path string) (*IDX, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	defer f.Close()
	x, err := ReadIDX(f)
	if err != nil {
		return nil, fmt.Errorf("data: %s: %w", path, err)
	}
	return x, nil
}

// ReadIDX reads an array of bytes to the end of r, gzipped or not. It takes
// memory for what is there, not for what the header says.
func ReadIDX(r io.Reader) (*IDX, error) {
	buf := bufio.NewReader(r)
	r = buf
	if head, _ := buf.Peek(2); bytes.Equal(head, []byte{0x1f, 0x8b}) {
		zip, err := gzip.NewReader(buf)
		if err != nil {
			return nil, fmt.Errorf("idx: %w", err)
		}
		r = zip
	}
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, fmt.Errorf("idx: the header is cut off: %w", err)
	}
	switch {
	case head[0] != 0 || head[1] != 0:
		return nil, fmt.Errorf("idx: starts with % x, not with 00 00: not an IDX file", head[:2])
	case head[2] != 8:
		return nil, fmt.Errorf("idx: elements of type %#02x; only unsigned bytes (0x08) are read", head[2])
	case head[3] < 1 || head[3] > 4:
		return nil, fmt.Errorf("idx: %d dimensions; 1 to 4 are read", head[3])
	}
	x := &IDX{}
	total := 1
	for i := range int(head[3]) {
		var size [4]byte
		if _, err := io.ReadFull(r, size[:]); err != nil {
			return nil, fmt.Errorf("idx: the header is cut off at size %d: %w", i, err)
		}
		n := int64(binary.BigEndian.Uint32(size[:]))
		if n == 0 || int64(total) > maxIDX/n {
			return nil, fmt.Errorf("idx: size %d is %d: an array has 1 to %d bytes", i, n, maxIDX)
		}
		total *= int(n)
		x.Shape = append(x.Shape, int(n))
	}
	var data bytes.Buffer // grows with what is read
	if _, err := io.Copy(&data, io.LimitReader(r, int64(total)+1)); err != nil {
		return nil, fmt.Errorf("idx: after %d of %d bytes: %w", data.Len(), total, err)
	}
	if data.Len() != total {
		return nil, fmt.Errorf("idx: the header says %v, %d bytes, but there are %s", x.Shape, total, atLeast(data.Len(), total))
	}
	x.Data = data.Bytes()
	return x, nil
}

func atLeast(n, limit int) string {
	if n > limit {
		return "more"
	}
	return fmt.Sprintf("only %d", n)
}
