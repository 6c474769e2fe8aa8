/* Turns raw symbols into what the rest of the simulator asks for: functions, objects, mapping symbols and names.

   Everything is sorted by a total order, so that the same file gives the same tables on every host. */
#include "image/program_private.h"

#include <stdlib.h>
#include <string.h>

/* Length of the valid UTF-8 sequence of printable characters at TEXT (LEFT bytes remain), or 0. */
static size_t character_bytes(const uint8_t *text, size_t left) {
  size_t bytes = text[0] < 0x80   ? 1
                 : text[0] < 0xc2 ? 0
                 : text[0] < 0xe0 ? 2
                 : text[0] < 0xf0 ? 3
                 : text[0] < 0xf5 ? 4
                                  : 0;
  if (bytes == 0 || bytes > left || text[0] < 0x20 || text[0] == 0x7f) return 0;
  for (size_t i = 1; i < bytes; i++) {
    if ((text[i] & 0xc0) != 0x80) return 0;
  }
  if (bytes == 1) return 1;
  bool control = text[0] == 0xc2 && text[1] < 0xa0;
  bool overlong = (text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xf0 && text[1] < 0x90);
  bool surrogate = text[0] == 0xed && text[1] >= 0xa0;
  bool too_large = text[0] == 0xf4 && text[1] >= 0x90;
  return control || overlong || surrogate || too_large ? 0 : bytes;
}

/* Names reach terminals and JSON: what is not printable UTF-8 becomes '?'. Stops at the first clean NUL. */
static const char *cleaned(const char *name) {
  uint8_t *text = (uint8_t *)(uintptr_t)name; /* points into our own copy of the file */
  size_t left = strlen(name);
  while (left) {
    size_t bytes = character_bytes(text, left);
    if (!bytes) {
      *text = '?';
      bytes = 1;
    }
    text += bytes;
    left -= bytes;
  }
  return name;
}

/* Which of two names of one address stands for it. */
static int compare_preference(const raw_symbol_t *one, const raw_symbol_t *two) {
  if (one->binding != two->binding) return one->binding < two->binding ? -1 : 1;
  size_t one_bytes = strlen(one->name), two_bytes = strlen(two->name);
  if (one_bytes != two_bytes) return one_bytes < two_bytes ? -1 : 1;
  int by_text = strcmp(one->name, two->name);
  if (by_text) return by_text;
  return (one->order > two->order) - (one->order < two->order);
}

static int compare_by_address(const void *a, const void *b) {
  const raw_symbol_t *one = *(raw_symbol_t *const *)a, *two = *(raw_symbol_t *const *)b;
  if (one->value != two->value) return one->value < two->value ? -1 : 1;
  return compare_preference(one, two);
}

static int compare_by_extent(const void *a, const void *b) {
  const raw_symbol_t *one = *(raw_symbol_t *const *)a, *two = *(raw_symbol_t *const *)b;
  if (one->value != two->value) return one->value < two->value ? -1 : 1;
  if (one->size != two->size) return one->size > two->size ? -1 : 1;
  return compare_preference(one, two);
}

static int compare_by_name(const void *a, const void *b) {
  const raw_symbol_t *one = *(raw_symbol_t *const *)a, *two = *(raw_symbol_t *const *)b;
  int by_text = strcmp(one->name, two->name);
  if (by_text) return by_text;
  if (one->binding != two->binding) return one->binding < two->binding ? -1 : 1;
  if (one->value != two->value) return one->value < two->value ? -1 : 1;
  return (one->order > two->order) - (one->order < two->order);
}

static int compare_by_order(const void *a, const void *b) {
  const raw_symbol_t *one = *(raw_symbol_t *const *)a, *two = *(raw_symbol_t *const *)b;
  if (one->value != two->value) return one->value < two->value ? -1 : 1;
  return (one->order > two->order) - (one->order < two->order);
}

static int compare_objects(const void *a, const void *b) {
  const object_t *one = a, *two = b;
  if (one->bytes != two->bytes) return one->bytes > two->bytes ? -1 : 1;
  if (one->address != two->address) return one->address < two->address ? -1 : 1;
  return strcmp(one->name, two->name);
}

/* "$t", "$d", "$a", also with a suffix: "$t.12". */
static bool is_mapping(const raw_symbol_t *symbol) {
  const char *name = symbol->name;
  return name[0] == '$' && (name[1] == 't' || name[1] == 'd' || name[1] == 'a') && (name[2] == '\0' || name[2] == '.');
}

static bool in_memory(const raw_symbol_t *symbol) { return symbol->section && symbol->section->allocated; }

typedef bool (*wanted_t)(const program_t *program, const raw_symbol_t *symbol);

static bool wanted_name(const program_t *program, const raw_symbol_t *symbol) {
  (void)program;
  return !is_mapping(symbol);
}

static bool wanted_mapping(const program_t *program, const raw_symbol_t *symbol) {
  (void)program;
  return is_mapping(symbol) && in_memory(symbol);
}

/* Hand-written assembly often leaves out `.type name, %function`: a global label in Thumb code is a function too,
   unless index_functions() finds it inside a typed one. Needs the mapping symbols. */
static bool is_untyped_code(const program_t *program, const raw_symbol_t *symbol) {
  if (symbol->kind != SYMBOL_OTHER || symbol->binding != BINDING_GLOBAL || !in_memory(symbol)) return false;
  const section_t *section = symbol->section;
  if (section->writable || program->mapping_count == 0) return false;
  if (symbol->value >= (uint64_t)section->address + section->bytes) return false; /* _etext and friends */
  return program_code_kind(program, symbol->value) == CODE_THUMB;
}

static bool wanted_function(const program_t *program, const raw_symbol_t *symbol) {
  if (is_mapping(symbol) || !program_segment_running(program, symbol->value)) return false;
  return symbol->kind == SYMBOL_FUNCTION || is_untyped_code(program, symbol);
}

static bool wanted_object(const program_t *program, const raw_symbol_t *symbol) {
  (void)program;
  return symbol->kind != SYMBOL_OTHER && symbol->size > 0 && !is_mapping(symbol) && in_memory(symbol);
}

/* The wanted symbols in the given order; NULL after a message. The caller frees the array. */
static raw_symbol_t **collect(const program_t *program, wanted_t wanted, int (*compare)(const void *, const void *),
                              size_t *count) {
  image_t *image = program_image(program);
  *count = 0;
  raw_symbol_t **found = program_array(program, image->symbol_count, sizeof *found);
  if (!found) return NULL;
  for (size_t i = 0; i < image->symbol_count; i++) {
    if (wanted(program, &image->symbols[i])) found[(*count)++] = &image->symbols[i];
  }
  qsort(found, *count, sizeof *found, compare);
  return found;
}

/* Where the function at SYMBOL must end at the latest: its segment, and its section when that is known. */
static uint64_t function_limit(const program_t *program, const raw_symbol_t *symbol) {
  const segment_t *segment = program_segment_running(program, symbol->value);
  uint64_t limit = (uint64_t)segment->run_address + segment->memory_bytes;
  if (in_memory(symbol)) {
    const section_t *section = symbol->section;
    uint64_t section_end = (uint64_t)section->address + section->bytes;
    if (symbol->value >= section->address && symbol->value < section_end && section_end < limit) limit = section_end;
  }
  return limit;
}

static bool index_functions(program_t *program) {
  image_t *image = program_image(program);
  size_t count;
  raw_symbol_t **found = collect(program, wanted_function, compare_by_address, &count);
  program->functions = program_array(program, count, sizeof program->functions[0]);
  image->reach = program_array(program, count, sizeof image->reach[0]);
  if (!found || !program->functions || !image->reach) {
    free(found);
    return false;
  }
  uint64_t typed_end = 0; /* untyped labels below it are inside a function */
  for (size_t i = 0, next; i < count; i = next) {
    uint32_t size = 0; /* the largest of the aliases */
    bool typed = false;
    for (next = i; next < count && found[next]->value == found[i]->value; next++) {
      if (found[next]->size > size) size = found[next]->size;
      typed = typed || found[next]->kind == SYMBOL_FUNCTION;
    }
    if (!typed && found[i]->value < typed_end) continue;
    if (typed && (uint64_t)found[i]->value + size > typed_end) typed_end = (uint64_t)found[i]->value + size;
    uint64_t limit = function_limit(program, found[i]);
    if (size == 0 && next < count && found[next]->value < limit) limit = found[next]->value;
    uint32_t room = (uint32_t)(limit - found[i]->value);
    if (size == 0 || size > room) size = room;
    size_t index = program->function_count++;
    program->functions[index] = (function_t){found[i]->value, size, found[i]->name};
    uint64_t end = (uint64_t)found[i]->value + size;
    image->reach[index] = index && image->reach[index - 1] > end ? image->reach[index - 1] : end;
  }
  free(found);
  program->stripped = program->function_count == 0;
  return true;
}

static bool index_objects(program_t *program) {
  size_t count;
  raw_symbol_t **found = collect(program, wanted_object, compare_by_extent, &count);
  program->objects = program_array(program, count, sizeof program->objects[0]);
  if (!found || !program->objects) {
    free(found);
    return false;
  }
  for (size_t i = 0; i < count; i++) {
    if (i && found[i]->value == found[i - 1]->value && found[i]->size == found[i - 1]->size) continue;
    const section_t *section = found[i]->section;
    const segment_t *segment = program_segment_running(program, found[i]->value);
    bool in_ram = segment ? program_segment_in_ram(segment) : section->writable;
    program->objects[program->object_count++] = (object_t){
        .name = found[i]->name,
        .section = section->name,
        .address = found[i]->value,
        .bytes = found[i]->size,
        .place = in_ram ? OBJECT_RAM : OBJECT_FLASH,
        .is_function = found[i]->kind == SYMBOL_FUNCTION,
    };
  }
  free(found);
  qsort(program->objects, program->object_count, sizeof program->objects[0], compare_objects);
  return true;
}

/* Of several at one address the last in the table holds: the earlier ones cover empty input sections. */
static bool index_mappings(program_t *program) {
  size_t count;
  raw_symbol_t **found = collect(program, wanted_mapping, compare_by_order, &count);
  program->mappings = program_array(program, count, sizeof program->mappings[0]);
  if (!found || !program->mappings) {
    free(found);
    return false;
  }
  for (size_t i = 0; i < count; i++) {
    if (i + 1 < count && found[i + 1]->value == found[i]->value) continue;
    char letter = found[i]->name[1];
    code_kind_t kind = letter == 't' ? CODE_THUMB : letter == 'd' ? CODE_DATA : CODE_ARM;
    program->mappings[program->mapping_count++] = (mapping_t){found[i]->value, kind};
  }
  free(found);
  return true;
}

bool program_index_symbols(program_t *program) {
  image_t *image = program_image(program);
  for (size_t i = 0; i < image->section_count; i++)
    cleaned(image->sections[i].name);
  for (size_t i = 0; i < image->symbol_count; i++)
    cleaned(image->symbols[i].name);
  image->by_name = collect(program, wanted_name, compare_by_name, &image->by_name_count);
  return image->by_name && index_mappings(program) && index_functions(program) && index_objects(program);
}
