/* The flash interface of a microcontroller in front of a Cortex-M4: an array that delivers wide reads after its wait
   states, a line buffer, a prefetch of the next read, and small caches for instructions and for data. One array serves
   both sides. Times are core cycles.

   [RM0090 3.5, RM0351 3.3.4: adaptive real-time memory accelerator] What these manuals leave open is in flash_t's
   constants, or stands as an assumption where it is decided in flash.c. */
#ifndef CMSIM_TIMING_FLASH_H
#define CMSIM_TIMING_FLASH_H

#include "timing/cache.h"
#include "timing/target.h"

/* The reads that fetches went to, one after the other; what repeats the one before is left out. */
enum { FLASH_LOG_MAX = 256 };
typedef struct {
  unsigned count; /* FLASH_LOG_MAX: there were more */
  uint32_t reads[FLASH_LOG_MAX];
} flash_log_t;

typedef struct {
  unsigned wait_states; /* core cycles */
  unsigned on;          /* FLASH_ICACHE and its like: what is switched on */
  unsigned read_shift;  /* a read delivers 1 << read_shift bytes */
  unsigned data_wait, miss_wait;
  cache_t icache, dcache;
  /* state */
  uint32_t current;    /* number of the read in the line buffer: address >> read_shift */
  uint64_t current_at; /* cycle from which it is there */
  uint32_t prefetched; /* number of the read that prefetch has begun */
  uint64_t prefetched_at;
  uint64_t array_free; /* cycle from which the array takes another read */
  uint64_t ifetch_misses, data_misses, data_reads;
  flash_log_t *log; /* NULL: nobody wants to know */
} flash_interface_t;

/* False: out of memory. */
bool flash_init(flash_interface_t *flash, const flash_t *from);
void flash_free(flash_interface_t *flash);

/* Wait cycles of the instruction fetch of the word at ADDRESS whose bus cycle begins at CYCLE. */
unsigned flash_fetch(flash_interface_t *flash, uint32_t address, uint64_t cycle);
/* The same for a data read of BYTES. */
unsigned flash_read(flash_interface_t *flash, uint32_t address, unsigned bytes, uint64_t cycle);

/* Would every fetch from FIRST to before END, and what is fetched ahead of it, be answered at once, without a read of
   the array? */
bool flash_fetch_rests(const flash_interface_t *flash, uint32_t first, uint32_t end);
/* They have taken place, as flash_fetch() would have left it. */
void flash_note_fetches(flash_interface_t *flash, const uint32_t *reads, unsigned count);

#endif
