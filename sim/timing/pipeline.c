#include "timing/pipeline.h"

#include <string.h>

enum { CORE_BIT_M4 = 1 };

static bool is_m4(const pipeline_t *pipeline) { return pipeline->model->core_bit == CORE_BIT_M4; }

void pipeline_reset(pipeline_t *pipeline, const core_model_t *model) {
  memset(pipeline, 0, sizeof *pipeline);
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

void pipeline_step(pipeline_t *pipeline, const insn_t *insn, const outcome_t *outcome, cost_t *cost) {
  clear(cost);
  if (is_m4(pipeline)) {
    m4_step(pipeline, insn, outcome, cost);
  } else {
    m7_step(pipeline, insn, outcome, cost);
  }
  pipeline->now += cost->cycles;
}

void pipeline_drain(pipeline_t *pipeline, cost_t *cost) {
  clear(cost);
  if (is_m4(pipeline)) m4_drain(pipeline, cost);
  pipeline->now += cost->cycles;
}

uint64_t pipeline_issue_cycle(const pipeline_t *pipeline, const insn_t *insn, const outcome_t *outcome) {
  pipeline_t copy = *pipeline;
  cost_t cost;
  pipeline_step(&copy, insn, outcome, &cost);
  if (cost.paired) return pipeline->state.m7.older_time;
  uint64_t cycle = pipeline->now;
  for (unsigned i = 0; i < cost.before; i++)
    cycle += cost.charges[i].cycles;
  return cycle;
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
