#!/usr/bin/env bats
# Firmware as boards run it (firmware/boards/): a kernel, faults, interrupts and their latency, and start-up code.
load helpers

# board NAME CORE [OPTION...]: one of the images for the generic cores.
board() { simulate --core "$2" --mhz 16 -q "$FIRMWARE/$1-$2.elf" "${@:3}"; }

# said NAME [COLUMN]: what the firmware printed behind NAME.
said() { awk -v name="$1" -v column="${2:-2}" '$1 == name { print $column }' <<<"$output" | tr -d '\r'; }

@test "a preemptive kernel with floating point in both tasks" {
  for core in m4 m7; do
    board kernel $core
    exits_with 0
    is_silent
    equals "$output" "task 0: registers intact, sum exact
task 1: registers intact, sum exact
tick: 1 kHz
kernel: ok"
  done
}

@test "a context switch that forgets s16-s31 is found out" {
  for core in m4 m7; do
    board kernel_broken $core
    exits_with 1
    equals "$output" "task 0: registers CORRUPTED, sum WRONG
task 1: registers CORRUPTED, sum WRONG
tick: 1 kHz
kernel: FAILED"
  done
}

# faults NAME FIRST_LINE CFSR [WORD]: the handler's report with the fault enables on, then as a HardFault.
faults() {
  local core
  for core in m4 m7; do
    board faults $core --args "$1"
    exits_with 2
    [ -n "$stderr" ] || fail "expected a report of the fault"
    equals "${lines[0]}" "fault: $2"
    [[ ${lines[1]} == "CFSR $3"* ]] || fail "expected CFSR $3"
    equals "${lines[-1]}" "as documented"
    [[ $output == *"${4:-}"* ]] || fail "expected $4"
    board faults $core --args "$1 off"
    exits_with 2
    [[ ${lines[0]} == "fault: HardFault "* ]] || fail "expected a HardFault"
    [[ ${lines[1]} == "CFSR $3"* ]] || fail "expected CFSR $3"
    equals "${lines[-1]}" "as documented"
  done
}

@test "bus faults reach the firmware's handler" {
  faults read_precise "BusFault on the main stack" 0x00008200 "BFAR 0x60000000"
  faults write_imprecise "BusFault on the main stack" 0x00000400
  faults instruction_bus "BusFault on the main stack" 0x00000100 "stacked pc 0x60000000"
  faults unprivileged "BusFault on the main stack" 0x00008200 "BFAR 0xe000ed08"
}

@test "usage faults reach the firmware's handler" {
  faults undefined "UsageFault on the main stack" 0x00010000
  faults even_address "UsageFault on the main stack" 0x00020000
  faults bad_return "UsageFault on the main stack" 0x00040000
  faults fpu_off "UsageFault on the main stack" 0x00080000
  for name in unaligned_ldrd unaligned_ldm unaligned_vldm unaligned_ldrex unaligned_trap; do
    faults $name "UsageFault on the main stack" 0x01000000
  done
  faults divide_by_zero "UsageFault on the main stack" 0x02000000
}

@test "MPU and execute-never violations reach the firmware's handler" {
  faults mpu_read "MemManage on the main stack" 0x00000082 "MMFAR 0x2000"
  faults mpu_write "MemManage on the main stack" 0x00000082 "MMFAR 0x2000"
  faults mpu_execute "MemManage on the main stack" 0x00000001 "stacked pc 0x2000"
  faults execute_never "MemManage on the main stack" 0x00000001 "stacked pc 0x40000000"
  faults stack_overflow "MemManage on the process stack" 0x00000092 "nothing stacked"
}

@test "what may not wait becomes a HardFault" {
  faults svc_masked "HardFault on the main stack" 0x00000000 "HFSR 0x40000000 FORCED"
  faults svc_in_svc "HardFault on the main stack" 0x00000000 "HFSR 0x40000000 FORCED"
  faults breakpoint "HardFault on the main stack" 0x00000000 "HFSR 0x80000000 DEBUGEVT"
}

@test "a fault that HardFault or NMI would have to interrupt locks the core up" {
  local core name
  for core in m4 m7; do
    for name in lockup_undefined lockup_svc; do
      board faults $core --args $name
      exits_with 2
      [[ $stderr == *"lock"* ]] || fail "expected the lock-up to be told"
      equals "$(grep -c '^as documented$' <<<"$output")" 2
      [[ $output == *"and in its handler: HardFault"* ]] || fail "expected a nested HardFault first"
    done
    board faults $core --args lockup_nmi
    exits_with 2
    [[ $stderr == *"lock"* ]] || fail "expected the lock-up to be told"
    equals "${lines[0]}" "fault: NMI on the main stack"
  done
}

@test "exceptions and interrupts, check by check" {
  for core in m4 m7; do
    board nvic $core
    exits_with 0
    is_silent
    equals "$(grep -c '^ok ' <<<"$output")" 79
    equals "${lines[-1]}" 1..79
    [[ $output != *"not ok"* ]] || fail "expected every check to hold"
  done
}

@test "a system reset starts the firmware anew and keeps its memory" {
  for core in m4 m7; do
    board nvic $core --args reset --json report.json
    exits_with 0
    equals "${lines[-1]}" 1..81
    [[ $output == *"ok 80 - SYSRESETREQ resets"* && $output != *"not ok"* ]] || fail "expected a reset"
    holds '[.warnings[].code] | index("reset") != null'
    holds '(.causes | add) == .total.cycles'
  done
}

@test "interrupt latency as measured on a Cortex-M4: 12 in, 10 out, 6 from handler to handler" {
  board latency m4
  exits_with 0
  is_silent
  for name in entry.nop16 entry.nop32; do
    equals "$(said $name) $(said $name 3)" "12 12"
  done
  equals "$(said exit.nop16) $(said exit.nop16 3)" "10 10"
  equals "$(said entry_and_exit.nop16)" 22
  equals "$(said entry_and_exit.pended)" 22
  equals "$(said tail_chain)" 6
  [ "$(said late_arrival.positions)" -gt 0 ] || fail "expected late arrival"
  [ "$(said late_arrival.entry)" -ge 6 ] || fail "the handler has to be fetched"
  [ "$(said late_arrival.entry 3)" -lt 12 ] || fail "a late arrival uses the stacking that has begun"
  # Lazily, an FP context costs an integer handler nothing.
  equals "$(said fp_context.lazy.integer_handler)" 22
  [ "$(said fp_context.lazy.fp_handler)" -ge $((22 + 17)) ] || fail "expected 17 words stored"
  [ "$(said fp_context.eager.integer_handler)" -ge $((22 + 2 * 17)) ] || fail "expected 17 words stored and loaded"
}

@test "interrupt latency on a Cortex-M7" {
  board latency m7
  exits_with 0
  is_silent
  equals "$(said tail_chain)" 6
  [ "$(said entry.nop32)" -ge 11 ] && [ "$(said entry.nop32 3)" -le 12 ] || fail "expected 12, sometimes 11"
}

@test "instructions by the profiling counters are instructions" {
  for core in m4 m7; do
    board dwt_identity $core
    exits_with 0
    is_silent
    equals "${lines[-1]}" "dwt identity: holds"
    equals "$(grep -c '^[a-z_]*\( [0-9]*\)\{8\}$' <<<"$output")" 11
    [ "$(said supervisor_calls 4)" -gt 0 ] || fail "expected EXCCNT to count"
    [ "$(said sleep 5)" -gt 0 ] || fail "expected SLEEPCNT to count"
    [ "$(said load_chain 6)" -gt 0 ] || fail "expected LSUCNT to count"
  done
}

@test "a labelled data set from the host" {
  for core in m4 m7; do
    board dataset $core --files "$CMSIM_SOURCE/firmware/boards" --args demo_dataset.csv --json report.json
    exits_with 0
    is_silent
    equals "$output" "class 0: 10 0 0
class 1: 2 8 0
class 2: 0 1 9
accuracy: 27 of 30"
    holds '.regions[] | select(.name == "classify") | .calls == 30'
  done
  board dataset m4 --args demo_dataset.csv
  exits_with 1
  equals "$output" "no file demo_dataset.csv"
  printf '0,1,2\n' >short.csv
  board dataset m4 --files . --args short.csv
  exits_with 1
  equals "$output" "not a data set"
}

# starts FAMILY CORE MCU MHZ PART TIMER_HZ: from reset to WFI for ever, with no option but the part and its clock.
starts() {
  simulate --mcu "$3" --mhz "$4" -q "$FIRMWARE/board_$1-$2.elf" --region workload --json report.json
  exits_with 0
  output=$(tr -d '\r' <<<"$output")
  equals "$(head -n 1 <<<"$output")" "$5 at ${4}000000 Hz, timer at $6 Hz"
  equals "$(said result)" 4275368389
  equals "$(said systick)" "$(said cyccnt)"
  # What the firmware measures is the second call, with warm caches, and the reading of the clocks around it.
  local around=$(($(said cyccnt) - $(json '.regions[] | select(.name == "workload") | .min_cycles')))
  [ "$around" -gt 0 ] && [ "$around" -lt 64 ] || fail "$around cycles around the workload"
  equals "$(tail -n 2 <<<"$output")" "clocks agree
done"
  holds '.exit.reason == "halted"'
}

@test "STM32F3 from reset: PLL, UART, three clocks" { starts stm32f3 m4 stm32f303re 72 STM32F303 72000000; }
@test "STM32F4 from reset: PLL, UART, three clocks" { starts stm32f4 m4 stm32f407vg 168 STM32F407 84000000; }
@test "STM32L4 from reset: PLL, UART, three clocks" { starts stm32l4 m4 stm32l4r5zi 120 STM32L4R5 120000000; }
@test "STM32G4 from reset: PLL, UART, three clocks" { starts stm32g4 m4 stm32g474re 170 STM32G474 170000000; }
@test "STM32WB from reset: PLL, UART, three clocks" { starts stm32wb m4 stm32wb55rg 64 STM32WB55 64000000; }
@test "STM32F7 from reset: PLL, UART, three clocks" { starts stm32f7 m7 stm32f746ng 216 STM32F746 108000000; }
@test "STM32H7 from reset: PLL, UART, three clocks" { starts stm32h7 m7 stm32h743zi 480 STM32H743 240000000; }
@test "nRF52 from reset: crystal, UART, three clocks" { starts nrf52 m4 nrf52840 64 nRF52840 16000000; }

@test "too few flash wait states for the clock are told, and only then" {
  local family core mcu mhz
  while read -r family core mcu mhz; do
    for image in "board_$family" "board_${family}_hasty"; do
      simulate --mcu "$mcu" --mhz "$mhz" -q "$FIRMWARE/$image-$core.elf" --json $image.json
      exits_with 0
    done
    holds '[.warnings[].code] | index("too-few-wait-states") == null' "board_$family.json"
    holds '.warnings[] | select(.code == "too-few-wait-states") | .message | contains("sets 1 flash wait states")' \
      "board_${family}_hasty.json"
    # What it sets is what it gets: start-up from flash is faster than with the wait states it needs.
    [ "$(json .total.cycles "board_${family}_hasty.json")" -lt "$(json .total.cycles "board_$family.json")" ] ||
      fail "$family: expected fewer cycles with one wait state"
  done <<'END'
stm32f4 m4 stm32f407vg 168
stm32l4 m4 stm32l4r5zi 120
stm32wb m4 stm32wb55rg 64
stm32f7 m7 stm32f746ng 216
stm32h7 m7 stm32h743zi 480
END
}
