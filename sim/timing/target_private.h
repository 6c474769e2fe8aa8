/* What the files of the target loader share: a chip's file as libcyaml reads it, and the parts of it. */
#ifndef CMSIM_TIMING_TARGET_PRIVATE_H
#define CMSIM_TIMING_TARGET_PRIVATE_H

#include "base/yaml.h"
#include "timing/target.h"

/* Numbers are words here (see yamlfile_number()), and NULL is what the file does not say. */
typedef struct {
  char *name, *base, *bytes, *first_access, *first_write, *read_after_write, *beat_bytes, *beat_cycles, *src, *note;
  int kind, grade, clock;
} file_region_t;

typedef struct {
  char *max_mhz, *ratio, *src, *note;
  int grade;
} file_bus_t;

typedef struct {
  char *icache_bytes, *icache_ways, *dcache_bytes, *dcache_ways, *line_bytes, *src, *note;
  int grade;
} file_l1_t;

typedef struct {
  char *range, **up_to_mhz, *src, *note;
  unsigned up_to_mhz_count;
  int grade;
} file_wait_states_t;

typedef struct {
  char *read_bytes, *icache_lines, *dcache_lines, *line_bytes, *acr, *acr_reset, *latency_mask, *icache_bit,
      *dcache_bit, *prefetch_bit, *data_wait, *miss_wait, *src, *note;
  unsigned *has, *usual;
  int *clock;
  int grade;
  file_wait_states_t *wait_states;
  unsigned wait_states_count;
} file_flash_t;

typedef struct {
  char *mhz, *ma, *max_ma;
} file_point_t;

typedef struct {
  char *name, *volts, *workload, *src, *note;
  int mode, peripherals, grade;
  file_point_t *points;
  unsigned points_count;
} file_power_t;

typedef struct {
  char *name, *extends, *core, *title, *vendor, *zero_wait_mhz, *max_mhz, *peripherals, *hse_hz, *device_id, *cpuid,
      *priority_bits, *fpu;
  file_bus_t *bus;
  file_l1_t *l1;
  file_flash_t *flash;
  file_region_t *regions;
  unsigned regions_count;
  file_power_t *power;
  unsigned power_count;
} file_target_t;

extern const cyaml_schema_value_t target_schema;

/* A stretch of the file, for the places in messages. */
typedef struct {
  const yamlfile_t *text;
  size_t start, end;
} part_t;

part_t target_part(const yamlfile_t *text, const char *key);
/* The INDEX-th entry of a list inside PART whose entries have KEY, which comes first in each. */
part_t target_entry(const part_t *part, const char *key, unsigned index);
/* Says what is wrong with KEY of PART, and returns false. */
bool target_refuse(const part_t *part, const char *key, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Takes the number WORD of KEY into *VALUE; no word (NULL) leaves *VALUE as it is. */
bool target_number(const part_t *part, const char *key, const char *word, unsigned long max, unsigned *value);

/* What a target owns: its file, and the target it extends, to which inherited strings and points belong. */
typedef struct {
  file_target_t *file;
  target_t *parent;
} target_private_t;

/* Each takes what FILE says of one part into TARGET, which has PARENT's values (NULL: it extends none), and checks the
   result; defects are reported, and false. Listed entries replace those of the same name and come first. */
bool target_take_regions(const yamlfile_t *text, const file_target_t *file, const target_t *parent, target_t *target);
bool target_take_bus(const yamlfile_t *text, const file_bus_t *file, target_t *target);
bool target_take_l1(const yamlfile_t *text, const file_l1_t *file, target_t *target);
bool target_take_flash(const yamlfile_t *text, const file_flash_t *file, const target_t *parent, target_t *target);
bool target_take_power(const yamlfile_t *text, const file_target_t *file, const target_t *parent, target_t *target);

#endif
