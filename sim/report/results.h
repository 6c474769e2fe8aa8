/* The finished numbers of one run. Reports read this struct and nothing else; they never call back into the
   simulator. All strings and arrays are owned by the results_t unless said otherwise. */
#ifndef CMSIM_REPORT_RESULTS_H
#define CMSIM_REPORT_RESULTS_H

#include "report/energy.h"
#include "timing/cost_model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct {
  char *name;
  uint64_t calls; /* completed passes */
  uint64_t cycles, min_cycles, max_cycles, instructions;
  uint64_t causes[CAUSE_COUNT]; /* sum to cycles */
  uint32_t stack_peak_bytes;    /* deepest stack below its level at region entry */
  bool open;                    /* the run ended inside it; the open pass is not counted */
  double mj, upper_mj;          /* all passes, where energy is known */
} region_result_t;

typedef struct {
  char *name; /* "?" for code without a symbol */
  char *file; /* NULL when there are no line tables */
  unsigned line;
  uint64_t calls;
  uint64_t self_cycles;  /* charged to its own instructions; all functions sum to total.cycles */
  uint64_t total_cycles; /* self and everything called below; recursion counted once */
  uint64_t instructions;
  uint64_t causes[CAUSE_COUNT]; /* sum to self_cycles */
} function_result_t;

typedef struct {
  char *name, *section;
  uint32_t bytes;
  bool in_ram;
} object_result_t;

/* One memory of the chip and what of it is in use: image, static data, deepest stacks, highest heap. */
typedef struct {
  char *name;
  bool in_ram;
  bool repeated; /* another address of a memory that is listed before: its bytes count once */
  uint64_t used, bytes;
} fit_region_t;

typedef struct {
  bool known; /* the target is a chip: its memory is given */
  fit_region_t *regions;
  size_t region_count; /* in order of address */
  uint64_t flash_used, flash_bytes, ram_used, ram_bytes;
  uint64_t short_bytes; /* by which the stack ran into static data or heap: it does not fit */
} fit_t;

typedef struct {
  char *code;    /* "truncated", "fpu-disabled", ... */
  char *message; /* one line */
  uint32_t address;
  char *symbol; /* or NULL */
} warning_result_t;

/* One executed static instruction, for annotated listings. */
typedef struct {
  uint32_t address;
  uint16_t opcode[2];
  uint8_t size;
  char *text;     /* disassembly */
  char *function; /* NULL: code without a symbol */
  char *file;     /* NULL without line tables */
  unsigned line;
  uint64_t count, cycles; /* executed or skipped; cycles it owns */
  uint64_t causes[CAUSE_COUNT];
  char *source; /* where its row comes from: "TRM4 table 3-1" */
  grade_t grade;
} insn_result_t;

/* One issued instruction of a timeline. */
typedef struct {
  uint32_t address;
  char *text;
  uint64_t issue;    /* cycle, from the start of the timeline */
  uint32_t waited;   /* cycles it stood before issue */
  uint32_t occupied; /* cycles charged from issue on, late charges included */
  cause_t cause;     /* of the longest part of its waiting and occupation beyond one cycle; CAUSE_ISSUE: none */
  bool paired, skipped;
} step_result_t;

typedef enum {
  RUN_EXITED,      /* firmware ended itself */
  RUN_HALTED,      /* endless branch to self, or WFI that nothing can end */
  RUN_STOPPED,     /* --until or --stop-at: complete */
  RUN_MAX_CYCLES,  /* --max-cycles reached: partial */
  RUN_TIMEOUT,     /* --timeout reached: partial */
  RUN_INTERRUPTED, /* Ctrl-C: partial */
  RUN_FAULT        /* the firmware did what silicon or the model cannot do; message in fault */
} run_end_t;

/* What one further timing context makes of the run. */
typedef struct {
  double mhz;
  uint64_t cycles, instructions, pairs, branches, mispredicts;
  uint64_t causes[CAUSE_COUNT];
  uint64_t grade_cycles[GRADE_COUNT];
} also_result_t;

/* The chip's memory system at the end of the run, and how often what happened. */
typedef struct {
  bool modelled;        /* else memory answers at once, and nothing below counts */
  bool flash_known;     /* else flash answers at once */
  bool by_firmware;     /* wait states and switches as the firmware set them, else as the vendor's start-up does */
  unsigned wait_states; /* of the flash, in cycles of its clock */
  bool l1;              /* a Cortex-M7: the counts are those of its caches, else of the flash interface */
  bool icache, dcache, prefetch;
  uint64_t fetch_misses, data_accesses, data_misses, write_backs;
} chip_result_t;

typedef struct results {
  /* provenance */
  char *tool_version;
  char *cost_model_hash, *config_hash;
  char *firmware_path, *firmware_sha256, *firmware_build_id; /* build id may be NULL */
  /* target */
  char *core;   /* "cortex-m7" */
  char *mcu;    /* NULL: generic target */
  char *memory; /* one line: what memory was assumed */
  chip_result_t chip;
  double mhz;
  double firmware_mhz; /* core clock as the firmware set it; 0: it left it alone, or the target has no clocks */
  /* end */
  run_end_t end;
  uint32_t exit_code; /* the firmware's own */
  char *fault;        /* one line for RUN_FAULT, else NULL */
  bool partial;
  /* numbers */
  uint64_t cycles, instructions;
  uint64_t causes[CAUSE_COUNT];       /* sum to cycles */
  uint64_t grade_cycles[GRADE_COUNT]; /* sum to cycles */
  uint64_t pairs;                     /* cycles in which two instructions issued */
  uint64_t exceptions;                /* taken: interrupts, system exceptions, faults */
  uint64_t dwt[5];                    /* PROFILE_CPI .. PROFILE_FOLD of profile.h */
  uint64_t branches, mispredicts;     /* conditional and indirect branches executed; M7 only */
  region_result_t *regions;
  size_t region_count; /* in order of first entry */
  function_result_t *functions;
  size_t function_count; /* by self_cycles, largest first */
  uint32_t flash_bytes, ram_static_bytes;
  uint32_t stack_peak_bytes;
  bool static_unknown; /* HEX and binary files do not say: ram_static_bytes is 0 */
  bool heap_unknown;   /* without symbols an allocator cannot be seen */
  bool heap_known;     /* an allocator was seen */
  uint32_t heap_peak_bytes;
  object_result_t *objects;
  size_t object_count; /* by bytes, largest first */
  fit_t fit;
  energy_t energy; /* run.name NULL: the target's file says nothing of it */
  warning_result_t *warnings;
  size_t warning_count;
  insn_result_t *insns; /* by address; only when asked for */
  size_t insn_count;
  step_result_t *steps; /* timeline; only when asked for */
  size_t step_count;
  also_result_t *also; /* further timing contexts, in the order they were asked for */
  size_t also_count;
} results_t;

/* Frees RESULTS (from malloc or calloc) with all it owns. */
void results_free(results_t *results);

double results_milliseconds(const results_t *results, uint64_t cycles);
const char *run_end_name(run_end_t end); /* "exited", "halted", "max_cycles", ... */
/* As people read it: the option that stopped the run, where one did. */
const char *run_end_text(run_end_t end);
/* Stopped from outside, by a limit or a signal, while the firmware was still at work. */
bool run_end_is_early(run_end_t end);

/* SHARES[i] is PARTS[i] as a share of their sum, in whole UNITS that add up to exactly UNITS (largest remainder). A sum
   of zero gives everything to the first. COUNT is at most RESULTS_SHARES_MAX. */
enum { RESULTS_SHARES_MAX = 32 };
void results_shares(const uint64_t *parts, size_t count, uint64_t units, uint64_t *shares);

/* "12,345,678" and "27.91 ms" (ns, us, ms or s: four digits), as every report prints them. */
enum { RESULTS_TEXT_BYTES = 32 };
const char *results_count_text(char text[RESULTS_TEXT_BYTES], uint64_t count);
const char *results_time_text(char text[RESULTS_TEXT_BYTES], double milliseconds);
const char *results_energy_text(char text[RESULTS_TEXT_BYTES], double millijoules); /* nJ, uJ, mJ or J, likewise */

/* One screen for people. TOP limits the lists (functions, objects). */
void report_table(FILE *out, const results_t *results, unsigned top);
/* Its lines about the chip, as long as they are: fit, energy, period, battery. To be freed; NULL: out of memory. */
char *report_chip_text(const results_t *results);
/* Listing of FUNCTION (NULL: the TOP hottest functions) shaped like objdump, with cycles on the left. False when the
   run has no such function. */
bool report_annotate(FILE *out, const results_t *results, const char *function, unsigned top);
/* The steps of the timeline, one row an instruction, one column a cycle. */
void report_timeline(FILE *out, const results_t *results);
/* The "cmsim/1" object. Returns false with errno set when writing failed. */
bool report_json(FILE *out, const results_t *results);

#endif
