# Data processing, multiply, divide, IT.

case   alu-one-each
src    TRM4 table 3-1: every data-processing instruction takes one cycle
cycles 20
row 1
asm
  adds r0, r1, r2
  add.w r0, r1, r2, lsl #3
  mov r3, r4
  movw r3, #0x1234
  movt r3, #0x5678
  mvn r3, r4
  adr r3, .
  ubfx r5, r6, #3, #5
  sbfx r5, r6, #3, #5
  bfi r5, r6, #3, #5
  bfc r5, #3, #5
  uxtb r5, r6
  sxtah r5, r6, r7
  rev r5, r6
  rbit r5, r6
  clz r5, r6
  ssat r5, #5, r6
  usat r5, #5, r6
  uadd8 r5, r6, r7
  sel r5, r6, r7
end

case   shift-then-add
src    C barrel shifter: mov, mov, ror, add take 4
cycles 4
row 2
asm
  mov r0, #10
  mov r1, #12
  ror r1, r1, #2
  add r0, r1, r1
end

case   shift-folded
src    C barrel shifter: the inline shift is free, 3
cycles 3
row 3
asm
  mov r0, #10
  mov r1, #12
  add r0, r1, r1, ror #2
end

case   multiply-one-each
src    TRM4 table 3-1: every multiply takes one cycle, whatever the operands
cycles 12
row 4
asm
  mul r0, r1, r2
  mla r0, r1, r2, r3
  mls r0, r1, r2, r3
  smull r0, r1, r2, r3
  umull r0, r1, r2, r3
  smlal r0, r1, r2, r3
  umlal r0, r1, r2, r3
  umaal r0, r1, r2, r3
  smlabb r0, r1, r2, r3
  smlad r0, r1, r2, r3
  smmul r0, r1, r2
  smlald r0, r1, r2, r3
end

case   multiply-dependent
src    E: X25519 is a chain of dependent UMAAL at one cycle each
cycles 4
asm
  mul r0, r1, r2
  mul r0, r0, r2
  umaal r0, r1, r0, r3
  umaal r0, r1, r0, r1
end

case   divide-zero-dividend
src    C division: dividend 0 takes 2
cycles 2
row 7
init   mov r1, #0
init   mov r2, #7
asm
  udiv r0, r1, r2
end

case   divide-zero-divisor
src    C division: divisor 0 takes 2
cycles 2
row 7
init   mov r1, #7
init   mov r2, #0
asm
  sdiv r0, r1, r2
end

case   divide-3-100
src    C division: fewer bits than the divisor take 3
cycles 3
row 8
init   mov r1, #3
init   mov r2, #100
asm
  udiv r0, r1, r2
end

case   divide-15-9
src    C division: equal length takes 5
cycles 5
row 9
init   mov r1, #15
init   mov r2, #9
asm
  udiv r0, r1, r2
end

case   divide-1000-10
src    C division: 5 + (10 - 4) / 4 = 6
cycles 6
row 10
init   movw r1, #1000
init   mov r2, #10
asm
  udiv r0, r1, r2
end

case   divide-minus-1000-10
src    C division: magnitudes count, 6
cycles 6
row 11
init   movw r1, #1000
init   rsb r1, r1, #0
init   mov r2, #10
asm
  sdiv r0, r1, r2
end

case   divide-65535-3
src    C division: 5 + (16 - 2) / 4 = 8
cycles 8
row 12
init   movw r1, #65535
init   mov r2, #3
asm
  udiv r0, r1, r2
end

case   divide-max-1
src    C division: 5 + (32 - 1) / 4 = 12
cycles 12
row 13
init   mov r1, #-1
init   mov r2, #1
asm
  udiv r0, r1, r2
end

case   it-folds-executed
src    C conditional block: IT behind a 16-bit instruction is free, 2 in all
cycles 2
row 63
init   mov r1, #-5
init   cmp r1, #0
asm
  movs r0, r1
  it mi
  rsbmi r0, r0, #0
end

case   it-folds-skipped
src    C conditional block: the same when the condition fails
cycles 2
row 63
init   mov r1, #5
asm
  movs r0, r1
  it mi
  rsbmi r0, r0, #0
end

case   it-behind-wide
src    C conditional block: IT behind a 32-bit instruction takes a cycle, 3 in all
cycles 3
row 64
init   mov r1, #5
init   cmp r1, #0
asm
  mov.w r0, r1
  it mi
  rsbmi r0, r0, #0
end

case   skipped-multiple
src    C conditional block: a failed condition costs one cycle; that it does for LDM too is inferred
cycles 3
init   cmp r0, r0
asm
  mov.w r0, r0
  it ne
  ldmne r1, {r4-r7}
end
