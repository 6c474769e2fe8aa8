/* ends.c: every way in which a run can end. The command line (--args) names one. */
#include "host_call.h"
#include "semihosting.h"

#include <string.h>

#define UNMAPPED       0x50000000u /* peripheral space: no part of the generic target */
#define SCENARIO(name) static __attribute__((noinline, noclone)) void name(void)

static void spin(void) { /* not `b .`, which is known to be the end */
  for (;;)
    __asm__ volatile("nop");
}

SCENARIO(jump_nowhere) { __asm__ volatile("bx %0" : : "r"(UNMAPPED | 1u)); }
SCENARIO(jump_even) { __asm__ volatile("bx %0" : : "r"((uint32_t)(uintptr_t)semihosting_exit & ~1u)); }
SCENARIO(read_unmapped) { __asm__ volatile("ldr r0, [%0]" : : "r"(UNMAPPED) : "r0"); }
SCENARIO(write_unmapped) { __asm__ volatile("str r0, [%0]" : : "r"(UNMAPPED)); }
SCENARIO(write_flash) { __asm__ volatile("str r0, [%0]" : : "r"(0x08000200u)); }
SCENARIO(undefined) { __asm__ volatile("udf #7"); }
SCENARIO(supervisor_call) { __asm__ volatile("svc #1"); }
SCENARIO(breakpoint) { __asm__ volatile("bkpt #1"); }
SCENARIO(unaligned_pair) { __asm__ volatile("ldrd r0, r1, [%0]" : : "r"(0x20000102u) : "r0", "r1"); }
SCENARIO(unaligned_word) { __asm__ volatile("ldr r0, [%0]" : : "r"(0x20000102u) : "r0"); }
SCENARIO(bad_host_call) { host_call(0x99, (const void *)0); }
SCENARIO(bad_host_pointer) { host_call(0x04, (const void *)UNMAPPED); }
SCENARIO(halt) { __asm__ volatile("b ."); }
SCENARIO(sleep) { __asm__ volatile("wfi"); }

SCENARIO(fpu_off) {
  *(volatile uint32_t *)0xE000ED88u = 0; /* CPACR: no access to the FPU */
  __asm__ volatile("dsb\n\tisb\n\tvadd.f32 s0, s1, s2" : : : "s0");
}

SCENARIO(reset) {
  *(volatile uint32_t *)0xE000ED0Cu = 0x05FA0004u; /* AIRCR: SYSRESETREQ */
  spin();
}

SCENARIO(end_without_begin) { __asm__ volatile(".inst.n 0xbff0"); }

static const struct {
  const char *name;
  void (*run)(void);
} scenarios[] = {
    {"jump_nowhere", jump_nowhere},
    {"jump_even", jump_even},
    {"read_unmapped", read_unmapped},
    {"write_unmapped", write_unmapped},
    {"write_flash", write_flash},
    {"undefined", undefined},
    {"supervisor_call", supervisor_call},
    {"breakpoint", breakpoint},
    {"unaligned_pair", unaligned_pair},
    {"unaligned_word", unaligned_word},
    {"bad_host_call", bad_host_call},
    {"bad_host_pointer", bad_host_pointer},
    {"halt", halt},
    {"sleep", sleep},
    {"fpu_off", fpu_off},
    {"reset", reset},
    {"end_without_begin", end_without_begin},
    {"spin", spin},
};

/* A scenario that comes back was survived: that is success, and an unknown one is not. */
int main(void) {
  char text[32];
  const char *name = host_command_line(text, sizeof text);
  if (strncmp(name, "exit ", 5) == 0) return name[5] - '0';
  for (uint32_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++) {
    if (strcmp(scenarios[i].name, name) != 0) continue;
    scenarios[i].run();
    print_text("survived\n");
    return 0;
  }
  return 99;
}
