#!/usr/bin/env bash
# Installs what cmd/bench can be compared with, as far as it can be had here:
#
#   PyTorch     Debian's python3-torch, if no Python can import torch
#   OpenBLAS    Debian's libopenblas-dev, and a C compiler
#   Go peers    tools/peers: Gonum, OpenBLAS, GoMLX, Gorgonia and spaGO, each a
#               program of its own in tools/peers/work
#
# Packages are printed with their sizes and installed only as root or through
# `sudo -n`; nothing asks. VULGO_SETUP=off installs no package and says what is
# missing. A peer that can't be had is named and left out; that isn't a failure.
set -uo pipefail
cd "$(dirname "$0")/.."
export DEBIAN_FRONTEND=noninteractive

say() { echo "peers: $*"; }
can_root() { [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n DEBIAN_FRONTEND=noninteractive "$@"; fi; }
apt=(apt-get -qq -o Acquire::Retries=2 -o Acquire::http::Timeout=30 -o DPkg::Lock::Timeout=120)

install() { # PACKAGE..: 0 if they are there afterwards
  local with=(--no-install-recommends install "$@") list
  if [ "${VULGO_SETUP:-}" = off ]; then
    say "VULGO_SETUP=off: not installed: $*"
    return 1
  fi
  command -v apt-get >/dev/null || { say "only Debian and its kin are set up by this script"; return 1; }
  list=$("${apt[@]}" -y --print-uris "${with[@]}" 2>/dev/null) || { say "apt doesn't know: $* (apt-get update may help)"; return 1; }
  say "to install $*:"
  awk -F"' " '/^\047/ {split($2, f, " "); n = f[1]; sub(/_.*/, "", n); printf "  %-32s %8.1f MB\n", n, f[2] / 1e6; sum += f[2]; k++}
    END {if (k) printf "  %-32s %8.1f MB to fetch\n", k " packages", sum / 1e6}' <<<"$list"
  can_root || { say "not root, and sudo asks for a password: run  apt-get ${with[*]}"; return 1; }
  as_root "${apt[@]}" -y "${with[@]}" >/dev/null 2>&1
}

has_torch() {
  local p
  for p in ${VULGO_PYTHON:-python3 /usr/bin/python3}; do
    "$p" -c 'import torch' 2>/dev/null && return 0
  done
  return 1
}
has_openblas() { command -v cc >/dev/null && pkg-config --exists openblas 2>/dev/null; }

have=() lack=()
has_torch || install python3-torch || true
if has_torch; then have+=(torch); else lack+=(torch); fi
has_openblas || install libopenblas-dev pkg-config gcc libc6-dev || true

mkdir -p tools/peers/work
for p in gonum openblas gomlx gorgonia spago; do
  if log=$(cd tools/peers && go build -o work/ "./$p" 2>&1); then
    have+=("$p")
  else
    say "$p isn't built: $(head -n 2 <<<"$log" | tail -n 1)"
    lack+=("$p")
  fi
done
say "there are: ${have[*]:-none}"
[ ${#lack[@]} = 0 ] || say "left out: ${lack[*]}"
