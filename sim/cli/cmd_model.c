/* cmsim model show NAME: the rows behind a number, for every core, with source, grade and probe. */
#include "base/diag.h"
#include "cli/cli.h"
#include "timing/cost_model.h"
#include "timing/insn.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { OPTION_DATA = 0x100, OPTION_PROBES, CLASSES_MAX = 16 };

static const char *const cores[] = {"m4", "m7"};
enum { CORES = sizeof cores / sizeof cores[0] };

static void print_provenance(const core_model_t *model, const provenance_t *from) {
  const char *document = NULL;
  const char *title = from->source ? cost_model_source(model, from->source, &document) : NULL;
  printf("      source  %s %s\n", from->source ? from->source : "?", from->place ? from->place : "");
  if (title) printf("              %s%s%s\n", title, document ? ", " : "", document ? document : "");
  printf("      grade   %s\n", grade_name(from->grade));
  if (from->probe) printf("      probe   %s\n", from->probe);
  if (from->alt) printf("      but     %s\n", from->alt);
  if (from->note) printf("      note    %s\n", from->note);
}

static void print_row(const core_model_t *model, insn_class_t cls) {
  const cost_row_t *row = &model->rows[cls];
  printf("    %s\n", model->core);
  if (row->unsupported) {
    printf("      not on this core\n");
    return;
  }
  printf("      issue %u", row->issue);
  if (row->min != row->max) printf(" (%u to %u by operands)", row->min, row->max);
  if (row->beat) printf(" + registers / %u", row->beat);
  if (row->taken) printf(", taken +%u", row->taken);
  printf(", result %u", row->result);
  if (row->busy) printf(", unit busy %u", row->busy);
  if (row->slots != SLOTS_ANY) printf(", %s", row->slots == SLOTS_OLDER ? "older of a pair only" : "never in a pair");
  printf("\n");
  if (row->rule != RULE_NONE) printf("      rule    %s: %s\n", rule_name(row->rule), rule_text(row->rule));
  print_provenance(model, &row->from);
}

static void show_class(core_model_t *const models[CORES], insn_class_t cls) {
  printf("%s: %s\n", insn_class_name(cls), insn_class_text(cls));
  for (int i = 0; i < CORES; i++)
    print_row(models[i], cls);
}

static bool show_classes(core_model_t *const models[CORES], const char *name) {
  insn_class_t classes[CLASSES_MAX];
  unsigned count = decode_classes(name, classes, CLASSES_MAX);
  for (insn_class_t cls = 0; cls < CLASS_COUNT && count == 0; cls++) {
    if (strcasecmp(insn_class_name(cls), name) == 0) classes[count++] = cls;
  }
  for (unsigned i = 0; i < count; i++)
    show_class(models, classes[i]);
  return count > 0;
}

static bool show_parameter(core_model_t *const models[CORES], const char *name) {
  for (parameter_t id = 0; id < PARAMETER_COUNT; id++) {
    if (strcasecmp(parameter_name(id), name) != 0) continue;
    printf("%s: %s\n", parameter_name(id), parameter_text(id));
    for (int i = 0; i < CORES; i++) {
      const cost_parameter_t *parameter = &models[i]->parameters[id];
      printf("    %s\n", models[i]->core);
      if (!parameter->present) {
        printf("      not on this core\n");
        continue;
      }
      printf("      value   %u\n", parameter->value);
      print_provenance(models[i], &parameter->from);
    }
    return true;
  }
  return false;
}

/* A rule: its sentence, and the rows it governs. */
static bool show_rule(core_model_t *const models[CORES], const char *name) {
  for (rule_t rule = 1; rule < RULE_COUNT; rule++) {
    if (strcasecmp(rule_name(rule), name) != 0) continue;
    printf("%s: %s\n", rule_name(rule), rule_text(rule));
    for (int i = 0; i < CORES; i++) {
      if (!(rule_cores(rule) & models[i]->core_bit)) continue;
      printf("    %s", models[i]->core);
      unsigned rows = 0;
      for (insn_class_t cls = 0; cls < CLASS_COUNT; cls++) {
        const cost_row_t *row = &models[i]->rows[cls];
        if (!row->unsupported && row->rule == rule) printf("%s %s", rows++ ? "" : ", governs:", insn_class_name(cls));
      }
      if (!rows) printf(", acts between instructions: see pipeline_%s.c", models[i]->core_bit == 1 ? "m4" : "m7");
      printf("\n");
    }
    return true;
  }
  return false;
}

/* A cause of waiting, as reports name it. */
static bool show_cause(const char *name) {
  for (cause_t cause = 0; cause < CAUSE_COUNT; cause++) {
    if (strcasecmp(cause_name(cause), name) != 0) continue;
    printf("%s: cause of cycles: %s\n", cause_name(cause), cause_text(cause));
    return true;
  }
  return false;
}

/* "rules": all of them, by core. */
static bool show_rules(const char *name) {
  if (strcasecmp(name, "rules") != 0) return false;
  for (rule_t rule = 1; rule < RULE_COUNT; rule++) {
    unsigned on = rule_cores(rule);
    printf("%-18s %-6s %s\n", rule_name(rule),
           on == 3   ? "m4 m7"
           : on == 2 ? "m7"
           : on == 1 ? "m4"
                     : "off",
           rule_text(rule));
  }
  return true;
}

static int show(const char *directory, char *const *names, int count) {
  core_model_t *models[CORES] = {0};
  int status = EXIT_TROUBLE;
  bool loaded = true;
  for (int i = 0; i < CORES && loaded; i++)
    loaded = (models[i] = cost_model_of(directory, cores[i])) != NULL;
  if (loaded) status = EXIT_PASS;
  for (int i = 0; i < count && loaded; i++) {
    bool found = show_rules(names[i]) || show_classes(models, names[i]);
    found = show_parameter(models, names[i]) || found; /* a rule, a parameter and a cause may share a name */
    found = show_rule(models, names[i]) || found;
    found = show_cause(names[i]) || found;
    if (found) continue;
    diag_error("%s: no instruction, class, parameter, rule or cause of that name (rules: cmsim model show rules)",
               names[i]);
    status = EXIT_TROUBLE;
  }
  for (int i = 0; i < CORES; i++)
    cost_model_free(models[i]);
  return status;
}

static const struct argp_option options[] = {
    {"data", OPTION_DATA, "DIR", 0, "Folder with cost_models/ and configs/", 0},
    {"probes", OPTION_PROBES, "ELF", 0, "calibrate: the probe image that the board ran", 0},
    {0}};

typedef struct {
  const char *data, *probes;
  char *names[64];
  int count;
} model_options_t;

static bool is_show(const model_options_t *model) { return model->count >= 2 && strcmp(model->names[0], "show") == 0; }

static bool is_calibrate(const model_options_t *model) {
  return model->count == 2 && strcmp(model->names[0], "calibrate") == 0 && model->probes;
}

static error_t parse_option(int key, char *arg, struct argp_state *state) {
  model_options_t *model = state->input;
  switch (key) {
  case ARGP_KEY_INIT: state->err_stream = NULL; return 0; /* getopt's own line says it all */
  case OPTION_DATA: model->data = arg; return 0;
  case OPTION_PROBES: model->probes = arg; return 0;
  case ARGP_KEY_ARG:
    if (model->count < 64) model->names[model->count++] = arg;
    return 0;
  case ARGP_KEY_END:
    if (is_show(model) || is_calibrate(model)) return 0;
    diag_error("usage: cmsim model show NAME... | cmsim model calibrate BOARD.csv --probes ELF");
    exit(EXIT_TROUBLE);
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

int cmd_model(int argc, char **argv) {
  static const char doc[] =
      "Prints what a number of the cost model is, where it comes from, and how to refute it. NAME is a "
      "mnemonic (sdiv, vfma.f32), a timing class, a parameter, a rule or a cause.\vcalibrate: compares the CSV that "
      "firmware/probes printed on a board with the same image run here, and lists the rows that it refutes.";
  static const struct argp argp = {options, parse_option, "show NAME...\ncalibrate BOARD.csv", doc, NULL, NULL, NULL};
  model_options_t model = {0};
  if (argp_parse(&argp, argc, argv, 0, NULL, &model) != 0) return EXIT_TROUBLE;
  const char *directory = data_directory(model.data);
  if (!directory) return EXIT_TROUBLE;
  if (is_calibrate(&model)) return finish_stdout(calibrate(directory, model.names[1], model.probes));
  return finish_stdout(show(directory, model.names + 1, model.count - 1));
}
