/* A target: the core a chip has and the memory around it, read from configs/NAME.yaml. configs/README.md says what
   the columns mean. */
#ifndef CMSIM_TIMING_TARGET_H
#define CMSIM_TIMING_TARGET_H

#include "timing/cost_model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { REGION_RAM, REGION_FLASH, REGION_ITCM, REGION_DTCM, REGION_DEVICE } region_kind_t;

typedef struct {
  const char *name;
  region_kind_t kind;
  uint32_t base, bytes;      /* base + bytes is at most 2^32 */
  unsigned first_access;     /* wait cycles of a read that does not stream behind another access */
  unsigned first_write;      /* the same of a write; only a following access notices */
  unsigned read_after_write; /* further wait cycles of a read directly behind a write */
  const char *source, *note;
  grade_t grade;
  unsigned line; /* in the file */
} region_t;

/* All strings belong to the target. */
typedef struct {
  const char *name, *core, *title;
  region_t *regions; /* in order of address, none overlapping */
  size_t region_count;
  unsigned zero_wait_mhz;  /* above this clock the part's flash waits, which is not modelled yet; 0: not stated */
  unsigned max_mhz;        /* 0: not stated */
  const char *peripherals; /* configs/peripherals/NAME.yaml, or NULL */
  uint32_t hse_hz;         /* crystal of the usual board; 0: as the family has it */
  uint32_t device_id;      /* DBGMCU_IDCODE; 0: not stated */
  uint32_t cpuid;          /* 0: the core's usual revision */
  unsigned priority_bits;  /* implemented bits of an interrupt priority; 0: not stated */
  bool single_precision;   /* the FPU has no double precision, though the core may have it */
  char hash[65];           /* SHA-256 of the file */
  void *private_data;
} target_t;

/* Loads DIRECTORY/NAME.yaml, e.g. ("configs", "generic-m4"). Any defect is one diag_error_at line, and NULL. */
target_t *target_load(const char *directory, const char *name);
/* What if KEY (first_access, first_write, read_after_write) of region NAME were VALUE (0 to 255)? Its grade becomes
   `assumed`. False when there is no such region or key. */
bool target_set(target_t *target, const char *name, const char *key, unsigned value);
void target_free(target_t *target);

const char *region_kind_name(region_kind_t kind);

#endif
