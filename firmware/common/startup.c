/* startup.c: from reset to main on any Cortex-M4 or -M7, and from main to the end of the run.
   Clocks and flash wait states stay as found: under cmsim they are the target's to say. The caches of a Cortex-M7 are
   the firmware's: on, as vendor start-up code has them, unless the image is built with -DCMSIM_CACHES=0. */
#include "caches.h"
#include "semihosting.h"

#include <stdint.h>

int main(void);

/* Set by link.ld: addresses, not objects. */
extern uint32_t _estack[], _data_load[], _data_start[], _data_end[], _bss_start[], _bss_end[];
extern void (*const _init_array_start[])(void);
extern void (*const _init_array_end[])(void);

#define SCB_CPACR SCB_REGISTER(0xE000ED88u)

#ifndef CMSIM_CACHES
#define CMSIM_CACHES (CMSIM_CORE == 7)
#endif

void Reset_Handler(void);
void Default_Handler(void);

void Reset_Handler(void) {
#ifdef __ARM_FP
  SCB_CPACR |=
      0xfu << 20; /* CP10 and CP11, the FPU: full access, before the compiler's first use of a float register */
  __asm__ volatile("dsb\n\tisb" : : : "memory");
#endif
  const uint32_t *load = _data_load;
  for (uint32_t *word = _data_start; word < _data_end; word++)
    *word = *load++;
  for (uint32_t *word = _bss_start; word < _bss_end; word++)
    *word = 0;
#if CMSIM_CACHES
  caches_on();
#endif
  for (void (*const *constructor)(void) = _init_array_start; constructor < _init_array_end; constructor++)
    (*constructor)();
  semihosting_exit(main());
}

/* An exception nobody expected: say which (IPSR holds its number) and fail, instead of spinning unseen. */
void Default_Handler(void) {
  uint32_t exception;
  __asm__ volatile("mrs %0, ipsr" : "=r"(exception));
  print_text("unexpected exception ");
  print_u32(exception);
  print_text("\n");
  semihosting_exit(1);
}

/* A firmware replaces a handler by defining a function of its name. */
#define HANDLER(name) void name(void) __attribute__((weak, alias("Default_Handler")))
HANDLER(NMI_Handler);
HANDLER(HardFault_Handler);
HANDLER(MemManage_Handler);
HANDLER(BusFault_Handler);
HANDLER(UsageFault_Handler);
HANDLER(SVC_Handler);
HANDLER(DebugMon_Handler);
HANDLER(PendSV_Handler);
HANDLER(SysTick_Handler);

typedef union {
  void (*handler)(void);
  const void *stack_top;
  uint32_t reserved;
} vector_t;

/* The 16 core vectors and 168 interrupts: enough for the largest part in configs/ (STM32H723 has 163). */
#define EIGHT(vector) vector, vector, vector, vector, vector, vector, vector, vector
#define INTERRUPT                                                                                                      \
  { .handler = Default_Handler }
__attribute__((section(".isr_vector"), used)) static const vector_t vectors[16 + 168] = {
    {.stack_top = _estack},
    {.handler = Reset_Handler},
    {.handler = NMI_Handler},
    {.handler = HardFault_Handler},
    {.handler = MemManage_Handler},
    {.handler = BusFault_Handler},
    {.handler = UsageFault_Handler},
    {.reserved = 0},
    {.reserved = 0},
    {.reserved = 0},
    {.reserved = 0},
    {.handler = SVC_Handler},
    {.handler = DebugMon_Handler},
    {.reserved = 0},
    {.handler = PendSV_Handler},
    {.handler = SysTick_Handler},
    EIGHT(INTERRUPT),
    EIGHT(INTERRUPT),
    EIGHT(INTERRUPT),
    EIGHT(INTERRUPT),
    EIGHT(INTERRUPT),
    EIGHT(INTERRUPT),
    EIGHT(INTERRUPT),
    EIGHT(INTERRUPT),
    EIGHT(INTERRUPT),
    EIGHT(INTERRUPT),
    EIGHT(INTERRUPT),
    EIGHT(INTERRUPT),
    EIGHT(INTERRUPT),
    EIGHT(INTERRUPT),
    EIGHT(INTERRUPT),
    EIGHT(INTERRUPT),
    EIGHT(INTERRUPT),
    EIGHT(INTERRUPT),
    EIGHT(INTERRUPT),
    EIGHT(INTERRUPT),
    EIGHT(INTERRUPT),
};
