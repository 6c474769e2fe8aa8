/* One run: program + engine + pipeline + peripherals + counters. */
#ifndef CMSIM_MACHINE_MACHINE_H
#define CMSIM_MACHINE_MACHINE_H

#include "image/program.h"
#include "peripherals/peripherals.h"
#include "report/results.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* A further timing context: the same execution, timed for another core, chip or clock. */
typedef struct {
  const char *core; /* "m4" or "m7" */
  const char *mcu;  /* its regions and memory system, as its vendor's start-up leaves it; NULL: ideal memory */
  double mhz;
} also_options_t;

typedef struct {
  const char *firmware; /* path */
  program_options_t image;
  const char *core;  /* "m4" or "m7" */
  const char *mcu;   /* configs/MCU.yaml, or NULL: the generic target of the core */
  bool ideal_memory; /* no wait states, no caches, whatever the chip */
  bool no_memo;      /* every instruction is timed anew: same results, slower */
  bool fast;         /* addresses are only looked at in a block's first executions */
  double mhz;
  const char *data_directory;      /* holds cost_models/ and configs/ */
  uint32_t flash_bytes, ram_bytes; /* limits of the generic target, 0: as the image wants */
  const char *const *settings;     /* "parameter=value" of the cost model, for what-if runs */
  size_t setting_count;
  const char *const *rules_off; /* timing rules switched off, for what-if runs */
  size_t rule_off_count;
  const char *const *regions; /* --region functions */
  size_t region_count;
  bool keep_insns;      /* results carry every executed instruction */
  const char *timeline; /* function whose TIMELINE_PASS-th call (from 1) is recorded step by step, or NULL */
  unsigned timeline_pass;
  const char *stop_at;                /* function at whose call the run is complete, or NULL */
  uint64_t max_cycles;                /* 0: no limit */
  bool no_dwt;                        /* the part has no DWT cycle counter */
  mmio_policy_t mmio;                 /* accesses to what the chip's file does not know */
  uint64_t seed;                      /* random numbers of the chip */
  uint32_t hse_hz;                    /* crystal; 0: as the chip's file says */
  const char *uart_input, *uart_wait; /* --uart-in, --uart-wait; may be NULL */
  FILE *console;                      /* firmware output */
  FILE *input;
  const char *files_directory; /* semihosting files, or NULL */
  const char *command_line;
  energy_options_t energy;
  const also_options_t *also; /* what firmware reads of the time is that of the first context */
  size_t also_count;
  struct gdb_server *debugger; /* the run starts when gdb has come; NULL: at once */
  /* Set asynchronously (signal handler): 1 interrupted, 2 timeout, 4 show progress, 8 complete. May be NULL. */
  volatile sig_atomic_t *requests;
  void (*progress)(uint64_t cycles, uint64_t instructions); /* on request 4; may be NULL */
} machine_options_t;

enum { REQUEST_INTERRUPT = 1, REQUEST_TIMEOUT = 2, REQUEST_PROGRESS = 4, REQUEST_STOP = 8 };

typedef struct machine machine_t;

/* Loads image, cost model and target. NULL after one diag_error. Strings of OPTIONS must outlive the machine. */
machine_t *machine_new(const machine_options_t *options);
void machine_free(machine_t *machine);

/* Runs to the end and returns the numbers (never NULL unless memory is exhausted); call once. */
results_t *machine_run(machine_t *machine);

#endif
