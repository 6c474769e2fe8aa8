/* System control block, NVIC, MPU, FPU control, core debug: what start-up code configures. Most of it is only stored;
   the machine asks for the few bits that matter to it (CPACR, VTOR, the cache enables of CCR).

   Sources: Arm Cortex-M4 TRM 100166 r0p1 for the M4; for the M7 the CMSIS headers, and for its ID registers and MVFRs
   values recalled from its TRM. The M7's TCM, AHBP and cache control registers have implementation defined reset
   values: the TCM ones here are those of a part with 64 KiB ITCM and 128 KiB DTCM, enabled. */
#include "machine/scs_private.h"

enum {
  AIRCR_KEY = 0x05FA,
  AIRCR_SYSRESETREQ = 1 << 2,
  ICSR_PENDSVSET = 1 << 28,
  ICSR_PENDSVCLR = 1 << 27,
  ICSR_PENDSTCLR = 1 << 25,
  ICSR_ISRPENDING = 1 << 22,
  CSSELR_IND = 1 << 0,
  CACHE_LINE_BYTES = 32,
  RBAR_VALID = 1 << 4,
  NVIC_ISER = 0xE000E100,
  NVIC_ICER = 0xE000E180,
  NVIC_ISPR = 0xE000E200,
  NVIC_ICPR = 0xE000E280,
  INTERRUPTS = 240,
};
#define ICSR_NMIPENDSET (1u << 31)

/* VECTPENDING, RETTOBASE and VECTACTIVE belong to whoever takes exceptions and read 0 here. */
static uint32_t icsr_read(scs_t *scs, const reg_access_t *access) {
  systick_sync(scs, access->now);
  uint32_t value = scs_peek(scs, SCB_ICSR);
  for (unsigned i = 0; i < NVIC_WORDS; i++) {
    if (scs->nvic_pending[i]) value |= ICSR_ISRPENDING;
  }
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
}

/* Reads give the key's complement in the upper half; a write without the key is ignored. */
static void aircr_write(scs_t *scs, const reg_t *reg, const reg_access_t *access) {
  if (access->lanes != 0xFFFFFFFF || access->value >> 16 != AIRCR_KEY) return;
  reg_store(scs, reg, access);
  if (access->value & AIRCR_SYSRESETREQ && scs->config.reset_request) scs->config.reset_request(scs->config.context);
}

/* Priorities have as many bits as the part implements: FreeRTOS counts them at start-up. */
static void priority_write(scs_t *scs, const reg_t *reg, const reg_access_t *access) {
  reg_t implemented = *reg;
  implemented.mask &= scs->priority_mask;
  reg_store(scs, &implemented, access);
}

/* Size and shape of the cache that CSSELR selects: SCB_InvalidateDCache() and others loop over it. */
static uint32_t ccsidr_read(scs_t *scs, const reg_access_t *access) {
  (void)access;
  uint32_t selected = scs_peek(scs, SCB_CSSELR);
  if (selected & ~(uint32_t)CSSELR_IND) return 0; /* there is no level 2 */
  bool instruction = selected & CSSELR_IND;
  uint32_t ways = instruction ? 2 : 4;
  uint32_t kib = instruction ? scs->config.icache_kib : scs->config.dcache_kib;
  uint32_t sets = kib * 1024 / (ways * CACHE_LINE_BYTES);
  uint32_t line_size = 1; /* log2(words) - 2 */
  return 0xF0000000 | (sets - 1) << 13 | (ways - 1) << 3 | line_size;
}

/* The region registers are a window on the region that RNR names; the three aliases are the same window. A region
   number the MPU does not have reads 0. */
static uint32_t rbar_read(scs_t *scs, const reg_access_t *access) {
  (void)access;
  uint32_t region = scs_peek(scs, MPU_RNR);
  return region < MPU_REGIONS ? scs->mpu_base[region] | region : 0;
}

static void rbar_write(scs_t *scs, const reg_t *reg, const reg_access_t *access) {
  if (access->value & RBAR_VALID) *scs_word(scs, MPU_RNR) = access->value & 0xF;
  uint32_t region = scs_peek(scs, MPU_RNR), bits = reg->mask & access->lanes;
  if (region >= MPU_REGIONS) return;
  scs->mpu_base[region] = (scs->mpu_base[region] & ~bits) | (access->value & bits);
}

static uint32_t rasr_read(scs_t *scs, const reg_access_t *access) {
  (void)access;
  uint32_t region = scs_peek(scs, MPU_RNR);
  return region < MPU_REGIONS ? scs->mpu_size[region] : 0;
}

static void rasr_write(scs_t *scs, const reg_t *reg, const reg_access_t *access) {
  uint32_t region = scs_peek(scs, MPU_RNR), bits = reg->mask & access->lanes;
  if (region >= MPU_REGIONS) return;
  scs->mpu_size[region] = (scs->mpu_size[region] & ~bits) | (access->value & bits);
}

/* MVFR0 and MVFR1 tell single from double precision. */
static uint32_t mvfr0_read(scs_t *scs, const reg_access_t *access) {
  (void)access;
  return scs->config.double_precision ? 0x10110221 : 0x10110021;
}

static uint32_t mvfr1_read(scs_t *scs, const reg_access_t *access) {
  (void)access;
  return scs->config.double_precision ? 0x12000011 : 0x11000011;
}

/* Interrupts are enabled, pending and prioritised as firmware says, but nothing is delivered, so none becomes active
   and IABR reads 0. Set and clear registers are two views of one state. */
static uint32_t implemented(unsigned bank) {
  return bank == INTERRUPTS / 32 ? (1u << INTERRUPTS % 32) - 1 : 0xFFFFFFFF;
}

/* Set and clear banks both fit into 128 bytes of their own. */
static unsigned bank_of(const reg_access_t *access) { return access->address % 128 / 4; }

static uint32_t enabled_read(scs_t *scs, const reg_access_t *access) { return scs->nvic_enabled[bank_of(access)]; }

static uint32_t pending_read(scs_t *scs, const reg_access_t *access) { return scs->nvic_pending[bank_of(access)]; }

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
}

static void unpend_write(scs_t *scs, const reg_t *reg, const reg_access_t *access) {
  (void)reg;
  scs->nvic_pending[bank_of(access)] &= ~access->value;
}

/* Software trigger: the number of an interrupt to pend. */
static void stir_write(scs_t *scs, const reg_t *reg, const reg_access_t *access) {
  (void)reg;
  uint32_t interrupt = access->value & 0x1FF;
  if (interrupt < INTERRUPTS) scs->nvic_pending[interrupt / 32] |= 1u << interrupt % 32;
}

#define MPU_WINDOW(base)                                                                                               \
  {(base), 1, 0, 0xFFFFFFE0, ON_BOTH, rbar_read, rbar_write}, {                                                        \
    (base) + 4, 1, 0, 0x173FFF3F, ON_BOTH, rasr_read, rasr_write                                                       \
  }

const reg_t scb_registers[] = {
    {0xE000E008, 1, 0, 0x00000307, ON_M4, NULL, NULL}, /* ACTLR */
    {0xE000E008, 1, 0, 0x1FFFFC04, ON_M7, NULL, NULL},

    {0xE000ED00, 1, 0x410FC241, 0, ON_M4, NULL, NULL}, /* CPUID: r0p1 */
    {0xE000ED00, 1, 0x411FC271, 0, ON_M7, NULL, NULL}, /* r1p1 */
    {SCB_ICSR, 1, 0, 0, ON_BOTH, icsr_read, icsr_write},
    {SCB_VTOR, 1, 0, 0xFFFFFF80, ON_BOTH, NULL, NULL},
    {0xE000ED0C, 1, 0xFA050000, 0x00000700, ON_BOTH, NULL, aircr_write},
    {0xE000ED10, 1, 0, 0x00000016, ON_BOTH, NULL, NULL},                 /* SCR */
    {SCB_CCR, 1, 0x00000200, 0x0000031B, ON_M4, NULL, NULL},             /* STKALIGN */
    {SCB_CCR, 1, 0x00040200, 0x0003011B, ON_M7, NULL, NULL},             /* BP and STKALIGN are fixed; DC, IC */
    {0xE000ED18, 1, 0, 0x00FFFFFF, ON_BOTH, NULL, priority_write},       /* SHPR1: MemManage, BusFault, UsageFault */
    {0xE000ED1C, 1, 0, 0xFF000000, ON_BOTH, NULL, priority_write},       /* SHPR2: SVCall */
    {0xE000ED20, 1, 0, 0xFFFF00FF, ON_BOTH, NULL, priority_write},       /* SHPR3: DebugMonitor, PendSV, SysTick */
    {0xE000ED24, 1, 0, 0x0007FD8B, ON_BOTH, NULL, NULL},                 /* SHCSR */
    {0xE000ED28, 1, 0, 0xFFFFFFFF, ON_BOTH, NULL, reg_write_one_clears}, /* CFSR */
    {0xE000ED2C, 1, 0, 0xFFFFFFFF, ON_BOTH, NULL, reg_write_one_clears}, /* HFSR */
    {0xE000ED30, 1, 0, 0xFFFFFFFF, ON_BOTH, NULL, reg_write_one_clears}, /* DFSR */
    {0xE000ED34, 2, 0, 0xFFFFFFFF, ON_BOTH, NULL, NULL},                 /* MMFAR, BFAR */
    {0xE000ED3C, 1, 0, 0xFFFFFFFF, ON_BOTH, NULL, reg_write_one_clears}, /* AFSR */

    {0xE000ED40, 1, 0x00000030, 0, ON_BOTH, NULL, NULL}, /* ID_PFR0, PFR1, DFR0, AFR0 */
    {0xE000ED44, 1, 0x00000200, 0, ON_BOTH, NULL, NULL},
    {0xE000ED48, 1, 0x00100000, 0, ON_BOTH, NULL, NULL},
    {0xE000ED4C, 1, 0x00000000, 0, ON_BOTH, NULL, NULL},
    {0xE000ED50, 1, 0x00100030, 0, ON_BOTH, NULL, NULL}, /* ID_MMFR0..3 */
    {0xE000ED54, 1, 0x00000000, 0, ON_BOTH, NULL, NULL},
    {0xE000ED58, 1, 0x01000000, 0, ON_BOTH, NULL, NULL},
    {0xE000ED5C, 1, 0x00000000, 0, ON_BOTH, NULL, NULL},
    {0xE000ED60, 1, 0x01141110, 0, ON_M4, NULL, NULL}, /* ID_ISAR0..4 */
    {0xE000ED60, 1, 0x01101110, 0, ON_M7, NULL, NULL},
    {0xE000ED64, 1, 0x02112000, 0, ON_BOTH, NULL, NULL},
    {0xE000ED68, 1, 0x21232231, 0, ON_M4, NULL, NULL},
    {0xE000ED68, 1, 0x20232231, 0, ON_M7, NULL, NULL},
    {0xE000ED6C, 1, 0x01111131, 0, ON_BOTH, NULL, NULL},
    {0xE000ED70, 1, 0x01310132, 0, ON_BOTH, NULL, NULL},
    {0xE000ED78, 1, 0x09000003, 0, ON_M7, NULL, NULL}, /* CLIDR: both level 1 caches */
    {0xE000ED7C, 1, 0x8303C003, 0, ON_M7, NULL, NULL}, /* CTR: 32-byte lines */
    {0xE000ED80, 1, 0, 0, ON_M7, ccsidr_read, NULL},
    {SCB_CSSELR, 1, 0, 0x0000000F, ON_M7, NULL, NULL},
    {SCB_CPACR, 1, 0, 0x00F00000, ON_BOTH, NULL, NULL},

    {0xE000ED90, 1, MPU_REGIONS << 8, 0, ON_BOTH, NULL, NULL}, /* MPU_TYPE (16 regions on STM32H7) */
    {0xE000ED94, 1, 0, 0x00000007, ON_BOTH, NULL, NULL},       /* MPU_CTRL */
    {MPU_RNR, 1, 0, 0x000000FF, ON_BOTH, NULL, NULL},
    MPU_WINDOW(0xE000ED9C),
    MPU_WINDOW(0xE000EDA4),
    MPU_WINDOW(0xE000EDAC),
    MPU_WINDOW(0xE000EDB4),

    /* DHCSR reads 0, "no debugger", and only a probe can set C_DEBUGEN: firmware asks it before BKPT. */
    {0xE000EDF0, 1, 0, 0, ON_BOTH, NULL, NULL},
    {0xE000EDF4, 1, 0, 0, ON_BOTH, NULL, NULL},          /* DCRSR: write-only */
    {0xE000EDF8, 1, 0, 0xFFFFFFFF, ON_BOTH, NULL, NULL}, /* DCRDR */
    {DCB_DEMCR, 1, 0, 0x010F07F1, ON_BOTH, NULL, demcr_write},

    {0xE000EF34, 1, 0xC0000000, 0xC000017B, ON_BOTH, NULL, NULL}, /* FPCCR: lazy stacking on */
    {0xE000EF38, 1, 0, 0xFFFFFFF8, ON_BOTH, NULL, NULL},          /* FPCAR */
    {0xE000EF3C, 1, 0, 0x07C00000, ON_BOTH, NULL, NULL},          /* FPDSCR */
    {0xE000EF40, 1, 0, 0, ON_BOTH, mvfr0_read, NULL},
    {0xE000EF44, 1, 0, 0, ON_BOTH, mvfr1_read, NULL},
    {0xE000EF48, 1, 0x00000040, 0, ON_M7, NULL, NULL}, /* MVFR2 */

    {0xE000EF50, 11, 0, 0, ON_M7, NULL, NULL}, /* ICIALLU ... BPIALL: write-only, without effect here */
    {0xE000EF90, 1, 0x00000039, 0x00000007, ON_M7, NULL, NULL},        /* ITCMCR: 64 KiB, enabled */
    {0xE000EF94, 1, 0x00000041, 0x00000007, ON_M7, NULL, NULL},        /* DTCMCR: 128 KiB, enabled */
    {0xE000EF98, 1, 0, 0x00000001, ON_M7, NULL, NULL},                 /* AHBPCR */
    {0xE000EF9C, 1, 0, 0x00000007, ON_M7, NULL, NULL},                 /* CACR */
    {0xE000EFA0, 1, 0, 0x0000FFFF, ON_M7, NULL, NULL},                 /* AHBSCR */
    {0xE000EFA8, 1, 0, 0xFFFFFFFF, ON_M7, NULL, reg_write_one_clears}, /* ABFSR */
    {.words = 0},
};

const reg_t nvic_registers[] = {
    {0xE000E004, 1, NVIC_WORDS - 1, 0, ON_BOTH, NULL, NULL}, /* ICTR */
    {NVIC_ISER, NVIC_WORDS, 0, 0, ON_BOTH, enabled_read, enable_write},
    {NVIC_ICER, NVIC_WORDS, 0, 0, ON_BOTH, enabled_read, disable_write},
    {NVIC_ISPR, NVIC_WORDS, 0, 0, ON_BOTH, pending_read, pend_write},
    {NVIC_ICPR, NVIC_WORDS, 0, 0, ON_BOTH, pending_read, unpend_write},
    {0xE000E300, NVIC_WORDS, 0, 0, ON_BOTH, NULL, NULL},                        /* IABR */
    {0xE000E400, INTERRUPTS / 4, 0, 0xFFFFFFFF, ON_BOTH, NULL, priority_write}, /* IPR */
    {0xE000EF00, 1, 0, 0, ON_BOTH, NULL, stir_write},
    {.words = 0},
};
