#include "base/diag.h"
#include "cli/cli.h"
#include "cli/run_options.h"
#include "gdb/server.h"

#include <inttypes.h>
#include <math.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

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
  sigaction(SIGTERM, &interrupt, NULL); /* what timeout(1) and CI send */
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

results_t *simulate(run_options_t *run, FILE *console) {
  run->machine.data_directory = data_directory(run->data);
  if (!run->machine.data_directory) return NULL;
  FILE *watched = run->until ? until_printed(console, run->until, &requests) : NULL;
  if (run->until && !watched) {
    diag_error("out of memory");
    return NULL;
  }
  run->machine.console = watched ? watched : console;
  run->machine.input = stdin;
  run->machine.requests = &requests;
  run->machine.progress = progress;
  run->machine.regions = run->regions;
  run->machine.rules_off = run->rules_off;
  run->machine.settings = run->settings;
  if (run->gdb && !(run->machine.debugger = server_open(run->gdb))) {
    if (watched) fclose(watched);
    return NULL;
  }
  machine_t *machine = machine_new(&run->machine);
  if (!machine) {
    server_close(run->machine.debugger);
    if (watched) fclose(watched);
    return NULL;
  }
  arm_signals(run->timeout);
  results_t *results = machine_run(machine);
  disarm_signals();
  machine_free(machine);
  server_close(run->machine.debugger);
  if (watched) fclose(watched);
  if (!results) diag_error("out of memory");
  if (console) fflush(console);
  return results;
}

/* With a chip, a run whose stack was in other data's way says nothing of that chip. */
static int status_of_fit(const results_t *results) {
  if (!results->fit.known || !results->fit.short_bytes) return EXIT_PASS;
  diag_error("%s: does not fit %s: the stack ran %" PRIu64 " bytes into static data or heap", results->firmware_path,
             results->mcu, results->fit.short_bytes);
  return EXIT_TROUBLE;
}

int run_status(const results_t *results) {
  switch (results->end) {
  case RUN_EXITED: return results->exit_code == 0 ? status_of_fit(results) : EXIT_BROKEN;
  case RUN_HALTED:
  case RUN_STOPPED: return status_of_fit(results);
  case RUN_FAULT: diag_error("%s: %s", results->firmware_path, results->fault); return EXIT_TROUBLE;
  default:
    diag_error("%s: stopped after %" PRIu64 " cycles (%s); the report is partial", results->firmware_path,
               results->cycles, run_end_text(results->end));
    return EXIT_TROUBLE;
  }
}
