/* The inside of machine_t, shared by machine.c (life), execute.c (hot path), traps.c and collect.c. */
#ifndef CMSIM_MACHINE_PRIVATE_H
#define CMSIM_MACHINE_PRIVATE_H

#include "image/symbols.h"
#include "machine/code.h"
#include "machine/engine.h"
#include "machine/machine.h"
#include "machine/memory_map.h"
#include "machine/regions.h"
#include "machine/scs.h"
#include "machine/semihosting.h"
#include "report/profile.h"
#include "timing/pipeline.h"

/* What happens when the instruction now pending issues. */
typedef struct {
  bool due;
  bool transfer; /* control came by call, return or indirect branch */
  bool call, tail;
  int32_t function; /* entered */
  uint32_t address, return_address;
  uint32_t sp, r0;
  bool marker; /* the instruction before is a region marker */
  int32_t marker_index;
  uint16_t marker_opcode;
  uint32_t marker_address;
} arrival_t;

/* From where SP came down, and how far. */
typedef struct {
  uint32_t base, lowest;
} stack_extent_t;

enum { TIMELINE_MAX = 2000, STACKS_MAX = 16 };

/* One pass of a function, step by step. */
typedef struct {
  int32_t function; /* -1: not asked for */
  unsigned pass, passes_seen;
  bool active, done;
  uint32_t return_sp;
  uint64_t start;
  step_result_t *steps;
  size_t count;
} trace_t;

struct machine {
  /* hot */
  code_slot_t *pending;  /* announced by the engine, not yet timed */
  code_slot_t *previous; /* timed last: owner of late charges */
  outcome_t outcome;     /* of pending, as far as known */
  arrival_t arrival;
  pipeline_t pipeline;
  profile_totals_t totals;
  uint64_t cycle_limit; /* UINT64_MAX: none */
  volatile sig_atomic_t *requests;
  code_t *code;
  engine_t *engine;
  regions_t *call_regions;
  uint32_t sp;
  stack_extent_t stacks[STACKS_MAX]; /* [0]: the one of the vector table */
  unsigned stack, stack_count;
  const mapped_region_t *last_region; /* that answered last */
  bool tracing;                       /* a timeline is wanted and not complete */
  /* cold */
  trace_t trace;
  machine_options_t options;
  program_t *program;
  symbols_t *symbols;
  core_model_t *model;
  target_t *target;
  memory_map_t map;
  scs_t *scs;
  semihosting_t *semihosting;
  int32_t sbrk_function; /* index of _sbrk, or -1 */
  bool sbrk_seen;
  uint32_t sbrk_increment, heap_start, heap_top;
  run_end_t end;
  bool ended;
  uint32_t exit_code;
  char fault[512];
  warning_result_t *warnings;
  size_t warning_count;
  double started; /* host seconds, for the progress line only */
};

/* execute.c */
void execute_insn(void *machine, uint32_t address);
void execute_access(void *machine, uint32_t address, unsigned bytes, bool write);
void execute_finish(machine_t *m, bool pending_done);
uint64_t execute_now(machine_t *m); /* clock at the issue of the pending instruction */

/* traps.c */
trap_answer_t trap_taken(void *machine, trap_kind_t kind, uint32_t address);
bool check_slot(machine_t *m, const code_slot_t *slot); /* first execution: priced, allowed on this core? */
void end_run(machine_t *m, run_end_t end);
void end_fault(machine_t *m, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "memcpy+0x12 (string.c:34)" for messages; static buffer. */
const char *describe_address(machine_t *m, uint32_t address);
void add_warning(machine_t *m, const char *code, uint32_t address, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* trace.c */
void trace_step(machine_t *m, const code_slot_t *slot, const cost_t *cost, uint64_t issue);

/* collect.c */
results_t *collect_results(machine_t *m);

#endif
