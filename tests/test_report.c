/* Reports: the JSON contract, and a table that fits one screen whatever the numbers are. */
#include "report/results.h"
#include "run_suite.h"

#include <check.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FUNCTIONS = 20, OBJECTS = 16, REGIONS = 2 };

static char *copy(const char *text) {
  char *result = strdup(text);
  ck_assert_ptr_nonnull(result);
  return result;
}

static void *zeroed(size_t count, size_t size) {
  void *result = calloc(count, size);
  ck_assert_ptr_nonnull(result);
  return result;
}

/* Fixtures are values; what results_free() takes is on the heap. */
static void drop(results_t *results) {
  results_t *owned = zeroed(1, sizeof *owned);
  *owned = *results;
  results_free(owned);
  memset(results, 0, sizeof *results);
}

static results_t empty_results(void) {
  results_t results = {.mhz = 64, .core = copy("cortex-m4"), .firmware_path = copy("empty.elf")};
  return results;
}

static void spread(uint64_t causes[CAUSE_COUNT], uint64_t cycles) {
  uint64_t left = cycles;
  for (unsigned cause = 0; cause < CAUSE_COUNT; cause++) {
    uint64_t part = cause + 1 < CAUSE_COUNT ? left / 3 : left;
    causes[cause] = part;
    left -= part;
  }
}

static void add_functions(results_t *results) {
  results->functions = zeroed(FUNCTIONS, sizeof *results->functions);
  results->function_count = FUNCTIONS;
  uint64_t left = results->cycles;
  for (unsigned i = 0; i < FUNCTIONS; i++) {
    function_result_t *function = &results->functions[i];
    char name[32];
    snprintf(name, sizeof name, "kernel_%u", i);
    function->name = copy(name);
    function->file = i % 2 ? NULL : copy("firmware/networks/kernels/convolution_2d_float.c");
    function->line = 17 + i;
    function->calls = i * 1000;
    function->self_cycles = i + 1 < FUNCTIONS ? left / 2 : left;
    function->total_cycles = left;
    left -= function->self_cycles;
    function->instructions = function->self_cycles / 2;
    function->causes[CAUSE_ISSUE] = function->self_cycles;
  }
}

static void add_objects(results_t *results) {
  results->objects = zeroed(OBJECTS, sizeof *results->objects);
  results->object_count = OBJECTS;
  for (unsigned i = 0; i < OBJECTS; i++) {
    char name[32];
    snprintf(name, sizeof name, "object_%u", i);
    results->objects[i] = (object_result_t){copy(name), copy(i % 2 ? ".bss" : ".rodata"), 200000 - i * 1000, i % 2};
  }
}

/* An M7 run with everything in it. */
static results_t full_results(void) {
  results_t results = {.tool_version = copy("0.1.0"),
                       .cost_model_hash = copy("aa"),
                       .config_hash = copy("bb"),
                       .firmware_path = copy("build/firmware/image_classification-m7.elf"),
                       .firmware_sha256 = copy("cc"),
                       .core = copy("cortex-m7"),
                       .memory = copy("generic: no wait states"),
                       .mhz = 550,
                       .cycles = 15352110,
                       .instructions = 12345678,
                       .pairs = 1000,
                       .branches = 500,
                       .mispredicts = 5,
                       .flash_bytes = 246248,
                       .ram_static_bytes = 67688,
                       .stack_peak_bytes = 512,
                       .heap_known = true,
                       .heap_peak_bytes = 1024};
  spread(results.causes, results.cycles);
  uint64_t grades[GRADE_COUNT] = {9000000, 5000000, 1352109, 1};
  memcpy(results.grade_cycles, grades, sizeof grades);
  results.regions = zeroed(REGIONS, sizeof *results.regions);
  results.region_count = REGIONS;
  results.regions[0] =
      (region_result_t){copy("inference"), 3, 15000000, 4999999, 5000001, 12000000, {0}, 480, false, 0, 0};
  spread(results.regions[0].causes, 15000000);
  results.regions[1] = (region_result_t){copy("post"), 0, 0, 0, 0, 0, {0}, 0, true, 0, 0};
  add_functions(&results);
  add_objects(&results);
  results.warnings = zeroed(2, sizeof *results.warnings);
  results.warning_count = 2;
  results.warnings[0] =
      (warning_result_t){copy("fpu-disabled"), copy("FP used before CPACR"), 0x08000134, copy("main")};
  results.warnings[1] = (warning_result_t){copy("note"), copy("no line tables"), 0, NULL};
  return results;
}

/* A chip whose file states its current, asked for a period, and what of its memory is in use. */
static void add_chip(results_t *results, const char *name) {
  results->fit = (fit_t){.known = true, .regions = zeroed(1, sizeof(fit_region_t)), .region_count = 1};
  results->fit.regions[0] = (fit_region_t){copy(name), true, false, UINT64_MAX, UINT64_MAX};
  supply_t run = {.name = copy(name), .source = copy(name), .milliamperes = 1e9, .upper = 1e9};
  results->energy = (energy_t){.run = run, .work = copy(name), .period_ms = 1, .work_ms = 1e9};
}

/* Names as long and as odd as firmware likes, numbers as large as they get. */
static results_t hostile_results(void) {
  results_t results = full_results();
  char *texts[] = {results.firmware_path,      results.memory,          results.functions[0].name,
                   results.functions[0].file,  results.objects[0].name, results.regions[0].name,
                   results.warnings[0].message};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    free(texts[i]);
  char name[3000];
  memset(name, 'n', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  memcpy(name, "\033[31m\xff\xc3", 7);
  results.firmware_path = copy(name);
  results.memory = copy(name);
  results.functions[0].name = copy(name);
  results.functions[0].file = copy(name);
  results.objects[0].name = copy(name);
  results.regions[0].name = copy(name);
  results.warnings[0].message = copy(name);
  results.fault = copy(name);
  results.mcu = copy(name);
  add_chip(&results, name);
  results.end = RUN_FAULT;
  results.partial = true;
  results.cycles = results.regions[0].cycles = INT64_MAX;
  results.functions[0].self_cycles = results.functions[0].calls = INT64_MAX;
  results.instructions = INT64_MAX;
  for (unsigned cause = 0; cause < CAUSE_COUNT; cause++)
    results.causes[cause] = 999999999999999;
  return results;
}

static char *table_text(const results_t *results, unsigned top) {
  char *text = NULL;
  size_t bytes = 0;
  FILE *out = open_memstream(&text, &bytes);
  report_table(out, results, top);
  fclose(out);
  return text;
}

static char *json_text(const results_t *results) {
  char *text = NULL;
  size_t bytes = 0;
  FILE *out = open_memstream(&text, &bytes);
  ck_assert(report_json(out, results));
  fclose(out);
  return text;
}

static json_t *json_of(const results_t *results) {
  char *text = json_text(results);
  json_error_t error;
  json_t *report = json_loads(text, 0, &error);
  ck_assert_msg(report != NULL, "%s", error.text);
  free(text);
  return report;
}

static void ck_keys(const json_t *object, const char *expected) {
  char keys[512] = "";
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)object, key, value) {
    if (*keys) strcat(keys, " ");
    strcat(keys, key);
  }
  ck_assert_str_eq(keys, expected);
}

static json_t *at(json_t *object, const char *path) {
  char parts[128];
  snprintf(parts, sizeof parts, "%s", path);
  for (char *part = strtok(parts, "."); part; part = strtok(NULL, ".")) {
    json_t *next = json_is_array(object) ? json_array_get(object, (size_t)atoi(part)) : json_object_get(object, part);
    ck_assert_msg(next != NULL, "no %s in %s", part, path);
    object = next;
  }
  return object;
}

static json_int_t number(json_t *object, const char *path) {
  ck_assert(json_is_integer(at(object, path)));
  return json_integer_value(at(object, path));
}

/* ---- JSON ---- */

START_TEST(json_keys_in_order) {
  results_t results = full_results();
  json_t *report = json_of(&results);
  ck_keys(report,
          "schema tool firmware target exit total causes confidence regions functions memory memory_system warnings fit energy");
  ck_assert_str_eq(json_string_value(at(report, "schema")), "cmsim/1");
  ck_keys(at(report, "tool"), "version cost_model_hash config_hash");
  ck_keys(at(report, "firmware"), "path sha256 build_id");
  ck_keys(at(report, "target"), "core mcu mhz memory firmware_mhz");
  ck_keys(at(report, "exit"), "reason code partial message");
  ck_keys(at(report, "total"), "cycles instructions cpi latency_ms pairs branches mispredicts exceptions dwt");
  ck_keys(at(report, "confidence"), "documented measured inferred assumed");
  ck_keys(at(report, "regions.0"),
          "name calls cycles min_cycles max_cycles latency_ms instructions causes stack_peak_bytes open mj");
  ck_keys(at(report, "functions.0"), "name file line calls self_cycles total_cycles instructions causes");
  ck_keys(at(report, "memory"), "flash_bytes ram_static_bytes stack_peak_bytes heap_peak_bytes objects");
  ck_keys(at(report, "memory.objects.0"), "name section bytes in_ram");
  ck_keys(at(report, "warnings.0"), "code message address symbol");
  ck_assert(json_is_null(at(report, "fit")));
  ck_assert(json_is_null(at(report, "energy")));
  ck_assert(json_is_null(at(report, "regions.0.mj")));
  json_decref(report);
  drop(&results);
}
END_TEST

START_TEST(json_values) {
  results_t results = full_results();
  json_t *report = json_of(&results);
  ck_assert_int_eq(number(report, "total.cycles"), 15352110);
  ck_assert_int_eq(number(report, "total.instructions"), 12345678);
  ck_assert_double_eq_tol(json_real_value(at(report, "total.latency_ms")), 27.9129272727, 1e-9);
  ck_assert_double_eq_tol(json_real_value(at(report, "total.cpi")), 15352110.0 / 12345678.0, 1e-9);
  ck_assert_double_eq_tol(json_real_value(at(report, "regions.0.latency_ms")), 15000000 / 550e3, 1e-9);
  ck_assert_double_eq(json_real_value(at(report, "target.mhz")), 550);
  ck_assert(json_is_null(at(report, "target.mcu")));
  ck_assert(json_is_null(at(report, "firmware.build_id")));
  ck_assert(json_is_null(at(report, "functions.1.file")));
  ck_assert(json_is_null(at(report, "functions.1.line")));
  ck_assert(json_is_null(at(report, "warnings.1.symbol")));
  ck_assert_str_eq(json_string_value(at(report, "firmware.path")), "build/firmware/image_classification-m7.elf");
  ck_assert_str_eq(json_string_value(at(report, "exit.reason")), "exited");
  ck_assert(json_is_false(at(report, "exit.partial")));
  ck_assert_int_eq(number(report, "memory.heap_peak_bytes"), 1024);
  ck_assert_int_eq(number(report, "functions.0.line"), 17);
  ck_assert_int_eq(number(report, "warnings.0.address"), 0x08000134);
  ck_assert(json_is_true(at(report, "regions.1.open")));
  ck_assert_uint_eq(json_array_size(at(report, "functions")), FUNCTIONS);
  json_decref(report);
  results.heap_known = false;
  report = json_of(&results);
  ck_assert(json_is_null(at(report, "memory.heap_peak_bytes")));
  json_decref(report);
  drop(&results);
}
END_TEST

static json_int_t sum_of(json_t *object) {
  json_int_t sum = 0;
  const char *key;
  json_t *value;
  json_object_foreach(object, key, value) sum += json_integer_value(value);
  return sum;
}

START_TEST(json_sums) {
  results_t results = full_results();
  json_t *report = json_of(&results);
  ck_assert_int_eq(sum_of(at(report, "causes")), 15352110);
  ck_assert_int_eq(sum_of(at(report, "regions.0.causes")), 15000000);
  ck_keys(at(report, "regions.1.causes"), "issue"); /* always there */
  ck_keys(at(report, "functions.0.causes"), "issue");
  size_t nonzero = 0;
  for (unsigned cause = 0; cause < CAUSE_COUNT; cause++)
    nonzero += results.causes[cause] > 0;
  ck_assert_uint_eq(json_object_size(at(report, "causes")), nonzero);
  json_decref(report);
  drop(&results);
}
END_TEST

/* Awkward shares, and one that is none: they sum to 1 as a reader adds them. */
START_TEST(json_confidence_sums_to_one) {
  const uint64_t grades[][GRADE_COUNT] = {{1, 1, 1, 0}, {1, 1, 1, 4},
                                          {0, 0, 0, 7}, {9000000, 5000000, 1352109, 1},
                                          {0, 0, 0, 0}, {UINT64_MAX / 4, UINT64_MAX / 4, 3, UINT64_MAX / 4},
                                          {2, 3, 5, 7}};
  for (size_t i = 0; i < sizeof grades / sizeof *grades; i++) {
    results_t results = empty_results();
    memcpy(results.grade_cycles, grades[i], sizeof grades[i]);
    for (unsigned grade = 0; grade < GRADE_COUNT; grade++)
      results.cycles += grades[i][grade];
    json_t *report = json_of(&results);
    double sum = 0;
    const char *key;
    json_t *value;
    json_object_foreach(at(report, "confidence"), key, value) {
      ck_assert(json_is_real(value));
      sum += json_real_value(value);
    }
    ck_assert_double_eq_tol(sum, 1, 1e-12);
    for (unsigned grade = 0; grade < GRADE_COUNT && results.cycles; grade++) {
      double share = json_real_value(json_object_get(at(report, "confidence"), grade_name((grade_t)grade)));
      ck_assert_double_eq_tol(share, (double)grades[i][grade] / (double)results.cycles, 1e-9);
    }
    json_decref(report);
    drop(&results);
  }
}
END_TEST

START_TEST(json_is_deterministic) {
  results_t results = full_results(), again = full_results();
  char *first = json_text(&results), *second = json_text(&again);
  ck_assert_str_eq(first, second);
  ck_assert_int_eq(strncmp(first, "{\n  \"schema\": \"cmsim/1\",\n", 25), 0);
  ck_assert_ptr_nonnull(strstr(first, "\"latency_ms\": 27.9129272727,"));
  free(first);
  free(second);
  drop(&results);
  drop(&again);
}
END_TEST

START_TEST(json_of_odd_results) {
  results_t results = {0}; /* nothing filled in at all */
  json_t *report = json_of(&results);
  ck_assert_int_eq(number(report, "total.cycles"), 0);
  ck_assert_int_eq(number(report, "causes.issue"), 0);
  ck_assert_double_eq(json_real_value(at(report, "total.cpi")), 0);
  json_decref(report);

  results = hostile_results();
  report = json_of(&results); /* names that are not UTF-8 */
  ck_assert_int_eq(number(report, "total.cycles"), INT64_MAX);
  ck_assert_str_eq(json_string_value(at(report, "exit.reason")), "fault");
  ck_assert(json_is_true(at(report, "exit.partial")));
  ck_assert_int_eq(strncmp(json_string_value(at(report, "exit.message")), "\033[31m??nn", 9), 0);
  json_decref(report);
  drop(&results);
}
END_TEST

START_TEST(json_reports_failed_writes) {
  results_t results = full_results();
  ck_assert_int_eq(access("/dev/full", W_OK), 0);
  FILE *out = fopen("/dev/full", "w");
  errno = 0;
  ck_assert(!report_json(out, &results));
  ck_assert_int_eq(errno, ENOSPC);
  fclose(out);
  results_t small = empty_results(); /* fails only when the buffer is flushed */
  out = fopen("/dev/full", "w");
  setvbuf(out, NULL, _IOFBF, 1 << 16);
  ck_assert(!report_json(out, &small));
  ck_assert_int_eq(errno, ENOSPC);
  fclose(out);
  drop(&small);
  out = fopen("/dev/null", "r"); /* not open for writing */
  ck_assert(!report_json(out, &results));
  ck_assert_int_ne(errno, 0);
  fclose(out);
  drop(&results);
}
END_TEST

/* ---- table ---- */

static unsigned ck_fits(const char *text) {
  unsigned lines = 0;
  while (*text) {
    size_t width = strcspn(text, "\n");
    ck_assert_msg(width <= 100, "%zu columns: %.*s", width, (int)width, text);
    ck_assert_msg(!width || text[width - 1] != ' ', "trailing blank: \"%.*s\"", (int)width, text);
    for (size_t i = 0; i < width; i++)
      ck_assert_msg(text[i] >= ' ' && text[i] <= '~', "byte 0x%02x", text[i] & 0xFF);
    text += width + (text[width] == '\n');
    lines++;
  }
  return lines;
}

static void ck_says(const char *text, const char *part) {
  ck_assert_msg(strstr(text, part) != NULL, "no \"%s\" in\n%s", part, text);
}

START_TEST(table_says_it_all_on_one_screen) {
  results_t results = full_results();
  free(results.firmware_path);
  results.firmware_path = copy("out/bench.elf");
  char *text = table_text(&results, 8);
  ck_assert_uint_le(ck_fits(text), 40);
  const char *first =
      "bench.elf on Cortex-M7 at 550 MHz: 27.91 ms\n  (15,352,110 cycles, 12,345,678 instructions, CPI 1.24, "
      "0 % paired, 1.0 % of branches mispredicted)\n";
  ck_assert_int_eq(strncmp(text, first, strlen(first)), 0);
  ck_says(text, "inference      3  9.091 ms");
  ck_says(text, "post           0         -         -         -              0   0.0 %\n");
  ck_says(text, "the run ended inside post");
  ck_says(text, cause_text(CAUSE_ISSUE));
  ck_says(text, "kernel_0  50.0 %  100.0 %      0  ..");
  ck_says(text, "volution_2d_float.c:17\n");
  ck_says(text, "... and 12 more functions");
  ck_says(text, "flash 246,248 B;  RAM 69,224 B = 67,688 static + 512 stack + 1,024 heap\n");
  ck_says(text, "object_0          200,000  object_1        199,000\n");
  ck_says(text, "how sure: 58.6 % documented, 32.6 % measured, 8.8 % inferred, <0.1 % assumed\n");
  ck_says(text, "warning: FP used before CPACR (0x08000134, main)\n");
  ck_says(text, "warning: no line tables\n");
  ck_assert_ptr_null(strstr(text, "PARTIAL"));
  ck_assert_ptr_null(strstr(text, "\033"));
  free(text);
  char *again = table_text(&results, 8), *more = table_text(&results, 8);
  ck_assert_str_eq(again, more);
  free(again);
  free(more);
  drop(&results);
}
END_TEST

START_TEST(table_of_an_empty_run) {
  results_t results = empty_results();
  char *text = table_text(&results, 8);
  ck_fits(text);
  ck_says(text, "empty.elf on Cortex-M4 at 64 MHz: 0 ms  (0 cycles, 0 instructions, CPI 0.00)\n");
  ck_says(text, "no heap seen");
  free(text);
  drop(&results);
  text = table_text(&results, 0); /* nothing filled in at all */
  ck_fits(text);
  free(text);
}
END_TEST

START_TEST(table_of_a_partial_run) {
  static const struct {
    run_end_t end;
    const char *why;
  } ends[] = {{RUN_MAX_CYCLES, "(--max-cycles)"}, {RUN_TIMEOUT, "(--timeout)"}, {RUN_INTERRUPTED, "(interrupted)"}};
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
    results_t results = full_results();
    results.partial = true;
    results.end = ends[i].end;
    char *text = table_text(&results, 8), first[128];
    snprintf(first, sizeof first, "PARTIAL RUN: stopped after 15,352,110 cycles %s\n", ends[i].why);
    ck_assert_int_eq(strncmp(text, first, strlen(first)), 0);
    ck_assert_uint_le(ck_fits(text), 40);
    free(text);
    drop(&results);
  }
}
END_TEST

START_TEST(table_of_failures) {
  results_t results = full_results();
  results.exit_code = 3;
  char *text = table_text(&results, 8);
  ck_says(text, "FIRMWARE FAILED: it ended with exit code 3\n");
  free(text);
  results.end = RUN_FAULT;
  results.partial = true;
  results.fault = copy("read of unmapped address 0x40000000 at 0x08000200 (main)");
  text = table_text(&results, 8);
  ck_says(text, "(fault)\nfault: read of unmapped address 0x40000000 at 0x08000200 (main)\n");
  free(text);
  drop(&results);
}
END_TEST

START_TEST(table_of_hostile_names_and_numbers) {
  const unsigned tops[] = {0, 1, 8, 1000};
  for (size_t i = 0; i < sizeof tops / sizeof *tops; i++) {
    results_t results = hostile_results();
    for (unsigned run = 0; run < 2; run++) { /* then one short enough for a column more */
      char *text = table_text(&results, tops[i]);
      ck_fits(text);
      free(text);
      results.cycles = results.regions[0].cycles = 999999999999;
      results.regions[0].mj = 1e20;
      results.functions[0].self_cycles = 1;
      memset(results.causes, 0, sizeof results.causes);
    }
    drop(&results);
  }
}
END_TEST

/* ---- helpers ---- */

START_TEST(texts) {
  char text[RESULTS_TEXT_BYTES];
  ck_assert_str_eq(results_count_text(text, 0), "0");
  ck_assert_str_eq(results_count_text(text, 999), "999");
  ck_assert_str_eq(results_count_text(text, 1000), "1,000");
  ck_assert_str_eq(results_count_text(text, UINT64_MAX), "18,446,744,073,709,551,615");
  static const struct {
    double milliseconds;
    const char *text;
  } times[] = {{27.9129, "27.91 ms"}, {0.06, "60.00 us"}, {1e-6, "1.000 ns"}, {547, "547.0 ms"}, {0.99999, "1000 us"},
               {1234.5, "1.234 s"},   {-1, "0 ms"},       {0, "0 ms"},        {1e7, "10000 s"},  {NAN, "0 ms"}};
  for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
    ck_assert_str_eq(results_time_text(text, times[i].milliseconds), times[i].text);
  }
  results_time_text(text, 1e300);
  results_t results = {.mhz = 0};
  ck_assert_double_eq(results_milliseconds(&results, 5), 0);
  const char *names[] = {"exited", "halted", "stopped", "max_cycles", "timeout", "interrupted", "fault"};
  for (unsigned i = 0; i <= RUN_FAULT; i++)
    ck_assert_str_eq(run_end_name((run_end_t)i), names[i]);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("report");
  TCase *json = tcase_create("json"), *table = tcase_create("table");
  tcase_add_test(json, json_keys_in_order);
  tcase_add_test(json, json_values);
  tcase_add_test(json, json_sums);
  tcase_add_test(json, json_confidence_sums_to_one);
  tcase_add_test(json, json_is_deterministic);
  tcase_add_test(json, json_of_odd_results);
  tcase_add_test(json, json_reports_failed_writes);
  tcase_add_test(table, table_says_it_all_on_one_screen);
  tcase_add_test(table, table_of_an_empty_run);
  tcase_add_test(table, table_of_a_partial_run);
  tcase_add_test(table, table_of_failures);
  tcase_add_test(table, table_of_hostile_names_and_numbers);
  tcase_add_test(table, texts);
  suite_add_tcase(suite, json);
  suite_add_tcase(suite, table);
  return run_suite(suite);
}
