/* What the programs have executed: timing classes, mnemonics, IT blocks, exceptions, ends. */
#include "runs.h"

#include "timing/insn.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MNEMONICS_MAX = 1024, MNEMONIC_BYTES = 24, HANDLERS_MAX = 16 };

static struct {
  uint64_t classes[CLASS_COUNT]; /* executions */
  uint64_t it_shapes[256];
  char mnemonics[MNEMONICS_MAX][MNEMONIC_BYTES];
  unsigned mnemonic_count;
  char handlers[HANDLERS_MAX][MNEMONIC_BYTES];
  uint64_t handler_calls[HANDLERS_MAX];
  uint64_t programs, instructions, exceptions, cycles, causes[CAUSE_COUNT];
} seen;

static void add_mnemonic(const char *text) {
  char name[MNEMONIC_BYTES] = {0};
  size_t length = strcspn(text, " \t");
  if (length >= sizeof name) length = sizeof name - 1;
  memcpy(name, text, length);
  for (unsigned i = 0; i < seen.mnemonic_count; i++) {
    if (strcmp(seen.mnemonics[i], name) == 0) return;
  }
  if (seen.mnemonic_count < MNEMONICS_MAX) memcpy(seen.mnemonics[seen.mnemonic_count++], name, sizeof name);
}

static void add_handlers(const results_t *results) {
  for (size_t i = 0; i < results->function_count; i++) {
    const function_result_t *from = &results->functions[i];
    unsigned k = 0;
    if (!strstr(from->name, "_Handler")) continue;
    while (k < HANDLERS_MAX - 1 && seen.handlers[k][0] && strcmp(seen.handlers[k], from->name) != 0)
      k++;
    snprintf(seen.handlers[k], sizeof seen.handlers[k], "%s", from->name);
    seen.handler_calls[k] += from->calls;
  }
}

void coverage_add(const results_t *results) {
  decoder_t *decoder = decoder_new();
  if (!decoder) return;
  for (size_t i = 0; i < results->insn_count; i++) {
    const insn_result_t *from = &results->insns[i];
    uint8_t bytes[4] = {(uint8_t)from->opcode[0], (uint8_t)(from->opcode[0] >> 8), (uint8_t)from->opcode[1],
                        (uint8_t)(from->opcode[1] >> 8)};
    insn_t insn = {.cls = CLASS_IT};
    char text[96] = "it";
    bool is_it = (from->opcode[0] & 0xFF00u) == 0xBF00u && (from->opcode[0] & 0xFu);
    if (!is_it) { /* which the decoder would carry on to what comes behind */
      decode_insn(decoder, bytes, from->address, (it_context_t){false, 14}, &insn);
      decode_text(decoder, &insn, text, sizeof text);
    }
    seen.classes[insn.cls] += from->count;
    if (is_it) seen.it_shapes[from->opcode[0] & 0xFF] += from->count;
    add_mnemonic(text);
  }
  add_handlers(results);
  decoder_free(decoder);
  seen.programs++;
  seen.instructions += results->instructions;
  seen.exceptions += results->exceptions;
  seen.cycles += results->cycles;
  for (unsigned i = 0; i < CAUSE_COUNT; i++)
    seen.causes[i] += results->causes[i];
}

/* The rows of the decoder's table that no mnemonic stands for. */
static unsigned print_missing_rows(FILE *out) {
  unsigned missing = 0, rows = 0;
  for (unsigned id = 0; id < decode_table_size(); id++) {
    const char *name;
    insn_class_t classes[4];
    bool found = false;
    if (!decode_table_covers(id, &name) || !decode_classes(name, classes, 4)) continue;
    rows++;
    for (unsigned i = 0; i < seen.mnemonic_count && !found; i++) {
      size_t length = strcspn(seen.mnemonics[i], ".");
      bool flags = length && seen.mnemonics[i][length - 1] == 's' && strlen(name) == length - 1;
      found =
          strncasecmp(seen.mnemonics[i], name, flags ? length - 1 : length) == 0 && (flags || strlen(name) == length);
    }
    if (!found) fprintf(out, "%s %s", missing ? "" : "rows of the decoder never met:", name);
    missing += !found;
  }
  fprintf(out, "%s%u of %u rows of the decoder met\n", missing ? "\n" : "", rows - missing, rows);
  return missing;
}

static int by_name(const void *a, const void *b) { return strcmp(a, b); }

bool coverage_print(FILE *out) {
  unsigned classes = 0, shapes = 0;
  fprintf(out, "%" PRIu64 " runs, %" PRIu64 " instructions, %" PRIu64 " cycles, %" PRIu64 " exceptions\n",
          seen.programs, seen.instructions, seen.cycles, seen.exceptions);
  for (unsigned i = 0; i < CLASS_COUNT; i++)
    classes += seen.classes[i] != 0;
  for (unsigned i = 0; i < 256; i++)
    shapes += seen.it_shapes[i] != 0;
  fprintf(out, "%u of %u timing classes, %u shapes of IT (14 conditions, 15 masks each: 210)\n", classes,
          (unsigned)CLASS_COUNT, shapes);
  for (unsigned i = 0; i < CLASS_COUNT; i++)
    fprintf(out, "  %-26s %12" PRIu64 "%s\n", insn_class_name((insn_class_t)i), seen.classes[i],
            seen.classes[i] ? "" : "  never");
  fprintf(out, "causes:\n");
  for (unsigned i = 0; i < CAUSE_COUNT; i++)
    fprintf(out, "  %-26s %12" PRIu64 "%s\n", cause_name((cause_t)i), seen.causes[i], seen.causes[i] ? "" : "  never");
  fprintf(out, "handlers:\n");
  for (unsigned i = 0; i < HANDLERS_MAX && seen.handlers[i][0]; i++)
    fprintf(out, "  %-26s %12" PRIu64 "\n", seen.handlers[i], seen.handler_calls[i]);
  print_missing_rows(out);
  qsort(seen.mnemonics, seen.mnemonic_count, sizeof seen.mnemonics[0], by_name);
  fprintf(out, "%u mnemonics:", seen.mnemonic_count);
  for (unsigned i = 0; i < seen.mnemonic_count; i++)
    fprintf(out, " %s", seen.mnemonics[i]);
  fprintf(out, "\n");
  return classes == CLASS_COUNT;
}
