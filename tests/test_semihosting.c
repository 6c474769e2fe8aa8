/* Semihosting: each operation as the specification has it, and each with arguments from a hostile guest. */
#include "machine/semihosting.h"

#include "base/diag.h"
#include "run_suite.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  RAM = 0x20000000,
  RAM_BYTES = 0x180000,
  BLOCK = RAM + 0x1000,
  TEXT = RAM + 0x2000,
  OTHER_TEXT = RAM + 0x3000,
  BUFFER = RAM + 0x4000,
};
#define MINUS_1 0xFFFFFFFFu

static uint8_t ram[RAM_BYTES];
static semihosting_t *guest;
static FILE *console, *input;
static char *console_text;
static size_t console_bytes;
static char directory[] = "/tmp/cmsim-semihosting-XXXXXX";
static const char *why;
static semihosting_status_t status;

static bool in_ram(uint32_t address, size_t count) {
  return address >= RAM && (uint64_t)address + count <= (uint64_t)RAM + RAM_BYTES;
}

static bool memory_read(void *context, uint32_t address, void *bytes, size_t count) {
  ck_assert_ptr_eq(context, ram);
  if (!in_ram(address, count)) return false;
  memcpy(bytes, ram + (address - RAM), count);
  return true;
}

static bool memory_write(void *context, uint32_t address, const void *bytes, size_t count) {
  ck_assert_ptr_eq(context, ram);
  if (!in_ram(address, count)) return false;
  memcpy(ram + (address - RAM), bytes, count);
  return true;
}

static semihosting_config_t configuration(void) {
  return (semihosting_config_t){.memory = {ram, memory_read, memory_write},
                                .console = console,
                                .input = input,
                                .directory = directory,
                                .command_line = "bench.elf -n 3",
                                .mhz = 100,
                                .heap_base = 1,
                                .heap_limit = 2,
                                .stack_base = 3,
                                .stack_limit = 4};
}

static void begin(void) {
  memset(ram, 0, sizeof ram);
  strcpy(directory + strlen(directory) - 6, "XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(directory));
  console = open_memstream(&console_text, &console_bytes);
  char typed[] = "first\nsecond line\nx";
  input = tmpfile();
  ck_assert(fputs(typed, input) >= 0);
  rewind(input);
  semihosting_config_t config = configuration();
  guest = semihosting_new(&config);
  ck_assert_ptr_nonnull(guest);
}

static void end(void) {
  semihosting_free(guest);
  fclose(console);
  fclose(input);
  free(console_text);
  char command[128];
  snprintf(command, sizeof command, "rm -rf '%s' '%s.out'", directory, directory);
  ck_assert_int_eq(system(command), 0);
}

static uint32_t call(uint32_t operation, uint32_t parameter) {
  uint32_t result = 0xDEAD;
  why = NULL;
  status = semihosting_call(guest, operation, parameter, UINT64_C(0x100000002), &result, &why);
  ck_assert((status == SEMIHOSTING_BAD) == (why != NULL));
  return result;
}

static void put(uint32_t address, uint32_t value) {
  for (unsigned i = 0; i < 4; i++)
    ram[address - RAM + i] = (uint8_t)(value >> 8 * i);
}

static uint32_t get(uint32_t address) {
  uint32_t value = 0;
  for (unsigned i = 0; i < 4; i++)
    value |= (uint32_t)ram[address - RAM + i] << 8 * i;
  return value;
}

static uint32_t call4(uint32_t operation, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  put(BLOCK, a);
  put(BLOCK + 4, b);
  put(BLOCK + 8, c);
  put(BLOCK + 12, d);
  return call(operation, BLOCK);
}

static uint32_t open_file(const char *name, uint32_t mode) {
  strcpy((char *)ram + (TEXT - RAM), name);
  uint32_t handle = call4(0x01, TEXT, mode, (uint32_t)strlen(name), 0);
  ck_assert_int_eq(status, SEMIHOSTING_CONTINUE);
  return handle;
}

static uint32_t remove_file(const char *name) {
  strcpy((char *)ram + (TEXT - RAM), name);
  return call4(0x0E, TEXT, (uint32_t)strlen(name), 0, 0);
}

static uint32_t rename_file(const char *from, const char *to) {
  strcpy((char *)ram + (TEXT - RAM), from);
  strcpy((char *)ram + (OTHER_TEXT - RAM), to);
  return call4(0x0F, TEXT, (uint32_t)strlen(from), OTHER_TEXT, (uint32_t)strlen(to));
}

static void ck_console(const char *text) {
  fflush(console);
  ck_assert_str_eq(console_text, text);
}

static void host_file(const char *name, const char *content) {
  char path[256];
  snprintf(path, sizeof path, "%s%s", directory, name);
  FILE *file = fopen(path, "w");
  ck_assert_ptr_nonnull(file);
  fputs(content, file);
  fclose(file);
}

/* ---- console ---- */

START_TEST(output_reaches_the_console) {
  strcpy((char *)ram + (TEXT - RAM), "hello ");
  ck_assert_uint_eq(call(0x04, TEXT), 0);
  ram[BUFFER - RAM] = 'W';
  call(0x03, BUFFER);
  uint32_t out = open_file(":tt", 4), err = open_file(":tt", 8);
  ck_assert(out != MINUS_1 && err != MINUS_1 && out != err && out && err);
  strcpy((char *)ram + (BUFFER - RAM), "orld");
  ck_assert_uint_eq(call4(0x05, out, BUFFER, 3, 0), 0);
  ck_assert_uint_eq(call4(0x05, err, BUFFER + 3, 1, 0), 0);
  ck_console("hello World");
}
END_TEST

START_TEST(console_may_be_missing) {
  semihosting_config_t config = configuration();
  config.console = config.input = NULL;
  semihosting_free(guest);
  guest = semihosting_new(&config);
  strcpy((char *)ram + (TEXT - RAM), "void");
  ck_assert_uint_eq(call(0x04, TEXT), 0);
  ck_assert_uint_eq(call(0x07, 0), MINUS_1);
  uint32_t in = open_file(":tt", 0);
  ck_assert_uint_eq(call4(0x06, in, BUFFER, 10, 0), 10);
}
END_TEST

START_TEST(input_comes_by_line) {
  uint32_t in = open_file(":tt", 0);
  ck_assert_uint_eq(call4(0x06, in, BUFFER, 100, 0), 94);
  ck_assert_mem_eq(ram + (BUFFER - RAM), "first\n", 6);
  ck_assert_uint_eq(call4(0x06, in, BUFFER, 3, 0), 0);
  ck_assert_uint_eq(call(0x07, 0), 'o');
  ck_assert_uint_eq(call4(0x06, in, BUFFER, 100, 0), 92);
  ck_assert_uint_eq(call(0x07, 0), 'x');
  ck_assert_uint_eq(call(0x07, 0), MINUS_1);
  ck_assert_uint_eq(call4(0x06, in, BUFFER, 100, 0), 100); /* end of file */
  ck_assert_uint_eq(call4(0x05, in, BUFFER, 4, 0), 4);     /* not for writing */
}
END_TEST

START_TEST(features_are_announced) {
  uint32_t handle = open_file(":semihosting-features", 0);
  ck_assert_uint_ne(handle, MINUS_1);
  ck_assert_uint_eq(call4(0x0C, handle, 0, 0, 0), 5);
  ck_assert_uint_eq(call4(0x09, handle, 0, 0, 0), 0);
  ck_assert_uint_eq(call4(0x06, handle, BUFFER, 8, 0), 3);
  ck_assert_mem_eq(ram + (BUFFER - RAM), "SHFB\x03", 5);
  ck_assert_uint_eq(call4(0x06, handle, BUFFER, 8, 0), 8);
  ck_assert_uint_eq(call4(0x0A, handle, 4, 0, 0), 0);
  ck_assert_uint_eq(call4(0x06, handle, BUFFER, 1, 0), 0);
  ck_assert_uint_eq(ram[BUFFER - RAM], 3);
  ck_assert_uint_eq(call4(0x0A, handle, 6, 0, 0), MINUS_1);
  ck_assert_uint_eq(call4(0x05, handle, BUFFER, 1, 0), 1);
  ck_assert_uint_eq(open_file(":semihosting-features", 4), MINUS_1);
}
END_TEST

/* ---- files ---- */

START_TEST(files_inside_the_directory) {
  uint32_t handle = open_file("data.bin", 6);
  ck_assert_uint_ne(handle, MINUS_1);
  for (uint32_t i = 0; i < 10000; i++)
    ram[BUFFER - RAM + i] = (uint8_t)(i * 7);
  ck_assert_uint_eq(call4(0x05, handle, BUFFER, 10000, 0), 0);
  ck_assert_uint_eq(call4(0x0C, handle, 0, 0, 0), 10000);
  ck_assert_uint_eq(call4(0x09, handle, 0, 0, 0), 0);
  ck_assert_uint_eq(call4(0x0A, handle, 5000, 0, 0), 0);
  memset(ram + (BUFFER - RAM), 0, 10000);
  ck_assert_uint_eq(call4(0x06, handle, BUFFER, 6000, 0), 1000);
  for (uint32_t i = 0; i < 5000; i++)
    ck_assert_uint_eq(ram[BUFFER - RAM + i], (uint8_t)((i + 5000) * 7));
  ck_assert_uint_eq(call4(0x06, handle, BUFFER, 16, 0), 16);
  ck_assert_uint_eq(call4(0x02, handle, 0, 0, 0), 0);
  ck_assert_uint_eq(call4(0x02, handle, 0, 0, 0), MINUS_1);

  handle = open_file("data.bin", 8); /* append */
  ck_assert_uint_eq(call4(0x05, handle, BUFFER, 1, 0), 0);
  ck_assert_uint_eq(call4(0x0C, handle, 0, 0, 0), 10001);
  ck_assert_uint_eq(open_file("missing", 0), MINUS_1);
  ck_assert_uint_eq(call(0x13, 0), ENOENT);
}
END_TEST

START_TEST(remove_and_rename) {
  ck_assert_uint_eq(call4(0x02, open_file("a", 4), 0, 0, 0), 0);
  ck_assert_uint_eq(rename_file("a", "b"), 0);
  ck_assert_uint_eq(open_file("a", 0), MINUS_1);
  ck_assert_uint_ne(open_file("b", 0), MINUS_1);
  ck_assert_uint_eq(rename_file("a", "c"), MINUS_1);
  ck_assert_uint_eq(remove_file("b"), 0);
  ck_assert_uint_eq(remove_file("b"), MINUS_1);
  ck_assert_uint_eq(call(0x13, 0), ENOENT);
}
END_TEST

START_TEST(nothing_outside_the_directory) {
  host_file(".out", "secret"); /* beside the directory */
  host_file("/inside", "public");
  char path[256], outside[64];
  snprintf(outside, sizeof outside, "%s.out", directory);
  snprintf(path, sizeof path, "%s/link", directory);
  ck_assert_int_eq(symlink(outside, path), 0);
  snprintf(path, sizeof path, "%s/up", directory);
  ck_assert_int_eq(symlink("..", path), 0);
  snprintf(path, sizeof path, "%s/dir", directory);
  ck_assert_int_eq(mkdir(path, 0755), 0);
  snprintf(path, sizeof path, "%s/pipe", directory);
  ck_assert_int_eq(mkfifo(path, 0644), 0);
  const char *base = strrchr(directory, '/') + 1;
  char above[64], linked[64], deep[64], dotted[64];
  snprintf(above, sizeof above, "../%s.out", base);
  snprintf(linked, sizeof linked, "up/%s.out", base);
  snprintf(deep, sizeof deep, "dir/../../%s.out", base);
  snprintf(dotted, sizeof dotted, "./.././%s.out", base);

  const char *refused[] = {outside, above, linked,   deep,   dotted, "link", "up",   "..",     ".",
                           "/",     "",    "dir/..", "dir/", "dir",  "pipe", "up/x", "link/x", "dir/../inside"};
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    for (uint32_t mode = 0; mode < 12; mode++) {
      ck_assert_msg(open_file(refused[i], mode) == MINUS_1, "opened %s in mode %u", refused[i], mode);
    }
    if (strcmp(refused[i], "pipe") == 0 || strcmp(refused[i], "link") == 0) continue;
    if (strcmp(refused[i], "up") == 0) continue; /* names inside: removing the link itself is allowed */
    ck_assert_msg(remove_file(refused[i]) == MINUS_1, "removed %s", refused[i]);
    ck_assert_msg(rename_file("inside", refused[i]) == MINUS_1, "renamed to %s", refused[i]);
    ck_assert_msg(rename_file(refused[i], "stolen") == MINUS_1 || strcmp(refused[i], "dir") == 0, "moved %s",
                  refused[i]);
    rename_file("stolen", "dir");
  }
  open_file(outside, 0);
  ck_assert_uint_eq(call(0x13, 0), EACCES);
  FILE *file = fopen(outside, "r");
  char content[8];
  ck_assert_ptr_nonnull(fgets(content, sizeof content, file));
  ck_assert_str_eq(content, "secret");
  fclose(file);
  ck_assert_uint_ne(open_file("inside", 0), MINUS_1);
  ck_assert_uint_ne(open_file("./inside", 0), MINUS_1);
  ck_assert_uint_ne(open_file("dir/new", 4), MINUS_1);
}
END_TEST

START_TEST(no_directory_no_files) {
  semihosting_config_t config = configuration();
  config.directory = NULL;
  semihosting_free(guest);
  guest = semihosting_new(&config);
  host_file("/inside", "public");
  ck_assert_uint_eq(open_file("inside", 0), MINUS_1);
  ck_assert_uint_eq(call(0x13, 0), EACCES);
  ck_assert_uint_eq(open_file("/etc/passwd", 0), MINUS_1);
  ck_assert_uint_eq(remove_file("inside"), MINUS_1);
  ck_assert_uint_eq(rename_file("inside", "x"), MINUS_1);
  ck_assert_uint_ne(open_file(":tt", 4), MINUS_1);
}
END_TEST

START_TEST(directory_must_exist) {
  char *text = NULL;
  size_t bytes = 0;
  FILE *messages = open_memstream(&text, &bytes);
  diag_set_stream(messages);
  semihosting_config_t config = configuration();
  config.directory = "/nonexistent/cmsim";
  ck_assert_ptr_null(semihosting_new(&config));
  diag_set_stream(NULL);
  fclose(messages);
  ck_assert_ptr_nonnull(strstr(text, "/nonexistent/cmsim: No such file"));
  free(text);
}
END_TEST

START_TEST(handles_are_bounded) {
  uint32_t opened = 0;
  while (open_file(":tt", 4) != MINUS_1)
    ck_assert_uint_lt(opened++, 1000);
  ck_assert_uint_eq(opened, 64);
  ck_assert_uint_eq(call(0x13, 0), EMFILE);
  const uint32_t wrong[] = {0, 65, 1000, 0x80000000, MINUS_1};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    ck_assert_uint_eq(call4(0x02, wrong[i], 0, 0, 0), MINUS_1);
    ck_assert_uint_eq(call4(0x05, wrong[i], BUFFER, 7, 0), 7);
    ck_assert_uint_eq(call4(0x06, wrong[i], BUFFER, 7, 0), MINUS_1);
    ck_assert_uint_eq(call4(0x09, wrong[i], 0, 0, 0), MINUS_1);
    ck_assert_uint_eq(call4(0x0A, wrong[i], 0, 0, 0), MINUS_1);
    ck_assert_uint_eq(call4(0x0C, wrong[i], 0, 0, 0), MINUS_1);
    ck_assert_uint_eq(call(0x13, 0), EBADF);
  }
  ck_assert_uint_eq(call4(0x02, 30, 0, 0, 0), 0);
  ck_assert_uint_eq(open_file(":tt", 4), 30);
}
END_TEST

START_TEST(about_the_console) {
  uint32_t out = open_file(":tt", 4);
  ck_assert_uint_eq(call4(0x09, out, 0, 0, 0), 1);
  ck_assert_uint_eq(call4(0x0C, out, 0, 0, 0), 0);
  ck_assert_uint_eq(call4(0x0A, out, 0, 0, 0), MINUS_1);
  ck_assert_uint_eq(call4(0x06, out, BUFFER, 1, 0), MINUS_1);
  ck_assert_uint_eq(call4(0x08, 5, 0, 0, 0), 0);
  ck_assert_uint_ne(call4(0x08, MINUS_1, 0, 0, 0), 0);
}
END_TEST

/* ---- time, environment, end ---- */

START_TEST(time_is_simulated) {
  ck_assert_uint_eq(call(0x10, 0), 4294); /* 0x100000002 cycles at 100 MHz are 42.949 s */
  ck_assert_uint_eq(call(0x11, 0), 0);
  ck_assert_uint_eq(call(0x31, 0), 100000000);
  ck_assert_uint_eq(call(0x30, BUFFER), 0);
  ck_assert_uint_eq(get(BUFFER), 2);
  ck_assert_uint_eq(get(BUFFER + 4), 1);

  semihosting_config_t config = configuration();
  config.mhz = 0;
  semihosting_free(guest);
  guest = semihosting_new(&config);
  ck_assert_uint_eq(call(0x10, 0), MINUS_1);
  ck_assert_uint_eq(call(0x31, 0), MINUS_1);
}
END_TEST

START_TEST(environment) {
  ck_assert_uint_eq(call4(0x15, BUFFER, 15, 0, 0), 0);
  ck_assert_str_eq((char *)ram + (BUFFER - RAM), "bench.elf -n 3");
  ck_assert_uint_eq(get(BLOCK + 4), 14);
  ck_assert_uint_eq(call4(0x15, BUFFER, 14, 0, 0), MINUS_1); /* no room for the NUL */
  ck_assert_uint_eq(call4(0x15, BUFFER, 0, 0, 0), MINUS_1);
  ck_assert_uint_eq(call4(0x16, BUFFER, 0, 0, 0), 0);
  for (uint32_t i = 0; i < 4; i++)
    ck_assert_uint_eq(get(BUFFER + 4 * i), i + 1);
  strcpy((char *)ram + (TEXT - RAM), "touch /tmp/cmsim-was-here");
  ck_assert_uint_eq(call4(0x12, TEXT, 25, 0, 0), MINUS_1);
  ck_assert_uint_eq(call(0x13, 0), EPERM);
  ck_assert_uint_eq(call4(0x0D, BUFFER, 0, 16, 0), MINUS_1);
}
END_TEST

START_TEST(exits) {
  ck_assert_uint_eq(call(0x18, 0x20026), 0);
  ck_assert_int_eq(status, SEMIHOSTING_EXIT);
  ck_assert_uint_eq(call(0x18, 0x20023), 1);
  ck_assert_int_eq(status, SEMIHOSTING_EXIT);
  ck_assert_uint_eq(call4(0x20, 0x20026, 42, 0, 0), 42);
  ck_assert_int_eq(status, SEMIHOSTING_EXIT);
  ck_assert_uint_eq(call4(0x20, 0x20026, 0, 0, 0), 0);
  ck_assert_uint_eq(call4(0x20, 0x20023, 0, 0, 0), 1);
}
END_TEST

/* ---- hostile arguments ---- */

static void ck_bad(const char *text) {
  ck_assert_int_eq(status, SEMIHOSTING_BAD);
  ck_assert_msg(strstr(why, text) != NULL, "\"%s\" does not say \"%s\"", why, text);
}

START_TEST(unknown_operations) {
  const uint32_t unknown[] = {0, 0x0B, 0x14, 0x17, 0x19, 0x1F, 0x21, 0x32, 0x100, 0x80000000, MINUS_1};
  for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
    call(unknown[i], BLOCK);
    ck_bad("unknown operation 0x");
  }
}
END_TEST

START_TEST(parameter_blocks_outside_memory) {
  const uint32_t with_block[] = {0x01, 0x02, 0x05, 0x06, 0x08, 0x09, 0x0A, 0x0C, 0x0E, 0x0F, 0x15, 0x16, 0x20};
  const uint32_t nowhere[] = {0, 0x40000000, RAM - 1, RAM + RAM_BYTES - 1, RAM + RAM_BYTES, 0xFFFFFFFE};
  for (size_t i = 0; i < sizeof with_block / sizeof *with_block; i++) {
    for (size_t j = 0; j < sizeof nowhere / sizeof *nowhere; j++) {
      call(with_block[i], nowhere[j]);
      ck_bad("SYS_");
      ck_bad("parameter block at 0x");
    }
  }
  for (size_t j = 0; j < sizeof nowhere / sizeof *nowhere; j++) {
    if (nowhere[j] != RAM + RAM_BYTES - 1) {
      call(0x03, nowhere[j]);
      ck_bad("SYS_WRITEC: character at");
    }
    call(0x30, nowhere[j]);
    ck_bad("SYS_ELAPSED: block at");
    call4(0x16, nowhere[j], 0, 0, 0);
    ck_bad("SYS_HEAPINFO: block at");
    call4(0x15, nowhere[j], 100, 0, 0);
    ck_bad("SYS_GET_CMDLINE: buffer at");
  }
}
END_TEST

START_TEST(strings_without_end) {
  memset(ram + RAM_BYTES - 200, 'A', 200);
  call(0x04, RAM + RAM_BYTES - 200);
  ck_bad("SYS_WRITE0: string at 0x2017ff38");
  call(0x04, 0);
  ck_bad("no end");
  call(0x04, 0xFFFFFFFF);
  ck_bad("no end");
  ck_console(""); /* and none of it was printed */

  memset(ram, 'B', sizeof ram);
  ram[(1 << 20) + 16] = 0;
  call(0x04, RAM + 15); /* 1 MiB + 1 */
  ck_bad("1 MiB");
  ck_console("");
  call(0x04, RAM + 16);
  ck_assert_int_eq(status, SEMIHOSTING_CONTINUE);
  fflush(console);
  ck_assert_uint_eq(console_bytes, 1 << 20);
}
END_TEST

START_TEST(string_may_end_with_memory) {
  memcpy(ram + RAM_BYTES - 5, "tail", 5);
  call(0x04, RAM + RAM_BYTES - 5);
  ck_assert_int_eq(status, SEMIHOSTING_CONTINUE);
  ck_console("tail");
}
END_TEST

START_TEST(lengths_without_end) {
  uint32_t out = open_file(":tt", 4), in = open_file(":tt", 0), file = open_file("f", 6);
  call4(0x05, out, BUFFER, 0xFFFFFFFF, 0);
  ck_bad("SYS_WRITE: 4294967295 bytes at 0x20004000");
  call4(0x05, out, BUFFER, RAM_BYTES, 0);
  ck_bad("SYS_WRITE: 1572864 bytes");
  call4(0x05, out, 0xFFFFFFF0, 0x20, 0);
  ck_bad("not in memory");
  ck_console("");
  call4(0x05, out, 0x40000000, 1, 0);
  ck_bad("not in memory");
  call4(0x06, in, 0x40000000, 4, 0);
  ck_bad("SYS_READ: 4 bytes at 0x40000000");
  call4(0x06, in, BUFFER, 0xFFFFFFFF, 0);
  ck_bad("not in memory");
  ck_assert_uint_eq(call4(0x05, file, BUFFER, 0, 0), 0);
  ck_assert_uint_eq(call4(0x06, file, BUFFER, 0, 0), 0);
  ck_assert_int_eq(status, SEMIHOSTING_CONTINUE);
  ck_assert_uint_eq(call4(0x05, out, 0x40000000, 0, 0), 0); /* nothing to read there */
}
END_TEST

START_TEST(names_that_are_none) {
  call4(0x01, 0x40000000, 0, 4, 0);
  ck_bad("SYS_OPEN: name of 4 bytes at 0x40000000");
  ck_assert_uint_eq(call4(0x01, TEXT, 0, 0xFFFFFFFF, 0), MINUS_1);
  ck_assert_uint_eq(call4(0x01, TEXT, 0, 5000, 0), MINUS_1);
  ck_assert_uint_eq(call(0x13, 0), ENAMETOOLONG);
  ck_assert_uint_eq(open_file(":tt", 12), MINUS_1);
  ck_assert_uint_eq(open_file(":tt", MINUS_1), MINUS_1);
  memcpy(ram + (TEXT - RAM), "a\0b", 3);
  ck_assert_uint_eq(call4(0x01, TEXT, 4, 3, 0), MINUS_1); /* would be cut at the NUL */
  call4(0x0E, 0x40000000, 1, 0, 0);
  ck_bad("SYS_REMOVE: name");
  strcpy((char *)ram + (TEXT - RAM), "a");
  call4(0x0F, TEXT, 1, 0x40000000, 1);
  ck_bad("SYS_RENAME: name");
}
END_TEST

START_TEST(write_errors_are_counted) {
  if (access("/dev/full", W_OK) != 0) return;
  FILE *full = fopen("/dev/full", "w");
  semihosting_config_t config = configuration();
  config.console = full; /* a broken console does not stop the firmware */
  semihosting_free(guest);
  guest = semihosting_new(&config);
  uint32_t out = open_file(":tt", 4);
  ck_assert_uint_eq(call4(0x05, out, BUFFER, 10000, 0), 0);
  uint32_t readable = open_file("r", 4);
  ck_assert_uint_ne(readable, MINUS_1);
  readable = open_file("r", 0);
  ck_assert_uint_eq(call4(0x05, readable, BUFFER, 10, 0), 10);
  ck_assert_uint_eq(call(0x13, 0), EBADF);
  fclose(full);
}
END_TEST

static TCase *group(Suite *suite, const char *name) {
  TCase *tests = tcase_create(name);
  tcase_add_checked_fixture(tests, begin, end);
  suite_add_tcase(suite, tests);
  return tests;
}

int main(void) {
  Suite *suite = suite_create("semihosting");
  TCase *plain = group(suite, "operations"), *files = group(suite, "files"), *hostile = group(suite, "hostile");
  tcase_add_test(plain, output_reaches_the_console);
  tcase_add_test(plain, console_may_be_missing);
  tcase_add_test(plain, input_comes_by_line);
  tcase_add_test(plain, features_are_announced);
  tcase_add_test(plain, about_the_console);
  tcase_add_test(plain, time_is_simulated);
  tcase_add_test(plain, environment);
  tcase_add_test(plain, exits);
  tcase_add_test(files, files_inside_the_directory);
  tcase_add_test(files, remove_and_rename);
  tcase_add_test(files, nothing_outside_the_directory);
  tcase_add_test(files, no_directory_no_files);
  tcase_add_test(files, directory_must_exist);
  tcase_add_test(files, handles_are_bounded);
  tcase_add_test(hostile, unknown_operations);
  tcase_add_test(hostile, parameter_blocks_outside_memory);
  tcase_add_test(hostile, strings_without_end);
  tcase_add_test(hostile, string_may_end_with_memory);
  tcase_add_test(hostile, lengths_without_end);
  tcase_add_test(hostile, names_that_are_none);
  tcase_add_test(hostile, write_errors_are_counted);
  return run_suite(suite);
}
