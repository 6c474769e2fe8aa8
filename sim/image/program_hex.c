/* Intel HEX and raw binary: bytes with addresses and nothing else, so no names, no entry and no writable segments.

   The HEX reader is strict: a wrong checksum, a byte written twice or a missing end record is a damaged file, and a
   damaged image must not be timed. */
#include "image/program_private.h"

#include <stdlib.h>
#include <string.h>

enum { RECORD_DATA, RECORD_END, RECORD_SEGMENT, RECORD_START_SEGMENT, RECORD_LINEAR, RECORD_START_LINEAR };

/* A data record: COUNT bytes at OFFSET of the decoded bytes, in file order. */
typedef struct {
  uint32_t address;
  uint32_t count;
  size_t offset;
  unsigned line;
} run_t;

typedef struct {
  const program_t *program;
  const char *at, *end;
  unsigned line;
  uint32_t base;  /* of record types 2 and 4 */
  bool linear;    /* type 4 (or none yet): offsets may cross 64 KiB */
  bool ended;     /* end record seen */
  uint8_t *bytes; /* decoded data, file order */
  size_t byte_count;
  run_t *runs;
  size_t run_count;
} hex_t;

static int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One line: ':' count address type data checksum, as bytes into RECORD (at most 260). */
static bool decode_line(const hex_t *hex, const char *line, size_t length, uint8_t *record) {
  if (line[0] != ':')
    return program_fail(hex->program, hex->line, "not an Intel HEX record: it does not start with ':'");
  size_t count = (length - 1) / 2;
  uint8_t sum = 0;
  for (size_t i = 0; i < count && i < 260; i++) {
    int high = digit(line[1 + 2 * i]), low = digit(line[2 + 2 * i]);
    if (high < 0 || low < 0) return program_fail(hex->program, hex->line, "not an Intel HEX record: bad hex digit");
    record[i] = (uint8_t)(high << 4 | low);
    sum = (uint8_t)(sum + record[i]);
  }
  if (length % 2 == 0 || count < 5 || count != (size_t)record[0] + 5) {
    return program_fail(hex->program, hex->line, "truncated or overlong Intel HEX record");
  }
  if (sum != 0) return program_fail(hex->program, hex->line, "wrong checksum in Intel HEX record");
  return true;
}

static bool take_data(hex_t *hex, const uint8_t *record) {
  uint32_t count = record[0], offset = (uint32_t)record[1] << 8 | record[2];
  if (count == 0) return true;
  if (!hex->linear && offset + count > 0x10000u) {
    return program_fail(hex->program, hex->line, "data record runs past the end of its 64 KiB segment");
  }
  if ((uint64_t)hex->base + offset + count > (uint64_t)1 << 32) {
    return program_fail(hex->program, hex->line, "data record runs past the end of the address space");
  }
  memcpy(hex->bytes + hex->byte_count, record + 4, count);
  hex->runs[hex->run_count++] = (run_t){hex->base + offset, count, hex->byte_count, hex->line};
  hex->byte_count += count;
  return true;
}

static bool take_record(hex_t *hex, const uint8_t *record) {
  static const uint8_t sizes[] = {
      [RECORD_SEGMENT] = 2, [RECORD_START_SEGMENT] = 4, [RECORD_LINEAR] = 2, [RECORD_START_LINEAR] = 4};
  uint8_t type = record[3];
  uint32_t value = (uint32_t)record[4] << 8 | record[5];
  if (type > RECORD_START_LINEAR) {
    return program_fail(hex->program, hex->line, "unknown Intel HEX record type %u", type);
  }
  if (type != RECORD_DATA && record[0] != sizes[type]) {
    return program_fail(hex->program, hex->line, "Intel HEX record of type %u has %u data bytes, not %u", type,
                        record[0], sizes[type]);
  }
  switch (type) {
  case RECORD_DATA: return take_data(hex, record);
  case RECORD_END: hex->ended = true; break;
  case RECORD_SEGMENT:
    hex->base = value << 4;
    hex->linear = false;
    break;
  case RECORD_LINEAR:
    hex->base = value << 16;
    hex->linear = true;
    break;
  default: break; /* start addresses: a Cortex-M starts from its vector table */
  }
  return true;
}

static bool parse_lines(hex_t *hex) {
  while (hex->at < hex->end) {
    const char *line = hex->at, *newline = memchr(line, '\n', (size_t)(hex->end - line));
    const char *stop = newline ? newline : hex->end;
    hex->at = newline ? newline + 1 : hex->end;
    hex->line++;
    while (stop > line && (stop[-1] == '\r' || stop[-1] == ' ' || stop[-1] == '\t'))
      stop--;
    if (stop == line) continue;
    if (hex->ended) return program_fail(hex->program, hex->line, "text after the end record of the Intel HEX file");
    uint8_t record[260] = {0};
    if (!decode_line(hex, line, (size_t)(stop - line), record) || !take_record(hex, record)) return false;
  }
  if (!hex->ended) return program_fail(hex->program, hex->line, "truncated: the Intel HEX file has no end record");
  if (!hex->run_count) return program_fail(hex->program, 0, "the Intel HEX file holds no data");
  return true;
}

static int compare_runs(const void *a, const void *b) {
  const run_t *one = a, *two = b;
  if (one->address != two->address) return one->address < two->address ? -1 : 1;
  return (one->line > two->line) - (one->line < two->line);
}

static segment_t stored_segment(uint32_t address, uint32_t bytes, const uint8_t *data) {
  return (segment_t){.load_address = address,
                     .run_address = address,
                     .file_bytes = bytes,
                     .memory_bytes = bytes,
                     .data = data,
                     .executable = true};
}

/* Sorts the records by address and joins those that touch; every gap starts a new segment. */
static bool join_runs(program_t *program, hex_t *hex) {
  image_t *image = program_image(program);
  qsort(hex->runs, hex->run_count, sizeof hex->runs[0], compare_runs);
  image->contents = program_array(program, hex->byte_count, 1);
  program->segments = program_array(program, hex->run_count, sizeof program->segments[0]);
  if (!image->contents || !program->segments) return false;
  uint64_t end = (uint64_t)1 << 32; /* no run starts there */
  size_t filled = 0;
  for (size_t i = 0; i < hex->run_count; i++) {
    const run_t *run = &hex->runs[i];
    if (i && run->address < end) {
      unsigned previous = hex->runs[i - 1].line;
      return program_fail(program, run->line > previous ? run->line : previous,
                          "overlapping records: address 0x%08x is also written by line %u", run->address,
                          run->line > previous ? previous : run->line);
    }
    if (run->address != end) {
      program->segments[program->segment_count++] = stored_segment(run->address, 0, image->contents + filled);
    }
    segment_t *segment = &program->segments[program->segment_count - 1];
    segment->file_bytes = segment->memory_bytes += run->count;
    memcpy(image->contents + filled, hex->bytes + run->offset, run->count);
    filled += run->count;
    end = (uint64_t)run->address + run->count;
  }
  return true;
}

bool program_read_hex(program_t *program) {
  image_t *image = program_image(program);
  size_t lines = 1;
  for (size_t i = 0; i < image->file_bytes; i++)
    lines += image->file[i] == '\n';
  hex_t hex = {.program = program,
               .at = (const char *)image->file,
               .end = (const char *)image->file + image->file_bytes,
               .linear = true};
  hex.bytes = program_array(program, image->file_bytes, 1); /* two characters a byte: more than enough */
  hex.runs = hex.bytes ? program_array(program, lines, sizeof hex.runs[0]) : NULL;
  bool good = hex.runs && parse_lines(&hex) && join_runs(program, &hex);
  free(hex.bytes);
  free(hex.runs);
  return good;
}

bool program_read_binary(program_t *program, uint32_t base) {
  image_t *image = program_image(program);
  if ((uint64_t)base + image->file_bytes > (uint64_t)1 << 32) {
    return program_fail(program, 0, "%zu bytes at --base 0x%08x run past the end of the address space",
                        image->file_bytes, base);
  }
  if (!(program->segments = program_array(program, 1, sizeof program->segments[0]))) return false;
  program->segments[program->segment_count++] = stored_segment(base, (uint32_t)image->file_bytes, image->file);
  return true;
}
