/* "cmsim-mcus/1": one object a chip. Keys keep their order and meaning; new ones go at the end. */
#include "report/catalogue.h"

#include <jansson.h>
#include <string.h>

static json_t *text(const char *string) { return string ? json_string(string) : json_null(); }
static json_t *bytes(uint32_t count) { return json_integer((json_int_t)count); }

static json_t *chip_object(const target_t *target) {
  chip_summary_t s = catalogue_summary(target);
  bool m7 = strcmp(target->core, "cortex-m7") == 0;
  json_t *waits = s.wait_states < 0 ? json_null() : json_integer(s.wait_states);
  json_t *timing = s.flash_modelled ? text(grade_name(target->flash.from.grade)) : json_null();
  json_t *run = s.power ? json_pack("{s:f, s:f, s:f, s:o, s:o, s:o}", "mhz", s.mhz, "ma", s.milliamperes, "volts",
                                    s.power->volts, "name", text(s.power->name), "source", text(s.power->from.source),
                                    "grade", text(grade_name(s.power->from.grade)))
                        : json_null();
  return json_pack(
      "{s:o, s:o, s:o, s:o, s:b, s:i, s:o, s:o, s:o, s:o, s:o, s:i, s:i, s:i, s:i, s:o, s:o, s:o}", "name",
      text(target->name), "title", text(target->title), "vendor", text(target->vendor), "core", text(target->core),
      "double_precision", (int)(m7 && !target->single_precision), "max_mhz", (int)target->max_mhz, "flash_bytes",
      bytes(s.flash_bytes), "ram_bytes", bytes(s.ram_bytes), "itcm_bytes", bytes(s.itcm_bytes), "dtcm_bytes",
      bytes(s.dtcm_bytes), "wait_states", waits, "l1_icache_bytes", (int)target->l1.icache_bytes, "l1_dcache_bytes",
      (int)target->l1.dcache_bytes, "flash_icache_lines", (int)target->flash.icache_lines, "flash_dcache_lines",
      (int)target->flash.dcache_lines, "flash_timing", timing, "run", run, "peripherals", text(target->peripherals));
}

bool catalogue_json(FILE *out, target_t *const *targets, size_t count) {
  enum { REAL_DIGITS = 12 };
  json_t *list = json_array();
  bool good = list != NULL;
  for (size_t i = 0; i < count && good; i++)
    good = json_array_append_new(list, chip_object(targets[i])) == 0;
  json_t *all = good ? json_pack("{s:s, s:O}", "schema", "cmsim-mcus/1", "mcus", list) : NULL;
  good = all && json_dumpf(all, out, JSON_INDENT(2) | JSON_REAL_PRECISION(REAL_DIGITS)) == 0 && fputc('\n', out) != EOF;
  json_decref(all);
  json_decref(list);
  return good;
}
