#include "machine/memory_map.h"

#include "base/diag.h"
#include "timing/pipeline.h"

#include <stdio.h>
#include <string.h>

/* Armv7-M address map: code, SRAM, peripheral, external RAM, external device, private peripheral bus. [ARMv7-M B3.1] */
enum {
  SRAM_BASE = 0x20000000u,
  PERIPHERAL_BASE = 0x40000000u,
  EXTERNAL_BASE = 0x60000000u,
  EXTERNAL_DEVICE_BASE = 0xA0000000u,
  ROUNDING = 0x10000u, /* generic regions grow in 64 KiB steps: reads just past the image see erased flash */
  GAP = 0x100000u      /* stored bytes further apart are in different memories */
};

static uint64_t end_of(const mapped_region_t *region) { return (uint64_t)region->base + region->bytes; }

static bool inside(const mapped_region_t *region, uint32_t address, uint32_t bytes) {
  return address >= region->base && (uint64_t)address + bytes <= end_of(region);
}

static bool overlaps(const mapped_region_t *region, uint32_t address, uint64_t bytes) {
  return address < end_of(region) && (uint64_t)address + bytes > region->base;
}

const mapped_region_t *memory_map_find(const memory_map_t *map, uint32_t address) {
  for (size_t i = 0; i < map->count; i++) {
    if (address - map->regions[i].base < map->regions[i].bytes) return &map->regions[i];
  }
  return NULL;
}

static mapped_region_t *add_region(memory_map_t *map, const char *name, uint32_t base, uint32_t bytes, bool writable) {
  if (map->count == MAPPED_REGIONS_MAX) return NULL;
  mapped_region_t *region = &map->regions[map->count++];
  *region = (mapped_region_t){.base = base, .bytes = bytes, .writable = writable};
  snprintf(region->name, sizeof region->name, "%s", name);
  return region;
}

/* A segment that start-up code copies, or that only holds RAM, is stored in flash at its load address. */
static bool stored_in_flash(const segment_t *segment) {
  bool code_space = segment->load_address < SRAM_BASE;
  return segment->file_bytes > 0 && code_space && !(segment->writable && segment->load_address == segment->run_address);
}

/* The stored bytes from AT on that lie together: option bytes far above the code get a region of their own. False: no
 * more. */
static bool next_flash_run(const program_t *program, uint64_t at, uint64_t *low, uint64_t *high) {
  *low = UINT64_MAX;
  for (size_t i = 0; i < program->segment_count; i++) {
    const segment_t *s = &program->segments[i];
    if (stored_in_flash(s) && s->load_address >= at && s->load_address < *low) *low = s->load_address;
  }
  if (*low == UINT64_MAX) return false;
  *high = *low;
  for (bool grown = true; grown;) {
    grown = false;
    for (size_t i = 0; i < program->segment_count; i++) {
      const segment_t *s = &program->segments[i];
      uint64_t end = (uint64_t)s->load_address + s->file_bytes;
      if (!stored_in_flash(s) || s->load_address < *low || s->load_address > *high + GAP || end <= *high) continue;
      *high = end;
      grown = true;
    }
  }
  return true;
}

/* --flash: the first run is that big; what lies far above it are option bytes. */
static bool limit_flash(const program_t *program, uint32_t limit, uint64_t base, uint64_t high, uint64_t *bytes) {
  if (!limit) return true;
  *bytes = limit;
  if (high - base <= limit) return true;
  diag_error("%s: flash is too small by %llu bytes: the image needs %llu at 0x%08llx, --flash gives %u", program->path,
             (unsigned long long)(high - base - limit), (unsigned long long)(high - base), (unsigned long long)base,
             (unsigned)limit);
  return false;
}

/* A TCM or RAM of the generic target gives way to an image that is linked there. */
static void make_way(memory_map_t *map, uint32_t base, uint64_t bytes) {
  for (size_t i = 0; i < map->count; i++) {
    if (!overlaps(&map->regions[i], base, bytes)) continue;
    map->regions[i] = map->regions[--map->count];
    i--;
  }
}

/* Generic flash: what the image stores outside RAM, rounded outwards. */
static bool derive_flash(memory_map_t *map, const program_t *program, const memory_limits_t *limits) {
  uint64_t low, high = 0;
  uint32_t limit = limits->flash_bytes;
  while (next_flash_run(program, high, &low, &high)) {
    uint64_t base = low & ~(uint64_t)(ROUNDING - 1);
    uint64_t bytes = (high - base + ROUNDING - 1) & ~(uint64_t)(ROUNDING - 1);
    if (!limit_flash(program, limit, base, high, &bytes)) return false;
    limit = 0;
    make_way(map, (uint32_t)base, bytes);
    if (!add_region(map, "flash", (uint32_t)base, (uint32_t)bytes, false)) return false;
  }
  return true;
}

static bool is_memory_space(uint32_t address, uint32_t bytes) {
  uint64_t end = (uint64_t)address + bytes;
  bool low = end <= PERIPHERAL_BASE;
  bool external = address >= EXTERNAL_BASE && end <= EXTERNAL_DEVICE_BASE;
  return low || external;
}

/* The region that should have held the segment: the one it starts in, or the last one below it. */
static const mapped_region_t *nearest_region(const memory_map_t *map, uint32_t address) {
  const mapped_region_t *best = NULL;
  for (size_t i = 0; i < map->count; i++) {
    if (map->regions[i].base <= address && (!best || map->regions[i].base > best->base)) best = &map->regions[i];
  }
  return best;
}

static bool refuse(const memory_map_t *map, const program_t *program, uint32_t address, uint32_t bytes) {
  const mapped_region_t *region = nearest_region(map, address);
  if (region && address < end_of(region)) {
    diag_error("%s: region %s (%u bytes at 0x%08x) is too small by %llu bytes for the segment at 0x%08x (%u bytes)",
               program->path, region->name, (unsigned)region->bytes, (unsigned)region->base,
               (unsigned long long)((uint64_t)address + bytes - end_of(region)), (unsigned)address, (unsigned)bytes);
  } else {
    diag_error("%s: segment at 0x%08x (%u bytes) lies outside the target's memory", program->path, (unsigned)address,
               (unsigned)bytes);
  }
  return false;
}

/* Makes room for [address, address + bytes) at run time. */
static bool place(memory_map_t *map, const program_t *program, uint32_t address, uint32_t bytes, bool growable) {
  for (size_t i = 0; i < map->count; i++) {
    if (inside(&map->regions[i], address, bytes)) return true;
  }
  /* It may straddle regions that touch (DTCM and SRAM). */
  uint64_t at = address, end = (uint64_t)address + bytes;
  for (bool moved = true; moved && at < end;) {
    const mapped_region_t *region = memory_map_find(map, (uint32_t)at);
    moved = region != NULL;
    if (region) at = end_of(region);
  }
  if (at >= end) return true;
  if (!growable || !is_memory_space(address, bytes) || at != address) return refuse(map, program, address, bytes);
  uint32_t base = address & ~(uint32_t)(ROUNDING - 1);
  uint64_t size = (end - base + ROUNDING - 1) & ~(uint64_t)(ROUNDING - 1);
  for (size_t i = 0; i < map->count; i++) {
    if (overlaps(&map->regions[i], base, size)) return refuse(map, program, address, bytes);
  }
  return add_region(map, "ram", base, (uint32_t)size, true) != NULL || refuse(map, program, address, bytes);
}

static void add_target_regions(memory_map_t *map, const target_t *target, const memory_limits_t *limits) {
  for (size_t i = 0; i < target->region_count; i++) {
    const region_t *from = &target->regions[i];
    uint32_t bytes = from->bytes;
    if (from->kind == REGION_RAM && limits->ram_bytes) bytes = limits->ram_bytes;
    if (limits->ram_bytes && from->kind == REGION_DTCM) continue; /* --ram describes the RAM at 0x20000000 whole */
    uint32_t base = limits->ram_bytes && from->kind == REGION_RAM ? (uint32_t)SRAM_BASE : from->base;
    mapped_region_t *region = add_region(map, from->name, base, bytes, from->kind != REGION_FLASH);
    if (!region) continue;
    region->first_access = (uint8_t)from->first_access;
    region->first_write = (uint8_t)from->first_write;
    region->read_after_write = (uint8_t)from->read_after_write;
    region->grade = (uint8_t)from->grade;
    map->flash_given = map->flash_given || from->kind == REGION_FLASH;
  }
}

/* Start-up code copies it from flash to where the chip's file answers: backup RAM, mostly. */
static bool copied_to_peripherals(const target_t *target, const segment_t *s) {
  bool there = s->run_address >= PERIPHERAL_BASE && s->run_address < EXTERNAL_BASE;
  return target->peripherals && there && s->load_address != s->run_address;
}

bool memory_map_build(memory_map_t *map, const target_t *target, const program_t *program,
                      const memory_limits_t *limits) {
  memset(map, 0, sizeof *map);
  add_target_regions(map, target, limits);
  if (map->flash_given && (limits->flash_bytes || limits->ram_bytes)) {
    diag_error("--%s: %s has the memory of its data sheet; sizes are for a run without --mcu",
               limits->flash_bytes ? "flash" : "ram", target->name);
    return false;
  }
  if (!map->flash_given && !derive_flash(map, program, limits)) return false;
  for (size_t i = 0; i < program->segment_count; i++) {
    const segment_t *s = &program->segments[i];
    bool growable = limits->ram_bytes == 0 && !map->flash_given; /* a real part has what it has */
    if (s->file_bytes && !place(map, program, s->load_address, s->file_bytes, growable)) return false;
    if (copied_to_peripherals(target, s)) continue;
    if (s->memory_bytes && !place(map, program, s->run_address, s->memory_bytes, growable)) return false;
  }
  const mapped_region_t *stack = memory_map_find(map, program->initial_sp - 4);
  if (stack && !stack->writable) {
    diag_error("%s: the initial stack pointer 0x%08x is not in RAM: the words below it are in region %s", program->path,
               (unsigned)program->initial_sp, stack->name);
    return false;
  }
  if (!stack) {
    const mapped_region_t *nearest = nearest_region(map, program->initial_sp - 4);
    if (nearest && nearest->writable && limits->ram_bytes && program->initial_sp > nearest->base) {
      diag_error("%s: the initial stack pointer 0x%08x is not in RAM: region %s ends at 0x%08llx; the image was linked "
                 "for --ram %uK or more",
                 program->path, (unsigned)program->initial_sp, nearest->name, (unsigned long long)end_of(nearest),
                 (unsigned)((program->initial_sp - nearest->base + 1023) / 1024));
    } else if (nearest) {
      diag_error("%s: the initial stack pointer 0x%08x is not in RAM: region %s ends at 0x%08llx", program->path,
                 (unsigned)program->initial_sp, nearest->name, (unsigned long long)end_of(nearest));
    } else {
      diag_error("%s: the initial stack pointer 0x%08x is not in RAM", program->path, (unsigned)program->initial_sp);
    }
    return false;
  }
  map->ideal = true;
  for (size_t i = 0; i < map->count; i++) {
    const mapped_region_t *r = &map->regions[i];
    map->ideal = map->ideal && !r->first_access && !r->first_write && !r->read_after_write;
    map->regions[i].slave = r->writable ? (uint8_t)(i + 1) : SLAVE_CODE;
  }
  return true;
}

void memory_map_describe(const memory_map_t *map, char *text, size_t size) {
  size_t used = 0;
  text[0] = '\0';
  for (size_t i = 0; i < map->count && used < size; i++) {
    const mapped_region_t *r = &map->regions[i];
    int n = snprintf(text + used, size - used, "%s%s 0x%08x %u KiB", i ? ", " : "", r->name, (unsigned)r->base,
                     (unsigned)(r->bytes / 1024));
    used += n > 0 ? (size_t)n : 0;
  }
  if (used < size) snprintf(text + used, size - used, "%s", map->ideal ? ", zero wait states" : "");
}
