#!/usr/bin/env bats
# cmsim --gdb: whole sessions with a real gdb over its pipe, and what no gdb would send over a port.
load helpers

image() { echo "$TEST_FIRMWARE/debug-${1:-m4}.elf"; }

# session [OPTION...] <COMMANDS: a gdb session on debug-CORE.elf, CORE being m4 by default. What monitor commands print is in
# $stderr, with gdb's complaints; a script ends at the first of these, with status 1. What cmsim says is in talk.txt.
session() {
  local core=${CORE:-m4}
  {
    printf '%s\n' "set confirm off" "set pagination off" "set style enabled off" "set startup-with-shell on"
    echo "target remote | exec '$CMSIM' --gdb - --core $core --mhz 64 -q --console said.txt $* '$(image "$core")' 2>talk.txt"
    cat
  } >session.gdb
  run --separate-stderr timeout 60 gdb-multiarch -nx -batch -x session.gdb "$(image "$core")"
  [ "$status" -le 1 ] || fail "gdb did not end by itself"
  ! grep -E "Sanitizer|runtime error" talk.txt || fail "a sanitizer has spoken"
}

# shows TEXT...: each appears in gdb's output, in this order.
shows() {
  local rest=$output text
  for text; do
    [[ $rest == *"$text"* ]] || fail "expected, in this order: $text"
    rest=${rest#*"$text"}
  done
}

# complains TEXT...: the same for $stderr.
complains() {
  local rest=$stderr text
  for text; do
    [[ $rest == *"$text"* ]] || fail "expected on stderr, in this order: $text"
    rest=${rest#*"$text"}
  done
}

# ---- sessions ----

@test "gdb starts before the first instruction, and the run ends in it" {
  session <<<"info registers pc sp lr xpsr
monitor cycles
continue"
  shows "Reset_Handler" "pc " "<Reset_Handler>" "sp " "0x20018000" "lr " "0xffffffff" "xpsr" "exited normally"
  complains "cycles " "instructions 0 (+0)"
  equals "$(cat said.txt)" "total 36"
}

@test "breakpoint, arguments, source line, call chain, step, finish" {
  session <<<"break add
continue
print count
backtrace
x/i \$pc
stepi
x/i \$pc
finish
next
continue
print count"
  shows "Breakpoint 1, add (count=" 'debug.c:' '$1 = 1' "#0  add" "#1 " "main ()" "<add>:" "<add+2>:" "main ()" "Breakpoint 1, add (count=" "Breakpoint 1, add (count=" \
    '$2 = 3'
}

@test "floating-point registers" {
  for CORE in m4 m7; do
    session <<<'break scale
continue
print $s0
print $s1
print/x (long)$fpscr
print $s0 = 2.5
print $d3 = 1.25
finish
print $s0
print $d3
print $fpscr = 0x400000
stepi
info registers fpscr
set var $fpscr = 0
continue'
    shows '$1 = 1.5' '$2 = 4' '$3 = 0x0' '$4 = 2.5' '$5 = 1.25' 'Value returned is $6 = 10' '$7 = 10' '$8 = 1.25' '0x400000' \
      "exited normally"
  done
}

@test "system registers" {
  session <<<'break add
continue
info registers msp psp primask basepri faultmask control
print $primask = 1
print $basepri = 0x40
print/x $psp = 0x20000100
print/x $xpsr = 0xa1000000
stepi
info registers psp primask basepri xpsr
print $primask = 2'
  shows "msp " "0x2001" "psp " "0x0" "primask" "0x0" "basepri" "faultmask" "control" '= 1' '= 64' '0x20000100' '0xa1000000' \
    "psp " "0x20000100" "primask" "0x1" "basepri" "0x40" "xpsr" "0xa1000000"
  complains "it cannot take this value here"
}

@test "both stack pointers of unprivileged code" {
  session --args unprivileged <<<'break unprivileged_here
continue
print $sp == $psp
print $control & 3
print/x $msp = 0x20017000
print $control = 2
print $sp == $psp
print $control = 0
print/x $sp
stepi
print $control
kill'
  shows '$1 = 1' '$2 = 3' '$3 = 0x20017000' '$4 = 2' '$5 = 1' '$6 = 0' '$7 = 0x20017000' '$8 = 0'
}

@test "watchpoints stop behind the access" {
  session <<<'break main
continue
watch total
continue
x/i $pc
continue
delete
rwatch scaled
awatch total
continue
continue'
  shows "Hardware watchpoint 2: total" "Old value = 0" "New value = 1" "<add+8>:" "Old value = 1" "New value = 3" \
    "Hardware access (read/write) watchpoint 4: total" "Value = 3" \
    "Hardware access (read/write) watchpoint 4: total" "Old value = 3" "New value = 6"
}

@test "what gdb changes takes effect" {
  session <<<'break add
continue
set var total = 100
set var $r0 = 50
delete
continue'
  shows "exited normally"
  equals "$(cat said.txt)" "total 185" # 100 + 50 + 2 + 3 + 4 and what conditional() adds
}

@test "code that gdb writes runs" {
  session <<<'break add
continue
set var *(unsigned short *)$pc = 0x4770
continue
continue
delete
continue' # BX LR at the start of add()
  shows "exited normally"
  equals "$(cat said.txt)" "total 26"
}

@test "gdb calls functions, jumps and returns" {
  session <<<'break add
continue
print conditional(1)
print conditional(5)
return
delete
break scale
continue
jump main'
  shows '$1 = 21' '$2 = 8' "Breakpoint 2, scale" "Breakpoint 2, scale"
}

@test "a jump out of an IT block is refused" {
  session <<<'break conditional_first
continue
stepi
print $pc == conditional_first
print $pc = main
print 7'
  shows '$1 = 1'
  complains 'Could not write register "pc"'
}

@test "memory that is not there, and core peripherals" {
  session <<<'print/x *(unsigned *)0xE000ED00
set var *(unsigned *)0xE000ED08 = 0x20000000
print/x *(unsigned *)0xE000ED08
print *(unsigned *)0x30000000'
  shows '0x410fc241' '0x20000000'
  complains "Cannot access memory at address 0x30000000"
}

@test "load is accepted" {
  session <<<'break add
continue
load
continue
print total
delete
continue'
  shows "Breakpoint 1, add" "Start address" "Breakpoint 1, add" '$1 = 0' "exited normally"
}

@test "monitor cycles counts, until-cycle stops" {
  session <<<'monitor help
break add
continue
continue
monitor cycles
monitor until-cycle 300
delete
continue
monitor cycles
monitor until-cycle 5
monitor until-cycle much
monitor reset halt
monitor nonsense
continue'
  complains "until-cycle N" "cycles " "since the last stop" "continue stops at cycle 300" "cycle 300 is reached: now is cycle 30" "cycles 30" \
    "since the last stop" \
    "cycle 5 has passed already" "much: a number of cycles" "a run cannot be taken back" "nonsense: no such command"
  shows "exited normally"
}

@test "Ctrl-C stops an endless loop, kill ends it" {
  session --args spin <<<'shell (sleep 2; kill -INT $PPID) &
continue
bt
info registers pc
kill'
  shows "SIGINT" "#0  spin" "<spin"
  grep -q "stopped after .*interrupted" talk.txt
}

@test "quitting gdb ends the run" {
  session --args spin <<<'break spin
continue'
  shows "Breakpoint 1, spin"
  grep -q "stopped after .*interrupted" talk.txt
}

@test "after detach the run goes on" {
  session --json report.json <<<'break add
continue
detach'
  simulate --core m4 --mhz 64 -q --console /dev/null --json plain.json "$(image)"
  for ((i = 0; i < 100; i++)); do [ -s report.json ] && break || sleep 0.1; done
  cmp report.json plain.json || fail "the report differs"
}

@test "a breakpoint instruction stops gdb, and is stepped over" {
  session --args bkpt <<<'continue
x/i $pc
continue'
  shows "SIGTRAP" "bkpt" "exited normally"
}

@test "a fault stops at the first instruction of its handler" {
  session --args fault <<<'continue
bt
print/x $ipsr_is_three = $xpsr & 0x1ff
continue'
  shows "SIGSEGV" "Default_Handler" "<signal handler called>" "main ()" '= 0x3'
  complains "write to unmapped address 0x50000000" "BusFault (IMPRECISERR), escalated to HardFault"
  grep -q "write to unmapped address" talk.txt
}

@test "exit status of the firmware" {
  printf '%s\n' "target remote | exec '$CMSIM' --gdb - --core m4 --mhz 64 -q --args 'exit 7' '$TEST_FIRMWARE/ends-m4.elf'" \
    continue 'print $_exitcode' >session.gdb
  run --separate-stderr timeout 60 gdb-multiarch -nx -batch -x session.gdb "$TEST_FIRMWARE/ends-m4.elf"
  shows "exited with code 07" '= 7'
}

@test "a limit of cycles ends the session" {
  session --args spin --max-cycles 10000 <<<'continue'
  shows "SIGXCPU"
  grep -q "stopped after" talk.txt
}

# ---- the clock ----

@test "the clock is the same with gdb looking on" {
  for CORE in m4 m7; do
    simulate --core "$CORE" --mhz 64 -q --console /dev/null --json plain.json "$(image "$CORE")"
    session --json report.json <<<'break add
watch scaled
rwatch total
continue
info registers
continue
print total
stepi 20
next
next
x/8wx $sp
continue
monitor until-cycle 600
continue
delete
stepi 100
continue'
    shows "exited normally"
    cmp report.json plain.json || fail "the report differs"
  done
}

@test "the clock is the same with every instruction stopped" {
  simulate --core m7 --mhz 64 -q --console /dev/null --json plain.json "$(image m7)"
  CORE=m7 session --json report.json <<<'while 1
stepi
end'
  cmp report.json plain.json || fail "the report differs"
}

# ---- the port ----

# listen [OPTION...]: starts cmsim on a free port, $port, as process $pid.
listen() {
  : >talk.txt
  timeout 60 "$CMSIM" --gdb :0 --core m4 --mhz 64 -q --console said.txt "$@" "$(image)" 2>>talk.txt 3>&- &
  pid=$!
  local i
  for ((i = 0; i < 200; i++)); do
    port=$(sed -n 's/^cmsim: waiting for gdb on 127.0.0.1:\([0-9]*\)$/\1/p' talk.txt)
    [ -z "$port" ] || return 0
    sleep 0.05
  done
  fail "never waiting: $(cat talk.txt)"
}

finished() {
  local code=0
  wait "$pid" || code=$?
  equals "$code" "$1"
}

# packet BODY: its frame.
packet() {
  local i sum=0 code
  for ((i = 0; i < ${#1}; i++)); do
    printf -v code %d "'${1:i:1}"
    sum=$((sum + code))
  done
  printf '$%s#%02x' "$1" $((sum & 255))
}

# receive: one frame from the connection in $answer.
receive() {
  local check
  IFS= read -r -t 30 -d '#' answer <&9 && read -r -t 30 -N 2 check <&9 || fail "no answer"
}

@test "gdb over a port, which is local unless told otherwise" {
  listen
  [ "$(wc -l <talk.txt)" -eq 1 ] || fail "expected one line: $(cat talk.txt)"
  printf '%s\n' "target remote :$port" "break add" continue 'print count' delete continue >session.gdb
  run --separate-stderr timeout 60 gdb-multiarch -nx -batch -x session.gdb "$(image)"
  shows "Breakpoint 1, add" '$1 = 1' "exited normally"
  finished 0
  equals "$(cat said.txt)" "total 36"
}

@test "a port that is taken" {
  listen
  refuses --gdb ":$port" --core m4 --mhz 64 "$(image)" -- "--gdb :$port: Address already in use"
  exec 9<>"/dev/tcp/127.0.0.1/$port"
  exec 9>&-
  finished 2
}

@test "places that are none" {
  for place in 3333 : :x :65536 :-1 ":33 33" "" "[::1]" :999999; do
    refuses "--gdb=$place" --core m4 --mhz 64 "$(image)" -- "--gdb $place: [HOST]:PORT"
  done
  refuses --gdb nosuch.invalid:3333 --core m4 --mhz 64 "$(image)" -- "--gdb nosuch.invalid:3333: "
  refuses --gdb :0 --core m4 --mhz 64 missing.elf -- "missing.elf"
}

@test "waiting for gdb ends with the timeout" {
  simulate --gdb :0 --timeout 0.3 --core m4 --mhz 64 -q "$(image)"
  exits_with 2
  [[ $stderr == *"waiting for gdb"*"stopped after"* ]] || fail "expected both lines"
}

@test "a client that hangs up ends the run" {
  listen --args spin
  exec 9<>"/dev/tcp/127.0.0.1/$port"
  printf '+%s' "$(packet vCont\;c)" >&9
  exec 9>&-
  finished 2
  grep -q "interrupted" talk.txt
}

@test "Ctrl-C over the wire, and packets that are none" {
  listen --args spin
  exec 9<>"/dev/tcp/127.0.0.1/$port"
  printf '%s' "$(packet QStartNoAckMode)" >&9
  receive
  equals "$answer" '+$OK'
  printf '$g#00$$$##}}}\x03+++---%s' "$(packet Z9,0,0)" >&9
  receive
  equals "$answer" '$'
  printf '%s\x03' "$(packet vCont\;c)" >&9
  receive
  [[ $answer == '$T02thread:1;'* ]] || fail "expected a stop by Ctrl-C: $answer"
  head -c 100000 /dev/zero | tr '\0' 'a' | sed 's/^/$/' >&9
  printf '#00%s' "$(packet m20000000,4)" >&9
  receive
  [[ $answer == '$'???????? ]] || fail "expected four bytes: $answer"
  printf '%s' "$(packet vKill\;1)" >&9
  receive
  equals "$answer" '$OK'
  finished 2
}

@test "one client only" {
  listen --args spin
  exec 9<>"/dev/tcp/127.0.0.1/$port"
  printf '%s' "$(packet '?')" >&9
  receive
  run bash -c "exec 8<>/dev/tcp/127.0.0.1/$port"
  [ "$status" -ne 0 ] || fail "a second client got in"
  exec 9>&-
  finished 2
}
