/* main.c: repeats the work of an image until about as many million instructions have run as the last number on the
   semihosting command line says; 1 without one. */
#include "round.h"
#include "semihosting.h"

enum { SYS_GET_CMDLINE = 0x15 };

static uint32_t millions(void) {
  static char line[256];
  uint32_t block[2] = {(uint32_t)(uintptr_t)line, sizeof line};
  register uint32_t r0 __asm__("r0") = SYS_GET_CMDLINE;
  register uint32_t r1 __asm__("r1") = (uint32_t)(uintptr_t)block;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  if (r0 != 0) return 1;
  uint32_t number = 0;
  bool in_number = false;
  for (const char *c = line; *c != '\0'; c++) {
    const bool digit = *c >= '0' && *c <= '9';
    if (digit) number = (in_number ? number * 10u : 0u) + (uint32_t)(*c - '0');
    in_number = digit;
  }
  return number != 0 ? number : 1;
}

int main(void) {
  const uint32_t rounds = millions() * rounds_per_million;
  for (uint32_t round = 0; round < rounds; round++) {
    if (work_round(round)) continue;
    print_text("wrong result in round ");
    print_u32(round);
    print_text("\n");
    return 1;
  }
  print_text("PASS\n");
  return 0;
}
