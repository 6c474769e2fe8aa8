/* What memory the part has for this run: the target's regions, and flash and RAM derived from the image when the target
   leaves them open. */
#ifndef CMSIM_MACHINE_MEMORY_MAP_H
#define CMSIM_MACHINE_MEMORY_MAP_H

#include "image/program.h"
#include "timing/target.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct mapped_region {
  char name[16];
  uint32_t base, bytes;
  bool writable;
  uint8_t first_access, first_write, read_after_write; /* wait cycles: see timing/target.h */
  uint8_t slave;                                       /* see timing/pipeline.h */
  uint8_t grade;                                       /* grade_t of those numbers */
  uint8_t number;                                      /* its place in the map */
  uint8_t *host;                                       /* its contents; NULL until the machine has mapped it */
} mapped_region_t;

enum { MAPPED_REGIONS_MAX = 32 };

typedef struct {
  mapped_region_t regions[MAPPED_REGIONS_MAX];
  size_t count;
  bool ideal;       /* no wait cycles anywhere */
  bool flash_given; /* the target says where flash is; else it follows the image */
} memory_map_t;

/* Limits from the command line, 0: none. */
typedef struct {
  uint32_t flash_bytes, ram_bytes;
} memory_limits_t;

/* False with one diag_error when a segment does not fit: names the region that is too small and by how much. */
bool memory_map_build(memory_map_t *map, const target_t *target, const program_t *program,
                      const memory_limits_t *limits);

const mapped_region_t *memory_map_find(const memory_map_t *map, uint32_t address);

/* "flash 0x08000000 512 KiB, ram 0x20000000 1024 KiB, zero wait states"; at most SIZE bytes. */
void memory_map_describe(const memory_map_t *map, char *text, size_t size);

#endif
