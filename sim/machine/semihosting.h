/* Arm semihosting (BKPT 0xAB): console, files, clock, exit. No emulator inside: guest memory through callbacks.

   Deterministic: SYS_CLOCK and SYS_ELAPSED come from simulated cycles, SYS_TIME is a fixed epoch. Host files are
   closed to firmware unless a directory is given, and then only names inside it. */
#ifndef CMSIM_MACHINE_SEMIHOSTING_H
#define CMSIM_MACHINE_SEMIHOSTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct semihosting semihosting_t;

typedef struct {
  void *context;
  bool (*read)(void *context, uint32_t address, void *bytes, size_t count);
  bool (*write)(void *context, uint32_t address, const void *bytes, size_t count);
} guest_memory_t;

typedef struct {
  guest_memory_t memory;
  FILE *console;            /* firmware output; the stream stays the caller's. May be NULL: discarded */
  FILE *input;              /* SYS_READ of :tt and SYS_READC; NULL reads end of file */
  const char *directory;    /* root for SYS_OPEN, or NULL: files are refused (-1) */
  const char *command_line; /* SYS_GET_CMDLINE */
  double mhz;               /* SYS_TICKFREQ, SYS_CLOCK */
  uint32_t heap_base, heap_limit, stack_base, stack_limit; /* SYS_HEAPINFO; 0: unknown */
} semihosting_config_t;

typedef enum {
  SEMIHOSTING_CONTINUE, /* *result goes to r0 */
  SEMIHOSTING_EXIT,     /* firmware ended itself; *result is its exit code (0 success) */
  SEMIHOSTING_BAD       /* unknown operation or bad pointer; `*why` says which */
} semihosting_status_t;

semihosting_t *semihosting_new(const semihosting_config_t *config);
void semihosting_free(semihosting_t *semihosting); /* closes every file the guest left open */

/* One call: OPERATION from r0, PARAMETER from r1, NOW in core clock cycles. WHY points to static or internal text. */
semihosting_status_t semihosting_call(semihosting_t *semihosting, uint32_t operation, uint32_t parameter, uint64_t now,
                                      uint32_t *result, const char **why);

#endif
