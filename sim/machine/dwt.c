/* Data watchpoint and trace: the cycle counter that firmware times itself with.

   CYCCNT counts core cycles while DEMCR.TRCENA and DWT_CTRL.CYCCNTENA are both set, and holds its value otherwise: a
   read at `now` gives what it held plus (now - the cycle at which it began to count), modulo 2^32. DWT registers stay
   accessible with TRCENA 0; the architecture leaves open what they do then.

   The Cortex-M7 has a software lock, closed at reset: until 0xC5ACCE55 is written to DWT_LAR, writes by firmware
   change nothing. (Some M7 parts come up unlocked, and a debug probe may have unlocked others; firmware that relies
   on it fails on an STM32F7.) The Cortex-M4 has no lock here: its LAR and LSR read zero.

   The 8-bit profile counters (CPICNT ... FOLDCNT) count while their bit of DWT_CTRL and TRCENA are set: what the
   machine says of the instructions before the reading one. Comparators are stored and never match. PCSR always says "no
   sample". */
#include "machine/scs_private.h"

enum {
  CTRL_CYCCNTENA = 1 << 0,
  CTRL_MASK = 0x007F1FFF,   /* all but NUMCOMP and the NO... flags */
  CTRL_RESET = 0x40000000,  /* four comparators, every counter present */
  CTRL_ABSENT = 0x0F000000, /* NOTRCPKT, NOEXTTRIG, NOCYCCNT, NOPRFCNT; no comparators */
  LSR_IMPLEMENTED = 1 << 0,
  LSR_LOCKED = 1 << 1,
};

/* Bank the cycles counted so far, then see whether it goes on counting. */
static void cyccnt_update(scs_t *scs, uint64_t now) {
  if (scs->cyccnt_counts) *scs_word(scs, DWT_CYCCNT) += (uint32_t)(now - scs->cyccnt_since);
  scs->cyccnt_since = now;
  scs->cyccnt_counts =
      scs->config.has_dwt && scs_peek(scs, DCB_DEMCR) & DEMCR_TRCENA && scs_peek(scs, DWT_CTRL) & CTRL_CYCCNTENA;
}

enum { CTRL_CPIEVTENA = 17, DWT_CPICNT = 0xE0001008, COUNTER_MASK = 0xFF };

/* The same for the profile counters; their enable bits and registers stand in the same order. */
static void profile_update(scs_t *scs) {
  uint64_t counts[SCS_PROFILE_COUNTERS] = {0};
  if (!scs->config.profile) return;
  scs->config.profile(scs->config.context, counts);
  bool traces = scs->config.has_dwt && scs_peek(scs, DCB_DEMCR) & DEMCR_TRCENA;
  for (unsigned i = 0; i < SCS_PROFILE_COUNTERS; i++) {
    uint32_t *word = scs_word(scs, DWT_CPICNT + 4 * i);
    if (scs->profile_counts[i]) *word = (*word + (uint32_t)(counts[i] - scs->profile_since[i])) & COUNTER_MASK;
    scs->profile_since[i] = counts[i];
    scs->profile_counts[i] = traces && scs_peek(scs, DWT_CTRL) >> (CTRL_CPIEVTENA + i) & 1;
  }
}

static uint32_t profile_read(scs_t *scs, const reg_access_t *access) {
  if (!scs->config.has_dwt) return 0;
  profile_update(scs);
  return scs_peek(scs, access->address);
}

void demcr_write(scs_t *scs, const reg_t *reg, const reg_access_t *access) {
  reg_store(scs, reg, access);
  if (scs_peek(scs, DCB_DEMCR) & DEMCR_TRCENA) scs->firmware_traces = true;
  cyccnt_update(scs, access->now);
  profile_update(scs);
}

static uint32_t ctrl_read(scs_t *scs, const reg_access_t *access) {
  return scs->config.has_dwt ? scs_peek(scs, access->address) : CTRL_ABSENT;
}

static uint32_t cyccnt_read(scs_t *scs, const reg_access_t *access) {
  if (!scs->config.has_dwt) return 0;
  uint32_t counted = scs->cyccnt_counts ? (uint32_t)(access->now - scs->cyccnt_since) : 0;
  return scs_peek(scs, DWT_CYCCNT) + counted;
}

/* Every register of the unit but LAR: absent or locked, it ignores writes. */
static void dwt_write(scs_t *scs, const reg_t *reg, const reg_access_t *access) {
  if (scs->dwt_locked) scs->dwt_refused = true;
  if (!scs->config.has_dwt || scs->dwt_locked) return;
  cyccnt_update(scs, access->now); /* so that a byte written to CYCCNT meets the other bytes as they are now */
  profile_update(scs);
  reg_store(scs, reg, access);
  cyccnt_update(scs, access->now);
  profile_update(scs);
}

bool scs_dwt_refused(const scs_t *scs) { return scs->dwt_refused && scs->dwt_locked; }

static void lar_write(scs_t *scs, const reg_t *reg, const reg_access_t *access) {
  (void)reg;
  scs->dwt_locked = access->value != CORESIGHT_UNLOCK;
}

static uint32_t lsr_read(scs_t *scs, const reg_access_t *access) {
  (void)access;
  if (!scs->config.has_dwt) return 0;
  return LSR_IMPLEMENTED | (scs->dwt_locked ? LSR_LOCKED : 0u);
}

static uint32_t pcsr_read(scs_t *scs, const reg_access_t *access) {
  (void)access;
  return scs->config.has_dwt ? 0xFFFFFFFF : 0;
}

#define COMPARATOR(base)                                                                                               \
  {(base), 1, 0, 0xFFFFFFFF, ON_BOTH, NULL, dwt_write},         /* COMP */                                             \
      {(base) + 4, 1, 0, 0x0000001F, ON_BOTH, NULL, dwt_write}, /* MASK */                                             \
  {                                                                                                                    \
    (base) + 8, 1, 0, 0x000FFDAF, ON_BOTH, NULL, dwt_write                                                             \
  } /* FUNCTION */

const reg_t dwt_registers[] = {
    {DWT_CTRL, 1, CTRL_RESET, CTRL_MASK, ON_BOTH, ctrl_read, dwt_write},
    {DWT_CYCCNT, 1, 0, 0xFFFFFFFF, ON_BOTH, cyccnt_read, dwt_write},
    {DWT_CPICNT, 5, 0, 0x000000FF, ON_BOTH, profile_read, dwt_write}, /* CPICNT, EXCCNT, SLEEPCNT, LSUCNT, FOLDCNT */
    {0xE000101C, 1, 0, 0, ON_BOTH, pcsr_read, NULL},                  /* PCSR */
    COMPARATOR(0xE0001020),
    COMPARATOR(0xE0001030),
    COMPARATOR(0xE0001040),
    COMPARATOR(0xE0001050),
    {0xE0001FB0, 1, 0, 0, ON_M7, NULL, lar_write}, /* LAR */
    {0xE0001FB4, 1, 0, 0, ON_M7, lsr_read, NULL},  /* LSR */
    {.words = 0},
};
