/* caches.h: the level 1 caches of a Cortex-M7, as vendor start-up code and drivers operate them: on, off, and
   maintenance by address and by set and way. Armv7-M ARM B2.2 (operations), B3.2.8 (CCR), B4.8 (CCSIDR, CSSELR). */
#ifndef COMMON_CACHES_H
#define COMMON_CACHES_H

#include <stdint.h>

#define SCB_REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))

#define SCB_CCR      SCB_REGISTER(0xE000ED14u)
#define SCB_CCSIDR   SCB_REGISTER(0xE000ED80u)
#define SCB_CSSELR   SCB_REGISTER(0xE000ED84u)
#define SCB_ICIALLU  SCB_REGISTER(0xE000EF50u) /* all instructions: invalidate */
#define SCB_DCIMVAC  SCB_REGISTER(0xE000EF5Cu) /* data by address: invalidate */
#define SCB_DCISW    SCB_REGISTER(0xE000EF60u) /* data by set and way: invalidate */
#define SCB_DCCMVAC  SCB_REGISTER(0xE000EF68u) /* by address: clean */
#define SCB_DCCSW    SCB_REGISTER(0xE000EF6Cu) /* by set and way: clean */
#define SCB_DCCIMVAC SCB_REGISTER(0xE000EF70u) /* by address: clean and invalidate */
#define SCB_DCCISW   SCB_REGISTER(0xE000EF74u) /* by set and way: clean and invalidate */

#define SCB_CCR_DC (1u << 16)
#define SCB_CCR_IC (1u << 17)

static inline void caches_barrier(void) { __asm__ volatile("dsb\n\tisb" : : : "memory"); }

/* Writes each set and way of the data cache to `operation`, one of the registers above. CCSIDR holds the number of sets
   and of ways less one, and log2 of the words in a line less two; the way is in the uppermost bits. */
static inline void dcache_each_line(volatile uint32_t *operation) {
  SCB_CSSELR = 0; /* level 1, data */
  __asm__ volatile("dsb" : : : "memory");
  const uint32_t shape = SCB_CCSIDR;
  const uint32_t last_set = shape >> 13 & 0x7FFFu, last_way = shape >> 3 & 0x3FFu;
  const uint32_t set_shift = (shape & 7u) + 4u;
  const uint32_t way_shift = last_way != 0 ? (uint32_t)__builtin_clz(last_way) : 0u;
  for (uint32_t set = 0; set <= last_set; set++)
    for (uint32_t way = 0; way <= last_way; way++)
      *operation = way << way_shift | set << set_shift;
  caches_barrier();
}

/* Reset leaves the contents of either cache undefined (Cortex-M7 TRM 5.7): invalidated before they are switched on. */
static inline void icache_on(void) {
  caches_barrier();
  SCB_ICIALLU = 0;
  caches_barrier();
  SCB_CCR |= SCB_CCR_IC;
  caches_barrier();
}

static inline void dcache_on(void) {
  dcache_each_line(&SCB_DCISW);
  SCB_CCR |= SCB_CCR_DC;
  caches_barrier();
}

static inline void caches_on(void) {
  icache_on();
  dcache_on();
}

/* Each line of [address, address + bytes) to `operation`, a register that takes addresses. */
static inline void dcache_by_address(volatile uint32_t *operation, const void *address, uint32_t bytes) {
  enum { LINE_BYTES = 32 }; /* Cortex-M7 TRM 5.1 */
  const uint32_t first = (uint32_t)(uintptr_t)address & ~(uint32_t)(LINE_BYTES - 1);
  const uint32_t end = (uint32_t)(uintptr_t)address + bytes;
  __asm__ volatile("dsb" : : : "memory");
  for (uint32_t line = first; line < end; line += LINE_BYTES)
    *operation = line;
  caches_barrier();
}

#endif
