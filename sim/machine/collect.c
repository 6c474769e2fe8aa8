/* From counters to results_t, once, at the end. */
#include "machine/machine_private.h"

#include "base/yaml.h"

#include <stdlib.h>
#include <string.h>

#ifndef CMSIM_VERSION
#error "CMSIM_VERSION comes from the build"
#endif

static char *copy(const char *text) { return text ? strdup(text) : NULL; }

static void collect_regions(machine_t *m, results_t *r) {
  size_t count;
  const measured_region_t *regions = regions_list(m->call_regions, &count);
  r->regions = calloc(count + 1, sizeof *r->regions);
  if (!r->regions) return;
  for (size_t i = 0; i < count; i++) {
    const measured_region_t *from = &regions[i];
    region_result_t *to = &r->regions[r->region_count++];
    to->name = copy(from->name);
    to->calls = from->calls;
    to->cycles = from->cycles;
    to->min_cycles = from->calls ? from->min_cycles : 0;
    to->max_cycles = from->max_cycles;
    to->instructions = from->instructions;
    memcpy(to->causes, from->causes, sizeof to->causes);
    to->stack_peak_bytes = from->stack_peak;
    to->open = from->depth > 0;
  }
}

static int by_self_cycles(const void *a, const void *b) {
  const function_result_t *x = a, *y = b;
  if (x->self_cycles != y->self_cycles) return x->self_cycles < y->self_cycles ? 1 : -1;
  return strcmp(x->name, y->name);
}

static void add_slot(function_result_t *function, const code_slot_t *slot) {
  function->instructions += slot->profile.count;
  for (unsigned c = 0; c < CAUSE_COUNT; c++)
    function->causes[c] += slot->profile.cycles[c];
}

static void collect_functions(machine_t *m, results_t *r) {
  size_t known = m->program->function_count;
  function_result_t *all = calloc(known + 1, sizeof *all); /* the last one: code without a symbol */
  if (!all) return;
  for (code_slot_t *slot = code_first(m->code); slot; slot = slot->next_allocated) {
    add_slot(&all[slot->function >= 0 ? (size_t)slot->function : known], slot);
  }
  const call_count_t *calls = regions_calls(m->call_regions);
  size_t kept = 0;
  for (size_t i = 0; i <= known; i++) {
    if (all[i].instructions == 0) continue;
    function_result_t f = all[i];
    f.self_cycles = profile_sum(f.causes, CAUSE_COUNT);
    source_line_t line;
    if (i < known) {
      f.name = copy(m->program->functions[i].name);
      f.calls = calls[i].calls;
      f.total_cycles = calls[i].total_cycles;
      if (symbols_line(m->symbols, m->program->functions[i].address, &line)) {
        f.file = copy(line.file);
        f.line = line.line;
      }
    } else {
      f.name = copy("?");
    }
    /* Reached by falling through or by a jump that was no call: at least its own cycles. */
    if (f.total_cycles < f.self_cycles) f.total_cycles = f.self_cycles;
    all[kept++] = f;
  }
  qsort(all, kept, sizeof *all, by_self_cycles);
  r->functions = all;
  r->function_count = kept;
}

static void collect_objects(machine_t *m, results_t *r) {
  size_t count = m->program->object_count;
  r->objects = calloc(count + 1, sizeof *r->objects);
  if (!r->objects) return;
  for (size_t i = 0; i < count; i++) {
    const object_t *from = &m->program->objects[i];
    r->objects[r->object_count++] =
        (object_result_t){copy(from->name), copy(from->section), from->bytes, from->place == OBJECT_RAM};
  }
}

/* Static data that the deepest stack ran over: what lies in the stack's own region below its start. A segment that ends
   where the stack starts is its own reservation. Returns the bytes. */
static uint32_t check_stack(machine_t *m, const stack_extent_t *stack) {
  const mapped_region_t *region = memory_map_find(&m->map, stack->base - 4);
  uint64_t top = 0;
  for (size_t i = 0; i < m->program->segment_count; i++) {
    const segment_t *s = &m->program->segments[i];
    uint64_t end = (uint64_t)s->run_address + s->memory_bytes;
    bool below = region && s->run_address >= region->base && end < stack->base;
    if (below && s->writable && end > top) top = end;
  }
  if (stack->lowest >= top) return 0;
  add_warning(m, "stack-overrun", stack->lowest,
              "the stack grew down to 0x%08x, %u bytes into static data that ends at 0x%08x", (unsigned)stack->lowest,
              (unsigned)(top - stack->lowest), (unsigned)top);
  return (uint32_t)(top - stack->lowest);
}

/* All stacks together: what they need in RAM. */
static uint32_t stack_bytes(const machine_t *m) {
  uint32_t bytes = 0;
  for (unsigned i = 0; i < m->stack_count; i++)
    bytes += m->stacks[i].base - m->stacks[i].lowest;
  return bytes;
}

static void collect_memory(machine_t *m, results_t *r) {
  r->flash_bytes = m->program->flash_bytes;
  r->ram_static_bytes = m->program->ram_static_bytes;
  r->stack_peak_bytes = stack_bytes(m);
  r->static_unknown = !m->program->has_static;
  r->heap_known = m->sbrk_seen;
  r->heap_unknown = m->program->stripped;
  r->heap_peak_bytes = m->heap_top - m->heap_start;
}

static int by_address(const void *a, const void *b) {
  const insn_result_t *x = a, *y = b;
  return (x->address > y->address) - (x->address < y->address);
}

static void fill_insn(machine_t *m, insn_result_t *to, const code_slot_t *slot) {
  char text[96], source[256];
  const cost_row_t *row = &m->model->rows[slot->insn.cls];
  decode_text(code_decoder(m->code), &slot->insn, text, sizeof text);
  snprintf(source, sizeof source, "%s %s", row->from.source ? row->from.source : "?",
           row->from.place ? row->from.place : "");
  *to = (insn_result_t){.address = slot->insn.address,
                        .opcode = {slot->insn.opcode[0], slot->insn.opcode[1]},
                        .size = slot->insn.size,
                        .text = copy(text),
                        .count = slot->profile.count,
                        .cycles = profile_sum(slot->profile.cycles, CAUSE_COUNT),
                        .source = copy(source),
                        .grade = row->from.grade};
  memcpy(to->causes, slot->profile.cycles, sizeof to->causes);
  if (slot->function >= 0) to->function = copy(m->program->functions[slot->function].name);
  source_line_t line;
  if (!symbols_line(m->symbols, slot->insn.address, &line)) return;
  to->file = copy(line.file);
  to->line = line.line;
}

static void collect_insns(machine_t *m, results_t *r) {
  size_t count = 0;
  for (code_slot_t *slot = code_first(m->code); slot; slot = slot->next_allocated)
    count += slot->profile.count > 0;
  r->insns = calloc(count + 1, sizeof *r->insns);
  if (!r->insns) return;
  for (code_slot_t *slot = code_first(m->code); slot; slot = slot->next_allocated) {
    if (slot->profile.count > 0) fill_insn(m, &r->insns[r->insn_count++], slot);
  }
  qsort(r->insns, r->insn_count, sizeof *r->insns, by_address);
}

/* The chip's file and that of its peripherals, when it names one. */
static char *config_hash(const machine_t *m) {
  char both[2 * YAMLFILE_HASH_CHARS], hash[YAMLFILE_HASH_CHARS];
  if (!*peripherals_hash(m->peripherals)) return copy(m->target->hash);
  snprintf(both, sizeof both, "%s%s", m->target->hash, peripherals_hash(m->peripherals));
  yamlfile_hash(&(yamlfile_t){.text = both, .length = strlen(both)}, 1, hash);
  return copy(hash);
}

results_t *collect_results(machine_t *m) {
  results_t *r = calloc(1, sizeof *r);
  if (!r) return NULL;
  char memory[1024];
  memory_map_describe(&m->map, memory, sizeof memory);
  chip_collect(m, r);
  chip_describe(m, memory + strlen(memory), sizeof memory - strlen(memory));
  r->tool_version = copy(CMSIM_VERSION);
  r->cost_model_hash = copy(m->model->hash);
  r->config_hash = config_hash(m);
  r->firmware_path = copy(m->program->path);
  r->firmware_sha256 = copy(m->program->sha256);
  r->firmware_build_id = copy(m->program->build_id);
  r->core = copy(m->model->core);
  r->mcu = copy(m->options.mcu);
  r->memory = copy(memory);
  r->mhz = m->options.mhz;
  r->firmware_mhz =
      peripherals_clock_set(m->peripherals) ? (double)peripherals_hz(m->peripherals, PERIPHERALS_CORE) / 1e6 : 0;
  r->end = m->end;
  r->exit_code = m->exit_code;
  r->fault = m->end == RUN_FAULT ? copy(m->fault) : NULL;
  r->partial = run_end_is_early(m->end) || m->end == RUN_FAULT;
  r->cycles = m->pipeline.now;
  r->instructions = m->totals.instructions;
  memcpy(r->causes, m->totals.causes, sizeof r->causes);
  memcpy(r->grade_cycles, m->totals.grades, sizeof r->grade_cycles);
  r->pairs = m->totals.pairs;
  r->exceptions = m->exceptions_taken;
  profile_dwt(&m->totals, r->dwt);
  r->branches = m->totals.predicted;
  r->mispredicts = m->totals.mispredicted;
  collect_regions(m, r);
  collect_functions(m, r);
  collect_objects(m, r);
  collect_memory(m, r);
  r->fit.short_bytes = check_stack(m, &m->stacks[0]); /* other stacks lie in static data by design */
  collect_fit(m, r);
  if (m->context_count) contexts_collect(m, r);
  energy_collect(r, m->target, &m->options.energy);
  if (m->options.keep_insns) collect_insns(m, r);
  r->steps = m->trace.steps;
  r->step_count = m->trace.count;
  m->trace.steps = NULL;
  r->warnings = m->warnings;
  r->warning_count = m->warning_count;
  m->warnings = NULL;
  m->warning_count = 0;
  return r;
}
