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

int main(void) {
  for (uint32_t rounds = 10; rounds <= 30; rounds += 10) {
    CMSIM_BEGIN("outer");
    work(rounds);
    CMSIM_BEGIN("inner");
    work(1);
    CMSIM_END("inner");
    CMSIM_END("outer");
  }
  return sum_to(9) == 45 ? 0 : 1;
}
