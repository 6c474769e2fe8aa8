/* Opening an image: reads the file once, sniffs its kind, runs the readers and checks in order, and answers queries. */
#include "image/program_private.h"

#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"

/* The largest Cortex-M flash is a few MiB; debug information can be a hundred times that. */
#define FILE_LIMIT_MIB 256

bool program_fail(const program_t *program, unsigned line, const char *format, ...) {
  char text[512];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  diag_error_at(program->path, line, 0, "%s", text);
  return false;
}

void *program_array(const program_t *program, size_t count, size_t size) {
  void *array = calloc(count ? count : 1, size);
  if (!array) program_fail(program, 0, "out of memory");
  return array;
}

image_t *program_image(const program_t *program) { return program->private_data; }

uint32_t program_word(const uint8_t *bytes) {
  return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

const segment_t *program_segment_running(const program_t *program, uint32_t address) {
  for (size_t i = 0; i < program->segment_count; i++) {
    const segment_t *segment = &program->segments[i];
    if (address >= segment->run_address && address - segment->run_address < segment->memory_bytes) return segment;
  }
  return NULL;
}

const segment_t *program_segment_stored(const program_t *program, uint32_t address, uint32_t size) {
  for (size_t i = 0; i < program->segment_count; i++) {
    const segment_t *segment = &program->segments[i];
    if (address < segment->load_address) continue;
    uint32_t offset = address - segment->load_address;
    if (offset < segment->file_bytes && size <= segment->file_bytes - offset) return segment;
  }
  return NULL;
}

/* The Armv7-M map has SRAM at 0x20000000. Below it (ITCM, CCM) and in external memory (SDRAM beside XIP flash) flash
   and RAM share the region, and linkers often mark flash writable: there, only what is not programmed in place is RAM.
 */
bool program_segment_in_ram(const segment_t *segment) {
  uint32_t address = segment->run_address;
  if (address >= 0x20000000u && address < 0x40000000u) return true;
  bool in_place = segment->file_bytes > 0 && segment->load_address == address;
  return segment->writable && !in_place;
}

/* One message for whatever cannot be opened or is no regular file; NULL then. */
static uint8_t *read_file(const program_t *program, size_t *size) {
  /* O_NONBLOCK: opening a FIFO must not wait for a writer. */
  int fd = open(program->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    program_fail(program, 0, "cannot open: %s", strerror(errno));
    return NULL;
  }
  uint8_t *bytes = NULL;
  size_t done = 0;
  struct stat status;
  if (fstat(fd, &status) != 0) {
    program_fail(program, 0, "cannot read: %s", strerror(errno));
  } else if (S_ISDIR(status.st_mode)) {
    program_fail(program, 0, "is a directory, not a firmware image");
  } else if (!S_ISREG(status.st_mode)) {
    program_fail(program, 0, "is not a regular file");
  } else if (status.st_size == 0) {
    program_fail(program, 0, "is empty");
  } else if (status.st_size > (off_t)FILE_LIMIT_MIB << 20) {
    program_fail(program, 0, "is larger than %d MiB; no firmware image is", FILE_LIMIT_MIB);
  } else {
    bytes = program_array(program, (size_t)status.st_size, 1);
  }
  while (bytes && done < (size_t)status.st_size) {
    ssize_t got = read(fd, bytes + done, (size_t)status.st_size - done);
    if (got > 0) {
      done += (size_t)got;
    } else if (got == 0 || errno != EINTR) {
      program_fail(program, 0, "cannot read: %s", got == 0 ? "the file shrank while it was read" : strerror(errno));
      free(bytes);
      bytes = NULL;
    }
  }
  close(fd);
  *size = done;
  return bytes;
}

static int compare_segments(const void *a, const void *b) {
  const segment_t *one = a, *two = b;
  if (one->load_address != two->load_address) return one->load_address < two->load_address ? -1 : 1;
  if (one->run_address != two->run_address) return one->run_address < two->run_address ? -1 : 1;
  return (one->memory_bytes > two->memory_bytes) - (one->memory_bytes < two->memory_bytes);
}

static void sort_and_count(program_t *program) {
  qsort(program->segments, program->segment_count, sizeof program->segments[0], compare_segments);
  program->flash_bytes = program->ram_static_bytes = 0;
  for (size_t i = 0; i < program->segment_count; i++) {
    const segment_t *segment = &program->segments[i];
    program->flash_bytes += segment->file_bytes;
    if (program_segment_in_ram(segment)) program->ram_static_bytes += segment->memory_bytes;
  }
}

static bool read_any(program_t *program, const program_options_t *options) {
  image_t *image = program_image(program);
  bool has_base = options && options->has_base;
  size_t magic_bytes = image->file_bytes < 4 ? image->file_bytes : 4;
  const uint32_t *base = NULL;
  bool read;
  if (memcmp(image->file, "\177ELF", magic_bytes) == 0) {
    if (has_base) return program_fail(program, 0, "--base is for raw binaries; an ELF file carries its addresses");
    program->has_static = true;
    read = program_read_elf(program);
  } else if (image->file[0] == ':') {
    if (has_base && options->base) {
      return program_fail(program, 0, "--base is for raw binaries; an Intel HEX file carries its addresses");
    }
    read = program_read_hex(program);
  } else if (has_base) {
    base = &options->base;
    read = program_read_binary(program, *base);
  } else {
    return program_fail(program, 0, "not an ELF or Intel HEX file; give --base ADDRESS for a raw binary");
  }
  if (!read) return false;
  sort_and_count(program);
  return program_check_profile(program) && program_read_build_id(program) && program_index_symbols(program) &&
         program_check(program, base) && program_read_markers(program);
}

/* Takes FILE_CONTENTS over, also on failure. */
static program_t *open_owned(program_t *program, uint8_t *file_contents, size_t size,
                             const program_options_t *options) {
  image_t *image = program_image(program);
  image->file = file_contents;
  image->file_bytes = size;
  if (file_contents) {
    SHA256Data(file_contents, size, program->sha256);
    if (read_any(program, options)) return program;
  }
  program_close(program);
  return NULL;
}

static program_t *program_new(const char *path) {
  program_t *program = calloc(1, sizeof *program);
  image_t *image = calloc(1, sizeof *image);
  char *name = strdup(path);
  if (program && image && name) {
    program->private_data = image;
    program->path = name;
    return program;
  }
  diag_error("out of memory");
  free(program);
  free(image);
  free(name);
  return NULL;
}

program_t *program_open(const char *path, const program_options_t *options) {
  program_t *program = program_new(path);
  if (!program) return NULL;
  size_t size = 0;
  uint8_t *bytes = read_file(program, &size);
  return open_owned(program, bytes, size, options);
}

program_t *program_open_memory(const char *name, const uint8_t *bytes, size_t size, const program_options_t *options) {
  program_t *program = program_new(name);
  if (!program) return NULL;
  uint8_t *copy = NULL;
  if (!size) {
    program_fail(program, 0, "is empty");
  } else if ((copy = program_array(program, size, 1))) {
    memcpy(copy, bytes, size);
  }
  return open_owned(program, copy, size, options);
}

void program_close(program_t *program) {
  if (!program) return;
  image_t *image = program_image(program);
  free(image->file);
  free(image->contents);
  free(image->sections);
  free(image->symbols);
  free(image->by_name);
  free(image->reach);
  free(image);
  free(program->segments);
  free(program->functions);
  free(program->objects);
  free(program->mappings);
  free(program->markers);
  free(program->build_id);
  free(program->path);
  free(program);
}

/* How many functions start at or below ADDRESS. */
static size_t functions_up_to(const program_t *program, uint32_t address) {
  size_t low = 0, high = program->function_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (program->functions[middle].address <= address) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/* Assembly may nest functions (libgcc's __aeabi_drsub falls into __aeabi_dsub): the innermost start wins, and after its
   end the outer one continues. */
const function_t *program_function_at(const program_t *program, uint32_t address) {
  const image_t *image = program_image(program);
  for (size_t i = functions_up_to(program, address); i > 0 && image->reach[i - 1] > address; i--) {
    const function_t *function = &program->functions[i - 1];
    if (address - function->address < function->size) return function;
  }
  return NULL;
}

/* First entry of by_name with this name, or by_name_count. */
static size_t first_named(const image_t *image, const char *name) {
  size_t low = 0, high = image->by_name_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (strcmp(image->by_name[middle]->name, name) < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  bool found = low < image->by_name_count && strcmp(image->by_name[low]->name, name) == 0;
  return found ? low : image->by_name_count;
}

int32_t program_function_index(const program_t *program, const function_t *function) {
  return function ? (int32_t)(function - program->functions) : -1;
}

const function_t *program_function_named(const program_t *program, const char *name) {
  const image_t *image = program_image(program);
  for (size_t i = first_named(image, name); i < image->by_name_count; i++) {
    const raw_symbol_t *symbol = image->by_name[i];
    if (strcmp(symbol->name, name) != 0) break;
    if (symbol->kind == SYMBOL_OBJECT) continue;
    size_t count = functions_up_to(program, symbol->value);
    if (count && program->functions[count - 1].address == symbol->value) return &program->functions[count - 1];
  }
  return NULL;
}

bool program_symbol(const program_t *program, const char *name, uint32_t *value) {
  const image_t *image = program_image(program);
  size_t i = first_named(image, name);
  if (i == image->by_name_count) return false;
  *value = image->by_name[i]->value;
  return true;
}

code_kind_t program_code_kind(const program_t *program, uint32_t address) {
  size_t low = 0, high = program->mapping_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (program->mappings[middle].address <= address) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low ? program->mappings[low - 1].kind : CODE_THUMB;
}
