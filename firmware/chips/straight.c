/* straight.c: code that a flash accelerator cannot keep, beside a loop that it can. Each routine is timed 64 times
   after one call that fills caches; everything but code is in RAM. */
#include "cmsim.h"
#include "semihosting.h"

enum { WORDS = 256, STATE_WORDS = 4, ROUND_WORDS = 40, CALLS = 64 };

/* straight.S: 1,760 bytes without a branch, and the same work as a loop of 404 bytes. */
void mix_straight(const uint32_t *table, uint32_t *state, const uint32_t *round_words);
void mix_loop(const uint32_t *table, uint32_t *state, const uint32_t *round_words, uint32_t rounds);

static uint32_t table[WORDS] __attribute__((aligned(1024)));
static uint32_t round_words[ROUND_WORDS + STATE_WORDS];
static uint32_t straight_state[STATE_WORDS], loop_state[STATE_WORDS];

int main(void) {
  uint32_t seed = 1;
  for (uint32_t i = 0; i < WORDS; i++)
    table[i] = seed = seed * 1664525u + 1013904223u;
  for (uint32_t i = 0; i < ROUND_WORDS + STATE_WORDS; i++)
    round_words[i] = seed = seed * 1664525u + 1013904223u;

  mix_straight(table, straight_state, round_words);
  for (uint32_t call = 0; call < CALLS; call++) {
    CMSIM_BEGIN("straight");
    mix_straight(table, straight_state, round_words);
    CMSIM_END("straight");
  }
  mix_loop(table, loop_state, round_words, 9);
  for (uint32_t call = 0; call < CALLS; call++) {
    CMSIM_BEGIN("loop");
    mix_loop(table, loop_state, round_words, 9);
    CMSIM_END("loop");
  }
  for (uint32_t i = 0; i < STATE_WORDS; i++)
    if (straight_state[i] != loop_state[i]) return 1;
  print_text("same result\n");
  return 0;
}
