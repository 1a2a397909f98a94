#!/usr/bin/env bash
# Sets up what the project uses beyond Go and a C compiler.
#
#   tools/setup.sh demo      a Vulkan loader and Mesa's drivers (lavapipe among them);
#                            without them the CPU serves, so this never fails
#   tools/setup.sh test      that, glslc, spirv-val, the validation layers and SwiftShader;
#                            fails if one of them is missing afterwards
#   tools/setup.sh drivers   prints the drivers' files for VK_DRIVER_FILES: lavapipe:swiftshader
#
# Packages are printed with their sizes and installed only as root or through
# `sudo -n`; nothing asks. VULGO_SETUP=off changes nothing and says what is missing.
# SwiftShader comes out of Debian's chromium-common, unpacked into
# ${XDG_CACHE_HOME:-~/.cache}/vulgo/swiftshader, without installing a browser.
set -uo pipefail

cache=${XDG_CACHE_HOME:-${HOME:-/var/tmp}/.cache}/vulgo/swiftshader
vulkan_dirs="/usr/share/vulkan /etc/vulkan /usr/local/share/vulkan"
export DEBIAN_FRONTEND=noninteractive

say() { echo "setup: $*"; }

first() { local f; for f in "$@"; do [ -e "$f" ] && { echo "$f"; return 0; }; done; return 1; }
under() { local d files=(); for d in $vulkan_dirs; do files+=("$d"/$1); done; first "${files[@]}"; } # under 'icd.d/x*': the first match
lavapipe() { under 'icd.d/lvp_icd*.json'; }
swiftshader() { first "$cache/vk_swiftshader_icd.json" /usr/lib/chromium/vk_swiftshader_icd.json; }

has() {
  case $1 in
    loader) [[ $(PATH=$PATH:/sbin ldconfig -p 2>/dev/null) == *libvulkan.so.1* ]] ;;
    lavapipe) lavapipe >/dev/null ;;
    layers) under 'explicit_layer.d/VkLayer_khronos_validation.json' >/dev/null ;;
    swiftshader) swiftshader >/dev/null ;;
    *) command -v "$1" >/dev/null ;;
  esac
}
package() {
  case $1 in
    loader) echo libvulkan1 ;;
    lavapipe) echo mesa-vulkan-drivers ;;
    layers) echo vulkan-validationlayers ;;
    spirv-val) echo spirv-tools ;;
    gcc) echo gcc libc6-dev ;;
    *) echo "$1" ;;
  esac
}
without() {
  case $1 in
    loader) echo "Vulkan's loader (Debian: libvulkan1): only the CPU device will be found" ;;
    lavapipe) echo "Mesa's Vulkan drivers (Debian: mesa-vulkan-drivers): Intel, AMD and lavapipe devices won't be found" ;;
    glslc | spirv-val) echo "$1 (Debian: $(package "$1")): shaders can't be compiled or checked; the committed SPIR-V serves" ;;
    layers) echo "Vulkan's validation layers (Debian: vulkan-validationlayers)" ;;
    swiftshader) echo "SwiftShader (in Debian's chromium-common): put libvk_swiftshader.so and vk_swiftshader_icd.json into $cache" ;;
    gcc) echo "a C compiler (Debian: gcc libc6-dev): neither Vulkan nor the race detector can be built" ;;
  esac
}
missing() { local w; for w in "$@"; do has "$w" || echo "$w"; done; }

apt=(apt-get -qq -o Acquire::Retries=2 -o Acquire::http::Timeout=30 -o DPkg::Lock::Timeout=120)
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n DEBIAN_FRONTEND=noninteractive "$@"; fi; }
can_root() { [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }; }
updated=
update() { # once a run
  [ "$updated" ] && return 1
  updated=1
  can_root || { say "apt's package lists are out of date, and only root can fetch them"; return 1; }
  say "apt-get update"
  as_root "${apt[@]}" update >&2
}
sizes() { # of `apt-get --print-uris`: 'URI' NAME_VERSION_ARCH.deb BYTES HASH
  awk -F"' " '/^\047/ {split($2, f, " "); n = f[1]; sub(/_.*/, "", n); printf "  %-32s %8.1f MB\n", n, f[2] / 1e6; sum += f[2]; k++}
    END {if (k) printf "  %-32s %8.1f MB to fetch\n", k " packages", sum / 1e6}'
}

uris() { "${apt[@]}" -y --print-uris "$@" 2>/dev/null; }

install() {
  local with=(--no-install-recommends install "$@") list log
  list=$(uris "${with[@]}") || { update && list=$(uris "${with[@]}"); } || { say "apt doesn't know: $*"; return 1; }
  say "packages to install:"
  sizes <<<"$list"
  can_root || { say "not root, and sudo asks for a password: run  apt-get ${with[*]}"; return 1; }
  log=$(as_root "${apt[@]}" -y "${with[@]}" 2>&1) || { update && log=$(as_root "${apt[@]}" -y "${with[@]}" 2>&1); } ||
    { tail -n 5 <<<"$log"; return 1; }
}

swiftshader_of() { # PACKAGE FOLDER: unpacks one that holds it
  local list
  list=$(uris download "$1") || return 1
  say "SwiftShader, to unpack into $cache:"
  sizes <<<"$list"
  (cd "$2" && "${apt[@]}" download "$1" && dpkg -x "$1"_*.deb x && [ -e x/usr/lib/chromium/libvk_swiftshader.so ]) >/dev/null 2>&1
}
fetch_swiftshader() {
  local p tmp
  tmp=$(mktemp -d) || return 1
  for p in chromium-common chromium; do # which of the two holds it depends on the release
    swiftshader_of "$p" "$tmp" || { update && swiftshader_of "$p" "$tmp"; } || continue
    mkdir -p "$cache" &&
      cp "$tmp/x/usr/lib/chromium/libvk_swiftshader.so" "$cache/" &&
      cp "$tmp/x/usr/lib/chromium/vk_swiftshader_icd.json" "$cache/" # last: its presence means both are there
    break
  done
  rm -rf "$tmp"
}

case ${1:-} in
  demo) want="loader lavapipe" ;;
  test)
    want="gcc loader lavapipe glslc spirv-val layers"
    case ,${VULGO_TEST_DEVICES:-cpu,lavapipe,swiftshader}, in *,swiftshader,*) want="$want swiftshader" ;; esac
    ;;
  drivers)
    { lavapipe; swiftshader; } | paste -sd:
    exit 0
    ;;
  *) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"; exit 2 ;;
esac

lack=$(missing $want)
if [ "$lack" ] && [ "${VULGO_SETUP:-}" = off ]; then
  say "VULGO_SETUP=off: nothing is installed"
elif [ "$lack" ] && ! command -v apt-get >/dev/null; then
  say "only Debian and its kin are set up by this script"
elif [ "$lack" ]; then
  packages=
  for w in $lack; do [ "$w" = swiftshader ] || packages="$packages $(package "$w")"; done
  [ -z "$packages" ] || install $packages
  has swiftshader || case $want in *swiftshader*) fetch_swiftshader ;; esac
fi

lack=$(missing $want)
for w in $lack; do say "missing: $(without "$w")"; done
[ "$1" = demo ] || [ -z "$lack" ]
