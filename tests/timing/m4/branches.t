# Branches, calls, fetch.

case   loop-of-nops
src    J-M4 template: 17 NOP.W, SUBS.W, BNE.W to a word-aligned 32-bit target take 20 a pass: 2 + 10 x 20 + 19, and one more for the last BNE.W, not taken among 32-bit opcodes (its remark)
cycles 222
row 5
asm
  movs r0, #11
  nop
1:
  .rept 17
  nop.w
  .endr
  subs.w r0, r0, #1
  bne.w 1b
end

case   b-taken-narrow
src    C branch timing: 2, target 16-bit
cycles 3
row 54
row 60
asm
  b 1f
  nop
  nop
1: adds r0, r1, r2
end

case   b-taken-wide-aligned
src    C branch timing: 2, target a word-aligned 32-bit opcode
cycles 3
row 54
asm
  b 1f
  nop
1: add.w r0, r1, r2
end

case   b-taken-wide-unaligned
src    C branch timing: 3 when the target is a 32-bit opcode at 2 mod 4
cycles 4
row 55
asm
  b 1f
  nop
  nop
1: add.w r0, r1, r2
end

case   bcc-taken
src    C branch timing: 2
cycles 3
row 54
init   cmp r0, r0
asm
  beq 1f
  nop
  nop
1: adds r0, r1, r2
end

case   bcc-not-taken
src    C branch timing: 1
cycles 2
row 56
init   cmp r0, r0
asm
  bne 1f
  adds r0, r1, r2
1:
end

case   bcc-not-taken-wide
src    J-M4 template remark: 2 in a stream of 32-bit opcodes
cycles 10
row 6
init   cmp r0, r0
asm
  nop.w
  nop.w
  nop.w
  nop.w
  bne.w 1f
  nop.w
  nop.w
  nop.w
  nop.w
1:
end

case   power-2-3
src    C branch timing: power(2,3) takes 19 without its BX LR
cycles 19
row 57
miss   rule unaligned_run is off by default: other code contains such runs and measured no penalty
init   mov r0, #2
init   mov r1, #3
asm
  movs r3, r0
  mov.w r0, #1
1: mul.w r0, r3, r0
  sub.w r1, r1, #1
  cmp r1, #0
  bne.n 1b
end

case   power-2-3-switched-on
src    C branch timing: power(2,3) takes 19 without its BX LR
cycles 19
row 57
set    unaligned_run=1
init   mov r0, #2
init   mov r1, #3
asm
  movs r3, r0
  mov.w r0, #1
1: mul.w r0, r3, r0
  sub.w r1, r1, #1
  cmp r1, #0
  bne.n 1b
end

case   multiply-2-3
src    C branch timing: multiply(2,3) takes 16 without its BX LR
cycles 16
row 58
init   mov r0, #2
init   mov r1, #3
asm
  movs r3, r0
  mov.w r0, #0
1: adds r0, r0, r3
  sub.w r1, r1, #1
  cmp r1, #0
  bne.n 1b
end

case   call-return
src    P bench_cm4: an empty function counts 2 for BX LR; BL 2 from M3-BR; B back to the end 2
cycles 6
row 59
row 60
asm
  bl 1f
  b 2f
  .balign 4
1: bx lr
2:
end

case   bx-register
src    M3-BR table 15-3: target known in execute, 1 + 1 + 3
cycles 5
row 61
asm
  adr r0, 1f
  add r0, r0, #1
  bx r0
  nop
  .balign 4
1:
end

case   cbz-taken
src    M3-BR table 15-3: 3
cycles 4
row 61
init   mov r0, #0
asm
  cbz r0, 1f
  nop
  nop
1: adds r1, r2, r3
end

case   cbz-not-taken
src    TRM4: 1
cycles 2
init   mov r0, #1
asm
  cbz r0, 1f
  adds r1, r2, r3
1:
end

case   ldr-pc
src    TI-LS: at least 5
cycles 5 to 6
row 35
row 62
asm
  ldr pc, 9f
  .balign 4
9: .word 1f+1
  .balign 4
1:
end

case   tbb
src    TRM4 2 + P with P = 3; TI-LS text says at least 6
cycles 5 to 6
row 62
init   mov r0, #0
asm
  tbb [pc, r0]
9: .byte (1f-9b)/2, 0
  .balign 4
1:
end

case   unaligned-run-2
src    C alignment rules: a run of 2 unaligned 32-bit opcodes costs nothing
cycles 4
row 65
align 2
asm
  add.w r0, r1, r2
  add.w r3, r4, r5
  adds r6, r6, #1
  adds r7, r7, #1
end

case   unaligned-run-3
src    C alignment rules: a run of 3 or more costs 1
cycles 7
row 66
miss   rule unaligned_run is off by default: other code contains such runs and measured no penalty
asm
  adds r6, r6, #1
  adds r7, r7, #1
  adds r6, r6, #1
  add.w r0, r1, r2
  add.w r3, r4, r5
  add.w r0, r1, r2
end

case   unaligned-run-3-switched-on
src    C alignment rules: a run of 3 or more costs 1
cycles 7
row 66
set    unaligned_run=1
asm
  adds r6, r6, #1
  adds r7, r7, #1
  adds r6, r6, #1
  add.w r0, r1, r2
  add.w r3, r4, r5
  add.w r0, r1, r2
end

case   unaligned-run-3-after-ldm
src    eprint 2025/523 as quoted by J-M4: a multi-cycle instruction and three unaligned 32-bit opcodes cost 1
cycles 10
row 69
miss   rule unaligned_run is off by default: other code contains such runs and measured no penalty
asm
  adds r6, r6, #1
  ldm.w r8, {r0-r3}
  add.w r0, r1, r2
  add.w r3, r4, r5
  add.w r0, r1, r2
end

case   unaligned-run-3-after-ldm-switched-on
src    eprint 2025/523 as quoted by J-M4: a multi-cycle instruction and three unaligned 32-bit opcodes cost 1
cycles 10
row 69
set    unaligned_run=1
asm
  adds r6, r6, #1
  ldm.w r8, {r0-r3}
  add.w r0, r1, r2
  add.w r3, r4, r5
  add.w r0, r1, r2
end

case   unaligned-str-run-3
src    C alignment rules: a run of 3 unaligned STR.W costs nothing
cycles 4
row 67
asm
  adds r6, r6, #1
  str.w r0, [r1, #4]
  str.w r0, [r1, #8]
  str.w r0, [r1, #12]
end

case   unaligned-str-run-4
src    C alignment rules: a run of 4 costs 1
cycles 6
row 68
miss   rule unaligned_run is off by default: other code contains such runs and measured no penalty
asm
  adds r6, r6, #1
  str.w r0, [r1, #4]
  str.w r0, [r1, #8]
  str.w r0, [r1, #12]
  str.w r0, [r1, #16]
end

case   unaligned-str-run-4-switched-on
src    C alignment rules: a run of 4 costs 1
cycles 6
row 68
set    unaligned_run=1
asm
  adds r6, r6, #1
  str.w r0, [r1, #4]
  str.w r0, [r1, #8]
  str.w r0, [r1, #12]
  str.w r0, [r1, #16]
end

case   fpr-of32
src    P sign_fpr_cm4.s: five unaligned 32-bit opcodes in a row, 12 with BX LR
cycles 10
row 70
asm
  eor.w r2, r0, r1
  sub.w r2, r2, r1
  clz r3, r2
  lsls r2, r3
  subw r1, r1, #5
  and.w r0, r0, #1
  and.w r4, r2, #2
  sub.w r3, r3, r1
  add.w r0, r0, r3
  lsls r0, r1
end
