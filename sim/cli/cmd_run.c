/* cmsim [run] --core m4|m7 --mhz F FIRMWARE: simulate one image, write the reports. */
#include "base/diag.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "machine/machine.h"

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum {
  OPTION_MHZ = 0x100,
  OPTION_JSON,
  OPTION_REGION,
  OPTION_MAX_CYCLES,
  OPTION_TIMEOUT,
  OPTION_BASE,
  OPTION_FLASH,
  OPTION_RAM,
  OPTION_TOP,
  OPTION_CONSOLE,
  OPTION_FILES,
  OPTION_ARGS,
  OPTION_NO_DWT,
  OPTION_RULE_OFF,
  OPTION_DATA
};

static const struct argp_option options[] = {
    {0, 0, 0, 0, "Target:", 1},
    {"core", 'c', "m4|m7", 0, "Core to simulate", 0},
    {"mhz", OPTION_MHZ, "F", 0, "Core clock in MHz", 0},
    {"flash", OPTION_FLASH, "SIZE", 0, "Flash of the part (512K, 1M); default: as the image needs", 0},
    {"ram", OPTION_RAM, "SIZE", 0, "RAM of the part at 0x20000000; default: as the image needs", 0},
    {"no-dwt", OPTION_NO_DWT, 0, 0, "The part has no DWT cycle counter", 0},
    {"rule-off", OPTION_RULE_OFF, "RULE", 0,
     "What if this timing rule did not act? (repeatable; names in cost_models/)", 0},
    {0, 0, 0, 0, "Measure:", 2},
    {"region", OPTION_REGION, "FUNCTION", 0, "Measure each call of FUNCTION (repeatable)", 0},
    {"max-cycles", OPTION_MAX_CYCLES, "N", 0, "Stop after N cycles (1e9, 500M) with a partial report", 0},
    {"timeout", OPTION_TIMEOUT, "SECONDS", 0, "Stop after SECONDS of host time with a partial report", 0},
    {0, 0, 0, 0, "Report:", 3},
    {"json", OPTION_JSON, "FILE", 0, "Write the results as JSON; - is standard output and replaces the table", 0},
    {"top", OPTION_TOP, "N", 0, "Lines in each list of the table (default 8)", 0},
    {"quiet", 'q', 0, 0, "No table", 0},
    {0, 0, 0, 0, "Firmware:", 4},
    {"base", OPTION_BASE, "ADDRESS", 0, "Load address of a raw binary", 0},
    {"console", OPTION_CONSOLE, "FILE", 0,
     "Firmware output goes to FILE (default: standard output, or standard error with --json -)", 0},
    {"files", OPTION_FILES, "DIR", 0, "Let semihosting open files inside DIR (default: none)", 0},
    {"args", OPTION_ARGS, "TEXT", 0, "Command line that semihosting hands to the firmware", 0},
    {0, 0, 0, 0, "General:", 5},
    {"data", OPTION_DATA, "DIR", 0, "Folder with cost_models/ and configs/", 0},
    {0}};

typedef struct {
  machine_options_t machine;
  const char *regions[64], *rules_off[64];
  const char *json, *console, *data;
  double timeout;
  unsigned top;
  bool quiet;
} run_options_t;

static void bad_value(struct argp_state *state, const char *option, const char *value, const char *wanted) {
  diag_error("%s %s: %s", option, value, wanted);
  (void)state;
  exit(EXIT_TROUBLE);
}

static void add_region(run_options_t *run, struct argp_state *state, const char *name) {
  size_t limit = sizeof run->regions / sizeof run->regions[0];
  if (run->machine.region_count == limit) bad_value(state, "--region", name, "at most 64 regions");
  run->regions[run->machine.region_count++] = name;
}

static error_t parse_target(int key, char *arg, struct argp_state *state, run_options_t *run) {
  switch (key) {
  case 'c':
    if (strcmp(arg, "m4") != 0 && strcmp(arg, "m7") != 0) bad_value(state, "--core", arg, "unknown core; m4 or m7");
    run->machine.core = arg;
    return 0;
  case OPTION_MHZ:
    if (!parse_positive(arg, &run->machine.mhz)) bad_value(state, "--mhz", arg, "a clock in MHz above 0, please");
    return 0;
  case OPTION_FLASH:
    if (!parse_size(arg, &run->machine.flash_bytes))
      bad_value(state, "--flash", arg, "a size such as 512K or 1M, please");
    return 0;
  case OPTION_RAM:
    if (!parse_size(arg, &run->machine.ram_bytes)) bad_value(state, "--ram", arg, "a size such as 96K, please");
    return 0;
  case OPTION_NO_DWT: run->machine.no_dwt = true; return 0;
  case OPTION_RULE_OFF:
    if (run->machine.rule_off_count == sizeof run->rules_off / sizeof run->rules_off[0]) {
      bad_value(state, "--rule-off", arg, "too many");
    }
    run->rules_off[run->machine.rule_off_count++] = arg;
    return 0;
  case OPTION_BASE:
    if (!parse_address(arg, &run->machine.image.base))
      bad_value(state, "--base", arg, "an address such as 0x08000000, please");
    run->machine.image.has_base = true;
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static error_t parse_option(int key, char *arg, struct argp_state *state) {
  run_options_t *run = state->input;
  uint64_t count;
  switch (key) {
  case OPTION_REGION: add_region(run, state, arg); return 0;
  case OPTION_MAX_CYCLES:
    if (!parse_count(arg, &run->machine.max_cycles))
      bad_value(state, "--max-cycles", arg, "a whole number above 0, please");
    return 0;
  case OPTION_TIMEOUT:
    if (!parse_positive(arg, &run->timeout)) bad_value(state, "--timeout", arg, "seconds above 0, please");
    return 0;
  case OPTION_JSON: run->json = arg; return 0;
  case OPTION_TOP:
    if (!parse_count(arg, &count) || count > 10000) bad_value(state, "--top", arg, "a number from 1 to 10000, please");
    run->top = (unsigned)count;
    return 0;
  case 'q': run->quiet = true; return 0;
  case OPTION_CONSOLE: run->console = arg; return 0;
  case OPTION_FILES: run->machine.files_directory = arg; return 0;
  case OPTION_ARGS: run->machine.command_line = arg; return 0;
  case OPTION_DATA: run->data = arg; return 0;
  case ARGP_KEY_ARG:
    if (run->machine.firmware) bad_value(state, "one image at a time, but also given:", arg, "?");
    run->machine.firmware = arg;
    return 0;
  case ARGP_KEY_END:
    if (!run->machine.firmware) argp_error(state, "which firmware? give an ELF, Intel HEX or raw binary file");
    if (!run->machine.core) argp_error(state, "which core? --core m4 or --core m7");
    if (run->machine.mhz <= 0) argp_error(state, "which clock? --mhz F");
    return 0;
  default: return parse_target(key, arg, state, run);
  }
}

/* ---- progress, timeout, Ctrl-C: asynchronous requests that the machine polls ---- */

static volatile sig_atomic_t requests;
static volatile sig_atomic_t ticks_left; /* until the timeout; 0: none */
static volatile sig_atomic_t ticks_seen;
static bool show_progress;
static struct timespec run_started;
enum { TICK_MICROSECONDS = 100000, TICKS_PER_SECOND = 10, TICKS_PER_PROGRESS = 5 };

static void on_interrupt(int signal_number) {
  (void)signal_number;
  requests |= REQUEST_INTERRUPT;
}

static void on_tick(int signal_number) {
  (void)signal_number;
  ticks_seen = ticks_seen + 1;
  if (ticks_left && --ticks_left == 0) requests |= REQUEST_TIMEOUT;
  if (show_progress && ticks_seen >= TICKS_PER_SECOND && ticks_seen % TICKS_PER_PROGRESS == 0)
    requests |= REQUEST_PROGRESS;
}

static void progress(uint64_t cycles, uint64_t instructions) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  double seconds = (double)(now.tv_sec - run_started.tv_sec) + (double)(now.tv_nsec - run_started.tv_nsec) / 1e9;
  diag_progress("%.1f M cycles, %.1f M instructions, %.0f M instructions/s", (double)cycles / 1e6,
                (double)instructions / 1e6, seconds > 0 ? (double)instructions / 1e6 / seconds : 0.0);
}

static void arm_signals(double timeout) {
  clock_gettime(CLOCK_MONOTONIC, &run_started);
  struct sigaction interrupt = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND}; /* a second Ctrl-C kills */
  sigaction(SIGINT, &interrupt, NULL);
  show_progress = isatty(STDERR_FILENO) != 0;
  if (!show_progress && timeout <= 0) return;
  double ticks = ceil(timeout * TICKS_PER_SECOND);
  ticks_left = ticks > 2e9 ? 0 : (sig_atomic_t)ticks;
  struct sigaction tick = {.sa_handler = on_tick, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &tick, NULL);
  struct itimerval every = {{0, TICK_MICROSECONDS}, {0, TICK_MICROSECONDS}};
  setitimer(ITIMER_REAL, &every, NULL);
}

static void disarm_signals(void) {
  struct itimerval never = {{0, 0}, {0, 0}};
  setitimer(ITIMER_REAL, &never, NULL);
  diag_progress_clear();
}

/* ---- the job ---- */

static int exit_status(const results_t *results) {
  switch (results->end) {
  case RUN_EXITED: return results->exit_code == 0 ? EXIT_PASS : EXIT_BROKEN;
  case RUN_HALTED: return EXIT_PASS;
  case RUN_FAULT: diag_error("%s: %s", results->firmware_path, results->fault); return EXIT_TROUBLE;
  default:
    diag_error("%s: stopped after %" PRIu64 " cycles (%s); the report is partial", results->firmware_path,
               results->cycles,
               results->end == RUN_MAX_CYCLES ? "--max-cycles"
               : results->end == RUN_TIMEOUT  ? "--timeout"
                                              : "interrupted");
    return EXIT_TROUBLE;
  }
}

static bool write_json(const results_t *results, output_t *json) {
  if (!json->stream) return true;
  errno = 0;
  if (report_json(json->stream, results) && output_commit(json)) return true;
  diag_error("%s: cannot write: %s", json->path, strerror(errno ? errno : EIO));
  return false;
}

static int simulate(run_options_t *run, output_t *json, output_t *console) {
  bool json_on_stdout = json->stream == stdout;
  run->machine.console = console->stream ? console->stream : json_on_stdout ? stderr : stdout;
  run->machine.input = stdin;
  run->machine.requests = &requests;
  run->machine.progress = progress;
  run->machine.regions = run->regions;
  run->machine.rules_off = run->rules_off;
  machine_t *machine = machine_new(&run->machine);
  if (!machine) return EXIT_TROUBLE;
  arm_signals(run->timeout);
  results_t *results = machine_run(machine);
  disarm_signals();
  machine_free(machine);
  if (!results) {
    diag_error("out of memory");
    return EXIT_TROUBLE;
  }
  fflush(run->machine.console);
  bool written = write_json(results, json);
  if (console->stream && !output_commit(console)) {
    diag_error("%s: cannot write: %s", console->path, strerror(errno));
    written = false;
  }
  if (!run->quiet && !json_on_stdout && results->end != RUN_FAULT) {
    report_table(stdout, results, run->top);
    if (fflush(stdout) != 0 || ferror(stdout)) {
      diag_error("standard output: %s", strerror(errno));
      written = false;
    }
  }
  int status = exit_status(results);
  results_free(results);
  return written ? status : EXIT_TROUBLE;
}

int cmd_run(int argc, char **argv) {
  static const char doc[] =
      "How long does this firmware take on a Cortex-M4 or M7, and how much memory does it need?\v"
      "Exit status: 0 done; 1 the firmware reported failure; 2 trouble (bad input, fault, stopped "
      "early).\nExample: cmsim --core m7 --mhz 550 bench.elf";
  static const struct argp argp = {options, parse_option, "FIRMWARE", doc, NULL, NULL, NULL};
  run_options_t run = {.top = 8};
  if (argp_parse(&argp, argc, argv, 0, NULL, &run) != 0) return EXIT_TROUBLE;
  run.machine.data_directory = data_directory(run.data);
  if (!run.machine.data_directory) return EXIT_TROUBLE;
  output_t json = {0}, console = {0};
  int status = EXIT_TROUBLE;
  if (output_open(&json, run.json) && output_open(&console, run.console)) status = simulate(&run, &json, &console);
  output_discard(&json);
  output_discard(&console);
  return status;
}
