/* Arm semihosting, after "Semihosting for AArch32 and AArch64" (ARM-software/abi-aa), 32-bit parameter blocks.

   Everything the guest hands over is suspect: a pointer that does not read or write is SEMIHOSTING_BAD with the reason,
   a handle that is not open or a name that is not allowed fails as the specification says (-1 and SYS_ERRNO). Strings
   end within 1 MiB, transfers are copied in pieces, and no loop runs longer than the guest's own length. */
#include "machine/semihosting_private.h"

#include "base/diag.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ADP_STOPPED_APPLICATION_EXIT 0x20026u

semihosting_t *semihosting_new(const semihosting_config_t *config) {
  int root = -1;
  if (config->directory) {
    root = open(config->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) {
      diag_error("semihosting directory %s: %s", config->directory, strerror(errno));
      return NULL;
    }
  }
  semihosting_t *self = calloc(1, sizeof *self);
  if (!self) {
    if (root >= 0) close(root);
    return NULL;
  }
  self->config = *config;
  self->root = root;
  return self;
}

void semihosting_free(semihosting_t *semihosting) {
  if (!semihosting) return;
  for (size_t i = 0; i < SEMIHOSTING_FILES_MAX; i++) {
    if (semihosting->files[i].kind == FILE_HOST) close(semihosting->files[i].descriptor);
  }
  if (semihosting->root >= 0) close(semihosting->root);
  free(semihosting);
}

semihosting_status_t call_done(call_t *call, uint32_t result) {
  call->result = result;
  return SEMIHOSTING_CONTINUE;
}

semihosting_status_t call_failed(call_t *call, int reason, uint32_t result) {
  call->self->last_errno = reason;
  return call_done(call, result);
}

semihosting_status_t call_bad(call_t *call, const char *format, ...) {
  char *why = call->self->why;
  size_t size = sizeof call->self->why;
  int used = snprintf(why, size, "semihosting %s: ", call->name);
  va_list args;
  va_start(args, format);
  vsnprintf(why + used, size - (size_t)used, format, args);
  va_end(args);
  return SEMIHOSTING_BAD;
}

/* ---- guest memory ---- */

bool call_range_ok(uint32_t address, uint32_t count) { return (uint64_t)address + count <= UINT64_C(1) << 32; }

bool call_read(const call_t *call, uint32_t address, void *bytes, uint32_t count) {
  const guest_memory_t *memory = &call->self->config.memory;
  return call_range_ok(address, count) && memory->read(memory->context, address, bytes, count);
}

bool call_write(const call_t *call, uint32_t address, const void *bytes, uint32_t count) {
  const guest_memory_t *memory = &call->self->config.memory;
  return call_range_ok(address, count) && memory->write(memory->context, address, bytes, count);
}

static uint32_t word_of(const uint8_t bytes[4]) {
  return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static bool call_write_words(const call_t *call, uint32_t address, const uint32_t *words, uint32_t count) {
  uint8_t bytes[4 * BLOCK_WORDS_MAX];
  for (uint32_t i = 0; i < 4 * count; i++)
    bytes[i] = (uint8_t)(words[i / 4] >> (i % 4 * 8));
  return call_write(call, address, bytes, 4 * count);
}

/* ---- time: simulated, so that runs repeat ---- */

static semihosting_status_t sys_clock(call_t *call) {
  double cycles_per_centisecond = call->self->config.mhz * 1e4;
  if (!(cycles_per_centisecond > 0)) return call_failed(call, ENOSYS, FAILED);
  return call_done(call, (uint32_t)(uint64_t)((double)call->now / cycles_per_centisecond));
}

static semihosting_status_t sys_time(call_t *call) { return call_done(call, 0); }

static semihosting_status_t sys_elapsed(call_t *call) {
  uint32_t words[2] = {(uint32_t)call->now, (uint32_t)(call->now >> 32)};
  if (!call_write_words(call, call->parameter, words, 2)) {
    return call_bad(call, "block at 0x%08x cannot be written", call->parameter);
  }
  return call_done(call, 0);
}

static semihosting_status_t sys_tickfreq(call_t *call) {
  double hertz = call->self->config.mhz * 1e6 + 0.5;
  if (!(hertz >= 1 && hertz < 4294967295.0)) return call_failed(call, ENOSYS, FAILED);
  return call_done(call, (uint32_t)hertz);
}

/* ---- environment ---- */

/* Commands of the host stay the host's. */
static semihosting_status_t sys_system(call_t *call) { return call_failed(call, EPERM, FAILED); }

static semihosting_status_t sys_errno(call_t *call) { return call_done(call, (uint32_t)call->self->last_errno); }

static semihosting_status_t sys_get_cmdline(call_t *call) {
  const char *line = call->self->config.command_line ? call->self->config.command_line : "";
  size_t length = strlen(line);
  if (length >= call->block[1]) return call_failed(call, E2BIG, FAILED);
  uint32_t length_word = (uint32_t)length;
  if (!call_write(call, call->block[0], line, length_word + 1)) {
    return call_bad(call, "buffer at 0x%08x cannot be written", call->block[0]);
  }
  if (!call_write_words(call, call->parameter + 4, &length_word, 1)) {
    return call_bad(call, "block at 0x%08x cannot be written", call->parameter);
  }
  return call_done(call, 0);
}

/* Here the parameter points to a pointer to the block. */
static semihosting_status_t sys_heapinfo(call_t *call) {
  const semihosting_config_t *config = &call->self->config;
  uint32_t words[] = {config->heap_base, config->heap_limit, config->stack_base, config->stack_limit};
  if (!call_write_words(call, call->block[0], words, 4)) {
    return call_bad(call, "block at 0x%08x cannot be written", call->block[0]);
  }
  return call_done(call, 0);
}

/* On 32-bit targets the parameter is the reason itself, and the only good one is "application exit". */
static semihosting_status_t sys_exit(call_t *call) {
  call->result = call->parameter == ADP_STOPPED_APPLICATION_EXIT ? 0 : 1;
  return SEMIHOSTING_EXIT;
}

static semihosting_status_t sys_exit_extended(call_t *call) {
  call->result = call->block[0] == ADP_STOPPED_APPLICATION_EXIT ? call->block[1] : 1;
  return SEMIHOSTING_EXIT;
}

/* Words of the parameter block that the operation reads; it is handed over in call->block. */
static const struct {
  const char *name;
  unsigned words;
  operation_t *run;
} operations[] = {
    [0x01] = {"SYS_OPEN", 3, sys_open},
    [0x02] = {"SYS_CLOSE", 1, sys_close},
    [0x03] = {"SYS_WRITEC", 0, sys_writec},
    [0x04] = {"SYS_WRITE0", 0, sys_write0},
    [0x05] = {"SYS_WRITE", 3, sys_write},
    [0x06] = {"SYS_READ", 3, sys_read},
    [0x07] = {"SYS_READC", 0, sys_readc},
    [0x08] = {"SYS_ISERROR", 1, sys_iserror},
    [0x09] = {"SYS_ISTTY", 1, sys_istty},
    [0x0A] = {"SYS_SEEK", 2, sys_seek},
    [0x0C] = {"SYS_FLEN", 1, sys_flen},
    [0x0D] = {"SYS_TMPNAM", 0, sys_tmpnam},
    [0x0E] = {"SYS_REMOVE", 2, sys_remove},
    [0x0F] = {"SYS_RENAME", 4, sys_rename},
    [0x10] = {"SYS_CLOCK", 0, sys_clock},
    [0x11] = {"SYS_TIME", 0, sys_time},
    [0x12] = {"SYS_SYSTEM", 0, sys_system},
    [0x13] = {"SYS_ERRNO", 0, sys_errno},
    [0x15] = {"SYS_GET_CMDLINE", 2, sys_get_cmdline},
    [0x16] = {"SYS_HEAPINFO", 1, sys_heapinfo},
    [0x18] = {"SYS_EXIT", 0, sys_exit},
    [0x20] = {"SYS_EXIT_EXTENDED", 2, sys_exit_extended},
    [0x30] = {"SYS_ELAPSED", 0, sys_elapsed},
    [0x31] = {"SYS_TICKFREQ", 0, sys_tickfreq},
};

static semihosting_status_t run(call_t *call, uint32_t operation) {
  if (operation >= sizeof operations / sizeof *operations || !operations[operation].run) {
    call->name = "call";
    return call_bad(call, "unknown operation 0x%x", operation);
  }
  call->name = operations[operation].name;
  unsigned words = operations[operation].words;
  uint8_t bytes[4 * BLOCK_WORDS_MAX];
  if (words && !call_read(call, call->parameter, bytes, 4 * words)) {
    return call_bad(call, "parameter block at 0x%08x is not in memory", call->parameter);
  }
  for (unsigned i = 0; i < words; i++)
    call->block[i] = word_of(bytes + 4 * i);
  return operations[operation].run(call);
}

semihosting_status_t semihosting_call(semihosting_t *semihosting, uint32_t operation, uint32_t parameter, uint64_t now,
                                      uint32_t *result, const char **why) {
  call_t call = {.self = semihosting, .parameter = parameter, .now = now};
  semihosting_status_t status = run(&call, operation);
  if (status == SEMIHOSTING_BAD) {
    *why = semihosting->why;
  } else {
    *result = call.result;
  }
  return status;
}
