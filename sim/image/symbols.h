/* Address to source line and inline chain, from DWARF through libdw. Function names come from program.h: libdwfl
   keeps the Thumb bit of symbol values and names the wrong function at a boundary. */
#ifndef CMSIM_IMAGE_SYMBOLS_H
#define CMSIM_IMAGE_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct symbols symbols_t;

typedef struct {
  const char *file; /* as recorded by the compiler; owned by the symbols_t */
  unsigned line;
} source_line_t;

typedef struct {
  const char *function;    /* inlined function */
  source_line_t called_at; /* call site in the enclosing function */
} inline_frame_t;

/* Opens the DWARF of an ELF file. Returns NULL without a message when there is none: lines are optional. */
symbols_t *symbols_open(const char *path);
void symbols_close(symbols_t *symbols);

/* NULL-safe: SYMBOLS may be NULL. False when the address has no line. */
bool symbols_line(symbols_t *symbols, uint32_t address, source_line_t *line);
/* Innermost first; returns how many of at most LIMIT were written. */
size_t symbols_inlines(symbols_t *symbols, uint32_t address, inline_frame_t *frames, size_t limit);

#endif
