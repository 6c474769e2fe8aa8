/* stm32.h: TIM2, and the console of the STM32 families with the newer USART (ISR, TDR): F7, H7, L4, WB. USART and
 * LPUART alike. */
#ifndef FAMILIES_STM32_H
#define FAMILIES_STM32_H

#include "board.h"

enum { UART_CR1 = 0x00, UART_BRR = 0x0C, UART_ISR = 0x1C, UART_TDR = 0x28 };
#define UART_CR1_UE    BIT(0)
#define UART_CR1_TE    BIT(3)
#define UART_ISR_TC    BIT(6)
#define UART_ISR_TXE   BIT(7)
#define UART_ISR_TEACK BIT(21)

/* Transmitter on, 8N1: BRR, then UE, then TE, then its acknowledge. */
static inline void uart_start(uint32_t base, uint32_t divider) {
  REGISTER(base + UART_BRR) = divider;
  REGISTER(base + UART_CR1) = UART_CR1_UE;
  REGISTER(base + UART_CR1) = UART_CR1_UE | UART_CR1_TE;
  while (!(REGISTER(base + UART_ISR) & UART_ISR_TEACK)) {
  }
}

static inline void uart_put(uint32_t base, char letter) {
  while (!(REGISTER(base + UART_ISR) & UART_ISR_TXE)) {
  }
  REGISTER(base + UART_TDR) = (uint8_t)letter;
}

static inline void uart_flush(uint32_t base) {
  while (!(REGISTER(base + UART_ISR) & UART_ISR_TC)) {
  }
}

/* TIM2 of every STM32 family: 32 bits, counting up at its kernel clock. UG loads the prescaler. */
enum { TIM2 = 0x40000000, TIM_CR1 = 0x00, TIM_EGR = 0x14, TIM_CNT = 0x24, TIM_PSC = 0x28, TIM_ARR = 0x2C };

static inline void tim2_start(void) {
  REGISTER(TIM2 + TIM_PSC) = 0;
  REGISTER(TIM2 + TIM_ARR) = 0xFFFFFFFFu;
  REGISTER(TIM2 + TIM_EGR) = BIT(0);
  REGISTER(TIM2 + TIM_CR1) = BIT(0);
}

#endif
