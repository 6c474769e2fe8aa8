/* flash_waits.c: 200 words of straight code with the flash interface set this way and that, by the firmware itself. The
   regions are named for the setting; on a Cortex-M7 only those that an STM32H7 has. */
#include "cmsim.h"
#include "semihosting.h"

#define CPUID      (*(volatile uint32_t *)0xE000ED00u)
#define PART_M7    0xC27u
#define PREFETCH   0x100u /* of an STM32F4 */
#define ICACHE     0x200u
#define WAITS      5u
#define HIGHFREQ_3 0x30u /* of an STM32H7 */

__attribute__((naked, noinline, aligned(32))) static void straight(void) {
  __asm__ volatile(".rept 200\n\tadd.w r0, r1, r2\n\t.endr\n\tbx lr");
}

static void on_stm32f4(void) {
  volatile uint32_t *acr = (volatile uint32_t *)0x40023C00u;
  *acr = 0;
  CMSIM_BEGIN("zero");
  straight();
  CMSIM_END("zero");
  *acr = WAITS;
  CMSIM_BEGIN("bare");
  straight();
  CMSIM_END("bare");
  *acr = WAITS | PREFETCH;
  CMSIM_BEGIN("prefetch");
  straight();
  CMSIM_END("prefetch");
  ((volatile uint8_t *)acr)[1] = ICACHE >> 8; /* byte by byte: the wait states stay */
  straight();
  CMSIM_BEGIN("cached");
  straight();
  CMSIM_END("cached");
}

static void on_stm32h7(void) {
  volatile uint32_t *acr = (volatile uint32_t *)0x52002000u;
  *acr = HIGHFREQ_3;
  CMSIM_BEGIN("zero");
  straight();
  CMSIM_END("zero");
  *acr = HIGHFREQ_3 | 3u;
  CMSIM_BEGIN("bare");
  straight();
  CMSIM_END("bare");
}

int main(void) {
  CMSIM_BEGIN("untouched");
  straight();
  CMSIM_END("untouched");
  if ((CPUID >> 4 & 0xFFFu) == PART_M7) {
    on_stm32h7();
  } else {
    on_stm32f4();
  }
  return 0;
}
