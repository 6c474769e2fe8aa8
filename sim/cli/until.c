/* --until TEXT: the run ends when the firmware has printed TEXT. A stream that passes everything on and looks at it. */
#include "cli/run_options.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 256 };

typedef struct {
  FILE *out;
  const char *text;
  size_t length, seen_count;
  char seen[TEXT_MAX]; /* the last `length` characters printed */
  volatile sig_atomic_t *requests;
} until_t;

static void look_at(until_t *until, char c) {
  if (until->seen_count == until->length) {
    memmove(until->seen, until->seen + 1, until->length - 1);
    until->seen_count--;
  }
  until->seen[until->seen_count++] = c;
  if (until->seen_count == until->length && memcmp(until->seen, until->text, until->length) == 0) {
    *until->requests |= REQUEST_STOP;
  }
}

static ssize_t pass_on(void *cookie, const char *bytes, size_t count) {
  until_t *until = cookie;
  for (size_t i = 0; i < count; i++)
    look_at(until, bytes[i]);
  return (ssize_t)(until->out ? fwrite(bytes, 1, count, until->out) : count);
}

static int close_until(void *cookie) {
  free(cookie);
  return 0;
}

FILE *until_printed(FILE *out, const char *text, volatile sig_atomic_t *requests) {
  size_t length = strlen(text);
  until_t *until = length && length <= TEXT_MAX ? calloc(1, sizeof *until) : NULL;
  if (!until) return NULL;
  *until = (until_t){.out = out, .text = text, .length = length, .requests = requests};
  FILE *stream = fopencookie(until, "w", (cookie_io_functions_t){.write = pass_on, .close = close_until});
  if (!stream) {
    free(until);
    return NULL;
  }
  setvbuf(stream, NULL, _IONBF, 0); /* seen as it is printed, so that the end does not depend on buffers */
  return stream;
}
