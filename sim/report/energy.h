/* Energy of a run: the current that the chip's data sheet states, times voltage, times the run's time. What is not in
   it (peripherals, board, regulator, wake-up, temperature) and how far real loads are from it: docs/energy.md. */
#ifndef CMSIM_REPORT_ENERGY_H
#define CMSIM_REPORT_ENERGY_H

#include "timing/target.h"

#include <stdbool.h>
#include <stdint.h>

/* How a current was got from the points of its row. */
typedef enum { CURRENT_AT_POINT, CURRENT_BETWEEN, CURRENT_BELOW, CURRENT_ABOVE, CURRENT_ONE_POINT } current_way_t;

/* Running or asleep at the run's clock. The strings belong to it. */
typedef struct {
  char *name; /* of the row; NULL: the chip's file says nothing */
  char *source, *workload, *peripherals;
  double volts;
  double milliamperes; /* typical */
  double upper;        /* upper end of the interval, at least milliamperes */
  bool upper_of_sheet; /* it is the row's own maximum, else ENERGY_LOAD_FACTOR times typical, asleep typical */
  current_way_t way;
  double from_mhz, to_mhz; /* clocks of the points it was computed from */
  grade_t grade;
} supply_t;

/* What the command line asks for. */
typedef struct {
  double battery_mah;        /* 0: not asked */
  double period_ms;          /* 0: not asked */
  const char *period_region; /* what runs once a period; NULL: the only region, or the whole run */
  const char *row;           /* part of the name of the row to use while running; NULL: the usual one */
} energy_options_t;

typedef struct {
  supply_t run, sleep;
  double total_mj, total_upper_mj;
  bool slept_unknown; /* cycles asleep count as running: no row for them */
  /* on average over the run, or with a period over that */
  double milliamperes, upper_milliamperes;
  double period_ms; /* 0: no period was asked for */
  char *work;       /* the region that runs once a period; NULL: the whole run */
  bool work_unseen; /* that region was never completed: nothing is known of the period */
  double work_ms;
  double period_mj, period_upper_mj; /* of one period; when the work is longer, of one pass of it */
  double battery_mah;
} energy_t;

/* Measured int8 inference drew up to this many times the current that the sheet states for its loop, on the same part
   and regulator. [MLPerf Tiny v0.7 energy of the STM32H7A3 at 280 MHz with SMPS: 166.42 mW / 3.0 V / 33.5 mA = 1.66,
   the highest of 22 published means; docs/energy.md] */
#define ENERGY_LOAD_FACTOR 1.66

/* The first row for running (not asleep) whose name has TEXT in it, in either case; NULL: the first. */
const power_t *energy_run_row(const target_t *target, const char *text);
/* The row for sleep that goes with RUN: of those at its voltage, if there are any, the one that shares most of the
   words between commas in its name; the first such. NULL: none. */
const power_t *energy_sleep_row(const target_t *target, const power_t *run);
/* Milliamperes and grade at a clock: a point, or on the line through the two around it, or outside them on that through
   the nearest two, which is `assumed`. Strings are not set. */
supply_t energy_supply(const power_t *row, double mhz);

/* False with one diag_error when OPTIONS ask what TARGET's file does not know. */
bool energy_check(const target_t *target, const energy_options_t *options);

struct results;
/* Fills RESULTS->energy and the regions' mJ, when the target has power rows. */
void energy_collect(struct results *results, const target_t *target, const energy_options_t *options);
void energy_free(energy_t *energy);

#endif
