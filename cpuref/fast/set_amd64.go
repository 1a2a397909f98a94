package fast

import "golang.org/x/sys/cpu"

func detect() []*set {
	var found []*set
	x := &cpu.X86 // these flags also say that the OS keeps the registers
	if x.HasAVX2 && x.HasFMA && x.HasBMI2 {
		if x.HasAVX512F && x.HasAVX512DQ && x.HasAVX512BW && x.HasAVX512VL {
			found = append(found, avx512())
		}
		found = append(found, avx2())
	}
	return append(found, plain())
}

func avx512() *set {
	return &set{
		name: "avx512", mr: 12, nr: 32, lanes: 16, mc: 192, kc: 384, flops: 120,
		tiles: [][]tileFunc{
			{tile1x16AVX512, tile2x16AVX512, tile3x16AVX512, tile4x16AVX512, tile5x16AVX512, tile6x16AVX512,
				tile7x16AVX512, tile8x16AVX512, tile9x16AVX512, tile10x16AVX512, tile11x16AVX512, tile12x16AVX512},
			{tile1x32AVX512, tile2x32AVX512, tile3x32AVX512, tile4x32AVX512, tile5x32AVX512, tile6x32AVX512,
				tile7x32AVX512, tile8x32AVX512, tile9x32AVX512, tile10x32AVX512, tile11x32AVX512, tile12x32AVX512},
		},
		vector: vector{
			exp:            expAVX512,
			log:            logAVX512,
			tanh:           tanhAVX512,
			sigmoid:        sigmoidAVX512,
			erf:            erfAVX512,
			add:            addAVX512,
			maximum:        maximumAVX512,
			addMul:         addMulAVX512,
			multiply:       multiplyAVX512,
			subtract:       subtractAVX512,
			scale:          scaleAVX512,
			shift:          shiftAVX512,
			expShift:       expShiftAVX512,
			softmaxGrad:    softmaxGradAVX512,
			logSoftmaxGrad: logSoftmaxGradAVX512,
			sum:            sumAVX512,
			max:            maxAVX512,
			dot:            dotAVX512,
			expSum:         expSumAVX512,
		},
		normer: normer{affineAVX512, affineRowAVX512, normGradAVX512, squaresAVX512, dotShiftAVX512},
		convolver: convolver{
			taps:      []tapsFunc{taps1AVX512, taps2AVX512, taps3AVX512, taps4AVX512, taps5AVX512, taps6AVX512, taps7AVX512, taps8AVX512, taps9AVX512, taps10AVX512, taps11AVX512, taps12AVX512},
			grad:      []gradFunc{grad1AVX512, grad2AVX512, grad3AVX512, grad4AVX512, grad5AVX512, grad6AVX512, grad7AVX512, grad8AVX512},
			copyBlock: copyBlockAVX512,
		},
		cells:      cells{lstmCellAVX512, lstmCellGradAVX512},
		optimizer:  optimizer{sgdAVX512, sgdMomentumAVX512, sgdNesterovAVX512, adamAVX512, amsgradAVX512},
		windows:    pools(),
		limits:     limits{192, fmaChainAVX512, triadAVX512},
		drawer:     drawer{8, philoxAVX512, uniformAVX512, normalAVX512, dropoutAVX512},
		caster:     caster{widen16AVX512, widenB16AVX512, narrow16AVX512, narrowB16AVX512},
		chooser:    chooser{maxAVX512, minAVX512, magnitudeAVX512, moreAVX512, lessAVX512},
		transpose8: transpose8AVX2, copyRows: copyRowsAVX2,
	}
}

func avx2() *set {
	return &set{
		name: "avx2", mr: 6, nr: 16, lanes: 8, mc: 96, kc: 384, flops: 60,
		tiles: [][]tileFunc{
			{tile1x8AVX2, tile2x8AVX2, tile3x8AVX2, tile4x8AVX2, tile5x8AVX2, tile6x8AVX2},
			{tile1x16AVX2, tile2x16AVX2, tile3x16AVX2, tile4x16AVX2, tile5x16AVX2, tile6x16AVX2},
		},
		vector: vector{
			exp:            expAVX2,
			log:            logAVX2,
			tanh:           tanhAVX2,
			sigmoid:        sigmoidAVX2,
			erf:            erfAVX2,
			add:            addAVX2,
			maximum:        maximumAVX2,
			addMul:         addMulAVX2,
			multiply:       multiplyAVX2,
			subtract:       subtractAVX2,
			scale:          scaleAVX2,
			shift:          shiftAVX2,
			expShift:       expShiftAVX2,
			softmaxGrad:    softmaxGradAVX2,
			logSoftmaxGrad: logSoftmaxGradAVX2,
			sum:            sumAVX2,
			max:            maxAVX2,
			dot:            dotAVX2,
			expSum:         expSumAVX2,
		},
		normer: normer{affineAVX2, affineRowAVX2, normGradAVX2, squaresAVX2, dotShiftAVX2},
		convolver: convolver{
			taps:      []tapsFunc{taps1AVX2, taps2AVX2, taps3AVX2, taps4AVX2, taps5AVX2, taps6AVX2},
			grad:      []gradFunc{grad1AVX2, grad2AVX2, grad3AVX2, grad4AVX2, grad5AVX2, grad6AVX2},
			copyBlock: copyBlockAVX2,
		},
		cells:      cells{lstmCellAVX2, lstmCellGradAVX2},
		optimizer:  optimizer{sgdAVX2, sgdMomentumAVX2, sgdNesterovAVX2, adamAVX2, amsgradAVX2},
		windows:    pools(),
		limits:     limits{96, fmaChainAVX2, triadAVX2},
		drawer:     drawer{4, philoxAVX2, uniformAVX2, normalAVX2, dropoutAVX2},
		caster:     caster{widen16AVX2, widenB16AVX2, narrow16AVX2, narrowB16AVX2},
		chooser:    chooser{maxAVX2, minAVX2, magnitudeAVX2, moreAVX2, lessAVX2},
		transpose8: transpose8AVX2, copyRows: copyRowsAVX2,
	}
}

func pools() windows {
	return windows{
		maxPool:      []windowFunc{maxPool1, maxPool2},
		maxPoolIndex: []windowIndexFunc{maxPoolIndex1, maxPoolIndex2},
		sumPool:      []windowFunc{sumPool1, sumPool2},
	}
}
