/* What a chip's file says beside its regions: bus, caches, flash interface, current. */
#include "base/diag.h"
#include "timing/target_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MHZ_MAX = 10000 };

static bool power_of_two(unsigned number) { return number && !(number & (number - 1)); }

static provenance_t from(const part_t *part, const char *source, const char *note, int grade) {
  return (provenance_t){
      .source = source, .note = note, .grade = (grade_t)grade, .line = yamlfile_line(part->text, part->start)};
}

bool target_take_bus(const yamlfile_t *text, const file_bus_t *file, target_t *target) {
  if (!file) return true;
  part_t part = target_part(text, "bus");
  bus_t *bus = &target->bus;
  bus->from = from(&part, file->src, file->note, file->grade);
  if (!target_number(&part, "max_mhz", file->max_mhz, MHZ_MAX, &bus->max_mhz)) return false;
  if (!target_number(&part, "ratio", file->ratio, 16, &bus->ratio)) return false;
  if (bus->ratio == 0) return target_refuse(&part, "ratio", "a bus has a cycle in 1 to 16 core cycles");
  return true;
}

/* One of the two caches: a power of two of sets. */
static bool check_cache(const part_t *part, const char *bytes_key, const char *ways_key, unsigned bytes, unsigned ways,
                        unsigned line_bytes) {
  if (bytes == 0 && ways == 0) return true;
  if (!power_of_two(bytes)) return target_refuse(part, bytes_key, "%s: %u is no power of two", bytes_key, bytes);
  if (ways == 0 || bytes % (ways * line_bytes) || !power_of_two(bytes / (ways * line_bytes))) {
    return target_refuse(part, ways_key, "%s: %u ways of %u-byte lines do not divide %u bytes", ways_key, ways,
                         line_bytes, bytes);
  }
  return true;
}

bool target_take_l1(const yamlfile_t *text, const file_l1_t *file, target_t *target) {
  if (!file) return true;
  enum { L1_BYTES_MAX = 65536, WAYS_MAX = 16, LINE_MAX = 256 };
  part_t part = target_part(text, "l1");
  l1_t *l1 = &target->l1;
  l1->from = from(&part, file->src, file->note, file->grade);
  if (strcmp(target->core, "cortex-m7") != 0) {
    return target_refuse(&part, "l1", "a %.20s has no first level caches", target->core);
  }
  if (!target_number(&part, "icache_bytes", file->icache_bytes, L1_BYTES_MAX, &l1->icache_bytes) ||
      !target_number(&part, "icache_ways", file->icache_ways, WAYS_MAX, &l1->icache_ways) ||
      !target_number(&part, "dcache_bytes", file->dcache_bytes, L1_BYTES_MAX, &l1->dcache_bytes) ||
      !target_number(&part, "dcache_ways", file->dcache_ways, WAYS_MAX, &l1->dcache_ways) ||
      !target_number(&part, "line_bytes", file->line_bytes, LINE_MAX, &l1->line_bytes)) {
    return false;
  }
  if (!power_of_two(l1->line_bytes) || l1->line_bytes < 8) {
    return target_refuse(&part, file->line_bytes ? "line_bytes" : "l1", "line_bytes: a power of two from 8 on, please");
  }
  return check_cache(&part, "icache_bytes", "icache_ways", l1->icache_bytes, l1->icache_ways, l1->line_bytes) &&
         check_cache(&part, "dcache_bytes", "dcache_ways", l1->dcache_bytes, l1->dcache_ways, l1->line_bytes);
}

/* ---- the flash interface ---- */

static bool take_wait_states(const part_t *part, const file_wait_states_t *file, wait_states_t *table) {
  *table = (wait_states_t){
      .range = file->range, .count = file->up_to_mhz_count, .from = from(part, file->src, file->note, file->grade)};
  for (unsigned i = 0; i < table->count; i++) {
    double mhz = 0;
    const char *word = file->up_to_mhz[i];
    if (!yamlfile_decimal(word, MHZ_MAX, &mhz) || fabs(mhz * 1000 - round(mhz * 1000)) > 1e-6) {
      return target_refuse(part, "up_to_mhz", "up_to_mhz: '%.40s' is no clock in MHz up to %d with at most 3 places",
                           word, MHZ_MAX);
    }
    table->up_to_khz[i] = (unsigned)lround(mhz * 1000);
    if (table->up_to_khz[i] <= (i > 0 ? table->up_to_khz[i - 1] : 0)) {
      return target_refuse(part, "up_to_mhz", "up_to_mhz: %.40s is not above the clock before it", word);
    }
  }
  return true;
}

static bool has_table(const flash_t *flash, const char *range) {
  for (size_t i = 0; i < flash->table_count; i++) {
    if (strcmp(range, flash->tables[i].range) == 0) return true;
  }
  return false;
}

static bool check_room(const part_t *part, const char *key, const flash_t *flash, const wait_states_t *table) {
  if (!flash->acr || table->count <= flash->latency_mask + 1) return true;
  return target_refuse(part, key, "%s: %u clocks of '%.40s', but latency_mask has room for %u wait states", key,
                       table->count, table->range, flash->latency_mask);
}

/* The file's own tables first, then those of PARENT that it does not replace. */
static bool take_tables(const part_t *part, const file_flash_t *file, const flash_t *parent, flash_t *flash) {
  size_t inherited = parent ? parent->table_count : 0;
  flash->tables = NULL;
  flash->table_count = 0;
  if (file->wait_states_count + inherited == 0) return true;
  flash->tables = calloc(file->wait_states_count + inherited, sizeof *flash->tables);
  if (!flash->tables) {
    diag_error("out of memory");
    return false;
  }
  for (unsigned i = 0; i < file->wait_states_count; i++) {
    part_t entry = target_entry(part, "range", i);
    wait_states_t *table = &flash->tables[i];
    if (!take_wait_states(&entry, &file->wait_states[i], table)) return false;
    if (has_table(flash, table->range)) {
      return target_refuse(&entry, "range", "range '%.40s' is listed already", table->range);
    }
    flash->table_count++;
    if (!check_room(&entry, "up_to_mhz", flash, table)) return false;
  }
  for (size_t i = 0; i < inherited; i++) {
    const wait_states_t *table = &parent->tables[i];
    if (has_table(flash, table->range)) continue;
    flash->tables[flash->table_count++] = *table;
    if (!check_room(part, "latency_mask", flash, table)) return false;
  }
  return true;
}

static bool check_line_caches(const part_t *part, const flash_t *flash) {
  if (flash->read_bytes && (!power_of_two(flash->read_bytes) || flash->read_bytes < 4)) {
    return target_refuse(part, "read_bytes", "read_bytes: %u is no power of two from 4 on", flash->read_bytes);
  }
  if (flash->icache_lines || flash->dcache_lines) {
    if (!power_of_two(flash->line_bytes)) {
      return target_refuse(part, "line_bytes", "line_bytes: %u is no power of two", flash->line_bytes);
    }
    if (flash->read_bytes == 0 || flash->line_bytes % flash->read_bytes) {
      return target_refuse(part, "line_bytes", "line_bytes: a line of %u bytes is not made of reads of %u bytes",
                           flash->line_bytes, flash->read_bytes);
    }
  } else if (flash->line_bytes) {
    return target_refuse(part, "line_bytes", "line_bytes: there are neither icache_lines nor dcache_lines");
  }
  if ((flash->has & FLASH_ICACHE) && !flash->icache_lines) {
    return target_refuse(part, "has", "has: icache, but icache_lines is 0");
  }
  if ((flash->has & FLASH_DCACHE) && !flash->dcache_lines) {
    return target_refuse(part, "has", "has: dcache, but dcache_lines is 0");
  }
  if (flash->usual & ~flash->has) return target_refuse(part, "usual", "usual: a switch that is not in `has`");
  return true;
}

/* The bits of its register: one for each switch it has, none in the field of wait states or another's place. */
static bool check_register(const part_t *part, const flash_t *flash) {
  const struct {
    const char *key;
    unsigned which;
    uint32_t bit;
  } bits[] = {{"icache_bit", FLASH_ICACHE, flash->icache_bit},
              {"dcache_bit", FLASH_DCACHE, flash->dcache_bit},
              {"prefetch_bit", FLASH_PREFETCH, flash->prefetch_bit}};
  uint32_t taken = flash->latency_mask;
  if (!flash->acr && flash->latency_mask) return target_refuse(part, "latency_mask", "latency_mask: without acr");
  if (!flash->acr && flash->acr_reset) return target_refuse(part, "acr_reset", "acr_reset: without acr");
  if (flash->acr % 4) return target_refuse(part, "acr", "acr: a register is at a multiple of 4");
  if (flash->acr && !flash->latency_mask) return target_refuse(part, "acr", "acr: without latency_mask");
  if (flash->latency_mask & (flash->latency_mask + 1)) {
    return target_refuse(part, "latency_mask", "latency_mask: the field starts at bit 0 and has no gaps");
  }
  for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
    uint32_t bit = bits[i].bit;
    bool has = flash->has & bits[i].which;
    if (bit && !flash->acr) return target_refuse(part, bits[i].key, "%s: without acr", bits[i].key);
    if (bit && !has) return target_refuse(part, bits[i].key, "%s: not in `has`", bits[i].key);
    if (flash->acr && has && !bit) return target_refuse(part, "has", "has: a switch without its %s", bits[i].key);
    if (bit & taken) return target_refuse(part, bits[i].key, "%s: overlaps another field of acr", bits[i].key);
    taken |= bit;
  }
  return true;
}

bool target_take_flash(const yamlfile_t *text, const file_flash_t *file, const target_t *parent, target_t *target) {
  static const file_flash_t nothing;
  if (!file) return !parent || take_tables(&(part_t){.text = text}, &nothing, &parent->flash, &target->flash);
  enum { LINES_MAX = 4096, LINE_MAX = 256, WAIT_MAX = 255 };
  part_t part = target_part(text, "flash");
  flash_t *flash = &target->flash;
  flash->from = from(&part, file->src, file->note, file->grade);
  if (!target_number(&part, "read_bytes", file->read_bytes, LINE_MAX, &flash->read_bytes) ||
      !target_number(&part, "icache_lines", file->icache_lines, LINES_MAX, &flash->icache_lines) ||
      !target_number(&part, "dcache_lines", file->dcache_lines, LINES_MAX, &flash->dcache_lines) ||
      !target_number(&part, "line_bytes", file->line_bytes, LINE_MAX, &flash->line_bytes) ||
      !target_number(&part, "acr", file->acr, UINT32_MAX, &flash->acr) ||
      !target_number(&part, "acr_reset", file->acr_reset, UINT32_MAX, &flash->acr_reset) ||
      !target_number(&part, "latency_mask", file->latency_mask, UINT8_MAX, &flash->latency_mask) ||
      !target_number(&part, "icache_bit", file->icache_bit, UINT32_MAX, &flash->icache_bit) ||
      !target_number(&part, "dcache_bit", file->dcache_bit, UINT32_MAX, &flash->dcache_bit) ||
      !target_number(&part, "prefetch_bit", file->prefetch_bit, UINT32_MAX, &flash->prefetch_bit) ||
      !target_number(&part, "data_wait", file->data_wait, WAIT_MAX, &flash->data_wait) ||
      !target_number(&part, "miss_wait", file->miss_wait, WAIT_MAX, &flash->miss_wait)) {
    return false;
  }
  if (file->has) flash->has = *file->has;
  if (file->usual) flash->usual = *file->usual;
  if (file->clock) flash->bus_clock = *file->clock != 0;
  return check_line_caches(&part, flash) && check_register(&part, flash) &&
         take_tables(&part, file, parent ? &parent->flash : NULL, flash);
}

/* ---- current ---- */

static bool take_decimal(const part_t *part, const char *key, const char *word, double max, double *value) {
  if (yamlfile_decimal(word, max, value) && *value > 0) return true;
  return target_refuse(part, key, "%s: '%.40s' is no number above 0 and up to %g", key, word, max);
}

static int by_clock(const void *a, const void *b) {
  const current_t *x = a, *y = b;
  return x->khz < y->khz ? -1 : x->khz > y->khz;
}

static bool take_points(const part_t *part, const file_power_t *file, power_t *power) {
  enum { MILLIAMPERES_MAX = 10000 };
  power->points = calloc(file->points_count, sizeof *power->points);
  if (!power->points) {
    diag_error("out of memory");
    return false;
  }
  for (unsigned i = 0; i < file->points_count; i++) {
    part_t entry = target_entry(part, "mhz", i);
    const file_point_t *said = &file->points[i];
    current_t *point = &power->points[i];
    double mhz = 0;
    if (!take_decimal(&entry, "mhz", said->mhz, MHZ_MAX, &mhz) ||
        !take_decimal(&entry, "ma", said->ma, MILLIAMPERES_MAX, &point->milliamperes) ||
        (said->max_ma && !take_decimal(&entry, "max_ma", said->max_ma, MILLIAMPERES_MAX, &point->at_most))) {
      return false;
    }
    if (said->max_ma && point->at_most < point->milliamperes) {
      return target_refuse(&entry, "max_ma", "max_ma: %.20s is below the typical %.20s", said->max_ma, said->ma);
    }
    point->khz = (unsigned)lround(mhz * 1000);
    for (unsigned k = 0; k < i; k++) {
      if (power->points[k].khz != point->khz) continue;
      return target_refuse(&entry, "mhz", "mhz: %.20s is listed already", said->mhz);
    }
    power->point_count++;
  }
  qsort(power->points, power->point_count, sizeof *power->points, by_clock);
  return true;
}

static bool has_current(const target_t *target, const char *name) {
  for (size_t i = 0; i < target->power_count; i++) {
    if (strcmp(name, target->power[i].name) == 0) return true;
  }
  return false;
}

static bool take_current(const part_t *part, const file_power_t *file, target_t *target) {
  enum { VOLTS_MAX = 60 };
  if (has_current(target, file->name)) {
    return target_refuse(part, "name", "current '%.60s' is listed already", file->name);
  }
  power_t *power = &target->power[target->power_count++];
  *power = (power_t){.name = file->name,
                     .sleep = file->mode != 0,
                     .workload = file->workload,
                     .peripherals = file->peripherals ? "on" : "off",
                     .from = from(part, file->src, file->note, file->grade)};
  return take_decimal(part, "volts", file->volts, VOLTS_MAX, &power->volts) && take_points(part, file, power);
}

bool target_take_power(const yamlfile_t *text, const file_target_t *file, const target_t *parent, target_t *target) {
  size_t inherited = parent ? parent->power_count : 0;
  target->power = NULL;
  target->power_count = 0;
  if (file->power_count + inherited == 0) return true;
  target->power = calloc(file->power_count + inherited, sizeof *target->power);
  if (!target->power) {
    diag_error("out of memory");
    return false;
  }
  part_t part = target_part(text, "power");
  for (unsigned i = 0; i < file->power_count; i++) {
    part_t entry = target_entry(&part, "name", i);
    if (!take_current(&entry, &file->power[i], target)) return false;
  }
  for (size_t i = 0; i < inherited; i++) {
    if (!has_current(target, parent->power[i].name)) target->power[target->power_count++] = parent->power[i];
  }
  return true;
}
