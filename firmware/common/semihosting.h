/* semihosting.h: how a firmware talks to whoever runs it (Arm Semihosting, BKPT 0xAB).
   Without a debugger or simulator attached, every call here faults. */
#ifndef SEMIHOSTING_H
#define SEMIHOSTING_H

#include <stdint.h>

/* Prints without newlib's printf, whose size and time would drown a small kernel. */
void print_text(const char *text);
void print_u32(uint32_t value);
void print_i32(int32_t value);
void print_hex32(uint32_t value); /* 0x and eight digits */
void print_float(float value);    /* as "%.6e": seven significant digits */

/* End the run. Status 0 is success; it becomes the simulator's or debugger's verdict. */
_Noreturn void semihosting_exit(int status);

#endif
