/* The firmware image: what is programmed into the part and where, and every name it carries.

   Sources: ELF32 little-endian ARM (libelf), Intel HEX, raw binary. Everything returned is owned by the
   program_t and lives until program_close(). Addresses are byte addresses of the target; function addresses
   have the Thumb bit cleared. */
#ifndef CMSIM_IMAGE_PROGRAM_H
#define CMSIM_IMAGE_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One PT_LOAD: `data` (file_bytes long) is stored at load_address; at run time memory_bytes at run_address are
   used. They differ for .data, which start-up code copies from flash. For .bss file_bytes is 0. */
typedef struct {
  uint32_t load_address, run_address;
  uint32_t file_bytes, memory_bytes;
  const uint8_t *data;
  bool writable, executable;
} segment_t;

typedef struct {
  uint32_t address, size; /* size 0 in the symbol table: extended to the next function */
  const char *name;
} function_t;

typedef enum { OBJECT_FLASH, OBJECT_RAM } object_place_t;

/* One named thing that takes room: a data object or a function (in flash), from STT_OBJECT and STT_FUNC. */
typedef struct {
  const char *name, *section;
  uint32_t address, bytes;
  object_place_t place; /* initialised data counts as RAM; its flash copy is in flash_bytes */
  bool is_function;
} object_t;

typedef enum { CODE_THUMB, CODE_DATA, CODE_ARM } code_kind_t;

/* ELF for Arm mapping symbol ($t, $d, $a): KIND holds from ADDRESS to the next entry. */
typedef struct {
  uint32_t address;
  code_kind_t kind;
} mapping_t;

/* Region marker of firmware/cmsim.h, from the section cmsim.markers. */
typedef enum { MARKER_BEGIN = 1, MARKER_END = 2 } marker_kind_t;
typedef struct {
  uint32_t address; /* of the hint instruction */
  marker_kind_t kind;
  const char *name;
} marker_t;

typedef struct {
  char *path;
  char sha256[65];                    /* of the file, hex */
  char *build_id;                     /* hex of the GNU build id note, or NULL */
  uint32_t entry;                     /* ELF e_entry with bit 0 cleared; 0 for HEX and binary */
  uint32_t vector_table;              /* address of the vector table */
  uint32_t initial_sp, reset_handler; /* its first two words; reset_handler with bit 0 cleared */
  uint32_t flash_bytes;               /* bytes that must be programmed: sum of file_bytes */
  uint32_t ram_static_bytes;          /* run-time bytes of writable segments (.data + .bss) */
  bool has_static;                    /* the file says what RAM it needs (ELF) */
  bool stripped;                      /* no function symbols */

  segment_t *segments;
  size_t segment_count;
  function_t *functions;
  size_t function_count; /* sorted by address, no two equal addresses */
  object_t *objects;
  size_t object_count; /* sorted by size, largest first */
  mapping_t *mappings;
  size_t mapping_count; /* sorted by address */
  marker_t *markers;
  size_t marker_count; /* sorted by address */
  void *private_data;
} program_t;

typedef struct {
  bool has_base;
  uint32_t base; /* load address of a raw binary; refused for ELF, offset 0 only for HEX */
} program_options_t;

/* Opens PATH and checks everything that can be checked without running it; every problem is one diag_error
   (which names the file) and a NULL return:
   unreadable, empty, not a regular file, not ELF/HEX (binary needs base), wrong class, byte order or machine,
   A-profile or ARM-state code, truncated headers or contents, overlapping segments, no vector table, reset
   handler outside every segment, stack pointer not plausible (see program.c). */
program_t *program_open(const char *path, const program_options_t *options);
void program_close(program_t *program);

/* The function that contains ADDRESS, or NULL. O(log n). */
const function_t *program_function_at(const program_t *program, uint32_t address);
/* By exact name, or NULL. */
const function_t *program_function_named(const program_t *program, const char *name);
/* The index of FUNCTION in program->functions; -1 for NULL. */
int32_t program_function_index(const program_t *program, const function_t *function);
/* Value of any symbol by name (for `end`, `_end`, ...). False when absent. */
bool program_symbol(const program_t *program, const char *name, uint32_t *value);
/* Kind of the bytes at ADDRESS; CODE_THUMB when the image has no mapping symbols. */
code_kind_t program_code_kind(const program_t *program, uint32_t address);

#endif
