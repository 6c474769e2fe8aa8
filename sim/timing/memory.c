#include "timing/memory.h"

#include "timing/cost_model.h"

#include <stdlib.h>
#include <string.h>

static bool add_slaves(memory_t *memory, const target_t *target) {
  for (size_t i = 0; i < target->region_count; i++) {
    const region_t *from = &target->regions[i];
    if (memory->slave_count == MEMORY_REGIONS_MAX) return false;
    memory->slaves[memory->slave_count++] = (slave_t){.base = from->base,
                                                      .bytes = from->bytes,
                                                      .tcm = from->kind == REGION_ITCM || from->kind == REGION_DTCM,
                                                      .flash = from->kind == REGION_FLASH,
                                                      .beat_bytes = from->beat_bytes,
                                                      .grade = (uint8_t)from->grade};
  }
  memory_set_bus_ratio(memory, target, target->bus.ratio);
  return true;
}

static bool build(memory_t *memory, const target_t *target) {
  memory->m7 = strcmp(target->core, "cortex-m7") == 0;
  for (size_t i = 0; i < target->region_count; i++) {
    if (target->regions[i].kind != REGION_FLASH) continue;
    memory->flash_base = target->regions[i].base;
    memory->flash_bytes = target->regions[i].bytes;
    break;
  }
  memory->flash_grade = (uint8_t)target->flash.from.grade;
  if (!memory->m7) return !target->flash.read_bytes || flash_init(&memory->flash, &target->flash);
  if (target->flash.read_bytes) memory->flash.read_shift = (unsigned)__builtin_ctz(target->flash.read_bytes);
  return add_slaves(memory, target) &&
         cache_init(&memory->icache, target->l1.icache_bytes, target->l1.icache_ways, target->l1.line_bytes,
                    REPLACE_RANDOM) &&
         cache_init(&memory->dcache, target->l1.dcache_bytes, target->l1.dcache_ways, target->l1.line_bytes,
                    REPLACE_RANDOM);
}

memory_t *memory_new(const target_t *target, bool *ok) {
  *ok = true;
  bool described = target->flash.read_bytes || target->l1.icache_bytes || target->l1.dcache_bytes;
  if (!described) return NULL;
  memory_t *memory = calloc(1, sizeof *memory);
  *ok = memory && build(memory, target);
  if (*ok) return memory;
  memory_free(memory);
  return NULL;
}

void memory_free(memory_t *memory) {
  if (!memory) return;
  flash_free(&memory->flash);
  cache_free(&memory->icache);
  cache_free(&memory->dcache);
  free(memory);
}

void memory_trial(const memory_t *memory, memory_t *copy) {
  *copy = *memory;
  copy->log = NULL;
  copy->flash.log = NULL;
  copy->icache.frozen = copy->dcache.frozen = copy->flash.icache.frozen = copy->flash.dcache.frozen = true;
}

void memory_set_flash(memory_t *memory, unsigned wait_states, unsigned on) {
  memory->settings += memory->flash.wait_states != wait_states || memory->flash.on != on;
  memory->flash.wait_states = wait_states;
  unsigned off = memory->flash.on & ~on;
  if (off & FLASH_ICACHE) cache_invalidate_all(&memory->flash.icache);
  if (off & FLASH_DCACHE) cache_invalidate_all(&memory->flash.dcache);
  memory->flash.on = on;
}

void memory_set_bus_ratio(memory_t *memory, const target_t *target, unsigned ratio) {
  for (unsigned i = 0; i < memory->slave_count; i++) {
    const region_t *from = &target->regions[i];
    unsigned cycles = from->bus_clock ? ratio : 1;
    memory->settings += memory->slaves[i].beat_cycles != from->beat_cycles * cycles;
    memory->slaves[i].first_read = from->first_access * cycles;
    memory->slaves[i].first_write = from->first_write * cycles;
    memory->slaves[i].beat_cycles = from->beat_cycles * cycles;
  }
}

void memory_set_l1(memory_t *memory, bool icache_on, bool dcache_on) {
  memory->settings += memory->icache_on != icache_on || memory->dcache_on != dcache_on;
  memory->icache_on = icache_on && memory->icache.sets;
  memory->dcache_on = dcache_on && memory->dcache.sets;
}

bool memory_fetch_rests(const memory_t *memory, uint32_t first, uint32_t end, uint64_t now) {
  if (memory->m7) return m7_fetch_rests(memory, first, end, now);
  return !memory_is_flash(memory, first) || flash_fetch_rests(&memory->flash, first, end);
}

static answer_t ask(memory_t *memory, uint32_t address, unsigned bytes, bool write, uint64_t cycle) {
  if (memory->m7) {
    return write ? memory_store(memory, address, bytes, cycle) : memory_load(memory, address, bytes, cycle);
  }
  return (answer_t){flash_read(&memory->flash, address, bytes, cycle), memory->flash_grade, CAUSE_FLASH};
}

answer_t memory_access(memory_t *memory, uint32_t address, unsigned bytes, bool write, uint64_t cycle) {
  memory_log_t *log = memory->log;
  if (!log) return ask(memory, address, bytes, write, cycle);
  if (log->next < log->given) return log->entries[log->next++].answer;
  answer_t answer = ask(memory, address, bytes, write, cycle);
  if (log->next < MEMORY_LOG_MAX) log->entries[log->next] = (logged_access_t){cycle, answer};
  log->next++;
  return answer;
}

uint64_t memory_fetch_version(const memory_t *memory) {
  if (memory->m7) return memory->icache.changes + 1u;
  return (uint64_t)memory->flash.prefetched << 32 | (memory->flash.icache.changes + 1u);
}
