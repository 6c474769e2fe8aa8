/* Modelled: the data sheet's current at the run's clock, awake and asleep apart. Not modelled: what the part draws in
   excess for what it does (the sheet's loop stands for everything, hence the interval), peripherals, wake-up. */
#include "report/energy.h"

#include "base/diag.h"
#include "report/results.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double mhz_of(const current_t *point) { return point->khz / 1e3; }

/* On the line through A and B. Two points at one clock (two voltage scales) have no line: the first holds. */
static double line(double mhz, double a_mhz, double a, double b_mhz, double b) {
  return b_mhz > a_mhz ? a + (b - a) * (mhz - a_mhz) / (b_mhz - a_mhz) : a;
}

/* A line that falls below zero, or below a current in proportion to the clock, is not followed that far: a part draws
   less than in proportion to a slower clock only if it draws less than nothing when it stands still. */
static double below(double mhz, const current_t *a, double value_a, const current_t *b, double value_b) {
  return fmax(line(mhz, mhz_of(a), value_a, mhz_of(b), value_b), value_a * mhz / mhz_of(a));
}

static grade_t worse(grade_t a, grade_t b) { return a > b ? a : b; }

static void from_points(supply_t *supply, const current_t *a, const current_t *b, double mhz) {
  bool maxima = a->at_most > 0 && b->at_most > 0;
  if (supply->way == CURRENT_BELOW) {
    supply->milliamperes = below(mhz, a, a->milliamperes, b, b->milliamperes);
    if (maxima) supply->upper = below(mhz, a, a->at_most, b, b->at_most);
  } else {
    supply->milliamperes = line(mhz, mhz_of(a), a->milliamperes, mhz_of(b), b->milliamperes);
    if (maxima) supply->upper = line(mhz, mhz_of(a), a->at_most, mhz_of(b), b->at_most);
  }
  supply->from_mhz = mhz_of(a);
  supply->to_mhz = mhz_of(b);
}

static void at_point(supply_t *supply, const current_t *point, double scale) {
  supply->milliamperes = point->milliamperes * scale;
  supply->upper = point->at_most * scale;
  supply->from_mhz = supply->to_mhz = mhz_of(point);
}

/* The point at MHZ, to half a kHz; else NULL and *ABOVE is the index of the first above it. */
static const current_t *find_point(const power_t *row, double mhz, size_t *above) {
  for (*above = 0; *above < row->point_count; ++*above) {
    const current_t *point = &row->points[*above];
    if (fabs(point->khz - mhz * 1e3) < 0.5) return point;
    if (mhz_of(point) > mhz) break;
  }
  return NULL;
}

supply_t energy_supply(const power_t *row, double mhz) {
  supply_t supply = {.volts = row->volts, .grade = row->from.grade};
  if (!row->point_count) return supply;
  const current_t *points = row->points;
  size_t above, last = row->point_count - 1;
  const current_t *point = find_point(row, mhz, &above);
  if (point) {
    at_point(&supply, point, 1);
  } else if (last == 0 && points->khz) {
    supply.way = CURRENT_ONE_POINT;
    at_point(&supply, points, mhz / mhz_of(points));
  } else if (above == 0) {
    supply.way = CURRENT_BELOW;
    from_points(&supply, &points[0], &points[1], mhz);
  } else if (above > last) {
    supply.way = CURRENT_ABOVE;
    from_points(&supply, &points[last - 1], &points[last], mhz);
  } else {
    supply.way = CURRENT_BETWEEN;
    from_points(&supply, &points[above - 1], &points[above], mhz);
  }
  bool outside = supply.way != CURRENT_AT_POINT && supply.way != CURRENT_BETWEEN;
  if (supply.way != CURRENT_AT_POINT) supply.grade = worse(supply.grade, outside ? GRADE_ASSUMED : GRADE_INFERRED);
  /* A row that is no data sheet's and states a maximum was taken from real loads: it knows its own spread. */
  bool own_spread = row->sleep || (supply.upper > 0 && row->from.grade != GRADE_DOCUMENTED);
  double load = own_spread ? supply.milliamperes : supply.milliamperes * ENERGY_LOAD_FACTOR;
  supply.upper_of_sheet = supply.upper > load;
  if (!supply.upper_of_sheet) supply.upper = load;
  return supply;
}

/* ---- rows ---- */

const power_t *energy_run_row(const target_t *target, const char *text) {
  for (size_t i = 0; i < target->power_count; i++) {
    const power_t *row = &target->power[i];
    if (!row->sleep && (!text || strcasestr(row->name, text))) return row;
  }
  return NULL;
}

/* The length of the next part of *TEXT between commas, blanks around it left out; *TEXT moves to its start. 0: none. */
static size_t next_part(const char **text) {
  *text += strspn(*text, ", \t");
  size_t length = strcspn(*text, ",");
  while (length && isspace((unsigned char)(*text)[length - 1]))
    length--;
  return length;
}

static unsigned parts_shared(const char *a, const char *b) {
  unsigned shared = 0;
  for (size_t length; (length = next_part(&a)) > 0; a += length) {
    const char *other = b;
    for (size_t more; (more = next_part(&other)) > 0; other += more) {
      if (more != length || strncasecmp(a, other, length) != 0) continue;
      shared++;
      break;
    }
  }
  return shared;
}

const power_t *energy_sleep_row(const target_t *target, const power_t *run) {
  const power_t *best = NULL;
  unsigned best_score = 0;
  for (size_t i = 0; i < target->power_count; i++) {
    const power_t *row = &target->power[i];
    if (!row->sleep) continue;
    enum { SAME_VOLTAGE = 1000 };
    unsigned score = parts_shared(run->name, row->name);
    if (fabs(row->volts - run->volts) < 1e-6) score += SAME_VOLTAGE;
    if (best && score <= best_score) continue;
    best = row;
    best_score = score;
  }
  return best;
}

bool energy_check(const target_t *target, const energy_options_t *options) {
  const char *asked = options->period_ms > 0     ? "--period"
                      : options->battery_mah > 0 ? "--battery-mah"
                      : options->row             ? "--power"
                                                 : NULL;
  if (!asked) return true;
  if (!energy_run_row(target, NULL)) {
    diag_error("%s: the file of %s does not say what current it draws; give --mcu a chip whose file has `power:`",
               asked, target->name);
    return false;
  }
  if (!options->row || energy_run_row(target, options->row)) return true;
  char *list = NULL;
  size_t bytes = 0;
  FILE *out = open_memstream(&list, &bytes);
  const char *between = "";
  for (size_t i = 0; out && i < target->power_count; i++) {
    if (target->power[i].sleep) continue;
    fprintf(out, "%s'%s'", between, target->power[i].name);
    between = "; ";
  }
  if (out) fclose(out);
  diag_error("--power %s: no row of %s has that in its name: %s", options->row, target->name, list ? list : "");
  free(list);
  return false;
}

/* ---- a run ---- */

static char *copy(const char *text) { return text ? strdup(text) : NULL; }

static supply_t named_supply(const power_t *row, double mhz) {
  supply_t supply = energy_supply(row, mhz);
  supply.name = copy(row->name);
  supply.source = copy(row->from.source);
  supply.workload = copy(row->workload);
  supply.peripherals = copy(row->peripherals);
  return supply;
}

typedef struct {
  double mj, upper_mj;
  double charge, upper_charge; /* mA ms */
} spent_t;

static void spend(spent_t *spent, const supply_t *supply, double ms) {
  spent->charge += supply->milliamperes * ms;
  spent->upper_charge += supply->upper * ms;
  spent->mj += supply->milliamperes * supply->volts * ms / 1e3;
  spent->upper_mj += supply->upper * supply->volts * ms / 1e3;
}

/* What sleeps in silence of the chip's file counts as running. */
static const supply_t *asleep(const energy_t *energy) { return energy->sleep.name ? &energy->sleep : &energy->run; }

static spent_t spent_on(const results_t *results, uint64_t cycles, uint64_t sleeping, double passes) {
  spent_t spent = {0};
  spend(&spent, &results->energy.run, results_milliseconds(results, cycles - sleeping) / passes);
  spend(&spent, asleep(&results->energy), results_milliseconds(results, sleeping) / passes);
  return spent;
}

/* What runs once a period: the region that was named, the only one, or (NULL) the whole run. */
static const region_result_t *work_of(const results_t *results, const char *name) {
  for (size_t i = 0; name && i < results->region_count; i++) {
    if (results->regions[i].name && strcmp(results->regions[i].name, name) == 0) return &results->regions[i];
  }
  return !name && results->region_count == 1 ? &results->regions[0] : NULL;
}

static void collect_period(results_t *results, const energy_options_t *options) {
  energy_t *energy = &results->energy;
  energy->period_ms = options->period_ms;
  const region_result_t *work = work_of(results, options->period_region);
  energy->work = copy(work ? work->name : options->period_region);
  energy->work_unseen = work ? !work->calls : options->period_region != NULL;
  if (energy->work_unseen) return;
  uint64_t cycles = work ? work->cycles : results->cycles;
  double passes = work ? (double)work->calls : 1;
  energy->work_ms = results_milliseconds(results, cycles) / passes;
  spent_t spent = spent_on(results, cycles, (work ? work->causes : results->causes)[CAUSE_SLEEP], passes);
  double rest = energy->period_ms - energy->work_ms, all = fmax(energy->work_ms, energy->period_ms);
  if (rest > 0) spend(&spent, asleep(energy), rest);
  energy->period_mj = spent.mj;
  energy->period_upper_mj = spent.upper_mj;
  energy->milliamperes = spent.charge / all;
  energy->upper_milliamperes = spent.upper_charge / all;
}

void energy_collect(results_t *results, const target_t *target, const energy_options_t *options) {
  const power_t *run = energy_run_row(target, options->row);
  if (!run) return;
  energy_t *energy = &results->energy;
  const power_t *sleep = energy_sleep_row(target, run);
  energy->run = named_supply(run, results->mhz);
  if (sleep) energy->sleep = named_supply(sleep, results->mhz);
  energy->slept_unknown = !sleep && results->causes[CAUSE_SLEEP];
  spent_t all = spent_on(results, results->cycles, results->causes[CAUSE_SLEEP], 1);
  double ms = results_milliseconds(results, results->cycles);
  energy->total_mj = all.mj;
  energy->total_upper_mj = all.upper_mj;
  energy->milliamperes = ms > 0 ? all.charge / ms : energy->run.milliamperes;
  energy->upper_milliamperes = ms > 0 ? all.upper_charge / ms : energy->run.upper;
  for (size_t i = 0; i < results->region_count; i++) {
    region_result_t *region = &results->regions[i];
    spent_t spent = spent_on(results, region->cycles, region->causes[CAUSE_SLEEP], 1);
    region->mj = spent.mj;
    region->upper_mj = spent.upper_mj;
  }
  energy->battery_mah = options->battery_mah;
  if (options->period_ms > 0) collect_period(results, options);
}

static void supply_free(supply_t *supply) {
  free(supply->name);
  free(supply->source);
  free(supply->workload);
  free(supply->peripherals);
}

void energy_free(energy_t *energy) {
  supply_free(&energy->run);
  supply_free(&energy->sleep);
  free(energy->work);
}
