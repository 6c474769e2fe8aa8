/* board.h: what main.c wants from a family's board_FAMILY.c.

   Each of these files writes the registers its reference manual names, in the manual's order, and polls the bits it
   says to poll, for ever: as on a board, a clock that does not come is a board that does not print. */
#ifndef FAMILIES_BOARD_H
#define FAMILIES_BOARD_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))
#define BIT(number)       (1u << (number))

typedef struct {
  const char *part;
  uint32_t core_hz;  /* what board_start() sets up */
  uint32_t timer_hz; /* at which board_timer() counts */
} board_t;

extern const board_t board;

void board_start(void); /* power, flash, clocks, console, timer; before .data is there */
void board_put(char letter);
void board_flush(void); /* the last letter has left */
uint32_t board_timer(void);

#endif
