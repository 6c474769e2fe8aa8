#!/usr/bin/env bats
# What firmware sees of its part, and what cmsim sees of firmware: clocks, trace, files, stack, heap, calls.
load helpers

# said NAME [COUNT]: the value after NAME in the firmware's output, at its COUNTth mention.
said() { sed -n "s/^$1 //p" <<<"$output" | sed -n "${2:-1}p"; }

clocks() { # CORE [OPTION...]
  simulate --core "$1" --mhz 64 "$TEST_FIRMWARE/clocks-$1.elf" -q "${@:2}"
  exits_with 0
  is_silent
}

@test "CYCCNT counts when enabled and only then" {
  for core in m4 m7; do
    clocks $core
    equals "$(said 'at reset')" 0
    equals "$(said 'enabled bit')" 1
    equals "$(said 'no cycle counter bit')" 0
    equals "$(said counting)" 1
    equals "$(said stopped)" 0
  done
}

@test "a part without a cycle counter" {
  for core in m4 m7; do
    clocks $core --no-dwt
    equals "$(said 'enabled bit')" 0
    equals "$(said 'no cycle counter bit')" 1
    equals "$(said counting)" 0
    equals "$(said short)" 0
    [ "$(said systick)" -gt 100 ] || fail "expected SysTick to count on"
  done
}

@test "SysTick counts the cycles of CYCCNT modulo 24 bits" {
  for core in m4 m7; do
    clocks $core
    [ "$(said short)" -gt 100 ] || fail "expected some time to pass"
    equals "$(said systick 1)" "$(said short)"
    [ "$(said wrapping)" -gt $((1 << 24)) ] || fail "expected more than 24 bits of cycles"
    equals "$(said systick 2)" $(($(said wrapping) & 0xffffff))
  done
}

@test "text over ITM port 0" {
  simulate --core m4 --mhz 64 "$TEST_FIRMWARE/itm-m4.elf" -q
  exits_with 0
  is_silent
  equals "$output" "trace ok!"
}

@test "heap peak to the byte" {
  simulate --core m4 --mhz 64 "$TEST_FIRMWARE/heap-m4.elf" -q --json report.json
  exits_with 0
  is_silent
  [ "$(said heap)" -gt 1024 ] || fail "expected some heap"
  equals "$(json .memory.heap_peak_bytes)" "$(said heap)"
  simulate --core m4 --mhz 64 "$TEST_FIRMWARE/stack-m4.elf" -q --json report.json
  holds '.memory.heap_peak_bytes == null'
}

@test "stack peak to the byte" {
  simulate --core m4 --mhz 64 "$TEST_FIRMWARE/stack-m4.elf" -q --json report.json
  exits_with 0
  is_silent
  [ "$(said stack)" -gt 1200 ] || fail "expected 25 levels of 48 bytes"
  equals "$(json .memory.stack_peak_bytes)" "$(said stack)"
  equals "$(json '.regions[] | select(.name == "shallow") | .stack_peak_bytes')" $((2 * 48))
  equals "$(json '.regions[] | select(.name == "deep") | .stack_peak_bytes')" $((25 * 48))
}

@test "longjmp leaves the calls it abandons, and each stack keeps its own depth" {
  simulate --core m4 --mhz 64 "$TEST_FIRMWARE/jumps-m4.elf" -q --json report.json --region give_up
  exits_with 0
  is_silent
  holds '.regions[] | select(.name == "give_up") | .calls == 100 and .open == false'
  holds '(.functions[] | select(.name == "try")) as $t | (.functions[] | select(.name == "give_up")) as $g |
         $t.calls == 100 and $t.total_cycles > $g.total_cycles'
  holds '(.functions[] | select(.name == "main")) as $m | $m.total_cycles > (.total.cycles * 9 / 10 | floor)'
  [ "$(json .memory.stack_peak_bytes)" -lt 1024 ] || fail "a thread's stack is not as deep as its distance from the first"
  [ "$(json .memory.stack_peak_bytes)" -ge $(("$(said main)" + 64)) ] || fail "both stacks count"
}

@test "a region left without its end is told, and spoils no later pass" {
  simulate --core m7 --mhz 64 "$TEST_FIRMWARE/jumps-m7.elf" -q --json report.json
  exits_with 0
  holds '.warnings | length == 1 and .[0].code == "region-abandoned" and .[0].symbol == "main"'
  holds '.warnings[0].message | contains("region sometimes") and endswith(": 1")'
  holds '.regions[] | select(.name == "sometimes") | .calls == 3 and .open == false and .max_cycles < 100'
}

@test "--region measures each call of a function" {
  for core in m4 m7; do
    simulate --core $core --mhz 64 "$TEST_FIRMWARE/calls-$core.elf" -q --json report.json --region work
    exits_with 0
    is_silent
    holds '.regions[] | select(.name == "work") | .calls == 6'
    holds '(.regions[] | select(.name == "work")) as $r | (.functions[] | select(.name == "work")) as $f |
           $f.calls == 6 and $r.cycles == $f.total_cycles and $f.total_cycles == $f.self_cycles and
           $r.instructions == $f.instructions'
    holds '.regions[] | select(.name == "work") | .min_cycles > 0 and .max_cycles > 2 * .min_cycles and
           (.causes | add) == .cycles'
  done
}

@test "a recursive function is one pass from the first call to the last return" {
  for core in m4 m7; do
    simulate --core $core --mhz 64 "$TEST_FIRMWARE/calls-$core.elf" -q --json report.json --region sum_to
    exits_with 0
    holds '(.regions[] | select(.name == "sum_to")) as $r | (.functions[] | select(.name == "sum_to")) as $f |
           $r.calls == 1 and $f.calls == 10 and $r.cycles == $f.total_cycles and $r.cycles == $f.self_cycles'
  done
}

@test "regions nest" {
  for core in m4 m7; do
    simulate --core $core --mhz 64 "$TEST_FIRMWARE/calls-$core.elf" -q --json report.json --region work
    exits_with 0
    holds '(.regions[] | select(.name == "outer")) as $o | (.regions[] | select(.name == "inner")) as $i |
           $o.calls == 3 and $i.calls == 3 and $o.cycles > $i.cycles and $o.instructions > $i.instructions'
  done
}

@test "waiting for what came before belongs to what came before" {
  for core in m4 m7; do
    simulate --core $core --mhz 64 "$TEST_FIRMWARE/calls-$core.elf" -q --json report.json
    exits_with 0
    holds '.causes.fp_dependency > 0'
    holds '.regions[] | select(.name == "behind_divide") | .calls == 1 and .cycles > 0 and .cycles < 8 and
           (.causes | add) == .cycles and (.causes | has("fp_dependency") | not)'
  done
}

@test "several --region options" {
  simulate --core m4 --mhz 64 "$TEST_FIRMWARE/calls-m4.elf" -q --json report.json --region work --region main \
    --region work
  exits_with 0
  holds '[.regions[].name] | sort == ["behind_divide", "inner", "main", "outer", "work"]'
  holds '(.regions[] | select(.name == "main")).cycles == (.functions[] | select(.name == "main")).total_cycles'
}

@test "semihosting files inside --files" {
  mkdir inside
  printf 'stressed' >inside/in.txt
  printf 'secret' >in.txt
  simulate --core m4 --mhz 64 "$TEST_FIRMWARE/files-m4.elf" -q --files inside
  exits_with 0
  is_silent
  equals "$(cat inside/out.txt)" desserts
  [ ! -e escape.txt ] || fail "a file outside the folder"
}

@test "no semihosting files without --files" {
  printf 'stressed' >in.txt
  simulate --core m4 --mhz 64 "$TEST_FIRMWARE/files-m4.elf" -q
  exits_with 1
  is_silent
  equals "$output" "no in.txt"
  [ ! -e out.txt ] || fail "a file without permission"
}

@test "bit-band aliases set and read single bits" {
  simulate --core m4 --mhz 64 -q "$TEST_FIRMWARE/bitband-m4.elf"
  exits_with 0
  equals "$output" "word 2147483649
bits 10"
}

@test "a Cortex-M7 has no bit-band aliases" {
  simulate --core m7 --mhz 64 -q "$TEST_FIRMWARE/bitband-m4.elf"
  exits_with 2
  says "write to unmapped address 0x22" "BusFault"
}

@test "an exception between LDREX and STREX makes the store fail" {
  for core in m4 m7; do
    simulate --core $core --mhz 64 -q "$TEST_FIRMWARE/exclusive-$core.elf"
    exits_with 0
    equals "$output" "lost 1 kept 5 stored 0 word 7"
  done
}

# exception CASE: firmware/exceptions.c on both cores, which must end with 0 and print WORDS.
exception() {
  for core in m4 m7; do
    simulate --core $core --mhz 64 -q --max-cycles 50000000 --args "$1" "$TEST_FIRMWARE/exceptions-$core.elf"
    exits_with 0
    [[ $output =~ ^$2$ ]] || fail "expected $2"
  done
}

@test "SysTick is not lost while another exception is left" { exception ticks "ticks (1999|2000|2001)"; }

@test "WFE does not wake for what PRIMASK holds back" { exception wfe asleep; }

@test "a frame that cannot be unstacked is a BusFault" { exception unstack UNSTKERR; }
