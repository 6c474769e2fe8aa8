/* Thumb-2 code, one instruction after the other, and what is known of the registers while it is written. Encodings are
   those of the Armv7-M manual, chapter A7.

   A register is data, or a pointer whose place in a window of memory lies between two known offsets: accesses are only
   made through pointers, so that no program faults by itself. */
#ifndef CMSIM_TESTS_RANDOM_EMIT_H
#define CMSIM_TESTS_RANDOM_EMIT_H

#include "program.h"

/* Memory that accesses may go to: MARGIN bytes are kept on both sides of every pointer, for multiple transfers. */
typedef enum {
  WINDOW_NONE,
  WINDOW_MAIN,
  WINDOW_SECOND,
  WINDOW_CONSTANTS, /* in flash */
  WINDOW_CHAIN,     /* nodes that point to each other and into the windows above; never written */
  WINDOWS,
  WINDOW_INDEX = WINDOWS /* no pointer: a number between low and high */
} window_id_t;
enum { MARGIN = 128, CHAIN_NODES = 32, CHAIN_NODE_BYTES = 16 };

typedef struct {
  uint32_t base, bytes;
} window_t;

typedef struct {
  uint8_t window; /* window_id_t */
  uint8_t align;  /* 1, 2, 4 or 8: the offset is a multiple of it */
  int32_t low, high;
} pointer_t;

/* A function that may be called. */
typedef struct {
  uint32_t address;
  uint64_t cost;    /* instructions of one call, at most */
  bool pure;        /* needs neither privilege nor Thread mode: may be called from anywhere */
  bool takes_depth; /* r0: how deep it may call itself, at most DEPTH_MAX */
  bool in_ram;
} callee_t;

enum { DEPTH_MAX = 6, PATCHES_MAX = 24, MARKERS_MAX = 128, MAPPINGS_MAX = 1024, LITERALS_MAX = 64 };

/* An instruction in RAM that is replaced between calls. */
typedef struct {
  uint32_t address;
  uint32_t opcodes[3]; /* as a word in memory when wide */
  bool wide, second;   /* second: only that halfword of a wide one */
} patch_t;

typedef struct {
  uint32_t address, kind, name;
} marker_note_t;

typedef struct {
  uint32_t address;
  bool data;
} mapping_note_t;

/* What the program knows of itself while it is written. */
typedef struct {
  layout_t layout;
  uint32_t features;
  window_t windows[WINDOWS];
  uint32_t variables, process_stack, code_ram;    /* addresses; of functions in RAM */
  uint32_t forbidden;                             /* 64 bytes that the MPU lets nobody have */
  uint32_t stored_chain, stored_code, code_bytes; /* in flash */
  callee_t callees[PROGRAM_FUNCTIONS_MAX];
  char names[PROGRAM_FUNCTIONS_MAX][PROGRAM_NAME_BYTES];
  uint32_t ends[PROGRAM_FUNCTIONS_MAX];
  unsigned function_count, callable; /* the first so many are called; handlers and the like come behind */
  patch_t patches[PATCHES_MAX];
  unsigned patch_count;
  marker_note_t markers[MARKERS_MAX];
  unsigned marker_count, marker_names;
  mapping_note_t mappings[MAPPINGS_MAX];
  unsigned mapping_count;
  uint8_t weights[64]; /* of pieces */
} plan_t;

/* Words of plan_t.variables. */
typedef enum {
  VARIABLE_TICKS_LEFT, /* interrupts that SysTick may still cause */
  VARIABLE_TIMER_LEFT, /* those of the chip's timer */
  VARIABLE_SEED,
  VARIABLE_MIX,
  VARIABLE_RELOAD,
  VARIABLE_FAULTS,
  VARIABLE_PARAMETERS, /* two words for semihosting */
  VARIABLE_TEXT = VARIABLE_PARAMETERS + 2,
  VARIABLE_VISITS = VARIABLE_TEXT + 8, /* sixteen counters */
  VARIABLE_COUNT = VARIABLE_VISITS + 16
} variable_t;

typedef struct {
  uint32_t at; /* halfword */
  uint32_t value, second;
  bool two_words;
} literal_t;

typedef struct {
  random_t *random;
  plan_t *plan;
  uint16_t *code;
  uint32_t count, limit, base; /* halfwords; address of the first */
  literal_t literals[LITERALS_MAX];
  unsigned literal_count;
  /* the function that is being written */
  uint32_t writable, reserved; /* registers it may write; those of them that hold a loop's counter or pointer */
  pointer_t pointers[16];
  uint64_t multiplier, cost, budget;
  uint32_t frame_bytes;  /* words at SP that are its own */
  unsigned depth;        /* of nested blocks */
  bool handler, bounded; /* bounded: it runs so many times at most */
  bool masked, unprivileged, pure, in_ram, no_calls, no_literals, conditional, data_marked, counts_in_frame;
} emitter_t;

bool has(const emitter_t *e, feature_t feature);

/* ---- choice ---- */
uint32_t below(emitter_t *e, uint32_t limit);
bool chance(emitter_t *e, unsigned percent);
uint32_t bits(emitter_t *e, unsigned count);
/* One expression draws once, since C leaves the order open: several fields come out of one word. */
uint32_t draw(emitter_t *e);
static inline uint32_t part(uint32_t of, unsigned low, unsigned count) { return of >> low & ((1u << count) - 1); }
/* A register of MASK (not 0). */
unsigned pick(emitter_t *e, uint32_t mask);
uint32_t free_registers(const emitter_t *e);
unsigned source(emitter_t *e); /* any of R0 to R12 */
/* A register to be written with data; what it pointed to is forgotten. */
unsigned result(emitter_t *e);
unsigned low_result(emitter_t *e); /* of R0 to R7; 16: none is free */
void becomes_data(emitter_t *e, unsigned reg);
/* Control comes from elsewhere: only reserved registers are what they were. */
void forget_all(emitter_t *e);
void forget_scratch(emitter_t *e); /* behind a call */
uint32_t interesting_word(emitter_t *e);

/* ---- code ---- */
uint32_t here(const emitter_t *e);
void emit(emitter_t *e, uint32_t halfword);
void emit_wide(emitter_t *e, uint32_t first, uint32_t second);
void emit_data(emitter_t *e, uint32_t halfword);                   /* no instruction */
void emit_move_halves(emitter_t *e, unsigned reg, uint32_t value); /* MOVW, MOVT */
void emit_literal(emitter_t *e, unsigned reg, uint32_t value);     /* LDR from the literal pool */
void emit_constant(emitter_t *e, unsigned reg, uint32_t value);    /* any way */
void emit_fp_literal(emitter_t *e, unsigned reg, uint32_t low, uint32_t high, bool wide);
void emit_store_constant(emitter_t *e, uint32_t address, uint32_t value); /* by two free registers */
/* The accumulator takes REG in. */
void emit_mix(emitter_t *e, unsigned reg);
enum { ACCUMULATOR = 11, SP = 13, LR = 14, PC = 15, ALWAYS = 14 };

/* Writes the literals out, when the first may soon be out of reach or at once; JUMP: control may come here. */
void flush_literals(emitter_t *e, bool jump);
void keep_literals_near(emitter_t *e);

/* Branches whose target comes later: emit with offset 0, remember `e->count`, and patch when it is there. */
uint32_t emit_branch(emitter_t *e, unsigned condition, bool wide); /* returns what to patch */
void patch_here(emitter_t *e, uint32_t at);
void emit_branch_back(emitter_t *e, unsigned condition, uint32_t target);
void emit_call(emitter_t *e, uint32_t target);      /* BL */
void emit_tail_jump(emitter_t *e, uint32_t target); /* B.W */

#endif
