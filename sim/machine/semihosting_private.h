/* Inside semihosting: one call and what its operations share. Included by machine/semihosting*.c only. */
#ifndef CMSIM_MACHINE_SEMIHOSTING_PRIVATE_H
#define CMSIM_MACHINE_SEMIHOSTING_PRIVATE_H

#include "machine/semihosting.h"

enum {
  SEMIHOSTING_FILES_MAX = 64, /* handles 1..64; 0 is not a valid handle */
  BLOCK_WORDS_MAX = 4,
};
#define FAILED 0xFFFFFFFFu

typedef enum { FILE_CLOSED, FILE_CONSOLE_IN, FILE_CONSOLE_OUT, FILE_FEATURES, FILE_HOST } file_kind_t;

typedef struct {
  file_kind_t kind;
  int descriptor;    /* FILE_HOST */
  uint32_t position; /* FILE_FEATURES */
} guest_file_t;

struct semihosting {
  semihosting_config_t config;
  int root; /* descriptor of config.directory, or -1 */
  int last_errno;
  guest_file_t files[SEMIHOSTING_FILES_MAX];
  char why[160];
};

/* One call in progress. */
typedef struct {
  semihosting_t *self;
  const char *name; /* of the operation */
  uint32_t parameter;
  uint32_t block[BLOCK_WORDS_MAX];
  uint64_t now;
  uint32_t result;
} call_t;

typedef semihosting_status_t operation_t(call_t *call);

/* How an operation ends: RESULT goes to r0; `call_failed` also sets SYS_ERRNO, and RESULT is then -1 for most.
   `call_bad` ends the run. */
semihosting_status_t call_done(call_t *call, uint32_t result);
semihosting_status_t call_failed(call_t *call, int reason, uint32_t result);
semihosting_status_t call_bad(call_t *call, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Guest memory; false when any byte of it is not there, or when the range passes 2^32. */
bool call_range_ok(uint32_t address, uint32_t count);
bool call_read(const call_t *call, uint32_t address, void *bytes, uint32_t count);
bool call_write(const call_t *call, uint32_t address, const void *bytes, uint32_t count);

operation_t sys_open, sys_close, sys_writec, sys_write0, sys_write, sys_read, sys_readc;
operation_t sys_iserror, sys_istty, sys_seek, sys_flen, sys_tmpnam, sys_remove, sys_rename;

#endif
