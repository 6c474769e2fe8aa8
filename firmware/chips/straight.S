/* straight.S: table look-ups and mixing as in a block cipher, unrolled to 1,760 bytes and as a loop of 404 bytes.

   The sizes, and how many instructions are short, long or loads, are those of an AES-128 whose cycles with and without
   flash wait states are published (docs/validation/memory.md). This routine is another one and computes nothing
   of use: a round replaces each of four words by the sum without carry of four table words and one round word, chosen by
   byte B of word (column + B) modulo 4 and rotated by 8 B bits. Long opcodes are aligned to four bytes.

   r0-r3 state, r4-r11 scratch, r12 round words, r14 table; the state's address waits on the stack. */
  .syntax unified
  .thumb
  .text

  /* The bytes that columns 0 and 1 need, then those of columns 2 and 3, behind which the state is spent. */
  .macro bytes_of_left
  uxtb r4, r0
  uxtb r5, r1
  lsrs r6, r3, #24
  lsrs r7, r0, #24
  uxtb.w r8, r1, ror #8
  uxtb.w r9, r2, ror #8
  uxtb.w r10, r2, ror #16
  uxtb.w r11, r3, ror #16
  .endm

  .macro bytes_of_right
  uxtb r6, r2
  uxtb r7, r3
  uxtb.w r8, r3, ror #8
  uxtb.w r9, r0, ror #8
  uxtb.w r10, r0, ror #16
  uxtb.w r11, r1, ror #16
  lsrs r1, r1, #24
  lsrs r2, r2, #24
  .endm

  .macro look_up load, indices:vararg
  .irp index, \indices
  \load\().w \index, [r14, \index, lsl #2]
  .endr
  .endm

  /* combine INSTRUCTION, SHIFT: columns 0 and 1 into r4 and r5; likewise 2 and 3 into r6 and r7. */
  .macro combine_left operation, shift
  \operation\().w r4, r4, r8, \shift #8
  \operation\().w r5, r5, r9, \shift #8
  \operation\().w r4, r4, r10, \shift #16
  \operation\().w r5, r5, r11, \shift #16
  \operation\().w r4, r4, r6, \shift #24
  \operation\().w r5, r5, r7, \shift #24
  .endm

  .macro combine_right operation, shift
  \operation\().w r6, r6, r8, \shift #8
  \operation\().w r7, r7, r9, \shift #8
  \operation\().w r6, r6, r10, \shift #16
  \operation\().w r7, r7, r11, \shift #16
  \operation\().w r6, r6, r1, \shift #24
  \operation\().w r7, r7, r2, \shift #24
  .endm

  .macro half_rounds load, operation, shift
  bytes_of_left
  look_up \load, r4, r5, r6, r7, r8, r9, r10, r11
  combine_left \operation, \shift
  bytes_of_right
  look_up \load, r6, r7, r8, r9, r10, r11, r1, r2
  combine_right \operation, \shift
  .endm

  .macro add_round_words
  ldmia.w r12!, {r0-r3}
  eors r0, r4
  eors r1, r5
  eors r2, r6
  eors r3, r7
  .endm

  .macro round
  half_rounds ldr, eor, ror
  add_round_words
  .endm

  .macro last_round
  half_rounds ldrb, orr, lsl
  .endm

  /* void mix_straight(const uint32_t *table, uint32_t *state, const uint32_t *round_words) */
  .balign 16
  .global mix_straight
  .type mix_straight, %function
  .thumb_func
mix_straight:
  push {r1, r4-r11, lr}
  mov.w r14, r0
  mov.w r12, r2
  ldmia.w r1, {r4-r7}
  add_round_words
  .rept 9
  round
  .endr
  last_round
  ldr.w r8, [sp], #4
  add_round_words
  stmia.w r8, {r0-r3}
  pop {r4-r11, pc}
straight_end:
  .size mix_straight, straight_end - mix_straight

  /* void mix_loop(const uint32_t *table, uint32_t *state, const uint32_t *round_words, uint32_t rounds) */
  .balign 16
  .global mix_loop
  .type mix_loop, %function
  .thumb_func
mix_loop:
  add.w r3, r2, r3, lsl #4
  add.w r3, r3, #16
  push {r1, r3-r11, lr}
  mov.w r14, r0
  mov.w r12, r2
  nop.w
  ldmia.w r1, {r4-r7}
  add_round_words
1:
  round
  ldr.w r4, [sp, #4]
  cmp r12, r4
  bne 1b
  last_round
  ldr.w r8, [sp], #8
  add_round_words
  stmia.w r8, {r0-r3}
  pop {r4-r11, pc}
loop_end:
  .size mix_loop, loop_end - mix_loop
