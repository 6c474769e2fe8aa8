#!/usr/bin/env bats
# Command lines, models and outputs that cannot work: one line that says why, exit 2, and nothing is left behind.
load helpers

GOOD=(--core m4 --mhz 64)

image() { echo "$FIRMWARE/house_price-m4.elf"; }

@test "unknown core" { refuses --core m5 --mhz 64 "$(image)" -- "--core m5: unknown core"; }

@test "missing core" { refuses --mhz 64 "$(image)" -- "which core?" "--core"; }

@test "missing clock" { refuses --core m4 "$(image)" -- "which clock?" "--mhz"; }

@test "missing image" { refuses "${GOOD[@]}" -- "which firmware?"; }

@test "no arguments at all" { refuses -- "which firmware?"; }

@test "two images" { refuses "${GOOD[@]}" "$(image)" other.elf -- "one image at a time" "other.elf"; }

@test "unknown option" { refuses "${GOOD[@]}" "$(image)" --nonsense -- "--nonsense"; }

@test "unknown short option" { refuses "${GOOD[@]}" "$(image)" -Z -- "Z"; }

@test "option without its value" { refuses "$(image)" --core m4 --mhz -- "--mhz" "requires an argument"; }

@test "clocks that are none" {
  for clock in 0 0.0 -5 abc "" inf nan 1e999 64MHz 1e-999 " "; do
    refuses --core m4 "--mhz=$clock" "$(image)" -- "--mhz $clock: a clock in MHz above 0"
  done
}

@test "counts and sizes that are none" {
  for count in 0 -1 abc "" 1.5 1e30 5X inf; do
    refuses "${GOOD[@]}" "$(image)" "--max-cycles=$count" -- "--max-cycles $count: "
  done
  for size in 0 -1 abc "" 5G 1.5K 4T 99999999999999999999; do
    refuses "${GOOD[@]}" "$(image)" "--ram=$size" -- "--ram $size: "
    refuses "${GOOD[@]}" "$(image)" "--flash=$size" -- "--flash $size: "
  done
  for seconds in 0 -1 abc inf; do
    refuses "${GOOD[@]}" "$(image)" "--timeout=$seconds" -- "--timeout $seconds: "
  done
  for lines in 0 -1 abc 10001; do
    refuses "${GOOD[@]}" "$(image)" "--top=$lines" -- "--top $lines: "
  done
  for base in abc -1 0x100000000 8K ""; do
    refuses "${GOOD[@]}" "$(image)" "--base=$base" -- "--base $base: "
  done
}

@test "a base for an image that has addresses" {
  refuses "${GOOD[@]}" "$(image)" --base 0x08000000 -- "--base is for raw binaries"
}

@test "region that is no function" { refuses "${GOOD[@]}" "$(image)" --region nosuch -- "--region nosuch: no such function"; }

@test "region in an image without names" {
  arm-none-eabi-strip -o bare.elf "$(image)"
  refuses "${GOOD[@]}" bare.elf --region main -- "bare.elf: --region main: no such function" "stripped"
}

@test "more regions than there is room for" {
  regions=()
  for ((i = 0; i < 65; i++)); do regions+=(--region main); done
  refuses "${GOOD[@]}" "$(image)" "${regions[@]}" -- "--region main: at most 64 regions"
}

# ---- models ----

copy_data() {
  mkdir data
  cp -r "$CMSIM_SOURCE/cost_models" "$CMSIM_SOURCE/configs" data
}

@test "missing data folder" { refuses "${GOOD[@]}" "$(image)" --data nowhere -- "nowhere: no cost_models/sources.yaml"; }

@test "missing data folder from the environment" {
  CMSIM_DATA=nowhere refuses "${GOOD[@]}" "$(image)" -- "nowhere: no cost_models/sources.yaml" "CMSIM_DATA"
}

@test "a copy of the data folder works" {
  copy_data
  simulate "${GOOD[@]}" "$(image)" --data data -q
  exits_with 0
  is_silent
}

@test "missing cost model" {
  copy_data
  rm data/cost_models/cortex-m4.yaml
  refuses "${GOOD[@]}" "$(image)" --data data -- "data/cost_models/cortex-m4.yaml: error: cannot open"
}

@test "missing target" {
  copy_data
  rm data/configs/generic-m4.yaml
  refuses "${GOOD[@]}" "$(image)" --data data -- "data/configs/generic-m4.yaml: error: cannot open"
}

@test "cost model that is no YAML" {
  copy_data
  sed -i '3s/.*/core: [cortex-m4/' data/cost_models/cortex-m4.yaml
  refuses "${GOOD[@]}" "$(image)" --data data -- "data/cost_models/cortex-m4.yaml:" ": error: "
  [[ $stderr =~ cortex-m4.yaml:[0-9]+:[0-9]+:\ error:\  ]] || fail "expected file:line:column"
}

@test "cost model with an unknown key" {
  copy_data
  echo "colour: blue" >>data/cost_models/cortex-m4.yaml
  line=$(wc -l <data/cost_models/cortex-m4.yaml)
  refuses "${GOOD[@]}" "$(image)" --data data -- "data/cost_models/cortex-m4.yaml:$line:" ": error: " "colour"
}

@test "cost model without one class" {
  copy_data
  sed -i '/{class: alu_movt,/d' data/cost_models/cortex-m4.yaml
  refuses "${GOOD[@]}" "$(image)" --data data -- "data/cost_models/cortex-m4.yaml:" ": error: " "alu_movt"
}

@test "cost model with a source that is not listed" {
  copy_data
  sed -i '0,/id: /s/id: [A-Za-z0-9_-]*/id: unheard-of/' data/cost_models/sources.yaml
  refuses "${GOOD[@]}" "$(image)" --data data -- "data/cost_models/" ": error: "
  [[ $stderr =~ \.yaml:[0-9]+:[0-9]+:\ error:\  ]] || fail "expected file:line:column"
}

@test "target with a bad region" {
  copy_data
  sed -i 's/kind: ram,/kind: rum,/' data/configs/generic-m4.yaml
  refuses "${GOOD[@]}" "$(image)" --data data -- "data/configs/generic-m4.yaml:" ": error: "
  [[ $stderr =~ generic-m4.yaml:[0-9]+:[0-9]+:\ error:\  ]] || fail "expected file:line:column"
}

# ---- outputs ----

@test "output into a folder that is not there" {
  refuses "${GOOD[@]}" "$(image)" --json nowhere/report.json -- "nowhere/report.json: cannot write: No such file"
  refuses "${GOOD[@]}" "$(image)" --console nowhere/said.txt -- "nowhere/said.txt: cannot write: No such file"
}

@test "output that is a folder" { refuses "${GOOD[@]}" "$(image)" --json . -- ".: cannot write: Is a directory"; }

@test "full disk" {
  simulate "${GOOD[@]}" "$(image)" -q --console said.txt --json /dev/full
  exits_with 2
  says "/dev/full: cannot write: No space left on device"
}

@test "full disk for the firmware's output" {
  simulate "${GOOD[@]}" "$(image)" -q --console /dev/full
  exits_with 2
  says "/dev/full: cannot write: No space left on device"
}

@test "full disk behind standard output" {
  run --separate-stderr bash -c 'timeout 60 "$CMSIM" --core m4 --mhz 64 "$0" --console said.txt >/dev/full' "$(image)"
  exits_with 2
  says "standard output: " "No space left on device"
  run --separate-stderr bash -c 'timeout 60 "$CMSIM" --core m4 --mhz 64 "$0" --json - 2>said.txt >/dev/full' "$(image)"
  exits_with 2
  grep -q "No space left on device" said.txt
}

@test "a file that may not be written stays" {
  [ "$(id -u)" -ne 0 ] || skip "root writes everything"
  echo kept >report.json
  chmod 444 report.json
  refuses "${GOOD[@]}" "$(image)" --json report.json -- "report.json: cannot write: Permission denied"
  [ "$(cat report.json)" = kept ]
}

@test "an existing report survives a run that cannot start" {
  echo kept >report.json
  echo kept >said.txt
  refuses "${GOOD[@]}" missing.elf --json report.json --console said.txt -- "missing.elf"
  [ "$(cat report.json said.txt)" = "$(printf 'kept\nkept')" ]
  [ "$(ls)" = "$(printf 'report.json\nsaid.txt')" ] || fail "left behind: $(ls)"
}

@test "semihosting folder that is not there" {
  refuses "${GOOD[@]}" "$(image)" --files nowhere -- "semihosting directory nowhere: No such file or directory"
}

@test "a chip has the memory it has" {
  refuses --mcu stm32f407vg --mhz 20 --flash 16K "$FIRMWARE/house_price-m4.elf" -- "--flash" "stm32f407vg"
  refuses --mcu stm32f407vg --mhz 20 --ram 96K "$FIRMWARE/house_price-m4.elf" -- "--ram" "stm32f407vg"
}
