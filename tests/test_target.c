/* Target files: the generic ones say what they promise, and defects are refused with one line that names the place. */
#include "base/diag.h"
#include "run_suite.h"
#include "timing/target.h"
#include "yaml_fixture.h"

#include <check.h>
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
    {"title: t\n", "", 4, "title"},
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

int main(void) {
  Suite *suite = suite_create("config");
  TCase *tests = tcase_create("targets");
  tcase_add_test(tests, generic_m4);
  tcase_add_test(tests, generic_m7);
  tcase_add_test(tests, accepted);
  tcase_add_loop_test(tests, refused, 0, sizeof refusals / sizeof *refusals);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
