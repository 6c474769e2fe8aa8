/* dcache.c: what the data cache of a Cortex-M7 answers and what it does not, and what maintenance does to it: streams
   over one to four times its size, in memory at `buffer` (linker symbol), each in a region of its own.

   Every region is one pass over memory after one before it, in the same direction: what fits hits, what is twice as
   large misses in every line if the oldest line goes first, and how much misses otherwise tells how lines are replaced.
 */
#include "boards/core.h"
#include "caches.h"

#include <string.h>

enum { LINE_BYTES = 32 };

extern uint8_t buffer[];

/* streams.S: eight accesses an iteration, `stride` bytes apart. */
void stream_read(void *first, uint32_t accesses, uint32_t stride);
void stream_write(void *first, uint32_t accesses, uint32_t stride, uint32_t value);
void stream_read_pairs(void *first, uint32_t bytes);
void stream_write_pairs(void *first, uint32_t bytes, uint32_t value);

static uint32_t cache_bytes(void) {
  SCB_CSSELR = 0;
  barrier();
  const uint32_t shape = SCB_CCSIDR;
  return ((shape >> 13 & 0x7FFFu) + 1u) * ((shape >> 3 & 0x3FFu) + 1u) << ((shape & 7u) + 4u);
}

/* A name is a literal at each marker, so the passes are written out. */
#define TWICE(name, pass)                                                                                              \
  do {                                                                                                                 \
    pass;                                                                                                              \
    CMSIM_BEGIN(name);                                                                                                 \
    pass;                                                                                                              \
    CMSIM_END(name);                                                                                                   \
  } while (0)
#define ONCE(name, pass)                                                                                               \
  do {                                                                                                                 \
    CMSIM_BEGIN(name);                                                                                                 \
    pass;                                                                                                              \
    CMSIM_END(name);                                                                                                   \
  } while (0)

static void reads(uint32_t bytes) {
  TWICE("read 1x", stream_read(buffer, bytes / 4, 4));
  TWICE("read 2x", stream_read(buffer, bytes / 2, 4));
  TWICE("read 4x", stream_read(buffer, bytes, 4));
  TWICE("read 2x a line", stream_read(buffer, 2 * bytes / LINE_BYTES, LINE_BYTES));
  TWICE("read 4x two lines", stream_read(buffer, 4 * bytes / (2 * LINE_BYTES), 2 * LINE_BYTES));
  TWICE("read pairs 2x", stream_read_pairs(buffer, 2 * bytes));
}

/* Stores that fill line after line: behind some full lines the cache stops allocating (Cortex-M7 TRM 5.2, "read
   allocate mode"; ACTLR.DISRAMODE forbids it). */
static void writes(uint32_t bytes) {
  TWICE("write 1x", stream_write(buffer, bytes / 4, 4, 1));
  TWICE("write 4x", stream_write(buffer, bytes, 4, 2));
  TWICE("write 4x a line", stream_write(buffer, 4 * bytes / LINE_BYTES, LINE_BYTES, 3));
  TWICE("write pairs 4x", stream_write_pairs(buffer, 4 * bytes, 4));
  ACTLR |= 1u << 11; /* DISRAMODE */
  barrier();
  TWICE("write 4x allocating", stream_write(buffer, bytes, 4, 5));
  ACTLR &= ~(1u << 11);
  barrier();
}

static uint32_t sum(uint32_t bytes) {
  uint32_t total = 0;
  for (uint32_t at = 0; at < bytes; at += 4) {
    uint32_t word;
    memcpy(&word, buffer + at, sizeof word);
    total += word;
  }
  return total;
}

/* Half the cache is dirty before each; what it holds must survive every clean. */
static bool maintenance(uint32_t bytes) {
  const uint32_t half = bytes / 2, words = half / 4;
  stream_read(buffer, words, 4);
  stream_write(buffer, words, 4, 7);
  ONCE("clean by address", dcache_by_address(&SCB_DCCMVAC, buffer, half));
  ONCE("read after clean", stream_read(buffer, words, 4));
  stream_write(buffer, words, 4, 8);
  ONCE("clean, invalidate by address", dcache_by_address(&SCB_DCCIMVAC, buffer, half));
  ONCE("read after clean, invalidate", stream_read(buffer, words, 4));
  ONCE("invalidate by address", dcache_by_address(&SCB_DCIMVAC, buffer, half));
  ONCE("read after invalidate", stream_read(buffer, words, 4));
  stream_write(buffer, words, 4, 9);
  ONCE("clean by set and way", dcache_each_line(&SCB_DCCSW));
  ONCE("read after clean by set", stream_read(buffer, words, 4));
  ONCE("clean, invalidate by set and way", dcache_each_line(&SCB_DCCISW));
  ONCE("read after clean, invalidate by set", stream_read(buffer, words, 4));
  return sum(half) == 9 * words;
}

/* As CMSIS SCB_DisableDCache(): off first, so that nothing new becomes dirty, then everything to memory. */
static void dcache_off(void) {
  SCB_CCR &= ~SCB_CCR_DC;
  __asm__ volatile("dsb" : : : "memory");
  dcache_each_line(&SCB_DCCISW);
}

int main(void) {
  const uint32_t bytes = cache_bytes();
  print_text("data cache ");
  print_u32(bytes);
  print_text(" bytes\n");
  reads(bytes);
  writes(bytes);
  const bool kept = maintenance(bytes);
  ONCE("off", dcache_off());
  TWICE("read 1x, off", stream_read(buffer, bytes / 4, 4));
  TWICE("write 1x, off", stream_write(buffer, bytes / 4, 4, 10));
  print_text(kept ? "PASS\n" : "FAIL\n");
  return !kept;
}
