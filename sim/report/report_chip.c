/* What the table says about the chip: does the image fit it, what energy does it take, how long does a battery last. */
#include "report/results.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* ---- fit ---- */

static void say_region(FILE *out, const char *name, uint64_t used, uint64_t bytes) {
  char text[RESULTS_TEXT_BYTES], all[RESULTS_TEXT_BYTES], left[RESULTS_TEXT_BYTES];
  fprintf(out, "%s %s of %s B (%.1f %%), %s left", name, results_count_text(text, used), results_count_text(all, bytes),
          bytes ? 100.0 * (double)used / (double)bytes : 0, results_count_text(left, bytes > used ? bytes - used : 0));
}

static void say_fit(FILE *out, const results_t *results) {
  const fit_t *fit = &results->fit;
  char text[RESULTS_TEXT_BYTES];
  if (!fit->known) return;
  if (fit->short_bytes) {
    fprintf(out, "DOES NOT FIT: the stack needs %s bytes more; ", results_count_text(text, fit->short_bytes));
  } else {
    fputs("fits: ", out);
  }
  const char *between = "";
  for (size_t i = 0; i < fit->region_count; i++) {
    const fit_region_t *region = &fit->regions[i];
    if (!region->used) continue;
    fputs(between, out);
    say_region(out, region->name, region->used, region->bytes);
    between = "; ";
  }
  if (results->static_unknown) fputs("; static data is not in this: the file does not state it", out);
  fputc('\n', out);
}

/* ---- energy ---- */

static void say_way(FILE *out, const supply_t *supply) {
  switch (supply->way) {
  case CURRENT_AT_POINT: break;
  case CURRENT_BETWEEN:
    fprintf(out, ", between the sheet's %.6g and %.6g MHz", supply->from_mhz, supply->to_mhz);
    break;
  case CURRENT_BELOW:
  case CURRENT_ABOVE:
    fprintf(out, ", assumed: %s the sheet's clocks, on the line through %.6g and %.6g MHz",
            supply->way == CURRENT_BELOW ? "below" : "above", supply->from_mhz, supply->to_mhz);
    break;
  case CURRENT_ONE_POINT:
    fprintf(out, ", assumed: in proportion to the clock from the sheet's only one, %.6g MHz", supply->from_mhz);
    break;
  }
}

static void say_upper(FILE *out, const supply_t *supply, double millijoules) {
  char text[RESULTS_TEXT_BYTES];
  fprintf(out, ", up to %s (", results_energy_text(text, millijoules));
  if (supply->upper_of_sheet) {
    fputs("the maximum stated there)", out);
  } else {
    fprintf(out, "inference has drawn %.2f times what a sheet's loop does)", ENERGY_LOAD_FACTOR);
  }
}

static void say_total(FILE *out, const results_t *results) {
  const energy_t *energy = &results->energy;
  const supply_t *run = &energy->run;
  char text[RESULTS_TEXT_BYTES];
  fprintf(out, "energy: %s at %.4g mA and %.3g V (typical", results_energy_text(text, energy->total_mj),
          run->milliamperes, run->volts);
  say_way(out, run);
  fprintf(out, "; %s; %s)", run->name, run->source ? run->source : "?");
  say_upper(out, run, energy->total_upper_mj);
  if (energy->slept_unknown) {
    fputs("; no current asleep in the chip's file: it counts as running, which is too much", out);
  } else if (results->causes[CAUSE_SLEEP]) {
    fprintf(out, "; asleep %.4g mA", energy->sleep.milliamperes);
    say_way(out, &energy->sleep);
  }
  fputc('\n', out);
}

static void say_period(FILE *out, const energy_t *energy) {
  char period[RESULTS_TEXT_BYTES], work[RESULTS_TEXT_BYTES], text[RESULTS_TEXT_BYTES];
  const char *name = energy->work ? energy->work : "the whole run";
  results_time_text(period, energy->period_ms);
  if (energy->work_unseen) {
    fprintf(out, "period %s: nothing to say, no pass of %s was completed\n", period, name);
    return;
  }
  fprintf(out, "period %s: %s of %s", period, results_time_text(work, energy->work_ms), name);
  double late = energy->work_ms - energy->period_ms;
  if (late > 0) {
    fprintf(out, ", WHICH IS %s LONGER THAN THE PERIOD: it never sleeps; ", results_time_text(text, late));
  } else if (!energy->sleep.name) {
    fputs(", the rest as if running, for the chip's file has no current asleep: at most ", out);
  } else {
    fprintf(out, ", the rest asleep at %.4g mA", energy->sleep.milliamperes);
    say_way(out, &energy->sleep);
    fputs(": ", out);
  }
  double seconds = fmax(energy->work_ms, energy->period_ms) / 1e3;
  fprintf(out, "%.4g mA and %.4g mW on average, ", energy->milliamperes, energy->period_mj / seconds);
  fprintf(out, "%s a %s, ", results_energy_text(text, energy->period_mj), late > 0 ? "pass" : "period");
  fprintf(out, "up to %s\n", results_energy_text(text, energy->period_upper_mj));
}

/* "9.375 h", "12.30 days", "2.100 years". */
static const char *hours_text(char text[RESULTS_TEXT_BYTES], double hours) {
  static const double day = 24, year = 365.25 * 24;
  if (hours >= 2 * year) {
    snprintf(text, RESULTS_TEXT_BYTES, "%.4g years", hours / year);
  } else if (hours >= 2 * day) {
    snprintf(text, RESULTS_TEXT_BYTES, "%.4g days", hours / day);
  } else {
    snprintf(text, RESULTS_TEXT_BYTES, "%.4g h", hours);
  }
  return text;
}

static void say_battery(FILE *out, const energy_t *energy) {
  char text[RESULTS_TEXT_BYTES];
  if (!(energy->battery_mah > 0) || energy->work_unseen || !(energy->milliamperes > 0)) return;
  fprintf(out, "battery of %.6g mAh: %s %s", energy->battery_mah,
          hours_text(text, energy->battery_mah / energy->milliamperes),
          energy->period_ms > 0 ? "with that period" : "of this without a pause");
  fprintf(out, ", %s at the upper end\n", hours_text(text, energy->battery_mah / energy->upper_milliamperes));
}

char *report_chip_text(const results_t *results) {
  const energy_t *energy = &results->energy;
  char *text = NULL;
  size_t bytes = 0;
  FILE *out = open_memstream(&text, &bytes);
  if (!out) return NULL;
  say_fit(out, results);
  if (energy->run.name) say_total(out, results);
  if (energy->period_ms > 0) say_period(out, energy);
  say_battery(out, energy);
  fclose(out);
  return text;
}
