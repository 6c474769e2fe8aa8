/* Which exception comes next, and what the MPU allows: the state machines without an emulator. */
#include "machine/scs.h"
#include "run_suite.h"

enum { ISER = 0xE000E100, ICPR = 0xE000E280, IABR = 0xE000E300, IPR = 0xE000E400, ICSR = 0xE000ED04 };
enum { AIRCR = 0xE000ED0C, SHPR3 = 0xE000ED20, SHCSR = 0xE000ED24 };
enum { MPU_CTRL_AT = 0xE000ED94, RNR = 0xE000ED98, RBAR = 0xE000ED9C, RASR = 0xE000EDA0 };
static const exception_masks_t none = {0};

static scs_t *make(void) {
  scs_config_t config = {.has_dwt = true};
  scs_t *scs = scs_new(&config);
  ck_assert_ptr_nonnull(scs);
  scs_write(scs, ISER, 4, 0xFF, 0);
  return scs;
}

static void put(scs_t *scs, uint32_t address, uint32_t value) { scs_write(scs, address, 4, value, 0); }

START_TEST(more_urgent_first) {
  scs_t *scs = make();
  put(scs, IPR, 0x40408080); /* interrupts 0 and 1: 0x80; 2 and 3: 0x40 */
  scs_set_interrupt(scs, 1, true);
  ck_assert_uint_eq(nvic_next(scs, &none), 16 + 1);
  scs_set_interrupt(scs, 0, true);
  ck_assert_uint_eq(nvic_next(scs, &none), 16 + 0); /* equal: the lower number */
  scs_set_interrupt(scs, 3, true);
  ck_assert_uint_eq(nvic_next(scs, &none), 16 + 3);
  nvic_activate(scs, 16 + 3);
  ck_assert_uint_eq(nvic_next(scs, &none), 0);
  ck_assert_int_eq(nvic_execution_priority(scs, &none), 0x40);
  ck_assert_uint_eq(scs_read(scs, IABR, 4, 0), 1u << 3);
  nvic_pend(scs, EXCEPTION_NMI);
  ck_assert_uint_eq(nvic_next(scs, &none), EXCEPTION_NMI);
  scs_free(scs);
}
END_TEST

START_TEST(masks_hold_back) {
  scs_t *scs = make();
  put(scs, IPR, 0x80);
  scs_set_interrupt(scs, 0, true);
  ck_assert_uint_eq(nvic_next(scs, &(exception_masks_t){.primask = 1}), 0);
  ck_assert_uint_eq(nvic_next(scs, &(exception_masks_t){.faultmask = 1}), 0);
  ck_assert_uint_eq(nvic_next(scs, &(exception_masks_t){.basepri = 0x80}), 0);
  ck_assert_uint_eq(nvic_next(scs, &(exception_masks_t){.basepri = 0x90}), 16);
  ck_assert_int_eq(nvic_execution_priority(scs, &(exception_masks_t){.faultmask = 1}), -1);
  scs_free(scs);
}
END_TEST

START_TEST(groups_preempt_subpriorities_do_not) {
  scs_t *scs = make();
  put(scs, AIRCR, 0x05FA0000 | 5u << 8); /* two bits of group priority */
  put(scs, IPR, 0x00501040);
  scs_set_interrupt(scs, 0, true); /* 0x40 */
  nvic_activate(scs, 16);
  scs_set_interrupt(scs, 2, true); /* 0x50: same group */
  ck_assert_uint_eq(nvic_next(scs, &none), 0);
  scs_set_interrupt(scs, 1, true); /* 0x10 */
  ck_assert_uint_eq(nvic_next(scs, &none), 16 + 1);
  scs_free(scs);
}
END_TEST

START_TEST(an_asserted_line_asks_again) {
  scs_t *scs = make();
  scs_set_interrupt(scs, 5, true);
  put(scs, ICPR, 1u << 5); /* no use while the line is up */
  ck_assert_uint_eq(nvic_next(scs, &none), 16 + 5);
  nvic_activate(scs, 16 + 5);
  ck_assert(nvic_deactivate(scs, 16 + 5));
  ck_assert_uint_eq(nvic_next(scs, &none), 16 + 5);
  nvic_activate(scs, 16 + 5);
  scs_set_interrupt(scs, 5, false);
  ck_assert(nvic_deactivate(scs, 16 + 5));
  ck_assert_uint_eq(nvic_next(scs, &none), 0);
  ck_assert(!nvic_deactivate(scs, 16 + 5));
  scs_free(scs);
}
END_TEST

START_TEST(system_exceptions_by_register) {
  scs_t *scs = make();
  put(scs, SHPR3, 0x20F00000); /* SysTick 0x20, PendSV 0xF0 */
  put(scs, ICSR, 1u << 28 | 1u << 26);
  ck_assert_uint_eq(nvic_next(scs, &none), EXCEPTION_SYSTICK);
  nvic_activate(scs, EXCEPTION_SYSTICK);
  scs_set_ipsr(scs, EXCEPTION_SYSTICK);
  ck_assert_uint_eq(scs_read(scs, ICSR, 4, 0) & 0x1FF, EXCEPTION_SYSTICK);
  ck_assert(scs_read(scs, ICSR, 4, 0) & 1u << 11); /* RETTOBASE */
  ck_assert_uint_eq(scs_read(scs, SHCSR, 4, 0), 1u << 11);
  put(scs, SHCSR, 0);
  ck_assert_uint_eq(nvic_active_count(scs), 0);
  ck_assert(scs_take_newly_pending(scs));
  ck_assert(!scs_take_newly_pending(scs));
  put(scs, SHCSR, 1u << 17);
  ck_assert(scs_fault_enabled(scs, EXCEPTION_BUS_FAULT) && !scs_fault_enabled(scs, EXCEPTION_USAGE_FAULT));
  scs_free(scs);
}
END_TEST

static void set_region(scs_t *scs, uint32_t number, uint32_t base, uint32_t attributes) {
  put(scs, RNR, number);
  put(scs, RBAR, base);
  put(scs, RASR, attributes);
}

START_TEST(regions_permit_and_forbid) {
  enum { RASR_ON = 1, KIB = 9 << 1, READ_ONLY = 6 << 24, FULL = 3 << 24, PRIVILEGED = 1 << 24, XN = 1 << 28 };
  scs_t *scs = make();
  ck_assert(scs_mpu_allows(scs, 0x20000000, MPU_WRITE, false, false)); /* off */
  set_region(scs, 0, 0x20000000, RASR_ON | KIB | FULL | XN);
  set_region(scs, 1, 0x20000400, RASR_ON | KIB | READ_ONLY);
  set_region(scs, 2, 0x20000800, RASR_ON | KIB | PRIVILEGED | 0x80 << 8); /* last eighth off */
  put(scs, MPU_CTRL_AT, 1);
  ck_assert(scs_mpu_allows(scs, 0x20000000, MPU_WRITE, false, false));
  ck_assert(!scs_mpu_allows(scs, 0x20000000, MPU_EXECUTE, true, false));
  ck_assert(scs_mpu_allows(scs, 0x200007FF, MPU_READ, false, false));
  ck_assert(scs_mpu_allows(scs, 0x20000400, MPU_EXECUTE, false, false));
  ck_assert(!scs_mpu_allows(scs, 0x20000400, MPU_WRITE, true, false));
  ck_assert(scs_mpu_allows(scs, 0x20000800, MPU_WRITE, true, false));
  ck_assert(!scs_mpu_allows(scs, 0x20000800, MPU_READ, false, false));
  ck_assert(!scs_mpu_allows(scs, 0x20000B80, MPU_READ, true, false));
  ck_assert(!scs_mpu_allows(scs, 0x08000000, MPU_READ, true, false)); /* no background map yet */
  put(scs, MPU_CTRL_AT, 5);
  ck_assert(scs_mpu_allows(scs, 0x08000000, MPU_EXECUTE, true, false));
  ck_assert(!scs_mpu_allows(scs, 0x40000000, MPU_EXECUTE, true, false));
  ck_assert(!scs_mpu_allows(scs, 0x08000000, MPU_READ, false, false));
  ck_assert(scs_mpu_allows(scs, 0x20000800, MPU_READ, false, true)); /* HardFault without HFNMIENA */
  set_region(scs, 3, 0x20000000, RASR_ON | KIB);                     /* the higher number wins: no access */
  ck_assert(!scs_mpu_allows(scs, 0x20000000, MPU_READ, true, false));
  scs_free(scs);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("nvic");
  TCase *nvic = tcase_create("nvic");
  tcase_add_test(nvic, more_urgent_first);
  tcase_add_test(nvic, masks_hold_back);
  tcase_add_test(nvic, groups_preempt_subpriorities_do_not);
  tcase_add_test(nvic, an_asserted_line_asks_again);
  tcase_add_test(nvic, system_exceptions_by_register);
  suite_add_tcase(suite, nvic);
  TCase *mpu = tcase_create("mpu");
  tcase_add_test(mpu, regions_permit_and_forbid);
  suite_add_tcase(suite, mpu);
  return run_suite(suite);
}
