#!/usr/bin/env bats
# The measuring scripts of bench/ run and say what they promise; how fast anything is, is no test's business.
load helpers

setup() {
  mkdir "$BATS_TEST_TMPDIR/work" && cd "$BATS_TEST_TMPDIR/work" || return 1
  bench=$CMSIM_SOURCE/bench build=${CMSIM%/*}
}

@test "speed: a line an image, a column a mode, every run in the file" {
  run --separate-stderr timeout 300 "$bench/speed" -k -b "$build" -o "$PWD/speed.tsv" -r 1 -n 2 -i "integer-m4 house_price-m7"
  exits_with 0
  is_silent
  equals "$(sed -n 4p <<<"$output" | tr -s ' ')" "image M insn bare M/s block hook insn hook ideal fast no memo chip fast \
no memo qemu fast off: ideal chip MB"
  equals "$(sed 1,4d <<<"$output" | cut -d ' ' -f 1 | xargs)" "integer-m4 house_price-m7"
  # Ratios of the long image; QEMU may be absent.
  [[ $(sed -n 5p <<<"$output") =~ ^integer-m4(\ +[0-9.]+){10}\ +[-0-9.]+(\ +[-+][0-9.]+\ %){2}\ +[0-9]+$ ]] ||
    fail "expected ten figures, two errors and memory"
  equals "$(head -n 1 speed.tsv | tr '\t' ' ')" "image core mode round processor_s wall_s peak_kb cycles instructions"
  equals "$(awk '$1 == "house_price" && $5 > 0 && $7 > 1000 { print $3 }' speed.tsv | xargs)" \
    "bare block insn ideal ideal-fast ideal-no-memo chip chip-fast chip-no-memo"
}

@test "speed: what is not there is refused" {
  run --separate-stderr "$bench/speed" -k -b "$build" -o "$PWD/speed.tsv" -r 1 -i nothing
  exits_with 2
  says "nothing: no such image"
  run --separate-stderr "$bench/speed" -k -b "$build" -o "$PWD/speed.tsv" -r 1 -i house_price-m4 -m warp
  exits_with 2
  says "warp: no such mode"
}

@test "scaling: points of each series, and a picture of them" {
  run --separate-stderr timeout 300 "$bench/scaling" -k -b "$build" -o "$PWD/scaling.tsv" -N 1 -n 1 -t 2
  exits_with 0
  equals "$(head -n 1 scaling.tsv | tr '\t' ' ')" "series image mode x round processor_s wall_s peak_kb"
  for mode in bare ideal ideal-fast chip chip-fast; do
    equals "$(awk -v mode=$mode '$3 == mode && $6 > 0 { print $1, $2, $4 }' scaling.tsv | head -n 2 | xargs)" \
      "instructions integer-m4 1 code code_10k-m4 10"
  done
  equals "$(grep -c '^start.house_price-m4' scaling.tsv)" 2
  command -v gnuplot >/dev/null || skip "no gnuplot"
  run --separate-stderr "$bench/plot" scaling.tsv picture.svg
  exits_with 0
  grep -q '</svg>' picture.svg || fail "expected a picture"
}

@test "Unicorn and cmsim count the same instructions, but for those whose condition fails" {
  simulate --core m4 --mhz 64 -q --json report.json "$build/bench/images/integer-m4.elf"
  exits_with 0
  run --separate-stderr "$build/bench/unicorn_hooks" count m4 "$build/bench/images/integer-m4.elf"
  exits_with 0
  all=$(json .total.instructions)
  [ "$output" -le "$all" ] && [ "$output" -gt $((all / 100 * 95)) ] || fail "expected a little below $all"
}

@test "measure hands on the exit status and drops the output" {
  run --separate-stderr "$build/bench/measure" sh -c 'echo said; exit 7'
  exits_with 7
  is_silent
  [[ $output =~ ^[0-9.]+\ [0-9.]+\ [0-9]+$ ]] || fail "expected three numbers"
}
