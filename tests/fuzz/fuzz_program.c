/* libFuzzer harness of the image readers: whatever the bytes, either an image that answers queries or one message and
   NULL. The first byte chooses the options and the name; the rest is the file.

   Build: clang -fsanitize=fuzzer,address,undefined -I sim tests/fuzz/fuzz_program.c sim/image/program*.c
   sim/base/diag.c -lelf -lmd; run it on tests/fuzz/corpus/program. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "image/program_private.h"

/* Keeps the reads below from being optimised away. */
static volatile uint32_t sink;

/* Every byte that the image promises must be readable. */
static void read_everything(const program_t *program) {
  uint32_t sum = 0;
  for (size_t i = 0; i < program->segment_count; i++) {
    const segment_t *segment = &program->segments[i];
    for (uint32_t k = 0; k < segment->file_bytes; k++)
      sum += segment->data[k];
  }
  for (size_t i = 0; i < program->object_count; i++) {
    sum += (uint32_t)strlen(program->objects[i].name) + (uint32_t)strlen(program->objects[i].section);
  }
  for (size_t i = 0; i < program->marker_count; i++)
    sum += (uint32_t)strlen(program->markers[i].name);
  if (program->build_id) sum += (uint32_t)strlen(program->build_id);
  sink = sum;
}

static void require(bool holds) {
  if (!holds) abort();
}

static void check_queries(const program_t *program) {
  uint32_t value;
  require(program_segment_stored(program, program->vector_table, 8) != NULL);
  require(program_segment_stored(program, program->reset_handler, 2) != NULL);
  require(strlen(program->sha256) == 64);
  require(program->stripped == (program->function_count == 0));
  for (size_t i = 0; i < program->function_count; i++) {
    const function_t *function = &program->functions[i];
    require(i == 0 || program->functions[i - 1].address < function->address);
    require(program_function_named(program, function->name) != NULL);
    if (function->size) require(program_function_at(program, function->address) == function);
    if (function->size) require(program_function_at(program, function->address + function->size - 1) != NULL);
    sink = (uint32_t)program_code_kind(program, function->address);
  }
  for (size_t i = 1; i < program->object_count; i++) {
    require(program->objects[i - 1].bytes >= program->objects[i].bytes);
  }
  for (size_t i = 1; i < program->mapping_count; i++) {
    require(program->mappings[i - 1].address < program->mappings[i].address);
  }
  for (size_t i = 1; i < program->marker_count; i++) {
    require(program->markers[i - 1].address <= program->markers[i].address);
  }
  (void)program_symbol(program, "end", &value);
  (void)program_function_at(program, 0);
  (void)program_function_at(program, UINT32_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  static FILE *messages;
  static char *text;
  static size_t text_bytes;
  if (!messages) messages = open_memstream(&text, &text_bytes);
  if (!messages || size == 0) return 0;
  rewind(messages);
  diag_set_stream(messages);
  program_options_t options = {.has_base = bytes[0] & 1, .base = bytes[0] & 2 ? 0x08000000u : 0};
  program_t *program = program_open_memory("image", bytes + 1, size - 1, &options);
  fflush(messages);
  /* A refusal is exactly one line; an image is none. */
  const char *newline = memchr(text, '\n', text_bytes);
  require(program ? text_bytes == 0 : newline == text + text_bytes - 1);
  if (program) {
    read_everything(program);
    check_queries(program);
  }
  program_close(program);
  return 0;
}
