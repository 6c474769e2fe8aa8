/* The "cmsim/1" object: what every other output is a view of. Keys keep their order, reals have 12 digits, nothing
   depends on the time or the host, so two runs of the same firmware give the same bytes. New keys go at the end of
   their object; keys never change their meaning within a schema version. */
#include "report/results.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* Shares are whole multiples of 1e-9: 12 digits write them exactly, so they sum to 1 for every reader. */
enum { REAL_DIGITS = 12, SHARE_UNITS = 1000000000 };

/* Names come from ELF files and may be anything; JSON is UTF-8. */
static json_t *text(const char *string) {
  if (!string) return json_null();
  json_t *value = json_string(string);
  if (value) return value;
  char *copy = strdup(string);
  if (!copy) return NULL;
  for (char *c = copy; *c; c++) {
    if ((unsigned char)*c >= 0x80) *c = '?';
  }
  value = json_string(copy);
  free(copy);
  return value;
}

static json_t *count(uint64_t value) { return json_integer((json_int_t)value); }

/* "issue" always, so that the object is never empty; of the others those that cost anything. */
static json_t *causes_object(const uint64_t causes[CAUSE_COUNT]) {
  json_t *object = json_object();
  for (unsigned cause = 0; object && cause < CAUSE_COUNT; cause++) {
    if (cause != CAUSE_ISSUE && !causes[cause]) continue;
    if (json_object_set_new(object, cause_name((cause_t)cause), count(causes[cause])) == 0) continue;
    json_decref(object);
    object = NULL;
  }
  return object;
}

static json_t *confidence_object(const results_t *results) {
  uint64_t shares[GRADE_COUNT];
  results_shares(results->grade_cycles, GRADE_COUNT, SHARE_UNITS, shares);
  json_t *object = json_object();
  for (unsigned grade = 0; object && grade < GRADE_COUNT; grade++) {
    json_t *share = json_real((double)shares[grade] / SHARE_UNITS);
    if (json_object_set_new(object, grade_name((grade_t)grade), share) == 0) continue;
    json_decref(object);
    object = NULL;
  }
  return object;
}

static json_t *total_object(const results_t *results) {
  double cpi = results->instructions ? (double)results->cycles / (double)results->instructions : 0;
  const uint64_t *dwt = results->dwt;
  json_t *counters = json_pack("{s:o, s:o, s:o, s:o, s:o}", "cpicnt", count(dwt[0]), "exccnt", count(dwt[1]),
                               "sleepcnt", count(dwt[2]), "lsucnt", count(dwt[3]), "foldcnt", count(dwt[4]));
  return json_pack("{s:o, s:o, s:f, s:f, s:o, s:o, s:o, s:o, s:o}", "cycles", count(results->cycles), "instructions",
                   count(results->instructions), "cpi", cpi, "latency_ms",
                   results_milliseconds(results, results->cycles), "pairs", count(results->pairs), "branches",
                   count(results->branches), "mispredicts", count(results->mispredicts), "exceptions",
                   count(results->exceptions), "dwt", counters);
}

static json_t *region_object(const results_t *results, size_t index) {
  const region_result_t *region = &results->regions[index];
  bool energy = results->energy.run.name != NULL;
  return json_pack("{s:o, s:o, s:o, s:o, s:o, s:f, s:o, s:o, s:o, s:b, s:o}", "name", text(region->name), "calls",
                   count(region->calls), "cycles", count(region->cycles), "min_cycles", count(region->min_cycles),
                   "max_cycles", count(region->max_cycles), "latency_ms", results_milliseconds(results, region->cycles),
                   "instructions", count(region->instructions), "causes", causes_object(region->causes),
                   "stack_peak_bytes", count(region->stack_peak_bytes), "open", (int)region->open, "mj",
                   energy ? json_real(region->mj) : json_null());
}

static json_t *function_object(const results_t *results, size_t index) {
  const function_result_t *function = &results->functions[index];
  json_t *line = function->file ? count(function->line) : json_null();
  return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name", text(function->name), "file",
                   text(function->file), "line", line, "calls", count(function->calls), "self_cycles",
                   count(function->self_cycles), "total_cycles", count(function->total_cycles), "instructions",
                   count(function->instructions), "causes", causes_object(function->causes));
}

static json_t *object_object(const results_t *results, size_t index) {
  const object_result_t *object = &results->objects[index];
  return json_pack("{s:o, s:o, s:o, s:b}", "name", text(object->name), "section", text(object->section), "bytes",
                   count(object->bytes), "in_ram", (int)object->in_ram);
}

static json_t *warning_object(const results_t *results, size_t index) {
  const warning_result_t *warning = &results->warnings[index];
  return json_pack("{s:o, s:o, s:o, s:o}", "code", text(warning->code), "message", text(warning->message), "address",
                   count(warning->address), "symbol", text(warning->symbol));
}

static json_t *array_of(const results_t *results, size_t length, json_t *item(const results_t *, size_t)) {
  json_t *array = json_array();
  for (size_t i = 0; array && i < length; i++) {
    if (json_array_append_new(array, item(results, i)) == 0) continue;
    json_decref(array);
    array = NULL;
  }
  return array;
}

/* heap_peak_bytes is null where no allocator was seen. */
static json_t *memory_object(const results_t *results) {
  json_t *heap = results->heap_known ? count(results->heap_peak_bytes) : json_null();
  return json_pack("{s:o, s:o, s:o, s:o, s:o}", "flash_bytes", count(results->flash_bytes), "ram_static_bytes",
                   results->static_unknown ? json_null() : count(results->ram_static_bytes), "stack_peak_bytes",
                   count(results->stack_peak_bytes), "heap_peak_bytes", heap, "objects",
                   array_of(results, results->object_count, object_object));
}

static json_t *tool_object(const results_t *results) {
  return json_pack("{s:o, s:o, s:o}", "version", text(results->tool_version), "cost_model_hash",
                   text(results->cost_model_hash), "config_hash", text(results->config_hash));
}

static json_t *firmware_object(const results_t *results) {
  return json_pack("{s:o, s:o, s:o}", "path", text(results->firmware_path), "sha256", text(results->firmware_sha256),
                   "build_id", text(results->firmware_build_id));
}

static json_t *target_object(const results_t *results) {
  return json_pack("{s:o, s:o, s:f, s:o, s:o}", "core", text(results->core), "mcu", text(results->mcu), "mhz",
                   results->mhz, "memory", text(results->memory), "firmware_mhz",
                   results->firmware_mhz > 0 ? json_real(results->firmware_mhz) : json_null());
}

/* null where memory answers at once. */
static json_t *memory_system_object(const results_t *results) {
  const chip_result_t *chip = &results->chip;
  if (!chip->modelled) return json_null();
  return json_pack("{s:o, s:s, s:b, s:b, s:o, s:o, s:o, s:o, s:o}", "wait_states",
                   chip->flash_known ? count(chip->wait_states) : json_null(), "set_by",
                   chip->by_firmware ? "firmware" : "usual start-up", "icache", (int)chip->icache, "dcache",
                   (int)chip->dcache, "prefetch", chip->l1 ? json_null() : json_boolean(chip->prefetch), "fetch_misses",
                   count(chip->fetch_misses), "data_accesses", count(chip->data_accesses), "data_misses",
                   count(chip->data_misses), "write_backs", chip->l1 ? count(chip->write_backs) : json_null());
}

static json_t *exit_object(const results_t *results) {
  return json_pack("{s:s, s:o, s:b, s:o}", "reason", run_end_name(results->end), "code", count(results->exit_code),
                   "partial", (int)results->partial, "message", text(results->fault));
}

static json_t *fit_region_object(const results_t *results, size_t index) {
  const fit_region_t *region = &results->fit.regions[index];
  return json_pack("{s:o, s:o, s:o, s:b}", "name", text(region->name), "used", count(region->used), "bytes",
                   count(region->bytes), "in_ram", (int)region->in_ram);
}

/* null without a chip whose memory is given. */
static json_t *fit_object(const results_t *results) {
  const fit_t *fit = &results->fit;
  if (!fit->known) return json_null();
  return json_pack("{s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "fits", fit->short_bytes == 0, "short_bytes",
                   count(fit->short_bytes), "flash_used", count(fit->flash_used), "flash_bytes",
                   count(fit->flash_bytes), "ram_used", count(fit->ram_used), "ram_bytes", count(fit->ram_bytes),
                   "regions", array_of(results, fit->region_count, fit_region_object));
}

/* null where the chip's file says nothing. */
static json_t *supply_object(const supply_t *supply) {
  static const char *const ways[] = {"point", "between", "below", "above", "one_point"};
  if (!supply->name) return json_null();
  return json_pack("{s:o, s:f, s:f, s:f, s:s, s:s, s:[f, f], s:o, s:s, s:o, s:o}", "row", text(supply->name), "volts",
                   supply->volts, "milliamperes", supply->milliamperes, "milliamperes_upper", supply->upper, "upper",
                   supply->upper_of_sheet ? "sheet" : "load", "way", ways[supply->way], "sheet_mhz", supply->from_mhz,
                   supply->to_mhz, "source", text(supply->source), "grade", grade_name(supply->grade), "workload",
                   text(supply->workload), "peripherals", text(supply->peripherals));
}

static json_t *period_object(const energy_t *energy) {
  if (!(energy->period_ms > 0)) return json_null();
  bool seen = !energy->work_unseen;
  double late = energy->work_ms - energy->period_ms, seconds = (late > 0 ? energy->work_ms : energy->period_ms) / 1e3;
  return json_pack("{s:o, s:f, s:o, s:o, s:o, s:o, s:o}", "region", text(energy->work), "period_ms", energy->period_ms,
                   "work_ms", seen ? json_real(energy->work_ms) : json_null(), "late_ms",
                   seen ? json_real(late > 0 ? late : 0) : json_null(), "mj",
                   seen ? json_real(energy->period_mj) : json_null(), "upper_mj",
                   seen ? json_real(energy->period_upper_mj) : json_null(), "average_mw",
                   seen ? json_real(energy->period_mj / seconds) : json_null());
}

/* The supply while running, and what follows from it. */
static json_t *energy_object(const results_t *results) {
  const energy_t *energy = &results->energy;
  json_t *object = supply_object(&energy->run);
  if (!energy->run.name || !object) return object;
  bool battery = energy->battery_mah > 0 && !energy->work_unseen && energy->milliamperes > 0;
  json_t *hours = battery ? json_real(energy->battery_mah / energy->milliamperes) : json_null();
  json_t *least = battery ? json_real(energy->battery_mah / energy->upper_milliamperes) : json_null();
  json_t *more =
      json_pack("{s:f, s:f, s:f, s:f, s:o, s:o, s:o, s:o, s:o}", "total_mj", energy->total_mj, "total_upper_mj",
                energy->total_upper_mj, "average_ma", energy->milliamperes, "average_upper_ma",
                energy->upper_milliamperes, "sleep", supply_object(&energy->sleep), "period", period_object(energy),
                "battery_mah", energy->battery_mah > 0 ? json_real(energy->battery_mah) : json_null(), "battery_hours",
                hours, "battery_hours_least", least);
  if (!more || json_object_update(object, more) != 0) {
    json_decref(object);
    object = NULL;
  }
  json_decref(more);
  return object;
}

static json_t *report_object(const results_t *results) {
  return json_pack(
      "{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "schema", "cmsim/1", "tool",
      tool_object(results), "firmware", firmware_object(results), "target", target_object(results), "exit",
      exit_object(results), "total", total_object(results), "causes", causes_object(results->causes), "confidence",
      confidence_object(results), "regions", array_of(results, results->region_count, region_object), "functions",
      array_of(results, results->function_count, function_object), "memory", memory_object(results), "memory_system",
      memory_system_object(results), "warnings", array_of(results, results->warning_count, warning_object), "fit",
      fit_object(results), "energy", energy_object(results));
}

bool report_json(FILE *out, const results_t *results) {
  json_t *report = report_object(results);
  if (!report) {
    errno = ENOMEM;
    return false;
  }
  errno = 0;
  bool written = json_dumpf(report, out, JSON_INDENT(2) | JSON_REAL_PRECISION(REAL_DIGITS)) == 0 &&
                 fputc('\n', out) != EOF && fflush(out) == 0 && !ferror(out);
  int reason = errno;
  json_decref(report);
  if (!written) errno = reason ? reason : EIO;
  return written;
}
