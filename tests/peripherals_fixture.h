/* A chip without a core, for the suites of the peripherals: time is a variable, memory an array, and what the chip says
   and raises is written down. */
#ifndef CMSIM_TESTS_PERIPHERALS_FIXTURE_H
#define CMSIM_TESTS_PERIPHERALS_FIXTURE_H

#include "peripherals/peripherals.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHIP_RAM = 0x20000000, CHIP_RAM_BYTES = 4096, CHIP_LINES = 480 };

static peripherals_t *chip;
static uint64_t now;
static uint8_t ram[CHIP_RAM_BYTES];
static bool lines[CHIP_LINES];
static unsigned warnings, rises;
static char warned_code[32], warned_text[256], stuck_text[256];
static int stuck_why; /* -1: not stuck */
static char *printed;
static size_t printed_bytes;
static FILE *console;

static void chip_line(void *context, unsigned number, bool level) {
  (void)context;
  ck_assert_uint_lt(number, CHIP_LINES);
  ck_assert_int_ne(lines[number], level); /* changes only */
  lines[number] = level;
  rises += level;
}

static void chip_warn(void *context, const char *code, uint32_t address, const char *text) {
  (void)context;
  (void)address;
  warnings++;
  snprintf(warned_code, sizeof warned_code, "%s", code);
  snprintf(warned_text, sizeof warned_text, "%s", text);
}

static void chip_stuck(void *context, stuck_t why, const char *text) {
  (void)context;
  stuck_why = (int)why;
  snprintf(stuck_text, sizeof stuck_text, "%s", text);
}

static bool chip_read(void *context, uint32_t address, void *bytes, size_t count) {
  (void)context;
  if (address - CHIP_RAM > CHIP_RAM_BYTES || count > CHIP_RAM_BYTES - (address - CHIP_RAM)) return false;
  memcpy(bytes, ram + (address - CHIP_RAM), count);
  return true;
}

static bool chip_write(void *context, uint32_t address, const void *bytes, size_t count) {
  (void)context;
  if (address - CHIP_RAM > CHIP_RAM_BYTES || count > CHIP_RAM_BYTES - (address - CHIP_RAM)) return false;
  memcpy(ram + (address - CHIP_RAM), bytes, count);
  return true;
}

static peripherals_config_t chip_config(const char *family, double mhz) {
  return (peripherals_config_t){.directory = CMSIM_SOURCE_DIR "/configs/peripherals",
                                .family = family,
                                .mhz = mhz,
                                .flash_bytes = 512 * 1024,
                                .device_id = 0x10006413,
                                .seed = 1,
                                .ram_base = CHIP_RAM,
                                .ram_bytes = CHIP_RAM_BYTES,
                                .set_interrupt = chip_line,
                                .warn = chip_warn,
                                .stuck = chip_stuck,
                                .read_memory = chip_read,
                                .write_memory = chip_write};
}

static void chip_close(void) {
  peripherals_free(chip);
  if (console) fclose(console);
  free(printed);
  chip = NULL;
  console = NULL;
  printed = NULL;
}

static void chip_open(peripherals_config_t config) {
  chip_close();
  now = 0;
  warnings = rises = 0;
  stuck_why = -1;
  warned_code[0] = warned_text[0] = stuck_text[0] = '\0';
  memset(ram, 0, sizeof ram);
  memset(lines, 0, sizeof lines);
  config.console = console = open_memstream(&printed, &printed_bytes);
  chip = peripherals_new(&config);
  ck_assert(chip != NULL);
}

static inline uint32_t get(uint32_t address) { return peripherals_read(chip, address, 4, now); }
static inline void put(uint32_t address, uint32_t value) { peripherals_write(chip, address, 4, value, now); }

/* Time passes: every event is delivered at its own cycle. */
static inline void pass(uint64_t cycles) {
  uint64_t end = now + cycles;
  while (peripherals_next_event(chip) <= end) {
    uint64_t next = peripherals_next_event(chip);
    if (next > now) now = next;
    peripherals_advance(chip, now);
    ck_assert(peripherals_next_event(chip) > now);
  }
  now = end;
}

static inline const char *text_so_far(void) {
  fflush(console);
  return printed;
}

/* A file with TEXT; its name stays until the next call. */
static inline const char *input_file(const char *text) {
  static char path[64];
  snprintf(path, sizeof path, "/tmp/cmsim-input-%ld", (long)getpid());
  FILE *file = fopen(path, "wb");
  ck_assert(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
  return path;
}

#endif
