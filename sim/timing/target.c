/* Questions to a target, and what-ifs. */
#include "timing/target.h"

#include <string.h>

const wait_states_t *target_wait_table(const target_t *target) {
  return target->flash.table_count ? &target->flash.tables[0] : NULL;
}

int target_wait_states(const target_t *target, double core_mhz) {
  const flash_t *flash = &target->flash;
  if (flash->wait_states_forced >= 0) return flash->wait_states_forced;
  const wait_states_t *table = target_wait_table(target);
  if (!table) return -1;
  double khz = core_mhz * 1000 / (flash->bus_clock ? target->bus.ratio : 1);
  for (unsigned i = 0; i < table->count; i++) {
    if (khz <= table->up_to_khz[i] + 0.5) return (int)i;
  }
  return -1;
}

static bool set_switch(flash_t *flash, unsigned which, bool on) {
  if (!(flash->has & which)) return false;
  *(on ? &flash->forced_on : &flash->forced_off) |= which;
  *(on ? &flash->forced_off : &flash->forced_on) &= ~which;
  flash->usual = on ? flash->usual | which : flash->usual & ~which;
  return true;
}

static bool set_flash(flash_t *flash, const char *key, unsigned value) {
  bool known = flash->read_bytes != 0;
  if (strcmp(key, "wait_states") == 0) {
    if (known) flash->wait_states_forced = (int)value;
  } else if (strcmp(key, "data_wait") == 0) {
    if (known) flash->data_wait = value;
  } else if (strcmp(key, "miss_wait") == 0) {
    if (known) flash->miss_wait = value;
  } else {
    unsigned which = strcmp(key, "icache") == 0     ? FLASH_ICACHE
                     : strcmp(key, "dcache") == 0   ? FLASH_DCACHE
                     : strcmp(key, "prefetch") == 0 ? FLASH_PREFETCH
                                                    : 0;
    known = value <= 1 && set_switch(flash, which, value != 0);
  }
  if (known) flash->from.grade = GRADE_ASSUMED;
  return known;
}

static bool set_bus(bus_t *bus, const char *key, unsigned value) {
  enum { RATIO_MAX = 16 };
  if (strcmp(key, "ratio") != 0 || value == 0 || value > RATIO_MAX || !bus->max_mhz) return false;
  bus->ratio = value;
  bus->forced = true;
  bus->from.grade = GRADE_ASSUMED;
  return true;
}

static bool set_region(region_t *region, const char *key, unsigned value) {
  unsigned *place = strcmp(key, "first_access") == 0       ? &region->first_access
                    : strcmp(key, "first_write") == 0      ? &region->first_write
                    : strcmp(key, "read_after_write") == 0 ? &region->read_after_write
                    : strcmp(key, "beat_cycles") == 0      ? &region->beat_cycles
                                                           : NULL;
  if (!place || (place == &region->beat_cycles && value == 0)) return false;
  *place = value;
  region->grade = GRADE_ASSUMED;
  return true;
}

bool target_set(target_t *target, const char *name, const char *key, unsigned value) {
  if (strcmp(name, "flash") == 0 && set_flash(&target->flash, key, value)) return true;
  if (strcmp(name, "bus") == 0 && set_bus(&target->bus, key, value)) return true;
  for (size_t i = 0; i < target->region_count; i++) {
    if (strcmp(target->regions[i].name, name) == 0) return set_region(&target->regions[i], key, value);
  }
  return false;
}
