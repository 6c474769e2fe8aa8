# Stores, all to data TCM with ECC. Conventions as in integer_pairs.t.

case   str-str
src    J-M7: one store a cycle
cycles 2
repeat 10
row 110
asm
  str.w r0, [r8]
  str.w r1, [r9, #4]
end

case   ldr-str
src    J-M7: a load and a store take 1
cycles 1
repeat 10
row 111
asm
  ldr.w r0, [r8]
  str.w r1, [r9]
end

case   eor-feeds-str
src    J-M7: a store takes the ALU result of its own cycle
cycles 1
row 112
asm
  eor.w r0, r1, r2
  str.w r0, [r8]
end

case   ldr-feeds-str
src    J-M7: a store takes the word loaded in its own cycle
cycles 1
row 112
asm
  ldr.w r0, [r9]
  str.w r0, [r8]
end

case   ldrb-feeds-str
src    J-M7: a store takes the byte loaded in its own cycle
cycles 1
row 112
asm
  ldrb.w r0, [r9]
  str.w r0, [r8]
end

case   ldrh-feeds-strh
src    J-M7: a store takes the halfword loaded in its own cycle
cycles 1
row 112
asm
  ldrh.w r0, [r9]
  strh.w r0, [r8]
end

case   str-unaligned-first
src    J-M7: about 5 unaligned stores in a row take 1 each
cycles 5
row 113
asm
  str.w r0, [r8, #1]
  str.w r0, [r8, #9]
  str.w r0, [r8, #17]
  str.w r0, [r8, #25]
  str.w r0, [r8, #33]
end

case   str-unaligned-sustained
src    J-M7: unaligned stores, sustained: 4 each
cycles 4
repeat 20
row 114
asm
  str.w r0, [r8, #1]
end

case   strb-same-bank
src    J-M7: byte stores to one bank, sustained: 4 each (read, modify, write)
cycles 4
repeat 20
row 115
asm
  strb.w r0, [r8]
end

case   strh-same-bank
src    J-M7: halfword stores to one bank, sustained: 4 each
cycles 4
repeat 20
row 115
asm
  strh.w r0, [r8]
end

case   strb-alternating
src    J-M7: byte stores to alternating banks, sustained: 2 each
cycles 4
repeat 20
row 116
asm
  strb.w r0, [r8]
  strb.w r0, [r8, #4]
end

# 8 x 2.4; the source gives one decimal.
case   strb-unit-stride
src    J-M7: byte stores to consecutive addresses, sustained: 2.4 each
cycles 19.2 +- 0.4
repeat 10
row 117
miss   store_queue_depth 5 gives 16, 4 gives 17 and 3 gives 18, where unaligned stores or halfwords would be wrong: how the queue feeds the banks is not known
asm
  strb.w r0, [r8]
  strb.w r0, [r8, #1]
  strb.w r0, [r8, #2]
  strb.w r0, [r8, #3]
  strb.w r0, [r8, #4]
  strb.w r0, [r8, #5]
  strb.w r0, [r8, #6]
  strb.w r0, [r8, #7]
end

case   strh-unit-stride
src    J-M7: halfword stores to consecutive addresses, sustained: 2 each
cycles 8
repeat 10
row 118
asm
  strh.w r0, [r8]
  strh.w r0, [r8, #2]
  strh.w r0, [r8, #4]
  strh.w r0, [r8, #6]
end

case   stm-4
src    J-M7: STM of 4 takes 2
cycles 3
repeat 10
row 119
asm
  nop
  nop
  stm.w r8, {r0-r3}
end

case   stm-5
src    J-M7: STM of 5 takes 3
cycles 4
repeat 10
row 119
asm
  nop
  nop
  stm.w r8, {r0-r4}
end

case   push-4
src    J-M7: PUSH of 4 takes 2
cycles 3
repeat 10
row 119
asm
  nop
  nop
  push.w {r4, r5, r6, r8}
end

case   stm-4-odd-word
src    J-M7: STM of an even number to an address of 4 mod 8 takes one more
cycles 4
repeat 10
row 120
init   add r8, r8, #4
asm
  nop
  nop
  stm.w r8, {r0-r3}
end

case   stm-5-odd-word
src    J-M7: an odd number to such an address takes none more
cycles 4
repeat 10
row 120
init   add r8, r8, #4
asm
  nop
  nop
  stm.w r8, {r0-r4}
end

case   stm-alone
src    J-M7, L-M7: STM pairs on neither side
cycles 3
row 119
row 232
asm
  eor.w r4, r5, r6
  stm.w r8, {r0, r1}
  eor.w r4, r5, r6
end

case   push-alone
src    L-M7: PUSH pairs on neither side
cycles 3
row 232
asm
  eor.w r4, r5, r6
  push.w {r0, r1}
  eor.w r4, r5, r6
end

case   strd-alone
src    L-M7: STRD pairs on neither side
cycles 3
row 232
asm
  eor.w r4, r5, r6
  strd r0, r1, [r8]
  eor.w r4, r5, r6
end

case   str-ldr-same-word
src    LM-M7: a load of the word just stored issues 4 after the store
cycles 5
row 216
asm
  str.w r0, [r8]
  ldr.w r1, [r8]
end

case   str-ldr-other-word
src    LM-M7: only the same address waits
cycles 2
row 216
asm
  str.w r0, [r8]
  eor.w r4, r5, r6
  ldr.w r1, [r9]
end

case   strd-ldr-second-word
src    LM-M7: a load of the word just stored issues 4 after the store; here the store's second word
cycles 5
asm
  strd r0, r1, [r8]
  ldr.w r2, [r8, #4]
end

case   str-ldrd-second-word
src    LM-M7: a load of the word just stored issues 4 after the store; here LDRD's second word
cycles 5
asm
  str.w r0, [r8, #4]
  ldrd r2, r3, [r8]
end
