# Loads, all from data TCM. Conventions as in integer_pairs.t. The bank is bit 2 of the address; r0-r12 point to even words.
# LDM and STM (here, in stores.t and in fp32.t) have a pair of 16-bit NOP in front, which takes 1: see ldm-4-wide for why.

case   ldr-stream
src    Q: independent LDR, one a cycle
cycles 1
repeat 10
row 12
asm
  ldr.w r0, [r8]
end

# Q does not say which words; one cycle per load is what J-M7 measured for one bank.
case   ldr-ldr-same-bank
src    J-M7, Q: two loads of even words take 2
cycles 2
repeat 10
row 13
row 104
asm
  ldr.w r0, [r8]
  ldr.w r1, [r9]
end

case   ldr-ldr-odd-bank
src    J-M7: two loads of one bank take 2
cycles 2
repeat 10
row 104
asm
  ldr.w r0, [r8, #4]
  ldr.w r1, [r9, #12]
end

case   ldr-ldr-banks
src    J-M7: loads of an even and of an odd word take 1
cycles 1
repeat 10
row 103
asm
  ldr.w r0, [r8]
  ldr.w r1, [r9, #4]
end

case   ldr-adc
src    Q: LDR and an independent ADC take 1
cycles 1
repeat 10
row 14
asm
  ldr.w r0, [r8]
  adc.w r1, r2, r3
end

case   ldr-mul
src    Q: LDR and an independent MUL take 1
cycles 1
repeat 10
row 15
asm
  ldr.w r0, [r8]
  mul r1, r2, r3
end

case   ldr-mla
src    Q: LDR and an independent MLA take 1
cycles 1
repeat 10
row 16
asm
  ldr.w r0, [r8]
  mla r1, r2, r3, r4
end

# The chain returns to itself through the index; the word holds 0. Q does not name the form: LM-M7 has 3 for the index.
case   ldr-chain-index
src    Q, LM-M7: loaded word to the address of the next load, as index: 3
cycles 3
repeat 10
row 17
row 212
init   mov r0, #0
init   str r0, [r8]
asm
  ldr.w r0, [r8, r0]
end

# r8 points to a word that holds its own address.
case   ldr-chain-base
src    L-M7: loaded word to base register: 2
cycles 2
repeat 10
row 211
init   str r8, [r8]
asm
  ldr.w r8, [r8]
end

case   ldr-to-base
src    L-M7: loaded word to base register: 2
cycles 3
row 211
init   str r9, [r8]
asm
  ldr.w r0, [r8]
  ldr.w r1, [r0]
end

case   ldr-to-store-index
src    LM-M7: loaded word to index register: 3
cycles 4
row 212
init   mov r0, #0
init   str r0, [r8]
asm
  ldr.w r0, [r8]
  str.w r1, [r9, r0]
end

# No row: the convention behind the rows. EX1 result to EX1 operand; EX2 result to EX1 operand.
case   add-to-base
src    J-M7: an early ADD reaches an address in the next cycle
cycles 2
asm
  add.w r0, r8, #8
  ldr.w r1, [r0]
end

case   orr-to-base
src    J-M7: a late result reaches an address after 2
cycles 3
asm
  orr.w r0, r8, #8
  ldr.w r1, [r0]
end

case   ldr-to-add
src    J-M7, L-M7: loaded word to ALU: 1
cycles 2
row 97
row 210
asm
  ldr.w r0, [r8]
  add.w r1, r0, r2
end

case   ldr-to-shifted
src    J-M7: loaded word to an inline-shifted operand: 2
cycles 3
row 98
asm
  ldr.w r0, [r8]
  eor.w r1, r2, r0, ror #7
end

case   ldr-to-unshifted
src    J-M7: loaded word to the plain operand beside an inline shift: 2, a false dependency
cycles 3
row 99
asm
  ldr.w r0, [r8]
  eor.w r1, r0, r2, ror #7
end

case   ldr-to-extend-addend
src    J-M7: so for every instruction with an early operand: loaded word to the plain operand of UXTAB: 2
cycles 3
asm
  ldr.w r0, [r8]
  uxtab r1, r0, r2
end

case   ldr-to-pkhbt
src    J-M7: loaded word to the plain operand of PKHBT: 2
cycles 3
asm
  ldr.w r0, [r8]
  pkhbt r1, r0, r2
end

case   ldr-to-bfi
src    J-M7: loaded word to the register that BFI inserts into: 2
cycles 3
asm
  ldr.w r0, [r8]
  bfi r0, r2, #4, #8
end

case   ldrb-to-extend-addend
src    J-M7: bytes are not affected: 2
cycles 3
asm
  ldrb.w r0, [r8]
  uxtab r1, r0, r2
end

case   ldrb-to-add
src    J-M7, L-M7: loaded byte to ALU: 2
cycles 3
row 100
row 213
asm
  ldrb.w r0, [r8]
  add.w r1, r0, r2
end

case   ldrh-to-add
src    J-M7, L-M7: loaded halfword to ALU: 2
cycles 3
row 100
row 213
asm
  ldrh.w r0, [r8]
  add.w r1, r0, r2
end

case   ldrsb-to-add
src    L-M7: signed bytes like unsigned ones: 2
cycles 3
row 213
asm
  ldrsb.w r0, [r8]
  add.w r1, r0, r2
end

case   ldrsh-to-add
src    L-M7: signed halfwords like unsigned ones: 2
cycles 3
row 213
asm
  ldrsh.w r0, [r8]
  add.w r1, r0, r2
end

case   ldrb-to-shifted
src    J-M7: loaded byte to an inline-shifted operand: 3
cycles 4
row 101
asm
  ldrb.w r0, [r8]
  eor.w r1, r2, r0, ror #7
end

case   ldrh-to-shifted
src    J-M7: loaded halfword to an inline-shifted operand: 3
cycles 4
row 101
asm
  ldrh.w r0, [r8]
  eor.w r1, r2, r0, ror #7
end

case   ldrb-to-unshifted
src    J-M7: loaded byte to the plain operand beside an inline shift: 2, no false dependency
cycles 3
row 102
asm
  ldrb.w r0, [r8]
  eor.w r1, r0, r2, ror #7
end

case   ldrb-to-addend
src    J-M7: loaded byte to an addend: 1
cycles 2
row 94
asm
  ldrb.w r0, [r8]
  mla r1, r2, r3, r0
end

case   ldr-to-mul
src    J-M7, LM-M7: loaded word to a factor: 2
cycles 3
row 95
row 214
asm
  ldr.w r0, [r8]
  mul r1, r0, r2
end

# Issues in cycle 2 and takes the 7 of row 209; operands as in udiv-to-add of multiply.t.
case   ldr-to-udiv
src    LM-M7: loaded word to a divide: 2
cycles 9
row 214
init   movw r0, #50000
init   str r0, [r8]
init   mov r2, #200
asm
  ldr.w r0, [r8]
  udiv r1, r0, r2
end

case   ldr-to-addend
src    J-M7: loaded word to an addend: 1
cycles 2
row 96
asm
  ldr.w r0, [r8]
  mla r1, r2, r3, r0
end

case   ldr-post-chain
src    J-M7: LDR with post-increment, back to back on one base, one a cycle
cycles 1
repeat 20
row 105
row 218
asm
  ldr.w r0, [r8], #4
end

case   ldr-pre-chain
src    L-M7: base writeback reaches the next address at once
cycles 1
repeat 20
row 218
asm
  ldr.w r0, [r8, #4]!
end

case   str-post-to-ldr
src    L-M7: base writeback of a store reaches the next address at once
cycles 2
row 218
asm
  str.w r0, [r8], #4
  ldr.w r1, [r8]
end

# A late ADD cannot feed its partner: cycles 0, 1 and 2.
case   writeback-to-add
src    J-M7: ADD cannot execute early on a base written back in the cycle before
cycles 3
asm
  ldr.w r0, [r8], #4
  nop.w
  add.w r1, r8, r2
  eor.w r3, r1, r4
end

# Both move on by one word a pair: always different banks.
case   ldr-post-ldr-post
src    J-M7: two loads with post-increment in different banks take 1
cycles 1
repeat 20
row 106
init   add r9, r9, #4
asm
  ldr.w r0, [r8], #4
  ldr.w r1, [r9], #4
end

# One cycle for the pair, and 3.
case   ldr-unaligned-older
src    J-M7: an unaligned LDR in the older slot takes 3 more
cycles 4
row 107
asm
  ldr.w r0, [r8, #1]
  eor.w r1, r2, r3
end

case   ldrh-unaligned-older
src    J-M7: an unaligned LDRH in the older slot takes 3 more
cycles 4
row 107
asm
  ldrh.w r0, [r8, #3]
  eor.w r1, r2, r3
end

case   ldr-unaligned-older-steady
src    J-M7: an unaligned LDR in the older slot takes 3 more
cycles 4
repeat 10
row 107
asm
  ldr.w r0, [r8, #1]
  eor.w r1, r2, r3
end

case   ldr-unaligned-younger
src    J-M7: an unaligned LDR in the younger slot takes 4 more
cycles 5
row 108
asm
  eor.w r1, r2, r3
  ldr.w r0, [r8, #1]
end

case   ldr-unaligned-both
src    J-M7: two unaligned LDR take 4 more than an aligned pair
cycles 5
row 108
asm
  ldr.w r0, [r8, #1]
  ldr.w r1, [r9, #5]
end

case   ldr-unaligned-other-bank
src    J-M7: the partner is in the bank of the high part: 3 more
cycles 4
row 107
asm
  ldr.w r0, [r8, #1]
  ldr.w r1, [r9, #4]
end

case   ldr-unaligned-low-bank
src    J-M7: the partner is aligned in the bank of the low part: 3 - 1 more
cycles 3
row 109
miss   an unaligned load in the older slot is charged before its partner is known
asm
  ldr.w r0, [r8, #1]
  ldr.w r1, [r9]
end

case   ldr-unaligned-younger-low-bank
src    J-M7: the partner is aligned in the bank of the low part: 4 - 1 more
cycles 4
row 109
asm
  ldr.w r1, [r9]
  ldr.w r0, [r8, #1]
end

case   ldm-4
src    J-M7: LDM of 4 takes 2
cycles 3
repeat 10
row 119
asm
  nop
  nop
  ldm.w r8, {r0-r3}
end

case   ldm-5
src    J-M7: LDM of 5 takes 3
cycles 4
repeat 10
row 119
asm
  nop
  nop
  ldm.w r8, {r0-r4}
end

case   pop-4
src    J-M7: POP of 4 takes 2
cycles 3
repeat 10
row 119
asm
  nop
  nop
  pop.w {r4, r5, r6, r8}
end

# The pair of NOP, 2 for the transfer, and the stall.
case   ldm-4-wide
src    J-M7: without two 16-bit instructions before it, or within 7 cycles behind, LDM stalls for one more
cycles 4
repeat 10
row 121
miss   16 bytes in 3 cycles leave the fetch queue full: rule fetch_queue sees no reason to wait
asm
  nop.w
  nop.w
  ldm.w r8, {r0-r3}
end

case   ldm-alone
src    J-M7, L-M7: LDM pairs on neither side
cycles 3
row 119
row 232
asm
  eor.w r4, r5, r6
  ldm.w r8, {r0, r1}
  eor.w r4, r5, r6
end

case   pop-alone
src    L-M7: POP pairs on neither side
cycles 3
row 232
asm
  eor.w r4, r5, r6
  pop.w {r0, r1}
  eor.w r4, r5, r6
end

case   ldrd-alone
src    L-M7: LDRD pairs on neither side
cycles 3
row 232
asm
  eor.w r4, r5, r6
  ldrd r0, r1, [r8]
  eor.w r4, r5, r6
end

case   ldr-ldr-same-bank-slow
src    the parameter is what the younger load waits: 1 + 3
cycles 4
set    bank_conflict=3
asm
  ldr.w r0, [r8]
  ldr.w r1, [r9]
end
