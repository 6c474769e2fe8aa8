/* kernel.c: a preemptive kernel for two tasks, both with floating point, that checks itself.

   SysTick preempts at 1 kHz, PendSV switches: it saves what the exception entry did not, r4-r11 and EXC_RETURN, and
   s16-s31 if the task has an FP context (EXC_RETURN bit 4 is 0, Armv7-M ARM B1.5.8). Tasks run on the process stack,
   handlers on the main stack; SVC 0 starts the first task, SVC 1 gives the core away.

   Each task fills all FP and most core registers with a pattern of its own, waits long enough to be preempted, and
   looks whether all of it is still there; in between it computes a sum that must come out as it does undisturbed.
   -DKERNEL_BROKEN leaves s16-s31 out of the switch: the check must notice (status 1). */
#include "core.h"

#ifndef KERNEL_HZ
#define KERNEL_HZ 16000000u
#endif

enum { TICK_HZ = 1000, SWITCHES = 200, TASKS = 2, STACK_WORDS = 256, FP_REGISTERS = 32, TERMS = 4000 };
enum { FRAME_WORDS = 8, SAVED_WORDS = 9 }; /* by exception entry without FP; by PendSV: r4-r11, EXC_RETURN */

#define EXC_RETURN_THREAD_PSP 0xFFFFFFFDu /* no FP context */
#define XPSR_THUMB            (1u << 24)
#define FPSCR_RMODE           (3u << 22)

typedef struct {
  uint32_t *stack; /* first: PendSV_Handler finds it there */
  uint32_t passes, errors;
  float sum;
  volatile bool done;
} task_t;

void SVC_Handler(void);
void PendSV_Handler(void);
void SysTick_Handler(void);
void svc_call(uint32_t number);
task_t *kernel_next(void);
uint32_t fp_hold(uint32_t seed, uint32_t rounds, uint32_t fpscr);

static task_t tasks[TASKS];
static uint32_t stacks[TASKS][STACK_WORDS] __attribute__((aligned(8)));
__attribute__((used)) task_t *volatile kernel_current = &tasks[0];
static volatile uint32_t switches, ticks;
static uint32_t first_tick_cycle, last_tick_cycle;

/* --- The kernel ----------------------------------------------------------------------------------------------- */

task_t *kernel_next(void) {
  switches++;
  kernel_current = kernel_current == &tasks[0] ? &tasks[1] : &tasks[0];
  return kernel_current;
}

#ifdef KERNEL_BROKEN
#define SAVE_FP    ""
#define RESTORE_FP ""
#else
#define SAVE_FP                                                                                                        \
  "tst    lr, #0x10\n\t"                                                                                               \
  "it     eq\n\t"                                                                                                      \
  "vstmdbeq r0!, {s16-s31}\n\t"
#define RESTORE_FP                                                                                                     \
  "tst    lr, #0x10\n\t"                                                                                               \
  "it     eq\n\t"                                                                                                      \
  "vldmiaeq r0!, {s16-s31}\n\t"
#endif

/* The VSTM also ends lazy stacking: s0-s15 and FPSCR of the task go where entry left room for them. */
__attribute__((naked)) void PendSV_Handler(void) {
  __asm__ volatile("mrs    r0, psp\n\t" SAVE_FP "stmdb  r0!, {r4-r11, lr}\n\t"
                   "ldr    r1, =kernel_current\n\t"
                   "ldr    r1, [r1]\n\t"
                   "str    r0, [r1]\n\t"
                   "bl     kernel_next\n\t"
                   "ldr    r0, [r0]\n\t"
                   "ldmia  r0!, {r4-r11, lr}\n\t" RESTORE_FP "msr    psp, r0\n\t"
                   "bx     lr\n\t"
                   ".ltorg");
}

/* Which SVC it was says the instruction itself, before the stacked return address. */
__attribute__((naked)) void SVC_Handler(void) {
  __asm__ volatile("tst    lr, #4\n\t"
                   "ite    eq\n\t"
                   "mrseq  r0, msp\n\t"
                   "mrsne  r0, psp\n\t"
                   "ldr    r0, [r0, #24]\n\t"
                   "ldrb   r0, [r0, #-2]\n\t"
                   "cbz    r0, 1f\n\t"
                   "b      svc_call\n"
                   "1:\n\t"
                   "ldr    r0, =kernel_current\n\t"
                   "ldr    r0, [r0]\n\t"
                   "ldr    r0, [r0]\n\t"
                   "ldmia  r0!, {r4-r11, lr}\n\t"
                   "msr    psp, r0\n\t"
                   "bx     lr\n\t"
                   ".ltorg");
}

void svc_call(uint32_t number) {
  if (number == 1) ICSR = ICSR_PENDSVSET;
}

void SysTick_Handler(void) {
  last_tick_cycle = DWT_CYCCNT;
  if (ticks++ == 0) first_tick_cycle = last_tick_cycle;
  ICSR = ICSR_PENDSVSET;
}

static void task_returned(void) {
  print_text("kernel: a task returned\n");
  semihosting_exit(1);
}

/* What PendSV expects on the stack of a task that has not run yet: its own part below, the exception frame above. */
static void task_create(uint32_t number, void (*body)(task_t *)) {
  uint32_t *frame = stacks[number] + STACK_WORDS - FRAME_WORDS;
  frame[0] = (uint32_t)(uintptr_t)&tasks[number]; /* r0 */
  frame[5] = (uint32_t)(uintptr_t)task_returned;  /* lr */
  frame[6] = (uint32_t)(uintptr_t)body & ~1u;     /* return address */
  frame[7] = XPSR_THUMB;
  frame[-1] = EXC_RETURN_THREAD_PSP;
  tasks[number].stack = frame - SAVED_WORDS;
}

/* FPCA is cleared, since main may have used the FPU and the first task returns to a frame without FP context. */
static void kernel_start(void) {
  SYSTEM_PRIORITY(EXCEPTION_SVCALL) = 0;
  SYSTEM_PRIORITY(EXCEPTION_SYSTICK) = 0xFF; /* the lowest, however few bits are implemented */
  SYSTEM_PRIORITY(EXCEPTION_PENDSV) = 0xFF;
  SYST_RVR = KERNEL_HZ / TICK_HZ - 1;
  SYST_CVR = 0;
  SYST_CSR = SYST_ENABLE | SYST_TICKINT | SYST_CORE_CLOCK;
  __asm__ volatile("msr control, %0\n\tisb\n\tsvc 0" : : "r"(0) : "memory");
}

/* --- The tasks ------------------------------------------------------------------------------------------------ */

/* Fills s0-s31 with seed, seed + 1, ... and r5-r11 with the complement, sets FPSCR, counts down, and returns the number
   of registers that changed. One function in assembly, so that nothing else lives in these registers. */
__attribute__((naked, noipa)) uint32_t fp_hold(__attribute__((unused)) uint32_t seed,
                                               __attribute__((unused)) uint32_t rounds,
                                               __attribute__((unused)) uint32_t fpscr) {
  __asm__ volatile("push   {r4-r11, lr}\n\t"
                   "vpush  {s16-s31}\n\t"
                   "sub    sp, sp, #128\n\t"
                   "mov    r3, sp\n\t"
                   "mov    r4, #32\n"
                   "1: str r0, [r3], #4\n\t"
                   "add    r0, r0, #1\n\t"
                   "subs   r4, r4, #1\n\t"
                   "bne    1b\n\t"
                   "sub    r0, r0, #32\n\t"
                   "vldmia sp, {s0-s31}\n\t"
                   "vmsr   fpscr, r2\n\t"
                   "mvn    r5, r0\n\t"
                   "mov    r6, r5\n\t"
                   "mov    r7, r5\n\t"
                   "mov    r8, r5\n\t"
                   "mov    r9, r5\n\t"
                   "mov    r10, r5\n\t"
                   "mov    r11, r5\n"
                   "2: subs r1, r1, #1\n\t"
                   "bne    2b\n\t"
                   "vstmia sp, {s0-s31}\n\t"
                   "mov    r3, sp\n\t"
                   "mov    r4, #32\n"
                   "3: ldr r12, [r3], #4\n\t"
                   "cmp    r12, r0\n\t"
                   "it     ne\n\t"
                   "addne  r1, r1, #1\n\t"
                   "add    r0, r0, #1\n\t"
                   "subs   r4, r4, #1\n\t"
                   "bne    3b\n\t"
                   "sub    r0, r0, #32\n\t"
                   "mvn    r0, r0\n\t"
                   "stmia  sp, {r5-r11}\n\t"
                   "mov    r3, sp\n\t"
                   "mov    r4, #7\n"
                   "4: ldr r12, [r3], #4\n\t"
                   "cmp    r12, r0\n\t"
                   "it     ne\n\t"
                   "addne  r1, r1, #1\n\t"
                   "subs   r4, r4, #1\n\t"
                   "bne    4b\n\t"
                   "vmrs   r12, fpscr\n\t"
                   "cmp    r12, r2\n\t"
                   "it     ne\n\t"
                   "addne  r1, r1, #1\n\t"
                   "mov    r12, #0\n\t"
                   "vmsr   fpscr, r12\n\t"
                   "mov    r0, r1\n\t"
                   "add    sp, sp, #128\n\t"
                   "vpop   {s16-s31}\n\t"
                   "pop    {r4-r11, pc}");
}

/* The first `terms` of the series for pi/4, in single precision: every rounding shows. */
static __attribute__((noinline)) float series(uint32_t terms) {
  float sum = 0.0f, sign = 1.0f;
  for (uint32_t i = 0; i < terms; i++, sign = -sign)
    sum += sign / (float)(2 * i + 1);
  return sum;
}

static void task_body(task_t *task) {
  const uint32_t number = task == &tasks[1];
  task->sum = series(TERMS);
  while (switches < SWITCHES) {
    task->errors += fp_hold(0x3F800000u + (number << 16) + task->passes, 1000, number ? FPSCR_RMODE : 0);
    if (++task->passes % 8 == 0) __asm__ volatile("svc 1" : : : "memory");
  }
  task->done = true;
  if (number != 0) {
    for (;;)
      __asm__ volatile("svc 1" : : : "memory");
  }
  while (!tasks[1].done)
    __asm__ volatile("svc 1" : : : "memory");
}

/* The mean of all intervals, rounded: single ticks are late by whatever delayed their entry. */
static bool tick_is_on_time(void) {
  const uint32_t intervals = ticks - 1;
  return (last_tick_cycle - first_tick_cycle + intervals / 2) / intervals == KERNEL_HZ / TICK_HZ;
}

static void first_task(task_t *task) {
  task_body(task);
  SYST_CSR = 0;
  uint32_t failures = 0;
  for (uint32_t i = 0; i < TASKS; i++) {
    const bool same = tasks[i].sum == series(TERMS);
    print_text(i == 0 ? "task 0: " : "task 1: ");
    print_text(tasks[i].errors == 0 ? "registers intact" : "registers CORRUPTED");
    print_text(same ? ", sum exact\n" : ", sum WRONG\n");
    failures += tasks[i].errors != 0 || !same || tasks[i].passes == 0;
  }
  print_text(tick_is_on_time() ? "tick: 1 kHz\n" : "tick: NOT 1 kHz\n");
  failures += !tick_is_on_time();
  print_text(failures == 0 ? "kernel: ok\n" : "kernel: FAILED\n");
  semihosting_exit(failures != 0);
}

int main(void) {
  cmsim_cyccnt_enable();
  task_create(0, first_task);
  task_create(1, task_body);
  kernel_start();
  return 1; /* not reached: SVC 0 leaves the main stack to the handlers */
}
