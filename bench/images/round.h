/* round.h: what an image of this folder brings, and main.c repeats. */
#ifndef BENCH_ROUND_H
#define BENCH_ROUND_H

#include <stdbool.h>
#include <stdint.h>

/* So many rounds are about a million instructions; which, the compiler and the core decide. */
extern const uint32_t rounds_per_million;

/* One round of the image's work, from the same start each time. False: a result is wrong. */
bool work_round(uint32_t round);

#endif
