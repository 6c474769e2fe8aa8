/* A core that gdb's packets can be tried on: registers and 256 bytes of memory, no simulator behind it. */
#ifndef CMSIM_TESTS_GDB_FIXTURE_H
#define CMSIM_TESTS_GDB_FIXTURE_H

#include "gdb/stub.h"

#include <string.h>

enum { FAKE_BASE = 0x20000000, FAKE_BYTES = 256 };

typedef struct {
  uint64_t registers[DEBUG_REGISTERS];
  uint8_t memory[FAKE_BYTES];
  debug_clock_t clock;
  uint64_t stop_at;
} fake_core_t;

static bool fake_has(uint32_t address, size_t count) {
  return count <= FAKE_BYTES && address - FAKE_BASE <= FAKE_BYTES - count;
}

static bool fake_read_register(void *context, unsigned number, uint64_t *value) {
  *value = ((fake_core_t *)context)->registers[number];
  return number != DEBUG_PSP; /* one that cannot be read */
}

static bool fake_write_register(void *context, unsigned number, uint64_t value) {
  ((fake_core_t *)context)->registers[number] = value;
  return number != DEBUG_CONTROL; /* one that cannot be written */
}

static bool fake_read_memory(void *context, uint32_t address, void *bytes, size_t count) {
  if (!fake_has(address, count)) return false;
  memcpy(bytes, ((fake_core_t *)context)->memory + (address - FAKE_BASE), count);
  return true;
}

static bool fake_write_memory(void *context, uint32_t address, const void *bytes, size_t count) {
  if (!fake_has(address, count)) return false;
  memcpy(((fake_core_t *)context)->memory + (address - FAKE_BASE), bytes, count);
  return true;
}

static debug_clock_t fake_clock(void *context) { return ((fake_core_t *)context)->clock; }

static void fake_stop_at(void *context, uint64_t cycle) { ((fake_core_t *)context)->stop_at = cycle; }

static inline debug_target_t fake_target(fake_core_t *core) {
  return (debug_target_t){core,       fake_read_register, fake_write_register, fake_read_memory, fake_write_memory,
                          fake_clock, fake_stop_at};
}

#endif
