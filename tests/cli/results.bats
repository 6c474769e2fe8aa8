#!/usr/bin/env bats
# The numbers of a run: every cycle has one owner, the firmware's own clock agrees, and bytes are counted exactly.
load helpers

IMAGES="house_price human_activity image_classification"

# The six networks run once for all tests of this file.
setup_file() {
  cd "$BATS_FILE_TMPDIR" || return 1
  for name in $IMAGES; do
    for core in m4 m7; do
      timeout 60 "$CMSIM" --core $core --mhz 64 "$FIRMWARE/$name-$core.elf" --json $name-$core.json \
        --console $name-$core.txt >$name-$core.table 2>$name-$core.errors && status=0 || status=$?
      echo $status >$name-$core.status
    done
  done
}

setup() { cd "$BATS_FILE_TMPDIR" || return 1; }

# For each of the six reports: holds FILTER.
all_hold() {
  local name core
  for name in $IMAGES; do
    for core in m4 m7; do holds "$1" $name-$core.json; done
  done
}

@test "all six networks run and pass" {
  for name in $IMAGES; do
    for core in m4 m7; do
      equals "$name-$core: $(cat $name-$core.status)" "$name-$core: 0"
      [ ! -s $name-$core.errors ] || fail "$(cat $name-$core.errors)"
      grep -qx PASS $name-$core.txt || fail "$(cat $name-$core.txt)"
      [ "$(head -n 1 $name-$core.txt)" = "network: $name" ]
    done
  done
}

@test "JSON has the keys that users rely on" {
  all_hold '.schema == "cmsim/1"'
  all_hold '.tool | (.version | test("^[0-9]+\\.[0-9]+\\.[0-9]+$")) and ([.cost_model_hash, .config_hash] |
            all(test("^[0-9a-f]{64}$")))'
  all_hold '.firmware | (.path | endswith(".elf")) and (.sha256 | test("^[0-9a-f]{64}$")) and
            (.build_id | test("^[0-9a-f]{40}$"))'
  all_hold '.target | (.core | IN("cortex-m4", "cortex-m7")) and has("mcu") and .mhz == 64 and (.memory | length > 0)'
  all_hold '.exit.reason == "exited" and .exit.code == 0 and .exit.partial == false'
  all_hold '.total | [.cycles, .instructions, .cpi, .latency_ms] | all(type == "number" and . > 0)'
  all_hold '.causes | has("issue") and all(.[]; type == "number" and . == floor)'
  all_hold '.confidence | keys == ["assumed", "documented", "inferred", "measured"]'
  all_hold '[.regions[] | select([has("name", "calls", "cycles", "min_cycles", "max_cycles", "latency_ms",
            "instructions", "causes")] | all)] | length == 1'
  all_hold '.functions | length > 5 and all([has("name", "file", "line", "calls", "self_cycles", "total_cycles",
            "instructions")] | all)'
  all_hold '.memory | [.flash_bytes, .ram_static_bytes, .stack_peak_bytes] | all(. > 0)'
  all_hold '.memory | has("heap_peak_bytes") and (.objects | length > 5 and
            all([has("name", "section", "bytes")] | all))'
  all_hold '.warnings == []'
}

@test "the hash of the firmware is that of the file" {
  for name in $IMAGES; do
    for core in m4 m7; do
      equals "$(json .firmware.sha256 $name-$core.json)" "$(sha256sum <"$FIRMWARE/$name-$core.elf" | cut -d' ' -f1)"
    done
  done
}

@test "causes sum to the cycles" { all_hold '(.causes | add) == .total.cycles'; }

@test "confidence shares sum to 1" {
  all_hold '(.confidence | add) as $sum | $sum > 0.9999999999 and $sum < 1.0000000001'
  all_hold '([.confidence[] * 1000000000 | round] | add) == 1000000000'
}

@test "the functions' own cycles and instructions sum to the run" {
  all_hold '([.functions[].self_cycles] | add) == .total.cycles'
  all_hold '([.functions[].instructions] | add) == .total.instructions'
  all_hold 'all(.functions[]; (.causes | add) == .self_cycles and .total_cycles >= .self_cycles)'
  all_hold '.total.cycles as $all | all(.functions[]; .total_cycles <= $all)'
}

@test "main contains the inferences" {
  all_hold '(.functions[] | select(.name == "main")) as $main | $main.calls == 1 and
            $main.total_cycles > .regions[0].cycles and $main.total_cycles < .total.cycles'
  all_hold '.functions[] | select(.name == "infer") | .calls == 3'
}

@test "a region's causes sum to its cycles" {
  all_hold 'all(.regions[]; (.causes | add) == .cycles)'
  all_hold 'all(.regions[]; .min_cycles <= .max_cycles and .min_cycles * .calls <= .cycles and
            .max_cycles * .calls >= .cycles and (.open | not))'
}

@test "latency is cycles over the clock" {
  all_hold '(.total.latency_ms - .total.cycles / 64000 | fabs) < 1e-9 * .total.latency_ms'
  all_hold 'all(.regions[]; (.latency_ms - .cycles / 64000 | fabs) < 1e-9 * .latency_ms)'
  all_hold '(.total.cpi - .total.cycles / .total.instructions | fabs) < 1e-9'
}

@test "the firmware's own cycle count is that of the region" {
  for name in $IMAGES; do
    for core in m4 m7; do
      counts=$(sed -n 's/^inference cycles: //p' $name-$core.txt)
      equals "$(wc -w <<<"$counts")" 3
      report="$(json '.regions[] | select(.name == "inference") | "\(.calls) \(.cycles) \(.min_cycles) \(.max_cycles)"' \
        $name-$core.json)"
      clock=$(sort -n <<<"$counts" | awk '{sum += $1; last = $1} NR == 1 {first = $1} END {print NR, sum, first, last}')
      equals "$name-$core: $report" "$name-$core: $clock"
    done
  done
}

@test "two runs give the same bytes" {
  for name in $IMAGES; do
    for core in m4 m7; do
      timeout 60 "$CMSIM" --core $core --mhz 64 "$FIRMWARE/$name-$core.elf" --json again.json --console again.txt \
        >again.table
      cmp again.json $name-$core.json
      cmp again.txt $name-$core.txt
      cmp again.table $name-$core.table
    done
  done
}

# bytes NAME PATTERN: of all objects whose name matches, in the report of either core.
bytes() { json '[.memory.objects[] | select(.name | test("^'"$2"'$")) | .bytes] | add' "$1.json"; }

# network NAME WEIGHTS BUFFERS: bytes as published.
network() {
  for core in m4 m7; do
    equals "$1 weights: $(bytes $1-$core "$1_.*_weights")" "$1 weights: $2"
    equals "$1 buffers: $(bytes $1-$core "$1_(activations|input|output)")" "$1 buffers: $3"
    holds 'all(.memory.objects[] | select(.name | endswith("_weights")); .section == ".weights" and (.in_ram | not))' \
      $1-$core.json
    holds 'all(.memory.objects[] | select(.name | test("_(activations|input|output)$")); .in_ram)' $1-$core.json
  done
}

@test "house price: weights and buffers to the byte" {
  network house_price 26136 384
  equals "$(bytes house_price-m4 house_price_activations)" 304
  equals "$(bytes house_price-m4 house_price_input)" 76
  equals "$(bytes house_price-m4 house_price_output)" 4
}

@test "human activity: weights and buffers to the byte" {
  network human_activity 48300 1924
  equals "$(bytes human_activity-m4 human_activity_activations)" 1600
  equals "$(bytes human_activity-m4 human_activity_input)" 312
  equals "$(bytes human_activity-m4 human_activity_output)" 12
}

@test "image classification: weights and buffers to the byte" {
  network image_classification 246248 67688
  equals "$(bytes image_classification-m4 'image_classification_conv1_weights')" 1280
  equals "$(bytes image_classification-m4 'image_classification_conv2_weights')" 32896
  equals "$(bytes image_classification-m4 'image_classification_dense1_weights')" 201792
  equals "$(bytes image_classification-m4 'image_classification_dense2_weights')" 10280
  equals "$(bytes image_classification-m4 image_classification_activations)" 64512
}

@test "flash and static RAM are what the linker says" {
  for name in $IMAGES; do
    for core in m4 m7; do
      sizes=$(arm-none-eabi-size -A "$FIRMWARE/$name-$core.elf" | awk '
        $3 >= 134217728 && $3 < 536870912 {flash += $2}
        $3 >= 536870912 && $3 < 1073741824 {ram += $2} $1 == ".data" {flash += $2} END {print flash, ram}')
      # Segments are padded between sections: at most seven bytes for each of the ten.
      holds ".memory.ram_static_bytes == ${sizes#* }" $name-$core.json
      holds ".memory.flash_bytes >= ${sizes% *} and .memory.flash_bytes < ${sizes% *} + 70" $name-$core.json
    done
  done
}

@test "the table says what the JSON says" {
  for core in m4 m7; do
    table=$(cat house_price-$core.table)
    cycles=$(json .total.cycles house_price-$core.json | sed -E ':a;s/([0-9])([0-9]{3})($|,)/\1,\2\3/;ta')
    [[ $table == "house_price-$core.elf on Cortex-M${core#m} at 64 MHz: "*"$cycles cycles"* ]] || fail "$table"
    [[ $table == *"region "*"inference "*"where it went"*"function "*"flash "*"how sure: "* ]] || fail "$table"
    [[ $table != *PARTIAL* && $table != *FAILED* && $table != *warning* ]] || fail "$table"
  done
}

@test "the network's outputs are close to those of the double-precision reference" {
  for name in $IMAGES; do
    for core in m4 m7; do
      [ "$(grep -c '^output [0-9]*: .* expected ' $name-$core.txt)" -gt 0 ]
      [ "$(grep -c MISMATCH $name-$core.txt)" -eq 0 ] || fail "$(cat $name-$core.txt)"
    done
  done
}

@test "a segment that ends where the stack starts is room for the stack, a shorter one is not" {
  local bytes overrun=false
  cp "$TEST_FIRMWARE/stack-m4.elf" reserved.elf
  for bytes in 0x18000 0x17ff8; do
    patch reserved.elf $(($(segment reserved.elf 1) + 20)) $bytes
    simulate --core m4 --mhz 16 -q --json report.json reserved.elf
    holds "([.warnings[].code] | index(\"stack-overrun\") != null) == $overrun"
    overrun=true
  done
}
