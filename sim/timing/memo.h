/* The memo: what a run of instructions cost when it was entered in this state and went this way.

   An in-order pipeline has few distinct states at the edges of blocks. A node is (run, state of the pipeline at its
   entry); its variants are the ways it has gone: what only execution knows, packed into a key, and where control went.
   A variant holds the charges and the state at the exit, so that a hot loop is a look-up and an increment; the charges
   are multiplied out when somebody asks. The same charges as the plain way, to the last one: pipeline_step() makes
   them.

   States are relative to the clock, and what can no longer matter is left out (pipeline_state.c). */
#ifndef CMSIM_TIMING_MEMO_H
#define CMSIM_TIMING_MEMO_H

#include "timing/pipeline.h"

#include <stddef.h>

/* A straight run of instructions. Outlives the memo's use of it. */
typedef struct {
  const insn_t **insns;
  unsigned count;
} run_t;

enum { CHARGE_OWNER_BEFORE = 0xFFFF }; /* owned by the last instruction before the run */

typedef struct {
  uint32_t cycles;
  uint16_t insn; /* index in the run, or CHARGE_OWNER_BEFORE */
  uint8_t cause, grade;
} memo_charge_t;

/* One load or store: when it was made, from the clock at entry, and what memory answered. */
typedef struct {
  int32_t cycle;
  answer_t answer;
} memo_answer_t;

enum { MEMO_VARIANTS_MAX = 64 };

typedef struct memo_node memo_node_t;
typedef struct memo_variant memo_variant_t;
struct memo_variant {
  uint64_t key;
  uint32_t next;           /* address executed behind the run */
  uint32_t cycles;         /* sum of all charges */
  uint64_t count;          /* executions not yet multiplied out */
  memo_node_t *to;         /* where it led last: the run at `next` in the state it leaves, NULL: not looked up yet */
  memo_variant_t *other;   /* of the same node */
  memo_variant_t *pending; /* the next one with a count */
  memo_node_t *from;
  const struct memo_state *exit;
  uint32_t before_cycles; /* that pass before the first instruction issues */
  bool quiet;             /* the caller's: nothing else comes of going this way */
  uint16_t before_charges;
  uint16_t pairs, predicted, mispredicted;
  uint16_t charge_count;
  /* With a memory, fetches being at rest. */
  uint16_t read_count, fetch_count, answer_count;
  const uint32_t *reads;        /* Cortex-M4: where fetches went (flash_log_t) */
  const int32_t *fetches;       /* Cortex-M7: when they left the queue (fetch_log_t), from the clock at entry */
  const memo_answer_t *answers; /* to loads and stores */
  memo_charge_t charges[];
};

struct memo_node {
  const run_t *run;
  const void *owner; /* the instruction before, when it may still be charged; else NULL */
  const struct memo_state *state;
  memo_variant_t *variants; /* last used first */
  unsigned variant_count;   /* at most MEMO_VARIANTS_MAX: the list is searched from its begin */
  bool stores_matter;       /* loads that meet one of the last stores wait */
  uint64_t fetch_version;   /* memory_fetch_version() at which its fetches were found at rest, 0: never */
};

typedef struct memo memo_t;

/* MEMO moves PIPELINE, whose clock, branch predictor and list of stored words are always current. NULL: no memory. */
memo_t *memo_new(pipeline_t *pipeline);
void memo_free(memo_t *memo);

/* The node of RUN in the state that the pipeline is in; OWNER is the instruction before. NULL: that state is not kept.
 */
memo_node_t *memo_enter(memo_t *memo, const run_t *run, const void *owner);
/* The same behind VARIANT, without a look at the pipeline. */
memo_node_t *memo_follow(memo_t *memo, const memo_variant_t *variant, const run_t *run, const void *owner);

/* Puts the pipeline into the state behind VARIANT, at the clock as it stands. */
void memo_restore(memo_t *memo, const memo_variant_t *variant);

/* Records an execution of NODE: begin (the first GIVEN of memo_log() are there already), each instruction's cost as
   pipeline_step() has given it, end. The variant has a count of 0: what was recorded has been charged already. NULL:
   not kept. */
void memo_record_begin(memo_t *memo, unsigned given);
void memo_record(memo_t *memo, unsigned insn, const cost_t *cost);
memo_variant_t *memo_record_end(memo_t *memo, memo_node_t *node, uint64_t key, uint32_t next);
/* With a memory: loads and stores of the execution being recorded. */
memory_log_t *memo_log(memo_t *memo);

/* VARIANT of NODE is the one used last. */
static inline void memo_to_front(memo_node_t *node, memo_variant_t *variant) {
  memo_variant_t **link = &node->variants;
  while (*link != variant)
    link = &(*link)->other;
  *link = variant->other;
  variant->other = node->variants;
  node->variants = variant;
}

static inline memo_variant_t *memo_find(memo_node_t *node, uint64_t key, uint32_t next) {
  memo_variant_t *variant = node->variants;
  while (variant && (variant->key != key || variant->next != next))
    variant = variant->other;
  if (variant && variant != node->variants) memo_to_front(node, variant);
  return variant;
}

/* One more execution of VARIANT. PENDING is the head of a list that the caller keeps. */
static inline void memo_count(memo_variant_t **pending, memo_variant_t *variant) {
  if (variant->count++ != 0) return;
  variant->pending = *pending;
  *pending = variant;
}

/* Full: more than a bound on host memory is used; flush, then forget. */
bool memo_is_full(const memo_t *memo);
void memo_forget(memo_t *memo); /* all nodes, states and variants; counts must have been taken */

#endif
