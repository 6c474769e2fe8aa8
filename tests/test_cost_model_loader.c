/* The loader of cost models: every kind of defect is refused with one line that names the place. */
#include "base/diag.h"
#include "cost_model_fixture.h"
#include "run_suite.h"
#include "timing/cost_model.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef enum { REPLACE, DELETE, DUPLICATE, EMPTY, RENAME } change_t;

/* In the first line of FILE that holds LINE, FROM becomes TO (or the line goes, or comes twice). The message must name
   the first line that holds AT afterwards (the last one for DUPLICATE). EMPTY replaces everything from that line to
   the next blank one by TO. */
static const struct {
  const char *what;
  change_t change;
  const char *file, *line, *from, *to, *at, *message;
} refusals[] = {
    {"unknown key", REPLACE, "cortex-m4", "class: mla,", "issue:", "isue:", "class: mla,", "isue"},
    {"bad class", REPLACE, "cortex-m4", "class: mla,", "mla", "mlaa", "class: mlaa,", "mlaa"},
    {"bad unit", REPLACE, "cortex-m4", "class: mla,", "[mac]", "[mak]", "class: mla,", "mak"},
    {"bad rule", REPLACE, "cortex-m4", "class: mla,", "rule: none", "rule: some", "class: mla,", "some"},
    {"bad grade", REPLACE, "cortex-m4", "class: mla,", "documented", "certain", "class: mla,", "certain"},
    {"bad slots", REPLACE, "cortex-m7", "class: clear_excl", "alone", "lone", "class: clear_excl", "lone"},
    {"bad boolean", REPLACE, "cortex-m4", "double_precision:", "false", "maybe", "double_precision:", "maybe"},
    {"missing class", DELETE, "cortex-m4", "class: mla,", NULL, NULL, "rows:", "mla has no row"},
    {"duplicate class", DUPLICATE, "cortex-m4", "class: mla,", NULL, NULL, "class: mla,", "already"},
    {"missing parameter", DELETE, "cortex-m4", "name: divide_base", NULL, NULL,
     "parameters:", "divide_base is missing"},
    {"duplicate parameter", DUPLICATE, "cortex-m7", "name: fma_shadow", NULL, NULL, "name: fma_shadow", "already"},
    {"parameter of the other core", REPLACE, "cortex-m4", "name: load_data", "load_data,", "fma_shadow,",
     "name: fma_shadow", "has no parameter"},
    {"missing role", DELETE, "cortex-m7", "role: shifted", NULL, NULL, "needs:", "shifted has no need"},
    {"duplicate role", DUPLICATE, "cortex-m7", "role: shifted", NULL, NULL, "role: shifted", "already"},
    {"unknown source", REPLACE, "cortex-m4", "class: mla,", "TRM4", "TRM5", "class: mla,", "TRM5"},
    {"unknown source of alt", REPLACE, "cortex-m4", "class: table_branch", "alt: \"TI-LS", "alt: \"XY",
     "class: table_branch", "XY"},
    {"unknown source of a need", REPLACE, "cortex-m7", "role: early", "J-M7", "J-M8", "role: early", "J-M8"},
    {"documented without place", REPLACE, "cortex-m4", "class: mla,", "TRM4 table 3-1", "TRM4", "class: mla,",
     "no place"},
    {"no grade", REPLACE, "cortex-m4", "class: mla,", "grade: documented,", "", "class: mla,", "no grade"},
    {"no probe", REPLACE, "cortex-m4", "class: mla,", ", probe: multiply", "", "class: mla,", "no probe"},
    {"probe not in snake case", REPLACE, "cortex-m4", "class: mla,", "probe: multiply", "probe: Multi-ply",
     "class: mla,", "lower_snake_case"},
    {"no issue", REPLACE, "cortex-m4", "class: mla,", "issue: 1,", "", "class: mla,", "no issue"},
    {"no result", REPLACE, "cortex-m4", "class: mla,", "result: 1,", "", "class: mla,", "no result"},
    {"no rule", REPLACE, "cortex-m4", "class: mla,", "rule: none,", "", "class: mla,", "no rule"},
    {"no units", REPLACE, "cortex-m4", "class: mla,", "[mac]", "[]", "class: mla,", "no units"},
    {"no src", REPLACE, "cortex-m4", "class: mla,", "src: TRM4 table 3-1,", "", "class: mla,", "src"},
    {"min above max", REPLACE, "cortex-m4", "class: divide_signed", "max: 12", "max: 1", "class: divide_signed",
     "above max"},
    {"issue below min", REPLACE, "cortex-m4", "class: divide_signed", "issue: 2", "issue: 1", "class: divide_signed",
     "outside 2 to 12"},
    {"issue above max", REPLACE, "cortex-m4", "class: divide_signed", "issue: 2", "issue: 13", "class: divide_signed",
     "outside 2 to 12"},
    {"issue 0 without beat", REPLACE, "cortex-m7", "class: load_multiple,", "beat: 2,", "", "class: load_multiple,",
     "needs a beat"},
    {"unsupported with a number", REPLACE, "cortex-m4", "class: fp64_fma", "src:", "issue: 1, src:", "class: fp64_fma",
     "no numbers"},
    {"unsupported with a rule", REPLACE, "cortex-m4", "class: fp64_fma", "src:", "rule: none, src:", "class: fp64_fma",
     "only"},
    {"supported against double_precision", REPLACE, "cortex-m4", "double_precision:", "false", "true",
     "class: fp64_add,", "contradicts"},
    {"forwarding from an unknown class", REPLACE, "cortex-m7", "from: [fp_load_double]", "[fp_load_double]",
     "[fp_load_double, vld]", "vld]", "vld"},
    {"forwarding to an unknown role", REPLACE, "cortex-m7", "to: [index]", "[index]", "[indexx]", "to: [indexx]",
     "indexx"},
    {"forwarding from an unsupported class", REPLACE, "cortex-m4", "from: [fp32_compare]", "fp32_compare", "fp64_add",
     "from: [fp64_add]", "unsupported"},
    {"forwarding given twice", DUPLICATE, "cortex-m7", "to: [index]", NULL, NULL, "to: [index]", "already"},
    {"forwarding from nothing", REPLACE, "cortex-m7", "to: [index]", "[index]", "[]", "to: []", "entries"},
    {"no rows", EMPTY, "cortex-m4", "rows:", NULL, "rows: []", "rows: []", "entries"},
    {"no needs", EMPTY, "cortex-m4", "needs:", NULL, "needs: []", "needs: []", "entries"},
    {"no parameters", EMPTY, "cortex-m7", "parameters:", NULL, "parameters: []", "parameters: []", "entries"},
    {"number above a byte", REPLACE, "cortex-m4", "class: mla,", "issue: 1,", "issue: 256,", "class: mla,", "256"},
    {"negative number", REPLACE, "cortex-m4", "class: mla,", "issue: 1,", "issue: -1,", "class: mla,", "-1"},
    {"number with a tail", REPLACE, "cortex-m4", "class: mla,", "issue: 1,", "issue: 1x,", "class: mla,", "1x"},
    {"no number", REPLACE, "cortex-m4", "name: load_data", "value: 1", "value: one", "name: load_data", "one"},
    {"result above a distance", REPLACE, "cortex-m4", "class: mla,", "result: 1,", "result: 128,", "class: mla,",
     "128"},
    {"need too large", REPLACE, "cortex-m7", "role: shifted", "need: 0", "need: 999", "role: shifted", "999"},
    {"cycles too large", REPLACE, "cortex-m7", "to: [index]", "cycles: 3", "cycles: 300", "to: [index]", "300"},
    {"division by zero bits", REPLACE, "cortex-m7", "name: divide_bits", "value: 2", "value: 0", "name: divide_bits",
     "at least 1"},
    {"predictor of an odd size", REPLACE, "cortex-m7", "name: predictor", "64", "65", "name: predictor",
     "power of two"},
    {"fetch of an odd size", REPLACE, "cortex-m7", "name: fetch_bytes", "value: 8", "value: 6", "name: fetch_bytes",
     "power of two"},
    {"other core", REPLACE, "cortex-m4", "core: cortex-m4", "m4", "m7", "core: cortex-m7", "not 'cortex-m4'"},
    {"repeated key", REPLACE, "cortex-m4", "class: mla,", "issue: 1,", "issue: 1, issue: 1,", "class: mla,", "already"},
    {"alias", REPLACE, "cortex-m4", "title:", "title: ", "title: *", "title:", "alias"},
    {"broken YAML", REPLACE, "cortex-m4", "class: mla,", "}", "", "class: mla,", "expected"},
    {"second document", REPLACE, "cortex-m4", "name: divide_bits", "}", "}\n---\nx: 1", "# Cortex-M4", "documents"},
    {"source listed twice", DUPLICATE, "sources", "{id: TRM4", NULL, NULL, "{id: TRM4", "already"},
    {"source without title", REPLACE, "sources", "{id: TRM4", "title:", "titel:", "{id: TRM4", "titel"},
    {"no such file", RENAME, "cortex-m4", "core:", NULL, NULL, NULL, "cannot open"},
    {"no sources", RENAME, "sources", "sources:", NULL, NULL, NULL, "cannot open"},
};

/* Rewrites TEXT in place (there is room) by entry INDEX of the table. */
static void change_text(char *text, int index) {
  char *hit = strstr(text, refusals[index].line);
  while (hit && refusals[index].line[strlen(refusals[index].line) - 1] == ':' && hit != text && hit[-1] != '\n') {
    hit = strstr(hit + 1, refusals[index].line); /* a top-level key, not the same word in a comment */
  }
  ck_assert_msg(hit != NULL, "%s: nothing to change", refusals[index].what);
  char *start = hit;
  while (start > text && start[-1] != '\n')
    start--;
  char *end = strchr(start, '\n') + 1;
  char *rest = strdup(end), *old = strndup(start, (size_t)(end - start));
  switch (refusals[index].change) {
  case REPLACE: {
    char *from = strstr(old, refusals[index].from);
    ck_assert_msg(from != NULL, "%s: nothing to replace", refusals[index].what);
    start +=
        sprintf(start, "%.*s%s%s", (int)(from - old), old, refusals[index].to, from + strlen(refusals[index].from));
    break;
  }
  case DUPLICATE: start += sprintf(start, "%s%s", old, old); break;
  case EMPTY: start += sprintf(start, "%s\n", refusals[index].to); break;
  case DELETE:
  case RENAME: break;
  }
  const char *kept = rest;
  if (refusals[index].change == EMPTY) {
    const char *blank = strstr(rest, "\n\n");
    kept = blank ? blank : "";
  }
  strcpy(start, kept);
  free(rest);
  free(old);
}

static unsigned line_of(const char *text, const char *needle, bool last) {
  unsigned line = 0, number = 1;
  for (const char *at = text; *at; number++) {
    const char *end = strchr(at, '\n');
    size_t length = end ? (size_t)(end - at) : strlen(at);
    bool top_level = needle[strlen(needle) - 1] == ':';
    bool here =
        top_level ? strncmp(at, needle, strlen(needle)) == 0 : memmem(at, length, needle, strlen(needle)) != NULL;
    if (here && (!line || last)) line = number;
    at += length + (end != NULL);
  }
  ck_assert_msg(line != 0, "'%s' is nowhere", needle);
  return line;
}

START_TEST(refused) {
  char directory[] = "/tmp/cmsim-cost-model-XXXXXX";
  ck_assert(mkdtemp(directory) != NULL);
  const char *core = strcmp(refusals[_i].file, "sources") == 0 ? "cortex-m4" : refusals[_i].file;
  const char *const names[] = {core, "sources"};
  char paths[2][sizeof directory + 32], expected[sizeof directory + 128] = "";
  for (int i = 0; i < 2; i++) {
    char *text = read_file(names[i]);
    bool changed = strcmp(names[i], refusals[_i].file) == 0;
    snprintf(paths[i], sizeof paths[i], "%s/%s.yaml", directory, names[i]);
    if (changed) {
      change_text(text, _i);
      if (refusals[_i].at) {
        unsigned line = line_of(text, refusals[_i].at, refusals[_i].change == DUPLICATE);
        snprintf(expected, sizeof expected, "%s:%u:", paths[i], line);
      } else {
        snprintf(expected, sizeof expected, "%s: error:", paths[i]);
      }
    }
    if (!changed || refusals[_i].change != RENAME) {
      FILE *file = fopen(paths[i], "wb");
      ck_assert(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
    }
    free(text);
  }
  char *said = NULL;
  size_t size = 0;
  FILE *stream = open_memstream(&said, &size);
  diag_set_stream(stream);
  core_model_t *model = cost_model_load(directory, core);
  diag_set_stream(NULL);
  fclose(stream);
  for (int i = 0; i < 2; i++)
    unlink(paths[i]);
  rmdir(directory);

  ck_assert_msg(model == NULL, "%s: accepted", refusals[_i].what);
  ck_assert_msg(size > 0 && strchr(said, '\n') == said + size - 1, "%s: not one line: %s", refusals[_i].what, said);
  ck_assert_msg(strncmp(said, expected, strlen(expected)) == 0, "%s: expected %s got %s", refusals[_i].what, expected,
                said);
  ck_assert_msg(strstr(said, refusals[_i].message) != NULL, "%s: no '%s' in %s", refusals[_i].what,
                refusals[_i].message, said);
  free(said);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("cost_model_loader");
  TCase *loader = tcase_create("loader");
  tcase_add_loop_test(loader, refused, 0, sizeof refusals / sizeof *refusals);
  suite_add_tcase(suite, loader);
  return run_suite(suite);
}
