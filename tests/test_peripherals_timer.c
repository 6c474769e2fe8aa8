/* Timers: ST's TIMx, and TIMER and RTC of the nRF52. Counters are exact at the cycle of the access, events at theirs.
 */
#include "peripherals_fixture.h"
#include "run_suite.h"

/* TIM2 (32 bits, line 28), TIM3 (16 bits, line 29) and TIM1 (lines 25 and 27) of an F4 at its reset clock. */
enum { TIM2 = 0x40000000, TIM3 = 0x40000400, TIM1 = 0x40010000 };
enum { CR1 = 0x00, DIER = 0x0C, SR = 0x10, EGR = 0x14, CNT = 0x24, PSC = 0x28, ARR = 0x2C, CCR1 = 0x34 };
enum { CEN = 1, UG = 1, UIF = 1, CC1IF = 2, ARPE = 1 << 7, OPM = 1 << 3, URS = 1 << 2 };

static void open_f4(void) { chip_open(chip_config("stm32f4", 16)); }

START_TEST(counts_prescaled) {
  open_f4();
  ck_assert_uint_eq(get(TIM2 + ARR), 0xFFFFFFFF);
  ck_assert_uint_eq(get(TIM3 + ARR), 0xFFFF);
  put(TIM2 + PSC, 15);
  put(TIM2 + EGR, UG); /* the prescaler takes effect at an update */
  ck_assert_uint_eq(get(TIM2 + SR), UIF);
  put(TIM2 + SR, 0);
  put(TIM2 + CR1, CEN);
  now = 159;
  ck_assert_uint_eq(get(TIM2 + CNT), 9);
  now = 160;
  ck_assert_uint_eq(get(TIM2 + CNT), 10);
  put(TIM2 + CR1, 0);
  now = 1000;
  ck_assert_uint_eq(get(TIM2 + CNT), 10);
  put(TIM2 + CNT, 100);
  put(TIM2 + CR1, CEN);
  now += 16;
  ck_assert_uint_eq(get(TIM2 + CNT), 101);
  ck_assert_uint_eq(get(TIM2 + SR), 0);
}
END_TEST

START_TEST(prescaler_waits_for_an_update) {
  open_f4();
  put(TIM3 + ARR, 9);
  put(TIM3 + CR1, CEN);
  put(TIM3 + PSC, 1);
  now = 9;
  ck_assert_uint_eq(get(TIM3 + CNT), 9);
  now = 10 + 2 * 3;
  ck_assert_uint_eq(get(TIM3 + CNT), 3);
}
END_TEST

START_TEST(update_interrupts) {
  open_f4();
  put(TIM3 + ARR, 999);
  put(TIM3 + DIER, UIF);
  put(TIM3 + CR1, CEN);
  ck_assert_uint_eq(peripherals_next_change(chip), 1000);
  pass(999);
  ck_assert(!lines[29]);
  pass(1);
  ck_assert(lines[29]);
  ck_assert_uint_eq(peripherals_next_change(chip), UINT64_MAX); /* nothing more to say before it is cleared */
  pass(500);
  put(TIM3 + SR, ~(uint32_t)UIF);
  ck_assert(!lines[29]);
  ck_assert_uint_eq(peripherals_next_change(chip), 2000);
  pass(100000);
  ck_assert_uint_eq(rises, 2);
}
END_TEST

START_TEST(compare_interrupts) {
  open_f4();
  put(TIM1 + ARR, 999);
  put(TIM1 + CCR1, 250);
  put(TIM1 + DIER, UIF | CC1IF);
  put(TIM1 + CR1, CEN);
  pass(250);
  ck_assert(lines[27] && !lines[25]);
  ck_assert_uint_eq(get(TIM1 + SR) & 0x3, CC1IF);
  put(TIM1 + SR, 0);
  pass(749);
  ck_assert(!lines[27] && !lines[25]);
  pass(1);
  ck_assert(lines[25]);
  pass(250);
  ck_assert(lines[27]);
}
END_TEST

START_TEST(compare_never_reached) {
  open_f4();
  put(TIM3 + ARR, 99);
  put(TIM3 + CCR1, 100);
  put(TIM3 + DIER, CC1IF);
  put(TIM3 + CR1, CEN);
  ck_assert_uint_eq(peripherals_next_change(chip), UINT64_MAX);
  pass(10000);
  ck_assert_uint_eq(get(TIM3 + SR) & CC1IF, 0);
}
END_TEST

START_TEST(one_pulse) {
  open_f4();
  put(TIM3 + ARR, 99);
  put(TIM3 + CR1, CEN | OPM);
  now = 1000;
  ck_assert_uint_eq(get(TIM3 + SR) & UIF, UIF);
  ck_assert_uint_eq(get(TIM3 + CR1) & CEN, 0);
  ck_assert_uint_eq(get(TIM3 + CNT), 0);
}
END_TEST

START_TEST(reload_preloaded_or_not) {
  open_f4();
  put(TIM3 + ARR, 99);
  put(TIM3 + CR1, CEN | ARPE);
  put(TIM3 + EGR, UG);
  put(TIM3 + ARR, 199);
  now = 120;
  ck_assert_uint_eq(get(TIM3 + CNT), 20); /* the old one, then the new one */
  now = 290;
  ck_assert_uint_eq(get(TIM3 + CNT), 190);
  put(TIM3 + CR1, CEN);
  put(TIM3 + ARR, 50); /* below the counter: up to its width first */
  now = 290 + 65536 - 190 + 10;
  ck_assert_uint_eq(get(TIM3 + CNT), 10);
  put(TIM3 + ARR, 0);
  now += 100;
  ck_assert_uint_eq(get(TIM3 + CNT), 10); /* stands still */
}
END_TEST

/* A timer of a divided bus counts with twice the bus clock. */
START_TEST(clock_changes_on_the_way) {
  open_f4();
  put(TIM2 + CR1, CEN);
  now = 1000;
  put(0x40023808, 5u << 10); /* APB1 / 4: 8 MHz for the timer of a core at 16 */
  ck_assert_uint_eq(get(TIM2 + CNT), 1000);
  now = 1200;
  ck_assert_uint_eq(get(TIM2 + CNT), 1100);
  put(TIM2 + DIER, CC1IF);
  put(TIM2 + CCR1, 1150);
  ck_assert_uint_eq(peripherals_next_change(chip), 1300);
  put(0x40023808, 0);
  ck_assert_uint_eq(peripherals_next_change(chip), 1250);
}
END_TEST

START_TEST(long_runs_do_not_drift) {
  chip_open(chip_config("stm32f7", 216));
  put(0x40023804, 0x29406C19);
  put(0x40023808, 0x940A);
  put(0x40000C28, 107); /* TIM5: microseconds */
  put(0x40000C14, UG);
  put(0x40000C00, CEN);
  uint64_t start = now;
  for (unsigned i = 1; i < 2000; i++) {
    now = start + i * UINT64_C(216007);
    ck_assert_uint_eq(get(0x40000C24), (now - start) / 216);
  }
}
END_TEST

START_TEST(down_counting_is_said) {
  open_f4();
  put(TIM3 + CR1, CEN | 1 << 4);
  ck_assert_str_eq(warned_code, "timer-mode");
}
END_TEST

/* ---- nRF52 ---- */

enum { TIMER0 = 0x40008000, RTC1 = 0x40011000 };

START_TEST(nrf_timer) {
  chip_open(chip_config("nrf52", 64));
  put(TIMER0 + 0x508, 3);   /* 32 bits */
  put(TIMER0 + 0x510, 4);   /* 1 MHz */
  put(TIMER0 + 0x540, 100); /* CC[0] */
  put(TIMER0 + 0x200, 1);   /* it clears */
  put(TIMER0 + 0x304, 1 << 16);
  put(TIMER0 + 0x000, 1);
  ck_assert_uint_eq(peripherals_next_change(chip), 6400);
  pass(6399);
  ck_assert(!lines[8]);
  pass(1);
  ck_assert(lines[8]);
  ck_assert_uint_eq(get(TIMER0 + 0x140), 1);
  put(TIMER0 + 0x140, 0);
  ck_assert(!lines[8]);
  pass(64 * 30);
  put(TIMER0 + 0x044, 1); /* capture into CC[1] */
  ck_assert_uint_eq(get(TIMER0 + 0x544), 30);
  pass(64 * 70);
  ck_assert(lines[8]);
  put(TIMER0 + 0x004, 1);
  put(TIMER0 + 0x00C, 1);
  pass(1000);
  put(TIMER0 + 0x044, 1);
  ck_assert_uint_eq(get(TIMER0 + 0x544), 0);
}
END_TEST

START_TEST(nrf_timer_left_alone) {
  chip_open(chip_config("nrf52", 64));
  put(TIMER0 + 0x508, 3);
  put(TIMER0 + 0x540, 3); /* clears every three ticks of 16 MHz */
  put(TIMER0 + 0x544, 2);
  put(TIMER0 + 0x200, 1);
  put(TIMER0 + 0x510, 0);
  put(TIMER0 + 0x000, 1);
  now = UINT64_C(12000000000000) + 5; /* two days */
  put(TIMER0 + 0x048, 1);
  ck_assert_uint_eq(get(TIMER0 + 0x548), 1);
  ck_assert_uint_eq(get(TIMER0 + 0x140), 1);
  ck_assert_uint_eq(get(TIMER0 + 0x144), 1);
}
END_TEST

START_TEST(nrf_timer_stops_itself) {
  chip_open(chip_config("nrf52", 64));
  put(TIMER0 + 0x508, 3);
  put(TIMER0 + 0x510, 0);
  put(TIMER0 + 0x540, 50);
  put(TIMER0 + 0x200, 1 << 8);
  put(TIMER0 + 0x000, 1);
  pass(100000);
  put(TIMER0 + 0x044, 1);
  ck_assert_uint_eq(get(TIMER0 + 0x544), 50);
}
END_TEST

START_TEST(nrf_rtc) {
  chip_open(chip_config("nrf52", 64));
  put(RTC1 + 0x508, 31); /* 1024 Hz: 62,500 cycles a tick */
  put(RTC1 + 0x540, 10);
  put(RTC1 + 0x304, 1 << 16);
  put(RTC1 + 0x000, 1);
  pass(624999);
  ck_assert_uint_eq(get(RTC1 + 0x504), 9);
  ck_assert(!lines[17]);
  pass(1);
  ck_assert_uint_eq(get(RTC1 + 0x504), 10);
  ck_assert(lines[17]);
  put(RTC1 + 0x140, 0);
  put(RTC1 + 0x00C, 1); /* near the end of its 24 bits */
  ck_assert_uint_eq(get(RTC1 + 0x504), 0xFFFFF0);
  put(RTC1 + 0x308, 1 << 16);
  put(RTC1 + 0x304, 1 << 1);
  pass(16 * 62500);
  ck_assert_uint_eq(get(RTC1 + 0x104), 1);
  ck_assert(lines[17]);
  ck_assert_uint_eq(get(RTC1 + 0x504), 0);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("peripherals: timers");
  TCase *tests = tcase_create("timers");
  tcase_add_checked_fixture(tests, NULL, chip_close);
  tcase_add_test(tests, counts_prescaled);
  tcase_add_test(tests, prescaler_waits_for_an_update);
  tcase_add_test(tests, update_interrupts);
  tcase_add_test(tests, compare_interrupts);
  tcase_add_test(tests, compare_never_reached);
  tcase_add_test(tests, one_pulse);
  tcase_add_test(tests, reload_preloaded_or_not);
  tcase_add_test(tests, clock_changes_on_the_way);
  tcase_add_test(tests, long_runs_do_not_drift);
  tcase_add_test(tests, down_counting_is_said);
  tcase_add_test(tests, nrf_timer);
  tcase_add_test(tests, nrf_timer_left_alone);
  tcase_add_test(tests, nrf_timer_stops_itself);
  tcase_add_test(tests, nrf_rtc);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
