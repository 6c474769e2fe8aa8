/* Cortex-M7: two instructions at a time, in order, on a skewed pipeline.

   Decisions. An instruction issues in the older slot of a new cycle, or beside the one before it as the younger of a
   pair. Operands are needed, and results appear, at different stages; the cost model turns that into one distance in
   cycles for each (producer class, operand role). The clock advances when an older instruction issues: the cycle is
   charged to it, a younger partner is free, and waiting is charged to the instruction that waits.
   Not modelled here: fetches from the DTCM that get in the way of data, bank patterns of LDM, exceptions. Caches and
   buses answer through memory_t. */
#include "timing/pipeline.h"

#include <string.h>

void m7_reset(pipeline_t *pipeline) {
  m7_state_t *s = &pipeline->state.m7;
  memset(s, 0, sizeof *s);
  memset(s->writer, PRODUCER_NONE, sizeof s->writer);
  unsigned entries = pipeline->model->parameters[PARAMETER_FETCH_QUEUE_ENTRIES].value;
  s->fetch_done = pipeline->now > entries ? pipeline->now - entries : 0; /* time enough to fill the queue */
}

/* What holds an instruction back, worst first come. */
typedef struct {
  uint64_t cycle; /* earliest issue */
  int operand;    /* that holds it, or -1: see cause and grade */
  cause_t cause;
  grade_t grade;
} hold_t;

static void hold_until(hold_t *hold, uint64_t cycle, cause_t cause, grade_t grade) {
  if (cycle <= hold->cycle) return;
  *hold = (hold_t){cycle, -1, cause, grade};
}

static void hold_for_operands(const pipeline_t *pipeline, const insn_t *insn, hold_t *hold) {
  const m7_state_t *s = &pipeline->state.m7;
  for (unsigned i = 0; i < insn->operand_count; i++) {
    operand_t operand = insn->operands[i];
    uint64_t ready =
        s->issued[operand.reg] + (uint64_t)pipeline->model->distance[s->writer[operand.reg]][operand.role].cycles;
    if (ready <= hold->cycle) continue;
    hold->cycle = ready;
    hold->operand = (int)i;
  }
}

/* Rule predicated_result: what an instruction under a condition wrote is late for one under another or none; the later
   still for the plain operand beside an inline shift. [LM-M7] */
static void hold_for_predicated(const pipeline_t *pipeline, const insn_t *insn, hold_t *hold) {
  const m7_state_t *s = &pipeline->state.m7;
  const cost_parameter_t *parameters = pipeline->model->parameters;
  enum { ALWAYS = 14 }; /* not cycles: the condition AL */
  unsigned condition = insn->flags & INSN_IN_IT ? insn->condition : (unsigned)ALWAYS;
  for (unsigned i = 0; i < insn->operand_count; i++) {
    operand_t operand = insn->operands[i];
    if (!(s->predicated & REG_BIT(operand.reg)) || s->condition[operand.reg] == condition) continue;
    const cost_parameter_t *later =
        &parameters[operand.role == ROLE_UNSHIFTED ? PARAMETER_PREDICATED_UNSHIFTED : PARAMETER_PREDICATED_RESULT];
    unsigned distance = (unsigned)pipeline->model->distance[s->writer[operand.reg]][operand.role].cycles + later->value;
    unsigned most = parameters[PARAMETER_PREDICATED_MOST].value;
    if (distance > most && most >= distance - later->value) distance = most;
    hold_until(hold, s->issued[operand.reg] + distance, CAUSE_DEPENDENCY, later->from.grade);
  }
}

static cause_t wait_cause(unsigned writer, unsigned role) {
  if (role == ROLE_BASE || role == ROLE_INDEX) return CAUSE_ADDRESS;
  if (writer >= CLASS_FP_FROM_CORE && writer < CLASS_COUNT && writer != CLASS_FP_TO_CORE) return CAUSE_FP_DEPENDENCY;
  if (writer >= CLASS_LOAD && writer <= CLASS_LOAD_EXCLUSIVE) return CAUSE_LOAD_USE;
  return CAUSE_DEPENDENCY;
}

/* Most instructions do not wait, so why one waits is only worked out when it does. */
static void charge_wait(const pipeline_t *pipeline, const insn_t *insn, const hold_t *hold, cost_t *cost) {
  const m7_state_t *s = &pipeline->state.m7;
  unsigned cycles = (unsigned)(hold->cycle - pipeline->now);
  if (hold->operand < 0) {
    charge(cost, hold->cause, hold->grade, cycles);
    return;
  }
  operand_t operand = insn->operands[hold->operand];
  unsigned writer = s->writer[operand.reg];
  charge(cost, wait_cause(writer, operand.role), pipeline->model->distance[writer][operand.role].grade, cycles);
}

/* Inputs there in the first execute stage. Rules early_alu, early_shift. [J-M7; ACTLR DISDYNADD] */
static bool ready_early(const pipeline_t *pipeline, const insn_t *insn, uint64_t cycle) {
  const m7_state_t *s = &pipeline->state.m7;
  for (unsigned i = 0; i < insn->operand_count; i++) {
    unsigned reg = insn->operands[i].reg;
    const distance_t *distance = &pipeline->model->distance[s->writer[reg]][ROLE_EARLY_ALU];
    if (s->issued[reg] + (uint64_t)distance->cycles > cycle) return false;
  }
  return true;
}

static bool is_fma(unsigned cls) { return cls == CLASS_FP32_FMA || cls == CLASS_FP32_MLA; }

/* For the cycles of the FMA shadow there is no FP add and no wide FP transfer. [J-M7] */
static bool barred_by_fma_shadow(const insn_t *insn) {
  switch (insn->cls) {
  case CLASS_FP32_ADD:
  case CLASS_FP32_MOVE_IMM:
  case CLASS_FP_LOAD_DOUBLE:
  case CLASS_FP_STORE_DOUBLE:
  case CLASS_FP_LOAD_MULTIPLE:
  case CLASS_FP_STORE_MULTIPLE: return true;
  default: return false;
  }
}

static bool moves_fp(const core_model_t *model, unsigned cls) {
  return cls == CLASS_FP_LOAD || cls == CLASS_FP_STORE || (model->rows[cls].units & (1u << UNIT_FP_MOVE));
}

static bool in_fma_shadow(const pipeline_t *pipeline, uint64_t cycle) {
  const m7_state_t *s = &pipeline->state.m7;
  return s->mac_time && cycle < s->mac_time + pipeline->model->parameters[PARAMETER_FMA_SHADOW].value;
}

static void hold_for_fpu(const pipeline_t *pipeline, const insn_t *insn, hold_t *hold) {
  const m7_state_t *s = &pipeline->state.m7;
  if (insn->cls == CLASS_FP64_ADD && s->mac64_end && rule_is_on(pipeline->model, RULE_FP64_RUN)) {
    const cost_parameter_t *blocked = &pipeline->model->parameters[PARAMETER_FP64_ADD_BEHIND_MAC];
    hold_until(hold, s->mac64_end + blocked->value, CAUSE_FP_BUSY, blocked->from.grade);
  }
  if (!s->mac_time) return;
  const cost_parameter_t *shadow = &pipeline->model->parameters[PARAMETER_FMA_SHADOW];
  if (barred_by_fma_shadow(insn)) {
    hold_until(hold, s->mac_time + shadow->value, CAUSE_FP_BUSY, shadow->from.grade);
  }
  /* VFMA behind VMLA: one bubble. [J-M7] */
  if (insn->cls == CLASS_FP32_FMA && s->mac_cls == CLASS_FP32_MLA) {
    const cost_parameter_t *bubble = &pipeline->model->parameters[PARAMETER_MLA_FMA_BUBBLE];
    hold_until(hold, s->mac_time + bubble->value, CAUSE_FP_BUSY, bubble->from.grade);
  }
}

static uint32_t words_moved(const insn_t *insn) { return insn->transfers > 1 ? insn->transfers : 1; }

/* Rule fetch_queue: aligned fetches of 8 bytes, one a cycle, into a queue of four. The predictor leads them, so a
   predicted branch costs nothing but the bytes behind it and in front of its target. [TRM7 PFU] */
static void hold_for_fetch(pipeline_t *pipeline, const insn_t *insn, uint32_t last, hold_t *hold) {
  m7_state_t *s = &pipeline->state.m7;
  const cost_parameter_t *bytes = &pipeline->model->parameters[PARAMETER_FETCH_BYTES];
  unsigned entries = pipeline->model->parameters[PARAMETER_FETCH_QUEUE_ENTRIES].value;
  uint32_t first = insn->address & ~(bytes->value - 1u);
  unsigned needed = (first != s->fetch_line ? 1u : 0u) + (last != first ? 1u : 0u);
  s->fetch_line = last;
  uint64_t at = s->slot_open ? s->older_time : pipeline->now;
  if (at > s->fetch_from) {
    uint64_t there = s->fetched + (at - s->fetch_from);
    s->fetched = (uint8_t)(there < entries ? there : entries);
    s->fetch_from = at;
  }
  if (s->fetched >= needed) {
    s->fetched = (uint8_t)(s->fetched - needed);
    return;
  }
  s->fetch_from += needed - s->fetched;
  s->fetched = 0;
  hold_until(hold, s->fetch_from, CAUSE_FETCH, bytes->from.grade);
}

static void m7_log_fetch(fetch_log_t *log, uint64_t at) {
  if (log->count < FETCH_LOG_MAX) log->left[log->count] = at;
  log->count++;
}

/* The same with a memory. A fetch begins as soon as one of the queue's entries is free and the fetch before it is
   complete; so what memory takes is hidden as long as the queue lasts. */
static void hold_for_memory(pipeline_t *pipeline, const insn_t *insn, uint32_t last, hold_t *hold) {
  m7_state_t *s = &pipeline->state.m7;
  const cost_parameter_t *bytes = &pipeline->model->parameters[PARAMETER_FETCH_BYTES];
  unsigned entries = pipeline->model->parameters[PARAMETER_FETCH_QUEUE_ENTRIES].value;
  uint32_t first = insn->address & ~(bytes->value - 1u);
  uint64_t at = s->slot_open ? s->older_time : pipeline->now;
  for (uint32_t line = first != s->fetch_line ? first : last;; line = last) {
    uint64_t *left = &s->entry_left[s->entry % entries];
    uint64_t request = *left > s->fetch_done ? *left : s->fetch_done;
    answer_t memory = memory_fetch(pipeline->memory, line, request);
    uint64_t there = request + 1 + memory.wait;
    s->fetch_done = there;
    if (there > at) {
      cause_t cause = memory.wait ? (cause_t)memory.cause : CAUSE_FETCH;
      hold_until(hold, there, cause, memory.wait ? (grade_t)memory.grade : bytes->from.grade);
      at = there;
    }
    *left = at;
    s->entry++;
    if (pipeline->fetches) m7_log_fetch(pipeline->fetches, at);
    if (line == last) break;
  }
  s->fetch_line = last;
}

/* After a misprediction the first fetch is there when the refill has passed. */
static void refill_fetch(m7_state_t *s, uint64_t issue) {
  s->fetch_line = NO_LINE;
  s->fetched = 0;
  s->fetch_from = s->fetch_done = issue - 1;
  memset(s->entry_left, 0, sizeof s->entry_left);
}

void m7_note_fetches(pipeline_t *pipeline, const int32_t *left, unsigned count) {
  m7_state_t *s = &pipeline->state.m7;
  unsigned entries = pipeline->model->parameters[PARAMETER_FETCH_QUEUE_ENTRIES].value;
  for (unsigned i = 0; i < count; i++) {
    uint64_t *entry = &s->entry_left[s->entry++ % entries];
    s->fetch_done = (*entry > s->fetch_done ? *entry : s->fetch_done) + 1;
    *entry = pipeline->now + (uint64_t)(int64_t)left[i];
  }
}

void m7_note_refill(pipeline_t *pipeline) { refill_fetch(&pipeline->state.m7, pipeline->now); }

/* A load of a word that a recent store has not yet delivered. [LM] Rule store_queue: a store that finds no room. [J-M7]
 */
static void hold_for_stores(const pipeline_t *pipeline, const insn_t *insn, const outcome_t *outcome, hold_t *hold) {
  const m7_state_t *s = &pipeline->state.m7;
  const cost_parameter_t *parameters = pipeline->model->parameters;
  if (insn->memory == MEMORY_LOAD) {
    const cost_parameter_t *wait = &parameters[PARAMETER_STORE_TO_LOAD_SAME];
    if (pipeline->now >= s->stores.last + wait->value) return;
    uint64_t cycle = store_queue_delivered(&s->stores, outcome->address, words_moved(insn), wait->value);
    hold_until(hold, cycle, CAUSE_STORE, wait->from.grade);
  } else if (pipeline->now < s->stores.slow_until && rule_is_on(pipeline->model, RULE_STORE_QUEUE)) {
    const cost_parameter_t *depth = &parameters[PARAMETER_STORE_QUEUE_DEPTH];
    uint64_t from = s->slot_open ? s->older_time : pipeline->now;
    if (hold->cycle > from) from = hold->cycle;
    hold_until(hold, store_queue_room(&s->stores, depth->value, from), CAUSE_STORE, depth->from.grade);
  }
}

static bool is_unaligned(const insn_t *insn, const outcome_t *outcome) {
  return outcome->has_address && (outcome->address & (insn->access_bytes - 1u));
}

static bool same_bank(uint32_t a, uint32_t b) { return ((a ^ b) & 4u) == 0; } /* not cycles: address bit 2 */

/* Two loads share the load port; when they hit the same bank, the younger waits. Rule dual_load. [J-M7; LH-M7] */
static bool loads_share_port(const m7_state_t *s, const cost_row_t *row, const cost_row_t *older,
                             const outcome_t *outcome) {
  if (row->rule != RULE_DUAL_LOAD || older->rule != RULE_DUAL_LOAD) return false;
  return outcome->has_address && s->older_has_address;
}

static void hold_for_bank(const pipeline_t *pipeline, const insn_t *insn, const outcome_t *outcome, hold_t *hold) {
  const m7_state_t *s = &pipeline->state.m7;
  const cost_row_t *rows = pipeline->model->rows;
  if (!s->slot_open || !loads_share_port(s, &rows[insn->cls], &rows[s->older_cls], outcome)) return;
  if (!same_bank(outcome->address, s->older_address)) return;
  if (s->older_unaligned || is_unaligned(insn, outcome)) return; /* they take both banks: see charge_misaligned() */
  const cost_parameter_t *conflict = &pipeline->model->parameters[PARAMETER_BANK_CONFLICT];
  hold_until(hold, s->older_time + conflict->value, CAUSE_MEMORY, conflict->from.grade);
}

/* In the shadow of a MAC, FP register moves, loads and stores take the older slot; a MAC pairs with none of them unless
   it is the first of a run. [J-M7] */
static bool fma_allows_pair(const pipeline_t *pipeline, const insn_t *insn) {
  const m7_state_t *s = &pipeline->state.m7;
  if (!s->mac_time) return true;
  bool moves = moves_fp(pipeline->model, insn->cls), older_moves = moves_fp(pipeline->model, s->older_cls);
  if (moves && is_fma(s->older_cls)) return !s->mac_in_run;
  if (moves || (is_fma(insn->cls) && older_moves)) return !in_fma_shadow(pipeline, s->older_time);
  return true;
}

/* May INSN be the younger partner of the instruction in the older slot? The rows say which units and slots it takes.
   [J-M7; L-M7; LH-M7] */
static bool may_pair(const pipeline_t *pipeline, const insn_t *insn, const outcome_t *outcome) {
  const m7_state_t *s = &pipeline->state.m7;
  const cost_row_t *row = &pipeline->model->rows[insn->cls];
  const cost_row_t *older = &pipeline->model->rows[s->older_cls];
  const unsigned alu = 1u << UNIT_ALU, load = 1u << UNIT_LOAD;
  if (row->slots != SLOTS_ANY) return false;
  if (s->older_early && (row->units & (1u << UNIT_SHIFTER))) return false; /* the older shift has taken it [J-M7] */
  unsigned shared = row->units & older->units & ~alu;
  if (shared & ~load) return false;
  if (shared && !loads_share_port(s, row, older, outcome)) return false;
  return fma_allows_pair(pipeline, insn);
}

static void set_writer(m7_state_t *s, uint64_t mask, uint64_t cycle, unsigned writer) {
  while (mask) {
    unsigned reg = (unsigned)__builtin_ctzll(mask);
    mask &= mask - 1;
    s->issued[reg] = cycle;
    s->writer[reg] = (uint8_t)writer;
  }
}

/* Results of a register list appear beat by beat. Rule transfer_beats. [J-M7] */
static void set_list_writers(m7_state_t *s, const insn_t *insn, uint64_t cycle, unsigned beat) {
  uint64_t mask = insn->writes;
  for (unsigned index = 0; mask; index++) {
    uint64_t bit = mask & (~mask + 1);
    mask ^= bit;
    set_writer(s, bit, cycle + index / beat, insn->cls);
  }
}

static void record_results(m7_state_t *s, const insn_t *insn, const cost_row_t *row, uint64_t cycle, bool early) {
  unsigned writer = early ? (unsigned)PRODUCER_EARLY : insn->cls;
  if (insn->result != 0xFF) { /* the usual case, without a loop over the mask */
    s->issued[insn->result] = cycle;
    s->writer[insn->result] = (uint8_t)writer;
  } else if (row->beat && insn->memory == MEMORY_LOAD) {
    set_list_writers(s, insn, cycle, row->beat);
  } else if (insn->writes) {
    uint64_t flags = insn->writes & REG_BIT(REG_FLAGS); /* flags are always produced late [J-M7] */
    set_writer(s, insn->writes & ~flags, cycle, writer);
    set_writer(s, flags, cycle, insn->cls);
  }
  if (insn->flags & INSN_WRITEBACK) {
    unsigned beats = row->beat ? list_beats(row, insn) - 1u : 0;
    s->issued[insn->base] = cycle + beats;
    s->writer[insn->base] = PRODUCER_WRITEBACK;
  }
}

static void record_condition(m7_state_t *s, const insn_t *insn) {
  uint64_t core = insn->writes & REG_CORE_MASK;
  s->predicated |= core;
  for (; core; core &= core - 1)
    s->condition[__builtin_ctzll(core)] = insn->condition;
}

static void record(pipeline_t *pipeline, const insn_t *insn, const outcome_t *outcome, uint64_t cycle, bool early) {
  m7_state_t *s = &pipeline->state.m7;
  if (outcome->skipped) return;
  record_results(s, insn, &pipeline->model->rows[insn->cls], cycle, early);
  s->predicated &= ~(insn->writes | (insn->flags & INSN_WRITEBACK ? REG_BIT(insn->base) : 0));
  if (insn->flags & INSN_IN_IT) record_condition(s, insn);
  if (is_fma(insn->cls)) {
    if (insn->cls == CLASS_FP32_MLA) {
      s->issued[insn->result] += pipeline->model->parameters[PARAMETER_FP32_MLA_LATER].value;
    }
    s->mac_in_run = in_fma_shadow(pipeline, cycle);
    s->mac_time = cycle + 1;
    s->mac_cls = insn->cls;
  }
  if (insn->memory == MEMORY_STORE && outcome->has_address) {
    store_queue_enter(&s->stores, outcome->address, insn->access_bytes, words_moved(insn),
                      pipeline->model->parameters[PARAMETER_NARROW_STORE_HOLD].value, cycle);
  }
}

/* Two words go into one doubleword: an even number of them to an odd word needs one more. [J-M7] */
static unsigned odd_word_cycles(const core_model_t *model, const insn_t *insn, const outcome_t *outcome) {
  if (insn->cls != CLASS_STORE_MULTIPLE || !outcome->has_address || (insn->transfers & 1u)) return 0;
  return same_bank(outcome->address, 0) ? 0 : model->parameters[PARAMETER_STORE_MULTIPLE_ODD_WORD].value;
}

static inline __attribute__((always_inline)) unsigned occupied_cycles(const pipeline_t *pipeline, const insn_t *insn,
                                                                      const outcome_t *outcome, uint64_t cycle,
                                                                      grade_t *grade) {
  const core_model_t *model = pipeline->model;
  const cost_row_t *row = &model->rows[insn->cls];
  *grade = row->from.grade;
  if (row->rule == RULE_DIVIDE_EARLY_OUT && !outcome->skipped) return divide_cycles(model, insn, outcome, grade);
  if (fp64_has_operands(insn) && !outcome->skipped) return fp64_cycles(pipeline, insn, outcome, cycle, grade);
  unsigned cycles = insn->flags & INSN_DIVIDE ? row->max : row->issue;
  cycles += list_beats(row, insn) + odd_word_cycles(model, insn, outcome);
  return cycles ? cycles : 1;
}

static cause_t beyond_issue_cause(const insn_t *insn) {
  switch (insn->cls) {
  case CLASS_DIVIDE_SIGNED:
  case CLASS_DIVIDE_UNSIGNED:
  case CLASS_FP32_DIV:
  case CLASS_FP32_SQRT:
  case CLASS_FP64_DIV:
  case CLASS_FP64_SQRT: return CAUSE_DIVIDE;
  default: break;
  }
  if (insn->flags & INSN_FP_ARITH) return CAUSE_FP_BUSY;
  if (insn->memory != MEMORY_NONE) return CAUSE_TRANSFER;
  return CAUSE_SYSTEM;
}

/* An unaligned load takes longer, by its slot; of two in a pair the younger pays the difference, and less when its
   partner sits in the bank of its low part. [J-M7] */
static void charge_misaligned(const pipeline_t *pipeline, const insn_t *insn, const outcome_t *outcome, bool younger,
                              cost_t *cost) {
  const m7_state_t *s = &pipeline->state.m7;
  if (!is_unaligned(insn, outcome)) return;
  const cost_parameter_t *parameters = pipeline->model->parameters;
  const cost_parameter_t *extra = &parameters[younger ? PARAMETER_MISALIGNED_YOUNGER : PARAMETER_MISALIGNED_OLDER];
  unsigned cycles = extra->value, less = 0;
  if (younger && s->older_has_address && pipeline->model->rows[s->older_cls].rule == RULE_DUAL_LOAD) {
    if (s->older_unaligned) {
      less = parameters[PARAMETER_MISALIGNED_OLDER].value;
    } else if (same_bank(outcome->address, s->older_address)) {
      less = parameters[PARAMETER_MISALIGNED_LOW_BANK].value;
    }
  }
  charge(cost, CAUSE_MISALIGNED, extra->from.grade, less < cycles ? cycles - less : 0);
}

/* CBZ and CBNZ test a register, the others the flags. */
static bool condition_known_early(const m7_state_t *s, const cost_parameter_t *parameters, const insn_t *insn,
                                  uint64_t issued) {
  uint64_t tested = insn->reads & ~REG_BIT(REG_FLAGS);
  unsigned reg = insn->flow == FLOW_CONDITIONAL && tested ? (unsigned)__builtin_ctzll(tested) : (unsigned)REG_FLAGS;
  if (s->writer[reg] == PRODUCER_NONE) return true;
  return issued >= s->issued[reg] + parameters[PARAMETER_EARLY_FLAGS_DISTANCE].value;
}

prediction_t m7_predict(pipeline_t *pipeline, const insn_t *insn, bool taken, uint32_t next) {
  const cost_parameter_t *parameters = pipeline->model->parameters;
  bool right = predictor_resolve(&pipeline->state.m7.predictor, parameters[PARAMETER_PREDICTOR_ENTRIES].value,
                                 parameters[PARAMETER_RETURN_STACK_ENTRIES].value, insn, taken, next);
  return right ? PREDICTION_RIGHT : PREDICTION_WRONG;
}

/* Rule branch_predicted: right, no bubble; wrong, a refill whose length depends on how early the flags were known for a
   direct branch. [J-M7 8 and 6 cycles] */
static void charge_branch(pipeline_t *pipeline, const insn_t *insn, const outcome_t *outcome, uint64_t issued,
                          cost_t *cost) {
  m7_state_t *s = &pipeline->state.m7;
  const cost_parameter_t *parameters = pipeline->model->parameters;
  cost->predicted = insn->flow != FLOW_BRANCH;
  if (outcome->taken) s->fetch_line = NO_LINE;
  prediction_t prediction = (prediction_t)outcome->prediction;
  if (prediction == PREDICTION_OPEN) prediction = m7_predict(pipeline, insn, outcome->taken, outcome->next);
  if (prediction == PREDICTION_RIGHT) return;
  cost->mispredicted = true;
  parameter_t which = PARAMETER_MISPREDICT_INDIRECT;
  if (insn->target) {
    bool known = condition_known_early(s, parameters, insn, issued);
    which = known ? PARAMETER_MISPREDICT_EARLY_FLAGS : PARAMETER_MISPREDICT_LATE_FLAGS;
  }
  /* Known no better than the predictor that said so. */
  grade_t penalty = parameters[which].from.grade, table = parameters[PARAMETER_PREDICTOR_ENTRIES].from.grade;
  charge(cost, CAUSE_MISPREDICT, penalty > table ? penalty : table, parameters[which].value);
  s->slot_open = false; /* nothing at the target pairs with a mispredicted branch */
  refill_fetch(s, pipeline->now + cost->cycles);
}

/* Memory's answer to a load or store. The pipeline stands meanwhile, so what was loaded is as much later. */
static void charge_access(pipeline_t *pipeline, const insn_t *insn, const outcome_t *outcome, uint64_t cycle,
                          cost_t *cost) {
  m7_state_t *s = &pipeline->state.m7;
  unsigned bytes = words_moved(insn) * insn->access_bytes;
  bool write = insn->memory != MEMORY_LOAD;
  answer_t answer = memory_access(pipeline->memory, outcome->address, bytes, write, cycle);
  if (!answer.wait) return;
  charge(cost, (cause_t)answer.cause, (grade_t)answer.grade, answer.wait);
  for (uint64_t left = insn->memory == MEMORY_LOAD ? insn->writes : 0; left; left &= left - 1)
    s->issued[__builtin_ctzll(left)] += answer.wait;
}

/* What follows the issue itself, in either slot. */
static void charge_consequences(pipeline_t *pipeline, const insn_t *insn, const outcome_t *outcome, uint64_t cycle,
                                bool younger, cost_t *cost) {
  if (outcome->has_address) {
    if (insn->flags & INSN_SINGLE_LOAD) charge_misaligned(pipeline, insn, outcome, younger, cost);
    if (pipeline->memory) {
      charge_access(pipeline, insn, outcome, cycle, cost);
    } else {
      charge(cost, CAUSE_MEMORY, (grade_t)outcome->memory_grade, outcome->first_wait);
    }
  }
  if (insn->flow != FLOW_NONE) charge_branch(pipeline, insn, outcome, cycle, cost);
}

static void issue_younger(pipeline_t *pipeline, const insn_t *insn, const outcome_t *outcome, cost_t *cost) {
  m7_state_t *s = &pipeline->state.m7;
  const cost_row_t *rows = pipeline->model->rows;
  uint64_t cycle = s->older_time;
  bool shifter_free = !s->older_early && !(rows[s->older_cls].units & (1u << UNIT_SHIFTER));
  bool early = rows[insn->cls].rule == RULE_EARLY_SHIFT && shifter_free && ready_early(pipeline, insn, cycle);
  record(pipeline, insn, outcome, cycle, early);
  s->slot_open = false;
  cost->paired = true;
  /* A divide that joins as the younger still locks the pipeline for the rest of its cycles. [J-M7 16/14] */
  grade_t grade;
  unsigned cycles = occupied_cycles(pipeline, insn, outcome, cycle, &grade);
  if (cycles > 1) charge(cost, beyond_issue_cause(insn), grade, cycles - 1);
  charge_consequences(pipeline, insn, outcome, cycle, true, cost);
}

/* The result is as much later or earlier as the operation takes longer or less than its row says. */
__attribute__((cold)) static void record_fp64(m7_state_t *s, const insn_t *insn, const cost_row_t *row, uint64_t cycle,
                                              unsigned cycles) {
  set_writer(s, insn->writes, cycle + cycles - row->issue, insn->cls);
  if (fp64_is_mac(insn->cls)) s->mac64_end = cycle + cycles;
}

static void issue_older(pipeline_t *pipeline, const insn_t *insn, const outcome_t *outcome, uint64_t cycle,
                        cost_t *cost) {
  m7_state_t *s = &pipeline->state.m7;
  const cost_row_t *row = &pipeline->model->rows[insn->cls];
  grade_t grade;
  unsigned cycles = occupied_cycles(pipeline, insn, outcome, cycle, &grade);
  charge(cost, CAUSE_ISSUE, grade, 1);
  if (cycles > 1) charge(cost, beyond_issue_cause(insn), grade, cycles - 1);
  bool early = (insn->flags & INSN_EARLY) && (row->rule == RULE_EARLY_ALU || row->rule == RULE_EARLY_SHIFT) &&
               ready_early(pipeline, insn, cycle);
  record(pipeline, insn, outcome, cycle, early);
  if (fp64_has_operands(insn) && !outcome->skipped) record_fp64(s, insn, row, cycle, cycles);
  s->older_cls = insn->cls;
  s->older_time = cycle;
  s->older_early = early && row->rule == RULE_EARLY_SHIFT;
  s->older_has_address = outcome->has_address;
  s->older_address = outcome->address;
  s->older_unaligned = is_unaligned(insn, outcome);
  s->slot_open = row->slots != SLOTS_ALONE;
  charge_consequences(pipeline, insn, outcome, cycle, false, cost);
}

void m7_step(pipeline_t *pipeline, const insn_t *insn, const outcome_t *outcome, cost_t *cost) {
  const m7_state_t *s = &pipeline->state.m7;
  hold_t hold = {0, -1, CAUSE_DEPENDENCY, GRADE_DOCUMENTED};
  hold_for_operands(pipeline, insn, &hold);
  if ((s->predicated & insn->reads) && rule_is_on(pipeline->model, RULE_PREDICATED_RESULT)) {
    hold_for_predicated(pipeline, insn, &hold);
  }
  if (insn->flags & INSN_FP) hold_for_fpu(pipeline, insn, &hold);
  uint32_t line = (insn->address + insn->size - 1u) & ~(pipeline->model->parameters[PARAMETER_FETCH_BYTES].value - 1u);
  if (line != s->fetch_line && rule_is_on(pipeline->model, RULE_FETCH_QUEUE)) {
    if (pipeline->memory) {
      hold_for_memory(pipeline, insn, line, &hold);
    } else {
      hold_for_fetch(pipeline, insn, line, &hold);
    }
  }
  if (outcome->has_address) {
    hold_for_stores(pipeline, insn, outcome, &hold);
    if (insn->memory == MEMORY_LOAD) hold_for_bank(pipeline, insn, outcome, &hold);
  }
  if (s->slot_open && hold.cycle <= s->older_time && may_pair(pipeline, insn, outcome)) {
    issue_younger(pipeline, insn, outcome, cost);
    return;
  }
  uint64_t cycle = pipeline->now;
  if (hold.cycle > cycle) {
    charge_wait(pipeline, insn, &hold, cost);
    cost->before = cost->count;
    cycle = hold.cycle;
  }
  issue_older(pipeline, insn, outcome, cycle, cost);
}
