package cpuref

// PoolGatherAttrs are the attributes of pool_gather: Pool is the pooling that
// the indices come from; without a Kernel or Adaptive size they are an
// unpooling's, each element at most once.
type PoolGatherAttrs struct{ Pool Pool3dAttrs }

// PoolGather: Y[n,c,o] = X[n,c,Idx[n,c,o]], a plane's elements counted in one; 0
// where Idx points outside.
// In: X [N,C,S..], Idx int32 [N,C,O..]. Out: Y as Idx.
func PoolGather[T Float](a *Args[T]) {
	x, idx, y := a.In[0], a.In[1], a.Out[0]
	from, to := planeOf(x.Shape), planeOf(y.Shape)
	for i, at := range idx.I {
		y.F[i] = 0
		if at >= 0 && int(at) < from {
			y.F[i] = x.F[i/to*from+int(at)]
		}
	}
}

// MaxUnpoolAttrs are the attributes of max_unpool: Size is that of a plane of
// the result.
type MaxUnpoolAttrs struct{ Size Ints }

// MaxUnpool: Y[n,c,Idx[n,c,o]] = X[n,c,o], the last o where several share an
// index; 0 elsewhere. An index outside the plane is left out.
// In: X [N,C,O..], Idx int32 as X. Out: Y [N,C,Size..].
func MaxUnpool[T Float](a *Args[T]) {
	x, idx, y := a.In[0], a.In[1], a.Out[0]
	clear(y.F)
	from, to := planeOf(x.Shape), planeOf(y.Shape)
	for i, at := range idx.I {
		if at >= 0 && int(at) < to {
			y.F[i/from*to+int(at)] = x.F[i]
		}
	}
}
