/* One screen for people: the answer in the first line, then where it comes from, then how sure it is. At most
   WIDTH_MAX columns; lists are cut to `top` rows and say so. */
#include "report/results.h"

#include "base/diag.h"

#include <ctype.h>
#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

enum {
  WIDTH_MAX = 100,
  NAME_BYTES = 256,
  BAR_WIDTH = 12,
  OBJECT_NAME_MAX = 24,
  OBJECT_ROWS_MAX = 4,
  CAUSE_ROWS_MAX = 7
};

#define ENERGY_COLUMN_CYCLES UINT64_C(1000000000000)

static const char bold[] = "\033[1m", red[] = "\033[1;31m", yellow[] = "\033[33m", plain[] = "\033[0m";

static const char *colour(FILE *out, const char *code) { return diag_colour(out) ? code : ""; }

/* ---- text ---- */

/* Printable ASCII only (names come from firmware; a terminal obeys what it is sent), at most MAX columns. A text that
   is too long loses its end, or with KEEP_END its start, which for a path is the less telling part. */
static const char *fit(char out[NAME_BYTES], const char *text, size_t max, bool keep_end) {
  if (max > NAME_BYTES - 1) max = NAME_BYTES - 1;
  size_t length = strlen(text);
  if (length <= max) {
    memcpy(out, text, length + 1);
  } else if (keep_end) {
    snprintf(out, max + 1, "..%s", text + length - (max - 2));
  } else {
    memcpy(out, text, max - 2);
    memcpy(out + max - 2, "..", 3);
  }
  for (char *c = out; *c; c++) {
    if (!isascii((unsigned char)*c) || !isprint((unsigned char)*c)) *c = '?';
  }
  return out;
}

/* Words of TEXT on lines of WIDTH_MAX columns, the first after PREFIX, the others indented. A longer word is broken. */
static void print_wrapped(FILE *out, const char *prefix, const char *text) {
  size_t column = (size_t)fprintf(out, "%s", prefix);
  bool line_start = true;
  while (*text) {
    size_t word = strcspn(text, " \t\r\n");
    size_t room = column + !line_start < WIDTH_MAX ? WIDTH_MAX - column - !line_start : 0;
    if (word > room && !line_start) {
      column = (size_t)fprintf(out, "\n  ") - 1;
      line_start = true;
      continue;
    }
    if (word > room) word = room;
    char piece[NAME_BYTES];
    char copy[NAME_BYTES];
    memcpy(copy, text, word);
    copy[word] = '\0';
    column += (size_t)fprintf(out, "%s%s", line_start ? "" : " ", fit(piece, copy, word, false));
    line_start = line_start && word == 0;
    text += word;
    text += strspn(text, " \t\r\n");
  }
  fputc('\n', out);
}

static const char *percent_text(char text[RESULTS_TEXT_BYTES], uint64_t part, uint64_t whole) {
  double percent = whole ? 100.0 * (double)part / (double)whole : 0;
  snprintf(text, RESULTS_TEXT_BYTES, part && percent < 0.05 ? "<0.1 %%" : "%.1f %%", percent);
  return text;
}

/* "cortex-m7" as its maker writes it. */
static void core_title(char title[64], const char *core) {
  snprintf(title, 64, "%s", core ? core : "?");
  for (char *c = title; *c; c++) {
    if (c == title || c[-1] == '-') *c = (char)toupper((unsigned char)*c);
  }
}

/* ---- tables ---- */

typedef struct {
  struct libscols_table *table;
  struct libscols_line *line;
  size_t column;
} grid_t;

static grid_t grid_new(FILE *out) {
  grid_t grid = {.table = scols_new_table()};
  if (!grid.table) return grid;
  scols_table_set_stream(grid.table, out);
  scols_table_set_column_separator(grid.table, "  ");
  return grid;
}

static void grid_column(grid_t *grid, const char *title, bool right) {
  if (grid->table) scols_table_new_column(grid->table, title, 0, right ? SCOLS_FL_RIGHT : 0);
}

static void grid_row(grid_t *grid) {
  if (grid->table) grid->line = scols_table_new_line(grid->table, NULL);
  grid->column = 0;
}

static void grid_text(grid_t *grid, const char *text) {
  if (grid->line) scols_line_set_data(grid->line, grid->column++, text);
}

static void grid_count(grid_t *grid, uint64_t count) {
  char text[RESULTS_TEXT_BYTES];
  grid_text(grid, results_count_text(text, count));
}

static void grid_percent(grid_t *grid, uint64_t part, uint64_t whole) {
  char text[RESULTS_TEXT_BYTES];
  grid_text(grid, percent_text(text, part, whole));
}

/* libsmartcols pads the last column; a report is often pasted or compared, so the blanks go. */
static void grid_print(grid_t *grid, FILE *out) {
  char *text = NULL;
  if (grid->table && scols_print_table_to_string(grid->table, &text) == 0 && text) {
    for (char *line = text; *line;) {
      size_t length = strcspn(line, "\n"), kept = length;
      while (kept && line[kept - 1] == ' ')
        kept--;
      fprintf(out, "%.*s\n", (int)kept, line);
      line += length + (line[length] == '\n');
    }
  }
  free(text);
  scols_unref_table(grid->table);
}

static void print_more(FILE *out, size_t count, size_t shown, const char *what) {
  if (count > shown) fprintf(out, "... and %zu more %s\n", count - shown, what);
}

/* ---- sections ---- */

/* Loud, and before the numbers: they do not answer the question that was asked. */
static void print_end(FILE *out, const results_t *results) {
  char cycles[RESULTS_TEXT_BYTES], text[128];
  if (results->partial || results->end == RUN_FAULT) {
    snprintf(text, sizeof text, "PARTIAL RUN: stopped after %s cycles (%s)",
             results_count_text(cycles, results->cycles), run_end_text(results->end));
    fprintf(out, "%s%s%s\n", colour(out, red), text, colour(out, plain));
  }
  if (results->fault) print_wrapped(out, "fault: ", results->fault);
  if (results->end == RUN_EXITED && results->exit_code) {
    fprintf(out, "%sFIRMWARE FAILED: it ended with exit code %u%s\n", colour(out, red), results->exit_code,
            colour(out, plain));
  }
}

/* What tells a dual-issue core's run from another's beside the causes; "" on others. */
static void issue_text(char *text, size_t size, const results_t *results) {
  text[0] = '\0';
  if (!results->pairs || !results->instructions) return;
  int used = snprintf(text, size, ", %.0f %% paired", 200.0 * (double)results->pairs / (double)results->instructions);
  if (!results->branches || used < 0 || (size_t)used >= size) return;
  snprintf(text + used, size - (size_t)used, ", %.1f %% of branches mispredicted",
           100.0 * (double)results->mispredicts / (double)results->branches);
}

/* The answer. Its numbers go to a second line when names are long. */
static void print_headline(FILE *out, const results_t *results) {
  char core[64], target[NAME_BYTES], name[NAME_BYTES], mcu[NAME_BYTES], time[RESULTS_TEXT_BYTES];
  char cycles[RESULTS_TEXT_BYTES], instructions[RESULTS_TEXT_BYTES], numbers[256], issue[96];
  const char *path = results->firmware_path ? results->firmware_path : "?";
  const char *slash = strrchr(path, '/');
  core_title(core, results->core);
  if (results->mcu) {
    snprintf(target, sizeof target, "%s (%s)", fit(mcu, results->mcu, 24, false), core);
  } else {
    snprintf(target, sizeof target, "%s", core);
  }
  fit(name, slash && slash[1] ? slash + 1 : path, 30, false);
  double cpi = results->instructions ? (double)results->cycles / (double)results->instructions : 0;
  int used = snprintf(NULL, 0, "%s on %s at %.6g MHz: %s", name, target, results->mhz,
                      results_time_text(time, results_milliseconds(results, results->cycles)));
  issue_text(issue, sizeof issue, results);
  int more = snprintf(numbers, sizeof numbers, "(%s cycles, %s instructions, CPI %.2f%s)",
                      results_count_text(cycles, results->cycles),
                      results_count_text(instructions, results->instructions), cpi, issue);
  bool fits = used + 2 + more <= WIDTH_MAX;
  fprintf(out, "%s%s on %s at %.6g MHz: %s%s%s%s\n", colour(out, bold), name, target, results->mhz, time,
          colour(out, plain), fits ? "  " : "", fits ? numbers : "");
  if (!fits) print_wrapped(out, "  ", numbers);
  if (results->memory) print_wrapped(out, "memory system: ", results->memory);
  if (results->exceptions) {
    fprintf(out, "exceptions and interrupts taken: %s\n", results_count_text(numbers, results->exceptions));
  }
  if (results->firmware_mhz > 0) fprintf(out, "clock as the firmware set it: %.6g MHz\n", results->firmware_mhz);
}

static void grid_time(grid_t *grid, const results_t *results, const region_result_t *region, uint64_t cycles) {
  char time[RESULTS_TEXT_BYTES];
  grid_text(grid, region->calls ? results_time_text(time, results_milliseconds(results, cycles)) : "-");
}

static void print_regions(FILE *out, const results_t *results, unsigned top) {
  if (!results->region_count) return;
  size_t shown = results->region_count < top ? results->region_count : top;
  grid_t grid = grid_new(out);
  static const char *const titles[] = {"region", "calls", "a call", "shortest", "longest", "cycles in all", "share"};
  /* of a call; numbers of a longer run leave no room for it */
  bool energy = results->energy.run.name && results->cycles < ENERGY_COLUMN_CYCLES;
  for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
    grid_column(&grid, titles[i], i > 0);
  if (energy) grid_column(&grid, "energy", true);
  for (size_t i = 0; i < shown; i++) {
    const region_result_t *region = &results->regions[i];
    char name[NAME_BYTES], time[RESULTS_TEXT_BYTES];
    double all = results_milliseconds(results, region->cycles);
    grid_row(&grid);
    grid_text(&grid, fit(name, region->name, 22, false));
    grid_count(&grid, region->calls);
    grid_text(&grid, region->calls ? results_time_text(time, all / (double)region->calls) : "-");
    grid_time(&grid, results, region, region->min_cycles);
    grid_time(&grid, results, region, region->max_cycles);
    grid_count(&grid, region->cycles);
    grid_percent(&grid, region->cycles, results->cycles);
    if (energy) grid_text(&grid, region->calls ? results_energy_text(time, region->mj / (double)region->calls) : "-");
  }
  fputc('\n', out);
  grid_print(&grid, out);
  print_more(out, results->region_count, shown, "regions");
  for (size_t i = 0; i < shown; i++) {
    char name[NAME_BYTES];
    if (!results->regions[i].open) continue;
    fprintf(out, "the run ended inside %s; that pass is not counted\n", fit(name, results->regions[i].name, 40, false));
  }
}

static void cause_row(grid_t *grid, const char *name, uint64_t cycles, uint64_t whole, const char *meaning) {
  char bar[BAR_WIDTH + 1] = "";
  size_t length = whole ? (size_t)((double)cycles / (double)whole * BAR_WIDTH + 0.5) : 0;
  if (length > BAR_WIDTH) length = BAR_WIDTH;
  memset(bar, '#', length);
  grid_row(grid);
  grid_text(grid, name);
  grid_count(grid, cycles);
  grid_percent(grid, cycles, whole);
  grid_text(grid, bar);
  grid_text(grid, meaning);
}

static void print_causes(FILE *out, const results_t *results) {
  if (!results->cycles) return;
  unsigned order[CAUSE_COUNT], used = 0;
  for (unsigned cause = 0; cause < CAUSE_COUNT; cause++) {
    if (!results->causes[cause]) continue;
    unsigned place = used++;
    for (; place && results->causes[order[place - 1]] < results->causes[cause]; place--)
      order[place] = order[place - 1];
    order[place] = cause;
  }
  unsigned shown = used <= CAUSE_ROWS_MAX ? used : CAUSE_ROWS_MAX - 1;
  uint64_t rest = 0;
  grid_t grid = grid_new(out);
  static const char *const titles[] = {"where it went", "cycles", "share", "", ""};
  for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
    grid_column(&grid, titles[i], i == 1 || i == 2);
  for (unsigned i = 0; i < used; i++) {
    uint64_t cycles = results->causes[order[i]];
    if (i >= shown) {
      rest += cycles;
      continue;
    }
    cause_row(&grid, cause_name((cause_t)order[i]), cycles, results->cycles, cause_text((cause_t)order[i]));
  }
  char meaning[64];
  snprintf(meaning, sizeof meaning, "%u smaller causes (--json names them)", used - shown);
  if (rest) cause_row(&grid, "other", rest, results->cycles, meaning);
  fputc('\n', out);
  grid_print(&grid, out);
}

static void print_functions(FILE *out, const results_t *results, unsigned top) {
  if (!results->function_count) return;
  size_t shown = results->function_count < top ? results->function_count : top;
  grid_t grid = grid_new(out);
  static const char *const titles[] = {"function", "self", "total", "calls", "where"};
  for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
    grid_column(&grid, titles[i], i >= 1 && i <= 3);
  for (size_t i = 0; i < shown; i++) {
    const function_result_t *function = &results->functions[i];
    char name[NAME_BYTES], place[NAME_BYTES], where[NAME_BYTES] = "";
    if (function->file) {
      snprintf(where, sizeof where, "%s:%u", fit(place, function->file, 22, true), function->line);
    }
    grid_row(&grid);
    grid_text(&grid, fit(name, function->name, 28, false));
    grid_percent(&grid, function->self_cycles, results->cycles);
    grid_percent(&grid, function->total_cycles, results->cycles);
    grid_count(&grid, function->calls);
    grid_text(&grid, where);
  }
  fputc('\n', out);
  grid_print(&grid, out);
  print_more(out, results->function_count, shown, "functions");
}

/* Object number ROW of those in flash or in RAM, or NULL. */
static const object_result_t *object_at(const results_t *results, bool in_ram, size_t row) {
  for (size_t i = 0; i < results->object_count; i++) {
    if (results->objects[i].in_ram == in_ram && row-- == 0) return &results->objects[i];
  }
  return NULL;
}

static void object_cells(grid_t *grid, const object_result_t *object) {
  char name[NAME_BYTES];
  grid_text(grid, object ? fit(name, object->name, OBJECT_NAME_MAX, false) : "");
  if (object) {
    grid_count(grid, object->bytes);
  } else {
    grid_text(grid, "");
  }
}

static void print_memory(FILE *out, const results_t *results) {
  char flash[RESULTS_TEXT_BYTES], fixed[RESULTS_TEXT_BYTES], stack[RESULTS_TEXT_BYTES], heap[RESULTS_TEXT_BYTES];
  char all[RESULTS_TEXT_BYTES];
  uint64_t heap_bytes = results->heap_known ? results->heap_peak_bytes : 0;
  uint64_t sum = (uint64_t)results->ram_static_bytes + results->stack_peak_bytes + heap_bytes;
  bool unknown = results->static_unknown || results->heap_unknown;
  fprintf(out, "\nflash %s B;  RAM %s%s B = %s static + %s stack + ", results_count_text(flash, results->flash_bytes),
          unknown ? "at least " : "", results_count_text(all, sum),
          results->static_unknown ? "unknown" : results_count_text(fixed, results->ram_static_bytes),
          results_count_text(stack, results->stack_peak_bytes));
  if (results->heap_known) {
    fprintf(out, "%s heap\n", results_count_text(heap, heap_bytes));
  } else if (results->heap_unknown) {
    fputs("heap unknown (no symbols)\n", out);
  } else {
    fputs("no heap seen\n", out);
  }
}

static void print_objects(FILE *out, const results_t *results, unsigned top) {
  size_t rows = top < OBJECT_ROWS_MAX ? top : OBJECT_ROWS_MAX;
  if (!results->object_count || !rows) return;
  grid_t grid = grid_new(out);
  static const char *const titles[] = {"largest in flash", "bytes", "largest in RAM", "bytes"};
  for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
    grid_column(&grid, titles[i], i % 2 == 1);
  for (size_t row = 0; row < rows; row++) {
    const object_result_t *in_flash = object_at(results, false, row), *in_ram = object_at(results, true, row);
    if (!in_flash && !in_ram) break;
    grid_row(&grid);
    object_cells(&grid, in_flash);
    object_cells(&grid, in_ram);
  }
  grid_print(&grid, out);
}

/* One paragraph a line of the text. */
static void print_chip(FILE *out, const results_t *results) {
  char *text = report_chip_text(results);
  if (text && *text) fputc('\n', out);
  for (char *line = text, *end; line && (end = strchr(line, '\n')) != NULL; line = end + 1) {
    *end = '\0';
    print_wrapped(out, "", line);
  }
  free(text);
}

/* The share of cycles by how well their cost is known. */
static void print_confidence(FILE *out, const results_t *results) {
  if (!results->cycles) return;
  uint64_t shares[GRADE_COUNT]; /* in tenths of a percent */
  results_shares(results->grade_cycles, GRADE_COUNT, 1000, shares);
  const char *between = "\nhow sure: ";
  for (unsigned grade = 0; grade < GRADE_COUNT; grade++) {
    if (!results->grade_cycles[grade]) continue;
    if (shares[grade]) {
      fprintf(out, "%s%.1f %% %s", between, (double)shares[grade] / 10, grade_name((grade_t)grade));
    } else {
      fprintf(out, "%s<0.1 %% %s", between, grade_name((grade_t)grade));
    }
    between = ", ";
  }
  if (*between == ',') fputc('\n', out);
}

static void print_warnings(FILE *out, const results_t *results, unsigned top) {
  size_t shown = results->warning_count < top ? results->warning_count : top;
  for (size_t i = 0; i < shown; i++) {
    const warning_result_t *warning = &results->warnings[i];
    char *text = NULL;
    int length = warning->symbol
                     ? asprintf(&text, "%s (0x%08x, %s)", warning->message, warning->address, warning->symbol)
                 : warning->address ? asprintf(&text, "%s (0x%08x)", warning->message, warning->address)
                                    : asprintf(&text, "%s", warning->message);
    if (length < 0) continue;
    fputs(colour(out, yellow), out);
    print_wrapped(out, "warning: ", text);
    fputs(colour(out, plain), out);
    free(text);
  }
  print_more(out, results->warning_count, shown, "warnings (--json has them all)");
}

void report_table(FILE *out, const results_t *results, unsigned top) {
  print_end(out, results);
  print_headline(out, results);
  print_regions(out, results, top);
  print_causes(out, results);
  print_functions(out, results, top);
  print_memory(out, results);
  print_objects(out, results, top);
  print_chip(out, results);
  print_confidence(out, results);
  print_warnings(out, results, top);
}
