# Loads, stores, and what overlaps.

case   ldr-alone
src    TRM4 table 3-1: LDR takes 2
cycles 4
row 14
asm
  add r2, r3, r4
  ldr r0, [r1]
  add r2, r3, r4
end

case   ldr-used-next
src    TRM4 table 3-1: no further delay when the next instruction uses the data
cycles 3
row 14
asm
  ldr r0, [r1]
  add r2, r0, r4
end

case   ldr-ldr
src    TI-LS: two loads take 3
cycles 3
row 15
asm
  ldr r0, [r1]
  ldr r1, [r2]
end

case   ldr-chain-3
src    M3-LS: register offset, plain and immediate offset chain: 4
cycles 4
row 16
init   mov r5, #4
asm
  ldr r0, [r1, r5]
  ldr r1, [r2]
  ldr r2, [r3, #4]
end

case   ldr-chain-10
src    P sha3_cm4.s: ten loads from the stack take 11
cycles 11
row 17
asm
  ldr r0, [sp, #0]
  ldr r1, [sp, #4]
  ldr r2, [sp, #8]
  ldr r3, [sp, #12]
  ldr r4, [sp, #16]
  ldr r5, [sp, #20]
  ldr r6, [sp, #24]
  ldr r7, [sp, #28]
  ldr r8, [sp, #32]
  ldr r9, [sp, #36]
end

case   ldr-100-aligned
src    SCU lab 4C: n + 1
cycles 101
row 18
asm
  .rept 100
  ldr r1, [r0]
  .endr
end

case   ldr-100-2mod4
src    SCU lab 4C: 201
cycles 201
row 19
row 26
init   add r0, r0, #2
asm
  .rept 100
  ldr r1, [r0]
  .endr
end

case   ldr-100-1mod4
src    SCU lab 4C: 301
cycles 301
row 20
row 25
init   add r0, r0, #1
asm
  .rept 100
  ldr r1, [r0]
  .endr
end

case   ldr-100-3mod4
src    SCU lab 4C: 301
cycles 301
row 21
row 25
init   add r0, r0, #3
asm
  .rept 100
  ldr r1, [r0]
  .endr
end

case   ldrh-odd
src    SCU lab 4C: one more for each access, 2 an instruction
cycles 2
repeat 50
row 22
init   add r0, r0, #1
asm
  ldrh r1, [r0]
end

case   ldr-to-address
src    SCU lab 4C: 100 dependent pairs take 400
cycles 400
row 23
init   str r0, [r0]
asm
  .rept 100
  ldr r1, [r0]
  ldr r0, [r1]
  .endr
end

case   ldr-pairs-independent
src    SCU lab 4C: 100 independent pairs take 201
cycles 201
row 24
asm
  .rept 100
  ldr r1, [r0]
  ldr r2, [r0]
  .endr
end

case   ldr-nop
src    J-M4: NOP is hidden behind a load, 2
cycles 2
row 27
asm
  ldr r0, [r1]
  nop
end

case   ldr-cmp
src    J-M4: CMP is not hidden, 3
cycles 3
row 28
asm
  ldr r0, [r1]
  cmp r2, r3
end

case   ldr-tst
src    J-M4: TST is not hidden, 3
cycles 3
row 28
asm
  ldr r0, [r1]
  tst r2, r3
end

case   add-to-address
src    J-M4: an address made by the instruction before costs one, 1+1+2+1
cycles 5
row 29
asm
  add r1, r2, #4
  ldr r0, [r1]
  add r3, r4, r5
end

case   add-other-address
src    J-M4: with one instruction between there is no stall, 1+1+2
cycles 4
row 30
asm
  add r1, r2, #4
  add r3, r4, r5
  ldr r0, [r1]
end

case   sp-update-push
src    TI-LS: the interlock holds for SP and PUSH too: 1 + 1 + 3 + 1
cycles 6
asm
  sub sp, sp, #16
  push {r0, r1}
  add sp, sp, #24
end

case   same-base-writeback
src    J-M4: post-indexed loads of one base do not chain, 4
cycles 4
row 31
asm
  ldr r0, [r1], #4
  ldr r2, [r1], #4
end

case   other-base-writeback
src    J-M4: of alternating bases they do, 3
cycles 3
row 32
asm
  ldr r0, [r1], #4
  ldr r2, [r3], #4
end

case   pop-then-loads
src    JA-M4: five loads, the first a post-indexed one of SP, take 6
cycles 6
row 33
asm
  ldr r8, [sp], #4
  ldr r0, [r12]
  ldr r1, [r12, #4]
  ldr r2, [r12, #8]
  ldr r3, [r12, #12]
end

case   other-slave
src    J-M4: loads that different slaves answer do not pipeline, 4 (SRAM1 and SRAM2)
cycles 4
row 34
mcu stm32f407vg
init   ldr r3, =0x2001c000
asm
  ldr r0, [r1]
  ldr r2, [r3]
end

case   late-opcode
src    J-M4: 32-bit loads off word boundaries may fail to pipeline; when, BIKE and nsichneu say (docs/validation/m4.md, H9)
cycles 7
asm
  b.n 1f
1:
  ldr.w r0, [r1]
  ldr.w r2, [r3]
end

case   late-opcode-in-time
src    J-M4: the same, behind 16-bit opcodes that leave fetch time to get ahead (docs/validation/m4.md, H9)
cycles 6
asm
  nop.n
  nop.n
  nop.n
  ldr.w r0, [r1]
  ldr.w r2, [r3]
end

case   new-base
src    J-M4: not chained on the same base register; without a writeback of its own: BIKE (docs/validation/m4.md, H10)
cycles 4
asm
  ldr.w r0, [r8, #4]!
  ldr.w r2, [r8, #4]
end

case   flash-and-ram
src    embench crc32 and nettle-aes of two compilers: flash and RAM chain (docs/validation/m4.md, H7)
cycles 3
mcu stm32f407vg
init   ldr r3, =start
init   bic r3, r3, #3
asm
  ldr r0, [r1]
  ldr r2, [r3]
end

case   flash-caches-off
src    embench crc32 of two compilers: a look-up in flash takes 3 when the flash's caches are off (H7)
cycles 3
mcu stm32f407vg
set flash.first_access=1
init   ldr r3, =start
init   bic r3, r3, #3
asm
  ldr r2, [r3]
end

case   flash-caches-off-chain
src    embench nettle-aes of two compilers: the first read behind another memory's access waits, the next streams (H7)
cycles 5
mcu stm32f407vg
set flash.first_access=1
init   ldr r3, =start
init   bic r3, r3, #3
asm
  ldr r0, [r1]
  ldr r2, [r3]
  ldr r4, [r3, #4]
end

case   ldrd
src    M3-LS: LDRD takes 3
cycles 3
row 36
asm
  ldrd r0, r1, [r2]
end

case   ldr-4
src    P mq_cm4.s: 4 LDR take 5
cycles 5
row 37
asm
  ldr r0, [r4]
  ldr r1, [r4, #4]
  ldr r2, [r4, #8]
  ldr r3, [r4, #12]
end

case   ldrd-2
src    P mq_cm4.s: 2 LDRD take 6
cycles 6
row 37
asm
  ldrd r0, r1, [r4]
  ldrd r2, r3, [r4, #8]
end

case   ldm-4
src    TRM4: 1 + N
cycles 5
row 38
asm
  ldm r8, {r0-r3}
end

case   pop-4
src    TRM4: 1 + N
cycles 5
row 38
asm
  pop {r0-r3}
end

case   ldm-ldm
src    M3-LS: LDM do not pipeline with each other, 10
cycles 10
row 39
asm
  ldm r8!, {r0-r3}
  ldm r9!, {r4-r7}
end

case   literal
src    TI-LS: a literal load takes 2, and may take more behind a busy fetch
cycles 2 to 3
asm
  ldr r0, =0x12345678
end
