/* cmsim.h: mark the part of a firmware whose time is wanted.

     CMSIM_BEGIN("inference");
     run_inference();
     CMSIM_END("inference");

   Each marker emits one 16-bit instruction from the NOP hint space (0xbfe0 begins a region, 0xbff0 ends one), which
   every M-profile core executes as NOP. So a marked image may stay on the board: it costs one NOP a marker, no flash
   and no RAM besides. Neither encoding has a mnemonic, so no compiler emits one by itself.

   When it counts: a marker takes effect at the issue of the instruction that follows it. A region's cycles are those
   from the instruction after its BEGIN to the instruction after its END: the NOP of BEGIN is outside, that of END
   inside.

   Regions may nest, and one name may be used in several places: their calls are added up. A marker in an inlined
   function yields one pair for every copy. The compiler moves no memory access and no call across a marker, but plain
   arithmetic in registers may cross it: to time a computation exactly, put it into a function that is not inlined.

   The name is a string literal of letters, digits, space and _ - . / (it becomes part of an assembler string).

   Where names are kept: the non-allocated ELF section `cmsim.markers`, a run of entries, each aligned to 4 bytes:

     word   address of the hint instruction (bit 0 clear)
     word   1 = begin, 2 = end
     bytes  the name, NUL-terminated, padded with zero bytes to a multiple of 4

   The linker script need not mention the section: a linker puts an unknown non-allocated section at address 0 by
   itself, and the R_ARM_NONE relocation at each hint saves it from --gc-sections. `strip` keeps it as well.

   The header is freestanding C99 or C++. On any other target than Thumb the markers compile to nothing and cycle counts
   are 0, so that code marked with them also builds on a host. */
#ifndef CMSIM_H
#define CMSIM_H

#include <stdint.h>

/* Data Watchpoint and Trace unit, Armv7-M Architecture Reference Manual C1.8; the lock register is CoreSight's. */
#define CMSIM_DWT_CTRL   0xE0001000u
#define CMSIM_DWT_CYCCNT 0xE0001004u
#define CMSIM_DWT_LAR    0xE0001FB0u
#define CMSIM_DEMCR      0xE000EDFCu

#if defined(__arm__) && defined(__thumb__)

/* Numeric labels, since the compiler may duplicate the statement; `then` is what must directly follow the hint. */
#define CMSIM_MARKER_(hint, kind, name, then)                                                                          \
  "7461:\n\t"                                                                                                          \
  ".inst.n " hint "\n\t" then ".reloc 7461b, R_ARM_NONE, cmsim.markers\n\t"                                            \
  ".pushsection cmsim.markers,\"\",%%progbits\n\t"                                                                     \
  ".balign 4\n\t"                                                                                                      \
  ".word 7461b\n\t"                                                                                                    \
  ".word " kind "\n\t"                                                                                                 \
  ".asciz \"" name "\"\n\t"                                                                                            \
  ".balign 4\n\t"                                                                                                      \
  ".popsection"

#define CMSIM_BEGIN(name) __asm__ volatile(CMSIM_MARKER_("0xbfe0", "1", name, "") : : : "memory")
#define CMSIM_END(name)   __asm__ volatile(CMSIM_MARKER_("0xbff0", "2", name, "") : : : "memory")

/* The same markers, each with a read of the cycle counter as the instruction that follows it, into the uint32_t `var`.
   The two reads are where the region begins and ends, so end - begin is exactly the cycles cmsim reports for it. Low
   registers only: both reads are then the same 16-bit LDR. */
#define CMSIM_BEGIN_CYCLES(name, var)                                                                                  \
  __asm__ volatile(CMSIM_MARKER_("0xbfe0", "1", name, "ldr %0, [%1]\n\t")                                              \
                   : "=l"(var)                                                                                         \
                   : "l"(CMSIM_DWT_CYCCNT)                                                                             \
                   : "memory")
#define CMSIM_END_CYCLES(name, var)                                                                                    \
  __asm__ volatile(CMSIM_MARKER_("0xbff0", "2", name, "ldr %0, [%1]\n\t")                                              \
                   : "=l"(var)                                                                                         \
                   : "l"(CMSIM_DWT_CYCCNT)                                                                             \
                   : "memory")

static inline volatile uint32_t *cmsim_register(uint32_t address) { return (volatile uint32_t *)(uintptr_t)address; }

/* Start the cycle counter at 0. The lock exists on Cortex-M7 only, elsewhere the write is ignored; the barrier makes
   the enabled counter visible to the next instruction. */
static inline void cmsim_cyccnt_enable(void) {
  *cmsim_register(CMSIM_DEMCR) |= 1u << 24; /* TRCENA: without it the DWT is off and reads are unknown */
  *cmsim_register(CMSIM_DWT_LAR) = 0xC5ACCE55u;
  *cmsim_register(CMSIM_DWT_CYCCNT) = 0;
  *cmsim_register(CMSIM_DWT_CTRL) |= 1u; /* CYCCNTENA */
  __asm__ volatile("dsb\n\tisb" : : : "memory");
}

#else

#define CMSIM_BEGIN(name)             ((void)(name))
#define CMSIM_END(name)               ((void)(name))
#define CMSIM_BEGIN_CYCLES(name, var) ((void)(name), (void)((var) = 0))
#define CMSIM_END_CYCLES(name, var)   ((void)(name), (void)((var) = 0))

static inline void cmsim_cyccnt_enable(void) {}

#endif
#endif
