#!/usr/bin/env bats
# What goes where: data on standard output, talk on standard error, nothing lost and nothing extra.
load helpers

image() { echo "$FIRMWARE/house_price-m4.elf"; }
GOOD=(--core m4 --mhz 64)

@test "--help and --version" {
  simulate --help
  exits_with 0
  is_silent
  [[ $output == "Usage: cmsim "* && $output == *"--core="* && $output == *"Exit status: "* ]] || fail "not the help"
  simulate --version
  exits_with 0
  is_silent
  [[ $output =~ ^cmsim\ [0-9]+\.[0-9]+\.[0-9]+$ ]] || fail "not the version"
  simulate --usage
  exits_with 0
  is_silent
}

@test "run is the default command" {
  simulate run "${GOOD[@]}" "$(image)"
  exits_with 0
  first=$output
  simulate "${GOOD[@]}" "$(image)"
  equals "$output" "$first"
}

@test "by default the firmware's output and the table go to standard output" {
  simulate "${GOOD[@]}" "$(image)"
  exits_with 0
  is_silent
  [[ $output == "network: house_price"*PASS*"house_price-m4.elf on Cortex-M4"* ]] || fail "expected both, in order"
}

@test "--quiet leaves the firmware's output only" {
  simulate "${GOOD[@]}" "$(image)" -q
  exits_with 0
  is_silent
  equals "${lines[0]}" "network: house_price"
  equals "${lines[-1]}" PASS
  [[ $output != *Cortex* ]] || fail "expected no table"
}

@test "--json - leaves standard output to the JSON" {
  simulate "${GOOD[@]}" "$(image)" --json -
  exits_with 0
  [[ $output == "{"*"}" ]] || fail "expected one object"
  equals "$(jq -r .schema <<<"$output")" cmsim/1
  [[ $stderr == "network: house_price"*PASS ]] || fail "expected the firmware's output on stderr"
}

@test "--json FILE and --json - are the same bytes" {
  simulate "${GOOD[@]}" "$(image)" --json report.json -q
  exits_with 0
  timeout 60 "$CMSIM" "${GOOD[@]}" "$(image)" --json - 2>/dev/null | cmp - report.json
}

@test "--console takes the firmware's output" {
  simulate "${GOOD[@]}" "$(image)" --console said.txt
  exits_with 0
  is_silent
  [[ $output == "house_price-m4.elf on "* ]] || fail "expected the table only"
  equals "$(head -n 1 said.txt)" "network: house_price"
  equals "$(tail -n 1 said.txt)" PASS
  simulate "${GOOD[@]}" "$(image)" --console said.txt --json -
  exits_with 0
  is_silent
  equals "$(tail -n 1 said.txt)" PASS
}

@test "outputs replace what was there, as ordinary files" {
  echo old >report.json
  umask 027
  simulate "${GOOD[@]}" "$(image)" --json report.json --console said.txt -q
  exits_with 0
  holds '.schema == "cmsim/1"'
  equals "$(ls)" "$(printf 'report.json\nsaid.txt')"
  equals "$(stat -c %a said.txt)" 640
}

@test "no escape bytes outside a terminal" {
  NO_COLOR=1 simulate "${GOOD[@]}" "$(image)"
  plain=$output
  unset NO_COLOR
  simulate "${GOOD[@]}" "$(image)"
  equals "$output" "$plain"
  [[ $output != *$'\e'* && $stderr != *$'\e'* ]] || fail "expected no escape bytes"
  simulate "${GOOD[@]}" "$TEST_FIRMWARE/ends-m4.elf" --args spin --max-cycles 1000
  exits_with 2
  [[ $output != *$'\e'* && $stderr != *$'\e'* ]] || fail "expected no escape bytes"
}

@test "colour on a terminal, but not with NO_COLOR" {
  command -v script >/dev/null || skip "no script(1)"
  printf '"%s" --core m4 --mhz 64 "%s" --console said.txt\n' "$CMSIM" "$(image)" >command
  env -u NO_COLOR timeout 60 script -qec "sh ./command" coloured </dev/null >/dev/null
  NO_COLOR=1 timeout 60 script -qec "sh ./command" plain </dev/null >/dev/null
  grep -q $'\e\[' coloured
  grep -q 'Cortex-M4' plain
  [ "$(grep -c $'\e\[' plain)" -eq 0 ] || fail "expected no colour"
}

@test "--top limits every list" {
  simulate "${GOOD[@]}" "$(image)" --console said.txt --top 2
  exits_with 0
  [[ $output == *"... and "*" more functions"* ]] || fail "expected a note on what is left out"
  equals "$(sed -n '/^function /,/^\.\.\. and/p' <<<"$output" | wc -l)" 4
  simulate "${GOOD[@]}" "$(image)" --console said.txt --top 10000
  exits_with 0
  [[ $output != *"... and "* ]] || fail "expected everything"
}

@test "no line of the table is wider than a screen" {
  simulate "${GOOD[@]}" "$(image)" --console said.txt --top 10000
  exits_with 0
  [ "$(wc -L <<<"$output")" -le 100 ] || fail "wider than 100 columns"
}

@test "the command reads nothing but what the firmware asks for" {
  equals "$(printf 'rest' | { timeout 60 "$CMSIM" "${GOOD[@]}" "$(image)" -q >/dev/null && cat; })" rest
}
