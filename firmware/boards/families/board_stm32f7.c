/* board_stm32f7.c: STM32F746 (DISCO-F746NG), 25 MHz crystal, 216 MHz with over-drive; console USART1 on PA9.
   RM0385: 3.3.1 (wait states), 4.1.4 (voltage scaling, entering over-drive mode), 5.2 (clocks), 5.3 (RCC registers). */
#include "caches.h"
#include "stm32.h"

#ifndef FLASH_WAIT_STATES
#define FLASH_WAIT_STATES 7u
#endif

const board_t board = {"STM32F746", 216000000, 108000000};

#define RCC_CR      REGISTER(0x40023800u)
#define RCC_PLLCFGR REGISTER(0x40023804u)
#define RCC_CFGR    REGISTER(0x40023808u)
#define RCC_AHB1ENR REGISTER(0x40023830u)
#define RCC_APB1ENR REGISTER(0x40023840u)
#define RCC_APB2ENR REGISTER(0x40023844u)
#define PWR_CR1     REGISTER(0x40007000u)
#define PWR_CSR1    REGISTER(0x40007004u)
#define FLASH_ACR   REGISTER(0x40023C00u)
#define GPIOA_MODER REGISTER(0x40020000u)
#define GPIOA_AFRH  REGISTER(0x40020024u)

enum { USART1 = 0x40011000 };

static void start_clocks(void) {
  RCC_CR |= BIT(16);            /* HSEON */
  while (!(RCC_CR & BIT(17))) { /* HSERDY */
  }
  RCC_APB1ENR |= BIT(28); /* PWREN */
  (void)RCC_APB1ENR;
  PWR_CR1 |= 3u << 14; /* VOS: scale 1 */

  /* 25 MHz / M 25 * N 432 / P 2 = 216 MHz; Q 9 for 48 MHz. */
  RCC_PLLCFGR = 9u << 24 | BIT(22) | 0u << 16 | 432u << 6 | 25u;
  RCC_CR |= BIT(24); /* PLLON */

  PWR_CR1 |= BIT(16);             /* ODEN: above 180 MHz */
  while (!(PWR_CSR1 & BIT(16))) { /* ODRDY */
  }
  PWR_CR1 |= BIT(17);             /* ODSWEN */
  while (!(PWR_CSR1 & BIT(17))) { /* ODSWRDY */
  }
  FLASH_ACR = BIT(9) | BIT(8) | FLASH_WAIT_STATES; /* ARTEN, PRFTEN, 7 wait states for 216 MHz */
  while ((FLASH_ACR & 0xFu) != FLASH_WAIT_STATES) {
  }
  RCC_CFGR |= 4u << 13 | 5u << 10; /* PPRE2: HCLK / 2; PPRE1: HCLK / 4 */
  while (!(RCC_CR & BIT(25))) {    /* PLLRDY */
  }
  RCC_CFGR |= 2u;                      /* SW: PLL */
  while ((RCC_CFGR >> 2 & 3u) != 2u) { /* SWS */
  }
}

void board_start(void) {
  start_clocks();
  caches_on();
  RCC_AHB1ENR |= BIT(0); /* GPIOA */
  RCC_APB1ENR |= BIT(0); /* TIM2 */
  RCC_APB2ENR |= BIT(4); /* USART1 */
  (void)RCC_APB2ENR;
  GPIOA_MODER = (GPIOA_MODER & ~(3u << 18)) | 2u << 18;
  GPIOA_AFRH = (GPIOA_AFRH & ~(0xFu << 4)) | 7u << 4;
  uart_start(USART1, (108000000u + 115200u / 2) / 115200u); /* PCLK2 */
  tim2_start();                                             /* 2 * PCLK1 */
}

void board_put(char letter) { uart_put(USART1, letter); }
void board_flush(void) { uart_flush(USART1); }
uint32_t board_timer(void) { return REGISTER(TIM2 + TIM_CNT); }
