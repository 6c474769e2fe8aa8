/* Timing contexts: what a run for several cores at once says of each is what a run for that core alone says. */
#include "machine/machine.h"
#include "run_suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static results_t *run(const char *image, const char *core, const char *mcu, bool plain, const also_options_t *also,
                      size_t also_count) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s.elf", CMSIM_FIRMWARE_DIR, image);
  FILE *console = fopen("/dev/null", "w");
  machine_options_t options = {.firmware = path,
                               .core = core,
                               .mcu = mcu,
                               .mhz = 64,
                               .data_directory = CMSIM_SOURCE_DIR,
                               .console = console,
                               .no_memo = plain,
                               .also = also,
                               .also_count = also_count};
  machine_t *machine = machine_new(&options);
  ck_assert_ptr_nonnull(machine);
  results_t *results = machine_run(machine);
  ck_assert_ptr_nonnull(results);
  machine_free(machine);
  fclose(console);
  return results;
}

/* Images that do not read the time, so that they execute the same everywhere. */
static const char *const images[] = {"house_price-m4", "human_activity-m4", "probes-m4"};

START_TEST(each_context_is_as_its_own_run) {
  static const also_options_t also[] = {
      {"m7", NULL, 100}, {"m4", NULL, 48}, {"m4", "stm32wb55rg", 64}, {"m4", "stm32f407vg", 64}};
  results_t *all = run(images[_i], "m4", NULL, false, also, LENGTH(also));
  ck_assert_uint_eq(all->also_count, LENGTH(also));
  for (size_t i = 0; i < LENGTH(also); i++) {
    const also_result_t *one = &all->also[i];
    bool probes = strcmp(images[_i], "probes-m4") == 0;
    if (probes && (also[i].mcu || strcmp(also[i].core, "m4") != 0)) continue; /* they time themselves */
    results_t *alone = run(images[_i], also[i].core, also[i].mcu, true, NULL, 0);
    ck_assert_double_eq(one->mhz, also[i].mhz);
    ck_assert_uint_eq(one->instructions, alone->instructions);
    ck_assert_uint_eq(one->cycles, alone->cycles);
    ck_assert_mem_eq(one->causes, alone->causes, sizeof one->causes);
    ck_assert_mem_eq(one->grade_cycles, alone->grade_cycles, sizeof one->grade_cycles);
    ck_assert_uint_eq(one->pairs, alone->pairs);
    ck_assert_uint_eq(one->mispredicts, alone->mispredicts);
    results_free(alone);
  }
  results_free(all);
}
END_TEST

START_TEST(further_contexts_change_nothing_in_the_first) {
  static const also_options_t also[] = {{"m7", NULL, 100}};
  results_t *with = run(images[_i], "m4", NULL, false, also, LENGTH(also));
  results_t *without = run(images[_i], "m4", NULL, false, NULL, 0);
  results_t *plain = run(images[_i], "m4", NULL, true, also, LENGTH(also));
  ck_assert_uint_eq(with->cycles, without->cycles);
  ck_assert_mem_eq(with->causes, without->causes, sizeof with->causes);
  ck_assert_uint_eq(with->also[0].cycles, plain->also[0].cycles);
  results_free(with);
  results_free(without);
  results_free(plain);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("contexts");
  TCase *tcase = tcase_create("contexts");
  tcase_set_timeout(tcase, 120);
  tcase_add_loop_test(tcase, each_context_is_as_its_own_run, 0, (int)LENGTH(images));
  tcase_add_loop_test(tcase, further_contexts_change_nothing_in_the_first, 0, (int)LENGTH(images));
  suite_add_tcase(suite, tcase);
  return run_suite(suite);
}
