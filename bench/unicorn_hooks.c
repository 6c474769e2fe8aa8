/* Yardstick: the same image in Unicorn alone, with no hook, an empty hook on each block or on each instruction. Prints
   what the emulation took, as measure.c does for a whole process: seconds of processor time, seconds, peak memory in
   KB.

   Usage: unicorn_hooks none|block|insn|count m4|m7 IMAGE.elf [ARGUMENT]. `count` prints the number of instructions that
   a hook sees; those whose IT condition fails it does not see. Only what a self-contained image needs: semihosting
   gives the command line and ends the run, other output is dropped, system registers read as written. */
#include "image/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unicorn/unicorn.h>

enum {
  PPB_FIRST = 0xE0000000u,
  PPB_LENGTH = 0x00100000u,
  ROUND = 0x100000,
  EXCP_BKPT = 7, /* Unicorn hands on QEMU's numbers of exceptions */
  SYS_GET_CMDLINE = 0x15,
  SYS_EXIT = 0x18,
  SYS_EXIT_EXTENDED = 0x20,
};

typedef struct {
  const char *argument;
  bool done, failed;
} run_t;

static uint32_t registers[PPB_LENGTH / 4];

static uint64_t on_read(uc_engine *uc, uint64_t offset, unsigned size, void *user) {
  (void)uc;
  (void)size;
  (void)user;
  return registers[offset / 4];
}

static void on_write(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *user) {
  (void)uc;
  (void)size;
  (void)user;
  registers[offset / 4] = (uint32_t)value;
}

static uint32_t get_command_line(uc_engine *uc, uint32_t block, const char *line) {
  uint32_t words[2], length = (uint32_t)strlen(line);
  if (uc_mem_read(uc, block, words, sizeof words) != UC_ERR_OK || length >= words[1]) return UINT32_MAX;
  if (uc_mem_write(uc, words[0], line, length + 1) != UC_ERR_OK) return UINT32_MAX;
  return uc_mem_write(uc, block + 4, &length, sizeof length) == UC_ERR_OK ? 0 : UINT32_MAX;
}

static void on_interrupt(uc_engine *uc, uint32_t number, void *user) {
  run_t *run = user;
  uint32_t pc, operation, parameter;
  uc_reg_read(uc, UC_ARM_REG_PC, &pc);
  uc_reg_read(uc, UC_ARM_REG_R0, &operation);
  uc_reg_read(uc, UC_ARM_REG_R1, &parameter);
  if (number != EXCP_BKPT || operation == SYS_EXIT || operation == SYS_EXIT_EXTENDED) {
    run->done = true;
    run->failed = number != EXCP_BKPT || operation != SYS_EXIT; /* the images end with SYS_EXIT when all is well */
    uc_emu_stop(uc);
    return;
  }
  uint32_t answer = operation == SYS_GET_CMDLINE ? get_command_line(uc, parameter, run->argument) : 0;
  pc = (pc + 2) | 1;
  uc_reg_write(uc, UC_ARM_REG_R0, &answer);
  uc_reg_write(uc, UC_ARM_REG_PC, &pc);
}

static void empty(uc_engine *uc, uint64_t address, uint32_t size, void *user) {
  (void)uc;
  (void)address;
  (void)size;
  (void)user;
}

static void count(uc_engine *uc, uint64_t address, uint32_t size, void *user) {
  (void)uc;
  (void)address;
  (void)size;
  ++*(uint64_t *)user;
}

static bool map_round(uc_engine *uc, uint32_t address, uint32_t bytes) {
  uint32_t base = address & ~(uint32_t)(ROUND - 1);
  uint32_t end = (address + bytes + ROUND - 1) & ~(uint32_t)(ROUND - 1);
  for (uint32_t at = base; at < end; at += ROUND) {
    uint8_t probe;
    if (uc_mem_read(uc, at, &probe, 1) != UC_ERR_OK && uc_mem_map(uc, at, ROUND, UC_PROT_ALL) != UC_ERR_OK)
      return false;
  }
  return true;
}

static bool load(uc_engine *uc, const program_t *program) {
  if (!map_round(uc, program->initial_sp - 4, 4)) return false;
  for (size_t i = 0; i < program->segment_count; i++) {
    const segment_t *s = &program->segments[i];
    if (!map_round(uc, s->run_address, s->memory_bytes + 1) || !map_round(uc, s->load_address, s->file_bytes + 1))
      return false;
    if (s->file_bytes && uc_mem_write(uc, s->load_address, s->data, s->file_bytes) != UC_ERR_OK) return false;
  }
  return true;
}

static double seconds_on(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool add_hook(uc_engine *uc, const char *which, uint64_t *seen) {
  uc_hook hook;
  if (strcmp(which, "none") == 0) return true;
  if (strcmp(which, "block") == 0) return uc_hook_add(uc, &hook, UC_HOOK_BLOCK, (void *)empty, NULL, 1, 0) == UC_ERR_OK;
  if (strcmp(which, "insn") == 0) return uc_hook_add(uc, &hook, UC_HOOK_CODE, (void *)empty, NULL, 1, 0) == UC_ERR_OK;
  return strcmp(which, "count") == 0 && uc_hook_add(uc, &hook, UC_HOOK_CODE, (void *)count, seen, 1, 0) == UC_ERR_OK;
}

/* False: the image did not run to its end, or was not content. */
static bool emulate(uc_engine *uc, const program_t *program, const char *which, run_t *run) {
  uint64_t seen = 0;
  uc_hook hook;
  if (!add_hook(uc, which, &seen)) return false;
  uc_hook_add(uc, &hook, UC_HOOK_INTR, (void *)on_interrupt, run, 1, 0);
  uc_mmio_map(uc, PPB_FIRST, PPB_LENGTH, on_read, NULL, on_write, NULL);
  if (!load(uc, program)) return false;
  uc_reg_write(uc, UC_ARM_REG_SP, &program->initial_sp);

  double processor = seconds_on(CLOCK_PROCESS_CPUTIME_ID), wall = seconds_on(CLOCK_MONOTONIC);
  uc_err error = uc_emu_start(uc, program->reset_handler | 1, 0xFFFFFFF0u, 0, 0);
  processor = seconds_on(CLOCK_PROCESS_CPUTIME_ID) - processor;
  wall = seconds_on(CLOCK_MONOTONIC) - wall;

  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  if (strcmp(which, "count") == 0)
    printf("%llu\n", (unsigned long long)seen);
  else
    printf("%.6f %.6f %ld\n", processor, wall, used.ru_maxrss);
  if (!run->done) fprintf(stderr, "unicorn_hooks: did not finish: %s\n", uc_strerror(error));
  if (run->failed) fprintf(stderr, "unicorn_hooks: the image reports failure\n");
  return run->done && !run->failed;
}

int main(int argc, char **argv) {
  if (argc < 4 || argc > 5) {
    fprintf(stderr, "usage: unicorn_hooks none|block|insn|count m4|m7 IMAGE.elf [ARGUMENT]\n");
    return 2;
  }
  program_t *program = program_open(argv[3], &(program_options_t){0});
  uc_engine *uc = NULL;
  if (!program || uc_open(UC_ARCH_ARM, UC_MODE_THUMB, &uc) != UC_ERR_OK) return 2;
  uc_ctl_set_cpu_model(uc, strcmp(argv[2], "m7") == 0 ? UC_CPU_ARM_CORTEX_M7 : UC_CPU_ARM_CORTEX_M4);
  run_t run = {.argument = argc == 5 ? argv[4] : ""};
  bool good = emulate(uc, program, argv[1], &run);
  uc_close(uc);
  program_close(program);
  return good ? 0 : 2;
}
