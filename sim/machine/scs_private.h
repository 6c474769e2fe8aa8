/* Inside the private peripheral bus: one row a register, and the files that own rows. Included by machine/scs*.c only.
 */
#ifndef CMSIM_MACHINE_SCS_PRIVATE_H
#define CMSIM_MACHINE_SCS_PRIVATE_H

#include "machine/scs.h"

enum {
  ITM_STIM0 = 0xE0000000,
  DWT_CTRL = 0xE0001000,
  DWT_CYCCNT = 0xE0001004,
  SYST_CSR = 0xE000E010,
  SYST_RVR = 0xE000E014,
  SYST_CVR = 0xE000E018,
  SCB_CPUID = 0xE000ED00,
  SCB_ICSR = 0xE000ED04,
  SCB_VTOR = 0xE000ED08,
  SCB_CCR = 0xE000ED14,
  SCB_CSSELR = 0xE000ED84,
  SCB_CPACR = 0xE000ED88,
  MPU_RNR = 0xE000ED98,
  DCB_DEMCR = 0xE000EDFC,
};

#define CORESIGHT_UNLOCK 0xC5ACCE55u /* written to a lock access register (LAR) to unlock its unit */
#define DEMCR_TRCENA     (1u << 24)
#define ICSR_PENDSTSET   (1u << 26)

enum { ON_M4 = 1, ON_M7 = 2, ON_BOTH = 3 };

/* One access: VALUE stands in its byte lanes of the word, LANES has ones there. */
typedef struct {
  uint32_t address; /* of the word */
  uint32_t value, lanes;
  uint64_t now;
} reg_access_t;

typedef struct reg reg_t;
typedef uint32_t reg_read_t(scs_t *scs, const reg_access_t *access);
typedef void reg_write_t(scs_t *scs, const reg_t *reg, const reg_access_t *access);

/* A register, or WORDS of them in a row. Without `read` it reads as stored, without `write` the bits of MASK are
   stored: so a row with MASK 0 is read-only. */
struct reg {
  uint32_t address, words;
  uint32_t reset, mask;
  unsigned cores;
  reg_read_t *read;
  reg_write_t *write;
};

/* A unit's rows, ended by a row of 0 words. */
extern const reg_t itm_registers[], dwt_registers[], systick_registers[], scb_registers[], nvic_registers[],
    mpu_registers[];

enum { SCS_PAGES = 7, WORDS_PER_PAGE = 1024, NVIC_WORDS = 8, INTERRUPTS = 240, EXCEPTION_WORDS = 8, MPU_REGIONS = 8 };

struct scs {
  scs_config_t config;
  uint32_t words[SCS_PAGES][WORDS_PER_PAGE];    /* stored values, by place */
  const reg_t *rows[SCS_PAGES][WORDS_PER_PAGE]; /* NULL: no such register on this core */
  uint32_t priority_mask;                       /* implemented bits, in all four byte lanes */

  /* DWT: while it counts, CYCCNT is its stored word + (now - cyccnt_since). */
  bool cyccnt_counts, dwt_locked;
  bool dwt_refused; /* a write met the lock */
  uint64_t cyccnt_since;
  bool profile_counts[SCS_PROFILE_COUNTERS];
  uint64_t profile_since[SCS_PROFILE_COUNTERS]; /* count at which each began */

  /* SysTick: current value and COUNTFLAG as of cycle systick_since. */
  uint32_t systick_value;
  bool systick_flag;
  uint64_t systick_since;

  bool itm_locked;
  bool firmware_traces; /* firmware has set TRCENA itself: from then on it gates the ITM */

  uint32_t nvic_enabled[NVIC_WORDS], nvic_pending[NVIC_WORDS];
  uint32_t nvic_lines[NVIC_WORDS];  /* asserted now, by peripherals */
  uint32_t active[EXCEPTION_WORDS]; /* by exception number */
  bool newly_pending;               /* since scs_take_newly_pending() */
  unsigned ipsr;                    /* number of the exception whose handler runs, 0: Thread mode */
  uint32_t mpu_base[MPU_REGIONS], mpu_size[MPU_REGIONS]; /* RBAR address bits, RASR */
};

/* The stored word of ADDRESS, which must be in a page of the table. */
uint32_t *scs_word(scs_t *scs, uint32_t address);
uint32_t scs_peek(const scs_t *scs, uint32_t address);

void reg_store(scs_t *scs, const reg_t *reg, const reg_access_t *access);            /* bits of MASK as written */
void reg_write_one_clears(scs_t *scs, const reg_t *reg, const reg_access_t *access); /* fault status registers */

/* DEMCR lives in the SCB's page but switches DWT and ITM. */
void demcr_write(scs_t *scs, const reg_t *reg, const reg_access_t *access);

/* Brings SysTick's value, COUNTFLAG and pending bit up to NOW. */
void systick_sync(scs_t *scs, uint64_t now);

#endif
