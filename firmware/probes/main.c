/* main.c: run every probe of this core and report what each took, warm: the start-up code has switched the caches of a
   Cortex-M7 on, so that neither code nor the probes' tables wait for flash.

   Results are printed as CSV, and stay in probe_results[] for a debugger to dump. */
#include "cmsim.h"
#include "semihosting.h"

#include <stdbool.h>

/* What probe.inc writes, field by field. */
typedef struct {
  const char *name;
  const char *sequence;
  const void *once;  /* the routine with `copies` repetitions */
  const void *twice; /* the one with 2 * copies */
  uint32_t copies;
  uint32_t kind;
} probe_t;

enum { KIND_EXCEPTION = 2 };

typedef struct {
  const char *name;
  const char *sequence;
  uint32_t copies; /* 0: not run, see exceptions_work() */
  uint32_t cycles_short, cycles_long;
} probe_result_t;

enum { RESULTS_MAX = 512, PASSES = 3 };

extern const probe_t probes_integer[], probes_multiply_divide[], probes_load_store[], probes_branch[], probes_fp[],
    probes_fp64[], probes_system[];

uint32_t probe_time(const void *routine, uint32_t repetitions, uint32_t passes);
void PendSV_Handler(void);
void SVC_Handler(void);
void SysTick_Handler(void);

/* Kept though nothing but a debugger reads them all. */
__attribute__((used)) probe_result_t probe_results[RESULTS_MAX];
__attribute__((used)) uint32_t probe_result_count;

/* Laid out as probe.inc promises: four parts of 128 bytes. */
__attribute__((aligned(128))) uint32_t probe_memory[128];

static volatile bool exception_came;

void PendSV_Handler(void) { exception_came = true; }

/* Nothing but the return, so that the probe sees entry and exit. */
__attribute__((naked)) void SVC_Handler(void) { __asm__ volatile("bx lr"); }

/* The first FP instruction of a handler saves the FP state of what it interrupted. */
__attribute__((naked)) void SysTick_Handler(void) { __asm__ volatile("vmov.f32 s0, s0\n\tbx lr"); }

/* Where exceptions do not reach their handlers, as in a simulator of the core alone, probes that need them cannot run.
 */
static bool exceptions_work(void) {
  exception_came = false;
  *cmsim_register(0xE000ED04u) = 1u << 28; /* ICSR.PENDSVSET */
  __asm__ volatile("dsb\n\tisb" : : : "memory");
  return exception_came;
}

static void prepare_memory(void) {
  for (uint32_t i = 0; i < 32; i++) {
    probe_memory[i] = i;
    probe_memory[32 + i] = 0;
    probe_memory[64 + i] = 0x3F800000u;
    probe_memory[96 + i] = i & 1u ? 0x3FF00000u : 0;
  }
  probe_memory[0] = (uint32_t)(uintptr_t)&probe_memory[0];
}

static uint32_t measure(const void *routine, uint32_t repetitions) {
  prepare_memory();
  return probe_time(routine, repetitions, PASSES);
}

/* ---- output: one line, one call, because a call may take a debugger milliseconds ---- */

static char line[640];
static uint32_t line_length;

static void put_char(char c) {
  if (line_length < sizeof line - 1) line[line_length++] = c;
}

static void put_text(const char *text) {
  while (*text)
    put_char(*text++);
}

static void put_u32(uint32_t value) {
  char digits[10];
  uint32_t count = 0;
  do {
    digits[count++] = (char)('0' + value % 10u);
    value /= 10u;
  } while (value != 0);
  while (count != 0)
    put_char(digits[--count]);
}

#ifdef PROBES_ITM
#define ITM_TER 0xE0000E00u
#define ITM_TCR 0xE0000E80u

/* Stimulus port 0; without a listener that enabled it, nothing is printed and probe_results[] is what remains. */
static void put_line(void) {
  for (uint32_t i = 0; i < line_length; i++) {
    if (!(*cmsim_register(ITM_TCR) & 1u) || !(*cmsim_register(ITM_TER) & 1u)) break;
    while (!(*cmsim_register(0xE0000000u) & 1u)) {
    }
    *(volatile uint8_t *)cmsim_register(0xE0000000u) = (uint8_t)line[i];
  }
  line_length = 0;
}
#else
static void put_line(void) {
  line[line_length] = '\0';
  print_text(line);
  line_length = 0;
}
#endif

/* cycles / copies with three decimals; a difference below zero is a sign of trouble and shown as such. */
static void put_quotient(int32_t cycles, uint32_t copies) {
  if (cycles < 0) put_char('-');
  uint32_t thousandths = ((uint32_t)(cycles < 0 ? -cycles : cycles) * 1000u + copies / 2u) / copies;
  put_u32(thousandths / 1000u);
  put_char('.');
  for (uint32_t place = 100; place != 0; place /= 10u)
    put_char((char)('0' + thousandths / place % 10u));
}

static void print_result(const probe_result_t *result) {
  put_text(result->name);
  put_text(PROBES_CORE == 7 ? ",m7,\"" : ",m4,\"");
  put_text(result->sequence);
  put_text("\",");
  put_u32(result->copies);
  if (result->copies == 0) {
    put_text(",,,\n");
    put_line();
    return;
  }
  put_char(',');
  put_u32(result->cycles_short);
  put_char(',');
  put_u32(result->cycles_long);
  put_char(',');
  put_quotient((int32_t)(result->cycles_long - result->cycles_short), result->copies);
  put_char('\n');
  put_line();
}

static void run(const probe_t *probe, bool exceptions) {
  if (probe_result_count == RESULTS_MAX) return;
  probe_result_t *result = &probe_results[probe_result_count++];
  result->name = probe->name;
  result->sequence = probe->sequence;
  if (probe->kind == KIND_EXCEPTION && !exceptions) {
    print_result(result);
    return;
  }
  result->copies = probe->copies;
  result->cycles_short = measure(probe->once, probe->copies);
  result->cycles_long = measure(probe->twice, 2u * probe->copies);
  print_result(result);
}

int main(void) {
  static const probe_t *const tables[] = {
      probes_integer, probes_multiply_divide, probes_load_store, probes_branch, probes_fp, probes_fp64, probes_system};
  cmsim_cyccnt_enable();
  const bool exceptions = exceptions_work();
  put_text("probe,core,sequence,copies,cycles_short,cycles_long,cycles_per_sequence\n");
  put_line();
  for (uint32_t table = 0; table < sizeof tables / sizeof *tables; table++) {
    for (const probe_t *probe = tables[table]; probe->name != 0; probe++)
      run(probe, exceptions);
  }
#ifdef PROBES_ITM
  for (;;) { /* nobody may be there to take a semihosting exit */
    __asm__ volatile("nop");
  }
#endif
  return 0;
}
