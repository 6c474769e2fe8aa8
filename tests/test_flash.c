/* The flash interface of a Cortex-M4, fetch by fetch: what a read of the array costs, what hides it, and who waits for
   whom. Reads of 16 bytes, five wait states, as an STM32F407 at 168 MHz has them. */
#include "run_suite.h"
#include "timing/flash.h"
#include "timing/memory.h"

#include <string.h>

enum { WAIT = 5, READ = 16, ILINES = 4, DLINES = 2, BASE = 0x08000000 };
static const flash_t part = {.read_bytes = READ, .icache_lines = ILINES, .dcache_lines = DLINES, .line_bytes = READ};

static flash_interface_t flash;

static void begin(const flash_t *from, unsigned wait_states, unsigned on) {
  ck_assert(flash_init(&flash, from));
  flash.wait_states = wait_states;
  flash.on = on;
}

static void end(void) { flash_free(&flash); }

/* Wait cycles of the fetch of WORD, or of the data read, at CYCLE. */
static unsigned fetch(unsigned word, uint64_t cycle) { return flash_fetch(&flash, BASE + 4 * word, cycle); }
static unsigned data(unsigned word, unsigned words, uint64_t cycle) {
  return flash_read(&flash, BASE + 4 * word, 4 * words, cycle);
}

enum { WORDS = READ / 4 }; /* of a read */

/* ---- Fetches ---- */

START_TEST(a_miss_costs_the_wait_states_and_its_read_is_kept) {
  begin(&part, WAIT, 0);
  ck_assert_uint_eq(fetch(0, 100), WAIT);
  ck_assert_uint_eq(fetch(1, 106), 0);
  ck_assert_uint_eq(fetch(3, 500), 0);
  ck_assert_uint_eq(fetch(0, 501), 0);
  ck_assert_uint_eq(fetch(4, 502), WAIT);
  ck_assert_uint_eq(fetch(0, 600), WAIT); /* one line buffer */
  ck_assert_uint_eq(flash.ifetch_misses, 3);
  end();
}
END_TEST

START_TEST(a_byte_at_the_end_of_a_read_is_one_read) {
  begin(&part, WAIT, 0);
  flash_read(&flash, BASE + READ - 1, 1, 100);
  flash_read(&flash, BASE + READ - 2, 2, 200);
  ck_assert_uint_eq(flash.data_misses, 2); /* no cache is on */
  flash_read(&flash, BASE + READ - 2, 4, 300);
  ck_assert_uint_eq(flash.data_misses, 4);
  end();
}
END_TEST

/* A taken branch into a read that is still on its way, as from the middle of a line back to its begin. */
START_TEST(a_read_on_its_way_is_waited_for_and_not_begun_again) {
  begin(&part, WAIT, 0);
  ck_assert_uint_eq(fetch(3, 100), WAIT);
  ck_assert_uint_eq(fetch(0, 102), 3);
  ck_assert_uint_eq(fetch(0, 105), 0);
  ck_assert_uint_eq(flash.ifetch_misses, 1);
  end();
}
END_TEST

START_TEST(without_prefetch_each_read_of_straight_code_waits) {
  begin(&part, WAIT, 0);
  uint64_t cycle = 100;
  unsigned waited = 0;
  for (unsigned word = 0; word < 10 * WORDS; word++) {
    unsigned wait = fetch(word, cycle);
    ck_assert_uint_eq(wait, word % WORDS ? 0 : WAIT);
    waited += wait;
    cycle += 1 + wait;
  }
  ck_assert_uint_eq(waited, 10 * WAIT);
  end();
}
END_TEST

/* The array is read from the cycle behind the first read on: what executes meanwhile is not waited for. */
START_TEST(prefetch_hides_what_execution_covers) {
  static const struct {
    uint64_t cycle; /* of the fetch of the next read */
    unsigned wait;
  } cases[] = {{106, 5}, {107, 4}, {110, 1}, {111, 0}, {150, 0}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    begin(&part, WAIT, FLASH_PREFETCH);
    ck_assert_uint_eq(fetch(0, 100), WAIT); /* the array is free again at 106 */
    ck_assert_uint_eq(fetch(WORDS, cases[i].cycle), cases[i].wait);
    end();
  }
}
END_TEST

START_TEST(prefetch_waits_for_the_cycle_behind_the_fetch_that_needs_no_array) {
  begin(&part, WAIT, FLASH_ICACHE);
  ck_assert_uint_eq(fetch(0, 100), WAIT); /* now in the cache */
  ck_assert_uint_eq(fetch(8 * WORDS, 120), WAIT);
  flash.on |= FLASH_PREFETCH;
  ck_assert_uint_eq(fetch(0, 200), 0);
  ck_assert_uint_eq(fetch(WORDS, 202), 4); /* begun at 201, there at 206 */
  end();
}
END_TEST

START_TEST(prefetch_follows_each_read_of_straight_code) {
  begin(&part, WAIT, FLASH_PREFETCH);
  uint64_t cycle = 100;
  unsigned waited = 0;
  for (unsigned word = 0; word < 10 * WORDS; word++) {
    unsigned wait = fetch(word, cycle);
    waited += wait;
    cycle += 1 + wait;
  }
  /* A read takes the array six cycles and gives four words: two are left to wait for. */
  ck_assert_uint_lt(waited, 10 * WAIT);
  ck_assert_uint_eq(waited, WAIT + 2 + 8 * 2);
  end();
}
END_TEST

START_TEST(prefetch_reads_nothing_that_the_cache_has) {
  begin(&part, WAIT, FLASH_ICACHE);
  ck_assert_uint_eq(fetch(WORDS, 100), WAIT);
  flash.on |= FLASH_PREFETCH;
  ck_assert_uint_eq(fetch(0, 120), WAIT);
  ck_assert_uint_eq(data(100, 1, 126), WAIT); /* the array is free: no prefetch of the read behind it */
  end();
}
END_TEST

START_TEST(prefetch_reads_nothing_that_it_has) {
  begin(&part, WAIT, FLASH_ICACHE);
  ck_assert_uint_eq(fetch(20 * WORDS, 10), WAIT);
  ck_assert_uint_eq(fetch(21 * WORDS, 20), WAIT);
  flash.on |= FLASH_PREFETCH;
  ck_assert_uint_eq(fetch(0, 100), WAIT); /* and the read behind it */
  ck_assert_uint_eq(fetch(20 * WORDS, 120), 0);
  ck_assert_uint_eq(fetch(0, 130), 0);
  ck_assert_uint_eq(data(100, 1, 131), WAIT); /* the array is free */
  ck_assert_uint_eq(fetch(WORDS, 140), 0);
  end();
}
END_TEST

START_TEST(a_prefetch_that_was_not_wanted_occupies_the_array) {
  begin(&part, WAIT, FLASH_PREFETCH);
  ck_assert_uint_eq(fetch(0, 100), WAIT);
  ck_assert_uint_eq(fetch(20 * WORDS, 107), 5 + WAIT); /* a branch: the prefetch has the array until 112 */
  end();
}
END_TEST

/* ---- Instruction cache ---- */

START_TEST(what_was_read_once_is_a_hit) {
  begin(&part, WAIT, FLASH_ICACHE);
  ck_assert_uint_eq(fetch(0, 100), WAIT);
  ck_assert_uint_eq(fetch(10 * WORDS, 110), WAIT);
  ck_assert_uint_eq(fetch(0, 120), 0);
  ck_assert_uint_eq(fetch(10 * WORDS, 130), 0);
  ck_assert_uint_eq(flash.ifetch_misses, 2);
  end();
}
END_TEST

START_TEST(what_was_prefetched_and_used_is_a_hit_later) {
  begin(&part, WAIT, FLASH_ICACHE | FLASH_PREFETCH);
  fetch(0, 100);
  ck_assert_uint_eq(fetch(WORDS, 120), 0);
  fetch(20 * WORDS, 200);
  flash.on &= ~(unsigned)FLASH_PREFETCH;
  flash.prefetched = 0;
  ck_assert_uint_eq(fetch(WORDS, 300), 0);
  end();
}
END_TEST

START_TEST(with_the_cache_off_what_was_read_waits_again) {
  begin(&part, WAIT, 0);
  fetch(0, 100);
  fetch(10 * WORDS, 110);
  ck_assert_uint_eq(fetch(0, 120), WAIT);
  ck_assert_uint_eq(fetch(10 * WORDS, 130), WAIT);
  end();
}
END_TEST

/* Wait cycles of PASSES over READS consecutive reads, without those of the first pass. */
static unsigned loop_over(unsigned reads, unsigned passes) {
  uint64_t cycle = 100;
  unsigned waited = 0;
  for (unsigned pass = 0; pass < passes; pass++) {
    for (unsigned read = 0; read < reads; read++) {
      unsigned wait = fetch(read * READ / 4, cycle);
      cycle += 20 + wait;
      waited += pass ? wait : 0;
    }
  }
  return waited;
}

START_TEST(a_loop_that_fits_stays_and_one_read_more_thrashes) {
  begin(&part, WAIT, FLASH_ICACHE);
  ck_assert_uint_eq(loop_over(ILINES, 4), 0);
  end();
  begin(&part, WAIT, FLASH_ICACHE); /* the least recently used leaves: that which is needed next */
  ck_assert_uint_eq(loop_over(ILINES + 1, 4), 3 * (ILINES + 1) * WAIT);
  end();
}
END_TEST

/* As where an array of 64 bits stands behind lines of 32 bytes. */
START_TEST(each_read_has_a_place_of_its_own_in_lines_of_several) {
  static const flash_t narrow = {.read_bytes = 8, .icache_lines = 2, .dcache_lines = 1, .line_bytes = 32};
  begin(&narrow, WAIT, FLASH_ICACHE);
  ck_assert_uint_eq(fetch(0, 100), WAIT);
  ck_assert_uint_eq(fetch(1, 110), 0);
  ck_assert_uint_eq(fetch(2, 120), WAIT); /* the line is not filled by one read */
  end();
  for (unsigned reads = 8; reads <= 9; reads++) {
    begin(&narrow, WAIT, FLASH_ICACHE);
    unsigned waited = 0;
    for (unsigned n = 0; n < 3 * reads; n++)
      waited += fetch(n % reads * 2, 100 + 20 * n);
    ck_assert_uint_eq(waited, (reads == 8 ? 1u : 3u) * reads * WAIT);
    end();
  }
}
END_TEST

/* ---- Data ---- */

START_TEST(a_data_read_waits_for_the_fetch_in_flight) {
  begin(&part, WAIT, 0);
  ck_assert_uint_eq(fetch(0, 100), WAIT);
  ck_assert_uint_eq(data(50, 1, 102), 4 + WAIT); /* the array is free at 106 */
  end();
  begin(&part, WAIT, 0);
  ck_assert_uint_eq(fetch(0, 100), WAIT);
  ck_assert_uint_eq(data(50, 1, 106), WAIT);
  end();
}
END_TEST

START_TEST(a_data_read_waits_for_the_prefetch_in_flight) {
  begin(&part, WAIT, FLASH_PREFETCH);
  ck_assert_uint_eq(fetch(0, 100), WAIT);
  ck_assert_uint_eq(data(50, 1, 108), 4 + WAIT); /* the array is free at 112 */
  end();
}
END_TEST

START_TEST(a_fetch_waits_for_the_data_read_in_flight) {
  begin(&part, WAIT, 0);
  ck_assert_uint_eq(data(50, 1, 100), WAIT);
  ck_assert_uint_eq(fetch(0, 103), 3 + WAIT);
  end();
}
END_TEST

START_TEST(the_data_cache_keeps_what_was_read) {
  begin(&part, WAIT, FLASH_DCACHE);
  ck_assert_uint_eq(data(0, 1, 100), WAIT);
  ck_assert_uint_eq(data(1, 1, 110), 0);
  ck_assert_uint_eq(data(WORDS, 1, 120), WAIT);
  ck_assert_uint_eq(data(0, 1, 130), 0);
  ck_assert_uint_eq(data(2 * WORDS, 1, 140), WAIT); /* the third of two lines: the least recent, the second, leaves */
  ck_assert_uint_eq(data(0, 1, 150), 0);
  ck_assert_uint_eq(data(WORDS, 1, 160), WAIT);
  ck_assert_uint_eq(flash.data_reads, 7);
  ck_assert_uint_eq(flash.data_misses, 4);
  end();
}
END_TEST

START_TEST(without_a_data_cache_each_read_waits) {
  begin(&part, WAIT, FLASH_ICACHE | FLASH_PREFETCH);
  ck_assert_uint_eq(data(0, 1, 100), WAIT);
  ck_assert_uint_eq(data(0, 1, 110), WAIT);
  end();
  begin(&part, WAIT, FLASH_DCACHE);
  ck_assert_uint_eq(data(0, 1, 100), WAIT);
  flash.on = 0; /* what it holds is not asked for */
  ck_assert_uint_eq(data(0, 1, 110), WAIT);
  end();
}
END_TEST

START_TEST(instructions_and_data_have_caches_of_their_own) {
  begin(&part, WAIT, FLASH_ICACHE | FLASH_DCACHE);
  ck_assert_uint_eq(fetch(0, 100), WAIT);
  ck_assert_uint_eq(data(0, 1, 110), WAIT);
  ck_assert_uint_eq(data(40, 1, 120), WAIT);
  ck_assert_uint_eq(fetch(40, 130), WAIT);
  end();
}
END_TEST

START_TEST(words_over_two_reads_pay_for_both) {
  begin(&part, WAIT, FLASH_DCACHE);
  ck_assert_uint_eq(data(WORDS - 1, 2, 100), WAIT + 1 + WAIT); /* the array takes its cycle in between */
  ck_assert_uint_eq(data(WORDS - 1, 2, 120), 0);
  ck_assert_uint_eq(data(0, 4, 130), 0);
  ck_assert_uint_eq(data(5 * WORDS, WORDS, 140), WAIT); /* a whole read, not one more */
  end();
}
END_TEST

/* ---- The part's constants ---- */

START_TEST(zero_wait_states_cost_nothing) {
  static const flash_t slow = {.read_bytes = READ,
                               .icache_lines = ILINES,
                               .dcache_lines = DLINES,
                               .line_bytes = READ,
                               .data_wait = 1,
                               .miss_wait = 2};
  begin(&slow, 0, FLASH_PREFETCH);
  for (unsigned n = 0; n < 100; n++) {
    ck_assert_uint_eq(fetch(n * 7, 100 + n), 0);
    ck_assert_uint_eq(data(n * 11, 1 + n % 8, 100 + n), 0);
  }
  end();
}
END_TEST

START_TEST(data_wait_is_paid_by_hits_and_misses_alike) {
  flash_t with = part;
  with.data_wait = 1;
  begin(&with, WAIT, FLASH_DCACHE);
  ck_assert_uint_eq(data(0, 1, 100), 1 + WAIT);
  ck_assert_uint_eq(data(1, 1, 120), 1);
  ck_assert_uint_eq(data(WORDS - 1, 1, 140), 1);
  ck_assert_uint_eq(fetch(0, 160), WAIT); /* and not by fetches */
  end();
}
END_TEST

START_TEST(miss_wait_comes_between_reads_of_the_array_and_in_what_they_take) {
  flash_t with = part;
  with.miss_wait = 1;
  begin(&with, WAIT, FLASH_ICACHE | FLASH_DCACHE);
  ck_assert_uint_eq(fetch(0, 100), WAIT + 1);
  ck_assert_uint_eq(data(0, 1, 101), 6 + WAIT + 1); /* free at 107 */
  ck_assert_uint_eq(fetch(1, 120), 0);
  ck_assert_uint_eq(data(0, 1, 121), 0);
  end();
}
END_TEST

/* ---- As a part of the memory ---- */

static memory_t *f407(unsigned on) {
  target_t *target = target_load(CMSIM_SOURCE_DIR "/configs", "stm32f407vg");
  ck_assert_ptr_nonnull(target);
  bool ok;
  memory_t *memory = memory_new(target, &ok);
  ck_assert(ok && memory);
  memory_set_flash(memory, WAIT, on);
  target_free(target);
  return memory;
}

START_TEST(a_trial_leaves_no_trace) {
  enum { STEPS = 20000 };
  memory_t *asked = f407(FLASH_ICACHE | FLASH_DCACHE | FLASH_PREFETCH);
  memory_t *left_alone = f407(FLASH_ICACHE | FLASH_DCACHE | FLASH_PREFETCH);
  uint64_t cycle = 100;
  uint32_t seed = 1, word = BASE;
  for (unsigned n = 0; n < STEPS; n++) {
    seed = seed * 1664525u + 1013904223u;
    word = seed >> 28 ? word + 4 : BASE + (seed >> 8) % 2048u * 4u; /* a branch now and then */
    uint32_t read = BASE + 0x10000u + (seed >> 12) % 64u * 4u;
    bool is_data = seed >> 24 & 1u;
    unsigned answers[3];
    for (unsigned i = 0; i < 2; i++) {
      memory_t trial;
      memory_trial(asked, &trial);
      answers[i] = is_data ? flash_read(&trial.flash, read, 4, cycle) : memory_fetch_word(&trial, word, cycle);
    }
    answers[2] = is_data ? flash_read(&asked->flash, read, 4, cycle) : memory_fetch_word(asked, word, cycle);
    unsigned alone =
        is_data ? flash_read(&left_alone->flash, read, 4, cycle) : memory_fetch_word(left_alone, word, cycle);
    ck_assert_uint_eq(answers[0], answers[1]);
    ck_assert_uint_eq(answers[1], answers[2]);
    ck_assert_uint_eq(answers[2], alone);
    cycle += 1 + alone;
  }
  ck_assert_uint_eq(asked->flash.ifetch_misses, left_alone->flash.ifetch_misses);
  ck_assert_uint_eq(asked->flash.data_reads, left_alone->flash.data_reads);
  ck_assert_uint_gt(asked->flash.ifetch_misses, 100);
  memory_free(asked);
  memory_free(left_alone);
}
END_TEST

START_TEST(a_question_is_no_use_of_a_line) {
  memory_t *memory = f407(FLASH_DCACHE);
  enum { LINES = 8 }; /* of this part's data cache */
  for (unsigned n = 0; n < LINES; n++)
    flash_read(&memory->flash, BASE + n * READ, 4, 100 + 20 * n);
  memory_t trial;
  memory_trial(memory, &trial);
  ck_assert_uint_eq(flash_read(&trial.flash, BASE, 4, 500), 0);
  flash_read(&memory->flash, BASE + LINES * READ, 4, 600); /* the first still was used the least recently */
  ck_assert_uint_eq(flash_read(&memory->flash, BASE, 4, 700), WAIT);
  memory_free(memory);
}
END_TEST

START_TEST(only_flash_waits) {
  memory_t *memory = f407(0);
  ck_assert_uint_eq(memory_fetch_word(memory, BASE, 100), WAIT);
  ck_assert_uint_eq(memory_fetch_word(memory, 0x10000000, 110), 0); /* CCM */
  ck_assert_uint_eq(memory_fetch_word(memory, BASE + 0x100000, 120), 0);
  ck_assert(memory_is_flash(memory, BASE + 0xFFFFF) && !memory_is_flash(memory, BASE - 1));
  memory_free(memory);
}
END_TEST

START_TEST(a_cache_that_is_switched_off_forgets) {
  memory_t *memory = f407(FLASH_ICACHE | FLASH_DCACHE);
  memory_fetch_word(memory, BASE, 100);
  flash_read(&memory->flash, BASE, 4, 110);
  memory_fetch_word(memory, BASE + 0x100, 120);
  memory_set_flash(memory, WAIT, FLASH_DCACHE); /* the switches that stay do not */
  ck_assert_uint_eq(flash_read(&memory->flash, BASE, 4, 130), 0);
  memory_set_flash(memory, WAIT, FLASH_ICACHE);
  ck_assert_uint_eq(memory_fetch_word(memory, BASE, 140), WAIT);
  memory_set_flash(memory, 2, FLASH_ICACHE | FLASH_DCACHE);
  ck_assert_uint_eq(flash_read(&memory->flash, BASE, 4, 150), 2);
  ck_assert_uint_eq(memory_fetch_word(memory, BASE + 0x200, 160), 2);
  ck_assert_uint_eq(memory_fetch_word(memory, BASE, 170), 0);
  memory_free(memory);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("flash");
  TCase *tcase = tcase_create("flash");
  tcase_add_test(tcase, a_miss_costs_the_wait_states_and_its_read_is_kept);
  tcase_add_test(tcase, a_byte_at_the_end_of_a_read_is_one_read);
  tcase_add_test(tcase, a_read_on_its_way_is_waited_for_and_not_begun_again);
  tcase_add_test(tcase, without_prefetch_each_read_of_straight_code_waits);
  tcase_add_test(tcase, prefetch_hides_what_execution_covers);
  tcase_add_test(tcase, prefetch_waits_for_the_cycle_behind_the_fetch_that_needs_no_array);
  tcase_add_test(tcase, prefetch_follows_each_read_of_straight_code);
  tcase_add_test(tcase, prefetch_reads_nothing_that_the_cache_has);
  tcase_add_test(tcase, prefetch_reads_nothing_that_it_has);
  tcase_add_test(tcase, a_prefetch_that_was_not_wanted_occupies_the_array);
  tcase_add_test(tcase, what_was_read_once_is_a_hit);
  tcase_add_test(tcase, what_was_prefetched_and_used_is_a_hit_later);
  tcase_add_test(tcase, with_the_cache_off_what_was_read_waits_again);
  tcase_add_test(tcase, a_loop_that_fits_stays_and_one_read_more_thrashes);
  tcase_add_test(tcase, each_read_has_a_place_of_its_own_in_lines_of_several);
  tcase_add_test(tcase, a_data_read_waits_for_the_fetch_in_flight);
  tcase_add_test(tcase, a_data_read_waits_for_the_prefetch_in_flight);
  tcase_add_test(tcase, a_fetch_waits_for_the_data_read_in_flight);
  tcase_add_test(tcase, the_data_cache_keeps_what_was_read);
  tcase_add_test(tcase, without_a_data_cache_each_read_waits);
  tcase_add_test(tcase, instructions_and_data_have_caches_of_their_own);
  tcase_add_test(tcase, words_over_two_reads_pay_for_both);
  tcase_add_test(tcase, zero_wait_states_cost_nothing);
  tcase_add_test(tcase, data_wait_is_paid_by_hits_and_misses_alike);
  tcase_add_test(tcase, miss_wait_comes_between_reads_of_the_array_and_in_what_they_take);
  tcase_add_test(tcase, a_trial_leaves_no_trace);
  tcase_add_test(tcase, a_question_is_no_use_of_a_line);
  tcase_add_test(tcase, only_flash_waits);
  tcase_add_test(tcase, a_cache_that_is_switched_off_forgets);
  suite_add_tcase(suite, tcase);
  return run_suite(suite);
}
