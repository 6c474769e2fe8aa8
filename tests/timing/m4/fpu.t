# Floating point.

case   fp-one-each
src    TI-F: one cycle each
cycles 7
row 76
asm
  vadd.f32 s0, s1, s2
  vsub.f32 s3, s4, s5
  vmul.f32 s6, s7, s8
  vabs.f32 s9, s10
  vneg.f32 s11, s12
  vcmp.f32 s13, s14
  vcvt.s32.f32 s15, s16
end

case   vadd-dependent
src    SCU lab 4C: 200 dependent VADD take 401
cycles 399 to 401
row 77
asm
  .rept 100
  vadd.f32 s1, s0, s0
  vadd.f32 s0, s1, s1
  .endr
end

case   mac-each
src    TI-F: 3 each
cycles 9
repeat 8
row 78
asm
  vmla.f32 s0, s1, s2
  vfma.f32 s3, s4, s5
  vmls.f32 s6, s7, s8
end

case   add-to-addend
src    GF: a sum used as addend of the next MAC costs nothing extra, 1 + 3
cycles 4
row 79
asm
  vadd.f32 s0, s1, s2
  vmla.f32 s0, s3, s4
end

case   add-to-multiplicand
src    SE, TI-F: as a factor it costs one, 1 + 1 + 3
cycles 5
asm
  vadd.f32 s3, s1, s2
  vmla.f32 s0, s3, s4
end

case   mac-chain
src    GF: accumulating in one register, 3 a step
cycles 3
repeat 10
row 80
asm
  vmla.f32 s0, s1, s2
end

case   mac-to-factor
src    GF: latency 4 to a factor
cycles 7
asm
  vmla.f32 s0, s1, s2
  vmla.f32 s3, s0, s2
end

case   vdiv-busy
src    TI-F: 14
cycles 14
repeat 10
row 81
asm
  vdiv.f32 s0, s1, s2
end

case   vsqrt-busy
src    TI-F: 14
cycles 14
repeat 10
row 81
asm
  vsqrt.f32 s0, s1
end

case   vdiv-shadow
src    SCU lab 4C: VDIV, NOP, VMOV of the result take 16
cycles 16
row 82
asm
  vdiv.f32 s2, s1, s0
  nop
  vmov.f32 s3, s2
end

case   vdiv-shadow-integer
src    SCU lab 4C: unchanged while integer instructions fit under the divide
cycles 16
row 82
asm
  vdiv.f32 s2, s1, s0
  add r0, r1, r2
  add r0, r1, r2
  add r0, r1, r2
  add r0, r1, r2
  add r0, r1, r2
  add r0, r1, r2
  vmov.f32 s3, s2
end

case   vmov-single
src    C fpu_reg: 1 (the TRM table says 2)
cycles 2
row 83
asm
  vmov s0, r0
  vmov r1, s2
end

case   vmov-pair
src    C fpu_reg: one cycle a register, 2
cycles 4
row 84
asm
  vmov s0, s1, r0, r1
  vmov r2, r3, s4, s5
end

case   vldr
src    TI-F: 2
cycles 3
row 85
asm
  vldr s0, [r0]
  adds r1, r2, r3
end

case   vldm-4
src    TI-F: 1 + N
cycles 5
row 86
asm
  vldm r0, {s0-s3}
end

case   vpush-pop-2
src    TI-F: 1 + N, doubles count two
cycles 10
row 86
asm
  vpush {d8, d9}
  vpop {d8, d9}
end

case   vldr-double
src    TI-F: VLDR.64 takes 3
cycles 3
row 87
asm
  vldr d0, [r0]
end
