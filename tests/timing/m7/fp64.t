# Double precision: operand values decide. Conventions as in integer_pairs.t.
# d1 is 1.0, d2 the operand that the case is about; multiply-accumulates have four fresh sums, so that values stay as said.
# J-M7's values: 1.0 throughout, 0.25 for another exponent, 31.0 for a sum of another exponent.
# Contradicted figures without a case: G-M7, a model: VMUL.F64 with the unit busy for 3 (row 244), multiply-accumulate for 4
# (row 245; its latency of 10 has a case), VDIV and VSQRT 31 with the unit busy for 4 (row 246): J-M7 measured that they
# block. See rows 174, 181, 178.
# Row 195, second half: the latency of 3 on one sum is counted like VADD's, from the last cycle: vmla-chain.

case   vadd-same
src    J-M7: independent VADD.F64, equal exponents: 1 each
cycles 1
repeat 10
row 170
init   vmov.f64 d1, #1.0
init   vmov.f64 d2, #1.0
asm
  vadd.f64 d0, d1, d2
end

case   vadd-different
src    J-M7: independent VADD.F64, exponents that differ: 2 each
cycles 2
repeat 10
row 171
init   vmov.f64 d1, #1.0
init   vmov.f64 d2, #0.25
asm
  vadd.f64 d0, d1, d2
end

case   vadd-denormal
src    J-M7: independent VADD.F64, one denormal operand: 3 each
cycles 3
repeat 10
row 172
init   vmov.f64 d1, #1.0
init   mov r0, #1
init   mov r1, #0
init   vmov d2, r0, r1
asm
  vadd.f64 d0, d1, d2
end

case   vadd-zero
src    J-M7: independent VADD.F64, one operand zero: 3 each
cycles 3
repeat 10
row 173
init   vmov.f64 d1, #1.0
init   mov r0, #0
init   vmov d2, r0, r0
asm
  vadd.f64 d0, d1, d2
end

case   vmul-same
src    J-M7: independent VMUL.F64, equal exponents: 5 each
cycles 5
repeat 10
row 174
init   vmov.f64 d1, #1.0
init   vmov.f64 d2, #1.0
asm
  vmul.f64 d0, d1, d2
end

case   vmul-different
src    J-M7: independent VMUL.F64, exponents that differ: 5 each
cycles 5
repeat 10
row 175
init   vmov.f64 d1, #1.0
init   vmov.f64 d2, #0.25
asm
  vmul.f64 d0, d1, d2
end

case   vmul-denormal
src    J-M7: independent VMUL.F64, one denormal operand: 5 each
cycles 5
repeat 10
row 176
init   vmov.f64 d1, #1.0
init   mov r0, #1
init   mov r1, #0
init   vmov d2, r0, r1
asm
  vmul.f64 d0, d1, d2
end

case   vmul-zero
src    J-M7: independent VMUL.F64, one operand zero: 4 each
cycles 4
repeat 10
row 177
init   vmov.f64 d1, #1.0
init   mov r0, #0
init   vmov d2, r0, r0
asm
  vmul.f64 d0, d1, d2
end

case   vdiv-normal
src    J-M7, L-M7: VDIV.F64 takes 30
cycles 30
repeat 5
row 178
row 240
init   vmov.f64 d1, #1.0
init   vmov.f64 d2, #0.25
asm
  vdiv.f64 d0, d1, d2
end

case   vsqrt
src    L-M7: VSQRT.F64 takes 30
cycles 30
repeat 5
row 240
init   vmov.f64 d2, #0.25
asm
  vsqrt.f64 d0, d2
end

case   vdiv-denormal
src    J-M7: VDIV.F64, one operand denormal: 30
cycles 30
repeat 5
row 179
init   vmov.f64 d1, #1.0
init   mov r0, #1
init   mov r1, #0
init   vmov d2, r0, r1
asm
  vdiv.f64 d0, d2, d1
end

case   vdiv-zero
src    J-M7: VDIV.F64, one operand zero: 2
cycles 2
repeat 5
row 180
init   vmov.f64 d1, #1.0
init   mov r0, #0
init   vmov d2, r0, r0
asm
  vdiv.f64 d0, d2, d1
end

# 7 + 3 x 6.
case   vfma-same
src    J-M7: VFMA.F64, equal exponents: 7 for the first of a run, then 6
cycles 25
row 181
init   vmov.f64 d4, #1.0
init   vmov.f64 d5, #1.0
init   vmov.f64 d6, #1.0
init   vmov.f64 d7, #1.0
init   vmov.f64 d1, #1.0
init   vmov.f64 d2, #1.0
asm
  vfma.f64 d4, d1, d2
  vfma.f64 d5, d1, d2
  vfma.f64 d6, d1, d2
  vfma.f64 d7, d1, d2
end

# 8 + 3 x 7.
case   vfma-different
src    J-M7: VFMA.F64, exponents that differ: 8 for the first of a run, then 7
cycles 29
row 182
init   vmov.f64 d4, #1.0
init   vmov.f64 d5, #1.0
init   vmov.f64 d6, #1.0
init   vmov.f64 d7, #1.0
init   vmov.f64 d1, #1.0
init   vmov.f64 d2, #0.25
asm
  vfma.f64 d4, d1, d2
  vfma.f64 d5, d1, d2
  vfma.f64 d6, d1, d2
  vfma.f64 d7, d1, d2
end

# 10 + 3 x 9.
case   vfma-denormal
src    J-M7: VFMA.F64, one denormal operand: 10 for the first of a run, then 9
cycles 37
row 183
init   vmov.f64 d4, #1.0
init   vmov.f64 d5, #1.0
init   vmov.f64 d6, #1.0
init   vmov.f64 d7, #1.0
init   vmov.f64 d1, #1.0
init   mov r0, #1
init   mov r1, #0
init   vmov d2, r0, r1
asm
  vfma.f64 d4, d1, d2
  vfma.f64 d5, d1, d2
  vfma.f64 d6, d1, d2
  vfma.f64 d7, d1, d2
end

# 6 + 3 x 5.
case   vfma-zero
src    J-M7: VFMA.F64, one operand zero: 6 for the first of a run, then 5
cycles 21
row 184
init   vmov.f64 d4, #1.0
init   vmov.f64 d5, #1.0
init   vmov.f64 d6, #1.0
init   vmov.f64 d7, #1.0
init   vmov.f64 d1, #1.0
init   mov r0, #0
init   vmov d2, r0, r0
asm
  vfma.f64 d4, d1, d2
  vfma.f64 d5, d1, d2
  vfma.f64 d6, d1, d2
  vfma.f64 d7, d1, d2
end

# 8 + 3 x 7.
case   vfma-same-sum-31
src    J-M7: VFMA.F64, equal exponents, sum of another exponent: 8 for the first of a run, then 7
cycles 29
row 185
init   vmov.f64 d4, #31.0
init   vmov.f64 d5, #31.0
init   vmov.f64 d6, #31.0
init   vmov.f64 d7, #31.0
init   vmov.f64 d1, #1.0
init   vmov.f64 d2, #1.0
asm
  vfma.f64 d4, d1, d2
  vfma.f64 d5, d1, d2
  vfma.f64 d6, d1, d2
  vfma.f64 d7, d1, d2
end

# 10 + 3 x 9.
case   vfma-same-sum-denormal
src    J-M7: VFMA.F64, equal exponents, denormal sum: 10 for the first of a run, then 9
cycles 37
row 186
init   mov r0, #1
init   mov r1, #0
init   vmov d4, r0, r1
init   vmov d5, r0, r1
init   vmov d6, r0, r1
init   vmov d7, r0, r1
init   vmov.f64 d1, #1.0
init   vmov.f64 d2, #1.0
asm
  vfma.f64 d4, d1, d2
  vfma.f64 d5, d1, d2
  vfma.f64 d6, d1, d2
  vfma.f64 d7, d1, d2
end

# 7 + 3 x 5.
case   vfma-denormal-sum-denormal
src    J-M7: VFMA.F64, one denormal operand, denormal sum: 7 for the first of a run, then 5
cycles 22
row 187
miss   fp64_fma_first 1 for the first of a run; with a subnormal factor and accumulator it was 2
init   mov r0, #1
init   mov r1, #0
init   vmov d4, r0, r1
init   vmov d5, r0, r1
init   vmov d6, r0, r1
init   vmov d7, r0, r1
init   vmov.f64 d1, #1.0
init   mov r0, #1
init   mov r1, #0
init   vmov d2, r0, r1
asm
  vfma.f64 d4, d1, d2
  vfma.f64 d5, d1, d2
  vfma.f64 d6, d1, d2
  vfma.f64 d7, d1, d2
end

# 6 + 3 x 5.
case   vfma-zero-sum-denormal
src    J-M7: VFMA.F64, one operand zero, denormal sum: 6 for the first of a run, then 5
cycles 21
row 188
init   mov r0, #1
init   mov r1, #0
init   vmov d4, r0, r1
init   vmov d5, r0, r1
init   vmov d6, r0, r1
init   vmov d7, r0, r1
init   vmov.f64 d1, #1.0
init   mov r0, #0
init   vmov d2, r0, r0
asm
  vfma.f64 d4, d1, d2
  vfma.f64 d5, d1, d2
  vfma.f64 d6, d1, d2
  vfma.f64 d7, d1, d2
end

# 8 + 3 x 5.
case   vmla-same
src    J-M7: VMLA.F64, equal exponents: 8 for the first of a run, then 5
cycles 23
row 189
init   vmov.f64 d4, #1.0
init   vmov.f64 d5, #1.0
init   vmov.f64 d6, #1.0
init   vmov.f64 d7, #1.0
init   vmov.f64 d1, #1.0
init   vmov.f64 d2, #1.0
asm
  vmla.f64 d4, d1, d2
  vmla.f64 d5, d1, d2
  vmla.f64 d6, d1, d2
  vmla.f64 d7, d1, d2
end

# 9 + 3 x 7.
case   vmla-different
src    J-M7: VMLA.F64, exponents that differ: 9 for the first of a run, then 7
cycles 30
row 190
init   vmov.f64 d4, #1.0
init   vmov.f64 d5, #1.0
init   vmov.f64 d6, #1.0
init   vmov.f64 d7, #1.0
init   vmov.f64 d1, #1.0
init   vmov.f64 d2, #0.25
asm
  vmla.f64 d4, d1, d2
  vmla.f64 d5, d1, d2
  vmla.f64 d6, d1, d2
  vmla.f64 d7, d1, d2
end

# 10 + 3 x 8.
case   vmla-denormal
src    J-M7: VMLA.F64, one denormal operand: 10 for the first of a run, then 8
cycles 34
row 191
init   vmov.f64 d4, #1.0
init   vmov.f64 d5, #1.0
init   vmov.f64 d6, #1.0
init   vmov.f64 d7, #1.0
init   vmov.f64 d1, #1.0
init   mov r0, #1
init   mov r1, #0
init   vmov d2, r0, r1
asm
  vmla.f64 d4, d1, d2
  vmla.f64 d5, d1, d2
  vmla.f64 d6, d1, d2
  vmla.f64 d7, d1, d2
end

# 7 + 3 x 5.
case   vmla-zero
src    J-M7: VMLA.F64, one operand zero: 7 for the first of a run, then 5
cycles 22
row 192
init   vmov.f64 d4, #1.0
init   vmov.f64 d5, #1.0
init   vmov.f64 d6, #1.0
init   vmov.f64 d7, #1.0
init   vmov.f64 d1, #1.0
init   mov r0, #0
init   vmov d2, r0, r0
asm
  vmla.f64 d4, d1, d2
  vmla.f64 d5, d1, d2
  vmla.f64 d6, d1, d2
  vmla.f64 d7, d1, d2
end

# 7 + 4 + 5: equal exponents.
case   vmul-behind-vfma
src    J-M7: the first VMUL.F64 behind a multiply-accumulate takes 4
cycles 16
row 193
init   vmov.f64 d4, #1.0
init   vmov.f64 d5, #1.0
init   vmov.f64 d6, #1.0
init   vmov.f64 d7, #1.0
init   vmov.f64 d1, #1.0
init   vmov.f64 d2, #1.0
asm
  vfma.f64 d4, d1, d2
  vmul.f64 d0, d1, d2
  vmul.f64 d3, d1, d2
end

# 9 + 4: exponents differ.
case   vmul-behind-vmla
src    J-M7: the first VMUL.F64 behind a multiply-accumulate takes 4
cycles 13
row 193
init   vmov.f64 d4, #1.0
init   vmov.f64 d5, #1.0
init   vmov.f64 d6, #1.0
init   vmov.f64 d7, #1.0
init   vmov.f64 d1, #1.0
init   vmov.f64 d2, #0.25
asm
  vmla.f64 d4, d1, d2
  vmul.f64 d0, d1, d2
end

# 8 + 1 + 2: exponents differ.
case   vadd-behind-vfma
src    J-M7: VADD.F64 is blocked in the first cycle behind a multiply-accumulate
cycles 11
row 194
init   vmov.f64 d4, #1.0
init   vmov.f64 d5, #1.0
init   vmov.f64 d6, #1.0
init   vmov.f64 d7, #1.0
init   vmov.f64 d1, #1.0
init   vmov.f64 d2, #0.25
asm
  vfma.f64 d4, d1, d2
  vadd.f64 d0, d1, d2
end

case   vfma-4-sums
src    J-M7: VFMA.F64 on four sums does not wait for results: 7 each (exponents differ)
cycles 28
repeat 10
row 195
row 182
init   vmov.f64 d1, #1.0
init   vmov.f64 d2, #0.25
asm
  vfma.f64 d4, d1, d2
  vfma.f64 d5, d1, d2
  vfma.f64 d6, d1, d2
  vfma.f64 d7, d1, d2
end

# Equal exponents: 1.0 + 1.0 = 2.0; the second issues in cycle 3 and takes 1.
case   vadd-to-vadd
src    J-M7: VADD.F64 has latency 3
cycles 4
row 196
init   vmov.f64 d1, #1.0
init   vmov.f64 d2, #1.0
init   vmov.f64 d4, #2.0
asm
  vadd.f64 d0, d1, d2
  vadd.f64 d3, d0, d4
end

# Equal exponents: 1 each.
case   vadd-two-between
src    J-M7: two FP operations in between hide the latency of VADD.F64
cycles 4
row 196
init   vmov.f64 d1, #1.0
init   vmov.f64 d2, #1.0
init   vmov.f64 d4, #2.0
asm
  vadd.f64 d0, d1, d2
  vadd.f64 d5, d1, d2
  vadd.f64 d6, d1, d2
  vadd.f64 d3, d0, d4
end

# Exponents that differ: 2 each.
case   vadd-different-two-between
src    J-M7: two FP operations in between hide the latency of VADD.F64
cycles 8
row 196
init   vmov.f64 d1, #1.0
init   vmov.f64 d2, #0.25
asm
  vadd.f64 d0, d1, d2
  vadd.f64 d5, d1, d2
  vadd.f64 d6, d1, d2
  vadd.f64 d3, d0, d2
end

# 5 each.
case   vmul-two-between
src    J-M7: two FP operations in between hide the latency of VMUL.F64
cycles 20
row 196
init   vmov.f64 d1, #1.0
init   vmov.f64 d2, #1.0
asm
  vmul.f64 d0, d1, d2
  vmul.f64 d5, d1, d2
  vmul.f64 d6, d1, d2
  vmul.f64 d3, d0, d1
end

# The user issues in cycle 4 and takes 2: exponents differ.
case   vadd-to-vadd-different
src    L-M7: true latency of VADD.F64 is 4
cycles 6
row 238
init   vmov.f64 d1, #1.0
init   vmov.f64 d2, #0.25
asm
  vadd.f64 d0, d1, d2
  vadd.f64 d3, d0, d2
end

# The user issues in cycle 7 and takes 2: exponents differ.
case   vmul-to-vadd
src    L-M7: true latency of VMUL.F64 is 7
cycles 9
row 238
init   vmov.f64 d1, #1.0
init   vmov.f64 d2, #0.25
asm
  vmul.f64 d0, d1, d2
  vadd.f64 d3, d0, d1
end

# Equal exponents: VADD.F64 takes 1.
case   vadd-integer
src    J-M7: double arithmetic in the older slot pairs with an integer operation
cycles 1
repeat 10
row 197
init   vmov.f64 d1, #1.0
init   vmov.f64 d2, #1.0
asm
  vadd.f64 d0, d1, d2
  eor.w r2, r3, r4
end

case   vadd-integer-different
src    J-M7: double arithmetic in the older slot pairs with an integer operation: VADD's 2 are all
cycles 2
repeat 10
row 197
row 171
init   vmov.f64 d1, #1.0
init   vmov.f64 d2, #0.25
asm
  vadd.f64 d0, d1, d2
  eor.w r2, r3, r4
end

case   vmul-integer
src    J-M7: double arithmetic in the older slot pairs with an integer operation: VMUL's 5 are all
cycles 5
repeat 10
row 197
init   vmov.f64 d1, #1.0
init   vmov.f64 d2, #0.25
asm
  vmul.f64 d0, d1, d2
  eor.w r2, r3, r4
end

case   vfma-ldr
src    J-M7: VFMA.F64 does not pair with an integer load: 7 + 1 (equal exponents)
cycles 8
row 198
init   vmov.f64 d4, #1.0
init   vmov.f64 d5, #1.0
init   vmov.f64 d6, #1.0
init   vmov.f64 d7, #1.0
init   vmov.f64 d1, #1.0
init   vmov.f64 d2, #1.0
asm
  vfma.f64 d4, d1, d2
  ldr.w r2, [r8]
end

case   vfma-str
src    J-M7: VFMA.F64 does not pair with an integer store: 7 + 1 (equal exponents)
cycles 8
row 198
init   vmov.f64 d4, #1.0
init   vmov.f64 d5, #1.0
init   vmov.f64 d6, #1.0
init   vmov.f64 d7, #1.0
init   vmov.f64 d1, #1.0
init   vmov.f64 d2, #1.0
asm
  vfma.f64 d4, d1, d2
  str.w r2, [r8]
end

case   vfma-integer
src    J-M7: VFMA.F64 pairs with other integer operations: 7 (equal exponents)
cycles 7
row 197
init   vmov.f64 d4, #1.0
init   vmov.f64 d5, #1.0
init   vmov.f64 d6, #1.0
init   vmov.f64 d7, #1.0
init   vmov.f64 d1, #1.0
init   vmov.f64 d2, #1.0
asm
  vfma.f64 d4, d1, d2
  eor.w r2, r3, r4
end

# The user issues in cycle 11 and takes 2: exponents differ. 9 for the first of a run, and 2.
case   vmla-to-vadd
src    L-M7: true latency of a double multiply-accumulate is 11
cycles 13
row 238
init   vmov.f64 d4, #1.0
init   vmov.f64 d1, #1.0
init   vmov.f64 d2, #0.25
asm
  vmla.f64 d4, d1, d2
  vadd.f64 d3, d4, d2
end

# An addend waits like any operand: the second issues in cycle 11 and is the first of a run again, 9 and 9.
case   vmla-chain
src    L-M7: true latency of a double multiply-accumulate is 11; J-M7: a chain of VFMA.F64 on one sum has the latency of VADD
cycles 20
row 238
init   vmov.f64 d4, #1.0
init   vmov.f64 d1, #1.0
init   vmov.f64 d2, #0.25
asm
  vmla.f64 d4, d1, d2
  vmla.f64 d4, d1, d2
end

# The MAC issues in cycle 7 and takes 9.
case   vmul-to-vmla-addend
src    L-M7: true latency of VMUL.F64 is 7
cycles 16
row 238
init   vmov.f64 d1, #1.0
init   vmov.f64 d2, #0.25
init   vmov.f64 d3, #2.0
asm
  vmul.f64 d4, d1, d3
  vmla.f64 d4, d1, d2
end

# The MAC issues in cycle 4 and takes 9.
case   vadd-to-vmla-addend
src    L-M7: true latency of VADD.F64 is 4
cycles 13
row 238
init   vmov.f64 d1, #1.0
init   vmov.f64 d2, #0.25
asm
  vadd.f64 d4, d1, d2
  vmla.f64 d4, d1, d2
end

# The user issues in cycle 10 and takes 2: exponents differ. 8 for the first of a run, and 2.
case   vfma-to-vadd
src    G-M7: a double multiply-accumulate has latency 10
cycles 12
row 245
init   vmov.f64 d4, #1.0
init   vmov.f64 d1, #1.0
init   vmov.f64 d2, #0.25
asm
  vfma.f64 d4, d1, d2
  vadd.f64 d3, d4, d2
end
