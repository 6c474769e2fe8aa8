/* board_stm32f4.c: STM32F407, 8 MHz crystal (STM32F4DISCOVERY), 168 MHz; console USART2 on PA2.
   RM0090: 3.5.1 (wait states), 5.1.4 (voltage scaling), 7.2 (clocks), 7.3 (RCC registers), 30.3 (USART). */
#include "stm32.h"

#ifndef FLASH_WAIT_STATES
#define FLASH_WAIT_STATES 5u
#endif

const board_t board = {"STM32F407", 168000000, 84000000};

#define RCC_CR      REGISTER(0x40023800u)
#define RCC_PLLCFGR REGISTER(0x40023804u)
#define RCC_CFGR    REGISTER(0x40023808u)
#define RCC_AHB1ENR REGISTER(0x40023830u)
#define RCC_APB1ENR REGISTER(0x40023840u)
#define PWR_CR      REGISTER(0x40007000u)
#define PWR_CSR     REGISTER(0x40007004u)
#define FLASH_ACR   REGISTER(0x40023C00u)
#define GPIOA_MODER REGISTER(0x40020000u)
#define GPIOA_AFRL  REGISTER(0x40020020u)
#define USART2_SR   REGISTER(0x40004400u)
#define USART2_DR   REGISTER(0x40004404u)
#define USART2_BRR  REGISTER(0x40004408u)
#define USART2_CR1  REGISTER(0x4000440Cu)

static void start_clocks(void) {
  RCC_CR |= BIT(16);            /* HSEON */
  while (!(RCC_CR & BIT(17))) { /* HSERDY */
  }
  RCC_APB1ENR |= BIT(28); /* PWREN */
  PWR_CR |= BIT(14);      /* VOS: scale 1, above 144 MHz */

  /* 168 MHz at 2.7 V and more: 5 wait states; prefetch, instruction and data cache on. */
  FLASH_ACR = BIT(10) | BIT(9) | BIT(8) | FLASH_WAIT_STATES;
  while ((FLASH_ACR & 7u) != FLASH_WAIT_STATES) { /* LATENCY takes effect when it reads back */
  }
  RCC_CFGR |= 4u << 13 | 5u << 10; /* PPRE2: HCLK / 2; PPRE1: HCLK / 4; HPRE: SYSCLK */

  /* 8 MHz / M 8 * N 336 / P 2 = 168 MHz; Q 7 for 48 MHz. */
  RCC_PLLCFGR = 7u << 24 | BIT(22) | 0u << 16 | 336u << 6 | 8u;
  RCC_CR |= BIT(24);            /* PLLON */
  while (!(RCC_CR & BIT(25))) { /* PLLRDY */
  }
  while (!(PWR_CSR & BIT(14))) { /* VOSRDY: only with the PLL on */
  }
  RCC_CFGR |= 2u;                      /* SW: PLL */
  while ((RCC_CFGR >> 2 & 3u) != 2u) { /* SWS */
  }
}

void board_start(void) {
  start_clocks();
  RCC_AHB1ENR |= BIT(0);           /* GPIOA */
  RCC_APB1ENR |= BIT(17) | BIT(0); /* USART2, TIM2 */
  (void)RCC_APB1ENR;               /* two cycles until a peripheral answers */
  GPIOA_MODER = (GPIOA_MODER & ~(3u << 4)) | 2u << 4;
  GPIOA_AFRL = (GPIOA_AFRL & ~(0xFu << 8)) | 7u << 8;
  USART2_BRR = (42000000u + 115200u / 2) / 115200u; /* PCLK1 */
  USART2_CR1 = BIT(13) | BIT(3);                    /* UE, TE */
  tim2_start();                                     /* 2 * PCLK1, since PPRE1 is not 1 */
}

void board_put(char letter) {
  while (!(USART2_SR & BIT(7))) { /* TXE */
  }
  USART2_DR = (uint8_t)letter;
}

void board_flush(void) {
  while (!(USART2_SR & BIT(6))) { /* TC */
  }
}

uint32_t board_timer(void) { return REGISTER(TIM2 + TIM_CNT); }
