/* The memory system of a Cortex-M7, access by access: stores and their buffer, lines written back, switches
   and maintenance of the caches. */
#include "memory_fixture.h"
#include "run_suite.h"

/* ---- Stores ---- */

START_TEST(a_store_of_write_back_memory_that_hits_costs_nothing) {
  load(AXI, 100);
  for (unsigned n = 0; n < 20; n++)
    ck_assert_uint_eq(store(AXI + n % 8 * 4, 200 + n), 0);
  ck_assert_uint_eq(memory->counts.dcache_hits, 20);
  ck_assert_uint_eq(load(AXI + LINE, 220), AXI_READ); /* nothing went to the slave */
}
END_TEST

START_TEST(a_store_that_misses_fills_its_line_and_does_not_wait) {
  ck_assert_uint_eq(store(AXI + 8, 100), 0);
  ck_assert_uint_eq(memory->counts.dcache_misses, 1);
  ck_assert_uint_eq(load(AXI, 101), AXI_READ + 3 * AXI_BEAT - 1); /* the last beat of the line */
  ck_assert_uint_eq(memory->counts.dcache_hits, 1);
  memory_maintain(memory, MAINTAIN_CLEAN_LINE, AXI, 200); /* it is dirty */
  ck_assert_uint_eq(memory->counts.write_backs, 1);
}
END_TEST

START_TEST(a_store_that_misses_waits_for_one_of_two_fills) {
  ck_assert_uint_eq(store(AXI, 100), 0);  /* until 111 */
  ck_assert_uint_eq(store(SRAM, 100), 0); /* until 113 */
  answer_t answer = memory_store(memory, AXI + LINE, 4, 101);
  ck_assert_uint_eq(answer.wait, 10);
  ck_assert_uint_eq(answer.cause, CAUSE_DCACHE_MISS);
}
END_TEST

START_TEST(a_dirty_line_that_leaves_occupies_its_slave) {
  for (unsigned dirty = 0; dirty < 2; dirty++) {
    again_with_caches();
    for (uint32_t way = 0; way < WAYS; way++) {
      uint32_t line = AXI + way * SET_STRIDE;
      if (dirty) {
        store(line, 100 * way);
      } else {
        load(line, 100 * way);
      }
    }
    ck_assert_uint_eq(memory->counts.write_backs, 0);
    ck_assert_uint_eq(load(AXI + WAYS * SET_STRIDE, 1000), AXI_READ); /* until 1011; what leaves does so behind it */
    ck_assert_uint_eq(memory->counts.write_backs, dirty);
    unsigned takes = dirty ? AXI_WRITE + LINE / 8 * AXI_BEAT : 0;
    ck_assert_uint_eq(load(AXI + LINE, 1011), takes + AXI_READ);
  }
}
END_TEST

START_TEST(what_leaves_goes_to_its_own_slave_behind_the_fill) {
  for (uint32_t way = 0; way < WAYS; way++)
    store(SRAM + way * SET_STRIDE, 100 * way);
  ck_assert_uint_eq(load(AXI, 1000), AXI_READ);               /* until 1011 */
  ck_assert_uint_eq(load(AXI + LINE, 1011), AXI_READ);        /* until 1022; this slave is free */
  ck_assert_uint_eq(load(SRAM + LINE, 1012), 11 + SRAM_READ); /* that one writes eight words until 1023 */
}
END_TEST

START_TEST(without_a_cache_stores_go_to_the_buffer) {
  memory_set_l1(memory, true, false);
  ck_assert_uint_eq(store(AXI, 100), 0);
  ck_assert_uint_eq(load(AXI + 64, 100), AXI_WRITE + AXI_BEAT + AXI_READ);
  ck_assert_uint_eq(memory->counts.dcache_misses, 0);
}
END_TEST

START_TEST(a_store_of_write_through_memory_goes_to_the_buffer_also_when_it_hits) {
  load(THROUGH, 100);
  ck_assert_uint_eq(store(THROUGH, 200), 0);
  ck_assert_uint_eq(store(THROUGH + 64, 200), 0);
  ck_assert_uint_eq(memory->counts.dcache_hits, 1);
  ck_assert_uint_eq(memory->counts.dcache_misses, 1);
  ck_assert_uint_eq(load(THROUGH + LINE, 201), 2 * (DEVICE_WRITE + 1) - 1 + DEVICE_READ);
  memory_maintain(memory, MAINTAIN_CLEAN_LINE, THROUGH, 300); /* its line is not dirty */
  ck_assert_uint_eq(memory->counts.write_backs, 0);
}
END_TEST

START_TEST(a_buffer_of_four_stores_makes_the_fifth_wait) {
  /* Each takes the slave five cycles: they leave at 105, 110, 115, 120. */
  for (uint32_t n = 0; n < STORE_BUFFER; n++)
    ck_assert_uint_eq(store(DEVICE + 8 * n, 100 + n), 0);
  answer_t answer = memory_store(memory, DEVICE + 32, 4, 104);
  ck_assert_uint_eq(answer.wait, 1);
  ck_assert_uint_eq(answer.cause, CAUSE_BUS);
  ck_assert_uint_eq(store(DEVICE + 40, 106), 4);
  ck_assert_uint_eq(store(DEVICE + 48, 200), 0);
}
END_TEST

START_TEST(stores_of_one_doubleword_join) {
  for (uint32_t n = 0; n < STORE_BUFFER; n++) {
    ck_assert_uint_eq(store(DEVICE + 8 * n, 100), 0);
    ck_assert_uint_eq(store(DEVICE + 8 * n + 4, 100), 0);
    ck_assert_uint_eq(memory_store(memory, DEVICE + 8 * n + 1, 1, 100).wait, 0);
  }
  ck_assert_uint_eq(store(DEVICE + 8 * STORE_BUFFER, 100), 5);
}
END_TEST

START_TEST(a_store_joins_only_the_last_and_only_while_it_waits) {
  store(DEVICE, 100); /* leaves at 105 */
  store(DEVICE + 4, 105);
  ck_assert_uint_eq(load(DEVICE + 64, 106), 4 + DEVICE_READ);
  store(DEVICE, 200);
  store(DEVICE + 8, 200);
  store(DEVICE + 4, 200); /* 215 */
  ck_assert_uint_eq(load(DEVICE + 64, 200), 15 + DEVICE_READ);
}
END_TEST

START_TEST(a_store_of_several_words_takes_as_many_beats) {
  memory_store(memory, DEVICE, 16, 100);
  ck_assert_uint_eq(load(DEVICE + 64, 100), DEVICE_WRITE + 4 + DEVICE_READ);
}
END_TEST

/* Stores BYTES on from ADDRESS, word by word, slowly. */
static uint64_t store_run(uint32_t address, unsigned bytes, uint64_t cycle) {
  for (unsigned offset = 0; offset < bytes; offset += 4, cycle += 50)
    store(address + offset, cycle);
  return cycle;
}

START_TEST(behind_three_full_lines_stores_fill_no_more) {
  uint64_t cycle = store_run(AXI, 3 * LINE, 100);
  ck_assert_uint_eq(memory->counts.dcache_misses, 3);
  ck_assert_uint_eq(memory->counts.allocations_skipped, 0);
  cycle = store_run(AXI + 3 * LINE, 4 * LINE, cycle);
  ck_assert_uint_eq(memory->counts.dcache_misses, 3);
  ck_assert_uint_eq(memory->counts.allocations_skipped, 4 * LINE / 4);
  ck_assert_uint_eq(load(AXI + 2 * LINE, cycle), 0); /* what the lines before had stays */
  ck_assert_uint_eq(store(AXI + 7 * LINE, cycle + 50), 0);
  ck_assert_uint_eq(memory->counts.dcache_misses, 3); /* a load that hits ends nothing */
  ck_assert_uint_eq(load(AXI + 3 * LINE, cycle + 100), AXI_READ);
  store(AXI + 7 * LINE + 4, cycle + 150); /* a load that misses does */
  ck_assert_uint_eq(memory->counts.dcache_misses, 5);
}
END_TEST

START_TEST(a_store_elsewhere_ends_that_mode) {
  uint64_t cycle = store_run(AXI, 4 * LINE, 100);
  ck_assert_uint_eq(memory->counts.allocations_skipped, LINE / 4);
  store(AXI + 0x1000, cycle);
  ck_assert_uint_eq(memory->counts.dcache_misses, 4);
  store_run(AXI + 4 * LINE, LINE, cycle + 100);
  ck_assert_uint_eq(memory->counts.dcache_misses, 5);
  ck_assert_uint_eq(memory->counts.allocations_skipped, LINE / 4);
}
END_TEST

START_TEST(lines_with_a_gap_are_not_full) {
  uint64_t cycle = 100;
  for (uint32_t line = 0; line < 10; line++)
    cycle = store_run(AXI + line * LINE, LINE - 4, cycle);
  ck_assert_uint_eq(memory->counts.dcache_misses, 10);
  ck_assert_uint_eq(memory->counts.allocations_skipped, 0);
}
END_TEST

/* ---- Switches and maintenance ---- */

START_TEST(each_cache_has_a_switch) {
  memory_set_l1(memory, true, false);
  fetch(AXI, 100);
  load(AXI + 64, 200);
  ck_assert_uint_eq(load(AXI + 64, 300), AXI_READ);
  ck_assert_uint_eq(fetch(AXI, 400), 0);
  memory_set_l1(memory, false, true);
  ck_assert_uint_eq(fetch(AXI, 500), AXI_READ);
  load(AXI + 64, 600);
  ck_assert_uint_eq(load(AXI + 64, 700), 0);
  memory_set_l1(memory, false, false);
  ck_assert_uint_eq(load(AXI + 64, 800), AXI_READ);
  memory_set_l1(memory, true, true); /* what they held they hold */
  ck_assert_uint_eq(load(AXI + 64, 900), 0);
  ck_assert_uint_eq(fetch(AXI, 1000), 0);
}
END_TEST

START_TEST(a_part_without_caches_cannot_switch_them_on) {
  end();
  memory = chip(0, 0);
  memory_set_l1(memory, true, true);
  ck_assert(!memory->icache_on && !memory->dcache_on);
  load(AXI, 100);
  ck_assert_uint_eq(load(AXI, 200), AXI_READ);
  ck_assert_uint_eq(fetch(AXI, 300), AXI_READ);
  const target_t ideal = {.core = "cortex-m7"};
  bool ok;
  ck_assert_ptr_null(memory_new(&ideal, &ok)); /* neither flash nor caches: it answers at once */
  ck_assert(ok);
}
END_TEST

START_TEST(instruction_lines_are_invalidated_by_address_and_all_at_once) {
  fetch(AXI, 100);
  fetch(AXI + LINE, 200);
  fetch(AXI + 2 * LINE, 300);
  memory_maintain(memory, MAINTAIN_INVALIDATE_INSTRUCTION_LINE, AXI + 4, 400);
  ck_assert_uint_eq(fetch(AXI + LINE, 400), 0);
  ck_assert_uint_eq(fetch(AXI, 400), AXI_READ);
  memory_maintain(memory, MAINTAIN_INVALIDATE_ICACHE, 0, 500);
  ck_assert_uint_eq(fetch(AXI + LINE, 500), AXI_READ);
}
END_TEST

/* A dirty line in its first way; its set and way as the registers have them, or its address. */
enum { DIRTY = AXI + 5 * LINE + 8 };
static const struct {
  maintenance_t what;
  uint32_t value;
  bool writes_back, keeps;
} operations[] = {
    {MAINTAIN_CLEAN_LINE, DIRTY, true, true},
    {MAINTAIN_CLEAN_LINE, DIRTY + LINE, false, true},
    {MAINTAIN_INVALIDATE_LINE, DIRTY, false, false},
    {MAINTAIN_INVALIDATE_LINE, DIRTY + LINE, false, true},
    {MAINTAIN_CLEAN_INVALIDATE_LINE, DIRTY, true, false},
    {MAINTAIN_CLEAN_INVALIDATE_LINE, DIRTY + SET_STRIDE, false, true},
    {MAINTAIN_CLEAN_PLACE, 5 << 5, true, true},
    {MAINTAIN_CLEAN_PLACE, 4 << 5, false, true},
    {MAINTAIN_CLEAN_PLACE, 5 << 5 | 1 << 30, false, true},
    {MAINTAIN_INVALIDATE_PLACE, 5 << 5, false, false},
    {MAINTAIN_INVALIDATE_PLACE, 5 << 5 | 1 << 30, false, true},
    {MAINTAIN_CLEAN_INVALIDATE_PLACE, 5 << 5, true, false},
    {MAINTAIN_CLEAN_INVALIDATE_PLACE, 6 << 5, false, true},
    {MAINTAIN_INVALIDATE_ICACHE, 0, false, true},
};

START_TEST(data_lines_are_cleaned_and_invalidated) {
  store(DIRTY, 100);
  memory_maintain(memory, operations[_i].what, operations[_i].value, 200);
  ck_assert_uint_eq(memory->counts.write_backs, operations[_i].writes_back);
  unsigned takes = operations[_i].writes_back ? AXI_WRITE + LINE / 8 * AXI_BEAT : 0;
  ck_assert_uint_eq(load(AXI + 0x1000, 200), takes + AXI_READ); /* the slave takes what was dirty */
  ck_assert_uint_eq(load(DIRTY, 300), operations[_i].keeps ? 0 : AXI_READ);
  memory_maintain(memory, MAINTAIN_CLEAN_LINE, DIRTY, 400);
  bool still_dirty = operations[_i].keeps && !operations[_i].writes_back;
  ck_assert_uint_eq(memory->counts.write_backs, operations[_i].writes_back || still_dirty);
}
END_TEST

static void add_stores(Suite *suite) {
  TCase *tcase = tcase_create("stores");
  tcase_add_checked_fixture(tcase, caches_on, end);
  tcase_add_test(tcase, a_store_of_write_back_memory_that_hits_costs_nothing);
  tcase_add_test(tcase, a_store_that_misses_fills_its_line_and_does_not_wait);
  tcase_add_test(tcase, a_store_that_misses_waits_for_one_of_two_fills);
  tcase_add_test(tcase, a_dirty_line_that_leaves_occupies_its_slave);
  tcase_add_test(tcase, what_leaves_goes_to_its_own_slave_behind_the_fill);
  tcase_add_test(tcase, without_a_cache_stores_go_to_the_buffer);
  tcase_add_test(tcase, a_store_of_write_through_memory_goes_to_the_buffer_also_when_it_hits);
  tcase_add_test(tcase, a_buffer_of_four_stores_makes_the_fifth_wait);
  tcase_add_test(tcase, stores_of_one_doubleword_join);
  tcase_add_test(tcase, a_store_joins_only_the_last_and_only_while_it_waits);
  tcase_add_test(tcase, a_store_of_several_words_takes_as_many_beats);
  tcase_add_test(tcase, behind_three_full_lines_stores_fill_no_more);
  tcase_add_test(tcase, a_store_elsewhere_ends_that_mode);
  tcase_add_test(tcase, lines_with_a_gap_are_not_full);
  suite_add_tcase(suite, tcase);
}

/* ---- Edges ---- */

START_TEST(a_store_over_two_lines_fills_both) {
  memory_store(memory, AXI + LINE - 8, 16, 100);
  ck_assert_uint_eq(memory->counts.dcache_misses, 2);
  ck_assert(cache_holds(&memory->dcache, AXI));
  ck_assert(cache_holds(&memory->dcache, AXI + LINE));
}
END_TEST

START_TEST(a_line_that_is_filled_in_part_is_none_of_the_three) {
  for (uint32_t at = 8; at < 4 * LINE; at += 4)
    store(AXI + at, 100 * at);
  ck_assert_uint_eq(memory->counts.dcache_misses, 4); /* that line and three whole ones */
  store(AXI + 4 * LINE, 100000);
  ck_assert_uint_eq(memory->counts.dcache_misses, 4);
  ck_assert_uint_eq(memory->counts.allocations_skipped, 1);
}
END_TEST

START_TEST(the_line_filled_last_goes_with_the_others) {
  memory_fetch(memory, AXI, 100);
  memory_maintain(memory, MAINTAIN_INVALIDATE_ICACHE, 0, 200);
  ck_assert_uint_eq(memory_fetch(memory, AXI, 300).wait, AXI_READ);
  memory_maintain(memory, MAINTAIN_INVALIDATE_INSTRUCTION_LINE, AXI, 400);
  ck_assert_uint_eq(memory_fetch(memory, AXI, 500).wait, AXI_READ);
}
END_TEST

START_TEST(a_line_filled_anew_is_waited_for_anew) {
  load(AXI, 100);
  memory_maintain(memory, MAINTAIN_INVALIDATE_LINE, AXI, 200);
  load(AXI, 300); /* from 305, a beat every two */
  ck_assert_uint_eq(load(AXI + 24, 301), AXI_READ + 3 * AXI_BEAT - 1);
}
END_TEST

START_TEST(without_a_cache_no_line_cuts_an_access) {
  memory_set_l1(memory, false, false);
  unsigned within = memory_load(memory, AXI, LINE, 100).wait;
  ck_assert_uint_eq(within, AXI_READ + 3 * AXI_BEAT);
  ck_assert_uint_eq(memory_load(memory, AXI + 8, LINE, 1000).wait, within);
}
END_TEST

static void add_edges(Suite *suite) {
  TCase *tcase = tcase_create("edges");
  tcase_add_checked_fixture(tcase, caches_on, end);
  tcase_add_test(tcase, a_store_over_two_lines_fills_both);
  tcase_add_test(tcase, a_line_that_is_filled_in_part_is_none_of_the_three);
  tcase_add_test(tcase, the_line_filled_last_goes_with_the_others);
  tcase_add_test(tcase, a_line_filled_anew_is_waited_for_anew);
  tcase_add_test(tcase, without_a_cache_no_line_cuts_an_access);
  suite_add_tcase(suite, tcase);
}

static void add_maintenance(Suite *suite) {
  TCase *tcase = tcase_create("maintenance");
  tcase_add_checked_fixture(tcase, caches_on, end);
  tcase_add_test(tcase, each_cache_has_a_switch);
  tcase_add_test(tcase, a_part_without_caches_cannot_switch_them_on);
  tcase_add_test(tcase, instruction_lines_are_invalidated_by_address_and_all_at_once);
  tcase_add_loop_test(tcase, data_lines_are_cleaned_and_invalidated, 0, sizeof operations / sizeof *operations);
  suite_add_tcase(suite, tcase);
}

int main(void) {
  Suite *suite = suite_create("memory_stores");
  add_stores(suite);
  add_edges(suite);
  add_maintenance(suite);
  return run_suite(suite);
}
