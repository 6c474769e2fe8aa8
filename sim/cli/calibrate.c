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
  char *sequence;
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

/* (long - short) / copies; the last column must say the same. */
static bool read_cycles(char *fields[FIELDS], double *cycles) {
  char *end[4];
  double copies = strtod(fields[3], &end[0]), once = strtod(fields[4], &end[1]), twice = strtod(fields[5], &end[2]);
  double shown = strtod(fields[6], &end[3]);
  for (unsigned i = 0; i < 4; i++) {
    if (end[i] == fields[3 + i] || *end[i]) return false;
  }
  enum { ROUNDING = 1000 }; /* three decimals */
  *cycles = (twice - once) / copies;
  return copies >= 1 && once >= 0 && twice >= once && isfinite(*cycles) && fabs(shown - *cycles) * ROUNDING <= 1;
}

static bool add_probe(probes_t *probes, char *fields[FIELDS], const char *path, unsigned line) {
  double cycles;
  bool known_core = strcmp(fields[1], "m4") == 0 || strcmp(fields[1], "m7") == 0;
  if (strcmp(fields[3], "0") == 0) return true; /* not run */
  if (!known_core || strlen(fields[0]) >= NAME_MAX_ || !read_cycles(fields, &cycles)) {
    diag_error_at(path, line, 0, "%.60s: no row of the probes, or its figures contradict each other", fields[0]);
    return false;
  }
  if (probes->count && strcmp(probes->core, fields[1]) != 0) {
    diag_error_at(path, line, 0, "rows of two cores in one file");
    return false;
  }
  probe_t *grown = realloc(probes->list, (probes->count + 1) * sizeof *grown);
  char *sequence = strdup(fields[2]);
  if (grown) probes->list = grown;
  if (!grown || !sequence) {
    free(sequence);
    diag_error("out of memory");
    return false;
  }
  snprintf(probes->core, sizeof probes->core, "%s", fields[1]);
  probe_t *probe = &probes->list[probes->count++];
  snprintf(probe->probe, sizeof probe->probe, "%s", fields[0]);
  probe->sequence = sequence;
  probe->cycles = cycles;
  return true;
}

static void free_probes(probes_t *probes) {
  for (size_t i = 0; i < probes->count; i++)
    free(probes->list[i].sequence);
  free(probes->list);
}

/* A terminal log has lines of its own before, behind and between: what is no row of seven columns is passed over, and
   counted when rows follow it. */
static bool read_probes(FILE *in, const char *path, probes_t *probes) {
  char text[LINE_MAX_], *fields[FIELDS];
  bool started = false;
  unsigned odd = 0, between = 0;
  for (unsigned line = 1; fgets(text, sizeof text, in); line++) {
    if (!started) {
      started = strncmp(text, header, sizeof header - 1) == 0;
    } else if (!split(text, fields)) {
      odd++;
    } else if (!add_probe(probes, fields, path, line)) {
      return false;
    } else {
      between = odd;
    }
  }
  if (between) diag_warning("%s: %u lines between the rows are none and were passed over", path, between);
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
    printf("not judged %-34s %-10s no measurement of probe %s\n", what, grade_name(from->grade),
           from->probe ? from->probe : "(none)");
  } else if (!worst) {
    v->confirmed++;
  } else {
    v->refuted++;
    const probe_t *predicted = find_probe(model, worst->probe);
    printf("refuted    %-34s %-10s %-30.30s %s: board %.3f, model %.3f (%u of %u variants agree)\n", what,
           grade_name(from->grade), from->place ? from->place : "", worst->probe, worst->cycles,
           predicted ? predicted->cycles : 0.0, agree, compared);
  }
}

static const char *producer_name(unsigned producer) {
  if (producer < CLASS_COUNT) return insn_class_name((insn_class_t)producer);
  return parameter_name(producer == PRODUCER_EARLY ? PARAMETER_EARLY_RESULT : PARAMETER_WRITEBACK_RESULT);
}

/* Rows of the board that this image's probes do not explain say nothing, and it must be said. */
static void report_strangers(const probes_t *board, const probes_t *model, const char *path) {
  for (size_t i = 0; i < board->count; i++) {
    const probe_t *predicted = find_probe(model, board->list[i].probe);
    if (!predicted) {
      diag_warning("%s: probe %s is not in this image or did not run here; its row is not used", path,
                   board->list[i].probe);
    } else if (strcmp(predicted->sequence, board->list[i].sequence) != 0) {
      diag_warning("%s: probe %s measured another sequence: %s", path, board->list[i].probe, board->list[i].sequence);
    }
  }
}

/* The number of rows that the board refutes. */
static unsigned judge_model(const core_model_t *core, const probes_t *board, const probes_t *model) {
  verdicts_t v = {0};
  char what[96];
  for (insn_class_t cls = 0; cls < CLASS_COUNT; cls++) {
    if (!core->rows[cls].unsupported) judge_row(board, model, insn_class_name(cls), &core->rows[cls].from, &v);
  }
  for (operand_role_t role = 0; role < ROLE_COUNT; role++) {
    snprintf(what, sizeof what, "need of %s", operand_role_name(role));
    judge_row(board, model, what, &core->need_from[role], &v);
  }
  for (size_t i = 0; i < core->forwarding_count; i++) {
    const forwarding_t *row = &core->forwarding[i];
    snprintf(what, sizeof what, "%s to %s", producer_name(row->producer), operand_role_name((operand_role_t)row->role));
    judge_row(board, model, what, &row->from, &v);
  }
  for (parameter_t id = 0; id < PARAMETER_COUNT; id++) {
    if (core->parameters[id].present) judge_row(board, model, parameter_name(id), &core->parameters[id].from, &v);
  }
  printf("%s: %u rows and parameters confirmed within %.2f cycles, %u refuted, %u without a measurement\n", core->core,
         v.confirmed, agree_within, v.refuted, v.untouched);
  return v.refuted;
}

int calibrate(const char *data, const char *path, const char *probes_elf) {
  FILE *in = fopen(path, "r");
  if (!in) {
    diag_error("%s: cannot open: %s", path, strerror(errno));
    return EXIT_TROUBLE;
  }
  probes_t board = {0}, model = {0};
  int status = EXIT_TROUBLE;
  core_model_t *core = NULL;
  bool good = read_probes(in, path, &board);
  fclose(in);
  if (good) core = cost_model_of(data, board.core);
  if (core && run_probes(probes_elf, data, board.core, &model)) {
    report_strangers(&board, &model, path);
    status = judge_model(core, &board, &model) ? EXIT_BROKEN : EXIT_PASS;
  }
  cost_model_free(core);
  free_probes(&board);
  free_probes(&model);
  return status;
}
