/* startup.c: from reset to main on a board. The clocks come first, so that clearing and copying run at full speed. */
#include "board.h"

int main(void);
void Reset_Handler(void);
void Default_Handler(void);

/* Set by board.ld: addresses, not objects. */
extern uint32_t _stack_top[], _data_load[], _data_start[], _data_end[], _bss_start[], _bss_end[];

#define SCB_CPACR REGISTER(0xE000ED88u)

void Reset_Handler(void) {
  SCB_CPACR |= 0xFu << 20; /* CP10 and CP11: the FPU */
  __asm__ volatile("dsb\n\tisb" : : : "memory");
  board_start();
  const uint32_t *load = _data_load;
  for (uint32_t *word = _data_start; word < _data_end; word++)
    *word = *load++;
  for (uint32_t *word = _bss_start; word < _bss_end; word++)
    *word = 0;
  main();
  for (;;)
    __asm__ volatile("wfi");
}

void Default_Handler(void) {
  for (;;) {
  }
}

/* No interrupt is enabled: the 16 core vectors are all there is. */
typedef union {
  void (*handler)(void);
  const void *stack_top;
} vector_t;

#define UNUSED                                                                                                         \
  { .handler = Default_Handler }
__attribute__((section(".vectors"), used)) static const vector_t vectors[16] = {
    {.stack_top = _stack_top},
    {.handler = Reset_Handler},
    UNUSED,
    UNUSED,
    UNUSED,
    UNUSED,
    UNUSED,
    {.handler = 0},
    {.handler = 0},
    {.handler = 0},
    {.handler = 0},
    UNUSED,
    UNUSED,
    {.handler = 0},
    UNUSED,
    UNUSED,
};
