#!/usr/bin/env bats
# Images that cannot be run: one line that says why, exit 2.
load helpers

run_image() { refuses --core m4 --mhz 64 "$@"; }

@test "missing file" { run_image missing.elf -- "missing.elf: error: " "No such file or directory"; }

@test "empty file" {
  : >empty.elf
  run_image empty.elf -- "empty.elf: error: is empty"
}

@test "directory" { run_image . -- ".: error: is a directory, not a firmware image"; }

@test "named pipe" {
  mkfifo pipe
  run_image pipe -- "pipe: error: is not a regular file"
}

@test "unreadable file" {
  [ "$(id -u)" -ne 0 ] || skip "root reads everything"
  cp "$FIRMWARE/house_price-m4.elf" secret.elf
  chmod 0 secret.elf
  run_image secret.elf -- "secret.elf: error: " "Permission denied"
}

@test "text file" {
  echo "hello, world" >notes.txt
  run_image notes.txt -- "notes.txt: error: not an ELF or Intel HEX file" "--base"
}

@test "host program" { run_image "$CMSIM" -- "cmsim: error: built for " "not for an Arm Cortex-M"; }

@test "A-profile code" { run_image "$TEST_FIRMWARE/a_profile.elf" -- "a_profile.elf: error: " "A-profile"; }

@test "Arm-state code" { run_image "$TEST_FIRMWARE/arm_state.elf" -- "arm_state.elf: error: " "Cortex-M"; }

@test "Arm-state code without attributes" {
  arm-none-eabi-objcopy --remove-section .ARM.attributes "$TEST_FIRMWARE/arm_state.elf" plain.elf
  run_image plain.elf -- "plain.elf: error: " "ARM-state code"
}

@test "big-endian" {
  run_image "$TEST_FIRMWARE/big_endian.elf" -- "big_endian.elf: error: big-endian image" "little-endian"
}

@test "object file" {
  arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -c "$CMSIM_SOURCE/tests/cli/firmware/foreign.S" -o foreign.o
  run_image foreign.o -- "foreign.o: error: is an object file"
}

# Every size at which one header or the contents of one segment is not quite there.
boundaries() {
  local image=$1 headers sections i at
  headers=$(word "$image" 28) sections=$(word "$image" 32)
  echo 1 2 3 4 5 15 16 17 20 51 52 53
  for ((i = 0; i <= $(word "$image" 44 2); i++)); do
    at=$((headers + 32 * i))
    echo $((at - 1)) $at $((at + 1))
  done
  for ((i = 0; i < $(word "$image" 44 2); i++)); do
    at=$(segment "$image" $i)
    [ "$(word "$image" $((at + 16)))" -eq 0 ] ||
      echo $(($(word "$image" $((at + 4))) + $(word "$image" $((at + 16))) - 1))
  done
  for ((i = 0; i < $(word "$image" 48 2); i++)); do
    at=$((sections + 40 * i))
    echo $((at - 1)) $at $((at + 1)) $((at + 39))
  done
}

@test "truncated at every header boundary" {
  image=$FIRMWARE/human_activity-m4.elf
  sizes=$(boundaries "$image")
  [ "$(wc -w <<<"$sizes")" -gt 80 ]
  for size in $sizes; do
    head -c "$size" "$image" >cut.elf
    run_image cut.elf -- "cut.elf: error: " "truncated"
  done
}

@test "overlapping segments" {
  cp "$FIRMWARE/human_activity-m4.elf" overlap.elf
  patch overlap.elf $(($(segment overlap.elf 1) + 12)) 0x08000100
  run_image overlap.elf -- "overlap.elf: error: overlapping segments: load addresses" "0x08000100"
}

@test "overlapping run addresses" {
  cp "$FIRMWARE/human_activity-m4.elf" overlap.elf
  patch overlap.elf $(($(segment overlap.elf 2) + 8)) 0x20000010
  run_image overlap.elf -- "overlap.elf: error: overlapping segments: run addresses" "0x20000010"
}

@test "no vector table" {
  run_image "$TEST_FIRMWARE/no_vectors.elf" -- "no_vectors.elf: error: no vector table found"
}

@test "entry outside every segment" {
  cp "$FIRMWARE/house_price-m4.elf" entry.elf
  patch entry.elf 24 0x09000001
  run_image entry.elf -- "entry.elf: error: entry point 0x09000000 lies outside every segment"
}

@test "reset handler outside every segment" {
  cp "$FIRMWARE/house_price-m4.elf" reset.elf
  patch reset.elf $(($(word reset.elf $(($(segment reset.elf 0) + 4))) + 4)) 0x09000001
  run_image reset.elf -- "reset.elf: error: reset handler 0x09000001" "lies outside every segment"
}

@test "reset handler without its Thumb bit" {
  cp "$FIRMWARE/house_price-m4.elf" reset.elf
  at=$(($(word reset.elf $(($(segment reset.elf 0) + 4))) + 4))
  patch reset.elf $at $(($(word reset.elf $at) & ~1))
  run_image reset.elf -- "reset.elf: error: reset handler" "has no Thumb bit"
}

@test "stack pointer not in RAM" {
  cp "$FIRMWARE/house_price-m4.elf" stack.elf
  patch stack.elf "$(word stack.elf $(($(segment stack.elf 0) + 4)))" 0x40001000
  run_image stack.elf -- "stack.elf: error: initial stack pointer 0x40001000" "is not in RAM"
}

@test "stack pointer in flash" {
  cp "$FIRMWARE/house_price-m4.elf" stack.elf
  patch stack.elf "$(word stack.elf $(($(segment stack.elf 0) + 4)))" 0x08000400
  run_image stack.elf -- "stack.elf: error: initial stack pointer 0x08000400" "is not in RAM" "read-only"
}

@test "stack pointer beyond the RAM of the target" {
  cp "$FIRMWARE/house_price-m4.elf" stack.elf
  patch stack.elf "$(word stack.elf $(($(segment stack.elf 0) + 4)))" 0x20200000
  run_image stack.elf -- "stack.elf: the initial stack pointer 0x20200000 is not in RAM" "0x20100000"
}

@test "stack pointer just past flash" {
  cp "$FIRMWARE/house_price-m4.elf" stack.elf
  patch stack.elf "$(word stack.elf $(($(segment stack.elf 0) + 4)))" 0x08010000
  run_image stack.elf -- "stack.elf: " "stack pointer 0x08010000 is not in RAM" "flash"
}

@test "RAM of the target too small for a segment" {
  run_image "$FIRMWARE/human_activity-m4.elf" --ram 1K -- "human_activity-m4.elf: region ram" \
    "too small by 1004 bytes"
}

@test "RAM of the target too small for the stack" {
  run_image "$FIRMWARE/house_price-m4.elf" --ram 1K -- "house_price-m4.elf: the initial stack pointer" \
    "is not in RAM" "ram ends at 0x20000400" "linked for --ram 96K or more"
}

@test "flash of the target too small" {
  image=$FIRMWARE/human_activity-m4.elf
  stored=$(($(word "$image" $(($(segment "$image" 0) + 16))) + $(word "$image" $(($(segment "$image" 1) + 16)))))
  run_image "$image" --flash 1K -- "human_activity-m4.elf: flash is too small by $((stored - 1024)) bytes"
}

@test "segment where no memory can be" {
  cp "$FIRMWARE/house_price-m4.elf" far.elf
  patch far.elf $(($(segment far.elf 1) + 8)) 0xf0000000
  patch far.elf $(($(segment far.elf 1) + 12)) 0xf0000000
  run_image far.elf -- "far.elf: segment at 0xf0000000" "outside the target's memory"
}

@test "raw binary with a base for which it was not linked" {
  arm-none-eabi-objcopy -O binary "$FIRMWARE/house_price-m4.elf" image.bin
  run_image image.bin --base 0x10000000 -- "image.bin: error: reset handler" "lies outside every segment"
}

@test "raw binary that leaves the address space" {
  head -c 8192 /dev/zero >image.bin
  run_image image.bin --base 0xfffff000 -- "image.bin: error: 8192 bytes at --base 0xfffff000 run past the end"
}

@test "Intel HEX with a wrong checksum" {
  arm-none-eabi-objcopy -O ihex "$FIRMWARE/house_price-m4.elf" image.hex
  sed -i '5s/..\r*$/ZZ/' image.hex
  run_image image.hex -- "image.hex:5: error: not an Intel HEX record: bad hex digit"
  arm-none-eabi-objcopy -O ihex "$FIRMWARE/house_price-m4.elf" image.hex
  sed -i '7s/^:10/:11/' image.hex
  run_image image.hex -- "image.hex:7: error: truncated or overlong Intel HEX record"
}

@test "Intel HEX without its end" {
  arm-none-eabi-objcopy -O ihex "$FIRMWARE/house_price-m4.elf" image.hex
  sed -i '$d' image.hex
  run_image image.hex -- "image.hex:" "truncated: the Intel HEX file has no end record"
}

@test "double precision on a Cortex-M4 names the instruction, the symbol and the line" {
  simulate --core m4 --mhz 64 "$TEST_FIRMWARE/double-m7.elf" --console said.txt
  exits_with 2
  says "double-m7.elf: " "vmul.f64" "does not exist on cortex-m4" "<square+0x" "double.c:4)" "UsageFault (UNDEFINSTR)"
}

@test "double precision on a Cortex-M7 whose FPU has none" {
  simulate --mcu stm32f746ng --mhz 16 "$TEST_FIRMWARE/double-m7.elf" --console said.txt
  exits_with 2
  says "vmul.f64" "does not exist on stm32f746ng" "<square+0x" "UsageFault (UNDEFINSTR)"
  simulate --mcu stm32f767zi --mhz 16 "$TEST_FIRMWARE/double-m7.elf" -q
  exits_with 0
}

@test "an M7 network on a Cortex-M4" {
  simulate --core m4 --mhz 64 "$FIRMWARE/image_classification-m7.elf" -q --console said.txt
  exits_with 2
  says "image_classification-m7.elf: " "'v" "' does not exist on cortex-m4, at 0x0800" "+0x" "firmware/networks/kernels.c:"
}
