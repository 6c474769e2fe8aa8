/* cmsim [run] --core m4|m7 --mhz F FIRMWARE: simulate one image, write the reports. */
#include "base/diag.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/run_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_JSON = 0x200, OPTION_TOP, OPTION_PERIOD, OPTION_BATTERY, OPTION_POWER };

static const struct argp_option options[] = {
    {0, 0, 0, 0, "Report:", 3},
    {"json", OPTION_JSON, "FILE", 0, "Write the results as JSON; - is standard output and replaces the table", 3},
    {"top", OPTION_TOP, "N", 0, "Lines in each list of the table (default 8)", 3},
    {"quiet", 'q', 0, 0, "No table", 3},
    {0, 0, 0, 0, "Energy (chips whose file states their current):", 6},
    {"period", OPTION_PERIOD, "[REGION=]T", 0,
     "REGION (default: the only one, else the whole run) runs once in T (100ms, 1s), the chip sleeps for the rest", 6},
    {"battery-mah", OPTION_BATTERY, "N", 0, "How long does a battery of N mAh last?", 6},
    {"power", OPTION_POWER, "TEXT", 0, "Use the current of the first row with TEXT in its name", 6},
    {0}};

typedef struct {
  run_options_t run;
  const char *json;
  unsigned top;
  bool quiet;
  char *period_region; /* on the heap */
} report_options_t;

static void parse_period(report_options_t *report, const char *text) {
  energy_options_t *energy = &report->run.machine.energy;
  const char *equals = strrchr(text, '=');
  if (!parse_time(equals ? equals + 1 : text, &energy->period_ms) || equals == text) {
    run_bad_value("--period", text, "a time such as 100ms or 1s, or REGION=TIME, please");
  }
  free(report->period_region);
  report->period_region = equals ? strndup(text, (size_t)(equals - text)) : NULL;
  energy->period_region = report->period_region;
}

static error_t parse_option(int key, char *arg, struct argp_state *state) {
  report_options_t *report = state->input;
  uint64_t count;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &report->run;
    state->err_stream = NULL; /* getopt's own line says it all, argp would add "Try --help" */
    return 0;
  case OPTION_JSON: report->json = arg; return 0;
  case OPTION_TOP:
    if (!parse_count(arg, &count) || count > 10000) run_bad_value("--top", arg, "a number from 1 to 10000, please");
    report->top = (unsigned)count;
    return 0;
  case 'q': report->quiet = true; return 0;
  case OPTION_PERIOD: parse_period(report, arg); return 0;
  case OPTION_BATTERY:
    if (!parse_positive(arg, &report->run.machine.energy.battery_mah))
      run_bad_value("--battery-mah", arg, "milliampere hours above 0, please");
    return 0;
  case OPTION_POWER: report->run.machine.energy.row = arg; return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static bool write_json(const results_t *results, output_t *json) {
  if (!json->stream) return true;
  errno = 0;
  if (report_json(json->stream, results) && output_commit(json)) return true;
  diag_error("%s: cannot write: %s", json->path, strerror(errno ? errno : EIO));
  return false;
}

static bool write_table(const results_t *results, unsigned top) {
  report_table(stdout, results, top);
  return finish_stdout(EXIT_PASS) == EXIT_PASS;
}

static int run_and_report(report_options_t *report, output_t *json, output_t *console) {
  bool json_on_stdout = json->stream == stdout;
  results_t *results = simulate(&report->run, console->stream ? console->stream : json_on_stdout ? stderr : stdout);
  if (!results) return EXIT_TROUBLE;
  bool written = write_json(results, json);
  if (console->stream && !output_commit(console)) {
    diag_error("%s: cannot write: %s", console->path, strerror(errno));
    written = false;
  }
  bool table = !report->quiet && !json_on_stdout && results->end != RUN_FAULT;
  if (table && !write_table(results, report->top)) written = false;
  int status = run_status(results);
  results_free(results);
  return written ? status : EXIT_TROUBLE;
}

int cmd_run(int argc, char **argv) {
  static const char doc[] =
      "How long does this firmware take on a Cortex-M4 or M7, and how much memory does it need?\v"
      "Other commands: cmsim annotate, cmsim mcus, cmsim model, cmsim --selftest.\n\n"
      "Exit status: 0 done; 1 the firmware reported failure; 2 trouble (bad input, fault, stopped "
      "early).\nExample: cmsim --core m7 --mhz 550 bench.elf";
  static const struct argp_child children[] = {{&run_options_argp, 0, NULL, 0}, {0}};
  static const struct argp argp = {options, parse_option, "FIRMWARE", doc, children, NULL, NULL};
  report_options_t report = {.top = 8};
  if (argp_parse(&argp, argc, argv, 0, NULL, &report) != 0) return EXIT_TROUBLE;
  output_t json = {0}, console = {0};
  int status = EXIT_TROUBLE;
  if (output_open(&json, report.json) && output_open(&console, report.run.console)) {
    status = run_and_report(&report, &json, &console);
  }
  output_discard(&json);
  output_discard(&console);
  free(report.period_region);
  return status;
}
