#include "base/diag.h"

#include <stdlib.h>
#include <unistd.h>

static FILE *redirected;
static bool progress_shown;

static FILE *stream_now(void) { return redirected ? redirected : stderr; }

void diag_set_stream(FILE *stream) { redirected = stream; }

bool diag_colour(FILE *stream) {
  const char *no_colour = getenv("NO_COLOR");
  return isatty(fileno(stream)) && !(no_colour && *no_colour);
}

void diag_progress_clear(void) {
  if (!progress_shown) return;
  fputs("\r\033[K", stream_now());
  progress_shown = false;
}

void diag_progress(const char *format, ...) {
  if (redirected || !isatty(STDERR_FILENO)) return;
  va_list args;
  va_start(args, format);
  fputs("\r\033[K", stderr);
  vfprintf(stderr, format, args);
  va_end(args);
  fflush(stderr);
  progress_shown = true;
}

static void say(const char *prefix, const char *level, const char *format, va_list args) {
  diag_progress_clear();
  FILE *stream = stream_now();
  fprintf(stream, "%s: %s: ", prefix, level);
  vfprintf(stream, format, args);
  fputc('\n', stream);
}

void diag_error(const char *format, ...) {
  va_list args;
  va_start(args, format);
  say("cmsim", "error", format, args);
  va_end(args);
}

void diag_warning(const char *format, ...) {
  va_list args;
  va_start(args, format);
  say("cmsim", "warning", format, args);
  va_end(args);
}

void diag_note(const char *format, ...) {
  diag_progress_clear();
  va_list args;
  va_start(args, format);
  fputs("cmsim: ", stream_now());
  vfprintf(stream_now(), format, args);
  va_end(args);
  fputc('\n', stream_now());
}

void diag_error_at(const char *file, unsigned line, unsigned column, const char *format, ...) {
  char prefix[4096 + 32];
  if (line && column) {
    snprintf(prefix, sizeof prefix, "%.4000s:%u:%u", file, line, column);
  } else if (line) {
    snprintf(prefix, sizeof prefix, "%.4000s:%u", file, line);
  } else {
    snprintf(prefix, sizeof prefix, "%.4000s", file);
  }
  va_list args;
  va_start(args, format);
  say(prefix, "error", format, args);
  va_end(args);
}
