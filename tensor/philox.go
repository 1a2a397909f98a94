package tensor

// Philox is the counter-based generator Philox4x32-10 (Salmon et al., SC'11):
// block i of a stream is a pure function of (key, i), so host and devices draw
// the same bits in any order. The zero value is stream 0 of seed 0.
type Philox struct {
	Seed   uint64 // key
	Stream uint64 // high half of the counter: independent streams of one seed
	next   uint64 // next block
	buf    [4]uint32
	left   int
}

// PhiloxBlock is the four words of one block.
func PhiloxBlock(key, hi, lo uint64) [4]uint32 {
	c := [4]uint32{uint32(lo), uint32(lo >> 32), uint32(hi), uint32(hi >> 32)}
	k0, k1 := uint32(key), uint32(key>>32)
	for range 10 {
		p0 := uint64(0xD2511F53) * uint64(c[0])
		p1 := uint64(0xCD9E8D57) * uint64(c[2])
		c = [4]uint32{uint32(p1>>32) ^ c[1] ^ k0, uint32(p1), uint32(p0>>32) ^ c[3] ^ k1, uint32(p0)}
		k0 += 0x9E3779B9
		k1 += 0xBB67AE85
	}
	return c
}

// Uint32 is the stream's next word.
func (p *Philox) Uint32() uint32 {
	if p.left == 0 {
		p.buf = PhiloxBlock(p.Seed, p.Stream, p.next)
		p.next++
		p.left = 4
	}
	p.left--
	return p.buf[3-p.left]
}

// Float64 is uniform in [0, 1), from 24 bits so that float32 holds it exactly.
func (p *Philox) Float64() float64 { return float64(p.Uint32()>>8) / (1 << 24) }

// Uniform is uniform in [lo, hi).
func (p *Philox) Uniform(lo, hi float64) float64 { return lo + (hi-lo)*p.Float64() }

// Intn is uniform in [0, n) (by multiplication; the bias is under n/2^32).
func (p *Philox) Intn(n int) int { return int(uint64(p.Uint32()) * uint64(n) >> 32) }

// Perm is a random permutation of 0..n-1 (Fisher-Yates).
func (p *Philox) Perm(n int) []int {
	s := make([]int, n)
	for i := range s {
		j := p.Intn(i + 1)
		s[i] = s[j]
		s[j] = i
	}
	return s
}
