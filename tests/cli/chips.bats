#!/usr/bin/env bats
# Firmware that shows a chip's memory: that it runs, from where it says, and measures what it says.
load helpers

# chip IMAGE MCU MHZ [OPTION...]
chip() { simulate --mcu "$2" --mhz "$3" -q "$FIRMWARE/$1.elf" --json report.json "${@:4}"; }

# placed IMAGE MCU MHZ BASE: `work_run` is there, and the checksum right with whatever cache.
placed() {
  local caches address
  address=$(arm-none-eabi-nm "$FIRMWARE/$1.elf" | awk '$3 == "work_run" {print $1}')
  [ $((0x$address & ~0xFFFF)) -eq $(($4)) ] || fail "work_run is at $address, expected $4"
  for caches in "" off icache dcache; do
    chip "$1" "$2" "$3" --args "$caches"
    exits_with 0
    equals "$output" "checksum 0x00009ac1
PASS"
    holds '.regions[] | select(.name == "work") | .calls == 1 and .cycles > 100000'
    holds '(.causes | add) == .total.cycles'
  done
}

@test "the same work from every memory of an STM32H723" {
  placed placement_flash-m7 stm32h723zg 550 0x08000000
  placed placement_itcm-m7 stm32h723zg 550 0x00000000
  placed placement_axi_sram-m7 stm32h723zg 550 0x24000000
  placed placement_d2_sram-m7 stm32h723zg 550 0x30000000
  placed placement_d3_sram-m7 stm32h723zg 550 0x38000000
}

@test "the same work from flash and RAM of a Cortex-M4" {
  placed placement_flash-m4 stm32l476rg 80 0x08000000
  placed placement_sram-m4 stm32l4r5zi 120 0x20010000
  placed placement_code_sram-m4 stm32l476rg 80 0x10000000
}

@test "straight code and a loop compute the same" {
  chip straight-m4 stm32f407vg 168
  exits_with 0
  equals "$output" "same result"
  holds '[.regions[] | select(.calls == 64) | .name] | sort == ["loop", "straight"]'
  run arm-none-eabi-nm -S "$FIRMWARE/straight-m4.elf"
  [[ $output == *" 000006e0 T mix_straight"* && $output == *" 00000194 T mix_loop"* ]] || fail "sizes differ"
}

# cycles IMAGE MCU MHZ REGION [OPTION...]: of all its calls.
cycles() {
  chip "$1" "$2" "$3" "${@:5}" >&2
  json '.regions[] | select(.name == "'"$4"'") | .cycles'
}

@test "an STM32H723 that forgets its instruction cache waits for flash" {
  local on off
  on=$(cycles placement_flash-m7 stm32h723zg 550 work) off=$(cycles placement_flash-m7 stm32h723zg 550 work --args dcache)
  [ $((off * 10)) -gt $((on * 14)) ] || fail "on $on, off $off"
  on=$(cycles placement_itcm-m7 stm32h723zg 550 work) off=$(cycles placement_itcm-m7 stm32h723zg 550 work --args off)
  equals "$off" "$on" # no cache stands before a TCM
}

@test "what a data cache holds survives its maintenance" {
  chip dcache_h7-m7 stm32h723zg 550
  exits_with 0
  equals "${lines[-1]}" PASS
  holds '[.regions[] | .name] | length == 24'
  chip dcache_f7-m7 stm32f746ng 216
  exits_with 0
  equals "${lines[-1]}" PASS
}

@test "an image without caches runs on a Cortex-M7 as one with them" {
  for image in house_price-m7 house_price_uncached-m7; do
    simulate --mcu stm32h723zg --mhz 550 -q "$FIRMWARE/$image.elf" --json $image.json
    exits_with 0
    [[ $output == *PASS* ]] || fail "expected PASS"
    holds '.regions[] | select(.name == "inference") | .calls == 3' $image.json
  done
  # Invalidating a cache line by line is start-up that the other image does not have.
  [ "$(json .total.instructions house_price-m7.json)" -gt \
    "$(json '.total.instructions + 1000' house_price_uncached-m7.json)" ] || fail "expected a longer start-up"
}

@test "above its table flash waits at least as in the last row" {
  simulate --mcu stm32f407vg --mhz 169 "$FIRMWARE/house_price-m4.elf" --json "$BATS_TEST_TMPDIR/above.json"
  exits_with 0
  [[ $stderr == *"those of its last row are taken"* || $output == *"those of its last row are taken"* ]] || fail "expected the warning"
  equals "$(jq .memory_system.wait_states "$BATS_TEST_TMPDIR/above.json")" 5
}

@test "a firmware that only clocks a peripheral leaves the bus ratio alone" {
  simulate --mcu stm32h723zg --mhz 550 --args off "$FIRMWARE/placement_d2_sram-m7.elf" --json "$BATS_TEST_TMPDIR/left.json"
  simulate --mcu stm32h723zg --mhz 550 --set bus.ratio=2 --args off "$FIRMWARE/placement_d2_sram-m7.elf" --json "$BATS_TEST_TMPDIR/set.json"
  equals "$(jq .regions[0].cycles "$BATS_TEST_TMPDIR/left.json")" "$(jq .regions[0].cycles "$BATS_TEST_TMPDIR/set.json")"
}

@test "memory ideal is what the core alone takes" {
  simulate --mcu stm32l4r5zi --mhz 120 --memory ideal "$FIRMWARE/house_price-m4.elf" --json "$BATS_TEST_TMPDIR/ideal.json"
  simulate --core m4 --mhz 120 "$FIRMWARE/house_price-m4.elf" --json "$BATS_TEST_TMPDIR/generic.json"
  equals "$(jq .regions[0].cycles "$BATS_TEST_TMPDIR/ideal.json")" "$(jq .regions[0].cycles "$BATS_TEST_TMPDIR/generic.json")"
  equals "$(jq .memory_system "$BATS_TEST_TMPDIR/ideal.json")" null
}
