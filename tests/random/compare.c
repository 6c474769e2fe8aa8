#include "runs.h"

#include <inttypes.h>
#include <string.h>

typedef struct {
  char *text;
  size_t bytes;
} report_t;

static bool differs(const report_t *report, const char *what, uint64_t a, uint64_t b) {
  if (a == b) return false;
  snprintf(report->text, report->bytes, "%s: %" PRIu64 " plain, %" PRIu64 " else", what, a, b);
  return true;
}

static bool text_differs(const report_t *report, const char *what, const char *a, const char *b) {
  if (strcmp(a ? a : "", b ? b : "") == 0) return false;
  snprintf(report->text, report->bytes, "%s: \"%.200s\" plain, \"%.200s\" else", what, a ? a : "", b ? b : "");
  return true;
}

/* Named counters of a list, e.g. the causes. */
static bool list_differs(const report_t *report, const char *what, const char *(*name)(unsigned), const uint64_t *a,
                         const uint64_t *b, unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    char field[160];
    snprintf(field, sizeof field, "%.110s, %s", what, name ? name(i) : "counter");
    if (differs(report, field, a[i], b[i])) return true;
  }
  return false;
}

static const char *name_of_cause(unsigned cause) { return cause_name((cause_t)cause); }
static const char *name_of_grade(unsigned grade) { return grade_name((grade_t)grade); }

/* The instruction itself first: what differs elsewhere follows from it. */
static bool insns_differ(const report_t *report, const results_t *a, const results_t *b) {
  size_t count = a->insn_count < b->insn_count ? a->insn_count : b->insn_count;
  for (size_t i = 0; i < count; i++) {
    const insn_result_t *x = &a->insns[i], *y = &b->insns[i];
    char what[160];
    snprintf(what, sizeof what, "0x%08x %.40s <%.30s>", (unsigned)x->address, x->text, x->function ? x->function : "?");
    if (x->address != y->address || x->opcode[0] != y->opcode[0] || x->opcode[1] != y->opcode[1]) {
      snprintf(report->text, report->bytes, "%s plain, 0x%08x %s else", what, (unsigned)y->address, y->text);
      return true;
    }
    char field[180];
    snprintf(field, sizeof field, "%s, count", what);
    if (differs(report, field, x->count, y->count)) return true;
    if (list_differs(report, what, name_of_cause, x->causes, y->causes, CAUSE_COUNT)) return true;
    if (differs(report, what, x->cycles, y->cycles) || text_differs(report, what, x->text, y->text)) return true;
    if (text_differs(report, what, x->source, y->source)) return true;
  }
  return differs(report, "executed instructions of the image", a->insn_count, b->insn_count);
}

static bool regions_differ(const report_t *report, const results_t *a, const results_t *b) {
  if (differs(report, "regions", a->region_count, b->region_count)) return true;
  for (size_t i = 0; i < a->region_count; i++) {
    const region_result_t *x = &a->regions[i], *y = &b->regions[i];
    char what[96];
    snprintf(what, sizeof what, "region %.60s", x->name);
    const uint64_t from[] = {x->calls,        x->cycles,           x->min_cycles, x->max_cycles,
                             x->instructions, x->stack_peak_bytes, x->open};
    const uint64_t to[] = {y->calls,        y->cycles,           y->min_cycles, y->max_cycles,
                           y->instructions, y->stack_peak_bytes, y->open};
    if (text_differs(report, what, x->name, y->name)) return true;
    if (list_differs(report, what, NULL, from, to, sizeof from / sizeof from[0])) return true;
    if (list_differs(report, what, name_of_cause, x->causes, y->causes, CAUSE_COUNT)) return true;
  }
  return false;
}

static bool functions_differ(const report_t *report, const results_t *a, const results_t *b) {
  if (differs(report, "functions", a->function_count, b->function_count)) return true;
  for (size_t i = 0; i < a->function_count; i++) {
    const function_result_t *x = &a->functions[i], *y = &b->functions[i];
    char what[96];
    snprintf(what, sizeof what, "function %.60s", x->name);
    const uint64_t from[] = {x->calls, x->self_cycles, x->total_cycles, x->instructions};
    const uint64_t to[] = {y->calls, y->self_cycles, y->total_cycles, y->instructions};
    if (text_differs(report, what, x->name, y->name)) return true;
    if (list_differs(report, what, NULL, from, to, sizeof from / sizeof from[0])) return true;
    if (list_differs(report, what, name_of_cause, x->causes, y->causes, CAUSE_COUNT)) return true;
  }
  return false;
}

static bool steps_differ(const report_t *report, const results_t *a, const results_t *b) {
  if (differs(report, "steps of the timeline", a->step_count, b->step_count)) return true;
  for (size_t i = 0; i < a->step_count; i++) {
    const step_result_t *x = &a->steps[i], *y = &b->steps[i];
    char what[96];
    snprintf(what, sizeof what, "timeline, 0x%08x %.50s", (unsigned)x->address, x->text);
    const uint64_t from[] = {x->address, x->issue, x->waited, x->occupied, x->cause, x->paired, x->skipped};
    const uint64_t to[] = {y->address, y->issue, y->waited, y->occupied, y->cause, y->paired, y->skipped};
    if (list_differs(report, what, NULL, from, to, sizeof from / sizeof from[0])) return true;
  }
  return false;
}

static bool warnings_differ(const report_t *report, const results_t *a, const results_t *b) {
  if (differs(report, "warnings", a->warning_count, b->warning_count)) return true;
  for (size_t i = 0; i < a->warning_count; i++) {
    const warning_result_t *x = &a->warnings[i], *y = &b->warnings[i];
    if (text_differs(report, "warning", x->code, y->code)) return true;
    if (text_differs(report, x->code, x->message, y->message)) return true;
    if (differs(report, x->code, x->address, y->address)) return true;
    if (text_differs(report, x->code, x->symbol, y->symbol)) return true;
  }
  return false;
}

static bool memory_differs(const report_t *report, const results_t *a, const results_t *b) {
  return text_differs(report, "memory", a->memory, b->memory) ||
         differs(report, "stack", a->stack_peak_bytes, b->stack_peak_bytes) ||
         differs(report, "static RAM", a->ram_static_bytes, b->ram_static_bytes) ||
         differs(report, "flash", a->flash_bytes, b->flash_bytes) ||
         differs(report, "heap", a->heap_peak_bytes, b->heap_peak_bytes) ||
         differs(report, "bytes that do not fit", a->fit.short_bytes, b->fit.short_bytes) ||
         differs(report, "RAM used", a->fit.ram_used, b->fit.ram_used) ||
         differs(report, "wait states", a->chip.wait_states, b->chip.wait_states) ||
         differs(report, "fetch misses", a->chip.fetch_misses, b->chip.fetch_misses) ||
         differs(report, "data accesses", a->chip.data_accesses, b->chip.data_accesses) ||
         differs(report, "data misses", a->chip.data_misses, b->chip.data_misses) ||
         differs(report, "write-backs", a->chip.write_backs, b->chip.write_backs) ||
         differs(report, "firmware's clock in Hz", (uint64_t)(a->firmware_mhz * 1e6),
                 (uint64_t)(b->firmware_mhz * 1e6));
}

static bool totals_differ(const report_t *report, const results_t *a, const results_t *b) {
  return differs(report, "instructions", a->instructions, b->instructions) ||
         differs(report, "cycles", a->cycles, b->cycles) ||
         list_differs(report, "total", name_of_cause, a->causes, b->causes, CAUSE_COUNT) ||
         list_differs(report, "total", name_of_grade, a->grade_cycles, b->grade_cycles, GRADE_COUNT) ||
         differs(report, "pairs", a->pairs, b->pairs) || differs(report, "branches", a->branches, b->branches) ||
         differs(report, "mispredicts", a->mispredicts, b->mispredicts) ||
         differs(report, "exceptions", a->exceptions, b->exceptions) ||
         list_differs(report, "profile counters", NULL, a->dwt, b->dwt, sizeof a->dwt / sizeof a->dwt[0]);
}

bool results_differ(const results_t *reference, const results_t *other, char *text, size_t bytes) {
  report_t report = {text, bytes};
  return text_differs(&report, "end", run_end_name(reference->end), run_end_name(other->end)) ||
         text_differs(&report, "fault", reference->fault, other->fault) || insns_differ(&report, reference, other) ||
         totals_differ(&report, reference, other) ||
         differs(&report, "exit code", reference->exit_code, other->exit_code) ||
         regions_differ(&report, reference, other) || functions_differ(&report, reference, other) ||
         steps_differ(&report, reference, other) || warnings_differ(&report, reference, other) ||
         memory_differs(&report, reference, other);
}
