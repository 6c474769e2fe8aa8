/* Names and one-sentence meanings of the closed sets; all of them come from the .def files. */
#include "timing/cost_model.h"

#include <assert.h>

static const char *const insn_class_names[] = {
#define INSN_CLASS(id, name, text) name,
#include "timing/insn_class.def"
#undef INSN_CLASS
};

static const char *const insn_class_texts[] = {
#define INSN_CLASS(id, name, text) text,
#include "timing/insn_class.def"
#undef INSN_CLASS
};

static const char *const operand_role_names[] = {
#define OPERAND_ROLE(id, name, text) name,
#include "timing/operand_role.def"
#undef OPERAND_ROLE
};

static const char *const cause_names[] = {
#define CAUSE(id, name, text) name,
#include "timing/cause.def"
#undef CAUSE
};

static const char *const cause_texts[] = {
#define CAUSE(id, name, text) text,
#include "timing/cause.def"
#undef CAUSE
};

static const char *const rule_names[] = {
#define RULE(id, name, cores, text) name,
#include "timing/rule.def"
#undef RULE
};

static const unsigned rule_core_bits[] = {
#define RULE(id, name, cores, text) cores,
#include "timing/rule.def"
#undef RULE
};

static const char *const rule_texts[] = {
#define RULE(id, name, cores, text) text,
#include "timing/rule.def"
#undef RULE
};

static const char *const parameter_texts[] = {
#define PARAMETER(id, name, cores, text) text,
#include "timing/parameter.def"
#undef PARAMETER
};

static const char *const parameter_names[] = {
#define PARAMETER(id, name, cores, text) name,
#include "timing/parameter.def"
#undef PARAMETER
};

static const char *const grade_names[] = {"documented", "measured", "inferred", "assumed"};
_Static_assert(sizeof grade_names / sizeof *grade_names == GRADE_COUNT, "one name for each grade");

const char *insn_class_name(insn_class_t cls) {
  assert(cls < CLASS_COUNT);
  return insn_class_names[cls];
}

const char *insn_class_text(insn_class_t cls) {
  assert(cls < CLASS_COUNT);
  return insn_class_texts[cls];
}

const char *operand_role_name(operand_role_t role) {
  assert(role < ROLE_COUNT);
  return operand_role_names[role];
}

const char *cause_name(cause_t cause) {
  assert(cause < CAUSE_COUNT);
  return cause_names[cause];
}

const char *cause_text(cause_t cause) {
  assert(cause < CAUSE_COUNT);
  return cause_texts[cause];
}

const char *rule_name(rule_t rule) {
  assert(rule < RULE_COUNT);
  return rule_names[rule];
}

const char *rule_text(rule_t rule) {
  assert(rule < RULE_COUNT);
  return rule_texts[rule];
}

unsigned rule_cores(rule_t rule) {
  assert(rule < RULE_COUNT);
  return rule_core_bits[rule];
}

const char *parameter_name(parameter_t parameter) {
  assert(parameter < PARAMETER_COUNT);
  return parameter_names[parameter];
}

const char *parameter_text(parameter_t parameter) {
  assert(parameter < PARAMETER_COUNT);
  return parameter_texts[parameter];
}

const char *grade_name(grade_t grade) {
  assert(grade < GRADE_COUNT);
  return grade_names[grade];
}
