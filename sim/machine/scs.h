/* Core peripherals as firmware sees them through the private peripheral bus (0xE0000000..0xE00FFFFF): SysTick, DWT,
   ITM, SCB, FPU control, MPU and cache-maintenance registers, debug. Pure model: no emulator, no I/O of its own.

   Time is passed in: `now` is the core clock cycle at which the accessing instruction issues. Exceptions are state here
   (pending, active, priorities); exceptions.c takes them. */
#ifndef CMSIM_MACHINE_SCS_H
#define CMSIM_MACHINE_SCS_H

#include "timing/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PPB_BASE  0xE0000000u
#define PPB_BYTES 0x00100000u

typedef struct scs scs_t;

enum { SCS_PROFILE_COUNTERS = 5 }; /* CPICNT, EXCCNT, SLEEPCNT, LSUCNT, FOLDCNT */

typedef struct {
  bool m7;                         /* Cortex-M7 register set (caches, TCM, LAR) instead of Cortex-M4 */
  bool double_precision;           /* MVFR values */
  uint32_t cpuid;                  /* 0: r0p1 of the M4, r1p1 of the M7 */
  bool has_dwt;                    /* false: DWT_CTRL reads NOCYCCNT set and CYCCNT is RAZ/WI, as on parts without it */
  uint32_t vector_table;           /* reset value of VTOR */
  unsigned priority_bits;          /* implemented bits of an interrupt priority; 0: 4, as on STM32 (nRF52 has 3) */
  unsigned icache_kib, dcache_kib; /* M7: what CCSIDR tells; 0: 16 */
  uint32_t device_id;              /* DBGMCU_IDCODE where it is in this space (STM32 F, L, G, WB); 0: none */
  /* One byte or more written to ITM stimulus PORT while ITM and the port are enabled. */
  void (*itm_output)(void *context, unsigned port, const uint8_t *bytes, size_t count);
  /* What the profile counters count, since reset; NULL: they stand still. */
  void (*profile)(void *context, uint64_t counts[SCS_PROFILE_COUNTERS]);
  /* AIRCR.SYSRESETREQ written with the key. */
  void (*reset_request)(void *context);
  void *context;
} scs_config_t;

scs_t *scs_new(const scs_config_t *config);
void scs_free(scs_t *scs);

/* ADDRESS is absolute; SIZE is 1, 2 or 4 bytes. Registers that do not exist read zero and ignore writes. */
uint32_t scs_read(scs_t *scs, uint32_t address, unsigned size, uint64_t now);
void scs_write(scs_t *scs, uint32_t address, unsigned size, uint32_t value, uint64_t now);

/* True when reading or writing the word at ADDRESS needs an exact `now`: its value depends on the clock (CYCCNT,
   SysTick, ICSR with the pending bit of SysTick) or it starts and stops one of them (DEMCR, DWT_CTRL). */
bool scs_is_timer(uint32_t address);

/* The first cycle after NOW at which SysTick counts to zero, UINT64_MAX when it never will as things stand. */
uint64_t scs_systick_next_zero(const scs_t *scs, uint64_t now);

/* For the machine's checks. */
bool scs_fpu_enabled(const scs_t *scs); /* CPACR grants CP10 and CP11 */
uint32_t scs_vtor(const scs_t *scs);
/* Cacheability of ADDRESS by the MPU and, where no region holds it, the default map. policy_t of timing/memory.h. */
policy_t scs_mpu_policy(const scs_t *scs, uint32_t address);
bool scs_dcache_enabled(const scs_t *scs);
bool scs_icache_enabled(const scs_t *scs);
bool scs_systick_interrupt_enabled(const scs_t *scs); /* CSR.ENABLE and CSR.TICKINT */
/* SysTick has counted until NOW: its pending bit is set when it passed zero. */
void scs_advance(scs_t *scs, uint64_t now);

/* Firmware has written to the DWT and never unlocked it: its cycle counter stands still. */
bool scs_dwt_refused(const scs_t *scs);

/* ---- exceptions (nvic.c): exception numbers, 1 to EXCEPTIONS - 1 ---- */
enum {
  EXCEPTION_RESET = 1,
  EXCEPTION_NMI = 2,
  EXCEPTION_HARD_FAULT = 3,
  EXCEPTION_MEM_MANAGE = 4,
  EXCEPTION_BUS_FAULT = 5,
  EXCEPTION_USAGE_FAULT = 6,
  EXCEPTION_SVCALL = 11,
  EXCEPTION_DEBUG = 12,
  EXCEPTION_PENDSV = 14,
  EXCEPTION_SYSTICK = 15,
  EXCEPTION_INTERRUPT = 16, /* number of interrupt 0 */
  EXCEPTIONS = 256
};

/* The core's mask registers. */
typedef struct {
  uint32_t primask, basepri, faultmask;
} exception_masks_t;

/* An interrupt line of the chip changed its level: a rising one makes it pending. */
void scs_set_interrupt(scs_t *scs, unsigned interrupt, bool level);
/* Has anything become pending, enabled or not, since the last call? (SCR.SEVONPEND makes an event of it.) */
bool scs_take_newly_pending(scs_t *scs);
/* An interrupt that is enabled could be taken, were it pending. */
bool nvic_any_preempts(const scs_t *scs, const exception_masks_t *masks);
bool nvic_any_pending(const scs_t *scs); /* and enabled, whether or not it may preempt now */
/* The exception to take now, 0: none may preempt what runs. */
unsigned nvic_next(const scs_t *scs, const exception_masks_t *masks);
bool nvic_preempts(const scs_t *scs, unsigned number, const exception_masks_t *masks);
/* -3 to 255, 256: Thread mode with nothing masked. */
int nvic_execution_priority(const scs_t *scs, const exception_masks_t *masks);
void nvic_pend(scs_t *scs, unsigned number);       /* NMI, PendSV, SysTick or an interrupt */
bool nvic_in_hard_fault(const scs_t *scs);         /* or in NMI */
void nvic_activate(scs_t *scs, unsigned number);   /* taken: no longer pending */
bool nvic_deactivate(scs_t *scs, unsigned number); /* false: it was not active */
unsigned nvic_active_count(const scs_t *scs);
void scs_set_ipsr(scs_t *scs, unsigned number); /* what ICSR.VECTACTIVE shows */

/* MemManage, BusFault or UsageFault has a handler of its own (SHCSR). */
bool scs_fault_enabled(const scs_t *scs, unsigned number);
/* ORs BITS into CFSR or HFSR; with an address, MMFAR or BFAR too. */
void scs_note_fault(scs_t *scs, uint32_t cfsr, uint32_t hfsr);
void scs_set_fault_address(scs_t *scs, bool bus, uint32_t address);
/* CCR and SCR bits that the machine obeys. */
typedef enum {
  SCS_USERSETMPEND,
  SCS_UNALIGN_TRP,
  SCS_DIV_0_TRP,
  SCS_STKALIGN,
  SCS_SLEEPONEXIT,
  SCS_SEVONPEND
} scs_switch_t;
bool scs_switch(const scs_t *scs, scs_switch_t which);
bool scs_writes_unbuffered(const scs_t *scs); /* ACTLR.DISDEFWBUF of the M4: bus faults of stores are precise */

/* Lazy saving of floating-point state: FPCCR and FPCAR. */
#define FPCCR_LSPACT (1u << 0)
#define FPCCR_LSPEN  (1u << 30)
#define FPCCR_ASPEN  (1u << 31)
uint32_t scs_fpccr(const scs_t *scs);
void scs_set_fpccr(scs_t *scs, uint32_t value);
uint32_t scs_fpcar(const scs_t *scs);
void scs_set_fpcar(scs_t *scs, uint32_t address);

/* ---- MPU (mpu.c) ---- */
typedef enum { MPU_READ, MPU_WRITE, MPU_EXECUTE } mpu_access_t;
bool scs_mpu_enabled(const scs_t *scs);
/* Peripheral, device and system space of the default memory map hold no code. [ARMv7-M B3.1] */
bool scs_never_executes(uint32_t address);
/* NEGATIVE_PRIORITY: HardFault, NMI or FAULTMASK, where HFNMIENA decides. */
bool scs_mpu_allows(const scs_t *scs, uint32_t address, mpu_access_t access, bool privileged, bool negative_priority);

#endif
