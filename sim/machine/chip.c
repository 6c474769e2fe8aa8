/* The chip's memory system as firmware sets it: wait states and switches of the flash interface, first level caches and
   their maintenance, the attributes of the MPU. */
#include "machine/machine_private.h"

#include "base/diag.h"

#include <stdio.h>

enum {
  ADDRESS_ACTLR = 0xE000E008,
  ACTLR_DISRAMODE = 1 << 11,
  ADDRESS_CCR = 0xE000ED14,
  ADDRESS_MPU = 0xE000ED94,
  ADDRESS_MPU_END = 0xE000EDB8,
  ADDRESS_ICIALLU = 0xE000EF50,
  ADDRESS_DCCISW = 0xE000EF74
};

/* Until the firmware sets the interface, it is taken to be as the vendor's start-up leaves it at this clock. */
static void set_flash(machine_t *m) {
  const flash_t *flash = &m->target->flash;
  unsigned on = flash->usual;
  int wait_states = target_wait_states(m->target, m->options.mhz);
  if (m->chip.flash_set && flash->acr) {
    uint32_t acr = m->chip.acr;
    on = (acr & flash->icache_bit ? FLASH_ICACHE : 0u) | (acr & flash->dcache_bit ? FLASH_DCACHE : 0u) |
         (acr & flash->prefetch_bit ? FLASH_PREFETCH : 0u);
    if (flash->wait_states_forced < 0) wait_states = (int)(acr & flash->latency_mask);
  }
  if (wait_states < 0) { /* above the table: no fewer than its last row */
    const wait_states_t *table = target_wait_table(m->target);
    wait_states = table ? (int)table->count - 1 : 0;
  }
  on = (on | flash->forced_on) & ~flash->forced_off & flash->has;
  m->chip.wait_states = (unsigned)wait_states;
  memory_set_flash(m->memory, (unsigned)wait_states * (flash->bus_clock ? m->chip.bus_ratio : 1), on);
}

static policy_t policy_of(void *machine, uint32_t address) {
  const machine_t *m = machine;
  return scs_mpu_policy(m->scs, address);
}

static void make_ideal(memory_map_t *map) {
  for (size_t i = 0; i < map->count; i++)
    map->regions[i].first_access = map->regions[i].first_write = map->regions[i].read_after_write = 0;
  map->ideal = true;
}

bool chip_build(machine_t *m) {
  if (m->options.ideal_memory) {
    make_ideal(&m->map);
    return true;
  }
  if (m->target->region_count > MEMORY_REGIONS_MAX) {
    diag_error("%s: %zu regions, at most %d", m->target->name, m->target->region_count, MEMORY_REGIONS_MAX);
    return false;
  }
  bool ok;
  m->memory = memory_new(m->target, &ok);
  if (!ok) diag_error("out of memory");
  if (!m->memory) return ok;
  m->map.ideal = false; /* chip_describe() says what it is */
  m->chip.bus_ratio = m->target->bus.ratio;
  set_flash(m);
  return ok;
}

void chip_reset(machine_t *m) {
  m->chip = (chip_t){.bus_ratio = m->target->bus.ratio};
  if (!m->memory) return;
  m->memory->always_allocates = false;
  memory_set_bus_ratio(m->memory, m->target, m->chip.bus_ratio);
  m->memory->policy = NULL;
  set_flash(m);
  memory_set_l1(m->memory, false, false);
  blocks_follow_settings(m);
}

/* Bus clocks follow the firmware's own dividers where it has brought the core to the clock of the run, unless --set
   bus.ratio says otherwise: one that only enables a peripheral's clock has set no divider. */
static void follow_bus(machine_t *m) {
  if (!m->target->bus.max_mhz || m->target->bus.forced || !io_set_clock_of_run(m)) return;
  uint64_t core = peripherals_hz(m->peripherals, PERIPHERALS_CORE);
  uint64_t bus = peripherals_hz(m->peripherals, PERIPHERALS_AHB);
  unsigned ratio = bus ? (unsigned)((core + bus / 2) / bus) : 1;
  if (ratio == m->chip.bus_ratio || ratio == 0) return;
  m->chip.bus_ratio = ratio;
  memory_set_bus_ratio(m->memory, m->target, ratio);
  set_flash(m);
}

static void flash_written(machine_t *m, uint32_t address, unsigned bytes, uint32_t value) {
  const flash_t *flash = &m->target->flash;
  if (!flash->acr || (address & ~3u) != flash->acr) return;
  if (!m->chip.flash_set) m->chip.acr = flash->acr_reset;
  uint32_t lanes = bytes >= sizeof value ? UINT32_MAX : ((1u << bytes * 8) - 1u) << (address & 3u) * 8;
  m->chip.acr = (m->chip.acr & ~lanes) | (value << (address & 3u) * 8 & lanes);
  m->chip.flash_set = true;
  set_flash(m);
}

void chip_io_written(machine_t *m, uint32_t address, unsigned bytes, uint32_t value) {
  if (!m->memory) return;
  follow_bus(m);
  flash_written(m, address, bytes, value);
  blocks_follow_settings(m);
}

/* ICIALLU and what follows it, in the order of their addresses. [ARMv7-M B3.2.2] */
static void maintain(machine_t *m, uint32_t address, uint32_t value) {
  static const maintenance_t operations[] = {MAINTAIN_INVALIDATE_ICACHE,
                                             MAINTAIN_INVALIDATE_ICACHE, /* reserved */
                                             MAINTAIN_INVALIDATE_INSTRUCTION_LINE,
                                             MAINTAIN_INVALIDATE_LINE,
                                             MAINTAIN_INVALIDATE_PLACE,
                                             MAINTAIN_CLEAN_LINE, /* to the point of unification */
                                             MAINTAIN_CLEAN_LINE,
                                             MAINTAIN_CLEAN_PLACE,
                                             MAINTAIN_CLEAN_INVALIDATE_LINE,
                                             MAINTAIN_CLEAN_INVALIDATE_PLACE};
  memory_maintain(m->memory, operations[(address - ADDRESS_ICIALLU) / sizeof value], value, m->pipeline.now);
}

void chip_ppb_written(machine_t *m, uint32_t address, uint32_t value) {
  if (!m->memory || !m->memory->m7) return;
  if (address == ADDRESS_ACTLR) {
    m->memory->always_allocates = value & ACTLR_DISRAMODE;
  } else if (address == ADDRESS_CCR) {
    memory_set_l1(m->memory, scs_icache_enabled(m->scs), scs_dcache_enabled(m->scs));
  } else if (address >= ADDRESS_ICIALLU && address <= ADDRESS_DCCISW) {
    maintain(m, address, value);
  } else if (address >= ADDRESS_MPU && address < ADDRESS_MPU_END) {
    m->memory->policy = scs_mpu_enabled(m->scs) ? policy_of : NULL;
    m->memory->context = m;
    m->memory->settings++;
  }
  blocks_follow_settings(m);
}

void chip_finish(machine_t *m) {
  if (!m->memory) return;
  int needed = target_wait_states(m->target, m->options.mhz);
  if (m->chip.flash_set && needed > (int)m->chip.wait_states) {
    add_warning(
        m, "too-few-wait-states", 0,
        "the firmware sets %u flash wait states; at %.6g MHz the part needs %d (%s): on silicon it would read wrong",
        m->chip.wait_states, m->options.mhz, needed, m->target->flash.tables[0].range);
  }
  const l1_t *l1 = &m->target->l1;
  if (m->memory->m7 && l1->icache_bytes && !m->memory->icache_on && m->memory->counts.uncached_fetches) {
    add_warning(m, "icache-off", 0,
                "the instruction cache is off (SCB_EnableICache switches it on): %llu fetches went to the bus",
                (unsigned long long)m->memory->counts.uncached_fetches);
  }
  bool uses_flash = m->target->flash.read_bytes;
  if (uses_flash && needed < 0 && m->target->flash.table_count) {
    add_warning(
        m, "clock-too-high", 0,
        "the part's table of wait states ends below %.6g MHz; those of its last row are taken, which is too few",
        m->options.mhz);
  }
}

void chip_collect(const machine_t *m, results_t *r) {
  const memory_t *memory = m->memory;
  if (!memory) return;
  const flash_interface_t *flash = &memory->flash;
  r->chip = (chip_result_t){.modelled = true,
                            .flash_known = m->target->flash.read_bytes != 0,
                            .by_firmware = m->chip.flash_set,
                            .wait_states = m->chip.wait_states,
                            .l1 = memory->m7,
                            .icache = memory->m7 ? memory->icache_on : (flash->on & FLASH_ICACHE) != 0,
                            .dcache = memory->m7 ? memory->dcache_on : (flash->on & FLASH_DCACHE) != 0,
                            .prefetch = (flash->on & FLASH_PREFETCH) != 0};
  if (!memory->m7) {
    r->chip.fetch_misses = flash->ifetch_misses;
    r->chip.data_accesses = flash->data_reads;
    r->chip.data_misses = flash->data_misses;
    return;
  }
  const memory_counts_t *counts = &memory->counts;
  r->chip.fetch_misses = counts->icache_misses;
  r->chip.data_accesses = counts->dcache_hits + counts->dcache_misses;
  r->chip.data_misses = counts->dcache_misses;
  r->chip.write_backs = counts->write_backs;
}

static const char *on_off(bool on) { return on ? "on" : "off"; }

void chip_describe(const machine_t *m, char *text, size_t size) {
  if (!m->memory) {
    snprintf(text, size, "%s", m->options.ideal_memory ? "; all of it ideal, as asked" : "");
    return;
  }
  results_t r = {0};
  chip_collect(m, &r);
  const flash_t *flash = &m->target->flash;
  const char *by = flash->wait_states_forced >= 0 || flash->forced_on || flash->forced_off ? "as --set says"
                   : m->chip.flash_set                                                     ? "as the firmware set it"
                                       : "as the vendor's start-up leaves it";
  if (r.chip.l1 && !flash->read_bytes) {
    snprintf(text, size, "; flash at once; L1 instruction cache %s, data cache %s", on_off(r.chip.icache),
             on_off(r.chip.dcache));
  } else if (r.chip.l1) {
    snprintf(text, size, "; flash %u wait states, %s; L1 instruction cache %s, data cache %s", r.chip.wait_states, by,
             on_off(r.chip.icache), on_off(r.chip.dcache));
  } else {
    snprintf(text, size, "; flash %u wait states, instruction cache %s, data cache %s, prefetch %s, %s",
             r.chip.wait_states, on_off(r.chip.icache), on_off(r.chip.dcache), on_off(r.chip.prefetch), by);
  }
}
