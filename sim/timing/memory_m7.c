/* The memory system of a Cortex-M7: first level caches that a miss fills line by line, wanted word first, over buses to
   slaves that serve one access at a time. [TRM7 level one memory system; docs/validation/memory.md]

   Decisions. A load waits for the beat that it wants and for nothing else; the rest of the line comes meanwhile, and
   what wants it early waits for its beat. Stores wait only when the buffer is full. A dirty line leaves behind the fill
   that displaces it. */
#include "timing/memory.h"

#include "timing/cost_model.h"

static const slave_t *find_slave(const memory_t *memory, uint32_t address) {
  for (unsigned i = 0; i < memory->slave_count; i++) {
    if (address - memory->slaves[i].base < memory->slaves[i].bytes) return &memory->slaves[i];
  }
  return NULL; /* peripherals */
}

static slave_t *slave_of(memory_t *memory, uint32_t address) {
  slave_t *last = &memory->slaves[memory->last_slave];
  if (address - last->base < last->bytes) return last;
  const slave_t *found = find_slave(memory, address);
  if (!found) return NULL;
  memory->last_slave = (unsigned)(found - memory->slaves);
  return &memory->slaves[memory->last_slave];
}

policy_t memory_default_policy(uint32_t address) {
  switch (address >> 29) {
  case 0: return POLICY_WRITE_THROUGH;
  case 1: return POLICY_WRITE_BACK_ALLOCATE;
  case 3: return POLICY_WRITE_BACK_ALLOCATE;
  case 4: return POLICY_WRITE_THROUGH;
  default: return POLICY_UNCACHED;
  }
}

static policy_t policy_of(const memory_t *memory, uint32_t address) {
  return memory->policy ? memory->policy(memory->context, address) : memory_default_policy(address);
}

static uint64_t later_of(uint64_t a, uint64_t b) { return a > b ? a : b; }

static uint32_t line_of(const cache_t *cache, uint32_t address) {
  return address >> cache->line_shift << cache->line_shift;
}

/* Cycle in which the beat of ADDRESS is there. */
static uint64_t beat_arrives(const linefill_t *fill, uint32_t line_bytes, uint32_t address) {
  uint32_t offset = (address - fill->line - fill->first) & (line_bytes - 1u);
  return fill->from + (uint64_t)(offset / fill->beat_bytes) * fill->beat_cycles;
}

/* Cycles until the first beat; flash: its array is read unless the interface holds that read. */
static unsigned first_beat(memory_t *memory, const slave_t *slave, uint32_t address, bool instruction) {
  if (!slave->flash) return slave->first_read;
  uint32_t read = address >> memory->flash.read_shift;
  if (memory->flash_read[instruction] == read) return slave->first_read;
  memory->flash_read[instruction] = read;
  return slave->first_read + memory->flash.wait_states;
}

/* Asks SLAVE for the line of ADDRESS. */
static linefill_t fill_line(memory_t *memory, slave_t *slave, const cache_t *cache, uint32_t address, uint64_t cycle,
                            bool instruction) {
  uint32_t line_bytes = 1u << cache->line_shift;
  uint64_t begin = later_of(cycle, slave->free_at);
  linefill_t fill = {.line = line_of(cache, address),
                     .beat_bytes = slave->beat_bytes,
                     .beat_cycles = slave->beat_cycles,
                     .from = begin + first_beat(memory, slave, address, instruction)};
  fill.first = (address - fill.line) & ~(slave->beat_bytes - 1u);
  fill.until = fill.from + (uint64_t)(line_bytes / slave->beat_bytes - 1) * slave->beat_cycles;
  slave->free_at = fill.until;
  return fill;
}

static answer_t answer(uint64_t there, uint64_t cycle, unsigned cause, const slave_t *slave) {
  return (answer_t){
      .wait = there > cycle ? (unsigned)(there - cycle) : 0, .grade = slave->grade, .cause = (uint8_t)cause};
}

static const answer_t at_once = {0, 0, 0};

answer_t memory_fetch(memory_t *memory, uint32_t address, uint64_t cycle) {
  slave_t *slave = slave_of(memory, address);
  if (!slave || slave->tcm) return at_once;
  cache_t *cache = &memory->icache;
  if (!memory->icache_on || policy_of(memory, address) == POLICY_UNCACHED) {
    memory->counts.uncached_fetches++;
    uint64_t begin = later_of(cycle, slave->free_at);
    uint64_t there = begin + first_beat(memory, slave, address, true);
    if (slave->beat_bytes < sizeof(uint64_t)) there += slave->beat_cycles;
    slave->free_at = there;
    return answer(there, cycle, slave->flash ? CAUSE_FLASH : CAUSE_BUS, slave);
  }
  if (memory->ifill.beat_bytes && line_of(cache, address) == memory->ifill.line) {
    return answer(beat_arrives(&memory->ifill, 1u << cache->line_shift, address), cycle, CAUSE_ICACHE_MISS, slave);
  }
  if (cache_hit(cache, address)) {
    memory->counts.icache_hits++;
    return at_once;
  }
  memory->counts.icache_misses++;
  cache_fill(cache, address);
  uint64_t begin = later_of(cycle, memory->ifill.until);
  memory->ifill = fill_line(memory, slave, cache, address, begin, true);
  return answer(memory->ifill.from, cycle, CAUSE_ICACHE_MISS, slave);
}

/* A line of WRITE_BACK memory that has to leave takes its slave for as many beats as it has. */
static void write_back(memory_t *memory, uint32_t line, uint64_t cycle) {
  slave_t *slave = slave_of(memory, line);
  if (!slave) return;
  uint64_t begin = later_of(cycle, slave->free_at);
  slave->free_at = begin + slave->first_write +
                   (uint64_t)((1u << memory->dcache.line_shift) / slave->beat_bytes) * slave->beat_cycles;
  memory->counts.write_backs++;
}

static linefill_t *find_fill(memory_t *memory, uint32_t address) {
  uint32_t line = line_of(&memory->dcache, address);
  for (unsigned i = 0; i < LINEFILLS; i++) {
    if (memory->dfill[i].beat_bytes && memory->dfill[i].line == line) return &memory->dfill[i];
  }
  return NULL;
}

/* Brings the line of ADDRESS into the data cache: through the buffer that is free first. */
static const linefill_t *allocate(memory_t *memory, slave_t *slave, uint32_t address, uint64_t cycle) {
  linefill_t *fill = &memory->dfill[0];
  for (unsigned i = 1; i < LINEFILLS; i++) {
    if (memory->dfill[i].until < fill->until) fill = &memory->dfill[i];
  }
  linefill_t *before = find_fill(memory, address);
  if (before) before->beat_bytes = 0; /* the line came and went meanwhile */
  memory->counts.dcache_misses++;
  evicted_t evicted = cache_fill(&memory->dcache, address);
  *fill = fill_line(memory, slave, &memory->dcache, address, later_of(cycle, fill->until), false);
  if (evicted.dirty) write_back(memory, evicted.address, fill->until);
  return fill;
}

/* Beats of an access that no cache serves, behind the first. */
static unsigned further_beats(const slave_t *slave, unsigned bytes) {
  return bytes > slave->beat_bytes ? (bytes - 1) / slave->beat_bytes * slave->beat_cycles : 0;
}

static uint64_t load_piece(memory_t *memory, slave_t *slave, uint32_t address, unsigned bytes, uint64_t cycle,
                           unsigned *cause) {
  if (!memory->dcache_on || policy_of(memory, address) == POLICY_UNCACHED) {
    uint64_t begin = later_of(cycle, slave->free_at);
    uint64_t there = begin + first_beat(memory, slave, address, false) + further_beats(slave, bytes);
    slave->free_at = there;
    *cause = slave->flash ? CAUSE_FLASH : CAUSE_BUS;
    return there;
  }
  *cause = CAUSE_DCACHE_MISS;
  if (cache_hit(&memory->dcache, address)) {
    memory->counts.dcache_hits++;
    const linefill_t *fill = find_fill(memory, address);
    uint64_t there = fill && fill->until > cycle ? beat_arrives(fill, 1u << memory->dcache.line_shift, address) : cycle;
    return later_of(there, cycle);
  }
  memory->full_lines = 0; /* a load that misses ends dynamic read allocate mode */
  return allocate(memory, slave, address, cycle)->from;
}

/* How much of an access of BYTES lies in its first line; without a cache all of it is one access. */
static unsigned bytes_in_line(const memory_t *memory, uint32_t address, unsigned bytes) {
  if (!memory->dcache_on) return bytes;
  uint32_t line_bytes = 1u << memory->dcache.line_shift, left = line_bytes - (address & (line_bytes - 1u));
  return bytes < left ? bytes : left;
}

answer_t memory_load(memory_t *memory, uint32_t address, unsigned bytes, uint64_t cycle) {
  slave_t *slave = slave_of(memory, address);
  if (!slave || slave->tcm) return at_once;
  unsigned cause = 0;
  uint64_t there = cycle;
  for (unsigned left = bytes; left;) { /* line by line, where there are lines */
    unsigned piece = bytes_in_line(memory, address, left);
    there = later_of(there, load_piece(memory, slave, address, piece, there, &cause));
    address += piece;
    left -= piece;
  }
  return answer(there, cycle, cause, slave);
}

/* A store on its way to SLAVE without a cache: waits for room in the buffer; what falls into the doubleword of the
   store before joins it. */
static answer_t buffer_store(memory_t *memory, slave_t *slave, uint32_t address, unsigned bytes, uint64_t cycle) {
  uint32_t doubleword = address / (uint32_t)sizeof(uint64_t) + 1;
  unsigned last = (memory->next_store + STORE_BUFFER - 1u) % STORE_BUFFER;
  if (doubleword == memory->last_store && memory->stores[last] > cycle) return at_once;
  uint64_t room = later_of(memory->stores[memory->next_store], cycle);
  uint64_t begin = later_of(room, slave->free_at);
  slave->free_at = begin + slave->first_write + slave->beat_cycles + further_beats(slave, bytes);
  memory->stores[memory->next_store] = slave->free_at;
  memory->next_store = (memory->next_store + 1u) % STORE_BUFFER;
  memory->last_store = doubleword;
  return answer(room, cycle, CAUSE_BUS, slave);
}

/* Dynamic read allocate mode: behind three lines that were written whole and in order, stores that miss go out without
   filling a line. [TRM7 dynamic read allocate mode] */
static bool skips_allocation(memory_t *memory, uint32_t address, unsigned bytes) {
  enum { WHOLE_LINES = 3 }; /* not cycles: lines */
  uint32_t line_bytes = 1u << memory->dcache.line_shift, line = line_of(&memory->dcache, address);
  if (address != memory->full_line + memory->full_bytes) { /* a run begins, and counts from its first whole line on */
    memory->full_lines = memory->full_bytes = 0;
    memory->full_line = line;
    if (address != line) {
      memory->full_line += line_bytes;
      return false;
    }
  }
  memory->full_bytes += bytes;
  if (memory->full_bytes >= line_bytes) {
    memory->full_line += line_bytes;
    memory->full_bytes -= line_bytes;
    memory->full_lines++;
  }
  return memory->full_lines >= WHOLE_LINES && !memory->always_allocates;
}

static answer_t store_piece(memory_t *memory, slave_t *slave, uint32_t address, unsigned bytes, uint64_t cycle) {
  policy_t policy = memory->dcache_on ? policy_of(memory, address) : POLICY_UNCACHED;
  if (policy == POLICY_UNCACHED) return buffer_store(memory, slave, address, bytes, cycle);
  bool skips = skips_allocation(memory, address, bytes);
  bool hit = cache_hit(&memory->dcache, address);
  if (hit) memory->counts.dcache_hits++;
  if (policy == POLICY_WRITE_THROUGH) return buffer_store(memory, slave, address, bytes, cycle);
  if (!hit && policy == POLICY_WRITE_BACK_ALLOCATE && !skips) {
    uint64_t both_busy_until =
        memory->dfill[0].until < memory->dfill[1].until ? memory->dfill[0].until : memory->dfill[1].until;
    allocate(memory, slave, address, cycle);
    cache_set_dirty(&memory->dcache, address);
    return answer(both_busy_until, cycle, CAUSE_DCACHE_MISS, slave);
  }
  if (hit) {
    cache_set_dirty(&memory->dcache, address);
    return at_once;
  }
  memory->counts.allocations_skipped += skips;
  return buffer_store(memory, slave, address, bytes, cycle);
}

answer_t memory_store(memory_t *memory, uint32_t address, unsigned bytes, uint64_t cycle) {
  slave_t *slave = slave_of(memory, address);
  if (!slave || slave->tcm) return at_once;
  answer_t all = at_once;
  for (unsigned left = bytes; left;) {
    unsigned piece = bytes_in_line(memory, address, left);
    answer_t one = store_piece(memory, slave, address, piece, cycle + all.wait);
    one.wait += all.wait;
    if (one.wait) all = one;
    address += piece;
    left -= piece;
  }
  return all;
}

/* ---- at rest ---- */

bool m7_fetch_rests(const memory_t *memory, uint32_t first, uint32_t end, uint64_t now) {
  const cache_t *cache = &memory->icache;
  const slave_t *slave = find_slave(memory, first);
  if (!slave || slave->tcm) return true;
  if (!memory->icache_on || policy_of(memory, first) == POLICY_UNCACHED) return false;
  uint32_t line_bytes = 1u << cache->line_shift;
  bool filled = memory->ifill.beat_bytes && now < memory->ifill.until + MEMORY_REST_CYCLES;
  for (uint32_t line = line_of(cache, first); line < end; line += line_bytes) {
    if (filled && line == memory->ifill.line) return false;
    if (!cache_holds(cache, line)) return false;
  }
  return true;
}

void memory_maintain(memory_t *memory, maintenance_t what, uint32_t value, uint64_t cycle) {
  cache_t *dcache = &memory->dcache;
  enum { WAY_BIT = 32, SET_MASK = 0x1FF }; /* not cycles: layout of DCISW and its like */
  unsigned way_bits = dcache->ways > 1 ? (unsigned)__builtin_ctz(dcache->ways) : 0;
  unsigned way = way_bits ? value >> (WAY_BIT - way_bits) : 0, set = value >> dcache->line_shift & SET_MASK;
  uint32_t line = line_of(dcache, value);
  bool dirty = false;
  switch (what) {
  case MAINTAIN_INVALIDATE_ICACHE:
    cache_invalidate_all(&memory->icache);
    memory->ifill.beat_bytes = 0;
    break;
  case MAINTAIN_INVALIDATE_INSTRUCTION_LINE:
    cache_invalidate(&memory->icache, value);
    memory->ifill.beat_bytes = 0;
    break;
  case MAINTAIN_INVALIDATE_LINE: cache_invalidate(dcache, value); break;
  case MAINTAIN_CLEAN_LINE: dirty = cache_clean(dcache, value); break;
  case MAINTAIN_CLEAN_INVALIDATE_LINE: dirty = cache_invalidate(dcache, value); break;
  case MAINTAIN_INVALIDATE_PLACE: cache_clean_place(dcache, set, way, true, &line); break;
  case MAINTAIN_CLEAN_PLACE: dirty = cache_clean_place(dcache, set, way, false, &line); break;
  case MAINTAIN_CLEAN_INVALIDATE_PLACE: dirty = cache_clean_place(dcache, set, way, true, &line); break;
  }
  if (dirty) write_back(memory, line, cycle);
}
