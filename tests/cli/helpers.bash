# Shared by the bats files of this folder; CTest sets CMSIM, FIRMWARE, TEST_FIRMWARE and CMSIM_SOURCE.
# shellcheck disable=SC2154,SC2015 # bats sets status, output and stderr; fail() is meant for either
bats_require_minimum_version 1.5.0

# Each test works in a folder of its own, so that whatever a run leaves behind is its own.
setup() { mkdir "$BATS_TEST_TMPDIR/work" && cd "$BATS_TEST_TMPDIR/work" || return 1; }

# Shows what went wrong where bats prints it: only for failing tests.
fail() {
  printf '%s\n' "$@" "status: $status" "stdout: $output" "stderr: $stderr"
  return 1
}

# Nothing may hang: a run that does ends with status 124, which no test expects.
simulate() { run --separate-stderr timeout 60 "$CMSIM" "$@"; }

exits_with() { [ "$status" -eq "$1" ] || fail "expected exit status $1"; }

is_silent() { [ -z "$stderr" ] || fail "expected nothing on stderr"; }

# Exactly one line on stderr (blank ones count), and each WORD in it.
says() {
  [ -n "$stderr" ] && [ "$(wc -l <<<"$stderr")" -eq 1 ] || fail "expected one line on stderr"
  local word
  for word; do
    [[ $stderr == *"$word"* ]] || fail "expected on stderr: $word"
  done
}

# refuses ARGUMENT... -- WORD...: exit 2, nothing on stdout, one line on stderr.
refuses() {
  local arguments=()
  while [ "$1" != -- ]; do
    arguments+=("$1")
    shift
  done
  shift
  simulate "${arguments[@]}"
  exits_with 2
  [ -z "$output" ] || fail "expected nothing on stdout"
  says "$@"
}

# json FILTER [FILE]: the value, as jq prints it raw.
json() { jq -r "$1" "${2:-report.json}"; }

# holds FILTER [FILE]: true for the report, else the test fails.
holds() { jq -e "$1" "${2:-report.json}" >/dev/null || fail "does not hold: $1"; }

equals() { [ "$1" = "$2" ] || fail "expected: $2" "got: $1"; }

# word FILE OFFSET [BYTES]: the little-endian number there.
word() { od -An -v -t "u${3:-4}" --endian=little -j "$2" -N "${3:-4}" "$1" | tr -d ' '; }

# patch FILE OFFSET NUMBER [BYTES]: writes it there, little-endian.
patch() {
  local value=$3 count=${4:-4} i
  for ((i = 0; i < count; i++)); do
    # shellcheck disable=SC2059 # the format is the byte
    printf "\\x$(printf %02x $((value >> 8 * i & 255)))"
  done | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# segment FILE NUMBER: the file offset of that program header.
segment() { echo $(($(word "$1" 28) + 32 * $2)); }
