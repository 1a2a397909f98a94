package kernels

// SliceRange is which elements Python's start:stop:step takes of n: size of them
// from first on, step apart. Negative places count from the end, those outside
// mean the border. ONNX's Slice counts the same way. A step of 0 counts as 1.
func SliceRange(n, start, stop, step int) (first, size int) {
	if step == 0 {
		step = 1
	}
	lo, hi := 0, n
	if step < 0 {
		lo, hi = -1, n-1
	}
	place := func(i int) int {
		if i < 0 {
			i += n
		}
		return min(max(i, lo), hi)
	}
	start, stop = place(start), place(stop)
	switch {
	case step > 0 && start < stop:
		return start, (stop-start-1)/step + 1
	case step < 0 && stop < start:
		return start, (start-stop-1)/-step + 1
	}
	return 0, 0
}
