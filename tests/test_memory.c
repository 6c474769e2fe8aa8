/* The memory system of a Cortex-M7, access by access: what loads and fetches pay on which slave, and what
   the first level caches hide. */
#include "memory_fixture.h"
#include "run_suite.h"

/* ---- Where nothing waits, and the default map ---- */

START_TEST(tcm_never_waits) {
  for (unsigned on = 0; on < 2; on++) {
    memory_set_l1(memory, on, on);
    for (unsigned n = 0; n < 200; n++) {
      uint32_t offset = n * 4097u % 0x10000u & ~7u;
      ck_assert_uint_eq(fetch(ITCM + offset, 100), 0);
      ck_assert_uint_eq(load(ITCM + offset, 100), 0);
      ck_assert_uint_eq(load(DTCM + offset, 100), 0);
      ck_assert_uint_eq(store(DTCM + offset, 100), 0);
    }
  }
  const memory_counts_t none = {0};
  ck_assert_mem_eq(&memory->counts, &none, sizeof none); /* and no cache has a line of it */
}
END_TEST

START_TEST(where_no_memory_is_nothing_waits) {
  ck_assert_uint_eq(load(0x40000000, 100), 0);
  ck_assert_uint_eq(store(0xE000E100u, 100), 0);
  ck_assert_uint_eq(fetch(0x1FFF0000, 100), 0);
}
END_TEST

START_TEST(the_default_map_goes_by_eighths) {
  static const policy_t expected[] = {POLICY_WRITE_THROUGH, POLICY_WRITE_BACK_ALLOCATE,
                                      POLICY_UNCACHED,      POLICY_WRITE_BACK_ALLOCATE,
                                      POLICY_WRITE_THROUGH, POLICY_UNCACHED,
                                      POLICY_UNCACHED,      POLICY_UNCACHED};
  for (unsigned i = 0; i < 8; i++) {
    ck_assert_int_eq(memory_default_policy(i << 29), expected[i]);
    ck_assert_int_eq(memory_default_policy((i << 29) + 0x1FFFFFFFu), expected[i]);
  }
}
END_TEST

START_TEST(what_the_map_says_is_done) {
  ck_assert_uint_gt(load(FLASH, 100), 0);
  ck_assert_uint_eq(load(FLASH, 200), 0);
  ck_assert_uint_gt(load(DEVICE, 300), 0);
  ck_assert_uint_gt(load(DEVICE, 400), 0);
  ck_assert_uint_gt(load(THROUGH, 500), 0);
  ck_assert_uint_eq(load(THROUGH, 600), 0);
  ck_assert_uint_eq(memory->counts.dcache_misses, 2);
  store(THROUGH + LINE, 700); /* allocates nothing */
  ck_assert_uint_gt(load(THROUGH + LINE, 800), 0);
  store(AXI + LINE, 900); /* allocates */
  ck_assert_uint_eq(load(AXI + LINE, 1000), 0);
}
END_TEST

static policy_t own_attributes(void *context, uint32_t address) {
  (void)address;
  return *(policy_t *)context;
}

START_TEST(attributes_of_the_firmware_take_the_place_of_the_map) {
  policy_t policy = POLICY_UNCACHED;
  memory->policy = own_attributes;
  memory->context = &policy;
  ck_assert_uint_eq(load(AXI, 100), AXI_READ);
  ck_assert_uint_eq(load(AXI, 200), AXI_READ);
  ck_assert_uint_eq(fetch(AXI, 300), AXI_READ);
  ck_assert_uint_eq(fetch(AXI, 400), AXI_READ);
  policy = POLICY_WRITE_BACK; /* without allocation for stores */
  store(AXI, 500);
  ck_assert_uint_eq(load(AXI, 600), AXI_READ);
  ck_assert_uint_eq(load(AXI, 700), 0);
  store(AXI, 800);
  memory_maintain(memory, MAINTAIN_CLEAN_LINE, AXI, 900);
  ck_assert_uint_eq(memory->counts.write_backs, 1);
}
END_TEST

/* ---- Loads that miss ---- */

START_TEST(a_miss_costs_the_first_beat_and_a_new_flash_read_its_wait_states) {
  answer_t answer = memory_load(memory, AXI, 4, 100);
  ck_assert_uint_eq(answer.wait, AXI_READ);
  ck_assert_uint_eq(answer.cause, CAUSE_DCACHE_MISS);
  ck_assert_uint_eq(answer.grade, GRADE_INFERRED);
  answer = memory_load(memory, FLASH, 4, 200);
  ck_assert_uint_eq(answer.wait, FLASH_READ + FLASH_WAIT);
  ck_assert_uint_eq(answer.grade, GRADE_DOCUMENTED);
  ck_assert_uint_eq(load(SRAM, 300), SRAM_READ);
  memory_maintain(memory, MAINTAIN_INVALIDATE_LINE, FLASH, 400);
  ck_assert_uint_eq(load(FLASH, 400), FLASH_READ); /* the interface still holds that read */
  ck_assert_uint_eq(load(FLASH + LINE, 500), FLASH_READ + FLASH_WAIT);
  ck_assert_uint_eq(memory->counts.dcache_misses, 5);
}
END_TEST

START_TEST(the_wanted_word_comes_first_and_each_other_with_its_beat) {
  static const struct {
    uint32_t offset;
    uint64_t cycle;
    unsigned wait;
  } later[] = {
      {16, 105, 0}, {20, 105, 0}, {24, 105, 2}, {24, 106, 1}, {24, 107, 0}, {0, 105, 4},
      {8, 105, 6},  {12, 110, 1}, {8, 111, 0},  {8, 112, 0},  {0, 500, 0},
  };
  for (size_t i = 0; i < sizeof later / sizeof *later; i++) {
    again_with_caches();
    ck_assert_uint_eq(load(AXI + 20, 100), AXI_READ);
    ck_assert_msg(load(AXI + later[i].offset, later[i].cycle) == later[i].wait, "offset %u at %u",
                  (unsigned)later[i].offset, (unsigned)later[i].cycle);
    ck_assert_uint_eq(memory->counts.dcache_hits, 1);
  }
}
END_TEST

START_TEST(two_lines_are_filled_at_a_time_and_a_third_waits) {
  ck_assert_uint_eq(load(AXI, 100), AXI_READ);   /* until 111 */
  ck_assert_uint_eq(load(SRAM, 101), SRAM_READ); /* another slave, until 114 */
  ck_assert_uint_eq(load(FLASH, 102), 9 + FLASH_READ + FLASH_WAIT);
}
END_TEST

START_TEST(a_slave_serves_one_line_at_a_time) {
  ck_assert_uint_eq(load(AXI, 100), AXI_READ); /* until 111 */
  ck_assert_uint_eq(load(AXI + LINE, 106), 5 + AXI_READ);
}
END_TEST

START_TEST(a_load_over_two_lines_waits_for_both) {
  ck_assert_uint_eq(memory_load(memory, AXI + 24, 8, 100).wait, AXI_READ);
  ck_assert_uint_eq(memory->counts.dcache_misses, 1);
  /* The first at 205, the rest of its line until 211, then the second. */
  ck_assert_uint_eq(memory_load(memory, AXI + 2 * LINE + 24, 16, 200).wait, 11 + AXI_READ);
  ck_assert_uint_eq(memory->counts.dcache_misses, 3);
}
END_TEST

/* ---- What no cache serves ---- */

START_TEST(without_caches_every_fetch_pays_the_slave) {
  ck_assert_uint_eq(fetch(FLASH, 100), FLASH_READ + FLASH_WAIT);
  ck_assert_uint_eq(fetch(FLASH + 8, 200), FLASH_READ);
  ck_assert_uint_eq(fetch(FLASH + 8, 300), FLASH_READ);
  ck_assert_uint_eq(fetch(FLASH + LINE, 400), FLASH_READ + FLASH_WAIT);
  ck_assert_uint_eq(fetch(AXI, 500), AXI_READ);
  ck_assert_uint_eq(fetch(AXI, 600), AXI_READ);
  ck_assert_uint_eq(fetch(SRAM, 700), SRAM_READ + 1); /* eight bytes over a bus of four */
  ck_assert_uint_eq(memory_fetch(memory, FLASH, 800).cause, CAUSE_FLASH);
  ck_assert_uint_eq(memory_fetch(memory, AXI, 900).cause, CAUSE_BUS);
  ck_assert_uint_eq(memory->counts.icache_misses, 0);
}
END_TEST

START_TEST(without_caches_every_load_pays_the_slave) {
  ck_assert_uint_eq(load(FLASH, 100), FLASH_READ + FLASH_WAIT);
  ck_assert_uint_eq(load(FLASH + 28, 200), FLASH_READ);
  ck_assert_uint_eq(load(FLASH + 32, 300), FLASH_READ + FLASH_WAIT);
  ck_assert_uint_eq(memory_load(memory, SRAM, 8, 400).wait, SRAM_READ + 1); /* two beats of four bytes */
  ck_assert_uint_eq(memory_load(memory, SRAM, 16, 500).wait, SRAM_READ + 3);
  ck_assert_uint_eq(memory_load(memory, AXI, 8, 600).wait, AXI_READ);
  ck_assert_uint_eq(memory_load(memory, AXI, 16, 700).wait, AXI_READ + AXI_BEAT);
  ck_assert_uint_eq(memory_load(memory, FLASH, 4, 800).cause, CAUSE_FLASH);
  ck_assert_uint_eq(memory_load(memory, AXI, 4, 900).cause, CAUSE_BUS);
}
END_TEST

START_TEST(instructions_and_data_have_flash_reads_of_their_own) {
  ck_assert_uint_eq(fetch(FLASH, 100), FLASH_READ + FLASH_WAIT);
  ck_assert_uint_eq(load(FLASH, 200), FLASH_READ + FLASH_WAIT);
  ck_assert_uint_eq(load(FLASH + LINE, 300), FLASH_READ + FLASH_WAIT);
  ck_assert_uint_eq(fetch(FLASH, 400), FLASH_READ);
}
END_TEST

START_TEST(a_slave_serves_one_access_at_a_time) {
  ck_assert_uint_eq(fetch(AXI, 100), AXI_READ);
  ck_assert_uint_eq(load(AXI + 64, 102), 3 + AXI_READ);
  ck_assert_uint_eq(fetch(AXI, 105), 5 + AXI_READ);
  ck_assert_uint_eq(load(SRAM, 105), SRAM_READ); /* another slave is free */
}
END_TEST

START_TEST(a_bus_at_half_the_clock_takes_twice_the_cycles) {
  end();
  memory = chip(L1_BYTES, 2);
  ck_assert_uint_eq(load(AXI, 100), 2 * AXI_READ);
  ck_assert_uint_eq(memory_load(memory, AXI, 16, 200).wait, 2 * (AXI_READ + AXI_BEAT));
  ck_assert_uint_eq(fetch(FLASH, 300), 2 * FLASH_READ + FLASH_WAIT); /* wait states come in core cycles */
  ck_assert_uint_eq(load(SRAM, 350), SRAM_READ);                     /* beside the bus */
  ck_assert_uint_eq(store(DEVICE, 400), 0);
  ck_assert_uint_eq(load(DEVICE, 401), 2 * (DEVICE_WRITE + 1) - 1 + 2 * DEVICE_READ);
  memory_set_l1(memory, true, true);
  ck_assert_uint_eq(load(AXI + 256, 500), 2 * AXI_READ);
  ck_assert_uint_eq(load(AXI + 256 + 8, 510), 2 * AXI_BEAT);
}
END_TEST

/* ---- Instruction cache ---- */

START_TEST(a_fetch_that_misses_fills_a_line) {
  answer_t answer = memory_fetch(memory, AXI + 16, 100); /* beats at 105, 107, 109, 111 */
  ck_assert_uint_eq(answer.wait, AXI_READ);
  ck_assert_uint_eq(answer.cause, CAUSE_ICACHE_MISS);
  ck_assert_uint_eq(fetch(AXI + 24, 106), 1);
  ck_assert_uint_eq(fetch(AXI, 108), 1);
  ck_assert_uint_eq(fetch(AXI + 8, 108), 3);
  ck_assert_uint_eq(fetch(AXI + 8, 111), 0);
  ck_assert_uint_eq(fetch(FLASH, 200), FLASH_READ + FLASH_WAIT);
  ck_assert_uint_eq(fetch(AXI + 8, 300), 0);
  ck_assert_uint_eq(memory->counts.icache_misses, 2);
  ck_assert_uint_eq(memory->counts.icache_hits, 1);
}
END_TEST

START_TEST(a_fetch_that_misses_waits_for_the_fill_before) {
  ck_assert_uint_eq(fetch(AXI, 100), AXI_READ); /* until 111 */
  ck_assert_uint_eq(fetch(FLASH, 106), 5 + FLASH_READ + FLASH_WAIT);
}
END_TEST

START_TEST(fills_of_both_caches_meet_at_the_slave) {
  ck_assert_uint_eq(fetch(AXI, 100), AXI_READ); /* until 111 */
  ck_assert_uint_eq(load(AXI + 0x1000, 101), 10 + AXI_READ);
}
END_TEST

/* Where other memory than TCM begins at 0, its first line is one as any other, also before anything was filled. */
START_TEST(the_line_at_address_0_is_filled_as_any_other) {
  const slave_t *axi = &memory->slaves[0];
  while (axi->base != AXI)
    axi++;
  memory->slaves[0] = *axi;
  memory->slaves[0].base = 0;
  ck_assert_uint_eq(fetch(0, 100), AXI_READ); /* beats at 105, 107, 109, 111 */
  ck_assert_uint_eq(fetch(24, 106), 5);
  ck_assert_uint_eq(load(0, 200), AXI_READ);
  ck_assert_uint_eq(load(24, 206), 5);
}
END_TEST

START_TEST(code_of_uncached_memory_is_not_kept) {
  ck_assert_uint_eq(fetch(DEVICE, 100), DEVICE_READ + 1);
  ck_assert_uint_eq(fetch(DEVICE, 200), DEVICE_READ + 1);
  ck_assert_uint_eq(memory->counts.icache_misses, 0);
}
END_TEST

/* ---- Questions ---- */

static answer_t ask(memory_t *of, uint32_t kind, uint32_t address, unsigned bytes, uint64_t cycle) {
  if (kind == 0) return memory_fetch(of, address & ~7u, cycle);
  return kind == 1 ? memory_load(of, address, bytes, cycle) : memory_store(of, address, bytes, cycle);
}

START_TEST(a_trial_leaves_no_trace) {
  enum { STEPS = 30000 };
  const uint32_t bases[] = {FLASH, DTCM, SRAM, AXI, THROUGH, DEVICE, AXI, AXI};
  memory_t *left_alone = chip(L1_BYTES, 0);
  memory_set_l1(left_alone, true, true);
  uint64_t cycle = 100;
  uint32_t seed = 1;
  for (unsigned n = 0; n < STEPS; n++) {
    seed = seed * 1664525u + 1013904223u;
    uint32_t address = bases[seed >> 29] + (seed >> 12) % 0x800u, kind = (seed >> 8) % 4u;
    unsigned bytes = 4u << (seed >> 24 & 3u);
    address -= address % bytes; /* within a line */
    memory_t trial;
    memory_trial(memory, &trial);
    answer_t first = ask(&trial, kind, address, bytes, cycle);
    memory_trial(memory, &trial);
    answer_t second = ask(&trial, kind, address, bytes, cycle);
    answer_t third = ask(memory, kind, address, bytes, cycle);
    answer_t alone = ask(left_alone, kind, address, bytes, cycle);
    ck_assert_msg(first.wait == second.wait && second.wait == third.wait && third.wait == alone.wait,
                  "step %u: %u, %u, %u and %u cycles", n, first.wait, second.wait, third.wait, alone.wait);
    ck_assert(first.cause == alone.cause && first.grade == alone.grade);
    cycle += 1 + alone.wait;
  }
  ck_assert_mem_eq(&memory->counts, &left_alone->counts, sizeof memory->counts);
  ck_assert_uint_gt(memory->counts.write_backs, 100);
  ck_assert_uint_gt(memory->counts.icache_misses, 100);
  memory_free(left_alone);
}
END_TEST

START_TEST(a_store_that_is_only_asked_about_makes_nothing_dirty) {
  load(AXI, 100);
  memory_t trial;
  memory_trial(memory, &trial);
  ck_assert_uint_eq(memory_store(&trial, AXI, 4, 200).wait, 0);
  ck_assert_uint_eq(memory_store(&trial, AXI + LINE, 4, 300).wait, 0);
  memory_maintain(memory, MAINTAIN_CLEAN_LINE, AXI, 400);
  ck_assert_uint_eq(memory->counts.write_backs, 0);
  ck_assert_uint_eq(load(AXI + LINE, 500), AXI_READ);
}
END_TEST

static void add_uncached(Suite *suite) {
  TCase *tcase = tcase_create("caches off");
  tcase_add_checked_fixture(tcase, caches_off, end);
  tcase_add_test(tcase, tcm_never_waits);
  tcase_add_test(tcase, the_default_map_goes_by_eighths);
  tcase_add_test(tcase, without_caches_every_fetch_pays_the_slave);
  tcase_add_test(tcase, without_caches_every_load_pays_the_slave);
  tcase_add_test(tcase, instructions_and_data_have_flash_reads_of_their_own);
  tcase_add_test(tcase, a_slave_serves_one_access_at_a_time);
  tcase_add_test(tcase, a_bus_at_half_the_clock_takes_twice_the_cycles);
  suite_add_tcase(suite, tcase);
}

static void add_cached(Suite *suite) {
  TCase *tcase = tcase_create("caches on");
  tcase_add_checked_fixture(tcase, caches_on, end);
  tcase_add_test(tcase, where_no_memory_is_nothing_waits);
  tcase_add_test(tcase, what_the_map_says_is_done);
  tcase_add_test(tcase, attributes_of_the_firmware_take_the_place_of_the_map);
  tcase_add_test(tcase, a_miss_costs_the_first_beat_and_a_new_flash_read_its_wait_states);
  tcase_add_test(tcase, the_wanted_word_comes_first_and_each_other_with_its_beat);
  tcase_add_test(tcase, two_lines_are_filled_at_a_time_and_a_third_waits);
  tcase_add_test(tcase, a_slave_serves_one_line_at_a_time);
  tcase_add_test(tcase, a_load_over_two_lines_waits_for_both);
  tcase_add_test(tcase, a_fetch_that_misses_fills_a_line);
  tcase_add_test(tcase, a_fetch_that_misses_waits_for_the_fill_before);
  tcase_add_test(tcase, fills_of_both_caches_meet_at_the_slave);
  tcase_add_test(tcase, the_line_at_address_0_is_filled_as_any_other);
  tcase_add_test(tcase, code_of_uncached_memory_is_not_kept);
  tcase_add_test(tcase, a_trial_leaves_no_trace);
  tcase_add_test(tcase, a_store_that_is_only_asked_about_makes_nothing_dirty);
  suite_add_tcase(suite, tcase);
}

int main(void) {
  Suite *suite = suite_create("memory");
  add_uncached(suite);
  add_cached(suite);
  return run_suite(suite);
}
