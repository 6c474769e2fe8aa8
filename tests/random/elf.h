/* The ELF file of a random program. */
#ifndef CMSIM_TESTS_RANDOM_ELF_H
#define CMSIM_TESTS_RANDOM_ELF_H

#include "emit.h"

/* A part of memory: stored at LOAD, used at RUN. DATA NULL: cleared, or not stored at all. */
typedef struct {
  const char *name;
  const void *data;
  uint32_t load, run, bytes;
  bool writable, executable;
} elf_part_t;

/* Parts become segments and sections of their names; functions, mapping symbols and region markers are those of PLAN.
   Returns the bytes written to FILE, which has room for LIMIT. */
size_t elf_write(uint8_t *file, size_t limit, const plan_t *plan, const elf_part_t *parts, unsigned part_count,
                 uint32_t entry);

#endif
