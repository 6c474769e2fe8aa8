/* Targets as the generator sees them: their own files in configs/ say where memory is. */
#include "runs.h"

#include "timing/target.h"

#include <stdio.h>
#include <string.h>

enum {
  FLASH = 0x08000000, /* where images for generic targets are put */
  FIRST_BYTES = 0xA000,
  SECOND_BYTES = 0x2000,
  INSTRUCTION_BYTES = 0x2000,
  INSTRUCTION_OFFSET = 0x400 /* not at address 0 */
};

static bool holds_data(const region_t *region) { return region->kind == REGION_RAM || region->kind == REGION_DTCM; }

static void find_memory(layout_t *layout, const target_t *target) {
  for (size_t i = 0; i < target->region_count; i++) {
    const region_t *region = &target->regions[i];
    bool first = holds_data(region) && region->bytes >= FIRST_BYTES;
    if (first && (!layout->ram_bytes || region->base == 0x20000000)) {
      layout->ram = region->base;
      layout->ram_bytes = region->bytes;
    }
    if (region->kind == REGION_FLASH && !layout->flash_known) {
      layout->flash = region->base;
      layout->flash_known = true;
    }
    if (region->kind == REGION_ITCM && region->bytes >= INSTRUCTION_BYTES)
      layout->instruction_ram = region->base + INSTRUCTION_OFFSET;
  }
  for (size_t i = 0; i < target->region_count; i++) {
    const region_t *region = &target->regions[i];
    bool other = holds_data(region) && region->base != layout->ram && region->bytes >= SECOND_BYTES;
    if (!other || layout->second_bytes) continue;
    layout->second_ram = region->base;
    layout->second_bytes = region->bytes;
  }
}

static void describe(layout_t *layout, const target_t *target) {
  layout->m7 = strcmp(target->core, "cortex-m7") == 0;
  layout->double_precision = layout->m7 && !target->single_precision;
  layout->caches = target->l1.icache_bytes != 0;
  find_memory(layout, target);
  layout->flash_acr = target->flash.read_bytes ? target->flash.acr : 0;
  layout->acr_switches = target->flash.icache_bit | target->flash.dcache_bit | target->flash.prefetch_bit;
  const char *family = target->peripherals ? target->peripherals : "";
  if (strncmp(family, "stm32", 5) == 0) layout->timer = TIMER_ST;
  if (strncmp(family, "nrf", 3) == 0) layout->timer = TIMER_NORDIC;
}

bool place_find(place_t *place, const char *data_directory, const char *name) {
  char directory[4096], target_name[64];
  memset(place, 0, sizeof *place);
  snprintf(directory, sizeof directory, "%s/configs", data_directory);
  place->generic = strcmp(name, "m4") == 0 || strcmp(name, "m7") == 0;
  snprintf(target_name, sizeof target_name, "%s%s", place->generic ? "generic-" : "", name);
  target_t *target = place->generic ? target_load(directory, target_name) : target_find(directory, "--mcu", name);
  if (!target) return false;
  snprintf(place->name, sizeof place->name, "%s", name);
  place->mhz = target->max_mhz ? target->max_mhz : 100;
  describe(&place->layout, target);
  if (place->generic) { /* flash is where the image wants it, and the Cortex-M4 gets a second memory */
    place->layout.flash = FLASH;
    if (!place->layout.m7) {
      place->layout.second_ram = 0x10000000;
      place->layout.second_bytes = 0x10000;
    }
  }
  target_free(target);
  return true;
}
