/* From a mnemonic as people write it to the timing classes it can get. For `cmsim model show`. */
#include "timing/decode_private.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Operands refine these classes: see decode_operands.c. */
static const struct {
  uint8_t base, refined;
} refinements[] = {
    {CLASS_ALU_ADD, CLASS_ALU_SHIFTED_REG},   {CLASS_ALU_ADD, CLASS_ALU_SHIFTED_IMM},
    {CLASS_ALU_LOGIC, CLASS_ALU_SHIFTED_REG}, {CLASS_ALU_LOGIC, CLASS_ALU_SHIFTED_IMM},
    {CLASS_ALU_MOVE, CLASS_ALU_SHIFTED_IMM},  {CLASS_ALU_COMPARE, CLASS_COMPARE_SHIFTED},
    {CLASS_LOAD, CLASS_LOAD_LITERAL},         {CLASS_LOAD, CLASS_LOAD_PC},
    {CLASS_LOAD_NARROW, CLASS_LOAD_LITERAL},  {CLASS_LOAD_MULTIPLE, CLASS_LOAD_MULTIPLE_PC},
    {CLASS_STORE, CLASS_STORE_REG_OFFSET},    {CLASS_STORE_NARROW, CLASS_STORE_NARROW_REG_OFFSET},
    {CLASS_BRANCH, CLASS_BRANCH_COND},        {CLASS_BRANCH_REG, CLASS_BRANCH_LR},
    {CLASS_FP_LOAD, CLASS_FP_LOAD_DOUBLE},    {CLASS_FP_STORE, CLASS_FP_STORE_DOUBLE},
    {CLASS_FP32_MOVE, CLASS_FP32_MOVE_IMM},   {CLASS_FP32_MOVE, CLASS_FP_FROM_CORE},
    {CLASS_FP32_MOVE, CLASS_FP_TO_CORE},      {CLASS_FP32_MOVE, CLASS_FP_FROM_CORE_PAIR},
    {CLASS_FP32_MOVE, CLASS_FP_TO_CORE_PAIR},
};

static const char *const conditions[] = {"eq", "ne", "cs", "hs", "cc", "lo", "mi", "pl", "vs",
                                         "vc", "hi", "ls", "ge", "lt", "gt", "le", "al"};

static bool named(const char *text, size_t length, unsigned *id) {
  unsigned count = decode_table_size();
  for (unsigned i = 1; i < count; i++) {
    const char *name;
    if (!decode_table_covers(i, &name) || strlen(name) != length || strncasecmp(name, text, length) != 0) continue;
    *id = i;
    return true;
  }
  return false;
}

/* Drops ".w", ".f32", then a condition or a flag-setting S, until the table knows the name. */
static bool find_id(const char *mnemonic, unsigned *id) {
  size_t length = strcspn(mnemonic, ".");
  if (named(mnemonic, length, id)) return true;
  for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
    if (length > 2 && strncasecmp(mnemonic + length - 2, conditions[i], 2) == 0 && named(mnemonic, length - 2, id))
      return true;
  }
  return length > 1 && tolower((unsigned char)mnemonic[length - 1]) == 's' && named(mnemonic, length - 1, id);
}

static void add_class(insn_class_t *classes, unsigned *count, unsigned limit, unsigned cls) {
  for (unsigned i = 0; i < *count; i++) {
    if (classes[i] == cls) return;
  }
  if (*count < limit) classes[(*count)++] = (insn_class_t)cls;
}

unsigned decode_classes(const char *mnemonic, insn_class_t *classes, unsigned limit) {
  unsigned id, count = 0;
  if (!find_id(mnemonic, &id)) return 0;
  int base = decode_table_class(id);
  if (base < 0) return 0;
  bool wide = strcasestr(mnemonic, ".f64") != NULL;
  bool arithmetic = base >= CLASS_FP32_ADD && base <= CLASS_FP32_MINMAX;
  if (!arithmetic || !wide) add_class(classes, &count, limit, (unsigned)base);
  for (size_t i = 0; i < sizeof refinements / sizeof *refinements; i++) {
    if (refinements[i].base == base) add_class(classes, &count, limit, refinements[i].refined);
  }
  if (arithmetic && !strcasestr(mnemonic, ".f32")) {
    add_class(classes, &count, limit, (unsigned)base + (CLASS_FP64_ADD - CLASS_FP32_ADD));
  }
  return count;
}
