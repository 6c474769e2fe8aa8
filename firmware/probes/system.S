@ system.S: hints, barriers, special registers, and what needs exceptions.
#define PROBE_TABLE .rodata.probes_system
#include "probe.inc"

  probes_begin system

  probe_m4 nop_hide.alone, "nop.w"
  probe_m4 nop_hide.load, "ldr.w r0, [r5]", "nop.w"
  probe_m4 nop_hide.load_two, "ldr.w r0, [r5]", "nop.w", "nop.w"
  probe_m4 nop_hide.load_compare, "ldr.w r0, [r5]", "cmp.w r1, r2"
  probe_m4 nop_hide.load_nop_load, "ldr.w r0, [r5]", "nop.w", "ldr.w r1, [r6]", "mov.w r1, r2"
  probe_m7 nop.wide, "nop.w"
  probe_m7 nop.narrow, "nop.n"
  probe_m7 nop.with_alu, "nop.w", "eor.w r0, r1, r2"
  probe hint.yield, "yield.w"
  probe hint.sev, "sev.w"
  probe hint.dbg, "dbg #0"
  probe barrier.dmb, "dmb"
  probe barrier.dsb, "dsb"
  probe barrier.dmb_store, "str.w r0, [r5, #4]", "dmb"
  probe barrier_insn.isb, "isb"
  probe sysreg.read_apsr, "mrs r0, apsr"
  probe sysreg.read_primask, "mrs r0, primask"
  probe sysreg.write_apsr, "msr apsr_nzcvq, r0"
  probe sysreg.write_basepri, "msr basepri, r7"
  probe sysreg.cps, "cpsid i", "cpsie i"
  probe wait.event, "sev.w", "wfe.w"

@ A debugger answers SYS_CLOCK: its time is not the core's, but the core counts no cycles while it is halted.
#ifndef PROBES_ITM
  probe bkpt.semihosting, "movs r0, #0x10", "bkpt 0xab", copies=2
#endif

@ PendSV pends behind PRIMASK, so WFI finds something to wake up for and nothing interrupts; then it is cleared again.
  probe wait.interrupt, "str.w r1, [r0]", "wfi.w", "str.w r2, [r0]", setup="ldr r0, =0xe000ed04; mov r1, #0x10000000; mov r2, #0x08000000; cpsid i", kind=EXCEPTION
  probe svc.empty_handler, "svc #0", kind=EXCEPTION


@ FP state is live in every probe, so each entry reserves room for it. SysTick's handler touches the FPU: its probe less that of
@ PendSV is the late save; both at once less SysTick's alone is PendSV's handler and one tail-chaining.
  probe exception.pendsv, "str.w r1, [r0]", "dsb", "isb", setup="ldr r0, =0xe000ed04; mov r1, #0x10000000", kind=EXCEPTION
  probe exception.systick_fp, "str.w r1, [r0]", "dsb", "isb", setup="ldr r0, =0xe000ed04; mov r1, #0x04000000", kind=EXCEPTION
  probe exception.tail_chain, "str.w r1, [r0]", "dsb", "isb", setup="ldr r0, =0xe000ed04; mov r1, #0x14000000", kind=EXCEPTION

  probes_end system
