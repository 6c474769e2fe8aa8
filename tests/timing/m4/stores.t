# Stores.

case   str-imm
src    TI-LS, J-M4: an immediate-offset store takes 1
cycles 3
row 40
asm
  add r4, r5, r6
  str r2, [r3, #4]
  add r4, r5, r6
end

case   str-str
src    P sha3_cm4.s: two take 2
cycles 2
row 41
asm
  str r0, [r1, #4]
  str r2, [r3, #8]
end

case   str-4
src    KO aes.s: four take 4
cycles 5
row 42
asm
  str r4, [r1]
  str r5, [r1, #4]
  str r6, [r1, #8]
  str r7, [r1, #12]
  add r2, r3, r4
end

case   stm-4
src    KO aes.s: STM of four takes 5
cycles 5
row 43
asm
  stmia.w r1!, {r4-r7}
end

case   strd
src    P sha3_cm4.s: STRD takes 3
cycles 3
row 44
asm
  strd r0, r1, [r2]
end

case   ldr-str-imm
src    J-M4, C store placement: 1 + 1, then the next
cycles 3
row 45
asm
  ldr r0, [r1]
  str r2, [r3, #4]
  add r4, r5, r6
end

case   ldr-str-same-data
src    J-M4, C store placement (TI-LS text says 3): 2
cycles 2
row 46
init   mov r2, #4
asm
  ldr r0, [r1, r2]
  str r0, [r3, #20]
end

case   str-ldr
src    J-M4: a store in front of a load costs one more, 1+1+2+1
cycles 5
row 47
asm
  str r0, [r1, #4]
  ldr r2, [r3]
  add r4, r5, r6
end

case   str-ldm
src    J-M4, KO bitsliced key schedule: one more in front of LDM
cycles 5
row 48
asm
  str r0, [r1, #4]
  ldm r8, {r2, r3}
end

case   str-stm
src    J-M4: nothing in front of STM
cycles 4
row 49
asm
  str r0, [r1, #4]
  stm r8, {r2, r3}
end

case   str-reg-offset
src    J-M4: a register-offset store takes 2
cycles 4
row 50
init   mov r2, #4
asm
  add r4, r5, r6
  str r0, [r1, r2]
  add r4, r5, r6
end

case   str-reg-offset-nop
src    J-M4: NOP hides in its second cycle, 2
cycles 2
row 51
init   mov r2, #4
asm
  str r0, [r1, r2]
  nop
end

case   str-same-base
src    J-M4: post-indexed stores of one base cost one more
cycles 3
row 52
asm
  str r0, [r1], #4
  str r2, [r1], #4
end

case   push-3
src    TRM4: 1 + N
cycles 4
row 53
asm
  push {r0-r2}
end

case   stm-6
src    TRM4: 1 + N
cycles 7
row 53
asm
  stm r8!, {r0-r5}
end

case   ldr-str-reg-offset
src    TI-LS: the pair takes 3, 1 + 2
cycles 3
init   mov r4, #4
asm
  ldr r0, [r1]
  str r2, [r3, r4]
end
