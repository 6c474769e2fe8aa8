/* The memo: what was recorded once and counted is what the pipeline charges, execution by execution. */
#include "program_fixture.h"
#include "run_suite.h"
#include "timing/memo.h"

#include <string.h>

/* ---- Random programs, block by block ---- */

enum { BLOCKS = 6, WAYS = 3, BLOCK_INSNS = 6, INSNS = BLOCKS * BLOCK_INSNS };

typedef struct {
  run_t run;
  const insn_t *places[BLOCK_INSNS];
} block_t;

static insn_t insns[INSNS];
static block_t blocks[BLOCKS];
static unsigned insn_count;

/* Where a block may end. */
static const opcode_t ends[] = {{0xE7FE, 0}, {0xD0FE, 0}, {0xB108, 0}, {0x4770, 0}, {0x4798, 0}, {0xBD01, 0}};

/* Blocks lie one behind the other; only the last instruction of each may branch. */
static void build_blocks(program_t *program) {
  uint32_t address = CODE;
  insn_count = 0;
  for (unsigned b = 0; b < BLOCKS; b++) {
    unsigned count = 1 + random_below(&program->random, BLOCK_INSNS);
    for (unsigned i = 0; i < count; i++) {
      insn_t *insn = &insns[insn_count++];
      do {
        bool last = i + 1 == count;
        opcode_t opcode = last ? ends[random_below(&program->random, sizeof ends / sizeof *ends)]
                               : program->palette[random_below(&program->random, PALETTE)];
        it_context_t context = {.in_it = !last && random_chance(&program->random, 15)};
        *insn = decode_in_it(address, opcode.first, opcode.second, context);
        if (!last && insn->flow != FLOW_NONE) *insn = decode_at(address, 0x1840, 0);
      } while (insn->flags & INSN_UNDEFINED);
      blocks[b].places[i] = insn;
      address += insn->size;
    }
    blocks[b].run = (run_t){blocks[b].places, count};
  }
}

/* One execution of a block. */
typedef struct {
  outcome_t outcomes[BLOCK_INSNS];
  unsigned next; /* block */
} execution_t;

static execution_t ways[BLOCKS][WAYS]; /* that a block may go */

static execution_t random_execution(random_t *random, unsigned b) {
  execution_t execution = {.next = random_below(random, BLOCKS)};
  const run_t *run = &blocks[b].run;
  for (unsigned i = 0; i < run->count; i++) {
    const insn_t *insn = run->insns[i];
    outcome_t *outcome = &execution.outcomes[i];
    outcome->next = insn->address + insn->size;
    outcome->skipped = (insn->flags & INSN_IN_IT) && random_chance(random, 30);
    outcome->divisor = random_chance(random, 50);
    if (insn->memory == MEMORY_NONE || outcome->skipped) continue;
    outcome->has_address = true;
    outcome->address = DATA + random_below(random, 2) * 4 + (random_chance(random, 5) ? 1u : 0);
    outcome->slave = 1;
    outcome->first_wait = random_chance(random, 10);
  }
  outcome_t *last = &execution.outcomes[run->count - 1];
  bool falls = run->insns[run->count - 1]->flow == FLOW_CONDITIONAL && b + 1 < BLOCKS && random_chance(random, 50);
  if (falls) execution.next = b + 1;
  last->taken = !falls;
  last->next = blocks[execution.next].run.insns[0]->address;
  return execution;
}

static void choose_ways(program_t *program) {
  for (unsigned b = 0; b < BLOCKS; b++) {
    for (unsigned way = 0; way < WAYS; way++)
      ways[b][way] = random_execution(&program->random, b);
  }
}

/* Nearly always the first. */
static const execution_t *choose_way(random_t *random, unsigned b) {
  return &ways[b][random_chance(random, 90) ? 0 : random_below(random, WAYS)];
}

/* What was charged to an instruction. */
typedef struct {
  uint64_t cycles[CAUSE_COUNT][GRADE_COUNT];
} tally_t;

typedef struct {
  tally_t tallies[INSNS];
  uint64_t pairs, predicted, mispredicted;
} sums_t;

static void add(sums_t *sums, const insn_t *insn, unsigned cause, unsigned grade, uint64_t cycles) {
  sums->tallies[insn - insns].cycles[cause][grade] += cycles;
}

static void add_cost(sums_t *sums, const insn_t *insn, const insn_t *before, const cost_t *cost) {
  for (unsigned i = 0; i < cost->count; i++) {
    const charge_t *charge = &cost->charges[i];
    add(sums, charge->previous ? before : insn, charge->cause, charge->grade, charge->cycles);
  }
  sums->pairs += cost->paired;
  sums->predicted += cost->predicted;
  sums->mispredicted += cost->mispredicted;
}

/* Multiplies out what was counted. */
static void settle(sums_t *sums, memo_variant_t **pending) {
  for (memo_variant_t *variant = *pending; variant; variant = variant->pending) {
    const run_t *run = variant->from->run;
    uint64_t cycles = 0;
    for (unsigned i = 0; i < variant->charge_count; i++) {
      const memo_charge_t *charge = &variant->charges[i];
      const insn_t *insn =
          charge->insn == CHARGE_OWNER_BEFORE ? (const insn_t *)variant->from->owner : run->insns[charge->insn];
      ck_assert(insn);
      add(sums, insn, charge->cause, charge->grade, variant->count * charge->cycles);
      cycles += charge->cycles;
    }
    ck_assert_uint_eq(cycles, variant->cycles);
    sums->pairs += variant->count * variant->pairs;
    sums->predicted += variant->count * variant->predicted;
    sums->mispredicted += variant->count * variant->mispredicted;
    variant->count = 0;
  }
  *pending = NULL;
}

static uint64_t mix(uint64_t key, uint64_t what) {
  random_t random = {key ^ what};
  return random_next(&random);
}

/* All that execution knows but where words lie, and which of the last stored words are loaded. */
static uint64_t key_of(pipeline_t *pipeline, const run_t *run, const execution_t *execution) {
  enum { BANK_AND_BYTE = 7 };
  uint64_t key = 0;
  bool m7_stores = pipeline->model == m7;
  store_queue_t kept = {0};
  if (m7_stores) kept = pipeline->state.m7.stores;
  for (unsigned i = 0; i < run->count; i++) {
    const outcome_t *outcome = &execution->outcomes[i];
    key = mix(key, (uint64_t)outcome->skipped | (uint64_t)outcome->taken << 1 | outcome->divisor << 2 |
                       (uint64_t)outcome->first_wait << 3 | (uint64_t)outcome->prediction << 4 |
                       (outcome->address & BANK_AND_BYTE) << 8);
    if (!outcome->has_address) continue;
    unsigned words = run->insns[i]->transfers > 1 ? run->insns[i]->transfers : 1;
    if (run->insns[i]->memory == MEMORY_STORE) {
      pipeline_note_store(pipeline, outcome->address, words);
    } else {
      key = mix(key, pipeline_meets_stores(pipeline, outcome->address, words));
    }
  }
  if (m7_stores) pipeline->state.m7.stores = kept;
  return key;
}

/* The memo's side of the comparison. */
typedef struct {
  pipeline_t pipeline;
  memo_t *memo;
  memo_variant_t *last, *pending; /* last: what the state of the pipeline is taken from, NULL: its own */
  sums_t sums;
  unsigned counted, recorded;
} memoized_t;

static void record_block(memoized_t *m, memo_node_t *node, uint64_t key, const run_t *run, const execution_t *execution,
                         const insn_t *before) {
  if (m->last) memo_restore(m->memo, m->last);
  memo_record_begin(m->memo, 0);
  for (unsigned i = 0; i < run->count; i++) {
    cost_t cost;
    pipeline_step(&m->pipeline, run->insns[i], &execution->outcomes[i], &cost);
    memo_record(m->memo, i, &cost);
    add_cost(&m->sums, run->insns[i], before, &cost);
    before = run->insns[i];
  }
  m->last = memo_record_end(m->memo, node, key, execution->outcomes[run->count - 1].next);
  m->recorded++;
}

static void memoized_block(memoized_t *m, unsigned b, execution_t execution, const insn_t *before) {
  const run_t *run = &blocks[b].run;
  outcome_t *last = &execution.outcomes[run->count - 1];
  memo_node_t *node = m->last ? memo_follow(m->memo, m->last, run, before) : memo_enter(m->memo, run, before);
  ck_assert(node);
  const insn_t *branch = run->insns[run->count - 1];
  last->prediction = (uint8_t)pipeline_predict(&m->pipeline, branch, last->taken, last->next);
  uint64_t key = key_of(&m->pipeline, run, &execution);
  memo_variant_t *variant = memo_find(node, key, last->next);
  if (!variant) {
    record_block(m, node, key, run, &execution, before);
    return;
  }
  memo_count(&m->pending, variant);
  m->counted++;
  m->pipeline.now += variant->cycles;
  m->last = variant;
  for (unsigned i = 0; i < run->count; i++) {
    const outcome_t *outcome = &execution.outcomes[i];
    unsigned words = run->insns[i]->transfers > 1 ? run->insns[i]->transfers : 1;
    if (outcome->has_address && run->insns[i]->memory == MEMORY_STORE) {
      pipeline_note_store(&m->pipeline, outcome->address, words);
    }
  }
}

static void plain_block(pipeline_t *pipeline, sums_t *sums, unsigned b, const execution_t *execution,
                        const insn_t *before) {
  const run_t *run = &blocks[b].run;
  for (unsigned i = 0; i < run->count; i++) {
    cost_t cost;
    pipeline_step(pipeline, run->insns[i], &execution->outcomes[i], &cost);
    add_cost(sums, run->insns[i], before, &cost);
    before = run->insns[i];
  }
}

/* FORGET: the memo is emptied now and then. */
static void compare_program(const core_model_t *model, uint64_t seed, bool forget, memoized_t *m) {
  enum { STEPS = 1500, FORGET_AFTER = 200 };
  static sums_t plain_sums;
  memset(&plain_sums, 0, sizeof plain_sums);
  program_t program = program_new(seed);
  build_blocks(&program);
  choose_ways(&program);
  pipeline_t plain;
  pipeline_reset(&plain, model, NULL);
  pipeline_reset(&m->pipeline, model, NULL);
  m->memo = memo_new(&m->pipeline);
  m->last = NULL;
  memset(&m->sums, 0, sizeof m->sums);
  const insn_t *before = NULL;
  for (unsigned step = 0, b = 0; step < STEPS; step++) {
    const execution_t *execution = choose_way(&program.random, b);
    plain_block(&plain, &plain_sums, b, execution, before);
    memoized_block(m, b, *execution, before);
    ck_assert_msg(plain.now == m->pipeline.now, "program %u, block %u at step %u", (unsigned)seed, b, step);
    before = blocks[b].run.insns[blocks[b].run.count - 1];
    b = execution->next;
    if (!forget || step % FORGET_AFTER) continue;
    settle(&m->sums, &m->pending);
    if (m->last) memo_restore(m->memo, m->last);
    m->last = NULL;
    memo_forget(m->memo);
  }
  settle(&m->sums, &m->pending);
  ck_assert_msg(memcmp(&plain_sums, &m->sums, sizeof plain_sums) == 0, "program %u", (unsigned)seed);
  memo_free(m->memo);
}

static void compare_programs(const core_model_t *model, bool forget) {
  enum { PROGRAMS = 40 };
  static memoized_t m;
  memset(&m, 0, sizeof m);
  for (uint64_t seed = 1; seed <= PROGRAMS; seed++)
    compare_program(model, seed, forget, &m);
  ck_assert_uint_gt(m.counted, m.recorded);
}

START_TEST(m4_counts_are_what_the_pipeline_charges) { compare_programs(m4, false); }
END_TEST

START_TEST(m7_counts_are_what_the_pipeline_charges) { compare_programs(m7, false); }
END_TEST

START_TEST(what_is_forgotten_is_recorded_again) {
  compare_programs(m4, true);
  compare_programs(m7, true);
}
END_TEST

/* ---- One at a time ---- */

static pipeline_t pipeline;
static memo_t *memo;

static void begin(const core_model_t *model) {
  pipeline_reset(&pipeline, model, NULL);
  pipeline.now = 1000;
  memo = memo_new(&pipeline);
}

/* A run of one instruction. */
typedef struct {
  insn_t insn;
  const insn_t *list[1];
  run_t run;
} single_t;

enum {
  NOP = 0xBF00,
  LOAD = 0x6808 /* ldr r0, [r1] */,
  STORE = 0x6008 /* str r0, [r1] */,
  COMPARE = 0x2800 /* cmp r0, #0 */
};

static void make_single(single_t *single, uint32_t address, uint16_t opcode) {
  single->insn = decode_at(address, opcode, 0);
  single->list[0] = &single->insn;
  single->run = (run_t){single->list, 1};
}

static void step_and_record(const single_t *single, cost_t *cost) {
  outcome_t outcome = {.next = single->insn.address + 2, .has_address = single->insn.memory != MEMORY_NONE};
  outcome.address = outcome.has_address ? DATA : 0;
  pipeline_step(&pipeline, &single->insn, &outcome, cost);
  memo_record(memo, 0, cost);
}

static memo_variant_t *record_single(const single_t *single, memo_node_t *node, uint64_t key, uint32_t next) {
  cost_t cost;
  memo_record_begin(memo, 0);
  step_and_record(single, &cost);
  return memo_record_end(memo, node, key, next);
}

START_TEST(a_node_is_a_run_in_a_state) {
  single_t nop, other, load;
  make_single(&nop, CODE, NOP);
  make_single(&other, CODE, NOP);
  make_single(&load, CODE, LOAD);
  begin(m4);
  memo_node_t *node = memo_enter(memo, &nop.run, NULL);
  ck_assert(node && node->run == &nop.run && !node->variants && !node->owner);
  ck_assert(memo_enter(memo, &nop.run, &other) == node); /* nobody is charged any more */
  ck_assert(memo_enter(memo, &other.run, NULL) != node);
  record_single(&load, memo_enter(memo, &load.run, NULL), 0, CODE + 2);
  memo_node_t *owing = memo_enter(memo, &nop.run, &load.insn);
  ck_assert(owing != node && owing->owner == &load.insn);
  ck_assert(memo_enter(memo, &nop.run, &other.insn) != owing);
  memo_free(memo);
}
END_TEST

START_TEST(each_way_out_is_a_variant) {
  single_t nop;
  make_single(&nop, CODE, NOP);
  begin(m4);
  memo_node_t *node = memo_enter(memo, &nop.run, NULL);
  memo_variant_t *one = record_single(&nop, node, 1, CODE + 2), *two = record_single(&nop, node, 2, CODE + 2),
                 *far = record_single(&nop, node, 1, CODE + 0x100);
  ck_assert(one && two && far && one != two && two != far && one->from == node && one->count == 0);
  ck_assert(node->variants == far);
  ck_assert(memo_find(node, 1, CODE + 2) == one && node->variants == one);
  ck_assert(memo_find(node, 2, CODE + 2) == two && node->variants == two && two->other == one && one->other == far);
  ck_assert(memo_find(node, 1, CODE + 0x100) == far && node->variants == far && far->other == two);
  ck_assert(!one->other && memo_find(node, 1, CODE + 2) == one);
  ck_assert_ptr_null(memo_find(node, 3, CODE + 2));
  ck_assert_ptr_null(memo_find(node, 2, CODE + 0x100));
  memo_free(memo);
}
END_TEST

START_TEST(what_is_counted_is_listed_once) {
  single_t nop;
  make_single(&nop, CODE, NOP);
  begin(m4);
  memo_node_t *node = memo_enter(memo, &nop.run, NULL);
  memo_variant_t *one = record_single(&nop, node, 1, CODE + 2), *two = record_single(&nop, node, 2, CODE + 2);
  memo_variant_t *pending = NULL;
  memo_count(&pending, one);
  memo_count(&pending, two);
  memo_count(&pending, one);
  ck_assert(one->count == 2 && two->count == 1 && pending == two && two->pending == one && !one->pending);
  memo_free(memo);
}
END_TEST

START_TEST(what_follows_is_what_is_entered) {
  for (unsigned k = 0; k < 2; k++) {
    single_t load, nop;
    make_single(&load, CODE, LOAD);
    make_single(&nop, CODE + 2, NOP);
    begin(k ? m7 : m4);
    memo_node_t *entry = memo_enter(memo, &load.run, NULL);
    memo_variant_t *variant = record_single(&load, entry, 0, CODE + 2);
    memo_node_t *node = memo_follow(memo, variant, &nop.run, &load.insn);
    ck_assert(node && memo_enter(memo, &nop.run, &load.insn) == node);
    record_single(&nop, node, 0, CODE + 4); /* the pipeline goes on, and comes back */
    ck_assert(memo_enter(memo, &nop.run, &load.insn) != node);
    memo_restore(memo, variant);
    ck_assert(memo_enter(memo, &nop.run, &load.insn) == node);
    memo_free(memo);
  }
}
END_TEST

START_TEST(a_node_says_whether_stores_matter) {
  single_t store, load, nop;
  make_single(&store, CODE, STORE);
  make_single(&load, CODE, LOAD);
  make_single(&nop, CODE + 2, NOP);
  for (unsigned k = 0; k < 2; k++) {
    begin(k ? m7 : m4);
    memo_variant_t *loaded = record_single(&load, memo_enter(memo, &load.run, NULL), 0, CODE + 2);
    ck_assert(!memo_follow(memo, loaded, &nop.run, NULL)->stores_matter);
    memo_variant_t *stored = record_single(&store, memo_enter(memo, &store.run, NULL), 0, CODE + 2);
    ck_assert_int_eq(memo_follow(memo, stored, &nop.run, NULL)->stores_matter, k == 1);
    memo_free(memo);
  }
}
END_TEST

/* The load's data cycle passes before the next instruction, and is the load's. */
START_TEST(what_passes_before_a_run_is_of_the_one_before) {
  single_t load, compare;
  make_single(&load, CODE, LOAD);
  make_single(&compare, CODE + 2, COMPARE);
  begin(m4);
  memo_variant_t *first = record_single(&load, memo_enter(memo, &load.run, NULL), 0, CODE + 2);
  ck_assert(first->before_charges == 0 && first->before_cycles == 0);
  memo_variant_t *second = record_single(&compare, memo_follow(memo, first, &compare.run, &load.insn), 0, CODE + 4);
  ck_assert_uint_eq(second->charge_count, 2);
  ck_assert(second->charges[0].insn == CHARGE_OWNER_BEFORE && second->charges[0].cause == CAUSE_LOAD_USE);
  ck_assert(second->charges[1].insn == 0 && second->charges[1].cause == CAUSE_ISSUE);
  ck_assert_uint_eq(second->before_charges, 1);
  ck_assert_uint_eq(second->before_cycles, second->charges[0].cycles);
  ck_assert_uint_eq(second->cycles, second->charges[0].cycles + second->charges[1].cycles);
  memo_free(memo);
}
END_TEST

START_TEST(charges_within_a_run_keep_their_owner) {
  single_t nop;
  make_single(&nop, CODE, NOP);
  begin(m7);
  cost_t cost = {.count = 2, .before = 1, .cycles = 5, .paired = true, .predicted = true, .mispredicted = true};
  cost.charges[0] = (charge_t){.cycles = 3, .cause = CAUSE_STORE, .grade = GRADE_INFERRED, .previous = true};
  cost.charges[1] = (charge_t){.cycles = 2, .cause = CAUSE_ISSUE, .grade = GRADE_MEASURED};
  memo_record_begin(memo, 0);
  memo_record(memo, 0, &cost);
  memo_record(memo, 1, &cost);
  memo_variant_t *variant = memo_record_end(memo, memo_enter(memo, &nop.run, NULL), 7, CODE + 2);
  ck_assert(variant->key == 7 && variant->next == CODE + 2 && variant->charge_count == 4 && variant->cycles == 10);
  ck_assert(variant->before_charges == 1 && variant->before_cycles == 3); /* of the first alone */
  ck_assert(variant->pairs == 2 && variant->predicted == 2 && variant->mispredicted == 2);
  static const unsigned owners[] = {CHARGE_OWNER_BEFORE, 0, 0, 1};
  for (unsigned i = 0; i < 4; i++) {
    ck_assert_uint_eq(variant->charges[i].insn, owners[i]);
    ck_assert_uint_eq(variant->charges[i].cycles, i % 2 ? 2 : 3);
    ck_assert_uint_eq(variant->charges[i].cause, cost.charges[i % 2].cause);
    ck_assert_uint_eq(variant->charges[i].grade, cost.charges[i % 2].grade);
  }
  memo_free(memo);
}
END_TEST

/* COUNT charges of one cycle. */
static memo_variant_t *record_charges(memo_node_t *node, uint64_t key, unsigned count) {
  cost_t cost = {.count = 1, .cycles = 1};
  cost.charges[0] = (charge_t){.cycles = 1};
  memo_record_begin(memo, 0);
  for (unsigned i = 0; i < count; i++)
    memo_record(memo, i, &cost);
  return memo_record_end(memo, node, key, CODE + 2);
}

START_TEST(a_memo_has_bounds_and_forgets) {
  enum { KEPT = 0x8000, TOO_MANY = 0x10000, LIMIT = 2000 };
  single_t nop;
  make_single(&nop, CODE, NOP);
  begin(m4);
  memo_node_t *node = memo_enter(memo, &nop.run, NULL);
  ck_assert_ptr_null(record_charges(node, 0, TOO_MANY));
  ck_assert_ptr_null(node->variants);
  ck_assert(record_charges(node, 0, KEPT) && node->variants->charge_count == KEPT);
  unsigned variants = 1;
  for (; variants < MEMO_VARIANTS_MAX; variants++)
    ck_assert_ptr_nonnull(record_charges(node, variants, 1));
  ck_assert_ptr_null(record_charges(node, variants, 1)); /* so many ways are not searched through */
  for (; !memo_is_full(memo) && variants < LIMIT; variants++) {
    node->variant_count = 0; /* here memory is to be the bound */
    ck_assert_ptr_nonnull(record_charges(node, variants, KEPT));
  }
  ck_assert(variants > 100 && variants < LIMIT);
  memo_forget(memo);
  ck_assert(!memo_is_full(memo));
  node = memo_enter(memo, &nop.run, NULL);
  ck_assert(node && !node->variants && node->run == &nop.run);
  ck_assert(record_charges(node, 0, KEPT) == memo_find(node, 0, CODE + 2));
  memo_free(memo);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("memo");
  TCase *tcase = tcase_create("random programs");
  tcase_add_unchecked_fixture(tcase, open_all, close_all);
  tcase_set_timeout(tcase, 120);
  tcase_add_test(tcase, m4_counts_are_what_the_pipeline_charges);
  tcase_add_test(tcase, m7_counts_are_what_the_pipeline_charges);
  tcase_add_test(tcase, what_is_forgotten_is_recorded_again);
  suite_add_tcase(suite, tcase);
  tcase = tcase_create("one at a time");
  tcase_add_unchecked_fixture(tcase, open_all, close_all);
  tcase_add_test(tcase, a_node_is_a_run_in_a_state);
  tcase_add_test(tcase, each_way_out_is_a_variant);
  tcase_add_test(tcase, what_is_counted_is_listed_once);
  tcase_add_test(tcase, what_follows_is_what_is_entered);
  tcase_add_test(tcase, a_node_says_whether_stores_matter);
  tcase_add_test(tcase, what_passes_before_a_run_is_of_the_one_before);
  tcase_add_test(tcase, charges_within_a_run_keep_their_owner);
  tcase_add_test(tcase, a_memo_has_bounds_and_forgets);
  suite_add_tcase(suite, tcase);
  return run_suite(suite);
}
