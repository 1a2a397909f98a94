#!/usr/bin/env bash
# The long checks: every test named TestAccept* (build tag accept), then every
# fuzz target for VULGO_FUZZ_TIME (60s). Prints a table of name, result, seconds
# and what the test logged as `accept: ...`; fails if one of them failed.
#
#   tools/accept.sh [REGEXP]    only the names that match
#
# Whole outputs lie in out/accept/.
set -uo pipefail
cd "$(dirname "$0")/.."
match=${1:-.}
logs=out/accept
mkdir -p $logs
: >$logs/table
failed=0

row() { printf '%-44s %-5s %7s  %s\n' "$@" | tee -a $logs/table; }
# names PREFIX prints "PACKAGE NAME" for each test function that starts with it.
names() {
  awk -v p="^$1" '$1 == "ok" {for (i = 0; i < n; i++) print $2, name[i]; n = 0} $1 ~ p {name[n++] = $1}' $logs/list | grep -E " .*($match)"
}
# check PACKAGE NAME COMMAND... runs the command and prints its row.
check() {
  local name=$2 log="$logs/$2.log" start=$SECONDS result=ok
  local where=${1#github.com/vulgo-ml/vulgo/}
  shift 2
  local validate=core,sync
  case $name in *Rounds*) validate= ;; esac # these weigh memory, and the layers' own grows (lavapipe: 3 to 7 MiB in 800 rounds, none without)
  VULGO_VALIDATE=$validate tools/test.sh env "$@" >"$log" 2>&1 || { result=FAIL; failed=1; }
  local notes
  notes=$(sed -n 's/^.*accept: //p' "$log")
  row "$where $name" $result $((SECONDS - start)) "$(head -n 1 <<<"$notes")"
  [ "$(wc -l <<<"$notes")" -le 1 ] || tail -n +2 <<<"$notes" | while read -r note; do row '' '' '' "$note"; done
  [ $result = ok ] || tail -n 12 "$log" | sed 's/^/    /'
}

if ! go test -tags accept -list '^(TestAccept|Fuzz)' ./... >$logs/list 2>&1; then
  grep -v '^ok\|no test files' $logs/list
  echo "accept.sh: the packages above don't build; their checks are left out" >&2
  failed=1
fi
row name result seconds notes
while read -r package name; do
  check "$package" "$name" go test -tags accept -count 1 -timeout 60m -v -run "^$name\$" "$package" </dev/null
done < <(names TestAccept)
while read -r package name; do
  check "$package" "$name" go test -run '^$' -fuzz "^$name\$" -fuzztime "${VULGO_FUZZ_TIME:-60s}" "$package" </dev/null
done < <(names Fuzz)
printf '\nThe table again is in %s/table.\n' $logs
exit $failed
