# Shifts, inline and plain. Conventions as in integer_pairs.t.

case   inline-shift-lsl
src    J-M7 operand forms: inline shift beside a younger shift by constant takes 1
cycles 1
repeat 10
row 59
asm
  eor.w r0, r1, r2, ror #7
  lsl.w r3, r4, #3
end

case   inline-shift-lsl-by-register
src    J-M7 operand forms: inline shift beside a younger shift by register takes 1
cycles 1
repeat 10
row 60
asm
  eor.w r0, r1, r2, ror #7
  lsl.w r3, r4, r5
end

# Shown once: in a row of copies the roles would change over and the reverse order pairs.
case   lsl-shifted-const
src    J-M7 operand forms: shift by constant, then a shifted constant: no pair (he calls it slippery)
cycles 2
row 62
asm
  lsl.w r0, r1, #3
  eor.w r2, r3, #0x1fc0
end

case   lsl-inline-shift
src    J-M7 operand forms: shift by constant, then an inline shift: no pair (he calls it slippery)
cycles 2
row 63
asm
  lsl.w r0, r1, #3
  eor.w r2, r3, r4, ror #7
end

case   lsl-by-register-inline-shift
src    J-M7 operand forms: shift by register, then an inline shift: no pair (he calls it slippery)
cycles 2
row 64
asm
  lsl.w r0, r1, r5
  eor.w r2, r3, r4, ror #7
end

case   lsl-lsl
src    J-M7 operand forms: two shifts by constant take 1
cycles 1
repeat 10
row 65
asm
  lsl.w r0, r1, #3
  ror.w r2, r3, #7
end

case   lsl-lsl-by-register
src    J-M7 operand forms: shift by constant beside a shift by register takes 1
cycles 1
repeat 10
row 66
asm
  lsl.w r0, r1, #3
  lsr.w r2, r3, r4
end

case   eor-to-shifted
src    J-M7, MD: a late result waits one cycle more for an inline shift: 2
cycles 3
row 67
row 203
row 206
asm
  eor.w r0, r1, r3
  add.w r1, r2, r0, lsl #4
end

# The chain passes through the shifted operand: 2 a step.
case   eor-chain-shifted
src    J-M7: late result to inline-shifted operand: latency 2
cycles 2
repeat 10
row 67
row 206
asm
  eor.w r0, r1, r0, ror #7
end

case   eor-to-unshifted
src    J-M7: late result to the plain operand beside an inline shift: latency 1
cycles 2
row 68
row 206
asm
  eor.w r0, r1, r3
  add.w r1, r0, r2, lsl #4
end

case   eor-chain-unshifted
src    J-M7: late result to the plain operand beside an inline shift: latency 1
cycles 1
repeat 10
row 68
asm
  eor.w r0, r0, r1, ror #7
end

case   rev-to-shifted
src    J-M7, LM-M7: REV reaches an inline-shifted operand after 2
cycles 3
row 82
row 219
asm
  rev.w r0, r1
  eor.w r1, r2, r0, ror #7
end

case   rev-to-plain-shift
src    LM-M7: REV reaches a plain shift after 1
cycles 2
row 220
asm
  rev.w r0, r1
  lsl.w r2, r0, #3
end
