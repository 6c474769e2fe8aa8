/* board_stm32f3.c: STM32F303 (NUCLEO-F303RE), HSE 8 MHz, 72 MHz; console USART2 on PA2.
   RM0316: 4.2.2 (wait states, prefetch), 9.2 (clocks), 9.4 (RCC registers), USART chapter. */
#include "stm32.h"

const board_t board = {"STM32F303", 72000000, 72000000}; /* TIM2: twice APB1 */

#define RCC_CR      REGISTER(0x40021000u)
#define RCC_CFGR    REGISTER(0x40021004u)
#define RCC_AHBENR  REGISTER(0x40021014u)
#define RCC_APB1ENR REGISTER(0x4002101Cu)
#define RCC_CFGR2   REGISTER(0x4002102Cu)
#define FLASH_ACR   REGISTER(0x40022000u)
#define GPIOA_MODER REGISTER(0x48000000u)
#define GPIOA_AFRL  REGISTER(0x48000020u)

enum { USART2 = 0x40004400 };

static void start_clocks(void) {
  RCC_CR |= BIT(18) | BIT(16);  /* HSEBYP: clock of the debug probe; HSEON */
  while (!(RCC_CR & BIT(17))) { /* HSERDY */
  }
  FLASH_ACR = BIT(4) | 2u;                                  /* prefetch on, 2 wait states for 72 MHz */
  while ((FLASH_ACR & 7u) != 2u || !(FLASH_ACR & BIT(5))) { /* PRFTBS */
  }
  RCC_CFGR2 = 0;                           /* PREDIV: HSE / 1 */
  RCC_CFGR = 7u << 18 | BIT(16) | 4u << 8; /* HSE * 9 = 72 MHz; APB1 half of it */
  RCC_CR |= BIT(24);                       /* PLLON */
  while (!(RCC_CR & BIT(25))) {            /* PLLRDY */
  }
  RCC_CFGR |= 2u;                      /* SW: PLL */
  while ((RCC_CFGR >> 2 & 3u) != 2u) { /* SWS */
  }
}

void board_start(void) {
  start_clocks();
  RCC_AHBENR |= BIT(17);           /* GPIOA */
  RCC_APB1ENR |= BIT(17) | BIT(0); /* USART2, TIM2 */
  (void)RCC_APB1ENR;
  GPIOA_MODER = (GPIOA_MODER & ~(3u << 4)) | 2u << 4; /* PA2: alternate function */
  GPIOA_AFRL = (GPIOA_AFRL & ~(0xFu << 8)) | 7u << 8;
  uart_start(USART2, (36000000u + 115200u / 2) / 115200u);
  tim2_start();
}

void board_put(char letter) { uart_put(USART2, letter); }
void board_flush(void) { uart_flush(USART2); }
uint32_t board_timer(void) { return REGISTER(TIM2 + TIM_CNT); }
