/* Runs hostile images through cmsim's own command, each in a process of its own, and holds that whatever the firmware
   does, cmsim ends by itself, in bounded time and memory, with a known exit status, at most one line of complaint and a
   report that adds up and is the same when the image runs again.

   hostile CMSIM_DATA WORK_FOLDER FIRST_SEED COUNT [IMAGE_FILE]
   With IMAGE_FILE, the image of FIRST_SEED is written there, and nothing runs. What breaks a promise is named with its
   seed and the command that repeats it; the exit status is then 1. */
#include "base/diag.h"
#include "cli/cli.h"
#include "firmware.h"

#include <argp.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The limits are for a build with sanitizers. */
enum { CPU_SECONDS_MAX = 60, MEMORY_KIB_MAX = 1 << 20, FILE_BYTES_MAX = 1 << 20, REASONS_MAX = 64, TEXT_MAX = 1 << 24 };

typedef struct {
  char *text;
  size_t length;
} text_t;

typedef struct {
  int status; /* as wait() gives it */
  long memory_kib;
  double seconds;
  text_t json, errors;
} run_t;

typedef struct {
  char name[64];
  unsigned count;
} reason_t;

/* Unicorn's own, one small block a page that is written to after it was executed. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:tb_invalidate_phys_page_fast"; }
const char *__lsan_default_options(void);
const char *__lsan_default_options(void) { return "print_suppressions=0"; }

static reason_t reasons[REASONS_MAX];
static double slowest;
static long largest_kib;
static const char *data_folder;

static text_t read_text(const char *path) {
  text_t text = {0};
  struct stat info;
  FILE *file = fopen(path, "rb");
  size_t room = file && fstat(fileno(file), &info) == 0 && info.st_size < TEXT_MAX ? (size_t)info.st_size : 0;
  text.text = calloc(1, room + 1);
  if (file && text.text) text.length = fread(text.text, 1, room, file);
  if (file) fclose(file);
  if (!text.text) exit(EXIT_TROUBLE);
  return text;
}

/* ---- one run ---- */

/* Targets take turns: both cores with ideal memory, and a chip of each. */
static void choose_arguments(uint64_t seed, const char **arguments) {
  static const char *const targets[][2] = {
      {"--core", "m4"}, {"--core", "m7"}, {"--mcu", "stm32f407vg"}, {"--mcu", "stm32f746ng"}};
  static const char *const policies[] = {"warn", "zero", "strict", "warn"};
  static const char *const limits[] = {"5000", "20000", "20000", "100000"};
  unsigned turn = (unsigned)(seed / IMAGE_KIND_COUNT);
  const char *list[] = {"cmsim",
                        targets[turn % 4][0],
                        targets[turn % 4][1],
                        "--mhz",
                        "100",
                        "--base",
                        "0x08000000",
                        "--max-cycles",
                        limits[turn / 16 % 4],
                        "--mmio",
                        policies[turn / 4 % 4],
                        "--data",
                        data_folder,
                        "--files",
                        "files",
                        "--console",
                        "/dev/null",
                        "--json",
                        "report",
                        "--quiet",
                        "image.bin",
                        NULL};
  memcpy(arguments, list, sizeof list);
}

static void redirect(int descriptor, const char *path, int flags) {
  int file = open(path, flags, 0600);
  if (file < 0 || dup2(file, descriptor) < 0) _exit(98);
  close(file);
}

static void limit_process(void) {
  struct rlimit cpu = {CPU_SECONDS_MAX, CPU_SECONDS_MAX + 1}, file = {FILE_BYTES_MAX, FILE_BYTES_MAX}, core = {0, 0};
  setrlimit(RLIMIT_CPU, &cpu);
  setrlimit(RLIMIT_FSIZE, &file);
  setrlimit(RLIMIT_CORE, &core);
  signal(SIGXFSZ, SIG_IGN);
}

static void empty_folder(const char *folder) {
  char command[128];
  snprintf(command, sizeof command, "rm -rf %s", folder);
  if (system(command) != 0 || mkdir(folder, 0700) != 0) exit(EXIT_TROUBLE);
}

static void run_child(uint64_t seed) {
  const char *arguments[32];
  choose_arguments(seed, arguments);
  int count = 0;
  while (arguments[count])
    count++;
  limit_process();
  redirect(STDIN_FILENO, "/dev/null", O_RDONLY);
  redirect(STDOUT_FILENO, "/dev/null", O_WRONLY);
  redirect(STDERR_FILENO, "errors", O_WRONLY | O_CREAT | O_TRUNC);
  char **argv = calloc((size_t)count + 1, sizeof *argv); /* argp moves options to the front */
  for (int i = 0; argv && i < count; i++)
    argv[i] = strdup(arguments[i]);
  int status = argv ? cmd_run(count, argv) : 98;
  for (int i = 0; argv && i < count; i++)
    free(argv[i]);
  free(argv);
  exit(status);
}

static run_t run_image(uint64_t seed) {
  run_t run = {0};
  unlink("report");
  if (seed % IMAGE_KIND_COUNT == KIND_host_calls) empty_folder("files");
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) run_child(seed);
  struct rusage used;
  if (child < 0 || wait4(child, &run.status, 0, &used) != child) exit(EXIT_TROUBLE);
  run.memory_kib = used.ru_maxrss;
  run.seconds = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
  run.json = read_text("report");
  run.errors = read_text("errors");
  return run;
}

static void free_run(run_t *run) {
  free(run->json.text);
  free(run->errors.text);
}

/* ---- what must hold ---- */

static const char *wrong_report(const text_t *text, const char **reason) {
  json_t *report = json_loadb(text->text, text->length, 0, NULL);
  if (!report) return "the report is no JSON";
  json_int_t sum = 0;
  const char *cause;
  json_t *cycles;
  json_object_foreach(json_object_get(report, "causes"), cause, cycles) { sum += json_integer_value(cycles); }
  json_t *total = json_object_get(json_object_get(report, "total"), "cycles");
  const char *why = json_string_value(json_object_get(json_object_get(report, "exit"), "reason"));
  static char kept[32];
  snprintf(kept, sizeof kept, "%s", why ? why : "?");
  *reason = kept;
  bool right = why && json_is_integer(total) && json_integer_value(total) == sum;
  json_decref(report);
  return right ? NULL : "causes do not sum to the clock";
}

static unsigned lines_of(const text_t *text) {
  unsigned lines = 0;
  for (size_t i = 0; i < text->length; i++)
    lines += text->text[i] == '\n';
  return text->length && text->text[text->length - 1] != '\n' ? lines + 1 : lines;
}

/* Promises broken by RUN: NULL when none is. */
static const char *broken_promise(const run_t *run, const char **reason) {
  *reason = "no report";
  if (WIFSIGNALED(run->status)) {
    return WTERMSIG(run->status) == SIGXCPU || WTERMSIG(run->status) == SIGKILL ? "takes too long"
                                                                                : "killed by a signal";
  }
  int status = WEXITSTATUS(run->status);
  if (status != EXIT_PASS && status != EXIT_BROKEN && status != EXIT_TROUBLE) return "unknown exit status";
  if (strstr(run->errors.text, "internal:") || strstr(run->errors.text, "Sanitizer")) return "internal error";
  if (strstr(run->errors.text, "emulation failed")) return "the emulator failed";
  unsigned lines = lines_of(&run->errors);
  if (lines != (status == EXIT_TROUBLE)) return "not exactly one line for trouble and none otherwise";
  if (run->memory_kib > MEMORY_KIB_MAX) return "takes too much memory";
  if (run->json.length) return wrong_report(&run->json, reason);
  return status == EXIT_TROUBLE ? NULL : "no report";
}

static void count_reason(const char *reason, const run_t *run) {
  char name[64];
  const char *detail = strstr(run->errors.text, "locks up") || strstr(run->errors.text, "lock-up") ? ", locked up" : "";
  snprintf(name, sizeof name, "%s%s", reason, detail);
  for (unsigned i = 0; i < REASONS_MAX; i++) {
    if (reasons[i].count && strcmp(reasons[i].name, name) != 0) continue;
    snprintf(reasons[i].name, sizeof reasons[i].name, "%s", name);
    reasons[i].count++;
    return;
  }
}

static void write_image(const image_t *image, const char *path) {
  FILE *file = fopen(path, "wb");
  if (file && fwrite(image->data, 1, image->bytes, file) == image->bytes && fclose(file) == 0) return;
  perror(path);
  exit(EXIT_TROUBLE);
}

static bool same(const text_t *a, const text_t *b) {
  return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

static bool try_seed(uint64_t seed) {
  static image_t image;
  image_make(&image, seed);
  write_image(&image, "image.bin");
  run_t first = run_image(seed);
  const char *reason, *broken = broken_promise(&first, &reason);
  count_reason(reason, &first);
  if (first.seconds > slowest) slowest = first.seconds;
  if (first.memory_kib > largest_kib) largest_kib = first.memory_kib;
  if (!broken) {
    run_t second = run_image(seed);
    if (second.status != first.status || !same(&first.json, &second.json) || !same(&first.errors, &second.errors)) {
      broken = "runs differently the second time";
    }
    free_run(&second);
  }
  if (broken) {
    const char *arguments[32];
    choose_arguments(seed, arguments);
    printf("seed %" PRIu64 " (%s): %s (status 0x%x, %.1f s, %ld KiB)\n   ", seed, image_kind_name(image.kind), broken,
           (unsigned)first.status, first.seconds, first.memory_kib);
    for (unsigned i = 0; arguments[i]; i++)
      printf(" %s", arguments[i]);
    printf("\n    %.2000s\n", first.errors.text);
  }
  free_run(&first);
  return !broken;
}

int main(int argc, char **argv) {
  argp_err_exit_status = EXIT_TROUBLE;
  setvbuf(stdout, NULL, _IOLBF, 0); /* a long run tells what it finds at once */
  if (argc < 5 || argc > 6) {
    fprintf(stderr, "usage: hostile DATA_FOLDER WORK_FOLDER FIRST_SEED COUNT [IMAGE_FILE]\n");
    return EXIT_TROUBLE;
  }
  data_folder = argv[1];
  uint64_t first = strtoull(argv[3], NULL, 10), count = strtoull(argv[4], NULL, 10);
  if (argc == 6) {
    static image_t image;
    image_make(&image, first);
    write_image(&image, argv[5]);
    return EXIT_PASS;
  }
  if ((mkdir(argv[2], 0700) != 0 && access(argv[2], W_OK) != 0) || chdir(argv[2]) != 0) {
    perror(argv[2]);
    return EXIT_TROUBLE;
  }
  empty_folder("files");
  unsigned failures = 0;
  for (uint64_t seed = first; seed < first + count; seed++)
    failures += !try_seed(seed);
  for (unsigned i = 0; i < REASONS_MAX && reasons[i].count; i++)
    printf("%6u %s\n", reasons[i].count, reasons[i].name);
  printf("%" PRIu64 " images, %u broken promises; slowest run %.2f s, largest %ld MiB\n", count, failures, slowest,
         largest_kib / 1024);
  return failures ? EXIT_BROKEN : EXIT_PASS;
}
