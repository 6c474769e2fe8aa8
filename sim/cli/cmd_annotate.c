/* cmsim annotate --core m4|m7 --mhz F FIRMWARE [--function F] [--timeline]: which instruction, how often, how long,
 * why. */
#include "base/diag.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/run_options.h"

enum { OPTION_FUNCTION = 0x200, OPTION_TIMELINE, OPTION_PASS, OPTION_TOP };

static const struct argp_option options[] = {
    {0, 0, 0, 0, "Listing:", 3},
    {"function", OPTION_FUNCTION, "NAME", 0, "Function to list; default: the hottest ones", 0},
    {"top", OPTION_TOP, "N", 0, "How many functions (default 3)", 0},
    {"timeline", OPTION_TIMELINE, 0, 0, "Show the issue of one call of --function, cycle by cycle", 0},
    {"pass", OPTION_PASS, "N", 0, "Which call the timeline shows (default 2: predictors have seen one)", 0},
    {0}};

typedef struct {
  run_options_t run;
  const char *function;
  bool timeline;
  uint64_t pass, top;
} annotate_options_t;

static error_t parse_option(int key, char *arg, struct argp_state *state) {
  annotate_options_t *annotate = state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &annotate->run;
    state->err_stream = NULL; /* getopt's own line says it all */
    return 0;
  case OPTION_FUNCTION: annotate->function = arg; return 0;
  case OPTION_TIMELINE: annotate->timeline = true; return 0;
  case OPTION_PASS:
    if (!parse_count(arg, &annotate->pass) || annotate->pass > UINT32_MAX)
      run_bad_value("--pass", arg, "a number from 1, please");
    return 0;
  case OPTION_TOP:
    if (!parse_count(arg, &annotate->top) || annotate->top > 10000)
      run_bad_value("--top", arg, "a number from 1 to 10000, please");
    return 0;
  case ARGP_KEY_END:
    if (annotate->timeline && !annotate->function) run_bad_value("--timeline", "", "needs --function NAME");
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static int annotate_results(const annotate_options_t *annotate, const results_t *results) {
  for (size_t i = 0; i < results->warning_count; i++)
    diag_warning("%s", results->warnings[i].message);
  if (annotate->timeline) {
    if (results->step_count == 0) {
      diag_error("%s was not called %llu times; try --pass 1", annotate->function, (unsigned long long)annotate->pass);
      return EXIT_TROUBLE;
    }
    report_timeline(stdout, results);
  } else if (!report_annotate(stdout, results, annotate->function, (unsigned)annotate->top)) {
    diag_error("no instruction of %s was executed%s", annotate->function ? annotate->function : "any named function",
               annotate->function ? ", or no function has that name" : "");
    return EXIT_TROUBLE;
  }
  return run_status(results);
}

int cmd_annotate(int argc, char **argv) {
  static const char doc[] = "Lists instructions with count, cycles, what they waited for and the source of their cost; "
                            "a star marks the hottest.";
  static const struct argp_child children[] = {{&run_options_argp, 0, NULL, 0}, {0}};
  static const struct argp argp = {options, parse_option, "FIRMWARE", doc, children, NULL, NULL};
  annotate_options_t annotate = {.pass = 2, .top = 3};
  if (argp_parse(&argp, argc, argv, 0, NULL, &annotate) != 0) return EXIT_TROUBLE;
  annotate.run.machine.keep_insns = !annotate.timeline;
  annotate.run.machine.timeline = annotate.timeline ? annotate.function : NULL;
  annotate.run.machine.timeline_pass = (unsigned)annotate.pass;
  output_t console = {0};
  if (!output_open(&console, annotate.run.console)) return EXIT_TROUBLE;
  int status = EXIT_TROUBLE;
  results_t *results = simulate(&annotate.run, console.stream ? console.stream : stderr);
  if (results) status = annotate_results(&annotate, results);
  results_free(results);
  output_commit(&console);
  output_discard(&console);
  return finish_stdout(status);
}
