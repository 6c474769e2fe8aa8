/* Random numbers that are the same on every host: splitmix64 [Steele, Lea, Flood 2014]. */
#ifndef CMSIM_TESTS_RANDOM_NUMBERS_H
#define CMSIM_TESTS_RANDOM_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
  uint64_t state;
} random_t;

static inline uint64_t random_next(random_t *random) {
  uint64_t z = random->state += UINT64_C(0x9E3779B97F4A7C15);
  z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
  return z ^ z >> 31;
}

/* 0 for 0. */
static inline uint32_t random_below(random_t *random, uint32_t limit) {
  return limit ? (uint32_t)(random_next(random) >> 32) % limit : 0;
}

/* PERCENT of the time. */
static inline bool random_chance(random_t *random, unsigned percent) { return random_below(random, 100) < percent; }

#endif
