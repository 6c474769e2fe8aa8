/* Reads a chip's file: the chip itself and its regions. */
#include "base/diag.h"
#include "timing/target_private.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

part_t target_part(const yamlfile_t *text, const char *key) {
  part_t part = {.text = text};
  yamlfile_find_part(text, key, &part.start, &part.end);
  return part;
}

part_t target_entry(const part_t *part, const char *key, unsigned index) {
  part_t entry = {.text = part->text, .start = yamlfile_find_key(part->text, part->start, part->end, key)};
  for (unsigned i = 0; i < index && entry.start < part->end; i++) {
    entry.start = yamlfile_find_key(part->text, entry.start + 1, part->end, key);
  }
  size_t behind = entry.start < part->end ? entry.start + 1 : entry.start;
  entry.end = yamlfile_find_key(part->text, behind, part->end, key);
  return entry;
}

bool target_refuse(const part_t *part, const char *key, const char *format, ...) {
  char message[256];
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  size_t at = yamlfile_find_key(part->text, part->start, part->end, key);
  yamlfile_error_at(part->text, at < part->end ? at : part->start, "%s", message);
  return false;
}

bool target_number(const part_t *part, const char *key, const char *word, unsigned long max, unsigned *value) {
  unsigned long number = 0;
  if (!word) return true;
  if (!yamlfile_number(word, max, &number)) {
    return target_refuse(part, key, "%s: '%.40s' is no whole number from 0 to %lu", key, word, max);
  }
  *value = (unsigned)number;
  return true;
}

static bool take_region(const part_t *part, const file_region_t *file, region_t *region) {
  *region = (region_t){.name = file->name,
                       .kind = (region_kind_t)file->kind,
                       .beat_bytes = 4,
                       .beat_cycles = 1,
                       .bus_clock = file->clock != 0,
                       .source = file->src,
                       .note = file->note,
                       .grade = (grade_t)file->grade,
                       .line = yamlfile_line(part->text, part->start)};
  if (!target_number(part, "base", file->base, UINT32_MAX, &region->base) ||
      !target_number(part, "bytes", file->bytes, UINT32_MAX, &region->bytes) ||
      !target_number(part, "first_access", file->first_access, UINT8_MAX, &region->first_access) ||
      !target_number(part, "first_write", file->first_write, UINT8_MAX, &region->first_write) ||
      !target_number(part, "read_after_write", file->read_after_write, UINT8_MAX, &region->read_after_write) ||
      !target_number(part, "beat_bytes", file->beat_bytes, UINT8_MAX, &region->beat_bytes) ||
      !target_number(part, "beat_cycles", file->beat_cycles, UINT8_MAX, &region->beat_cycles)) {
    return false;
  }
  if (region->bytes == 0 || (uint64_t)region->base + region->bytes > UINT64_C(1) << 32) {
    return target_refuse(part, "bytes", "region %.40s is empty or ends above 4 GiB", region->name);
  }
  if (region->beat_bytes != 4 && region->beat_bytes != 8) {
    return target_refuse(part, "beat_bytes", "beat_bytes: a bus has 4 or 8 bytes, not %u", region->beat_bytes);
  }
  if (region->beat_cycles == 0) return target_refuse(part, "beat_cycles", "beat_cycles: a beat takes at least 1 cycle");
  return true;
}

static const region_t *overlapping(const region_t *regions, size_t count, const region_t *region) {
  for (size_t i = 0; i < count; i++) {
    uint64_t end = (uint64_t)regions[i].base + regions[i].bytes;
    if (region->base < end && regions[i].base < (uint64_t)region->base + region->bytes) return &regions[i];
  }
  return NULL;
}

static bool has_region(const target_t *target, const char *name) {
  for (size_t i = 0; i < target->region_count; i++) {
    if (strcmp(name, target->regions[i].name) == 0) return true;
  }
  return false;
}

/* Regions of PARENT that the file does not replace go between its own, in order of address. */
static bool inherit_regions(const part_t *part, const target_t *parent, target_t *target) {
  size_t own = target->region_count;
  region_t *kept = &target->regions[own];
  size_t kept_count = 0;
  for (size_t i = 0; i < parent->region_count; i++) {
    if (!has_region(target, parent->regions[i].name)) kept[kept_count++] = parent->regions[i];
  }
  for (unsigned i = 0; i < own; i++) {
    const region_t *hit = overlapping(kept, kept_count, &target->regions[i]);
    if (!hit) continue;
    part_t entry = target_entry(part, "name", i);
    return target_refuse(&entry, "base", "region %.40s overlaps region %.40s of %.40s", target->regions[i].name,
                         hit->name, parent->name);
  }
  target->region_count += kept_count;
  for (size_t i = own; i < target->region_count; i++) {
    region_t moved = target->regions[i];
    size_t to = i;
    for (; to > 0 && target->regions[to - 1].base > moved.base; to--)
      target->regions[to] = target->regions[to - 1];
    target->regions[to] = moved;
  }
  return true;
}

bool target_take_regions(const yamlfile_t *text, const file_target_t *file, const target_t *parent, target_t *target) {
  part_t part = target_part(text, "regions");
  target->regions = calloc(file->regions_count + (parent ? parent->region_count : 0), sizeof *target->regions);
  target->region_count = 0;
  if (!target->regions) {
    diag_error("out of memory");
    return false;
  }
  for (unsigned i = 0; i < file->regions_count; i++) {
    part_t entry = target_entry(&part, "name", i);
    region_t *region = &target->regions[i];
    if (!take_region(&entry, &file->regions[i], region)) return false;
    if (has_region(target, region->name)) {
      return target_refuse(&entry, "name", "region %.40s is listed already", region->name);
    }
    if (i > 0 && region->base < (uint64_t)region[-1].base + region[-1].bytes) {
      return target_refuse(&entry, "base", "region %.40s starts inside or below region %.40s", region->name,
                           region[-1].name);
    }
    target->region_count++;
  }
  return !parent || inherit_regions(&part, parent, target);
}

static void replace(const char **value, const char *said) {
  if (said) *value = said;
}

static bool take_names(const yamlfile_t *text, const file_target_t *file, const target_t *parent, target_t *target) {
  part_t part = {.text = text, .end = text->length};
  target->name = file->name;
  target->extends = file->extends;
  replace(&target->core, file->core);
  replace(&target->title, file->title);
  replace(&target->vendor, file->vendor);
  replace(&target->peripherals, file->peripherals);
  const char *missing = !target->core               ? "core"
                        : !target->title            ? "title"
                        : !parent && !file->regions ? "regions"
                                                    : NULL;
  if (missing) return target_refuse(&part, "name", "%s is missing", missing);
  if (strcmp(target->core, "cortex-m4") != 0 && strcmp(target->core, "cortex-m7") != 0) {
    return target_refuse(&part, "core", "no pipeline for '%.40s': cortex-m4 and cortex-m7 have one", target->core);
  }
  if (parent && strcmp(target->core, parent->core) != 0) {
    return target_refuse(&part, "core", "%.40s has a %s", parent->name, parent->core);
  }
  if (file->fpu && strcmp(file->fpu, "single") != 0 && strcmp(file->fpu, "double") != 0) {
    return target_refuse(&part, "fpu", "'%.40s' is neither single nor double", file->fpu);
  }
  if (file->fpu) target->single_precision = strcmp(file->fpu, "single") == 0;
  return true;
}

static bool take_chip(const yamlfile_t *text, const file_target_t *file, target_t *target) {
  part_t zero_wait = target_part(text, "zero_wait_mhz"), most = target_part(text, "max_mhz");
  part_t hse = target_part(text, "hse_hz"), device = target_part(text, "device_id");
  part_t cpuid = target_part(text, "cpuid"), bits = target_part(text, "priority_bits");
  return target_number(&zero_wait, "zero_wait_mhz", file->zero_wait_mhz, 10000, &target->zero_wait_mhz) &&
         target_number(&most, "max_mhz", file->max_mhz, 10000, &target->max_mhz) &&
         target_number(&hse, "hse_hz", file->hse_hz, UINT32_MAX, &target->hse_hz) &&
         target_number(&device, "device_id", file->device_id, UINT32_MAX, &target->device_id) &&
         target_number(&cpuid, "cpuid", file->cpuid, UINT32_MAX, &target->cpuid) &&
         target_number(&bits, "priority_bits", file->priority_bits, 8, &target->priority_bits);
}

/* ---- files ---- */

static bool ends_in_yaml(const char *name) {
  size_t length = strlen(name);
  return length > 5 && strcmp(name + length - 5, ".yaml") == 0;
}

/* A file that is being read, and the one that extends it. */
typedef struct reading {
  const char *path;
  const struct reading *by;
} reading_t;

static target_t *load(const char *directory, const char *name, bool listed, const char *catalogue, const reading_t *by);

/* Where EXTENDS is: beside the file at PATH when it ends in .yaml, else in CATALOGUE. Both strings are the caller's. */
static bool locate(const char *path, const char *extends, bool own, const char *catalogue, char **directory,
                   char **name) {
  const char *slash = strrchr(path, '/');
  size_t length = strlen(extends);
  bool absolute = own && *extends == '/';
  *directory = absolute ? strdup("")
               : !own   ? strdup(catalogue)
               : slash  ? strndup(path, (size_t)(slash - path))
                        : strdup(".");
  *name = strndup(extends + absolute, length - absolute - (own ? 5 : 0));
  if (*directory && *name) return true;
  diag_error("out of memory");
  return false;
}

/* One path may have several spellings, so that the number of files is limited as well. */
static bool being_read(const reading_t *reading, const char *path) {
  enum { FILES_MAX = 8 };
  unsigned files = 0;
  for (; reading; reading = reading->by) {
    if (strcmp(reading->path, path) == 0 || ++files == FILES_MAX) return true;
  }
  return false;
}

static target_t *load_parent(const yamlfile_t *text, const char *extends, const char *catalogue, const reading_t *by) {
  part_t part = target_part(text, "extends");
  bool own = ends_in_yaml(extends);
  target_t *parent = NULL;
  char *directory = NULL, *name = NULL, *path = NULL, near[160] = "";
  if (!locate(text->path, extends, own, catalogue, &directory, &name)) {
    /* said */
  } else if (asprintf(&path, "%s/%s.yaml", directory, name) < 0) {
    path = NULL;
    diag_error("out of memory");
  } else if (access(path, R_OK) != 0) {
    if (!own) target_suggest(directory, name, near, sizeof near);
    target_refuse(&part, "extends", "extends: there is no %.80s%s", extends, near);
  } else if (being_read(by, path)) {
    target_refuse(&part, "extends", "extends: %.80s extends this file in turn, or too many others", extends);
  } else {
    parent = load(directory, name, !own, catalogue, by);
  }
  free(directory);
  free(name);
  free(path);
  return parent;
}

static bool take_file(const yamlfile_t *text, const char *name, const char *catalogue, const reading_t *by,
                      target_t *target) {
  target_private_t *own = target->private_data;
  const file_target_t *file = own->file = yamlfile_load(text, &target_schema);
  if (!file) return false;
  part_t all = {.text = text, .end = text->length};
  if (name && strcmp(file->name, name) != 0) {
    return target_refuse(&all, "name", "this is '%.40s', not '%.40s'", file->name, name);
  }
  yamlfile_t hashed[] = {*text, {0}};
  if (file->extends) {
    own->parent = load_parent(text, file->extends, catalogue, by);
    if (!own->parent) return false;
    *target = *own->parent;
    target->private_data = own;
    /* What is owned is taken anew. */
    target->regions = NULL;
    target->flash.tables = NULL;
    target->power = NULL;
    target->region_count = target->flash.table_count = target->power_count = 0;
    hashed[1] = (yamlfile_t){.text = own->parent->hash, .length = strlen(own->parent->hash)};
  } else {
    target->bus.ratio = 1;
    target->flash.wait_states_forced = -1;
  }
  char hash[sizeof target->hash];
  yamlfile_hash(hashed, file->extends ? 2 : 1, hash);
  memcpy(target->hash, hash, sizeof hash);
  const target_t *parent = own->parent;
  return take_names(text, file, parent, target) && take_chip(text, file, target) &&
         target_take_bus(text, file->bus, target) && target_take_l1(text, file->l1, target) &&
         target_take_flash(text, file->flash, parent, target) && target_take_regions(text, file, parent, target) &&
         target_take_power(text, file, parent, target);
}

/* DIRECTORY/NAME.yaml; LISTED: of the catalogue, where a file has the name of its target. */
static target_t *load(const char *directory, const char *name, bool listed, const char *catalogue,
                      const reading_t *by) {
  yamlfile_t text;
  if (!yamlfile_read(&text, directory, name)) return NULL;
  reading_t reading = {text.path, by};
  target_t *target = calloc(1, sizeof *target);
  target_private_t *own = calloc(1, sizeof *own);
  if (!target || !own) {
    diag_error("out of memory");
    free(target);
    free(own);
    target = NULL;
  } else {
    target->private_data = own;
    if (!take_file(&text, listed ? name : NULL, catalogue, &reading, target)) {
      target_free(target);
      target = NULL;
    }
  }
  yamlfile_close(&text);
  return target;
}

target_t *target_load(const char *directory, const char *name) { return load(directory, name, true, directory, NULL); }

target_t *target_find(const char *directory, const char *what, const char *name) {
  char near[160] = "", *path = NULL;
  size_t length = strlen(name);
  bool yaml = ends_in_yaml(name);
  if (!yaml && strchr(name, '/')) {
    diag_error("%s %s: a chip of your own is a file that ends in .yaml", what, name);
    return NULL;
  }
  if (asprintf(&path, "%s/%s%s", yaml ? "." : directory, name, yaml ? "" : ".yaml") < 0) {
    diag_error("out of memory");
    return NULL;
  }
  target_t *target = NULL;
  if (yaml) {
    const char *slash = strrchr(name, '/');
    char *folder = slash ? strndup(name, (size_t)(slash - name)) : strdup(".");
    char *base = strndup(slash ? slash + 1 : name, length - 5 - (slash ? (size_t)(slash + 1 - name) : 0));
    if (folder && base) target = load(folder, base, false, directory, NULL);
    if (!folder || !base) diag_error("out of memory");
    free(folder);
    free(base);
  } else if (access(path, F_OK) == 0) {
    target = target_load(directory, name);
  } else {
    target_suggest(directory, name, near, sizeof near);
    diag_error("%s %s: no such chip%s", what, name, *near ? near : "; cmsim mcus lists them");
  }
  free(path);
  return target;
}

void target_free(target_t *target) {
  if (!target) return;
  target_private_t *own = target->private_data;
  unsigned taken = own->file ? own->file->power_count : 0;
  for (size_t i = 0; i < target->power_count && i < taken; i++)
    free(target->power[i].points);
  free(target->power);
  free(target->flash.tables);
  free(target->regions);
  yamlfile_free(own->file, &target_schema);
  target_free(own->parent);
  free(own);
  free(target);
}
