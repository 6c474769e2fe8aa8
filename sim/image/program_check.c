/* Refuses an image that silicon could not start: overlapping segments, foreign instruction state, no usable vector
   table.

   A Cortex-M takes its stack pointer and its first instruction from the vector table and never reads the ELF entry
   point. The table is, in this order: a section that is named like one, a symbol that is named like one, the first
   segment or section (by load address, aligned to 128 bytes as VTOR needs) whose first two words look right. When a
   named table is there, nothing else is tried: a constant table of pointers can look like vectors.

   "Looks right": a stack pointer that is a multiple of 4, in memory that can be RAM and not amid the stored bytes of a
   read-only segment; a reset handler with bit 0 set inside the stored bytes of an executable segment. */
#include "image/program_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VECTOR_ALIGNMENT 128u

static const char *const vector_sections[] = {".isr_vector", ".isr_vectors",   ".vectors",    ".vector_table",
                                              ".intvecs",    ".intvec",        ".vector",     ".interrupts",
                                              ".vtor",       ".reset_vectors", ".irq_vectors"};
static const char *const vector_symbols[] = {
    "g_pfnVectors",   "__isr_vector",  "__isr_vectors", "__Vectors",   "__vector_table",
    "vector_table",   "_vector_table", "_vectors",      "__vectors",   "vectors",
    "__VECTOR_TABLE", "_vector_start", "isr_vector",    "isr_vectors", "__interrupt_vector_table"};

typedef struct {
  uint64_t start, end;
} range_t;

static int compare_ranges(const void *a, const void *b) {
  const range_t *one = a, *two = b;
  if (one->start != two->start) return one->start < two->start ? -1 : 1;
  return (one->end > two->end) - (one->end < two->end);
}

/* Run addresses, or load addresses of what is stored. */
static bool check_overlap(const program_t *program, bool load) {
  range_t *ranges = program_array(program, program->segment_count, sizeof *ranges);
  if (!ranges) return false;
  size_t count = 0;
  for (size_t i = 0; i < program->segment_count; i++) {
    const segment_t *segment = &program->segments[i];
    uint64_t start = load ? segment->load_address : segment->run_address;
    uint32_t bytes = load ? segment->file_bytes : segment->memory_bytes;
    if (bytes) ranges[count++] = (range_t){start, start + bytes};
  }
  qsort(ranges, count, sizeof *ranges, compare_ranges);
  bool good = true;
  for (size_t i = 1; i < count && good; i++) {
    const range_t *one = &ranges[i - 1], *two = &ranges[i];
    if (two->start >= one->end) continue;
    good = program_fail(program, 0, "overlapping segments: %s addresses 0x%08llx-0x%08llx and 0x%08llx-0x%08llx",
                        load ? "load" : "run", (unsigned long long)one->start, (unsigned long long)one->end - 1,
                        (unsigned long long)two->start, (unsigned long long)two->end - 1);
  }
  free(ranges);
  return good;
}

static bool check_entry(program_t *program) {
  uint32_t entry = program->entry;
  bool thumb = entry & 1;
  program->entry = entry &= ~1u;
  if (entry && !program_segment_running(program, entry) && !program_segment_stored(program, entry, 1)) {
    return program_fail(program, 0, "entry point 0x%08x lies outside every segment", entry);
  }
  if (entry && !thumb && program_code_kind(program, entry) == CODE_ARM) {
    return program_fail(program, 0, "entry point 0x%08x is ARM-state code; a Cortex-M runs Thumb code only", entry);
  }
  return true;
}

/* NULL when SP can be a stack pointer. It may point just past the RAM it uses: the stack grows down. */
static const char *stack_problem(const program_t *program, uint32_t sp) {
  if (sp & 3) return "is not a multiple of 4";
  bool internal = sp != 0 && sp <= 0x40000000u, external = sp >= 0x60000000u && sp <= 0xa0000000u;
  if (!internal && !external) return "is not in RAM";
  for (size_t i = 0; i < program->segment_count; i++) {
    const segment_t *segment = &program->segments[i];
    bool amid = sp > segment->run_address && sp - segment->run_address < segment->memory_bytes;
    if (amid && segment->writable) return NULL;
    if (amid) return "is not in RAM: it lies in a read-only segment";
  }
  return NULL;
}

/* NULL when RESET, as stored in the table, can be fetched and runs in Thumb state. */
static const char *reset_problem(const program_t *program, uint32_t reset) {
  uint32_t address = reset & ~1u;
  const segment_t *stored = program_segment_stored(program, address, 2);
  if (!stored) {
    return program_segment_running(program, address)
               ? "lies where nothing is stored at reset: start-up code has yet to fill it"
               : "lies outside every segment";
  }
  if (!stored->executable) return "lies in a segment that is not executable";
  if (!(reset & 1)) return "has no Thumb bit (bit 0): ARM-state code, or the table lost the bit; the core would fault";
  if (program_code_kind(program, address) == CODE_ARM) return "is ARM-state code; a Cortex-M runs Thumb code only";
  return NULL;
}

/* The two words at load address TABLE; false when they are not stored in the image. */
static bool table_words(const program_t *program, uint32_t table, uint32_t *sp, uint32_t *reset) {
  const segment_t *segment = program_segment_stored(program, table, 8);
  if (!segment || (table & 3)) return false;
  const uint8_t *bytes = segment->data + (table - segment->load_address);
  *sp = program_word(bytes);
  *reset = program_word(bytes + 4);
  return true;
}

/* At reset the core reads the table where it is stored, also when start-up code moves it. */
static bool load_address_of(const program_t *program, uint32_t run_address, uint32_t *address) {
  const segment_t *segment = program_segment_running(program, run_address);
  if (!segment || run_address - segment->run_address >= segment->file_bytes) return false;
  *address = segment->load_address + (run_address - segment->run_address);
  return true;
}

static bool looks_right(const program_t *program, uint32_t table) {
  uint32_t sp, reset;
  return table_words(program, table, &sp, &reset) && !stack_problem(program, sp) && !reset_problem(program, reset);
}

static bool use_table(program_t *program, uint32_t table) {
  uint32_t sp, reset;
  if (!table_words(program, table, &sp, &reset)) {
    return program_fail(program, 0, "no vector table found: 0x%08x does not hold two words", table);
  }
  const char *problem = stack_problem(program, sp);
  if (problem) {
    return program_fail(program, 0, "initial stack pointer 0x%08x (vector table at 0x%08x) %s", sp, table, problem);
  }
  problem = reset_problem(program, reset);
  if (problem) {
    return program_fail(program, 0, "reset handler 0x%08x (vector table at 0x%08x) %s", reset, table, problem);
  }
  program->vector_table = table;
  program->initial_sp = sp;
  program->reset_handler = reset & ~1u;
  return true;
}

/* The best of the tables with a name: the first that looks right, else the first. */
static bool find_named(const program_t *program, uint32_t *table) {
  const image_t *image = program_image(program);
  bool found = false;
  uint32_t address;
  for (size_t k = 0; k < sizeof vector_sections / sizeof vector_sections[0]; k++) {
    for (size_t i = 0; i < image->section_count; i++) {
      const section_t *section = &image->sections[i];
      if (!section->allocated || !section->data || section->bytes < 8) continue;
      if (strcmp(section->name, vector_sections[k]) != 0 || !load_address_of(program, section->address, &address))
        continue;
      if (!found) *table = address;
      found = true;
      if (!looks_right(program, address)) continue;
      *table = address;
      return true;
    }
  }
  for (size_t k = 0; k < sizeof vector_symbols / sizeof vector_symbols[0]; k++) {
    uint32_t value;
    if (!program_symbol(program, vector_symbols[k], &value) || !load_address_of(program, value, &address)) continue;
    if (!found) *table = address;
    found = true;
    if (!looks_right(program, address)) continue;
    *table = address;
    return true;
  }
  return found;
}

/* Half a table: enough to say what is wrong with it, not enough to run. */
static bool nearly_right(const program_t *program, uint32_t table) {
  uint32_t sp, reset;
  if (!table_words(program, table, &sp, &reset)) return false;
  bool handler = !reset_problem(program, reset);
  bool stack = !stack_problem(program, sp) && sp >= 0x10000000u;
  return handler || stack;
}

static bool find_by_contents(const program_t *program, uint32_t *table) {
  const image_t *image = program_image(program);
  const segment_t *nearly = NULL;
  for (size_t i = 0; i < program->segment_count; i++) { /* sorted by load address */
    const segment_t *segment = &program->segments[i];
    *table = segment->load_address;
    if (*table % VECTOR_ALIGNMENT || segment->run_address != *table) continue;
    if (looks_right(program, *table)) return true;
    if (!nearly && nearly_right(program, *table)) nearly = segment;
  }
  uint32_t lowest = UINT32_MAX;
  for (size_t i = 0; i < image->section_count; i++) {
    const section_t *section = &image->sections[i];
    bool candidate = section->allocated && section->data && !section->writable && section->address < lowest;
    if (candidate && section->address % VECTOR_ALIGNMENT == 0 && looks_right(program, section->address)) {
      lowest = section->address;
    }
  }
  *table = lowest != UINT32_MAX ? lowest : nearly ? nearly->load_address : 0;
  return lowest != UINT32_MAX || nearly;
}

bool program_check(program_t *program, const uint32_t *base) {
  bool even_entry = program->entry && !(program->entry & 1);
  if (!check_overlap(program, true) || !check_overlap(program, false) || !check_entry(program)) return false;
  if (base) return use_table(program, *base);
  uint32_t table;
  if (find_named(program, &table) || find_by_contents(program, &table)) return use_table(program, table);
  if (even_entry) {
    return program_fail(program, 0,
                        "no vector table found, and the entry point 0x%08x is even: ARM-state code, not a "
                        "Cortex-M image",
                        program->entry);
  }
  return program_fail(program, 0,
                      "no vector table found: no section or symbol is named like one, and no segment starts "
                      "with a stack pointer and a reset handler");
}
