/* What if a rule were not there? Edits a loaded cost model so that one named rule no longer acts. For what-if runs and
   for the test that every rule matters; the pipelines need no switch of their own in their common path. */
#include "timing/cost_model.h"

#include <string.h>

static void zero(core_model_t *model, parameter_t id) { model->parameters[id].value = 0; }

/* Rows that name RULE no longer do. */
static void strip_rows(core_model_t *model, rule_t rule) {
  for (insn_class_t cls = 0; cls < CLASS_COUNT; cls++) {
    if (model->rows[cls].rule == rule) model->rows[cls].rule = RULE_NONE;
  }
}

static void strip_beats(core_model_t *model) {
  for (insn_class_t cls = 0; cls < CLASS_COUNT; cls++) {
    cost_row_t *row = &model->rows[cls];
    row->beat = 0;
    if (row->issue == 0) row->issue = 1;
  }
}

static void strip_refill(core_model_t *model) {
  for (insn_class_t cls = 0; cls < CLASS_COUNT; cls++)
    model->rows[cls].taken = 0;
}

static bool is_fp_role(operand_role_t role) { return role >= ROLE_FP_OPERAND; }

static void strip_fp_waits(core_model_t *model) {
  for (insn_class_t cls = CLASS_FP32_ADD; cls < CLASS_COUNT; cls++) {
    for (operand_role_t role = 0; role < ROLE_COUNT; role++) {
      if (is_fp_role(role) && model->rows[cls].rule != RULE_FP_LONG) model->distance[cls][role].cycles = 0;
    }
  }
}

static void strip_late_addend(core_model_t *model) {
  for (unsigned producer = 0; producer < PRODUCER_COUNT; producer++) {
    distance_t *row = model->distance[producer];
    row[ROLE_FP_ACCUMULATE_MLA] = row[ROLE_FP_ACCUMULATE_FMA] = row[ROLE_FP_MULTIPLICAND];
  }
}

/* Divide and square root hold everything until they are done. */
static void strip_long(core_model_t *model) {
  for (insn_class_t cls = 0; cls < CLASS_COUNT; cls++) {
    cost_row_t *row = &model->rows[cls];
    if (row->rule != RULE_FP_LONG) continue;
    row->rule = RULE_NONE;
    row->issue = row->busy;
    row->busy = 0;
  }
}

static void strip_pairs(core_model_t *model) {
  for (insn_class_t cls = 0; cls < CLASS_COUNT; cls++)
    model->rows[cls].slots = SLOTS_ALONE;
}

static void strip_store_reg_offset(core_model_t *model) {
  for (insn_class_t cls = 0; cls < CLASS_COUNT; cls++) {
    if (model->rows[cls].rule == RULE_STORE_REG_OFFSET) model->rows[cls].issue = 1;
  }
  strip_rows(model, RULE_STORE_REG_OFFSET);
}

static const parameter_t misaligned_parameters[] = {PARAMETER_MISALIGNED_HALFWORD, PARAMETER_MISALIGNED_WORD,
                                                    PARAMETER_MISALIGNED_WORD_ODD, PARAMETER_MISALIGNED_OLDER,
                                                    PARAMETER_MISALIGNED_YOUNGER};
static const parameter_t mispredict_parameters[] = {PARAMETER_MISPREDICT_LATE_FLAGS, PARAMETER_MISPREDICT_EARLY_FLAGS,
                                                    PARAMETER_MISPREDICT_INDIRECT};

_Static_assert(RULE_COUNT <= 64, "rules_off has a bit for each rule");

bool cost_model_rule_off(core_model_t *model, const char *name) {
  rule_t rule = RULE_NONE;
  while (rule < RULE_COUNT && strcmp(rule_name(rule), name) != 0)
    rule++;
  if (rule == RULE_COUNT || !(rule_cores(rule) & model->core_bit)) return false;
  model->rules_off |= UINT64_C(1) << rule;
  switch (rule) {
  case RULE_ADDRESS_INTERLOCK: zero(model, PARAMETER_ADDRESS_INTERLOCK); break;
  case RULE_SPECULATIVE_FETCH: zero(model, PARAMETER_SPECULATIVE_FETCH); break;
  case RULE_STORE_BUFFER: zero(model, PARAMETER_STORE_TO_LOAD); break;
  case RULE_STORE_TO_LOAD: zero(model, PARAMETER_STORE_TO_LOAD_SAME); break;
  case RULE_FMA_SHADOW:
    zero(model, PARAMETER_FMA_SHADOW);
    zero(model, PARAMETER_MLA_FMA_BUBBLE);
    break;
  case RULE_MISALIGNED:
    for (size_t i = 0; i < sizeof misaligned_parameters / sizeof *misaligned_parameters; i++) {
      zero(model, misaligned_parameters[i]);
    }
    break;
  case RULE_BRANCH_PREDICTED:
    for (size_t i = 0; i < sizeof mispredict_parameters / sizeof *mispredict_parameters; i++) {
      zero(model, mispredict_parameters[i]);
    }
    break;
  case RULE_TRANSFER_BEATS: strip_beats(model); break;
  case RULE_BRANCH_REFILL: strip_refill(model); break;
  case RULE_FP_RESULT_USE: strip_fp_waits(model); break;
  case RULE_FP_MAC: strip_late_addend(model); break;
  case RULE_FP_LONG: strip_long(model); break;
  case RULE_DUAL_ISSUE: strip_pairs(model); break;
  case RULE_STORE_REG_OFFSET: strip_store_reg_offset(model); break;
  default: strip_rows(model, rule); break; /* some rules ask rules_off instead */
  }
  return true;
}

/* The result of PRODUCER appears CHANGE cycles later. */
static void move_results(core_model_t *model, unsigned producer, int change) {
  for (operand_role_t role = 0; role < ROLE_COUNT; role++) {
    int cycles = model->distance[producer][role].cycles + change;
    model->distance[producer][role] = (distance_t){(int8_t)(cycles < 0          ? 0
                                                            : cycles > INT8_MAX ? INT8_MAX
                                                                                : cycles),
                                                   GRADE_ASSUMED};
  }
}

bool cost_model_set(core_model_t *model, const char *name, unsigned value) {
  for (parameter_t id = 0; id < PARAMETER_COUNT; id++) {
    if (!model->parameters[id].present || strcmp(parameter_name(id), name) != 0) continue;
    int change = (int)value - (int)model->parameters[id].value;
    model->parameters[id].value = value;
    model->parameters[id].from.grade = GRADE_ASSUMED;
    if (id == PARAMETER_EARLY_RESULT) move_results(model, PRODUCER_EARLY, change);
    if (id == PARAMETER_WRITEBACK_RESULT) move_results(model, PRODUCER_WRITEBACK, change);
    return true;
  }
  return false;
}
