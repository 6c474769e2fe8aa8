#include "timing/memo.h"

#include "timing/pipeline_state.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

enum { CHUNK_BYTES = 1 << 20, MEMO_BYTES_MAX = 64 << 20 };

typedef struct chunk chunk_t;
struct chunk {
  chunk_t *before;
  size_t used;
  uint64_t bytes[CHUNK_BYTES / sizeof(uint64_t)];
};

struct memo_state {
  UT_hash_handle hh;
  bool owes, has_stores;
  size_t size;
  uint8_t bytes[];
};

typedef struct {
  const run_t *run;
  const void *owner;
  const struct memo_state *state;
} node_key_t;

typedef struct {
  memo_node_t node;
  node_key_t key;
  UT_hash_handle hh;
} node_entry_t;

enum { RECORDED_MAX = 0xF000 };

struct memo {
  pipeline_t *pipeline;
  chunk_t *chunks;
  size_t bytes;
  struct memo_state *states;
  node_entry_t *nodes;
  /* of the execution being recorded */
  memo_charge_t *recorded;
  size_t recorded_count, recorded_room;
  bool lost; /* it did not fit */
  memo_variant_t sums;
  uint64_t start; /* the clock at its begin */
  flash_log_t reads;
  fetch_log_t fetches;
  memory_log_t accesses;
};

memo_t *memo_new(pipeline_t *pipeline) {
  memo_t *memo = calloc(1, sizeof *memo);
  if (memo) memo->pipeline = pipeline;
  return memo;
}

void memo_forget(memo_t *memo) {
  HASH_CLEAR(hh, memo->states);
  HASH_CLEAR(hh, memo->nodes);
  for (chunk_t *chunk = memo->chunks, *before; chunk; chunk = before) {
    before = chunk->before;
    free(chunk);
  }
  memo->chunks = NULL;
  memo->bytes = 0;
}

void memo_free(memo_t *memo) {
  if (!memo) return;
  memo_forget(memo);
  free(memo->recorded);
  free(memo);
}

bool memo_is_full(const memo_t *memo) { return memo->bytes >= MEMO_BYTES_MAX; }

/* Zeroed, freed with everything else by memo_forget(). */
static void *take(memo_t *memo, size_t bytes) {
  bytes = (bytes + sizeof(uint64_t) - 1) & ~(sizeof(uint64_t) - 1);
  if (bytes > CHUNK_BYTES) return NULL;
  if (!memo->chunks || memo->chunks->used + bytes > CHUNK_BYTES) {
    chunk_t *chunk = malloc(sizeof *chunk);
    if (!chunk) return NULL;
    chunk->before = memo->chunks;
    chunk->used = 0;
    memo->chunks = chunk;
    memo->bytes += sizeof *chunk;
  }
  void *place = (uint8_t *)memo->chunks->bytes + memo->chunks->used;
  memo->chunks->used += bytes;
  memset(place, 0, bytes);
  return place;
}

/* The state that the pipeline is in before the instruction at NEXT. */
static const struct memo_state *state_now(memo_t *memo, uint32_t next) {
  uint8_t bytes[PIPELINE_STATE_BYTES];
  size_t size = pipeline_pack(memo->pipeline, next, bytes);
  if (!size) return NULL;
  struct memo_state *state = NULL;
  HASH_FIND(hh, memo->states, bytes, size, state);
  if (state) return state;
  state = take(memo, sizeof *state + size);
  if (!state) return NULL;
  state->size = size;
  memcpy(state->bytes, bytes, size);
  state->owes = pipeline_state_owes(memo->pipeline, bytes);
  state->has_stores = pipeline_state_has_stores(memo->pipeline, bytes);
  HASH_ADD_KEYPTR(hh, memo->states, state->bytes, size, state);
  return state;
}

static memo_node_t *node_of(memo_t *memo, const run_t *run, const void *owner, const struct memo_state *state) {
  node_key_t key = {run, state->owes ? owner : NULL, state};
  node_entry_t *entry = NULL;
  HASH_FIND(hh, memo->nodes, &key, sizeof key, entry);
  if (entry) return &entry->node;
  entry = take(memo, sizeof *entry);
  if (!entry) return NULL;
  entry->key = key;
  entry->node = (memo_node_t){.run = run, .owner = key.owner, .state = state, .stores_matter = state->has_stores};
  HASH_ADD(hh, memo->nodes, key, sizeof key, entry);
  return &entry->node;
}

memo_node_t *memo_enter(memo_t *memo, const run_t *run, const void *owner) {
  const struct memo_state *state = state_now(memo, run->insns[0]->address);
  return state ? node_of(memo, run, owner, state) : NULL;
}

memo_node_t *memo_follow(memo_t *memo, const memo_variant_t *variant, const run_t *run, const void *owner) {
  return node_of(memo, run, owner, variant->exit);
}

void memo_restore(memo_t *memo, const memo_variant_t *variant) {
  pipeline_unpack(memo->pipeline, variant->next, variant->exit->bytes);
}

void memo_record_begin(memo_t *memo, unsigned given) {
  pipeline_t *pipeline = memo->pipeline;
  memo->recorded_count = 0;
  memo->lost = false;
  memo->start = pipeline->now;
  memo->sums = (memo_variant_t){0};
  memo->reads.count = memo->fetches.count = memo->accesses.next = 0;
  memo->accesses.given = given;
  if (!pipeline->memory) return;
  pipeline->fetches = &memo->fetches;
  pipeline->memory->flash.log = &memo->reads;
  pipeline->memory->log = &memo->accesses;
}

static bool make_room(memo_t *memo) {
  if (memo->recorded_count < memo->recorded_room) return true;
  size_t room = memo->recorded_room ? 2 * memo->recorded_room : 64;
  memo_charge_t *grown = room <= RECORDED_MAX ? realloc(memo->recorded, room * sizeof *grown) : NULL;
  if (!grown) return false;
  memo->recorded = grown;
  memo->recorded_room = room;
  return true;
}

void memo_record(memo_t *memo, unsigned insn, const cost_t *cost) {
  memo_variant_t *sums = &memo->sums;
  for (unsigned i = 0; i < cost->count; i++) {
    const charge_t *from = &cost->charges[i];
    if (!make_room(memo)) {
      memo->lost = true;
      return;
    }
    unsigned owner = !from->previous ? insn : insn ? insn - 1 : (unsigned)CHARGE_OWNER_BEFORE;
    memo->recorded[memo->recorded_count++] = (memo_charge_t){from->cycles, (uint16_t)owner, from->cause, from->grade};
    if (insn == 0 && i < cost->before) {
      sums->before_cycles += from->cycles;
      sums->before_charges++;
    }
  }
  sums->cycles += cost->cycles;
  sums->pairs = (uint16_t)(sums->pairs + cost->paired);
  sums->predicted = (uint16_t)(sums->predicted + cost->predicted);
  sums->mispredicted = (uint16_t)(sums->mispredicted + cost->mispredicted);
}

/* What memory was asked, into VARIANT. False: too much, or no room. */
static bool keep_logs(memo_t *memo, memo_variant_t *variant) {
  unsigned reads = memo->reads.count, fetches = memo->fetches.count, answers = memo->accesses.next;
  if (reads == FLASH_LOG_MAX || fetches > FETCH_LOG_MAX || answers > MEMORY_LOG_MAX) return false;
  uint32_t *kept_reads = reads ? take(memo, reads * sizeof *kept_reads) : NULL;
  int32_t *kept_fetches = fetches ? take(memo, fetches * sizeof *kept_fetches) : NULL;
  memo_answer_t *kept_answers = answers ? take(memo, answers * sizeof *kept_answers) : NULL;
  if ((reads && !kept_reads) || (fetches && !kept_fetches) || (answers && !kept_answers)) return false;
  for (unsigned i = 0; i < reads; i++)
    kept_reads[i] = memo->reads.reads[i];
  for (unsigned i = 0; i < fetches; i++)
    kept_fetches[i] = (int32_t)(int64_t)(memo->fetches.left[i] - memo->start);
  for (unsigned i = 0; i < answers; i++) {
    const logged_access_t *from = &memo->accesses.entries[i];
    kept_answers[i] = (memo_answer_t){(int32_t)(int64_t)(from->cycle - memo->start), from->answer};
  }
  variant->reads = kept_reads;
  variant->fetches = kept_fetches;
  variant->answers = kept_answers;
  variant->read_count = (uint16_t)reads;
  variant->fetch_count = (uint16_t)fetches;
  variant->answer_count = (uint16_t)answers;
  return true;
}

memo_variant_t *memo_record_end(memo_t *memo, memo_node_t *node, uint64_t key, uint32_t next) {
  pipeline_t *pipeline = memo->pipeline;
  pipeline->fetches = NULL;
  if (pipeline->memory) {
    pipeline->memory->flash.log = NULL;
    pipeline->memory->log = NULL;
  }
  bool full = node->variant_count == MEMO_VARIANTS_MAX;
  const struct memo_state *exit = memo->lost || full ? NULL : state_now(memo, next);
  size_t bytes = memo->recorded_count * sizeof memo->recorded[0];
  memo_variant_t *variant = exit ? take(memo, sizeof *variant + bytes) : NULL;
  if (!variant) return NULL;
  *variant = memo->sums;
  if (pipeline->memory && !keep_logs(memo, variant)) return NULL;
  variant->key = key;
  variant->next = next;
  variant->from = node;
  variant->exit = exit;
  variant->charge_count = (uint16_t)memo->recorded_count;
  if (bytes) memcpy(variant->charges, memo->recorded, bytes);
  variant->other = node->variants;
  node->variants = variant;
  node->variant_count++;
  return variant;
}

memory_log_t *memo_log(memo_t *memo) { return &memo->accesses; }
