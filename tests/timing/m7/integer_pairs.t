# Data processing: what pairs, what waits for what. Latency L, shown once: producer in cycle 0, consumer in cycle L, so L + 1
# cycles in all; a pair takes 1. The first instruction of a case is always the older of a fresh pair.
#
# Rows of the list that no sequence in this folder restates:
#   29-44    whole AES kernels: replayed elsewhere
#   250-252  CoreMark and Dhrystone: whole programs; 253 Dhrystone from flash: memory system
#   254      FIR by a compiler nobody named; 255-274 idsp and biquad kernels; 275-289 pqm7: whole kernels
#   290-293  SDRAM, PSRAM, MDMA traffic: memory system; 294 interrupt entry: no sequence
# Rows without a case because two sources contradict each other about the same thing, and the measured one has the case:
#   204      MD counts UXTB as a user of the shifter: JA-M7 refutes it, see uxtb-beside-inline-shift in dsp.t
#   244, 246-249  G-M7, a model: see the heads of multiply.t, fp32.t and fp64.t

case   eor-eor
src    Q: two independent EOR take 1
cycles 1
repeat 10
row 1
asm
  eor.w r0, r1, r2
  eor.w r3, r4, r5
end

case   adc-adc
src    Q: two independent ADC that leave the flags alone take 1
cycles 1
repeat 10
row 2
asm
  adc.w r0, r1, r2
  adc.w r3, r4, r5
end

case   sbc-sbc
src    Q: ADC leaves the flags alone; so does SBC
cycles 1
repeat 10
row 2
asm
  sbc.w r0, r1, r2
  sbc.w r3, r4, #5
end

case   adcs-adcs
src    Q: two ADCS, chained by the carry, take 2
cycles 2
repeat 10
row 3
asm
  adcs.w r0, r1, r2
  adcs.w r3, r4, r5
end

case   nop-nop
src    J-M7: two wide NOP take 1
cycles 1
repeat 10
row 45
asm
  nop.w
  nop.w
end

case   add-add
src    J-M7: two independent ADD take 1
cycles 1
repeat 10
row 46
asm
  add.w r0, r1, r2
  add.w r3, r4, r5
end

case   movw-movt
src    J-M7: MOVW and MOVT of one register take 1
cycles 1
repeat 10
row 47
asm
  movw r0, #0x1234
  movt r0, #0x5678
end

case   add-feeds-unshifted
src    J-M7: an early ADD reaches the plain operand of its younger partner
cycles 1
row 48
asm
  add.w r0, r0, r2
  eor.w r6, r0, r6, ror #22
end

# J-M7 prints these four as an example of what does not stall.
case   add-eor-ldr-ldr
src    J-M7: early ADD beside an inline shift, then two loads, one from the address just added: 2
cycles 2
row 48
init   mov r0, #0
init   mov r1, #4
init   mov r2, #0
asm
  add.w r0, r0, r2
  eor.w r6, r0, r6, ror #22
  ldr.w r4, [r14, r0]
  ldr.w r5, [r14, r1]
end

# Early result 1, shifted operand needed at 0: one cycle apart.
case   add-feeds-shifted
src    J-M7: an early ADD is too late for the shifted operand of its partner
cycles 2
row 49
asm
  add.w r0, r0, r2
  eor.w r6, r5, r0, ror #22
end

case   mov-feeds-add
src    J-M7: MOV in the older slot executes early
cycles 1
row 50
asm
  mov.w r0, r1
  add.w r2, r0, r3
end

case   lsl-feeds-add
src    J-M7: a plain shift executes early when the partner leaves the shifter alone
cycles 1
row 51
asm
  lsl.w r0, r1, #3
  add.w r2, r0, r3
end

case   eor-feeds-add
src    J-M7: logic executes late only: no pair
cycles 2
row 52
row 205
asm
  eor.w r0, r1, r2
  add.w r3, r0, r4
end

# The NOP holds the older slot, the ADD is the younger and therefore late: 1 cycle, then the consumer.
case   younger-add-feeds-add
src    J-M7: ADD in the younger slot executes late, its user follows in the next cycle
cycles 2
row 53
asm
  nop.w
  add.w r0, r1, r2
  add.w r3, r0, r4
end

# Were the first ADD early, the third instruction would be its partner's partner only in cycle 1: 3 instructions, 2 cycles.
case   younger-add-feeds-two
src    J-M7: late to late, distance 1
cycles 3
row 53
asm
  nop.w
  add.w r0, r1, r2
  eor.w r3, r0, r4
  add.w r5, r3, r0
end

# The first pair is early and late; from there every ADD waits for the late one before it: 1 a cycle.
case   add-chain
src    L-M7: ALU latency 1
cycles 1
repeat 20
row 205
asm
  add.w r0, r0, r1
end

case   add-add-dependent
src    MD: ADD and the ADD that uses it take 1
cycles 1
row 199
asm
  add.w r1, r0, r3
  add.w r1, r1, r2
end

case   write-write
src    LM-M7: two writers of one register may share a cycle
cycles 1
repeat 10
row 217
asm
  eor.w r0, r1, r2
  orr.w r0, r3, r4
end

case   plain-const-plain-const
src    J-M7 operand forms: plain constant beside any form takes 1
cycles 1
repeat 10
row 54
asm
  eor.w r0, r1, #0x55
  eor.w r2, r3, #0x56
end

case   plain-const-shifted-const
src    J-M7 operand forms: plain constant beside any form takes 1
cycles 1
repeat 10
row 54
asm
  eor.w r0, r1, #0x55
  eor.w r2, r3, #0x1fc0
end

case   plain-const-inline-shift
src    J-M7 operand forms: plain constant beside any form takes 1
cycles 1
repeat 10
row 54
asm
  eor.w r0, r1, #0x55
  eor.w r2, r3, r4, ror #7
end

case   plain-const-lsl
src    J-M7 operand forms: plain constant beside any form takes 1
cycles 1
repeat 10
row 54
asm
  eor.w r0, r1, #0x55
  lsl.w r2, r3, #7
end

case   addw-inline-shift
src    J-M7 operand forms: a 12-bit constant is a plain one
cycles 1
repeat 10
row 54
asm
  addw r0, r1, #0xff1
  eor.w r2, r3, r4, ror #7
end

case   pattern-const-inline-shift
src    J-M7 operand forms: byte pattern 00XY00XY beside any form takes 1
cycles 1
repeat 10
row 55
asm
  eor.w r0, r1, #0x00550055
  eor.w r2, r3, r4, ror #7
end

case   pattern-const-high-inline-shift
src    J-M7 operand forms: byte pattern XY00XY00 beside any form takes 1
cycles 1
repeat 10
row 55
asm
  eor.w r0, r1, #0x55005500
  eor.w r2, r3, r4, ror #7
end

case   pattern-const-all-shifted-const
src    J-M7 operand forms: byte pattern XYXYXYXY beside any form takes 1
cycles 1
repeat 10
row 55
asm
  eor.w r0, r1, #0x55555555
  eor.w r2, r3, #0x1fc0
end

case   shifted-const-shifted-const
src    J-M7 operand forms: two shifted constants take 2
cycles 2
repeat 10
row 56
row 200
asm
  eor.w r0, r1, #0x1fc0
  eor.w r2, r3, #0x2fc0
end

case   shifted-const-mov-shifted-const
src    J-M7 operand forms: two shifted constants take 2
cycles 2
repeat 10
row 56
asm
  eor.w r0, r1, #0x1fc0
  mov.w r2, #0x1fc0
end

case   shifted-const-inline-shift
src    J-M7 operand forms: shifted constant beside an inline shift takes 2
cycles 2
repeat 10
row 57
row 200
asm
  eor.w r0, r1, #0x1fc0
  eor.w r2, r3, r4, ror #7
end

# J-M7: comparisons execute like the other instructions with this operand.
case   compare-shifted-const-inline-shift
src    J-M7 operand forms: shifted constant beside an inline shift takes 2
cycles 2
repeat 10
row 57
asm
  cmp.w r1, #0x1fc0
  eor.w r2, r3, r4, ror #7
end

case   tst-shifted-const-shifted-const
src    J-M7 operand forms: two shifted constants take 2
cycles 2
repeat 10
row 56
asm
  tst.w r1, #0x1fc0
  eor.w r2, r3, #0x1fc0
end

case   inline-shift-inline-shift
src    J-M7 operand forms: two inline shifts take 2
cycles 2
repeat 10
row 58
row 200
asm
  eor.w r0, r1, r5, lsl #3
  eor.w r2, r3, r4, ror #7
end

case   inline-shift-cmp-inline-shift
src    J-M7 operand forms: two inline shifts take 2
cycles 2
repeat 10
row 58
asm
  add.w r0, r1, r5, lsl #3
  cmp.w r3, r4, lsl #7
end

case   inline-shift-plain-const
src    J-M7 operand forms: inline shift beside a plain constant takes 1
cycles 1
repeat 10
row 61
asm
  eor.w r0, r1, r5, lsl #3
  eor.w r2, r3, #0x55
end

# Its shifted operand is needed one cycle earlier than usual.
case   cmp-inline-shift-flags
src    L-M7: flags of a comparison with an inline shift have latency 2
cycles 3
row 207
init   mov r0, #0
asm
  cmp.w r0, r1, lsl #2
  it eq
  addeq.w r2, r3, r4
end

# CMP and IT share cycle 0, the conditional ADD follows in cycle 1.
case   flags-to-predicated
src    LM-M7: flags reach a predicated instruction after 1
cycles 2
row 221
asm
  cmp.w r0, r1
  it ne
  addne.w r2, r3, r4
end

case   predicated-to-other-condition
src    LM-M7: a predicated result used under another condition costs one more: 2
cycles 3
row 222
init   cmp r0, r0
asm
  ite eq
  eoreq.w r0, r1, r2
  addne.w r3, r0, r4
end

case   predicated-to-other-condition-unshifted
src    LM-M7: two more into the plain operand beside an inline shift, 3 at most
cycles 4
row 222
init   cmp r0, r0
asm
  ite eq
  eoreq.w r0, r1, r2
  addne.w r3, r0, r4, lsl #2
end

case   predicated-same-condition
src    LM-M7: under the same condition the usual distance, 1
cycles 2
init   cmp r0, r0
asm
  itt eq
  eoreq.w r0, r1, r2
  addeq.w r3, r0, r4
end

case   it-takes-a-slot
src    J-M7: IT and two instructions do not fit into one cycle
cycles 2
row 126
init   cmp r0, r0
asm
  itt eq
  addeq.w r0, r1, r2
  addeq.w r3, r4, r5
end

# IT with the first MUL, then one MUL a cycle, as if they executed.
case   skipped-keep-their-units
src    J-M7: an instruction whose condition failed issues like one that executes
cycles 3
row 127
init   cmp r0, r0
asm
  ittt ne
  mulne r0, r1, r2
  mulne r3, r4, r5
  mulne r6, r7, r8
end

case   skipped-ldm
src    J-M7: LDM of 6 whose condition failed takes 3, and nothing pairs with it
cycles 4
row 128
init   cmp r0, r0
asm
  it ne
  ldmiane.w r8, {r0-r5}
end

case   mrs-to-add
src    L-M7 (a placeholder there): MRS issues alone and has latency 3
cycles 4
row 234
asm
  mrs r0, apsr
  add.w r1, r0, r2
end
