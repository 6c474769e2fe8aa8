/* board_stm32g4.c: STM32G474 (NUCLEO-G474RE), HSI16, 170 MHz in range 1 boost mode; console LPUART1 on PA2.
   RM0440: 3.3.3 (wait states), 6.1.5 (voltage scaling, boost), 7.2 (clocks), 7.4 (RCC registers), LPUART chapter. */
#include "stm32.h"

const board_t board = {"STM32G474", 170000000, 170000000};

#define RCC_CR       REGISTER(0x40021000u)
#define RCC_CFGR     REGISTER(0x40021008u)
#define RCC_PLLCFGR  REGISTER(0x4002100Cu)
#define RCC_AHB2ENR  REGISTER(0x4002104Cu)
#define RCC_APB1ENR1 REGISTER(0x40021058u)
#define RCC_APB1ENR2 REGISTER(0x4002105Cu)
#define PWR_CR1      REGISTER(0x40007000u)
#define PWR_SR2      REGISTER(0x40007014u)
#define PWR_CR5      REGISTER(0x40007080u)
#define FLASH_ACR    REGISTER(0x40022000u)
#define GPIOA_MODER  REGISTER(0x48000000u)
#define GPIOA_AFRL   REGISTER(0x48000020u)

enum { LPUART1 = 0x40008000, HPRE_MASK = 0xF << 4 };

static void start_clocks(void) {
  RCC_APB1ENR1 |= BIT(28); /* PWREN */
  (void)RCC_APB1ENR1;
  PWR_CR1 = (PWR_CR1 & ~(3u << 9)) | 1u << 9; /* VOS: range 1 */
  while (PWR_SR2 & BIT(10)) {                 /* VOSF: until the regulator is there */
  }
  PWR_CR5 &= ~BIT(8); /* R1MODE: boost, above 150 MHz */

  RCC_CR |= BIT(8);             /* HSION */
  while (!(RCC_CR & BIT(10))) { /* HSIRDY */
  }
  FLASH_ACR = BIT(10) | BIT(9) | 4u; /* caches on, 4 wait states for 170 MHz */
  while ((FLASH_ACR & 0xFu) != 4u) {
  }
  /* 16 MHz / M 4 * N 85 / R 2 = 170 MHz */
  RCC_PLLCFGR = BIT(24) | 0u << 25 | 85u << 8 | 3u << 4 | 2u;
  RCC_CR |= BIT(24);            /* PLLON */
  while (!(RCC_CR & BIT(25))) { /* PLLRDY */
  }

  /* Boost mode is entered by way of half the frequency, for at least 1 us. */
  RCC_CFGR = (RCC_CFGR & ~(uint32_t)HPRE_MASK) | 8u << 4; /* HPRE: SYSCLK / 2 */
  RCC_CFGR |= 3u;                                         /* SW: PLL */
  while ((RCC_CFGR >> 2 & 3u) != 3u) {                    /* SWS */
  }
  for (volatile uint32_t wait = 0; wait < 30; wait++) {
  }
  RCC_CFGR &= ~(uint32_t)HPRE_MASK; /* HPRE: SYSCLK */
}

void board_start(void) {
  start_clocks();
  RCC_AHB2ENR |= BIT(0);  /* GPIOA */
  RCC_APB1ENR1 |= BIT(0); /* TIM2 */
  RCC_APB1ENR2 |= BIT(0); /* LPUART1 */
  (void)RCC_APB1ENR2;
  GPIOA_MODER = (GPIOA_MODER & ~(3u << 4)) | 2u << 4; /* PA2: alternate function */
  GPIOA_AFRL = (GPIOA_AFRL & ~(0xFu << 8)) | 12u << 8;
  uart_start(LPUART1, (uint32_t)((256ull * 170000000u + 115200u / 2) / 115200u)); /* an LPUART divides by BRR / 256 */
  tim2_start();
}

void board_put(char letter) { uart_put(LPUART1, letter); }
void board_flush(void) { uart_flush(LPUART1); }
uint32_t board_timer(void) { return REGISTER(TIM2 + TIM_CNT); }
