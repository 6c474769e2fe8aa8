/* Regions (markers and --region functions) and calls: who was running, how often, for how many cycles.

   Everything here happens at one instant: the issue of an instruction, when the clock stands before its own cycles. */
#ifndef CMSIM_MACHINE_REGIONS_H
#define CMSIM_MACHINE_REGIONS_H

#include "image/program.h"
#include "report/profile.h"

#include <stdbool.h>
#include <stdint.h>

/* The instant of an event. */
typedef struct {
  uint64_t cycles;
  const profile_totals_t *totals;
  uint32_t sp;
} instant_t;

typedef struct {
  uint64_t cycles, instructions;
  uint64_t causes[CAUSE_COUNT];
} snapshot_t;

typedef struct {
  const char *name;   /* owned by the program or the caller */
  int32_t function;   /* --region: index of the function, else -1 */
  unsigned depth;     /* passes open now; nested ones belong to the outermost */
  int32_t begin;      /* marker index that began the open pass, -1: none */
  uint64_t abandoned; /* passes that never ended, as a later one shows */
  uint64_t calls, cycles, min_cycles, max_cycles, instructions;
  uint64_t causes[CAUSE_COUNT];
  uint32_t stack_peak;
  snapshot_t start;
  uint32_t start_sp, lowest_sp;
} measured_region_t;

typedef struct {
  uint64_t calls, total_cycles, started;
  unsigned active; /* frames on the call stack: recursion counts once */
} call_count_t;

typedef struct regions regions_t;

regions_t *regions_new(const program_t *program);
void regions_free(regions_t *regions);

/* --region: measure FUNCTION (index) call by call under its name. */
bool regions_watch_function(regions_t *regions, int32_t function);

/* Marker hint MARKER (index into program markers, -1: not listed) takes effect. False: END without BEGIN. */
bool regions_marker(regions_t *regions, int32_t marker, uint16_t opcode, const instant_t *instant);

/* A call of FUNCTION (index or -1) that returns to RETURN_ADDRESS; TAIL: a jump that keeps the caller's return. */
void regions_enter(regions_t *regions, int32_t function, uint32_t return_address, bool tail, const instant_t *instant);

/* Control arrived at ADDRESS, in FUNCTION (index or -1), other than by call: leaves every frame that returns there, or,
   when none does, those that a longjmp left behind. Returns the function index of the innermost frame left, or -1. */
int32_t regions_arrive(regions_t *regions, uint32_t address, int32_t function, const instant_t *instant);

/* The functions on the current stack, innermost first (indices, -1: unknown); returns how many, at most LIMIT. */
unsigned regions_callers(const regions_t *regions, int32_t *functions, unsigned limit);

/* Calls are kept for each stack of the firmware: from here on those of stack CONTEXT (0 to REGIONS_CONTEXTS - 1). The
   inclusive time of a function does not run while another stack than its own is in use: other threads, handlers. */
enum { REGIONS_CONTEXTS = 64 };
void regions_switch(regions_t *regions, unsigned context, const instant_t *instant);

/* An exception handler was left: every frame down to its own, the innermost that returns to HANDLER_RETURN. */
#define HANDLER_RETURN 0xFFFFFFF0u
/* A system reset: every call on every stack is left. */
void regions_restart(regions_t *regions, const instant_t *instant);
void regions_leave_handler(regions_t *regions, const instant_t *instant);

/* True when calls nested too deep to be kept: counts and inclusive times are then too low. */
bool regions_lost_calls(const regions_t *regions);

/* The stack pointer went down to SP. */
void regions_stack(regions_t *regions, uint32_t sp);

/* The run ended: close the books on calls in progress (regions stay open). */
void regions_finish(regions_t *regions, const instant_t *instant);

const measured_region_t *regions_list(const regions_t *regions, size_t *count);
const call_count_t *regions_calls(const regions_t *regions); /* one per program function */

#endif
