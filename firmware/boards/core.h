/* core.h: the system registers of an Armv7-M core that these images use, by the names of the Armv7-M Architecture
   Reference Manual (Arm DDI 0403, B3.2 to B3.5 and C1.8), and what every image says to its host. */
#ifndef BOARDS_CORE_H
#define BOARDS_CORE_H

#include "cmsim.h"
#include "semihosting.h"

#include <stdbool.h>

#define REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))

/* System control block, B3.2. */
#define ACTLR REGISTER(0xE000E008u)
#define CPUID REGISTER(0xE000ED00u)
#define ICSR  REGISTER(0xE000ED04u)
#define VTOR  REGISTER(0xE000ED08u)
#define AIRCR REGISTER(0xE000ED0Cu)
#define SCR   REGISTER(0xE000ED10u)
#define CCR   REGISTER(0xE000ED14u)
#define SHCSR REGISTER(0xE000ED24u)
#define CFSR  REGISTER(0xE000ED28u)
#define HFSR  REGISTER(0xE000ED2Cu)
#define MMFAR REGISTER(0xE000ED34u)
#define BFAR  REGISTER(0xE000ED38u)
#define CPACR REGISTER(0xE000ED88u)
#define FPCCR REGISTER(0xE000EF34u)
#define STIR  REGISTER(0xE000EF00u)

#define ICSR_NMIPENDSET (1u << 31)
#define ICSR_PENDSVSET  (1u << 28)
#define ICSR_PENDSVCLR  (1u << 27)
#define ICSR_PENDSTSET  (1u << 26)
#define ICSR_PENDSTCLR  (1u << 25)
#define ICSR_ISRPENDING (1u << 22)
#define ICSR_RETTOBASE  (1u << 11)
#define AIRCR_VECTKEY   (0x05FAu << 16)
#define AIRCR_PRIGROUP  8 /* the lowest bit of the field */
#define AIRCR_RESETREQ  (1u << 2)
#define SCR_SLEEPONEXIT (1u << 1)
#define CCR_UNALIGN_TRP (1u << 3)
#define CCR_DIV_0_TRP   (1u << 4)
#define SHCSR_MEMFAULT  (1u << 16)
#define SHCSR_BUSFAULT  (1u << 17)
#define SHCSR_USGFAULT  (1u << 18)
#define FPCCR_ASPEN     (1u << 31)
#define FPCCR_LSPEN     (1u << 30)
#define CPACR_FPU       (0xFu << 20) /* CP10 and CP11: full access */

/* Exception numbers, B1.5.2. An interrupt N is exception 16 + N. */
enum {
  EXCEPTION_NMI = 2,
  EXCEPTION_HARDFAULT = 3,
  EXCEPTION_MEMMANAGE = 4,
  EXCEPTION_BUSFAULT = 5,
  EXCEPTION_USAGEFAULT = 6,
  EXCEPTION_SVCALL = 11,
  EXCEPTION_PENDSV = 14,
  EXCEPTION_SYSTICK = 15,
  EXCEPTION_IRQ0 = 16,
};

/* SHPR1 to SHPR3 byte by byte: the priority of system exception 4 to 15. */
#define SYSTEM_PRIORITY(exception) (*(volatile uint8_t *)(uintptr_t)(0xE000ED14u + (exception)))

/* Nested vectored interrupt controller, B3.4. */
#define NVIC_ISER            REGISTER(0xE000E100u)
#define NVIC_ICER            REGISTER(0xE000E180u)
#define NVIC_ISPR            REGISTER(0xE000E200u)
#define NVIC_ICPR            REGISTER(0xE000E280u)
#define NVIC_IABR            REGISTER(0xE000E300u)
#define IRQ_PRIORITY(number) (*(volatile uint8_t *)(uintptr_t)(0xE000E400u + (number)))

/* SysTick, B3.3. */
#define SYST_CSR REGISTER(0xE000E010u)
#define SYST_RVR REGISTER(0xE000E014u)
#define SYST_CVR REGISTER(0xE000E018u)
enum { SYST_ENABLE = 1, SYST_TICKINT = 2, SYST_CORE_CLOCK = 4 };

/* Memory protection unit, B3.5. */
#define MPU_TYPE REGISTER(0xE000ED90u)
#define MPU_CTRL REGISTER(0xE000ED94u)
#define MPU_RNR  REGISTER(0xE000ED98u)
#define MPU_RBAR REGISTER(0xE000ED9Cu)
#define MPU_RASR REGISTER(0xE000EDA0u)
enum { MPU_ENABLE = 1, MPU_PRIVDEFENA = 4 };

/* Data watchpoint and trace unit, C1.8: the profiling counters behind CYCCNT are 8 bits each. */
#define DWT_CTRL     REGISTER(CMSIM_DWT_CTRL)
#define DWT_CYCCNT   REGISTER(CMSIM_DWT_CYCCNT)
#define DWT_CPICNT   REGISTER(0xE0001008u)
#define DWT_EXCCNT   REGISTER(0xE000100Cu)
#define DWT_SLEEPCNT REGISTER(0xE0001010u)
#define DWT_LSUCNT   REGISTER(0xE0001014u)
#define DWT_FOLDCNT  REGISTER(0xE0001018u)

static inline void barrier(void) { __asm__ volatile("dsb\n\tisb" : : : "memory"); }

static inline bool is_cortex_m7(void) { return (CPUID >> 4 & 0xFFFu) == 0xC27u; }

/* A semihosting operation (Arm Semihosting specification): the number in r0, its parameter in r1, the answer in r0. */
static inline uint32_t host_call(uint32_t operation, const void *parameter) {
  register uint32_t r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = parameter;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

/* The command line (cmsim --args), or "" where the host has none. */
static inline const char *host_command_line(char *text, uint32_t bytes) {
  enum { SYS_GET_CMDLINE = 0x15 };
  uint32_t block[2] = {(uint32_t)(uintptr_t)text, bytes};
  return host_call(SYS_GET_CMDLINE, block) == 0 ? text : "";
}

#endif
