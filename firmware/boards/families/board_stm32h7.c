/* board_stm32h7.c: STM32H743 revision V (NUCLEO-H743ZI2), 8 MHz into HSE bypass, 480 MHz at VOS0; console USART3 on
   PD8. RM0433: 4.3.8 (wait states), 6.4.1 and 6.6.2 (supply, voltage scaling, VOS0), 8.5 (clocks), 8.7 (RCC registers).
 */
#include "caches.h"
#include "stm32.h"

#ifndef FLASH_WAIT_STATES
#define FLASH_WAIT_STATES 4u
#endif

const board_t board = {"STM32H743", 480000000, 240000000};

#define RCC_CR        REGISTER(0x58024400u)
#define RCC_CFGR      REGISTER(0x58024410u)
#define RCC_D1CFGR    REGISTER(0x58024418u)
#define RCC_D2CFGR    REGISTER(0x5802441Cu)
#define RCC_D3CFGR    REGISTER(0x58024420u)
#define RCC_PLLCKSELR REGISTER(0x58024428u)
#define RCC_PLLCFGR   REGISTER(0x5802442Cu)
#define RCC_PLL1DIVR  REGISTER(0x58024430u)
#define RCC_AHB4ENR   REGISTER(0x580244E0u)
#define RCC_APB1LENR  REGISTER(0x580244E8u)
#define RCC_APB4ENR   REGISTER(0x580244F4u)
#define PWR_CSR1      REGISTER(0x58024804u)
#define PWR_CR3       REGISTER(0x5802480Cu)
#define PWR_D3CR      REGISTER(0x58024818u)
#define SYSCFG_PWRCR  REGISTER(0x5800042Cu)
#define FLASH_ACR     REGISTER(0x52002000u)
#define GPIOD_MODER   REGISTER(0x58020C00u)
#define GPIOD_AFRH    REGISTER(0x58020C24u)

enum { USART3 = 0x40004800 };

static void start_power(void) {
  PWR_CR3 = (PWR_CR3 & ~BIT(0)) | BIT(1); /* the LDO, no bypass; written once after power-on */
  while (!(PWR_CSR1 & BIT(13))) {         /* ACTVOSRDY */
  }
  PWR_D3CR |= 3u << 14;           /* VOS: scale 1 */
  while (!(PWR_D3CR & BIT(13))) { /* VOSRDY */
  }
  RCC_APB4ENR |= BIT(1); /* SYSCFG */
  (void)RCC_APB4ENR;
  SYSCFG_PWRCR |= BIT(0);         /* ODEN: from VOS1 to VOS0, above 400 MHz */
  while (!(PWR_D3CR & BIT(13))) { /* VOSRDY */
  }
}

static void start_clocks(void) {
  RCC_CR |= BIT(18);            /* HSEBYP */
  RCC_CR |= BIT(16);            /* HSEON */
  while (!(RCC_CR & BIT(17))) { /* HSERDY */
  }
  /* 8 MHz / M 2 * N 240 / P 2 = 480 MHz; reference 4 to 8 MHz, wide VCO. */
  RCC_PLLCKSELR = 2u << 4 | 2u;
  RCC_PLLCFGR = BIT(16) | 2u << 2;
  RCC_PLL1DIVR = 1u << 24 | 3u << 16 | 1u << 9 | 239u;
  RCC_CR |= BIT(24);            /* PLL1ON */
  while (!(RCC_CR & BIT(25))) { /* PLL1RDY */
  }
  RCC_D1CFGR = 0u << 8 | 4u << 4 | 8u;     /* D1CPRE: core at SYSCLK; D1PPRE: / 2; HPRE: AXI and AHB at half */
  RCC_D2CFGR = 4u << 8 | 4u << 4;          /* D2PPRE2, D2PPRE1: / 2 */
  RCC_D3CFGR = 4u << 4;                    /* D3PPRE: / 2 */
  FLASH_ACR = 2u << 4 | FLASH_WAIT_STATES; /* WRHIGHFREQ 2, 4 wait states for AXI at 240 MHz */
  while ((FLASH_ACR & 0xFu) != FLASH_WAIT_STATES) {
  }
  RCC_CFGR |= 3u;                      /* SW: PLL1 */
  while ((RCC_CFGR >> 3 & 7u) != 3u) { /* SWS */
  }
}

void board_start(void) {
  start_power();
  start_clocks();
  caches_on();
  RCC_AHB4ENR |= BIT(3);            /* GPIOD */
  RCC_APB1LENR |= BIT(18) | BIT(0); /* USART3, TIM2 */
  (void)RCC_APB1LENR;
  GPIOD_MODER = (GPIOD_MODER & ~(3u << 16)) | 2u << 16;
  GPIOD_AFRH = (GPIOD_AFRH & ~0xFu) | 7u;
  uart_start(USART3, (120000000u + 115200u / 2) / 115200u); /* PCLK1 */
  tim2_start();                                             /* 2 * PCLK1 */
}

void board_put(char letter) { uart_put(USART3, letter); }
void board_flush(void) { uart_flush(USART3); }
uint32_t board_timer(void) { return REGISTER(TIM2 + TIM_CNT); }
