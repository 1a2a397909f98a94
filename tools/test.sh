#!/usr/bin/env bash
# The checks behind `make test`: lint, cross builds, every test on every device
# with validation, the tests without cgo, the race detector.
#
#   tools/test.sh           all of them
#   tools/test.sh lint      gofmt, vet, staticcheck
#   tools/test.sh env CMD   runs CMD with the devices and the validation of `make test`
#
# VULGO_TEST_DEVICES (cpu,lavapipe,swiftshader): what must be there; a test
# fails where one of them is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

staticcheck="go tool -modfile=tools/staticcheck.mod staticcheck" # pinned there, so that users do not fetch it
step() { printf '\n== %s (%d s)\n' "$*" "$SECONDS"; }

lint() {
  step gofmt
  local unformatted
  unformatted=$(git ls-files -z --cached --others --exclude-standard '*.go' | xargs -0 -r ls 2>/dev/null | xargs -r gofmt -l)
  [ -z "$unformatted" ] || { echo "gofmt -w wants: $unformatted"; exit 1; }
  step vet
  go vet ./...
  CGO_ENABLED=0 go vet ./...
  step staticcheck
  $staticcheck ./...
}

cross() {
  local platform
  for platform in linux/arm64 windows/amd64 darwin/arm64 js/wasm; do
    step "build for $platform"
    CGO_ENABLED=0 GOOS=${platform%/*} GOARCH=${platform#*/} go build ./...
  done
}

devices() { # runs "$@" with both drivers and validation
  local drivers
  drivers=$(tools/setup.sh drivers)
  env VK_DRIVER_FILES="$drivers" VK_ICD_FILENAMES="$drivers" \
    VULGO_VALIDATE="${VULGO_VALIDATE-core,sync}" \
    VULGO_TEST_DEVICES="${VULGO_TEST_DEVICES:-cpu,lavapipe,swiftshader}" "$@"
}

# Where goroutines meet; race detection is an order slower, so not everywhere.
raced=(./cpuref/fast/... ./data/... ./engine/... ./train/...)

case ${1:-all} in
  lint) lint ;;
  env) shift; devices "$@" ;;
  all)
    lint
    cross
    step "tests on ${VULGO_TEST_DEVICES:-cpu,lavapipe,swiftshader}"
    devices go test -timeout 15m ./...
    step "tests without cgo"
    CGO_ENABLED=0 VULGO_TEST_DEVICES=cpu go test -timeout 10m ./...
    step "race detector: ${raced[*]}"
    packages=$(go list -e -f '{{if .GoFiles}}{{.ImportPath}}{{end}}' "${raced[@]}" 2>/dev/null)
    devices go test -race -short -timeout 15m $packages
    step "all passed"
    ;;
  *) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"; exit 2 ;;
esac
