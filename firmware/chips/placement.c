/* placement.c: the same integer work from one memory or another, and with or without level 1 caches. Data and stack are
   where the linker script has RAM; code where moved_base says, copied there as a board's start-up code does.

   Arguments (semihosting command line): on a Cortex-M7 `off`, `icache` or `dcache` leave caches off; default: both on.
 */
#include "boards/core.h"
#include "caches.h"
#include "work.h"

#include <string.h>

enum { PASSES = 10 };

extern uint32_t _moved_load[], _moved_start[], _moved_end[];

#if CMSIM_CORE == 7
#define RCC_AHB2ENR REGISTER(0x580244DCu) /* RM0433 8.7.42, RM0468 8.7.43 */
enum { D2_SRAM = 0x30000000, D3_SRAM = 0x38000000, SRAM1EN = 1 << 29, SRAM2EN = 1 << 30 };

/* SRAM1 and SRAM2 of an STM32H7's second domain have no clock out of reset. */
static void memory_on(void) {
  const uint32_t moved = (uint32_t)(uintptr_t)_moved_start;
  if (moved < D2_SRAM || moved >= D3_SRAM) return;
  RCC_AHB2ENR |= SRAM1EN | SRAM2EN;
  (void)RCC_AHB2ENR;
}

static void caches_as_asked(const char *argument) {
  if (strcmp(argument, "off") == 0) return;
  if (strcmp(argument, "dcache") != 0) icache_on();
  if (strcmp(argument, "icache") != 0) dcache_on();
}
#else
static void memory_on(void) {}
static void caches_as_asked(const char *argument) { (void)argument; }
#endif

static void copy_code(void) {
  const uint32_t *load = _moved_load;
  for (uint32_t *word = _moved_start; word < _moved_end; word++)
    *word = *load++;
  barrier();
}

int main(void) {
  char command_line[32];
  memory_on();
  copy_code();
  caches_as_asked(host_command_line(command_line, sizeof command_line));

  uint16_t (*volatile run)(uint32_t passes) = work_run; /* too far for a BL */
  const uint16_t checksum = run(PASSES);
  print_text("checksum ");
  print_hex32(checksum);
  print_text(checksum == WORK_CHECKSUM ? "\nPASS\n" : "\nFAIL\n");
  return checksum != WORK_CHECKSUM;
}
