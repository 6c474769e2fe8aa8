/* Timing of one core: a pure function from (core model, entry state, instruction, outcome) to (charges, exit state).

   pipeline_step() is the only function in cmsim that moves the clock. It never looks at the emulator: the same code
   runs from a text file of instructions, from an ELF, or twice in one run for two cores. A pipeline_t is plain data:
   copying it saves the state, and stepping the copy answers "what if".

   Cycles are core clock cycles. Every cycle that passes is in exactly one charge. */
#ifndef CMSIM_TIMING_PIPELINE_H
#define CMSIM_TIMING_PIPELINE_H

#include "timing/cost_model.h"
#include "timing/insn.h"
#include "timing/memory.h"

#include <stdbool.h>
#include <stdint.h>

/* outcome_t.slave of memory behind the code buses (flash), and of the private peripheral bus. */
enum { SLAVE_CODE = 0, SLAVE_PRIVATE = 0xFF };

/* How the operands of a double precision operation compare: see fp64.c. */
typedef enum {
  FP64_DIFFERENT, /* exponents differ (MAC: those of product and accumulator); also: not known */
  FP64_SAME,
  FP64_SUBNORMAL,
  FP64_ZERO,
  FP64_SUBNORMAL_SUM, /* MAC: a factor and the accumulator are subnormal */
  FP64_OPERANDS_COUNT
} fp64_operands_t;

/* What happens beside an instruction, seldom: bits of outcome_t.events. */
enum {
  EVENT_ENTRY = 1,   /* the first of an exception handler: state was stacked before it */
  EVENT_FP_SAVE = 2, /* FP state is saved before it: with that frame, or late, at the handler's first FP instruction */
  EVENT_RETURN = 4,  /* an exception return that unstacks */
  EVENT_CHAIN = 8,   /* an exception return into the next handler, without unstacking */
  EVENT_FP_RESTORE = 32, /* that return unstacks FP state */
  EVENT_SLEEP = 16       /* WFI, WFE or a return to sleep: `slept` cycles follow it */
};

/* What the branch predictor has said already; else pipeline_step() asks it. */
typedef enum { PREDICTION_OPEN, PREDICTION_RIGHT, PREDICTION_WRONG } prediction_t;

/* What only execution knows about one executed instruction. */
typedef struct {
  bool skipped;             /* its IT condition failed */
  bool taken;               /* control left the sequential flow */
  bool has_address;         /* a memory access was seen: `address` is that of the first */
                            /* memory's answer to that access */
  uint8_t first_wait;       /* wait cycles when it does not stream behind another access */
  uint8_t after_write_wait; /* further wait cycles of a read directly behind a write */
  uint8_t slave;            /* who answered: one of the two above or a number of its own */
  uint8_t memory_grade;     /* grade_t of the waits */
  uint8_t fp64_operands;    /* fp64_operands_t, where fp64_has_operands() */
  uint8_t prediction;       /* prediction_t */
  uint32_t address;
  uint32_t next; /* address of the instruction executed after it */
  uint32_t dividend, divisor;
  uint8_t events;
  uint8_t stack_wait; /* wait cycles that stacking or unstacking adds */
  uint32_t slept;
} outcome_t;

/* CYCLES owned by this instruction, or by the one before it when `previous`. */
typedef struct {
  uint32_t cycles;
  uint8_t cause; /* cause_t */
  uint8_t grade; /* grade_t of the number charged */
  bool previous;
  bool unused; /* eight bytes in all: written at once */
} charge_t;

enum { CHARGES_MAX = 12 };

typedef struct {
  charge_t charges[CHARGES_MAX];
  uint32_t cycles; /* sum of all charges */
  uint8_t count;
  uint8_t before; /* the first BEFORE charges pass before this instruction issues */
  bool paired;    /* issued together with the instruction before it */
  bool predicted; /* a branch whose direction or target was predicted */
  bool mispredicted;
} cost_t;

/* ---- Cortex-M4 ---- */
enum { NO_BASE = 0xFF }; /* no register was written back */

/* What the previous instruction's memory access means for the next one; 8 bytes, replaced as a whole. */
typedef struct {
  bool chainable;           /* rule load_chain governs that load */
  bool load_open;           /* a single load whose data cycle is not paid yet */
  bool store_open;          /* an immediate-offset single store */
  bool nop_free;            /* a NOP now costs nothing */
  bool was_write;           /* that access was a store */
  bool was_memory;          /* any access: the next one streams behind it */
  uint8_t load_base;        /* base register that the load wrote back, or NO_BASE */
  uint8_t store_base;       /* base register that the store wrote back, or NO_BASE */
  uint8_t store_misaligned; /* bus cycles of a misaligned store that only a memory access waits for */
  uint8_t load_waited;      /* cycles that load has waited itself, while fetch went on */
  uint8_t store_wait;       /* wait cycles of its first write, likewise */
  uint8_t slave;            /* who answered */
  uint8_t memory_grade;
} m4_access_t;

typedef struct {
  uint64_t results;     /* registers the previous data-processing instruction wrote */
  uint64_t load_writes; /* destination of the load, while its data cycle is open */
  m4_access_t access;
  uint8_t fetched;          /* halfwords in the fetch queue when the last instruction issued, without its own */
  uint8_t fetch_slots_lost; /* fetches that the last instruction took away */
  bool fetching; /* with a memory: a fetch is on the bus, complete at fetch_free; else the next may begin then */
  uint64_t fetch_free;
  uint8_t unaligned_run; /* unaligned 32-bit opcodes in a row (rule unaligned_run) */
  bool queue_full;       /* only 16-bit opcodes since the last taken branch or multi-cycle instruction */
  uint64_t fetched_at;   /* cycle at which the last instruction issued */
  bool was_taken;        /* previous instruction was a taken branch */
  bool was_narrow;       /* previous instruction had 16 bits */
  uint8_t fp_cls;        /* class of the last FP arithmetic instruction */
  uint8_t long_cls;      /* class of the last divide or square root */
  uint64_t fp_writes, long_writes;
  uint64_t fp_issue, long_issue; /* cycle at which they issued */
} m4_state_t;

/* ---- Cortex-M7 ---- */
enum { NO_LINE = 1 }; /* not aligned: fetches nothing */
enum { FETCH_QUEUE_MAX = 8 };
enum { PREDICTOR_MAX = 256, RETURN_STACK_MAX = 16, STORE_QUEUE = STORE_QUEUE_DEPTH_MAX, STORE_BANKS = 2 };

/* Branch target address cache with two-bit counters, and a return stack. Organisation assumed: see cost_models. */
typedef struct {
  uint32_t tag[PREDICTOR_MAX];
  uint32_t target[PREDICTOR_MAX];
  uint8_t counter[PREDICTOR_MAX];
  uint32_t returns[RETURN_STACK_MAX];
  uint8_t top, depth;
} predictor_t;

/* Recent stores: which words, and when the memory has taken them. */
typedef struct {
  uint64_t last;              /* issue cycle + 1 of the last store */
  uint64_t time[STORE_QUEUE]; /* issue cycle + 1 of the store of word[], 0: none */
  uint32_t word[STORE_QUEUE]; /* address / 4 */
  uint64_t drained[STORE_QUEUE];
  uint64_t bank_free[STORE_BANKS];
  uint64_t slow_until; /* no narrow or unaligned store is on its way from this cycle on */
  uint8_t next, drained_next;
} store_queue_t;

typedef struct {
  uint64_t issued[REG_COUNT]; /* cycle at which the last writer of a register issued */
  uint8_t writer[REG_COUNT];  /* its class or another producer of cost_model.h */
  uint64_t predicated;        /* registers whose last writer had a condition, that in condition[] */
  uint8_t condition[REG_COUNT];
  uint64_t older_time;    /* issue cycle of the instruction in the older slot */
  uint8_t older_cls;      /* insn_class_t of the instruction there */
  uint32_t older_address; /* its memory access */
  bool older_has_address;
  bool older_unaligned;
  bool older_early;  /* its shift or add used the first execute stage */
  bool slot_open;    /* the younger slot of the current pair is free */
  uint64_t mac_time; /* issue cycle + 1 of the last single precision MAC, 0: none */
  uint8_t mac_cls;
  bool mac_in_run;     /* that MAC issued in the shadow of another */
  uint64_t mac64_end;  /* cycle in which the last double precision MAC has left the FPU, 0: none */
  uint64_t fetch_from; /* cycle of the next fetch */
  uint32_t fetch_line; /* aligned address of the fetch that the last instruction ended in, or NO_LINE */
  uint8_t fetched;     /* fetches in the queue behind that one */
  uint8_t entry;       /* place of the next fetch in entry_left[] */
  uint64_t entry_left[FETCH_QUEUE_MAX]; /* with a memory: cycles at which the last fetches left the queue */
  uint64_t fetch_done;                  /* and the one at which the last fetch was complete */
  store_queue_t stores;
  predictor_t predictor;
} m7_state_t;

/* With a memory: cycles at which fetches left the queue, one after the other. */
enum { FETCH_LOG_MAX = 512 };
typedef struct {
  unsigned count; /* above FETCH_LOG_MAX: not all are there */
  uint64_t left[FETCH_LOG_MAX];
} fetch_log_t;

typedef struct {
  const core_model_t *model;
  fetch_log_t *fetches; /* a Cortex-M7 puts its fetches there; NULL: nobody wants to know */
  memory_t *memory;     /* NULL: what outcome_t says is all; else flash and caches are asked. Not owned */
  uint64_t now;         /* cycles charged so far; the next instruction issues here unless something holds it */
  union {
    m4_state_t m4;
    m7_state_t m7;
  } state;
} pipeline_t;

void pipeline_reset(pipeline_t *pipeline, const core_model_t *model, memory_t *memory);

/* Steps one executed (or skipped) instruction. COST is overwritten. */
void pipeline_step(pipeline_t *pipeline, const insn_t *insn, const outcome_t *outcome, cost_t *cost);

/* Charges what the last instruction still owes when nothing follows it. */
void pipeline_drain(pipeline_t *pipeline, cost_t *cost);

/* The cycle at which INSN would issue now: what a CYCCNT read by INSN returns. Does not change the pipeline. */
uint64_t pipeline_issue_cycle(const pipeline_t *pipeline, const insn_t *insn, const outcome_t *outcome);

/* For pipeline_*.c. */
static inline void charge(cost_t *cost, cause_t cause, grade_t grade, unsigned cycles) {
  if (cycles == 0) return;
  cost->cycles += cycles;
  cost->charges[cost->count++] = (charge_t){cycles, (uint8_t)cause, (uint8_t)grade, false, false};
}
static inline void charge_previous(cost_t *cost, cause_t cause, grade_t grade, unsigned cycles) {
  if (cycles == 0) return;
  cost->cycles += cycles;
  cost->charges[cost->count++] = (charge_t){cycles, (uint8_t)cause, (uint8_t)grade, true, false};
}
/* Cycles of a register list: ceil(registers / beat); a division only where there is something to divide. */
static inline unsigned list_beats(const cost_row_t *row, const insn_t *insn) {
  if (row->beat <= 1) return row->beat ? insn->transfers : 0;
  return (insn->transfers + row->beat - 1u) / row->beat;
}
unsigned divide_cycles(const core_model_t *model, const insn_t *insn, const outcome_t *outcome, grade_t *grade);

void m4_reset(pipeline_t *pipeline);
void m4_step(pipeline_t *pipeline, const insn_t *insn, const outcome_t *outcome, cost_t *cost);
void m4_drain(pipeline_t *pipeline, cost_t *cost);
void m7_reset(pipeline_t *pipeline);
void m7_step(pipeline_t *pipeline, const insn_t *insn, const outcome_t *outcome, cost_t *cost);
/* Fetches at rest that m7_step() has not seen; LEFT counts from the clock. */
void m7_note_fetches(pipeline_t *pipeline, const int32_t *left, unsigned count);
void m7_note_refill(pipeline_t *pipeline); /* a misprediction has emptied the queue, and its penalty has passed */
prediction_t m7_predict(pipeline_t *pipeline, const insn_t *insn, bool taken, uint32_t next);

/* fp64.c. Does the cost of INSN depend on the values of its operands? And how do A, B (factors of a MAC) and the
   ACCUMULATOR, as bits, compare? */
static inline bool fp64_has_operands(const insn_t *insn) { /* add, multiply, the MACs, divide */
  return insn->cls >= CLASS_FP64_ADD && insn->cls <= CLASS_FP64_DIV;
}
bool fp64_is_mac(unsigned cls);
fp64_operands_t fp64_compare(const insn_t *insn, uint64_t a, uint64_t b, uint64_t accumulator);
/* Cycles it holds issue at CYCLE; GRADE is made worse where a number is known less well. */
__attribute__((cold)) unsigned fp64_cycles(const pipeline_t *pipeline, const insn_t *insn, const outcome_t *outcome,
                                           uint64_t cycle, grade_t *grade);

/* store_queue.c. Only what was stored, not when. */
void store_queue_note(store_queue_t *queue, uint32_t address, unsigned words);
unsigned store_queue_meets(const store_queue_t *queue, uint32_t address, unsigned words);
/* The cycle at which a load of WORDS from ADDRESS on finds what was stored there WAIT cycles before; 0:
   no such store. */
uint64_t store_queue_delivered(const store_queue_t *queue, uint32_t address, unsigned words, unsigned wait);
/* The first cycle from CYCLE on at which a store finds room in a queue of DEPTH (1 to STORE_QUEUE). */
uint64_t store_queue_room(const store_queue_t *queue, unsigned depth, uint64_t cycle);
/* A store of WORDS accesses of BYTES each issued at CYCLE; a narrow or unaligned one holds its banks for SLOW_HOLD. */
void store_queue_enter(store_queue_t *queue, uint32_t address, unsigned bytes, unsigned words, unsigned slow_hold,
                       uint64_t cycle);

/* Asks the branch predictor of PIPELINE about a branch that was TAKEN or not and went to NEXT, and lets it learn.
   PREDICTION_OPEN: it has none, or INSN is no branch. */
prediction_t pipeline_predict(pipeline_t *pipeline, const insn_t *insn, bool taken, uint32_t next);
/* A store of WORDS from ADDRESS on that pipeline_step() has not seen: the Cortex-M7 remembers the last ones. */
void pipeline_note_store(pipeline_t *pipeline, uint32_t address, unsigned words);
/* Which of the last stored words, newest first, a load of WORDS from ADDRESS on meets: a bit each. */
unsigned pipeline_meets_stores(const pipeline_t *pipeline, uint32_t address, unsigned words);

/* predictor.c. True when the branch was predicted right; learns from it. ENTRIES and RETURNS from the cost model. */
bool predictor_resolve(predictor_t *predictor, unsigned entries, unsigned returns, const insn_t *insn, bool taken,
                       uint32_t next);

#endif
