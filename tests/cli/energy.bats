#!/usr/bin/env bats
# A chip whose file states its current: energy, period, battery; and whether an image fits it. The chips are the test's
# own, so that every number can be worked out by hand.
load helpers

# toy FLASH_BYTES RAM_BYTES [LINE...]: data/configs/toy.yaml, a Cortex-M4 with memory where the images want it.
toy() {
  mkdir -p data/configs
  [ -e data/cost_models ] || ln -s "$CMSIM_SOURCE/cost_models" data
  {
    printf 'name: toy\ncore: cortex-m4\ntitle: Toy\nregions:\n'
    printf '  - {name: flash, kind: flash, base: 0x08000000, bytes: %s, first_access: 0, src: s, grade: assumed}\n' "$1"
    printf '  - {name: sram, kind: ram, base: 0x20000000, bytes: %s, first_access: 0, src: s, grade: assumed}\n' "$2"
    printf '%s\n' "${@:3}"
  } >data/configs/toy.yaml
}

# row NAME run|sleep MA_AT_50 MA_AT_100: 3 V.
row() {
  printf '  - {name: "%s", mode: %s, volts: 3, workload: loop, peripherals: off, src: "DS1 table 2", ' "$1" "$2"
  printf 'grade: documented, points: [{mhz: 50, ma: %s}, {mhz: 100, ma: %s}]}' "$3" "$4"
}

thirsty() { toy 0x100000 0x20000 power: "$(row 'flash, LDO' run 10 20)" "$(row 'sleep, LDO' sleep 1 2)" "$@"; }

# Three inferences and what is around them; the board's own sleep follows in another test.
network() { simulate --data data --mcu toy --mhz "$1" "$FIRMWARE/house_price-m4.elf" --console /dev/null "${@:2}"; }

# The table without its line breaks.
flowed() { tr -s '\n ' ' ' <<<"$output"; }

@test "mJ are mA times V times seconds" {
  thirsty
  network 100 --json report.json
  exits_with 0
  is_silent
  # 20 mA x 3 V = 60 mW, so 0.6 nJ a cycle at 100 MHz.
  holds '.energy | .milliamperes == 20 and .volts == 3 and .source == "DS1 table 2" and .grade == "documented"'
  holds '(.energy.total_mj / .total.cycles / 0.6e-6 - 1) | fabs < 1e-9'
  holds '(.regions[0].mj / .regions[0].cycles / 0.6e-6 - 1) | fabs < 1e-9'
  holds '(.energy.total_upper_mj / .energy.total_mj - 1.66) | fabs < 1e-9'
  holds '.energy.average_ma == 20 and .energy.period == null and .energy.battery_hours == null'
  [[ $output == *"energy: "*" uJ at 20 mA and 3 V (typical; flash, LDO; DS1 table 2), up to"* ]] || fail "no energy"
  [[ $output == *"share"*"energy"*"inference "*" uJ"* ]] || fail "no energy of the region"
}

@test "between the sheet's clocks the line holds, outside it is assumed" {
  thirsty
  network 75 -q --json report.json
  holds '.energy | .milliamperes == 15 and .way == "between" and .sheet_mhz == [50, 100] and .grade == "inferred"'
  network 150 -q --json report.json
  holds '.energy | .milliamperes == 30 and .way == "above" and .grade == "assumed"'
  network 150
  [[ $(flowed) == *"assumed: above the sheet's clocks, on the line through 50 and 100 MHz"* ]] ||
    fail "not said"
}

@test "a region once a period, and the battery" {
  thirsty
  network 100 -q --json report.json --period 1s --battery-mah 100
  exits_with 0
  holds '.energy.period | .region == "inference" and .period_ms == 1000 and .late_ms == 0'
  # 60 mW of work, 6 mW of sleep.
  holds '.energy.period | (.mj - (60 * .work_ms + 6 * (1000 - .work_ms)) / 1000) | fabs < 1e-9'
  holds '(.energy.period.work_ms - .regions[0].latency_ms / 3) | fabs < 1e-9'
  holds '.energy | (.average_ma - .period.mj / 3) | fabs < 1e-9'
  holds '.energy | (.battery_hours - 100 / .average_ma) | fabs < 1e-6'
  network 100 --period 1s --battery-mah 100
  [[ $(flowed) == *"period 1.000 s: "*" of inference, the rest asleep at 2 mA: "*"a period"* ]] ||
    fail "no period"
  [[ $output == *"battery of 100 mAh: 2.06"*" days with that period, "* ]] || fail "no battery" # 100 / 2.01 / 24
}

@test "work that is longer than its period is said to be, and is no failure" {
  thirsty
  network 100 --json report.json --period 100us
  exits_with 0
  [[ $(flowed) == *" of inference, WHICH IS "*" us LONGER THAN THE PERIOD: it never sleeps;"* ]] ||
    fail "not said"
  holds '.energy | .average_ma == 20 and (.period.late_ms + 0.1 - .period.work_ms | fabs < 1e-9)'
}

@test "what runs once a period can be named" {
  thirsty
  network 100 -q --json report.json --period inference=10ms
  holds '.energy.period | .region == "inference" and .period_ms == 10'
  network 100 -q --json report.json --period main=1min --region main
  exits_with 0
  holds '.energy.period | .region == "main" and .period_ms == 60000'
  network 100 -q --json report.json --period 1h --region main # two regions: the whole run
  holds '(.energy.period | .region == null and .period_ms == 3600000) and .energy.period.work_ms == .total.latency_ms'
  refuses --data data --mcu toy --mhz 100 "$FIRMWARE/house_price-m4.elf" --period training=1s -- \
    "--period training: no such region"
}

@test "firmware that sleeps is charged as asleep" {
  thirsty
  simulate --data data --mcu toy --mhz 100 "$FIRMWARE/latency-m4.elf" --json report.json --console /dev/null
  exits_with 0
  holds '.causes.sleep > 0'
  # 0.6 nJ a cycle awake, 0.06 asleep.
  holds '(.energy.total_mj - ((.total.cycles - .causes.sleep) * 0.6 + .causes.sleep * 0.06) / 1e6) | fabs < 1e-9'
  [[ $(flowed) == *"; asleep 2 mA"* ]] || fail "not said"
}

@test "another row by a part of its name, with the sleep that goes with it" {
  thirsty "$(row 'flash, SMPS' run 5 8)" "$(row 'sleep, SMPS' sleep 0.5 0.8)"
  network 100 -q --json report.json --power smps
  holds '.energy | .row == "flash, SMPS" and .milliamperes == 8 and .sleep.milliamperes == 0.8'
  refuses --data data --mcu toy --mhz 100 "$FIRMWARE/house_price-m4.elf" --power buck -- \
    "--power buck: no row of toy has that in its name: 'flash, LDO'; 'flash, SMPS'"
}

@test "a chip without a row for sleep" {
  toy 0x100000 0x20000 power: "$(row 'flash, LDO' run 10 20)"
  network 100 --json report.json --period 1s
  exits_with 0
  [[ $(flowed) == *"the rest as if running, for the chip's file has no current asleep: at most"* ]] ||
    fail "not said"
  holds '.energy | .sleep == null and .average_ma == 20'
}

@test "a chip whose file states no current" {
  toy 0x100000 0x20000
  network 100 --json report.json
  exits_with 0
  holds '.energy == null and .regions[0].mj == null'
  [[ $output != *energy* ]] || fail "energy of nothing"
  local option
  for option in "--period 1s" "--battery-mah 5" "--power x"; do
    # shellcheck disable=SC2086 # two words
    refuses --data data --mcu toy --mhz 100 "$FIRMWARE/house_price-m4.elf" $option -- \
      "${option%% *}: the file of toy does not say what current it draws"
    # shellcheck disable=SC2086
    refuses --core m4 --mhz 100 "$FIRMWARE/house_price-m4.elf" $option -- "${option%% *}: the file of generic-m4"
  done
}

@test "times and capacities that are none" {
  thirsty
  local value
  for value in 0s -1ms 1 ms "" 1d infs 1e999s =1s x= 1s=; do
    refuses --data data --mcu toy --mhz 100 "$FIRMWARE/house_price-m4.elf" "--period=$value" -- \
      "--period $value: a time"
  done
  for value in 0 -1 x inf 3Ah; do
    refuses --data data --mcu toy --mhz 100 "$FIRMWARE/house_price-m4.elf" "--battery-mah=$value" -- \
      "--battery-mah $value: milliampere hours"
  done
}

# ---- fit ----

# end_of FILE: where its flash ends, from 0x08000000 on.
end_of() {
  local line end=0
  while read -r line; do
    # shellcheck disable=SC2086 # columns: type, offset, virtual and physical address, bytes stored
    set -- $line
    if [ $(($4)) -lt $((0x10000000)) ] && [ $(($4 + $5 - 0x08000000)) -gt $end ]; then
      end=$(($4 + $5 - 0x08000000))
    fi
  done < <(arm-none-eabi-readelf -lW "$1" | grep ' LOAD ')
  echo "$end"
}

@test "an image that fits says how well" {
  local end
  end=$(end_of "$FIRMWARE/house_price-m4.elf")
  toy "$end" 0x20000 # not a byte more than needed
  network 100 --json report.json
  exits_with 0
  holds '.fit | .fits and .short_bytes == 0 and .ram_bytes == 131072 and (.regions | map(.name) == ["flash", "sram"])'
  holds ".fit.flash_bytes == $end and .fit.flash_used == .memory.flash_bytes"
  holds '.fit.regions[0].used == .fit.flash_used'
  holds '.fit.ram_used == .memory.ram_static_bytes + .memory.stack_peak_bytes'
  [[ $output == *"fits: flash "*" %), "*" left; sram "*"of 131,072 B ("*" left"* ]] || fail "not said"
  simulate --core m4 --mhz 100 -q "$FIRMWARE/house_price-m4.elf" --json report.json
  holds '.fit == null' # without a chip there is nothing to fit
}

@test "one flash at two addresses counts once" {
  toy 0x100000 0x20000
  sed -i '/name: flash/ {h; s/name: flash/name: alias/; s/0x08000000/0x00200000/; p; x}' data/configs/toy.yaml
  network 100 -q --json report.json
  exits_with 0
  holds '.fit | (.regions | length) == 3 and .flash_bytes == 1048576'
}

@test "a heap that grows into the stack does not fit the chip" {
  toy 0x100000 0x20000
  cp "$TEST_FIRMWARE/heap-m4.elf" heap.elf
  patch heap.elf "$(word heap.elf $(($(segment heap.elf 0) + 4)))" $((0x20000800)) # the stack starts at 2 KiB
  simulate --data data --mcu toy --mhz 16 -q heap.elf --json report.json
  exits_with 2
  local start
  start=$((0x$(arm-none-eabi-nm heap.elf | awk '$3 == "end" { print $1 }') - 0x20000000))
  start=$(((start + 7) / 8 * 8)) # where the heap starts, as malloc aligns it
  holds ".fit.short_bytes == $start + .memory.heap_peak_bytes - (2048 - .memory.stack_peak_bytes)"
  says "does not fit toy: the stack ran $(json .fit.short_bytes) bytes into static data or heap"
}

@test "the stacks of a kernel's tasks lie in static data and count once" {
  toy 0x100000 0x20000
  simulate --data data --mcu toy --mhz 100 -q "$FIRMWARE/kernel-m4.elf" --json report.json --console /dev/null
  exits_with 0
  holds '.fit.ram_used < .memory.ram_static_bytes + .memory.stack_peak_bytes'
  holds '.fit.ram_used > .memory.ram_static_bytes'
}

@test "flash that is too small says by how much" {
  local end
  end=$(end_of "$FIRMWARE/house_price-m4.elf")
  toy $((end - 1)) 0x20000
  refuses --data data --mcu toy --mhz 100 "$FIRMWARE/house_price-m4.elf" -- \
    "does not fit toy: region flash ($((end - 1)) bytes at 0x08000000) is too small by 1 bytes"
  toy 4096 0x20000 # all segments behind it count, not only the first that sticks out
  refuses --data data --mcu toy --mhz 100 "$FIRMWARE/house_price-m4.elf" -- "too small by $((end - 4096)) bytes"
}

@test "RAM that is too small says by how much, for data and for the stack" {
  toy 0x100000 0x1000
  refuses --data data --mcu toy --mhz 100 "$FIRMWARE/image_classification-m4.elf" -- \
    "does not fit toy: region sram (4096 bytes at 0x20000000) is too small by "
  toy 0x100000 0x17000 # the images' stacks start at 0x20018000
  refuses --data data --mcu toy --mhz 100 "$FIRMWARE/house_price-m4.elf" -- \
    "region sram (94208 bytes at 0x20000000) is too small by 4096 bytes for its stack up to 0x20018000"
}

@test "an image for other addresses is told where it wants to be, and who has memory there" {
  toy 0x100000 0x20000
  sed 's/name: toy/name: elsewhere/; s/0x08000000/0x00000000/' data/configs/toy.yaml >data/configs/elsewhere.yaml
  refuses --data data --mcu elsewhere --mhz 100 "$FIRMWARE/house_price-m4.elf" -- \
    "does not fit elsewhere, which has no memory at 0x08000000" "must be linked for this chip" \
    "; chips with memory there: toy"
  sed -i 's/cortex-m4/cortex-m7/' data/configs/toy.yaml # of the same core only
  refuses --data data --mcu elsewhere --mhz 100 "$FIRMWARE/house_price-m4.elf" -- "must be linked for this chip"
  # shellcheck disable=SC2154 # bats sets it
  [[ $stderr != *"chips with"* ]] || fail "another core"
}

@test "a stack that grows into static data does not fit the chip" {
  toy 0x100000 0x20000
  cp "$TEST_FIRMWARE/stack-m4.elf" overrun.elf
  patch overrun.elf $(($(segment overrun.elf 1) + 20)) 0x17ff8 # static data ends 8 bytes below the stack's start
  simulate --data data --mcu toy --mhz 16 overrun.elf --json report.json
  exits_with 2
  says "overrun.elf: does not fit toy: the stack ran $(json .fit.short_bytes) bytes into static data"
  # 8 bytes of the stack are its own.
  holds '.fit.fits == false and .fit.short_bytes == .memory.stack_peak_bytes - 8'
  [[ $output == *"DOES NOT FIT: the stack needs "*" bytes more"* ]] || fail "not said"
  simulate --core m4 --mhz 16 -q overrun.elf # without a chip it is a warning
  exits_with 0
}
