/* nvic.c: exceptions checked one by one, a line "ok N - what" or "not ok N - what" for each (TAP).

   Every handler appends a letter to a trace and does what the check gave it to do; the order of the letters is the
   result. Interrupts 0 to 7 are pended by software, so that no peripheral is needed. Section numbers are those of the
   Armv7-M Architecture Reference Manual. */
#include "nvic.h"
#include "core.h"

#include <string.h>

enum { INTERRUPTS = 32, TRACE_MAX = 32 };

char trace[TRACE_MAX];
static volatile uint32_t trace_length;
static uint32_t checks, failed;
action_t volatile on_svc, on_pendsv, on_systick, on_nmi, on_irq[8];
uint32_t svc_number, svc_argument;

void trace_add(char letter) {
  if (trace_length < TRACE_MAX - 1) trace[trace_length++] = letter;
}

void trace_start(void) {
  trace_length = 0;
  memset(trace, 0, sizeof trace);
  on_svc = on_pendsv = on_systick = on_nmi = NULL;
  NVIC_ICER = NVIC_ICPR = ~0u;
  ICSR = ICSR_PENDSVCLR | ICSR_PENDSTCLR;
  for (uint32_t i = 0; i < 8; i++) {
    on_irq[i] = NULL;
    IRQ_PRIORITY(i) = 0x80;
  }
  SYSTEM_PRIORITY(EXCEPTION_SVCALL) = 0x80;
  SYSTEM_PRIORITY(EXCEPTION_PENDSV) = 0x80;
  SYSTEM_PRIORITY(EXCEPTION_SYSTICK) = 0x80;
  AIRCR = AIRCR_VECTKEY; /* PRIGROUP 0: seven bits of group priority */
  NVIC_ISER = 0xFF;
  barrier();
}

void check(bool holds, const char *what) {
  print_text(holds ? "ok " : "not ok ");
  print_u32(++checks);
  print_text(" - ");
  print_text(what);
  print_text("\n");
  failed += !holds;
}

void check_trace(const char *expected, const char *what) {
  const bool same = strcmp(trace, expected) == 0;
  check(same, what);
  if (same) return;
  print_text("# expected ");
  print_text(expected);
  print_text(", got ");
  print_text(trace);
  print_text("\n");
}

/* --- Handlers --------------------------------------------------------------------------------------------------- */

static void handle(char letter, action_t action) {
  trace_add(letter);
  if (action != NULL) action();
  trace_add((char)(letter - 'A' + 'a')); /* every handler ends with its small letter */
}

/* Called from SVC_Handler of nvic_returns.c with the frame: the SVC's number is in the instruction, its argument on the
   stack, and what is written there is what the caller gets. */
void svc_handle(uint32_t *frame);
void PendSV_Handler(void);
void SysTick_Handler(void);
void NMI_Handler(void);

void svc_handle(uint32_t *frame) {
  svc_number = *(const uint8_t *)(uintptr_t)(frame[6] - 2);
  svc_argument = frame[0];
  frame[0] = svc_argument + svc_number;
  handle('S', on_svc);
}

void PendSV_Handler(void) { handle('P', on_pendsv); }
void SysTick_Handler(void) { handle('T', on_systick); }
void NMI_Handler(void) { handle('N', on_nmi); }

static void interrupt(void) {
  uint32_t exception;
  __asm__ volatile("mrs %0, ipsr" : "=r"(exception));
  const uint32_t number = exception - EXCEPTION_IRQ0;
  handle((char)('A' + number), number < 8 ? on_irq[number] : NULL);
}

/* --- Actions of handlers ---------------------------------------------------------------------------------------- */

static void pend_irq0(void) {
  NVIC_ISPR = 1u << 0;
  barrier();
}
static void pend_pendsv(void) {
  ICSR = ICSR_PENDSVSET;
  barrier();
}
static void pend_both(void) {
  ICSR = ICSR_PENDSVSET;
  NVIC_ISPR = 1u << 0;
  barrier();
}

static uint32_t seen_icsr[2], seen_iabr[2];
static void look(uint32_t level) {
  seen_icsr[level] = ICSR;
  seen_iabr[level] = NVIC_IABR;
}
static void look_inside(void) { look(1); }
static void look_then_nest(void) {
  look(0);
  pend_irq0();
}
static void nest_svc(void) { svc_call(7, 1); }

static uint32_t seen_priority;
static void look_at_basepri(void) { __asm__ volatile("mrs %0, basepri" : "=r"(seen_priority)); }

/* --- Checks ------------------------------------------------------------------------------------------------------ */

static void check_pending(void) {
  trace_start();
  NVIC_ICER = 1u << 3;
  NVIC_ISPR = 1u << 3;
  barrier();
  check_trace("", "a disabled interrupt stays pending");
  check((NVIC_ISPR >> 3 & 1u) && (NVIC_ICPR >> 3 & 1u), "ISPR and ICPR both read the pending bit");
  check((ICSR & ICSR_ISRPENDING) != 0, "ICSR.ISRPENDING says so");
  check((ICSR >> 12 & 0x1FFu) == 0, "ICSR.VECTPENDING counts enabled ones only");
  NVIC_ISER = 1u << 3;
  barrier();
  check_trace("Dd", "it is taken when enabled");
  check((NVIC_ISPR >> 3 & 1u) == 0, "entry clears the pending bit");
  NVIC_ICER = 1u << 3;
  NVIC_ISPR = 1u << 3;
  NVIC_ICPR = 1u << 3;
  NVIC_ISER = 1u << 3;
  barrier();
  check_trace("Dd", "ICPR takes the pending bit away");
  check(NVIC_ISER == 0xFF && NVIC_ICER == 0xFF, "ISER and ICER both read the enable bits");
  STIR = 5;
  barrier();
  check_trace("DdFf", "STIR pends an interrupt");
  trace_start();
  __asm__ volatile("cpsid i" : : : "memory");
  ICSR = ICSR_PENDSVSET | ICSR_PENDSTSET;
  barrier();
  check((ICSR & ICSR_PENDSVSET) && (ICSR & ICSR_PENDSTSET), "ICSR reads PendSV and SysTick pending");
  check((ICSR >> 12 & 0x1FFu) == EXCEPTION_PENDSV, "VECTPENDING is the lower number of equal priorities");
  ICSR = ICSR_PENDSTCLR;
  barrier();
  __asm__ volatile("cpsie i\n\tisb" : : : "memory");
  check_trace("Pp", "PENDSTCLR takes SysTick away, PRIMASK held PendSV back");
}

static void check_priorities(void) {
  trace_start();
  IRQ_PRIORITY(0) = 0x40;
  IRQ_PRIORITY(1) = 0xC0;
  on_irq[1] = pend_irq0;
  NVIC_ISPR = 1u << 1;
  barrier();
  check_trace("BAab", "a higher priority preempts");
  trace_start();
  IRQ_PRIORITY(0) = 0xC0;
  on_irq[1] = pend_irq0;
  NVIC_ISPR = 1u << 1;
  barrier();
  check_trace("BbAa", "a lower priority waits for the end");
  trace_start();
  on_irq[1] = pend_irq0;
  NVIC_ISPR = 1u << 1;
  barrier();
  check_trace("BbAa", "an equal priority waits too");
  trace_start();
  NVIC_ISPR = 0x0F; /* all at once */
  barrier();
  check_trace("AaBbCcDd", "equal priorities go by number");
  trace_start();
  IRQ_PRIORITY(3) = 0x40;
  IRQ_PRIORITY(1) = 0xC0;
  NVIC_ISPR = 0x0F;
  barrier();
  check_trace("DdAaCcBb", "several pending go by priority, then by number");
  trace_start();
  on_irq[2] = pend_both;
  IRQ_PRIORITY(2) = 0x40;
  NVIC_ISPR = 1u << 2;
  barrier();
  check_trace("CcPpAa", "system exceptions come before interrupts of their priority");
  trace_start();
  on_irq[1] = pend_irq0;
  IRQ_PRIORITY(1) = 0;
  on_nmi = NULL;
  __asm__ volatile("cpsid i" : : : "memory");
  ICSR = ICSR_NMIPENDSET;
  barrier();
  check_trace("Nn", "NMI ignores PRIMASK");
  __asm__ volatile("cpsid f" : : : "memory");
  ICSR = ICSR_NMIPENDSET;
  barrier();
  __asm__ volatile("cpsie f\n\tcpsie i" : : : "memory");
  check_trace("NnNn", "NMI ignores FAULTMASK");
  trace_start();
  IRQ_PRIORITY(4) = 0xFF;
  check((IRQ_PRIORITY(4) & 0xE0u) == 0xE0u, "at least three priority bits");
  REGISTER(0xE000E404u) = 0x804020C0u;
  check(IRQ_PRIORITY(4) == 0xC0 && IRQ_PRIORITY(5) == 0x20 && IRQ_PRIORITY(6) == 0x40 && IRQ_PRIORITY(7) == 0x80,
        "priorities are bytes of IPR words");
}

/* B1.5.4: PRIGROUP n leaves bits 7 to n + 1 to the group; only a group preempts. */
static void check_grouping(void) {
  trace_start();
  AIRCR = AIRCR_VECTKEY | 6u << AIRCR_PRIGROUP;
  barrier();
  check((AIRCR >> AIRCR_PRIGROUP & 7u) == 6 && AIRCR >> 16 == 0xFA05u, "AIRCR reads PRIGROUP and 0xFA05");
  IRQ_PRIORITY(0) = 0x80;
  IRQ_PRIORITY(1) = 0xA0;
  on_irq[1] = pend_irq0;
  NVIC_ISPR = 1u << 1;
  barrier();
  check_trace("BbAa", "a subpriority does not preempt");
  trace_start();
  AIRCR = AIRCR_VECTKEY | 6u << AIRCR_PRIGROUP;
  IRQ_PRIORITY(0) = 0xA0;
  IRQ_PRIORITY(1) = 0x80;
  NVIC_ISPR = 3;
  barrier();
  check_trace("BbAa", "a subpriority decides between pending ones");
  trace_start();
  AIRCR = AIRCR_VECTKEY | 6u << AIRCR_PRIGROUP;
  IRQ_PRIORITY(0) = 0x40;
  IRQ_PRIORITY(1) = 0xA0;
  on_irq[1] = pend_irq0;
  NVIC_ISPR = 1u << 1;
  barrier();
  check_trace("BAab", "a group priority preempts");
  AIRCR = 7u << AIRCR_PRIGROUP;
  check((AIRCR >> AIRCR_PRIGROUP & 7u) == 6, "AIRCR ignores a write without its key");
}

static void check_masks(void) {
  trace_start();
  __asm__ volatile("cpsid i" : : : "memory");
  NVIC_ISPR = 1;
  barrier();
  check_trace("", "PRIMASK holds interrupts back");
  __asm__ volatile("cpsie i\n\tisb" : : : "memory");
  check_trace("Aa", "and lets them go");
  trace_start();
  IRQ_PRIORITY(0) = 0x40;
  IRQ_PRIORITY(1) = 0x80;
  IRQ_PRIORITY(2) = 0xC0;
  on_irq[0] = look_at_basepri;
  __asm__ volatile("msr basepri, %0\n\tisb" : : "r"(0x80) : "memory");
  NVIC_ISPR = 7;
  barrier();
  check_trace("Aa", "BASEPRI holds its own and lower priorities back");
  check(seen_priority == 0x80, "BASEPRI survives an exception");
  __asm__ volatile("msr basepri_max, %0" : : "r"(0xC0));
  look_at_basepri();
  check(seen_priority == 0x80, "BASEPRI_MAX does not lower");
  __asm__ volatile("msr basepri_max, %0" : : "r"(0x40));
  look_at_basepri();
  check(seen_priority == 0x40, "BASEPRI_MAX raises");
  __asm__ volatile("msr basepri, %0\n\tisb" : : "r"(0) : "memory");
  check_trace("AaBbCc", "BASEPRI 0 masks nothing");
  trace_start();
  on_irq[0] = pend_pendsv;
  __asm__ volatile("cpsid f" : : : "memory");
  NVIC_ISPR = 1;
  barrier();
  check_trace("", "FAULTMASK holds interrupts back");
  __asm__ volatile("cpsie f\n\tisb" : : : "memory");
  check_trace("AaPp", "a lower exception pended inside is tail-chained");
}

static void check_active(void) {
  trace_start();
  IRQ_PRIORITY(0) = 0x40;
  on_irq[2] = look_then_nest;
  on_irq[0] = look_inside;
  check((ICSR & 0x1FFu) == 0 && NVIC_IABR == 0, "nothing active in thread mode");
  NVIC_ISPR = 1u << 2;
  barrier();
  check_trace("CAac", "an interrupt nests in another");
  check((seen_icsr[0] & 0x1FFu) == EXCEPTION_IRQ0 + 2, "VECTACTIVE is the running exception");
  check((seen_icsr[1] & 0x1FFu) == EXCEPTION_IRQ0, "and that of the nested one");
  check(seen_iabr[0] == 4 && seen_iabr[1] == 5, "IABR shows both active");
  check((seen_icsr[0] & ICSR_RETTOBASE) && !(seen_icsr[1] & ICSR_RETTOBASE), "RETTOBASE with one active, not with two");
  check(NVIC_IABR == 0, "none active afterwards");
}

static void check_svc(void) {
  trace_start();
  check(svc_call(2, 40) == 42 && svc_number == 2 && svc_argument == 40, "SVC: number, argument, result by the frame");
  SYSTEM_PRIORITY(EXCEPTION_PENDSV) = 0xFF;
  on_svc = pend_pendsv;
  trace_length = 0;
  svc_call(1, 0);
  check_trace("SsPp", "PendSV of lower priority follows the SVC");
  trace_start();
  SYSTEM_PRIORITY(EXCEPTION_PENDSV) = 0x40;
  on_svc = pend_pendsv;
  svc_call(1, 0);
  check_trace("SPps", "PendSV of higher priority preempts the SVC");
  trace_start();
  SYSTEM_PRIORITY(EXCEPTION_SVCALL) = 0x40;
  on_irq[0] = nest_svc;
  NVIC_ISPR = 1;
  barrier();
  check_trace("ASsa", "SVC inside a handler of lower priority");
}

/* Once only, however slow the handler is. */
static void stop_systick(void) {
  SYST_CSR = 0;
  ICSR = ICSR_PENDSTCLR;
}

static void check_systick(void) {
  trace_start();
  on_systick = stop_systick;
  SYST_RVR = 1999;
  SYST_CVR = 0;
  SYST_CSR = SYST_ENABLE | SYST_TICKINT | SYST_CORE_CLOCK;
  while (trace_length < 2) {
  }
  check_trace("Tt", "SysTick interrupts");
  SYST_CVR = 0;
  SYST_CSR = SYST_ENABLE | SYST_CORE_CLOCK;
  while (!(SYST_CSR & 1u << 16)) {
  }
  SYST_CSR = 0;
  check_trace("Tt", "without TICKINT it only sets COUNTFLAG");
  check(!(SYST_CSR & 1u << 16), "which a read clears");
}

static void check_sleep(void) {
  trace_start();
  __asm__ volatile("cpsid i" : : : "memory");
  NVIC_ISPR = 1;
  barrier();
  __asm__ volatile("wfi" : : : "memory");
  check_trace("", "WFI wakes for what PRIMASK holds back, and does not take it");
  __asm__ volatile("cpsie i\n\tisb" : : : "memory");
  check_trace("Aa", "which comes with CPSIE");
  trace_start();
  on_systick = stop_systick;
  SYST_RVR = 1999;
  SYST_CVR = 0;
  SYST_CSR = SYST_ENABLE | SYST_TICKINT | SYST_CORE_CLOCK;
  __asm__ volatile("wfi" : : : "memory");
  barrier();
  check_trace("Tt", "WFI sleeps until SysTick");
  trace_start();
  __asm__ volatile("sev\n\twfe" : : : "memory");
  check(true, "WFE goes on after SEV");
  NVIC_ICER = 1;
  SCR = 1u << 4;                                 /* SEVONPEND */
  __asm__ volatile("sev\n\twfe" : : : "memory"); /* no event is left */
  NVIC_ISPR = 1;
  __asm__ volatile("dsb\n\twfe" : : : "memory");
  SCR = 0;
  NVIC_ICPR = 1;
  check_trace("", "SEVONPEND: a pending interrupt that is disabled ends WFE");
}

static void sleep_no_more(void) {
  if (strcmp(trace, "TtTtT") == 0) {
    SCR = 0;
    SYST_CSR = 0;
  }
}

static void check_sleep_on_exit(void) {
  trace_start();
  on_systick = sleep_no_more;
  SYST_RVR = 1999;
  SYST_CVR = 0;
  SCR = SCR_SLEEPONEXIT;
  SYST_CSR = SYST_ENABLE | SYST_TICKINT | SYST_CORE_CLOCK;
  __asm__ volatile("wfi" : : : "memory");
  barrier();
  check_trace("TtTtTt", "SLEEPONEXIT: thread mode goes on when the third handler clears it");
  SYST_CSR = 0;
  SCR = 0;
}

/* The vector table moves into RAM, with handlers for the interrupts, as firmware does that changes handlers as it runs.
 */
static void move_vectors(void) {
  static uint32_t vectors[EXCEPTION_IRQ0 + INTERRUPTS] __attribute__((aligned(256)));
  memcpy(vectors, (const void *)(uintptr_t)VTOR, EXCEPTION_IRQ0 * sizeof vectors[0]);
  for (uint32_t i = 0; i < INTERRUPTS; i++)
    vectors[EXCEPTION_IRQ0 + i] = (uint32_t)(uintptr_t)interrupt;
  barrier();
  VTOR = (uint32_t)(uintptr_t)vectors;
  barrier();
  check(VTOR == (uint32_t)(uintptr_t)vectors, "VTOR reads what was written");
}

/* AIRCR.SYSRESETREQ: RAM keeps its contents over a reset; two words behind .bss, which start-up does not clear, tell.
 */
extern uint32_t _end[];
#define before_reset _end
#define RESET_MAGIC  0x52455345u

static void check_reset(void) {
  before_reset[0] = RESET_MAGIC;
  before_reset[1] = checks << 16 | failed;
  AIRCR = AIRCR_VECTKEY | AIRCR_RESETREQ;
  barrier();
  for (;;) {
  }
}

static void resume_after_reset(void) {
  before_reset[0] = 0;
  checks = before_reset[1] >> 16;
  failed = before_reset[1] & 0xFFFFu;
  check(true, "SYSRESETREQ resets");
  check(VTOR >> 28 == 0 && NVIC_ISER == 0 && (AIRCR >> AIRCR_PRIGROUP & 7u) == 0, "the NVIC is as after power-on");
}

int main(void) {
  char line[16];
  if (before_reset[0] == RESET_MAGIC) {
    resume_after_reset();
  } else {
    move_vectors();
    check_pending();
    check_priorities();
    check_grouping();
    check_masks();
    check_active();
    check_svc();
    check_systick();
    check_sleep();
    check_sleep_on_exit();
    check_returns();
    check_fp_context();
    if (strcmp(host_command_line(line, sizeof line), "reset") == 0) check_reset();
  }
  print_text("1..");
  print_u32(checks);
  print_text("\n");
  return failed != 0;
}
