# What a person runs. Each target is a script under tools/ or a go command.
.PHONY: help demo test accept shaders shaders-check bench bench-readme peers lint docs generate clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## set up a Vulkan driver, train on the glyphs, compare the devices
	@tools/setup.sh demo
	go run ./cmd/vulgo demo

test: ## set up the tools, then lint and every test on every device (under 20 minutes)
	@tools/setup.sh test
	@tools/glslc.sh --check
	@tools/test.sh

accept: ## the long checks: data sets, every variant, fuzzing; prints a table
	@tools/setup.sh test
	@tools/accept.sh

shaders: ## compile the GLSL that changed to shaders/spv
	@tools/glslc.sh

shaders-check: ## fail if a committed SPIR-V differs from its source
	@tools/glslc.sh --check

bench: ## time every op and training step on the device of VULGO_DEVICE
	go run ./cmd/bench

bench-readme: ## write the READMEs' table from docs/bench (bench -report docs/bench measures)
	go run ./cmd/bench report -readme docs/bench/results.jsonl README.md README.zh.md

peers: ## install what bench -peers compares with: PyTorch, OpenBLAS, Go libraries
	@tools/peers.sh

lint: ## gofmt, vet, staticcheck, the rules of internal/lint
	@tools/test.sh lint
	@go test ./internal/lint

docs: ## write docs/ops.md from the op table
	@go test ./internal/opdoc -run ThePageIsTheTable -update

generate: ## write the generated sources again (assembly of cpuref/fast)
	go generate ./...

clean: ## remove what runs leave behind
	rm -rf out
	go clean -testcache
