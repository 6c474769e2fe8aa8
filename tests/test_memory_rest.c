/* When fetches are at rest, so that nobody needs to ask memory for them, and the log of what loads and stores were
   answered. */
#include "memory_fixture.h"
#include "random_numbers.h"
#include "run_suite.h"

/* ---- Flash of a Cortex-M4 ---- */

enum { WAIT = 5, READ = 16, LINES = 16, AHEAD = 16 };
static const flash_t part = {.read_bytes = READ, .icache_lines = LINES, .dcache_lines = 2, .line_bytes = READ};

static flash_interface_t flash;

static void begin_flash(unsigned wait_states, unsigned on) {
  ck_assert(flash_init(&flash, &part));
  flash.wait_states = wait_states;
  flash.on = on;
}

static void end_flash(void) { flash_free(&flash); }

/* Each READ from FIRST on is fetched once. */
static void fetch_reads(uint32_t first, unsigned reads) {
  for (unsigned i = 0; i < reads; i++)
    flash_fetch(&flash, first + i * READ, 100 + 20 * i);
}

START_TEST(flash_without_wait_states_rests) {
  begin_flash(0, 0);
  ck_assert(flash_fetch_rests(&flash, FLASH, FLASH + 1000));
  end_flash();
}
END_TEST

START_TEST(flash_without_a_cache_never_rests) {
  begin_flash(WAIT, FLASH_PREFETCH);
  fetch_reads(FLASH, LINES);
  ck_assert(!flash_fetch_rests(&flash, FLASH, FLASH + 4));
  end_flash();
  begin_flash(WAIT, FLASH_ICACHE);
  fetch_reads(FLASH, LINES);
  flash.on = 0; /* what it holds is not asked for */
  ck_assert(!flash_fetch_rests(&flash, FLASH, FLASH + 4));
  end_flash();
}
END_TEST

/* What is fetched ahead must be there as well. */
START_TEST(flash_rests_when_all_of_it_is_cached) {
  enum { KEPT = 4 };
  begin_flash(WAIT, FLASH_ICACHE);
  ck_assert(!flash_fetch_rests(&flash, FLASH, FLASH + 4));
  fetch_reads(FLASH, KEPT);
  uint32_t behind = FLASH + KEPT * READ;
  ck_assert(flash_fetch_rests(&flash, FLASH, FLASH + 4));
  ck_assert(flash_fetch_rests(&flash, FLASH + 2, behind - AHEAD - 1));
  ck_assert(flash_fetch_rests(&flash, FLASH + READ, FLASH + READ + 4));
  ck_assert(!flash_fetch_rests(&flash, FLASH, behind - AHEAD));
  ck_assert(!flash_fetch_rests(&flash, behind - 4, behind));
  ck_assert(!flash_fetch_rests(&flash, behind, behind + 4));
  ck_assert(!flash_fetch_rests(&flash, FLASH - 4, FLASH + 4));
  end_flash();
}
END_TEST

START_TEST(a_hole_in_the_middle_is_no_rest) {
  begin_flash(WAIT, FLASH_ICACHE);
  fetch_reads(FLASH, 2);
  fetch_reads(FLASH + 3 * READ, 3);
  ck_assert(!flash_fetch_rests(&flash, FLASH, FLASH + 4 * READ));
  flash_fetch(&flash, FLASH + 2 * READ, 1000);
  ck_assert(flash_fetch_rests(&flash, FLASH, FLASH + 4 * READ));
  end_flash();
}
END_TEST

/* Prefetch looks one read further, unless that is there, or what was prefetched last. */
START_TEST(with_prefetch_the_read_behind_counts) {
  begin_flash(WAIT, FLASH_ICACHE);
  fetch_reads(FLASH, 3);
  flash.on |= FLASH_PREFETCH;
  ck_assert(!flash_fetch_rests(&flash, FLASH, FLASH + READ + 8)); /* to the third read; the fourth is wanted */
  ck_assert(flash_fetch_rests(&flash, FLASH, FLASH + 8));
  flash_fetch(&flash, FLASH + READ, 1000); /* the third is there: nothing to prefetch */
  ck_assert(!flash_fetch_rests(&flash, FLASH, FLASH + READ + 8));
  flash_fetch(&flash, FLASH + 2 * READ, 1100);
  ck_assert_uint_eq(flash.prefetched, FLASH / READ + 3);
  ck_assert(flash_fetch_rests(&flash, FLASH, FLASH + READ + 8));
  flash_fetch(&flash, FLASH + 100 * READ, 1200); /* another is prefetched */
  ck_assert(!flash_fetch_rests(&flash, FLASH, FLASH + READ + 8));
  flash.on = FLASH_ICACHE;
  flash_fetch(&flash, FLASH + 3 * READ, 1300);
  flash.on |= FLASH_PREFETCH;
  ck_assert(flash_fetch_rests(&flash, FLASH, FLASH + READ + 8)); /* in the cache */
  end_flash();
}
END_TEST

static void copy_cache(cache_t *to, const cache_t *from) {
  size_t lines = (size_t)from->sets * from->ways;
  memcpy(to->tags, from->tags, lines * sizeof *to->tags);
  memcpy(to->used_at, from->used_at, lines * sizeof *to->used_at);
  to->uses = from->uses;
  to->changes = from->changes;
}

/* The lines in the order in which they would leave. */
static bool same_order(const cache_t *a, const cache_t *b) {
  size_t lines = (size_t)a->sets * a->ways;
  for (size_t i = 0; i < lines; i++) {
    if (a->tags[i] != b->tags[i]) return false;
    for (size_t k = 0; k < lines; k++)
      if ((a->used_at[i] < a->used_at[k]) != (b->used_at[i] < b->used_at[k])) return false;
  }
  return true;
}

/* A run of words from FIRST to the queue behind END: none waits, none reads the array; and from what was logged, a
   second interface, which is told afterwards, is left the same. */
static void run_at_rest(flash_interface_t *other, uint32_t first, uint32_t end, uint64_t cycle) {
  enum { QUEUE = 12 };
  static flash_log_t log;
  log.count = 0;
  flash.log = &log;
  uint64_t free_at = flash.array_free, misses = flash.ifetch_misses;
  uint32_t changes = flash.icache.changes, prefetched = flash.prefetched;
  for (uint32_t word = first & ~3u; word < end + QUEUE; word += 4)
    ck_assert_uint_eq(flash_fetch(&flash, word, cycle++), 0);
  flash.log = NULL;
  ck_assert(flash.array_free == free_at && flash.ifetch_misses == misses);
  ck_assert(flash.icache.changes == changes && flash.prefetched == prefetched);
  for (unsigned i = 1; i < log.count; i++)
    ck_assert_uint_ne(log.reads[i], log.reads[i - 1]);
  flash_note_fetches(other, log.reads, log.count);
  ck_assert_uint_eq(other->current, flash.current);
  ck_assert_uint_le(other->current_at, cycle);
  ck_assert(same_order(&other->icache, &flash.icache));
}

START_TEST(at_rest_nothing_waits_and_only_the_order_changes) {
  enum { ROUNDS = 20000, AREA = 40, LONGEST = 64 };
  random_t random = {1};
  flash_interface_t other;
  for (unsigned on = 0; on < 2; on++) {
    unsigned rests = 0;
    begin_flash(WAIT, FLASH_ICACHE | (on ? FLASH_PREFETCH : 0));
    ck_assert(flash_init(&other, &part));
    uint64_t cycle = 1000;
    for (unsigned n = 0; n < ROUNDS; n++, cycle += 100) {
      uint32_t first = FLASH + random_below(&random, AREA * READ / 2) * 2;
      uint32_t last = first + 2 + random_below(&random, LONGEST);
      if (flash_fetch_rests(&flash, first, last)) {
        flash_interface_t kept = other;
        other = flash;
        other.icache = kept.icache;
        other.dcache = kept.dcache;
        copy_cache(&other.icache, &flash.icache);
        run_at_rest(&other, first, last, cycle);
        rests++;
      } else {
        for (uint32_t word = first; word < last; word += 4)
          flash_fetch(&flash, word, cycle++);
      }
    }
    ck_assert_uint_gt(rests, 200);
    end_flash();
    flash_free(&other);
  }
}
END_TEST

START_TEST(the_log_of_reads_says_when_it_was_too_short) {
  static flash_log_t log;
  begin_flash(WAIT, 0);
  flash.log = &log;
  for (unsigned i = 0; i < FLASH_LOG_MAX - 1; i++) {
    fetch_reads(FLASH + i * READ, 1);
    fetch_reads(FLASH + i * READ + 4, 1); /* the same read: left out */
  }
  ck_assert_uint_eq(log.count, FLASH_LOG_MAX - 1);
  for (unsigned i = 0; i < log.count; i++)
    ck_assert_uint_eq(log.reads[i], FLASH / READ + i);
  fetch_reads(FLASH, 1);
  ck_assert_uint_eq(log.count, FLASH_LOG_MAX);
  fetch_reads(FLASH + READ, 1);
  ck_assert_uint_eq(log.count, FLASH_LOG_MAX);
  end_flash();
  log.count = 0;
  begin_flash(0, 0); /* without wait states there is nothing to tell */
  flash.log = &log;
  fetch_reads(FLASH, 4);
  ck_assert_uint_eq(log.count, 0);
  end_flash();
}
END_TEST

/* ---- Cortex-M7 ---- */

static bool rests(uint32_t first, uint32_t last, uint64_t now) { return memory_fetch_rests(memory, first, last, now); }

START_TEST(m7_where_nothing_waits_all_rests) {
  ck_assert(rests(ITCM, ITCM + 1000, 100));
  ck_assert(rests(0x1FFF0000, 0x1FFF1000, 100)); /* no memory there */
}
END_TEST

static policy_t uncached(void *context, uint32_t address) {
  (void)context;
  (void)address;
  return POLICY_UNCACHED;
}

START_TEST(m7_what_is_not_cached_never_rests) {
  fetch(FLASH, 100);
  ck_assert(rests(FLASH, FLASH + LINE, 10000));
  memory->policy = uncached; /* though the line is there */
  ck_assert(!rests(FLASH, FLASH + LINE, 10000));
  memory->policy = NULL;
  fetch(DEVICE, 200);
  ck_assert(!rests(DEVICE, DEVICE + 8, 10000));
  memory_set_l1(memory, false, true);
  ck_assert(!rests(FLASH, FLASH + LINE, 10000));
}
END_TEST

START_TEST(m7_lines_rest_when_they_came_long_ago) {
  ck_assert(!rests(FLASH, FLASH + 8, 100));
  fetch(FLASH, 100);
  uint64_t there = memory->ifill.until;
  ck_assert(!rests(FLASH, FLASH + 8, 100));
  ck_assert(!rests(FLASH, FLASH + 8, there + MEMORY_REST_CYCLES - 1));
  ck_assert(rests(FLASH, FLASH + 8, there + MEMORY_REST_CYCLES));
  ck_assert(rests(FLASH + LINE - 2, FLASH + LINE, there + MEMORY_REST_CYCLES));
  ck_assert(!rests(FLASH + LINE - 2, FLASH + LINE + 1, there + MEMORY_REST_CYCLES));
  fetch(FLASH + LINE, there + 1); /* another one is filled: the first rests at once */
  ck_assert(rests(FLASH, FLASH + LINE, there + 2));
  ck_assert(!rests(FLASH, FLASH + LINE + 1, there + 2));
  ck_assert(rests(FLASH, FLASH + 2 * LINE, there + 10000));
}
END_TEST

START_TEST(m7_what_is_invalidated_rests_no_more) {
  fetch(FLASH, 100);
  fetch(FLASH + LINE, 200);
  ck_assert(rests(FLASH, FLASH + 2 * LINE, 10000));
  memory_maintain(memory, MAINTAIN_INVALIDATE_INSTRUCTION_LINE, FLASH + LINE, 10001);
  ck_assert(!rests(FLASH, FLASH + 2 * LINE, 20000));
  ck_assert(rests(FLASH, FLASH + LINE, 20000));
  memory_maintain(memory, MAINTAIN_INVALIDATE_ICACHE, 0, 20001);
  ck_assert(!rests(FLASH, FLASH + LINE, 30000));
}
END_TEST

START_TEST(m7_at_rest_nothing_waits) {
  enum { ROUNDS = 20000, AREA = 96, LONGEST = 96 };
  random_t random = {1};
  unsigned found = 0;
  uint64_t cycle = 1000;
  for (unsigned n = 0; n < ROUNDS; n++, cycle += random_below(&random, 300)) {
    uint32_t first = FLASH + random_below(&random, AREA * LINE / 8) * 8;
    uint32_t last = first + 2 + random_below(&random, LONGEST);
    bool at_rest = rests(first, last, cycle);
    uint64_t version = memory_fetch_version(memory);
    found += at_rest;
    for (uint32_t at = first; at < last; at += 8) {
      unsigned wait = fetch(at, cycle);
      if (at_rest) ck_assert_uint_eq(wait, 0);
      cycle += wait + 1;
    }
    if (at_rest) ck_assert_uint_eq(memory_fetch_version(memory), version);
    if (at_rest) ck_assert(rests(first, last, cycle));
  }
  ck_assert_uint_gt(found, 200);
}
END_TEST

START_TEST(the_version_changes_with_what_rests) {
  uint64_t version = memory_fetch_version(memory);
  ck_assert_uint_ne(version, 0); /* of a node that was never looked at */
  fetch(FLASH, 100);
  ck_assert_uint_ne(memory_fetch_version(memory), version);
  version = memory_fetch_version(memory);
  fetch(FLASH + 8, 200);
  load(AXI, 300);
  ck_assert_uint_eq(memory_fetch_version(memory), version);
  memory_maintain(memory, MAINTAIN_INVALIDATE_INSTRUCTION_LINE, FLASH, 400);
  ck_assert_uint_ne(memory_fetch_version(memory), version);
}
END_TEST

START_TEST(m4_version_and_rest_go_by_flash) {
  memory_t m4 = {.flash_base = FLASH, .flash_bytes = REGION_BYTES};
  ck_assert(flash_init(&m4.flash, &part));
  memory_set_flash(&m4, WAIT, FLASH_ICACHE | FLASH_PREFETCH);
  ck_assert(memory_fetch_rests(&m4, SRAM, SRAM + 100, 100));
  ck_assert(!memory_fetch_rests(&m4, FLASH, FLASH + 4, 100));
  uint64_t version = memory_fetch_version(&m4);
  ck_assert_uint_ne(version, 0);
  for (unsigned i = 0; i < 4; i++) {
    memory_fetch_word(&m4, FLASH + i * READ, 100 + 20 * i);
    ck_assert_uint_ne(memory_fetch_version(&m4), version);
    version = memory_fetch_version(&m4);
  }
  ck_assert(memory_fetch_rests(&m4, FLASH, FLASH + 4, 200));
  m4.flash.prefetched++; /* without a line that came or went */
  ck_assert_uint_ne(memory_fetch_version(&m4), version);
  flash_free(&m4.flash);
}
END_TEST

/* ---- The log of answers ---- */

static memory_log_t answers;

static answer_t access_word(uint32_t address, bool write, uint64_t cycle) {
  return memory_access(memory, address, 4, write, cycle);
}

START_TEST(an_access_is_asked_once_and_logged) {
  answer_t answer = access_word(AXI, false, 50); /* without a log */
  ck_assert_uint_eq(answer.wait, AXI_READ);
  answers.next = answers.given = 0;
  memory->log = &answers;
  answer = access_word(AXI + LINE, false, 100);
  ck_assert(answer.wait == AXI_READ && answer.cause == CAUSE_DCACHE_MISS && answer.grade == GRADE_INFERRED);
  ck_assert_uint_eq(access_word(AXI + LINE, false, 200).wait, 0);
  access_word(AXI + LINE, true, 300);
  ck_assert_uint_eq(answers.next, 3);
  ck_assert_uint_eq(answers.given, 0);
  ck_assert(answers.entries[0].cycle == 100 && answers.entries[1].cycle == 200 && answers.entries[2].cycle == 300);
  ck_assert(answers.entries[0].answer.wait == AXI_READ && answers.entries[0].answer.cause == CAUSE_DCACHE_MISS);
  ck_assert_uint_eq(answers.entries[1].answer.wait, 0);
  ck_assert_uint_eq(memory->counts.dcache_misses, 2);
  ck_assert_uint_eq(memory->counts.dcache_hits, 2);
  memory_maintain(memory, MAINTAIN_CLEAN_LINE, AXI + LINE, 400);
  ck_assert_uint_eq(memory->counts.write_backs, 1); /* it was a store */
}
END_TEST

START_TEST(what_was_given_is_repeated_and_not_asked) {
  answers.next = 0;
  answers.given = 2;
  answers.entries[0] = (logged_access_t){7, {11, GRADE_MEASURED, CAUSE_BUS}};
  answers.entries[1] = (logged_access_t){8, {0, GRADE_ASSUMED, CAUSE_FLASH}};
  memory->log = &answers;
  answer_t answer = access_word(AXI, false, 100);
  ck_assert(answer.wait == 11 && answer.grade == GRADE_MEASURED && answer.cause == CAUSE_BUS);
  ck_assert_uint_eq(access_word(AXI, false, 100).wait, 0);
  const memory_counts_t none = {0};
  ck_assert_mem_eq(&memory->counts, &none, sizeof none);
  ck_assert_uint_eq(access_word(AXI, false, 100).wait, AXI_READ); /* the third is asked */
  ck_assert_uint_eq(answers.next, 3);
  ck_assert(answers.entries[0].cycle == 7 && answers.entries[1].cycle == 8 && answers.entries[2].cycle == 100);
}
END_TEST

START_TEST(the_log_of_answers_says_when_it_was_too_short) {
  enum { MORE = 10 };
  static struct {
    memory_log_t log;
    logged_access_t behind[MORE];
  } full;
  memory->log = &full.log;
  for (unsigned i = 0; i < MEMORY_LOG_MAX + MORE; i++)
    access_word(AXI + 4 * i, false, 100 + i);
  ck_assert_uint_eq(full.log.next, MEMORY_LOG_MAX + MORE);
  ck_assert_uint_eq(full.log.entries[MEMORY_LOG_MAX - 1].cycle, 100 + MEMORY_LOG_MAX - 1);
  for (unsigned i = 0; i < MORE; i++)
    ck_assert_uint_eq(full.behind[i].cycle, 0);
}
END_TEST

START_TEST(a_trial_logs_nothing) {
  static flash_log_t reads;
  answers.next = answers.given = 0;
  memory->log = &answers;
  memory->flash.log = &reads;
  memory_t trial;
  memory_trial(memory, &trial);
  memory_access(&trial, AXI, 4, false, 100);
  ck_assert(answers.next == 0 && !trial.flash.log);
}
END_TEST

START_TEST(on_a_cortex_m4_it_is_a_read_of_flash) {
  memory_t m4 = {.flash_base = FLASH, .flash_bytes = REGION_BYTES, .flash_grade = GRADE_INFERRED};
  ck_assert(flash_init(&m4.flash, &part));
  memory_set_flash(&m4, WAIT, 0);
  answers.next = answers.given = 0;
  m4.log = &answers;
  answer_t answer = memory_access(&m4, FLASH, 4, false, 100);
  ck_assert(answer.wait == WAIT && answer.cause == CAUSE_FLASH && answer.grade == GRADE_INFERRED);
  ck_assert(answers.next == 1 && answers.entries[0].cycle == 100 && m4.flash.data_reads == 1);
  flash_free(&m4.flash);
}
END_TEST

START_TEST(settings_are_counted_when_they_change) {
  unsigned settings = memory->settings;
  memory_set_flash(memory, FLASH_WAIT, 0);
  memory_set_l1(memory, true, true);
  ck_assert_uint_eq(memory->settings, settings);
  memory_set_flash(memory, FLASH_WAIT + 1, 0);
  ck_assert_uint_ne(memory->settings, settings);
  settings = memory->settings;
  memory_set_flash(memory, FLASH_WAIT + 1, FLASH_PREFETCH);
  ck_assert_uint_ne(memory->settings, settings);
  settings = memory->settings;
  memory_set_l1(memory, false, true);
  ck_assert_uint_ne(memory->settings, settings);
  settings = memory->settings;
  memory_set_l1(memory, false, false);
  ck_assert_uint_ne(memory->settings, settings);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("memory at rest");
  TCase *tcase = tcase_create("flash");
  tcase_add_test(tcase, flash_without_wait_states_rests);
  tcase_add_test(tcase, flash_without_a_cache_never_rests);
  tcase_add_test(tcase, flash_rests_when_all_of_it_is_cached);
  tcase_add_test(tcase, a_hole_in_the_middle_is_no_rest);
  tcase_add_test(tcase, with_prefetch_the_read_behind_counts);
  tcase_add_test(tcase, at_rest_nothing_waits_and_only_the_order_changes);
  tcase_add_test(tcase, the_log_of_reads_says_when_it_was_too_short);
  tcase_add_test(tcase, m4_version_and_rest_go_by_flash);
  tcase_add_test(tcase, on_a_cortex_m4_it_is_a_read_of_flash);
  suite_add_tcase(suite, tcase);
  tcase = tcase_create("Cortex-M7");
  tcase_add_checked_fixture(tcase, caches_on, end);
  tcase_add_test(tcase, m7_where_nothing_waits_all_rests);
  tcase_add_test(tcase, m7_what_is_not_cached_never_rests);
  tcase_add_test(tcase, m7_lines_rest_when_they_came_long_ago);
  tcase_add_test(tcase, m7_what_is_invalidated_rests_no_more);
  tcase_add_test(tcase, m7_at_rest_nothing_waits);
  tcase_add_test(tcase, the_version_changes_with_what_rests);
  tcase_add_test(tcase, an_access_is_asked_once_and_logged);
  tcase_add_test(tcase, what_was_given_is_repeated_and_not_asked);
  tcase_add_test(tcase, the_log_of_answers_says_when_it_was_too_short);
  tcase_add_test(tcase, a_trial_logs_nothing);
  tcase_add_test(tcase, settings_are_counted_when_they_change);
  suite_add_tcase(suite, tcase);
  return run_suite(suite);
}
