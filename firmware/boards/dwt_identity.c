/* dwt_identity.c: the profiling counters add up.

   Instructions = CYCCNT - CPICNT - EXCCNT - SLEEPCNT - LSUCNT + FOLDCNT (Arm Cortex-M4 TRM, DWT chapter; Armv7-M ARM
   C1.8.1). All but CYCCNT have eight bits, so each workload is short. Its instructions are counted by hand; those that
   start and stop the counters are what the empty workload has, and taken away.

   Each line: the six counters in the order of the formula, then the instructions by the formula and by hand. Status 1
   if the two differ anywhere. */
#include "core.h"

typedef struct {
  uint32_t cyccnt, cpicnt, exccnt, sleepcnt, lsucnt, foldcnt;
} counters_t;

typedef struct {
  const char *name;
  void (*run)(counters_t *counted);
  uint32_t instructions;
} workload_t;

void SVC_Handler(void);

/* DWT_CTRL, C1.8.7: FOLDEVTENA, LSUEVTENA, SLEEPEVTENA, EXCEVTENA, CPIEVTENA, CYCCNTENA. A counter starts at 0 when its
   bit is set. */
#define COUNTERS_ENABLED (0x1Fu << 17 | 1u)
#define CTRL_NOPRFCNT    (1u << 24)

static uint32_t words[8] __attribute__((aligned(32)));

static void clear(void) {
  DWT_CTRL = 0;
  DWT_CYCCNT = DWT_CPICNT = DWT_EXCCNT = DWT_SLEEPCNT = DWT_LSUCNT = DWT_FOLDCNT = 0;
  barrier();
}

/* One store starts all counters and one stops them, so that all are of one and the same moment. */
#define WORKLOAD(name, body)                                                                                           \
  static __attribute__((noinline, noclone)) void name(counters_t *counted) {                                           \
    clear();                                                                                                           \
    __asm__ volatile(".balign 8\n\t"                                                                                   \
                     "str   %[on], [%[dwt]]\n\t"                                                                       \
                     "dsb\n\tisb\n\t"                                                                                  \
                     ".balign 8\n\t" body "\n\t"                                                                       \
                     "dsb\n\tisb\n\t"                                                                                  \
                     "str   %[off], [%[dwt]]\n\t"                                                                      \
                     "dsb\n\tisb"                                                                                      \
                     :                                                                                                 \
                     : [dwt] "r"(CMSIM_DWT_CTRL), [on] "r"(COUNTERS_ENABLED), [off] "r"(0), [words] "r"(words)         \
                     : "r0", "r1", "r2", "r3", "r12", "s0", "s1", "s2", "cc", "memory");                               \
    *counted = (counters_t){DWT_CYCCNT, DWT_CPICNT, DWT_EXCCNT, DWT_SLEEPCNT, DWT_LSUCNT, DWT_FOLDCNT};                \
  }

WORKLOAD(empty, "")
WORKLOAD(moves, ".rept 40\n\tmov.w r0, r1\n\t.endr")
WORKLOAD(loads, ".rept 20\n\tldr.w r0, [%[words]]\n\tmov.w r2, r3\n\t.endr")
WORKLOAD(load_chain, "mov.w r0, %[words]\n\tstr.w r0, [r0]\n\t.rept 20\n\tldr.w r0, [r0]\n\t.endr")
WORKLOAD(stores, ".rept 20\n\tstr.w r0, [%[words], #4]\n\t.endr")
WORKLOAD(multiples, ".rept 5\n\tldmia.w %[words], {r0-r3, r12}\n\tstmia.w %[words], {r0-r3, r12}\n\t.endr")
WORKLOAD(divides, "mvn.w r1, #0\n\tmov.w r2, #3\n\t.rept 8\n\tudiv r0, r1, r2\n\t.endr")
WORKLOAD(branches, "mov.w r0, #20\n1:\tsubs.w r0, r0, #1\n\tbne.w 1b")
WORKLOAD(conditions, "cmp.w r0, r0\n\t.rept 10\n\tit eq\n\tmoveq r1, #1\n\tit ne\n\tmovne r1, #2\n\t.endr")
WORKLOAD(floats, "vmov s0, r0\n\tvmov s1, r0\n\t.rept 5\n\tvmul.f32 s2, s0, s1\n\tvdiv.f32 s0, s2, s1\n\t.endr")
WORKLOAD(supervisor_calls, "svc 0\n\tsvc 0") /* and each time the BX LR of the handler */
/* PRIMASK keeps the handler away: WFI sleeps until SysTick is pending, and goes on. */
WORKLOAD(sleep, "movw r1, #0xE010\n\tmovt r1, #0xE000\n\tmov.w r0, #7\n\tcpsid i\n\tstr.w r0, [r1]\n\twfi")

static const workload_t workloads[] = {
    {"moves", moves, 40},
    {"loads", loads, 40},
    {"load_chain", load_chain, 22},
    {"stores", stores, 20},
    {"multiples", multiples, 10},
    {"divides", divides, 10},
    {"branches", branches, 41},
    {"conditions", conditions, 41},
    {"floats", floats, 12},
    {"supervisor_calls", supervisor_calls, 4},
    {"sleep", sleep, 6},
};

__attribute__((naked)) void SVC_Handler(void) { __asm__ volatile("bx lr"); }

static uint32_t instructions(const counters_t *c) {
  return c->cyccnt - c->cpicnt - c->exccnt - c->sleepcnt - c->lsucnt + c->foldcnt;
}

static void print_counters(const counters_t *c) {
  const uint32_t values[] = {c->cyccnt, c->cpicnt, c->exccnt, c->sleepcnt, c->lsucnt, c->foldcnt};
  for (uint32_t i = 0; i < sizeof values / sizeof values[0]; i++) {
    print_text(" ");
    print_u32(values[i]);
  }
}

/* Twice, so that the second finds caches and predictor as the first left them. */
static void run(void (*workload)(counters_t *), counters_t *counted) {
  for (uint32_t i = 0; i < 2; i++) {
    SYST_RVR = 99;
    SYST_CVR = 0;
    workload(counted);
    SYST_CSR = 0;
    ICSR = ICSR_PENDSTCLR;
    barrier();
    __asm__ volatile("cpsie i");
  }
}

int main(void) {
  uint32_t failures = 0;
  counters_t counted;
  cmsim_cyccnt_enable();
  if (DWT_CTRL & CTRL_NOPRFCNT) {
    print_text("no profiling counters\n");
    return 1;
  }
  run(empty, &counted);
  const uint32_t around = instructions(&counted);
  print_text("workload CYCCNT CPICNT EXCCNT SLEEPCNT LSUCNT FOLDCNT formula count\n");
  for (uint32_t i = 0; i < sizeof workloads / sizeof workloads[0]; i++) {
    run(workloads[i].run, &counted);
    const uint32_t sum = instructions(&counted) - around;
    print_text(workloads[i].name);
    print_counters(&counted);
    print_text(" ");
    print_i32((int32_t)sum);
    print_text(" ");
    print_u32(workloads[i].instructions);
    print_text(sum == workloads[i].instructions ? "\n" : " DIFFERENT\n");
    failures += sum != workloads[i].instructions;
  }
  print_text(failures == 0 ? "dwt identity: holds\n" : "dwt identity: does NOT hold\n");
  return failures != 0;
}
