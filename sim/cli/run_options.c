#include "cli/run_options.h"

#include "base/diag.h"
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

enum {
  OPTION_MHZ = 0x100,
  OPTION_MCU,
  OPTION_REGION,
  OPTION_MAX_CYCLES,
  OPTION_TIMEOUT,
  OPTION_BASE,
  OPTION_FLASH,
  OPTION_RAM,
  OPTION_CONSOLE,
  OPTION_FILES,
  OPTION_ARGS,
  OPTION_GDB,
  OPTION_UNTIL,
  OPTION_STOP_AT,
  OPTION_NO_DWT,
  OPTION_MEMORY,
  OPTION_FAST,
  OPTION_NO_MEMO,
  OPTION_RULE_OFF,
  OPTION_SET,
  OPTION_MMIO,
  OPTION_SEED,
  OPTION_HSE,
  OPTION_UART_IN,
  OPTION_UART_WAIT,
  OPTION_DATA
};

static const struct argp_option options[] = {
    {0, 0, 0, 0, "Target:", 1},
    {"core", 'c', "m4|m7", 0, "Core to simulate", 0},
    {"mcu", OPTION_MCU, "NAME|FILE.yaml", 0,
     "Chip of the catalogue (cmsim mcus), or a file of your own (default: ideal memory)", 0},
    {"mhz", OPTION_MHZ, "F", 0, "Core clock in MHz", 0},
    {"flash", OPTION_FLASH, "SIZE", 0, "Flash of the part (512K, 1M); default: as the image needs", 0},
    {"ram", OPTION_RAM, "SIZE", 0, "RAM of the part at 0x20000000; default: as the image needs", 0},
    {"memory", OPTION_MEMORY, "chip|ideal", 0,
     "Wait states, caches and buses of the chip (default), or none of them: what the core alone would take", 0},
    {"no-dwt", OPTION_NO_DWT, 0, 0, "The part has no DWT cycle counter", 0},
    {"mmio", OPTION_MMIO, "strict|warn|zero", 0,
     "Addresses that the chip's file does not know: end the run, warn once for each (default), or say nothing", 0},
    {"hse", OPTION_HSE, "MHZ", 0, "Crystal of the board (default: that of the chip's usual board)", 0},
    {"seed", OPTION_SEED, "N", 0, "Seed of the chip's random numbers (default 1)", 0},
    {"rule-off", OPTION_RULE_OFF, "RULE", 0,
     "What if this timing rule did not act? (repeatable; names: cmsim model show rules)", 0},
    {"set", OPTION_SET, "NAME=N", 0,
     "What if this parameter of the cost model, or REGION.NAME, flash.NAME or bus.ratio of the chip, were N? "
     "(repeatable)",
     0},
    {0, 0, 0, 0, "Measure:", 2},
    {"region", OPTION_REGION, "FUNCTION", 0, "Measure each call of FUNCTION (repeatable)", 0},
    {"until", OPTION_UNTIL, "TEXT", 0, "The run is complete when the firmware has printed TEXT", 0},
    {"stop-at", OPTION_STOP_AT, "FUNCTION", 0, "The run is complete when FUNCTION is called", 0},
    {"max-cycles", OPTION_MAX_CYCLES, "N", 0, "Stop after N cycles (1e9, 500M) with a partial report", 0},
    {"timeout", OPTION_TIMEOUT, "SECONDS", 0, "Stop after SECONDS of host time with a partial report", 0},
    {"fast", OPTION_FAST, 0, 0,
     "Sooner, and nearly right: what a block's first executions meet in memory is taken for all (docs/performance.md)",
     0},
    {"no-memo", OPTION_NO_MEMO, 0, 0, "Time every instruction anew: the same figures, to check the faster way", 0},
    {0, 0, 0, 0, "Firmware:", 4},
    {"base", OPTION_BASE, "ADDRESS", 0, "Load address of a raw binary", 0},
    {"console", OPTION_CONSOLE, "FILE", 0,
     "Firmware output goes to FILE (default: standard output, or standard error with --json -)", 0},
    {"uart-in", OPTION_UART_IN, "[UART=]FILE", 0, "What the firmware receives on its UART; - is standard input", 0},
    {"uart-wait", OPTION_UART_WAIT, "TEXT", 0,
     "Each line of --uart-in waits until the firmware prints TEXT; line ends are not sent", 0},
    {"files", OPTION_FILES, "DIR", 0, "Let semihosting open files inside DIR (default: none)", 0},
    {"args", OPTION_ARGS, "TEXT", 0, "Command line that semihosting hands to the firmware", 0},
    {"gdb", OPTION_GDB, "[HOST]:PORT|-", 0,
     "Wait for gdb there before the first instruction; -: on standard input and output, for gdb's pipe mode", 0},
    {0, 0, 0, 0, "General:", 5},
    {"data", OPTION_DATA, "DIR", 0, "Folder with cost_models/ and configs/", 0},
    {0}};

void run_bad_value(const char *option, const char *value, const char *wanted) {
  diag_error("%s %s: %s", option, value, wanted);
  exit(EXIT_TROUBLE);
}

/* Not argp_error(), which adds a line. */
static void missing(const char *question) {
  diag_error("%s (cmsim --help lists all options)", question);
  exit(EXIT_TROUBLE);
}

static void add_region(run_options_t *run, const char *name) {
  size_t limit = sizeof run->regions / sizeof run->regions[0];
  if (run->machine.region_count == limit) run_bad_value("--region", name, "at most 64 regions");
  run->regions[run->machine.region_count++] = name;
}

static bool parse_mmio(const char *text, mmio_policy_t *policy) {
  static const char *const words[] = {[MMIO_WARN] = "warn", [MMIO_STRICT] = "strict", [MMIO_ZERO] = "zero"};
  for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
    if (strcmp(text, words[i]) != 0) continue;
    *policy = (mmio_policy_t)i;
    return true;
  }
  return false;
}

static error_t parse_target(int key, char *arg, run_options_t *run) {
  enum { HSE_MHZ_MAX = 100 };
  double mhz;
  switch (key) {
  case 'c':
    if (strcmp(arg, "m4") != 0 && strcmp(arg, "m7") != 0) run_bad_value("--core", arg, "unknown core; m4 or m7");
    run->machine.core = arg;
    return 0;
  case OPTION_MCU: run->machine.mcu = arg; return 0;
  case OPTION_MHZ:
    if (!parse_positive(arg, &run->machine.mhz)) run_bad_value("--mhz", arg, "a clock in MHz above 0, please");
    return 0;
  case OPTION_FLASH:
    if (!parse_size(arg, &run->machine.flash_bytes)) run_bad_value("--flash", arg, "a size such as 512K or 1M, please");
    return 0;
  case OPTION_RAM:
    if (!parse_size(arg, &run->machine.ram_bytes)) run_bad_value("--ram", arg, "a size such as 96K, please");
    return 0;
  case OPTION_MEMORY:
    run->machine.ideal_memory = strcmp(arg, "ideal") == 0;
    if (!run->machine.ideal_memory && strcmp(arg, "chip") != 0) run_bad_value("--memory", arg, "chip or ideal, please");
    return 0;
  case OPTION_FAST: run->machine.fast = true; return 0;
  case OPTION_NO_MEMO: run->machine.no_memo = true; return 0;
  case OPTION_NO_DWT: run->machine.no_dwt = true; return 0;
  case OPTION_SET:
    if (run->machine.setting_count == RUN_LIST_MAX) run_bad_value("--set", arg, "too many");
    run->settings[run->machine.setting_count++] = arg;
    return 0;
  case OPTION_RULE_OFF:
    if (run->machine.rule_off_count == sizeof run->rules_off / sizeof run->rules_off[0]) {
      run_bad_value("--rule-off", arg, "too many");
    }
    run->rules_off[run->machine.rule_off_count++] = arg;
    return 0;
  case OPTION_MMIO:
    if (!parse_mmio(arg, &run->machine.mmio)) run_bad_value("--mmio", arg, "strict, warn or zero, please");
    return 0;
  case OPTION_HSE:
    if (!parse_positive(arg, &mhz) || mhz > HSE_MHZ_MAX)
      run_bad_value("--hse", arg, "a clock in MHz up to 100, please");
    run->machine.hse_hz = (uint32_t)(mhz * 1e6 + 0.5);
    return 0;
  case OPTION_SEED:
    if (!parse_count(arg, &run->machine.seed)) run_bad_value("--seed", arg, "a whole number above 0, please");
    return 0;
  case OPTION_BASE:
    if (!parse_address(arg, &run->machine.image.base))
      run_bad_value("--base", arg, "an address such as 0x08000000, please");
    run->machine.image.has_base = true;
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static error_t parse_option(int key, char *arg, struct argp_state *state) {
  run_options_t *run = state->input;
  switch (key) {
  case OPTION_REGION: add_region(run, arg); return 0;
  case OPTION_MAX_CYCLES:
    if (!parse_count(arg, &run->machine.max_cycles))
      run_bad_value("--max-cycles", arg, "a whole number above 0, please");
    return 0;
  case OPTION_TIMEOUT:
    if (!parse_positive(arg, &run->timeout)) run_bad_value("--timeout", arg, "seconds above 0, please");
    return 0;
  case OPTION_CONSOLE: run->console = arg; return 0;
  case OPTION_UART_IN: run->machine.uart_input = arg; return 0;
  case OPTION_UART_WAIT:
    if (!*arg) run_bad_value("--uart-wait", "''", "some text, please");
    run->machine.uart_wait = arg;
    return 0;
  case OPTION_FILES: run->machine.files_directory = arg; return 0;
  case OPTION_ARGS: run->machine.command_line = arg; return 0;
  case OPTION_GDB: run->gdb = arg; return 0;
  case OPTION_UNTIL:
    if (!*arg || strlen(arg) > 256) run_bad_value("--until", *arg ? arg : "''", "1 to 256 characters, please");
    run->until = arg;
    return 0;
  case OPTION_STOP_AT: run->machine.stop_at = arg; return 0;
  case OPTION_DATA: run->data = arg; return 0;
  case ARGP_KEY_ARG:
    if (run->machine.firmware) run_bad_value("one image at a time, but also given:", arg, "?");
    run->machine.firmware = arg;
    return 0;
  case ARGP_KEY_END:
    if (!run->machine.firmware) missing("which firmware? give an ELF, Intel HEX or raw binary file");
    if (!run->machine.core && !run->machine.mcu) missing("which core? --core m4 or --core m7, or --mcu NAME");
    if (run->machine.fast && run->machine.no_memo) run_bad_value("--fast", "", "not with --no-memo, which is exact");
    if (run->machine.mhz <= 0) missing("which clock? --mhz F");
    return 0;
  default: return parse_target(key, arg, run);
  }
}

const struct argp run_options_argp = {options, parse_option, NULL, NULL, NULL, NULL, NULL};
