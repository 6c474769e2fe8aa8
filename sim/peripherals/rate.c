/* Ticks of a clock that is not the core's, exactly: whole numbers, no drift. */
#include "peripherals/peripherals_private.h"

__extension__ typedef unsigned __int128 wide_t; /* cycles of hours times a clock in Hz */

static uint64_t common_divisor(uint64_t a, uint64_t b) {
  while (b) {
    uint64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

void rate_set(rate_t *rate, uint64_t hz, uint64_t core_hz, uint64_t now) {
  uint64_t divisor = common_divisor(hz, core_hz);
  if (hz == 0 || core_hz == 0) {
    *rate = (rate_t){.since = now, .numerator = 0, .denominator = 1};
  } else {
    *rate = (rate_t){.since = now, .numerator = hz / divisor, .denominator = core_hz / divisor};
  }
}

static wide_t passed(const rate_t *rate, uint64_t now) {
  uint64_t cycles = now > rate->since ? now - rate->since : 0;
  return (wide_t)cycles * rate->numerator + rate->fraction;
}

uint64_t rate_ticks(const rate_t *rate, uint64_t now) { return (uint64_t)(passed(rate, now) / rate->denominator); }

uint64_t rate_when(const rate_t *rate, uint64_t ticks) {
  if (rate->numerator == 0) return NEVER;
  wide_t wanted = (wide_t)ticks * rate->denominator;
  if (wanted <= rate->fraction) return rate->since;
  wide_t cycles = (wanted - rate->fraction + rate->numerator - 1) / rate->numerator + rate->since;
  return cycles >= NEVER ? NEVER : (uint64_t)cycles;
}

void rate_rebase(rate_t *rate, uint64_t now) {
  rate->fraction = (uint64_t)(passed(rate, now) % rate->denominator);
  if (now > rate->since) rate->since = now;
}
