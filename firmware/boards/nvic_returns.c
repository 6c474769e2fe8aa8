/* nvic_returns.c: the checks of nvic.c that need to see registers: EXC_RETURN in all its forms, stacks, the FP context.
 */
#include "core.h"
#include "nvic.h"

enum { CONTROL_NPRIV = 1, CONTROL_SPSEL = 2, CONTROL_FPCA = 4 };
#define FPCCR_LSPACT 1u

void SVC_Handler(void);
void svc_handle(uint32_t *frame);
uint32_t svc_call_fp(uint32_t number, uint32_t argument);
uint32_t svc_call_psp(uint32_t number, uint32_t use_fp, uint32_t *stack_top);
uint32_t svc_call_misaligned(void);
uint32_t move_and_back(uint32_t *stack_top);
uint32_t svc_keeps_fp(uint32_t number);
uint32_t unprivileged_masks(void);

static uint32_t process_stack[128] __attribute__((aligned(8)));
static uint32_t stacked[8]; /* words of an SVC's frame, read while it was there */

/* What SVC_Handler saw, and what it is to do at the end: another EXC_RETURN, unless 0. */
__attribute__((used)) uint32_t svc_exc_return, svc_return_to;
__attribute__((used)) uint32_t *svc_frame;

__attribute__((naked)) void SVC_Handler(void) {
  __asm__ volatile("ldr   r1, =svc_exc_return\n\t"
                   "str   lr, [r1]\n\t"
                   "tst   lr, #4\n\t"
                   "ite   eq\n\t"
                   "mrseq r0, msp\n\t"
                   "mrsne r0, psp\n\t"
                   "ldr   r1, =svc_frame\n\t"
                   "str   r0, [r1]\n\t"
                   "push  {r4, lr}\n\t"
                   "bl    svc_handle\n\t"
                   "pop   {r4, lr}\n\t"
                   "ldr   r1, =svc_return_to\n\t"
                   "ldr   r0, [r1]\n\t"
                   "cbz   r0, 1f\n\t"
                   "mov   lr, r0\n\t"
                   "movs  r0, #0\n\t"
                   "str   r0, [r1]\n"
                   "1: bx lr\n\t"
                   ".ltorg");
}

/* The instruction is made for its number: the handler reads it from there. */
__attribute__((naked, noipa)) uint32_t svc_call(__attribute__((unused)) uint32_t number,
                                                __attribute__((unused)) uint32_t argument) {
  __asm__ volatile("mov   r2, r0\n\t"
                   "mov   r0, r1\n\t"
                   "cmp   r2, #1\n\t"
                   "beq   1f\n\t"
                   "cmp   r2, #2\n\t"
                   "beq   2f\n\t"
                   "svc   7\n\t"
                   "bx    lr\n"
                   "1: svc 1\n\t"
                   "bx    lr\n"
                   "2: svc 2\n\t"
                   "bx    lr");
}

/* As svc_call(), with an FP context. */
__attribute__((naked, noipa)) uint32_t svc_call_fp(__attribute__((unused)) uint32_t number,
                                                   __attribute__((unused)) uint32_t argument) {
  __asm__ volatile("vmov  s0, r0\n\t"
                   "b     svc_call");
}

static void forget_fp(void) { __asm__ volatile("msr control, %0\n\tisb" : : "r"(0) : "memory"); }

/* From the process stack, with or without an FP context, and back on the main stack. Returns CONTROL as it was there.
 */
__attribute__((naked, noipa)) uint32_t svc_call_psp(__attribute__((unused)) uint32_t number,
                                                    __attribute__((unused)) uint32_t use_fp,
                                                    __attribute__((unused)) uint32_t *stack_top) {
  __asm__ volatile("push  {r4, lr}\n\t"
                   "msr   psp, r2\n\t"
                   "movs  r3, #2\n\t"
                   "msr   control, r3\n\t"
                   "isb\n\t"
                   "cbz   r1, 1f\n\t"
                   "vmov  s0, r0\n"
                   "1: bl svc_call\n\t"
                   "mrs   r4, control\n\t"
                   "movs  r3, #0\n\t"
                   "msr   control, r3\n\t"
                   "isb\n\t"
                   "mov   r0, r4\n\t"
                   "pop   {r4, pc}");
}

/* --- EXC_RETURN, B1.5.8 --------------------------------------------------------------------------------------- */

static uint32_t nested_exc_return;
static void svc_in_handler(void) {
  forget_fp();
  svc_call(1, 0);
  nested_exc_return = svc_exc_return;
}
static void svc_in_handler_fp(void) {
  svc_call_fp(1, 0);
  nested_exc_return = svc_exc_return;
}

static uint32_t from_handler(action_t action) {
  trace_start();
  SYSTEM_PRIORITY(EXCEPTION_SVCALL) = 0x40;
  on_irq[0] = action;
  NVIC_ISPR = 1;
  barrier();
  return nested_exc_return;
}

static void check_exc_return(void) {
  trace_start();
  forget_fp();
  svc_call(1, 0);
  check(svc_exc_return == 0xFFFFFFF9u, "EXC_RETURN 0xFFFFFFF9: thread, main stack");
  uint32_t control = svc_call_psp(1, 0, process_stack + 128);
  check(svc_exc_return == 0xFFFFFFFDu, "EXC_RETURN 0xFFFFFFFD: thread, process stack");
  check(control == CONTROL_SPSEL && svc_frame == process_stack + 128 - 8, "a frame of eight words on that stack");
  svc_call_fp(1, 0);
  check(svc_exc_return == 0xFFFFFFE9u, "EXC_RETURN 0xFFFFFFE9: thread, main stack, FP");
  forget_fp();
  control = svc_call_psp(1, 1, process_stack + 128);
  check(svc_exc_return == 0xFFFFFFEDu, "EXC_RETURN 0xFFFFFFED: thread, process stack, FP");
  check(control == (CONTROL_SPSEL | CONTROL_FPCA) && svc_frame == process_stack + 128 - 26,
        "a frame of 26 words on that stack, FPCA comes back");
  check(from_handler(svc_in_handler) == 0xFFFFFFF1u, "EXC_RETURN 0xFFFFFFF1: handler");
  check(from_handler(svc_in_handler_fp) == 0xFFFFFFE1u, "EXC_RETURN 0xFFFFFFE1: handler, FP");
}

/* --- Stacks ------------------------------------------------------------------------------------------------------ */

/* Copies the frame to the other stack and returns there. */
static void change_stacks(void) {
  uint32_t *there;
  if (svc_exc_return & 4u) {
    /* Behind what SVC_Handler and the handlers it called have pushed lies the frame of the first SVC, still there. */
    there = (uint32_t *)(uintptr_t)REGISTER(&process_stack[0]);
  } else {
    process_stack[0] = (uint32_t)(uintptr_t)svc_frame;
    there = process_stack + 128 - 8;
    __asm__ volatile("msr psp, %0" : : "r"(there));
  }
  for (uint32_t i = 0; i < 8; i++)
    there[i] = svc_frame[i];
  svc_return_to = svc_exc_return ^ 4u;
}

/* Two SVCs; the first continues on the process stack, the second on the main stack. Returns CONTROL of in between, and
   in the upper half that of afterwards. */
__attribute__((naked, noipa)) uint32_t move_and_back(__attribute__((unused)) uint32_t *stack_top) {
  __asm__ volatile("push  {r4, lr}\n\t"
                   "svc   1\n\t"
                   "mrs   r4, control\n\t"
                   "svc   1\n\t"
                   "mrs   r0, control\n\t"
                   "orr   r0, r4, r0, lsl #16\n\t"
                   "pop   {r4, pc}");
}

static void keep_xpsr(void) { stacked[7] = svc_frame[7]; }

/* SP 4 off a multiple of 8. Returns how far SP is off its old value afterwards. */
__attribute__((naked, noipa)) uint32_t svc_call_misaligned(void) {
  __asm__ volatile("push  {r4, lr}\n\t"
                   "sub   sp, sp, #4\n\t"
                   "mov   r4, sp\n\t"
                   "svc   1\n\t"
                   "mov   r0, sp\n\t"
                   "subs  r0, r0, r4\n\t"
                   "add   r4, r4, #4\n\t"
                   "mov   sp, r4\n\t"
                   "pop   {r4, pc}");
}

static void check_stacks(void) {
  trace_start();
  forget_fp();
  on_svc = change_stacks;
  check(move_and_back(process_stack) == CONTROL_SPSEL, "EXC_RETURN decides the stack, whatever entry used");
  trace_start();
  on_svc = keep_xpsr;
  check(svc_call_misaligned() == 0, "SP comes back from a frame that was aligned");
  check(((uintptr_t)svc_frame & 7u) == 0 && (stacked[7] & 1u << 9), "the frame is aligned to 8, xPSR bit 9 says so");
}

/* --- Privilege ----------------------------------------------------------------------------------------------- */

static void privilege(void) {
  uint32_t control;
  __asm__ volatile("mrs %0, control" : "=r"(control));
  __asm__ volatile("msr control, %0\n\tisb" : : "r"(control & ~(uint32_t)CONTROL_NPRIV) : "memory");
}

/* Unprivileged code sets masks, which is ignored, and asks an SVC for its privilege back. Returns PRIMASK | BASEPRI |
   CONTROL as read in between by MRS: masks read as zero without privilege, so 1 is nPRIV alone. */
__attribute__((naked, noipa)) uint32_t unprivileged_masks(void) {
  __asm__ volatile("push  {r4, lr}\n\t"
                   "movs  r0, #1\n\t"
                   "msr   control, r0\n\t"
                   "isb\n\t"
                   "movs  r0, #0x80\n\t"
                   "cpsid i\n\t"
                   "msr   basepri, r0\n\t"
                   "movs  r0, #0\n\t"
                   "msr   control, r0\n\t"
                   "mrs   r4, control\n\t"
                   "svc   1\n\t"
                   "mrs   r0, primask\n\t"
                   "mrs   r1, basepri\n\t"
                   "orr   r0, r0, r1\n\t"
                   "orr   r0, r0, r4\n\t"
                   "pop   {r4, pc}");
}

static void check_privilege(void) {
  trace_start();
  forget_fp();
  on_svc = privilege;
  check(unprivileged_masks() == CONTROL_NPRIV, "unprivileged code changes neither PRIMASK, BASEPRI nor CONTROL");
  check(svc_exc_return == 0xFFFFFFF9u, "and EXC_RETURN does not know of privilege");
}

/* --- Flags, B1.5.6: the stacked xPSR brings all of them back ----------------------------------------------------- */

enum { FLAGS_ALL = 0xF80F0000 }; /* N, Z, C, V, Q, GE */
static uint32_t handler_flags;

static void set_flags(void) { __asm__ volatile("msr apsr_nzcvqg, %0" : : "r"(handler_flags) : "cc"); }

__attribute__((naked, noipa)) static uint32_t flags_across_svc(__attribute__((unused)) uint32_t flags) {
  __asm__ volatile("msr   apsr_nzcvqg, r0\n\t"
                   "svc   7\n\t"
                   "mrs   r0, apsr\n\t"
                   "bx    lr");
}

static void check_flags(void) {
  trace_start();
  on_svc = set_flags;
  handler_flags = 0;
  const uint32_t ones = flags_across_svc(FLAGS_ALL);
  handler_flags = FLAGS_ALL;
  const uint32_t none = flags_across_svc(0);
  check(ones == FLAGS_ALL && none == 0, "condition flags, Q and GE come back");
}

void check_returns(void) {
  check_exc_return();
  check_flags();
  check_stacks();
  check_privilege();
}

/* --- FP context, B1.5.6 and B1.5.7 ---------------------------------------------------------------------------- */

static uint32_t fpccr_before, fpccr_after, control_inside;

/* Looks at the frame before and after the first FP instruction of the handler. */
static void use_fp(void) {
  __asm__ volatile("mrs %0, control" : "=r"(control_inside));
  fpccr_before = FPCCR;
  stacked[0] = svc_frame[8];
  __asm__ volatile("vmov s0, %0\n\tvmov s15, %0\n\tvmsr fpscr, %0\n\tdsb" : : "r"(0x00C00000) : "s0", "s15", "memory");
  fpccr_after = FPCCR;
  stacked[1] = svc_frame[8];
  stacked[2] = svc_frame[8 + 15];
  stacked[3] = svc_frame[8 + 16];
}

/* s0, s15 and FPSCR before an SVC and behind it: returns what differs, or 0. */
__attribute__((naked, noipa)) uint32_t svc_keeps_fp(__attribute__((unused)) uint32_t number) {
  __asm__ volatile("ldr   r1, =0x12345678\n\t"
                   "mvn   r2, r1\n\t"
                   "mov   r3, #0x400000\n\t"
                   "vmov  s0, r1\n\t"
                   "vmov  s15, r2\n\t"
                   "vmsr  fpscr, r3\n\t"
                   "svc   1\n\t"
                   "vmov  r0, s0\n\t"
                   "eor   r0, r0, r1\n\t"
                   "vmov  r1, s15\n\t"
                   "eor   r1, r1, r2\n\t"
                   "orr   r0, r0, r1\n\t"
                   "vmrs  r1, fpscr\n\t"
                   "eor   r1, r1, r3\n\t"
                   "orr   r0, r0, r1\n\t"
                   "mov   r1, #0\n\t"
                   "vmsr  fpscr, r1\n\t"
                   "bx    lr\n\t"
                   ".ltorg");
}

static bool stacked_right(void) {
  return stacked[1] == 0x12345678u && stacked[2] == ~0x12345678u && stacked[3] == 0x400000u;
}

void check_fp_context(void) {
  trace_start();
  on_svc = use_fp;
  check((FPCCR & (FPCCR_ASPEN | FPCCR_LSPEN)) == (FPCCR_ASPEN | FPCCR_LSPEN), "lazy stacking is on at reset");
  check(svc_keeps_fp(1) == 0, "a handler that uses the FPU leaves s0, s15 and FPSCR");
  check((control_inside & CONTROL_FPCA) == 0, "FPCA is 0 at entry");
  check((fpccr_before & FPCCR_LSPACT) && !(fpccr_after & FPCCR_LSPACT), "LSPACT until its first FP instruction");
  check(stacked_right(), "which stores s0 to s15 and FPSCR where entry left room");
  FPCCR &= ~FPCCR_LSPEN;
  barrier();
  check(svc_keeps_fp(1) == 0, "the same without lazy stacking");
  check(!(fpccr_before & FPCCR_LSPACT) && stacked[0] == 0x12345678u && stacked_right(), "stored at entry");
  FPCCR = (FPCCR & ~FPCCR_ASPEN) | FPCCR_LSPEN;
  barrier();
  forget_fp();
  on_svc = 0;
  svc_call_fp(1, 0);
  check(svc_exc_return == 0xFFFFFFF9u, "without ASPEN no FP context");
  FPCCR |= FPCCR_ASPEN | FPCCR_LSPEN;
  barrier();
}
