/* Branch prediction of the Cortex-M7: a branch target address cache (BTAC) of two-bit counters and a return stack.

   Documented: that there is a BTAC with single-cycle turnaround, separate enables for direct branches, indirect
   branches and loads to PC. [TRM7 PFU; ACTLR] Assumed: its size, direct mapping by address, two-bit counters,
   backward-taken fallback on a miss, a return stack. The sizes are parameters of the cost model with grade `assumed`.
 */
#include "timing/pipeline.h"

static unsigned slot_of(unsigned entries, uint32_t address) {
  unsigned limit = entries < PREDICTOR_MAX ? entries : PREDICTOR_MAX;
  return (unsigned)(address >> 1) & (limit - 1);
}

enum { COUNTER_MAX = 3, COUNTER_TAKEN = 2 }; /* not cycles: two-bit counter */

static bool resolve_conditional(predictor_t *p, unsigned slot, const insn_t *insn, bool taken) {
  bool hit = p->tag[slot] == insn->address && p->counter[slot] != 0;
  bool predicted = hit ? p->counter[slot] - 1 >= COUNTER_TAKEN : insn->target <= insn->address;
  if (!hit) {
    p->tag[slot] = insn->address;
    p->counter[slot] = (uint8_t)((taken ? COUNTER_TAKEN : COUNTER_TAKEN - 1) + 1);
  } else if (taken && p->counter[slot] - 1 < COUNTER_MAX) {
    p->counter[slot]++;
  } else if (!taken && p->counter[slot] - 1 > 0) {
    p->counter[slot]--;
  }
  return predicted == taken;
}

static bool resolve_indirect(predictor_t *p, unsigned slot, const insn_t *insn, uint32_t next) {
  bool right = p->tag[slot] == insn->address && p->target[slot] == next && p->counter[slot] != 0;
  p->tag[slot] = insn->address;
  p->target[slot] = next;
  p->counter[slot] = COUNTER_TAKEN + 1;
  return right;
}

static void push_return(predictor_t *p, unsigned returns, uint32_t address) {
  unsigned limit = returns < RETURN_STACK_MAX ? returns : RETURN_STACK_MAX;
  if (limit == 0) return;
  p->top = (uint8_t)((p->top + 1) % limit);
  p->returns[p->top] = address;
  if (p->depth < limit) p->depth++;
}

static bool pop_return(predictor_t *p, unsigned returns, uint32_t next) {
  unsigned limit = returns < RETURN_STACK_MAX ? returns : RETURN_STACK_MAX;
  if (limit == 0 || p->depth == 0) return false;
  bool right = p->returns[p->top] == next;
  p->top = (uint8_t)((p->top + limit - 1) % limit);
  p->depth--;
  return right;
}

bool predictor_resolve(predictor_t *p, unsigned entries, unsigned returns, const insn_t *insn, bool taken,
                       uint32_t next) {
  unsigned slot = slot_of(entries, insn->address);
  bool conditional = insn->flow == FLOW_CONDITIONAL || (insn->flags & INSN_IN_IT);
  switch (insn->flow) {
  case FLOW_CALL:
    if (!taken) return true;
    push_return(p, returns, insn->address + insn->size);
    return insn->target != 0 || resolve_indirect(p, slot, insn, next);
  case FLOW_RETURN:
    if (!taken) return true;
    return pop_return(p, returns, next);
  case FLOW_INDIRECT: return !taken || resolve_indirect(p, slot, insn, next);
  case FLOW_NONE: return true;
  default: return conditional ? resolve_conditional(p, slot, insn, taken) : true;
  }
}
