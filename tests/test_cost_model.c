/* The cost models as data: complete, sourced, and saying what the documents say. */
#include "cost_model_fixture.h"
#include "run_suite.h"
#include "timing/cost_model.h"

#include <check.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const cores[] = {"cortex-m4", "cortex-m7"};
enum { CORES = 2, M4 = 0, M7 = 1 };
static core_model_t *models[CORES];

static void load_models(void) {
  for (int i = 0; i < CORES; i++) {
    models[i] = cost_model_load(model_directory, cores[i]);
    ck_assert_msg(models[i] != NULL, "%s does not load", cores[i]);
  }
}

static void free_models(void) {
  for (int i = 0; i < CORES; i++)
    cost_model_free(models[i]);
}

/* --- completeness ------------------------------------------------------------------------------------------------- */

START_TEST(identity) {
  ck_assert_str_eq(models[M4]->core, "cortex-m4");
  ck_assert_uint_eq(models[M4]->core_bit, 1);
  ck_assert(!models[M4]->double_precision);
  ck_assert_str_eq(models[M7]->core, "cortex-m7");
  ck_assert_uint_eq(models[M7]->core_bit, 2);
  ck_assert(models[M7]->double_precision);
  for (int i = 0; i < CORES; i++) {
    ck_assert_uint_eq(strlen(models[i]->hash), 64);
    ck_assert_uint_eq(strspn(models[i]->hash, "0123456789abcdef"), 64);
  }
  ck_assert_str_ne(models[M4]->hash, models[M7]->hash);
}
END_TEST

/* The loader demands one row for each class; rows in the order of insn_class.def let two windows be read side by side.
 */
START_TEST(rows_in_order) {
  const core_model_t *model = models[_i];
  unsigned line = 0;
  for (insn_class_t cls = 0; cls < CLASS_COUNT; cls++) {
    const cost_row_t *row = &model->rows[cls];
    ck_assert_msg(row->from.line > line, "%s: row of %s is out of order", model->core, insn_class_name(cls));
    line = row->from.line;
    if (row->unsupported) continue;
    ck_assert(row->units != 0);
    ck_assert(row->min <= row->issue && row->issue <= row->max);
  }
}
END_TEST

/* Rules that act between instructions: no row names them. */
static const rule_t between_instructions[] = {
    RULE_LOAD_ADDRESS,  RULE_SAME_BASE,         RULE_OTHER_SLAVE,       RULE_LATE_OPCODE,   RULE_ADDRESS_INTERLOCK,
    RULE_MISALIGNED,    RULE_FETCH_QUEUE,       RULE_SPECULATIVE_FETCH, RULE_UNALIGNED_RUN, RULE_SKIPPED,
    RULE_STORE_QUEUE,   RULE_PREDICATED_RESULT, RULE_FP64_RUN,          RULE_FP64_OPERANDS, RULE_DUAL_ISSUE,
    RULE_STORE_TO_LOAD, RULE_FMA_SHADOW};

static bool acts_between_instructions(rule_t rule) {
  size_t i = sizeof between_instructions / sizeof between_instructions[0];
  while (i > 0 && between_instructions[i - 1] != rule)
    i--;
  return i > 0;
}

START_TEST(every_rule_is_used) {
  for (rule_t rule = 0; rule < RULE_COUNT; rule++) {
    bool used = false;
    for (int i = 0; i < CORES; i++) {
      for (insn_class_t cls = 0; cls < CLASS_COUNT; cls++) {
        used |= !models[i]->rows[cls].unsupported && models[i]->rows[cls].rule == rule;
      }
    }
    ck_assert_msg(used != acts_between_instructions(rule), "rows and rule %s", rule_name(rule));
  }
}
END_TEST

/* A documented number names a place within its document that a reader can look up. */
static void check_provenance(const provenance_t *from, const char *what) {
  ck_assert_msg(from->source && *from->source, "%s: no source", what);
  ck_assert_msg(from->probe && *from->probe, "%s: no probe", what);
  if (from->grade == GRADE_DOCUMENTED) {
    unsigned letters = 0;
    for (const char *c = from->place; *c; c++)
      letters += isalnum((unsigned char)*c) != 0;
    ck_assert_msg(letters >= 4, "%s: documented at '%s'", what, from->place);
  }
  if (strcmp(from->source, "OWN") == 0) ck_assert_msg(from->grade == GRADE_ASSUMED, "%s: a guess is assumed", what);
}

START_TEST(numbers_have_provenance) {
  const core_model_t *model = models[_i];
  for (insn_class_t cls = 0; cls < CLASS_COUNT; cls++) {
    if (!model->rows[cls].unsupported) check_provenance(&model->rows[cls].from, insn_class_name(cls));
  }
  for (parameter_t name = 0; name < PARAMETER_COUNT; name++) {
    if (model->parameters[name].present) check_provenance(&model->parameters[name].from, parameter_name(name));
  }
}
END_TEST

/* Also for needs and forwarding, whose provenance the model does not keep. */
START_TEST(guesses_are_assumed) {
  char *text = read_file(cores[_i]);
  for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
    bool own = strstr(line, "src: OWN ") || strstr(line, "src: \"OWN ");
    if (own) ck_assert_msg(strstr(line, "grade: assumed") != NULL, "%s", line);
  }
  free(text);
}
END_TEST

static bool cites(const char *text, const char *id) {
  static const char *const forms[] = {"src: %s ", "src: %s,", "src: %s}", "src: \"%s ", "alt: \"%s "};
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    char pattern[80];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(pattern, sizeof pattern, forms[i], id);
#pragma GCC diagnostic pop
    if (strstr(text, pattern)) return true;
  }
  return false;
}

START_TEST(every_source_is_cited) {
  char *sources = read_file("sources"), *texts[CORES];
  for (int i = 0; i < CORES; i++)
    texts[i] = read_file(cores[i]);
  unsigned found = 0;
  for (const char *at = sources; (at = strstr(at, "{id: ")); at++) {
    char id[32];
    ck_assert_int_eq(sscanf(at, "{id: %31[^, ]", id), 1);
    ck_assert_msg(cites(texts[M4], id) || cites(texts[M7], id), "nothing cites %s", id);
    found++;
  }
  ck_assert_uint_ge(found, 20);
  free(sources);
  for (int i = 0; i < CORES; i++)
    free(texts[i]);
}
END_TEST

/* --- the numbers: each line restates a sentence of a source, so a drifting number fails here ---------------------- */

static const struct {
  int core;
  insn_class_t cls;
  int issue, beat, taken, result, busy;
  const char *statement;
} row_values[] = {
    {M4, CLASS_ALU_ADD, 1, 0, 0, 1, 0, "data processing takes one cycle"},
    {M4, CLASS_ALU_SHIFTED_REG, 1, 0, 0, 1, 0, "an inline shift is free"},
    {M4, CLASS_MLA, 1, 0, 0, 1, 0, "MLA 1 on M4 (2 on M3)"},
    {M4, CLASS_MUL_LONG, 1, 0, 0, 1, 0, "UMULL 1 whatever the operands"},
    {M4, CLASS_LOAD, 1, 0, 0, 1, 0, "LDR 1 + one data cycle"},
    {M4, CLASS_LOAD_DOUBLE, 3, 0, 0, 1, 0, "LDRD 1 + 2"},
    {M4, CLASS_STORE_DOUBLE, 3, 0, 0, 1, 0, "STRD uses 3 cycles"},
    {M4, CLASS_LOAD_MULTIPLE, 1, 1, 0, 1, 0, "LDM 1 + N"},
    {M4, CLASS_STORE_MULTIPLE, 1, 1, 0, 1, 0, "STM 1 + N"},
    {M4, CLASS_STORE, 1, 0, 0, 1, 0, "STR with immediate offset 1"},
    {M4, CLASS_STORE_REG_OFFSET, 2, 0, 0, 1, 0, "STR with register offset 2"},
    {M4, CLASS_BRANCH, 1, 0, 1, 1, 0, "B taken 2"},
    {M4, CLASS_BRANCH_LR, 1, 0, 1, 1, 0, "BX LR 2"},
    {M4, CLASS_BRANCH_REG, 1, 0, 2, 1, 0, "BX Rm 3: target issued in execute"},
    {M4, CLASS_COMPARE_BRANCH, 1, 0, 2, 1, 0, "CBZ taken 3, not taken 1"},
    {M4, CLASS_TABLE_BRANCH, 1, 0, 4, 1, 0, "TBB 2 + 3"},
    {M4, CLASS_LOAD_PC, 1, 0, 4, 1, 0, "LDR PC at least 5"},
    {M4, CLASS_LOAD_MULTIPLE_PC, 1, 1, 2, 1, 0, "POP {.., PC} 1 + N + 2"},
    {M4, CLASS_BARRIER_INSN, 4, 0, 0, 1, 0, "ISB 4"},
    {M4, CLASS_FP32_ADD, 1, 0, 0, 2, 0, "200 dependent VADD = 401"},
    {M4, CLASS_FP32_FMA, 3, 0, 0, 4, 0, "VFMA 3, result one later"},
    {M4, CLASS_FP32_DIV, 1, 0, 0, 15, 14, "VDIV 14; dependent at issue + 15"},
    {M4, CLASS_FP_FROM_CORE, 1, 0, 0, 1, 0, "VMOV Sn, Rt 1 (not 2)"},
    {M4, CLASS_FP_TO_CORE_PAIR, 2, 0, 0, 1, 0, "VMOV of two registers 2"},
    {M4, CLASS_FP_LOAD_DOUBLE, 3, 0, 0, 1, 0, "VLDR.64 3"},
    {M7, CLASS_ALU_ADD, 1, 0, 0, 2, 0, "normal ALU result behind EX2"},
    {M7, CLASS_REVERSE, 1, 0, 0, 1, 0, "REV result behind EX1"},
    {M7, CLASS_SATURATE, 1, 0, 0, 3, 0, "SSAT behind EX3"},
    {M7, CLASS_MUL, 1, 0, 0, 3, 0, "MUL behind EX3"},
    {M7, CLASS_LOAD, 1, 0, 0, 2, 0, "LDR word behind EX2"},
    {M7, CLASS_LOAD_NARROW, 1, 0, 0, 3, 0, "LDRB behind EX3"},
    {M7, CLASS_LOAD_DOUBLE, 1, 0, 0, 2, 0, "LDRD exactly 1 cycle"},
    {M7, CLASS_LOAD_MULTIPLE, 0, 2, 0, 2, 0, "LDM ceil(N / 2)"},
    {M7, CLASS_STORE_MULTIPLE, 0, 2, 0, 1, 0, "STM ceil(N / 2)"},
    {M7, CLASS_TABLE_BRANCH, 2, 0, 0, 1, 0, "TBB 2 issue cycles"},
    {M7, CLASS_BRANCH, 1, 0, 0, 1, 0, "correctly predicted: no bubble"},
    {M7, CLASS_FP32_DIV, 16, 0, 0, 16, 0, "VDIV.F32 16, blocking"},
    {M7, CLASS_FP32_SQRT, 14, 0, 0, 14, 0, "VSQRT.F32 14"},
    {M7, CLASS_FP64_ADD, 2, 0, 0, 4, 0, "VADD.F64 2 for different exponents"},
    {M7, CLASS_FP64_MUL, 5, 0, 0, 7, 0, "VMUL.F64 5"},
    {M7, CLASS_FP64_DIV, 30, 0, 0, 30, 0, "VDIV.F64 30"},
};

START_TEST(row_value) {
  const cost_row_t *row = &models[row_values[_i].core]->rows[row_values[_i].cls];
  const char *statement = row_values[_i].statement;
  ck_assert_msg(row->issue == row_values[_i].issue, "issue %u: %s", row->issue, statement);
  ck_assert_msg(row->beat == row_values[_i].beat, "beat %u: %s", row->beat, statement);
  ck_assert_msg(row->taken == row_values[_i].taken, "taken %u: %s", row->taken, statement);
  ck_assert_msg(row->result == row_values[_i].result, "result %u: %s", row->result, statement);
  ck_assert_msg(row->busy == row_values[_i].busy, "busy %u: %s", row->busy, statement);
}
END_TEST

START_TEST(ranges_units_slots) {
  const cost_row_t *m4 = models[M4]->rows, *m7 = models[M7]->rows;
  ck_assert_uint_eq(m4[CLASS_DIVIDE_SIGNED].min, 2); /* TRM: 2 to 12 */
  ck_assert_uint_eq(m4[CLASS_DIVIDE_SIGNED].max, 12);
  ck_assert_uint_eq(m7[CLASS_DIVIDE_SIGNED].min, 4); /* R4: 4 to 20 signed, 3 to 19 unsigned */
  ck_assert_uint_eq(m7[CLASS_DIVIDE_SIGNED].max, 20);
  ck_assert_uint_eq(m7[CLASS_DIVIDE_UNSIGNED].min, 3);
  ck_assert_uint_eq(m7[CLASS_FP64_ADD].min, 1); /* equal exponents */
  ck_assert_uint_eq(m7[CLASS_FP64_ADD].max, 3); /* denormal or zero */
  ck_assert(m4[CLASS_FP64_ADD].unsupported && m4[CLASS_FP32_SELECT].unsupported);
  ck_assert(!(m7[CLASS_EXTEND].units & 1u << UNIT_SHIFTER)); /* UXTB does not use the shifter */
  ck_assert(m7[CLASS_EXTEND_ADD].units & 1u << UNIT_SHIFTER);
  ck_assert(!(m7[CLASS_SHIFT].units & 1u << UNIT_SHIFTER)); /* plain shifts take either stage */
  ck_assert(m7[CLASS_MLA].units & 1u << UNIT_STORE);        /* never pairs with a store */
  ck_assert_int_eq(m7[CLASS_PARALLEL].slots, SLOTS_OLDER);
  ck_assert_int_eq(m7[CLASS_COUNT_ZEROS].slots, SLOTS_OLDER);
  ck_assert_int_eq(m7[CLASS_LOAD_DOUBLE].slots, SLOTS_ALONE);
  ck_assert_int_eq(m7[CLASS_FP_LOAD_DOUBLE].slots, SLOTS_ALONE);
  ck_assert_int_eq(m7[CLASS_FP_FROM_CORE_PAIR].slots, SLOTS_ALONE);
  ck_assert_int_eq(m7[CLASS_DIVIDE_SIGNED].slots, SLOTS_ALONE);
  ck_assert_int_eq(m7[CLASS_MUL].slots, SLOTS_ANY);
  ck_assert_int_eq(m7[CLASS_LOAD].rule, RULE_DUAL_LOAD);
}
END_TEST

static const struct {
  int core;
  parameter_t name;
  unsigned value;
  grade_t grade;
} parameter_values[] = {
    {M4, PARAMETER_LOAD_DATA, 1, GRADE_DOCUMENTED},
    {M4, PARAMETER_STORE_TO_LOAD, 1, GRADE_MEASURED},
    {M4, PARAMETER_SAME_BASE_WRITEBACK, 1, GRADE_MEASURED},
    {M4, PARAMETER_ADDRESS_INTERLOCK, 1, GRADE_DOCUMENTED},
    {M4, PARAMETER_MISALIGNED_HALFWORD, 1, GRADE_MEASURED},
    {M4, PARAMETER_MISALIGNED_WORD, 1, GRADE_MEASURED},
    {M4, PARAMETER_MISALIGNED_WORD_ODD, 2, GRADE_MEASURED},
    {M4, PARAMETER_FETCH_QUEUE_HALFWORDS, 6, GRADE_DOCUMENTED},
    {M4, PARAMETER_DIVIDE_BY_ZERO, 2, GRADE_MEASURED},
    {M4, PARAMETER_DIVIDE_SHORTER, 3, GRADE_MEASURED},
    {M4, PARAMETER_DIVIDE_BASE, 5, GRADE_MEASURED},
    {M4, PARAMETER_DIVIDE_BITS_PER_CYCLE, 4, GRADE_MEASURED},
    {M4, PARAMETER_EXCEPTION_ENTRY, 12, GRADE_DOCUMENTED},
    {M4, PARAMETER_EXCEPTION_RETURN, 10, GRADE_DOCUMENTED},
    {M4, PARAMETER_EXCEPTION_TAIL_CHAIN, 6, GRADE_DOCUMENTED},
    {M4, PARAMETER_LAZY_FP_SAVE, 17, GRADE_DOCUMENTED},
    {M7, PARAMETER_EXCEPTION_ENTRY, 12, GRADE_INFERRED},
    {M7, PARAMETER_DIVIDE_BASE, 3, GRADE_ASSUMED},
    {M7, PARAMETER_DIVIDE_BITS_PER_CYCLE, 2, GRADE_ASSUMED},
    {M7, PARAMETER_MISPREDICT_LATE_FLAGS, 8, GRADE_MEASURED},
    {M7, PARAMETER_MISPREDICT_EARLY_FLAGS, 6, GRADE_MEASURED},
    {M7, PARAMETER_EARLY_FLAGS_DISTANCE, 3, GRADE_MEASURED},
    {M7, PARAMETER_MISPREDICT_INDIRECT, 9, GRADE_ASSUMED},
    {M7, PARAMETER_PREDICTOR_ENTRIES, 64, GRADE_ASSUMED},
    {M7, PARAMETER_RETURN_STACK_ENTRIES, 4, GRADE_ASSUMED},
    {M7, PARAMETER_EARLY_RESULT, 1, GRADE_MEASURED},
    {M7, PARAMETER_WRITEBACK_RESULT, 1, GRADE_MEASURED},
    {M7, PARAMETER_STORE_TO_LOAD_SAME, 4, GRADE_INFERRED},
    {M7, PARAMETER_FMA_SHADOW, 3, GRADE_MEASURED},
    {M7, PARAMETER_BANK_CONFLICT, 1, GRADE_MEASURED},
    {M7, PARAMETER_STORE_MULTIPLE_ODD_WORD, 1, GRADE_MEASURED},
    {M7, PARAMETER_MISALIGNED_OLDER, 3, GRADE_MEASURED},
    {M7, PARAMETER_MISALIGNED_YOUNGER, 4, GRADE_MEASURED},
};

START_TEST(parameter_value) {
  const char *name = parameter_name(parameter_values[_i].name);
  const cost_parameter_t *parameter = &models[parameter_values[_i].core]->parameters[parameter_values[_i].name];
  ck_assert_msg(parameter->present, "%s", name);
  ck_assert_msg(parameter->value == parameter_values[_i].value, "%s is %u", name, parameter->value);
  ck_assert_msg(parameter->from.grade == parameter_values[_i].grade, "%s is %s", name,
                grade_name(parameter->from.grade));
}
END_TEST

static const struct {
  int core;
  insn_class_t from;
  operand_role_t to;
  int cycles;
} distances[] = {
    {M4, CLASS_ALU_ADD, ROLE_ALU, 1},
    {M4, CLASS_LOAD, ROLE_BASE, 1}, /* 100 dependent loads take 2 each: no stall beyond the data cycle */
    {M4, CLASS_MUL, ROLE_SHIFTED, 1},
    {M4, CLASS_FP32_ADD, ROLE_FP_MULTIPLICAND, 2},
    {M4, CLASS_FP32_MUL, ROLE_FP_ACCUMULATE_FMA, 1},
    {M4, CLASS_FP32_MLA, ROLE_FP_ACCUMULATE_MLA, 3},
    {M4, CLASS_FP32_MLA, ROLE_FP_MULTIPLICAND, 4},
    {M4, CLASS_FP32_DIV, ROLE_FP_OPERAND, 15},
    {M4, CLASS_FP32_ABS_NEG, ROLE_FP_OPERAND, 1},
    {M4, CLASS_FP32_COMPARE, ROLE_FP_STATUS, 2},
    {M7, CLASS_LOAD, ROLE_ALU, 1},
    {M7, CLASS_LOAD, ROLE_SHIFTED, 2},
    {M7, CLASS_LOAD, ROLE_UNSHIFTED, 2},
    {M7, CLASS_LOAD, ROLE_BASE, 2},
    {M7, CLASS_LOAD, ROLE_INDEX, 3},
    {M7, CLASS_LOAD, ROLE_MULTIPLICAND, 2},
    {M7, CLASS_LOAD, ROLE_ACCUMULATE, 1},
    {M7, CLASS_LOAD, ROLE_STORE_DATA, 0},
    {M7, CLASS_LOAD_NARROW, ROLE_ALU, 2},
    {M7, CLASS_LOAD_NARROW, ROLE_SHIFTED, 3},
    {M7, CLASS_LOAD_NARROW, ROLE_UNSHIFTED, 2},
    {M7, CLASS_LOAD_NARROW, ROLE_INDEX, 3},
    {M7, CLASS_ALU_LOGIC, ROLE_ALU, 1},
    {M7, CLASS_ALU_LOGIC, ROLE_SHIFTED, 2},
    {M7, CLASS_ALU_LOGIC, ROLE_UNSHIFTED, 1},
    {M7, CLASS_ALU_LOGIC, ROLE_EARLY, 2},
    {M7, CLASS_ALU_LOGIC, ROLE_ACCUMULATE, 0},
    {M7, CLASS_ALU_LOGIC, ROLE_STORE_DATA, 0},
    {M7, CLASS_ALU_COMPARE, ROLE_FLAGS, 1},
    {M7, CLASS_COMPARE_SHIFTED, ROLE_FLAGS, 2},
    {M7, CLASS_REVERSE, ROLE_ALU, 0},
    {M7, CLASS_REVERSE, ROLE_EARLY, 2},
    {M7, CLASS_EXTEND, ROLE_INDEX, 2},
    {M7, CLASS_SATURATE, ROLE_ALU, 2},
    {M7, CLASS_MUL, ROLE_ALU, 2},
    {M7, CLASS_MUL, ROLE_MULTIPLICAND, 2},
    {M7, CLASS_MUL, ROLE_ACCUMULATE, 1},
    {M7, CLASS_MLA, ROLE_BASE, 4},
    {M7, CLASS_FP32_ADD, ROLE_FP_OPERAND, 3},
    {M7, CLASS_FP32_ADD, ROLE_FP_ACCUMULATE_FMA, 3},
    {M7, CLASS_FP32_ADD, ROLE_FP_ACCUMULATE_MLA, 2},
    {M7, CLASS_FP32_ADD, ROLE_FP_STORE_DATA, 1},
    {M7, CLASS_FP32_ADD, ROLE_FP_TO_CORE, 3},
    {M7, CLASS_FP32_FMA, ROLE_FP_MULTIPLICAND, 5},
    {M7, CLASS_FP32_FMA, ROLE_FP_ACCUMULATE_FMA, 3},
    {M7, CLASS_FP32_FMA, ROLE_FP_ACCUMULATE_MLA, 2},
    {M7, CLASS_FP32_FMA, ROLE_FP_STORE_DATA, 3},
    {M7, CLASS_FP32_FMA, ROLE_FP_TO_CORE, 5},
    {M7, CLASS_FP32_MLA, ROLE_FP_MULTIPLICAND, 6},
    {M7, CLASS_FP32_MLA, ROLE_FP_ACCUMULATE_MLA, 3},
    {M7, CLASS_FP32_MLA, ROLE_FP_STORE_DATA, 4},
    {M7, CLASS_FP_LOAD, ROLE_FP_OPERAND, 1},
    {M7, CLASS_FP_LOAD, ROLE_FP_ACCUMULATE_FMA, 3},
    {M7, CLASS_FP_LOAD, ROLE_FP_ACCUMULATE_MLA, 2},
    {M7, CLASS_FP_LOAD, ROLE_FP_TO_CORE, 2},
    {M7, CLASS_FP_LOAD_DOUBLE, ROLE_FP_OPERAND, 2},
    {M7, CLASS_FP_FROM_CORE, ROLE_FP_ACCUMULATE_FMA, 3},
    {M7, CLASS_FP_TO_CORE, ROLE_ALU, 1},
    {M7, CLASS_FP_TO_CORE, ROLE_ACCUMULATE, 0},
};

START_TEST(distance_value) {
  const core_model_t *model = models[distances[_i].core];
  int cycles = model->distance[distances[_i].from][distances[_i].to].cycles;
  ck_assert_msg(cycles == distances[_i].cycles, "%s: %s to %s is %d, not %d", model->core,
                insn_class_name(distances[_i].from), operand_role_name(distances[_i].to), cycles, distances[_i].cycles);
}
END_TEST

/* A distance is as well known as the worse of its two numbers, unless a forwarding row says how well it is known. */
START_TEST(distance_grades) {
  const core_model_t *m7 = models[M7];
  ck_assert_int_eq(m7->distance[CLASS_LOAD][ROLE_ALU].grade, GRADE_MEASURED);
  ck_assert_int_eq(m7->distance[CLASS_LOAD][ROLE_INDEX].grade, GRADE_INFERRED);
  ck_assert_int_eq(m7->distance[CLASS_COUNT_ZEROS][ROLE_ALU].grade, GRADE_INFERRED);
  ck_assert_int_eq(m7->distance[CLASS_ALU_ADD][ROLE_BRANCH_TARGET].grade, GRADE_ASSUMED);
  ck_assert_int_eq(models[M4]->distance[CLASS_FP32_MOVE][ROLE_FP_OPERAND].grade, GRADE_INFERRED);
  for (int i = 0; i < CORES; i++) {
    for (insn_class_t cls = 0; cls < CLASS_COUNT; cls++) {
      for (operand_role_t role = 0; role < ROLE_COUNT; role++)
        ck_assert(models[i]->distance[cls][role].cycles >= 0);
    }
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("cost_model");
  TCase *data = tcase_create("data");
  tcase_add_checked_fixture(data, load_models, free_models);
  tcase_add_test(data, identity);
  tcase_add_loop_test(data, rows_in_order, 0, CORES);
  tcase_add_test(data, every_rule_is_used);
  tcase_add_loop_test(data, numbers_have_provenance, 0, CORES);
  tcase_add_loop_test(data, guesses_are_assumed, 0, CORES);
  tcase_add_test(data, every_source_is_cited);
  tcase_add_loop_test(data, row_value, 0, sizeof row_values / sizeof *row_values);
  tcase_add_test(data, ranges_units_slots);
  tcase_add_loop_test(data, parameter_value, 0, sizeof parameter_values / sizeof *parameter_values);
  tcase_add_loop_test(data, distance_value, 0, sizeof distances / sizeof *distances);
  tcase_add_test(data, distance_grades);
  suite_add_tcase(suite, data);
  return run_suite(suite);
}
