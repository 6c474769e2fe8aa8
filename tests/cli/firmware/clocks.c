/* clocks.c: what firmware reads from the cycle counter and SysTick. Prints the readings; the test judges them. */
#include "cmsim.h"
#include "semihosting.h"

#define DWT_CTRL  (*(volatile uint32_t *)CMSIM_DWT_CTRL)
#define CYCCNT    (*(volatile uint32_t *)CMSIM_DWT_CYCCNT)
#define SYST_CSR  (*(volatile uint32_t *)0xE000E010u)
#define SYST_RVR  (*(volatile uint32_t *)0xE000E014u)
#define SYST_CVR  (*(volatile uint32_t *)0xE000E018u)
#define SYST_LAST 0x00FFFFFFu

static __attribute__((noinline)) void work(uint32_t rounds) {
  for (uint32_t i = 0; i < rounds; i++)
    __asm__ volatile("nop\n\tnop\n\tnop");
}

static void show(const char *what, uint32_t value) {
  print_text(what);
  print_text(" ");
  print_u32(value);
  print_text("\n");
}

typedef struct {
  uint32_t cycles, ticks;
} clocks_t;

/* One copy, entered by a call: the two readings are as far apart each time, so both clocks see the same stretch. */
__attribute__((noinline, noclone)) static void read_both(clocks_t *clocks) {
  __asm__ volatile("isb\n\tldr %0, [%2]\n\tldr %1, [%3]"
                   : "=&r"(clocks->cycles), "=&r"(clocks->ticks)
                   : "r"(CMSIM_DWT_CYCCNT), "r"(&SYST_CVR)
                   : "memory");
}

static void compare_clocks(const char *what, uint32_t rounds) {
  clocks_t before, after;
  read_both(&before);
  work(rounds);
  read_both(&after);
  show(what, after.cycles - before.cycles);
  show("systick", (before.ticks - after.ticks) & SYST_LAST);
}

int main(void) {
  show("at reset", CYCCNT);
  cmsim_cyccnt_enable();
  show("enabled bit", DWT_CTRL & 1u);
  show("no cycle counter bit", DWT_CTRL >> 25 & 1u);
  const uint32_t before = CYCCNT;
  work(100);
  show("counting", CYCCNT - before > 300u);

  DWT_CTRL &= ~1u;
  const uint32_t stopped = CYCCNT;
  work(100);
  show("stopped", CYCCNT - stopped);
  DWT_CTRL |= 1u;

  SYST_RVR = SYST_LAST;
  SYST_CVR = 0;
  SYST_CSR = 5; /* enabled, core clock, no interrupt */
  work(10);     /* past the load that follows a cleared counter */
  compare_clocks("short", 50);
  compare_clocks("wrapping", 6000000); /* longer than 24 bits of cycles */
  return 0;
}
