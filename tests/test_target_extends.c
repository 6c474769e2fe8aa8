/* A chip's file that extends another: what is given replaces, all else is inherited, and errors point into the file
   that has them. Nearest names. */
#include "base/diag.h"
#include "run_suite.h"
#include "timing/target.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char base[] =
    "name: base\n"
    "core: cortex-m4\n"
    "title: Base\n"
    "max_mhz: 80\n"
    "device_id: 0x123\n"
    "bus: {max_mhz: 40, ratio: 2, src: s, grade: documented}\n"
    "flash:\n"
    "  read_bytes: 8\n"
    "  icache_lines: 32\n"
    "  line_bytes: 32\n"
    "  has: [icache]\n"
    "  usual: [icache]\n"
    "  clock: bus\n"
    "  acr: 0x40022000\n"
    "  latency_mask: 0x3\n"
    "  icache_bit: 0x200\n"
    "  src: s\n"
    "  grade: documented\n"
    "  wait_states:\n"
    "    - {range: high, up_to_mhz: [20, 40], src: s, grade: documented}\n"
    "    - {range: low, up_to_mhz: [10], src: s, grade: documented}\n"
    "regions:\n"
    "  - {name: flash, kind: flash, base: 0x1000, bytes: 0x1000, first_access: 0, src: s, grade: documented}\n"
    "  - {name: sram, kind: ram, base: 0x20000000, bytes: 0x1000, first_access: 0, src: s, grade: documented}\n"
    "power:\n"
    "  - {name: run, mode: run, volts: 3, peripherals: off, src: s, grade: documented, points: [{mhz: 80, ma: 8}]}\n"
    "  - {name: sleep, mode: sleep, volts: 3, peripherals: off, src: s, grade: documented, points: [{mhz: 80, ma: "
    "2}]}\n";

static char folder[] = "/tmp/cmsim-extends-XXXXXX";
static char *said;

static void write_file(const char *name, const char *text) {
  char path[128];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "wb");
  ck_assert(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void make_folder(void) {
  ck_assert(mkdtemp(folder) != NULL);
  write_file("base.yaml", base);
}

static void remove_folder(void) {
  static const char *const names[] = {"base.yaml", "board.yaml", "other.yaml"};
  char path[128];
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    snprintf(path, sizeof path, "%s/%s", folder, names[i]);
    unlink(path);
  }
  rmdir(folder);
  free(said);
}

/* NAME as a person would give it; what is said meanwhile is in `said`. */
static target_t *find(const char *name) {
  char path[128];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  free(said);
  size_t size = 0;
  FILE *stream = open_memstream(&said, &size);
  diag_set_stream(stream);
  target_t *target = target_find(folder, "--mcu", strstr(name, ".yaml") ? path : name);
  diag_set_stream(NULL);
  fclose(stream);
  return target;
}

static target_t *board(const char *text) {
  write_file("board.yaml", text);
  return find("board.yaml");
}

START_TEST(inherits) {
  target_t *target = board("name: mine\nextends: base\n");
  ck_assert_msg(target != NULL, "%s", said);
  ck_assert_str_eq(target->name, "mine");
  ck_assert_str_eq(target->extends, "base");
  ck_assert_str_eq(target->title, "Base");
  ck_assert_str_eq(target->core, "cortex-m4");
  ck_assert(target->max_mhz == 80 && target->device_id == 0x123 && target->bus.ratio == 2);
  ck_assert(target->flash.icache_lines == 32 && target->flash.table_count == 2 && target->flash.bus_clock);
  ck_assert(target->region_count == 2 && target->power_count == 2);
  ck_assert_int_eq(target_wait_states(target, 80), 1);
  target_t *parent = target_load(folder, "base");
  ck_assert_str_ne(target->hash, parent->hash);
  target_free(parent);
  target_free(target);
}
END_TEST

START_TEST(replaces) {
  target_t *target =
      board("name: mine\nextends: base\ntitle: Board\nmax_mhz: 60\n"
            "bus: {ratio: 1, src: me, grade: measured}\n"
            "flash:\n  miss_wait: 3\n  usual: []\n  src: me\n  grade: assumed\n  wait_states:\n"
            "    - {range: low, up_to_mhz: [8, 16], src: me, grade: measured}\n"
            "regions:\n"
            "  - {name: early, kind: ram, base: 0x0, bytes: 0x1000, first_access: 0, src: me, grade: assumed}\n"
            "  - {name: sram, kind: ram, base: 0x20000000, bytes: 0x2000, first_access: 1, src: me, grade: assumed}\n"
            "power:\n"
            "  - {name: board, mode: run, volts: 5, peripherals: on, src: me, grade: measured, points: [{mhz: 60, ma: "
            "20}]}\n");
  ck_assert_msg(target != NULL, "%s", said);
  ck_assert_str_eq(target->title, "Board");
  ck_assert(target->max_mhz == 60 && target->bus.ratio == 1 && target->bus.max_mhz == 40);
  ck_assert(target->flash.miss_wait == 3 && target->flash.usual == 0 && target->flash.has == FLASH_ICACHE);
  ck_assert(target->flash.from.grade == GRADE_ASSUMED && target->flash.read_bytes == 8);
  /* What the file lists comes first, and so is the usual one. */
  ck_assert_uint_eq(target->flash.table_count, 2);
  ck_assert_str_eq(target->flash.tables[0].range, "low");
  ck_assert(target->flash.tables[0].count == 2 && target->flash.tables[1].count == 2);
  ck_assert_uint_eq(target->region_count, 3);
  ck_assert_str_eq(target->regions[0].name, "early");
  ck_assert_str_eq(target->regions[1].name, "flash");
  ck_assert(target->regions[2].bytes == 0x2000 && target->regions[2].first_access == 1);
  ck_assert_uint_eq(target->power_count, 3);
  ck_assert_str_eq(target->power[0].name, "board");
  ck_assert_str_eq(target->power[1].name, "run");
  target_free(target);
}
END_TEST

START_TEST(through_another) {
  write_file("other.yaml", "name: other\nextends: base\nmax_mhz: 70\n");
  target_t *target = board("name: mine\nextends: other.yaml\ntitle: Board\n");
  ck_assert_msg(target != NULL, "%s", said);
  ck_assert(target->max_mhz == 70 && target->region_count == 2);
  target_free(target);
}
END_TEST

static const struct {
  const char *text;
  unsigned line;
  const char *message;
} refusals[] = {
    {"name: mine\nextends: bass\n", 2, "there is no bass; did you mean base?"},
    {"name: mine\nextends: nothing.yaml\n", 2, "there is no nothing.yaml"},
    {"name: mine\nextends: board.yaml\n", 2, "in turn"},
    {"name: mine\nextends: ../$/board.yaml\n", 2, "in turn"},
    {"name: mine\nextends: base\ncore: cortex-m7\n", 3, "base has a cortex-m4"},
    {"name: mine\nextends: base\nmax_mhz: x\n", 3, "'x'"},
    {"name: mine\nextends: base\nbus: {ratio: 1}\n", 3, "src"},
    {"name: mine\nextends: base\nl1: {src: s, grade: assumed}\n", 3, "no first level caches"},
    {"name: mine\nextends: base\nflash:\n  latency_mask: 0\n  src: s\n  grade: assumed\n", 3, "without latency_mask"},
    {"name: mine\nextends: base\nflash:\n  latency_mask: 0x201\n  src: s\n  grade: assumed\n", 4, "0x201"},
    {"name: mine\nextends: base\nflash:\n  acr_reset: 0\n  icache_bit: 0x2\n  src: s\n  grade: assumed\n", 5,
     "overlaps"},
    {"name: mine\nextends: base\nflash:\n  read_bytes: 64\n  src: s\n  grade: assumed\n", 3, "not made of reads"},
    {"name: mine\nextends: base\nregions:\n"
     "  - {name: a, kind: ram, base: 0x20000800, bytes: 4, first_access: 0, src: s, grade: assumed}\n",
     4, "region a overlaps region sram of base"},
    {"name: mine\nextends: base\nregions:\n"
     "  - {name: a, kind: ram, base: 0x20008000, bytes: 4, first_access: 0, src: s, grade: assumed}\n"
     "  - {name: a, kind: ram, base: 0x20009000, bytes: 4, first_access: 0, src: s, grade: assumed}\n",
     5, "listed already"},
    {"name: mine\ntitle: t\ncore: cortex-m4\n", 1, "regions is missing"},
    {"name: mine\ncore: cortex-m4\n", 1, "title is missing"},
    {"name: mine\ntitle: t\n", 1, "core is missing"},
};

START_TEST(refused) {
  char text[512], expected[128];
  const char *own = strchr(refusals[_i].text, '$'); /* stands for the folder's name */
  snprintf(text, sizeof text, own ? "%.*s%s%s" : "%.*s", own ? (int)(own - refusals[_i].text) : 500, refusals[_i].text,
           strrchr(folder, '/') + 1, own ? own + 1 : "");
  target_t *target = board(text);
  ck_assert_msg(target == NULL, "taken: %s", text);
  snprintf(expected, sizeof expected, "board.yaml:%u:", refusals[_i].line);
  ck_assert_msg(strstr(said, expected) != NULL, "expected %s got %s", expected, said);
  ck_assert_msg(strstr(said, refusals[_i].message) != NULL, "no '%s' in %s", refusals[_i].message, said);
  ck_assert_msg(strchr(said, '\n') == said + strlen(said) - 1, "not one line: %s", said);
}
END_TEST

START_TEST(circle) {
  write_file("other.yaml", "name: other\nextends: board.yaml\n");
  ck_assert_ptr_null(board("name: mine\nextends: other.yaml\n"));
  ck_assert_msg(strstr(said, "other.yaml:2:") && strstr(said, "board.yaml extends this file in turn"), "%s", said);
  ck_assert(strchr(said, '\n') == said + strlen(said) - 1);
}
END_TEST

/* A defect of the file that is extended is told where it is. */
START_TEST(defect_of_the_other) {
  write_file("other.yaml", "name: other\nextends: base\nmax_mhz: x\n");
  ck_assert_ptr_null(board("name: mine\nextends: other.yaml\n"));
  ck_assert_msg(strstr(said, "other.yaml:3:") != NULL, "%s", said);
}
END_TEST

START_TEST(names) {
  static const struct {
    const char *name, *said;
  } cases[] = {{"stm32f407", "; did you mean stm32f407vg?"},
               {"STM32F407VG", "; did you mean stm32f407vg?"},
               {"stm32f417vg", "; did you mean stm32f407vg?"},
               {"f303", "; did you mean stm32f303re or stm32f303vc?"},
               {"stm32h747", "; did you mean stm32h747xi-cm4 or stm32h747xi-cm7?"},
               {"stm32f407vgt6", "; did you mean stm32f407vg?"},
               {"generic", ""},
               {"nosuch", ""},
               {"", ""}};
  char text[160];
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    target_suggest(CMSIM_SOURCE_DIR "/configs", cases[i].name, text, sizeof text);
    ck_assert_str_eq(text, cases[i].said);
  }
  ck_assert_ptr_null(find("nosuch"));
  ck_assert_str_eq(said, "cmsim: error: --mcu nosuch: no such chip; cmsim mcus lists them\n");
  ck_assert_ptr_null(find("some/where"));
  ck_assert_msg(strstr(said, "ends in .yaml") != NULL, "%s", said);
  ck_assert_ptr_null(find("nosuch.yaml"));
  ck_assert_msg(strstr(said, "cannot open") != NULL, "%s", said);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("extends");
  TCase *tests = tcase_create("extends");
  tcase_add_checked_fixture(tests, make_folder, remove_folder);
  tcase_add_test(tests, inherits);
  tcase_add_test(tests, replaces);
  tcase_add_test(tests, through_another);
  tcase_add_loop_test(tests, refused, 0, sizeof refusals / sizeof *refusals);
  tcase_add_test(tests, circle);
  tcase_add_test(tests, defect_of_the_other);
  tcase_add_test(tests, names);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
