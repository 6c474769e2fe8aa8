/* exclusive.c: an exception between LDREX and STREX makes the store fail. Exits with 0 when it does, and only then. */
#include "semihosting.h"

static volatile uint32_t word = 5;

void SVC_Handler(void) { __asm__ volatile("" : : : "memory"); }

/* LDREX, an SVC when INTERRUPTED, STREX of VALUE: what STREX returns. */
static uint32_t exchange(uint32_t value, int interrupted) {
  uint32_t failed;
  if (interrupted) {
    __asm__ volatile("ldrex r3, [%1]\n\tsvc 0\n\tstrex %0, %2, [%1]"
                     : "=&r"(failed)
                     : "r"(&word), "r"(value)
                     : "r3", "memory");
  } else {
    __asm__ volatile("ldrex r3, [%1]\n\tstrex %0, %2, [%1]" : "=&r"(failed) : "r"(&word), "r"(value) : "r3", "memory");
  }
  return failed;
}

int main(void) {
  const uint32_t lost = exchange(6, 1), kept = word, stored = exchange(7, 0);
  print_text("lost ");
  print_u32(lost);
  print_text(" kept ");
  print_u32(kept);
  print_text(" stored ");
  print_u32(stored);
  print_text(" word ");
  print_u32(word);
  print_text("\n");
  return lost == 1 && kept == 5 && stored == 0 && word == 7 ? 0 : 1;
}
