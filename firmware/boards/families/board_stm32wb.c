/* board_stm32wb.c: STM32WB55 (NUCLEO-WB55), 32 MHz crystal, 64 MHz; console USART1 on PB6.
   RM0434: 3.3.4 (wait states), 8.2 (clocks), 8.4 (RCC registers), USART chapter. Voltage range 1 is that of reset. */
#include "stm32.h"

#ifndef FLASH_WAIT_STATES
#define FLASH_WAIT_STATES 3u
#endif

const board_t board = {"STM32WB55", 64000000, 64000000};

#define RCC_CR       REGISTER(0x58000000u)
#define RCC_CFGR     REGISTER(0x58000008u)
#define RCC_PLLCFGR  REGISTER(0x5800000Cu)
#define RCC_AHB2ENR  REGISTER(0x5800004Cu)
#define RCC_APB1ENR1 REGISTER(0x58000058u)
#define RCC_APB2ENR  REGISTER(0x58000060u)
#define RCC_EXTCFGR  REGISTER(0x58000108u)
#define FLASH_ACR    REGISTER(0x58004000u)
#define GPIOB_MODER  REGISTER(0x48000400u)
#define GPIOB_AFRL   REGISTER(0x48000420u)

enum { USART1 = 0x40013800 };

static void start_clocks(void) {
  RCC_CR |= BIT(16);            /* HSEON */
  while (!(RCC_CR & BIT(17))) { /* HSERDY */
  }
  FLASH_ACR =
      (FLASH_ACR & ~7u) | BIT(10) | BIT(9) | BIT(8) | FLASH_WAIT_STATES; /* 3 wait states for HCLK4 up to 64 MHz */
  while ((FLASH_ACR & 7u) != FLASH_WAIT_STATES) {
  }
  RCC_EXTCFGR = (RCC_EXTCFGR & ~0xFFu) | 8u << 4; /* C2HPRE: CPU2 at half the clock; SHDHPRE: flash at the full one */
  while (!(RCC_EXTCFGR & BIT(17))) {              /* C2HPREF: applied */
  }
  while (!(RCC_EXTCFGR & BIT(16))) { /* SHDHPREF */
  }
  /* 32 MHz / M 2 * N 8 / R 2 = 64 MHz */
  RCC_PLLCFGR = 1u << 29 | BIT(28) | 8u << 8 | 1u << 4 | 3u;
  RCC_CR |= BIT(24);            /* PLLON */
  while (!(RCC_CR & BIT(25))) { /* PLLRDY */
  }
  RCC_CFGR &= ~(0xFu << 4 | 7u << 8 | 7u << 11); /* HPRE, PPRE1, PPRE2: all at full speed */
  while (!(RCC_CFGR & BIT(16))) {                /* HPREF */
  }
  while ((RCC_CFGR & (BIT(18) | BIT(17))) != (BIT(18) | BIT(17))) { /* PPRE2F, PPRE1F */
  }
  RCC_CFGR |= 3u;                      /* SW: PLL */
  while ((RCC_CFGR >> 2 & 3u) != 3u) { /* SWS */
  }
}

void board_start(void) {
  start_clocks();
  RCC_AHB2ENR |= BIT(1);  /* GPIOB */
  RCC_APB1ENR1 |= BIT(0); /* TIM2 */
  RCC_APB2ENR |= BIT(14); /* USART1 */
  (void)RCC_APB2ENR;
  GPIOB_MODER = (GPIOB_MODER & ~(3u << 12)) | 2u << 12;
  GPIOB_AFRL = (GPIOB_AFRL & ~(0xFu << 24)) | 7u << 24;
  uart_start(USART1, (64000000u + 115200u / 2) / 115200u);
  tim2_start();
}

void board_put(char letter) { uart_put(USART1, letter); }
void board_flush(void) { uart_flush(USART1); }
uint32_t board_timer(void) { return REGISTER(TIM2 + TIM_CNT); }
