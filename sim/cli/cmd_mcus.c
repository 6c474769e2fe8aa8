/* cmsim mcus: which chips there are, and what is known of one. */
#include "base/diag.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/run_options.h"
#include "report/catalogue.h"

#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_MIN_RAM = 0x100, OPTION_MIN_FLASH, OPTION_MHZ, OPTION_JSON, OPTION_DATA, NAMES_MAX = 64 };

typedef struct {
  const char *core, *json, *data;
  uint32_t min_ram, min_flash;
  double mhz;
  char *names[NAMES_MAX];
  int count;
} mcus_options_t;

static const struct argp_option options[] = {
    {"core", 'c', "m4|m7", 0, "Only chips with this core", 0},
    {"min-flash", OPTION_MIN_FLASH, "SIZE", 0, "Only chips with at least this much flash (512K, 1M)", 0},
    {"min-ram", OPTION_MIN_RAM, "SIZE", 0, "Only chips with at least this much RAM, TCM included", 0},
    {"mhz", OPTION_MHZ, "F", 0, "Only chips that run at this clock", 0},
    {"json", OPTION_JSON, "FILE", 0, "The list as JSON (- is standard output)", 0},
    {"data", OPTION_DATA, "DIR", 0, "Folder with cost_models/ and configs/", 0},
    {0}};

static bool is_show(const mcus_options_t *mcus) { return mcus->count > 0 && strcmp(mcus->names[0], "show") == 0; }

static error_t parse_option(int key, char *arg, struct argp_state *state) {
  mcus_options_t *mcus = state->input;
  switch (key) {
  case ARGP_KEY_INIT: state->err_stream = NULL; return 0; /* getopt's own line says it all */
  case 'c':
    if (strcmp(arg, "m4") != 0 && strcmp(arg, "m7") != 0) run_bad_value("--core", arg, "unknown core; m4 or m7");
    mcus->core = arg;
    return 0;
  case OPTION_MIN_FLASH:
    if (!parse_size(arg, &mcus->min_flash)) run_bad_value("--min-flash", arg, "a size such as 512K or 1M, please");
    return 0;
  case OPTION_MIN_RAM:
    if (!parse_size(arg, &mcus->min_ram)) run_bad_value("--min-ram", arg, "a size such as 96K, please");
    return 0;
  case OPTION_MHZ:
    if (!parse_positive(arg, &mcus->mhz)) run_bad_value("--mhz", arg, "a clock in MHz above 0, please");
    return 0;
  case OPTION_JSON: mcus->json = arg; return 0;
  case OPTION_DATA: mcus->data = arg; return 0;
  case ARGP_KEY_ARG:
    if (mcus->count < NAMES_MAX) mcus->names[mcus->count++] = arg;
    return 0;
  case ARGP_KEY_END:
    if (mcus->count == 0 || (is_show(mcus) && mcus->count > 1)) return 0;
    diag_error(
        "usage: cmsim mcus [--core m4|m7] [--min-ram SIZE] [--min-flash SIZE] [--mhz F] | cmsim mcus show NAME...");
    exit(EXIT_TROUBLE);
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static bool fits(const target_t *target, const mcus_options_t *mcus) {
  chip_summary_t s = catalogue_summary(target);
  return (!mcus->core || strcmp(target->core + strlen("cortex-"), mcus->core) == 0) &&
         s.flash_bytes >= mcus->min_flash && s.ram_bytes >= mcus->min_ram && target->max_mhz >= mcus->mhz;
}

static int print_list(const mcus_options_t *mcus, target_t *const *targets, size_t count) {
  output_t json;
  if (!output_open(&json, mcus->json)) return EXIT_TROUBLE;
  if (json.stream && (!catalogue_json(json.stream, targets, count) || !output_commit(&json))) {
    diag_error("%s: cannot write: %s", mcus->json, strerror(errno ? errno : ENOMEM));
    output_discard(&json);
    return EXIT_TROUBLE;
  }
  if (json.stream == stdout) return EXIT_PASS;
  catalogue_table(stdout, targets, count);
  if (count == 0) diag_error("no chip of the catalogue is like that");
  return count ? EXIT_PASS : EXIT_BROKEN;
}

static int list(const char *directory, const mcus_options_t *mcus) {
  size_t name_count = 0, count = 0;
  char **names = target_names(directory, &name_count);
  target_t **targets = calloc(name_count + 1, sizeof *targets);
  bool good = names && targets;
  if (!good) diag_error("out of memory");
  for (size_t i = 0; i < name_count && good; i++) {
    target_t *target = target_load(directory, names[i]);
    if (!target) {
      good = false;
    } else if (fits(target, mcus)) {
      targets[count++] = target;
    } else {
      target_free(target);
    }
  }
  int status = good ? print_list(mcus, targets, count) : EXIT_TROUBLE;
  for (size_t i = 0; i < count; i++)
    target_free(targets[i]);
  free(targets);
  target_names_free(names, name_count);
  return status;
}

static int show(const char *directory, char *const *names, int count) {
  int status = EXIT_PASS;
  for (int i = 0; i < count; i++) {
    target_t *target = target_find(directory, "mcus show", names[i]);
    if (target && i > 0) printf("\n");
    if (target) catalogue_show(stdout, target);
    if (!target) status = EXIT_TROUBLE;
    target_free(target);
  }
  return status;
}

int cmd_mcus(int argc, char **argv) {
  static const char doc[] =
      "Lists the chips that --mcu knows: core and FPU, highest clock, memory, flash wait states at that clock, caches, "
      "run current (and per MHz) from the data sheet, and how well the timing of the flash is known; 'at once' means "
      "that it is not modelled.\vshow: everything that is known of a chip, with source and grade. NAME may be a file "
      "of your own (board.yaml), which may extend a chip of the catalogue: configs/README.md.";
  static const struct argp argp = {options, parse_option, "\nshow NAME...", doc, NULL, NULL, NULL};
  mcus_options_t mcus = {0};
  if (argp_parse(&argp, argc, argv, 0, NULL, &mcus) != 0) return EXIT_TROUBLE;
  if (is_show(&mcus) && mcus.json) {
    diag_error("mcus show prints text; --json is for the list: cmsim mcus --json %s", mcus.json);
    return EXIT_TROUBLE;
  }
  const char *data = data_directory(mcus.data);
  if (!data) return EXIT_TROUBLE;
  char *directory = NULL;
  if (asprintf(&directory, "%s/configs", data) < 0) {
    diag_error("out of memory");
    return EXIT_TROUBLE;
  }
  int status = is_show(&mcus) ? show(directory, mcus.names + 1, mcus.count - 1) : list(directory, &mcus);
  free(directory);
  return finish_stdout(status);
}
