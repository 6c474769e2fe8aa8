/* host_call.h: any semihosting operation, and the command line, for firmware that tests drive with --args. */
#ifndef HOST_CALL_H
#define HOST_CALL_H

#include <stdint.h>

static inline uint32_t host_call(uint32_t operation, const void *parameter) {
  register uint32_t r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = parameter;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

static inline const char *host_command_line(char *text, uint32_t bytes) {
  enum { SYS_GET_CMDLINE = 0x15 };
  uint32_t block[2] = {(uint32_t)(uintptr_t)text, bytes};
  return host_call(SYS_GET_CMDLINE, block) == 0 ? text : "";
}

#endif
