# Multiplies and divides. Conventions as in integer_pairs.t.
# Row 249 has no case: G-M7 lets every divide take 4; L-M7 (row 209) has the case. Neither is a measurement.

case   mul-stream
src    Q: independent MUL, one a cycle
cycles 1
repeat 10
row 4
asm
  mul r0, r1, r2
end

case   umull-stream
src    Q: independent UMULL, one a cycle
cycles 1
repeat 10
row 5
asm
  umull r0, r3, r1, r2
end

case   mla-stream
src    Q: independent MLA, one a cycle
cycles 2
repeat 10
row 18
asm
  mla r0, r1, r2, r3
  mla r4, r5, r6, r7
end

case   mul-chain
src    Q, J-M7: product to factor: 2
cycles 2
repeat 10
row 6
row 92
asm
  mul r0, r0, r1
end

case   mul-to-mul
src    Q, J-M7: product to factor: 2
cycles 3
row 6
row 92
asm
  mul r0, r1, r3
  mul r1, r0, r2
end

case   mul-to-add
src    J-M7, L-M7: product to ALU: 2
cycles 3
row 91
row 208
asm
  mul r0, r1, r3
  add.w r1, r0, r2
end

case   smull-to-add
src    L-M7: all multiplies have latency 2
cycles 3
row 208
asm
  smull r0, r3, r1, r2
  add.w r1, r3, r2
end

case   mla-to-add
src    Q: MLA has latency 2
cycles 3
row 19
row 208
asm
  mla r0, r1, r3, r4
  add.w r1, r0, r2
end

case   mla-to-mul
src    Q: MLA has latency 2
cycles 3
row 19
asm
  mla r0, r1, r3, r4
  mul r1, r0, r2
end

case   mla-chain
src    Q, J-M7: sum to addend: 1
cycles 1
repeat 10
row 7
row 90
row 208
asm
  mla r0, r1, r2, r0
end

case   mul-mla-chain
src    J-M7: product to addend: 1
cycles 2
row 7
asm
  mul r0, r1, r2
  mla r0, r3, r4, r0
end

case   umlal-chain
src    Q: UMLAL on one 64-bit sum, one a cycle
cycles 1
repeat 10
row 8
asm
  umlal r0, r1, r2, r3
end

case   smlal-chain
src    J-M7: SMLAL on one sum, one a cycle
cycles 1
repeat 10
row 90
row 208
asm
  smlal r0, r1, r2, r3
end

case   smlad-chain
src    J-M7: SMLAD on one sum, one a cycle
cycles 1
repeat 10
row 90
asm
  smlad r0, r1, r2, r0
end

case   umull-alu
src    Q: UMULL and an independent ALU operation take 1
cycles 1
repeat 10
row 9
asm
  umull r0, r3, r1, r2
  eor.w r4, r5, r6
end

case   umlal-alu
src    Q: UMLAL and an independent ALU operation take 1
cycles 1
repeat 10
row 10
asm
  umlal r0, r3, r1, r2
  eor.w r4, r5, r6
end

case   mul-mul
src    Q, J-M7: any two multiplies take 2
cycles 2
repeat 10
row 11
row 87
asm
  mul r0, r1, r2
  mul r3, r4, r5
end

case   umull-smlabb
src    Q: any two multiplies take 2
cycles 2
repeat 10
row 11
asm
  umull r0, r3, r1, r2
  smlabb r4, r5, r6, r7
end

case   alu-mul
src    ACTLR, J-M7: a multiply may be the younger one
cycles 1
asm
  eor.w r4, r5, r6
  mul r0, r1, r2
end

case   mul-str
src    J-M7: a multiply and a store take 2
cycles 2
repeat 10
row 88
asm
  mul r0, r1, r2
  str.w r3, [r8]
end

case   mul-strb
src    J-M7: a multiply and any store take 2
cycles 2
row 88
init   mov r9, #4
asm
  mul r0, r1, r2
  strb.w r3, [r8, r9]
end

case   smlabb-inline-shift
src    J-M7: a 16-bit multiply-accumulate beside an inline shift takes 1
cycles 1
repeat 10
row 89
asm
  smlabb r0, r1, r2, r3
  eor.w r4, r5, r6, ror #7
end

case   smulbb-inline-shift
src    J-M7: a 16-bit multiply beside an inline shift takes 1
cycles 1
repeat 10
row 89
asm
  smulbb r0, r1, r2
  eor.w r4, r5, r6, ror #7
end

case   uadd8-smlabb
src    J-M7: a 16-bit multiply-accumulate beside a SIMD operation takes 1
cycles 1
repeat 10
row 89
asm
  uadd8 r4, r5, r6
  smlabb r0, r1, r2, r3
end

case   eor-feeds-addend
src    J-M7: a late ALU result is in time for the addend of its younger partner
cycles 1
row 93
asm
  eor.w r0, r4, r5
  mla r1, r2, r3, r0
end

# MUL by 1 leaves the address.
case   mul-to-base
src    LM-M7: product to an address: 4
cycles 5
row 215
init   mov r2, #1
asm
  mul r0, r1, r2
  ldr.w r3, [r0]
end

case   mul-to-store-base
src    LM-M7: product to an address: 4
cycles 5
row 215
init   mov r2, #1
asm
  mul r0, r1, r2
  str.w r3, [r0]
end

# 16-bit dividend, 8-bit divisor: the source names no operands. 7 cycles, then the user of the quotient.
case   udiv-to-add
src    L-M7: a divide takes 7 (nominal), alone; the result is usable in the next cycle
cycles 8
row 209
init   movw r1, #50000
init   mov r2, #200
asm
  udiv r0, r1, r2
  add.w r3, r0, r4
end

case   sdiv-to-add
src    L-M7: a divide takes 7 (nominal), alone; the result is usable in the next cycle
cycles 8
row 209
miss   cortex-m7.yaml divide_signed_extra 1 follows the R4; L-M7's 7 is nominal and names no operands
init   movw r1, #50000
init   mov r2, #200
asm
  sdiv r0, r1, r2
  add.w r3, r0, r4
end
