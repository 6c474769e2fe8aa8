# Shared by speed and scaling: where things are, what a mode runs, machine and versions. Sourced, not run.
# shellcheck shell=sh disable=SC2154,SC2034 # build, work and millions are the caller's; tab is for it
set -eu
cd "$(dirname "$0")/.."
tab=$(printf '\t')

fail() {
  echo "bench: $*" >&2
  exit 2
}

# build FOLDER: everything that is measured. Not with -k, for a folder that is complete.
build() {
  [ -f "$1/CMakeCache.txt" ] || fail "$1: no build folder; cmake -S . -B $1 makes one"
  cmake --build "$1" --target cmsim firmware unicorn_hooks measure bench_images >/dev/null
}

# image NAME-CORE: its file, nothing if there is none.
image() {
  for folder in "$build/bench/images" "$build/firmware"; do
    [ ! -f "$folder/$1.elf" ] || { echo "$folder/$1.elf"; return; }
  done
}

# chip NAME CORE: options of a chip with caches in front of a slow flash; one with 2 MB of it for the largest image.
chip() {
  case $1-$2 in
  code_2000k-m4) echo "--mcu stm32l4r5zi --mhz 120" ;;
  code_2000k-m7) echo "--mcu stm32h743zi --mhz 480" ;;
  *-m4) echo "--mcu stm32wb55rg --mhz 64" ;;
  *) echo "--mcu stm32h723zg --mhz 550" ;;
  esac
}

# Put in front of what is measured: a profiler.
prefix=

simulate() { # OPTION... ELF; the results are in $work/results.json
  # shellcheck disable=SC2086 # words
  "$build/bench/measure" $prefix "$build/cmsim" --quiet --args "$millions" --json "$work/results.json" "$@"
}

qemu() { # NAME CORE; nothing where there is no QEMU or no image for its memory map
  elf=$build/bench/images/qemu/$1-$2.elf
  if [ ! -f "$elf" ] || ! command -v qemu-system-arm >/dev/null; then return; fi
  machine=mps2-an386
  [ "$2" = m4 ] || machine=mps2-an500
  "$build/bench/measure" timeout 600 qemu-system-arm -M $machine -kernel "$elf" -nographic -monitor none -serial none \
    -semihosting-config "enable=on,target=native,arg=$1,arg=$millions" 2>"$work/qemu" || { cat "$work/qemu" >&2; return 1; }
}

# measured MODE NAME CORE ELF: seconds of processor time, of wall time, peak memory in KB; nothing if MODE cannot run it.
measured() {
  ideal="--core $3 --mhz 100"
  # shellcheck disable=SC2046,SC2086 # options are words
  case $1 in
  bare) $prefix "$build/bench/unicorn_hooks" none "$3" "$4" "$millions" ;;
  block) $prefix "$build/bench/unicorn_hooks" block "$3" "$4" "$millions" ;;
  insn) $prefix "$build/bench/unicorn_hooks" insn "$3" "$4" "$millions" ;;
  qemu) qemu "$2" "$3" ;;
  ideal) simulate $ideal "$4" ;;
  ideal-*) simulate $ideal "--${1#ideal-}" "$4" ;;
  chip) simulate $(chip "$2" "$3") "$4" ;;
  chip-*) simulate $(chip "$2" "$3") "--${1#chip-}" "$4" ;;
  *) fail "$1: no such mode" ;;
  esac || fail "$2-$3 failed in mode $1"
}

library() { pkg-config --modversion "$1" 2>/dev/null || echo unknown; }

# What the figures depend on besides the sources.
circumstances() {
  echo "processor $(sed -n 's/^model name[^:]*: //p;T;q' /proc/cpuinfo), $(nproc) cores, load $(cut -d ' ' -f 1 /proc/loadavg)"
  echo "cmsim $("$build/cmsim" --version | cut -d ' ' -f 2), unicorn $(library unicorn), capstone $(library capstone)," \
    "$(sed -n 's/^CMAKE_BUILD_TYPE:[^=]*=//p' "$build/CMakeCache.txt") build"
  if command -v qemu-system-arm >/dev/null; then qemu-system-arm --version | head -n 1; else echo "no qemu-system-arm"; fi
}
