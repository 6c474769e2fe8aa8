/* Does the image fit the chip? Before the run: is there memory wherever it wants some, and if not, how much is missing
   and which chips have it. After the run: how much of each memory is in use. */
#include "machine/machine_private.h"

#include "base/diag.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

/* [start, end) of addresses. */
typedef struct {
  uint64_t start, end;
} span_t;

typedef struct {
  span_t *list;
  size_t count;
} spans_t;

static void add_span(spans_t *spans, uint64_t start, uint64_t end) {
  if (spans->list && end > start) spans->list[spans->count++] = (span_t){start, end};
}

/* Backup RAM and the like, which start-up code fills: the peripherals answer there. */
static bool is_peripheral_space(uint32_t address) { return address >= 0x40000000u && address < 0x60000000u; }

/* What the image stores and what it uses at run time. MORE: room for that many further spans. */
static spans_t image_spans(const program_t *program, size_t more) {
  spans_t spans = {calloc(2 * program->segment_count + more + 1, sizeof *spans.list), 0};
  for (size_t i = 0; i < program->segment_count; i++) {
    const segment_t *s = &program->segments[i];
    add_span(&spans, s->load_address, (uint64_t)s->load_address + s->file_bytes);
    bool copied = s->load_address != s->run_address;
    if (copied && is_peripheral_space(s->run_address)) continue;
    add_span(&spans, s->run_address, (uint64_t)s->run_address + s->memory_bytes);
  }
  return spans;
}

static uint64_t end_of(const region_t *region) { return (uint64_t)region->base + region->bytes; }

static bool is_memory(const region_t *region) { return region->kind != REGION_DEVICE; }

static const region_t *region_of(const target_t *target, uint64_t address) {
  for (size_t i = 0; i < target->region_count; i++) {
    const region_t *region = &target->regions[i];
    if (is_memory(region) && address >= region->base && address < end_of(region)) return region;
  }
  return NULL;
}

/* The first address from START on that has no memory; END when all have. Regions may touch. */
static uint64_t first_hole(const target_t *target, uint64_t start, uint64_t end) {
  uint64_t at = start;
  for (const region_t *region; at < end && (region = region_of(target, at)) != NULL;)
    at = end_of(region);
  return at < end ? at : end;
}

/* A chip with flash of its own has what its file lists; others have memory where the image wants it. */
static bool memory_is_given(const machine_t *m) {
  for (size_t i = 0; i < m->target->region_count; i++) {
    if (m->target->regions[i].kind == REGION_FLASH) return true;
  }
  return false;
}

/* ---- before the run ---- */

static bool suits(const target_t *target, const spans_t *spans, uint32_t initial_sp) {
  for (size_t i = 0; i < spans->count; i++) {
    if (first_hole(target, spans->list[i].start, spans->list[i].end) < spans->list[i].end) return false;
  }
  const region_t *stack = region_of(target, (uint64_t)initial_sp - 4);
  return stack && stack->kind != REGION_FLASH;
}

/* Names of the chips in configs/ with this core and memory wherever the image wants some. */
static void list_suitable(const machine_t *m, const spans_t *spans, char *list, size_t size) {
  enum { NAMES_MAX = 8 };
  char directory[4096];
  struct dirent **entries;
  snprintf(directory, sizeof directory, "%s/configs", m->options.data_directory);
  int count = scandir(directory, &entries, NULL, alphasort), named = 0;
  size_t used = 0;
  list[0] = '\0';
  for (int i = 0; i < count; i++) {
    char *name = entries[i]->d_name, *suffix = strrchr(name, '.');
    bool chip = suffix && strcmp(suffix, ".yaml") == 0 && strncmp(name, "generic-", 8) != 0;
    if (chip) *suffix = '\0';
    target_t *target = chip && named <= NAMES_MAX ? target_load(directory, name) : NULL;
    if (target && strcmp(target->core, m->target->core) == 0 && suits(target, spans, m->program->initial_sp)) {
      bool more = named++ == NAMES_MAX;
      int n = snprintf(list + used, size - used, "%s %s", named > 1 ? "," : "", more ? "..." : name);
      used += n > 0 && (size_t)n < size - used ? (size_t)n : 0;
    }
    target_free(target);
    free(entries[i]);
  }
  if (count >= 0) free(entries);
}

/* The memory that ends at or below ADDRESS and should have reached further: the nearest, if it is near. */
static const region_t *too_small(const target_t *target, uint64_t address) {
  enum { NEAR = 0x1000000 }; /* 16 MiB: further away is another kind of memory */
  const region_t *best = NULL;
  for (size_t i = 0; i < target->region_count; i++) {
    const region_t *region = &target->regions[i];
    if (is_memory(region) && end_of(region) <= address && address - end_of(region) < NEAR) best = region;
  }
  return best;
}

/* Where what belongs behind REGION ends: spans from there to the next region. */
static uint64_t wanted_end(const target_t *target, const spans_t *spans, const region_t *region, uint64_t end) {
  uint64_t next = UINT64_MAX;
  for (size_t i = 0; i < target->region_count; i++) {
    if (target->regions[i].base >= end_of(region) && target->regions[i].base < next) next = target->regions[i].base;
  }
  for (size_t i = 0; i < spans->count; i++) {
    const span_t *span = &spans->list[i];
    if (span->start >= region->base && span->start < next && span->end > end) end = span->end;
  }
  return end;
}

static void refuse(const machine_t *m, const spans_t *spans, uint64_t hole, uint64_t end, const char *what) {
  char list[512];
  const region_t *region = too_small(m->target, hole);
  list_suitable(m, spans, list, sizeof list);
  const char *chips = *list ? "; chips with memory there:" : "";
  if (region) {
    uint64_t wanted = wanted_end(m->target, spans, region, end);
    diag_error(
        "%s: does not fit %s: region %s (%u bytes at 0x%08x) is too small by %llu bytes for %s up to 0x%08llx%s%s",
        m->program->path, m->target->name, region->name, (unsigned)region->bytes, (unsigned)region->base,
        (unsigned long long)(wanted - end_of(region)), what, (unsigned long long)wanted, chips, list);
  } else {
    diag_error("%s: does not fit %s, which has no memory at 0x%08llx, where the image has %s (%llu bytes): it must be "
               "linked for this chip%s%s",
               m->program->path, m->target->name, (unsigned long long)hole, what, (unsigned long long)(end - hole),
               chips, list);
  }
}

/* A stack pointer just past the end of RAM is right: it grows down. Stacks in flash are refused elsewhere. */
static bool stack_fits(const machine_t *m, const spans_t *spans) {
  uint64_t sp = m->program->initial_sp;
  if (sp < 4 || region_of(m->target, sp - 4)) return true;
  refuse(m, spans, sp - 4, sp, "its stack");
  return false;
}

bool fit_check(const machine_t *m) {
  if (!memory_is_given(m) || m->options.flash_bytes || m->options.ram_bytes) return true;
  spans_t spans = image_spans(m->program, 0);
  bool fits = true;
  for (size_t i = 0; i < spans.count && fits; i++) {
    const span_t *span = &spans.list[i];
    uint64_t hole = first_hole(m->target, span->start, span->end);
    fits = hole == span->end;
    if (!fits) refuse(m, &spans, hole, span->end, "code and data");
  }
  fits = fits && stack_fits(m, &spans);
  free(spans.list);
  return fits;
}

/* ---- after the run ---- */

static int by_start(const void *a, const void *b) {
  const span_t *x = a, *y = b;
  return (x->start > y->start) - (x->start < y->start);
}

/* Bytes of REGION inside any of the sorted SPANS. */
static uint64_t bytes_used(const region_t *region, const spans_t *spans) {
  uint64_t used = 0, at = region->base;
  for (size_t i = 0; i < spans->count; i++) {
    uint64_t start = spans->list[i].start > at ? spans->list[i].start : at;
    uint64_t end = spans->list[i].end < end_of(region) ? spans->list[i].end : end_of(region);
    if (end <= start) continue;
    used += end - start;
    at = end;
  }
  return used;
}

/* Two flash regions of one size are one flash under two addresses: no part has two equal ones. */
static bool is_repeated(const target_t *target, size_t index) {
  const region_t *region = &target->regions[index];
  for (size_t i = 0; i < index && region->kind == REGION_FLASH; i++) {
    if (target->regions[i].kind == REGION_FLASH && target->regions[i].bytes == region->bytes) return true;
  }
  return false;
}

static void add_region(fit_t *fit, const target_t *target, size_t index, const spans_t *spans) {
  const region_t *region = &target->regions[index];
  if (!is_memory(region)) return;
  fit_region_t *to = &fit->regions[fit->region_count++];
  *to = (fit_region_t){.name = strdup(region->name),
                       .in_ram = region->kind != REGION_FLASH,
                       .repeated = is_repeated(target, index),
                       .used = bytes_used(region, spans),
                       .bytes = region->bytes};
  *(to->in_ram ? &fit->ram_used : &fit->flash_used) += to->used;
  if (!to->repeated) *(to->in_ram ? &fit->ram_bytes : &fit->flash_bytes) += to->bytes;
}

void collect_fit(machine_t *m, results_t *r) {
  if (!memory_is_given(m)) return;
  spans_t spans = image_spans(m->program, m->stack_count + 1);
  r->fit.regions = calloc(m->target->region_count + 1, sizeof *r->fit.regions);
  if (!spans.list || !r->fit.regions) {
    free(spans.list);
    return;
  }
  for (unsigned i = 0; i < m->stack_count; i++)
    add_span(&spans, m->stacks[i].lowest, m->stacks[i].base);
  add_span(&spans, m->heap_start, m->heap_top);
  uint32_t lowest = m->stacks[0].lowest;
  bool met = m->heap_top > lowest && m->heap_start < lowest;
  if (met && m->heap_top - lowest > r->fit.short_bytes) r->fit.short_bytes = m->heap_top - lowest;
  qsort(spans.list, spans.count, sizeof *spans.list, by_start);
  for (size_t i = 0; i < m->target->region_count; i++)
    add_region(&r->fit, m->target, i, &spans);
  r->fit.known = true;
  free(spans.list);
}
