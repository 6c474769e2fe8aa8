#!/usr/bin/env bats
# The same firmware in other wrappings takes the same time.
load helpers

# total FILE [OPTION...]: cycles and instructions of the run.
total() {
  simulate --core m4 --mhz 64 --json report.json -q --console said.txt "$@"
  exits_with 0
  is_silent
  json '"\(.total.cycles) \(.total.instructions)"'
}

setup() {
  mkdir "$BATS_TEST_TMPDIR/work" && cd "$BATS_TEST_TMPDIR/work" || return 1
  image=$FIRMWARE/human_activity-m4.elf
}

@test "stripped image" {
  whole=$(total "$image")
  inference=$(json '.regions[0] | "\(.name) \(.calls) \(.cycles)"')
  arm-none-eabi-strip -o bare.elf "$image"
  equals "$(total bare.elf)" "$whole"
  total bare.elf >/dev/null
  equals "$(json '.regions[0] | "\(.name) \(.calls) \(.cycles)"')" "$inference"
  holds '.functions | length == 1 and .[0].name == "?"'
  holds '([.functions[].self_cycles] | add) == .total.cycles'
  simulate --core m4 --mhz 64 bare.elf
  exits_with 0
}

@test "image without section headers" {
  whole=$(total "$image")
  cp "$image" headless.elf
  patch headless.elf 32 0
  patch headless.elf 48 0 2
  patch headless.elf 50 0 2
  equals "$(total headless.elf)" "$whole"
}

@test "raw binary" {
  whole=$(total "$image")
  arm-none-eabi-objcopy -O binary "$image" image.bin
  equals "$(total image.bin --base 0x08000000)" "$whole"
  total image.bin --base 0x08000000 >/dev/null
  equals "$(json .memory.flash_bytes)" "$(stat -c %s image.bin)"
}

@test "Intel HEX" {
  whole=$(total "$image")
  arm-none-eabi-objcopy -O ihex "$image" image.hex
  equals "$(total image.hex)" "$whole"
}

@test "a raw binary measures its markers without names" {
  total "$image" >/dev/null
  inference=$(json '.regions[0] | "\(.calls) \(.cycles) \(.min_cycles) \(.max_cycles)"')
  arm-none-eabi-objcopy -O binary "$image" image.bin
  total image.bin --base 0x08000000 >/dev/null
  equals "$(json '.regions[0] | "\(.calls) \(.cycles) \(.min_cycles) \(.max_cycles)"')" "$inference"
}

@test "the file name does not matter" {
  whole=$(total "$image")
  cp "$image" "odd name%s.txt"
  equals "$(total "odd name%s.txt")" "$whole"
  holds '.firmware.path == "odd name%s.txt"'
}
