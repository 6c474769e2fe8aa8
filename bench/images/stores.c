/* stores.c: fills, copies and transposes: every second or third instruction is a store. */
#include "round.h"

const uint32_t rounds_per_million = 47;

enum { WORDS = 1024, SIDE = 32 };

static uint32_t from[WORDS], to[WORDS];

static __attribute__((noinline)) void fill_words(uint32_t *words, uint32_t value) {
  for (uint32_t i = 0; i < WORDS; i += 8) {
    words[i] = words[i + 1] = words[i + 2] = words[i + 3] = value;
    words[i + 4] = words[i + 5] = words[i + 6] = words[i + 7] = value;
  }
}

static __attribute__((noinline)) void fill_bytes(uint8_t *bytes, uint8_t value, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    bytes[i] = value;
}

static __attribute__((noinline)) void count_up(uint32_t *words) {
  for (uint32_t i = 0; i < WORDS; i++)
    words[i] = i;
}

static __attribute__((noinline)) void copy_words(uint32_t *destination, const uint32_t *source) {
  for (uint32_t i = 0; i < WORDS; i += 4) {
    const uint32_t a = source[i], b = source[i + 1], c = source[i + 2], d = source[i + 3];
    destination[i] = a;
    destination[i + 1] = b;
    destination[i + 2] = c;
    destination[i + 3] = d;
  }
}

static __attribute__((noinline)) void copy_halves(uint16_t *destination, const uint16_t *source, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    destination[i] = source[i];
}

static __attribute__((noinline)) void transpose(uint32_t *destination, const uint32_t *source) {
  for (uint32_t row = 0; row < SIDE; row++)
    for (uint32_t column = 0; column < SIDE; column++)
      destination[column * SIDE + row] = source[row * SIDE + column];
}

bool work_round(uint32_t round) {
  fill_words(to, round);
  if (to[0] != round || to[WORDS - 1] != round) return false;
  fill_bytes((uint8_t *)to, (uint8_t)round, sizeof to / 2);
  if (to[WORDS / 2 - 1] != (round & 0xFFu) * 0x01010101u || to[WORDS / 2] != round) return false;
  count_up(from);
  transpose(to, from);
  if (to[1] != SIDE || to[SIDE] != 1 || to[WORDS - 2] != WORDS - 1 - SIDE) return false;
  transpose(from, to);
  copy_words(to, from);
  if (to[round % WORDS] != round % WORDS) return false;
  copy_halves((uint16_t *)from, (const uint16_t *)to, WORDS);
  return from[7] == 7 && from[WORDS / 2 - 1] == WORDS / 2 - 1;
}
