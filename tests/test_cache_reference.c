/* The cache directory against another one that shares nothing with it: lists in order of use. Both see the instruction
   and data addresses of whole programs, as the emulated core issues them, and must agree on every single access: hit or
   miss, and whether what leaves is dirty. Replacement is the least recently used. */
#include "image/program.h"
#include "machine/engine.h"
#include "run_suite.h"
#include "timing/cache.h"

#include <stdio.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* ---- The reference: per set a list, most recent first ---- */

typedef struct line {
  struct line *next;
  uint64_t number; /* address / line_bytes */
  bool dirty;
} line_t;

typedef struct {
  unsigned sets, ways, line_bytes;
  line_t **first; /* [sets] */
} reference_t;

typedef struct {
  bool hit, leaves_dirty;
} seen_t;

static reference_t reference_new(unsigned bytes, unsigned ways, unsigned line_bytes) {
  unsigned sets = bytes / (ways * line_bytes);
  reference_t reference = {sets, ways, line_bytes, calloc(sets, sizeof(line_t *))};
  ck_assert_ptr_nonnull(reference.first);
  return reference;
}

static void reference_free(reference_t *reference) {
  for (unsigned set = 0; set < reference->sets; set++) {
    while (reference->first[set]) {
      line_t *line = reference->first[set];
      reference->first[set] = line->next;
      free(line);
    }
  }
  free(reference->first);
}

/* The line leaves its list; NULL when it is not there. */
static line_t *take_out(reference_t *reference, uint64_t number) {
  line_t **link = &reference->first[number % reference->sets];
  while (*link && (*link)->number != number)
    link = &(*link)->next;
  line_t *line = *link;
  if (line) *link = line->next;
  return line;
}

static void put_first(reference_t *reference, line_t *line) {
  line_t **first = &reference->first[line->number % reference->sets];
  line->next = *first;
  *first = line;
}

/* Removes what is more than a set has room for. True: it was dirty. */
static bool drop_last(reference_t *reference, uint64_t number) {
  line_t **link = &reference->first[number % reference->sets];
  for (unsigned i = 0; i < reference->ways && *link; i++)
    link = &(*link)->next;
  if (!*link) return false;
  bool dirty = (*link)->dirty;
  free(*link);
  *link = NULL;
  return dirty;
}

static seen_t reference_access(reference_t *reference, uint32_t address, bool write) {
  uint64_t number = address / reference->line_bytes;
  line_t *line = take_out(reference, number);
  seen_t seen = {.hit = line != NULL};
  if (!line) {
    line = calloc(1, sizeof *line);
    ck_assert_ptr_nonnull(line);
    line->number = number;
  }
  line->dirty |= write;
  put_first(reference, line);
  seen.leaves_dirty = drop_last(reference, number);
  return seen;
}

static bool reference_remove(reference_t *reference, uint32_t address) {
  line_t *line = take_out(reference, address / reference->line_bytes);
  bool dirty = line && line->dirty;
  free(line);
  return dirty;
}

/* ---- The same access of the model's cache: write back, allocating for reads and writes ---- */

static seen_t cache_access(cache_t *cache, uint32_t address, bool write) {
  seen_t seen = {.hit = cache_hit(cache, address)};
  if (!seen.hit) seen.leaves_dirty = cache_fill(cache, address).dirty;
  if (write) cache_set_dirty(cache, address);
  return seen;
}

/* ---- Both side by side ---- */

typedef struct {
  const char *what;
  unsigned bytes, ways, line_bytes;
  cache_t cache;
  reference_t reference;
  uint64_t accesses, hits, dirty;
} pair_t;

static void pair_begin(pair_t *pair) {
  ck_assert(cache_init(&pair->cache, pair->bytes, pair->ways, pair->line_bytes, REPLACE_LEAST_RECENT));
  pair->reference = reference_new(pair->bytes, pair->ways, pair->line_bytes);
  pair->accesses = pair->hits = pair->dirty = 0;
}

static void pair_end(pair_t *pair) {
  cache_free(&pair->cache);
  reference_free(&pair->reference);
}

static void pair_access(pair_t *pair, uint32_t address, bool write) {
  seen_t seen = cache_access(&pair->cache, address, write);
  seen_t expected = reference_access(&pair->reference, address, write);
  if (seen.hit != expected.hit || seen.leaves_dirty != expected.leaves_dirty) {
    ck_abort_msg("%s cache of %u bytes, %u ways: access %llu to 0x%08x: hit %d, reference %d; dirty line leaves %d, "
                 "reference %d",
                 pair->what, pair->bytes, pair->ways, (unsigned long long)pair->accesses, address, seen.hit,
                 expected.hit, seen.leaves_dirty, expected.leaves_dirty);
  }
  pair->accesses++;
  pair->hits += seen.hit;
  pair->dirty += seen.leaves_dirty;
}

/* ---- Traces: a program run by the engine alone, until it ends by semihosting ---- */

static pair_t instruction_caches[] = {
    {.what = "instruction", .bytes = 4096, .ways = 2, .line_bytes = 32}, /* STM32F746 */
    {.what = "instruction", .bytes = 32768, .ways = 2, .line_bytes = 32},
    {.what = "instruction", .bytes = 1024, .ways = 64, .line_bytes = 16}, /* ART accelerator of an STM32F4 */
    {.what = "instruction", .bytes = 512, .ways = 1, .line_bytes = 32},
};
static pair_t data_caches[] = {
    {.what = "data", .bytes = 4096, .ways = 4, .line_bytes = 32}, /* STM32F746 */
    {.what = "data", .bytes = 16384, .ways = 4, .line_bytes = 32},
    {.what = "data", .bytes = 32768, .ways = 4, .line_bytes = 32},
    {.what = "data", .bytes = 1024, .ways = 1, .line_bytes = 16},
    {.what = "data", .bytes = 128, .ways = 8, .line_bytes = 16}, /* ART accelerator of an STM32F4 */
};

static void on_insn(void *context, uint32_t address) {
  (void)context;
  for (size_t i = 0; i < LENGTH(instruction_caches); i++)
    pair_access(&instruction_caches[i], address, false);
}

/* An access over the end of a line is one of each. */
static void on_access(void *context, uint32_t address, unsigned bytes, bool write) {
  (void)context;
  if (address >= 0xE0000000u) return; /* the private peripheral bus is not cached */
  for (size_t i = 0; i < LENGTH(data_caches); i++) {
    uint32_t last = address + bytes - 1;
    pair_access(&data_caches[i], address, write);
    if ((address ^ last) & ~(data_caches[i].line_bytes - 1u)) pair_access(&data_caches[i], last, write);
  }
}

enum { CCSIDR = 0xE000ED80, CPUID = 0xE000ED00 };

static uint32_t on_ppb_read(void *context, uint32_t address, unsigned bytes) {
  (void)context, (void)bytes;
  return address == CCSIDR ? 0x7003E019u : 0; /* a data cache of 4 KiB: 32 sets, 4 ways, 32 bytes */
}

static void on_ppb_write(void *context, uint32_t address, unsigned bytes, uint32_t value) {
  (void)context, (void)address, (void)bytes, (void)value;
}

static trap_answer_t on_trap(void *context, trap_kind_t kind, uint32_t address) {
  enum { SYS_EXIT = 0x18, SYS_EXIT_EXTENDED = 0x20 };
  engine_t **engine = context;
  ck_assert_msg(kind == TRAP_BKPT, "trap %d at 0x%08x", (int)kind, address);
  uint32_t operation = engine_register(*engine, 0);
  if (operation == SYS_EXIT_EXTENDED) ck_abort_msg("the program failed");
  return operation == SYS_EXIT ? TRAP_STOP : TRAP_RESUME;
}

/* Maps each piece of memory once: pages of what is loaded and what the program uses besides. */
static void load(engine_t *engine, const program_t *program) {
  static const struct {
    uint32_t base, bytes;
  } memories[] = {{0, 0x10000}, {0x08000000, 0x80000}, {0x20000000, 0x20000}, {0x24000000, 0x50000}};
  static uint8_t contents[LENGTH(memories)][0x80000];
  memset(contents, 0, sizeof contents);
  for (size_t i = 0; i < LENGTH(memories); i++)
    ck_assert(engine_map(engine, memories[i].base, memories[i].bytes, true, contents[i]));
  for (size_t i = 0; i < program->segment_count; i++) {
    const segment_t *segment = &program->segments[i];
    ck_assert(!segment->file_bytes || engine_write(engine, segment->load_address, segment->data, segment->file_bytes));
  }
}

static void report(const char *name, const pair_t *pair) {
  printf("%-26s %-11s %5u bytes, %2u ways: %8llu accesses, %7llu misses, %6llu written back\n", name, pair->what,
         pair->bytes, pair->ways, (unsigned long long)pair->accesses, (unsigned long long)(pair->accesses - pair->hits),
         (unsigned long long)pair->dirty);
}

static const char *const programs[] = {"house_price-m7",        "human_activity-m7", "placement_flash-m7",
                                       "placement_axi_sram-m7", "dcache_h7-m7",      "straight-m4"};

START_TEST(a_program_hits_and_misses_as_in_the_reference) {
  const char *name = programs[_i];
  char path[512];
  snprintf(path, sizeof path, "%s/%s.elf", CMSIM_FIRMWARE_DIR, name);
  program_t *program = program_open(path, &(program_options_t){0});
  ck_assert_ptr_nonnull(program);
  for (size_t i = 0; i < LENGTH(instruction_caches); i++)
    pair_begin(&instruction_caches[i]);
  for (size_t i = 0; i < LENGTH(data_caches); i++)
    pair_begin(&data_caches[i]);

  engine_t *engine = NULL;
  const engine_callbacks_t callbacks = {.context = &engine,
                                        .insn = on_insn,
                                        .access = on_access,
                                        .ppb_read = on_ppb_read,
                                        .ppb_write = on_ppb_write,
                                        .trap = on_trap};
  engine = engine_new(strstr(name, "-m7") ? ENGINE_CORTEX_M7 : ENGINE_CORTEX_M4, &callbacks);
  ck_assert_ptr_nonnull(engine);
  load(engine, program);
  engine_set_register(engine, 13, program->initial_sp);
  ck_assert_int_eq(engine_run(engine, program->reset_handler), ENGINE_STOPPED);

  for (size_t i = 0; i < LENGTH(instruction_caches); i++) {
    const pair_t *pair = &instruction_caches[i];
    report(name, pair);
    ck_assert_uint_gt(pair->accesses, 70000);
    ck_assert_uint_gt(pair->accesses - pair->hits, 32);
    ck_assert_uint_eq(pair->dirty, 0);
  }
  for (size_t i = 0; i < LENGTH(data_caches); i++) {
    const pair_t *pair = &data_caches[i];
    report(name, pair);
    ck_assert_uint_gt(pair->accesses, 10000);
    ck_assert_uint_gt(pair->hits, pair->accesses / 4);
  }
  engine_free(engine);
  program_close(program);
  for (size_t i = 0; i < LENGTH(instruction_caches); i++)
    pair_end(&instruction_caches[i]);
  for (size_t i = 0; i < LENGTH(data_caches); i++)
    pair_end(&data_caches[i]);
}
END_TEST

/* What no program does often enough: lines thrown out or cleaned in between, by address. */
START_TEST(maintenance_by_address_leaves_what_the_reference_has) {
  enum { STEPS = 200000, LINES = 4096 };
  uint64_t seed = 1;
  for (size_t i = 0; i < LENGTH(data_caches); i++) {
    pair_t *pair = &data_caches[i];
    pair_begin(pair);
    for (unsigned step = 0; step < STEPS; step++) {
      seed = seed * 6364136223846793005u + 1442695040888963407u;
      unsigned near = (unsigned)(seed >> 24 & 3u) * 3u; /* some lines are asked for more often than others */
      uint32_t address = 0x24000000u + (uint32_t)(seed >> 33) % ((uint32_t)LINES * pair->line_bytes >> near);
      unsigned what = (unsigned)(seed >> 28 & 15u);
      if (what == 0) {
        ck_assert_int_eq(cache_invalidate(&pair->cache, address), reference_remove(&pair->reference, address));
      } else if (what == 1) {
        line_t *line = take_out(&pair->reference, address / pair->line_bytes);
        ck_assert_int_eq(cache_holds(&pair->cache, address), line != NULL);
        ck_assert_int_eq(cache_clean(&pair->cache, address), line && line->dirty);
        if (line) { /* a clean is no use: what was taken out goes back as if used, so the cache is told as well */
          line->dirty = false;
          put_first(&pair->reference, line);
          ck_assert(cache_hit(&pair->cache, address));
        }
      } else {
        pair_access(pair, address, what & 1u);
      }
    }
    ck_assert_uint_gt(pair->dirty, 1000);
    pair_end(pair);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("cache_reference");
  TCase *tcase = tcase_create("cache_reference");
  tcase_set_timeout(tcase, 300);
  tcase_add_loop_test(tcase, a_program_hits_and_misses_as_in_the_reference, 0, (int)LENGTH(programs));
  tcase_add_test(tcase, maintenance_by_address_leaves_what_the_reference_has);
  suite_add_tcase(suite, tcase);
  return run_suite(suite);
}
