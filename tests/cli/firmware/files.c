/* files.c: semihosting files. Reads in.txt, writes it to out.txt in reverse; then tries what --files must not allow. */
#include "host_call.h"
#include "semihosting.h"

#include <string.h>

enum { SYS_OPEN = 1, SYS_CLOSE = 2, SYS_WRITE = 5, SYS_READ = 6, SYS_SEEK = 0x0A, SYS_FLEN = 0x0C };
enum { MODE_READ = 1, MODE_WRITE = 5, FAILED = -1 };

static int32_t open(const char *name, uint32_t mode) {
  const uint32_t block[3] = {(uint32_t)(uintptr_t)name, mode, strlen(name)};
  return (int32_t)host_call(SYS_OPEN, block);
}

static uint32_t call3(uint32_t operation, int32_t file, const void *bytes, uint32_t count) {
  const uint32_t block[3] = {(uint32_t)file, (uint32_t)(uintptr_t)bytes, count};
  return host_call(operation, block);
}

static uint32_t call1(uint32_t operation, int32_t file) { return call3(operation, file, 0, 0); }

static int copy_reversed(int32_t in, int32_t out) {
  char bytes[64];
  const uint32_t length = call1(SYS_FLEN, in);
  if (length > sizeof bytes) return 4;
  for (uint32_t i = 0; i < length; i++) {
    const uint32_t seek[2] = {(uint32_t)in, length - 1 - i};
    if (host_call(SYS_SEEK, seek) != 0 || call3(SYS_READ, in, &bytes[i], 1) != 0) return 5;
  }
  if (call3(SYS_WRITE, out, bytes, length) != 0) return 6;
  return call1(SYS_CLOSE, in) || call1(SYS_CLOSE, out) ? 7 : 0;
}

int main(void) {
  const int32_t in = open("in.txt", MODE_READ);
  if (in == FAILED) {
    print_text("no in.txt\n");
    return 2;
  }
  if (open("../in.txt", MODE_READ) != FAILED || open("/in.txt", MODE_READ) != FAILED ||
      open("../escape.txt", MODE_WRITE) != FAILED) {
    return 3;
  }
  const int32_t out = open("out.txt", MODE_WRITE);
  if (out == FAILED) return 8;
  return copy_reversed(in, out);
}
