#!/usr/bin/env bats
# The other commands, and naming a chip.
load helpers

NETWORK() { echo "$FIRMWARE/house_price-m4.elf"; }

@test "annotate lists a function with counts, cycles and sources" {
  simulate annotate --core m4 --mhz 64 --function relu --console /dev/null "$(NETWORK)"
  exits_with 0
  is_silent
  [[ ${lines[0]} == "relu ("*"kernels.c:"*"cycles,"* ]] || fail "expected a heading"
  [[ $output == *"vldmia r0!, {s15}"*"transfer 1.00"*"TI-F"* ]] || fail "expected the load with its cause and source"
}

@test "annotated cycles are the function's own" {
  simulate annotate --core m4 --mhz 64 --function relu --console /dev/null "$(NETWORK)"
  sum=$(awk '$4 ~ /^[0-9a-f]+:$/ { sub(/^\*/, ""); n += $2 } $1 == "*" && $5 ~ /^[0-9a-f]+:$/ { n += $3 } END { print n }' <<<"$output")
  simulate --core m4 --mhz 64 -q --json report.json --console /dev/null "$(NETWORK)"
  equals "$sum" "$(json '.functions[] | select(.name == "relu") | .self_cycles')"
}

@test "annotate without a function lists the hottest first" {
  simulate annotate --core m4 --mhz 64 --top 1 --console /dev/null "$(NETWORK)"
  exits_with 0
  [[ ${lines[0]} == "dense ("* ]] || fail "expected dense"
}

@test "timeline shows pairs on a Cortex-M7" {
  simulate annotate --core m7 --mhz 64 --function relu --timeline --console /dev/null "$FIRMWARE/house_price-m7.elf"
  exits_with 0
  [[ $output == *"vstr s15, [r0, #-4]"*"pair"* ]] || fail "expected a pair"
}

@test "annotate of a function that does not exist" {
  refuses annotate --core m4 --mhz 64 --timeline --function nosuch "$(NETWORK)" -- "no function nosuch"
}

@test "timeline needs a function" { refuses annotate --core m4 --mhz 64 --timeline "$(NETWORK)" -- "--timeline" "--function"; }

@test "model show prints row, source, grade and probe for both cores" {
  simulate model show SDIV
  exits_with 0
  is_silent
  for word in "divide_signed: SDIV" cortex-m4 "2 to 12" "TRM4 table 3-1" "Technical Reference Manual" documented \
    cortex-m7 "R4 SDIV" assumed "probe   divide"; do
    [[ $output == *"$word"* ]] || fail "expected $word"
  done
}

@test "model show knows suffixes, conditions, parameters and rules" {
  simulate model show vfma.f32 beq ldr.w address_interlock load_chain
  exits_with 0
  for word in fp32_fma: branch_cond: load_literal: "address_interlock:" "load_chain:"; do
    [[ $output == *"$word"* ]] || fail "expected $word"
  done
  [[ $output != *fp64_fma* ]] || fail "vfma.f32 is single precision"
}

@test "model show of nonsense" { refuses model show frobnicate -- "frobnicate" "no instruction"; }

@test "a chip brings its core and its memory" {
  simulate --mcu stm32l4r5zi --mhz 20 -q --json report.json --console /dev/null "$(NETWORK)"
  exits_with 0
  holds '.target.mcu == "stm32l4r5zi" and .target.core == "cortex-m4" and .causes.memory > 0'
  simulate --core m4 --mhz 20 -q --json ideal.json --console /dev/null "$(NETWORK)"
  holds '.causes.memory == null' ideal.json
  [ "$(json .tool.config_hash)" != "$(json .tool.config_hash ideal.json)" ] || fail "expected another configuration hash"
}

@test "a chip with another core is refused" { refuses --mcu stm32l4r5zi --core m7 --mhz 20 "$(NETWORK)" -- stm32l4r5zi cortex-m4 cortex-m7; }

@test "an unknown chip is refused" { refuses --mcu nosuch --mhz 20 "$(NETWORK)" -- "--mcu nosuch: no such chip" "cmsim mcus"; }

@test "a number of the chip can be set, as a what-if, and says so" {
  local plain slower
  simulate --core m4 --mhz 20 --mcu stm32f407vg -q --json report.json --console /dev/null "$(NETWORK)"
  plain="$(jq .total.cycles report.json)"
  simulate --core m4 --mhz 20 --mcu stm32f407vg -q --json report.json --set flash.first_access=1 --console /dev/null "$(NETWORK)"
  holds '.warnings[] | select(.code == "set")'
  slower="$(jq .total.cycles report.json)"
  [ "$slower" -gt "$plain" ]
  refuses --core m4 --mhz 20 --set ram.colour=1 "$(NETWORK)" -- "no region ram with a number colour"
  refuses --core m4 --mhz 20 --set nowhere.first_access=1 "$(NETWORK)" -- "no region nowhere"
  refuses --core m4 --mhz 20 --set ram.first_access=900 "$(NETWORK)" -- "from 0 to 255"
}

@test "a switched-off rule is a what-if, and says so" {
  simulate --core m4 --mhz 20 -q --json report.json --rule-off branch_refill --console /dev/null "$(NETWORK)"
  exits_with 0
  holds '(.warnings[] | select(.code == "rule-off")) and (.causes.branch == null)'
  refuses --core m4 --mhz 20 --rule-off nosuch "$(NETWORK)" -- "--rule-off nosuch"
}

@test "a clock beyond what the chip or its tables allow is warned about" {
  simulate --mcu stm32f407vg --mhz 600 -q --json report.json --console /dev/null "$(NETWORK)"
  holds '[.warnings[].code] | unique == ["clock-too-high"]'
  simulate --mcu stm32f407vg --mhz 168 -q --json report.json --console /dev/null "$(NETWORK)"
  holds '.warnings == []'
}

@test "a clock beyond zero wait states is warned about where no table says more" {
  sed -e '/^flash:/,/^regions:/{/^regions:/!d}' -e 's/^max_mhz:/zero_wait_mhz: 30\n&/' "$CMSIM_SOURCE/configs/stm32f407vg.yaml" >plain.yaml
  simulate --mcu plain.yaml --mhz 168 -q --json report.json --console /dev/null "$(NETWORK)"
  holds '[.warnings[].code] == ["wait-states"]'
  simulate --mcu plain.yaml --mhz 30 -q --json report.json --console /dev/null "$(NETWORK)"
  holds '.warnings == []'
}

@test "what cannot be known is not a number" {
  arm-none-eabi-objcopy -O ihex "$(NETWORK)" image.hex
  simulate --core m4 --mhz 64 --json report.json --console /dev/null image.hex
  exits_with 0
  holds '.memory.ram_static_bytes == null'
  [[ $output == *"at least"*"unknown static"*"heap unknown"* ]] || fail "expected unknowns"
}

@test "commands notice a full disk" {
  for command in "model show add" "annotate --core m4 --mhz 64 --console /dev/null $(NETWORK)" --selftest; do
    # shellcheck disable=SC2086
    run --separate-stderr bash -c "timeout 60 $CMSIM $command >/dev/full"
    exits_with 2
    says "standard output"
  done
}

@test "timeline starts at cycle 0 whatever the first instruction pairs with" {
  simulate annotate --core m7 --mhz 64 --function dense --timeline --console /dev/null "$FIRMWARE/house_price-m7.elf"
  exits_with 0
  [[ $output != *18446744073709551615* ]] || fail "underflow"
}

@test "calibrate confirms what the model itself predicts, and names what a board refutes" {
  simulate --core m4 --mhz 1 -q "$FIRMWARE/probes-m4.elf"
  printf 'boot log\n%s\nbye\n' "$output" >board.csv
  simulate model calibrate board.csv --probes "$FIRMWARE/probes-m4.elf"
  exits_with 0
  [[ $output == *"confirmed within"*" 0 refuted"* ]] || fail "expected no refutation"
  sed -i -E 's/^(divide\.1000_10,.*,16,)[0-9]+,[0-9]+,[0-9.]+$/\1100,212,7.000/' board.csv
  sed -i '40i Info : halted due to breakpoint' board.csv
  simulate model calibrate board.csv --probes "$FIRMWARE/probes-m4.elf"
  exits_with 1
  [[ $output == *"refuted    divide_signed"*"divide.1000_10: board 7.000, model 6.000"* ]] || fail "expected the divide rows"
  [[ $stderr == *"passed over"* ]] || fail "the odd line goes unsaid"
}

@test "calibrate judges forwarding rows, and says what it could not use" {
  simulate --core m4 --mhz 1 -q --rule-off fp_mac "$FIRMWARE/probes-m4.elf"
  printf '%s\n' "$output" | sed 's/^alu\.add,/alu.addd,/' >board.csv
  simulate model calibrate board.csv --probes "$FIRMWARE/probes-m4.elf"
  exits_with 1
  [[ $output == *"refuted    fp32_mla to fp_accumulate_mla"* ]] || fail "expected the forwarding row"
  [[ $output != *"not judged exception_"* ]] || fail "the probes of exceptions run here"
  [[ $stderr == *"alu.addd"* ]] || fail "the unknown probe goes unsaid"
}

@test "calibrate refuses what is no probe output" {
  echo hello >board.csv
  refuses model calibrate board.csv --probes "$FIRMWARE/probes-m4.elf" -- "board.csv" "no rows"
  refuses model calibrate nosuch.csv --probes "$FIRMWARE/probes-m4.elf" -- "nosuch.csv" "cannot open"
}
