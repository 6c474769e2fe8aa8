/* Annotated listing, shaped like objdump with the costs on the left, and the timeline of one pass. */
#include "report/results.h"

#include <stdlib.h>
#include <string.h>

static const char *file_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/* Where an instruction's cycles beyond its issue went: the two largest causes. */
static void print_causes(char *text, size_t size, const insn_result_t *insn) {
  unsigned first = CAUSE_ISSUE, second = CAUSE_ISSUE;
  for (unsigned c = 0; c < CAUSE_COUNT; c++) {
    if (c == CAUSE_ISSUE || !insn->causes[c]) continue;
    if (first == CAUSE_ISSUE || insn->causes[c] > insn->causes[first]) {
      second = first;
      first = c;
    } else if (second == CAUSE_ISSUE || insn->causes[c] > insn->causes[second]) {
      second = c;
    }
  }
  text[0] = '\0';
  if (first == CAUSE_ISSUE) return;
  double count = insn->count ? (double)insn->count : 1;
  int used = snprintf(text, size, "%s %.2f", cause_name((cause_t)first), (double)insn->causes[first] / count);
  if (second == CAUSE_ISSUE || used < 0 || (size_t)used >= size) return;
  snprintf(text + used, size - (size_t)used, ", %s %.2f", cause_name((cause_t)second),
           (double)insn->causes[second] / count);
}

static void print_insn(FILE *out, const insn_result_t *insn, uint64_t hottest) {
  char causes[64], opcode[12];
  print_causes(causes, sizeof causes, insn);
  if (insn->size == 4) {
    snprintf(opcode, sizeof opcode, "%04x %04x", insn->opcode[0], insn->opcode[1]);
  } else {
    snprintf(opcode, sizeof opcode, "%04x", insn->opcode[0]);
  }
  /* A mark on what takes at least half as long as the hottest instruction of the function. */
  fprintf(out, "%c%12llu %12llu %6.2f  %8x:  %-9s  %-34s  %-34s %s\n", insn->cycles * 2 >= hottest ? '*' : ' ',
          (unsigned long long)insn->count, (unsigned long long)insn->cycles,
          insn->count ? (double)insn->cycles / (double)insn->count : 0.0, (unsigned)insn->address, opcode, insn->text,
          causes, insn->source);
}

static bool in_function(const insn_result_t *insn, const char *function) {
  return strcmp(insn->function ? insn->function : "?", function) == 0; /* "?": code without a symbol */
}

static bool annotate_function(FILE *out, const results_t *results, const function_result_t *function) {
  uint64_t hottest = 0;
  bool any = false;
  for (size_t i = 0; i < results->insn_count; i++) {
    if (!in_function(&results->insns[i], function->name)) continue;
    any = true;
    if (results->insns[i].cycles > hottest) hottest = results->insns[i].cycles;
  }
  if (!any) return false;
  char cycles[RESULTS_TEXT_BYTES];
  fprintf(out, "%s", function->name);
  if (function->file) fprintf(out, " (%s:%u)", function->file, function->line);
  fprintf(out, ": %s cycles, %.1f %% of the run, %llu calls\n", results_count_text(cycles, function->self_cycles),
          results->cycles ? 100.0 * (double)function->self_cycles / (double)results->cycles : 0.0,
          (unsigned long long)function->calls);
  fprintf(out, "%13s %12s %6s  %9s  %-9s  %-34s  %-34s %s\n", "count", "cycles", "each", "address", "opcode",
          "instruction", "beyond issue, cycles each", "source of its row");
  const char *file = "";
  unsigned line = 0;
  for (size_t i = 0; i < results->insn_count; i++) {
    const insn_result_t *insn = &results->insns[i];
    if (!in_function(insn, function->name)) continue;
    if (insn->file && (insn->line != line || strcmp(insn->file, file) != 0)) {
      file = insn->file;
      line = insn->line;
      fprintf(out, "%s:%u\n", file_name(file), line);
    }
    print_insn(out, insn, hottest);
  }
  fputc('\n', out);
  return true;
}

bool report_annotate(FILE *out, const results_t *results, const char *function, unsigned top) {
  unsigned printed = 0;
  for (size_t i = 0; i < results->function_count; i++) { /* hottest first */
    const function_result_t *f = &results->functions[i];
    if (function ? strcmp(f->name, function) != 0 : printed == top) continue;
    if (annotate_function(out, results, f)) printed++;
  }
  return printed > 0;
}

enum { TIMELINE_COLUMNS = 60 };

/* '.' waiting, 'E' issued, '=' occupying beyond the issue cycle; a pair shares its E column. */
static void print_step(FILE *out, const step_result_t *step, uint64_t origin) {
  char row[TIMELINE_COLUMNS + 1];
  memset(row, ' ', TIMELINE_COLUMNS);
  row[TIMELINE_COLUMNS] = '\0';
  for (uint32_t i = 0; i < step->waited; i++) {
    uint64_t column = step->issue - step->waited + i - origin;
    if (step->issue >= step->waited + origin && column < TIMELINE_COLUMNS) row[column] = '.';
  }
  for (uint32_t i = 0; i < step->occupied || i == 0; i++) {
    uint64_t column = step->issue + i - origin;
    if (column >= TIMELINE_COLUMNS) break;
    row[column] = i ? '=' : step->skipped ? 's' : 'E';
  }
  fprintf(out, "%6llu  %8x  %-34.34s |%s| %s%s\n", (unsigned long long)step->issue, (unsigned)step->address,
          step->text ? step->text : "", row, step->paired ? "pair " : "",
          step->cause == CAUSE_ISSUE ? "" : cause_name(step->cause));
}

void report_timeline(FILE *out, const results_t *results) {
  fprintf(out, "%6s  %8s  %-34s  . waiting, E issue, s skipped, = occupied\n", "cycle", "address", "instruction");
  uint64_t origin = 0;
  for (size_t i = 0; i < results->step_count; i++) {
    const step_result_t *step = &results->steps[i];
    if (step->issue >= origin + TIMELINE_COLUMNS - 12) { /* a new band, so that the row stays readable */
      origin = step->issue;
      fprintf(out, "        --- from cycle %llu ---\n", (unsigned long long)origin);
    }
    print_step(out, step, origin);
  }
}
