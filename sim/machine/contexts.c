/* Further timing contexts: one emulated run, timed for several cores, chips and clocks.

   Each has a pipeline, a memory system and a memo of its own; what was executed and where accesses went is worked out
   once. What firmware reads of the time, and when exceptions come, is as the first context has it. */
#include "machine/machine_private.h"

#include "base/diag.h"

#include <stdlib.h>
#include <string.h>

struct timing_context {
  const also_options_t *options;
  core_model_t *model;
  target_t *target;    /* NULL: ideal memory */
  memory_map_t map;    /* of the target */
  pipeline_t pipeline; /* its memory is the context's */
  profile_totals_t totals;
  memo_t *memo;
  memo_variant_t *last;    /* of the block before */
  memo_variant_t *pending; /* those with a count */
  bool live;               /* the pipeline is in the state it stands for; else in that behind LAST */
};
typedef struct timing_context timing_context_t;

/* ---- construction ---- */

static bool build_memory(machine_t *m, timing_context_t *c) {
  char directory[4096];
  snprintf(directory, sizeof directory, "%s/configs", m->options.data_directory);
  c->target = target_find(directory, "--mcu", c->options->mcu);
  if (!c->target || !memory_map_build(&c->map, c->target, m->program, &(memory_limits_t){0, 0})) return false;
  bool ok;
  memory_t *memory = memory_new(c->target, &ok);
  c->pipeline.memory = memory;
  if (!memory) return ok;
  int wait_states = target_wait_states(c->target, c->options->mhz);
  memory_set_flash(memory, wait_states > 0 ? (unsigned)wait_states : 0, c->target->flash.usual & c->target->flash.has);
  memory_set_l1(memory, true, true);
  return true;
}

static bool build(machine_t *m, timing_context_t *c) {
  c->model = cost_model_of(m->options.data_directory, c->options->core);
  if (!c->model || (c->options->mcu && !build_memory(m, c))) return false;
  pipeline_reset(&c->pipeline, c->model, c->pipeline.memory);
  c->memo = memo_new(&c->pipeline);
  c->live = true;
  if (strcmp(c->options->core, "m7") == 0) m->bb.builder.m7 = true; /* more must be known of each access */
  return c->memo != NULL;
}

bool contexts_build(machine_t *m) {
  if (!m->options.also_count) return true;
  m->contexts = calloc(m->options.also_count, sizeof *m->contexts);
  if (!m->contexts) return false;
  for (size_t i = 0; i < m->options.also_count; i++) {
    m->context_count++;
    m->contexts[i].options = &m->options.also[i];
    if (!build(m, &m->contexts[i])) return false;
  }
  return true;
}

void contexts_free(machine_t *m) {
  for (unsigned i = 0; i < m->context_count; i++) {
    timing_context_t *c = &m->contexts[i];
    memo_free(c->memo);
    memory_free(c->pipeline.memory);
    target_free(c->target);
    cost_model_free(c->model);
  }
  free(m->contexts);
}

/* ---- instruction by instruction ---- */

static void make_live(timing_context_t *c) {
  if (!c->live && c->last) memo_restore(c->memo, c->last);
  c->live = true;
  c->last = NULL;
}

/* The context's own answer to an access. */
static void ask(const timing_context_t *c, const insn_t *insn, outcome_t *outcome) {
  if (!outcome->has_address) return;
  const mapped_region_t *region = c->target ? memory_map_find(&c->map, outcome->address) : NULL;
  bool write = insn->memory == MEMORY_STORE;
  outcome->first_wait = !region ? 0 : write ? region->first_write : region->first_access;
  outcome->after_write_wait = region ? region->read_after_write : 0;
  outcome->memory_grade = region ? region->grade : (uint8_t)GRADE_DOCUMENTED;
  if (region) outcome->slave = region->slave;
}

static void step(timing_context_t *c, const insn_t *insn, const outcome_t *outcome, cost_t *cost) {
  outcome_t own = *outcome;
  ask(c, insn, &own);
  pipeline_step(&c->pipeline, insn, &own, cost);
}

static void add(timing_context_t *c, const cost_t *cost) {
  for (unsigned i = 0; i < cost->count; i++) {
    c->totals.causes[cost->charges[i].cause] += cost->charges[i].cycles;
    c->totals.grades[cost->charges[i].grade] += cost->charges[i].cycles;
  }
  c->totals.instructions++;
  c->totals.pairs += cost->paired;
  c->totals.predicted += cost->predicted;
  c->totals.mispredicted += cost->mispredicted;
}

void contexts_time(machine_t *m, const code_slot_t *slot) {
  outcome_t outcome = m->outcome;
  outcome.prediction = PREDICTION_OPEN;
  for (unsigned i = 0; i < m->context_count; i++) {
    cost_t cost;
    make_live(&m->contexts[i]);
    step(&m->contexts[i], &slot->insn, &outcome, &cost);
    add(&m->contexts[i], &cost);
  }
}

/* ---- block by block ---- */

static memo_variant_t *time_anew(machine_t *m, timing_context_t *c, const way_t *way, const jump_t *jump,
                                 unsigned given) {
  const run_t *run = &m->bb.block->run;
  cursor_t cursor = {0, 0};
  if (!c->live && c->last) memo_restore(c->memo, c->last);
  c->live = true;
  if (way->node) memo_record_begin(c->memo, given);
  for (unsigned i = 0; i < run->count; i++) {
    outcome_t outcome = blocks_outcome_of(m, i, &cursor);
    if (i + 1 == run->count) {
      outcome.next = jump->next;
      outcome.taken = jump->taken;
      outcome.prediction = (uint8_t)jump->prediction;
    }
    cost_t cost;
    step(c, run->insns[i], &outcome, &cost);
    if (way->node) memo_record(c->memo, i, &cost);
    add(c, &cost);
  }
  return way->node ? memo_record_end(c->memo, way->node, way->key, jump->next) : NULL;
}

static memo_node_t *node_of(machine_t *m, timing_context_t *c, block_t *block) {
  if (!c->last) return memo_enter(c->memo, &block->run, m->previous);
  if (!c->last->to || c->last->to->run != &block->run) {
    c->last->to = memo_follow(c->memo, c->last, &block->run, m->previous);
  }
  return c->last->to;
}

/* Where the context's own map tells accesses apart that the first one's does not. */
static void add_regions(const machine_t *m, const timing_context_t *c, const block_t *block, uint64_t *key) {
  for (unsigned i = 0; i < block->access_count; i++) {
    if (!m->bb.found[i].region) continue;
    const mapped_region_t *region = memory_map_find(&c->map, m->bb.found[i].address);
    blocks_add_to_key(key, region ? (uint64_t)(region - c->map.regions) + 1 : 0);
  }
}

static void settle(timing_context_t *c) {
  for (memo_variant_t *variant = c->pending; variant; variant = variant->pending) {
    uint64_t count = variant->count;
    variant->count = 0;
    for (unsigned i = 0; i < variant->charge_count; i++) {
      c->totals.causes[variant->charges[i].cause] += variant->charges[i].cycles * count;
      c->totals.grades[variant->charges[i].grade] += variant->charges[i].cycles * count;
    }
    c->totals.instructions += count * variant->from->run->count;
    c->totals.pairs += count * variant->pairs;
    c->totals.predicted += count * variant->predicted;
    c->totals.mispredicted += count * variant->mispredicted;
  }
  c->pending = NULL;
}

static void forget(timing_context_t *c) {
  settle(c);
  make_live(c);
  memo_forget(c->memo);
}

static void pass(machine_t *m, timing_context_t *c, block_t *block, uint64_t key, jump_t jump) {
  jump.prediction = pipeline_predict(&c->pipeline, block->run.insns[block->run.count - 1], jump.taken, jump.next);
  if (block->divides) blocks_add_divides(m, block, c->model, &key);
  if (jump.prediction) blocks_add_to_key(&key, jump.prediction);
  if (c->target) add_regions(m, c, block, &key);
  way_t way = {&c->pipeline, c->memo, node_of(m, c, block), key, jump.next};
  unsigned given;
  memo_variant_t *variant = blocks_find_variant(m, block, &way, &given);
  if (variant) {
    memo_count(&c->pending, variant);
    blocks_pass(m, block, &c->pipeline, variant);
    c->live = false;
  } else {
    variant = time_anew(m, c, &way, &jump, given);
  }
  c->last = variant;
  if (memo_is_full(c->memo)) forget(c);
}

void contexts_pass(machine_t *m, block_t *block, uint64_t key, const jump_t *jump) {
  for (unsigned i = 0; i < m->context_count; i++)
    pass(m, &m->contexts[i], block, key, *jump);
}

/* ---- results ---- */

void contexts_collect(machine_t *m, results_t *r) {
  r->also = calloc(m->context_count + 1u, sizeof *r->also);
  for (unsigned i = 0; r->also && i < m->context_count; i++) {
    timing_context_t *c = &m->contexts[i];
    cost_t cost;
    settle(c);
    make_live(c);
    pipeline_drain(&c->pipeline, &cost);
    for (unsigned n = 0; n < cost.count; n++) {
      c->totals.causes[cost.charges[n].cause] += cost.charges[n].cycles;
      c->totals.grades[cost.charges[n].grade] += cost.charges[n].cycles;
    }
    also_result_t *to = &r->also[r->also_count++];
    *to = (also_result_t){.mhz = c->options->mhz,
                          .cycles = c->pipeline.now,
                          .instructions = c->totals.instructions,
                          .pairs = c->totals.pairs,
                          .branches = c->totals.predicted,
                          .mispredicts = c->totals.mispredicted};
    memcpy(to->causes, c->totals.causes, sizeof to->causes);
    memcpy(to->grade_cycles, c->totals.grades, sizeof to->grade_cycles);
  }
}
