/* Messages for people: one line each on stderr, shaped "file:line:column: error: text" where a file is at
   fault, so that editors and CI jump to it. `assert` is for our bugs, diag for everybody else's.

   Modules report through diag and return false/NULL; only the CLI decides on the exit code. */
#ifndef CMSIM_BASE_DIAG_H
#define CMSIM_BASE_DIAG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

/* Exit codes of every sub-command. */
enum { EXIT_PASS = 0, EXIT_BROKEN = 1, EXIT_TROUBLE = 2 };

/* Where messages go; NULL restores stderr. Tests redirect it. The stream stays the caller's. */
void diag_set_stream(FILE *stream);

/* "cmsim: error: ..." */
void diag_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "FILE:LINE:COLUMN: error: ..."; line and column are left out when 0. */
void diag_error_at(const char *file, unsigned line, unsigned column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* "cmsim: warning: ..." */
void diag_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "cmsim: ...": what the user is waiting for. */
void diag_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One '\r' progress line, only when the stream is a terminal; the next message clears it. */
void diag_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
void diag_progress_clear(void);

/* True when colour may be written to STREAM: a terminal, and NO_COLOR is unset or empty. */
bool diag_colour(FILE *stream);

#endif
