/* jumps.c: leaves calls by longjmp, a hundred times, and runs on a stack of its own for a while. Prints main's depth.
 */
#include "cmsim.h"
#include "semihosting.h"

#include <setjmp.h>

extern uint32_t _estack[];
static jmp_buf before;
static uint32_t thread_stack[64] __attribute__((aligned(8)));

__attribute__((noinline, noclone, noreturn)) static void give_up(int rounds) {
  for (int i = 0; i < rounds; i++)
    __asm__ volatile("nop");
  longjmp(before, 1);
}

__attribute__((noinline, noclone)) static void try(int rounds) {
  volatile int local = rounds;
  give_up(local);
}

/* Pushes 64 bytes on the other stack and comes back. */
__attribute__((naked, noinline)) static void on_other_stack(uint32_t *top) {
  __asm__ volatile("mov r1, sp\n\t"
                   "msr msp, r0\n\t"
                   "sub sp, #64\n\t"
                   "str r0, [sp]\n\t"
                   "msr msp, r1\n\t"
                   "bx lr");
  (void)top;
}

int main(void) {
  for (volatile int i = 0; i < 100; i++) {
    if (setjmp(before) == 0) try(20);
  }
  for (volatile int i = 0; i < 4; i++) {
    CMSIM_BEGIN("sometimes");
    if (i == 1) continue;
    CMSIM_END("sometimes");
  }
  on_other_stack(thread_stack + 64);
  uint32_t sp;
  __asm__ volatile("mov %0, sp" : "=r"(sp));
  print_text("main ");
  print_u32((uint32_t)(uintptr_t)_estack - sp);
  print_text("\n");
  return 0;
}
