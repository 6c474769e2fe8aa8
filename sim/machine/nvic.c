/* Exceptions as state: which are pending, which are active, at what priority, and which one comes next.
   [ARMv7-M B1.5, B3.4]

   Nothing is stacked here and no time passes: exceptions.c does that. Numbers are exception numbers (SysTick 15, the
   first interrupt 16); a smaller priority value is more urgent; masks come from the core's registers. */
#include "machine/scs_private.h"

enum {
  ICSR_PENDSVSET = 1 << 28,
  ICSR_PENDSVCLR = 1 << 27,
  ICSR_PENDSTCLR = 1 << 25,
  ICSR_ISRPENDING = 1 << 22,
  ICSR_RETTOBASE = 1 << 11,
  NVIC_ISER = 0xE000E100,
  NVIC_ICER = 0xE000E180,
  NVIC_ISPR = 0xE000E200,
  NVIC_ICPR = 0xE000E280,
  NVIC_IABR = 0xE000E300,
  NVIC_IPR = 0xE000E400,
  SCB_AIRCR = 0xE000ED0C,
  SCB_SHPR = 0xE000ED18, /* first byte: priority of exception 4 */
  SCB_SHCSR = 0xE000ED24,
  PRIORITY_THREAD = 256,
};
#define ICSR_NMIPENDSET (1u << 31)

/* ---- state ---- */

static bool is_active(const scs_t *scs, unsigned number) { return scs->active[number / 32] >> number % 32 & 1; }

static int raw_priority(const scs_t *scs, unsigned number) {
  switch (number) {
  case EXCEPTION_RESET: return -3;
  case EXCEPTION_NMI: return -2;
  case EXCEPTION_HARD_FAULT: return -1;
  default: break;
  }
  uint32_t base = number < EXCEPTION_INTERRUPT ? SCB_SHPR + (number - 4) : NVIC_IPR + (number - EXCEPTION_INTERRUPT);
  return (int)(scs_peek(scs, base & ~3u) >> base % 4 * 8 & 0xFF);
}

/* AIRCR.PRIGROUP: how many low bits only order what is pending and never preempt. */
static int group_of(const scs_t *scs, int priority) {
  if (priority < 0) return priority;
  unsigned grouping = scs_peek(scs, SCB_AIRCR) >> 8 & 7;
  return priority & (int)(0xFFFFFFFEu << grouping) & 0xFF;
}

int nvic_execution_priority(const scs_t *scs, const exception_masks_t *masks) {
  int priority = PRIORITY_THREAD;
  for (unsigned word = 0; word < EXCEPTION_WORDS; word++) {
    for (uint32_t bits = scs->active[word]; bits; bits &= bits - 1) {
      int group = group_of(scs, raw_priority(scs, word * 32 + (unsigned)__builtin_ctz(bits)));
      if (group < priority) priority = group;
    }
  }
  if (masks->basepri) {
    int group = group_of(scs, (int)(masks->basepri & 0xFF));
    if (group < priority) priority = group;
  }
  if (masks->primask && priority > 0) priority = 0;
  if (masks->faultmask && priority > -1) priority = -1;
  return priority;
}

static bool system_pending(const scs_t *scs, unsigned number) {
  uint32_t icsr = scs_peek(scs, SCB_ICSR);
  switch (number) {
  case EXCEPTION_NMI: return icsr & ICSR_NMIPENDSET;
  case EXCEPTION_PENDSV: return icsr & ICSR_PENDSVSET;
  case EXCEPTION_SYSTICK: return icsr & ICSR_PENDSTSET;
  default: return false;
  }
}

static void consider(const scs_t *scs, unsigned number, unsigned *best, int *best_priority) {
  int priority = raw_priority(scs, number);
  if (*best && priority >= *best_priority) return; /* equal: the lower number goes first */
  *best = number;
  *best_priority = priority;
}

/* The most urgent exception that is pending and enabled; 0: none. */
static unsigned most_urgent(const scs_t *scs) {
  static const unsigned system[] = {EXCEPTION_NMI, EXCEPTION_PENDSV, EXCEPTION_SYSTICK};
  unsigned best = 0;
  int priority = 0;
  for (unsigned i = 0; i < sizeof system / sizeof system[0]; i++) {
    if (system_pending(scs, system[i])) consider(scs, system[i], &best, &priority);
  }
  for (unsigned word = 0; word < NVIC_WORDS; word++) {
    for (uint32_t bits = scs->nvic_pending[word] & scs->nvic_enabled[word]; bits; bits &= bits - 1) {
      consider(scs, EXCEPTION_INTERRUPT + word * 32 + (unsigned)__builtin_ctz(bits), &best, &priority);
    }
  }
  return best;
}

bool nvic_any_pending(const scs_t *scs) { return most_urgent(scs) != 0; }

bool nvic_preempts(const scs_t *scs, unsigned number, const exception_masks_t *masks) {
  return group_of(scs, raw_priority(scs, number)) < nvic_execution_priority(scs, masks);
}

bool nvic_any_preempts(const scs_t *scs, const exception_masks_t *masks) {
  int execution = nvic_execution_priority(scs, masks);
  for (unsigned word = 0; word < NVIC_WORDS; word++) {
    for (uint32_t bits = scs->nvic_enabled[word]; bits; bits &= bits - 1) {
      unsigned number = EXCEPTION_INTERRUPT + word * 32 + (unsigned)__builtin_ctz(bits);
      if (group_of(scs, raw_priority(scs, number)) < execution) return true;
    }
  }
  return false;
}

unsigned nvic_next(const scs_t *scs, const exception_masks_t *masks) {
  unsigned number = most_urgent(scs);
  return number && nvic_preempts(scs, number, masks) ? number : 0;
}

static void set_pending(scs_t *scs, unsigned number, bool pending) {
  uint32_t bit;
  switch (number) {
  case EXCEPTION_NMI: bit = ICSR_NMIPENDSET; break;
  case EXCEPTION_PENDSV: bit = ICSR_PENDSVSET; break;
  case EXCEPTION_SYSTICK: bit = ICSR_PENDSTSET; break;
  default:
    if (number < EXCEPTION_INTERRUPT) return; /* faults and SVCall are taken where they arise */
    number -= EXCEPTION_INTERRUPT;
    bit = 1u << number % 32;
    scs->nvic_pending[number / 32] = (scs->nvic_pending[number / 32] & ~bit) | (pending ? bit : 0);
    return;
  }
  uint32_t *icsr = scs_word(scs, SCB_ICSR);
  *icsr = (*icsr & ~bit) | (pending ? bit : 0);
}

void nvic_pend(scs_t *scs, unsigned number) { set_pending(scs, number, true); }

bool nvic_in_hard_fault(const scs_t *scs) {
  return is_active(scs, EXCEPTION_HARD_FAULT) || is_active(scs, EXCEPTION_NMI);
}

void nvic_activate(scs_t *scs, unsigned number) {
  set_pending(scs, number, false);
  scs->active[number / 32] |= 1u << number % 32;
}

bool nvic_deactivate(scs_t *scs, unsigned number) {
  if (number >= EXCEPTIONS || !is_active(scs, number)) return false;
  scs->active[number / 32] &= ~(1u << number % 32);
  /* A line still asserted asks again. */
  unsigned line = number - EXCEPTION_INTERRUPT;
  if (number >= EXCEPTION_INTERRUPT && (scs->nvic_lines[line / 32] >> line % 32 & 1)) set_pending(scs, number, true);
  return true;
}

unsigned nvic_active_count(const scs_t *scs) {
  unsigned count = 0;
  for (unsigned word = 0; word < EXCEPTION_WORDS; word++)
    count += (unsigned)__builtin_popcount(scs->active[word]);
  return count;
}

void scs_set_interrupt(scs_t *scs, unsigned interrupt, bool level) {
  if (interrupt >= INTERRUPTS) return;
  uint32_t bit = 1u << interrupt % 32, *lines = &scs->nvic_lines[interrupt / 32];
  bool was = *lines & bit;
  *lines = level ? *lines | bit : *lines & ~bit;
  if (!level || was || is_active(scs, interrupt + EXCEPTION_INTERRUPT)) return;
  scs->newly_pending = true;
  scs->nvic_pending[interrupt / 32] |= bit;
}

bool scs_fault_enabled(const scs_t *scs, unsigned number) {
  enum { FAULTS_ENABLED = 16 }; /* SHCSR.MEMFAULTENA, BUSFAULTENA, USGFAULTENA */
  return scs_peek(scs, SCB_SHCSR) >> (FAULTS_ENABLED + number - EXCEPTION_MEM_MANAGE) & 1;
}

/* ---- registers ---- */

static uint32_t icsr_read(scs_t *scs, const reg_access_t *access) {
  systick_sync(scs, access->now);
  uint32_t value = scs_peek(scs, SCB_ICSR);
  for (unsigned i = 0; i < NVIC_WORDS; i++) {
    if (scs->nvic_pending[i]) value |= ICSR_ISRPENDING;
  }
  value |= most_urgent(scs) << 12; /* VECTPENDING */
  value |= scs->ipsr;              /* VECTACTIVE */
  if (scs->ipsr && nvic_active_count(scs) <= 1) value |= ICSR_RETTOBASE;
  return value;
}

/* Setting and clearing one bit at once is unpredictable on silicon; here setting wins. */
static void icsr_write(scs_t *scs, const reg_t *reg, const reg_access_t *access) {
  (void)reg;
  systick_sync(scs, access->now);
  uint32_t *pending = scs_word(scs, SCB_ICSR);
  if (access->value & ICSR_PENDSVCLR) *pending &= ~(uint32_t)ICSR_PENDSVSET;
  if (access->value & ICSR_PENDSTCLR) *pending &= ~ICSR_PENDSTSET;
  *pending |= access->value & (ICSR_NMIPENDSET | ICSR_PENDSVSET | ICSR_PENDSTSET);
  scs->newly_pending = true;
}

bool scs_take_newly_pending(scs_t *scs) {
  bool newly = scs->newly_pending;
  scs->newly_pending = false;
  return newly;
}

/* Priorities have as many bits as the part implements: FreeRTOS counts them at start-up. */
static void priority_write(scs_t *scs, const reg_t *reg, const reg_access_t *access) {
  reg_t implemented = *reg;
  implemented.mask &= scs->priority_mask;
  reg_store(scs, &implemented, access);
}

/* Bits of SHCSR that tell which system exceptions are active. */
static const struct {
  uint8_t bit, number;
} active_bits[] = {{0, EXCEPTION_MEM_MANAGE}, {1, EXCEPTION_BUS_FAULT}, {3, EXCEPTION_USAGE_FAULT},
                   {7, EXCEPTION_SVCALL},     {8, EXCEPTION_DEBUG},     {10, EXCEPTION_PENDSV},
                   {11, EXCEPTION_SYSTICK}};

static uint32_t shcsr_read(scs_t *scs, const reg_access_t *access) {
  uint32_t value = scs_peek(scs, access->address);
  for (unsigned i = 0; i < sizeof active_bits / sizeof active_bits[0]; i++)
    value |= (uint32_t)is_active(scs, active_bits[i].number) << active_bits[i].bit;
  return value;
}

/* Firmware may change the active bits: kernels that leave a fault handler by hand do. */
static void shcsr_write(scs_t *scs, const reg_t *reg, const reg_access_t *access) {
  reg_store(scs, reg, access);
  for (unsigned i = 0; i < sizeof active_bits / sizeof active_bits[0]; i++) {
    uint32_t bit = 1u << active_bits[i].bit, number = active_bits[i].number, mask = 1u << number % 32;
    if (!(access->lanes & bit)) continue;
    scs->active[number / 32] = (scs->active[number / 32] & ~mask) | (access->value & bit ? mask : 0);
  }
}

/* Set and clear registers are two views of one state. */
static uint32_t implemented(unsigned bank) {
  return bank == INTERRUPTS / 32 ? (1u << INTERRUPTS % 32) - 1 : 0xFFFFFFFF;
}

/* Set and clear banks both fit into 128 bytes of their own. */
static unsigned bank_of(const reg_access_t *access) { return access->address % 128 / 4; }

static uint32_t enabled_read(scs_t *scs, const reg_access_t *access) { return scs->nvic_enabled[bank_of(access)]; }

static uint32_t pending_read(scs_t *scs, const reg_access_t *access) { return scs->nvic_pending[bank_of(access)]; }

/* Active bits are kept by exception number: interrupt 0 is bit 16. */
static uint32_t active_read(scs_t *scs, const reg_access_t *access) {
  unsigned bank = bank_of(access);
  uint32_t high = bank + 1 < EXCEPTION_WORDS ? scs->active[bank + 1] << (32 - EXCEPTION_INTERRUPT) : 0;
  return scs->active[bank] >> EXCEPTION_INTERRUPT | high;
}

static void enable_write(scs_t *scs, const reg_t *reg, const reg_access_t *access) {
  (void)reg;
  scs->nvic_enabled[bank_of(access)] |= access->value & implemented(bank_of(access));
}

static void disable_write(scs_t *scs, const reg_t *reg, const reg_access_t *access) {
  (void)reg;
  scs->nvic_enabled[bank_of(access)] &= ~access->value;
}

static void pend_write(scs_t *scs, const reg_t *reg, const reg_access_t *access) {
  (void)reg;
  scs->nvic_pending[bank_of(access)] |= access->value & implemented(bank_of(access));
  scs->newly_pending = true;
}

static void unpend_write(scs_t *scs, const reg_t *reg, const reg_access_t *access) {
  (void)reg;
  scs->nvic_pending[bank_of(access)] &= ~access->value | scs->nvic_lines[bank_of(access)]; /* asserted lines stay */
}

/* Software trigger: the number of an interrupt to pend. */
static void stir_write(scs_t *scs, const reg_t *reg, const reg_access_t *access) {
  (void)reg;
  uint32_t interrupt = access->value & 0x1FF;
  if (interrupt < INTERRUPTS) scs->nvic_pending[interrupt / 32] |= 1u << interrupt % 32;
  scs->newly_pending = true;
}

const reg_t nvic_registers[] = {
    {0xE000E004, 1, NVIC_WORDS - 1, 0, ON_BOTH, NULL, NULL}, /* ICTR */
    {NVIC_ISER, NVIC_WORDS, 0, 0, ON_BOTH, enabled_read, enable_write},
    {NVIC_ICER, NVIC_WORDS, 0, 0, ON_BOTH, enabled_read, disable_write},
    {NVIC_ISPR, NVIC_WORDS, 0, 0, ON_BOTH, pending_read, pend_write},
    {NVIC_ICPR, NVIC_WORDS, 0, 0, ON_BOTH, pending_read, unpend_write},
    {NVIC_IABR, NVIC_WORDS, 0, 0, ON_BOTH, active_read, NULL},
    {NVIC_IPR, INTERRUPTS / 4, 0, 0xFFFFFFFF, ON_BOTH, NULL, priority_write}, /* IPR */
    {0xE000EF00, 1, 0, 0, ON_BOTH, NULL, stir_write},
    {SCB_ICSR, 1, 0, 0, ON_BOTH, icsr_read, icsr_write},
    {SCB_SHPR, 1, 0, 0x00FFFFFF, ON_BOTH, NULL, priority_write},   /* SHPR1: MemManage, BusFault, UsageFault */
    {0xE000ED1C, 1, 0, 0xFF000000, ON_BOTH, NULL, priority_write}, /* SHPR2: SVCall */
    {0xE000ED20, 1, 0, 0xFFFF00FF, ON_BOTH, NULL, priority_write}, /* SHPR3: DebugMonitor, PendSV, SysTick */
    {SCB_SHCSR, 1, 0, 0x0007F000, ON_BOTH, shcsr_read, shcsr_write},
    {.words = 0},
};
