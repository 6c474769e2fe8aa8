/* What the fast path must see as the plain one does: addresses that hang on a value just stored, by another name. */
#include "cmsim.h"

#include <stdint.h>

static uint32_t aligned[4], result;

/* Stores FIRST through one pointer and SECOND through another, loads through the first and goes where that points. */
__attribute__((noinline)) static uint32_t chase(uint32_t *place, uint32_t *alias, uint32_t first, uint32_t second) {
  uint32_t loaded;
  __asm__ volatile("str %3, [%1]\n"
                   "str %4, [%2]\n"
                   "ldr %0, [%1]\n"
                   "ldr %0, [%0]\n"
                   : "=&r"(loaded)
                   : "r"(place), "r"(alias), "r"(first), "r"(second)
                   : "memory");
  return loaded;
}

int main(void) {
  uint32_t here = 0, there = 0, near = (uint32_t)(uintptr_t)aligned, odd = near + 1;
  for (unsigned i = 0; i < 50; i++) {
    result += chase(&here, &here, near, odd);  /* the second is loaded: unaligned */
    result += chase(&here, &there, near, odd); /* the first */
  }
  return 0;
}
