#!/usr/bin/env bash
# Compiles shaders/*.comp to shaders/spv/*.spv and validates each with spirv-val.
#
#   tools/glslc.sh              what is older than its sources
#   tools/glslc.sh NAME...      only these (a .comp's basename or a build's name), always
#   tools/glslc.sh --check      changes nothing; fails naming each .spv that is
#                               missing, stale (differs from its source) or has no source
#
# A line `// build: NAME FLAGS...` in a .comp makes spv/NAME.spv with those flags
# (-O unless they hold another -O); a .comp without one makes its basename.
# A file whose bytes don't change is not rewritten.
set -euo pipefail
cd "$(dirname "$0")/../shaders"
target=vulkan1.1

check=
[ "${1:-}" = --check ] && { check=1; shift; }
for tool in glslc:glslc spirv-val:spirv-tools; do
  command -v "${tool%%:*}" >/dev/null ||
    { echo "glslc.sh: ${tool%%:*} is missing: install the package ${tool##*:} (tools/setup.sh test does it)" >&2; exit 1; }
done

# builds prints "NAME SOURCE FLAGS..." for every file that should be in spv/.
builds() {
  local src line
  for src in *.comp; do
    [ -e "$src" ] || continue
    if grep -q '^// build: ' "$src"; then
      grep '^// build: ' "$src" | while read -r _ _ name flags; do
        case " $flags" in *' -O'*) ;; *) flags="-O $flags" ;; esac
        echo "$name $src $flags"
      done
    else
      echo "${src%.comp} $src -O"
    fi
  done
}

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
builds >"$tmp/all"
twice=$(cut -d' ' -f1 "$tmp/all" | sort | uniq -d)
[ -z "$twice" ] || { echo "glslc.sh: built twice: $twice" >&2; exit 1; }

if [ $# -gt 0 ]; then
  for n in "$@"; do
    awk -v n="$n" '$1 == n || $2 == n ".comp" {print; ok = 1} END {exit !ok}' "$tmp/all" ||
      { echo "glslc.sh: no shader or build is called $n" >&2; exit 1; }
  done | sort -u >"$tmp/list"
elif [ "$check" ]; then
  cp "$tmp/all" "$tmp/list"
else
  newest=$(ls -t ./*.glsl ../tools/glslc.sh 2>/dev/null | head -n 1)
  while read -r name src flags; do
    spv=spv/$name.spv
    if [ ! -e "$spv" ] || [ "$src" -nt "$spv" ] || [ "$newest" -nt "$spv" ]; then echo "$name $src $flags"; fi
  done <"$tmp/all" >"$tmp/list"
fi

# one compiles a line of the list to $tmp/NAME.spv; its errors go to $tmp/NAME.err.
one() {
  local name=$1 src=$2
  shift 2
  if ! { glslc --target-env=$target "$@" -o "$tmp/$name.spv" "$src" && spirv-val --target-env $target "$tmp/$name.spv"; } >"$tmp/$name.err" 2>&1; then
    rm -f "$tmp/$name.spv"
    echo "glslc.sh: $src ($name: $*):" | cat - "$tmp/$name.err" >&2
    return 1
  fi
}
export -f one
export tmp target
failed=0
xargs -r -P "$(getconf _NPROCESSORS_ONLN)" -d '\n' -n 1 bash -c 'one $0' <"$tmp/list" || failed=1

wrote=0
while read -r name _; do
  [ -e "$tmp/$name.spv" ] || continue
  spv=spv/$name.spv
  if cmp -s "$tmp/$name.spv" "$spv"; then
    [ "$check" ] || touch "$spv"
  elif [ "$check" ]; then
    [ -e "$spv" ] && echo "stale: shaders/$spv" || echo "missing: shaders/$spv"
    failed=1
  else
    mkdir -p spv
    cp "$tmp/$name.spv" "$spv.$$" && mv "$spv.$$" "$spv"
    echo "wrote shaders/$spv ($(stat -c %s "$spv") bytes)"
    wrote=$((wrote + 1))
  fi
done <"$tmp/list"

if [ $# -eq 0 ]; then
  for spv in spv/*.spv; do
    [ -e "$spv" ] || continue
    name=${spv#spv/}
    grep -q "^${name%.spv} " "$tmp/all" && continue
    if [ "$check" ]; then echo "without a source: shaders/$spv"; failed=1; else rm "$spv"; echo "removed shaders/$spv: no source builds it"; fi
  done
fi
[ -z "$check" ] || [ $failed = 0 ] || echo "glslc.sh: run tools/glslc.sh and commit shaders/spv (compiler here: $(glslc --version | head -n 1))" >&2
exit $failed
