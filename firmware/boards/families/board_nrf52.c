/* board_nrf52.c: nRF52840 (PCA10056), 64 MHz from its 32 MHz crystal; console UART0 on P0.06.
   nRF52840 product specification: CLOCK (HFCLKSTART), NVMC (ICACHECNF), UART, TIMER, GPIO chapters. */
#include "board.h"

const board_t board = {"nRF52840", 64000000, 16000000};

enum { TX_PIN = 6 };

#define CLOCK_TASKS_HFCLKSTART    REGISTER(0x40000000u)
#define CLOCK_EVENTS_HFCLKSTARTED REGISTER(0x40000100u)
#define CLOCK_HFCLKSTAT           REGISTER(0x4000040Cu)
#define NVMC_READY                REGISTER(0x4001E400u)
#define NVMC_ICACHECNF            REGISTER(0x4001E540u)
#define P0_OUTSET                 REGISTER(0x50000508u)
#define P0_DIRSET                 REGISTER(0x50000518u)
#define UART0_TASKS_STARTTX       REGISTER(0x40002008u)
#define UART0_EVENTS_TXDRDY       REGISTER(0x4000211Cu)
#define UART0_ENABLE              REGISTER(0x40002500u)
#define UART0_PSELTXD             REGISTER(0x4000250Cu)
#define UART0_TXD                 REGISTER(0x4000251Cu)
#define UART0_BAUDRATE            REGISTER(0x40002524u)
#define TIMER0_TASKS_START        REGISTER(0x40008000u)
#define TIMER0_TASKS_CLEAR        REGISTER(0x4000800Cu)
#define TIMER0_TASKS_CAPTURE0     REGISTER(0x40008040u)
#define TIMER0_MODE               REGISTER(0x40008504u)
#define TIMER0_BITMODE            REGISTER(0x40008508u)
#define TIMER0_PRESCALER          REGISTER(0x40008510u)
#define TIMER0_CC0                REGISTER(0x40008540u)

void board_start(void) {
  CLOCK_EVENTS_HFCLKSTARTED = 0;
  CLOCK_TASKS_HFCLKSTART = 1;
  while (CLOCK_EVENTS_HFCLKSTARTED == 0) {
  }
  while ((CLOCK_HFCLKSTAT & (BIT(16) | BIT(0))) != (BIT(16) | BIT(0))) { /* STATE running, SRC crystal */
  }
  while (!(NVMC_READY & BIT(0))) {
  }
  NVMC_ICACHECNF = BIT(0); /* CACHEEN */

  P0_OUTSET = BIT(TX_PIN);
  P0_DIRSET = BIT(TX_PIN);
  UART0_PSELTXD = TX_PIN;
  UART0_BAUDRATE = 0x01D7E000u; /* 115200 */
  UART0_ENABLE = 4;
  UART0_TASKS_STARTTX = 1;

  TIMER0_MODE = 0;      /* timer */
  TIMER0_BITMODE = 3;   /* 32 bits */
  TIMER0_PRESCALER = 0; /* 16 MHz / 2^0 */
  TIMER0_TASKS_CLEAR = 1;
  TIMER0_TASKS_START = 1;
}

void board_put(char letter) {
  UART0_EVENTS_TXDRDY = 0;
  UART0_TXD = (uint8_t)letter;
  while (UART0_EVENTS_TXDRDY == 0) {
  }
}

void board_flush(void) {}

uint32_t board_timer(void) {
  TIMER0_TASKS_CAPTURE0 = 1;
  return TIMER0_CC0;
}
