#!/usr/bin/env bats
# What silicon refuses has no effect, handlers start as handlers, and nothing that firmware does for ever keeps a run
# from ending.
load helpers

# The case NAME of firmware/refused.c on each CORE (both when none is given) finds all as the Armv7-M manual says.
right() {
  local name=$1 core
  shift
  [ $# -gt 0 ] || set -- m4 m7
  for core; do
    simulate --core "$core" --mhz 64 -q "$TEST_FIRMWARE/refused-$core.elf" --args "$name" --json report.json
    exits_with 0
    [ -z "$output" ] || fail "expected nothing on stdout"
    is_silent
    holds '(.causes | add) == .total.cycles'
  done
}

@test "an IT block ends where one of its members faults" { right it_rest; }

@test "a handler does not go on with the IT block of the SVC" { right it_svc; }

@test "a store of several words faults once and leaves its base" { right store_multiple; }

@test "no word is stored behind the one that the MPU refuses" { right store_into_guard; }

@test "an unprivileged store leaves the core's registers alone" { right unprivileged_store; }

@test "a frame without the Thumb bit is a UsageFault" { right thumb_bit; }

@test "FP state saved to where nothing is, is a BusFault" { right lazy_to_nowhere; }

@test "the bit-band alias of nothing is a BusFault" { right alias_of_nothing m4; }

@test "a sleep longer than 32 bits of cycles has its cycles counted" { right sleep_long; }

# ends_by_timeout NAME: on both cores.
ends_by_timeout() {
  local core
  for core in m4 m7; do
    simulate --core $core --mhz 64 -q "$TEST_FIRMWARE/refused-$core.elf" --args "$1" --timeout 0.3
    exits_with 2
    says "--timeout"
  done
}

@test "--timeout ends a run of exceptions without a branch" { ends_by_timeout pend_for_ever; }

@test "a sleep that the priorities forbid to end is recognised" {
  for core in m4 m7; do
    simulate --core $core --mhz 64 -q --json report.json "$TEST_FIRMWARE/refused-$core.elf" --args sleep_for_ever --timeout 60
    exits_with 0
    equals "$(json .exit.reason)" halted
  done
}
