/* stack.c: recursion of 48 bytes a level and a known depth. Prints the deepest stack, counted from the top of RAM. */
#include "cmsim.h"
#include "semihosting.h"

extern uint32_t _estack[];
uint32_t deepest;

/* r0 levels to go; each takes 8 bytes of registers and 40 of locals. */
__attribute__((naked, noinline)) static void descend(uint32_t levels) {
  __asm__ volatile("push {r0, lr}\n\t"
                   "sub sp, #40\n\t"
                   "ldr r1, =deepest\n\t"
                   "mov r2, sp\n\t"
                   "str r2, [r1]\n\t"
                   "subs r0, #1\n\t"
                   "beq 1f\n\t"
                   "bl descend\n\t"
                   "1: add sp, #40\n\t"
                   "pop {r0, pc}\n\t"
                   ".ltorg");
  (void)levels;
}

int main(void) {
  CMSIM_BEGIN("shallow");
  descend(2);
  CMSIM_END("shallow");
  CMSIM_BEGIN("deep");
  descend(25);
  CMSIM_END("deep");
  print_text("stack ");
  print_u32((uint32_t)(uintptr_t)_estack - deepest);
  print_text("\n");
  return 0;
}
