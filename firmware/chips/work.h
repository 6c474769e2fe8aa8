/* work.h: what `placement` runs: the same work, linked for one memory or another. */
#ifndef CHIPS_WORK_H
#define CHIPS_WORK_H

#include <stdint.h>

/* Code that main() copies from flash to where it is linked (common/link.ld); with CHIPS_IN_FLASH it stays. It calls
   nothing outside, so that all of it is fetched from one memory. */
#ifdef CHIPS_IN_FLASH
#define MOVED __attribute__((section(".text.moved")))
#else
#define MOVED __attribute__((section(".moved.text")))
#endif

/* Runs the work `passes` times, in the region `work`, after one pass before it; returns a checksum that is the same on
   every part. */
uint16_t work_run(uint32_t passes);
enum { WORK_CHECKSUM = 0x9AC1 };

#endif
