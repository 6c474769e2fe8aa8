/* SysTick: a 24-bit down-counter, computed from the clock instead of counted.

   In n ticks from a value v the counter shows v, v-1, ... 0, then reload, reload-1, ... 0 and so on: a period of
   reload + 1 ticks. COUNTFLAG and the pending bit are set where it goes from 1 to 0. From a value of 0 the next tick
   loads; with a reload value of 0 it stays at 0 and flags nothing more.

   Ticks are core cycles (CLKSOURCE 1) or every eighth (CLKSOURCE 0: the external reference, which is the processor
   clock / 8 on STM32; other vendors wire something else, e.g. nRF52 has none). The phase of that divider is not
   documented: here it is the cycle number modulo 8.

   Only the pending bit is set when TICKINT says so; exceptions.c takes the interrupt. */
#include "machine/scs_private.h"

enum {
  CSR_ENABLE = 1 << 0,
  CSR_TICKINT = 1 << 1,
  CSR_CLKSOURCE = 1 << 2,
  CSR_COUNTFLAG = 1 << 16,
  REFERENCE_DIVIDER = 8
};

static uint64_t divider(const scs_t *scs) { return scs_peek(scs, SYST_CSR) & CSR_CLKSOURCE ? 1 : REFERENCE_DIVIDER; }

static bool enabled(const scs_t *scs) { return scs_peek(scs, SYST_CSR) & CSR_ENABLE; }

/* The value TICKS after it was VALUE; *ZERO_REACHED tells whether it went from 1 to 0 on the way. */
static uint32_t advance(uint32_t value, uint32_t reload, uint64_t ticks, bool *zero_reached) {
  *zero_reached = value > 0 && ticks >= value;
  if (ticks <= value) return value - (uint32_t)ticks;
  if (reload == 0) return 0;
  uint64_t since_zero = ticks - value; /* 1: just loaded */
  if (since_zero > reload) *zero_reached = true;
  return reload - (uint32_t)((since_zero - 1) % ((uint64_t)reload + 1));
}

static uint64_t ticks_until(const scs_t *scs, uint64_t now) {
  if (!enabled(scs) || now <= scs->systick_since) return 0;
  return now / divider(scs) - scs->systick_since / divider(scs);
}

void systick_sync(scs_t *scs, uint64_t now) {
  if (now <= scs->systick_since) return; /* it has been looked at ahead of time: late arrival */
  bool zero_reached;
  scs->systick_value = advance(scs->systick_value, scs_peek(scs, SYST_RVR), ticks_until(scs, now), &zero_reached);
  scs->systick_since = now;
  if (!zero_reached) return;
  scs->systick_flag = true;
  if (!(scs_peek(scs, SYST_CSR) & CSR_TICKINT)) return;
  *scs_word(scs, SCB_ICSR) |= ICSR_PENDSTSET;
  scs->newly_pending = true;
}

void scs_advance(scs_t *scs, uint64_t now) { systick_sync(scs, now); }

uint64_t scs_systick_next_zero(const scs_t *scs, uint64_t now) {
  if (!enabled(scs)) return UINT64_MAX;
  bool passed;
  uint32_t reload = scs_peek(scs, SYST_RVR);
  uint32_t value = advance(scs->systick_value, reload, ticks_until(scs, now), &passed);
  if (value == 0 && reload == 0) return UINT64_MAX;
  uint64_t ticks = value ? value : (uint64_t)reload + 1;
  return (now / divider(scs) + ticks) * divider(scs);
}

/* Reading clears COUNTFLAG. */
static uint32_t csr_read(scs_t *scs, const reg_access_t *access) {
  systick_sync(scs, access->now);
  uint32_t value = scs_peek(scs, SYST_CSR) | (scs->systick_flag ? CSR_COUNTFLAG : 0);
  scs->systick_flag = false;
  return value;
}

/* What was counted until now was counted under the old control or reload value. */
static void timed_store(scs_t *scs, const reg_t *reg, const reg_access_t *access) {
  systick_sync(scs, access->now);
  reg_store(scs, reg, access);
}

static uint32_t cvr_read(scs_t *scs, const reg_access_t *access) {
  systick_sync(scs, access->now);
  return scs->systick_value;
}

/* Any write clears the counter and COUNTFLAG; the next tick loads. It pends nothing. */
static void cvr_write(scs_t *scs, const reg_t *reg, const reg_access_t *access) {
  (void)reg;
  systick_sync(scs, access->now);
  scs->systick_value = 0;
  scs->systick_flag = false;
}

bool scs_systick_interrupt_enabled(const scs_t *scs) {
  uint32_t both = CSR_ENABLE | CSR_TICKINT;
  return (scs_peek(scs, SYST_CSR) & both) == both;
}

/* RVR and CVR are unknown at reset: 0 here. CALIB: there is a reference clock, and its rate is not stated
   (SKEW 1, TENMS 0 is how the architecture says "unknown"); the families' own figures are not collected. */
const reg_t systick_registers[] = {
    {SYST_CSR, 1, 0, 0x00000007, ON_BOTH, csr_read, timed_store},
    {SYST_RVR, 1, 0, 0x00FFFFFF, ON_BOTH, NULL, timed_store},
    {SYST_CVR, 1, 0, 0, ON_BOTH, cvr_read, cvr_write},
    {0xE000E01C, 1, 0x40000000, 0, ON_BOTH, NULL, NULL}, /* CALIB */
    {.words = 0},
};
