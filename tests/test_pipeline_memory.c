/* A pipeline in front of a memory: one that never waits changes nothing, and one that does is asked when it should be.
 */
#include "run_suite.h"
#include "timing/pipeline.h"

#include <stdio.h>
#include <string.h>

static decoder_t *decoder;
static core_model_t *m4, *m7;
static target_t *f407, *h723;

static void open_all(void) {
  decoder = decoder_new();
  m4 = cost_model_of(CMSIM_SOURCE_DIR, "m4");
  m7 = cost_model_of(CMSIM_SOURCE_DIR, "m7");
  f407 = target_load(CMSIM_SOURCE_DIR "/configs", "stm32f407vg");
  h723 = target_load(CMSIM_SOURCE_DIR "/configs", "stm32h723zg");
  ck_assert(decoder && m4 && m7 && f407 && h723);
}

static void close_all(void) {
  decoder_free(decoder);
  cost_model_free(m4);
  cost_model_free(m7);
  target_free(f407);
  target_free(h723);
}

static memory_t *memory_of(const target_t *target, unsigned wait_states, unsigned on) {
  bool ok;
  memory_t *memory = memory_new(target, &ok);
  ck_assert(ok && memory);
  memory_set_flash(memory, wait_states, on);
  memory_set_l1(memory, true, true);
  return memory;
}

/* ---- Random programs: any opcode that decodes, in a straight line or behind a taken branch ---- */

enum { PROGRAM = 100, PROGRAMS = 3000 };

static uint32_t next_random(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

static insn_t pick(uint32_t *seed, uint32_t address) {
  insn_t insn;
  do {
    uint16_t first = (uint16_t)next_random(seed), second = (uint16_t)next_random(seed);
    if (next_random(seed) & 1u) first |= 0xE800; /* as many of 32 bits as of 16 */
    const uint8_t bytes[4] = {(uint8_t)first, (uint8_t)(first >> 8), (uint8_t)second, (uint8_t)(second >> 8)};
    decode_insn(decoder, bytes, address, (it_context_t){0}, &insn);
  } while (insn.flags & INSN_UNDEFINED);
  return insn;
}

static outcome_t happen(uint32_t *seed, const insn_t *insn, uint32_t code) {
  outcome_t outcome = {.next = insn->address + insn->size};
  if (insn->memory != MEMORY_NONE) {
    outcome.has_address = true;
    outcome.address = 0x20000000u + next_random(seed) % 256;
    outcome.slave = 1;
  }
  outcome.taken = insn->flow != FLOW_NONE && (insn->flow != FLOW_CONDITIONAL || (next_random(seed) & 1u));
  if (outcome.taken) outcome.next = code + next_random(seed) % 2048 * 2;
  outcome.dividend = next_random(seed);
  outcome.divisor = next_random(seed) >> 12;
  return outcome;
}

typedef struct {
  uint64_t cycles, insns, steps_differ, programs_differ;
  int64_t difference, worst; /* with memory less without: in all, and of one program */
} comparison_t;

static void compare(comparison_t *sum, const core_model_t *model, memory_t *memory, uint32_t code, uint32_t seed) {
  pipeline_t with, without;
  pipeline_reset(&with, model, memory);
  pipeline_reset(&without, model, NULL);
  uint32_t address = code + 2u * (seed % 4u);
  for (unsigned n = 0; n < PROGRAM; n++) {
    insn_t insn = pick(&seed, address);
    outcome_t outcome = happen(&seed, &insn, code);
    cost_t a, b;
    pipeline_step(&with, &insn, &outcome, &a);
    pipeline_step(&without, &insn, &outcome, &b);
    sum->steps_differ += a.count != b.count || memcmp(a.charges, b.charges, a.count * sizeof *a.charges) != 0;
    address = outcome.next;
  }
  int64_t difference = (int64_t)with.now - (int64_t)without.now;
  sum->programs_differ += difference != 0;
  sum->insns += PROGRAM;
  sum->cycles += without.now;
  sum->difference += difference;
  int64_t size = difference < 0 ? -difference : difference;
  if (size > sum->worst) sum->worst = size;
}

static comparison_t compare_all(const core_model_t *model, memory_t *memory, uint32_t code) {
  comparison_t sum = {0};
  for (uint32_t seed = 1; seed <= PROGRAMS; seed++)
    compare(&sum, model, memory, code, seed * 2654435761u);
  printf(
      "%s: %llu programs, %llu instructions, %llu cycles: %llu programs and %llu instructions differ, %lld cycles in "
      "all, at most %lld in one\n",
      model == m4 ? "Cortex-M4" : "Cortex-M7", (unsigned long long)PROGRAMS, (unsigned long long)sum.insns,
      (unsigned long long)sum.cycles, (unsigned long long)sum.programs_differ, (unsigned long long)sum.steps_differ,
      (long long)sum.difference, (long long)sum.worst);
  return sum;
}

START_TEST(m4_flash_without_wait_states_changes_nothing) {
  memory_t *memory = memory_of(f407, 0, FLASH_PREFETCH);
  comparison_t sum = compare_all(m4, memory, 0x08000000);
  ck_assert_uint_eq(sum.steps_differ, 0);
  memory_free(memory);
}
END_TEST

START_TEST(m7_tcm_changes_nothing) {
  memory_t *memory = memory_of(h723, 3, 0);
  comparison_t sum = compare_all(m7, memory, 0);
  ck_assert_uint_eq(sum.steps_differ, 0);
  memory_free(memory);
}
END_TEST

/* ---- Chosen programs ---- */

#define ADDS   0x1840         /* adds r0, r0, r1 */
#define ADD_W  0xEB04, 0x0503 /* add.w r5, r4, r3 */
#define BRANCH 0xE7FE         /* b, to where the test says */
#define LOAD   0xF8D6, 0x2000 /* ldr.w r2, [r6] */
#define STORE  0xF8C6, 0x2000 /* str.w r2, [r6] */
#define USE    0xF8D2, 0x7000 /* ldr.w r7, [r2] */
#define LIST   0xE896, 0x0F0F /* ldm.w r6, {r0-r3, r8-r11} */
#define DIVIDE 0xFBB4, 0xF8F3 /* udiv r8, r4, r3 */

typedef struct {
  uint16_t first, second;
} opcode_t;

static pipeline_t pipeline;
static uint32_t here;
static cost_t cost;

static void begin_at(const core_model_t *model, memory_t *memory, uint32_t address) {
  pipeline_reset(&pipeline, model, memory);
  here = address;
}

static insn_t decode_here(opcode_t opcode) {
  const uint8_t bytes[4] = {(uint8_t)opcode.first, (uint8_t)(opcode.first >> 8), (uint8_t)opcode.second,
                            (uint8_t)(opcode.second >> 8)};
  insn_t insn;
  decode_insn(decoder, bytes, here, (it_context_t){0}, &insn);
  return insn;
}

static unsigned step_with(opcode_t opcode, outcome_t outcome) {
  insn_t insn = decode_here(opcode);
  if (!outcome.taken) outcome.next = here + insn.size;
  pipeline_step(&pipeline, &insn, &outcome, &cost);
  here = outcome.next;
  return cost.cycles;
}

static unsigned step(uint16_t first, uint16_t second) { return step_with((opcode_t){first, second}, (outcome_t){0}); }
static unsigned access_to(uint16_t first, uint16_t second, uint32_t address) {
  return step_with((opcode_t){first, second}, (outcome_t){.has_address = true, .address = address});
}
static unsigned jump(uint32_t to) { return step_with((opcode_t){BRANCH, 0}, (outcome_t){.taken = true, .next = to}); }

static unsigned charged(cause_t cause) {
  unsigned cycles = 0;
  for (unsigned i = 0; i < cost.count; i++)
    cycles += cost.charges[i].cause == (uint8_t)cause ? cost.charges[i].cycles : 0;
  return cycles;
}

static unsigned flash_cycles; /* of the last straight(): those charged to flash */

/* Cycles of COUNT of the same; the queue has run in before. */
static unsigned straight(unsigned count, uint16_t first, uint16_t second) {
  enum { RUN_IN = 32 };
  for (unsigned i = 0; i < RUN_IN; i++)
    step(first, second);
  uint64_t start = pipeline.now;
  flash_cycles = 0;
  for (unsigned i = 0; i < count; i++) {
    step(first, second);
    flash_cycles += charged(CAUSE_FLASH);
  }
  return (unsigned)(pipeline.now - start);
}

enum { WAIT = 5, READS = 50, WORDS = 4 }; /* reads of the array, and words of each */

/* Words come one a cycle, so a read has four cycles of fetch and its wait states, of which a prefetch begun at once
   leaves two: the array is read every six cycles. */
START_TEST(m4_straight_code_goes_at_the_pace_of_the_array) {
  static const struct {
    unsigned wait_states, on, cycles;
  } cases[] = {{0, 0, WORDS}, {WAIT, 0, WORDS + WAIT}, {WAIT, FLASH_PREFETCH, WAIT + 1}, {2, FLASH_PREFETCH, WORDS}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    memory_t *memory = memory_of(f407, cases[i].wait_states, cases[i].on);
    begin_at(m4, memory, 0x08000000);
    ck_assert_uint_eq(straight(READS * WORDS, ADD_W), READS * cases[i].cycles);
    ck_assert_uint_eq(flash_cycles, READS * (cases[i].cycles - WORDS));
    begin_at(m4, memory, 0x08010000); /* 16-bit opcodes: two a word, so the queue has time to fill */
    unsigned least = 2 * WORDS > cases[i].cycles ? 2 * WORDS : cases[i].cycles;
    ck_assert_uint_eq(straight(READS * WORDS * 2, ADDS, 0), READS * least);
    memory_free(memory);
  }
}
END_TEST

/* Cycles of the third pass over a loop of 100 words; those of the first in FIRST. */
static unsigned third_pass(memory_t *memory, unsigned *first) {
  enum { BODY = 100, PASSES = 3 };
  unsigned passes[PASSES];
  begin_at(m4, memory, 0x08000000);
  for (unsigned pass = 0; pass < PASSES; pass++) {
    uint64_t start = pipeline.now;
    for (unsigned i = 0; i < BODY; i++)
      step(ADD_W);
    jump(0x08000000);
    passes[pass] = (unsigned)(pipeline.now - start);
  }
  *first = passes[0];
  return passes[PASSES - 1];
}

START_TEST(m4_code_in_the_cache_goes_as_without_wait_states) {
  memory_t *memory = memory_of(f407, WAIT, FLASH_ICACHE);
  unsigned first, first_at_once;
  ck_assert_uint_eq(third_pass(memory, &first), third_pass(NULL, &first_at_once));
  ck_assert_uint_gt(first, first_at_once + 100 / WORDS * WAIT - WAIT);
  memory_free(memory);
}
END_TEST

/* Three words wait in the queue; the fourth, in the next read, is fetched when the first of them has left. */
START_TEST(m4_the_fetch_queue_reads_no_further_than_it_has_room) {
  memory_t *memory = memory_of(f407, WAIT, 0);
  begin_at(m4, memory, 0x08000000);
  straight(1, ADD_W); /* the next is the second word of a read */
  pipeline.now += 100;
  for (unsigned i = 0; i < 3; i++)
    ck_assert_uint_eq(step(ADD_W), 1);
  ck_assert_uint_eq(step(ADD_W), 1 + WAIT + 1 - 3);
  memory_free(memory);
}
END_TEST

START_TEST(m4_target_of_a_branch_waits_for_flash) {
  memory_t *memory = memory_of(f407, WAIT, FLASH_ICACHE);
  begin_at(m4, memory, 0x08000000);
  straight(1, ADDS, 0);
  for (unsigned i = 0; i < 10 && pipeline.state.m4.fetching; i++)
    step(DIVIDE); /* until no fetch is under way */
  jump(0x08001000);
  unsigned waited = step(ADDS, 0) - 1;
  ck_assert_uint_eq(waited, WAIT);
  ck_assert_uint_eq(charged(CAUSE_FLASH), WAIT);
  ck_assert_uint_eq(charged(CAUSE_FETCH), 0);
  memory_free(memory);
}
END_TEST

/* A loop within one read, whose queue runs ahead into the next one: the branch waits for that read the first time. */
START_TEST(m4_a_fetch_that_a_branch_made_useless_is_completed) {
  memory_t *memory = memory_of(f407, WAIT, FLASH_ICACHE);
  begin_at(m4, memory, 0x08000000);
  unsigned targets[3];
  for (unsigned pass = 0; pass < 3; pass++) {
    targets[pass] = step(ADDS, 0);
    for (unsigned i = 1; i < 2 * WORDS - 1; i++)
      step(ADDS, 0);
    jump(0x08000000);
  }
  ck_assert_uint_gt(targets[0], targets[2]);
  ck_assert_uint_gt(targets[1], targets[2]);
  ck_assert_uint_eq(targets[2], 1);
  memory_free(memory);
}
END_TEST

START_TEST(m4_code_behind_the_system_bus_pays_for_each_word) {
  memory_t *memory = memory_of(f407, WAIT, 0);
  unsigned each = 1 + m4->parameters[PARAMETER_SYSTEM_BUS_FETCH].value;
  ck_assert_uint_gt(each, 1);
  begin_at(m4, memory, 0x20000000);
  ck_assert_uint_eq(straight(100, ADD_W), 100 * each);
  begin_at(m4, memory, 0x20000000);
  ck_assert_uint_eq(straight(100, ADDS, 0), 100);
  begin_at(m4, memory, 0x10000000); /* CCM: over the code buses */
  ck_assert_uint_eq(straight(100, ADD_W), 100);
  memory_free(memory);
}
END_TEST

START_TEST(m4_reads_from_flash_wait_and_others_do_not) {
  memory_t *memory = memory_of(f407, WAIT, FLASH_DCACHE);
  begin_at(m4, memory, 0x10000000);
  straight(1, ADDS, 0);
  ck_assert_uint_eq(access_to(LOAD, 0x08002000), 1 + WAIT);
  ck_assert_uint_eq(charged(CAUSE_FLASH), WAIT);
  step(ADDS, 0);
  ck_assert_uint_eq(access_to(LOAD, 0x08002004), 1); /* in the cache */
  step(ADDS, 0);
  access_to(LIST, 0x08002018); /* over three reads, one after the other */
  ck_assert_uint_eq(charged(CAUSE_FLASH), 3 * WAIT + 2);
  step(ADDS, 0);
  ck_assert_uint_eq(access_to(LOAD, 0x20000000), 1);
  step(ADDS, 0);
  ck_assert_uint_eq(access_to(STORE, 0x08003000), 1);
  step(ADDS, 0);
  jump(0x08001000);
  access_to(LOAD, 0x08004000); /* is fetched first, and then reads */
  ck_assert_uint_eq(charged(CAUSE_FLASH), 2 * WAIT);
  memory_free(memory);
}
END_TEST

enum { AXI_READ = 2 * 2 }; /* first beat of AXI SRAM, at half the clock */

START_TEST(m7_straight_code_goes_at_the_pace_of_its_memory) {
  memory_t *memory = memory_of(h723, 0, 0);
  begin_at(m7, memory, 0x24000000);
  unsigned cached = 0;
  for (unsigned pass = 0; pass < 3; pass++) {
    here = 0x24000000;
    pipeline.state.m7.fetch_line = NO_LINE;
    cached = straight(100, ADD_W);
  }
  ck_assert_uint_eq(cached, 50); /* two at a time */
  memory_set_l1(memory, false, false);
  begin_at(m7, memory, 0x24000000);
  ck_assert_uint_eq(straight(100, ADD_W), 50 * (1 + AXI_READ)); /* eight bytes a fetch */
  ck_assert_uint_eq(step(ADD_W), 1 + AXI_READ);
  ck_assert_uint_eq(charged(CAUSE_BUS), AXI_READ);
  memory_free(memory);
}
END_TEST

/* While a divide executes, the queue of four fills; what it holds is not waited for. */
START_TEST(m7_the_fetch_queue_hides_memory_while_it_lasts) {
  memory_t *memory = memory_of(h723, 0, 0);
  memory_set_l1(memory, false, false);
  unsigned entries = m7->parameters[PARAMETER_FETCH_QUEUE_ENTRIES].value;
  begin_at(m7, memory, 0x24000000);
  pipeline.now = 100;
  straight(2, ADD_W);
  pipeline.now += 100; /* it has stood for long */
  uint64_t start = pipeline.now;
  for (unsigned i = 0; i < 2 * entries; i++)
    step(ADD_W);
  ck_assert_uint_eq(pipeline.now - start, entries);
  ck_assert_uint_eq(charged(CAUSE_BUS), 0);
  unsigned waited = step(ADD_W) - 1;
  ck_assert_uint_gt(waited, 0);
  memory_free(memory);
}
END_TEST

/* Cycles of a load from ADDRESS and of what uses it. */
static unsigned load_and_use(memory_t *memory, uint32_t address) {
  begin_at(m7, memory, 0);
  straight(2, ADD_W);
  unsigned cycles = access_to(LOAD, address);
  return cycles + access_to(USE, 0x20000100);
}

START_TEST(m7_what_a_load_waits_for_comes_as_much_later) {
  memory_t *memory = memory_of(h723, 0, 0);
  unsigned at_once = load_and_use(memory, 0x20000000);
  unsigned missed = load_and_use(memory, 0x24000000);
  ck_assert_uint_eq(missed, at_once + AXI_READ);
  begin_at(m7, memory, 0);
  pipeline.now = 1000;
  straight(2, ADD_W);
  access_to(LIST, 0x24000098); /* over two lines: the second begins when the four beats of the first have come */
  ck_assert_uint_eq(charged(CAUSE_DCACHE_MISS), 2 * AXI_READ + 3 * 2);
  memory_maintain(memory, MAINTAIN_INVALIDATE_LINE, 0x24000000, 2000);
  begin_at(m7, memory, 0);
  pipeline.now = 2000;
  straight(2, ADD_W);
  access_to(LOAD, 0x24000000);
  ck_assert_uint_eq(charged(CAUSE_DCACHE_MISS), AXI_READ);
  ck_assert_uint_eq(charged(CAUSE_MEMORY), 0);
  memory_free(memory);
}
END_TEST

START_TEST(m7_asks_the_memory_and_not_the_outcome) {
  memory_t *memory = memory_of(h723, 0, 0);
  outcome_t outcome = {.has_address = true, .address = 0x20000000, .first_wait = 3};
  begin_at(m7, NULL, 0);
  straight(2, ADD_W);
  step_with((opcode_t){LOAD}, outcome);
  ck_assert_uint_eq(charged(CAUSE_MEMORY), 3);
  begin_at(m7, memory, 0);
  straight(2, ADD_W);
  step_with((opcode_t){LOAD}, outcome);
  ck_assert_uint_eq(charged(CAUSE_MEMORY), 0);
  memory_free(memory);
}
END_TEST

START_TEST(m7_a_full_store_buffer_holds_the_store) {
  memory_t *memory = memory_of(h723, 0, 0);
  memory_set_l1(memory, true, false);
  begin_at(m7, memory, 0);
  straight(2, ADD_W);
  unsigned waited = 0;
  for (uint32_t n = 0; n < STORE_BUFFER; n++) {
    access_to(STORE, 0x24000000 + 8 * n);
    waited += charged(CAUSE_BUS);
  }
  ck_assert_uint_eq(waited, 0);
  access_to(STORE, 0x24000000 + 8 * STORE_BUFFER);
  ck_assert_uint_gt(charged(CAUSE_BUS), 0);
  memory_free(memory);
}
END_TEST

/* ---- Questions ---- */

static const struct {
  const char *name;
  uint32_t code;
} asked_cores[] = {{"m4", 0x08000000}, {"m7", 0x24000000}};

START_TEST(asking_when_it_would_issue_leaves_the_memory_alone) {
  const core_model_t *model = _i ? m7 : m4;
  const target_t *target = _i ? h723 : f407;
  memory_t *asked = memory_of(target, WAIT, FLASH_ICACHE | FLASH_DCACHE | FLASH_PREFETCH);
  memory_t *alone = memory_of(target, WAIT, FLASH_ICACHE | FLASH_DCACHE | FLASH_PREFETCH);
  uint32_t seed = 7, address = asked_cores[_i].code;
  pipeline_t a, b;
  pipeline_reset(&a, model, asked);
  pipeline_reset(&b, model, alone);
  for (unsigned n = 0; n < 10 * PROGRAM; n++) {
    insn_t insn = pick(&seed, address);
    outcome_t outcome = happen(&seed, &insn, asked_cores[_i].code);
    outcome.address += n % 3 ? 0 : asked_cores[_i].code - 0x20000000u + 0x8000u;
    cost_t with, without;
    uint64_t issue = pipeline_issue_cycle(&a, &insn, &outcome), start = a.now;
    if (n % 2) ck_assert_uint_eq(pipeline_issue_cycle(&a, &insn, &outcome), issue);
    pipeline_step(&a, &insn, &outcome, &with);
    pipeline_step(&b, &insn, &outcome, &without);
    ck_assert_uint_eq(with.cycles, without.cycles);
    for (unsigned i = 0; i < with.before; i++)
      start += with.charges[i].cycles;
    if (!with.paired) ck_assert_uint_eq(issue, start);
    address = outcome.next;
  }
  ck_assert_mem_eq(&asked->counts, &alone->counts, sizeof asked->counts);
  ck_assert_uint_eq(asked->flash.ifetch_misses, alone->flash.ifetch_misses);
  memory_free(asked);
  memory_free(alone);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("pipeline_memory");
  TCase *tcase = tcase_create("pipeline_memory");
  tcase_set_timeout(tcase, 120);
  tcase_add_unchecked_fixture(tcase, open_all, close_all);
  tcase_add_test(tcase, m4_flash_without_wait_states_changes_nothing);
  tcase_add_test(tcase, m7_tcm_changes_nothing);
  tcase_add_test(tcase, m4_straight_code_goes_at_the_pace_of_the_array);
  tcase_add_test(tcase, m4_code_in_the_cache_goes_as_without_wait_states);
  tcase_add_test(tcase, m4_the_fetch_queue_reads_no_further_than_it_has_room);
  tcase_add_test(tcase, m4_target_of_a_branch_waits_for_flash);
  tcase_add_test(tcase, m4_a_fetch_that_a_branch_made_useless_is_completed);
  tcase_add_test(tcase, m4_code_behind_the_system_bus_pays_for_each_word);
  tcase_add_test(tcase, m4_reads_from_flash_wait_and_others_do_not);
  tcase_add_test(tcase, m7_straight_code_goes_at_the_pace_of_its_memory);
  tcase_add_test(tcase, m7_the_fetch_queue_hides_memory_while_it_lasts);
  tcase_add_test(tcase, m7_what_a_load_waits_for_comes_as_much_later);
  tcase_add_test(tcase, m7_asks_the_memory_and_not_the_outcome);
  tcase_add_test(tcase, m7_a_full_store_buffer_holds_the_store);
  tcase_add_loop_test(tcase, asking_when_it_would_issue_leaves_the_memory_alone, 0, 2);
  suite_add_tcase(suite, tcase);
  return run_suite(suite);
}
