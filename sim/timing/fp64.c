/* Cortex-M7: what double precision arithmetic takes, which depends on its operands and on what was there before.

   Rule fp64_operands: an add of equal exponents needs no alignment, zeros leave early, subnormal numbers are normalised
   first. The rows hold the usual case, exponents that differ; the others are parameters. Rule fp64_run: the first
   multiply-accumulate (MAC) of a run takes longer than those directly behind it, and a multiply directly behind one
   takes less. [J-M7 double precision, on an STM32H743; an accumulator of zero was not measured and counts as different]
 */
#include "timing/pipeline.h"

/* IEEE 754 binary64. */
enum { EXPONENT_SHIFT = 52, EXPONENT_MAX = 0x7FF, EXPONENT_BIAS = 1023 };

static int exponent_of(uint64_t value) { return (int)((value >> EXPONENT_SHIFT) & EXPONENT_MAX); }

static bool is_zero(uint64_t value) { return value << 1 == 0; }

static bool is_subnormal(uint64_t value) { return exponent_of(value) == 0 && !is_zero(value); }

bool fp64_is_mac(unsigned cls) { return cls == CLASS_FP64_FMA || cls == CLASS_FP64_MLA; }

fp64_operands_t fp64_compare(const insn_t *insn, uint64_t a, uint64_t b, uint64_t accumulator) {
  bool mac = fp64_is_mac(insn->cls);
  if (is_zero(a) || is_zero(b)) return FP64_ZERO;
  bool subnormal = is_subnormal(a) || is_subnormal(b);
  if (mac && subnormal && is_subnormal(accumulator)) return FP64_SUBNORMAL_SUM;
  if (subnormal || (mac && is_subnormal(accumulator))) return FP64_SUBNORMAL;
  if (exponent_of(a) == EXPONENT_MAX || exponent_of(b) == EXPONENT_MAX) return FP64_DIFFERENT;
  if (!mac) return exponent_of(a) == exponent_of(b) ? FP64_SAME : FP64_DIFFERENT;
  return exponent_of(a) + exponent_of(b) - EXPONENT_BIAS == exponent_of(accumulator) ? FP64_SAME : FP64_DIFFERENT;
}

/* The parameter that takes the place of the row's issue, or PARAMETER_COUNT. */
static parameter_t operand_parameter(unsigned cls, unsigned operands) {
  static const parameter_t fma[FP64_OPERANDS_COUNT] = {PARAMETER_COUNT, PARAMETER_FP64_FMA_SAME,
                                                       PARAMETER_FP64_FMA_SUBNORMAL, PARAMETER_FP64_MAC_ZERO,
                                                       PARAMETER_FP64_MAC_ZERO};
  static const parameter_t mla[FP64_OPERANDS_COUNT] = {PARAMETER_COUNT, PARAMETER_FP64_MLA_SAME,
                                                       PARAMETER_FP64_MLA_SUBNORMAL, PARAMETER_FP64_MAC_ZERO,
                                                       PARAMETER_FP64_MLA_SUBNORMAL};
  static const parameter_t add[FP64_OPERANDS_COUNT] = {PARAMETER_COUNT, PARAMETER_FP64_ADD_SAME,
                                                       PARAMETER_FP64_ADD_SPECIAL, PARAMETER_FP64_ADD_SPECIAL,
                                                       PARAMETER_FP64_ADD_SPECIAL};
  switch (cls) {
  case CLASS_FP64_FMA: return fma[operands];
  case CLASS_FP64_MLA: return mla[operands];
  case CLASS_FP64_ADD: return add[operands];
  case CLASS_FP64_MUL: return operands == FP64_ZERO ? PARAMETER_FP64_MUL_ZERO : PARAMETER_COUNT;
  case CLASS_FP64_DIV: return operands == FP64_ZERO ? PARAMETER_FP64_DIV_ZERO : PARAMETER_COUNT;
  default: return PARAMETER_COUNT;
  }
}

static parameter_t first_parameter(unsigned cls, unsigned operands) {
  if (cls == CLASS_FP64_FMA) return PARAMETER_FP64_FMA_FIRST;
  return operands == FP64_SAME ? PARAMETER_FP64_MLA_FIRST_SAME : PARAMETER_FP64_MLA_FIRST;
}

static unsigned take(const core_model_t *model, parameter_t id, grade_t *grade) {
  if (model->parameters[id].from.grade > *grade) *grade = model->parameters[id].from.grade;
  return model->parameters[id].value;
}

unsigned fp64_cycles(const pipeline_t *pipeline, const insn_t *insn, const outcome_t *outcome, uint64_t cycle,
                     grade_t *grade) {
  const core_model_t *model = pipeline->model;
  unsigned operands = rule_is_on(model, RULE_FP64_OPERANDS) ? outcome->fp64_operands : FP64_DIFFERENT;
  parameter_t id = operand_parameter(insn->cls, operands);
  unsigned cycles = id == PARAMETER_COUNT ? model->rows[insn->cls].issue : take(model, id, grade);
  if (!rule_is_on(model, RULE_FP64_RUN)) return cycles;
  uint64_t end = pipeline->state.m7.mac64_end;
  bool behind = end && cycle <= end;
  if (fp64_is_mac(insn->cls) && !behind) cycles += take(model, first_parameter(insn->cls, operands), grade);
  if (insn->cls == CLASS_FP64_MUL && behind && operands != FP64_ZERO) {
    unsigned less = take(model, PARAMETER_FP64_MUL_BEHIND_MAC, grade);
    cycles -= less < cycles ? less : cycles;
  }
  return cycles;
}
