/* Runs random valid firmware with every instruction timed by itself (no_memo) and as cmsim does by default, and holds
   that nothing in the results differs; with --fast it says how far the total is off instead.

   random_programs FIRST COUNT [--core m4|m7]... [--mcu NAME]... : programs of the seeds from FIRST on; without targets
   both cores with ideal memory and, by turns, a chip. The same seed and target are the same image. The exit status is 1
   when something differed or a program did not come to its own end. */
#include "runs.h"

#include "base/diag.h"

#include <argp.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef CMSIM_SOURCE_DATA
#error "CMSIM_SOURCE_DATA comes from the build"
#endif

enum { PLACES_MAX = 32, CYCLES_MAX = 20000000 };

/* Unicorn's own, one small block a page that is written to after it was executed. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:tb_invalidate_phys_page_fast"; }
const char *__lsan_default_options(void);
const char *__lsan_default_options(void) { return "print_suppressions=0"; }

static const char *const chips[] = {"stm32f407vg", "stm32h723zg", "stm32wb55rg", "stm32f746ng",
                                    "stm32f303vc", "mimxrt1062",  "nrf52840",    "stm32h747xi-cm7",
                                    "stm32l4r5zi", "stm32h743zi", "stm32g474re", "atsame70q21b"};
enum { CHIPS = sizeof chips / sizeof chips[0] };

static struct {
  uint64_t first, count, budget;
  const char *data, *keep;
  bool fast, coverage, turns, verbose;
  const char *names[PLACES_MAX];
  unsigned name_count;
} options = {.count = 1, .budget = 30000, .data = CMSIM_SOURCE_DATA};

static struct {
  uint64_t runs, instructions, differences;
  double largest_error, sum_of_errors;
} totals;

static uint64_t current_seed;
static const char *current_place = "";

static void on_abort(int signal_number) {
  char text[96];
  int length =
      snprintf(text, sizeof text, "signal %d in seed %" PRIu64 " on %s\n", signal_number, current_seed, current_place);
  if (write(STDERR_FILENO, text, (size_t)length) < 0) _exit(2);
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}

/* ---- one run ---- */

typedef struct {
  uint64_t max_cycles;
  const char *stop_at, *timeline;
  const char *regions[2];
  unsigned region_count;
} variant_t;

typedef struct {
  results_t *results;
  char *console;
  size_t console_bytes;
} run_t;

static void free_run(run_t *run) {
  results_free(run->results);
  free(run->console);
}

static run_t run_program(const char *path, const place_t *place, const variant_t *variant, bool no_memo) {
  run_t run = {0};
  FILE *console = open_memstream(&run.console, &run.console_bytes);
  if (!console) exit(2);
  machine_options_t machine_options = {.firmware = path,
                                       .core = place->generic ? place->name : NULL,
                                       .mcu = place->generic ? NULL : place->name,
                                       .no_memo = no_memo,
                                       .fast = options.fast && !no_memo,
                                       .mhz = place->mhz,
                                       .data_directory = options.data,
                                       .regions = variant->regions,
                                       .region_count = variant->region_count,
                                       .keep_insns = true,
                                       .timeline = variant->timeline,
                                       .timeline_pass = 2,
                                       .stop_at = variant->stop_at,
                                       .max_cycles = variant->max_cycles,
                                       .mmio = MMIO_ZERO,
                                       .console = console};
  machine_t *machine = machine_new(&machine_options);
  if (machine) run.results = machine_run(machine);
  machine_free(machine);
  fclose(console);
  if (!run.results) exit(2);
  totals.runs++;
  totals.instructions += run.results->instructions;
  return run;
}

static void report(const place_t *place, const char *variant, const char *text) {
  printf("seed %" PRIu64 " on %s, %s: %s\n", current_seed, place->name, variant, text);
  printf("  repeat: random_programs %" PRIu64 " 1 %s %s --budget %" PRIu64 " --keep FILE\n", current_seed,
         place->generic ? "--core" : "--mcu", place->name, options.budget);
  fflush(stdout);
  totals.differences++;
}

/* ---- one program ---- */

static void compare(const char *path, const place_t *place, const variant_t *variant, const char *name,
                    const run_t *plain) {
  char text[600];
  run_t other = run_program(path, place, variant, false);
  if (options.fast) {
    double error = ((double)other.results->cycles - (double)plain->results->cycles) / (double)plain->results->cycles;
    totals.sum_of_errors += fabs(error);
    if (fabs(error) > totals.largest_error) totals.largest_error = fabs(error);
    printf("seed %" PRIu64 " on %s, %s: %+.4f %%\n", current_seed, place->name, name, 100 * error);
  } else if (results_differ(plain->results, other.results, text, sizeof text)) {
    report(place, name, text);
  } else if (plain->console_bytes != other.console_bytes ||
             memcmp(plain->console, other.console, other.console_bytes)) {
    snprintf(text, sizeof text, "output: \"%.200s\" plain, \"%.200s\" else", plain->console, other.console);
    report(place, name, text);
  }
  free_run(&other);
}

static const char *any_function(const random_program_t *program, random_t *random) {
  return program->functions[random_below(random, program->function_count)];
}

/* Stops somewhere, or looks at regions and a timeline: takes turns. */
static void compare_variant(const char *path, const place_t *place, const random_program_t *program, random_t *random,
                            uint64_t cycles) {
  variant_t variant = {.max_cycles = CYCLES_MAX};
  const char *name = "with regions";
  switch (random_below(random, 4)) {
  case 0:
    variant.max_cycles = 1 + random_next(random) % cycles;
    name = "with --max-cycles";
    break;
  case 1:
    variant.stop_at = any_function(program, random);
    name = "with --stop-at";
    break;
  case 2:
    variant.timeline = any_function(program, random);
    name = "with a timeline";
    break;
  default:
    variant.regions[0] = any_function(program, random);
    variant.regions[1] = any_function(program, random);
    variant.region_count = strcmp(variant.regions[0], variant.regions[1]) ? 2 : 1;
  }
  run_t plain = run_program(path, place, &variant, true);
  compare(path, place, &variant, name, &plain);
  free_run(&plain);
}

static void describe(const random_program_t *program, const place_t *place, const results_t *results) {
  printf("seed %" PRIu64 " on %s: %" PRIu64 " planned, %" PRIu64 " instructions, %" PRIu64 " cycles, %" PRIu64
         " exceptions, %zu bytes:",
         current_seed, place->name, program->planned, results->instructions, results->cycles, results->exceptions,
         program->bytes);
  for (unsigned i = 0; i < FEATURE_COUNT; i++) {
    if (program->features >> i & 1u) printf(" %s", feature_name(i));
  }
  printf("\n");
}

/* Of the generator: a program that does not come to its own end, or faults where none was meant. */
static bool is_defective(const random_program_t *program, const results_t *results, char *text, size_t bytes) {
  if (results->end != RUN_EXITED) {
    snprintf(text, bytes, "the program did not end by itself: %s %.400s", run_end_name(results->end),
             results->fault ? results->fault : "");
    return true;
  }
  for (size_t i = 0; i < results->warning_count && !(program->features >> FEATURE_faults & 1u); i++) {
    if (strcmp(results->warnings[i].code, "fault") != 0) continue;
    snprintf(text, bytes, "the program faults: %.400s", results->warnings[i].message);
    return true;
  }
  return false;
}

static void run_on(const place_t *place) {
  static random_program_t program;
  char path[64];
  current_place = place->name;
  random_program_make(&program, current_seed, &place->layout, options.budget);
  int file = memfd_create("random.elf", 0);
  if (file < 0 || write(file, program.elf, program.bytes) != (ssize_t)program.bytes) exit(2);
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  if (options.keep) {
    FILE *kept = fopen(options.keep, "wb");
    if (!kept || fwrite(program.elf, 1, program.bytes, kept) != program.bytes || fclose(kept)) exit(2);
  }
  variant_t whole = {.max_cycles = CYCLES_MAX};
  run_t plain = run_program(path, place, &whole, true);
  if (options.verbose) describe(&program, place, plain.results);
  char text[600];
  if (is_defective(&program, plain.results, text, sizeof text)) {
    report(place, "whole", text);
  } else {
    random_t random = {current_seed ^ 0x5EED};
    compare(path, place, &whole, "whole", &plain);
    if (!options.fast && random_chance(&random, options.turns ? 15 : 40))
      compare_variant(path, place, &program, &random, plain.results->cycles);
  }
  if (options.coverage) coverage_add(plain.results);
  free_run(&plain);
  close(file);
}

/* ---- all ---- */

static error_t parse_option(int key, char *arg, struct argp_state *state) {
  switch (key) {
  case 'c':
  case 'm':
    if (options.name_count == PLACES_MAX) argp_error(state, "too many targets");
    options.names[options.name_count++] = arg;
    break;
  case 'd': options.data = arg; break;
  case 'k': options.keep = arg; break;
  case 'b': options.budget = strtoull(arg, NULL, 0); break;
  case 'f': options.fast = true; break;
  case 'g': options.coverage = true; break;
  case 't': options.turns = true; break;
  case 'v': options.verbose = true; break;
  case ARGP_KEY_ARG:
    if (state->arg_num > 1) argp_usage(state);
    *(state->arg_num ? &options.count : &options.first) = strtoull(arg, NULL, 0);
    break;
  case ARGP_KEY_END:
    if (state->arg_num < 1) argp_usage(state);
    break;
  default: return ARGP_ERR_UNKNOWN;
  }
  return 0;
}

static const struct argp_option argp_options[] = {
    {"core", 'c', "m4|m7", 0, "A core with ideal memory", 0},
    {"mcu", 'm', "NAME", 0, "A chip of configs/", 0},
    {"turns", 't', NULL, 0, "One target with a Cortex-M4 and one with a Cortex-M7 for each seed", 0},
    {"budget", 'b', "N", 0, "About so many instructions a program (30000)", 0},
    {"fast", 'f', NULL, 0, "How far is --fast off?", 0},
    {"coverage", 'g', NULL, 0, "Print what was executed", 0},
    {"keep", 'k', "FILE", 0, "Write the last ELF there", 0},
    {"data", 'd', "DIR", 0, "Where cost_models/ and configs/ are", 0},
    {"verbose", 'v', NULL, 0, "A line for each program", 0},
    {0}};

static void load_places(place_t *places, const char *const *names, unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    if (!place_find(&places[i], options.data, names[i])) exit(2);
  }
}

/* The first place of CORE behind TURN of generic targets and chips. */
static const place_t *take_turn(const place_t *places, unsigned count, uint64_t turn, bool m7) {
  unsigned of_core = 0;
  for (unsigned i = 0; i < count; i++)
    of_core += places[i].layout.m7 == m7;
  turn %= of_core;
  for (unsigned i = 0;; i++) {
    if (places[i].layout.m7 == m7 && turn-- == 0) return &places[i];
  }
}

int main(int argc, char **argv) {
  static place_t places[CHIPS + 2], named[PLACES_MAX];
  const struct argp argp = {argp_options, parse_option, "FIRST [COUNT]", "Random firmware, timed twice.", 0, 0, 0};
  argp_parse(&argp, argc, argv, 0, NULL, NULL);
  signal(SIGABRT, on_abort);
  signal(SIGSEGV, on_abort);
  static const char *const generic[] = {"m4", "m7"};
  load_places(places, generic, 2);
  load_places(places + 2, chips, CHIPS);
  load_places(named, options.names, options.name_count);
  for (uint64_t i = 0; i < options.count; i++) {
    current_seed = options.first + i;
    for (unsigned k = 0; k < options.name_count; k++)
      run_on(&named[k]);
    if (options.name_count) continue;
    if (options.turns) {
      run_on(take_turn(places, CHIPS + 2, current_seed, false));
      run_on(take_turn(places, CHIPS + 2, current_seed, true));
    } else {
      run_on(&places[0]);
      run_on(&places[1]);
      run_on(&places[2 + current_seed % CHIPS]);
    }
  }
  bool covered = !options.coverage || coverage_print(stdout);
  printf("%" PRIu64 " programs, %" PRIu64 " runs, %" PRIu64 " instructions: ", options.count, totals.runs,
         totals.instructions);
  if (options.fast) {
    printf("errors of at most %.3f %%, %.4f %% on average\n", 100 * totals.largest_error,
           100 * totals.sum_of_errors / (double)(totals.runs / 2));
  } else {
    printf("%" PRIu64 " differences\n", totals.differences);
  }
  return totals.differences || !covered;
}
