/* The clocks that firmware reads: DWT cycle counter and SysTick. Addresses are written out, as a manual has them. */
#include "machine/scs.h"
#include "run_suite.h"

#include <check.h>
#include <stdlib.h>

enum {
  DEMCR = 0xE000EDFC,
  DWT_CTRL = 0xE0001000,
  CYCCNT = 0xE0001004,
  DWT_LAR = 0xE0001FB0,
  DWT_LSR = 0xE0001FB4,
  CSR = 0xE000E010,
  RVR = 0xE000E014,
  CVR = 0xE000E018,
  ICSR = 0xE000ED04,
  TRCENA = 1 << 24,
};
#define UNLOCK 0xC5ACCE55u

static scs_t *make(bool m7, bool has_dwt) {
  scs_config_t config = {.m7 = m7, .has_dwt = has_dwt};
  scs_t *scs = scs_new(&config);
  ck_assert_ptr_nonnull(scs);
  return scs;
}

static uint32_t get(scs_t *scs, uint32_t address) { return scs_read(scs, address, 4, 0); }
static void put(scs_t *scs, uint32_t address, uint32_t value) { scs_write(scs, address, 4, value, 0); }

/* ---- DWT ---- */

static scs_t *counting(uint64_t start) {
  scs_t *scs = make(false, true);
  scs_write(scs, DEMCR, 4, TRCENA, start);
  scs_write(scs, DWT_CTRL, 4, 1, start);
  return scs;
}

START_TEST(cyccnt_counts_exactly) {
  scs_t *scs = counting(1000);
  ck_assert_uint_eq(scs_read(scs, CYCCNT, 4, 1000), 0);
  ck_assert_uint_eq(scs_read(scs, CYCCNT, 4, 1001), 1);
  ck_assert_uint_eq(scs_read(scs, CYCCNT, 4, 1001), 1);
  scs_write(scs, CYCCNT, 4, 77, 2000);
  ck_assert_uint_eq(scs_read(scs, CYCCNT, 4, 2000), 77);
  ck_assert_uint_eq(scs_read(scs, CYCCNT, 4, 2010), 87);
  scs_free(scs);
}
END_TEST

START_TEST(cyccnt_wraps_at_32_bits) {
  scs_t *scs = counting(0);
  ck_assert_uint_eq(scs_read(scs, CYCCNT, 4, 0xFFFFFFFF), 0xFFFFFFFF);
  ck_assert_uint_eq(scs_read(scs, CYCCNT, 4, UINT64_C(0x100000000)), 0);
  ck_assert_uint_eq(scs_read(scs, CYCCNT, 4, UINT64_C(0x300000005)), 5);
  scs_write(scs, CYCCNT, 4, 0xFFFFFFFE, UINT64_C(0x300000010));
  ck_assert_uint_eq(scs_read(scs, CYCCNT, 4, UINT64_C(0x300000013)), 1);
  scs_free(scs);
}
END_TEST

START_TEST(cyccnt_needs_both_enables_and_holds) {
  scs_t *scs = make(false, true);
  scs_write(scs, DWT_CTRL, 4, 1, 0);
  ck_assert_uint_eq(scs_read(scs, CYCCNT, 4, 100), 0); /* TRCENA is 0 out of reset */
  scs_write(scs, DEMCR, 4, TRCENA, 100);
  ck_assert_uint_eq(scs_read(scs, CYCCNT, 4, 150), 50);
  scs_write(scs, DWT_CTRL, 4, 0, 160);
  ck_assert_uint_eq(scs_read(scs, CYCCNT, 4, 500), 60);
  scs_write(scs, DWT_CTRL, 4, 1, 500);
  scs_write(scs, DEMCR, 4, 0, 510);
  ck_assert_uint_eq(scs_read(scs, CYCCNT, 4, 900), 70);
  scs_write(scs, CYCCNT, 4, 5, 900);
  ck_assert_uint_eq(scs_read(scs, CYCCNT, 4, 950), 5);
  scs_write(scs, DEMCR, 1, 0, 950); /* a byte without TRCENA in it changes nothing */
  scs_write(scs, DEMCR + 3, 1, 1, 1000);
  ck_assert_uint_eq(scs_read(scs, CYCCNT, 4, 1003), 8);
  scs_free(scs);
}
END_TEST

START_TEST(rewriting_an_enable_does_not_disturb_the_count) {
  scs_t *scs = counting(0);
  scs_write(scs, DWT_CTRL, 4, scs_read(scs, DWT_CTRL, 4, 10) | 1, 10);
  scs_write(scs, DEMCR, 4, TRCENA, 20);
  ck_assert_uint_eq(scs_read(scs, CYCCNT, 4, 30), 30);
  scs_free(scs);
}
END_TEST

START_TEST(cyccnt_bytes) {
  scs_t *scs = counting(0);
  ck_assert_uint_eq(scs_read(scs, CYCCNT, 2, 0x12345678), 0x5678);
  ck_assert_uint_eq(scs_read(scs, CYCCNT + 2, 2, 0x12345678), 0x1234);
  ck_assert_uint_eq(scs_read(scs, CYCCNT + 1, 1, 0x12345678), 0x56);
  scs_write(scs, CYCCNT + 3, 1, 0xAA, 0x12345678);
  ck_assert_uint_eq(scs_read(scs, CYCCNT, 4, 0x12345679), 0xAA345679);
  scs_free(scs);
}
END_TEST

START_TEST(dwt_lock_of_the_m7) {
  scs_t *scs = make(true, true);
  ck_assert_uint_eq(get(scs, DWT_LSR), 3);
  scs_write(scs, DEMCR, 4, TRCENA, 0);
  scs_write(scs, DWT_CTRL, 4, 1, 0);
  ck_assert_uint_eq(get(scs, DWT_CTRL), 0x40000000);
  ck_assert_uint_eq(scs_read(scs, CYCCNT, 4, 100), 0);
  put(scs, DWT_LAR, 0x12345678);
  ck_assert_uint_eq(get(scs, DWT_LSR), 3);
  ck_assert(scs_dwt_refused(scs));
  put(scs, DWT_LAR, UNLOCK);
  ck_assert(!scs_dwt_refused(scs));
  ck_assert_uint_eq(get(scs, DWT_LSR), 1);
  scs_write(scs, DWT_CTRL, 4, 1, 200);
  ck_assert_uint_eq(scs_read(scs, CYCCNT, 4, 250), 50);
  scs_write(scs, CYCCNT, 4, 0, 300);
  put(scs, DWT_LAR, 0);
  scs_write(scs, CYCCNT, 4, 12345, 310);
  ck_assert_uint_eq(scs_read(scs, CYCCNT, 4, 320), 20); /* locked again, and counting on */
  scs_free(scs);

  scs = make(false, true); /* no lock on the M4 */
  ck_assert_uint_eq(get(scs, DWT_LSR), 0);
  put(scs, CYCCNT, 9);
  ck_assert_uint_eq(get(scs, CYCCNT), 9);
  scs_free(scs);
}
END_TEST

START_TEST(core_without_dwt) {
  for (int m7 = 0; m7 < 2; m7++) {
    scs_t *scs = make(m7, false);
    put(scs, DWT_LAR, UNLOCK);
    put(scs, DEMCR, TRCENA);
    put(scs, DWT_CTRL, 1);
    put(scs, CYCCNT, 5);
    put(scs, 0xE0001020, 5);
    ck_assert_uint_eq(get(scs, DWT_CTRL), 0x0F000000);
    ck_assert_uint_eq(scs_read(scs, CYCCNT, 4, 1000), 0);
    ck_assert_uint_eq(get(scs, 0xE0001020), 0);
    ck_assert_uint_eq(get(scs, 0xE000101C), 0);
    scs_free(scs);
  }
}
END_TEST

START_TEST(dwt_other_registers) {
  scs_t *scs = make(false, true);
  ck_assert_uint_eq(get(scs, DWT_CTRL), 0x40000000);
  put(scs, DWT_CTRL, 0xFFFFFFFE);
  ck_assert_uint_eq(get(scs, DWT_CTRL), 0x407F1FFE); /* NUMCOMP and NO... are fixed */
  for (uint32_t counter = 0xE0001008; counter <= 0xE0001018; counter += 4) {
    put(scs, counter, 0x1FF);
    ck_assert_uint_eq(get(scs, counter), 0xFF);
  }
  ck_assert_uint_eq(get(scs, 0xE000101C), 0xFFFFFFFF);
  for (uint32_t unit = 0xE0001020; unit <= 0xE0001050; unit += 16) {
    put(scs, unit, 0x20001000 + unit);
    put(scs, unit + 4, 0xFF);
    put(scs, unit + 8, 0xFFFFFFFF);
    ck_assert_uint_eq(get(scs, unit), 0x20001000 + unit);
    ck_assert_uint_eq(get(scs, unit + 4), 0x1F);
    ck_assert_uint_eq(get(scs, unit + 8), 0x000FFDAF);
  }
  scs_free(scs);
}
END_TEST

START_TEST(timers_are_known) {
  const uint32_t timers[] = {CYCCNT, DWT_CTRL, DEMCR, CSR, RVR, CVR, ICSR, CYCCNT + 2};
  for (size_t i = 0; i < sizeof timers / sizeof *timers; i++)
    ck_assert(scs_is_timer(timers[i]));
  const uint32_t others[] = {0xE0000000, 0xE000E01C, 0xE000ED00, 0xE0001008, 0x20000000};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    ck_assert(!scs_is_timer(others[i]));
}
END_TEST

/* ---- SysTick ---- */

/* The same timer, counted tick by tick. */
static void count_down(uint32_t *value, uint32_t reload, bool *flag) {
  if (*value == 0) {
    *value = reload;
  } else if (--*value == 0) {
    *flag = true;
  }
}

START_TEST(systick_agrees_with_counting) {
  const uint32_t reloads[] = {1, 2, 3, 7, 100};
  for (size_t i = 0; i < sizeof reloads / sizeof *reloads; i++) {
    for (unsigned step = 1; step < 12; step++) {
      scs_t *scs = make(false, true);
      scs_write(scs, RVR, 4, reloads[i], 500);
      scs_write(scs, CVR, 4, 123, 500);
      scs_write(scs, CSR, 4, 5, 500);
      uint32_t value = 0;
      bool flag = false;
      for (uint64_t now = 500; now < 500 + 400; now++) {
        if (now > 500) count_down(&value, reloads[i], &flag);
        if ((now - 500) % step) continue;
        ck_assert_uint_eq(scs_read(scs, CVR, 4, now), value);
        if ((now - 500) % (3 * step)) continue;
        ck_assert_uint_eq(scs_read(scs, CSR, 4, now), 5u | (flag ? 1u << 16 : 0));
        ck_assert_uint_eq(scs_read(scs, CSR, 4, now), 5); /* cleared by the read */
        flag = false;
      }
      scs_free(scs);
    }
  }
}
END_TEST

START_TEST(systick_period_and_24_bits) {
  scs_t *scs = make(false, true);
  put(scs, RVR, 0xFFFFFFFF);
  ck_assert_uint_eq(get(scs, RVR), 0x00FFFFFF);
  put(scs, CSR, 5);
  ck_assert_uint_eq(scs_read(scs, CVR, 4, 1), 0x00FFFFFF);
  ck_assert_uint_eq(scs_read(scs, CVR, 4, 0x01000000), 0);
  ck_assert_uint_eq(scs_read(scs, CVR, 4, 0x01000001), 0x00FFFFFF);
  ck_assert_uint_eq(scs_read(scs, CVR, 4, UINT64_C(0x500000000000001)), 0x00FFFFFF);
  scs_free(scs);
}
END_TEST

START_TEST(systick_reference_clock_is_an_eighth) {
  scs_t *scs = make(false, true);
  scs_write(scs, RVR, 4, 9, 3);
  scs_write(scs, CSR, 4, 1, 3);
  ck_assert_uint_eq(scs_read(scs, CVR, 4, 7), 0);
  ck_assert_uint_eq(scs_read(scs, CVR, 4, 8), 9);
  ck_assert_uint_eq(scs_read(scs, CVR, 4, 15), 9);
  ck_assert_uint_eq(scs_read(scs, CVR, 4, 16), 8);
  ck_assert_uint_eq(scs_read(scs, CVR, 4, 80), 0);
  ck_assert_uint_eq(scs_read(scs, CVR, 4, 88), 9);
  scs_free(scs);
}
END_TEST

START_TEST(systick_write_to_value_clears_and_reloads) {
  scs_t *scs = make(false, true);
  put(scs, RVR, 10);
  put(scs, CSR, 5);
  ck_assert_uint_eq(scs_read(scs, CVR, 4, 15), 7);
  scs_write(scs, CVR, 4, 0x55, 16); /* COUNTFLAG was set at 11: cleared as well */
  ck_assert_uint_eq(scs_read(scs, CVR, 4, 16), 0);
  ck_assert_uint_eq(scs_read(scs, CVR, 4, 17), 10);
  ck_assert_uint_eq(scs_read(scs, CSR, 4, 17), 5);
  scs_free(scs);
}
END_TEST

START_TEST(systick_zero_reload_stops_at_the_next_wrap) {
  scs_t *scs = make(false, true);
  put(scs, CSR, 7);
  ck_assert_uint_eq(scs_read(scs, CVR, 4, 1000), 0); /* RVR 0 from the start: off */
  ck_assert_uint_eq(scs_read(scs, CSR, 4, 1000), 7);
  ck_assert_uint_eq(scs_systick_next_zero(scs, 1000), UINT64_MAX);
  scs_write(scs, RVR, 4, 5, 1000);
  ck_assert_uint_eq(scs_read(scs, CVR, 4, 1002), 4);
  scs_write(scs, RVR, 4, 0, 1002);
  ck_assert_uint_eq(scs_systick_next_zero(scs, 1002), 1006);
  ck_assert_uint_eq(scs_read(scs, CVR, 4, 1005), 1);
  ck_assert_uint_eq(scs_read(scs, CVR, 4, 2000), 0);
  ck_assert_uint_eq(scs_read(scs, CSR, 4, 2000), 0x10007);
  ck_assert_uint_eq(scs_read(scs, CSR, 4, 3000), 7);
  ck_assert_uint_eq(scs_systick_next_zero(scs, 3000), UINT64_MAX);
  scs_free(scs);
}
END_TEST

START_TEST(systick_holds_while_disabled) {
  scs_t *scs = make(false, true);
  put(scs, RVR, 100);
  put(scs, CSR, 5);
  scs_write(scs, CSR, 4, 4, 41);
  ck_assert_uint_eq(scs_read(scs, CVR, 4, 41), 60);
  ck_assert_uint_eq(scs_read(scs, CVR, 4, 4000), 60);
  scs_write(scs, CSR, 4, 5, 5000);
  ck_assert_uint_eq(scs_read(scs, CVR, 4, 5010), 50);
  scs_free(scs);
}
END_TEST

START_TEST(systick_interrupt_only_pends) {
  scs_t *scs = make(false, true);
  put(scs, RVR, 9);
  ck_assert(!scs_systick_interrupt_enabled(scs));
  put(scs, CSR, 2);
  ck_assert(!scs_systick_interrupt_enabled(scs));
  put(scs, CSR, 7);
  ck_assert(scs_systick_interrupt_enabled(scs));
  ck_assert_uint_eq(scs_systick_next_zero(scs, 0), 10);
  ck_assert_uint_eq(scs_systick_next_zero(scs, 10), 20);
  ck_assert_uint_eq(scs_systick_next_zero(scs, 15), 20);
  ck_assert_uint_eq(scs_read(scs, ICSR, 4, 9), 0);
  ck_assert_uint_eq(scs_read(scs, ICSR, 4, 10), 1u << 26 | (uint32_t)EXCEPTION_SYSTICK << 12);
  scs_write(scs, ICSR, 4, 1u << 25, 12);
  ck_assert_uint_eq(scs_read(scs, ICSR, 4, 19), 0);
  ck_assert_uint_eq(scs_read(scs, ICSR, 4, 20), 1u << 26 | (uint32_t)EXCEPTION_SYSTICK << 12);
  ck_assert_uint_eq(get(scs, 0xE000E01C), 0x40000000);
  scs_free(scs);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("scs_timers");
  TCase *dwt = tcase_create("dwt");
  tcase_add_test(dwt, cyccnt_counts_exactly);
  tcase_add_test(dwt, cyccnt_wraps_at_32_bits);
  tcase_add_test(dwt, cyccnt_needs_both_enables_and_holds);
  tcase_add_test(dwt, rewriting_an_enable_does_not_disturb_the_count);
  tcase_add_test(dwt, cyccnt_bytes);
  tcase_add_test(dwt, dwt_lock_of_the_m7);
  tcase_add_test(dwt, core_without_dwt);
  tcase_add_test(dwt, dwt_other_registers);
  tcase_add_test(dwt, timers_are_known);
  suite_add_tcase(suite, dwt);
  TCase *systick = tcase_create("systick");
  tcase_add_test(systick, systick_agrees_with_counting);
  tcase_add_test(systick, systick_period_and_24_bits);
  tcase_add_test(systick, systick_reference_clock_is_an_eighth);
  tcase_add_test(systick, systick_write_to_value_clears_and_reloads);
  tcase_add_test(systick, systick_zero_reload_stops_at_the_next_wrap);
  tcase_add_test(systick, systick_holds_while_disabled);
  tcase_add_test(systick, systick_interrupt_only_pends);
  suite_add_tcase(suite, systick);
  return run_suite(suite);
}
