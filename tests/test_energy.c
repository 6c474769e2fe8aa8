/* Energy from a chip's stated current. Every expected number is worked out in the comment beside it. */
#include "base/diag.h"
#include "report/results.h"
#include "run_suite.h"

#include <check.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static current_t flash_points[] = {{100000, 20, 0}, {200000, 30, 40}, {400000, 70, 90}};
static current_t one_point[] = {{64000, 3.2, 0}};
static current_t sleep_points[] = {{100000, 5, 0}, {400000, 11, 20}};
static current_t smps_points[] = {{100000, 10, 0}, {400000, 35, 0}};
static current_t smps_sleep[] = {{100000, 2, 0}, {400000, 5, 0}};

static power_t row(const char *name, bool asleep, double volts, current_t *points, size_t count, grade_t grade) {
  return (power_t){.name = name,
                   .sleep = asleep,
                   .volts = volts,
                   .workload = "data sheet loop",
                   .peripherals = "off",
                   .points = points,
                   .point_count = count,
                   .from = {.source = "DS1 table 2", .grade = grade}};
}

static power_t flash_row(void) {
  return row("flash, caches on, LDO", false, 3, flash_points, LENGTH(flash_points), GRADE_DOCUMENTED);
}

/* A chip with an LDO and an SMPS, awake and asleep. */
static power_t chip_power[4];
static target_t chip(void) {
  chip_power[0] = row("sleep, LDO", true, 3, sleep_points, LENGTH(sleep_points), GRADE_DOCUMENTED);
  chip_power[1] = flash_row();
  chip_power[2] = row("flash, caches on, SMPS", false, 3, smps_points, LENGTH(smps_points), GRADE_MEASURED);
  chip_power[3] = row("sleep, SMPS", true, 3, smps_sleep, LENGTH(smps_sleep), GRADE_DOCUMENTED);
  return (target_t){.name = "chip", .power = chip_power, .power_count = LENGTH(chip_power)};
}

static void ck_near(double got, double expected) {
  ck_assert_msg(fabs(got - expected) <= 1e-9 * fabs(expected), "got %.12g, expected %.12g", got, expected);
}

/* ---- a current ---- */

START_TEST(current_by_clock) {
  static const struct {
    double mhz, milliamperes, upper;
    current_way_t way;
    double from_mhz, to_mhz;
    grade_t grade;
    bool of_sheet;
  } cases[] = {
      {100, 20, 33.2, CURRENT_AT_POINT, 100, 100, GRADE_DOCUMENTED, false},      /* 20 x 1.66 */
      {200, 30, 49.8, CURRENT_AT_POINT, 200, 200, GRADE_DOCUMENTED, false},      /* 30 x 1.66 is above the sheet's 40 */
      {200.0004, 30, 49.8, CURRENT_AT_POINT, 200, 200, GRADE_DOCUMENTED, false}, /* 0.4 kHz beside it */
      {150, 25, 41.5, CURRENT_BETWEEN, 100, 200, GRADE_INFERRED, false},         /* 20 + 10 x 50 / 100 */
      {250, 40, 66.4, CURRENT_BETWEEN, 200, 400, GRADE_INFERRED, false},         /* 30 + 40 x 50 / 200 */
      {80, 18, 29.88, CURRENT_BELOW, 100, 200, GRADE_ASSUMED, false},            /* 20 - 10 x 20 / 100 */
      {500, 90, 149.4, CURRENT_ABOVE, 200, 400, GRADE_ASSUMED, false},           /* 70 + 40 x 100 / 200 */
  };
  power_t power = flash_row();
  for (size_t i = 0; i < LENGTH(cases); i++) {
    supply_t supply = energy_supply(&power, cases[i].mhz);
    ck_near(supply.volts, 3);
    ck_near(supply.milliamperes, cases[i].milliamperes);
    ck_near(supply.upper, cases[i].upper);
    ck_assert_int_eq(supply.way, cases[i].way);
    ck_near(supply.from_mhz, cases[i].from_mhz);
    ck_near(supply.to_mhz, cases[i].to_mhz);
    ck_assert_int_eq(supply.grade, cases[i].grade);
    ck_assert_int_eq(supply.upper_of_sheet, cases[i].of_sheet);
  }
}
END_TEST

/* The sheet's maximum, where it is above what a real load has drawn; where it is stated at both points, on their line.
 */
START_TEST(the_upper_end_is_the_larger_of_maximum_and_load) {
  current_t points[] = {{100000, 10, 20}, {200000, 20, 60}};
  power_t power = row("x", false, 3, points, 2, GRADE_DOCUMENTED);
  supply_t supply = energy_supply(&power, 150);
  ck_near(supply.upper, 40); /* 20 + 40 x 50 / 100, against 15 x 1.66 = 24.9 */
  ck_assert(supply.upper_of_sheet);
  points[0].at_most = 0;
  supply = energy_supply(&power, 150);
  ck_near(supply.upper, 24.9);
  ck_assert(!supply.upper_of_sheet);
}
END_TEST

/* Asleep nothing infers; a row from real loads that has a maximum states its own spread. */
START_TEST(the_load_factor_is_for_data_sheets_loops) {
  target_t target = chip();
  supply_t supply = energy_supply(&target.power[0], 100);
  ck_near(supply.upper, 5);
  ck_near(energy_supply(&target.power[0], 400).upper, 20);
  current_t points[] = {{120000, 23.3, 27.2}};
  power_t loads = row("networks", false, 1.8, points, 1, GRADE_INFERRED);
  supply = energy_supply(&loads, 120);
  ck_near(supply.upper, 27.2);
  ck_assert(supply.upper_of_sheet);
  points[0].at_most = 0;
  ck_near(energy_supply(&loads, 120).upper, 38.678); /* 23.3 x 1.66 */
}
END_TEST

START_TEST(below_the_sheet_never_less_than_in_proportion) {
  power_t power = flash_row();
  current_t steep[] = {{170000, 8.5, 0}, {300000, 16.5, 0}};
  supply_t supply = energy_supply(&power, 10);
  ck_near(supply.milliamperes, 11); /* 20 - 10 x 90 / 100, above 20 x 10 / 100 */
  power.points = steep;
  power.point_count = 2;
  supply = energy_supply(&power, 10);
  ck_near(supply.milliamperes, 0.5); /* the line is at 8.5 - 8 x 160 / 130 = -1.3; 8.5 x 10 / 170 */
  ck_assert_int_eq(supply.grade, GRADE_ASSUMED);
}
END_TEST

START_TEST(one_point_is_scaled_with_the_clock) {
  power_t power = row("x", false, 3, one_point, 1, GRADE_DOCUMENTED);
  supply_t supply = energy_supply(&power, 64);
  ck_near(supply.milliamperes, 3.2);
  ck_assert_int_eq(supply.grade, GRADE_DOCUMENTED);
  supply = energy_supply(&power, 16);
  ck_near(supply.milliamperes, 0.8); /* 3.2 x 16 / 64 */
  ck_assert_int_eq(supply.way, CURRENT_ONE_POINT);
  ck_assert_int_eq(supply.grade, GRADE_ASSUMED);
}
END_TEST

/* ---- which row ---- */

START_TEST(rows_are_chosen_by_name_and_sleep_goes_with_them) {
  target_t target = chip();
  ck_assert_ptr_eq(energy_run_row(&target, NULL), &chip_power[1]); /* the first that does not sleep */
  ck_assert_ptr_eq(energy_run_row(&target, "smps"), &chip_power[2]);
  ck_assert_ptr_null(energy_run_row(&target, "sleep"));
  ck_assert_ptr_eq(energy_sleep_row(&target, &chip_power[1]), &chip_power[0]);
  ck_assert_ptr_eq(energy_sleep_row(&target, &chip_power[2]), &chip_power[3]);
  chip_power[0].volts = 1.8; /* words count less than the voltage */
  ck_assert_ptr_eq(energy_sleep_row(&target, &chip_power[1]), &chip_power[3]);
  target.power_count = 0;
  ck_assert_ptr_null(energy_run_row(&target, NULL));
  ck_assert_ptr_null(energy_sleep_row(&target, &chip_power[1]));
}
END_TEST

static bool check_says(const target_t *target, energy_options_t options, const char *words) {
  char *said = NULL;
  size_t size = 0;
  FILE *stream = open_memstream(&said, &size);
  diag_set_stream(stream);
  bool good = energy_check(target, &options);
  diag_set_stream(NULL);
  fclose(stream);
  ck_assert_msg(strstr(said, words) != NULL, "no \"%s\" in: %s", words, said);
  ck_assert(good == (*said == '\0'));
  free(said);
  return good;
}

START_TEST(options_need_rows) {
  target_t target = chip(), silent = {.name = "silent"};
  ck_assert(check_says(&target, (energy_options_t){.battery_mah = 1, .period_ms = 1, .row = "LDO"}, ""));
  ck_assert(check_says(&silent, (energy_options_t){0}, ""));
  ck_assert(!check_says(&silent, (energy_options_t){.battery_mah = 1}, "--battery-mah: the file of silent"));
  ck_assert(!check_says(&silent, (energy_options_t){.period_ms = 1, .battery_mah = 1}, "--period: "));
  ck_assert(!check_says(&silent, (energy_options_t){.row = "x"}, "--power: "));
  ck_assert(
      !check_says(&target, (energy_options_t){.row = "buck"},
                  "--power buck: no row of chip has that in its name: 'flash, caches on, LDO'; 'flash, caches on, "
                  "SMPS'\n"));
}
END_TEST

/* ---- a run ---- */

/* 100 MHz, 3 V, 20 mA awake, 5 mA asleep: 10 ms, of which 2 asleep; two passes of 2 ms, half a ms asleep in all. */
static results_t *new_results(void) {
  results_t *results = calloc(1, sizeof *results);
  ck_assert_ptr_nonnull(results);
  results->mhz = 100;
  results->cycles = 1000000;
  results->causes[CAUSE_SLEEP] = 200000;
  results->causes[CAUSE_ISSUE] = 800000;
  results->regions = calloc(1, sizeof *results->regions);
  results->region_count = 1;
  results->regions[0] = (region_result_t){.name = strdup("work"), .calls = 2, .cycles = 400000};
  results->regions[0].causes[CAUSE_SLEEP] = 50000;
  results->regions[0].causes[CAUSE_ISSUE] = 350000;
  return results;
}

START_TEST(energy_of_a_run) {
  target_t target = chip();
  results_t *results = new_results();
  energy_collect(results, &target, &(energy_options_t){.battery_mah = 170});
  const energy_t *energy = &results->energy;
  ck_assert_str_eq(energy->run.name, "flash, caches on, LDO");
  ck_assert_str_eq(energy->run.source, "DS1 table 2");
  ck_near(energy->total_mj, 0.51);               /* 3 V x (20 mA x 8 ms + 5 mA x 2 ms) */
  ck_near(energy->total_upper_mj, 0.8268);       /* 3 V x (33.2 mA x 8 ms + 5 mA x 2 ms) */
  ck_near(energy->milliamperes, 17);             /* (160 + 10) / 10 */
  ck_near(energy->upper_milliamperes, 27.56);    /* (265.6 + 10) / 10 */
  ck_near(results->regions[0].mj, 0.2175);       /* 3 V x (20 mA x 3.5 ms + 5 mA x 0.5 ms) */
  ck_near(results->regions[0].upper_mj, 0.3561); /* 3 V x (33.2 mA x 3.5 ms + 5 mA x 0.5 ms) */
  ck_near(energy->battery_mah, 170);
  ck_near(energy->period_ms, 0);
  results_free(results);
}
END_TEST

START_TEST(energy_of_a_period) {
  target_t target = chip();
  results_t *results = new_results();
  energy_collect(results, &target, &(energy_options_t){.period_ms = 10});
  const energy_t *energy = &results->energy;
  ck_assert_str_eq(energy->work, "work"); /* the only region */
  ck_near(energy->work_ms, 2);
  ck_near(energy->period_mj, 0.22875);       /* a pass 0.2175 / 2, and 3 V x 5 mA x 8 ms = 0.12 */
  ck_near(energy->period_upper_mj, 0.29805); /* 0.3561 / 2 + 0.12 */
  ck_near(energy->milliamperes, 7.625);      /* 0.22875 / 3 V / 10 ms */
  results_free(results);

  results = new_results();
  energy_collect(results, &target, &(energy_options_t){.period_ms = 1.5}); /* the work takes 2 ms */
  ck_near(results->energy.work_ms, 2);
  ck_near(results->energy.period_mj, 0.10875);
  ck_near(results->energy.milliamperes, 18.125); /* 0.10875 / 3 V / 2 ms */
  results_free(results);

  results = new_results();
  energy_collect(results, &target, &(energy_options_t){.period_ms = 1.5, .period_region = "other"});
  ck_assert(results->energy.work_unseen);
  results_free(results);
}
END_TEST

START_TEST(the_work_is_the_whole_run_without_one_region) {
  target_t target = chip();
  results_t *results = new_results();
  free(results->regions[0].name);
  results->region_count = 0;
  energy_collect(results, &target, &(energy_options_t){.period_ms = 20});
  ck_assert_ptr_null(results->energy.work);
  ck_near(results->energy.work_ms, 10);
  ck_near(results->energy.period_mj, 0.66); /* 0.51, and 3 V x 5 mA x 10 ms */
  results_free(results);

  results = new_results();
  results->regions[0].calls = 0;
  energy_collect(results, &target, &(energy_options_t){.period_ms = 20});
  ck_assert(results->energy.work_unseen);
  results_free(results);
}
END_TEST

START_TEST(sleep_that_nobody_states_counts_as_running) {
  target_t target = chip();
  target.power = &chip_power[1];
  target.power_count = 1;
  results_t *results = new_results();
  energy_collect(results, &target, &(energy_options_t){.period_ms = 10});
  ck_assert_ptr_null(results->energy.sleep.name);
  ck_assert(results->energy.slept_unknown);
  ck_near(results->energy.total_mj, 0.6); /* 3 V x 20 mA x 10 ms */
  ck_near(results->energy.period_mj, 0.6);
  results_free(results);
}
END_TEST

START_TEST(a_chip_that_states_nothing_has_no_energy) {
  target_t silent = {.name = "silent"};
  results_t *results = new_results();
  energy_collect(results, &silent, &(energy_options_t){0});
  ck_assert_ptr_null(results->energy.run.name);
  ck_near(results->energy.total_mj, 0);
  results_free(results);
}
END_TEST

/* ---- words ---- */

static void ck_text(const results_t *results, const char *expected) {
  char *text = report_chip_text(results);
  ck_assert_str_eq(text, expected);
  free(text);
}

START_TEST(texts) {
  target_t target = chip();
  results_t *results = new_results();
  energy_collect(results, &target, &(energy_options_t){.period_ms = 10, .battery_mah = 366});
  ck_text(
      results,
      "energy: 510.0 uJ at 20 mA and 3 V (typical; flash, caches on, LDO; DS1 table 2), up to 826.8 uJ (inference has "
      "drawn 1.66 times what a sheet's loop does); asleep 5 mA\n"
      "period 10.00 ms: 2.000 ms of work, the rest asleep at 5 mA: 7.625 mA and 22.88 mW on average, 228.8 uJ a "
      "period, up to 298.0 uJ\n"
      "battery of 366 mAh: 2 days with that period, 36.84 h at the upper end\n"); /* 366 / 7.625 = 48; / 9.935 */
  results_free(results);
  results = new_results();
  results->mhz = 50; /* 15 mA; asleep 4 - in proportion 2.5; all takes twice as long */
  energy_collect(results, &target, &(energy_options_t){.period_ms = 2});
  ck_text(
      results,
      "energy: 768.0 uJ at 15 mA and 3 V (typical, assumed: below the sheet's clocks, on the line through 100 and 200 "
      "MHz; flash, caches on, LDO; DS1 table 2), up to 1.243 mJ (inference has drawn 1.66 times what a sheet's loop "
      "does); asleep 4 mA, assumed: below the sheet's clocks, on the line through 100 and 400 MHz\n"
      "period 2.000 ms: 4.000 ms of work, WHICH IS 2.000 ms LONGER THAN THE PERIOD: it never sleeps; 13.62 mA and "
      "40.88 mW on average, 163.5 uJ a pass, up to 267.4 uJ\n");
  results_free(results);
}
END_TEST

START_TEST(text_of_fit) {
  fit_region_t *regions = calloc(3, sizeof *regions);
  regions[0] = (fit_region_t){strdup("flash"), false, false, 1000, 4000};
  regions[1] = (fit_region_t){strdup("dtcm"), true, false, 0, 100};
  regions[2] = (fit_region_t){strdup("sram"), true, false, 2048, 65536};
  results_t *results = calloc(1, sizeof *results);
  results->fit = (fit_t){.known = true, .regions = regions, .region_count = 3};
  ck_text(results, "fits: flash 1,000 of 4,000 B (25.0 %), 3,000 left; sram 2,048 of 65,536 B (3.1 %), 63,488 left\n");
  results->fit.short_bytes = 1234;
  results->static_unknown = true;
  ck_text(results, "DOES NOT FIT: the stack needs 1,234 bytes more; flash 1,000 of 4,000 B (25.0 %), 3,000 left; sram "
                   "2,048 of 65,536 B (3.1 %), 63,488 left; static data is not in this: the file does not state it\n");
  results_free(results);
}
END_TEST

/* ---- JSON ---- */

static json_t *json_of(const results_t *results) {
  char *text = NULL;
  size_t bytes = 0;
  FILE *out = open_memstream(&text, &bytes);
  ck_assert(report_json(out, results));
  fclose(out);
  json_t *report = json_loads(text, 0, NULL);
  ck_assert_ptr_nonnull(report);
  free(text);
  return report;
}

START_TEST(json_of_energy) {
  target_t target = chip();
  results_t *results = new_results();
  energy_collect(results, &target, &(energy_options_t){.period_ms = 10, .battery_mah = 366});
  json_t *report = json_of(results), *energy = json_object_get(report, "energy");
  double volts, now, upper, mj, average, sleep, period, power, late, hours;
  const char *row_name, *source, *grade, *way, *which, *region;
  ck_assert_int_eq(
      json_unpack(energy, "{s:s, s:F, s:F, s:F, s:s, s:s, s:s, s:s, s:F, s:F, s:{s:F}, s:{s:s, s:F, s:F, s:F}, s:F}",
                  "row", &row_name, "volts", &volts, "milliamperes", &now, "milliamperes_upper", &upper, "upper",
                  &which, "way", &way, "source", &source, "grade", &grade, "total_mj", &mj, "average_ma", &average,
                  "sleep", "milliamperes", &sleep, "period", "region", &region, "mj", &period, "average_mw", &power,
                  "late_ms", &late, "battery_hours", &hours),
      0);
  ck_assert_str_eq(row_name, "flash, caches on, LDO");
  ck_assert_str_eq(source, "DS1 table 2");
  ck_assert_str_eq(grade, "documented");
  ck_assert_str_eq(way, "point");
  ck_assert_str_eq(which, "load");
  ck_assert_str_eq(region, "work");
  const double got[] = {volts, now, upper, mj, average, sleep, period, power, late, hours};
  const double expected[] = {3, 20, 33.2, 0.51, 7.625, 5, 0.22875, 22.875, 0, 48}; /* 366 / 7.625 */
  for (size_t i = 0; i < LENGTH(got); i++)
    ck_near(got[i], expected[i]);
  ck_near(json_real_value(json_object_get(json_array_get(json_object_get(report, "regions"), 0), "mj")), 0.2175);
  json_decref(report);
  results->energy.work_ms = 12.5;
  report = json_of(results);
  ck_assert_int_eq(
      json_unpack(report, "{s:{s:{s:F, s:F}}}", "energy", "period", "late_ms", &late, "average_mw", &power), 0);
  ck_near(late, 2.5);
  ck_near(power, 18.3); /* 0.22875 mJ / 12.5 ms */
  json_decref(report);
  results_free(results);
}
END_TEST

START_TEST(json_of_fit) {
  results_t *results = calloc(1, sizeof *results);
  fit_region_t *regions = calloc(1, sizeof *regions);
  regions[0] = (fit_region_t){strdup("dtcm"), true, false, 69224, 131072};
  results->fit = (fit_t){true, regions, 1, 1000, 4000, 69224, 196608, 0};
  for (unsigned missing = 0; missing < 2; missing++) {
    int fits, in_ram, lacking, flash, flash_bytes, ram, ram_bytes, used, bytes;
    const char *name;
    results->fit.short_bytes = missing * 8;
    json_t *report = json_of(results);
    ck_assert_int_eq(json_unpack(report, "{s:{s:b, s:i, s:i, s:i, s:i, s:i, s:[{s:s, s:i, s:i, s:b}]}}", "fit", "fits",
                                 &fits, "short_bytes", &lacking, "flash_used", &flash, "flash_bytes", &flash_bytes,
                                 "ram_used", &ram, "ram_bytes", &ram_bytes, "regions", "name", &name, "used", &used,
                                 "bytes", &bytes, "in_ram", &in_ram),
                     0);
    ck_assert_str_eq(name, "dtcm");
    ck_assert(fits == !missing && lacking == (int)missing * 8 && in_ram);
    ck_assert(flash == 1000 && flash_bytes == 4000 && ram == 69224 && ram_bytes == 196608);
    ck_assert(used == 69224 && bytes == 131072);
    json_decref(report);
  }
  results_free(results);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("energy");
  TCase *current = tcase_create("current"), *run = tcase_create("run"), *words = tcase_create("words");
  tcase_add_test(current, current_by_clock);
  tcase_add_test(current, the_upper_end_is_the_larger_of_maximum_and_load);
  tcase_add_test(current, the_load_factor_is_for_data_sheets_loops);
  tcase_add_test(current, below_the_sheet_never_less_than_in_proportion);
  tcase_add_test(current, one_point_is_scaled_with_the_clock);
  tcase_add_test(current, rows_are_chosen_by_name_and_sleep_goes_with_them);
  tcase_add_test(current, options_need_rows);
  tcase_add_test(run, energy_of_a_run);
  tcase_add_test(run, energy_of_a_period);
  tcase_add_test(run, the_work_is_the_whole_run_without_one_region);
  tcase_add_test(run, sleep_that_nobody_states_counts_as_running);
  tcase_add_test(run, a_chip_that_states_nothing_has_no_energy);
  tcase_add_test(words, texts);
  tcase_add_test(words, text_of_fit);
  tcase_add_test(words, json_of_energy);
  tcase_add_test(words, json_of_fit);
  suite_add_tcase(suite, current);
  suite_add_tcase(suite, run);
  suite_add_tcase(suite, words);
  return run_suite(suite);
}
