/* The memory of a Cortex-M7 made up so that each number is one rule's, and single accesses to it. */
#ifndef CMSIM_TESTS_MEMORY_FIXTURE_H
#define CMSIM_TESTS_MEMORY_FIXTURE_H

#include "timing/memory.h"

#include <check.h>
#include <string.h>

enum { LINE = 32, WAYS = 4, DATA_SETS = 8, SET_STRIDE = LINE * DATA_SETS, REGION_BYTES = 0x10000 };
enum { ITCM = 0x00000000, FLASH = 0x08000000, DTCM = 0x20000000, SRAM = 0x20010000, AXI = 0x24000000 };
static const uint32_t THROUGH = 0x80000000u, DEVICE = 0xA0000000u; /* write-through and never cached by the map */

/* Core cycles to the first beat of a read or write. */
enum { FLASH_READ = 6, FLASH_WAIT = 7, SRAM_READ = 6, AXI_READ = 5, AXI_WRITE = 3, DEVICE_READ = 6, DEVICE_WRITE = 4 };
enum { AXI_BEAT = 2 }; /* and of each further beat: eight bytes, as of flash; elsewhere four a cycle */

typedef struct {
  region_kind_t kind;
  uint32_t base;
  unsigned first_access, first_write, beat_bytes, beat_cycles;
  grade_t grade;
} row_t;
static const row_t rows[] = {
    {REGION_ITCM, 0x00000000, 9, 9, 8, 1, GRADE_ASSUMED}, /* a latency that is not to be seen */
    {REGION_FLASH, 0x08000000, FLASH_READ, 3, 8, 1, GRADE_DOCUMENTED},
    {REGION_DTCM, 0x20000000, 9, 9, 8, 1, GRADE_ASSUMED},
    {REGION_RAM, 0x20010000, SRAM_READ, 4, 4, 1, GRADE_ASSUMED},
    {REGION_RAM, 0x24000000, AXI_READ, AXI_WRITE, 8, AXI_BEAT, GRADE_INFERRED},
    {REGION_RAM, 0x80000000u, DEVICE_READ, DEVICE_WRITE, 4, 1, GRADE_ASSUMED},
    {REGION_RAM, 0xA0000000u, DEVICE_READ, DEVICE_WRITE, 4, 1, GRADE_ASSUMED},
};
enum { REGIONS = sizeof rows / sizeof *rows };

static memory_t *memory;

/* Its caches have L1_BYTES, 0: it has none. RATIO 0: latencies are in core cycles, else, but for SRAM, in those of the
   bus. */
static inline memory_t *chip(unsigned l1_bytes, unsigned ratio) {
  region_t regions[REGIONS];
  for (unsigned i = 0; i < REGIONS; i++) {
    const row_t *row = &rows[i];
    regions[i] = (region_t){.name = "",
                            .kind = row->kind,
                            .base = row->base,
                            .bytes = REGION_BYTES,
                            .first_access = row->first_access,
                            .first_write = row->first_write,
                            .beat_bytes = row->beat_bytes,
                            .beat_cycles = row->beat_cycles,
                            .bus_clock = ratio != 0 && row->base != SRAM,
                            .grade = row->grade};
  }
  target_t target = {.core = "cortex-m7", .regions = regions, .region_count = REGIONS};
  target.bus.ratio = ratio ? ratio : 1;
  target.flash.read_bytes = LINE;
  target.l1 = (l1_t){
      .icache_bytes = l1_bytes, .dcache_bytes = l1_bytes, .icache_ways = 2, .dcache_ways = WAYS, .line_bytes = LINE};
  bool ok;
  memory_t *made = memory_new(&target, &ok);
  ck_assert(ok && made);
  memory_set_flash(made, FLASH_WAIT, 0);
  return made;
}

enum { L1_BYTES = LINE * WAYS * DATA_SETS };

static inline void caches_off(void) { memory = chip(L1_BYTES, 0); }

static inline void caches_on(void) {
  caches_off();
  memory_set_l1(memory, true, true);
}

static inline void end(void) { memory_free(memory); }

static inline void again_with_caches(void) {
  end();
  caches_on();
}

/* Cycles that it waits. */
static inline unsigned load(uint32_t address, uint64_t cycle) { return memory_load(memory, address, 4, cycle).wait; }
static inline unsigned store(uint32_t address, uint64_t cycle) { return memory_store(memory, address, 4, cycle).wait; }
static inline unsigned fetch(uint32_t address, uint64_t cycle) { return memory_fetch(memory, address, cycle).wait; }

#endif
