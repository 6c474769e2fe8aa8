/* The cost model of a core: every number the pipelines use, each with source, grade and probe.

   Loaded from cost_models/cortex-*.yaml (+ sources.yaml) by cost_model_load(), which refuses anything incomplete:
   the C code holds no cycle constant. Read cost_models/README.md for the meaning of the columns. */
#ifndef CMSIM_TIMING_COST_MODEL_H
#define CMSIM_TIMING_COST_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
#define INSN_CLASS(id, name, text) CLASS_##id,
#include "timing/insn_class.def"
#undef INSN_CLASS
  CLASS_COUNT
} insn_class_t;

typedef enum {
#define OPERAND_ROLE(id, name, text) ROLE_##id,
#include "timing/operand_role.def"
#undef OPERAND_ROLE
  ROLE_COUNT
} operand_role_t;

typedef enum {
#define CAUSE(id, name, text) CAUSE_##id,
#include "timing/cause.def"
#undef CAUSE
  CAUSE_COUNT
} cause_t;

typedef enum {
#define RULE(id, name, cores, text) RULE_##id,
#include "timing/rule.def"
#undef RULE
  RULE_COUNT
} rule_t;

/* Bit numbers: cost_row_t.units is a mask of 1u << UNIT_x. */
typedef enum {
#define UNIT(id, name, text) UNIT_##id,
#include "timing/unit.def"
#undef UNIT
  UNIT_COUNT
} unit_t;

typedef enum {
#define PARAMETER(id, name, cores, text) PARAMETER_##id,
#include "timing/parameter.def"
#undef PARAMETER
  PARAMETER_COUNT
} parameter_t;

/* How well a number is known, best first. */
typedef enum { GRADE_DOCUMENTED, GRADE_MEASURED, GRADE_INFERRED, GRADE_ASSUMED, GRADE_COUNT } grade_t;

/* Which issue slots of a pair an instruction may take (dual-issue cores; SLOTS_ANY otherwise). */
typedef enum { SLOTS_ANY, SLOTS_OLDER, SLOTS_ALONE } slots_t;

/* Where a number comes from. Strings are owned by the core_model_t. */
typedef struct {
  const char *source; /* id in sources.yaml */
  const char *place;  /* table, section, file within the source */
  const char *alt;    /* a reading that disagrees, or NULL */
  const char *note;   /* why this one, or NULL */
  const char *probe;  /* micro-benchmark that can refute it */
  grade_t grade;
  unsigned line; /* in the YAML file, 0 when unknown */
} provenance_t;

/* Costs of one timing class on one core, in core clock cycles, operands and memory being ready. */
typedef struct {
  bool unsupported; /* the core has no such instruction */
  uint8_t issue;    /* cycles the instruction holds issue (0: its beats say it all) */
  uint8_t beat;     /* registers transferred a cycle, added as ceil(n / beat); 0: no register list */
  uint8_t taken;    /* further cycles when a branch is taken */
  uint8_t result;   /* distance to a dependent instruction: see cost_models/README.md */
  uint8_t busy;     /* cycles the unit stays occupied when longer than issue, else 0 */
  uint8_t min, max; /* range of issue when operands decide; equal to issue otherwise */
  uint16_t units;
  uint8_t slots; /* slots_t */
  uint8_t rule;  /* rule_t; together the costs are 16 bytes: hot, beside 48 of provenance */
  provenance_t from;
} cost_row_t;

typedef struct {
  unsigned value;
  bool present;
  provenance_t from;
} cost_parameter_t;

/* Who wrote a register: a timing class, or one of three that are not. */
enum {
  PRODUCER_EARLY = CLASS_COUNT, /* ADD, SUB, MOV or plain shift that executed in the first stage */
  PRODUCER_WRITEBACK,           /* base register update of a load or store */
  PRODUCER_NONE,                /* nobody yet: no wait */
  PRODUCER_COUNT
};

enum { STORE_QUEUE_DEPTH_MAX = 8 }; /* stores that a pipeline can keep in mind */

/* Distance in cycles between the issue of a producer and of its consumer, by producer and operand role. */
typedef struct {
  int8_t cycles;
  grade_t grade;
} distance_t;

/* A forwarding row as the file has it: its first producer and consumer name it. */
typedef struct {
  unsigned producer; /* class, PRODUCER_EARLY or PRODUCER_WRITEBACK */
  unsigned role;
  provenance_t from;
} forwarding_t;

typedef struct {
  char *core; /* "cortex-m4" */
  char *title;
  char hash[65];     /* SHA-256 over the model and sources files */
  unsigned core_bit; /* 1 for M4, 2 for M7: as in parameter.def */
  bool double_precision;
  uint64_t rules_off; /* bit 1 << RULE_x: switched off by cost_model_rule_off() */
  cost_row_t rows[CLASS_COUNT];
  cost_parameter_t parameters[PARAMETER_COUNT];
  int8_t need[ROLE_COUNT];                         /* cycles after issue at which an operand of this role is read */
  distance_t distance[PRODUCER_COUNT][ROLE_COUNT]; /* result - need, unless a forwarding row says otherwise */
  provenance_t need_from[ROLE_COUNT];
  forwarding_t *forwarding;
  size_t forwarding_count;
  void *private_data;
} core_model_t;

/* Loads DIRECTORY/CORE.yaml, e.g. ("cost_models", "cortex-m4"). Any defect is one diag_error_at line with file, line
   and column, and NULL. Freed with cost_model_free(). */
core_model_t *cost_model_load(const char *directory, const char *core);
/* The same for CORE "m4" or "m7" from the folder that holds cost_models/. */
core_model_t *cost_model_of(const char *data_directory, const char *core);
/* The same from memory: NAME.yaml and sources.yaml as text, with the paths that messages shall name. */
typedef struct {
  const char *path;
  const void *bytes;
  size_t length;
} cost_model_text_t;
core_model_t *cost_model_parse(const char *core, cost_model_text_t model_file, cost_model_text_t sources_file);
void cost_model_free(core_model_t *model);

/* Title of source ID in sources.yaml, and its document or address; NULL when unknown. Owned by the model. */
const char *cost_model_source(const core_model_t *model, const char *id, const char **document);

/* What if the rule NAME did not act? False when the core has no such rule. */
bool cost_model_rule_off(core_model_t *model, const char *name);
/* What if parameter NAME were VALUE (0 to 255)? Its grade becomes `assumed`. False when the core has none of that name.
 */
bool cost_model_set(core_model_t *model, const char *name, unsigned value);

static inline bool rule_is_on(const core_model_t *model, rule_t rule) { return !(model->rules_off >> rule & 1u); }

const char *insn_class_name(insn_class_t cls);
const char *insn_class_text(insn_class_t cls);
const char *operand_role_name(operand_role_t role);
const char *cause_name(cause_t cause);
const char *cause_text(cause_t cause);
const char *rule_name(rule_t rule);
const char *rule_text(rule_t rule);
unsigned rule_cores(rule_t rule); /* M4 1, M7 2 */
const char *parameter_name(parameter_t parameter);
const char *parameter_text(parameter_t parameter);
const char *grade_name(grade_t grade);

#endif
