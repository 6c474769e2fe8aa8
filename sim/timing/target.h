/* A target: the core a chip has and the chip around it, read from configs/NAME.yaml. configs/README.md says what
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
  unsigned beat_bytes;       /* 4 or 8: width of its bus, what one beat of a burst carries */
  unsigned beat_cycles;      /* cycles of a beat behind the first */
  bool bus_clock;            /* the cycles above are those of the bus, else of the core */
  const char *source, *note;
  grade_t grade;
  unsigned line; /* in the file */
} region_t;

/* Buses beside the core (AXI, AHB) of a part where they run slower than it. */
typedef struct {
  unsigned max_mhz; /* 0: they run at the core's clock */
  bool forced;      /* by --set */
  unsigned ratio;   /* core cycles per bus cycle as the vendor's usual start-up sets it, at least 1 */
  provenance_t from;
} bus_t;

/* First level caches of a Cortex-M7; sizes 0: the part has none. */
typedef struct {
  unsigned icache_bytes, dcache_bytes, icache_ways, dcache_ways, line_bytes;
  provenance_t from;
} l1_t;

/* One row of the table of wait states: with N wait states the flash works up to up_to_mhz[N]. */
enum { WAIT_STATES_MAX = 16 };
typedef struct {
  const char *range;                   /* supply and voltage scale, e.g. "2.7 to 3.6 V" */
  unsigned up_to_khz[WAIT_STATES_MAX]; /* ascending */
  unsigned count;
  provenance_t from;
} wait_states_t;

/* Switches of a flash interface, as bits. */
enum { FLASH_ICACHE = 1, FLASH_DCACHE = 2, FLASH_PREFETCH = 4 };

/* The flash interface: array, line caches, prefetch. read_bytes 0: not described, flash answers at once. */
typedef struct {
  unsigned read_bytes;                 /* what one read of the array delivers */
  unsigned icache_lines, dcache_lines; /* 0: no such cache in the interface */
  unsigned line_bytes;                 /* of those caches: one or several reads */
  unsigned has;                        /* switches it has, FLASH_* */
  unsigned usual;                      /* those on after the vendor's usual start-up */
  bool bus_clock;                      /* its table and its wait states are in cycles of the bus, else of the core */
  uint32_t acr;          /* address of the register that sets it, 0: firmware's settings are not followed */
  uint32_t acr_reset;    /* its value after reset */
  uint32_t latency_mask; /* its field of wait states, from bit 0 on */
  uint32_t icache_bit, dcache_bit, prefetch_bit; /* masks of its switches, 0: none */
  unsigned data_wait;                            /* wait cycles of a data read that its cache or buffer has */
  unsigned miss_wait;                            /* cycles that a read of the array takes beyond 1 + wait states */
  int wait_states_forced;                        /* whatever clock and firmware say; -1: not forced */
  unsigned forced_on, forced_off;                /* switches that stay so whatever firmware writes */
  provenance_t from;
  wait_states_t *tables; /* the first is the usual one */
  size_t table_count;
} flash_t;

typedef struct {
  unsigned khz;
  double milliamperes; /* typical, 25 C */
  double at_most;      /* the data sheet's maximum, 0: none stated */
} current_t;

/* Supply current by clock, under stated conditions. */
typedef struct {
  const char *name; /* what distinguishes it in words: "flash, ART on, LDO" */
  bool sleep;       /* in sleep, else while running */
  double volts;
  const char *workload, *peripherals;
  current_t *points; /* ascending clock */
  size_t point_count;
  provenance_t from;
} power_t;

/* All strings belong to the target. */
typedef struct {
  const char *name, *core, *title;
  const char *vendor;  /* NULL: not stated */
  const char *extends; /* the target it was written on top of, or NULL */
  region_t *regions;   /* in order of address, none overlapping */
  size_t region_count;
  bus_t bus;
  l1_t l1;
  flash_t flash;
  power_t *power; /* the first that does not sleep is the usual one */
  size_t power_count;
  unsigned zero_wait_mhz;  /* above this clock the part's flash waits, where no table says more; 0: not stated */
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
/* The chip that a person calls NAME: one of DIRECTORY or, where NAME holds a slash or ends in .yaml, a file of their
   own, which may extend one of DIRECTORY. An unknown name is one diag_error line that begins with WHAT and names the
   nearest. */
target_t *target_find(const char *directory, const char *what, const char *name);

/* The chips of DIRECTORY in alphabetical order, without the generic targets; freed with target_names_free(). */
char **target_names(const char *directory, size_t *count);
void target_names_free(char **names, size_t count);
/* Writes "; did you mean A or B?" to TEXT, or nothing when no name is near. */
void target_suggest(const char *directory, const char *name, char *text, size_t size);

/* What if a number of the chip were VALUE (0 to 255)? Of a region: first_access, first_write, read_after_write,
   beat_cycles; of the flash interface, whose NAME is "flash" as that of a region may be: wait_states, data_wait,
   miss_wait, and its switches icache, dcache, prefetch (0: off), all of which then stay so whatever firmware writes; of
   the bus: ratio. The grade becomes `assumed`. False when the chip has no such thing. */
bool target_set(target_t *target, const char *name, const char *key, unsigned value);

/* Table of wait states at the usual supply, or NULL. */
const wait_states_t *target_wait_table(const target_t *target);
/* Wait states that the usual table asks for at that core clock, or those forced; -1 when there is no table or its last
   row is below that clock. */
int target_wait_states(const target_t *target, double core_mhz);

void target_free(target_t *target);

const char *region_kind_name(region_kind_t kind);

#endif
