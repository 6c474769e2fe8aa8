/* The memo before a memory: fetches at rest, answers to loads and stores, and what is left behind by executions that
   were only counted. */
#include "program_fixture.h"
#include "run_suite.h"
#include "timing/memo.h"

#include <string.h>

/* ---- Chosen programs, plainly and with the memo ---- */

typedef struct {
  insn_t insn;
  uint32_t data; /* of its access, 0: none */
} step_t;

enum { STEPS_MAX = 64 };

/* A straight run that ends in a branch, or not. */
typedef struct {
  step_t steps[STEPS_MAX];
  const insn_t *insns[STEPS_MAX];
  run_t run;
  uint32_t first, end;
} block_t;

static void add(block_t *block, opcode_t opcode, uint32_t data) {
  unsigned i = block->run.count++;
  block->steps[i] = (step_t){decode_at(block->end, opcode.first, opcode.second), data};
  block->insns[i] = &block->steps[i].insn;
  block->run.insns = block->insns;
  block->end += block->steps[i].insn.size;
}

static void begin_block(block_t *block, uint32_t address) { *block = (block_t){.first = address, .end = address}; }

static const opcode_t ADD_W = {0xEB04, 0x0503}, LOAD = {0xF8D6, 0x2000}, STORE = {0xF8C6, 0x2000}, BRANCH = {0xE7FE, 0},
                      INDIRECT = {0x4718, 0}; /* bx r3: mispredicted where it goes elsewhere than last time */

static outcome_t outcome_of_step(const block_t *block, unsigned i, uint32_t next) {
  const step_t *step = &block->steps[i];
  outcome_t outcome = {.next = step->insn.address + step->insn.size};
  outcome.has_address = step->data != 0;
  outcome.address = step->data;
  outcome.slave = 1;
  if (step->insn.flow == FLOW_NONE) return outcome;
  outcome.taken = true;
  outcome.next = next;
  return outcome;
}

typedef struct {
  pipeline_t pipeline;
  memo_t *memo;
  memo_variant_t *last;
  unsigned counted, recorded, given;
} memoized_t;

static memory_t *memories[2];
static pipeline_t plain;
static memoized_t memoized;

static void begin(const core_model_t *model, unsigned wait_states, unsigned on) {
  memset(&memoized, 0, sizeof memoized);
  for (unsigned k = 0; k < 2; k++)
    memories[k] = memory_of(model == m4 ? f407 : h723, wait_states, on);
  pipeline_reset(&plain, model, memories[0]);
  pipeline_reset(&memoized.pipeline, model, memories[1]);
  memoized.memo = memo_new(&memoized.pipeline);
}

static void end(void) {
  memo_free(memoized.memo);
  memory_free(memories[0]);
  memory_free(memories[1]);
}

static bool is_asked(const step_t *step) {
  if (!step->data) return false;
  return memories[1]->m7 || (step->insn.memory == MEMORY_LOAD && memory_is_flash(memories[1], step->data));
}

/* Asks memory for what VARIANT was answered. True: it answers the same. GIVEN: how many it was asked. */
static bool ask(memoized_t *m, const block_t *block, const memo_variant_t *variant, unsigned *given) {
  memory_log_t *log = memo_log(m->memo);
  for (unsigned i = 0; i < block->run.count; i++) {
    const step_t *step = &block->steps[i];
    if (!is_asked(step)) continue;
    const memo_answer_t *expected = &variant->answers[*given];
    uint64_t cycle = m->pipeline.now + (uint64_t)(int64_t)expected->cycle;
    bool write = step->insn.memory == MEMORY_STORE;
    answer_t answer = memory_access(memories[1], step->data, step->insn.access_bytes, write, cycle);
    log->entries[(*given)++] = (logged_access_t){cycle, answer};
    if (answer.wait != expected->answer.wait || answer.cause != expected->answer.cause) return false;
  }
  return true;
}

/* NODE: NULL, when it is not to be kept. */
static void step_anew(memoized_t *m, const block_t *block, memo_node_t *node, uint32_t next, prediction_t prediction,
                      unsigned given) {
  if (m->last) memo_restore(m->memo, m->last);
  if (node) memo_record_begin(m->memo, given);
  cost_t cost;
  for (unsigned i = 0; i < block->run.count; i++) {
    outcome_t outcome = outcome_of_step(block, i, next);
    if (outcome.taken) outcome.prediction = (uint8_t)prediction;
    pipeline_step(&m->pipeline, &block->steps[i].insn, &outcome, &cost);
    if (node) memo_record(m->memo, i, &cost);
  }
  m->last = node ? memo_record_end(m->memo, node, prediction, next) : NULL;
  m->recorded += node != NULL;
  m->given += given;
}

static void memoized_block(memoized_t *m, const block_t *block, uint32_t next) {
  const insn_t *last = block->insns[block->run.count - 1];
  prediction_t prediction = pipeline_predict(&m->pipeline, last, true, next);
  if (!memory_fetch_rests(memories[1], block->first, block->end, m->pipeline.now)) {
    step_anew(m, block, NULL, next, prediction, 0);
    return;
  }
  memo_node_t *node =
      m->last ? memo_follow(m->memo, m->last, &block->run, NULL) : memo_enter(m->memo, &block->run, NULL);
  if (!node) {
    step_anew(m, block, NULL, next, prediction, 0);
    return;
  }
  unsigned given = 0;
  memo_variant_t *variant = memo_find(node, prediction, next);
  if (!variant || !ask(m, block, variant, &given)) {
    step_anew(m, block, node, next, prediction, given);
    return;
  }
  flash_note_fetches(&memories[1]->flash, variant->reads, variant->read_count);
  if (memories[1]->m7) m7_note_fetches(&m->pipeline, variant->fetches, variant->fetch_count);
  m->pipeline.now += variant->cycles;
  if (memories[1]->m7 && variant->mispredicted) m7_note_refill(&m->pipeline);
  m->last = variant;
  m->counted++;
}

/* BLOCK runs TIMES, and goes to NEXT at last, back to its begin before. */
static void loop(const block_t *block, unsigned times, uint32_t behind) {
  for (unsigned n = 0; n < times; n++) {
    uint32_t next = n + 1 < times ? block->first : behind;
    for (unsigned i = 0; i < block->run.count; i++) {
      outcome_t outcome = outcome_of_step(block, i, next);
      cost_t cost;
      pipeline_step(&plain, &block->steps[i].insn, &outcome, &cost);
    }
    memoized_block(&memoized, block, next);
    ck_assert_msg(plain.now == memoized.pipeline.now, "time %u: %llu, not %llu", n,
                  (unsigned long long)memoized.pipeline.now, (unsigned long long)plain.now);
  }
}

static void make_loop(block_t *block, uint32_t address, unsigned insns, uint32_t data) {
  begin_block(block, address);
  for (unsigned i = 0; i < insns; i++)
    add(block, data && i % 4 == 2 ? LOAD : ADD_W, data && i % 4 == 2 ? data + 4 * i : 0);
  add(block, insns % 2 ? INDIRECT : BRANCH, 0);
}

/* Code from ADDRESS on has run once. */
static void warm(uint32_t address, unsigned bytes) {
  static block_t block;
  for (uint32_t at = address; at < address + bytes; at = block.end) {
    begin_block(&block, at);
    while (block.run.count < STEPS_MAX && block.end < address + bytes)
      add(&block, ADD_W, 0);
    loop(&block, 1, 0);
  }
}

enum { WAIT = 5, ALL_ON = FLASH_ICACHE | FLASH_DCACHE | FLASH_PREFETCH, TIMES = 400, BEHIND = 64 };

/* From a loop into code that is not at rest, and back: what fetches have left must be as it was. */
static void loops(const core_model_t *model, uint32_t data, unsigned on) {
  enum { LONGEST = 20 };
  static block_t one, two;
  for (unsigned insns = 1; insns <= LONGEST; insns++) {
    begin(model, WAIT, on);
    make_loop(&one, CODE + insns % 8 * 2, insns, data);
    make_loop(&two, CODE + 0x1000 + insns % 4 * 2, insns + 3, data ? data + 0x100 : 0);
    if (model == m4) warm(one.first, one.end + BEHIND - one.first); /* what is fetched ahead must be there */
    if (model == m4) warm(two.first, two.end + BEHIND - two.first);
    for (unsigned n = 0; n < 3; n++) {
      loop(&one, TIMES, two.first);
      loop(&two, n + 2, one.first);
    }
    ck_assert_uint_gt(memoized.counted, TIMES);
    end();
  }
}

START_TEST(m4_loops_in_cached_flash) {
  loops(m4, 0, FLASH_ICACHE);
  loops(m4, 0, ALL_ON);
}
END_TEST

START_TEST(m4_loops_that_read_flash) { loops(m4, CODE + 0x8000, ALL_ON); }
END_TEST

START_TEST(m7_loops_in_cached_flash) { loops(m7, 0, 0); }
END_TEST

START_TEST(m7_loops_that_read_flash) { loops(m7, CODE + 0x8000, 0); }
END_TEST

/* More lines than the cache has, in turn: who was used last decides who leaves. */
START_TEST(m4_counted_fetches_are_uses_of_their_lines) {
  enum { LINES = 64, LINE = 16, BLOCKS = 9, BLOCK_BYTES = 8 * LINE }; /* nine times eight lines, of 64 */
  static block_t blocks[BLOCKS];
  begin(m4, WAIT, FLASH_ICACHE);
  random_t random = {1};
  for (unsigned b = 0; b < BLOCKS; b++)
    make_loop(&blocks[b], CODE + b * BLOCK_BYTES, BLOCK_BYTES / 4 - 1, 0);
  unsigned b = 0;
  for (unsigned n = 0; n < 40 * LINES; n++) {
    unsigned next = random_below(&random, BLOCKS);
    loop(&blocks[b], 1 + random_below(&random, 4), blocks[next].first);
    b = next;
  }
  ck_assert_uint_gt(memoized.counted, 1000);
  ck_assert_uint_gt(memories[0]->flash.ifetch_misses, 1000);
  ck_assert_uint_eq(memories[0]->flash.ifetch_misses, memories[1]->flash.ifetch_misses);
  end();
}
END_TEST

/* ---- What is kept ---- */

START_TEST(m4_reads_are_kept_once_each) {
  static block_t block;
  begin(m4, WAIT, ALL_ON);
  make_loop(&block, CODE, 7, 0); /* 30 bytes and the queue ahead */
  warm(CODE, BEHIND);
  loop(&block, TIMES, block.first);
  const memo_variant_t *variant = memoized.last;
  ck_assert(variant && variant->fetch_count == 0 && variant->answer_count == 0);
  ck_assert_uint_ge(variant->read_count, 2);
  ck_assert_uint_le(variant->read_count, 4);
  for (unsigned i = 1; i < variant->read_count; i++)
    ck_assert_uint_ne(variant->reads[i], variant->reads[i - 1]);
  uint32_t lowest = CODE / 16;
  for (unsigned i = 0; i < variant->read_count; i++)
    ck_assert(variant->reads[i] >= lowest && variant->reads[i] <= lowest + 2);
  end();
}
END_TEST

START_TEST(m7_fetches_are_kept_from_the_clock_at_entry) {
  static block_t block;
  begin(m7, WAIT, 0);
  make_loop(&block, CODE, 8, 0); /* four fetches and one for the branch */
  loop(&block, TIMES, block.first);
  const memo_variant_t *variant = memoized.last;
  ck_assert(variant && variant->read_count == 0 && variant->answer_count == 0);
  ck_assert_uint_eq(variant->fetch_count, 5);
  for (unsigned i = 0; i < variant->fetch_count; i++) {
    ck_assert_int_ge(variant->fetches[i], -(int)variant->cycles);
    ck_assert_int_le(variant->fetches[i], (int)variant->cycles);
    if (i) ck_assert_int_ge(variant->fetches[i], variant->fetches[i - 1]);
  }
  end();
}
END_TEST

START_TEST(answers_are_kept_and_not_asked_for_again) {
  for (unsigned k = 0; k < 2; k++) {
    static block_t block;
    begin(k ? m7 : m4, WAIT, FLASH_ICACHE); /* loads that wait each time on a Cortex-M4, once on a Cortex-M7 */
    begin_block(&block, CODE);
    add(&block, LOAD, CODE + 0x8000);
    add(&block, ADD_W, 0);
    add(&block, LOAD, CODE + 0x9000);
    add(&block, BRANCH, 0);
    warm(CODE, BEHIND);
    loop(&block, TIMES, block.first);
    const memo_variant_t *variant = memoized.last;
    ck_assert(variant && variant->answer_count == 2);
    ck_assert_uint_eq(variant->answers[0].answer.wait, k ? 0 : WAIT);
    ck_assert_uint_eq(variant->answers[1].answer.wait, k ? 0 : WAIT);
    ck_assert_int_ge(variant->answers[0].cycle, 0);
    ck_assert_int_gt(variant->answers[1].cycle, variant->answers[0].cycle);
    memory_t *memory = memories[1];
    if (!k) { /* asked as often as it was loaded */
      ck_assert_uint_eq(memory->flash.data_reads, 2 * TIMES);
    } else {
      ck_assert_uint_eq(memory->counts.dcache_hits + memory->counts.dcache_misses, 2 * TIMES);
    }
    ck_assert_ptr_null(memoized.pipeline.fetches);
    ck_assert_ptr_null(memory->log);
    ck_assert_ptr_null(memory->flash.log);
    end();
  }
}
END_TEST

START_TEST(what_asked_memory_too_often_is_not_kept) {
  enum { ITCM = 0, INSNS = 2 * FETCH_LOG_MAX + 4 };
  static block_t block;
  begin(m7, WAIT, 0);
  begin_block(&block, ITCM);
  add(&block, ADD_W, 0);
  memo_node_t *node = memo_enter(memoized.memo, &block.run, NULL);
  for (unsigned insns = 1; insns <= INSNS; insns += INSNS - 1) {
    memo_record_begin(memoized.memo, 0);
    for (unsigned i = 0; i < insns; i++) {
      insn_t insn = decode_at(ITCM + 4 * i, ADD_W.first, ADD_W.second);
      outcome_t outcome = {.next = ITCM + 4 * i + 4};
      cost_t cost;
      pipeline_step(&memoized.pipeline, &insn, &outcome, &cost);
      memo_record(memoized.memo, i, &cost);
    }
    ck_assert((memo_record_end(memoized.memo, node, 0, ITCM + 4 * insns) != NULL) == (insns == 1));
  }
  end();
}
END_TEST

/* Stores to memory that is not cached wait for room in the buffer, more and more: each way is one to be recorded. */
START_TEST(another_answer_is_another_variant) {
  enum { AXI = 0x24000000, STORES = 6 };
  static block_t block, pause;
  begin(m7, WAIT, 0);
  memory_set_l1(memories[0], true, false);
  memory_set_l1(memories[1], true, false);
  begin_block(&block, CODE);
  for (unsigned i = 0; i < STORES; i++)
    add(&block, STORE, AXI + 16 * i);
  add(&block, BRANCH, 0);
  make_loop(&pause, CODE + 0x1000, 1, 0);
  for (unsigned n = 0; n < TIMES; n++) {
    loop(&block, 1 + n % 3, pause.first);
    loop(&pause, 1 + n % 16, block.first);
  }
  ck_assert_uint_gt(memoized.counted, TIMES);
  ck_assert_uint_gt(memoized.recorded, 10);
  ck_assert_uint_gt(memoized.given, 0);
  end();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("memo_memory");
  TCase *tcase = tcase_create("memo and memory");
  tcase_add_unchecked_fixture(tcase, open_all, close_all);
  tcase_set_timeout(tcase, 120);
  tcase_add_test(tcase, m4_loops_in_cached_flash);
  tcase_add_test(tcase, m4_loops_that_read_flash);
  tcase_add_test(tcase, m7_loops_in_cached_flash);
  tcase_add_test(tcase, m7_loops_that_read_flash);
  tcase_add_test(tcase, m4_counted_fetches_are_uses_of_their_lines);
  tcase_add_test(tcase, m4_reads_are_kept_once_each);
  tcase_add_test(tcase, m7_fetches_are_kept_from_the_clock_at_entry);
  tcase_add_test(tcase, answers_are_kept_and_not_asked_for_again);
  tcase_add_test(tcase, what_asked_memory_too_often_is_not_kept);
  tcase_add_test(tcase, another_answer_is_another_variant);
  suite_add_tcase(suite, tcase);
  return run_suite(suite);
}
