/* Reads cost_models/cortex-*.yaml. The schema tables say what a file may hold; everything below them says what must
   be true of it. A model that passes has a number, a source and a grade for everything a pipeline can ask. */
#include "timing/cost_model.h"

#include "base/diag.h"
#include "base/yaml.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* --- the files as libcyaml fills them ----------------------------------------------------------------------------- */

/* Numbers are words here: see yamlfile_number(). Enumerations are stored plus one, so that 0 means "not written". */
typedef struct {
  char *src, *alt, *note, *probe;
  int grade;
} file_provenance_t;

typedef struct {
  int cls, unsupported, slots, rule;
  char *issue, *beat, *taken, *result, *busy, *min, *max;
  uint16_t units;
  file_provenance_t from;
} file_row_t;

typedef struct {
  int role;
  char *need;
  file_provenance_t from;
} file_need_t;

typedef struct {
  int *producers, *consumers;
  unsigned producers_count, consumers_count;
  char *cycles;
  file_provenance_t from;
} file_forwarding_t;

typedef struct {
  int parameter;
  char *value;
  file_provenance_t from;
} file_parameter_t;

typedef struct {
  char *core, *title;
  int double_precision;
  file_row_t *rows;
  file_need_t *needs;
  file_forwarding_t *forwarding;
  file_parameter_t *parameters;
  unsigned rows_count, needs_count, forwarding_count, parameters_count;
} file_model_t;

typedef struct {
  char *id, *title, *document, *url, *obtained, *weight;
} file_source_t;

typedef struct {
  file_source_t *sources;
  unsigned sources_count;
} file_sources_t;

static const cyaml_strval_t class_words[] = {
#define INSN_CLASS(id, name, text) {name, CLASS_##id},
#include "timing/insn_class.def"
#undef INSN_CLASS
};

/* What a forwarding row may name: a class, or a result that is a parameter. */
static const cyaml_strval_t producer_words[] = {
#define INSN_CLASS(id, name, text) {name, CLASS_##id},
#include "timing/insn_class.def"
#undef INSN_CLASS
    {"early_result", PRODUCER_EARLY}, {"writeback_result", PRODUCER_WRITEBACK}};

static const cyaml_strval_t role_words[] = {
#define OPERAND_ROLE(id, name, text) {name, ROLE_##id},
#include "timing/operand_role.def"
#undef OPERAND_ROLE
};

static const cyaml_strval_t rule_words[] = {
#define RULE(id, name, cores, text) {name, RULE_##id + 1},
#include "timing/rule.def"
#undef RULE
};

static const cyaml_strval_t unit_words[] = {
#define UNIT(id, name, text) {name, 1 << UNIT_##id},
#include "timing/unit.def"
#undef UNIT
};

static const cyaml_strval_t parameter_words[] = {
#define PARAMETER(id, name, cores, text) {name, PARAMETER_##id},
#include "timing/parameter.def"
#undef PARAMETER
};

static const unsigned parameter_cores[] = {
#define PARAMETER(id, name, cores, text) cores,
#include "timing/parameter.def"
#undef PARAMETER
};

static const cyaml_strval_t grade_words[] = {{"documented", GRADE_DOCUMENTED + 1},
                                             {"measured", GRADE_MEASURED + 1},
                                             {"inferred", GRADE_INFERRED + 1},
                                             {"assumed", GRADE_ASSUMED + 1}};
static const cyaml_strval_t slots_words[] = {
    {"any", SLOTS_ANY + 1}, {"older", SLOTS_OLDER + 1}, {"alone", SLOTS_ALONE + 1}};
static const cyaml_strval_t bool_words[] = {{"false", false}, {"true", true}};

#define PROVENANCE(type)                                                                                               \
  YAMLFILE_WORD("src", YAMLFILE_MUST, type, from.src), YAMLFILE_WORD("alt", YAMLFILE_MAY, type, from.alt),             \
      YAMLFILE_WORD("note", YAMLFILE_MAY, type, from.note), YAMLFILE_WORD("probe", YAMLFILE_MAY, type, from.probe),    \
      YAMLFILE_ENUM("grade", YAMLFILE_MAY, type, from.grade, grade_words)

static const cyaml_schema_field_t row_fields[] = {
    YAMLFILE_ENUM("class", YAMLFILE_MUST, file_row_t, cls, class_words),
    YAMLFILE_ENUM("unsupported", YAMLFILE_MAY, file_row_t, unsupported, bool_words),
    YAMLFILE_WORD("issue", YAMLFILE_MAY, file_row_t, issue),
    YAMLFILE_WORD("beat", YAMLFILE_MAY, file_row_t, beat),
    YAMLFILE_WORD("taken", YAMLFILE_MAY, file_row_t, taken),
    YAMLFILE_WORD("result", YAMLFILE_MAY, file_row_t, result),
    YAMLFILE_WORD("busy", YAMLFILE_MAY, file_row_t, busy),
    YAMLFILE_WORD("min", YAMLFILE_MAY, file_row_t, min),
    YAMLFILE_WORD("max", YAMLFILE_MAY, file_row_t, max),
    CYAML_FIELD_FLAGS("units", YAMLFILE_MAY, file_row_t, units, unit_words, CYAML_ARRAY_LEN(unit_words)),
    YAMLFILE_ENUM("slots", YAMLFILE_MAY, file_row_t, slots, slots_words),
    YAMLFILE_ENUM("rule", YAMLFILE_MAY, file_row_t, rule, rule_words),
    PROVENANCE(file_row_t),
    CYAML_FIELD_END};
static const cyaml_schema_value_t row_entry = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, file_row_t, row_fields)};

static const cyaml_schema_field_t need_fields[] = {YAMLFILE_ENUM("role", YAMLFILE_MUST, file_need_t, role, role_words),
                                                   YAMLFILE_WORD("need", YAMLFILE_MUST, file_need_t, need),
                                                   PROVENANCE(file_need_t), CYAML_FIELD_END};
static const cyaml_schema_value_t need_entry = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, file_need_t, need_fields)};

static const cyaml_schema_value_t producer_entry = {
    CYAML_VALUE_ENUM(CYAML_FLAG_STRICT, int, producer_words, CYAML_ARRAY_LEN(producer_words))};
static const cyaml_schema_value_t role_entry = {
    CYAML_VALUE_ENUM(CYAML_FLAG_STRICT, int, role_words, CYAML_ARRAY_LEN(role_words))};
static const cyaml_schema_field_t forwarding_fields[] = {
    YAMLFILE_LIST("from", file_forwarding_t, producers, &producer_entry),
    YAMLFILE_LIST("to", file_forwarding_t, consumers, &role_entry),
    YAMLFILE_WORD("cycles", YAMLFILE_MUST, file_forwarding_t, cycles), PROVENANCE(file_forwarding_t), CYAML_FIELD_END};
static const cyaml_schema_value_t forwarding_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, file_forwarding_t, forwarding_fields)};

static const cyaml_schema_field_t parameter_fields[] = {
    YAMLFILE_ENUM("name", YAMLFILE_MUST, file_parameter_t, parameter, parameter_words),
    YAMLFILE_WORD("value", YAMLFILE_MUST, file_parameter_t, value), PROVENANCE(file_parameter_t), CYAML_FIELD_END};
static const cyaml_schema_value_t parameter_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, file_parameter_t, parameter_fields)};

static const cyaml_schema_field_t model_fields[] = {
    YAMLFILE_WORD("core", YAMLFILE_MUST, file_model_t, core),
    YAMLFILE_WORD("title", YAMLFILE_MUST, file_model_t, title),
    YAMLFILE_ENUM("double_precision", YAMLFILE_MUST, file_model_t, double_precision, bool_words),
    YAMLFILE_LIST("rows", file_model_t, rows, &row_entry),
    YAMLFILE_LIST("needs", file_model_t, needs, &need_entry),
    YAMLFILE_LIST("forwarding", file_model_t, forwarding, &forwarding_entry),
    YAMLFILE_LIST("parameters", file_model_t, parameters, &parameter_entry),
    CYAML_FIELD_END};
static const cyaml_schema_value_t model_schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, file_model_t, model_fields)};

static const cyaml_schema_field_t source_fields[] = {YAMLFILE_WORD("id", YAMLFILE_MUST, file_source_t, id),
                                                     YAMLFILE_WORD("title", YAMLFILE_MUST, file_source_t, title),
                                                     YAMLFILE_WORD("document", YAMLFILE_MUST, file_source_t, document),
                                                     YAMLFILE_WORD("url", YAMLFILE_MAY, file_source_t, url),
                                                     YAMLFILE_WORD("obtained", YAMLFILE_MUST, file_source_t, obtained),
                                                     YAMLFILE_WORD("weight", YAMLFILE_MUST, file_source_t, weight),
                                                     CYAML_FIELD_END};
static const cyaml_schema_value_t source_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, file_source_t, source_fields)};
static const cyaml_schema_field_t sources_fields[] = {YAMLFILE_LIST("sources", file_sources_t, sources, &source_entry),
                                                      CYAML_FIELD_END};
static const cyaml_schema_value_t sources_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, file_sources_t, sources_fields)};

/* --- what must be true of them ------------------------------------------------------------------------------------ */

/* The model's private data: its strings live in the two loaded files. */
typedef struct {
  file_model_t *model;
  file_sources_t *sources;
} files_t;

/* One pass over a file, entry by entry in the order of its text, so that a message can name the place. */
typedef struct {
  const yamlfile_t *text;
  const file_sources_t *sources;
  core_model_t *model;
  const char *key;   /* the key every entry of this list has */
  size_t start, end; /* text of the current entry */
} loader_t;

/* Goes to the list called SECTION, whose entries each have KEY. */
static void enter(loader_t *loader, const char *section, const char *key) {
  size_t length = loader->text->length;
  loader->key = key;
  loader->start = yamlfile_find_key(loader->text, 0, length, section);
  loader->end = yamlfile_find_key(loader->text, loader->start, length, key);
}

static void next(loader_t *loader) {
  size_t length = loader->text->length;
  loader->start = loader->end;
  /* The next entry starts at its own key; keys written in front of that key share its line. */
  size_t behind = loader->start < length ? loader->start + 1 : length;
  loader->end = yamlfile_find_key(loader->text, behind, length, loader->key);
}

/* Reports at KEY within the current entry, or at the entry itself when KEY is not in it. Returns false. */
static bool refuse(const loader_t *loader, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static bool refuse(const loader_t *loader, const char *key, const char *format, ...) {
  char message[256];
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  size_t at = yamlfile_find_key(loader->text, loader->start, loader->end, key);
  if (at == loader->end) at = loader->start;
  yamlfile_error_at(loader->text, at, "%s", message);
  return false;
}

/* Reads an optional number: YAMLFILE_WORD is NULL when the file leaves it out, and *VALUE stays then. */
static bool number(const loader_t *loader, const char *key, const char *word, unsigned long max, unsigned long *value) {
  if (!word || yamlfile_number(word, max, value)) return true;
  return refuse(loader, key, "%s: '%.40s' is no whole number from 0 to %lu", key, word, max);
}

static bool byte(const loader_t *loader, const char *key, const char *word, uint8_t *value) {
  unsigned long wide = *value;
  if (!number(loader, key, word, UINT8_MAX, &wide)) return false;
  *value = (uint8_t)wide;
  return true;
}

/* Whether the first word of TEXT, LENGTH characters long, is a source. */
static bool known_source(const file_sources_t *sources, const char *text, size_t length) {
  for (unsigned i = 0; i < sources->sources_count; i++) {
    const char *id = sources->sources[i].id;
    if (strlen(id) == length && strncmp(id, text, length) == 0) return true;
  }
  return false;
}

static bool is_probe_name(const char *word) {
  return *word >= 'a' && *word <= 'z' && word[strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

/* Checks where a number comes from, and cuts "ID place" in two. */
static bool provenance(const loader_t *loader, file_provenance_t *file, bool graded, provenance_t *from) {
  size_t id_length = strcspn(file->src, " ");
  if (!known_source(loader->sources, file->src, id_length)) {
    return refuse(loader, "src", "source '%.*s' is not in sources.yaml", (int)(id_length < 40 ? id_length : 40),
                  file->src);
  }
  size_t alt_length = file->alt ? strcspn(file->alt, " ") : 0;
  if (file->alt && !known_source(loader->sources, file->alt, alt_length)) {
    return refuse(loader, "alt", "source '%.*s' is not in sources.yaml", (int)(alt_length < 40 ? alt_length : 40),
                  file->alt);
  }
  char *place = file->src + id_length;
  if (*place) *place++ = '\0';
  place += strspn(place, " ");
  if (graded && !file->grade) return refuse(loader, loader->key, "no grade");
  if (graded && !file->probe) return refuse(loader, loader->key, "no probe");
  if (file->probe && !is_probe_name(file->probe)) {
    return refuse(loader, "probe", "probe '%.40s' is not in lower_snake_case", file->probe);
  }
  if (file->grade == GRADE_DOCUMENTED + 1 && !*place) {
    return refuse(loader, "src", "documented, but 'src' names no place within %s", file->src);
  }
  *from = (provenance_t){.source = file->src,
                         .place = place,
                         .alt = file->alt,
                         .note = file->note,
                         .probe = file->probe,
                         .grade = file->grade ? (grade_t)(file->grade - 1) : GRADE_ASSUMED,
                         .line = yamlfile_line(loader->text, loader->start)};
  return true;
}

static bool unsupported_row(const loader_t *loader, file_row_t *file, cost_row_t *row) {
  const char *const numbers[] = {file->issue, file->beat, file->taken, file->result, file->busy, file->min, file->max};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    if (numbers[i]) return refuse(loader, "unsupported", "an unsupported class has no numbers");
  }
  if (file->units || file->rule || file->slots || file->from.grade || file->from.probe) {
    return refuse(loader, "unsupported", "an unsupported class has only 'src', 'alt' and 'note'");
  }
  row->unsupported = true;
  return provenance(loader, &file->from, false, &row->from);
}

static bool supported_row(const loader_t *loader, file_row_t *file, cost_row_t *row) {
  if (!file->issue) return refuse(loader, "class", "no issue");
  if (!file->result) return refuse(loader, "class", "no result");
  if (!file->rule) return refuse(loader, "class", "no rule ('none' is one)");
  if (!file->units) return refuse(loader, "units", "no units");
  if (!byte(loader, "issue", file->issue, &row->issue) || !byte(loader, "beat", file->beat, &row->beat) ||
      !byte(loader, "taken", file->taken, &row->taken) || !byte(loader, "busy", file->busy, &row->busy)) {
    return false;
  }
  /* Distances are signed bytes. */
  unsigned long result = 0;
  if (!number(loader, "result", file->result, INT8_MAX, &result)) return false;
  row->result = (uint8_t)result;
  row->min = row->max = row->issue;
  if (!byte(loader, "min", file->min, &row->min) || !byte(loader, "max", file->max, &row->max)) return false;
  if (row->min > row->max) return refuse(loader, "min", "min %u is above max %u", row->min, row->max);
  if (row->issue < row->min || row->issue > row->max) {
    return refuse(loader, "issue", "issue %u is outside %u to %u", row->issue, row->min, row->max);
  }
  if (!row->issue && !row->beat) return refuse(loader, "issue", "issue 0 needs a beat: time would stand still");
  row->units = file->units;
  row->rule = (uint8_t)(file->rule - 1);
  row->slots = (uint8_t)(file->slots ? file->slots - 1 : SLOTS_ANY);
  return provenance(loader, &file->from, true, &row->from);
}

static bool is_double_precision(insn_class_t cls) { return strncmp(insn_class_name(cls), "fp64_", 5) == 0; }

static bool load_rows(loader_t *loader, const file_model_t *file) {
  bool seen[CLASS_COUNT] = {false};
  enter(loader, "rows", "class");
  size_t list = loader->start;
  for (unsigned i = 0; i < file->rows_count; i++) {
    next(loader);
    file_row_t *row = &file->rows[i];
    insn_class_t cls = (insn_class_t)row->cls;
    cost_row_t *into = &loader->model->rows[cls];
    if (seen[cls]) return refuse(loader, "class", "class %s has a row already", insn_class_name(cls));
    seen[cls] = true;
    if (!(row->unsupported ? unsupported_row : supported_row)(loader, row, into)) return false;
    if (is_double_precision(cls) && into->unsupported == loader->model->double_precision) {
      return refuse(loader, "class", "class %s contradicts double_precision", insn_class_name(cls));
    }
  }
  for (insn_class_t cls = 0; cls < CLASS_COUNT; cls++) {
    if (seen[cls]) continue;
    yamlfile_error_at(loader->text, list, "class %s has no row", insn_class_name(cls));
    return false;
  }
  return true;
}

static bool load_needs(loader_t *loader, const file_model_t *file) {
  bool seen[ROLE_COUNT] = {false};
  enter(loader, "needs", "role");
  size_t list = loader->start;
  for (unsigned i = 0; i < file->needs_count; i++) {
    next(loader);
    file_need_t *need = &file->needs[i];
    operand_role_t role = (operand_role_t)need->role;
    if (seen[role]) return refuse(loader, "role", "role %s has a need already", operand_role_name(role));
    seen[role] = true;
    unsigned long cycles = 0;
    if (!number(loader, "need", need->need, INT8_MAX, &cycles)) return false;
    loader->model->need[role] = (int8_t)cycles;
    if (!provenance(loader, &need->from, true, &loader->model->need_from[role])) return false;
  }
  for (operand_role_t role = 0; role < ROLE_COUNT; role++) {
    if (seen[role]) continue;
    yamlfile_error_at(loader->text, list, "role %s has no need", operand_role_name(role));
    return false;
  }
  return true;
}

/* distance = result - need, no less than 0 (an operand read later than the result appears costs nothing); as well
   known as the worse known of the two. */
static void fill_distances(core_model_t *model) {
  for (insn_class_t cls = 0; cls < CLASS_COUNT; cls++) {
    const cost_row_t *row = &model->rows[cls];
    for (operand_role_t role = 0; role < ROLE_COUNT; role++) {
      int cycles = row->result - model->need[role];
      grade_t grade = row->from.grade > model->need_from[role].grade ? row->from.grade : model->need_from[role].grade;
      model->distance[cls][role] = (distance_t){.cycles = (int8_t)(cycles > 0 ? cycles : 0), .grade = grade};
    }
  }
}

/* Results that do not come from a class: known only where the core has the parameter. */
static void fill_producer(core_model_t *model, unsigned producer, parameter_t id) {
  const cost_parameter_t *parameter = &model->parameters[id];
  for (operand_role_t role = 0; parameter->present && role < ROLE_COUNT; role++) {
    int cycles = (int)parameter->value - model->need[role];
    model->distance[producer][role] =
        (distance_t){.cycles = (int8_t)(cycles > 0 ? cycles : 0), .grade = parameter->from.grade};
  }
}

static bool load_forwarding(loader_t *loader, const file_model_t *file) {
  bool seen[PRODUCER_COUNT][ROLE_COUNT] = {{false}};
  core_model_t *model = loader->model;
  model->forwarding = calloc(file->forwarding_count ? file->forwarding_count : 1, sizeof *model->forwarding);
  if (!model->forwarding) {
    diag_error("out of memory");
    return false;
  }
  enter(loader, "forwarding", "from");
  for (unsigned i = 0; i < file->forwarding_count; i++) {
    next(loader);
    file_forwarding_t *row = &file->forwarding[i];
    unsigned long cycles = 0;
    provenance_t from;
    if (!number(loader, "cycles", row->cycles, INT8_MAX, &cycles)) return false;
    if (!provenance(loader, &row->from, true, &from)) return false;
    model->forwarding[model->forwarding_count++] =
        (forwarding_t){(unsigned)row->producers[0], (unsigned)row->consumers[0], from};
    for (unsigned p = 0; p < row->producers_count; p++) {
      unsigned producer = (unsigned)row->producers[p];
      const char *name = producer_words[producer].str;
      bool is_class = producer < CLASS_COUNT;
      if (is_class ? loader->model->rows[producer].unsupported
                   : loader->model->core_bit != parameter_cores[PARAMETER_EARLY_RESULT]) {
        return refuse(loader, "from", "%s %s is unsupported", is_class ? "class" : "result", name);
      }
      for (unsigned c = 0; c < row->consumers_count; c++) {
        operand_role_t role = (operand_role_t)row->consumers[c];
        if (seen[producer][role]) {
          return refuse(loader, "from", "%s to %s is given already", name, operand_role_name(role));
        }
        seen[producer][role] = true;
        loader->model->distance[producer][role] = (distance_t){.cycles = (int8_t)cycles, .grade = from.grade};
      }
    }
  }
  return true;
}

static bool load_parameters(loader_t *loader, const file_model_t *file) {
  core_model_t *model = loader->model;
  enter(loader, "parameters", "name");
  size_t list = loader->start;
  for (unsigned i = 0; i < file->parameters_count; i++) {
    next(loader);
    file_parameter_t *parameter = &file->parameters[i];
    parameter_t name = (parameter_t)parameter->parameter;
    cost_parameter_t *into = &model->parameters[name];
    if (into->present) return refuse(loader, "name", "parameter %s is given already", parameter_name(name));
    if (!(parameter_cores[name] & model->core_bit)) {
      return refuse(loader, "name", "%s has no parameter %s", model->core, parameter_name(name));
    }
    unsigned long value = 0;
    if (!number(loader, "value", parameter->value, UINT8_MAX, &value)) return false;
    /* The pipelines divide by the first and mask with the second. */
    if (name == PARAMETER_DIVIDE_BITS_PER_CYCLE && value == 0) return refuse(loader, "value", "must be at least 1");
    bool power = name == PARAMETER_PREDICTOR_ENTRIES || name == PARAMETER_FETCH_BYTES;
    if (power && (value == 0 || (value & (value - 1)))) {
      return refuse(loader, "value", "must be a power of two");
    }
    if (name == PARAMETER_STORE_QUEUE_DEPTH && (value == 0 || value > STORE_QUEUE_DEPTH_MAX)) {
      return refuse(loader, "value", "must be 1 to %d", STORE_QUEUE_DEPTH_MAX);
    }
    *into = (cost_parameter_t){.value = (unsigned)value, .present = true};
    if (!provenance(loader, &parameter->from, true, &into->from)) return false;
  }
  for (parameter_t name = 0; name < PARAMETER_COUNT; name++) {
    if (model->parameters[name].present || !(parameter_cores[name] & model->core_bit)) continue;
    yamlfile_error_at(loader->text, list, "parameter %s is missing", parameter_name(name));
    return false;
  }
  return true;
}

static bool check_sources(const yamlfile_t *text, const file_sources_t *file) {
  loader_t loader = {.text = text};
  enter(&loader, "sources", "id");
  for (unsigned i = 0; i < file->sources_count; i++) {
    next(&loader);
    const char *id = file->sources[i].id;
    if (strchr(id, ' ')) return refuse(&loader, "id", "source id '%.40s' is not one word", id);
    const file_sources_t before = {.sources = file->sources, .sources_count = i};
    if (known_source(&before, id, strlen(id))) return refuse(&loader, "id", "source %.40s is listed already", id);
  }
  return true;
}

static bool load_head(loader_t *loader, const file_model_t *file, const char *core) {
  core_model_t *model = loader->model;
  loader->end = loader->text->length;
  if (strcmp(file->core, core) != 0) return refuse(loader, "core", "this is '%.40s', not '%.40s'", file->core, core);
  if (strcmp(core, "cortex-m4") == 0) {
    model->core_bit = 1;
  } else if (strcmp(core, "cortex-m7") == 0) {
    model->core_bit = 2;
  } else {
    return refuse(loader, "core", "no pipeline for '%.40s': cortex-m4 and cortex-m7 have one", core);
  }
  model->core = file->core;
  model->title = file->title;
  model->double_precision = file->double_precision;
  return true;
}

static core_model_t *load_texts(const char *core, const yamlfile_t *model_text, const yamlfile_t *sources_text) {
  core_model_t *model = calloc(1, sizeof *model);
  files_t *files = calloc(1, sizeof *files);
  if (!model || !files) {
    free(model);
    free(files);
    diag_error("out of memory");
    return NULL;
  }
  model->private_data = files;
  loader_t loader = {.text = model_text, .model = model};
  bool done = (files->sources = yamlfile_load(sources_text, &sources_schema)) &&
              check_sources(sources_text, files->sources) && (loader.sources = files->sources) &&
              (files->model = yamlfile_load(model_text, &model_schema)) && load_head(&loader, files->model, core) &&
              load_rows(&loader, files->model) && load_needs(&loader, files->model) &&
              load_parameters(&loader, files->model);
  if (done) { /* forwarding rows replace single distances */
    fill_distances(model);
    fill_producer(model, PRODUCER_EARLY, PARAMETER_EARLY_RESULT);
    fill_producer(model, PRODUCER_WRITEBACK, PARAMETER_WRITEBACK_RESULT);
    done = load_forwarding(&loader, files->model);
  }
  if (done) {
    yamlfile_hash((const yamlfile_t[]){*model_text, *sources_text}, 2, model->hash);
    return model;
  }
  cost_model_free(model);
  return NULL;
}

core_model_t *cost_model_load(const char *directory, const char *core) {
  yamlfile_t model_text, sources_text;
  core_model_t *model = NULL;
  if (!yamlfile_read(&model_text, directory, core)) return NULL;
  if (yamlfile_read(&sources_text, directory, "sources")) {
    model = load_texts(core, &model_text, &sources_text);
    yamlfile_close(&sources_text);
  }
  yamlfile_close(&model_text);
  return model;
}

core_model_t *cost_model_of(const char *data_directory, const char *core) {
  char directory[4096], name[32];
  snprintf(directory, sizeof directory, "%s/cost_models", data_directory);
  snprintf(name, sizeof name, "cortex-%s", core);
  return cost_model_load(directory, name);
}

core_model_t *cost_model_parse(const char *core, cost_model_text_t model_file, cost_model_text_t sources_file) {
  yamlfile_t model_text, sources_text;
  core_model_t *model = NULL;
  if (!yamlfile_copy(&model_text, model_file.path, model_file.bytes, model_file.length)) return NULL;
  if (yamlfile_copy(&sources_text, sources_file.path, sources_file.bytes, sources_file.length)) {
    model = load_texts(core, &model_text, &sources_text);
    yamlfile_close(&sources_text);
  }
  yamlfile_close(&model_text);
  return model;
}

void cost_model_free(core_model_t *model) {
  if (!model) return;
  files_t *files = model->private_data;
  free(model->forwarding);
  yamlfile_free(files->model, &model_schema);
  yamlfile_free(files->sources, &sources_schema);
  free(files);
  free(model);
}

const char *cost_model_source(const core_model_t *model, const char *id, const char **document) {
  const files_t *files = model->private_data;
  for (unsigned i = 0; i < files->sources->sources_count; i++) {
    if (strcmp(files->sources->sources[i].id, id) != 0) continue;
    *document = files->sources->sources[i].document;
    return files->sources->sources[i].title;
  }
  return NULL;
}
