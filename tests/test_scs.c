/* Core peripherals: each register behaviour that firmware can see (clocks: test_scs_timers.c). Addresses are written
 * out, as a manual has them. */
#include "machine/scs_private.h"
#include "run_suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { DEMCR = 0xE000EDFC, ICSR = 0xE000ED04, TRCENA = 1 << 24 };
#define UNLOCK 0xC5ACCE55u

static uint8_t output[64];
static size_t output_count;
static unsigned output_port, packets, resets;

static void on_output(void *context, unsigned port, const uint8_t *bytes, size_t count) {
  ck_assert_ptr_eq(context, output);
  ck_assert_uint_le(output_count + count, sizeof output);
  memcpy(output + output_count, bytes, count);
  output_count += count;
  output_port = port;
  packets++;
}

static void on_reset(void *context) {
  ck_assert_ptr_eq(context, output);
  resets++;
}

static scs_t *make(bool m7, bool has_dwt) {
  scs_config_t config = {.m7 = m7,
                         .has_dwt = has_dwt,
                         .vector_table = 0x08000000,
                         .itm_output = on_output,
                         .reset_request = on_reset,
                         .context = output};
  scs_t *scs = scs_new(&config);
  ck_assert_ptr_nonnull(scs);
  output_count = packets = resets = 0;
  return scs;
}

static uint32_t get(scs_t *scs, uint32_t address) { return scs_read(scs, address, 4, 0); }
static void put(scs_t *scs, uint32_t address, uint32_t value) { scs_write(scs, address, 4, value, 0); }

/* ---- ITM ---- */

START_TEST(itm_prints_out_of_reset) {
  scs_t *scs = make(false, true);
  ck_assert_uint_eq(get(scs, DEMCR), 0);
  ck_assert_uint_eq(get(scs, 0xE0000E80) & 1, 1); /* what ITM_SendChar() asks for */
  ck_assert_uint_eq(get(scs, 0xE0000E00), 0xFFFFFFFF);
  for (uint32_t port = 0; port < 32; port++)
    ck_assert_uint_eq(get(scs, 0xE0000000 + 4 * port), 1);
  scs_write(scs, 0xE0000000, 1, 'A', 0);
  scs_write(scs, 0xE000007C, 2, 0x4342, 0);
  ck_assert_uint_eq(output_port, 31);
  scs_write(scs, 0xE0000004, 4, 0x47464544, 0);
  ck_assert_uint_eq(output_port, 1);
  ck_assert_uint_eq(packets, 3);
  ck_assert_uint_eq(output_count, 7);
  ck_assert_mem_eq(output, "ABCDEFG", 7);
  scs_free(scs);
}
END_TEST

START_TEST(itm_obeys_its_enables_behind_the_lock) {
  scs_t *scs = make(false, true);
  put(scs, 0xE0000E00, 0);
  ck_assert_uint_eq(get(scs, 0xE0000E00), 0xFFFFFFFF);
  ck_assert_uint_eq(get(scs, 0xE0000FB4), 3);
  put(scs, 0xE0000FB0, UNLOCK);
  ck_assert_uint_eq(get(scs, 0xE0000FB4), 1);
  put(scs, 0xE0000E00, 2);
  scs_write(scs, 0xE0000000, 1, 'x', 0);
  ck_assert_uint_eq(output_count, 0);
  scs_write(scs, 0xE0000004, 1, 'y', 0);
  ck_assert_uint_eq(output_count, 1);
  put(scs, 0xE0000E80, 0);
  scs_write(scs, 0xE0000004, 1, 'z', 0);
  ck_assert_uint_eq(output_count, 1);
  scs_free(scs);
}
END_TEST

START_TEST(itm_follows_trcena_once_firmware_has_set_it) {
  scs_t *scs = make(false, true);
  put(scs, DEMCR, 0x10000); /* something else */
  scs_write(scs, 0xE0000000, 1, 'a', 0);
  put(scs, DEMCR, TRCENA);
  scs_write(scs, 0xE0000000, 1, 'b', 0);
  put(scs, DEMCR, 0);
  scs_write(scs, 0xE0000000, 1, 'c', 0);
  ck_assert_uint_eq(output_count, 2);
  put(scs, DEMCR, TRCENA);
  scs_write(scs, 0xE0000000, 1, 'd', 0);
  ck_assert_uint_eq(output_count, 3);
  scs_free(scs);
}
END_TEST

/* ---- SCB and the rest ---- */

START_TEST(reset_values) {
  static const struct {
    uint32_t address, m4, m7;
  } rows[] = {
      {0xE000ED00, 0x410FC241, 0x411FC271},
      {0xE000ED04, 0, 0},
      {0xE000ED08, 0x08000000, 0x08000000},
      {0xE000ED0C, 0xFA050000, 0xFA050000},
      {0xE000ED14, 0x00000200, 0x00040200},
      {0xE000ED40, 0x30, 0x30},
      {0xE000ED48, 0x00100000, 0x00100000},
      {0xE000ED60, 0x01141110, 0x01101110},
      {0xE000ED68, 0x21232231, 0x20232231},
      {0xE000ED78, 0, 0x09000003},
      {0xE000ED7C, 0, 0x8303C003},
      {0xE000ED80, 0, 0xF00FE019},
      {0xE000ED88, 0, 0},
      {0xE000ED90, 0x800, 0x800},
      {0xE000EDF0, 0, 0},
      {0xE000EF34, 0xC0000000, 0xC0000000},
      {0xE000EF40, 0x10110021, 0x10110021},
      {0xE000EF44, 0x11000011, 0x11000011},
      {0xE000EF48, 0, 0x40},
      {0xE000E004, 7, 7},
      {0xE0002000, 0x260, 0x10000080},
      {0xE0040304, 0x102, 0x102},
      {0xE0040FCC, 0x11, 0x11},
      {0xE00FF000, 0xFFF0F003, 0},
      {0xE00FF00C, 0xFFF01003, 0},
      {0xE0041000, 0, 0},
      {0xE0042000, 0, 0},
      {0xE000EFF0, 0, 0},
  };
  for (int m7 = 0; m7 < 2; m7++) {
    scs_t *scs = make(m7, true);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
      ck_assert_msg(get(scs, rows[i].address) == (m7 ? rows[i].m7 : rows[i].m4), "0x%08x of the M%c reads 0x%08x",
                    rows[i].address, m7 ? '7' : '4', get(scs, rows[i].address));
    }
    scs_free(scs);
  }
  scs_config_t config = {.m7 = true, .double_precision = true, .device_id = 0x10006450};
  scs_t *scs = scs_new(&config);
  ck_assert_uint_eq(get(scs, 0xE000EF40), 0x10110221);
  ck_assert_uint_eq(get(scs, 0xE000EF44), 0x12000011);
  ck_assert_uint_eq(get(scs, 0xE0042000), 0x10006450);
  scs_free(scs);
}
END_TEST

START_TEST(read_only_and_absent_registers_ignore_writes) {
  scs_t *scs = make(false, true);
  const uint32_t fixed[] = {0xE000ED00, 0xE000E01C, 0xE000ED40, 0xE000ED90, 0xE000EF40, 0xE000EDF0,
                            0xE00FF000, 0xE000ED78, 0xE0041000, 0xE0100000, 0xE0005000};
  for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
    uint32_t before = get(scs, fixed[i]);
    put(scs, fixed[i], ~before);
    ck_assert_uint_eq(get(scs, fixed[i]), before);
  }
  put(scs, 0xE000EDF0, 0xA05F0003); /* C_DEBUGEN is for a probe only */
  ck_assert_uint_eq(get(scs, 0xE000EDF0), 0);
  scs_free(scs);
}
END_TEST

START_TEST(icsr_sets_and_clears) {
  scs_t *scs = make(false, true);
  put(scs, ICSR, 1u << 28 | 1u << 26 | 1u << 31);
  const uint32_t nmi_next = (uint32_t)EXCEPTION_NMI << 12; /* VECTPENDING */
  ck_assert_uint_eq(get(scs, ICSR), 1u << 28 | 1u << 26 | 1u << 31 | nmi_next);
  put(scs, ICSR, 1u << 27);
  ck_assert_uint_eq(get(scs, ICSR), 1u << 26 | 1u << 31 | nmi_next);
  put(scs, ICSR, 0);
  ck_assert_uint_eq(get(scs, ICSR), 1u << 26 | 1u << 31 | nmi_next);
  put(scs, ICSR, 1u << 25);
  ck_assert_uint_eq(get(scs, ICSR), 1u << 31 | nmi_next);
  put(scs, 0xE000E200, 4);
  ck_assert_uint_eq(get(scs, ICSR), 1u << 31 | 1u << 22 | nmi_next);
  scs_free(scs);
}
END_TEST

START_TEST(vtor_is_aligned) {
  scs_t *scs = make(true, true);
  ck_assert_uint_eq(scs_vtor(scs), 0x08000000);
  put(scs, 0xE000ED08, 0x2000007F);
  ck_assert_uint_eq(scs_vtor(scs), 0x20000000);
  put(scs, 0xE000ED08, 0x20000180);
  ck_assert_uint_eq(get(scs, 0xE000ED08), 0x20000180);
  scs_free(scs);
}
END_TEST

START_TEST(aircr_wants_its_key) {
  scs_t *scs = make(false, true);
  put(scs, 0xE000ED0C, 0x00000704);
  ck_assert_uint_eq(get(scs, 0xE000ED0C), 0xFA050000);
  put(scs, 0xE000ED0C, 0xFA050704); /* what it reads is not the key */
  scs_write(scs, 0xE000ED0C, 2, 0x0704, 0);
  ck_assert_uint_eq(get(scs, 0xE000ED0C), 0xFA050000);
  ck_assert_uint_eq(resets, 0);
  put(scs, 0xE000ED0C, 0x05FA0300);
  ck_assert_uint_eq(get(scs, 0xE000ED0C), 0xFA050300);
  ck_assert_uint_eq(resets, 0);
  put(scs, 0xE000ED0C, 0x05FA0304);
  ck_assert_uint_eq(resets, 1);
  scs_free(scs);
}
END_TEST

START_TEST(configuration_and_caches) {
  scs_t *scs = make(true, true);
  put(scs, 0xE000ED10, 0xFFFFFFFF);
  ck_assert_uint_eq(get(scs, 0xE000ED10), 0x16);
  ck_assert(!scs_icache_enabled(scs) && !scs_dcache_enabled(scs));
  put(scs, 0xE000ED14, get(scs, 0xE000ED14) | 1u << 17);
  ck_assert(scs_icache_enabled(scs) && !scs_dcache_enabled(scs));
  put(scs, 0xE000ED14, 1u << 16);
  ck_assert(!scs_icache_enabled(scs) && scs_dcache_enabled(scs));
  ck_assert_uint_eq(get(scs, 0xE000ED14), 0x00050200); /* BP and STKALIGN stay */
  put(scs, 0xE000ED84, 1);
  ck_assert_uint_eq(get(scs, 0xE000ED80), 0xF01FE009);
  put(scs, 0xE000ED84, 2);
  ck_assert_uint_eq(get(scs, 0xE000ED80), 0);
  put(scs, 0xE000ED84, 0);
  ck_assert_uint_eq(get(scs, 0xE000ED80), 0xF00FE019);
  for (uint32_t op = 0xE000EF50; op <= 0xE000EF78; op += 4) {
    put(scs, op, 0xFFFFFFFF);
    ck_assert_uint_eq(get(scs, op), 0);
  }
  ck_assert_uint_eq(get(scs, 0xE000EF90) & 1, 1);
  scs_free(scs);

  scs = make(false, true);
  put(scs, 0xE000ED14, 0xFFFFFFFF);
  ck_assert_uint_eq(get(scs, 0xE000ED14), 0x31B);
  ck_assert(!scs_icache_enabled(scs) && !scs_dcache_enabled(scs));
  scs_free(scs);

  scs_config_t config = {.m7 = true, .icache_kib = 32, .dcache_kib = 32}; /* as read on an STM32H723 */
  scs = scs_new(&config);
  ck_assert_uint_eq(get(scs, 0xE000ED80), 0xF01FE019);
  put(scs, 0xE000ED84, 1);
  ck_assert_uint_eq(get(scs, 0xE000ED80), 0xF03FE009);
  scs_free(scs);
}
END_TEST

START_TEST(fpu_access) {
  static const struct {
    uint32_t cpacr;
    bool granted;
  } rows[] = {{0, false},          {0xFu << 20, true},  {0x5u << 20, true}, {0x3u << 20, false},
              {0xCu << 20, false}, {0xAu << 20, false}, {~0u, true}};
  scs_t *scs = make(false, true);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    put(scs, 0xE000ED88, rows[i].cpacr);
    ck_assert_uint_eq(get(scs, 0xE000ED88), rows[i].cpacr & 0x00F00000);
    ck_assert(scs_fpu_enabled(scs) == rows[i].granted);
  }
  put(scs, 0xE000EF34, 0);
  ck_assert_uint_eq(get(scs, 0xE000EF34), 0);
  put(scs, 0xE000EF38, 0xFFFFFFFF);
  ck_assert_uint_eq(get(scs, 0xE000EF38), 0xFFFFFFF8);
  put(scs, 0xE000EF3C, 0xFFFFFFFF);
  ck_assert_uint_eq(get(scs, 0xE000EF3C), 0x07C00000);
  scs_free(scs);
}
END_TEST

START_TEST(priorities_by_byte) {
  scs_t *scs = make(false, true);
  scs_write(scs, 0xE000E400 + 37, 1, 0xFF, 0);
  ck_assert_uint_eq(scs_read(scs, 0xE000E400 + 37, 1, 0), 0xF0); /* four bits, as FreeRTOS counts them */
  ck_assert_uint_eq(get(scs, 0xE000E424), 0x0000F000);
  scs_write(scs, 0xE000E400 + 38, 2, 0x5040, 0);
  ck_assert_uint_eq(get(scs, 0xE000E424), 0x5040F000);
  scs_write(scs, 0xE000E4EF, 1, 0x80, 0); /* interrupt 239, the last */
  ck_assert_uint_eq(get(scs, 0xE000E4EC), 0x80000000);
  scs_write(scs, 0xE000ED23, 1, 0xE0, 0); /* SysTick in SHPR3 */
  scs_write(scs, 0xE000ED22, 1, 0xFF, 0); /* PendSV */
  ck_assert_uint_eq(get(scs, 0xE000ED20), 0xE0F00000);
  put(scs, 0xE000ED18, 0xFFFFFFFF);
  ck_assert_uint_eq(get(scs, 0xE000ED18), 0x00F0F0F0);
  put(scs, 0xE000ED1C, 0xFFFFFFFF);
  ck_assert_uint_eq(get(scs, 0xE000ED1C), 0xF0000000);
  scs_free(scs);

  scs_config_t config = {.priority_bits = 3};
  scs = scs_new(&config);
  scs_write(scs, 0xE000E400, 1, 0xFF, 0);
  ck_assert_uint_eq(get(scs, 0xE000E400), 0xE0);
  scs_free(scs);
}
END_TEST

START_TEST(interrupts_set_and_clear) {
  scs_t *scs = make(false, true);
  put(scs, 0xE000E104, 0x00000011);
  put(scs, 0xE000E104, 0x00000100);
  ck_assert_uint_eq(get(scs, 0xE000E104), 0x111);
  ck_assert_uint_eq(get(scs, 0xE000E184), 0x111);
  put(scs, 0xE000E184, 0x10);
  ck_assert_uint_eq(get(scs, 0xE000E104), 0x101);
  scs_write(scs, 0xE000E107, 1, 0x80, 0);
  ck_assert_uint_eq(get(scs, 0xE000E104), 0x80000101);
  put(scs, 0xE000E11C, 0xFFFFFFFF); /* 240 interrupts */
  ck_assert_uint_eq(get(scs, 0xE000E11C), 0x0000FFFF);
  put(scs, 0xE000EF00, 33);
  put(scs, 0xE000EF00, 240);
  put(scs, 0xE000EF00, 511);
  ck_assert_uint_eq(get(scs, 0xE000E204), 2);
  ck_assert_uint_eq(get(scs, 0xE000E21C), 0);
  ck_assert_uint_eq(get(scs, 0xE000E284), 2);
  put(scs, 0xE000E284, 2);
  ck_assert_uint_eq(get(scs, 0xE000E204), 0);
  put(scs, 0xE000E300, 1);
  ck_assert_uint_eq(get(scs, 0xE000E300), 0);
  scs_free(scs);
}
END_TEST

START_TEST(faults_clear_by_writing_one) {
  scs_t *scs = make(true, true);
  put(scs, 0xE000ED28, 0xFFFFFFFF); /* writing sets nothing */
  ck_assert_uint_eq(get(scs, 0xE000ED28), 0);
  *scs_word(scs, 0xE000ED28) = 0x03008282;
  scs_write(scs, 0xE000ED28, 1, 0x80, 0); /* MMFSR */
  ck_assert_uint_eq(get(scs, 0xE000ED28), 0x03008202);
  scs_write(scs, 0xE000ED2A, 2, 0x0200, 0); /* UFSR */
  ck_assert_uint_eq(get(scs, 0xE000ED28), 0x01008202);
  put(scs, 0xE000ED28, 0xFFFFFFFF);
  ck_assert_uint_eq(get(scs, 0xE000ED28), 0);
  put(scs, 0xE000ED2C, 0x40000000);
  ck_assert_uint_eq(get(scs, 0xE000ED2C), 0);
  put(scs, 0xE000ED34, 0x12345678);
  put(scs, 0xE000ED38, 0x9ABCDEF0);
  ck_assert_uint_eq(get(scs, 0xE000ED34), 0x12345678);
  ck_assert_uint_eq(scs_read(scs, 0xE000ED3A, 2, 0), 0x9ABC);
  put(scs, 0xE000ED24, 0x00070000);
  ck_assert_uint_eq(get(scs, 0xE000ED24), 0x00070000);
  scs_free(scs);
}
END_TEST

START_TEST(mpu_keeps_each_region) {
  scs_t *scs = make(true, true);
  for (uint32_t region = 0; region < 8; region++) {
    put(scs, 0xE000ED98, region);
    put(scs, 0xE000ED9C, 0x20000000 + region * 0x1000);
    put(scs, 0xE000EDA0, 0x03000001 + region * 2);
  }
  for (uint32_t region = 0; region < 8; region++) {
    put(scs, 0xE000ED98, region);
    ck_assert_uint_eq(get(scs, 0xE000ED9C), (0x20000000 + region * 0x1000) | region);
    ck_assert_uint_eq(get(scs, 0xE000EDA0), 0x03000001 + region * 2);
  }
  put(scs, 0xE000EDA4, 0x08000000 | 0x10 | 3); /* VALID picks the region, also through an alias */
  put(scs, 0xE000EDA8, 0xFFFFFFFF);
  ck_assert_uint_eq(get(scs, 0xE000ED98), 3);
  ck_assert_uint_eq(get(scs, 0xE000ED9C), 0x08000003);
  ck_assert_uint_eq(get(scs, 0xE000EDA0), 0x173FFF3F);
  put(scs, 0xE000ED9C, 0x30000000 | 0x10 | 12); /* there is no region 12 */
  put(scs, 0xE000EDA0, 1);
  ck_assert_uint_eq(get(scs, 0xE000ED9C), 0);
  ck_assert_uint_eq(get(scs, 0xE000EDA0), 0);
  put(scs, 0xE000ED94, 0xFFFFFFFF);
  ck_assert_uint_eq(get(scs, 0xE000ED94), 7);
  scs_free(scs);
}
END_TEST

START_TEST(flash_patch_wants_its_key) {
  scs_t *scs = make(false, true);
  put(scs, 0xE0002000, 1);
  ck_assert_uint_eq(get(scs, 0xE0002000), 0x260);
  put(scs, 0xE0002000, 3);
  ck_assert_uint_eq(get(scs, 0xE0002000), 0x261);
  scs_free(scs);
}
END_TEST

/* Every address in every size: nothing crashes, and nothing crosses a word. */
START_TEST(whole_space_is_safe) {
  for (int m7 = 0; m7 < 2; m7++) {
    scs_t *scs = make(m7, true);
    for (uint32_t address = PPB_BASE; address < PPB_BASE + PPB_BYTES; address++) {
      for (unsigned size = 1; size <= 4; size *= 2) {
        uint32_t value = scs_read(scs, address, size, address);
        if (size < 4) ck_assert_uint_eq(value >> (8 * size), 0);
        if (address % 4 + size > 4) ck_assert_uint_eq(value, 0);
        output_count = 0;
        scs_write(scs, address, size, 0xFFFFFFFF, address);
      }
    }
    ck_assert_uint_eq(scs_read(scs, DWT_CYCCNT + 1, 4, 0), 0);
    ck_assert_uint_eq(scs_read(scs, DWT_CYCCNT, 3, 0), 0);
    scs_free(scs);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("scs");
  TCase *rest = tcase_create("registers");
  tcase_add_test(rest, itm_prints_out_of_reset);
  tcase_add_test(rest, itm_obeys_its_enables_behind_the_lock);
  tcase_add_test(rest, itm_follows_trcena_once_firmware_has_set_it);
  tcase_add_test(rest, reset_values);
  tcase_add_test(rest, read_only_and_absent_registers_ignore_writes);
  tcase_add_test(rest, icsr_sets_and_clears);
  tcase_add_test(rest, vtor_is_aligned);
  tcase_add_test(rest, aircr_wants_its_key);
  tcase_add_test(rest, configuration_and_caches);
  tcase_add_test(rest, fpu_access);
  tcase_add_test(rest, priorities_by_byte);
  tcase_add_test(rest, interrupts_set_and_clear);
  tcase_add_test(rest, faults_clear_by_writing_one);
  tcase_add_test(rest, mpu_keeps_each_region);
  tcase_add_test(rest, flash_patch_wants_its_key);
  tcase_add_test(rest, whole_space_is_safe);
  tcase_set_timeout(rest, 60);
  suite_add_tcase(suite, rest);
  return run_suite(suite);
}
