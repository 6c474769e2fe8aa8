/* Core peripherals as firmware sees them through the private peripheral bus (0xE0000000..0xE00FFFFF): SysTick, DWT,
   ITM, SCB, FPU control, MPU and cache-maintenance registers, debug. Pure model: no emulator, no I/O of its own.

   Time is passed in: `now` is the core clock cycle at which the accessing instruction issues. SysTick interrupts and
   exceptions are not raised here; pending and active bits are stored for whoever delivers them. */
#ifndef CMSIM_MACHINE_SCS_H
#define CMSIM_MACHINE_SCS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PPB_BASE  0xE0000000u
#define PPB_BYTES 0x00100000u

typedef struct scs scs_t;

typedef struct {
  bool m7;                         /* Cortex-M7 register set (caches, TCM, LAR) instead of Cortex-M4 */
  bool double_precision;           /* MVFR values */
  bool has_dwt;                    /* false: DWT_CTRL reads NOCYCCNT set and CYCCNT is RAZ/WI, as on parts without it */
  uint32_t vector_table;           /* reset value of VTOR */
  unsigned priority_bits;          /* implemented bits of an interrupt priority; 0: 4, as on STM32 (nRF52 has 3) */
  unsigned icache_kib, dcache_kib; /* M7: what CCSIDR tells; 0: 16 */
  uint32_t device_id;              /* DBGMCU_IDCODE where it is in this space (STM32 F, L, G, WB); 0: none */
  /* One byte or more written to ITM stimulus PORT while ITM and the port are enabled. */
  void (*itm_output)(void *context, unsigned port, const uint8_t *bytes, size_t count);
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
bool scs_dcache_enabled(const scs_t *scs);
bool scs_icache_enabled(const scs_t *scs);
bool scs_systick_interrupt_enabled(const scs_t *scs); /* CSR.ENABLE and CSR.TICKINT */

#endif
