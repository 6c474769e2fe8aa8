/* Shared by the files of this module only: what a file format hands over before it is indexed and checked.

   Order of work (program.c): read the file, hash it, one reader (program_elf.c or program_hex.c) fills segments,
   sections and raw symbols, program_notes.c reads the small sections, program_index.c sorts the names, program_check.c
   refuses what silicon could not start. Each step is a bool: false means that one message has been written. */
#ifndef CMSIM_IMAGE_PROGRAM_PRIVATE_H
#define CMSIM_IMAGE_PROGRAM_PRIVATE_H

#include "image/program.h"

typedef enum { SECTION_OTHER, SECTION_NOTE, SECTION_ATTRIBUTES } section_kind_t;

typedef struct {
  const char *name;
  uint32_t address, bytes; /* run address */
  uint8_t *data;           /* NULL without contents in the file (.bss) */
  section_kind_t kind;
  bool allocated, writable;
} section_t;

typedef enum { SYMBOL_OTHER, SYMBOL_FUNCTION, SYMBOL_OBJECT } symbol_kind_t;
/* In order of preference when several names share an address. */
typedef enum { BINDING_GLOBAL, BINDING_WEAK, BINDING_LOCAL } binding_t;

typedef struct {
  const char *name;
  uint32_t value, size;     /* bit 0 of a function cleared */
  uint32_t order;           /* position in the symbol table: ties are broken the same way on every run */
  const section_t *section; /* NULL for an absolute symbol */
  symbol_kind_t kind;
  binding_t binding;
} raw_symbol_t;

/* program_t.private_data. Names and segment contents point into `file`. */
typedef struct {
  uint8_t *file;
  size_t file_bytes;
  uint8_t *contents; /* HEX only: the decoded bytes */
  section_t *sections;
  size_t section_count;
  raw_symbol_t *symbols;
  size_t symbol_count;
  raw_symbol_t **by_name; /* no mapping symbols */
  size_t by_name_count;
  uint64_t *reach; /* reach[i]: the furthest end of functions 0..i, so that a lookup knows when to stop */
} image_t;

/* As program_open, on bytes already in memory (copied); NAME stands in messages. */
program_t *program_open_memory(const char *name, const uint8_t *bytes, size_t size, const program_options_t *options);

/* One message that names the file (and LINE, when not 0); always false. */
bool program_fail(const program_t *program, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Zeroed, never NULL for COUNT 0; NULL after one message. */
void *program_array(const program_t *program, size_t count, size_t size);
image_t *program_image(const program_t *program);

bool program_read_elf(program_t *program);
bool program_read_hex(program_t *program);
bool program_read_binary(program_t *program, uint32_t base);

bool program_check_profile(program_t *program);
bool program_read_build_id(program_t *program);
bool program_read_markers(program_t *program);

bool program_index_symbols(program_t *program);

/* BASE not NULL: the vector table is there and nowhere else. */
bool program_check(program_t *program, const uint32_t *base);

/* Segment whose run-time bytes hold ADDRESS, or NULL. */
const segment_t *program_segment_running(const program_t *program, uint32_t address);
/* Segment whose stored bytes hold the SIZE bytes at load address ADDRESS, or NULL. */
const segment_t *program_segment_stored(const program_t *program, uint32_t address, uint32_t size);
/* Does the segment take room in RAM at run time? */
bool program_segment_in_ram(const segment_t *segment);

/* Little-endian word at BYTES, of any alignment. */
uint32_t program_word(const uint8_t *bytes);

#endif
