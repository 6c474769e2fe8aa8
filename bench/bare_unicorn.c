/* Yardstick: the same image in bare Unicorn, without a hook on instructions or memory. Prints seconds of emulation.

   Usage: bare_unicorn m4|m7 IMAGE.elf. Only what a self-contained image needs: semihosting output is dropped, exit ends
   the run, peripherals read as zero except that CYCCNT counts calls. */
#include "image/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unicorn/unicorn.h>

enum { PPB_FIRST = 0xE0000000u, PPB_LENGTH = 0x00100000u, ROUND = 0x100000, SYS_EXIT = 0x18, SYS_EXIT_EXTENDED = 0x20 };

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

static void on_interrupt(uc_engine *uc, uint32_t intno, void *user) {
  bool *done = user;
  uint32_t pc, operation;
  uc_reg_read(uc, UC_ARM_REG_PC, &pc);
  uc_reg_read(uc, UC_ARM_REG_R0, &operation);
  if (intno != 7 || operation == SYS_EXIT || operation == SYS_EXIT_EXTENDED) {
    *done = true;
    uc_emu_stop(uc);
    return;
  }
  pc = (pc + 2) | 1;
  uc_reg_write(uc, UC_ARM_REG_PC, &pc);
}

static bool map_round(uc_engine *uc, uint32_t address, uint32_t bytes) {
  uint32_t base = address & ~(uint32_t)(ROUND - 1);
  uint32_t end = (address + bytes + ROUND - 1) & ~(uint32_t)(ROUND - 1);
  for (uint32_t at = base; at < end; at += ROUND) {
    uint8_t probe;
    if (uc_mem_read(uc, at, &probe, 1) != UC_ERR_OK && uc_mem_map(uc, at, ROUND, UC_PROT_ALL) != UC_ERR_OK) return false;
  }
  return true;
}

static bool load(uc_engine *uc, const program_t *program) {
  if (!map_round(uc, program->initial_sp - 4, 4)) return false;
  for (size_t i = 0; i < program->segment_count; i++) {
    const segment_t *s = &program->segments[i];
    if (!map_round(uc, s->run_address, s->memory_bytes + 1) || !map_round(uc, s->load_address, s->file_bytes + 1)) return false;
    if (s->file_bytes && uc_mem_write(uc, s->load_address, s->data, s->file_bytes) != UC_ERR_OK) return false;
  }
  return true;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: bare_unicorn m4|m7 IMAGE.elf\n");
    return 2;
  }
  program_t *program = program_open(argv[2], &(program_options_t){0});
  uc_engine *uc = NULL;
  uc_hook hook;
  bool done = false;
  if (!program || uc_open(UC_ARCH_ARM, UC_MODE_THUMB, &uc) != UC_ERR_OK) return 2;
  uc_ctl_set_cpu_model(uc, strcmp(argv[1], "m7") == 0 ? UC_CPU_ARM_CORTEX_M7 : UC_CPU_ARM_CORTEX_M4);
  uc_hook_add(uc, &hook, UC_HOOK_INTR, (void *)on_interrupt, &done, 1, 0);
  uc_mmio_map(uc, PPB_FIRST, PPB_LENGTH, on_read, NULL, on_write, NULL);
  if (!load(uc, program)) return 2;
  uc_reg_write(uc, UC_ARM_REG_SP, &program->initial_sp);
  double start = now();
  uc_err error = uc_emu_start(uc, program->reset_handler | 1, 0xFFFFFFF0u, 0, 0);
  printf("%.4f\n", now() - start);
  if (!done) fprintf(stderr, "bare_unicorn: did not finish: %s\n", uc_strerror(error));
  uc_close(uc);
  program_close(program);
  return done ? 0 : 2;
}
