#include "report/catalogue.h"

#include <math.h>
#include <string.h>

enum { KIB = 1024, MIB = 1024 * 1024 };

chip_summary_t catalogue_summary(const target_t *target) {
  chip_summary_t s = {.flash_modelled = target->flash.read_bytes != 0};
  for (size_t i = 0; i < target->region_count; i++) {
    const region_t *region = &target->regions[i];
    if (region->kind == REGION_FLASH && region->bytes > s.flash_bytes) s.flash_bytes = region->bytes;
    if (region->kind == REGION_RAM) s.ram_bytes += region->bytes;
    if (region->kind == REGION_ITCM) s.itcm_bytes += region->bytes;
    if (region->kind == REGION_DTCM) s.dtcm_bytes += region->bytes;
  }
  s.ram_bytes += s.itcm_bytes + s.dtcm_bytes;
  s.wait_states = target_wait_states(target, target->max_mhz);
  for (size_t i = 0; i < target->power_count && !s.power; i++) {
    const power_t *power = &target->power[i];
    if (power->sleep) continue;
    s.power = power;
    s.milliamperes = power->points[power->point_count - 1].milliamperes;
    s.mhz = power->points[power->point_count - 1].khz / 1e3;
  }
  return s;
}

void catalogue_caches(const target_t *target, char *text, size_t size) {
  const l1_t *l1 = &target->l1;
  const flash_t *flash = &target->flash;
  if (l1->icache_bytes || l1->dcache_bytes) {
    snprintf(text, size, "L1 %uK + %uK", l1->icache_bytes / KIB, l1->dcache_bytes / KIB);
  } else if (flash->icache_lines || flash->dcache_lines) {
    snprintf(text, size, "%u + %u lines", flash->icache_lines, flash->dcache_lines);
  } else if (flash->has & FLASH_PREFETCH) {
    snprintf(text, size, "prefetch");
  } else {
    snprintf(text, size, flash->read_bytes ? "none" : "?");
  }
}

/* ---- one chip, everything ---- */

static void size_text(char *text, size_t size, uint32_t bytes) {
  if (bytes % MIB == 0) {
    snprintf(text, size, "%u MB", (unsigned)(bytes / MIB));
  } else if (bytes % KIB == 0) {
    snprintf(text, size, "%u KB", (unsigned)(bytes / KIB));
  } else {
    snprintf(text, size, "%u bytes", (unsigned)bytes);
  }
}

static void print_from(FILE *out, const char *source, const char *note, grade_t grade) {
  fprintf(out, "      %s: %s\n", grade_name(grade), source ? source : "?");
  if (note) fprintf(out, "      note: %s\n", note);
}

static void print_provenance(FILE *out, const provenance_t *from) {
  print_from(out, from->source, from->note, from->grade);
}

static void print_switches(FILE *out, unsigned which) {
  static const char *const names[] = {"instruction cache", "data cache", "prefetch"};
  const char *comma = "";
  for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
    if (!(which & 1u << i)) continue;
    fprintf(out, "%s%s", comma, names[i]);
    comma = ", ";
  }
  fputs(*comma ? "\n" : "none\n", out);
}

static void print_chip(FILE *out, const target_t *target) {
  bool m7 = strcmp(target->core, "cortex-m7") == 0;
  fprintf(out, "%s: %s%s%s\n", target->name, target->title, target->vendor ? ", " : "",
          target->vendor ? target->vendor : "");
  if (target->extends) fprintf(out, "  extends      %s\n", target->extends);
  fprintf(out, "  core         %s, FPU in %s precision\n", m7 ? "Cortex-M7" : "Cortex-M4",
          m7 && !target->single_precision ? "single and double" : "single");
  if (target->max_mhz) fprintf(out, "  clock        %u MHz at most\n", target->max_mhz);
  if (target->zero_wait_mhz) fprintf(out, "  flash waits  above %u MHz\n", target->zero_wait_mhz);
  if (target->hse_hz) fprintf(out, "  crystal      %.6g MHz on its usual board\n", target->hse_hz / 1e6);
  fprintf(out, "  peripherals  %s\n",
          target->peripherals ? target->peripherals : "not modelled: firmware that polls its clock unit does not boot");
}

static void print_regions(FILE *out, const target_t *target) {
  fprintf(out, "\n  memory\n");
  for (size_t i = 0; i < target->region_count; i++) {
    const region_t *region = &target->regions[i];
    char size[32];
    size_text(size, sizeof size, region->bytes);
    fprintf(out, "    %-14s 0x%08x %9s  %-5s %2u bits", region->name, (unsigned)region->base, size,
            region_kind_name(region->kind), region->beat_bytes * 8);
    if (region->first_access || region->first_write || region->read_after_write) {
      fprintf(out, ", waits %u reading, %u writing, %u reading behind a write", region->first_access,
              region->first_write, region->read_after_write);
    }
    if (region->beat_cycles > 1) fprintf(out, ", %u cycles a beat", region->beat_cycles);
    fprintf(out, "%s\n", region->bus_clock ? ", clock of the bus" : "");
    print_from(out, region->source, region->note, region->grade);
  }
}

static void print_bus(FILE *out, const target_t *target) {
  const bus_t *bus = &target->bus;
  const l1_t *l1 = &target->l1;
  if (bus->from.source) {
    fprintf(out, "\n  bus            %u core cycles a cycle", bus->ratio);
    fprintf(out, bus->max_mhz ? ", %u MHz at most\n" : "\n", bus->max_mhz);
    print_provenance(out, &bus->from);
  }
  if (l1->from.source) {
    fprintf(out, "\n  L1 caches      instructions %u KB, %u-way; data %u KB, %u-way; lines of %u bytes\n",
            l1->icache_bytes / KIB, l1->icache_ways, l1->dcache_bytes / KIB, l1->dcache_ways, l1->line_bytes);
    print_provenance(out, &l1->from);
  }
}

static void print_table(FILE *out, const wait_states_t *table) {
  fprintf(out, "    %s:\n     ", table->range);
  for (unsigned i = 0; i < table->count; i++)
    fprintf(out, " %u to %.7g%s", i, table->up_to_khz[i] / 1e3, i + 1 < table->count ? "," : " MHz\n");
  print_provenance(out, &table->from);
}

static void print_flash(FILE *out, const target_t *target) {
  const flash_t *flash = &target->flash;
  if (!flash->from.source) {
    fprintf(out, "\n  flash interface: not described; the flash answers at once\n");
    return;
  }
  fprintf(out, "\n  flash interface\n");
  if (flash->read_bytes) {
    fprintf(out, "    reads        %u bits\n", flash->read_bytes * 8);
    if (flash->icache_lines || flash->dcache_lines) {
      fprintf(out, "    line caches  %u lines for instructions, %u for data, of %u bytes\n", flash->icache_lines,
              flash->dcache_lines, flash->line_bytes);
    }
    fprintf(out, "    switches     ");
    print_switches(out, flash->has);
    if (flash->has) fprintf(out, "    usually on   ");
    if (flash->has) print_switches(out, flash->usual);
  } else {
    fprintf(out, "    not described; the flash answers at once\n");
  }
  if (flash->acr) {
    fprintf(out, "    register     0x%08x, 0x%x after reset\n", (unsigned)flash->acr, (unsigned)flash->acr_reset);
  }
  if (flash->data_wait) fprintf(out, "    data_wait    %u cycles\n", flash->data_wait);
  if (flash->miss_wait) fprintf(out, "    miss_wait    %u cycles\n", flash->miss_wait);
  print_provenance(out, &flash->from);
  if (flash->table_count) {
    fprintf(out, "\n  flash wait states, by clock of the %s; the first table is the usual one\n",
            flash->bus_clock ? "bus" : "core");
  }
  for (size_t i = 0; i < flash->table_count; i++)
    print_table(out, &flash->tables[i]);
}

static void print_power(FILE *out, const target_t *target) {
  if (target->power_count == 0) {
    fprintf(out, "\n  current: not known\n");
    return;
  }
  fprintf(out, "\n  current, typical; the first entry is the usual one\n");
  for (size_t i = 0; i < target->power_count; i++) {
    const power_t *power = &target->power[i];
    fprintf(out, "    %s: %.4g V%s%s\n     ", power->name, power->volts, power->workload ? ", " : "",
            power->workload ? power->workload : "");
    for (size_t k = 0; k < power->point_count; k++) {
      const current_t *point = &power->points[k];
      fprintf(out, "%s%.6g MHz %.4g", k ? ", " : " ", point->khz / 1e3, point->milliamperes);
      if (point->at_most > 0) fprintf(out, " to %.4g", point->at_most);
      fprintf(out, " mA");
    }
    fprintf(out, "\n");
    print_provenance(out, &power->from);
  }
}

void catalogue_show(FILE *out, const target_t *target) {
  print_chip(out, target);
  print_regions(out, target);
  print_bus(out, target);
  print_flash(out, target);
  print_power(out, target);
}
