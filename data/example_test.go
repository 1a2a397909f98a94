package data_test

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/data"
)

func ExampleDataLoader() {
	train, test, err := data.Glyphs(1, 1000, 200)
	if err != nil {
		fmt.Println(err)
		return
	}
	loader := &data.DataLoader{Dataset: train, BatchSize: 64, Shuffle: true, Seed: 1}
	fmt.Println(train.Len(), "pictures in", loader.Len(), "batches;", test.Len(), "of other faces to test")
	for batch, err := range loader.From(0, loader.Len()-1) {
		fmt.Println("the last:", batch[0].Type, batch[1].Type, err)
	}
	// Output:
	// 1000 pictures in 16 batches; 200 of other faces to test
	// the last: float32[40 1 28 28] int32[40] <nil>
}

func ExampleStreams() {
	corpus, err := data.NewCorpus("the cat sat on the mat and the dog sat on the log")
	if err != nil {
		fmt.Println(err)
		return
	}
	streams := &data.Streams{Tokens: corpus.Train, Time: 10, Batch: 2}
	for batch, err := range streams.From(0, 0) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(batch[0].Type, batch[1].Type)
	}
	// Output:
	// int32[10 2] int32[10 2]
	// int32[10 2] int32[10 2]
	// int32[2 2] int32[2 2]
}
