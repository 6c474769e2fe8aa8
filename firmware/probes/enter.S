@ enter.S: from C into a probe and back.
  .syntax unified
  .thumb

@ uint32_t probe_time(const void *routine, uint32_t repetitions, uint32_t passes): cycles between the two reads of CYCCNT
@ in the last of some passes. The others fill caches, prefetch buffers and branch predictors, so nothing that could push
@ the routine out of them runs in between.
@
@ A probe may change every register and the flags; it comes back by a plain branch to probe_return with the first
@ reading in r12 and the second in r11. What must survive it is on the stack, whose top is kept in memory.
  .section .text.probe_time, "ax"
  .balign 4
  .global probe_time
  .type probe_time, %function
  .thumb_func
probe_time:
  push {r4-r11, lr}
  vpush {s16-s31}
  push {r0, r1, r2}
  ldr r3, =probe_stack_top
  str sp, [r3]

next_pass:
  ldr r12, [sp]
  ldr r9, [sp, #4]
  sub sp, sp, #512
  ldr r5, =probe_memory
  add r6, r5, #128
  add r8, r5, #256
  add r10, r5, #384
  vldmia r8, {s0-s31}
  movs r0, #3
  movs r1, #5
  movs r2, #7
  movs r3, #2
  movs r4, #9
  movs r7, #0
  ldr r11, =0xe0001004
  bx r12

  .balign 4
  .global probe_return
  .thumb_func
probe_return:
  sub r0, r11, r12
  cpsie i @ in case the probe masked interrupts
  ldr r2, =probe_stack_top
  ldr sp, [r2]
  ldr r1, [sp, #8]
  subs r1, r1, #1
  str r1, [sp, #8]
  bne next_pass
  add sp, sp, #12
  vpop {s16-s31}
  pop {r4-r11, pc}
  .ltorg

  .section .bss.probe_stack_top, "aw", %nobits
  .balign 4
probe_stack_top:
  .space 4
