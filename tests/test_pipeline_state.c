/* What of a pipeline's state is kept: one that is packed and unpacked charges as if nothing had happened, whatever
   follows; and two that will charge the same are the same bytes. */
#include "program_fixture.h"
#include "run_suite.h"
#include "timing/pipeline_state.h"

#include <stdio.h>
#include <string.h>

/* ---- Packed and unpacked ---- */

enum { AHEAD = 40 };

static void assert_same_cost(const cost_t *a, const cost_t *b, const executed_t *at, unsigned ahead) {
  bool same = a->cycles == b->cycles && a->count == b->count && a->before == b->before && a->paired == b->paired &&
              a->predicted == b->predicted && a->mispredicted == b->mispredicted &&
              memcmp(a->charges, b->charges, a->count * sizeof *a->charges) == 0;
  char text[80];
  if (!same) decode_text(decoder, &at->insn, text, sizeof text);
  ck_assert_msg(same, "%u instructions behind: %s (%04x %04x) at 0x%08x: %u cycles, not %u", ahead, text,
                at->insn.opcode[0], at->insn.opcode[1], (unsigned)at->insn.address, (unsigned)b->cycles,
                (unsigned)a->cycles);
}

/* What always is current, and no part of what is packed. */
static void keep_current(pipeline_t *to, const pipeline_t *from) {
  to->now = from->now;
  if (from->model == m4) return;
  const m7_state_t *s = &from->state.m7;
  to->state.m7.predictor = s->predictor;
  memcpy(to->state.m7.stores.word, s->stores.word, sizeof s->stores.word);
  to->state.m7.stores.next = s->stores.next;
  if (!from->memory) return;
  to->state.m7.entry = s->entry;
  memcpy(to->state.m7.entry_left, s->entry_left, sizeof s->entry_left);
  to->state.m7.fetch_done = s->fetch_done;
}

/* DIRTY: a pipeline in a state of its own. False: that of PIPELINE is not kept. */
static bool compare_unpacked(const pipeline_t *pipeline, const pipeline_t *dirty, program_t program, uint32_t next) {
  uint8_t bytes[PIPELINE_STATE_BYTES];
  if (!pipeline_pack(pipeline, next, bytes)) return false;
  pipeline_t plain = *pipeline, unpacked = *dirty;
  memory_t memories[2];
  if (pipeline->memory) {
    memory_trial(pipeline->memory, &memories[0]);
    memory_trial(pipeline->memory, &memories[1]);
    plain.memory = &memories[0];
    unpacked.memory = &memories[1];
  }
  keep_current(&unpacked, pipeline);
  pipeline_unpack(&unpacked, next, bytes);
  for (unsigned i = 0; i < AHEAD; i++) {
    executed_t executed = execute(&program, next);
    cost_t a, b;
    pipeline_step(&plain, &executed.insn, &executed.outcome, &a);
    pipeline_step(&unpacked, &executed.insn, &executed.outcome, &b);
    assert_same_cost(&a, &b, &executed, i);
    next = executed.outcome.next;
  }
  ck_assert_uint_eq(plain.now, unpacked.now);
  return true;
}

static void compare_program(const core_model_t *model, memory_t *memory, uint64_t seed, unsigned *kept) {
  enum { STEPS = 60 };
  program_t program = program_new(seed), other = program_new(seed + 1000000);
  pipeline_t pipeline, dirty;
  pipeline_reset(&pipeline, model, memory);
  pipeline_reset(&dirty, model, NULL);
  pipeline.now = seed % 2 * 1000;
  uint32_t next = CODE, there = CODE;
  cost_t cost;
  for (unsigned i = 0; i < STEPS; i++) {
    executed_t executed = execute(&program, next), elsewhere = execute(&other, there);
    pipeline_step(&pipeline, &executed.insn, &executed.outcome, &cost);
    pipeline_step(&dirty, &elsewhere.insn, &elsewhere.outcome, &cost);
    next = executed.outcome.next;
    there = elsewhere.outcome.next;
    *kept += compare_unpacked(&pipeline, &dirty, program, next);
  }
}

static void compare_programs(const core_model_t *model, memory_t *memory) {
  enum { PROGRAMS = 150, STEPS = 60 };
  unsigned kept = 0;
  for (uint64_t seed = 1; seed <= PROGRAMS; seed++)
    compare_program(model, memory, seed, &kept);
  printf("%s%s: %u of %u states kept\n", model == m4 ? "Cortex-M4" : "Cortex-M7", memory ? " with memory" : "", kept,
         (unsigned)(PROGRAMS * STEPS));
  ck_assert_uint_gt(kept, PROGRAMS * STEPS / 10 * 9);
}

START_TEST(m4_unpacked_goes_on) { compare_programs(m4, NULL); }
END_TEST

START_TEST(m7_unpacked_goes_on) { compare_programs(m7, NULL); }
END_TEST

START_TEST(m4_unpacked_goes_on_with_a_memory) {
  static const unsigned switches[] = {0, FLASH_PREFETCH, FLASH_ICACHE | FLASH_DCACHE | FLASH_PREFETCH};
  for (unsigned i = 0; i < 3; i++) {
    memory_t *memory = memory_of(f407, 5, switches[i]);
    compare_programs(m4, memory);
    memory_free(memory);
  }
}
END_TEST

START_TEST(m7_unpacked_goes_on_with_a_memory) {
  memory_t *memory = memory_of(h723, 3, 0);
  compare_programs(m7, memory);
  memory_free(memory);
}
END_TEST

/* ---- Equal and different ---- */

static size_t pack(const pipeline_t *pipeline, uint32_t next, uint8_t bytes[PIPELINE_STATE_BYTES]) {
  memset(bytes, 0, PIPELINE_STATE_BYTES);
  return pipeline_pack(pipeline, next, bytes);
}

static bool same_state(const pipeline_t *a, const pipeline_t *b, uint32_t next) {
  uint8_t bytes[2][PIPELINE_STATE_BYTES];
  size_t size = pack(a, next, bytes[0]), other = pack(b, next, bytes[1]);
  ck_assert(size && other);
  return size == other && memcmp(bytes[0], bytes[1], size) == 0;
}

START_TEST(the_clock_itself_makes_no_difference) {
  enum { PROGRAMS = 100, STEPS = 60 };
  for (uint64_t seed = 1; seed <= 2 * PROGRAMS; seed++) {
    const core_model_t *model = seed % 2 ? m4 : m7;
    program_t program = program_new(seed);
    pipeline_t early, late;
    pipeline_reset(&early, model, NULL);
    pipeline_reset(&late, model, NULL);
    early.now = 1000;
    late.now = UINT64_C(10000000007);
    uint32_t next = CODE;
    for (unsigned i = 0; i < STEPS; i++) {
      executed_t executed = execute(&program, next);
      cost_t a, b;
      pipeline_step(&early, &executed.insn, &executed.outcome, &a);
      pipeline_step(&late, &executed.insn, &executed.outcome, &b);
      assert_same_cost(&a, &b, &executed, i);
      next = executed.outcome.next;
      ck_assert(same_state(&early, &late, next));
    }
  }
}
END_TEST

enum { NOPS = 8 };

/* Returns the address behind them. */
static uint32_t step_nops(pipeline_t *pipeline, uint32_t address, unsigned count) {
  cost_t cost;
  for (unsigned i = 0; i < count; i++) {
    insn_t insn = decode_at(address, 0xBF00, 0);
    address += insn.size;
    outcome_t outcome = {.next = address};
    pipeline_step(pipeline, &insn, &outcome, &cost);
  }
  return address;
}

START_TEST(what_lies_far_back_makes_no_difference) {
  enum { PROGRAMS = 100, STEPS = 60, PAUSE = 300 };
  for (uint64_t seed = 1; seed <= 2 * PROGRAMS; seed++) {
    const core_model_t *model = seed % 2 ? m4 : m7;
    pipeline_t pipelines[2];
    uint32_t next = CODE;
    for (unsigned k = 0; k < 2; k++) {
      program_t program = program_new(2 * seed + k);
      pipeline_reset(&pipelines[k], model, NULL);
      cost_t cost;
      next = CODE;
      for (unsigned i = 0; i < STEPS; i++) {
        executed_t executed = execute(&program, next);
        pipeline_step(&pipelines[k], &executed.insn, &executed.outcome, &cost);
        next = executed.outcome.next;
      }
      pipelines[k].now += PAUSE;
      insn_t alone = decode_at(CODE, 0xE9D1, 0x0200); /* ldrd r0, r2, [r1]: joins nothing that is there */
      outcome_t outcome = {.next = CODE + alone.size};
      pipeline_step(&pipelines[k], &alone, &outcome, &cost);
      next = step_nops(&pipelines[k], outcome.next, NOPS);
    }
    ck_assert_msg(same_state(&pipelines[0], &pipelines[1], next), "seed %u", (unsigned)seed);
  }
}
END_TEST

/* One instruction behind NOPs, to which nothing else has happened. */
typedef struct {
  opcode_t opcode;
  uint32_t address; /* of its access, 0: none */
  bool taken;
  uint8_t it_condition; /* 1 more than that; 0: not in IT */
  uint8_t slave, first_wait, grade;
} last_t;

static uint32_t step_last(pipeline_t *pipeline, const core_model_t *model, const last_t *last) {
  pipeline_reset(pipeline, model, NULL);
  pipeline->now = 1000;
  uint32_t address = step_nops(pipeline, CODE, NOPS);
  it_context_t it = {last->it_condition != 0, (uint8_t)(last->it_condition - 1)};
  insn_t insn = decode_in_it(address, last->opcode.first, last->opcode.second, it);
  outcome_t outcome = {.next = CODE + 0x40,
                       .has_address = last->address != 0,
                       .address = last->address,
                       .taken = last->taken,
                       .slave = last->slave,
                       .first_wait = last->first_wait,
                       .memory_grade = last->grade};
  cost_t cost;
  pipeline_step(pipeline, &insn, &outcome, &cost);
  return outcome.next;
}

#define NOP       .opcode = {0xBF00, 0}
#define NOP_W     .opcode = {0xF3AF, 0x8000}
#define ADD_R0    .opcode = {0x1840, 0}      /* adds r0, r0, r1 */
#define ADD_R2    .opcode = {0x1842, 0}      /* adds r2, r0, r1 */
#define MUL_R0    .opcode = {0x4348, 0}      /* muls r0, r1 */
#define LSL_R0    .opcode = {0xFA00, 0xF001} /* lsl.w r0, r0, r1 */
#define DIVIDE    .opcode = {0xFBB0, 0xF0F1} /* udiv r0, r0, r1 */
#define LOAD_R0   .opcode = {0x6808, 0}      /* ldr r0, [r1] */
#define LOAD_R2   .opcode = {0x680A, 0}      /* ldr r2, [r1] */
#define LOAD_BACK .opcode = {0xF851, 0x0B04} /* ldr r0, [r1], #4 */
#define LOAD_TWO  .opcode = {0xE9D1, 0x0200} /* ldrd r0, r2, [r1] */
#define STORE     .opcode = {0x6008, 0}      /* str r0, [r1] */
#define STORE_W   .opcode = {0xF8C1, 0x0000} /* str.w r0, [r1] */
#define STORE_R   .opcode = {0x5088, 0}      /* str r0, [r1, r2] */
#define STOREBACK .opcode = {0xF841, 0x0B04} /* str r0, [r1], #4 */
#define STORE_B   .opcode = {0x7008, 0}      /* strb r0, [r1] */
#define VADD_S0   .opcode = {0xEE30, 0x0A81} /* vadd.f32 s0, s1, s2 */
#define VADD_S2   .opcode = {0xEE30, 0x1A81} /* vadd.f32 s2, s1, s2 */
#define VDIV_S0   .opcode = {0xEE80, 0x0A81} /* vdiv.f32 s0, s1, s2 */
#define VSQRT_S0  .opcode = {0xEEB1, 0x0AC1} /* vsqrt.f32 s0, s2 */
#define VMLA_S0   .opcode = {0xEE00, 0x0A81} /* vmla.f32 s0, s1, s2 */
#define VFMA_S0   .opcode = {0xEEA0, 0x0A81} /* vfma.f32 s0, s1, s2 */
#define VFMA_D0   .opcode = {0xEEA1, 0x0B02} /* vfma.f64 d0, d1, d2 */
#define VADD_D0   .opcode = {0xEE31, 0x0B02} /* vadd.f64 d0, d1, d2 */
#define BRANCH    .opcode = {0xE7FE, 0}
#define BEQ       .opcode = {0xD0FE, 0}

enum { M4 = 1, M7 = 2, BOTH = M4 | M7 };

static const struct {
  const char *what;
  unsigned cores;
  last_t one, other;
} different[] =
    {
        {"a load", BOTH, {LOAD_R0, .address = DATA}, {NOP}},
        {"a load's register", BOTH, {LOAD_R0, .address = DATA}, {LOAD_R2, .address = DATA}},
        {"a base written back", M4, {LOAD_BACK, .address = DATA}, {LOAD_R0, .address = DATA}},
        {"loads of one and two", BOTH, {LOAD_R0, .address = DATA}, {LOAD_TWO, .address = DATA}},
        {"load and store", BOTH, {LOAD_R0, .address = DATA}, {STORE, .address = DATA}},
        {"who answered a load", M4, {LOAD_R0, .address = DATA, .slave = 1}, {LOAD_R0, .address = DATA, .slave = 2}},
        {"a load that waited", M4, {LOAD_R0, .address = DATA, .first_wait = 1}, {LOAD_R0, .address = DATA}},
        {"a store that waits", M4, {STORE, .address = DATA, .first_wait = 1}, {STORE, .address = DATA}},
        {"how well a wait is known", M4, {STORE, .address = DATA, .grade = 1}, {STORE, .address = DATA}},
        {"an unaligned store", BOTH, {STORE, .address = DATA + 1}, {STORE, .address = DATA}},
        {"store by register", M4, {STORE_R, .address = DATA}, {STORE, .address = DATA}},
        {"store with writeback", BOTH, {STOREBACK, .address = DATA}, {STORE_W, .address = DATA}},
        {"a result", BOTH, {ADD_R0}, {ADD_R2}},
        {"16 and 32 bits", M4, {NOP}, {NOP_W}},
        {"a taken branch", BOTH, {BRANCH, .taken = true}, {NOP}},
        {"a fetch for a target", M4, {BEQ}, {NOP}},
        {"FP result", BOTH, {VADD_S0}, {VADD_S2}},
        {"FP MAC", BOTH, {VADD_S0}, {VMLA_S0}},
        {"divide and square root", BOTH, {VDIV_S0}, {VSQRT_S0}},
        {"FP divide", BOTH, {VDIV_S0}, {VADD_S0}},
        {"VMLA and VFMA", M7, {VMLA_S0}, {VFMA_S0}},
        {"doubles: a MAC", M7, {VFMA_D0}, {VADD_D0}},
        {"producer", M7, {MUL_R0}, {ADD_R0}},
        {"unit of the older one", M7, {LSL_R0}, {ADD_R0}},
        {"the slot", M7, {DIVIDE}, {MUL_R0}},
        {"a condition", M7, {ADD_R0, .it_condition = 1}, {ADD_R0}},
        {"which condition", M7, {ADD_R0, .it_condition = 1}, {ADD_R0, .it_condition = 2}},
        {"the bank of a load", M7, {LOAD_R0, .address = DATA}, {LOAD_R0, .address = DATA + 4}},
        {"an unaligned load", M7, {LOAD_R0, .address = DATA}, {LOAD_R0, .address = DATA + 1}},
        {"a load of who knows where", M7, {LOAD_R0, .address = DATA}, {LOAD_R0}},
        {"a narrow store", M7, {STORE_B, .address = DATA}, {STORE, .address = DATA}},
        {"the bank of a narrow store", M7, {STORE_B, .address = DATA}, {STORE_B, .address = DATA + 4}},
},
  equal[] = {
      {"a load's word", M4, {LOAD_R0, .address = DATA}, {LOAD_R0, .address = DATA + 4}},
      {"a load's doubleword", BOTH, {LOAD_R0, .address = DATA + 8}, {LOAD_R0, .address = DATA}},
      {"a store's word", BOTH, {STORE, .address = DATA + 0x40}, {STORE, .address = DATA}},
      {"flags alone", M4, {.opcode = {0x2801, 0}}, {.opcode = {0x4288, 0}}},
};

static bool last_is_same(const core_model_t *model, const last_t *one, const last_t *other) {
  pipeline_t a, b;
  uint32_t next = step_last(&a, model, one);
  step_last(&b, model, other);
  b.now = a.now > b.now ? a.now : b.now; /* cycles apart */
  a.now = b.now;
  return same_state(&a, &b, next);
}

START_TEST(what_matters_is_different) {
  for (unsigned core = M4; core <= M7; core++) {
    for (size_t i = 0; i < sizeof different / sizeof *different; i++) {
      if (!(different[i].cores & core)) continue;
      bool same = last_is_same(core == M4 ? m4 : m7, &different[i].one, &different[i].other);
      ck_assert_msg(!same, "Cortex-M%u: %s", core == M4 ? 4 : 7, different[i].what);
    }
    for (size_t i = 0; i < sizeof equal / sizeof *equal; i++) {
      if (!(equal[i].cores & core)) continue;
      bool same = last_is_same(core == M4 ? m4 : m7, &equal[i].one, &equal[i].other);
      ck_assert_msg(same, "Cortex-M%u: %s", core == M4 ? 4 : 7, equal[i].what);
    }
  }
}
END_TEST

/* With a memory, when fetches are complete depends on when those before have left the queue. */
/* What one instruction behind another leaves. */
START_TEST(runs_are_different) {
  static const last_t mac = {VMLA_S0}, mac64 = {VFMA_D0}, nop = {NOP};
  pipeline_t one, other;
  uint32_t next = step_last(&one, m7, &mac);
  other = one;
  other.state.m7.mac_in_run = true;
  ck_assert(!same_state(&one, &other, next));
  next = step_last(&one, m7, &mac64);
  one.state.m7.mac64_end = one.now + 1;
  other = one;
  ck_assert(same_state(&one, &other, next));
  other.state.m7.mac64_end++;
  ck_assert(!same_state(&one, &other, next));
  other.state.m7.mac64_end = 0;
  one.state.m7.mac64_end = one.state.m7.older_time; /* an addition still waits behind it */
  ck_assert(!same_state(&one, &other, next));
  next = step_last(&one, m4, &nop);
  other = one;
  other.state.m4.unaligned_run++;
  ck_assert(!same_state(&one, &other, next));
}
END_TEST

START_TEST(m7_fetches_under_way_are_different) {
  memory_t *memory = memory_of(h723, 3, 0);
  pipeline_t early, late;
  pipeline_reset(&early, m7, memory);
  early.now = 1000;
  uint32_t next = step_nops(&early, 0, NOPS); /* from the ITCM */
  late = early;
  ck_assert(same_state(&early, &late, next));
  unsigned entries = m7->parameters[PARAMETER_FETCH_QUEUE_ENTRIES].value;
  for (unsigned i = 0; i < entries; i++) {
    late.state.m7.entry_left[i] = late.now + entries; /* its fetch must wait for the place */
    ck_assert_msg(!same_state(&early, &late, next), "entry %u", i);
    late = early;
  }
  late.state.m7.fetch_done = late.now + 2;
  ck_assert(!same_state(&early, &late, next));
  for (unsigned i = 0; i < entries; i++) { /* the same, a place further */
    unsigned from = (early.state.m7.entry + i) % entries;
    early.state.m7.entry_left[from] = early.now + i;
    late.state.m7.entry_left[(from + 1) % entries] = early.now + i;
  }
  late.state.m7.fetch_done = early.state.m7.fetch_done;
  late.state.m7.entry = (uint8_t)(early.state.m7.entry + 1);
  ck_assert(same_state(&early, &late, next));
  memory_free(memory);
}
END_TEST

START_TEST(what_may_still_be_charged_is_said) {
  static const struct {
    last_t last;
    bool owes, has_stores; /* Cortex-M4, Cortex-M7 */
  } states[] = {{{NOP}, false, false},
                {{ADD_R0}, false, false},
                {{LOAD_R0, .address = DATA}, true, false},
                {{LOAD_TWO, .address = DATA}, false, false},
                {{STORE, .address = DATA}, true, true},
                {{STORE_R, .address = DATA}, true, true}};
  for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
    uint8_t bytes[PIPELINE_STATE_BYTES];
    pipeline_t pipeline;
    uint32_t next = step_last(&pipeline, m4, &states[i].last);
    ck_assert_uint_gt(pack(&pipeline, next, bytes), 0);
    ck_assert_int_eq(pipeline_state_owes(&pipeline, bytes), states[i].owes);
    ck_assert(!pipeline_state_has_stores(&pipeline, bytes));
    next = step_last(&pipeline, m7, &states[i].last);
    ck_assert_uint_gt(pack(&pipeline, next, bytes), 0);
    ck_assert(!pipeline_state_owes(&pipeline, bytes));
    ck_assert_int_eq(pipeline_state_has_stores(&pipeline, bytes), states[i].has_stores);
    next = step_nops(&pipeline, next, 4 * NOPS);
    pack(&pipeline, next, bytes);
    ck_assert(!pipeline_state_has_stores(&pipeline, bytes));
  }
}
END_TEST

START_TEST(what_is_too_far_from_the_clock_is_not_kept) {
  enum { FARTHEST = 250 };
  memory_t *memory = memory_of(f407, 0, 0);
  uint8_t bytes[PIPELINE_STATE_BYTES];
  pipeline_t pipeline;
  pipeline_reset(&pipeline, m4, memory);
  pipeline.now = 1000;
  uint32_t next = step_nops(&pipeline, CODE, NOPS);
  ck_assert_uint_gt(pack(&pipeline, next, bytes), 0);
  pipeline.now += FARTHEST + NOPS;
  ck_assert_uint_eq(pack(&pipeline, next, bytes), 0);
  next = step_nops(&pipeline, next, NOPS);
  ck_assert_uint_gt(pack(&pipeline, next, bytes), 0);
  memory_free(memory);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("pipeline_state");
  TCase *tcase = tcase_create("unpacked");
  tcase_add_unchecked_fixture(tcase, open_all, close_all);
  tcase_set_timeout(tcase, 120);
  tcase_add_test(tcase, m4_unpacked_goes_on);
  tcase_add_test(tcase, m7_unpacked_goes_on);
  tcase_add_test(tcase, m4_unpacked_goes_on_with_a_memory);
  tcase_add_test(tcase, m7_unpacked_goes_on_with_a_memory);
  suite_add_tcase(suite, tcase);
  tcase = tcase_create("equal and different");
  tcase_add_unchecked_fixture(tcase, open_all, close_all);
  tcase_add_test(tcase, the_clock_itself_makes_no_difference);
  tcase_add_test(tcase, what_lies_far_back_makes_no_difference);
  tcase_add_test(tcase, what_matters_is_different);
  tcase_add_test(tcase, runs_are_different);
  tcase_add_test(tcase, m7_fetches_under_way_are_different);
  tcase_add_test(tcase, what_may_still_be_charged_is_said);
  tcase_add_test(tcase, what_is_too_far_from_the_clock_is_not_kept);
  suite_add_tcase(suite, tcase);
  return run_suite(suite);
}
