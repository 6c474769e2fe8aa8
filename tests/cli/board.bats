#!/usr/bin/env bats
# A firmware that drives its chip: clock set-up, UART, timer, and what happens where the chip's file ends.
load helpers

board() { # WHAT [OPTION...]
  simulate --mcu stm32f407vg --mhz 168 "$TEST_FIRMWARE/board-m4.elf" -q --args "$@"
}

said() { sed -n "s/^$1 //p" <<<"$output"; }

@test "a text costs its time on the line, by the chip's timer and by the cycle counter" {
  board print --json report.json
  exits_with 0
  [[ $output == 0123456789* ]] || fail "expected the text"
  # Ten characters of ten bits at 42 MHz / 365; the clock is 4 and 168 cycles a microsecond and bus cycle.
  us=$(said us) cycles=$(said cycles)
  [ "$cycles" -ge $((10 * 10 * 365 * 4)) ] && [ "$cycles" -le $((10 * 10 * 365 * 4 + 400)) ] || fail "cycles: $cycles"
  [ $((us - cycles / 168)) -ge -1 ] && [ $((us - cycles / 168)) -le 1 ] || fail "microseconds: $us"
  holds '.target.firmware_mhz == 168'
  holds '[.warnings[].code] | index("clock-differs") == null'
}

@test "the clock that the firmware sets is compared with --mhz" {
  simulate --mcu stm32f407vg --mhz 100 "$TEST_FIRMWARE/board-m4.elf" --args print --json report.json
  exits_with 0
  [[ $output == *"clock as the firmware set it: 168 MHz"* ]] || fail "expected the clock"
  holds '.warnings[] | select(.code == "clock-differs") | .message | contains("168 MHz")'
  board print --hse 16 --json report.json
  holds '.target.firmware_mhz == 336'
}

@test "a firmware that leaves the clock alone is not judged by it" {
  board nothing --json report.json
  holds '.target.firmware_mhz == null and ([.warnings[].code] | index("clock-differs") == null)'
}

@test "characters from a file and from standard input" {
  printf 'hello.' >input
  board echo --uart-in input
  exits_with 0
  equals "$output" hello.
  board echo --uart-in USART2=input
  equals "$output" hello.
  board echo --uart-in - <input
  equals "$output" hello.
}

@test "characters by interrupt, from a sleep" {
  printf abc >input
  board receive --uart-in input
  exits_with 0
  equals "$output" abc
}

@test "input that ends ends the run" {
  printf 'hel' >input
  board echo --uart-in input --json report.json
  exits_with 0
  equals "$output" hel
  equals "$(json .exit.reason)" halted
  holds '.warnings[] | select(.code == "input-ended") | .message | contains("USART2")'
  board echo --json report.json
  holds '.warnings[] | select(.code == "input-ended") | .message | contains("--uart-in")'
}

@test "timer interrupts" {
  board tick --json report.json
  exits_with 0
  equals "$output" "ticks 10"
  holds '.total.cycles > 160000 and .total.cycles < 200000'
}

@test "an address that the chip's file does not know" {
  board nowhere --json report.json
  exits_with 0
  holds '[.warnings[] | select(.code == "mmio-unknown")] | length == 1'
  holds '.warnings[] | select(.code == "mmio-unknown") | (.message | contains("0x4003f000")) and .symbol == "main"'
  board nowhere --mmio zero --json report.json
  exits_with 0
  holds '[.warnings[] | select(.code == "mmio-unknown")] | length == 0'
  board nowhere --mmio strict
  exits_with 2
  says 0x4003f000 stm32f4.yaml main
}

@test "a poll without an end is named and ended" {
  simulate --mcu stm32f407vg --mhz 1 "$TEST_FIRMWARE/board-m4.elf" -q --args hang --json report.json
  exits_with 2
  says 0x40023c0c FLASH.SR configs/peripherals/stm32f4.yaml main
  holds '.warnings[] | select(.code == "mmio-poll") | .message | contains("FLASH.SR")'
}

@test "without --mcu the message says how to get peripherals" {
  simulate --core m4 --mhz 16 "$TEST_FIRMWARE/board-m4.elf" -q --args print
  exits_with 2
  says 0x40023800 --mcu
}

@test "bad values" {
  refuses --mcu stm32f407vg --mhz 1 x.elf --mmio maybe -- "--mmio maybe" "strict, warn or zero"
  refuses --mcu stm32f407vg --mhz 1 x.elf --hse 0 -- "--hse 0"
  refuses --mcu stm32f407vg --mhz 1 x.elf --seed x -- "--seed x"
  refuses --mcu stm32f407vg --mhz 1 x.elf --uart-wait "" -- --uart-wait
  refuses --mcu stm32f407vg --mhz 1 "$TEST_FIRMWARE/board-m4.elf" --uart-in missing -- "--uart-in missing"
  refuses --core m4 --mhz 1 "$TEST_FIRMWARE/board-m4.elf" --uart-in missing -- --uart-in --mcu
}
