/* UARTs: what they print, how long it takes, what they receive; DMA to and from them. */
#include "peripherals_fixture.h"
#include "run_suite.h"

enum { TXE = 1 << 7, TC = 1 << 6, RXNE = 1 << 5, TEACK = 1 << 21, REACK = 1 << 22 };

/* USART2 of an F4 at 16 MHz, 115,200 baud: BRR 139, so a character takes 1390 cycles. */
enum { OLD_SR = 0x40004400, OLD_DR = 0x40004404, OLD_BRR = 0x40004408, OLD_CR1 = 0x4000440C, OLD_CR3 = 0x40004414 };
enum { OLD_UE = 1 << 13, TE = 1 << 3, RE = 1 << 2, TXEIE = 1 << 7, TCIE = 1 << 6, RXNEIE = 1 << 5, OLD_LINE = 38 };
enum { CHARACTER = 1390, SILENCE = 160000 };

static void open_old(const char *input, const char *wait) {
  peripherals_config_t config = chip_config("stm32f4", 16);
  config.uart_input = input;
  config.uart_wait = wait;
  chip_open(config);
  put(OLD_BRR, 139);
  put(OLD_CR1, OLD_UE | TE | RE);
}

START_TEST(transmitter_is_busy) {
  open_old(NULL, NULL);
  ck_assert_uint_eq(get(OLD_SR), TXE | TC);
  put(OLD_DR, 'a'); /* moves on at once */
  ck_assert_uint_eq(get(OLD_SR), TXE);
  put(OLD_DR, 'b'); /* waits */
  ck_assert_uint_eq(get(OLD_SR), 0);
  now = CHARACTER - 1;
  ck_assert_uint_eq(get(OLD_SR), 0);
  now = CHARACTER;
  ck_assert_uint_eq(get(OLD_SR), TXE);
  now = 2 * CHARACTER;
  ck_assert_uint_eq(get(OLD_SR), TXE | TC);
  ck_assert_str_eq(text_so_far(), "ab");
}
END_TEST

START_TEST(lost_characters) {
  open_old(NULL, NULL);
  put(OLD_DR, 'a');
  put(OLD_DR, 'b');
  put(OLD_DR, 'c');
  ck_assert_str_eq(warned_code, "uart-lost");
  put(OLD_CR1, OLD_UE);
  put(OLD_DR, 'd');
  ck_assert_str_eq(text_so_far(), "ab");
  ck_assert_uint_eq(warnings, 1);
}
END_TEST

START_TEST(transmit_interrupts) {
  open_old(NULL, NULL);
  put(OLD_CR1, OLD_UE | TE | TXEIE);
  ck_assert(lines[OLD_LINE]);
  put(OLD_DR, 'a');
  put(OLD_DR, 'b');
  ck_assert(!lines[OLD_LINE]);
  ck_assert_uint_eq(peripherals_next_change(chip), CHARACTER);
  pass(CHARACTER);
  ck_assert(lines[OLD_LINE]);
  put(OLD_CR1, OLD_UE | TE | TCIE);
  ck_assert(!lines[OLD_LINE]);
  pass(CHARACTER);
  ck_assert(lines[OLD_LINE]);
  put(OLD_SR, ~(uint32_t)TC); /* cleared by writing zero */
  ck_assert(!lines[OLD_LINE]);
}
END_TEST

START_TEST(character_times) {
  open_old(NULL, NULL);
  put(OLD_BRR, 17 << 4 | 3); /* OVER8: 8 * 17 + 3 */
  put(OLD_CR1, OLD_UE | TE | 1 << 15);
  put(OLD_DR, 'a');
  now += 1389;
  ck_assert_uint_eq(get(OLD_SR) & TC, 0);
  now++;
  ck_assert_uint_eq(get(OLD_SR) & TC, TC);
  put(0x40004410, 2 << 12); /* two stop bits, nine data bits */
  put(OLD_CR1, OLD_UE | TE | 1 << 15 | 1 << 12);
  put(OLD_DR, 'b');
  now += 12 * 139 - 1;
  ck_assert_uint_eq(get(OLD_SR) & TC, 0);
  now++;
  ck_assert_uint_eq(get(OLD_SR) & TC, TC);
}
END_TEST

/* LPUART1 of an L4R5 as the Bosch image sets it: 256 * 120 MHz / 115,200. */
START_TEST(lpuart_and_acknowledge) {
  chip_open(chip_config("stm32l4plus", 120));
  put(0x4002100C, 0x10003C01);
  put(0x40021008, 0x03);
  put(0x4000800C, 0x411AB);
  ck_assert_uint_eq(get(0x4000801C), TXE | TC);
  put(0x40008000, 0xD);
  ck_assert_uint_eq(get(0x4000801C), TXE | TC | TEACK | REACK);
  peripherals_write(chip, 0x40008028, 2, 'x', now);
  now += 10416;
  ck_assert_uint_eq(get(0x4000801C) & TC, 0);
  now++;
  ck_assert_uint_eq(get(0x4000801C) & TC, TC);
  put(0x40008020, TC);
  ck_assert_uint_eq(get(0x4000801C) & TC, 0);
  ck_assert_str_eq(text_so_far(), "x");
}
END_TEST

/* The kernel clock of USART1 of an F7: PCLK2, system clock, HSI, LSE. */
START_TEST(kernel_clock) {
  chip_open(chip_config("stm32f7", 16));
  put(0x40023808, 4u << 13); /* APB2 / 2 */
  put(0x4001100C, 139);
  put(0x40011000, 0xD);
  put(0x40011028, 'a');
  now = 2779;
  ck_assert_uint_eq(get(0x4001101C) & TC, 0);
  now = 2780;
  ck_assert_uint_eq(get(0x4001101C) & TC, TC);
  put(0x40023890, 1);
  put(0x40011028, 'a');
  now += 1390;
  ck_assert_uint_eq(get(0x4001101C) & TC, TC);
}
END_TEST

/* ---- receiving ---- */

START_TEST(received_at_the_pace_of_the_line) {
  open_old(input_file("hi"), NULL);
  uint64_t first = CHARACTER + SILENCE;
  ck_assert_uint_eq(peripherals_next_change(chip), first);
  pass(first - 1);
  ck_assert_uint_eq(get(OLD_SR) & RXNE, 0);
  pass(1);
  ck_assert_uint_eq(get(OLD_SR) & RXNE, RXNE);
  pass(10 * CHARACTER);
  ck_assert_uint_eq(get(OLD_DR), 'h'); /* the sender has waited: no overrun */
  ck_assert_uint_eq(get(OLD_DR), 'i');
  pass(10 * CHARACTER);
  ck_assert_uint_eq(get(OLD_SR) & RXNE, 0);
}
END_TEST

START_TEST(receive_interrupt) {
  open_old(input_file("ab"), NULL);
  put(OLD_CR1, OLD_UE | TE | RE | RXNEIE);
  pass(CHARACTER + SILENCE);
  ck_assert(lines[OLD_LINE]);
  ck_assert_uint_eq(get(OLD_DR), 'a');
  ck_assert(!lines[OLD_LINE]);
  pass(CHARACTER);
  ck_assert(lines[OLD_LINE]);
  ck_assert_uint_eq(get(OLD_DR), 'b');
  ck_assert(!peripherals_input_over(chip, now + CHARACTER));
  ck_assert(peripherals_input_over(chip, now + 16000000));
}
END_TEST

START_TEST(first_character_waits_for_silence) {
  open_old(input_file("a"), NULL);
  pass(SILENCE);
  put(OLD_DR, '>');
  pass(CHARACTER + SILENCE - 1);
  ck_assert_uint_eq(get(OLD_SR) & RXNE, 0);
  pass(CHARACTER);
  ck_assert_uint_eq(get(OLD_SR) & RXNE, RXNE);
}
END_TEST

START_TEST(lines_wait_for_a_prompt) {
  open_old(input_file("a\\r\nb\n"), "ok");
  pass(16000000);
  ck_assert_uint_eq(get(OLD_SR) & RXNE, 0);
  for (const char *c = "ook"; *c; c++, pass(CHARACTER))
    put(OLD_DR, (uint32_t)*c);
  pass(2 * CHARACTER + SILENCE);
  ck_assert_uint_eq(get(OLD_DR), 'a');
  pass(CHARACTER);
  ck_assert_uint_eq(get(OLD_DR), '\r');
  pass(16000000);
  ck_assert_uint_eq(get(OLD_SR) & RXNE, 0); /* the line's end was not sent; b waits */
  put(OLD_DR, 'o');
  pass(CHARACTER);
  put(OLD_DR, 'k');
  pass(3 * CHARACTER);
  ck_assert_uint_eq(get(OLD_DR), 'b');
}
END_TEST

START_TEST(input_for_one_uart) {
  char named[128];
  snprintf(named, sizeof named, "USART3=%s", input_file("z"));
  open_old(named, NULL);
  put(0x4000480C, OLD_UE | RE);
  put(0x40004808, 139);
  pass(SILENCE + 3 * CHARACTER);
  ck_assert_uint_eq(get(OLD_SR) & RXNE, 0);
  ck_assert_uint_eq(get(0x40004804), 'z');
}
END_TEST

START_TEST(polling_for_nothing) {
  open_old(input_file(""), NULL);
  for (unsigned i = 0; i < 100000 && stuck_why < 0; i++, now += 20)
    get(OLD_SR);
  ck_assert_int_eq(stuck_why, STUCK_INPUT);
  ck_assert(strstr(stuck_text, "USART2") && strstr(stuck_text, "no more"));
  ck_assert_uint_ge(now, 1600000);
  ck_assert_uint_eq(warnings, 0);
}
END_TEST

/* ---- DMA ---- */

START_TEST(dma_stream_to_uart) {
  enum { STREAM6 = 0x400260A0, DMA_LINE = 17, TCIF6 = 1 << 21, HTIF6 = 1 << 20 };
  open_old(NULL, NULL);
  memcpy(ram, "dma!", 4);
  put(STREAM6 + 8, OLD_DR);
  put(STREAM6 + 12, CHIP_RAM);
  put(STREAM6 + 4, 4);
  put(STREAM6, 1 << 10 | 1 << 6 | 1 << 4 | 1); /* memory increment, to the peripheral, TCIE, EN */
  ck_assert_str_eq(text_so_far(), "");
  put(OLD_CR3, 1 << 7);
  ck_assert_str_eq(text_so_far(), "dma!");
  pass(3 * CHARACTER - 1);
  ck_assert(!lines[DMA_LINE]);
  ck_assert_uint_eq(get(0x40026004) & TCIF6, 0);
  pass(1); /* the last one moves into the transmitter */
  ck_assert(lines[DMA_LINE]);
  ck_assert_uint_eq(get(0x40026004), TCIF6 | HTIF6);
  ck_assert_uint_eq(get(STREAM6) & 1, 0);
  ck_assert_uint_eq(get(STREAM6 + 4), 0);
  ck_assert_uint_eq(get(OLD_SR) & TC, 0);
  put(0x4002600C, TCIF6 | HTIF6);
  ck_assert(!lines[DMA_LINE]);
  pass(CHARACTER);
  ck_assert_uint_eq(get(OLD_SR) & TC, TC);
}
END_TEST

START_TEST(dma_channel_from_uart) {
  enum { CHANNEL1 = 0x40020008 };
  peripherals_config_t config = chip_config("stm32l4plus", 4);
  config.uart_input = input_file("xyz");
  chip_open(config);
  put(0x4001380C, 35); /* USART1 */
  put(CHANNEL1 + 8, 0x40013824);
  put(CHANNEL1 + 12, CHIP_RAM);
  put(CHANNEL1 + 4, 3);
  put(CHANNEL1, 1 << 7 | 1 << 1 | 1);
  put(0x40013808, 1 << 6);
  put(0x40013800, 0xD);
  pass(200000);
  ck_assert_int_eq(memcmp(ram, "xyz", 3), 0);
  ck_assert(lines[11]);
  ck_assert_uint_eq(get(0x40020000) & 3, 3);
  put(0x40020004, 1); /* CGIF1 clears all */
  ck_assert_uint_eq(get(0x40020000), 0);
  ck_assert(!lines[11]);
}
END_TEST

START_TEST(dma_elsewhere) {
  open_old(NULL, NULL);
  put(0x40026010 + 8, 0x4001204C);
  put(0x40026010 + 4, 1);
  put(0x40026010, 1);
  ck_assert_str_eq(warned_code, "dma-not-modelled");
  memcpy(ram, "copy", 4);
  put(0x40026410 + 8, CHIP_RAM);
  put(0x40026410 + 12, CHIP_RAM + 16);
  put(0x40026410 + 4, 4);
  put(0x40026410, 2 << 6 | 1 << 9 | 1 << 10 | 1);
  ck_assert_int_eq(memcmp(ram + 16, "copy", 4), 0);
  ck_assert_uint_eq(get(0x40026400) & 1 << 5, 1 << 5);
}
END_TEST

/* ---- nRF52 ---- */

enum { NRF = 0x40002000, NRF_BYTE = 10 * 64000000 / 115200 }; /* 5555 cycles, as near as BAUDRATE can say */

static void open_nrf(uint32_t enable, const char *input) {
  peripherals_config_t config = chip_config("nrf52", 64);
  config.uart_input = input;
  chip_open(config);
  put(NRF + 0x524, 0x01D7E000);
  put(NRF + 0x500, enable);
}

START_TEST(nrf_uart) {
  open_nrf(4, input_file("q"));
  put(NRF + 0x51C, 'x'); /* not started */
  put(NRF + 0x008, 1);
  put(NRF + 0x51C, 'y');
  pass(NRF_BYTE - 10);
  ck_assert_uint_eq(get(NRF + 0x11C), 0);
  put(NRF + 0x304, 1 << 7);
  pass(20);
  ck_assert_uint_eq(get(NRF + 0x11C), 1);
  ck_assert(lines[2]);
  put(NRF + 0x11C, 0);
  ck_assert(!lines[2]);
  put(NRF + 0x000, 1);
  pass(640000 + 2 * NRF_BYTE);
  ck_assert_uint_eq(get(NRF + 0x108), 1);
  ck_assert_uint_eq(get(NRF + 0x518), 'q');
  ck_assert_str_eq(text_so_far(), "y");
}
END_TEST

START_TEST(nrf_uarte) {
  open_nrf(8, input_file("12"));
  memcpy(ram, "hello", 5);
  put(NRF + 0x544, CHIP_RAM);
  put(NRF + 0x548, 5);
  put(NRF + 0x008, 1);
  ck_assert_str_eq(text_so_far(), "hello");
  pass(5 * NRF_BYTE - 50);
  ck_assert_uint_eq(get(NRF + 0x120), 0);
  pass(100);
  ck_assert_uint_eq(get(NRF + 0x120), 1);
  ck_assert_uint_eq(get(NRF + 0x54C), 5);
  put(NRF + 0x534, CHIP_RAM + 8);
  put(NRF + 0x538, 2);
  put(NRF + 0x000, 1);
  pass(640000 + 4 * NRF_BYTE);
  ck_assert_uint_eq(get(NRF + 0x110), 1);
  ck_assert_uint_eq(get(NRF + 0x53C), 2);
  ck_assert_int_eq(memcmp(ram + 8, "12", 2), 0);
}
END_TEST

static void close_all(void) {
  chip_close();
  unlink(input_file(""));
}

int main(void) {
  Suite *suite = suite_create("peripherals: UARTs");
  TCase *tests = tcase_create("uarts");
  tcase_add_checked_fixture(tests, NULL, close_all);
  tcase_add_test(tests, transmitter_is_busy);
  tcase_add_test(tests, lost_characters);
  tcase_add_test(tests, transmit_interrupts);
  tcase_add_test(tests, character_times);
  tcase_add_test(tests, lpuart_and_acknowledge);
  tcase_add_test(tests, kernel_clock);
  tcase_add_test(tests, received_at_the_pace_of_the_line);
  tcase_add_test(tests, receive_interrupt);
  tcase_add_test(tests, first_character_waits_for_silence);
  tcase_add_test(tests, lines_wait_for_a_prompt);
  tcase_add_test(tests, input_for_one_uart);
  tcase_add_test(tests, polling_for_nothing);
  tcase_add_test(tests, dma_stream_to_uart);
  tcase_add_test(tests, dma_channel_from_uart);
  tcase_add_test(tests, dma_elsewhere);
  tcase_add_test(tests, nrf_uart);
  tcase_add_test(tests, nrf_uarte);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
