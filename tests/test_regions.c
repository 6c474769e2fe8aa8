/* The book-keeping of regions and calls: who was running at which instant, and for how many cycles. */
#include "machine/regions.h"
#include "run_suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAIN, WORK, LEAF, FUNCTIONS };
static function_t functions[FUNCTIONS] = {{0x100, 0x10, "main"}, {0x200, 0x10, "work"}, {0x300, 0x10, "leaf"}};
static marker_t markers[] = {{0x10, MARKER_BEGIN, "a"},
                             {0x20, MARKER_END, "a"},
                             {0x30, MARKER_BEGIN, "b"},
                             {0x40, MARKER_END, "b"},
                             {0x50, MARKER_BEGIN, "a"}};
enum { BEGIN_A, END_A, BEGIN_B, END_B, BEGIN_A_AGAIN, MARKERS };
enum { OPCODE_BEGIN = 0xBFE0, OPCODE_END = 0xBFF0, STACK = 0x1000 };
static program_t calls_program = {
    .functions = functions, .function_count = FUNCTIONS, .markers = markers, .marker_count = MARKERS};

static regions_t *regions;
static profile_totals_t totals;

static void make_regions(void) {
  regions = regions_new(&calls_program);
  ck_assert_ptr_nonnull(regions);
}

static void drop_regions(void) { regions_free(regions); }

/* The instant at CYCLES, by when half as many instructions have issued and a quarter of the time was spent waiting. */
static const instant_t *at(uint64_t cycles, uint32_t sp) {
  static instant_t instant;
  totals.instructions = cycles / 2;
  totals.causes[CAUSE_ISSUE] = cycles - cycles / 4;
  totals.causes[CAUSE_BRANCH] = cycles / 4;
  instant = (instant_t){cycles, &totals, sp};
  return &instant;
}

static bool mark(int32_t marker, uint64_t cycles) {
  uint16_t opcode = markers[marker].kind == MARKER_BEGIN ? OPCODE_BEGIN : OPCODE_END;
  return regions_marker(regions, marker, opcode, at(cycles, STACK));
}

static const measured_region_t *region_called(const char *name) {
  size_t count;
  const measured_region_t *list = regions_list(regions, &count);
  for (size_t i = 0; i < count; i++) {
    if (strcmp(list[i].name, name) == 0) return &list[i];
  }
  ck_abort_msg("no region %s", name);
}

static size_t region_count(void) {
  size_t count;
  regions_list(regions, &count);
  return count;
}

START_TEST(passes_add_up) {
  ck_assert(mark(BEGIN_A, 100));
  ck_assert(mark(END_A, 140));
  ck_assert(mark(BEGIN_A, 200));
  ck_assert(mark(END_A, 300));
  const measured_region_t *a = region_called("a");
  ck_assert_uint_eq(a->calls, 2);
  ck_assert_uint_eq(a->cycles, 140);
  ck_assert_uint_eq(a->min_cycles, 40);
  ck_assert_uint_eq(a->max_cycles, 100);
  ck_assert_uint_eq(a->instructions, 70);
  ck_assert_uint_eq(a->causes[CAUSE_ISSUE], 105);
  ck_assert_uint_eq(a->causes[CAUSE_BRANCH], 35);
  ck_assert_uint_eq(region_count(), 1);
}
END_TEST

START_TEST(regions_nest_and_overlap) {
  mark(BEGIN_A, 100);
  mark(BEGIN_B, 110);
  mark(END_A, 150);
  mark(END_B, 170);
  ck_assert_uint_eq(region_called("a")->cycles, 50);
  ck_assert_uint_eq(region_called("b")->cycles, 60);
}
END_TEST

START_TEST(a_name_within_itself_belongs_to_the_outermost_pass) {
  mark(BEGIN_A, 100);
  mark(BEGIN_A_AGAIN, 110);
  mark(END_A, 120);
  ck_assert_uint_eq(region_called("a")->calls, 0);
  mark(END_A, 150);
  ck_assert_uint_eq(region_called("a")->calls, 1);
  ck_assert_uint_eq(region_called("a")->cycles, 50);
  ck_assert_uint_eq(region_count(), 1);
}
END_TEST

START_TEST(a_pass_left_without_its_end_is_dropped_by_the_next) {
  mark(BEGIN_A, 100); /* return before END */
  mark(BEGIN_A, 200);
  mark(END_A, 230);
  ck_assert_uint_eq(region_called("a")->abandoned, 1);
  ck_assert_uint_eq(region_called("a")->calls, 1);
  ck_assert_uint_eq(region_called("a")->cycles, 30);
  ck_assert_uint_eq(region_called("a")->depth, 0);
}
END_TEST

START_TEST(recursion_through_a_begin_is_no_abandoned_pass) {
  regions_marker(regions, BEGIN_A, OPCODE_BEGIN, at(100, STACK));
  regions_marker(regions, BEGIN_A, OPCODE_BEGIN, at(110, STACK - 8));
  regions_marker(regions, END_A, OPCODE_END, at(120, STACK - 8));
  regions_marker(regions, END_A, OPCODE_END, at(130, STACK));
  ck_assert_uint_eq(region_called("a")->abandoned, 0);
  ck_assert_uint_eq(region_called("a")->calls, 1);
  ck_assert_uint_eq(region_called("a")->cycles, 30);
}
END_TEST

START_TEST(an_end_without_a_begin_is_told_and_counts_nothing) {
  ck_assert(!mark(END_A, 100));
  ck_assert(mark(BEGIN_A, 110));
  ck_assert(mark(END_A, 120));
  ck_assert(!mark(END_A, 130));
  ck_assert_uint_eq(region_called("a")->calls, 1);
  ck_assert_uint_eq(region_called("a")->cycles, 10);
}
END_TEST

START_TEST(markers_without_names_are_told_apart_by_opcode) {
  ck_assert(!regions_marker(regions, -1, OPCODE_END, at(90, STACK)));
  ck_assert(regions_marker(regions, -1, OPCODE_BEGIN, at(100, STACK)));
  ck_assert(regions_marker(regions, -1, OPCODE_END, at(130, STACK)));
  ck_assert_uint_eq(region_called("marker")->cycles, 30);
}
END_TEST

START_TEST(a_region_that_is_open_at_the_end_counts_no_pass) {
  mark(BEGIN_A, 100);
  regions_finish(regions, at(500, STACK));
  ck_assert_uint_eq(region_called("a")->depth, 1);
  ck_assert_uint_eq(region_called("a")->calls, 0);
  ck_assert_uint_eq(region_called("a")->cycles, 0);
}
END_TEST

START_TEST(the_deepest_stack_of_a_region_is_from_within) {
  regions_stack(regions, STACK - 500);
  mark(BEGIN_A, 100);
  regions_stack(regions, STACK - 64);
  mark(BEGIN_B, 110);
  regions_stack(regions, STACK - 32);
  mark(END_B, 120);
  mark(END_A, 130);
  regions_stack(regions, STACK - 900);
  mark(BEGIN_A, 140);
  mark(END_A, 150);
  ck_assert_uint_eq(region_called("a")->stack_peak, 64);
  ck_assert_uint_eq(region_called("b")->stack_peak, 32);
}
END_TEST

START_TEST(calls_return_to_where_they_came_from) {
  ck_assert(regions_watch_function(regions, WORK));
  ck_assert(regions_watch_function(regions, WORK));
  regions_enter(regions, MAIN, 0xFFFFFFFE, false, at(0, STACK));
  regions_enter(regions, WORK, 0x108, false, at(10, STACK - 16));
  ck_assert_int_eq(regions_arrive(regions, 0x108, -1, at(30, STACK - 16)), WORK);
  regions_enter(regions, WORK, 0x10C, false, at(40, STACK - 16));
  ck_assert_int_eq(regions_arrive(regions, 0x10C, -1, at(100, STACK - 16)), WORK);
  ck_assert_int_eq(regions_arrive(regions, 0x10C, -1, at(101, STACK - 16)), -1);
  regions_finish(regions, at(120, STACK));
  ck_assert_uint_eq(region_count(), 1);
  ck_assert_uint_eq(region_called("work")->calls, 2);
  ck_assert_uint_eq(region_called("work")->min_cycles, 20);
  ck_assert_uint_eq(region_called("work")->max_cycles, 60);
  ck_assert_uint_eq(regions_calls(regions)[WORK].calls, 2);
  ck_assert_uint_eq(regions_calls(regions)[WORK].total_cycles, 80);
  ck_assert_uint_eq(regions_calls(regions)[MAIN].total_cycles, 120);
}
END_TEST

START_TEST(recursion_is_one_pass_and_its_time_counts_once) {
  regions_watch_function(regions, WORK);
  regions_enter(regions, WORK, 0x108, false, at(10, STACK));
  regions_enter(regions, WORK, 0x20A, false, at(20, STACK - 16));
  regions_enter(regions, WORK, 0x20A, false, at(30, STACK - 32));
  /* Both inner calls return to the same address; the stack pointer tells them apart. */
  regions_arrive(regions, 0x20A, -1, at(40, STACK - 32));
  regions_enter(regions, LEAF, 0x20E, false, at(41, STACK - 32));
  ck_assert_int_eq(regions_arrive(regions, 0x20E, -1, at(42, STACK - 32)), LEAF);
  regions_arrive(regions, 0x20A, -1, at(50, STACK - 16));
  ck_assert_uint_eq(region_called("work")->calls, 0);
  regions_arrive(regions, 0x108, -1, at(60, STACK));
  ck_assert_uint_eq(region_called("work")->calls, 1);
  ck_assert_uint_eq(region_called("work")->cycles, 50);
  ck_assert_uint_eq(regions_calls(regions)[WORK].calls, 3);
  ck_assert_uint_eq(regions_calls(regions)[WORK].total_cycles, 50);
  ck_assert_uint_eq(regions_calls(regions)[WORK].active, 0);
}
END_TEST

START_TEST(a_jump_to_a_return_address_from_deeper_down_is_no_return) {
  regions_enter(regions, WORK, 0x108, false, at(10, STACK));
  ck_assert_int_eq(regions_arrive(regions, 0x108, -1, at(20, STACK - 8)), -1);
  ck_assert_uint_eq(regions_calls(regions)[WORK].active, 1);
  ck_assert_int_eq(regions_arrive(regions, 0x108, -1, at(30, STACK)), WORK);
}
END_TEST

START_TEST(a_tail_call_returns_for_both) {
  regions_watch_function(regions, WORK);
  regions_watch_function(regions, LEAF);
  regions_enter(regions, MAIN, 0xFFFFFFFE, false, at(0, STACK));
  regions_enter(regions, WORK, 0x108, false, at(10, STACK - 16));
  regions_enter(regions, LEAF, 0, true, at(25, STACK - 16));
  ck_assert_int_eq(regions_arrive(regions, 0x108, -1, at(40, STACK - 16)), LEAF);
  ck_assert_uint_eq(region_called("work")->cycles, 30);
  ck_assert_uint_eq(region_called("leaf")->cycles, 15);
  ck_assert_uint_eq(regions_calls(regions)[MAIN].active, 1);
}
END_TEST

START_TEST(longjmp_leaves_all_frames_in_between) {
  regions_watch_function(regions, LEAF);
  regions_enter(regions, MAIN, 0xFFFFFFFE, false, at(0, STACK));
  regions_enter(regions, WORK, 0x108, false, at(10, STACK - 16)); /* setjmp is called in main at 0x108 */
  regions_enter(regions, LEAF, 0x208, false, at(20, STACK - 32));
  regions_enter(regions, -1, 0x308, false, at(30, STACK - 48)); /* longjmp: no symbol */
  regions_arrive(regions, 0x108, -1, at(50, STACK - 16));
  ck_assert_uint_eq(region_called("leaf")->calls, 1);
  ck_assert_uint_eq(region_called("leaf")->cycles, 30);
  ck_assert_uint_eq(regions_calls(regions)[WORK].total_cycles, 40);
  ck_assert_uint_eq(regions_calls(regions)[MAIN].active, 1);
}
END_TEST

START_TEST(longjmp_to_where_no_call_returns_leaves_what_lost_its_stack) {
  regions_enter(regions, MAIN, 0xFFFFFFFE, false, at(0, STACK));
  regions_enter(regions, WORK, 0x108, false, at(10, STACK - 16));
  regions_enter(regions, LEAF, 0x208, false, at(20, STACK - 32));
  /* setjmp returned to 0x104 in main once; no frame on the stack does. */
  ck_assert_int_eq(regions_arrive(regions, 0x104, MAIN, at(50, STACK - 16)), LEAF);
  ck_assert_uint_eq(regions_calls(regions)[LEAF].total_cycles, 30);
  ck_assert_uint_eq(regions_calls(regions)[WORK].total_cycles, 40);
  ck_assert_uint_eq(regions_calls(regions)[WORK].active, 0);
  ck_assert_uint_eq(regions_calls(regions)[MAIN].active, 1);
}
END_TEST

START_TEST(a_jump_out_of_a_symbol_keeps_the_frame) {
  regions_enter(regions, WORK, 0x108, false, at(10, STACK - 16));
  ck_assert_int_eq(regions_arrive(regions, 0x300, LEAF, at(20, STACK - 24)), -1);
  ck_assert_int_eq(regions_arrive(regions, 0x400, -1, at(30, STACK - 24)), -1);
  ck_assert_uint_eq(regions_calls(regions)[WORK].active, 1);
}
END_TEST

START_TEST(calls_beyond_the_bound_are_told) {
  ck_assert(!regions_lost_calls(regions));
  for (uint32_t i = 0; i <= 1u << 20; i++)
    regions_enter(regions, WORK, 0x1000 + 2 * i, false, at(i, 0xF0000000u - i));
  ck_assert(regions_lost_calls(regions));
}
END_TEST

START_TEST(all_stacks_together_have_a_bound) {
  enum { EACH = 1 << 19, STACKS = 9 };
  for (unsigned stack = 0; stack < STACKS; stack++) {
    ck_assert(!regions_lost_calls(regions));
    regions_switch(regions, stack, at(0, STACK));
    for (uint32_t i = 0; i < EACH; i++)
      regions_enter(regions, WORK, 0x1000 + 2 * i, false, at(i, 0xF0000000u - i));
  }
  ck_assert(regions_lost_calls(regions));
}
END_TEST

START_TEST(calls_without_end_stay_within_bounds) {
  for (uint32_t i = 0; i < 10000; i++)
    regions_enter(regions, WORK, 0x1000 + 2 * i, false, at(i, STACK - i));
  regions_arrive(regions, 0x1000, -1, at(20000, STACK));
  regions_finish(regions, at(20001, STACK));
  ck_assert_uint_eq(regions_calls(regions)[WORK].total_cycles, 20001);
}
END_TEST

START_TEST(more_names_than_room_are_not_measured) {
  enum { MANY = 300 };
  static marker_t many[MANY];
  static char names[MANY][8];
  for (int i = 0; i < MANY; i++) {
    snprintf(names[i], sizeof names[i], "r%d", i);
    many[i] = (marker_t){0x1000 + 2u * (unsigned)i, MARKER_BEGIN, names[i]};
  }
  program_t program = {.markers = many, .marker_count = MANY};
  regions_t *full = regions_new(&program);
  for (int32_t i = 0; i < MANY; i++)
    ck_assert(regions_marker(full, i, OPCODE_BEGIN, at((uint64_t)i, STACK)));
  size_t count;
  regions_list(full, &count);
  ck_assert_uint_eq(count, 256);
  ck_assert(regions_marker(full, -1, OPCODE_END, at(1000, STACK)));
  regions_free(full);
}
END_TEST

START_TEST(time_on_another_stack_is_not_that_of_the_callers_left) {
  const call_count_t *calls = regions_calls(regions);
  regions_enter(regions, MAIN, 0xFFFFFFFE, false, at(0, STACK));
  regions_enter(regions, WORK, 0x104, false, at(10, STACK - 8));
  regions_switch(regions, 1, at(20, STACK)); /* an exception: its handler runs on a stack of its own */
  regions_enter(regions, LEAF, HANDLER_RETURN, false, at(20, STACK));
  int32_t callers[2] = {0};
  ck_assert_uint_eq(regions_callers(regions, callers, 2), 0);
  regions_leave_handler(regions, at(50, STACK));
  regions_switch(regions, 0, at(50, STACK));
  ck_assert_uint_eq(regions_callers(regions, callers, 2), 1);
  ck_assert_int_eq(callers[0], MAIN);
  ck_assert_int_eq(regions_arrive(regions, 0x104, MAIN, at(60, STACK - 8)), WORK);
  regions_restart(regions, at(100, STACK));
  ck_assert_uint_eq(calls[LEAF].total_cycles, 30);
  ck_assert_uint_eq(calls[WORK].total_cycles, 20);
  ck_assert_uint_eq(calls[MAIN].total_cycles, 70);
}
END_TEST

static TCase *regions_case(void) {
  TCase *c = tcase_create("regions");
  tcase_add_checked_fixture(c, make_regions, drop_regions);
  tcase_add_test(c, passes_add_up);
  tcase_add_test(c, regions_nest_and_overlap);
  tcase_add_test(c, a_name_within_itself_belongs_to_the_outermost_pass);
  tcase_add_test(c, a_pass_left_without_its_end_is_dropped_by_the_next);
  tcase_add_test(c, recursion_through_a_begin_is_no_abandoned_pass);
  tcase_add_test(c, an_end_without_a_begin_is_told_and_counts_nothing);
  tcase_add_test(c, markers_without_names_are_told_apart_by_opcode);
  tcase_add_test(c, a_region_that_is_open_at_the_end_counts_no_pass);
  tcase_add_test(c, the_deepest_stack_of_a_region_is_from_within);
  tcase_add_test(c, calls_return_to_where_they_came_from);
  tcase_add_test(c, recursion_is_one_pass_and_its_time_counts_once);
  tcase_add_test(c, a_jump_to_a_return_address_from_deeper_down_is_no_return);
  tcase_add_test(c, a_tail_call_returns_for_both);
  tcase_add_test(c, longjmp_leaves_all_frames_in_between);
  tcase_add_test(c, longjmp_to_where_no_call_returns_leaves_what_lost_its_stack);
  tcase_add_test(c, a_jump_out_of_a_symbol_keeps_the_frame);
  tcase_add_test(c, calls_beyond_the_bound_are_told);
  tcase_add_test(c, all_stacks_together_have_a_bound);
  tcase_add_test(c, calls_without_end_stay_within_bounds);
  tcase_add_test(c, more_names_than_room_are_not_measured);
  tcase_add_test(c, time_on_another_stack_is_not_that_of_the_callers_left);
  return c;
}

int main(void) {
  Suite *suite = suite_create("regions");
  suite_add_tcase(suite, regions_case());
  return run_suite(suite);
}
