/* Target files: the generic ones say what they promise, and defects are refused with one line that names the place. */
#include "base/diag.h"
#include "run_suite.h"
#include "timing/target.h"
#include "yaml_fixture.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char config_directory[] = CMSIM_SOURCE_DIR "/configs";

START_TEST(generic_m4) {
  target_t *target = target_load(config_directory, "generic-m4");
  ck_assert(target != NULL);
  ck_assert_str_eq(target->name, "generic-m4");
  ck_assert_str_eq(target->core, "cortex-m4");
  ck_assert_uint_eq(strlen(target->hash), 64);
  ck_assert_uint_eq(target->region_count, 1);
  ck_assert_str_eq(target->regions[0].name, "ram");
  ck_assert_int_eq(target->regions[0].kind, REGION_RAM);
  ck_assert_uint_eq(target->regions[0].base, 0x20000000);
  ck_assert_uint_eq(target->regions[0].bytes, 0x100000);
  ck_assert_uint_eq(target->regions[0].first_access, 0);
  ck_assert_uint_gt(target->regions[0].line, 1);
  target_free(target);
}
END_TEST

START_TEST(generic_m7) {
  static const struct {
    region_kind_t kind;
    uint32_t base, end;
  } expected[] = {
      {REGION_ITCM, 0, 0x10000}, {REGION_DTCM, 0x20000000, 0x20020000}, {REGION_RAM, 0x20020000, 0x20100000}};
  target_t *target = target_load(config_directory, "generic-m7");
  ck_assert(target != NULL);
  ck_assert_str_eq(target->core, "cortex-m7");
  ck_assert_uint_eq(target->region_count, 3);
  for (size_t i = 0; i < target->region_count; i++) {
    const region_t *region = &target->regions[i];
    ck_assert_int_eq(region->kind, expected[i].kind);
    ck_assert_uint_eq(region->base, expected[i].base);
    ck_assert_uint_eq(region->base + region->bytes, expected[i].end);
    ck_assert_uint_eq(region->first_access, 0);
    ck_assert_str_eq(region_kind_name(region->kind), region->name);
  }
  target_free(target);
}
END_TEST

static const char good[] =
    "name: x\n"
    "core: cortex-m4\n"
    "title: t\n"
    "regions:\n"
    "  - {name: a, kind: ram, base: 0x1000, bytes: 0x1000, first_access: 0, src: s, grade: assumed}\n"
    "  - {name: b, kind: flash, base: 0x2000, bytes: 16, first_access: 1, src: s, grade: measured}\n";

static const struct {
  const char *from, *to;
  unsigned line;
  const char *message;
} refusals[] = {
    {"kind: ram", "kid: ram", 5, "kid"},
    {"kind: ram", "kind: rom", 5, "rom"},
    {"grade: assumed", "grade: sure", 5, "sure"},
    {"first_access: 1", "first_access: 256", 6, "256"},
    {"bytes: 16", "bytes: 16K", 6, "16K"},
    {"bytes: 16", "bytes: 0", 6, "empty"},
    {"bytes: 16", "bytes: 0xFFFFFFFF", 6, "4 GiB"},
    {"base: 0x1000", "base: 0x100000000", 5, "0x100000000"},
    {"base: 0x2000", "base: 0x1FFC", 6, "inside or below"},
    {"name: b", "name: a", 6, "already"},
    {"name: x", "name: y", 1, "not 'x'"},
    {"cortex-m4", "cortex-m3", 2, "cortex-m3"},
    {"title: t\n", "", 1, "title is missing"},
    {"src: s, grade: measured", "grade: measured", 6, "src"},
    {"title: t\n", "title: t\nfpu: half\n", 4, "neither single nor double"},
    {"title: t\n", "title: t\npriority_bits: 9\n", 4, "priority_bits"},
    {"title: t\n", "title: t\ncpuid: r1p1\n", 4, "cpuid"},
};

static void *load(const char *folder, const char *name) { return target_load(folder, name); }
static target_t *load_text(const char *text, char **said) { return load_yaml_text(text, said, load); }

START_TEST(accepted) {
  char *said = NULL;
  target_t *target = load_text(good, &said);
  ck_assert(target != NULL);
  ck_assert_str_eq(said, "");
  ck_assert_uint_eq(target->regions[1].first_access, 1);
  ck_assert_uint_eq(target->regions[1].bytes, 16);
  ck_assert_int_eq(target->regions[1].grade, GRADE_MEASURED);
  free(said);
  target_free(target);
}
END_TEST

START_TEST(refused) {
  char text[sizeof good + 64], expected[32], *said = NULL;
  const char *hit = strstr(good, refusals[_i].from);
  ck_assert(hit != NULL);
  snprintf(text, sizeof text, "%.*s%s%s", (int)(hit - good), good, refusals[_i].to, hit + strlen(refusals[_i].from));
  ck_assert(load_text(text, &said) == NULL);
  snprintf(expected, sizeof expected, "/x.yaml:%u:", refusals[_i].line);
  ck_assert_msg(strstr(said, expected) != NULL, "expected %s got %s", expected, said);
  ck_assert_msg(strstr(said, refusals[_i].message) != NULL, "no '%s' in %s", refusals[_i].message, said);
  ck_assert_msg(strchr(said, '\n') == said + strlen(said) - 1, "not one line: %s", said);
  free(said);
}
END_TEST

/* Everything that a chip's file may say. */
static const char chip[] =
    "name: x\n"
    "core: cortex-m7\n"
    "title: t\n"
    "vendor: v\n"
    "max_mhz: 400\n"
    "bus: {max_mhz: 200, ratio: 2, src: s, grade: documented}\n"
    "l1: {icache_bytes: 16384, icache_ways: 2, dcache_bytes: 4096, dcache_ways: 4, line_bytes: 32, src: s, grade: "
    "documented}\n"
    "flash:\n"
    "  read_bytes: 16\n"
    "  icache_lines: 64\n"
    "  dcache_lines: 8\n"
    "  line_bytes: 32\n"
    "  has: [icache, dcache, prefetch]\n"
    "  usual: [icache, dcache]\n"
    "  clock: bus\n"
    "  acr: 0x40022000\n"
    "  acr_reset: 0x600\n"
    "  latency_mask: 0x7\n"
    "  icache_bit: 0x200\n"
    "  dcache_bit: 0x400\n"
    "  prefetch_bit: 0x100\n"
    "  data_wait: 1\n"
    "  miss_wait: 2\n"
    "  src: s\n"
    "  grade: inferred\n"
    "  wait_states:\n"
    "    - {range: high, up_to_mhz: [30, 60.5, 110], src: s, grade: documented}\n"
    "    - {range: low, up_to_mhz: [4.2], src: s, grade: assumed}\n"
    "regions:\n"
    "  - {name: flash, kind: flash, base: 0x1000, bytes: 16, first_access: 1, src: s, grade: measured}\n"
    "  - {name: b, kind: ram, base: 0x2000, bytes: 16, first_access: 1, beat_bytes: 8, beat_cycles: 2, clock: bus, "
    "src: s, grade: measured}\n"
    "power:\n"
    "  - {name: run, mode: run, volts: 3.3, workload: w, peripherals: off, src: s, grade: documented, points: [{mhz: "
    "168, ma: 40, max_ma: 61}, {mhz: 4.2, ma: 1.5}]}\n"
    "  - {name: sleep, mode: sleep, volts: 3, peripherals: on, src: s, grade: documented, points: [{mhz: 16, ma: "
    "2}]}\n";

START_TEST(whole_chip) {
  char *said = NULL;
  target_t *target = load_text(chip, &said);
  ck_assert_msg(target != NULL, "%s", said);
  ck_assert_str_eq(said, "");
  ck_assert_str_eq(target->vendor, "v");
  ck_assert(target->bus.max_mhz == 200 && target->bus.ratio == 2 && target->bus.from.grade == GRADE_DOCUMENTED);
  ck_assert(target->l1.icache_bytes == 16384 && target->l1.icache_ways == 2 && target->l1.dcache_bytes == 4096 &&
            target->l1.dcache_ways == 4 && target->l1.line_bytes == 32 && target->l1.from.line == 7);
  const flash_t *flash = &target->flash;
  ck_assert(flash->read_bytes == 16 && flash->icache_lines == 64 && flash->dcache_lines == 8);
  ck_assert(flash->line_bytes == 32 && flash->bus_clock && flash->data_wait == 1 && flash->miss_wait == 2);
  ck_assert_uint_eq(flash->has, FLASH_ICACHE | FLASH_DCACHE | FLASH_PREFETCH);
  ck_assert_uint_eq(flash->usual, FLASH_ICACHE | FLASH_DCACHE);
  ck_assert(flash->acr == 0x40022000 && flash->acr_reset == 0x600 && flash->latency_mask == 7);
  ck_assert(flash->icache_bit == 0x200 && flash->dcache_bit == 0x400 && flash->prefetch_bit == 0x100);
  ck_assert(flash->wait_states_forced == -1 && flash->forced_on == 0 && flash->forced_off == 0);
  ck_assert(flash->from.grade == GRADE_INFERRED && flash->table_count == 2 && flash->tables[0].count == 3);
  ck_assert(flash->tables[0].up_to_khz[1] == 60500 && flash->tables[1].up_to_khz[0] == 4200);
  ck_assert_ptr_eq(target_wait_table(target), &flash->tables[0]);
  ck_assert(target->regions[0].beat_bytes == 4 && target->regions[0].beat_cycles == 1 && !target->regions[0].bus_clock);
  ck_assert(target->regions[1].beat_bytes == 8 && target->regions[1].beat_cycles == 2 && target->regions[1].bus_clock);
  ck_assert_uint_eq(target->power_count, 2);
  const power_t *power = target->power;
  ck_assert(!power[0].sleep && power[1].sleep && power[0].point_count == 2);
  ck_assert(power[0].points[0].khz == 4200 && power[0].points[1].khz == 168000); /* ascending, whatever the file */
  ck_assert(power[0].points[0].milliamperes > 1.49 && power[0].points[1].at_most > 60);
  ck_assert_str_eq(power[0].peripherals, "off");
  ck_assert_str_eq(power[1].peripherals, "on");
  free(said);
  target_free(target);
}
END_TEST

START_TEST(wait_states) {
  char *said = NULL;
  target_t *target = load_text(chip, &said);
  ck_assert(target != NULL);
  ck_assert_int_eq(target_wait_states(target, 60), 0); /* the flash runs at the bus's clock, half of the core's */
  ck_assert_int_eq(target_wait_states(target, 61), 1);
  ck_assert_int_eq(target_wait_states(target, 121), 1);
  ck_assert_int_eq(target_wait_states(target, 220), 2);
  ck_assert_int_eq(target_wait_states(target, 221), -1);
  ck_assert(target_set(target, "bus", "ratio", 1));
  ck_assert_int_eq(target_wait_states(target, 60), 1);
  ck_assert(target_set(target, "flash", "wait_states", 9));
  ck_assert_int_eq(target_wait_states(target, 60), 9);
  free(said);
  target_free(target);
  target = target_load(config_directory, "generic-m4");
  ck_assert_int_eq(target_wait_states(target, 60), -1);
  ck_assert_ptr_null(target_wait_table(target));
  target_free(target);
}
END_TEST

START_TEST(what_if) {
  char *said = NULL;
  target_t *target = load_text(chip, &said);
  ck_assert(target != NULL);
  ck_assert(target_set(target, "flash", "first_access", 3)); /* of the region, which has the same name */
  ck_assert(target->regions[0].first_access == 3 && target->regions[0].grade == GRADE_ASSUMED);
  ck_assert_int_eq(target->flash.from.grade, GRADE_INFERRED);
  ck_assert(target_set(target, "b", "beat_cycles", 4) && target->regions[1].beat_cycles == 4);
  ck_assert(target_set(target, "flash", "icache", 0) && target_set(target, "flash", "prefetch", 1));
  ck_assert_uint_eq(target->flash.usual, FLASH_DCACHE | FLASH_PREFETCH);
  ck_assert(target->flash.forced_on == FLASH_PREFETCH && target->flash.forced_off == FLASH_ICACHE);
  ck_assert_int_eq(target->flash.from.grade, GRADE_ASSUMED);
  ck_assert(target_set(target, "flash", "prefetch", 0));
  ck_assert(target->flash.forced_on == 0 && target->flash.forced_off == (FLASH_ICACHE | FLASH_PREFETCH));
  ck_assert(target_set(target, "flash", "data_wait", 5) && target->flash.data_wait == 5);
  ck_assert(target_set(target, "flash", "miss_wait", 6) && target->flash.miss_wait == 6);
  ck_assert(!target_set(target, "flash", "colour", 1) && !target_set(target, "bus", "ratio", 0));
  ck_assert(!target_set(target, "b", "beat_cycles", 0) && !target_set(target, "b", "wait_states", 0));
  free(said);
  target_free(target);
  target = target_load(config_directory, "generic-m4"); /* whose flash is not described */
  ck_assert(!target_set(target, "flash", "wait_states", 1) && !target_set(target, "flash", "prefetch", 1));
  target_free(target);
}
END_TEST

static const struct {
  const char *from, *to;
  unsigned line;
  const char *message;
} chip_refusals[] = {
    {"ratio: 2", "ratio: 0", 6, "1 to 16"},
    {"ratio: 2", "ratio: 17", 6, "17"},
    {"max_mhz: 200", "max_mhz: 200.5", 6, "200.5"},
    {"ratio: 2, src: s", "ratio: 2", 6, "src"},
    {"ratio: 2", "ratios: 2", 6, "ratios"},
    {"cortex-m7", "cortex-m4", 7, "no first level caches"},
    {"icache_bytes: 16384", "icache_bytes: 12288", 7, "no power of two"},
    {"icache_bytes: 16384", "icache_bytes: 131072", 7, "131072"},
    {"icache_ways: 2", "icache_ways: 3", 7, "3 ways of 32-byte lines do not divide 16384"},
    {"dcache_ways: 4", "dcache_ways: 0", 7, "0 ways"},
    {"line_bytes: 32, src", "line_bytes: 48, src", 7, "power of two"},
    {", line_bytes: 32, src", ", src", 7, "line_bytes"},
    {"read_bytes: 16", "read_bytes: 24", 9, "24 is no power of two"},
    {"read_bytes: 16", "read_bytes: 64", 12, "not made of reads of 64"},
    {"  read_bytes: 16\n", "", 11, "not made of reads"},
    {"icache_lines: 64", "icache_lines: 0", 13, "icache_lines is 0"},
    {"  dcache_lines: 8\n", "", 12, "dcache_lines is 0"},
    {"  line_bytes: 32\n", "  line_bytes: 33\n", 12, "33 is no power of two"},
    {"has: [icache, ", "has: [", 14, "not in `has`"},
    {"usual: [icache, dcache]", "usual: [icache, cache]", 14, "cache"},
    {"clock: bus\n", "clock: axi\n", 15, "axi"},
    {"acr: 0x40022000", "acr: 0x40022002", 16, "multiple of 4"},
    {"  acr: 0x40022000\n", "", 17, "without acr"},
    {"  latency_mask: 0x7\n", "", 16, "without latency_mask"},
    {"latency_mask: 0x7", "latency_mask: 0x5", 18, "no gaps"},
    {"latency_mask: 0x7", "latency_mask: 0x1", 27, "room for 1"},
    {"icache_bit: 0x200", "icache_bit: 0x204", 19, "overlaps"},
    {"dcache_bit: 0x400", "dcache_bit: 0x200", 20, "overlaps"},
    {"  prefetch_bit: 0x100\n", "", 13, "without its prefetch_bit"},
    {"has: [icache, dcache, prefetch]", "has: [icache, dcache]", 21, "not in `has`"},
    {"data_wait: 1", "data_wait: 256", 22, "256"},
    {"miss_wait: 2", "miss_wait: -1", 23, "-1"},
    {"  grade: inferred\n", "", 26, "grade"},
    {"up_to_mhz: [30, 60.5", "up_to_mhz: [30, 30", 27, "not above"},
    {"up_to_mhz: [30, 60.5", "up_to_mhz: [30, 29", 27, "29 is not above"},
    {"up_to_mhz: [4.2]", "up_to_mhz: [0]", 28, "0 is not above"},
    {"up_to_mhz: [4.2]", "up_to_mhz: [4.2001]", 28, "4.2001"},
    {"up_to_mhz: [4.2]", "up_to_mhz: [1e3]", 28, "1e3"},
    {"up_to_mhz: [4.2]", "up_to_mhz: []", 28, "Insufficient entries"},
    {"up_to_mhz: [4.2]", "up_to_mhz: [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]", 28, "Excessive entries"},
    {"range: low", "range: high", 28, "listed already"},
    {"beat_bytes: 8", "beat_bytes: 2", 31, "4 or 8"},
    {"beat_cycles: 2", "beat_cycles: 0", 31, "at least 1"},
    {"clock: bus, src", "clock: ahb, src", 31, "ahb"},
    {"mode: run", "mode: walk", 33, "walk"},
    {"volts: 3.3", "volts: 0", 33, "volts"},
    {"volts: 3.3", "volts: 61", 33, "61"},
    {"peripherals: off", "peripherals: some", 33, "some"},
    {"mhz: 168", "mhz: -1", 33, "-1"},
    {"mhz: 168", "mhz: 4.2", 33, "4.2 is listed already"},
    {"ma: 40", "ma: 4O", 33, "4O"},
    {"max_ma: 61", "max_ma: 39", 33, "below the typical 40"},
    {"name: sleep", "name: run", 34, "listed already"},
    {"points: [{mhz: 16, ma: 2}]", "points: []", 34, "Insufficient entries"},
};

START_TEST(chip_refused) {
  char text[sizeof chip + 64], expected[32], *said = NULL;
  const char *hit = strstr(chip, chip_refusals[_i].from);
  ck_assert_msg(hit != NULL, "%s", chip_refusals[_i].from);
  snprintf(text, sizeof text, "%.*s%s%s", (int)(hit - chip), chip, chip_refusals[_i].to,
           hit + strlen(chip_refusals[_i].from));
  ck_assert_msg(load_text(text, &said) == NULL, "'%s' is taken", chip_refusals[_i].to);
  snprintf(expected, sizeof expected, "/x.yaml:%u:", chip_refusals[_i].line);
  ck_assert_msg(strstr(said, expected) != NULL, "expected %s got %s", expected, said);
  ck_assert_msg(strstr(said, chip_refusals[_i].message) != NULL, "no '%s' in %s", chip_refusals[_i].message, said);
  ck_assert_msg(strchr(said, '\n') == said + strlen(said) - 1, "not one line: %s", said);
  free(said);
}
END_TEST

/* Every file of the catalogue loads, and says what a person chooses a part by. */
START_TEST(catalogue) {
  struct dirent **entries;
  int count = scandir(config_directory, &entries, NULL, alphasort), chips = 0;
  ck_assert_int_gt(count, 0);
  for (int i = 0; i < count; i++) {
    char *end = strstr(entries[i]->d_name, ".yaml");
    if (end && !end[5] && strncmp(entries[i]->d_name, "generic-", 8) != 0) {
      *end = '\0';
      chips++;
      target_t *target = target_load(config_directory, entries[i]->d_name);
      ck_assert_msg(target != NULL, "%s", entries[i]->d_name);
      ck_assert_msg(target->vendor && target->max_mhz, "%s: vendor or clock", target->name);
      bool flash = false, ram = false;
      for (size_t k = 0; k < target->region_count; k++) {
        flash |= target->regions[k].kind == REGION_FLASH;
        ram |= target->regions[k].kind == REGION_RAM;
      }
      ck_assert_msg(flash && ram, "%s: memory", target->name);
      bool l1 = target->l1.icache_bytes && target->l1.dcache_bytes;
      ck_assert_msg(l1 == (strcmp(target->core, "cortex-m7") == 0), "%s: caches", target->name);
      bool waits = target->flash.table_count != 0;
      ck_assert_msg(!target->flash.read_bytes || waits, "%s: no wait states", target->name);
      ck_assert_msg(!waits || target_wait_states(target, target->max_mhz) >= 0, "%s: highest clock", target->name);
      ck_assert_msg(!waits || target_wait_states(target, 1) == 0, "%s: lowest clock", target->name);
      ck_assert_msg(target->power_count == 0 || !target->power[0].sleep, "%s: sleeps first", target->name);
      target_free(target);
    }
    free(entries[i]);
  }
  free(entries);
  ck_assert_int_ge(chips, 45);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("config");
  TCase *tests = tcase_create("targets");
  tcase_add_test(tests, generic_m4);
  tcase_add_test(tests, generic_m7);
  tcase_add_test(tests, accepted);
  tcase_add_loop_test(tests, refused, 0, sizeof refusals / sizeof *refusals);
  tcase_add_test(tests, catalogue);
  tcase_add_test(tests, whole_chip);
  tcase_add_test(tests, wait_states);
  tcase_add_test(tests, what_if);
  tcase_add_loop_test(tests, chip_refused, 0, sizeof chip_refusals / sizeof *chip_refusals);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
