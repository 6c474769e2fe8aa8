# Extends, bit fields, byte reversal, parallel and saturating arithmetic. Conventions as in integer_pairs.t.
# Row 204 has no case of its own: MD's claim is refuted by JA-M7, see uxtb-beside-inline-shift.

case   uxtb-uxtb
src    J-M7: two of bit field, extend, SIMD take 2
cycles 2
repeat 10
row 69
asm
  uxtb.w r0, r1
  uxtb.w r2, r3
end

case   uxtb-uadd8
src    J-M7: two of bit field, extend, SIMD take 2
cycles 2
repeat 10
row 69
asm
  uxtb.w r0, r1
  uadd8 r2, r3, r4
end

case   uxtb-add
src    J-M7: UXTB in the older slot beside ADD takes 1
cycles 1
repeat 10
row 70
asm
  uxtb.w r0, r1
  add.w r2, r3, r4
end

# Shown once: in a row of copies UXTB would slip into the older slot.
case   add-uxtb
src    J-M7: UXTB must be the older one
cycles 2
row 71
row 224
asm
  add.w r2, r3, r4
  uxtb.w r0, r1
end

case   uxtb-beside-inline-shift
src    JA-M7 loops of 27 and 39 cycles: UXTB does not use the shifter
cycles 1
repeat 10
asm
  uxtb.w r0, r1
  eor.w r2, r3, r4, ror #7
end

case   bfi-inline-shift
src    J-M7: BFI and an inline shift take 2
cycles 2
row 72
row 225
asm
  bfi r0, r1, #4, #8
  eor.w r2, r3, r4, ror #7
end

case   ubfx-inline-shift
src    J-M7: UBFX and an inline shift take 2
cycles 2
row 73
row 226
asm
  ubfx r0, r1, #4, #8
  eor.w r2, r3, r4, ror #7
end

case   rev-inline-shift
src    J-M7: REV and an inline shift take 2
cycles 2
row 74
row 227
asm
  rev.w r0, r1
  eor.w r2, r3, r4, ror #7
end

case   uxtab-inline-shift
src    J-M7: UXTAB and an inline shift take 2
cycles 2
row 75
row 228
asm
  uxtab r0, r1, r5
  eor.w r2, r3, r4, ror #7
end

case   pkhbt-inline-shift
src    J-M7: PKHBT and an inline shift take 2
cycles 2
row 76
row 228
asm
  pkhbt r0, r1, r5
  eor.w r2, r3, r4, ror #7
end

case   bfi-shifted-const
src    MD: two of inline shift, bit field, shifted constant take 2
cycles 2
repeat 10
row 200
asm
  bfi r0, r1, #4, #8
  eor.w r2, r3, #0x1fc0
end

case   ssat-inline-shift
src    L-M7: SSAT uses the shifter
cycles 2
row 229
asm
  ssat r0, #8, r1
  eor.w r2, r3, r4, ror #7
end

case   qdadd-inline-shift
src    L-M7: QDADD uses the shifter
cycles 2
row 231
asm
  qdadd r0, r1, r5
  eor.w r2, r3, r4, ror #7
end

case   uxtb-to-index
src    J-M7: extend, bit field or SIMD result to an address: 2
cycles 3
row 77
init   mov r0, #0
asm
  uxtb.w r0, r0
  ldr.w r1, [r2, r0]
end

case   eor-to-ubfx
src    J-M7: late result into UBFX: 2
cycles 3
row 78
row 226
asm
  eor.w r0, r1, r2
  ubfx r3, r0, #4, #8
end

case   eor-to-sbfx
src    J-M7: late result into SBFX: 2
cycles 3
row 78
asm
  eor.w r0, r1, r2
  sbfx r3, r0, #4, #8
end

case   eor-to-rbit
src    J-M7: late result into RBIT: 2
cycles 3
row 78
row 227
asm
  eor.w r0, r1, r2
  rbit r3, r0
end

case   eor-to-rev
src    J-M7: late result into REV: 2
cycles 3
row 78
row 227
asm
  eor.w r0, r1, r2
  rev.w r3, r0
end

case   eor-to-rev16
src    J-M7: late result into REV16: 2
cycles 3
row 78
asm
  eor.w r0, r1, r2
  rev16.w r3, r0
end

case   eor-to-revsh
src    J-M7: late result into REVSH: 2
cycles 3
row 78
asm
  eor.w r0, r1, r2
  revsh.w r3, r0
end

case   rev-feeds-add
src    J-M7, L-M7: REV leaves the first stage: the ADD that uses it is its partner
cycles 1
row 79
row 227
asm
  rev.w r0, r1
  add.w r1, r0, r2
end

# REV and NOP, then an early ADD beside its user.
case   rev-to-early-add
src    J-M7: REV is an early result: the ADD of the next cycle executes early on it
cycles 2
row 79
asm
  rev.w r0, r1
  nop.w
  add.w r2, r0, r3
  eor.w r4, r2, r5
end

case   rev-rev
src    J-M7: REV of a REV: 2
cycles 3
row 80
asm
  rev.w r0, r1
  rev.w r1, r0
end

case   rev-chain
src    J-M7: REV of a REV: 2
cycles 2
repeat 10
row 80
asm
  rev.w r0, r0
end

case   rev-to-base
src    J-M7: REV to an address: 2
cycles 3
row 81
init   rev r1, r2
asm
  rev.w r0, r1
  ldr.w r3, [r0]
end

case   eor-to-extended
src    J-M7: the operand that UXTAB extends is wanted early: 2
cycles 3
row 83
row 228
asm
  eor.w r0, r1, r3
  uxtab r1, r2, r0
end

case   eor-to-extend-addend
src    J-M7: the other operand of UXTAB is an ordinary one: 1
cycles 2
row 84
asm
  eor.w r0, r1, r3
  uxtab r1, r0, r2
end

case   eor-to-pkhtb
src    J-M7: PKHTB wants both operands early: 2
cycles 3
row 85
asm
  eor.w r0, r1, r3
  pkhtb r1, r0, r2, asr #4
end

case   eor-to-pkhtb-second
src    J-M7: PKHTB wants both operands early: 2
cycles 3
row 85
row 228
asm
  eor.w r0, r1, r3
  pkhtb r1, r2, r0, asr #4
end

case   eor-to-pkhbt
src    J-M7: the first operand of PKHBT is an ordinary one: 1
cycles 2
row 86
asm
  eor.w r0, r1, r3
  pkhbt r1, r0, r2
end

case   eor-to-pkhbt-second
src    L-M7: the second operand of PKHBT is wanted early: 2
cycles 3
row 228
asm
  eor.w r0, r1, r3
  pkhbt r1, r2, r0
end

case   uadd8-add
src    MD: SIMD at the lower address beside ALU takes 1
cycles 1
repeat 10
row 201
asm
  uadd8 r0, r1, r2
  add.w r3, r4, r5
end

# UADD8 writes the GE bits and not the carry that ADC reads.
case   uadd8-adc
src    MD, J-M7: SIMD at the lower address beside ALU takes 1
cycles 1
repeat 10
row 201
asm
  uadd8 r0, r1, r2
  adc.w r3, r4, r5
end

case   usub16-adc
src    MD, J-M7: SIMD at the lower address beside ALU takes 1
cycles 1
repeat 10
row 201
asm
  usub16 r0, r1, r2
  adc.w r3, r4, r5
end

case   rev-add
src    MD: REV at the lower address beside ALU takes 1
cycles 1
repeat 10
row 201
asm
  rev.w r0, r1
  add.w r3, r4, r5
end

case   add-uadd8
src    MD, L-M7: SIMD at the higher address does not pair
cycles 2
row 202
row 224
asm
  add.w r3, r4, r5
  uadd8 r0, r1, r2
end

case   add-rev
src    MD, L-M7: REV at the higher address does not pair
cycles 2
row 202
row 227
asm
  add.w r3, r4, r5
  rev.w r0, r1
end

case   add-clz
src    L-M7: CLZ takes the older slot
cycles 2
row 223
asm
  add.w r3, r4, r5
  clz r0, r1
end

case   clz-to-add
src    L-M7: CLZ has latency 1
cycles 2
row 223
asm
  clz r0, r1
  add.w r2, r0, r3
end

case   clz-chain
src    L-M7: CLZ has latency 1
cycles 1
repeat 10
row 223
asm
  clz r0, r0
end

case   sadd16-sel-chain
src    L-M7: parallel arithmetic, SEL and extends have latency 1
cycles 3
repeat 10
row 224
asm
  sadd16 r0, r0, r1
  sel r0, r0, r2
  sxtb.w r0, r0
end

case   add-sel
src    L-M7: SEL takes the older slot
cycles 2
row 224
asm
  add.w r3, r4, r5
  sel r0, r1, r2
end

case   add-bfi
src    L-M7: BFI takes the older slot
cycles 2
row 225
asm
  add.w r3, r4, r5
  bfi r0, r1, #4, #8
end

case   bfi-to-add
src    L-M7: BFI has latency 1
cycles 2
row 225
asm
  bfi r0, r1, #4, #8
  add.w r2, r0, r3
end

case   add-ubfx
src    L-M7: UBFX takes the older slot
cycles 2
row 226
asm
  add.w r3, r4, r5
  ubfx r0, r1, #4, #8
end

case   ubfx-to-add
src    L-M7: UBFX has latency 1
cycles 2
row 226
asm
  ubfx r0, r1, #4, #8
  add.w r2, r0, r3
end

case   add-pkhbt
src    L-M7: PKHBT takes the older slot
cycles 2
row 228
asm
  add.w r3, r4, r5
  pkhbt r0, r1, r2
end

case   uxtab-to-add
src    L-M7: UXTAB has latency 1
cycles 2
row 228
asm
  uxtab r0, r1, r2
  add.w r3, r0, r4
end

case   add-ssat
src    L-M7: SSAT takes the older slot
cycles 2
row 229
asm
  add.w r3, r4, r5
  ssat r0, #8, r1
end

case   ssat-to-add
src    L-M7: SSAT has latency 2
cycles 3
row 229
asm
  ssat r0, #8, r1
  add.w r2, r0, r3
end

case   eor-to-usat
src    L-M7: USAT wants its operand early: 2
cycles 3
row 229
asm
  eor.w r0, r1, r3
  usat r2, #8, r0
end

# Result at 3, operand at 0.
case   ssat-chain
src    L-M7: SSAT, latency 2 and an early operand: 3 a step
cycles 3
repeat 10
row 229
asm
  ssat r0, #8, r0
end

case   add-qadd
src    L-M7: QADD takes the older slot
cycles 2
row 230
asm
  add.w r3, r4, r5
  qadd r0, r1, r2
end

case   qadd-chain
src    L-M7: QADD has latency 2
cycles 2
repeat 10
row 230
asm
  qadd r0, r0, r1
end

case   qadd8-to-add
src    L-M7: QADD, QSUB and their parallel forms have latency 2
cycles 3
row 230
asm
  uqsub8 r0, r1, r2
  add.w r3, r0, r4
end

case   usad8-to-add
src    L-M7: USAD8 has latency 2
cycles 3
row 230
asm
  usad8 r0, r1, r2
  add.w r3, r0, r4
end

case   add-qdadd
src    L-M7: QDADD takes the older slot
cycles 2
row 231
asm
  add.w r3, r4, r5
  qdadd r0, r1, r2
end

case   qdadd-to-add
src    L-M7: QDADD has latency 2
cycles 3
row 231
asm
  qdadd r0, r1, r2
  add.w r3, r0, r4
end

case   eor-to-qdsub
src    L-M7: QDSUB wants its operands early: 2
cycles 3
row 231
asm
  eor.w r0, r1, r3
  qdsub r2, r0, r4
end
