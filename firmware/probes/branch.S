@ branch.S: everything that leaves the sequential flow. Branch targets sit on word boundaries unless a probe is about that.
@ Few copies of what a Cortex-M7 predicts, so that all its branches have room in the branch target cache.
#define PROBE_TABLE .rodata.probes_branch
#include "probe.inc"

@ What the probes call. Each target on its own 32 bytes, so that none is at the edge of a fetch.
  .section .text.probes, "ax"
  .macro probe_function name
  .balign 32
  .thumb_func
\name:
  .endm

  probe_function leaf
  bx lr

  probe_function leaf_pop
  push {lr}
  pop {pc}

  probe_function leaf_pop_many
  push {r1, r2, r3, lr}
  pop {r1, r2, r3, pc}

  probe_function leaf_load_pc
  push {lr}
  ldr.w pc, [sp], #4

@ Calls DEPTH deep, counting the leaf.
  .macro probe_nested depth, callee
  probe_function nested_\depth
  push {r3, lr}
  bl \callee
  pop {r3, pc}
  .endm
  probe_nested 2, leaf
  probe_nested 3, nested_2
  probe_nested 4, nested_3
  probe_nested 5, nested_4
  probe_nested 6, nested_5
  probe_nested 7, nested_6
  probe_nested 8, nested_7
  probe_nested 9, nested_8
  probe_nested 10, nested_9

  probes_begin branch

  probe branch_taken.narrow, "b.n 1f", "nop.n", "1:", copies=4
  probe branch_taken.wide, "b.w 1f", "nop.w", "1:", copies=4
  probe branch_conditional.taken, "beq.n 1f", "nop.n", "1:", copies=4
  probe branch_conditional.taken_wide, "beq.w 1f", "nop.w", "1:", copies=4
  probe branch_conditional.not_taken, "bne.n 1f", "movs r0, r1", "1:", setup="movs r1, #0", copies=4
  probe branch_conditional.not_taken_wide, "bne.w 1f", "mov.w r0, r1", "1:", copies=4
  probe branch_conditional.fresh_flags, "cmp.w r1, r1", "bne.w 1f", "mov.w r0, r1", "1:", copies=4
  probe branch_conditional.fresh_flags_taken, "cmp.w r1, r1", "beq.w 1f", "nop.w", "1:", copies=4
  probe branch_conditional.loop, "nop.w", copies=64, kind=LOOP
  probe_m4 branch_conditional.published_loop, "nop.w", "nop.w", "nop.w", "nop.w", "nop.w", "nop.w", "nop.w", "nop.w", copies=64, kind=LOOP
  probe_m7 fetch_queue.branch_and_target, "b.w 1f", "nop.w", "nop.w", "1:", "mov.w r0, r1", copies=4
  probe_m7 fetch_queue.same_fetch, "b.n 1f", "nop.n", "1:", "mov.w r0, r1", copies=4
  probe_m7 fetch_queue.wide_pairs, "nop.w", "nop.w", "nop.w", "nop.w", "nop.w", "nop.w", "nop.w", "nop.w", copies=64
  probe_m4 branch_unaligned_target.aligned, "b.n 1f", "nop.n", "1:", "mov.w r0, r1", "mov.w r0, r1"
  probe_m4 branch_unaligned_target.wide, "b.n 1f", "nop.n", "nop.n", "1:", "mov.w r0, r1", "mov.n r0, r1"
  probe_m4 branch_unaligned_target.narrow, "b.n 1f", "nop.n", "nop.n", "1:", "mov.n r0, r1", "mov.w r0, r1"
  probe_m4 branch_unaligned_target.load, "b.n 1f", "nop.n", "nop.n", "1:", "ldr.w r0, [r5]", "mov.n r0, r1"
  probe branch_register.bx, "adr.w r0, 1f + 1", "nop.w", "nop.w", "bx r0", "nop.n", "1:", copies=4
  probe branch_register.bx_fresh, "adr.w r0, 1f + 1", "bx r0", "nop.n", "1:", copies=4
  probe branch_register.mov_pc, "adr.w r0, 1f", "nop.w", "nop.w", "mov pc, r0", "nop.n", "1:", copies=4
  probe branch_register.add_pc, "add pc, r7", "nop.n", "1:", copies=4
  probe branch_register.blx, "blx r4", "nop.n", setup="ldr r4, =leaf", copies=4
  probe call_return.bl_bx, "bl leaf", copies=4
  probe_m7 call_return.nested_2, "bl nested_2", copies=4
  probe_m7 call_return.nested_4, "bl nested_4", copies=4
  probe_m7 call_return.nested_6, "bl nested_6", copies=4
  probe_m7 call_return.nested_8, "bl nested_8", copies=4
  probe_m7 call_return.nested_10, "bl nested_10", copies=4
  probe compare_branch.taken, "cbz r7, 1f", "nop.n", "1:", copies=4
  probe compare_branch.not_taken, "cbnz r7, 1f", "nop.n", "1:", copies=4
  probe compare_branch.fresh, "movs r7, #0", "cbz r7, 1f", "nop.w", "1:", copies=4
  probe table_branch.byte, "tbb [pc, r7]", ".byte 2, 0, 0, 0", "1:", copies=4
  probe table_branch.halfword, "tbh [pc, r7, lsl #1]", ".hword 2, 0", "1:", copies=4
  probe load_pc.literal, "ldr.w pc, [pc]", ".word 1f + 1", "1:", copies=4
  probe load_pc.stack, "bl leaf_load_pc", copies=4
  probe pop_pc.call, "bl leaf_pop", copies=4
  probe pop_pc.call_four, "bl leaf_pop_many", copies=4
  probe pop_pc.inline, "adr.w r0, 1f + 1", "push {r0}", "pop {pc}", "nop.w", "1:", copies=4
  probe pop_pc.to_next, "adr.w r0, 1f + 1", "push {r0}", "pop {pc}", "1:", copies=4

@ IT: `eq` passes and `ne` fails, since Z is set.
  probe_m4 it_fold.after_narrow, "mov.n r0, r1", "it eq", "moveq.w r2, r3"
  probe_m4 it_fold.after_wide, "mov.w r0, r1", "it eq", "moveq.n r2, r3"
  probe_m4 it_fold.after_load, "ldr.n r0, [r5]", "it eq", "moveq.n r2, r3", "mov.n r3, r4"
  probe_m4 it_fold.load_then_load, "ldr.n r0, [r5]", "it eq", "ldreq.n r2, [r6]", "mov.n r3, r4"
  probe_m4 it_fold.four, "mov.n r0, r1", "itttt eq", "moveq.n r2, r3", "moveq.n r2, r3", "moveq.n r2, r3", "moveq.n r2, r3"
  probe_m4 it_block.passed, "mov.n r0, r1", "it eq", "ldreq.w r2, [r5]", "mov.w r3, r4"
  probe_m4 it_block.failed, "mov.n r0, r1", "it ne", "ldrne.w r2, [r5]", "mov.w r3, r4"
  probe_m4 it_block.failed_store, "mov.n r0, r1", "it ne", "strne.w r2, [r5, r7]", "mov.w r3, r4"
  probe_m4 it_block.failed_multiple, "mov.n r0, r1", "it ne", "ldmne.w r5, {r2-r4, r7}", "mov.w r3, r4"
  probe_m4 it_block.failed_divide, "mov.n r0, r1", "it ne", "udivne r2, r3, r4", "mov.w r3, r4"
  probe_m4 it_block.failed_multiply, "mov.n r0, r1", "it ne", "mulne r2, r3, r4", "mov.w r3, r4"
  probe_m4 it_block.load_then_failed_load, "ldr.n r0, [r5]", "it ne", "ldrne.n r2, [r6]", "mov.n r3, r4"
  probe_m7 predicated.to_unconditional, "it eq", "eoreq.w r0, r1, r2", "add.w r3, r0, r4"
  probe_m7 predicated.to_shift_operand, "it eq", "eoreq.w r0, r1, r2", "add.w r3, r0, r4, lsl #2"
  probe_m7 predicated.same, "itt eq", "eoreq.w r0, r1, r2", "addeq.w r3, r0, r4"
  probe_m7 it_slot.one, "it eq", "moveq r0, r1"
  probe_m7 it_slot.one_and_two, "it eq", "moveq.w r0, r1", "mov.w r2, r3"
  probe_m7 it_slot.four, "itttt eq", "moveq r0, r1", "moveq r2, r3", "moveq r0, r1", "moveq r2, r3"
  probe_m7 it_slot.failed, "it ne", "movne r0, r1"
  probe_m7 it_slot.failed_multiple, "it ne", "ldmne.w r5, {r0-r3}"

@ Mispredictions. A generator with a long period makes branches whose outcome no history tells: half of them go wrong. The
@ twin `_known` does the same work with an outcome that never changes, so penalty = 2 x (difference). `late` sets the flags
@ right before the branch, `early` before the generator, several cycles away.
  probe_m7 mispredict.late, "eor.w r0, r0, r0, lsl #13", "eor.w r0, r0, r0, lsr #17", "eor.w r0, r0, r0, lsl #5", "tst.w r0, r1", "bne.w 1f", "nop.w", "1:", setup="mov r1, #4", copies=512, kind=LOOP
  probe_m7 mispredict.late_known, "eor.w r0, r0, r0, lsl #13", "eor.w r0, r0, r0, lsr #17", "eor.w r0, r0, r0, lsl #5", "tst.w r0, r1", "bne.w 1f", "nop.w", "1:", setup="mov r1, #0", copies=512, kind=LOOP
  probe_m7 mispredict.early, "tst.w r0, r1", "eor.w r0, r0, r0, lsl #13", "eor.w r0, r0, r0, lsr #17", "eor.w r0, r0, r0, lsl #5", "bne.w 1f", "nop.w", "1:", setup="mov r1, #4", copies=512, kind=LOOP
  probe_m7 mispredict.early_known, "tst.w r0, r1", "eor.w r0, r0, r0, lsl #13", "eor.w r0, r0, r0, lsr #17", "eor.w r0, r0, r0, lsl #5", "bne.w 1f", "nop.w", "1:", setup="mov r1, #0", copies=512, kind=LOOP
@ The target alternates (r2 holds the bits in which the two differ) or stays.
  probe_m7 mispredict_indirect.alternating, "eor.w r1, r1, r2", "nop.w", "nop.w", "bx r1", "nop.n", "2:", "nop.w", "3:", setup="adr.w r1, 2f + 1; mov r2, #4", copies=64, kind=LOOP
  probe_m7 mispredict_indirect.same, "eor.w r1, r1, r2", "nop.w", "nop.w", "bx r1", "nop.n", "2:", "nop.w", "3:", setup="adr.w r1, 2f + 1; mov r2, #0", copies=64, kind=LOOP

@ N branches, all taken, four bytes apart, round and round: they stay free as long as the branch target cache holds them.
  .macro probe_branches count
  .rept \count
  bne.n 1f
  nop.n
1:
  .endr
  .endm
  probe_m7 predictor_size.16, "probe_branches 16", setup="cmp r5, r7", copies=64, kind=LOOP
  probe_m7 predictor_size.32, "probe_branches 32", setup="cmp r5, r7", copies=64, kind=LOOP
  probe_m7 predictor_size.48, "probe_branches 48", setup="cmp r5, r7", copies=64, kind=LOOP
  probe_m7 predictor_size.64, "probe_branches 64", setup="cmp r5, r7", copies=64, kind=LOOP
  probe_m7 predictor_size.96, "probe_branches 96", setup="cmp r5, r7", copies=64, kind=LOOP
  probe_m7 predictor_size.128, "probe_branches 128", setup="cmp r5, r7", copies=64, kind=LOOP
  probe_m7 predictor_size.256, "probe_branches 256", setup="cmp r5, r7", copies=64, kind=LOOP
  probe_m7 predictor_size.512, "probe_branches 512", setup="cmp r5, r7", copies=64, kind=LOOP

  probes_end branch
