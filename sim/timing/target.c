#include "timing/target.h"

#include "base/diag.h"
#include "base/yaml.h"

#include <stdlib.h>
#include <string.h>

/* Numbers are words here: see yamlfile_number(). */
typedef struct {
  char *name, *base, *bytes, *first_access, *first_write, *read_after_write, *src, *note;
  int kind, grade;
} file_region_t;

typedef struct {
  char *name, *core, *title, *zero_wait_mhz, *max_mhz, *peripherals, *hse_hz, *device_id, *cpuid, *priority_bits, *fpu;
  file_region_t *regions;
  unsigned regions_count;
} file_target_t;

/* In the order of region_kind_t. */
static const cyaml_strval_t kind_words[] = {{"ram", REGION_RAM},
                                            {"flash", REGION_FLASH},
                                            {"itcm", REGION_ITCM},
                                            {"dtcm", REGION_DTCM},
                                            {"device", REGION_DEVICE}};
static const cyaml_strval_t grade_words[] = {{"documented", GRADE_DOCUMENTED},
                                             {"measured", GRADE_MEASURED},
                                             {"inferred", GRADE_INFERRED},
                                             {"assumed", GRADE_ASSUMED}};

static const cyaml_schema_field_t region_fields[] = {
    YAMLFILE_WORD("name", YAMLFILE_MUST, file_region_t, name),
    YAMLFILE_ENUM("kind", YAMLFILE_MUST, file_region_t, kind, kind_words),
    YAMLFILE_WORD("base", YAMLFILE_MUST, file_region_t, base),
    YAMLFILE_WORD("bytes", YAMLFILE_MUST, file_region_t, bytes),
    YAMLFILE_WORD("first_access", YAMLFILE_MUST, file_region_t, first_access),
    YAMLFILE_WORD("first_write", YAMLFILE_MAY, file_region_t, first_write),
    YAMLFILE_WORD("read_after_write", YAMLFILE_MAY, file_region_t, read_after_write),
    YAMLFILE_WORD("src", YAMLFILE_MUST, file_region_t, src),
    YAMLFILE_WORD("note", YAMLFILE_MAY, file_region_t, note),
    YAMLFILE_ENUM("grade", YAMLFILE_MUST, file_region_t, grade, grade_words),
    CYAML_FIELD_END};
static const cyaml_schema_value_t region_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, file_region_t, region_fields)};
static const cyaml_schema_field_t target_fields[] = {
    YAMLFILE_WORD("name", YAMLFILE_MUST, file_target_t, name),
    YAMLFILE_WORD("core", YAMLFILE_MUST, file_target_t, core),
    YAMLFILE_WORD("title", YAMLFILE_MUST, file_target_t, title),
    YAMLFILE_WORD("peripherals", YAMLFILE_MAY, file_target_t, peripherals),
    YAMLFILE_WORD("hse_hz", YAMLFILE_MAY, file_target_t, hse_hz),
    YAMLFILE_WORD("device_id", YAMLFILE_MAY, file_target_t, device_id),
    YAMLFILE_WORD("cpuid", YAMLFILE_MAY, file_target_t, cpuid),
    YAMLFILE_WORD("priority_bits", YAMLFILE_MAY, file_target_t, priority_bits),
    YAMLFILE_WORD("fpu", YAMLFILE_MAY, file_target_t, fpu),
    YAMLFILE_WORD("zero_wait_mhz", YAMLFILE_MAY, file_target_t, zero_wait_mhz),
    YAMLFILE_WORD("max_mhz", YAMLFILE_MAY, file_target_t, max_mhz),
    CYAML_FIELD_SEQUENCE("regions", CYAML_FLAG_POINTER, file_target_t, regions, &region_entry, 1, CYAML_UNLIMITED),
    CYAML_FIELD_END};
static const cyaml_schema_value_t target_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, file_target_t, target_fields)};

const char *region_kind_name(region_kind_t kind) { return kind_words[kind].str; }

/* START and END: the text of the region. */
static bool number(const yamlfile_t *text, size_t start, size_t end, const char *key, const char *word,
                   unsigned long max, unsigned long *value) {
  if (yamlfile_number(word, max, value)) return true;
  yamlfile_error_at(text, yamlfile_find_key(text, start, end, key), "%s: '%.40s' is no whole number from 0 to %lu", key,
                    word, max);
  return false;
}

static bool load_region(const yamlfile_t *text, size_t start, size_t end, const file_region_t *file, region_t *region) {
  unsigned long base = 0, bytes = 0, first_access = 0, first_write = 0, read_after_write = 0;
  if (!number(text, start, end, "base", file->base, UINT32_MAX, &base) ||
      !number(text, start, end, "bytes", file->bytes, UINT32_MAX, &bytes) ||
      !number(text, start, end, "first_access", file->first_access, UINT8_MAX, &first_access) ||
      (file->first_write && !number(text, start, end, "first_write", file->first_write, UINT8_MAX, &first_write)) ||
      (file->read_after_write &&
       !number(text, start, end, "read_after_write", file->read_after_write, UINT8_MAX, &read_after_write))) {
    return false;
  }
  if (bytes == 0 || (uint64_t)base + bytes > UINT64_C(1) << 32) {
    yamlfile_error_at(text, yamlfile_find_key(text, start, end, "bytes"), "region %.40s is empty or ends above 4 GiB",
                      file->name);
    return false;
  }
  *region = (region_t){.name = file->name,
                       .kind = (region_kind_t)file->kind,
                       .base = (uint32_t)base,
                       .bytes = (uint32_t)bytes,
                       .first_access = (unsigned)first_access,
                       .first_write = (unsigned)first_write,
                       .read_after_write = (unsigned)read_after_write,
                       .source = file->src,
                       .note = file->note,
                       .grade = (grade_t)file->grade,
                       .line = yamlfile_line(text, start)};
  return true;
}

static bool load_regions(const yamlfile_t *text, const file_target_t *file, target_t *target) {
  size_t end = yamlfile_find_key(text, 0, text->length, "regions");
  end = yamlfile_find_key(text, end, text->length, "name");
  for (unsigned i = 0; i < file->regions_count; i++) {
    size_t start = end, behind = start < text->length ? start + 1 : start;
    end = yamlfile_find_key(text, behind, text->length, "name");
    region_t *region = &target->regions[i];
    if (!load_region(text, start, end, &file->regions[i], region)) return false;
    for (unsigned k = 0; k < i; k++) {
      if (strcmp(region->name, target->regions[k].name) != 0) continue;
      yamlfile_error_at(text, start, "region %.40s is listed already", region->name);
      return false;
    }
    if (i > 0 && region->base < (uint64_t)region[-1].base + region[-1].bytes) {
      yamlfile_error_at(text, yamlfile_find_key(text, start, end, "base"),
                        "region %.40s starts inside or below region %.40s", region->name, region[-1].name);
      return false;
    }
    target->region_count++;
  }
  return true;
}

static bool load_target(const yamlfile_t *text, const char *name, target_t *target) {
  file_target_t *file = target->private_data = yamlfile_load(text, &target_schema);
  if (!file) return false;
  target->name = file->name;
  target->core = file->core;
  target->title = file->title;
  if (strcmp(file->name, name) != 0) {
    yamlfile_error_at(text, yamlfile_find_key(text, 0, text->length, "name"), "this is '%.40s', not '%.40s'",
                      file->name, name);
    return false;
  }
  if (strcmp(file->core, "cortex-m4") != 0 && strcmp(file->core, "cortex-m7") != 0) {
    yamlfile_error_at(text, yamlfile_find_key(text, 0, text->length, "core"),
                      "no pipeline for '%.40s': cortex-m4 and cortex-m7 have one", file->core);
    return false;
  }
  if (file->fpu && strcmp(file->fpu, "single") != 0 && strcmp(file->fpu, "double") != 0) {
    yamlfile_error_at(text, yamlfile_find_key(text, 0, text->length, "fpu"), "'%.40s' is neither single nor double",
                      file->fpu);
    return false;
  }
  unsigned long zero_wait = 0, most = 0, hse = 0, id = 0, cpuid = 0, bits = 0;
  if ((file->zero_wait_mhz &&
       !number(text, 0, text->length, "zero_wait_mhz", file->zero_wait_mhz, 10000, &zero_wait)) ||
      (file->max_mhz && !number(text, 0, text->length, "max_mhz", file->max_mhz, 10000, &most)) ||
      (file->hse_hz && !number(text, 0, text->length, "hse_hz", file->hse_hz, UINT32_MAX, &hse)) ||
      (file->device_id && !number(text, 0, text->length, "device_id", file->device_id, UINT32_MAX, &id)) ||
      (file->cpuid && !number(text, 0, text->length, "cpuid", file->cpuid, UINT32_MAX, &cpuid)) ||
      (file->priority_bits && !number(text, 0, text->length, "priority_bits", file->priority_bits, 8, &bits))) {
    return false;
  }
  target->zero_wait_mhz = (unsigned)zero_wait;
  target->max_mhz = (unsigned)most;
  target->peripherals = file->peripherals;
  target->hse_hz = (uint32_t)hse;
  target->device_id = (uint32_t)id;
  target->cpuid = (uint32_t)cpuid;
  target->priority_bits = (unsigned)bits;
  target->single_precision = file->fpu && strcmp(file->fpu, "single") == 0;
  target->regions = calloc(file->regions_count, sizeof *target->regions);
  if (!target->regions) {
    diag_error("out of memory");
    return false;
  }
  yamlfile_hash(text, 1, target->hash);
  return load_regions(text, file, target);
}

target_t *target_load(const char *directory, const char *name) {
  yamlfile_t text;
  if (!yamlfile_read(&text, directory, name)) return NULL;
  target_t *target = calloc(1, sizeof *target);
  if (!target) {
    diag_error("out of memory");
  } else if (!load_target(&text, name, target)) {
    target_free(target);
    target = NULL;
  }
  yamlfile_close(&text);
  return target;
}

bool target_set(target_t *target, const char *name, const char *key, unsigned value) {
  for (size_t i = 0; i < target->region_count; i++) {
    region_t *region = &target->regions[i];
    if (strcmp(region->name, name) != 0) continue;
    unsigned *place = strcmp(key, "first_access") == 0       ? &region->first_access
                      : strcmp(key, "first_write") == 0      ? &region->first_write
                      : strcmp(key, "read_after_write") == 0 ? &region->read_after_write
                                                             : NULL;
    if (!place) return false;
    *place = value;
    region->grade = GRADE_ASSUMED;
    return true;
  }
  return false;
}

void target_free(target_t *target) {
  if (!target) return;
  free(target->regions);
  yamlfile_free(target->private_data, &target_schema);
  free(target);
}
