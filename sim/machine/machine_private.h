/* The inside of machine_t, shared by machine.c (life), execute.c (hot path), exceptions.c, faults.c, traps.c and
 * collect.c.
 */
#ifndef CMSIM_MACHINE_PRIVATE_H
#define CMSIM_MACHINE_PRIVATE_H

#include "image/symbols.h"
#include "machine/blocks.h"
#include "machine/engine.h"
#include "machine/machine.h"
#include "machine/memory_map.h"
#include "machine/regions.h"
#include "machine/scs.h"
#include "machine/semihosting.h"
#include "peripherals/peripherals.h"
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
  bool restarts;       /* a system reset: every call is left */
  bool leaves_handler; /* an exception return, or one handler chained to the next */
  bool switches;       /* another stack is in use from here on */
  bool marker;         /* the instruction before is a region marker */
  int32_t marker_index;
  uint16_t marker_opcode;
  uint32_t marker_address;
} arrival_t;

/* From where SP came down, and how far. */
typedef struct {
  uint32_t base, lowest;
} stack_extent_t;

enum { MPU_GRAIN = 32, MPU_GRANTS = 64 };
enum { TIMELINE_MAX = 2000, STACKS_MAX = REGIONS_CONTEXTS };

enum { REFUSED_STORES = 32 }; /* a VSTM of 32 registers */

/* An access that silicon refuses but the engine performs: undone when the instruction is complete. */
typedef struct {
  bool due;
  uint32_t pc, address, cfsr;
  unsigned it_state;
  uint32_t registers[15]; /* before the access */
  struct {
    uint32_t address;
    uint8_t bytes[8];
    unsigned count;
  } stores[REFUSED_STORES]; /* memory before each store, from the refused one on */
  unsigned store_count;
  char message[256];
} refused_access_t;

/* The fault whose handler runs, for the report of a run that ends there. */
typedef struct {
  unsigned exception; /* 0: none */
  char message[1024];
} fault_state_t;

/* Fault status bits. [ARMv7-M B3.2.15, B3.2.16] */
#define CFSR_IACCVIOL    (1u << 0)
#define CFSR_DACCVIOL    (1u << 1)
#define CFSR_MUNSTKERR   (1u << 3)
#define CFSR_MSTKERR     (1u << 4)
#define CFSR_MMARVALID   (1u << 7)
#define CFSR_IBUSERR     (1u << 8)
#define CFSR_PRECISERR   (1u << 9)
#define CFSR_IMPRECISERR (1u << 10)
#define CFSR_UNSTKERR    (1u << 11)
#define CFSR_STKERR      (1u << 12)
#define CFSR_LSPERR      (1u << 13)
#define CFSR_BFARVALID   (1u << 15)
#define CFSR_UNDEFINSTR  (1u << 16)
#define CFSR_INVSTATE    (1u << 17)
#define CFSR_INVPC       (1u << 18)
#define CFSR_NOCP        (1u << 19)
#define CFSR_UNALIGNED   (1u << 24)
#define CFSR_DIVBYZERO   (1u << 25)
#define HFSR_FORCED      (1u << 30)
#define HFSR_DEBUGEVT    (1u << 31)

typedef struct debug debug_t;

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

/* What firmware has set of the chip's memory system. */
typedef struct {
  bool flash_set;       /* it has written the flash interface's register */
  uint32_t acr;         /* that register */
  unsigned wait_states; /* in force, in cycles of the flash's clock */
  unsigned bus_ratio;   /* core cycles per bus cycle */
} chip_t;

/* The block under way, and what is known of how it went. */
typedef struct {
  bool on;       /* the engine announces blocks */
  bool stepping; /* each instruction of this one is announced */
  bool wary;     /* some blocks must be: the MPU is on, or more kinds of access and division trap */
  block_t *block;
  uint64_t key;          /* what of it decides the cycles */
  uint64_t accesses_key; /* of accesses, not yet part of it */
  uint64_t executed;     /* points reached: a bit each */
  unsigned next_point;
  uint32_t at_entry[BLOCK_VALUES_MAX]; /* its values: see block_value_t */
  found_access_t *found;               /* its accesses: HERE, or with --fast what its first executions met */
  found_access_t here[BLOCK_INSNS_MAX];
  uint64_t entry_key, entry_accesses_key; /* with --fast: what accesses have put into the key at entry */
  bool code_in_ram;                       /* some code can be overwritten by a store */
  uint32_t values[BLOCK_POINTS_MAX][2];   /* dividend and divisor, or fp64_operands_t */
  /* timing */
  memo_t *memo;
  memo_node_t *node;       /* of the block under way; NULL: to be timed anew */
  memo_variant_t *last;    /* of the block before */
  memo_variant_t *pending; /* those with a count */
  bool live;               /* the pipeline is in the state it stands for; else in that behind LAST */
  bool recording;
  bool express;            /* the block under way and what it led to before may go the short way */
  prediction_t prediction; /* of its last instruction, when that has been asked for already */
  bool apart;              /* further timing contexts are dealt with */
  unsigned recorded_insn;
  const memo_variant_t *arriving; /* while calls take effect within its first instruction */
  profile_totals_t totals_at_arrival;
  unsigned settings;  /* of the chip's memory, under which the memo was learned */
  uint64_t most_wait; /* for memory, of one access */
  block_builder_t builder;
  uint32_t exclusive_address; /* of the pending STREX */
} blocks_t;

struct machine {
  /* hot */
  code_slot_t *pending;  /* announced by the engine, not yet timed */
  code_slot_t *previous; /* timed last: owner of late charges */
  outcome_t outcome;     /* of pending, as far as known */
  arrival_t arrival;
  pipeline_t pipeline;
  profile_totals_t totals;
  uint64_t attention_at; /* the first cycle at which attend() has something to see to */
  outcome_t fresh;       /* what the next outcome starts from, when control was redirected */
  uint32_t skip_from;    /* 0, or where control came into an IT block: what is not announced from here on is skipped */
  volatile sig_atomic_t *requests;
  debug_t *debug; /* NULL: no debugger */
  code_t *code;
  engine_t *engine;
  regions_t *call_regions;
  blocks_t bb;
  struct timing_context *contexts; /* further ones */
  unsigned context_count;
  uint32_t sp;
  stack_extent_t stacks[STACKS_MAX]; /* [0]: the one of the vector table */
  unsigned stack, stack_count;
  const mapped_region_t *last_region; /* that answered last */
  bool tracing;                       /* a timeline is wanted and not complete */
  bool mpu_on;
  uint32_t mpu_granted[3][MPU_GRANTS]; /* by mpu_access_t: each MPU_GRAIN that was last allowed, + 1; 0: none */
  bool bit_band;                       /* the core has bit-band aliases */
  uint64_t io_due;                     /* cycle of the peripherals' next event */
  bool line_changed;                   /* an interrupt line, since the last access to a peripheral */
  /* cold */
  uint64_t cycle_limit; /* UINT64_MAX: none */
  refused_access_t refused;
  fault_state_t fault_taken;
  bool monitor_lost; /* an exception since the last LDREX: STREX fails */
  bool event;        /* event register: WFE does not sleep */
  uint64_t exceptions_taken;
  trace_t trace;
  machine_options_t options;
  program_t *program;
  symbols_t *symbols;
  core_model_t *model;
  target_t *target;
  memory_t *memory; /* NULL: answers as its regions say, at once */
  chip_t chip;
  memory_map_t map;
  scs_t *scs;
  scs_config_t scs_config;
  bool reset_due; /* AIRCR.SYSRESETREQ was written */
  unsigned resets;
  peripherals_t *peripherals;
  semihosting_t *semihosting;
  int32_t stop_function; /* index, -1: none */
  int32_t sbrk_function; /* index of _sbrk, or -1 */
  bool sbrk_seen;
  uint32_t sbrk_increment, heap_start, heap_top;
  run_end_t end;
  bool ended;
  uint32_t exit_code;
  char fault[1200];
  warning_result_t *warnings;
  size_t warning_count;
  double started; /* host seconds, for the progress line only */
};

/* execute.c */
void execute_insn(void *machine, uint32_t address);
void execute_access(void *machine, uint32_t address, unsigned bytes, bool write);
void execute_finish(machine_t *m, bool pending_done);
uint64_t execute_now(machine_t *m);                      /* clock at the issue of the pending instruction */
void execute_retire(machine_t *m);                       /* times the pending instruction: it is complete */
void execute_arrive(machine_t *m, uint64_t cycles);      /* calls, returns and markers that are due take effect */
void execute_answer_requests(machine_t *m);              /* what came asynchronously */
void execute_stack_moved(machine_t *m, bool may_switch); /* SP changed */

void execute_time(machine_t *m, code_slot_t *slot); /* SLOT has gone as m->outcome says: its cycles pass */
/* Times the pending instruction, which went to ADDRESS, and returns the slot there (NULL: the run ended). */
code_slot_t *execute_complete(machine_t *m, uint32_t address);
void execute_skip(machine_t *m, uint32_t address); /* ADDRESS is announced next */
void execute_note_transfer(machine_t *m, const code_slot_t *from, const code_slot_t *to);
void execute_jumped(machine_t *m, const code_slot_t *from, const code_slot_t *to);
fp64_operands_t execute_compare_doubles(machine_t *m, const insn_t *insn);

/* execute_blocks.c */
void execute_block(void *machine, uint32_t address, uint32_t bytes);
void blocks_point(machine_t *m, uint32_t address); /* the engine has stopped within a block */
/* Instruction number LAST of the block under way, or its last, becomes the pending one; the pipeline is as it stands.
 */
enum { BLOCK_END = BLOCK_INSNS_MAX };
void blocks_catch_up(machine_t *m, unsigned last);
unsigned blocks_index_of(const machine_t *m, uint32_t address); /* of the instruction there, or BLOCK_END */
/* With --fast: the number of the instruction under way that goes to ADDRESS, which nobody had foreseen. */
unsigned blocks_who_goes_to(machine_t *m, uint32_t address);

void blocks_attend(machine_t *m); /* core peripherals have changed */
void blocks_end(machine_t *m);    /* of the run: the pipeline is as it stands, and the books are complete */

/* blocks_access.c */
static inline bool blocks_reached(const blocks_t *bb, unsigned point) { return bb->executed >> point & 1u; }
static inline void blocks_add_to_key(uint64_t *key, uint64_t what) {
  const uint64_t odd = 0x9E3779B97F4A7C15u; /* 2^64 over the golden ratio: spreads what is near each other */
  *key = (*key ^ what) * odd;
  *key ^= *key >> 32;
}
/* What can be known at the entry of BLOCK. False: an access that must be taken by itself. */
bool blocks_find_accesses(machine_t *m, block_t *block);
bool blocks_find_at_point(machine_t *m, const block_t *block, const block_point_t *point);
void blocks_add_points(machine_t *m, const block_t *block);
void blocks_add_divides(machine_t *m, const block_t *block, const core_model_t *model, uint64_t *key);
/* Which loads meet one of the last stores that PIPELINE knows. */
void blocks_add_stores(machine_t *m, const block_t *block, pipeline_t *pipeline, uint64_t *key);
/* --fast: BLOCK was executed as bb->here says; and it went where no memory is. */
void blocks_learn(machine_t *m, block_t *block);
void blocks_surprise(machine_t *m);
void blocks_note_stores(machine_t *m, const block_t *block, pipeline_t *pipeline);
/* Would the chip's memory answer all fetches of BLOCK at once? */
bool blocks_fetch_rests(const pipeline_t *pipeline, const block_t *block, memo_node_t *node);
/* The way that one execution of a block goes in one timing context. */
typedef struct {
  pipeline_t *pipeline;
  memo_t *memo;
  memo_node_t *node;
  uint64_t key;
  uint32_t next;
} way_t;
/* Asks the chip's memory for the loads and stores, one by one, at the cycles that the node's variants know for them.
   NULL: none of them was answered so; GIVEN accesses have been made, and their answers are in memo_log(). */
memo_variant_t *blocks_ask_memory(machine_t *m, const block_t *block, const way_t *way, unsigned *given);
/* While stepping, nobody announces accesses: they follow from the registers. */
void blocks_announce_accesses(machine_t *m, code_slot_t *slot);
void blocks_discarded(void *machine, uint32_t address); /* an instruction runs that will be undone */
void blocks_remember_stores(machine_t *m, const block_t *block, unsigned insn); /* those behind instruction INSN */
void blocks_store_exclusive(machine_t *m);                                      /* the pending STREX has run */

/* blocks_settle.c */
bool blocks_build(machine_t *m);
void blocks_release(machine_t *m);
void blocks_follow_settings(machine_t *m); /* of the chip's memory: what was learned under others does not hold */
void blocks_settle(machine_t *m);          /* counts become cycles in the profile and the totals */
const profile_totals_t *blocks_totals(machine_t *m); /* at the instant of arrival */
void blocks_forget(machine_t *m);                    /* everything that was learned */

/* The variant that WAY is, its cycles not yet passed. NULL: to be timed anew; GIVEN answers are in memo_log(). */
memo_variant_t *blocks_find_variant(machine_t *m, const block_t *block, way_t *way, unsigned *given);
/* VARIANT's cycles pass: the pipeline stands for the state behind it. */
void blocks_pass(machine_t *m, const block_t *block, pipeline_t *pipeline, const memo_variant_t *variant);
/* What the pipeline wants to know of instruction I of the block under way; CURSOR goes with I from 0 on. */
typedef struct {
  unsigned access, point;
} cursor_t;
/* Where control went from the last instruction of a block. */
typedef struct {
  uint32_t next;
  bool taken;
  prediction_t prediction;
} jump_t;
outcome_t blocks_outcome_of(machine_t *m, unsigned i, cursor_t *cursor);

/* contexts.c: the same execution, timed for other cores too */
bool contexts_build(machine_t *m);
void contexts_free(machine_t *m);
void contexts_time(machine_t *m, const code_slot_t *slot); /* SLOT has gone as m->outcome says */
void contexts_pass(machine_t *m, block_t *block, uint64_t key, const jump_t *jump); /* and the block under way */
void contexts_collect(machine_t *m, results_t *r);

/* exceptions.c */
/* Something may be due at the instruction boundary before SLOT: false when it does not run now. */
bool attend(machine_t *m, const code_slot_t *slot);
/* Works out attention_at anew: after whatever changes what is pending, enabled or timed. */
void update_attention(machine_t *m, uint64_t now);
/* Takes exception NUMBER before the instruction at RETURN_ADDRESS, in an IT block: with IT_STATE. False: the run ended.
 */
bool take_exception(machine_t *m, unsigned number, uint32_t return_address, unsigned it_state);
/* NUMBER's handler is next: LR becomes EXC_RETURN; CHAINED: directly behind another handler. */
bool enter_handler(machine_t *m, unsigned number, uint32_t exc_return, bool chained);
bool return_from_exception(machine_t *m, uint32_t exc_return);
unsigned it_state_of(machine_t *m, const code_slot_t *slot);
exception_masks_t read_masks(machine_t *m);
/* `b .`: could an interrupt end it? */
bool may_be_interrupted(machine_t *m);
/* WFI or WFE is pending. False: nothing will ever end it. */
bool sleep_until_event(machine_t *m, bool wfe);

/* reset.c */
bool reset_build_scs(machine_t *m);                        /* core peripherals as after reset */
void reset_arrive(machine_t *m, uint32_t pc, uint32_t sp); /* registers and books as the reset handler is entered */
bool take_reset(machine_t *m);                             /* before the next instruction; false: the run ended */

/* faults.c */
/* A fault at the instruction PC; the frame returns to RETURN_ADDRESS in IT_STATE. The text says what and where. Address
   registers are set by the caller. False: the run ended (lock-up). */
typedef struct {
  uint32_t cfsr, pc, return_address;
  unsigned it_state;
  bool breakpoint;
  uint32_t exc_return; /* not 0: an exception return failed, its frame stays as it is */
} fault_t;
bool take_fault(machine_t *m, const fault_t *fault, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* A read or write of ADDRESS by the pending instruction that no memory answered. */
bool take_bus_fault(machine_t *m, uint32_t address, bool write, const char *message);
/* The access now being announced must not happen. */
void refuse_access(machine_t *m, uint32_t address, unsigned bytes, bool write, uint32_t cfsr, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
/* The same instruction goes on storing behind the access that was refused. */
void refuse_store(machine_t *m, uint32_t address, unsigned bytes);
bool take_refused(machine_t *m);
enum { ADDRESS_STIR = 0xE000EF00u };
void check_private_bus(machine_t *m, uint32_t address, unsigned bytes, bool write);
/* MPU, while it is on. What it allows holds for the 32 bytes around, until the mode or a region changes. */
void mpu_forget(machine_t *m);
void check_access(machine_t *m, uint32_t address, unsigned bytes, bool write);
bool check_fetch(machine_t *m, const code_slot_t *slot);
bool mpu_allows(machine_t *m, uint32_t address, mpu_access_t access);
void mpu_note_privilege(machine_t *m);            /* the instruction before may have changed it */
bool may_unstack(machine_t *m, uint32_t address); /* MPU */
bool may_stack(machine_t *m, uint32_t address);   /* MPU */
bool is_privileged(machine_t *m);
/* Stacking for exception NUMBER failed at FRAME: which one is taken instead, 0: the run ended. */
unsigned note_stacking_fault(machine_t *m, unsigned number, uint32_t frame);

/* traps.c */
trap_answer_t trap_taken(void *machine, trap_kind_t kind, uint32_t address);
/* First execution: priced, allowed on this core? False: a fault was taken, or the run ended. */
bool check_slot(machine_t *m, code_slot_t *slot);
bool slot_may_run(machine_t *m, code_slot_t *slot); /* the same without a fault */
void end_run(machine_t *m, run_end_t end);
void end_fault(machine_t *m, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "memcpy+0x12 (string.c:34)" for messages; static buffer. */
const char *describe_address(machine_t *m, uint32_t address);
void add_warning(machine_t *m, const char *code, uint32_t address, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* bit_band.c. False: ADDRESS is no bit-band alias. */
bool bit_band_build(machine_t *m);
void bit_band_check(machine_t *m, uint32_t address, unsigned bytes, bool write); /* is there anything behind it? */
bool bit_band_read(machine_t *m, uint32_t address, uint32_t *value);
bool bit_band_write(machine_t *m, uint32_t address, uint32_t value);

/* io.c: the chip's peripherals, as the machine sees them, and memory as they and the core's own accesses see it:
   frames, vectors, transfers. False: not all of it is memory (of the kind that can be written). */
bool memory_read(void *machine, uint32_t address, void *bytes, size_t count);
bool memory_write(void *machine, uint32_t address, const void *bytes, size_t count);
uint32_t io_read(void *machine, uint32_t address, unsigned bytes);
void io_write(void *machine, uint32_t address, unsigned bytes, uint32_t value);
void io_advance(machine_t *m, uint64_t now); /* what fell due until NOW */
bool io_build(machine_t *m);
bool io_set_clock_of_run(const machine_t *m); /* the firmware has set its core to the clock of the run */
void io_finish(machine_t *m);

/* chip.c: flash interface and caches, as firmware sets them */
bool chip_build(machine_t *m);
void chip_reset(machine_t *m);
void chip_io_written(machine_t *m, uint32_t address, unsigned bytes, uint32_t value);
void chip_ppb_written(machine_t *m, uint32_t address, uint32_t value);
void chip_finish(machine_t *m); /* warnings at the end of a run */
void chip_collect(const machine_t *m, results_t *r);
void chip_describe(const machine_t *m, char *text, size_t size); /* ", flash ..." behind the list of regions */

/* debug.c: a debugger watches every instruction and access */
bool debug_new(machine_t *m);
bool debug_insn(machine_t *m); /* before the pending instruction; false: it does not run, or not yet */
void debug_access(machine_t *m, uint32_t address, unsigned bytes, bool write);
void debug_fault(machine_t *m); /* gdb shows the first instruction of its handler, as with vector catch */
void debug_end(machine_t *m);   /* tells the debugger, and lets go of it */

/* trace.c */
void trace_step(machine_t *m, const code_slot_t *slot, const cost_t *cost, uint64_t issue);

/* fit.c */
/* False with one diag_error when the image wants memory that the chip does not have. Generic targets: true. */
bool fit_check(const machine_t *m);
/* What of each memory is in use; short_bytes when the stack ran into what lies below it. */
void collect_fit(machine_t *m, results_t *r);

/* collect.c */
results_t *collect_results(machine_t *m);

#endif
