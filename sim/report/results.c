/* The finished numbers of a run: their end, and the few ways of printing them that all reports share. */
#include "report/results.h"

#include <assert.h>
#include <stdlib.h>

void results_free(results_t *results) {
  if (!results) return;
  char *texts[] = {results->tool_version,
                   results->cost_model_hash,
                   results->config_hash,
                   results->firmware_path,
                   results->firmware_sha256,
                   results->firmware_build_id,
                   results->core,
                   results->mcu,
                   results->memory,
                   results->fault};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    free(texts[i]);
  for (size_t i = 0; i < results->region_count; i++)
    free(results->regions[i].name);
  free(results->regions);
  for (size_t i = 0; i < results->function_count; i++) {
    free(results->functions[i].name);
    free(results->functions[i].file);
  }
  free(results->functions);
  for (size_t i = 0; i < results->object_count; i++) {
    free(results->objects[i].name);
    free(results->objects[i].section);
  }
  free(results->objects);
  for (size_t i = 0; i < results->fit.region_count; i++)
    free(results->fit.regions[i].name);
  free(results->fit.regions);
  energy_free(&results->energy);
  for (size_t i = 0; i < results->warning_count; i++) {
    free(results->warnings[i].code);
    free(results->warnings[i].message);
    free(results->warnings[i].symbol);
  }
  free(results->warnings);
  for (size_t i = 0; i < results->insn_count; i++) {
    free(results->insns[i].text);
    free(results->insns[i].function);
    free(results->insns[i].file);
    free(results->insns[i].source);
  }
  free(results->insns);
  for (size_t i = 0; i < results->step_count; i++)
    free(results->steps[i].text);
  free(results->steps);
  free(results->also);
  free(results);
}

double results_milliseconds(const results_t *results, uint64_t cycles) {
  return results->mhz > 0 ? (double)cycles / results->mhz / 1000 : 0;
}

const char *run_end_name(run_end_t end) {
  switch (end) {
  case RUN_EXITED: return "exited";
  case RUN_HALTED: return "halted";
  case RUN_STOPPED: return "stopped";
  case RUN_MAX_CYCLES: return "max_cycles";
  case RUN_TIMEOUT: return "timeout";
  case RUN_INTERRUPTED: return "interrupted";
  case RUN_FAULT: return "fault";
  }
  return "?";
}

const char *run_end_text(run_end_t end) {
  switch (end) {
  case RUN_MAX_CYCLES: return "--max-cycles";
  case RUN_TIMEOUT: return "--timeout";
  default: return run_end_name(end);
  }
}

bool run_end_is_early(run_end_t end) { return end == RUN_MAX_CYCLES || end == RUN_TIMEOUT || end == RUN_INTERRUPTED; }

void results_shares(const uint64_t *parts, size_t count, uint64_t units, uint64_t *shares) {
  assert(count > 0 && count <= RESULTS_SHARES_MAX);
  unsigned __int128 sum = 0, remainders[RESULTS_SHARES_MAX];
  for (size_t i = 0; i < count; i++)
    sum += parts[i];
  uint64_t left = units;
  for (size_t i = 0; i < count; i++) {
    unsigned __int128 scaled = (unsigned __int128)parts[i] * units;
    shares[i] = sum ? (uint64_t)(scaled / sum) : 0;
    remainders[i] = sum ? scaled % sum : 0;
    left -= shares[i];
  }
  if (!sum) {
    shares[0] = units;
    return;
  }
  while (left--) { /* fewer rounds than there are parts */
    size_t largest = 0;
    for (size_t i = 1; i < count; i++) {
      if (remainders[i] > remainders[largest]) largest = i;
    }
    shares[largest]++;
    remainders[largest] = 0;
  }
}

const char *results_count_text(char text[RESULTS_TEXT_BYTES], uint64_t count) {
  char digits[RESULTS_TEXT_BYTES];
  size_t length = (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)count);
  char *out = text;
  for (size_t i = 0; i < length; i++) {
    if (i && (length - i) % 3 == 0) *out++ = ',';
    *out++ = digits[i];
  }
  *out = '\0';
  return text;
}

/* A thousandth of a unit, by its largest prefix that leaves a digit before the point: four digits. */
static const char *scaled_text(char text[RESULTS_TEXT_BYTES], double milli, const char *const units[4]) {
  static const double smallest[] = {1000, 1, 1e-3, 0}, factors[] = {1e-3, 1, 1e3, 1e6};
  if (!(milli > 0)) {
    snprintf(text, RESULTS_TEXT_BYTES, "0 %s", units[1]);
    return text;
  }
  size_t unit = 0;
  while (milli < smallest[unit])
    unit++;
  double value = milli * factors[unit];
  int decimals = value >= 999.95 ? 0 : value >= 99.995 ? 1 : value >= 9.9995 ? 2 : 3;
  if (value >= 1e15) {
    snprintf(text, RESULTS_TEXT_BYTES, "%.3e %s", value, units[unit]);
  } else {
    snprintf(text, RESULTS_TEXT_BYTES, "%.*f %s", decimals, value, units[unit]);
  }
  return text;
}

const char *results_time_text(char text[RESULTS_TEXT_BYTES], double milliseconds) {
  static const char *const units[] = {"s", "ms", "us", "ns"};
  return scaled_text(text, milliseconds, units);
}

const char *results_energy_text(char text[RESULTS_TEXT_BYTES], double millijoules) {
  static const char *const units[] = {"J", "mJ", "uJ", "nJ"};
  return scaled_text(text, millijoules, units);
}
