/* board_stm32l4.c: STM32L4R5 (NUCLEO-L4R5ZI), HSI16, 120 MHz in range 1 boost mode; console LPUART1 on PG7.
   RM0432: 3.3.3 (wait states), 5.1.8 (voltage scaling, boost), 6.2 (clocks), 6.4 (RCC registers), LPUART chapter. */
#include "stm32.h"

#ifndef FLASH_WAIT_STATES
#define FLASH_WAIT_STATES 5u
#endif

const board_t board = {"STM32L4R5", 120000000, 120000000};

#define RCC_CR       REGISTER(0x40021000u)
#define RCC_CFGR     REGISTER(0x40021008u)
#define RCC_PLLCFGR  REGISTER(0x4002100Cu)
#define RCC_AHB2ENR  REGISTER(0x4002104Cu)
#define RCC_APB1ENR1 REGISTER(0x40021058u)
#define RCC_APB1ENR2 REGISTER(0x4002105Cu)
#define PWR_CR1      REGISTER(0x40007000u)
#define PWR_CR2      REGISTER(0x40007004u)
#define PWR_SR2      REGISTER(0x40007014u)
#define PWR_CR5      REGISTER(0x40007080u)
#define FLASH_ACR    REGISTER(0x40022000u)
#define GPIOG_MODER  REGISTER(0x48001800u)
#define GPIOG_AFRL   REGISTER(0x48001820u)

enum { LPUART1 = 0x40008000 };

static void start_clocks(void) {
  RCC_APB1ENR1 |= BIT(28); /* PWREN */
  (void)RCC_APB1ENR1;
  PWR_CR1 = (PWR_CR1 & ~(3u << 9)) | 1u << 9; /* VOS: range 1 */
  while (PWR_SR2 & BIT(10)) {                 /* VOSF: until the regulator is there */
  }
  PWR_CR5 &= ~BIT(8); /* R1MODE: boost, above 80 MHz */

  RCC_CR |= BIT(8);             /* HSION */
  while (!(RCC_CR & BIT(10))) { /* HSIRDY */
  }
  FLASH_ACR = BIT(10) | BIT(9) | FLASH_WAIT_STATES; /* caches on, 5 wait states for 120 MHz */
  while ((FLASH_ACR & 0xFu) != FLASH_WAIT_STATES) {
  }
  /* 16 MHz / M 2 * N 30 / R 2 = 120 MHz */
  RCC_PLLCFGR = BIT(24) | 0u << 25 | 30u << 8 | 1u << 4 | 2u;
  RCC_CR |= BIT(24);            /* PLLON */
  while (!(RCC_CR & BIT(25))) { /* PLLRDY */
  }

  /* Above 80 MHz by way of half the frequency, for at least 1 us. */
  RCC_CFGR = (RCC_CFGR & ~(0xFu << 4)) | 8u << 4; /* HPRE: SYSCLK / 2 */
  RCC_CFGR |= 3u;                                 /* SW: PLL */
  while ((RCC_CFGR >> 2 & 3u) != 3u) {            /* SWS */
  }
  for (volatile uint32_t wait = 0; wait < 20; wait++) {
  }
  RCC_CFGR &= ~(0xFu << 4); /* HPRE: SYSCLK */
}

void board_start(void) {
  start_clocks();
  PWR_CR2 |= BIT(9);      /* IOSV: port G is supplied by VDDIO2 */
  RCC_AHB2ENR |= BIT(6);  /* GPIOG */
  RCC_APB1ENR1 |= BIT(0); /* TIM2 */
  RCC_APB1ENR2 |= BIT(0); /* LPUART1 */
  (void)RCC_APB1ENR2;
  GPIOG_MODER = (GPIOG_MODER & ~(3u << 14)) | 2u << 14;
  GPIOG_AFRL = (GPIOG_AFRL & ~(0xFu << 28)) | 8u << 28;
  uart_start(LPUART1, (uint32_t)((256ull * 120000000u + 115200u / 2) / 115200u)); /* an LPUART divides by BRR / 256 */
  tim2_start();
}

void board_put(char letter) { uart_put(LPUART1, letter); }
void board_flush(void) { uart_flush(LPUART1); }
uint32_t board_timer(void) { return REGISTER(TIM2 + TIM_CNT); }
