/* board.c: an STM32F4 board without a board. What it does is the first word of --args. */
#include "cmsim.h"
#include "host_call.h"
#include "semihosting.h"

#include <string.h>

#define REG(address)  (*(volatile uint32_t *)(address))
#define RCC_CR        REG(0x40023800u)
#define RCC_PLLCFGR   REG(0x40023804u)
#define RCC_CFGR      REG(0x40023808u)
#define FLASH_ACR     REG(0x40023C00u)
#define FLASH_SR      REG(0x40023C0Cu)
#define USART2_SR     REG(0x40004400u)
#define USART2_DR     REG(0x40004404u)
#define USART2_BRR    REG(0x40004408u)
#define USART2_CR1    REG(0x4000440Cu)
#define TIM2_CR1      REG(0x40000000u)
#define TIM2_DIER     REG(0x4000000Cu)
#define TIM2_SR       REG(0x40000010u)
#define TIM2_CNT      REG(0x40000024u)
#define TIM2_PSC      REG(0x40000028u)
#define TIM2_ARR      REG(0x4000002Cu)
#define TIM2_EGR      REG(0x40000014u)
#define NVIC_ISER     ((volatile uint32_t *)0xE000E100u)
#define SCB_VTOR      REG(0xE000ED08u)
#define CYCCNT        REG(CMSIM_DWT_CYCCNT)
#define LINE_TIM2     28u
#define LINE_USART2   38u
#define NOWHERE       REG(0x4003F000u)
#define TABLE_ENTRIES 128

static void (*table[TABLE_ENTRIES])(void) __attribute__((aligned(512)));
static volatile uint32_t ticks, received;
static volatile char line[16];

/* As vendor code does it: each step waits for its ready bit. 8 MHz / 8 * 336 / 2. */
static void clock_168(void) {
  RCC_CR |= 1u << 16;
  while (!(RCC_CR & 1u << 17)) {
  }
  RCC_PLLCFGR = 8u | 336u << 6 | 1u << 22 | 7u << 24;
  RCC_CR |= 1u << 24;
  while (!(RCC_CR & 1u << 25)) {
  }
  FLASH_ACR = 0x705u;
  while ((FLASH_ACR & 7u) != 5u) {
  }
  RCC_CFGR = 2u | 5u << 10 | 4u << 13;
  while ((RCC_CFGR >> 2 & 3u) != 2u) {
  }
}

static void uart_open(uint32_t divisor, uint32_t interrupts) {
  USART2_BRR = divisor;
  USART2_CR1 = 1u << 13 | 3u << 2 | interrupts;
}

static void put(char c) {
  while (!(USART2_SR & 1u << 7)) {
  }
  USART2_DR = (uint8_t)c;
}

static void put_text(const char *text) {
  while (*text)
    put(*text++);
  while (!(USART2_SR & 1u << 6)) {
  }
}

static void put_number(uint32_t value) {
  char digits[11];
  unsigned at = sizeof digits - 1;
  digits[at] = '\0';
  do
    digits[--at] = (char)('0' + value % 10);
  while (value /= 10);
  put_text(digits + at);
}

static void on_tim2(void) {
  TIM2_SR = 0;
  ticks++;
}

static void on_usart2(void) {
  char c = (char)USART2_DR;
  if (received < sizeof line - 1) line[received] = c;
  received++;
}

static void take_interrupt(uint32_t number, void (*handler)(void)) {
  memcpy(table, (const void *)SCB_VTOR, 64);
  table[16 + number] = handler;
  SCB_VTOR = (uint32_t)table;
  NVIC_ISER[number / 32] = 1u << number % 32;
}

/* One text takes as long by the timer, in microseconds, as by the cycle counter. */
static void printing(void) {
  clock_168();
  uart_open(365, 0); /* 42 MHz / 115,200 */
  TIM2_PSC = 83;     /* 84 MHz for the timer: 1 us */
  TIM2_EGR = 1;
  TIM2_CR1 = 1;
  REG(CMSIM_DEMCR) |= 1u << 24;
  REG(CMSIM_DWT_CTRL) |= 1u;
  uint32_t us = TIM2_CNT, cycles = CYCCNT;
  put_text("0123456789");
  us = TIM2_CNT - us;
  cycles = CYCCNT - cycles;
  put_text("\nus ");
  put_number(us);
  put_text("\ncycles ");
  put_number(cycles);
  put_text("\n");
}

static void echo(void) {
  uart_open(139, 0);
  for (char c = 0; c != '.';) {
    while (!(USART2_SR & 1u << 5)) {
    }
    c = (char)USART2_DR;
    put(c);
  }
  put_text("\n");
}

static void receive_by_interrupt(void) {
  take_interrupt(LINE_USART2, on_usart2);
  uart_open(139, 1u << 5);
  while (received < 3)
    __asm__ volatile("wfi");
  put_text((const char *)line);
  put_text("\n");
}

static void timer_interrupts(void) {
  take_interrupt(LINE_TIM2, on_tim2);
  uart_open(139, 0);
  TIM2_ARR = 15999;
  TIM2_DIER = 1;
  TIM2_CR1 = 1;
  while (ticks < 10)
    __asm__ volatile("wfi");
  TIM2_DIER = 0;
  put_text("ticks 10\n");
}

int main(void) {
  char text[32];
  const char *what = host_command_line(text, sizeof text);
  if (strcmp(what, "print") == 0) printing();
  if (strcmp(what, "echo") == 0) echo();
  if (strcmp(what, "receive") == 0) receive_by_interrupt();
  if (strcmp(what, "tick") == 0) timer_interrupts();
  if (strcmp(what, "nowhere") == 0) NOWHERE = NOWHERE + 1;
  if (strcmp(what, "hang") == 0) {
    while (!(FLASH_SR & 1u)) {
    }
  }
  return 0;
}
