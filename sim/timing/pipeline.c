#include "timing/pipeline.h"

#include <string.h>

enum { CORE_BIT_M4 = 1 };

static bool is_m4(const pipeline_t *pipeline) { return pipeline->model->core_bit == CORE_BIT_M4; }

void pipeline_reset(pipeline_t *pipeline, const core_model_t *model, memory_t *memory) {
  memset(pipeline, 0, sizeof *pipeline);
  pipeline->memory = memory;
  pipeline->model = model;
  if (is_m4(pipeline)) {
    m4_reset(pipeline);
  } else {
    m7_reset(pipeline);
  }
}

static void clear(cost_t *cost) {
  cost->cycles = 0;
  cost->count = cost->before = 0;
  cost->paired = cost->predicted = cost->mispredicted = false;
}

/* What was fetched and forwarded is lost; what branches were learned is not. */
static void restart(pipeline_t *pipeline) {
  if (is_m4(pipeline)) {
    m4_reset(pipeline);
  } else {
    predictor_t learned = pipeline->state.m7.predictor;
    m7_reset(pipeline);
    pipeline->state.m7.predictor = learned;
  }
}

static void step(pipeline_t *pipeline, const insn_t *insn, const outcome_t *outcome, cost_t *cost) {
  clear(cost);
  if (is_m4(pipeline)) {
    m4_step(pipeline, insn, outcome, cost);
  } else {
    m7_step(pipeline, insn, outcome, cost);
  }
}

static void charge_parameter(const pipeline_t *pipeline, cost_t *cost, parameter_t which, unsigned more,
                             unsigned less) {
  const cost_parameter_t *parameter = &pipeline->model->parameters[which];
  unsigned cycles = parameter->value + more;
  charge(cost, CAUSE_EXCEPTION, parameter->from.grade, cycles > less ? cycles - less : 0);
}

/* Stacking, and the late save of FP state, pass before the instruction. [TI-X chapter 1.5.8] */
static void charge_before(pipeline_t *pipeline, const outcome_t *outcome, cost_t *before) {
  clear(before);
  if (is_m4(pipeline)) m4_drain(pipeline, before);
  if (outcome->events & EVENT_ENTRY) {
    charge_parameter(pipeline, before, PARAMETER_EXCEPTION_ENTRY, outcome->stack_wait, 0);
  }
  if (outcome->events & EVENT_FP_SAVE) charge_parameter(pipeline, before, PARAMETER_LAZY_FP_SAVE, 0, 0);
  pipeline->now += before->cycles;
  restart(pipeline);
}

/* An exception return takes the cycles of its row instead of a branch's; registers popped with it come on top. */
static void charge_return(pipeline_t *pipeline, const outcome_t *outcome, cost_t *cost) {
  cost_t kept = *cost;
  clear(cost);
  cost->paired = kept.paired;
  for (unsigned i = 0; i < kept.count; i++) {
    charge_t one = kept.charges[i];
    if (one.cause == CAUSE_BRANCH || one.cause == CAUSE_MISPREDICT) continue;
    cost->charges[cost->count++] = one;
    cost->cycles += one.cycles;
    if (i < kept.before) cost->before++;
  }
  bool chained = outcome->events & EVENT_CHAIN;
  charge_parameter(pipeline, cost, chained ? PARAMETER_EXCEPTION_TAIL_CHAIN : PARAMETER_EXCEPTION_RETURN,
                   outcome->stack_wait, kept.paired ? 0 : 1);
  if (outcome->events & EVENT_FP_RESTORE) charge_parameter(pipeline, cost, PARAMETER_LAZY_FP_SAVE, 0, 0);
}

static __attribute__((cold, noinline)) void step_with_events(pipeline_t *pipeline, const insn_t *insn,
                                                             const outcome_t *outcome, cost_t *cost) {
  cost_t before = {0};
  if (outcome->events & (EVENT_ENTRY | EVENT_FP_SAVE)) charge_before(pipeline, outcome, &before);
  step(pipeline, insn, outcome, cost);
  if (outcome->events & (EVENT_RETURN | EVENT_CHAIN)) charge_return(pipeline, outcome, cost);
  if (outcome->events & EVENT_SLEEP) charge(cost, CAUSE_SLEEP, GRADE_DOCUMENTED, outcome->slept);
  pipeline->now += cost->cycles;
  if (outcome->events & (EVENT_RETURN | EVENT_CHAIN | EVENT_SLEEP)) restart(pipeline);
  for (unsigned i = 0; i < cost->count && before.count < CHARGES_MAX; i++)
    before.charges[before.count++] = cost->charges[i];
  before.before = (uint8_t)(before.count - cost->count + cost->before);
  before.cycles += cost->cycles;
  before.paired = cost->paired;
  before.predicted = cost->predicted;
  before.mispredicted = cost->mispredicted;
  *cost = before;
}

void pipeline_step(pipeline_t *pipeline, const insn_t *insn, const outcome_t *outcome, cost_t *cost) {
  if (outcome->events) {
    step_with_events(pipeline, insn, outcome, cost);
    return;
  }
  step(pipeline, insn, outcome, cost);
  pipeline->now += cost->cycles;
}

void pipeline_drain(pipeline_t *pipeline, cost_t *cost) {
  clear(cost);
  if (is_m4(pipeline)) m4_drain(pipeline, cost);
  pipeline->now += cost->cycles;
}

uint64_t pipeline_issue_cycle(const pipeline_t *pipeline, const insn_t *insn, const outcome_t *outcome) {
  pipeline_t copy = *pipeline;
  copy.fetches = NULL;
  memory_t trial;
  if (pipeline->memory) {
    memory_trial(pipeline->memory, &trial);
    copy.memory = &trial;
  }
  cost_t cost;
  pipeline_step(&copy, insn, outcome, &cost);
  if (cost.paired) return pipeline->state.m7.older_time;
  uint64_t cycle = pipeline->now;
  for (unsigned i = 0; i < cost.before; i++)
    cycle += cost.charges[i].cycles;
  return cycle;
}

prediction_t pipeline_predict(pipeline_t *pipeline, const insn_t *insn, bool taken, uint32_t next) {
  if (insn->flow == FLOW_NONE || is_m4(pipeline)) return PREDICTION_OPEN;
  return m7_predict(pipeline, insn, taken, next);
}

void pipeline_note_store(pipeline_t *pipeline, uint32_t address, unsigned words) {
  if (!is_m4(pipeline)) store_queue_note(&pipeline->state.m7.stores, address, words);
}

unsigned pipeline_meets_stores(const pipeline_t *pipeline, uint32_t address, unsigned words) {
  return is_m4(pipeline) ? 0 : store_queue_meets(&pipeline->state.m7.stores, address, words);
}

static unsigned significant_bits(uint32_t value) {
  enum { REGISTER_BITS = 32 }; /* not cycles: width */
  return value ? REGISTER_BITS - (unsigned)__builtin_clz(value) : 0;
}

static uint32_t magnitude(const insn_t *insn, uint32_t value) {
  return insn->cls == CLASS_DIVIDE_SIGNED && (value & 0x80000000u) ? 0u - value : value;
}

/* Divide: fixed for zero operands and for a quotient of zero, else one cycle per `divide_bits_per_cycle` bits of
   difference between the operands' lengths. [C division, R4 cycle timing] */
unsigned divide_cycles(const core_model_t *model, const insn_t *insn, const outcome_t *outcome, grade_t *grade) {
  const cost_parameter_t *zero = &model->parameters[PARAMETER_DIVIDE_BY_ZERO];
  const cost_parameter_t *shorter = &model->parameters[PARAMETER_DIVIDE_SHORTER];
  const cost_parameter_t *base = &model->parameters[PARAMETER_DIVIDE_BASE];
  const cost_parameter_t *rate = &model->parameters[PARAMETER_DIVIDE_BITS_PER_CYCLE];
  unsigned n = significant_bits(magnitude(insn, outcome->dividend));
  unsigned m = significant_bits(magnitude(insn, outcome->divisor));
  if (m == 0 && !zero->present) { /* the shortest case */
    *grade = model->rows[insn->cls].from.grade;
    return model->rows[insn->cls].min;
  }
  if (zero->present && (n == 0 || m == 0)) {
    *grade = zero->from.grade;
    return zero->value;
  }
  if (shorter->present && n < m) {
    *grade = shorter->from.grade;
    return shorter->value;
  }
  *grade = base->from.grade;
  unsigned cycles = base->value;
  if (insn->cls == CLASS_DIVIDE_SIGNED) cycles += model->parameters[PARAMETER_DIVIDE_SIGNED_EXTRA].value;
  if (n > m) cycles += (n - m + model->parameters[PARAMETER_DIVIDE_ROUND_UP].value) / rate->value;
  return cycles;
}
