/* refused.c: what silicon refuses must have no effect, and a handler must start as one. The command line names a case;
   the exit status is 0 when all is as the Armv7-M manual says, else what is wrong is printed. */
#include "host_call.h"
#include "semihosting.h"

#include <stdbool.h>
#include <string.h>

#define REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))
#define SHCSR             REGISTER(0xE000ED24u)
#define CFSR              REGISTER(0xE000ED28u)
#define CCR               REGISTER(0xE000ED14u)
#define VTOR              REGISTER(0xE000ED08u)
#define BFAR              REGISTER(0xE000ED38u)
#define SHPR2             REGISTER(0xE000ED1Cu)
#define SHPR3             REGISTER(0xE000ED20u)
#define MPU_CTRL          REGISTER(0xE000ED94u)
#define MPU_RBAR          REGISTER(0xE000ED9Cu)
#define MPU_RASR          REGISTER(0xE000EDA0u)
#define FPCCR             REGISTER(0xE000EF34u)
#define NOTHING           0x60000000u

#define IT_BITS        0x0600FC00u
#define THUMB_BIT      (1u << 24)
#define CFSR_DACCVIOL  0x00000082u /* with MMARVALID */
#define CFSR_PRECISERR 0x00008200u /* with BFARVALID */
#define CFSR_LSPERR    0x00002000u
#define CFSR_INVSTATE  0x00020000u
#define CFSR_DIVBYZERO 0x02000000u

/* What the fault handler saw. */
static volatile uint32_t faults, cfsr, bfar, vtor, word_seen, entry_r3, stacked_r0, stacked_r3, resume_at;
static volatile uint32_t word;
static volatile uint32_t svc_count, svc_clears_thumb, svc_uses_fpu;
static uint32_t guarded[16] __attribute__((aligned(64)));
static bool wrong;

static void expect(const char *what, uint32_t got, uint32_t wanted) {
  if (got == wanted) return;
  wrong = true;
  print_text(what);
  print_text(" is ");
  print_hex32(got);
  print_text(" instead of ");
  print_hex32(wanted);
  print_text("\n");
}

static __attribute__((used)) void fault_seen(uint32_t *frame, uint32_t r3) {
  faults++;
  cfsr = CFSR;
  bfar = BFAR;
  CFSR = cfsr;
  vtor = VTOR;
  word_seen = word;
  entry_r3 = r3;
  stacked_r0 = frame[0];
  stacked_r3 = frame[3];
  MPU_CTRL = 0;
  FPCCR &= ~1u; /* LSPACT */
  __asm__ volatile("msr control, %0\n\tisb" : : "r"(0));
  frame[6] = resume_at & ~1u;
  frame[7] = (frame[7] & ~IT_BITS) | THUMB_BIT;
}

#define FAULT_HANDLER(name)                                                                                            \
  __attribute__((naked)) void name(void);                                                                              \
  __attribute__((naked)) void name(void) {                                                                             \
    __asm__ volatile("mov r1, r3\n\tmov r0, sp\n\tpush {r4, lr}\n\tbl fault_seen\n\tpop {r4, pc}");                    \
  }
FAULT_HANDLER(MemManage_Handler)
FAULT_HANDLER(BusFault_Handler)
FAULT_HANDLER(UsageFault_Handler)

static __attribute__((used)) void svc_seen(uint32_t *frame) {
  svc_count++;
  if (svc_clears_thumb) frame[7] &= ~THUMB_BIT;
  if (!svc_uses_fpu) return;
  REGISTER(0xE000EF38u) = NOTHING; /* FPCAR */
  __asm__ volatile("ldr r2, =1f\n\tstr r2, [%0]\n\tvadd.f32 s0, s0, s0\n1:" : : "r"(&resume_at) : "r2", "memory");
}

/* Its first instruction must run, whatever the IT block of the SVC says. */
__attribute__((naked)) void SVC_Handler(void);
__attribute__((naked)) void SVC_Handler(void) {
  __asm__ volatile("mov r0, sp\n\tpush {r4, lr}\n\tbl svc_seen\n\tpop {r4, pc}");
}

void SysTick_Handler(void);
void SysTick_Handler(void) {}

/* Runs INSTRUCTIONS with r0 to r3 set; a fault goes on behind them. */
#define TRY(instructions, first, second, third, fourth)                                                                \
  do {                                                                                                                 \
    register uint32_t r0 __asm__("r0") = (uint32_t)(first);                                                            \
    register uint32_t r1 __asm__("r1") = (uint32_t)(second);                                                           \
    register uint32_t r2 __asm__("r2") = (uint32_t)(third);                                                            \
    register uint32_t r3 __asm__("r3") = (uint32_t)(fourth);                                                           \
    __asm__ volatile("ldr r5, =1f\n\tstr r5, [%4]\n\tcmp r5, r5\n\t" instructions "\n1:"                               \
                     : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3)                                                          \
                     : "r"(&resume_at)                                                                                 \
                     : "r5", "r6", "r12", "lr", "cc", "memory");                                                       \
    (void)r0, (void)r1, (void)r2, (void)r3;                                                                            \
  } while (0)

/* The division faults: the rest of its IT block must not have run when the handler begins. */
static void it_rest(void) {
  CCR |= 1u << 4; /* DIV_0_TRP */
  TRY("itttt eq\n\tudiveq r6, r0, r1\n\tmoveq r3, #7\n\tstreq r3, [r2]\n\tmoveq lr, #0", 1, 0, &word, 5);
  expect("CFSR", cfsr, CFSR_DIVBYZERO);
  expect("stacked r3", stacked_r3, 5);
  expect("r3 in the handler", entry_r3, 5);
  expect("the word", word_seen, 0);
}

static void it_svc(void) {
  uint32_t result = 3;
  __asm__ volatile("cmp r0, r0\n\titee eq\n\tsvceq #1\n\tmovne %0, #9\n\tmovne %0, #8"
                   : "+r"(result)
                   :
                   : "cc", "memory");
  expect("SVCs", svc_count, 1);
  expect("the result", result, 3);
}

/* Two words, one fault, and the base as it was. */
static void store_multiple(void) {
  TRY("stmia r0!, {r1, r2, r3}", NOTHING, 1, 2, 3);
  expect("CFSR", cfsr, CFSR_PRECISERR);
  expect("stacked r0", stacked_r0, NOTHING);
}

/* From the second word on the MPU forbids it. */
static void store_into_guard(void) {
  enum { NO_ACCESS_32_BYTES = 4 << 1 | 1, READ_ONLY = 5 << 24, PRIVDEFENA = 1 << 2 };
  MPU_RBAR = (uint32_t)(uintptr_t)&guarded[8] | 1u << 4;
  MPU_RASR = READ_ONLY | NO_ACCESS_32_BYTES;
  MPU_CTRL = PRIVDEFENA | 1;
  TRY("stmia r0, {r0, r1, r2, r3}", &guarded[7], 1, 2, 3);
  expect("CFSR", cfsr, CFSR_DACCVIOL);
  for (uint32_t i = 8; i < 16; i++)
    expect("a word of the guard", guarded[i], 0);
}

static void unprivileged_store(void) {
  uint32_t before = VTOR;
  TRY("msr control, r1\n\tisb\n\tstr r2, [r0]", 0xE000ED08u, 1, 0x20000000u, 0);
  expect("CFSR", cfsr, CFSR_PRECISERR);
  expect("VTOR", vtor, before);
}

static void thumb_bit(void) {
  svc_clears_thumb = 1;
  TRY("svc #1", 0, 0, 0, 0);
  expect("CFSR", cfsr, CFSR_INVSTATE);
}

static void lazy_to_nowhere(void) {
  SHPR2 = 0xC0000000u; /* below BusFault */
  svc_uses_fpu = 1;
  __asm__ volatile("vmov.f32 s0, #1.0\n\tsvc #1" : : : "s0", "memory");
  expect("CFSR", cfsr, CFSR_LSPERR);
}

static void alias_of_nothing(void) {
  TRY("ldr r1, [r0]", 0x42000000u, 3, 0, 0);
  expect("CFSR", cfsr, CFSR_PRECISERR);
  expect("BFAR", bfar, 0x42000000u);
}

/* One exception behind the other, without a taken branch. */
__attribute__((naked)) void PendSV_Handler(void);
__attribute__((naked)) void PendSV_Handler(void) {
  __asm__ volatile("ldr r0, =0xE000ED04\n\tmov r1, #1 << 28\n\tstr r1, [r0]\n\tdsb\n\tbx lr");
}

static void pend_for_ever(void) {
  REGISTER(0xE000ED04u) = 1u << 28;
  __asm__ volatile("dsb\n\tisb");
}

/* Longer than what one instruction may cost. */
static void sleep_long(void) {
  SHPR3 = 0xC0000000u;
  __asm__ volatile("msr basepri, %0" : : "r"(0x80));
  REGISTER(0xE000E014u) = 0xFFFFFF;
  REGISTER(0xE000E010u) = 3; /* with its interrupt, every eighth cycle */
  for (uint32_t i = 0; i < 4; i++)
    __asm__ volatile("wfi");
}

/* A pending SysTick that BASEPRI masks wakes nobody. */
static void sleep_for_ever(void) {
  SHPR3 = 0xC0000000u;
  __asm__ volatile("msr basepri, %0" : : "r"(0x80));
  REGISTER(0xE000E014u) = 1;
  REGISTER(0xE000E010u) = 7;
  for (;;)
    __asm__ volatile("wfi");
}

static const struct {
  const char *name;
  void (*run)(void);
  uint32_t faults;
} cases[] = {
    {"it_rest", it_rest, 1},
    {"it_svc", it_svc, 0},
    {"store_multiple", store_multiple, 1},
    {"store_into_guard", store_into_guard, 1},
    {"unprivileged_store", unprivileged_store, 1},
    {"thumb_bit", thumb_bit, 1},
    {"lazy_to_nowhere", lazy_to_nowhere, 1},
    {"alias_of_nothing", alias_of_nothing, 1},
    {"pend_for_ever", pend_for_ever, 0},
    {"sleep_long", sleep_long, 0},
    {"sleep_for_ever", sleep_for_ever, 0},
};

int main(void) {
  char text[32];
  const char *name = host_command_line(text, sizeof text);
  SHCSR = 7u << 16;
  for (uint32_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    if (strcmp(cases[i].name, name) != 0) continue;
    cases[i].run();
    expect("faults", faults, cases[i].faults);
    return wrong;
  }
  return 99;
}
