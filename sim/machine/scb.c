/* System control block, FPU control, core debug: what start-up code configures. Most of it is only stored; the machine
   asks for the few bits that matter to it (CPACR, VTOR, CCR, fault status). Exceptions are in nvic.c, the MPU in mpu.c.

   Sources: Arm Cortex-M4 TRM 100166 r0p1 for the M4; for the M7 the CMSIS headers, and for its ID registers and MVFRs
   values recalled from its TRM. The M7's TCM, AHBP and cache control registers have implementation defined reset
   values: the TCM ones here are those of a part with 64 KiB ITCM and 128 KiB DTCM, enabled. */
#include "machine/scs_private.h"

enum {
  AIRCR_KEY = 0x05FA,
  AIRCR_SYSRESETREQ = 1 << 2,
  CSSELR_IND = 1 << 0,
  CACHE_LINE_BYTES = 32,
};

/* Reads give the key's complement in the upper half; a write without the key is ignored. */
static void aircr_write(scs_t *scs, const reg_t *reg, const reg_access_t *access) {
  if (access->lanes != 0xFFFFFFFF || access->value >> 16 != AIRCR_KEY) return;
  reg_store(scs, reg, access);
  if (access->value & AIRCR_SYSRESETREQ && scs->config.reset_request) scs->config.reset_request(scs->config.context);
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

/* MVFR0 and MVFR1 tell single from double precision. */
static uint32_t mvfr0_read(scs_t *scs, const reg_access_t *access) {
  (void)access;
  return scs->config.double_precision ? 0x10110221 : 0x10110021;
}

static uint32_t mvfr1_read(scs_t *scs, const reg_access_t *access) {
  (void)access;
  return scs->config.double_precision ? 0x12000011 : 0x11000011;
}

const reg_t scb_registers[] = {
    {0xE000E008, 1, 0, 0x00000307, ON_M4, NULL, NULL}, /* ACTLR */
    {0xE000E008, 1, 0, 0x1FFFFC04, ON_M7, NULL, NULL},

    {SCB_CPUID, 1, 0x410FC241, 0, ON_M4, NULL, NULL}, /* CPUID: r0p1 */
    {SCB_CPUID, 1, 0x411FC271, 0, ON_M7, NULL, NULL}, /* r1p1 */
    {SCB_VTOR, 1, 0, 0xFFFFFF80, ON_BOTH, NULL, NULL},
    {0xE000ED0C, 1, 0xFA050000, 0x00000700, ON_BOTH, NULL, aircr_write},
    {0xE000ED10, 1, 0, 0x00000016, ON_BOTH, NULL, NULL},                 /* SCR */
    {SCB_CCR, 1, 0x00000200, 0x0000031B, ON_M4, NULL, NULL},             /* STKALIGN */
    {SCB_CCR, 1, 0x00040200, 0x0003011B, ON_M7, NULL, NULL},             /* BP and STKALIGN are fixed; DC, IC */
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

/* ---- what the machine asks and says ---- */

enum {
  SCB_SCR = 0xE000ED10,
  SCB_CFSR = 0xE000ED28,
  SCB_HFSR = 0xE000ED2C,
  SCB_MMFAR = 0xE000ED34,
  SCB_BFAR = 0xE000ED38
};
enum { FPU_FPCCR = 0xE000EF34, FPU_FPCAR = 0xE000EF38 };

void scs_set_ipsr(scs_t *scs, unsigned number) { scs->ipsr = number; }

void scs_note_fault(scs_t *scs, uint32_t cfsr, uint32_t hfsr) {
  *scs_word(scs, SCB_CFSR) |= cfsr;
  *scs_word(scs, SCB_HFSR) |= hfsr;
}

void scs_set_fault_address(scs_t *scs, bool bus, uint32_t address) {
  *scs_word(scs, bus ? SCB_BFAR : SCB_MMFAR) = address;
}

bool scs_switch(const scs_t *scs, scs_switch_t which) {
  uint32_t ccr = scs_peek(scs, SCB_CCR), scr = scs_peek(scs, SCB_SCR);
  switch (which) {
  case SCS_USERSETMPEND: return ccr >> 1 & 1;
  case SCS_UNALIGN_TRP: return ccr >> 3 & 1;
  case SCS_DIV_0_TRP: return ccr >> 4 & 1;
  case SCS_STKALIGN: return ccr >> 9 & 1;
  case SCS_SLEEPONEXIT: return scr >> 1 & 1;
  case SCS_SEVONPEND: return scr >> 4 & 1;
  }
  return false;
}

bool scs_writes_unbuffered(const scs_t *scs) { return !scs->config.m7 && (scs_peek(scs, 0xE000E008) >> 1 & 1); }

uint32_t scs_fpccr(const scs_t *scs) { return scs_peek(scs, FPU_FPCCR); }
void scs_set_fpccr(scs_t *scs, uint32_t value) { *scs_word(scs, FPU_FPCCR) = value; }
uint32_t scs_fpcar(const scs_t *scs) { return scs_peek(scs, FPU_FPCAR); }
void scs_set_fpcar(scs_t *scs, uint32_t address) { *scs_word(scs, FPU_FPCAR) = address; }
