/* bitband.c: bits of a word in RAM, by their aliases. Prints what the word and the bits read; exits with 0 when right. */
#include "semihosting.h"

static volatile uint32_t word __attribute__((aligned(4))) = 0x00000100u;

/* The alias of BIT of the word at ADDRESS in 0x20000000 to 0x200FFFFF. */
static volatile uint32_t *alias_of(uintptr_t address, uint32_t bit) {
  return (volatile uint32_t *)(0x22000000u + (address - 0x20000000u) * 32 + bit * 4);
}

int main(void) {
  const uintptr_t at = (uintptr_t)&word;
  *alias_of(at, 0) = 1;
  *alias_of(at, 31) = 0xFF;
  *alias_of(at, 8) = 2; /* only bit 0 of what is written counts */
  print_text("word ");
  print_u32(word);
  print_text("\nbits ");
  print_u32(*alias_of(at, 31));
  print_u32(*alias_of(at, 8));
  print_text("\n");
  return word == 0x80000001u && *alias_of(at, 31) == 1 && *alias_of(at, 8) == 0 ? 0 : 1;
}
