/* configs/peripherals: every shipped file loads, and defects are refused with one line that names the place. */
#include "base/diag.h"
#include "peripherals/family.h"
#include "run_suite.h"
#include "yaml_fixture.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char directory[] = CMSIM_SOURCE_DIR "/configs/peripherals";

START_TEST(shipped_files_load) {
  struct dirent **entries;
  int count = scandir(directory, &entries, NULL, alphasort), seen = 0;
  ck_assert_int_gt(count, 0);
  for (int i = 0; i < count; i++) {
    char *dot = strstr(entries[i]->d_name, ".yaml");
    if (dot) {
      *dot = '\0';
      family_t *family = family_load(directory, entries[i]->d_name);
      ck_assert_msg(family != NULL, "%s", entries[i]->d_name);
      ck_assert_uint_gt(family->block_count, 20);
      ck_assert_uint_eq(strlen(family->hash), 64);
      family_free(family);
      seen++;
    }
    free(entries[i]);
  }
  free(entries);
  ck_assert_int_ge(seen, 7);
}
END_TEST

static const char good[] =
    "name: x\n"
    "title: t\n"
    "clock_tree: fixed\n"
    "fixed_hz: 64000000\n"
    "blocks:\n"
    "  - {name: A, base: 0x40000000, bytes: 0x400, src: s, grade: assumed}\n"
    "  - {name: B, base: 0x40000400, bytes: 0x100, layout: A, device: usart, clock: apb1, select: 0x90.6, irqs: \"3 "
    "4\", "
    "src: s, grade: assumed}\n"
    "layouts:\n"
    "  - name: A\n"
    "    registers:\n"
    "      - {name: CR, offset: 0x0, reset: 0x83, follow: \"0>1 7:4>15:12\", src: s, grade: documented}\n"
    "      - {name: SR, offset: 0x4, follow: \"CR.3>0\", ones: 0x10, zeros: 0x20, src: s, grade: documented}\n"
    "      - {name: SET, offset: 0x8, sets: CR, clears: SR>>16, puts: \"SR=1 CR.31=0\", src: s, grade: documented}\n";

static const struct {
  const char *from, *to;
  unsigned line;
  const char *message;
} refusals[] = {
    {"name: x", "name: y", 1, "not the name"},
    {"clock_tree: fixed", "clock_tree: none", 3, "none"},
    {"fixed_hz: 64000000\n", "", 3, "fixed_hz"},
    {"bytes: 0x400", "bytes: 0", 6, "empty"},
    {"bytes: 0x400", "bytes: 0x401", 6, "multiple"},
    {"bytes: 0x400", "bytes: 0x80000", 6, "0x80000"},
    {"base: 0x40000400", "base: 0x400003FC", 7, "inside or below"},
    {"base: 0x40000400", "base: 0x40000402", 7, "multiple of 4"},
    {"layout: A", "layout: C", 7, "not listed"},
    {"device: usart", "device: uart", 7, "uart"},
    {"clock: apb1", "clock: apb9", 7, "apb9"},
    {"0x90.6", "0x90", 7, "select"},
    {"0x90.6", "0x91.6", 7, "select"},
    {"3 4", "3,4", 7, "irqs"},
    {"3 4", "480", 7, "480"},
    {"bytes: 0x100", "bytes: 0x8", 7, "does not reach"},
    {"0>1 7:4", "0-1 7:4", 11, "follow"},
    {"7:4>15:12", "7:4>15:13", 11, "one width"},
    {"7:4>15:12", "32>1", 11, "follow"},
    {"offset: 0x4", "offset: 0x5", 12, "multiple of 4"},
    {"CR.3>0", "CS.3>0", 12, "'CS' is no register"},
    {"zeros: 0x20", "zeros: 0x30", 12, "in common"},
    {"name: SR", "name: CR", 12, "already"},
    {"sets: CR", "sets: CX", 13, "CX"},
    {"SR>>16", "SR>>8", 13, "clears"},
    {"SR=1", "SR", 13, "puts"},
    {"CR.31=0", "CR.31=2", 13, "puts"},
    {"reset: 0x83", "reset: 1G", 11, "1G"},
    {"grade: assumed", "grade: sure", 6, "sure"},
    {"src: s, grade: documented", "grade: documented", 11, "src"},
};

static void *load(const char *folder, const char *name) { return family_load(folder, name); }
static family_t *load_text(const char *text, char **said) { return load_yaml_text(text, said, load); }

START_TEST(accepted) {
  char *said = NULL;
  family_t *family = load_text(good, &said);
  ck_assert_msg(family != NULL, "%s", said);
  ck_assert_str_eq(said, "");
  const block_t *a = &family->blocks[0], *b = &family->blocks[1];
  ck_assert_ptr_eq(a->layout, b->layout); /* by its name, and by naming it */
  ck_assert_uint_eq(a->select_offset, WORD_NONE);
  ck_assert_uint_eq(b->select_offset, 0x90);
  ck_assert_uint_eq(b->select_bit, 6);
  ck_assert_uint_eq(b->irq_count, 2);
  ck_assert_uint_eq(b->irqs[1], 4);
  const register_row_t *cr = &a->layout->registers[0], *set = &a->layout->registers[2];
  ck_assert_uint_eq(cr->follow_count, 2);
  ck_assert_uint_eq(cr->follows[1].from, 4);
  ck_assert_uint_eq(cr->follows[1].to, 12);
  ck_assert_uint_eq(cr->follows[1].width, 4);
  ck_assert_uint_eq(set->put_count, 2);
  ck_assert_uint_eq(set->puts[1].clear, 1u << 31);
  ck_assert_uint_eq(set->clears_shift, 16);
  free(said);
  family_free(family);
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
  Suite *suite = suite_create("family");
  TCase *tests = tcase_create("files");
  tcase_add_test(tests, shipped_files_load);
  tcase_add_test(tests, accepted);
  tcase_add_loop_test(tests, refused, 0, sizeof refusals / sizeof *refusals);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
