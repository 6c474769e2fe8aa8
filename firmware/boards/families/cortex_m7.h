/* cortex_m7.h: both caches on. Armv7-M ARM B2.2 (maintenance), B3.2.8 (CCR), B4.8 (CCSIDR); by the Cortex-M7 TRM the
   data cache comes out of reset with undefined contents, hence the invalidation by set and way. */
#ifndef FAMILIES_CORTEX_M7_H
#define FAMILIES_CORTEX_M7_H

#include "board.h"

#define SCB_CCR     REGISTER(0xE000ED14u)
#define SCB_CCSIDR  REGISTER(0xE000ED80u)
#define SCB_CSSELR  REGISTER(0xE000ED84u)
#define SCB_ICIALLU REGISTER(0xE000EF50u)
#define SCB_DCISW   REGISTER(0xE000EF60u)

static inline void caches_on(void) {
  __asm__ volatile("dsb\n\tisb" : : : "memory");
  SCB_ICIALLU = 0;
  __asm__ volatile("dsb\n\tisb" : : : "memory");
  SCB_CCR |= BIT(17); /* IC */
  __asm__ volatile("dsb\n\tisb" : : : "memory");
  SCB_CSSELR = 0; /* level 1, data */
  __asm__ volatile("dsb" : : : "memory");
  const uint32_t size = SCB_CCSIDR;
  const uint32_t last_set = size >> 13 & 0x7FFFu, last_way = size >> 3 & 0x3FFu;
  for (uint32_t set = 0; set <= last_set; set++)
    for (uint32_t way = 0; way <= last_way; way++)
      SCB_DCISW = way << 30 | set << 5; /* four ways, lines of 32 bytes */
  __asm__ volatile("dsb" : : : "memory");
  SCB_CCR |= BIT(16); /* DC */
  __asm__ volatile("dsb\n\tisb" : : : "memory");
}

#endif
