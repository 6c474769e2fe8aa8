/* debug.c: something to look at in gdb. Prints a sum that tells whether gdb has changed anything on the way. */
#include "cmsim.h"
#include "host_call.h"
#include "semihosting.h"

#include <string.h>

volatile uint32_t total;
volatile float scaled;

__attribute__((noinline, noclone)) void add(uint32_t count) { total = total + count; }

__attribute__((noinline, noclone)) float scale(float value, float factor) { return value * factor; }

/* The condition holds for R0 = 1 only. */
__attribute__((noinline, noclone)) uint32_t conditional(uint32_t value) {
  __asm__ volatile("cmp %0, #1\n\titte eq\n"
                   "conditional_first: addeq %0, %0, #10\n\taddeq %0, %0, #10\nconditional_other: addne %0, %0, #3"
                   : "+r"(value));
  return value;
}

__attribute__((noinline, noclone)) void spin(void) {
  for (;;)
    __asm__ volatile("nop");
}

__attribute__((noinline, noclone)) void unprivileged(void) {
  static uint32_t stack[64];
  uint32_t top = (uint32_t)(uintptr_t)(stack + 64);
  __asm__ volatile("msr psp, %0\n\tmovs r3, #3\n\tmsr control, r3\n\tisb\n"
                   "unprivileged_here: nop\n\tnop"
                   :
                   : "r"(top)
                   : "r3");
  spin();
}

int main(void) {
  char text[32];
  const char *name = host_command_line(text, sizeof text);
  for (uint32_t count = 1; count <= 4; count++)
    add(count);
  scaled = scale(1.5f, 4.0f);
  if (strcmp(name, "spin") == 0) spin();
  if (strcmp(name, "unprivileged") == 0) unprivileged();
  if (strcmp(name, "bkpt") == 0) __asm__ volatile("bkpt #1");
  if (strcmp(name, "fault") == 0) *(volatile uint32_t *)0x50000000u = 1;
  print_text("total ");
  print_u32(total + conditional(1) + conditional(2));
  print_text("\n");
  return 0;
}
