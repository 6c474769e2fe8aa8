/* semihosting.c: Arm Semihosting calls and small number printing on top of them. */
#include "semihosting.h"

/* Operations and reasons, Arm Semihosting specification (ARM-software/abi-aa, semihosting). */
enum {
  SYS_WRITE0 = 0x04,
  SYS_EXIT = 0x18,
  SYS_EXIT_EXTENDED = 0x20,
};
#define ADP_STOPPED_RUN_TIME_ERROR_UNKNOWN 0x20023u
#define ADP_STOPPED_APPLICATION_EXIT       0x20026u

static uint32_t semihosting_call(uint32_t operation, uint32_t argument) {
  register uint32_t r0 __asm__("r0") = operation;
  register uint32_t r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

/* On a 32-bit target SYS_EXIT takes the reason itself and no status; a status needs SYS_EXIT_EXTENDED. A host that does
   not know the latter returns from it, and is then told of a failure in the words it has. */
_Noreturn void semihosting_exit(int status) {
  if (status == 0) {
    semihosting_call(SYS_EXIT, ADP_STOPPED_APPLICATION_EXIT);
  } else {
    const uint32_t block[2] = {ADP_STOPPED_APPLICATION_EXIT, (uint32_t)status};
    semihosting_call(SYS_EXIT_EXTENDED, (uint32_t)(uintptr_t)block);
    semihosting_call(SYS_EXIT, ADP_STOPPED_RUN_TIME_ERROR_UNKNOWN);
  }
  for (;;) {
  }
}

void print_text(const char *text) { semihosting_call(SYS_WRITE0, (uint32_t)(uintptr_t)text); }

void print_u32(uint32_t value) {
  char text[11]; /* ten digits and the NUL */
  char *first = text + sizeof text - 1;
  *first = '\0';
  do {
    *--first = (char)('0' + value % 10u);
    value /= 10u;
  } while (value != 0);
  print_text(first);
}

void print_i32(int32_t value) {
  if (value < 0) print_text("-");
  print_u32(value < 0 ? 0u - (uint32_t)value : (uint32_t)value);
}

void print_hex32(uint32_t value) {
  char text[11] = "0x00000000";
  for (int digit = 9; digit >= 2; digit--) {
    text[digit] = "0123456789abcdef"[value & 15u];
    value >>= 4;
  }
  print_text(text);
}

/* Seven digits from a double: its 53 bits leave room for the rounding of up to 45 scalings by ten. */
void print_float(float value) {
  union {
    float number;
    uint32_t bits;
  } raw = {value};
  if (raw.bits >> 31) print_text("-");
  if ((raw.bits & 0x7f800000u) == 0x7f800000u) {
    print_text(raw.bits & 0x007fffffu ? "nan" : "inf");
    return;
  }

  int32_t exponent = 0;
  double scaled = value < 0.0f ? -(double)value : (double)value;
  if (scaled > 0.0) {
    for (; scaled >= 10.0; exponent++)
      scaled /= 10.0;
    for (; scaled < 1.0; exponent--)
      scaled *= 10.0;
  }
  uint32_t digits = (uint32_t)(scaled * 1e6 + 0.5);
  if (digits >= 10000000u) { /* 9.9999996 rounds up to 10.000000 */
    digits /= 10u;
    exponent++;
  }

  char text[9] = {0}; /* d.dddddd and the NUL */
  for (int place = 7; place >= 0; place--) {
    if (place == 1) {
      text[place] = '.';
      continue;
    }
    text[place] = (char)('0' + digits % 10u);
    digits /= 10u;
  }
  print_text(text);
  const int32_t magnitude = exponent < 0 ? -exponent : exponent;
  print_text(exponent < 0 ? "e-" : "e+");
  if (magnitude < 10) print_text("0");
  print_i32(magnitude);
}
