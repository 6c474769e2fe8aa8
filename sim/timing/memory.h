/* The memory system of a chip, as the core meets it: every access is answered with the cycles it waits. Regions behind
   buses, the flash interface, and on a Cortex-M7 the first level caches. Holds no data.

   Times are core cycles. An access that would be served at once waits 0. */
#ifndef CMSIM_TIMING_MEMORY_H
#define CMSIM_TIMING_MEMORY_H

#include "timing/cache.h"
#include "timing/flash.h"
#include "timing/target.h"

/* Cacheability of a piece of the address space. [ARMv7-M B3.1, B3.5.9] */
typedef enum { POLICY_UNCACHED, POLICY_WRITE_THROUGH, POLICY_WRITE_BACK, POLICY_WRITE_BACK_ALLOCATE } policy_t;

enum { MEMORY_REGIONS_MAX = 32, LINEFILLS = 2, STORE_BUFFER = 4 };

/* A slave on a bus of a Cortex-M7. */
typedef struct {
  uint32_t base, bytes;
  bool tcm;                         /* never cached, never waits */
  bool flash;                       /* further waits of the array */
  unsigned first_read, first_write; /* core cycles to the first beat */
  unsigned beat_bytes, beat_cycles; /* core cycles of each further beat */
  uint8_t grade;
  uint64_t free_at; /* cycle from which it takes another access */
} slave_t;

/* A line on its way into a cache, beat by beat, the wanted one first. */
typedef struct {
  uint32_t line;                    /* address */
  uint32_t first;                   /* offset of the first beat in the line */
  uint64_t from, until;             /* cycles of the first and the last beat */
  unsigned beat_bytes, beat_cycles; /* 0 bytes: none was filled yet */
} linefill_t;

/* The default map: by the eighths of the address space. [ARMv7-M B3.1] */
policy_t memory_default_policy(uint32_t address);

/* How often what happened. */
typedef struct {
  uint64_t icache_hits, icache_misses, dcache_hits, dcache_misses, write_backs, allocations_skipped, uncached_fetches;
} memory_counts_t;

typedef struct {
  unsigned wait;
  uint8_t grade; /* grade_t */
  uint8_t cause; /* cause_t */
} answer_t;

/* What loads and stores were answered. */
enum { MEMORY_LOG_MAX = 512 };
typedef struct {
  uint64_t cycle;
  answer_t answer;
} logged_access_t;
typedef struct {
  unsigned next, given;
  logged_access_t entries[MEMORY_LOG_MAX];
} memory_log_t;

typedef struct {
  flash_interface_t flash; /* a Cortex-M7 uses its wait states and the width of its reads */
  uint32_t flash_base, flash_bytes;
  uint8_t flash_grade;
  /* Cortex-M7 */
  bool m7;
  slave_t slaves[MEMORY_REGIONS_MAX];
  unsigned slave_count, last_slave;
  uint32_t flash_read[2]; /* reads that the interface holds, for instructions and data */
  bool icache_on, dcache_on;
  cache_t icache, dcache;
  linefill_t ifill, dfill[LINEFILLS];
  uint64_t stores[STORE_BUFFER]; /* cycle at which each leaves */
  uint32_t last_store;           /* doubleword, merged with what follows it */
  unsigned next_store;
  uint32_t full_line; /* line that stores fill from its begin on */
  unsigned full_bytes, full_lines;
  bool always_allocates;                               /* ACTLR.DISRAMODE: no dynamic read allocate mode */
  policy_t (*policy)(void *context, uint32_t address); /* firmware's own attributes, or NULL: the default map */
  void *context;
  memory_counts_t counts;
  unsigned settings; /* changes with each of them */
  memory_log_t *log; /* of loads and stores, or NULL */
} memory_t;

/* The memory of TARGET as after reset; NULL: it answers at once everywhere (TARGET describes neither flash interface
   nor caches), or out of memory (OK is false). */
memory_t *memory_new(const target_t *target, bool *ok);
void memory_free(memory_t *memory);
/* COPY asks what would be, and leaves MEMORY as it is; valid until MEMORY changes. */
void memory_trial(const memory_t *memory, memory_t *copy);

/* Wait states of the flash in core cycles, and its switches (FLASH_*). */
void memory_set_flash(memory_t *memory, unsigned wait_states, unsigned on);
/* Core cycles per bus cycle, at least 1. */
void memory_set_bus_ratio(memory_t *memory, const target_t *target, unsigned ratio);
void memory_set_l1(memory_t *memory, bool icache_on, bool dcache_on);

/* ---- Cortex-M4: fetch of the word at ADDRESS, reads of flash are flash_read() ---- */
static inline bool memory_is_flash(const memory_t *memory, uint32_t address) {
  return address - memory->flash_base < memory->flash_bytes;
}
static inline unsigned memory_fetch_word(memory_t *memory, uint32_t address, uint64_t cycle) {
  return memory_is_flash(memory, address) ? flash_fetch(&memory->flash, address, cycle) : 0;
}

/* ---- Cortex-M7: the access begins at CYCLE ---- */
answer_t memory_fetch(memory_t *memory, uint32_t address, uint64_t cycle); /* of the eight bytes at ADDRESS */
answer_t memory_load(memory_t *memory, uint32_t address, unsigned bytes, uint64_t cycle);
answer_t memory_store(memory_t *memory, uint32_t address, unsigned bytes, uint64_t cycle);

/* ---- both ---- */
/* A load or store as the pipeline makes it; on a Cortex-M4 only loads from flash. With a log: the first GIVEN are
   answered from it, they have been asked before; the others are put into it. */
answer_t memory_access(memory_t *memory, uint32_t address, unsigned bytes, bool write, uint64_t cycle);

/* Would all fetches from FIRST to before END be answered at once, and leave nothing behind but their order? Every line
   is held, and none is on its way that was asked for less than MEMORY_REST_CYCLES before NOW. */
enum { MEMORY_REST_CYCLES = 256 };
bool memory_fetch_rests(const memory_t *memory, uint32_t first, uint32_t end, uint64_t now);
/* Changes whenever memory_fetch_rests() may answer otherwise, time apart. */
uint64_t memory_fetch_version(const memory_t *memory);

/* memory_m7.c */
bool m7_fetch_rests(const memory_t *memory, uint32_t first, uint32_t end, uint64_t now);

/* Cache maintenance as firmware asks for it. */
typedef enum {
  MAINTAIN_INVALIDATE_ICACHE, /* all of it */
  MAINTAIN_INVALIDATE_INSTRUCTION_LINE,
  MAINTAIN_INVALIDATE_LINE,
  MAINTAIN_CLEAN_LINE,
  MAINTAIN_CLEAN_INVALIDATE_LINE,
  MAINTAIN_INVALIDATE_PLACE, /* by set and way */
  MAINTAIN_CLEAN_PLACE,
  MAINTAIN_CLEAN_INVALIDATE_PLACE
} maintenance_t;
void memory_maintain(memory_t *memory, maintenance_t what, uint32_t value, uint64_t cycle);

#endif
