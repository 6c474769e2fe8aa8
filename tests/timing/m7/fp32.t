# Single precision. Conventions as in integer_pairs.t.
# Contradicted figures without a case: VSQRT.F32 16 of rows 239 and 247 (L-M7, G-M7: models) by row 153, measured; row 247's
# 5 busy cycles of VDIV by row 152, measured; row 248 (G-M7: 6 for either multiply-accumulate) by rows 145 and 149.

case   vadd-stream
src    Q: independent VADD.F32, one a cycle
cycles 1
repeat 10
row 20
asm
  vadd.f32 s0, s1, s2
end

case   vmul-stream
src    Q: independent VMUL.F32, one a cycle
cycles 1
repeat 10
row 21
asm
  vmul.f32 s0, s1, s2
end

case   vadd-chain
src    Q, J-M7, L-M7: VADD has latency 3
cycles 3
repeat 10
row 22
row 141
row 235
asm
  vadd.f32 s0, s0, s1
end

case   vmul-chain
src    Q, J-M7, L-M7: VMUL has latency 3
cycles 3
repeat 10
row 22
row 141
row 235
asm
  vmul.f32 s0, s0, s1
end

case   vadd-to-vmul
src    J-M7: sum to factor: 3
cycles 4
row 141
asm
  vadd.f32 s0, s1, s2
  vmul.f32 s3, s0, s4
end

case   vmul-to-vadd
src    J-M7: product to sum: 3
cycles 4
row 141
asm
  vmul.f32 s0, s1, s2
  vadd.f32 s3, s0, s4
end

case   vadd-to-vfma-factor
src    J-M7: sum to the factor of a multiply-accumulate: 3
cycles 4
row 141
asm
  vadd.f32 s0, s1, s2
  vfma.f32 s3, s0, s4
end

case   vadd-to-vfma-addend
src    J-M7: sum to the addend of VFMA: 3
cycles 4
row 142
asm
  vadd.f32 s0, s1, s2
  vfma.f32 s0, s3, s4
end

case   vmul-to-vfma-addend
src    J-M7: product to the addend of VFMA: 3
cycles 4
row 142
asm
  vmul.f32 s0, s1, s2
  vfma.f32 s0, s3, s4
end

case   vadd-to-vmla-addend
src    J-M7: sum to the addend of VMLA: 2
cycles 3
row 143
asm
  vadd.f32 s0, s1, s2
  vmla.f32 s0, s3, s4
end

case   vadd-to-vstr
src    J-M7: sum to VSTR: 1
cycles 2
row 144
asm
  vadd.f32 s0, s1, s2
  vstr s0, [r8]
end

case   vcvt-to-vadd
src    L-M7: VCVT has latency 3
cycles 4
row 235
asm
  vcvt.f32.s32 s0, s1
  vadd.f32 s2, s0, s3
end

case   vfma-chain
src    Q, J-M7, L-M7: VFMA on one sum: 3 each
cycles 3
repeat 10
row 23
row 134
row 146
row 236
asm
  vfma.f32 s0, s1, s2
end

case   vfma-to-vmul
src    Q, J-M7, L-M7: VFMA to factor: 5
cycles 6
row 24
row 145
row 236
asm
  vfma.f32 s0, s1, s2
  vmul.f32 s3, s0, s4
end

case   vfma-to-vfma-factor
src    Q, J-M7: VFMA to factor: 5
cycles 6
row 24
row 145
asm
  vfma.f32 s0, s1, s2
  vfma.f32 s3, s0, s4
end

case   vfma-to-vmla-addend
src    J-M7: VFMA to the addend of VMLA: 2
cycles 3
row 147
asm
  vfma.f32 s0, s1, s2
  vmla.f32 s0, s3, s4
end

case   vfma-to-vstr
src    J-M7: VFMA to VSTR: 3
cycles 4
row 148
asm
  vfma.f32 s0, s1, s2
  vstr s0, [r8]
end

case   vmla-chain
src    Q, J-M7, L-M7: VMLA on one sum: 3 each
cycles 3
repeat 10
row 25
row 135
row 150
row 237
asm
  vmla.f32 s0, s1, s2
end

# With the parameter that fits four compiled loops: 4 each, and 7 to a factor.
case   vmla-chain-later
src    ID-M7: what-if, docs/validation/m7.md H4
set    fp32_mla_later=1
cycles 4
repeat 10
asm
  vmla.f32 s0, s1, s2
end

case   vmla-to-vmul-later
src    ID-M7: what-if, docs/validation/m7.md H4
set    fp32_mla_later=1
cycles 8
asm
  vmla.f32 s0, s1, s2
  vmul.f32 s3, s0, s4
end

case   vmla-to-vmul
src    Q, J-M7, L-M7: VMLA to factor: 6
cycles 7
row 26
row 149
row 237
asm
  vmla.f32 s0, s1, s2
  vmul.f32 s3, s0, s4
end

case   vmla-to-vmla-factor
src    J-M7: VMLA to factor: 6
cycles 7
row 149
asm
  vmla.f32 s0, s1, s2
  vmla.f32 s3, s0, s4
end

case   vmla-to-vstr
src    J-M7: VMLA to VSTR: 4
cycles 5
row 151
asm
  vmla.f32 s0, s1, s2
  vstr s0, [r8]
end

# 2.5 an instruction.
case   vfma-vadd-alternating
src    Arm community thread 9930: VFMA alternating with an independent VADD takes 2.5 each
cycles 5
repeat 10
row 27
asm
  vfma.f32 s0, s1, s2
  vadd.f32 s3, s4, s5
end

case   vmul-vadd-alternating
src    Arm community thread 9930, J-M7: VMUL alternating with an independent VADD takes 1 each
cycles 2
repeat 10
row 28
row 130
asm
  vmul.f32 s0, s1, s2
  vadd.f32 s3, s4, s5
end

case   vadd-vadd
src    J-M7: one FP operation a cycle
cycles 2
repeat 10
row 129
asm
  vadd.f32 s0, s1, s2
  vadd.f32 s3, s4, s5
end

case   vadd-integer
src    J-M7: VADD and an integer operation take 1
cycles 1
repeat 10
row 131
asm
  vadd.f32 s0, s1, s2
  eor.w r0, r1, r2
end

case   integer-vmul
src    J-M7: VMUL and an integer operation take 1
cycles 1
row 131
asm
  eor.w r0, r1, r2
  vmul.f32 s0, s1, s2
end

case   vldr-vadd
src    J-M7: VLDR and FP arithmetic take 1
cycles 1
repeat 10
row 132
asm
  vldr s0, [r8]
  vadd.f32 s3, s4, s5
end

case   vfma-3-sums
src    J-M7: VFMA on three sums, one a cycle
cycles 3
repeat 10
row 133
asm
  vfma.f32 s0, s3, s4
  vfma.f32 s1, s3, s4
  vfma.f32 s2, s3, s4
end

case   vmla-vfma
src    J-M7: an independent VFMA behind VMLA leaves one bubble
cycles 3
row 136
asm
  vmla.f32 s0, s1, s2
  vfma.f32 s3, s4, s5
end

# Cycles 1 to 3 are blocked: VADD issues in cycle 4.
case   vfma-vadd
src    J-M7: VADD issues no earlier than 4 behind VFMA
cycles 5
row 137
asm
  vfma.f32 s0, s1, s2
  vadd.f32 s3, s4, s5
end

case   vmla-vsub
src    J-M7: the same behind VMLA
cycles 5
row 137
asm
  vmla.f32 s0, s1, s2
  vsub.f32 s3, s4, s5
end

case   vfma-vldm
src    J-M7: VLDM issues no earlier than 4 behind VFMA
cycles 5
row 138
asm
  vfma.f32 s0, s1, s2
  vldm r8, {s4, s5}
end

case   vfma-vstm
src    J-M7: VSTM issues no earlier than 4 behind VFMA
cycles 5
row 138
asm
  vfma.f32 s0, s1, s2
  vstm r8, {s4, s5}
end

case   vfma-vldr64
src    J-M7: VLDR.64 issues no earlier than 4 behind VFMA
cycles 5
row 138
asm
  vfma.f32 s0, s1, s2
  vldr d2, [r8]
end

case   vfma-vstr64
src    J-M7: VSTR.64 issues no earlier than 4 behind VFMA
cycles 5
row 138
asm
  vfma.f32 s0, s1, s2
  vstr d2, [r8]
end

case   vfma-vmov-const
src    J-M7: VMOV of a constant issues no earlier than 4 behind VFMA
cycles 5
row 138
asm
  vfma.f32 s0, s1, s2
  vmov.f32 s4, #1.0
end

# Cycle 0 VFMA|NOP, cycle 1 NOP: the younger slot stays empty, VLDR follows in cycle 2.
case   vfma-vldr-older-only
src    J-M7: within 3 cycles of VFMA, VLDR takes the older slot only
cycles 3
row 139
asm
  vfma.f32 s0, s1, s2
  nop.w
  nop.w
  vldr s4, [r8]
end

case   vfma-vstr-older-only
src    J-M7: within 3 cycles of VFMA, VSTR takes the older slot only
cycles 3
row 139
asm
  vfma.f32 s0, s1, s2
  nop.w
  nop.w
  vstr s4, [r8]
end

case   vfma-vmov-older-only
src    J-M7: within 3 cycles of VFMA, VMOV takes the older slot only
cycles 3
row 139
asm
  vfma.f32 s0, s1, s2
  nop.w
  nop.w
  vmov r0, s4
end

# As the last but one, with the fourth cycle: free again.
case   vfma-vldr-after-shadow
src    J-M7: 4 cycles behind VFMA, VLDR may be the younger one
cycles 5
row 139
asm
  vfma.f32 s0, s1, s2
  nop.w
  .rept 7
  nop.w
  .endr
  vldr s4, [r8]
end

case   vldr-in-shadow-takes-partner
src    J-M7: VLDR in the older slot still pairs with an integer operation
cycles 2
row 139
asm
  vfma.f32 s0, s1, s2
  nop.w
  vldr s4, [r8]
  nop.w
end

# Four sums: nothing waits for a result.
case   vfma-vldr-in-run
src    J-M7: VFMA, unless the first of a run, does not pair with VLDR
cycles 8
repeat 10
row 140
asm
  vfma.f32 s0, s4, s5
  vldr s6, [r8]
  vfma.f32 s1, s4, s5
  vldr s7, [r8]
  vfma.f32 s2, s4, s5
  vldr s6, [r8]
  vfma.f32 s3, s4, s5
  vldr s7, [r8]
end

case   vfma-vldr-first
src    J-M7: the first VFMA of a run pairs with VLDR
cycles 1
row 140
asm
  vfma.f32 s0, s4, s5
  vldr s6, [r8]
end

case   vdiv-stream
src    J-M7, L-M7, G-M7: VDIV.F32 takes 16 and blocks
cycles 16
repeat 5
row 152
row 239
asm
  vdiv.f32 s0, s1, s2
end

case   vdiv-integer
src    J-M7: VDIV pairs with one integer operation, then blocks
cycles 16
repeat 5
row 152
asm
  vdiv.f32 s0, s1, s2
  eor.w r0, r1, r2
end

case   vdiv-integer-2
src    J-M7: VDIV pairs with one integer operation; the second comes behind
cycles 17
row 152
asm
  vdiv.f32 s0, s1, s2
  eor.w r0, r1, r2
  eor.w r3, r4, r5
end

# Whichever of the two is the older, the divide blocks for its 16.
case   integer-vdiv
src    J-M7: VDIV takes 16 and blocks, beside one integer operation
cycles 16
repeat 5
row 152
asm
  eor.w r0, r1, r2
  vdiv.f32 s0, s1, s2
end

case   vsqrt-stream
src    J-M7: VSQRT.F32 takes 14 and blocks
cycles 14
repeat 5
row 153
asm
  vsqrt.f32 s0, s1
end

case   vsqrt-integer
src    J-M7: VSQRT pairs with one integer operation
cycles 14
repeat 5
row 153
asm
  vsqrt.f32 s0, s1
  eor.w r0, r1, r2
end

case   integer-vsqrt
src    J-M7: VSQRT takes 14 and blocks, beside one integer operation
cycles 14
repeat 5
row 153
asm
  eor.w r0, r1, r2
  vsqrt.f32 s0, s1
end

case   vldr-to-vadd
src    J-M7, L-M7: VLDR to FP operand: 1
cycles 2
row 154
row 241
asm
  vldr s0, [r8]
  vadd.f32 s1, s0, s2
end

case   vldr-to-vfma-factor
src    J-M7, L-M7: VLDR to FP operand: 1
cycles 2
row 154
row 241
asm
  vldr s0, [r8]
  vfma.f32 s1, s0, s2
end

case   vldr-to-vfma-addend
src    J-M7: VLDR to the addend of VFMA: 3
cycles 4
row 155
asm
  vldr s0, [r8]
  vfma.f32 s0, s1, s2
end

case   vldr-to-vmla-addend
src    J-M7: VLDR to the addend of VMLA: 2
cycles 3
row 156
asm
  vldr s0, [r8]
  vmla.f32 s0, s1, s2
end

case   vldr64-alone
src    J-M7, L-M7: VLDR.64 takes 1 and pairs on neither side
cycles 3
row 157
row 232
asm
  eor.w r0, r1, r2
  vldr d0, [r8]
  eor.w r0, r1, r2
end

case   vstr64-alone
src    J-M7, L-M7: VSTR.64 takes 1 and pairs on neither side
cycles 3
row 157
row 232
asm
  eor.w r0, r1, r2
  vstr d0, [r8]
  eor.w r0, r1, r2
end

case   vldr64-stream
src    J-M7: VLDR.64, one a cycle
cycles 1
repeat 10
row 157
asm
  vldr d0, [r8]
end

case   vldm-4
src    J-M7: VLDM of 4 words takes 2
cycles 3
repeat 10
row 158
asm
  nop
  nop
  vldm r8, {s0-s3}
end

case   vldm-5
src    J-M7: VLDM of 5 words takes 3
cycles 4
repeat 10
row 158
asm
  nop
  nop
  vldm r8, {s0-s4}
end

case   vstm-4
src    J-M7: VSTM of 4 words takes 2
cycles 3
repeat 10
row 158
asm
  nop
  nop
  vstm r8, {s0-s3}
end

case   vstm-5
src    J-M7: VSTM of 5 words takes 3
cycles 4
repeat 10
row 158
asm
  nop
  nop
  vstm r8, {s0-s4}
end

case   vldm-doubles
src    J-M7: VLDM of 2 doubles is one of 4 words: 2
cycles 3
repeat 10
row 158
asm
  nop
  nop
  vldm r8, {d0-d1}
end

case   vldm-alone
src    J-M7, L-M7: VLDM pairs on neither side
cycles 3
row 158
row 232
asm
  eor.w r0, r1, r2
  vldm r8, {s0, s1}
  eor.w r0, r1, r2
end

case   vstm-alone
src    J-M7, L-M7: VSTM pairs on neither side
cycles 3
row 158
row 232
asm
  eor.w r0, r1, r2
  vstm r8, {s0, s1}
  eor.w r0, r1, r2
end

case   vmov-to-add
src    J-M7: VMOV to a core register, then ALU: 1
cycles 2
row 159
asm
  vmov r0, s0
  add.w r1, r0, r2
end

case   vmov-feeds-addend
src    J-M7: VMOV to a core register is in time for the addend of its partner
cycles 1
row 160
asm
  vmov r0, s0
  mla r1, r2, r3, r0
end

case   vadd-to-vmov
src    J-M7: FP result to VMOV to a core register: 3
cycles 4
row 161
asm
  vadd.f32 s0, s1, s2
  vmov r0, s0
end

case   vldr-to-vmov-core
src    J-M7: VLDR to VMOV to a core register: 2
cycles 3
row 162
asm
  vldr s0, [r8]
  vmov r0, s0
end

case   vfma-to-vmov
src    J-M7: VFMA to VMOV to a core register: 5
cycles 6
row 163
asm
  vfma.f32 s0, s1, s2
  vmov r0, s0
end

case   vmov-from-core-to-vadd
src    J-M7: VMOV from a core register to an FP operation: 3
cycles 4
row 164
asm
  vmov s0, r0
  vadd.f32 s1, s0, s2
end

case   vmov-from-core-to-vmov
src    J-M7: VMOV from a core register to VMOV: 3
cycles 4
row 164
asm
  vmov s0, r0
  vmov.f32 s1, s0
end

case   vmov-from-core-to-vfma-addend
src    J-M7: VMOV from a core register to the addend of VFMA: 3
cycles 4
row 164
asm
  vmov s0, r0
  vfma.f32 s0, s1, s2
end

case   eor-to-vmov
src    J-M7: ALU result to VMOV from a core register: 1
cycles 2
row 165
asm
  eor.w r0, r1, r2
  vmov s0, r0
end

case   add-to-vmov
src    J-M7: ALU result to VMOV from a core register: 1
cycles 2
row 165
asm
  add.w r0, r1, r2
  vmov s0, r0
end

case   mla-to-vmov
src    J-M7: MAC result to VMOV from a core register: 1
cycles 2
row 165
asm
  mla r0, r1, r2, r3
  vmov s0, r0
end

case   vmov-chain
src    J-M7, L-M7: VMOV between FP registers has latency 3
cycles 3
repeat 10
row 166
row 235
asm
  vmov.f32 s0, s0
end

case   vldr-to-vmov
src    J-M7: VLDR to VMOV between FP registers: 1
cycles 2
row 167
asm
  vldr s0, [r8]
  vmov.f32 s1, s0
end

case   vmov-const-vmov-const
src    J-M7: two VMOV of constants take 2
cycles 2
repeat 10
row 168
asm
  vmov.f32 s0, #1.0
  vmov.f32 s1, #2.0
end

case   vmov-pair-to-fp-alone
src    J-M7: VMOV of two registers pairs on neither side
cycles 3
row 169
asm
  eor.w r4, r5, r6
  vmov d0, r0, r1
  eor.w r4, r5, r6
end

case   vmov-pair-to-core-alone
src    J-M7: VMOV of two registers pairs on neither side
cycles 3
row 169
asm
  eor.w r4, r5, r6
  vmov r0, r1, d0
  eor.w r4, r5, r6
end

case   vldr64-to-vadd64
src    L-M7: VLDR.64 to FP operand: 2; the VADD.F64 takes 2 (exponents differ)
cycles 4
row 242
init   vmov.f64 d1, #1.0
init   vmov.f64 d2, #31.0
init   vstr d2, [r8]
asm
  vldr d0, [r8]
  vadd.f64 d3, d0, d1
end
