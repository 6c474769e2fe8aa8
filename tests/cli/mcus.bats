#!/usr/bin/env bats
# The catalogue: listing, filtering, showing a chip, and files of one's own.
load helpers

NETWORK() { echo "$FIRMWARE/house_price-m4.elf"; }

# rows: the names that the list shows.
rows() { tail -n +2 <<<"$output" | awk '{ print $1 }'; }

@test "mcus lists every chip of the catalogue, one line each" {
  simulate mcus
  exits_with 0
  is_silent
  equals "$(rows)" "$(cd "$CMSIM_SOURCE/configs" && printf '%s\n' *.yaml | grep -v ^generic- | sed 's/\.yaml$//' | LC_ALL=C sort)"
  [[ ${lines[0]} == "name"*"core, FPU"*"MHz"*"flash"*"RAM"*"waits"*"caches"*"mA (uA/MHz)"*"flash timing" ]] || fail "expected headings"
  [[ $output == *"stm32f407vg "*"M4 single"*"168"*"1024K"*"192K"*"5"*"64 + 8 lines"*"40 (238)"*"documented"* ]] || fail "expected the F407"
  [[ $output == *"stm32h723zg "*"M7 double"*"550"*"1024K"*"564K (TCM 64+128K)"*"3"*"L1 32K + 32K"*"145 (264)"*"documented"* ]] || fail "expected the H723"
  [[ $output == *"nrf52840 "*"?"*"at once"* ]] || fail "what is not known shows as ?"
  [[ $output != *" "$'\n'* ]] || fail "lines end in blanks"
}

@test "mcus filters by core, memory and clock" {
  simulate mcus --core m7 --mhz 500 --min-ram 512K --min-flash 1M
  exits_with 0
  equals "$(rows | tr '\n' ' ')" "mimxrt1052 mimxrt1062 mimxrt1176-cm7 stm32h723zg stm32h735ig teensy41 "
  simulate mcus --core m4 --mhz 5000
  exits_with 1
  says "no chip"
}

@test "mcus refuses what it does not know" {
  refuses mcus --core m3 -- "--core m3" "m4 or m7"
  refuses mcus --min-ram lots -- "--min-ram lots"
  refuses mcus --min-flash 0 -- "--min-flash 0"
  refuses mcus --mhz -1 -- "--mhz -1"
  refuses mcus stm32f407vg -- "usage:" "mcus show NAME"
  refuses mcus show -- "usage:"
  refuses mcus --colour -- "colour"
  refuses mcus --json /nonexistent/x.json -- "/nonexistent/x.json"
}

@test "mcus --json" {
  simulate mcus --core m4 --json list.json
  exits_with 0
  holds '.schema == "cmsim-mcus/1" and (.mcus | all(.core == "cortex-m4"))' list.json
  holds '.mcus[] | select(.name == "stm32f407vg") | .max_mhz == 168 and .flash_bytes == 1048576 and .ram_bytes == 196608
    and .wait_states == 5 and .flash_timing == "documented" and .run.ma == 40 and .run.mhz == 168
    and .run.grade == "documented" and .peripherals == "stm32f4" and .vendor == "ST"' list.json
  holds '.mcus[] | select(.name == "nrf52840") | .wait_states == null and .flash_timing == null' list.json
  simulate mcus --json -
  equals "$(jq '.mcus | length' <<<"$output")" "$(find "$CMSIM_SOURCE/configs" -maxdepth 1 -name '*.yaml' ! -name 'generic-*' | wc -l)"
}

@test "mcus show prints a chip with sources and grades" {
  simulate mcus show stm32h723zg
  exits_with 0
  is_silent
  for word in "stm32h723zg: STM32H723ZG, ST" "Cortex-M7, FPU in single and double precision" "550 MHz at most" \
    "axi_sram       0x24000000    320 KB  ram   64 bits, waits 2 reading, 2 writing, 0 reading behind a write, clock of the bus" "2 core cycles a cycle, 275 MHz at most" \
    "instructions 32 KB, 2-way; data 32 KB, 4-way" "reads        256 bits" "by clock of the bus" \
    "0 to 70, 1 to 140, 2 to 210, 3 to 275 MHz" "documented: RM0468" "flash, L1 on, data in DTCM, LDO: 3 V" \
    "550 MHz 145 mA" "inferred: DS13313; latency: docs/validation/memory.md, H4"; do
    [[ $output == *"$word"* ]] || fail "expected $word"
  done
  simulate mcus show nrf52832 stm32f407vg
  [[ $output == *"flash interface: not described"*"usually on   instruction cache, data cache, prefetch"* ]] || fail "expected both"
}

@test "every chip of the catalogue shows" {
  for file in "$CMSIM_SOURCE"/configs/*.yaml; do
    simulate mcus show "$(basename "$file" .yaml)"
    exits_with 0
    is_silent
    [[ $output == *": "*"memory"*"flash"*"current"* ]] || fail "expected all of $file"
  done
}

@test "a name that is nearly right is helped" {
  refuses --mcu stm32f407 --mhz 20 "$(NETWORK)" -- "--mcu stm32f407: no such chip; did you mean stm32f407vg?"
  refuses mcus show stm32f303 -- "did you mean stm32f303re or stm32f303vc?"
  refuses mcus show nosuch -- "mcus show nosuch: no such chip"
}

@test "a file of one's own extends a chip" {
  cat >board.yaml <<'END'
name: my-board
extends: stm32f407vg
title: My board
hse_hz: 12000000
flash: {usual: [icache, dcache], src: "my start-up code", grade: measured}
END
  simulate mcus show ./board.yaml
  exits_with 0
  for word in "my-board: My board, ST" "extends      stm32f407vg" "crystal      12 MHz" "usually on   instruction cache, data cache" \
    "measured: my start-up code" "0x20000000    112 KB"; do
    [[ $output == *"$word"* ]] || fail "expected $word"
  done
  [[ $output != *"usually on   instruction cache, data cache, prefetch"* ]] || fail "the prefetch is on"
  for name in board.yaml ./board.yaml "$PWD/board.yaml"; do
    simulate --mcu "$name" --mhz 20 -q --json report.json --console /dev/null "$(NETWORK)"
    exits_with 0
    holds '.target.mcu == "my-board" and .target.core == "cortex-m4"'
  done
  simulate --mcu stm32f407vg --mhz 20 -q --json plain.json --console /dev/null "$(NETWORK)"
  [ "$(json .tool.config_hash)" != "$(json .tool.config_hash plain.json)" ] || fail "expected another configuration hash"
}

@test "a file of one's own is checked as strictly" {
  printf 'name: b\nextends: stm32f407vg\nmax_mhz: 1.5\n' >b.yaml
  refuses --mcu b.yaml --mhz 20 "$(NETWORK)" -- "b.yaml:3:1: error: max_mhz: '1.5'"
  printf 'name: b\nextends: stm32f407\n' >b.yaml
  refuses --mcu b.yaml --mhz 20 "$(NETWORK)" -- "b.yaml:2:1: error: extends: there is no stm32f407; did you mean stm32f407vg?"
  printf 'name: b\nextends: c.yaml\n' >b.yaml
  printf 'name: c\nextends: b.yaml\n' >c.yaml
  refuses mcus show b.yaml -- "c.yaml:2:1: error: extends: b.yaml extends this file in turn"
  refuses --mcu nothere.yaml --mhz 20 "$(NETWORK)" -- "nothere.yaml: error: cannot open"
  refuses --mcu some/where --mhz 20 "$(NETWORK)" -- "--mcu some/where" "ends in .yaml"
}

@test "mcus show has no JSON and says so" {
  refuses mcus show stm32f407vg --json - -- "--json is for the list"
}

@test "what-ifs of flash and bus" {
  for what in flash.wait_states=2 flash.icache=0 flash.data_wait=3 flash.miss_wait=1; do
    simulate --mcu stm32f407vg --mhz 20 --set $what -q --json report.json --console /dev/null "$(NETWORK)"
    exits_with 0
    holds ".warnings[] | select(.code == \"set\" and (.message | contains(\"$what\")))"
  done
  refuses --mcu stm32f407vg --mhz 20 --set bus.ratio=2 "$(NETWORK)" -- "bus.ratio=2"
  refuses --mcu stm32f407vg --mhz 20 --set flash.icache=2 "$(NETWORK)" -- "flash.icache=2"
  refuses --core m4 --mhz 20 --set flash.wait_states=2 "$(NETWORK)" -- "flash.wait_states=2"
  refuses --mcu stm32f746ng --mhz 20 --set flash.prefetch=1 "$FIRMWARE/house_price-m7.elf" -- "flash.prefetch=1"
}
