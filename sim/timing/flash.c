#include "timing/flash.h"

#include <string.h>

enum { NO_READ = 0xFFFFFFFFu };

bool flash_init(flash_interface_t *flash, const flash_t *from) {
  memset(flash, 0, sizeof *flash);
  flash->read_shift = (unsigned)__builtin_ctz(from->read_bytes);
  flash->data_wait = from->data_wait;
  flash->miss_wait = from->miss_wait;
  flash->current = flash->prefetched = NO_READ;
  /* Each read of the array has a place of its own in the caches, also where several make up a line. */
  return cache_init(&flash->icache, from->icache_lines * from->line_bytes,
                    from->icache_lines * from->line_bytes / from->read_bytes, from->read_bytes, REPLACE_LEAST_RECENT) &&
         cache_init(&flash->dcache, from->dcache_lines * from->line_bytes,
                    from->dcache_lines * from->line_bytes / from->read_bytes, from->read_bytes, REPLACE_LEAST_RECENT);
}

void flash_free(flash_interface_t *flash) {
  cache_free(&flash->icache);
  cache_free(&flash->dcache);
}

/* Begins a read of the array at CYCLE or as soon as it is free: the cycle in which the data are there. */
static uint64_t read_array(flash_interface_t *flash, uint64_t cycle) {
  uint64_t begin = cycle > flash->array_free ? cycle : flash->array_free;
  flash->array_free = begin + flash->wait_states + flash->miss_wait + 1;
  return flash->array_free - 1;
}

static void begin_prefetch(flash_interface_t *flash, uint32_t read, uint64_t cycle) {
  if (!(flash->on & FLASH_PREFETCH) || read == flash->prefetched) return;
  if ((flash->on & FLASH_ICACHE) && cache_holds(&flash->icache, read << flash->read_shift)) return;
  flash->prefetched_at = read_array(flash, cycle);
  flash->prefetched = read;
}

static void log_read(flash_log_t *log, uint32_t read) {
  if (log->count && log->reads[log->count - 1] == read) return;
  if (log->count < FLASH_LOG_MAX - 1) log->reads[log->count] = read;
  if (log->count < FLASH_LOG_MAX) log->count++;
}

unsigned flash_fetch(flash_interface_t *flash, uint32_t address, uint64_t cycle) {
  uint32_t read = address >> flash->read_shift;
  if (!flash->wait_states) return 0;
  if (flash->log) log_read(flash->log, read);
  if (read == flash->current) return flash->current_at > cycle ? (unsigned)(flash->current_at - cycle) : 0;
  bool cached = flash->on & FLASH_ICACHE;
  flash->current = read;
  if (cached && cache_hit(&flash->icache, address)) {
    flash->current_at = cycle;
  } else {
    if (read == flash->prefetched) {
      flash->current_at = flash->prefetched_at > cycle ? flash->prefetched_at : cycle;
    } else {
      flash->current_at = read_array(flash, cycle);
      flash->ifetch_misses++;
    }
    if (cached) cache_fill(&flash->icache, address);
  }
  begin_prefetch(flash, read + 1, cycle + 1);
  return (unsigned)(flash->current_at - cycle);
}

unsigned flash_read(flash_interface_t *flash, uint32_t address, unsigned bytes, uint64_t cycle) {
  uint32_t first = address >> flash->read_shift;
  uint32_t last = (address + bytes - 1u) >> flash->read_shift;
  unsigned waited = flash->data_wait;
  flash->data_reads++;
  if (!flash->wait_states) return 0;
  for (uint32_t read = first; read <= last; read++) {
    if ((flash->on & FLASH_DCACHE) && cache_hit(&flash->dcache, read << flash->read_shift)) continue;
    uint64_t there = read_array(flash, cycle + waited);
    waited += (unsigned)(there - cycle - waited);
    flash->data_misses++;
    if (flash->on & FLASH_DCACHE) cache_fill(&flash->dcache, read << flash->read_shift);
  }
  return waited;
}

bool flash_fetch_rests(const flash_interface_t *flash, uint32_t first, uint32_t end) {
  enum { AHEAD = 16 }; /* bytes that a fetch queue may be ahead, and more */
  if (!flash->wait_states) return true;
  if (!(flash->on & FLASH_ICACHE)) return false;
  uint32_t read = first >> flash->read_shift, last = (end + AHEAD) >> flash->read_shift;
  for (; read <= last; read++) {
    if (!cache_holds(&flash->icache, read << flash->read_shift)) return false;
  }
  return !(flash->on & FLASH_PREFETCH) || read == flash->prefetched ||
         cache_holds(&flash->icache, read << flash->read_shift);
}

void flash_note_fetches(flash_interface_t *flash, const uint32_t *reads, unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    if (reads[i] == flash->current) continue;
    flash->current = reads[i];
    flash->current_at = 0; /* it is there */
    cache_hit(&flash->icache, reads[i] << flash->read_shift);
  }
}
