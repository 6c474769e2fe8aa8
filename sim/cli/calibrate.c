/* cmsim model calibrate BOARD.csv: what a board says about the rows of the cost model. BOARD.csv is the output of
   firmware/probes on silicon; the same image runs here, and the two are compared probe by probe. Changes nothing. */
#include "base/diag.h"
#include "cli/cli.h"
#include "cli/run_options.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS = 7, LINE_MAX_ = 1024, NAME_MAX_ = 64 };
static const char header[] = "probe,core,sequence,copies,cycles_short,cycles_long,cycles_per_sequence";

/* Two runs of one loop on silicon differ by call-site alignment; a wrong row differs by much more. */
static const double agree_within = 0.05;

typedef struct {
  char probe[NAME_MAX_]; /* with its variant: "divide.1000_10" */
  double cycles;
} probe_t;

typedef struct {
  char core[8];
  probe_t *list;
  size_t count;
} probes_t;

/* Splits LINE at commas outside quotes, in place; false unless there are exactly FIELDS. */
static bool split(char *line, char *fields[FIELDS]) {
  unsigned count = 0;
  bool quoted = false;
  line[strcspn(line, "\r\n")] = '\0';
  fields[count++] = line;
  for (char *c = line; *c; c++) {
    if (*c == '"') quoted = !quoted;
    if (*c != ',' || quoted) continue;
    *c = '\0';
    if (count == FIELDS) return false;
    fields[count++] = c + 1;
  }
  return count == FIELDS && !quoted;
}

static bool add_probe(probes_t *probes, char *fields[FIELDS], const char *path, unsigned line) {
  char *end;
  double cycles = strtod(fields[6], &end);
  bool known_core = strcmp(fields[1], "m4") == 0 || strcmp(fields[1], "m7") == 0;
  if (strcmp(fields[3], "0") == 0) return true; /* not run */
  if (end == fields[6] || *end || !isfinite(cycles) || !known_core || strlen(fields[0]) >= NAME_MAX_) {
    diag_error_at(path, line, 0, "not a row of the probes: %.60s", fields[0]);
    return false;
  }
  if (probes->count && strcmp(probes->core, fields[1]) != 0) {
    diag_error_at(path, line, 0, "rows of two cores in one file");
    return false;
  }
  probe_t *grown = realloc(probes->list, (probes->count + 1) * sizeof *grown);
  if (!grown) return false;
  probes->list = grown;
  snprintf(probes->core, sizeof probes->core, "%s", fields[1]);
  probe_t *probe = &probes->list[probes->count++];
  snprintf(probe->probe, sizeof probe->probe, "%s", fields[0]);
  probe->cycles = cycles;
  return true;
}

/* A terminal log may have lines before the header and behind the last row: only what lies between counts. */
static bool read_probes(FILE *in, const char *path, probes_t *probes) {
  char text[LINE_MAX_], *fields[FIELDS];
  bool started = false;
  for (unsigned line = 1; fgets(text, sizeof text, in); line++) {
    if (!started) {
      started = strncmp(text, header, sizeof header - 1) == 0;
      continue;
    }
    if (!split(text, fields)) break;
    if (!add_probe(probes, fields, path, line)) return false;
  }
  if (probes->count) return true;
  diag_error("%s: no rows of firmware/probes (looked for the line '%s')", path, header);
  return false;
}

static bool run_probes(const char *elf, const char *data, const char *core, probes_t *probes) {
  char *text = NULL;
  size_t length = 0;
  FILE *console = open_memstream(&text, &length);
  if (!console) return false;
  run_options_t run = {.machine = {.firmware = elf, .core = core, .mhz = 1}, .data = data};
  results_t *results = simulate(&run, console);
  fclose(console);
  bool good = results && results->end == RUN_EXITED;
  if (results && !good) run_status(results);
  results_free(results);
  FILE *in = good ? fmemopen(text, length, "r") : NULL;
  good = in && read_probes(in, elf, probes);
  if (in) fclose(in);
  free(text);
  return good;
}

static const probe_t *find_probe(const probes_t *probes, const char *name) {
  for (size_t i = 0; i < probes->count; i++) {
    if (strcmp(probes->list[i].probe, name) == 0) return &probes->list[i];
  }
  return NULL;
}

/* What the board says about probe NAME, all variants: how many agree, and the worst that does not. */
static unsigned judge(const probes_t *board, const probes_t *model, const char *name, unsigned *compared,
                      const probe_t **worst) {
  size_t length = strlen(name);
  unsigned agree = 0;
  double most = agree_within;
  *compared = 0;
  *worst = NULL;
  for (size_t i = 0; i < board->count; i++) {
    const probe_t *measured = &board->list[i];
    bool variant =
        strncmp(measured->probe, name, length) == 0 && (measured->probe[length] == '.' || !measured->probe[length]);
    const probe_t *predicted = variant ? find_probe(model, measured->probe) : NULL;
    if (!predicted) continue;
    (*compared)++;
    double difference = fabs(measured->cycles - predicted->cycles);
    if (difference <= agree_within) agree++;
    if (difference <= most) continue;
    most = difference;
    *worst = measured;
  }
  return agree;
}

typedef struct {
  unsigned confirmed, refuted, untouched;
} verdicts_t;

static void judge_row(const probes_t *board, const probes_t *model, const char *what, const provenance_t *from,
                      verdicts_t *v) {
  unsigned compared;
  const probe_t *worst;
  unsigned agree = judge(board, model, from->probe ? from->probe : "", &compared, &worst);
  if (!compared) {
    v->untouched++;
  } else if (!worst) {
    v->confirmed++;
  } else {
    v->refuted++;
    const probe_t *predicted = find_probe(model, worst->probe);
    printf("refuted    %-24s %-10s %-40.40s %s: board %.3f, model %.3f (%u of %u variants agree)\n", what,
           grade_name(from->grade), from->place ? from->place : "", worst->probe, worst->cycles,
           predicted ? predicted->cycles : 0.0, agree, compared);
  }
}

static void judge_model(const core_model_t *core, const probes_t *board, const probes_t *model) {
  verdicts_t v = {0};
  for (insn_class_t cls = 0; cls < CLASS_COUNT; cls++) {
    if (!core->rows[cls].unsupported) judge_row(board, model, insn_class_name(cls), &core->rows[cls].from, &v);
  }
  for (parameter_t id = 0; id < PARAMETER_COUNT; id++) {
    if (core->parameters[id].present) judge_row(board, model, parameter_name(id), &core->parameters[id].from, &v);
  }
  printf("%s: %u rows and parameters confirmed within %.2f cycles, %u refuted, %u without a measurement\n", core->core,
         v.confirmed, agree_within, v.refuted, v.untouched);
}

int calibrate(const char *data, const char *path, const char *probes_elf) {
  FILE *in = fopen(path, "r");
  if (!in) {
    diag_error("%s: cannot open: %s", path, strerror(errno));
    return EXIT_TROUBLE;
  }
  probes_t board = {0}, model = {0};
  char directory[4096], name[32];
  int status = EXIT_TROUBLE;
  core_model_t *core = NULL;
  bool good = read_probes(in, path, &board);
  fclose(in);
  if (good) {
    snprintf(directory, sizeof directory, "%s/cost_models", data);
    snprintf(name, sizeof name, "cortex-%s", board.core);
    core = cost_model_load(directory, name);
  }
  if (core && run_probes(probes_elf, data, board.core, &model)) {
    judge_model(core, &board, &model);
    status = EXIT_PASS;
  }
  cost_model_free(core);
  free(board.list);
  free(model.list);
  return status;
}
