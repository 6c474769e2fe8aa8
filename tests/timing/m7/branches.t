# Branches. Conventions as in integer_pairs.t. Rules about one branch are shown by loops, whose last pass is mispredicted.
# How the core predicts a branch it has never met is not documented: the cases take backward as taken, forward as not
# taken, as L-M7's figure for forward branches implies; loops whose figure does not hang on it allow one more
# misprediction.

# 40 passes of BEQ|NOP, SUBS|NOP, NOP|BNE: 3 cycles each; the exit, flags 1 cycle before it, 8.
case   not-taken-pairs-in-loop
src    J-M7: a not-taken branch that was predicted pairs with its successor
cycles 128 +- 8
row 122
row 124
init   movs r0, #40
asm
1:
  beq.w 2f
  nop.w
  subs.w r0, r0, #1
  nop.w
  nop.w
  bne.w 1b
2:
end

case   not-taken-pairs
src    J-M7: a not-taken branch that was predicted pairs with its successor
cycles 1
repeat 10
row 122
init   cmp r0, r0
asm
  bne.w 1f
  nop.w
1:
end

# J-M7: it takes two 16-bit instructions before the branch. Only if BNE pairs with the SUBS at the target do two passes of
# 5 instructions take 5 cycles. 40 passes 100, the exit, flags 2 cycles before it, 8.
case   taken-pairs-with-target
src    J-M7: a taken branch that was predicted leaves no bubble and pairs with the first instruction at its target
cycles 108 +- 8
row 123
init   movs r0, #40
asm
1:
  subs.w r0, r0, #1
  nop.w
  nop
  nop
  bne.w 1b
end

# The same in 32-bit opcodes: 20 bytes are three fetches a pass. 40 passes 120, the exit 8.
case   taken-wide-does-not-pair
src    J-M7: for that, at least two 16-bit instructions must stand before the branch; TRM7: 64 bits are fetched a cycle
cycles 128 +- 8
row 123
init   movs r0, #40
asm
1:
  subs.w r0, r0, #1
  nop.w
  nop.w
  nop.w
  bne.w 1b
end

# 30 passes of SUBS|NOP, NOP|BNE: 60, and the exit.
case   mispredict-late-flags
src    J-M7: SUBS and BNE mispredicted, flags set less than 3 cycles before: 8
cycles 68
row 124
init   movs r0, #30
asm
1:
  subs.w r0, r0, #1
  nop.w
  nop.w
  bne.w 1b
end

# Flags 2 cycles before the branch: still 8. 30 passes of 3.
case   mispredict-flags-2
src    J-M7: SUBS and BNE mispredicted, flags set less than 3 cycles before: 8
cycles 98
row 124
init   movs r0, #30
asm
1:
  subs.w r0, r0, #1
  nop.w
  nop.w
  nop.w
  nop.w
  bne.w 1b
end

# 30 passes of 4, flags 3 cycles before the branch.
case   mispredict-early-flags
src    J-M7: SUBS and BNE mispredicted, flags set 3 or more cycles before: 6
cycles 126
row 125
init   movs r0, #30
asm
1:
  subs.w r0, r0, #1
  nop.w
  nop.w
  nop.w
  nop.w
  nop.w
  nop.w
  bne.w 1b
end

# The branch and its target take a cycle each, or one when the source counts against a predicted pair.
case   mispredict-forward
src    L-M7: a mispredicted forward branch costs 6
cycles 7 to 8
row 243
init   cmp r0, r0
asm
  beq.w 1f
  nop.w
  nop.w
  nop.w
  nop.w
1:
  nop.w
end

# 50 passes: TBB alone, 2; SUBS|NOP; NOP|BNE. Entry: TBB never met; exit: 8.
case   tbb-loop
src    L-M7: TBB issues alone, for 2 cycles
cycles 200 to 220
row 233
init   movs r0, #50
init   mov r1, #0
asm
1:
  tbb [pc, r1]
2:
  .byte (3f - 2b) / 2, 0
3:
  subs.w r0, r0, #1
  nop.w
  nop.w
  bne.w 1b
end

# Forward and met for the first time: taken as not taken. The register is long known, the flags are not.
case   mispredict-cbz
src    J-M7: mispredicted, condition known 3 or more cycles before: 6 (measured with flags)
cycles 7
init   mov r0, #0
asm
  cbz r0, 1f
  nop.w
1:
end

case   mispredict-in-it
src    J-M7: mispredicted, flags known 3 or more cycles before: 6; a branch in an IT block is a conditional one
cycles 7 to 8
init   cmp r0, r0
asm
  it eq
  beq.w 1f
  nop.w
1:
end
