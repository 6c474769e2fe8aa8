/* Blocks: straight runs of code as the engine executes them, with all that is known of them beforehand.

   A block is looked at once. Which addresses follow from the registers at its entry? Where must the engine stop for a
   moment because something is known only there (a point)? How does the stack pointer move? */
#ifndef CMSIM_MACHINE_BLOCKS_H
#define CMSIM_MACHINE_BLOCKS_H

#include "machine/code.h"
#include "machine/engine.h"
#include "timing/address.h"
#include "timing/dataflow.h"
#include "timing/memo.h"

enum { BLOCK_INSNS_MAX = 512, BLOCK_POINTS_MAX = 64, BLOCK_VALUES_MAX = 1024 };
enum { NO_ACCESS = 0xFFFF };

/* Values of a block are numbered: 0 is zero, then come R0 to R14 at its entry, then those that instructions compute or
   load. A sum is a value plus a constant. */
enum { VALUE_ZERO, VALUE_REGISTERS, VALUE_COMPUTED = VALUE_REGISTERS + REG_PC, VALUE_UNKNOWN = 0xFFFF };
typedef struct {
  uint16_t value;
  uint32_t offset;
} sum_t;

/* base + (index << shift) */
typedef struct {
  sum_t base, index;
  uint8_t shift;
} place_t;

/* How a value comes about that an address depends on. */
typedef struct {
  uint16_t value;
  uint16_t insn;
  bool loads; /* from `place`; else `form` of a, b and c */
  uint8_t bytes;
  bool sign;
  place_t place;
  flow_form_t form;
  sum_t a, b, c;
} block_value_t;

/* The first access of one instruction. */
typedef struct {
  place_t place;
  uint8_t align; /* address bits that must be clear, else it faults */
  uint8_t key;   /* low address bits on which the cycles depend */
  bool write;
  bool at_point;  /* known only when the instruction is reached */
  uint16_t bytes; /* of all its accesses */
  uint16_t insn;
} block_access_t;

/* Where one went. */
typedef struct {
  uint32_t address;
  const struct mapped_region *region; /* of the memory map; NULL: it has not been made yet */
} found_access_t;

typedef enum { POINT_MEMBER = 1, POINT_ADDRESS = 2, POINT_DIVIDE = 4, POINT_FP64 = 8 } block_point_kind_t;

/* An instruction that the engine announces. */
typedef struct {
  uint32_t address;
  uint16_t insn, access;
  uint8_t kinds;
} block_point_t;

/* The stack pointer behind instruction INSN: relative to that at entry, or at the end. */
typedef struct {
  uint16_t insn;
  bool from_end;
  int32_t offset;
} block_stack_t;

typedef struct block block_t;
struct block {
  run_t run; /* as the memo sees it */
  uint32_t address, end;
  uint32_t version;    /* of the code when it was last known to be as decoded */
  bool steps;          /* each instruction is to be announced: something happens between two of them */
  bool watches_points; /* the engine stops at them */
  uint32_t steps_taken;
  uint32_t most_cycles; /* that it can take, memory apart */
  bool replays;         /* timed anew each time: it holds region markers */
  bool ends_in_it;      /* its last instruction has a condition of an IT block */
  bool always_leaves;   /* its last instruction is a branch without a condition of its own */
  bool plain;           /* all that decides its cycles is known at its entry, but for where control goes */
  bool branches;        /* its last instruction may send control elsewhere */
  bool has_stores, loads_behind_stores, divides;
  engine_registers_t registers; /* read at entry */
  uint16_t access_count, point_count, stack_count, value_count;
  block_value_t *values; /* worked out at entry, in order */
  block_access_t *accesses;
  block_point_t *points;
  block_stack_t *stack;
  int32_t stack_change;          /* by the whole block, when no instruction sets SP by value */
  bool stack_by_value;           /* one does */
  int32_t lowest[2], highest[2]; /* of stack[], from entry and from the end */
  code_slot_t **slots;
  uint32_t *opcodes;
  /* With --fast. */
  unsigned looks;          /* executions whose accesses were looked at */
  found_access_t *learned; /* those of the last one, once it is the last; NULL: go on looking */
  uint64_t learned_key, learned_accesses_key;
  bool never_learns; /* it has met what is no memory */
  block_t *other;    /* the next one that begins with the same slot */
};

/* The block of BYTES at ADDRESS. NULL: some of it cannot be decoded here and now, so step. M7: the core. */
typedef struct {
  code_t *code;
  const uint32_t *version; /* code_version() */
  const core_model_t *model;
  uint32_t *values; /* BLOCK_VALUES_MAX of them, for the block under way */
  bool m7;
  bool (*check)(void *context, code_slot_t *slot);                   /* may it be executed at all? */
  bool (*literal)(void *context, uint32_t address, uint32_t *value); /* a word that cannot change */
  void *context;
} block_builder_t;
block_t *block_at(const block_builder_t *builder, uint32_t address, uint32_t bytes);
/* Still as decoded? The second looks at each instruction. */
bool block_is_unchanged(const block_builder_t *builder, block_t *block);
static inline bool block_is_current(const block_builder_t *builder, block_t *block) {
  return block->version == *builder->version || block_is_unchanged(builder, block);
}
void block_free(block_t *block);

#endif
