#!/usr/bin/env bats
# How runs end: faults say what silicon would do and where; everything else has its word and its exit code.
load helpers

# The scenario NAME of firmware/ends.c on both cores: a fault, whose one line has each WORD.
faults() {
  local name=$1 core
  shift
  for core in m4 m7; do
    simulate --core $core --mhz 64 "$TEST_FIRMWARE/ends-$core.elf" --args "$name" --json report.json
    exits_with 2
    [[ -z $output || $output =~ ^"unexpected exception "[0-9]+$ ]] || fail "expected no table for a run that failed"
    says "ends-$core.elf: " "<$name+0x" "(tests/cli/firmware/" "$@"
    holds '.exit.reason == "fault" and .exit.partial and (.exit.message | length > 0)'
    holds '(.causes | add) == .total.cycles'
    equals "cmsim: error: $TEST_FIRMWARE/ends-$core.elf: $(json .exit.message)" "$stderr"
  done
}

# The scenario NAME, which is survived.
survives() {
  local name=$1 core
  for core in m4 m7; do
    simulate --core $core --mhz 64 "$TEST_FIRMWARE/ends-$core.elf" --args "$name" --json report.json -q
    exits_with 0
    is_silent
    equals "$output" survived
  done
}

@test "jump to nowhere" { faults jump_nowhere "jump to 0x50000000, where there is no code"; }

@test "branch to an even address" { faults jump_even "branch to even address 0x0800" "UsageFault (INVSTATE), escalated to HardFault"; }

@test "read of an unmapped address" { faults read_unmapped "read of unmapped address 0x50000000"; }

@test "write to an unmapped address" { faults write_unmapped "write to unmapped address 0x50000000"; }

@test "write to flash" { faults write_flash "write to read-only address 0x08000200"; }

@test "undefined instruction" { faults undefined "undefined instruction" "udf"; }

@test "FPU used while disabled" { faults fpu_off "'vadd.f32 s0, s1, s2'" "the FPU is not enabled in CPACR"; }

@test "SVC without a handler of its own" {
  for core in m4 m7; do
    simulate --core $core --mhz 64 "$TEST_FIRMWARE/ends-$core.elf" --args supervisor_call -q
    exits_with 1
    equals "$output" "unexpected exception 11"
  done
}

@test "breakpoint that is no semihosting call" { faults breakpoint "breakpoint instruction at " "HardFault on silicon"; }

@test "unaligned LDRD" { faults unaligned_pair "unaligned access to 0x20000102" "UsageFault (UNALIGNED)"; }

@test "unaligned LDR is allowed" { survives unaligned_word; }

@test "semihosting call that does not exist" { faults bad_host_call "unknown operation 0x99"; }

@test "semihosting call with a bad pointer" { faults bad_host_pointer "SYS_WRITE0" "0x50000000"; }

@test "system reset" { faults reset "system reset" "AIRCR.SYSRESETREQ"; }

@test "a region that ends without having begun" {
  survives end_without_begin
  holds '[.warnings[] | select(.code == "region-end-without-begin" and .symbol == "end_without_begin")] | length == 1'
}

@test "a loop to itself ends the run" {
  for name in halt sleep; do
    simulate --core m4 --mhz 64 "$TEST_FIRMWARE/ends-m4.elf" --args $name --json report.json
    exits_with 0
    is_silent
    holds '.exit.reason == "halted" and .exit.code == 0 and (.exit.partial | not)'
    holds '[.warnings[] | select(.code == "halted" and .symbol == "'$name'")] | length == 1'
    [[ $output != *PARTIAL* && $output == *"waits for ever"* ]] || fail "expected a whole report"
  done
}

@test "the firmware's verdict is the exit code" {
  for verdict in 0 1 7; do
    simulate --core m4 --mhz 64 "$TEST_FIRMWARE/ends-m4.elf" --args "exit $verdict" --json report.json
    exits_with $((verdict > 0))
    is_silent
    holds ".exit.reason == \"exited\" and .exit.code == $verdict and (.exit.partial | not)"
    if [ $verdict -gt 0 ]; then
      [[ $output == *"FIRMWARE FAILED: it ended with exit code $verdict"* ]] || fail "expected the verdict in the table"
    else
      [[ $output != *FAILED* ]] || fail "expected no failure in the table"
    fi
  done
}

# partial REASON WORD: a partial report, marked as such everywhere.
partial() {
  exits_with 2
  says "ends-m4.elf: stopped after" "($2); the report is partial"
  holds ".exit.reason == \"$1\" and .exit.partial"
  holds '[.warnings[] | select(.code == "partial" and .symbol == "spin")] | length == 1'
  holds '(.causes | add) == .total.cycles and ([.functions[].self_cycles] | add) == .total.cycles'
  [[ $output == "PARTIAL RUN: stopped after "*" cycles ($2)"* ]] || fail "expected a marked report"
}

@test "an endless loop stops at --max-cycles" {
  simulate --core m4 --mhz 64 "$TEST_FIRMWARE/ends-m4.elf" --args spin --json report.json --max-cycles 100K
  partial max_cycles --max-cycles
  holds '.total.cycles >= 100000 and .total.cycles < 100100'
}

@test "--max-cycles repeats exactly" {
  for again in 1 2; do
    simulate --core m7 --mhz 64 "$TEST_FIRMWARE/ends-m7.elf" --args spin --json report$again.json --max-cycles 12345
  done
  cmp report1.json report2.json
}

@test "--max-cycles beyond the end changes nothing" {
  simulate --core m4 --mhz 64 "$TEST_FIRMWARE/ends-m4.elf" --args "exit 0" -q --max-cycles 1G
  exits_with 0
  is_silent
}

@test "an endless loop stops at --timeout" {
  simulate --core m4 --mhz 64 "$TEST_FIRMWARE/ends-m4.elf" --args spin --json report.json --timeout 1
  partial timeout --timeout
}

# stopped_by SIGNAL: an endless loop that is sent it.
stopped_by() {
  # Not under timeout(1), which would pass the signal on twice, and a second one kills; --timeout bounds it instead.
  "$CMSIM" --core m4 --mhz 64 "$TEST_FIRMWARE/ends-m4.elf" --args spin --json report.json --timeout 60 \
    >table 2>said 3>&- &
  job=$!
  # Ready when it runs (its report has a temporary file) and SIGINT and SIGTERM have theirs (bits 1 and 14 of SigCgt).
  for ((i = 0; i < 600; i++)); do
    if compgen -G 'report.json.*' >/dev/null; then
      caught=$(sed -n 's/^SigCgt:\t//p' /proc/$job/status)
      [ $((0x$caught & 0x4002)) -ne $((0x4002)) ] || break
    fi
    sleep 0.1
  done
  kill -"$1" $job
  status=0
  wait $job || status=$?
  output=$(cat table) stderr=$(cat said)
  partial interrupted interrupted
}

@test "Ctrl-C stops an endless loop with a partial report" { stopped_by INT; }
@test "so does SIGTERM" { stopped_by TERM; }

@test "the installed Unicorn behaves as cmsim needs" {
  simulate --selftest
  exits_with 0
  is_silent
  [[ ${lines[0]} == "cmsim "*", unicorn "* ]] || fail "expected the versions"
  [ "$(grep -c '^ok ' <<<"$output")" -ge 8 ] || fail "expected at least eight checks"
  [ "$(grep -vc '^ok ' <<<"$output")" -eq 1 ] || fail "expected nothing else"
}

@test "--until: complete when the firmware has printed it" {
  for core in m4 m7; do
    simulate --core $core --mhz 16 --until "ok 20 " -q --json report.json "$FIRMWARE/nvic-$core.elf"
    exits_with 0
    [[ $output == *"ok 20 "* && $output != *"ok 22"* ]] || fail "expected the end behind check 20"
    holds '.exit.reason == "stopped" and (.exit.partial | not)'
    holds '(.causes | add) == .total.cycles'
  done
  refuses --core m4 --mhz 16 --until "" "$FIRMWARE/nvic-m4.elf" -- "--until" "1 to 256 characters"
}

@test "--stop-at: complete when the function is called" {
  simulate --core m4 --mhz 16 --stop-at semihosting_exit -q --json report.json "$FIRMWARE/house_price-m4.elf"
  exits_with 0
  holds '.exit.reason == "stopped"'
  holds '[.functions[] | select(.name == "semihosting_exit" and .self_cycles > 1)] == []'
  refuses --core m4 --mhz 16 --stop-at nowhere "$FIRMWARE/house_price-m4.elf" -- "--stop-at nowhere: no such function"
}

# binary HEX: raw.bin, for 0x08000000.
binary() { printf '%b' "$(sed 's/../\\x&/g' <<<"$1")" >raw.bin; }

@test "asleep with what could wake it masked: the run ends" {
  # SysTick every 100 cycles at the lowest priority, BASEPRI above it, WFI in a loop
  binary 00100020090000084ef21000cef200004ef62052cef200026ff0000111606321416007210160102181f3118830bffde7
  simulate --core m4 --mhz 16 --base 0x08000000 --max-cycles 1M raw.bin
  exits_with 0
}

@test "asleep for longer than 32 bits of cycles" {
  # TIM2 with the longest prescaler and period, its interrupt enabled, WFI in a loop
  binary 00100020090000084ff080406ff000018162c1620121416100220261c16001604ef20010cef200004ff08051016030bffde7
  simulate --mcu stm32f407vg --mhz 16 --base 0x08000000 --max-cycles 100e9 --json report.json -q raw.bin
  exits_with 2
  holds ".total.cycles < 100000000100"
}
