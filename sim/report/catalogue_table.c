#include "report/catalogue.h"

#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

static void add(struct libscols_line *line, size_t column, const char *text) {
  if (line) scols_line_set_data(line, column, text);
}

static void ram_text(char *text, size_t size, const chip_summary_t *s) {
  int used = snprintf(text, size, "%uK", (unsigned)(s->ram_bytes / 1024));
  if (s->itcm_bytes + s->dtcm_bytes && used > 0) {
    snprintf(text + used, size - (size_t)used, " (TCM %u+%uK)", (unsigned)(s->itcm_bytes / 1024),
             (unsigned)(s->dtcm_bytes / 1024));
  }
}

static void add_chip(struct libscols_table *table, const target_t *target) {
  struct libscols_line *line = scols_table_new_line(table, NULL);
  chip_summary_t s = catalogue_summary(target);
  bool m7 = strcmp(target->core, "cortex-m7") == 0;
  char text[96];
  size_t column = 0;
  add(line, column++, target->name);
  add(line, column++, !m7 ? "M4 single" : target->single_precision ? "M7 single" : "M7 double");
  snprintf(text, sizeof text, "%u", target->max_mhz);
  add(line, column++, text);
  snprintf(text, sizeof text, "%uK", (unsigned)(s.flash_bytes / 1024));
  add(line, column++, text);
  ram_text(text, sizeof text, &s);
  add(line, column++, text);
  snprintf(text, sizeof text, "%d", s.wait_states);
  add(line, column++, s.wait_states < 0 ? "?" : text);
  catalogue_caches(target, text, sizeof text);
  add(line, column++, text);
  snprintf(text, sizeof text, "%.3g (%.0f)", s.milliamperes, s.power ? s.milliamperes * 1e3 / s.mhz : 0);
  add(line, column++, s.power ? text : "?");
  add(line, column++, s.flash_modelled ? grade_name(target->flash.from.grade) : "at once");
}

void catalogue_table(FILE *out, target_t *const *targets, size_t count) {
  static const struct {
    const char *title;
    bool right;
  } columns[] = {{"name", false}, {"core, FPU", false}, {"MHz", true},          {"flash", true},        {"RAM", false},
                 {"waits", true}, {"caches", false},    {"mA (uA/MHz)", false}, {"flash timing", false}};
  struct libscols_table *table = scols_new_table();
  if (!table) return;
  scols_table_set_column_separator(table, "  ");
  for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
    scols_table_new_column(table, columns[i].title, 0, columns[i].right ? SCOLS_FL_RIGHT : 0);
  for (size_t i = 0; i < count; i++)
    add_chip(table, targets[i]);
  char *text = NULL, *rest = NULL;
  if (scols_print_table_to_string(table, &text) == 0 && text) {
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
      size_t length = strlen(line);
      while (length && line[length - 1] == ' ')
        length--;
      fprintf(out, "%.*s\n", (int)length, line);
    }
  }
  free(text);
  scols_unref_table(table);
}
