/* code.c: runs through the code that generate.c wrote, a group a round. Each pass begins with the same number and
   the same memory, so each must end with the same number. */
#include "round.h"

const uint32_t rounds_per_million = 5100;

typedef uint32_t group_t(uint32_t number, uint32_t *memory);

extern group_t *const groups[];
extern const uint32_t group_count;

bool work_round(uint32_t round) {
  enum { WORDS = 64 };
  static uint32_t memory[WORDS], number, first;
  const uint32_t group = round % group_count;
  if (group == 0) { /* the very first time both numbers are 0 */
    if (first == 0) first = number;
    if (number != first) return false;
    number = 1;
    for (uint32_t i = 0; i < WORDS; i++)
      memory[i] = i * 0x9E3779B9u; /* 2^32 / golden ratio: bits of all kinds */
  }
  number = groups[group](number, memory);
  return true;
}
