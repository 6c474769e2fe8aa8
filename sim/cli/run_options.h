/* What every sub-command that simulates an image takes: target, firmware, limits. Reports differ. */
#ifndef CMSIM_CLI_RUN_OPTIONS_H
#define CMSIM_CLI_RUN_OPTIONS_H

#include "machine/machine.h"

#include <argp.h>
#include <stdbool.h>

enum { RUN_LIST_MAX = 64 };

typedef struct {
  machine_options_t machine;
  const char *regions[RUN_LIST_MAX], *rules_off[RUN_LIST_MAX], *settings[RUN_LIST_MAX];
  const char *console, *data, *gdb, *until;
  double timeout;
} run_options_t;

/* Child parser: its input is a run_options_t. Demands firmware, core and clock. */
extern const struct argp run_options_argp;

/* "OPTION VALUE: WANTED" on stderr, then exit with EXIT_TROUBLE: for option parsers only. */
_Noreturn void run_bad_value(const char *option, const char *value, const char *wanted);

/* A stream to OUT (may be NULL) that asks for the end of the run when TEXT (1 to 256 characters) has passed. */
FILE *until_printed(FILE *out, const char *text, volatile sig_atomic_t *requests);

/* Runs the image. CONSOLE gets the firmware's output. NULL after one diag_error. */
results_t *simulate(run_options_t *run, FILE *console);

/* Says what went wrong, if anything did, and returns the exit code. */
int run_status(const results_t *results);

#endif
