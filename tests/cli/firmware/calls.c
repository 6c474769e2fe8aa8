/* calls.c: functions to measure with --region, timed by the firmware as well: from call to return. */
#include "cmsim.h"
#include "semihosting.h"

__attribute__((noinline, noclone)) static void work(uint32_t rounds) {
  for (uint32_t i = 0; i < rounds; i++)
    __asm__ volatile("nop");
}

__attribute__((noinline, noclone)) static uint32_t sum_to(uint32_t n) {
  if (n == 0) return 0;
  uint32_t rest = sum_to(n - 1);
  __asm__ volatile("" : "+r"(rest)); /* keeps the recursion from becoming a loop */
  return n + rest;
}

/* The instruction behind BEGIN waits for the divide before it: that wait is not the region's. */
__attribute__((noinline, noclone)) static void wait_before(void) {
  uint32_t bits;
  __asm__ volatile("vmov.f32 s1, #3.0\n\tvdiv.f32 s0, s1, s1");
  CMSIM_BEGIN("behind_divide");
  __asm__ volatile("vmov %0, s0" : "=r"(bits));
  CMSIM_END("behind_divide");
  (void)bits;
}

int main(void) {
  for (uint32_t rounds = 10; rounds <= 30; rounds += 10) {
    CMSIM_BEGIN("outer");
    work(rounds);
    CMSIM_BEGIN("inner");
    work(1);
    CMSIM_END("inner");
    CMSIM_END("outer");
  }
  wait_before();
  return sum_to(9) == 45 ? 0 : 1;
}
