/* Semihosting on handles and names: the console (":tt"), the feature file, and files of one host directory. */
#include "machine/semihosting_private.h"

#include "machine/host_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  STRING_MAX_BYTES = 1 << 20, /* SYS_WRITE0 */
  PIECE_BYTES = 4096,
  STRING_PIECE_BYTES = 64, /* no memory region is aligned to less */
};

/* ":semihosting-features": the magic, then EXT_EXIT_EXTENDED and STDOUT_STDERR. */
static const uint8_t features[] = {'S', 'H', 'F', 'B', 0x03};

/* The length of the string at ADDRESS: false when memory ends or STRING_MAX_BYTES are passed before its NUL. Pieces end
   at multiples of their size, so none reaches across the end of a region. */
static bool string_length(const call_t *call, uint32_t address, uint32_t *length) {
  uint8_t piece[STRING_PIECE_BYTES];
  for (uint32_t passed = 0; passed <= STRING_MAX_BYTES;) {
    uint32_t count = STRING_PIECE_BYTES - (address + passed) % STRING_PIECE_BYTES;
    if (!call_range_ok(address, passed + count) || !call_read(call, address + passed, piece, count)) return false;
    const uint8_t *end = memchr(piece, 0, count);
    if (end) {
      *length = passed + (uint32_t)(end - piece);
      return *length <= STRING_MAX_BYTES;
    }
    passed += count;
  }
  return false;
}

/* A file name: NULL with the call's outcome in *STATUS when it cannot be read or used. */
static const char *guest_name(call_t *call, uint32_t address, uint32_t length, char name[HOST_NAME_MAX + 1],
                              semihosting_status_t *status) {
  if (length > HOST_NAME_MAX) {
    *status = call_failed(call, ENAMETOOLONG, FAILED);
    return NULL;
  }
  if (!call_read(call, address, name, length)) {
    *status = call_bad(call, "name of %u bytes at 0x%08x is not in memory", length, address);
    return NULL;
  }
  name[length] = '\0';
  if (strlen(name) != length) {
    *status = call_failed(call, EINVAL, FAILED);
    return NULL;
  }
  return name;
}

/* ---- handles ---- */

static guest_file_t *file_of(call_t *call, uint32_t handle) {
  if (handle == 0 || handle > SEMIHOSTING_FILES_MAX) return NULL;
  guest_file_t *file = &call->self->files[handle - 1];
  return file->kind == FILE_CLOSED ? NULL : file;
}

static guest_file_t *free_file(semihosting_t *self) {
  for (size_t i = 0; i < SEMIHOSTING_FILES_MAX; i++) {
    if (self->files[i].kind == FILE_CLOSED) return &self->files[i];
  }
  return NULL;
}

/* The modes are those of fopen(), in the order r rb r+ r+b w wb w+ w+b a ab a+ a+b. */
static int open_flags(uint32_t mode) {
  static const int flags[] = {O_RDONLY,
                              O_RDWR,
                              O_WRONLY | O_CREAT | O_TRUNC,
                              O_RDWR | O_CREAT | O_TRUNC,
                              O_WRONLY | O_CREAT | O_APPEND,
                              O_RDWR | O_CREAT | O_APPEND};
  return flags[mode / 2];
}

semihosting_status_t sys_open(call_t *call) {
  semihosting_t *self = call->self;
  uint32_t mode = call->block[1];
  char text[HOST_NAME_MAX + 1];
  semihosting_status_t status;
  const char *name = guest_name(call, call->block[0], call->block[2], text, &status);
  if (!name) return status;
  if (mode > 11) return call_failed(call, EINVAL, FAILED);

  guest_file_t *file = free_file(self);
  if (!file) return call_failed(call, EMFILE, FAILED);
  guest_file_t opened = {.descriptor = -1};
  if (strcmp(name, ":tt") == 0) {
    opened.kind = mode < 4 ? FILE_CONSOLE_IN : FILE_CONSOLE_OUT; /* w is standard output, a is standard error */
  } else if (strcmp(name, ":semihosting-features") == 0) {
    if (mode > 1) return call_failed(call, EACCES, FAILED);
    opened.kind = FILE_FEATURES;
  } else {
    opened.kind = FILE_HOST;
    opened.descriptor = host_directory_open(self->root, name, open_flags(mode));
    if (opened.descriptor < 0) return call_failed(call, errno, FAILED);
  }
  *file = opened;
  return call_done(call, (uint32_t)(file - self->files) + 1);
}

semihosting_status_t sys_close(call_t *call) {
  guest_file_t *file = file_of(call, call->block[0]);
  if (!file) return call_failed(call, EBADF, FAILED);
  int result = file->kind == FILE_HOST ? close(file->descriptor) : 0;
  file->kind = FILE_CLOSED;
  return result == 0 ? call_done(call, 0) : call_failed(call, errno, FAILED);
}

/* ---- output ---- */

static void console_put(semihosting_t *self, const void *bytes, size_t count) {
  if (self->config.console && count) fwrite(bytes, 1, count, self->config.console);
}

semihosting_status_t sys_writec(call_t *call) {
  uint8_t character;
  if (!call_read(call, call->parameter, &character, 1)) {
    return call_bad(call, "character at 0x%08x is not in memory", call->parameter);
  }
  console_put(call->self, &character, 1);
  return call_done(call, 0);
}

/* Copies COUNT bytes of guest memory to FILE. *LEFT is what the host did not take. The last byte is tried first, so
   that a wild length prints nothing. */
static bool copy_out(call_t *call, const guest_file_t *file, uint32_t address, uint32_t count, uint32_t *left) {
  uint8_t piece[PIECE_BYTES];
  *left = count;
  if (count && !(call_range_ok(address, count) && call_read(call, address + count - 1, piece, 1))) return false;
  while (*left) {
    uint32_t now = *left < PIECE_BYTES ? *left : PIECE_BYTES;
    if (!call_read(call, address + (count - *left), piece, now)) return false;
    ssize_t taken = now;
    if (file->kind == FILE_HOST) {
      taken = write(file->descriptor, piece, now);
    } else {
      console_put(call->self, piece, now);
    }
    if (taken <= 0) {
      call->self->last_errno = errno;
      break;
    }
    *left -= (uint32_t)taken;
  }
  return true;
}

/* The whole string is found before any of it is printed: no page of rubbish in front of the error. */
semihosting_status_t sys_write0(call_t *call) {
  static const guest_file_t console = {.kind = FILE_CONSOLE_OUT};
  uint32_t length, left;
  if (!string_length(call, call->parameter, &length) || !copy_out(call, &console, call->parameter, length, &left)) {
    return call_bad(call, "string at 0x%08x has no end within memory and 1 MiB", call->parameter);
  }
  return call_done(call, 0);
}

semihosting_status_t sys_write(call_t *call) {
  uint32_t address = call->block[1], count = call->block[2], left;
  const guest_file_t *file = file_of(call, call->block[0]);
  if (!file || file->kind == FILE_CONSOLE_IN || file->kind == FILE_FEATURES) return call_failed(call, EBADF, count);
  if (!copy_out(call, file, address, count, &left)) {
    return call_bad(call, "%u bytes at 0x%08x are not in memory", count, address);
  }
  return call_done(call, left);
}

/* ---- input ---- */

/* Up to COUNT bytes, from the console no further than the end of a line; 0 at the end of input, negative for errors. */
static ssize_t take(semihosting_t *self, guest_file_t *file, uint8_t *bytes, size_t count) {
  if (file->kind == FILE_HOST) return read(file->descriptor, bytes, count);
  if (file->kind == FILE_FEATURES) {
    size_t rest = sizeof features - file->position;
    if (count > rest) count = rest;
    memcpy(bytes, features + file->position, count);
    file->position += (uint32_t)count;
    return (ssize_t)count;
  }
  size_t taken = 0;
  while (self->config.input && taken < count) {
    int character = getc(self->config.input);
    if (character == EOF) break;
    bytes[taken++] = (uint8_t)character;
    if (character == '\n') break;
  }
  return (ssize_t)taken;
}

semihosting_status_t sys_read(call_t *call) {
  uint32_t address = call->block[1], count = call->block[2], left = count;
  guest_file_t *file = file_of(call, call->block[0]);
  if (!file || file->kind == FILE_CONSOLE_OUT) return call_failed(call, EBADF, FAILED);
  if (!call_range_ok(address, count)) return call_bad(call, "%u bytes at 0x%08x are not in memory", count, address);
  uint8_t piece[PIECE_BYTES];
  while (left) {
    uint32_t wanted = left < PIECE_BYTES ? left : PIECE_BYTES;
    ssize_t taken = take(call->self, file, piece, wanted);
    if (taken < 0) return call_failed(call, errno, FAILED);
    if (!call_write(call, address + (count - left), piece, (uint32_t)taken)) {
      return call_bad(call, "%u bytes at 0x%08x are not in memory", count, address);
    }
    left -= (uint32_t)taken;
    if ((uint32_t)taken < wanted || (file->kind == FILE_CONSOLE_IN && piece[taken - 1] == '\n')) break;
  }
  return call_done(call, left);
}

semihosting_status_t sys_readc(call_t *call) {
  int character = call->self->config.input ? getc(call->self->config.input) : EOF;
  return call_done(call, character == EOF ? FAILED : (uint32_t)character);
}

/* ---- about files ---- */

semihosting_status_t sys_iserror(call_t *call) { return call_done(call, call->block[0] >> 31); }

semihosting_status_t sys_istty(call_t *call) {
  const guest_file_t *file = file_of(call, call->block[0]);
  if (!file) return call_failed(call, EBADF, FAILED);
  return call_done(call, file->kind == FILE_CONSOLE_IN || file->kind == FILE_CONSOLE_OUT);
}

semihosting_status_t sys_seek(call_t *call) {
  guest_file_t *file = file_of(call, call->block[0]);
  uint32_t position = call->block[1];
  if (!file) return call_failed(call, EBADF, FAILED);
  if (file->kind == FILE_FEATURES && position <= sizeof features) {
    file->position = position;
    return call_done(call, 0);
  }
  if (file->kind != FILE_HOST) return call_failed(call, ESPIPE, FAILED);
  if (lseek(file->descriptor, position, SEEK_SET) < 0) return call_failed(call, errno, FAILED);
  return call_done(call, 0);
}

/* The console has length 0, not an error: newlib's fstat() asks this way, and gives up line buffering on failure. */
semihosting_status_t sys_flen(call_t *call) {
  const guest_file_t *file = file_of(call, call->block[0]);
  if (!file) return call_failed(call, EBADF, FAILED);
  if (file->kind == FILE_FEATURES) return call_done(call, sizeof features);
  if (file->kind != FILE_HOST) return call_done(call, 0);
  struct stat about;
  if (fstat(file->descriptor, &about) != 0) return call_failed(call, errno, FAILED);
  if (about.st_size > INT32_MAX) return call_failed(call, EOVERFLOW, FAILED);
  return call_done(call, (uint32_t)about.st_size);
}

/* Its parameter is a buffer for a name we do not give. */
semihosting_status_t sys_tmpnam(call_t *call) { return call_failed(call, ENOSYS, FAILED); }

semihosting_status_t sys_remove(call_t *call) {
  char text[HOST_NAME_MAX + 1];
  semihosting_status_t status;
  const char *name = guest_name(call, call->block[0], call->block[1], text, &status);
  if (!name) return status;
  if (host_directory_remove(call->self->root, name) != 0) return call_failed(call, errno, FAILED);
  return call_done(call, 0);
}

semihosting_status_t sys_rename(call_t *call) {
  char from_text[HOST_NAME_MAX + 1], to_text[HOST_NAME_MAX + 1];
  semihosting_status_t status;
  const char *from = guest_name(call, call->block[0], call->block[1], from_text, &status);
  if (!from) return status;
  const char *to = guest_name(call, call->block[2], call->block[3], to_text, &status);
  if (!to) return status;
  if (host_directory_rename(call->self->root, from, to) != 0) return call_failed(call, errno, FAILED);
  return call_done(call, 0);
}
