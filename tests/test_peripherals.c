/* The chip around the core: registers by their rows, clocks from the firmware's own settings, the policy for unknown
   addresses, polls without an end, and the small units. UARTs and timers: test_peripherals_uart.c,
   test_peripherals_timer.c. */
#include "peripherals_fixture.h"
#include "run_suite.h"

/* ---- start-up of each family, as vendor code does it: wait for ready, both ways ---- */

START_TEST(f4_start_up) {
  enum { RCC_CR = 0x40023800, PLLCFGR = 0x40023804, CFGR = 0x40023808, PWR_CR = 0x40007000, PWR_CSR = 0x40007004 };
  chip_open(chip_config("stm32f4", 168));
  ck_assert_uint_eq(peripherals_hz(chip, PERIPHERALS_CORE), 16000000);
  ck_assert(!peripherals_clock_set(chip));
  ck_assert_uint_eq(get(RCC_CR), 0x83);
  put(RCC_CR, get(RCC_CR) | 1u << 16);
  ck_assert_uint_eq(get(RCC_CR) >> 16 & 3, 3);
  put(PLLCFGR, 8 | 336 << 6 | 1u << 22 | 7u << 24); /* 8 MHz / 8 * 336 / 2 */
  put(RCC_CR, get(RCC_CR) | 1u << 24);
  ck_assert_uint_eq(get(RCC_CR) >> 24 & 3, 3);
  put(PWR_CR, get(PWR_CR) | 3u << 16);
  ck_assert_uint_eq(get(PWR_CSR), 0x4000 | 3u << 16);
  put(0x40023C00, 0x705);
  ck_assert_uint_eq(get(0x40023C00), 0x705);
  put(CFGR, 2 | 5u << 10 | 4u << 13);
  ck_assert_uint_eq(get(CFGR) & 0xF, 0xA);
  ck_assert_uint_eq(peripherals_hz(chip, PERIPHERALS_CORE), 168000000);
  ck_assert_uint_eq(peripherals_hz(chip, PERIPHERALS_APB1), 42000000);
  ck_assert_uint_eq(peripherals_hz(chip, PERIPHERALS_APB2), 84000000);
  ck_assert(peripherals_clock_set(chip));
  put(CFGR, 0);
  put(RCC_CR, 0x83);
  ck_assert_uint_eq(get(RCC_CR), 0x83); /* ready goes as well */
  ck_assert_uint_eq(warnings, 0);
}
END_TEST

START_TEST(hse_of_the_board) {
  peripherals_config_t config = chip_config("stm32f4", 50);
  config.hse_hz = 25000000;
  chip_open(config);
  put(0x40023808, 1);
  ck_assert_uint_eq(peripherals_hz(chip, PERIPHERALS_CORE), 25000000);
}
END_TEST

START_TEST(f7_start_up) {
  chip_open(chip_config("stm32f7", 216));
  put(0x40023800, 0x10083);
  put(0x40023804, 0x29406C19); /* as the Bosch image for DISCO-F746NG writes it */
  put(0x40023808, 0x940A);
  ck_assert_uint_eq(peripherals_hz(chip, PERIPHERALS_CORE), 216000000);
  ck_assert_uint_eq(peripherals_hz(chip, PERIPHERALS_APB1), 54000000);
  ck_assert_uint_eq(peripherals_hz(chip, PERIPHERALS_APB2), 108000000);
}
END_TEST

START_TEST(l4plus_start_up) {
  chip_open(chip_config("stm32l4plus", 120));
  ck_assert_uint_eq(peripherals_hz(chip, PERIPHERALS_CORE), 4000000); /* MSI */
  ck_assert_uint_eq(get(0x40021000), 0x63);
  ck_assert_uint_eq(get(0x40007014) & 0x600, 0);
  put(0x4002100C, 0x10003C01); /* as the Bosch image for NUCLEO-L4R5ZI writes it */
  put(0x40021008, 0x83);
  ck_assert_uint_eq(peripherals_hz(chip, PERIPHERALS_CORE), 60000000); /* HPRE / 2 while switching */
  put(0x40021008, 0x03);
  ck_assert_uint_eq(get(0x40021008), 0x0F);
  ck_assert_uint_eq(peripherals_hz(chip, PERIPHERALS_CORE), 120000000);
}
END_TEST

START_TEST(wb_start_up) {
  chip_open(chip_config("stm32wb", 64));
  ck_assert_uint_eq(get(0x58000008), 0x70000); /* prescalers applied */
  ck_assert_uint_eq(get(0x58000108) & 0x30000, 0x30000);
  put(0x5800000C, 1 | 32u << 8 | 1u << 28 | 1u << 29); /* MSI 4 MHz * 32 / 2 */
  put(0x58000008, 3);
  ck_assert_uint_eq(get(0x58000008) >> 2 & 3, 3);
  ck_assert_uint_eq(peripherals_hz(chip, PERIPHERALS_CORE), 64000000);
  ck_assert_uint_eq(get(0x58001480 + 4 * 5), 0x80000400); /* a semaphore locked in one step */
}
END_TEST

START_TEST(h7_start_up) {
  chip_open(chip_config("stm32h7", 400));
  ck_assert_uint_eq(peripherals_hz(chip, PERIPHERALS_CORE), 64000000);
  ck_assert_uint_eq(get(0x58024804) & 0x2000, 0x2000); /* ACTVOSRDY */
  put(0x58024818, 0xC000);
  ck_assert_uint_eq(get(0x58024804) >> 14 & 3, 3);
  ck_assert_uint_eq(get(0x58024818) & 0x2000, 0x2000);
  put(0x58024428, 2 | 4u << 4);              /* HSE 8 MHz / 4 */
  put(0x58024430, 399 | 1u << 9 | 3u << 16); /* * 400 / 2 */
  put(0x58024418, 8);                        /* AHB / 2 */
  put(0x5802441C, 4u << 4 | 4u << 8);
  put(0x58024410, 3);
  ck_assert_uint_eq(get(0x58024410) >> 3 & 7, 3);
  ck_assert_uint_eq(peripherals_hz(chip, PERIPHERALS_CORE), 400000000);
  ck_assert_uint_eq(peripherals_hz(chip, PERIPHERALS_AHB), 200000000);
  ck_assert_uint_eq(peripherals_hz(chip, PERIPHERALS_APB1), 100000000);
  ck_assert_uint_eq(get(0x5C001000), 0x10006413);
}
END_TEST

START_TEST(nrf52_start_up) {
  chip_open(chip_config("nrf52", 64));
  ck_assert_uint_eq(get(0x40000100), 0);
  put(0x40000000, 1);
  ck_assert_uint_eq(get(0x40000100), 1);
  ck_assert_uint_eq(get(0x4000040C), 0x10001);
  put(0x40000100, 0);
  ck_assert_uint_eq(get(0x40000100), 0);
  put(0x40000518, 1);
  put(0x40000008, 1);
  ck_assert_uint_eq(get(0x40000104), 1);
  ck_assert_uint_eq(get(0x40000418), 0x10001);
  ck_assert_uint_eq(get(0x4001E400), 1);
  ck_assert_uint_eq(get(0x10000100), 0x52840);
  ck_assert_uint_eq(peripherals_hz(chip, PERIPHERALS_CORE), 64000000);
}
END_TEST

/* ---- accesses ---- */

START_TEST(bytes_and_halves) {
  chip_open(chip_config("stm32f4", 16));
  put(0x40020014, 0);                                  /* GPIOA ODR */
  peripherals_write(chip, 0x40020018, 2, 0x00A0, now); /* BSRR, low half: set */
  ck_assert_uint_eq(get(0x40020014), 0xA0);
  peripherals_write(chip, 0x4002001A, 2, 0x0020, now); /* high half: reset */
  ck_assert_uint_eq(get(0x40020014), 0x80);
  ck_assert_uint_eq(peripherals_read(chip, 0x40020014, 1, now), 0x80);
  ck_assert_uint_eq(peripherals_read(chip, 0x1FFF7A22, 2, now), 512); /* flash size */
  peripherals_read(chip, 0x40020015, 4, now);
  ck_assert_str_eq(warned_code, "mmio-unaligned");
}
END_TEST

START_TEST(pins_read_back) {
  chip_open(chip_config("stm32f4", 16));
  put(0x40020000, 1u << 2 * 3); /* PA3 is an output */
  put(0x4002000C, 1u << 2 * 5); /* PA5 has a pull-up */
  put(0x40020018, 1u << 3 | 1u << 4);
  ck_assert_uint_eq(get(0x40020010), 1u << 3 | 1u << 5);
}
END_TEST

START_TEST(write_one_clears) {
  chip_open(chip_config("stm32f4", 16));
  put(0x40013C14, 0xFFFF);
  ck_assert_uint_eq(get(0x40013C14), 0);
}
END_TEST

START_TEST(keys_unlock_flash) {
  chip_open(chip_config("stm32f4", 16));
  ck_assert_uint_eq(get(0x40023C10) >> 31, 1);
  put(0x40023C04, 0x45670123);
  ck_assert_uint_eq(get(0x40023C10) >> 31, 0);
}
END_TEST

START_TEST(unknown_addresses) {
  peripherals_config_t config = chip_config("stm32f4", 16);
  chip_open(config);
  put(0x4003F000, 7);
  ck_assert_str_eq(warned_code, "mmio-unknown");
  ck_assert(strstr(warned_text, "0x4003f000") != NULL);
  ck_assert_uint_eq(get(0x4003F000), 7);
  ck_assert_uint_eq(get(0x4003F004), 0);
  ck_assert_uint_eq(warnings, 2); /* once for each */
  config.policy = MMIO_ZERO;
  chip_open(config);
  ck_assert_uint_eq(get(0x4003F000), 0);
  ck_assert_uint_eq(warnings, 0);
  config.policy = MMIO_STRICT;
  chip_open(config);
  get(0x40023800);
  ck_assert_int_eq(stuck_why, -1);
  get(0x4003F000);
  ck_assert_int_eq(stuck_why, STUCK_STRICT);
}
END_TEST

START_TEST(endless_poll) {
  chip_open(chip_config("stm32f4", 16));
  for (unsigned i = 0; i < 999; i++, now += 8)
    get(0x40023C0C);
  ck_assert_uint_eq(warnings, 0);
  for (unsigned i = 0; i < 1000; i++, now += 8)
    get(0x40023C0C);
  ck_assert_uint_eq(warnings, 1);
  ck_assert_str_eq(warned_code, "mmio-poll");
  ck_assert(strstr(warned_text, "FLASH.SR") != NULL);
  ck_assert_int_eq(stuck_why, -1);
  now += 6 * 16000000u;
  get(0x40023C0C);
  ck_assert_int_eq(stuck_why, STUCK_POLL);
}
END_TEST

/* A button is waited for longer than a ready bit; a write in between makes it no poll; a counter moves. */
START_TEST(patient_polls) {
  chip_open(chip_config("stm32f4", 16));
  for (unsigned i = 0; i < 10000; i++, now += 8)
    get(0x40020010);
  for (unsigned i = 0; i < 10000; i++, now += 8) {
    get(0x40023C0C);
    if (i % 500 == 0) put(0x40020018, 1);
  }
  put(0x40000000, 1); /* TIM2 runs slowly */
  put(0x40000028, 0xFFFF);
  put(0x40000014, 1);
  for (unsigned i = 0; i < 5000; i++, now += 8)
    get(0x40000024);
  ck_assert_uint_eq(warnings, 0);
}
END_TEST

START_TEST(ranges_outside_the_window) {
  chip_open(chip_config("stm32f4", 16));
  uint32_t base, bytes, end = 0;
  bool identity = false;
  for (size_t i = 0; peripherals_range(chip, i, &base, &bytes); i++) {
    ck_assert_uint_eq(base % 0x400, 0);
    ck_assert_uint_eq(bytes % 0x400, 0);
    ck_assert(i < 1 || base != 0x40000000);
    identity = identity || (base <= 0x1FFF7A10 && 0x1FFF7A10 < base + bytes);
    end = base + bytes;
  }
  ck_assert(identity && end != 0);
}
END_TEST

/* ---- small units ---- */

START_TEST(crc_unit) {
  chip_open(chip_config("stm32f4", 16));
  put(0x40023008, 1);
  put(0x40023000, 0x12345678);
  ck_assert_uint_eq(get(0x40023000), 0xDF8A8A2B); /* AN4187: CRC-32 (MPEG-2) of that word */
  chip_open(chip_config("stm32l4plus", 16));
  put(0x40023008, 1 | 1u << 5 | 1u << 7); /* both reversals, by byte: CRC-32 of Ethernet, before the final inversion */
  for (const char *c = "123456789"; *c; c++)
    peripherals_write(chip, 0x40023000, 1, (uint8_t)*c, now);
  ck_assert_uint_eq(~get(0x40023000), 0xCBF43926);
}
END_TEST

START_TEST(random_numbers) {
  peripherals_config_t config = chip_config("stm32f4", 16);
  uint32_t first[3];
  for (unsigned i = 0; i < 3; i++) {
    config.seed = i == 2 ? 2 : 1;
    chip_open(config);
    ck_assert_uint_eq(get(0x50060804), 0);
    put(0x50060800, 4);
    ck_assert_uint_eq(get(0x50060804), 1);
    first[i] = get(0x50060808);
    ck_assert_uint_ne(get(0x50060808), first[i]);
  }
  ck_assert_uint_eq(first[0], first[1]);
  ck_assert_uint_ne(first[0], first[2]);
}
END_TEST

static void make_rtt(uint32_t at, uint32_t size, uint32_t read, uint32_t write, const char *text) {
  uint32_t words[] = {1, 0, 0, CHIP_RAM + 0x400, size, write, read, 0};
  strcpy((char *)ram + at, "SEGGER RTT");
  memcpy(ram + at + 16, words, sizeof words);
  memcpy(ram + 0x400, text, size);
}

START_TEST(rtt) {
  chip_open(chip_config(NULL, 16)); /* needs no chip */
  make_rtt(0x104, 8, 6, 3, "lo\n...ha");
  ck_assert_uint_ne(peripherals_next_event(chip), UINT64_MAX);
  ck_assert_uint_eq(peripherals_next_change(chip), UINT64_MAX); /* fetching wakes nobody */
  pass(16001);
  ck_assert_str_eq(text_so_far(), "halo\n");
  uint32_t read;
  memcpy(&read, ram + 0x104 + 24 + 16, 4);
  ck_assert_uint_eq(read, 3);
  make_rtt(0x104, 8, 3, 99, "lo\n...ha"); /* nonsense is left alone */
  peripherals_finish(chip);
  ck_assert_str_eq(text_so_far(), "halo\n");
}
END_TEST

/* Firmware may do anything: whatever is written, time goes on, and nothing is touched that is not there. */
START_TEST(anything_goes) {
  static const char *const families[] = {"stm32f3", "stm32f4", "stm32f7", "stm32l4", "stm32l4plus",
                                         "stm32g4", "stm32wb", "stm32h7", "nrf52"};
  static const char *const inputs[] = {NULL, "/dev/zero"};
  static const uint32_t places[] = {0x40000000, 0x40000000, 0x40010000, 0x48000000, 0x50000000, 0x58000000};
  uint64_t state = 88172645463325252u;
  for (unsigned round = 0; round < 18; round++) {
    peripherals_config_t config = chip_config(families[round / 2], 64);
    config.uart_input = inputs[round % 2];
    config.policy = MMIO_ZERO;
    chip_open(config);
    for (unsigned i = 0; i < 50000; i++) {
      state ^= state << 13, state ^= state >> 7, state ^= state << 17;
      uint32_t value = (uint32_t)state, address = places[(state >> 32) % 6] + (uint32_t)(state >> 36) % 0xC0 * 0x400 +
                                                  (uint32_t)(state >> 48) % 0x60;
      unsigned bytes = 1u << (state >> 50) % 3;
      if (i % 3 == 0) value &= 0xFF;
      if (i % 5 == 0) value = CHIP_RAM + (value & 0xFFF);
      if (i % 2) {
        peripherals_write(chip, address & ~(bytes - 1), bytes, value, now);
      } else {
        peripherals_read(chip, address & ~(bytes - 1), bytes, now);
      }
      pass(i % 7 == 0 ? 100000 : i % 50);
    }
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("peripherals");
  TCase *tests = tcase_create("chips");
  tcase_add_checked_fixture(tests, NULL, chip_close);
  tcase_add_test(tests, f4_start_up);
  tcase_add_test(tests, hse_of_the_board);
  tcase_add_test(tests, f7_start_up);
  tcase_add_test(tests, l4plus_start_up);
  tcase_add_test(tests, wb_start_up);
  tcase_add_test(tests, h7_start_up);
  tcase_add_test(tests, nrf52_start_up);
  tcase_add_test(tests, bytes_and_halves);
  tcase_add_test(tests, pins_read_back);
  tcase_add_test(tests, write_one_clears);
  tcase_add_test(tests, keys_unlock_flash);
  tcase_add_test(tests, unknown_addresses);
  tcase_add_test(tests, endless_poll);
  tcase_add_test(tests, patient_polls);
  tcase_add_test(tests, ranges_outside_the_window);
  tcase_add_test(tests, crc_unit);
  tcase_add_test(tests, random_numbers);
  tcase_add_test(tests, rtt);
  tcase_add_test(tests, anything_goes);
  tcase_set_timeout(tests, 120);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
