/* Pipelines as pure functions: the short way through the Cortex-M4 equals the long one, and steps on a copy leave the
   original alone. */
#include "run_suite.h"
#include "timing/pipeline.h"

#include <check.h>
#include <string.h>

static core_model_t *model;
static decoder_t *decoder;

static void open_all(void) {
  model = cost_model_load(CMSIM_SOURCE_DIR "/cost_models", "cortex-m4");
  decoder = decoder_new();
  ck_assert(model && decoder);
}

static void close_all(void) {
  cost_model_free(model);
  decoder_free(decoder);
}

/* Data processing of both sizes, and what it stands beside: loads, stores, a branch, NOP, IT, FP. */
static const uint16_t opcodes[][2] = {
    {0x1840},         /* adds r0, r0, r1 */
    {0xEA80, 0x0001}, /* eor.w r0, r0, r1 */
    {0xFB00, 0xF001}, /* mul r0, r0, r1 */
    {0x1C1B},         /* adds r3, r3, #0 */
    {0x681A},         /* ldr r2, [r3] */
    {0xF8D3, 0x2004}, /* ldr.w r2, [r3, #4] */
    {0xF853, 0x2B04}, /* ldr r2, [r3], #4 */
    {0x601A},         /* str r2, [r3] */
    {0xE841, 0x0000}, /* strex r0, r0, [r1] */
    {0xBF00},         /* nop */
    {0xBF08},         /* it eq */
    {0xE7FE},         /* b, taken */
    {0xD1FE},         /* bne, taken or not */
    {0xEE30, 0x0A20}, /* vadd.f32 s0, s0, s1 */
    {0xFBB0, 0xF0F1}, /* udiv r0, r0, r1 */
};
enum { OPCODES = sizeof opcodes / sizeof *opcodes, PROGRAM = 400 };

static uint32_t next_random(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

static insn_t pick(uint32_t *seed, uint32_t address) {
  const uint16_t *o = opcodes[next_random(seed) % OPCODES];
  const uint8_t bytes[4] = {(uint8_t)o[0], (uint8_t)(o[0] >> 8), (uint8_t)o[1], (uint8_t)(o[1] >> 8)};
  insn_t insn;
  decode_insn(decoder, bytes, address, (it_context_t){0}, &insn);
  return insn;
}

static outcome_t happen(uint32_t *seed, const insn_t *insn) {
  outcome_t outcome = {.next = insn->address + insn->size};
  if (insn->memory != MEMORY_NONE) {
    outcome.has_address = true;
    outcome.address = 0x20000000u + next_random(seed) % 64;
    outcome.slave = (uint8_t)(next_random(seed) % 3);
    outcome.first_wait = outcome.slave;
  }
  outcome.taken = insn->flow == FLOW_BRANCH || (insn->flow == FLOW_CONDITIONAL && (next_random(seed) & 1u));
  outcome.dividend = next_random(seed);
  outcome.divisor = next_random(seed) >> 12;
  return outcome;
}

static bool issues(const cost_t *cost) {
  for (unsigned i = 0; i < cost->count; i++) {
    if (cost->charges[i].cause == CAUSE_ISSUE) return true;
  }
  return false;
}

START_TEST(short_way_equals_long_way) {
  uint32_t seed = (uint32_t)_i + 1, address = 0x08000000u + 2u * (unsigned)(_i % 2);
  pipeline_t shortly, fully;
  pipeline_reset(&shortly, model, NULL);
  pipeline_reset(&fully, model, NULL);
  unsigned plain = 0;
  for (unsigned n = 0; n < PROGRAM; n++) {
    insn_t insn = pick(&seed, address), long_insn = insn;
    outcome_t outcome = happen(&seed, &insn);
    plain += (insn.flags & INSN_PLAIN) != 0;
    long_insn.flags &= ~(uint32_t)INSN_PLAIN;
    cost_t a, b;
    pipeline_step(&shortly, &insn, &outcome, &a);
    pipeline_step(&fully, &long_insn, &outcome, &b);
    ck_assert_msg(a.cycles == b.cycles && a.count == b.count && a.before == b.before,
                  "program %d, instruction %u at 0x%08x: %u cycles and %u", _i, n, (unsigned)address,
                  (unsigned)a.cycles, (unsigned)b.cycles);
    ck_assert(memcmp(a.charges, b.charges, a.count * sizeof *a.charges) == 0);
    if (!issues(&a)) ck_assert_uint_eq(a.before, a.count); /* folded or hidden: whatever it waits passes before */
    address += insn.size;
  }
  ck_assert_uint_gt(plain, 0);
  ck_assert_uint_eq(shortly.now, fully.now);
}
END_TEST

START_TEST(asking_when_it_would_issue_changes_nothing) {
  uint32_t seed = 7, address = 0x08000000u;
  pipeline_t asked, left_alone;
  pipeline_reset(&asked, model, NULL);
  pipeline_reset(&left_alone, model, NULL);
  for (unsigned n = 0; n < PROGRAM; n++) {
    insn_t insn = pick(&seed, address);
    outcome_t outcome = happen(&seed, &insn);
    cost_t a, b;
    uint64_t issue = pipeline_issue_cycle(&asked, &insn, &outcome);
    uint64_t start = asked.now;
    pipeline_step(&asked, &insn, &outcome, &a);
    pipeline_step(&left_alone, &insn, &outcome, &b);
    ck_assert_uint_eq(a.cycles, b.cycles);
    for (unsigned i = 0; i < a.before; i++)
      start += a.charges[i].cycles;
    ck_assert_uint_eq(issue, start);
    address += insn.size;
  }
}
END_TEST

/* Cycles of EOR R3, R1, R4 behind ADDEQ R1 and LDR R0, [R1], #4, with or without the rule predicated_result. */
static unsigned behind_writeback(bool rule) {
  static const uint8_t add[] = {0x01, 0xEB, 0x02, 0x01}, load[] = {0x51, 0xF8, 0x04, 0x0B}, use[] = {0x81, 0xEA, 4, 3};
  static const struct {
    const uint8_t *bytes;
    it_context_t context;
  } steps[] = {{add, {true, 0}}, {load, {0}}, {use, {0}}};
  core_model_t *m7 = cost_model_of(CMSIM_SOURCE_DIR, "m7");
  ck_assert(m7 && (rule || cost_model_rule_off(m7, "predicated_result")));
  pipeline_t pipeline;
  pipeline_reset(&pipeline, m7, NULL);
  cost_t cost = {0};
  for (unsigned i = 0; i < sizeof steps / sizeof *steps; i++) {
    insn_t insn;
    decode_insn(decoder, steps[i].bytes, 0x08000000u + 4 * i, steps[i].context, &insn);
    outcome_t outcome = {.has_address = i == 1, .address = 0x20000000u};
    pipeline_step(&pipeline, &insn, &outcome, &cost);
  }
  cost_model_free(m7);
  return cost.cycles;
}

START_TEST(writeback_is_no_conditional_result) { ck_assert_uint_eq(behind_writeback(true), behind_writeback(false)); }
END_TEST

static const char *const event_cores[] = {"m4", "m7"};

/* Cycles of the NOP or BX LR in BYTES with EVENTS, behind two NOPs; COST is that of the step. */
static unsigned with_events(const core_model_t *of, const uint8_t *bytes, outcome_t outcome, cost_t *cost) {
  static const uint8_t nop[] = {0x00, 0xBF, 0, 0};
  pipeline_t pipeline;
  insn_t insn;
  pipeline_reset(&pipeline, of, NULL);
  for (unsigned i = 0; i < 2; i++) {
    decode_insn(decoder, nop, 0x08000000u + 2 * i, (it_context_t){0}, &insn);
    pipeline_step(&pipeline, &insn, &(outcome_t){0}, cost);
  }
  uint64_t start = pipeline.now;
  decode_insn(decoder, bytes, 0x08000004u, (it_context_t){0}, &insn);
  pipeline_step(&pipeline, &insn, &outcome, cost);
  ck_assert_uint_eq(pipeline.now - start, cost->cycles);
  return cost->cycles;
}

static unsigned charged(const cost_t *cost, cause_t cause) {
  unsigned cycles = 0;
  for (unsigned i = 0; i < cost->count; i++)
    cycles += cost->charges[i].cause == (uint8_t)cause ? cost->charges[i].cycles : 0;
  return cycles;
}

START_TEST(exceptions_cost_what_their_parameters_say) {
  static const uint8_t nop[] = {0x00, 0xBF, 0, 0}, bx_lr[] = {0x70, 0x47, 0, 0};
  core_model_t *core = cost_model_of(CMSIM_SOURCE_DIR, event_cores[_i]);
  ck_assert_ptr_nonnull(core);
  const cost_parameter_t *parameters = core->parameters;
  unsigned entry = parameters[PARAMETER_EXCEPTION_ENTRY].value, leave = parameters[PARAMETER_EXCEPTION_RETURN].value;
  unsigned chain = parameters[PARAMETER_EXCEPTION_TAIL_CHAIN].value, fp = parameters[PARAMETER_LAZY_FP_SAVE].value;
  cost_t cost;
  ck_assert_uint_eq(with_events(core, nop, (outcome_t){.events = EVENT_ENTRY}, &cost), entry + 1);
  ck_assert_uint_eq(charged(&cost, CAUSE_EXCEPTION), entry);
  ck_assert_uint_eq(cost.before, 1); /* the handler begins after it */
  ck_assert_uint_eq(with_events(core, nop, (outcome_t){.events = EVENT_ENTRY, .stack_wait = 3}, &cost), entry + 4);
  ck_assert_uint_eq(with_events(core, nop, (outcome_t){.events = EVENT_ENTRY | EVENT_FP_SAVE}, &cost), entry + fp + 1);
  ck_assert_uint_eq(with_events(core, nop, (outcome_t){.events = EVENT_FP_SAVE}, &cost), fp + 1);
  outcome_t back = {.events = EVENT_RETURN, .taken = true, .next = 0xFFFFFFF8u};
  ck_assert_uint_eq(with_events(core, bx_lr, back, &cost), leave);
  back.events |= EVENT_FP_RESTORE;
  ck_assert_uint_eq(with_events(core, bx_lr, back, &cost), leave + fp);
  back.events = EVENT_CHAIN;
  ck_assert_uint_eq(with_events(core, bx_lr, back, &cost), chain);
  ck_assert_uint_eq(with_events(core, nop, (outcome_t){.events = EVENT_SLEEP, .slept = 1000}, &cost), 1001);
  ck_assert_uint_eq(charged(&cost, CAUSE_SLEEP), 1000);
  cost_model_free(core);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("pipeline");
  TCase *m4 = tcase_create("m4");
  tcase_add_unchecked_fixture(m4, open_all, close_all);
  tcase_add_loop_test(m4, short_way_equals_long_way, 0, 50);
  tcase_add_test(m4, asking_when_it_would_issue_changes_nothing);
  suite_add_tcase(suite, m4);
  TCase *m7 = tcase_create("m7");
  tcase_add_unchecked_fixture(m7, open_all, close_all);
  tcase_add_test(m7, writeback_is_no_conditional_result);
  suite_add_tcase(suite, m7);
  TCase *events = tcase_create("events");
  tcase_add_unchecked_fixture(events, open_all, close_all);
  tcase_add_loop_test(events, exceptions_cost_what_their_parameters_say, 0, 2);
  suite_add_tcase(suite, events);
  return run_suite(suite);
}
