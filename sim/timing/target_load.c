/* Reads a chip's file: the chip itself and its regions. */
#include "base/diag.h"
#include "timing/target_private.h"

#include <stdlib.h>
#include <string.h>

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

bool target_take_regions(const yamlfile_t *text, const file_target_t *file, target_t *target) {
  part_t part = target_part(text, "regions");
  target->regions = calloc(file->regions_count, sizeof *target->regions);
  if (!target->regions) {
    diag_error("out of memory");
    return false;
  }
  for (unsigned i = 0; i < file->regions_count; i++) {
    part_t entry = target_entry(&part, "name", i);
    region_t *region = &target->regions[i];
    if (!take_region(&entry, &file->regions[i], region)) return false;
    for (unsigned k = 0; k < i; k++) {
      if (strcmp(region->name, target->regions[k].name) != 0) continue;
      return target_refuse(&entry, "name", "region %.40s is listed already", region->name);
    }
    if (i > 0 && region->base < (uint64_t)region[-1].base + region[-1].bytes) {
      return target_refuse(&entry, "base", "region %.40s starts inside or below region %.40s", region->name,
                           region[-1].name);
    }
    target->region_count++;
  }
  return true;
}

static bool take_names(const yamlfile_t *text, const file_target_t *file, target_t *target) {
  part_t part = {.text = text, .end = text->length};
  target->name = file->name;
  target->core = file->core;
  target->title = file->title;
  target->vendor = file->vendor;
  target->peripherals = file->peripherals;
  if (strcmp(file->core, "cortex-m4") != 0 && strcmp(file->core, "cortex-m7") != 0) {
    return target_refuse(&part, "core", "no pipeline for '%.40s': cortex-m4 and cortex-m7 have one", file->core);
  }
  if (file->fpu && strcmp(file->fpu, "single") != 0 && strcmp(file->fpu, "double") != 0) {
    return target_refuse(&part, "fpu", "'%.40s' is neither single nor double", file->fpu);
  }
  target->single_precision = file->fpu && strcmp(file->fpu, "single") == 0;
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

static bool take_file(const yamlfile_t *text, const char *name, target_t *target) {
  file_target_t *file = target->private_data = yamlfile_load(text, &target_schema);
  if (!file) return false;
  target->bus.ratio = 1;
  target->flash.wait_states_forced = -1;
  yamlfile_hash(text, 1, target->hash);
  part_t all = {.text = text, .end = text->length};
  if (strcmp(file->name, name) != 0) {
    return target_refuse(&all, "name", "this is '%.40s', not '%.40s'", file->name, name);
  }
  return take_names(text, file, target) && take_chip(text, file, target) && target_take_bus(text, file->bus, target) &&
         target_take_l1(text, file->l1, target) && target_take_flash(text, file->flash, target) &&
         target_take_regions(text, file, target) && target_take_power(text, file, target);
}

target_t *target_load(const char *directory, const char *name) {
  yamlfile_t text;
  if (!yamlfile_read(&text, directory, name)) return NULL;
  target_t *target = calloc(1, sizeof *target);
  if (!target) {
    diag_error("out of memory");
  } else if (!take_file(&text, name, target)) {
    target_free(target);
    target = NULL;
  }
  yamlfile_close(&text);
  return target;
}

void target_free(target_t *target) {
  if (!target) return;
  for (size_t i = 0; i < target->power_count; i++)
    free(target->power[i].points);
  free(target->power);
  free(target->flash.tables);
  free(target->regions);
  yamlfile_free(target->private_data, &target_schema);
  free(target);
}
