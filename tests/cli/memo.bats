# The fast path gives the figures of the plain one. tests/random looks everywhere; these are cases that it missed once.

load helpers

same_as_plain() {
  "$CMSIM" "$@" --json "$BATS_TEST_TMPDIR/fast.json" --console /dev/null --quiet
  "$CMSIM" "$@" --no-memo --json "$BATS_TEST_TMPDIR/plain.json" --console /dev/null --quiet
  cmp "$BATS_TEST_TMPDIR/fast.json" "$BATS_TEST_TMPDIR/plain.json"
}

@test "a value is stored over by another name" {
  same_as_plain --core m4 --mhz 64 "$TEST_FIRMWARE/memo-m4.elf"
  same_as_plain --core m7 --mhz 64 "$TEST_FIRMWARE/memo-m7.elf"
}

@test "--fast is not --no-memo" {
  run --separate-stderr "$CMSIM" --core m4 --mhz 64 --fast --no-memo "$TEST_FIRMWARE/memo-m4.elf"
  [ "$status" -eq 2 ]
  [ "${#stderr_lines[@]}" -eq 1 ]
}

@test "--fast says so" {
  "$CMSIM" --core m4 --mhz 64 --fast --json "$BATS_TEST_TMPDIR/fast.json" --console /dev/null --quiet "$TEST_FIRMWARE/memo-m4.elf"
  [ "$(jq -r '[.warnings[].code] | index("fast")' "$BATS_TEST_TMPDIR/fast.json")" != null ]
}
