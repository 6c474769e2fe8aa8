/* The timeline: one pass of one function, instruction by instruction, as the pipeline issued them. */
#include "machine/machine_private.h"

#include <string.h>

/* The heaviest charge beyond the one issue cycle. */
static cause_t main_cause(const cost_t *cost) {
  cause_t cause = CAUSE_ISSUE;
  unsigned most = 0;
  for (unsigned i = 0; i < cost->count; i++) {
    const charge_t *charge = &cost->charges[i];
    if (charge->previous || charge->cause == CAUSE_ISSUE || charge->cycles <= most) continue;
    most = charge->cycles;
    cause = (cause_t)charge->cause;
  }
  return cause;
}

/* Late charges belong to the step before. */
static void settle_previous(trace_t *t, const cost_t *cost) {
  if (t->count == 0) return;
  step_result_t *previous = &t->steps[t->count - 1];
  for (unsigned i = 0; i < cost->count; i++) {
    if (!cost->charges[i].previous) continue;
    previous->occupied += cost->charges[i].cycles;
    if (previous->cause == CAUSE_ISSUE) previous->cause = (cause_t)cost->charges[i].cause;
  }
}

static bool starts_here(machine_t *m, const code_slot_t *slot) {
  trace_t *t = &m->trace;
  return slot->function == t->function && slot->function_entry && ++t->passes_seen == t->pass;
}

void trace_step(machine_t *m, const code_slot_t *slot, const cost_t *cost, uint64_t issue) {
  trace_t *t = &m->trace;
  if (!t->active) {
    if (!starts_here(m, slot)) return;
    t->active = true;
    t->start = issue - (cost->paired ? 1 : 0);
    t->return_sp = m->sp;
  } else {
    settle_previous(t, cost);
  }
  char text[96];
  decode_text(code_decoder(m->code), &slot->insn, text, sizeof text);
  uint32_t waited = 0, occupied = 0;
  for (unsigned i = 0; i < cost->count; i++) {
    if (cost->charges[i].previous) continue;
    *(i < cost->before ? &waited : &occupied) += cost->charges[i].cycles;
  }
  t->steps[t->count++] = (step_result_t){.address = slot->insn.address,
                                         .text = strdup(text),
                                         .issue = issue - t->start - (cost->paired ? 1 : 0),
                                         .waited = waited,
                                         .occupied = occupied,
                                         .cause = main_cause(cost),
                                         .paired = cost->paired,
                                         .skipped = m->outcome.skipped};
  bool left =
      slot->insn.flow == FLOW_RETURN && m->outcome.taken && m->sp >= t->return_sp && slot->function == t->function;
  if (left || t->count == TIMELINE_MAX) m->tracing = false;
}
