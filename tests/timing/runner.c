/* Runs timing cases (README.md beside this file): assembles them, runs the image in cmsim, compares cycles.

   usage: timing_runner [--mutations] --core m4|m7 --data DIR --work DIR --assembler GCC --script LINK.ld CASES.t...
   Exit status: 0 all as expected, 1 a case differs or a mutation goes unnoticed, 2 trouble. */
#include "base/diag.h"
#include "machine/machine.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 4096, NAME_MAX_ = 64, FILES_MAX = 64, LINE_MAX_ = 512, ROWS_MAX = 8 };

typedef struct {
  char name[NAME_MAX_], source[LINE_MAX_], miss[LINE_MAX_];
  char setting[NAME_MAX_]; /* "parameter=value", or empty */
  char mcu[NAME_MAX_];     /* chip around the core, or empty: ideal memory */
  char init[TEXT_MAX], code[TEXT_MAX];
  double low, high;
  unsigned repeat, align, line, rows[ROWS_MAX], row_count;
  double got;
  bool measured;
} timing_case_t;

typedef struct {
  const char *path;
  char image[LINE_MAX_];
  timing_case_t *cases;
  size_t count;
} case_file_t;

typedef struct {
  const char *core, *data, *work, *assembler, *script;
  bool mutations;
} settings_t;

/* ---- reading ---- */

static bool bad_line(const case_file_t *file, unsigned line, const char *why) {
  diag_error_at(file->path, line, 0, "%s", why);
  return false;
}

static bool append(char *text, const char *line) {
  size_t used = strlen(text), more = strlen(line);
  if (used + more + 2 > TEXT_MAX) return false;
  memcpy(text + used, line, more);
  memcpy(text + used + more, "\n", 2);
  return true;
}

static bool read_cycles(const char *text, timing_case_t *c) {
  double a, b;
  int end = 0;
  if (sscanf(text, "%lf +- %lf %n", &a, &b, &end) == 2 && !text[end]) {
    c->low = a - b;
    c->high = a + b;
  } else if (sscanf(text, "%lf to %lf %n", &a, &b, &end) == 2 && !text[end]) {
    c->low = a;
    c->high = b;
  } else if (sscanf(text, "%lf %n", &a, &end) == 1 && !text[end]) {
    c->low = c->high = a;
  } else {
    return false;
  }
  return true;
}

/* One line outside an asm block. */
static bool read_key(case_file_t *file, timing_case_t *c, const char *key, const char *value, unsigned line) {
  bool good = true;
  if (strcmp(key, "src") == 0) {
    snprintf(c->source, sizeof c->source, "%s", value);
  } else if (strcmp(key, "miss") == 0) {
    snprintf(c->miss, sizeof c->miss, "%s", value);
  } else if (strcmp(key, "set") == 0) {
    snprintf(c->setting, sizeof c->setting, "%s", value);
  } else if (strcmp(key, "mcu") == 0) {
    snprintf(c->mcu, sizeof c->mcu, "%s", value);
  } else if (strcmp(key, "cycles") == 0) {
    good = read_cycles(value, c);
  } else if (strcmp(key, "repeat") == 0) {
    good = sscanf(value, "%u", &c->repeat) == 1 && c->repeat > 0 && c->repeat <= 200;
  } else if (strcmp(key, "align") == 0) {
    good = sscanf(value, "%u", &c->align) == 1 && c->align < 8 && c->align % 2 == 0;
  } else if (strcmp(key, "row") == 0) {
    good = c->row_count < ROWS_MAX && sscanf(value, "%u", &c->rows[c->row_count++]) == 1;
  } else if (strcmp(key, "init") == 0) {
    good = append(c->init, value);
  } else {
    return bad_line(file, line, "unknown key");
  }
  return good || bad_line(file, line, "cannot read the value");
}

static timing_case_t *new_case(case_file_t *file, const char *name, unsigned line) {
  timing_case_t *grown = realloc(file->cases, (file->count + 1) * sizeof *grown);
  if (!grown) abort();
  file->cases = grown;
  timing_case_t *c = &file->cases[file->count++];
  *c = (timing_case_t){.line = line, .low = -1};
  snprintf(c->name, sizeof c->name, "%s", name);
  return c;
}

static bool case_complete(case_file_t *file, const timing_case_t *c) {
  if (c->low < 0) return bad_line(file, c->line, "case without cycles");
  if (!c->source[0]) return bad_line(file, c->line, "case without src");
  return true;
}

static bool read_cases(case_file_t *file) {
  FILE *in = fopen(file->path, "r");
  if (!in) return bad_line(file, 0, "cannot open");
  char line[LINE_MAX_];
  bool in_code = false, good = true;
  timing_case_t *c = NULL;
  for (unsigned number = 1; good && fgets(line, sizeof line, in); number++) {
    line[strcspn(line, "\n")] = '\0';
    char key[16] = "", *text = line + strspn(line, " ");
    if (in_code) {
      if (strcmp(text, "end") == 0) {
        in_code = false;
        good = case_complete(file, c);
      } else if (!append(c->code, line)) {
        good = bad_line(file, number, "sequence too long");
      }
      continue;
    }
    if (!*text || *text == '#') continue;
    sscanf(text, "%15s", key);
    const char *value = text + strlen(key) + strspn(text + strlen(key), " ");
    if (strcmp(key, "case") == 0) {
      c = new_case(file, value, number);
    } else if (!c) {
      good = bad_line(file, number, "no case started");
    } else if (strcmp(key, "asm") == 0) {
      in_code = true;
    } else {
      good = read_key(file, c, key, value, number);
    }
  }
  if (good && in_code) good = bad_line(file, 0, "last case has no end");
  fclose(in);
  return good;
}

/* ---- building ---- */

/* Registers point at separate words of a buffer, so that any of them serves as an address; SP has room on both sides.
 */
static const char preamble[] =
    ".syntax unified\n.thumb\n"
    ".section .isr_vector,\"a\"\n.word _estack\n.word start\n"
    ".bss\n.balign 64\n.global buffer\nbuffer: .space 4096\n"
    ".text\n.thumb_func\n.global start\nstart:\n"
    " ldr r0, =0xE000ED88\n ldr r1, [r0]\n orr r1, r1, #0xF00000\n str r1, [r0]\n dsb\n isb\n";
static const char defaults[] = " ldr r0, =buffer\n mov r1, r0\n add r1, #64\n add r2, r0, #128\n add r3, r0, #192\n"
                               " add r4, r0, #256\n add r5, r0, #320\n add r6, r0, #384\n add r7, r0, #448\n"
                               " add r8, r0, #512\n add r9, r0, #576\n add r10, r0, #640\n add r11, r0, #704\n"
                               " add r12, r0, #768\n ldr lr, =_estack-2048\n mov sp, lr\n add lr, r0, #832\n";

static void write_marker(FILE *out, const char *name, unsigned pass, bool begin) {
  fprintf(out, "8: .inst.n %s\n .pushsection \"cmsim.markers\",\"\",%%progbits\n .balign 4\n .word 8b, %d\n",
          begin ? "0xbfe0" : "0xbff0", begin ? 1 : 2);
  fprintf(out, " .asciz \"%s:%u\"\n .balign 4\n .popsection\n", name, pass);
}

static void write_pass(FILE *out, const timing_case_t *c, unsigned pass) {
  fputs(defaults, out);
  fputs(" vmov.f32 s0, #1.0\n", out);
  for (unsigned i = 1; i < 32; i++)
    fprintf(out, " vmov.f32 s%u, s0\n", i);
  fputs(c->init, out);
  fputs(" nop\n b 7f\n .ltorg\n .balign 8\n", out);
  /* The marker is one halfword: the sequence starts two bytes behind it. */
  for (unsigned at = 0; at != (c->align + 6) % 8; at += 2)
    fputs(" nop\n", out);
  fputs("7:\n", out);
  write_marker(out, c->name, pass, true);
  unsigned copies = c->repeat ? c->repeat * pass : 1;
  for (unsigned i = 0; i < copies; i++)
    fputs(c->code, out);
  write_marker(out, c->name, pass, false);
  fputs(" b 7f\n .ltorg\n 7:\n", out);
}

static bool write_source(const case_file_t *file, const char *path) {
  FILE *out = fopen(path, "w");
  if (!out) return false;
  fputs(preamble, out);
  for (size_t i = 0; i < file->count; i++) {
    write_pass(out, &file->cases[i], 1);
    if (file->cases[i].repeat) write_pass(out, &file->cases[i], 2);
  }
  fputs(" movs r0, #0x18\n ldr r1, =0x20026\n bkpt 0xab\n b .\n", out);
  return fclose(out) == 0;
}

static bool build(case_file_t *file, const settings_t *settings, unsigned index) {
  char source[LINE_MAX_], command[4 * LINE_MAX_];
  snprintf(source, sizeof source, "%s/cases%u.s", settings->work, index);
  snprintf(file->image, sizeof file->image, "%s/cases%u.elf", settings->work, index);
  const char *cpu =
      strcmp(settings->core, "m7") == 0 ? "-mcpu=cortex-m7 -mfpu=fpv5-d16" : "-mcpu=cortex-m4 -mfpu=fpv4-sp-d16";
  if (!write_source(file, source)) return bad_line(file, 0, "cannot write the assembly source");
  snprintf(command, sizeof command,
           "'%s' %s -mthumb -mfloat-abi=hard -nostdlib -nostartfiles -Wl,--no-warnings -T '%s' -o '%s' '%s'",
           settings->assembler, cpu, settings->script, file->image, source);
  return system(command) == 0 || bad_line(file, 0, "the cases do not assemble");
}

/* ---- running ---- */

static const region_result_t *region_of(const results_t *results, const char *name, unsigned pass) {
  char full[NAME_MAX_ + 4];
  snprintf(full, sizeof full, "%s:%u", name, pass);
  for (size_t i = 0; i < results->region_count; i++) {
    if (strcmp(results->regions[i].name, full) == 0 && results->regions[i].calls == 1) return &results->regions[i];
  }
  return NULL;
}

static bool take_cycles(timing_case_t *c, const results_t *results, unsigned marker_cycles) {
  const region_result_t *first = region_of(results, c->name, 1);
  if (!first) return false;
  c->got = (double)first->cycles - marker_cycles; /* the END marker itself is inside */
  c->measured = true;
  if (!c->repeat) return true;
  const region_result_t *second = region_of(results, c->name, 2);
  if (!second) return false;
  c->got = (double)(second->cycles - first->cycles) / c->repeat;
  return true;
}

static bool alike(const timing_case_t *a, const timing_case_t *b) {
  return strcmp(a->setting, b->setting) == 0 && strcmp(a->mcu, b->mcu) == 0;
}

/* One run of the image with the setting and chip of LIKE: gives the cases that want the same their cycles. */
static bool run_like(case_file_t *file, const settings_t *settings, const char *rule_off, const timing_case_t *like) {
  const char *setting = like->setting;
  machine_options_t options = {.firmware = file->image,
                               .core = settings->core,
                               .mcu = *like->mcu ? like->mcu : NULL,
                               .mhz = 1,
                               .data_directory = settings->data,
                               .max_cycles = 100000000,
                               .settings = &setting,
                               .setting_count = *setting ? 1 : 0,
                               .rules_off = &rule_off,
                               .rule_off_count = rule_off ? 1 : 0};
  machine_t *machine = machine_new(&options);
  if (!machine) return false;
  results_t *results = machine_run(machine);
  machine_free(machine);
  bool good = results && results->end == RUN_EXITED;
  if (results && results->fault) {
    diag_error_at(file->path, 0, 0, "%s", results->fault);
  } else if (results && !good) {
    diag_error_at(file->path, 0, 0, "the cases did not come to their end: one of them loops");
  }
  enum { MARKER_CYCLES = 1 };
  for (size_t i = 0; good && i < file->count; i++) {
    if (!alike(&file->cases[i], like) || take_cycles(&file->cases[i], results, MARKER_CYCLES)) continue;
    good = bad_line(file, file->cases[i].line, "its markers were not reached exactly once");
  }
  results_free(results);
  return good;
}

static bool run(case_file_t *file, const settings_t *settings, const char *rule_off) {
  for (size_t i = 0; i < file->count; i++) {
    size_t first = 0;
    while (!alike(&file->cases[first], &file->cases[i]))
      first++;
    if (first == i && !run_like(file, settings, rule_off, &file->cases[i])) return false;
  }
  return true;
}

static bool inside(const timing_case_t *c) {
  const double rounding = 1e-9;
  return c->got >= c->low - rounding && c->got <= c->high + rounding;
}

static double distance(const timing_case_t *c) { return c->got < c->low ? c->low - c->got : c->got - c->high; }

/* ---- reports ---- */

/* Of the published list: how many rows have a case, and of how many all cases hold (or come within a cycle). A case
   with a setting is another model's: it says nothing about the row. */
typedef struct {
  unsigned restated, hold, near;
} rows_t;

static rows_t count_rows(const case_file_t *files, size_t count) {
  enum { LIST_MAX = 1024 };
  static unsigned char worst[LIST_MAX]; /* 0 no case, 1 holds, 2 within a cycle, 3 further off */
  memset(worst, 0, sizeof worst);
  for (size_t f = 0; f < count; f++) {
    for (size_t i = 0; i < files[f].count; i++) {
      const timing_case_t *c = &files[f].cases[i];
      unsigned char state = inside(c) ? 1 : distance(c) <= 1.0 ? 2 : 3;
      for (unsigned r = 0; r < c->row_count && !c->setting[0]; r++) {
        if (c->rows[r] < LIST_MAX && state > worst[c->rows[r]]) worst[c->rows[r]] = state;
      }
    }
  }
  rows_t rows = {0};
  for (unsigned r = 0; r < LIST_MAX; r++) {
    rows.restated += worst[r] != 0;
    rows.hold += worst[r] == 1;
    rows.near += worst[r] == 2;
  }
  return rows;
}

static unsigned report(const case_file_t *files, size_t count) {
  unsigned cases = 0, exact = 0, misses = 0, wrong = 0;
  for (size_t f = 0; f < count; f++) {
    for (size_t i = 0; i < files[f].count; i++) {
      const timing_case_t *c = &files[f].cases[i];
      bool good = inside(c);
      cases++;
      exact += good;
      misses += !good && c->miss[0];
      if (good && c->miss[0]) {
        diag_error_at(files[f].path, c->line, 0, "%s: listed as a known miss, but %.4g is right: remove the miss line",
                      c->name, c->got);
        wrong++;
      } else if (!good && !c->miss[0]) {
        char range[32] = "";
        if (c->high > c->low) snprintf(range, sizeof range, " to %.4g", c->high);
        diag_error_at(files[f].path, c->line, 0, "%s: %.4g cycles, expected %.4g%s (%s)", c->name, c->got, c->low,
                      range, c->source);
        wrong++;
      } else if (!good) {
        printf("known miss: %s: %.4g cycles, expected %.4g: %s\n", c->name, c->got, c->low, c->miss);
      }
    }
  }
  rows_t rows = count_rows(files, count);
  printf("published rows: %u restated, %u exact or within the source's tolerance (%.1f %%), %u more within 1 cycle\n"
         "timing cases: %u, %u hold, %u known misses, %u wrong\n",
         rows.restated, rows.hold, rows.restated ? 100.0 * rows.hold / rows.restated : 0.0, rows.near, cases, exact,
         misses, wrong);
  return wrong;
}

/* How many cases that hold now no longer hold without RULE; the first of them in NOTICED. */
static int mutate(case_file_t *files, size_t count, const settings_t *settings, const char *rule,
                  const char **noticed) {
  int changed = 0;
  for (size_t f = 0; f < count; f++) {
    if (!run(&files[f], settings, rule)) return -1;
    for (size_t i = 0; i < files[f].count; i++) {
      const timing_case_t *c = &files[f].cases[i];
      if (c->miss[0] || inside(c)) continue;
      if (changed++ == 0) *noticed = c->name;
    }
  }
  return changed;
}

static bool check_mutations(case_file_t *files, size_t count, const settings_t *settings) {
  bool all = true;
  unsigned bit = strcmp(settings->core, "m7") == 0 ? 2 : 1;
  for (rule_t rule = 0; rule < RULE_COUNT; rule++) {
    if (!(rule_cores(rule) & bit)) continue;
    const char *noticed = "";
    int changed = mutate(files, count, settings, rule_name(rule), &noticed);
    if (changed < 0) return false;
    printf("%-18s %3d cases notice%s%s\n", rule_name(rule), changed, changed ? ", first " : "", noticed);
    if (changed) continue;
    diag_error("rule %s can be switched off without any case failing", rule_name(rule));
    all = false;
  }
  return all;
}

static int take_arguments(int argc, char **argv, settings_t *settings, case_file_t *files) {
  int count = 0;
  for (int i = 1; i < argc; i++) {
    const char **place = strcmp(argv[i], "--core") == 0        ? &settings->core
                         : strcmp(argv[i], "--data") == 0      ? &settings->data
                         : strcmp(argv[i], "--work") == 0      ? &settings->work
                         : strcmp(argv[i], "--assembler") == 0 ? &settings->assembler
                         : strcmp(argv[i], "--script") == 0    ? &settings->script
                                                               : NULL;
    if (place && i + 1 < argc) {
      *place = argv[++i];
    } else if (strcmp(argv[i], "--mutations") == 0) {
      settings->mutations = true;
    } else if (count < FILES_MAX) {
      files[count++].path = argv[i];
    }
  }
  bool complete =
      settings->core && settings->data && settings->work && settings->assembler && settings->script && count;
  return complete ? count : 0;
}

int main(int argc, char **argv) {
  static case_file_t files[FILES_MAX];
  settings_t settings = {0};
  int count = take_arguments(argc, argv, &settings, files);
  if (!count) {
    diag_error(
        "usage: timing_runner [--mutations] --core m4|m7 --data DIR --work DIR --assembler GCC --script LD CASES.t...");
    return EXIT_TROUBLE;
  }
  bool good = true;
  for (int f = 0; f < count && good; f++) {
    good = read_cases(&files[f]) && build(&files[f], &settings, (unsigned)f) && run(&files[f], &settings, NULL);
  }
  int status = EXIT_TROUBLE;
  if (good && settings.mutations) status = check_mutations(files, (size_t)count, &settings) ? EXIT_PASS : EXIT_BROKEN;
  if (good && !settings.mutations) status = report(files, (size_t)count) == 0 ? EXIT_PASS : EXIT_BROKEN;
  for (int f = 0; f < count; f++)
    free(files[f].cases);
  return status;
}
