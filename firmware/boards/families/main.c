/* main.c: what every board of this folder runs: a small workload, timed by three clocks at once, and printed over UART.

   The cycle counter, SysTick and a hardware timer are read in the same order before and after, so that the differences
   agree: SysTick's with the cycle counter's exactly, the timer's to a tick at either end. */
#include "board.h"

#include <stdbool.h>

#define SYST_CSR   REGISTER(0xE000E010u)
#define SYST_RVR   REGISTER(0xE000E014u)
#define SYST_CVR   REGISTER(0xE000E018u)
#define DEMCR      REGISTER(0xE000EDFCu)
#define DWT_CTRL   REGISTER(0xE0001000u)
#define DWT_CYCCNT REGISTER(0xE0001004u)
#define DWT_LAR    REGISTER(0xE0001FB0u)

enum { SYSTICK_MASK = 0xFFFFFF, SAMPLES = 256, PASSES = 8, DECIMAL_DIGITS = 10 };

typedef struct {
  uint32_t cycles, systick, timer;
} stamp_t;

static volatile uint32_t scale = 3; /* in .data, sample[] in .bss: the start-up code shows in the result */
static uint32_t sample[SAMPLES];

static void put_text(const char *text) {
  for (; *text; text++) {
    if (*text == '\n') board_put('\r');
    board_put(*text);
  }
}

static void put_number(uint32_t value) {
  char text[DECIMAL_DIGITS + 1];
  char *first = text + DECIMAL_DIGITS;
  *first = '\0';
  do {
    *--first = (char)('0' + value % 10u);
    value /= 10u;
  } while (value != 0);
  put_text(first);
}

static void put_line(const char *name, uint32_t value, const char *unit) {
  put_text(name);
  put_number(value);
  put_text(unit);
}

static void start_counters(void) {
  DEMCR |= BIT(24);      /* TRCENA */
  DWT_LAR = 0xC5ACCE55u; /* unlocks it on a Cortex-M7, ignored on a Cortex-M4 */
  DWT_CYCCNT = 0;
  DWT_CTRL |= BIT(0);
  SYST_RVR = SYSTICK_MASK;
  SYST_CVR = 0;
  SYST_CSR = BIT(2) | BIT(0); /* the core's clock, no interrupt */
}

static __attribute__((noinline)) stamp_t stamp(void) {
  stamp_t now;
  now.timer = board_timer();
  now.cycles = DWT_CYCCNT;
  now.systick = SYST_CVR;
  return now;
}

/* Integer and floating-point work whose result is the same on every core. */
static __attribute__((noinline)) uint32_t workload(void) {
  const uint32_t factor = scale;
  uint32_t hash = 2166136261u;
  float sum = 0.0f;
  for (uint32_t pass = 0; pass < PASSES; pass++) {
    for (uint32_t i = 0; i < SAMPLES; i++) {
      sample[i] += i * factor + pass;
      hash = (hash ^ (sample[i] & 0xFFu)) * 16777619u; /* FNV-1a */
      sum += (float)sample[i] * 0.5f;
    }
  }
  return hash ^ (uint32_t)sum;
}

static uint32_t distance(uint32_t a, uint32_t b) { return a > b ? a - b : b - a; }

int main(void) {
  start_counters();
  put_text(board.part);
  put_line(" at ", board.core_hz, " Hz, timer at ");
  put_line("", board.timer_hz, " Hz\n");
  (void)workload(); /* once to warm caches and flash buffers */
  (void)stamp();
  const stamp_t begin = stamp();
  const uint32_t result = workload();
  const stamp_t end = stamp();

  const uint32_t cycles = end.cycles - begin.cycles;
  const uint32_t systick = (begin.systick - end.systick) & SYSTICK_MASK;
  const uint32_t ticks = end.timer - begin.timer;
  const uint32_t cycles_per_tick = board.core_hz / board.timer_hz;
  put_line("result ", result, "\n");
  put_line("cyccnt ", cycles, " cycles\n");
  put_line("systick ", systick, " cycles\n");
  put_line("timer ", ticks, " ticks\n");
  /* A read of the timer over its bus may take longer at one end than at the other. */
  const bool agree = cycles == systick && distance(ticks * cycles_per_tick, cycles) <= 8 * cycles_per_tick;
  put_text(agree ? "clocks agree\n" : "clocks DISAGREE\n");
  put_text("done\n");
  board_flush();
  return 0;
}
