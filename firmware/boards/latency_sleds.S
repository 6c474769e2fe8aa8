/* latency_sleds.S: what interrupts interrupt, and the handlers that note when they began; see latency.c.

   Registers held throughout, which exception entry does not change (r0-r3 and r12 are UNKNOWN to a handler, Armv7-M ARM
   B1.5.6): r4 = address of SYST_CVR, r7 = address of CYCCNT, r8 = address of SYST_CSR. Handlers leave the counter's value
   at their first instruction in r5 (SysTick) and r6 (PendSV). */
  .syntax unified
  .thumb
  .text

  .equ SYST_CSR_ADDRESS, 0xE000E010
  .equ DWT_CYCCNT_ADDRESS, 0xE0001004
  .equ ICSR_ADDRESS, 0xE000ED04

  .macro function name
  .balign 16
  .global \name
  .type \name, %function
  .thumb_func
\name:
  .endm

  .macro hold
  push {r4-r11, lr}
  mov.w r11, r2
  ldr.w r8, =SYST_CSR_ADDRESS
  add.w r4, r8, #8
  ldr.w r7, =DWT_CYCCNT_ADDRESS
  mvn.w r5, #0                 @ no counter of 24 bits reads so: it did not come
  mvn.w r6, #0
  .endm

/* Stores { SysTick's reading, PendSV's reading, cycles } through the pointer that came in r2. */
  .macro release
  mov.w r1, #0
  str.w r1, [r8]
  sub.w r10, r10, r9
  stmia.w r11, {r5, r6, r10}
  pop {r4-r11, pc}
  .ltorg
  .endm

/* sled_NAME(reload, csr, result): SysTick counts down once from `reload` and reaches 0 somewhere in the body; from then
   on it counts from 0xFFFFFF, so that it comes once and each reading says how long ago that was. */
  .macro sled name, count, instruction:vararg
  function sled_\name
  hold
  ldr.w r2, =0x00FFFFFF
  movs r3, #100                @ operands of the division
  mvn.w r12, #0
  str.w r0, [r8, #4]           @ SYST_RVR
  str.w r0, [r8, #8]           @ SYST_CVR: any write clears it
  dsb
  isb
  ldr.w r9, [r7]
  str.w r1, [r8]               @ SYST_CSR: the counter loads `reload`
  .rept 8
  nop.w
  .endr
  str.w r2, [r8, #4]
  .balign 8
  .rept \count
  \instruction
  .endr
  ldr.w r10, [r7]
  release
  .endm

  sled nop16, 256, nop.n
  sled nop32, 256, nop.w
  sled load, 128, ldr.w r0, [sp]
  sled divide, 32, udiv r0, r12, r3
  sled multiple, 32, ldmia.w sp, {r0-r3, r6, r10, r12}
  sled sleep, 1, wfi

/* sled_pend(reload, csr, result): as above, and PendSV is pended in the middle of it. */
  function sled_pend
  hold
  ldr.w r2, =0x00FFFFFF
  ldr.w r3, =ICSR_ADDRESS
  mov.w r12, #0x10000000       @ PENDSVSET
  str.w r0, [r8, #4]
  str.w r0, [r8, #8]
  dsb
  isb
  ldr.w r9, [r7]
  str.w r1, [r8]
  .rept 8
  nop.w
  .endr
  str.w r2, [r8, #4]
  .rept 64
  nop.w
  .endr
  str.w r12, [r3]
  .rept 128
  nop.w
  .endr
  ldr.w r10, [r7]
  release

/* pended(icsr, 0, result): what is pended under PRIMASK comes all at once when it is lifted. */
  function pended
  hold
  ldr.w r3, =ICSR_ADDRESS
  cpsid i
  str.w r0, [r3]
  dsb
  isb
  .balign 8
  ldr.w r9, [r7]
  cpsie i
  .rept 8
  nop.w
  .endr
  ldr.w r10, [r7]
  release

/* The handlers. */
  function read_systick
  ldr.w r5, [r4]
  bx lr

  function read_pendsv
  ldr.w r6, [r4]
  bx lr

  function only_return
  bx lr

  function use_fp
  vmov.f32 s0, s0
  bx lr
