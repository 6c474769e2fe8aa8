/* latency.c: interrupt latency as one measures it on a board, with SysTick and the cycle counter.

   SysTick pends its exception when it counts from 1 to 0, and loads its reload value in the next cycle. So a handler
   whose first instruction reads VALUE began RELOAD + 1 - VALUE cycles after the cycle in which the counter became 0
   (Armv7-M ARM B3.3.1). Arm's figures for the Cortex-M3 and M4 with zero wait states: 12 cycles to the first
   instruction, 10 back (Arm article 103489845), 6 from one handler to the next.

   A line is a name and the least and greatest cycles over all positions at which the interrupt hit. Nothing here knows
   what they should be; what must hold anywhere is checked, and is the exit status. */
#include "core.h"

#include <string.h>

#define NOT_RUN 0xFFFFFFFFu
enum { COUNT_FROM = 0xFFFFFF, FIRST_RELOAD = 40, POSITIONS = 24, PEND_POSITIONS = 64 };

typedef struct {
  uint32_t systick, pendsv; /* the counter at the handler's first instruction, or NOT_RUN */
  uint32_t cycles;          /* of the whole body */
} result_t;

typedef struct {
  uint32_t least, greatest;
} range_t;

typedef void sled_t(uint32_t reload, uint32_t csr, result_t *result);

sled_t sled_nop16, sled_nop32, sled_load, sled_divide, sled_multiple, sled_sleep, sled_pend, pended;
void read_systick(void);
void read_pendsv(void);
void only_return(void);
void use_fp(void);

static uint32_t vectors[EXCEPTION_IRQ0] __attribute__((aligned(128)));
static uint32_t failures;

static void set_handlers(void (*systick)(void), void (*pendsv)(void)) {
  vectors[EXCEPTION_SYSTICK] = (uint32_t)(uintptr_t)systick;
  vectors[EXCEPTION_PENDSV] = (uint32_t)(uintptr_t)pendsv;
  barrier();
}

/* One line for what fails many times in a row. */
static void must(bool holds, const char *what) {
  static const char *last;
  if (holds) return;
  failures++;
  if (what == last) return;
  last = what;
  print_text("# does not hold: ");
  print_text(what);
  print_text("\n");
}

static range_t none(void) { return (range_t){~0u, 0}; }
static void include(range_t *range, uint32_t value) {
  if (value < range->least) range->least = value;
  if (value > range->greatest) range->greatest = value;
}

static void print_range(const char *name, range_t range) {
  print_text(name);
  print_text(" ");
  print_u32(range.least);
  print_text(" ");
  print_u32(range.greatest);
  print_text("\n");
}

static uint32_t since_zero(uint32_t reading) { return COUNT_FROM + 1 - reading; }

#define COUNTING     (SYST_ENABLE | SYST_CORE_CLOCK)
#define INTERRUPTING (SYST_ENABLE | SYST_CORE_CLOCK | SYST_TICKINT)

/* Every body runs once before it is measured, so that a branch predictor or cache has seen it. */
static range_t entry_from(sled_t *sled) {
  result_t result;
  range_t range = none();
  set_handlers(read_systick, only_return);
  sled(FIRST_RELOAD, INTERRUPTING, &result);
  for (uint32_t i = 0; i < POSITIONS; i++) {
    sled(FIRST_RELOAD + i, INTERRUPTING, &result);
    must(result.systick != NOT_RUN, "SysTick came");
    if (result.systick != NOT_RUN) include(&range, since_zero(result.systick));
  }
  return range;
}

/* What a handler that only returns adds to a sled. */
static range_t disturbance(sled_t *sled) {
  result_t result, alone;
  range_t range = none();
  set_handlers(only_return, only_return);
  sled(FIRST_RELOAD, INTERRUPTING, &result);
  for (uint32_t i = 0; i < POSITIONS; i++) {
    sled(FIRST_RELOAD + i, COUNTING, &alone);
    sled(FIRST_RELOAD + i, INTERRUPTING, &result);
    include(&range, result.cycles - alone.cycles);
  }
  return range;
}

static void measure_entry(void) {
  const range_t entry = entry_from(sled_nop16), both = disturbance(sled_nop16);
  print_range("entry.nop16", entry);
  print_range("entry.nop32", entry_from(sled_nop32));
  print_range("entry.load", entry_from(sled_load));
  print_range("entry.divide", entry_from(sled_divide));
  print_range("entry.multiple", entry_from(sled_multiple));
  print_range("entry.sleep", entry_from(sled_sleep));
  print_range("entry_and_exit.nop16", both);
  print_range("entry_and_exit.nop32", disturbance(sled_nop32));
  print_range("exit.nop16", (range_t){both.least - entry.least, both.greatest - entry.greatest});
}

/* Cycles of what is pended together, with one handler each. The second of two runs counts. */
static uint32_t cycles_of(uint32_t icsr, uint32_t fp_context) {
  result_t result;
  for (uint32_t i = 0; i < 2; i++) {
    __asm__ volatile("msr control, %0\n\tisb" : : "r"(0) : "memory");
    if (fp_context) __asm__ volatile("vmov.f32 s0, s0" : : : "s0");
    pended(icsr, 0, &result);
  }
  return result.cycles;
}

static void print_one(const char *name, uint32_t cycles) { print_range(name, (range_t){cycles, cycles}); }

static void measure_tail_chain(void) {
  set_handlers(only_return, only_return);
  const uint32_t nothing = cycles_of(0, 0), one = cycles_of(ICSR_PENDSVSET, 0);
  const uint32_t two = cycles_of(ICSR_PENDSVSET | ICSR_PENDSTSET, 0);
  print_one("entry_and_exit.pended", one - nothing);
  print_one("tail_chain", two - one);
  must(two - one < one - nothing, "a tail-chained handler is cheaper than one by itself");
}

/* SysTick, of higher priority, comes while PendSV is being entered: it takes the stacking over, and its entry is
   shorter than from scratch. Once PendSV's handler is fetched it is preempted instead. */
static void measure_late_arrival(void) {
  result_t result;
  range_t late = none();
  uint32_t positions = 0, preempted = 0;
  const uint32_t usual = entry_from(sled_nop32).least;
  SYSTEM_PRIORITY(EXCEPTION_SYSTICK) = 0x40;
  set_handlers(read_systick, read_pendsv);
  for (uint32_t i = 0; i < PEND_POSITIONS; i++) {
    sled_pend(FIRST_RELOAD + i, INTERRUPTING, &result);
    must(result.systick != NOT_RUN && result.pendsv != NOT_RUN, "both came");
    const bool first = result.pendsv > COUNT_FROM / 2 && result.systick > result.pendsv; /* it counts down */
    if (first && since_zero(result.systick) < usual) {
      include(&late, since_zero(result.systick));
      positions++;
    }
    preempted += !first;
  }
  SYSTEM_PRIORITY(EXCEPTION_SYSTICK) = 0x80;
  print_one("late_arrival.positions", positions);
  if (positions > 0) print_range("late_arrival.entry", late);
  must(preempted > 0, "PendSV came first where SysTick was late enough");
}

/* B1.5.7. The exception frame is 26 words with an FP context; lazily, the 17 words are stored at the handler's first FP
   instruction only. */
static void measure_fp(void) {
  const uint32_t on = FPCCR;
  uint32_t integer[2], fp[2];
  for (uint32_t lazy = 0; lazy < 2; lazy++) {
    FPCCR = lazy ? on | FPCCR_LSPEN : on & ~FPCCR_LSPEN;
    barrier();
    set_handlers(only_return, only_return);
    integer[lazy] = cycles_of(ICSR_PENDSVSET, 1) - cycles_of(0, 1);
    set_handlers(only_return, use_fp);
    fp[lazy] = cycles_of(ICSR_PENDSVSET, 1) - cycles_of(0, 1);
    print_one(lazy ? "fp_context.lazy.integer_handler" : "fp_context.eager.integer_handler", integer[lazy]);
    print_one(lazy ? "fp_context.lazy.fp_handler" : "fp_context.eager.fp_handler", fp[lazy]);
  }
  must(fp[1] > integer[1], "the first FP instruction stores what entry left out");
  must(integer[0] > integer[1], "storing the FP context at entry takes time");
  FPCCR = on;
  barrier();
}

/* SysTick and CYCCNT count the same cycles. */
static void compare_clocks(void) {
  SYST_RVR = COUNT_FROM;
  SYST_CVR = 0;
  SYST_CSR = COUNTING;
  __asm__ volatile("nop\n\tnop\n\tnop\n\tnop");
  uint32_t c0, s0, c1, s1;
  __asm__ volatile("ldr %0, [%4]\n\tldr %1, [%5]\n\t.rept 100\n\tnop.w\n\t.endr\n\tldr %2, [%4]\n\tldr %3, [%5]"
                   : "=&r"(c0), "=&r"(s0), "=&r"(c1), "=&r"(s1)
                   : "r"(CMSIM_DWT_CYCCNT), "r"(0xE000E018u));
  SYST_CSR = 0;
  must(c1 - c0 == s0 - s1 && c1 != c0, "SysTick counts the cycles of CYCCNT");
}

int main(void) {
  cmsim_cyccnt_enable();
  memcpy(vectors, (const void *)(uintptr_t)VTOR, sizeof vectors);
  VTOR = (uint32_t)(uintptr_t)vectors;
  SYSTEM_PRIORITY(EXCEPTION_SYSTICK) = 0x80;
  SYSTEM_PRIORITY(EXCEPTION_PENDSV) = 0x80;
  barrier();
  compare_clocks();
  measure_entry();
  measure_tail_chain();
  measure_late_arrival();
  measure_fp();
  print_text(failures == 0 ? "latency: ok\n" : "latency: FAILED\n");
  return failures != 0;
}
