/* Decoding: every Capstone instruction id is accounted for, every instruction gets its class, operands and roles, and
   no bit pattern breaks the invariants that the timing code rests on. */
#include "run_suite.h"
#include "timing/cost_model.h"
#include "timing/insn.h"

#include <check.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint32_t ADDRESS = 0x08000100;

static decoder_t *decoder;

static void open_decoder(void) { decoder = decoder_new(); }
static void close_decoder(void) { decoder_free(decoder); }

static insn_t decode_in(uint16_t first, uint16_t second, it_context_t context) {
  const uint8_t bytes[4] = {(uint8_t)first, (uint8_t)(first >> 8), (uint8_t)second, (uint8_t)(second >> 8)};
  insn_t insn;
  decode_insn(decoder, bytes, ADDRESS, context, &insn);
  return insn;
}

static insn_t decode(uint16_t first, uint16_t second) { return decode_in(first, second, (it_context_t){0}); }

/* ---- (a) the table ---- */

typedef struct {
  const char *name;
  bool present;
} table_line_t;

static const table_line_t ids[] = {
#define INSN(id, class_, form_) {#id, true},
#define ABSENT(id)              {#id, false},
#include "timing/decode_table.def"
#undef INSN
#undef ABSENT
};
enum { IDS = sizeof ids / sizeof *ids };

START_TEST(every_id_is_listed_once) {
  const char *name;
  ck_assert_uint_eq(IDS, decode_table_size() - 1); /* id 0 is none */
  ck_assert(!decode_table_covers(0, &name));
  for (unsigned id = 1; id < decode_table_size(); id++) {
    ck_assert_msg(decode_table_covers(id, &name), "Capstone id %u is in no line of decode_table.def", id);
    unsigned lines = 0;
    for (unsigned i = 0; i < IDS; i++)
      lines += strcmp(ids[i].name, name) == 0;
    ck_assert_msg(lines == 1, "%s has %u lines in decode_table.def", name, lines);
  }
  ck_assert(!decode_table_covers(decode_table_size(), &name));
}
END_TEST

/* ---- (b) instructions one by one ---- */

typedef struct {
  const char *text;
  uint16_t first, second;
  insn_class_t cls;
  const char *operands, *list, *writes, *flags, *memory;
  flow_t flow;
} case_t;

static const case_t cases[] = {
#define CASE(text, first, second, cls, operands, list, writes, flags, memory, flow)                                    \
  {text, first, second, CLASS_##cls, operands, list, writes, flags, memory, FLOW_##flow},
#include "decode_cases.inc"
#undef CASE
};
enum { CASES = sizeof cases / sizeof *cases };

static const struct {
  const char *name;
  uint32_t bit;
} flag_names[] = {
    {"writeback", INSN_WRITEBACK},
    {"reg_offset", INSN_REG_OFFSET},
    {"in_it", INSN_IN_IT},
    {"sets_flags", INSN_SETS_FLAGS},
    {"data_proc", INSN_DATA_PROC},
    {"fp_arith", INSN_FP_ARITH},
    {"fp", INSN_FP},
    {"writes_sp", INSN_WRITES_SP},
    {"divide", INSN_DIVIDE},
    {"marker", INSN_MARKER},
    {"early", INSN_EARLY},
    {"single_load", INSN_SINGLE_LOAD},
    {"single_store", INSN_SINGLE_STORE},
    {"links", INSN_LINKS},
    {"undefined", INSN_UNDEFINED},
    {"literal", INSN_LITERAL},
};

/* First register number and how many numbers it spans: a double is two. */
static unsigned register_of(const char *word, unsigned *span) {
  static const struct {
    const char *name;
    unsigned number;
  } special[] = {{"sp", REG_SP},       {"lr", REG_LR}, {"pc", REG_PC},
                 {"flags", REG_FLAGS}, {"ge", REG_GE}, {"fpscr", REG_FPSCR}};
  *span = 1;
  for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
    if (strcmp(word, special[i].name) == 0) return special[i].number;
  }
  unsigned number = (unsigned)atoi(word + 1);
  ck_assert_msg(strchr("rsd", word[0]) && isdigit((unsigned char)word[1]), "'%s' is no register", word);
  if (word[0] == 'r') return number;
  *span = word[0] == 'd' ? 2 : 1;
  return REG_S0 + number * *span;
}

static uint64_t mask_of(const char *words) {
  char text[128];
  uint64_t mask = 0;
  snprintf(text, sizeof text, "%s", words);
  for (char *rest = NULL, *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
    unsigned span, reg = register_of(word, &span);
    for (unsigned i = 0; i < span; i++)
      mask |= REG_BIT(reg + i);
  }
  return mask;
}

static uint32_t flags_of(const char *words) {
  char text[128];
  uint32_t flags = 0;
  snprintf(text, sizeof text, "%s", words);
  for (char *rest = NULL, *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
    uint32_t bit = 0;
    for (size_t i = 0; i < sizeof flag_names / sizeof *flag_names; i++) {
      if (strcmp(word, flag_names[i].name) == 0) bit = flag_names[i].bit;
    }
    ck_assert_msg(bit != 0, "'%s' is no flag", word);
    flags |= bit;
  }
  return flags;
}

/* How often an operand (register, role) is among those of INSN. */
static unsigned times_read(const insn_t *insn, unsigned reg, const char *role) {
  unsigned times = 0;
  for (unsigned i = 0; i < insn->operand_count; i++) {
    times += insn->operands[i].reg == reg && strcmp(operand_role_name(insn->operands[i].role), role) == 0;
  }
  return times;
}

static const char *got_operands(const insn_t *insn) {
  static char text[256];
  size_t used = 0;
  text[0] = '\0';
  for (unsigned i = 0; i < insn->operand_count && used < sizeof text; i++) {
    used += (size_t)snprintf(text + used, sizeof text - used, "%u %s, ", insn->operands[i].reg,
                             operand_role_name(insn->operands[i].role));
  }
  return text;
}

/* "r1 alu, r2 shifted": every operand with its role, as often as it is named, and no other. Returns the registers. */
static uint64_t check_operands(const case_t *expected, const insn_t *insn) {
  char text[128];
  uint64_t mask = 0;
  unsigned count = 0;
  snprintf(text, sizeof text, "%s", expected->operands);
  for (char *rest = NULL, *item = strtok_r(text, ",", &rest); item; item = strtok_r(NULL, ",", &rest)) {
    char word[16], role[32];
    ck_assert_int_eq(sscanf(item, " %15s %31s", word, role), 2);
    unsigned span, reg = register_of(word, &span);
    for (unsigned i = 0; i < span; i++, count++) {
      ck_assert_msg(times_read(insn, reg + i, role) >= 1, "%s: no operand '%s %s' (register %u) in: %s", expected->text,
                    word, role, reg + i, got_operands(insn));
      mask |= REG_BIT(reg + i);
    }
  }
  ck_assert_msg(count == insn->operand_count, "%s: %u operands expected, %u in: %s", expected->text, count,
                insn->operand_count, got_operands(insn));
  return mask;
}

static void check_flags(const case_t *expected, const insn_t *insn) {
  uint32_t flags = flags_of(expected->flags);
  for (size_t i = 0; i < sizeof flag_names / sizeof *flag_names; i++) {
    uint32_t bit = flag_names[i].bit;
    ck_assert_msg((insn->flags & bit) == (flags & bit), "%s: flag %s is %s", expected->text, flag_names[i].name,
                  insn->flags & bit ? "set" : "clear");
  }
}

static void check_memory(const case_t *expected, const insn_t *insn) {
  char kind[8] = "none";
  unsigned bytes = 0, transfers = 0;
  if (expected->memory[0]) ck_assert_int_eq(sscanf(expected->memory, "%7s %ux%u", kind, &bytes, &transfers), 3);
  static const char *const kinds[] = {"none", "load", "store"};
  ck_assert_msg(strcmp(kinds[insn->memory], kind) == 0, "%s: memory is '%s'", expected->text, kinds[insn->memory]);
  ck_assert_msg(insn->access_bytes == bytes, "%s: accesses of %u bytes", expected->text, insn->access_bytes);
  ck_assert_msg(insn->transfers == transfers, "%s: %u transfers", expected->text, insn->transfers);
}

/* The address is made of the operands with the roles base and index, and of nothing else. */
static void check_address(const case_t *expected, const insn_t *insn) {
  uint64_t address = 0;
  uint8_t base = 0xFF;
  for (unsigned i = 0; i < insn->operand_count; i++) {
    operand_t operand = insn->operands[i];
    if (operand.role == ROLE_BASE) base = operand.reg;
    if (operand.role == ROLE_BASE || operand.role == ROLE_INDEX) address |= REG_BIT(operand.reg);
  }
  ck_assert_msg(insn->base == base, "%s: base is %u", expected->text, insn->base);
  ck_assert_msg(insn->address_regs == address, "%s: address registers 0x%llx", expected->text,
                (unsigned long long)insn->address_regs);
}

START_TEST(instruction) {
  const case_t *expected = &cases[_i];
  insn_t insn = decode(expected->first, expected->second);
  ck_assert_uint_eq(insn.size, insn_size(expected->first));
  ck_assert_msg(insn.cls == expected->cls, "%s: class is %s", expected->text, insn_class_name(insn.cls));
  uint64_t reads = check_operands(expected, &insn) | mask_of(expected->list);
  ck_assert_msg(insn.reads == reads, "%s: reads 0x%llx, expected 0x%llx", expected->text,
                (unsigned long long)insn.reads, (unsigned long long)reads);
  uint64_t writes = mask_of(expected->writes);
  ck_assert_msg(insn.writes == writes, "%s: writes 0x%llx, expected 0x%llx", expected->text,
                (unsigned long long)insn.writes, (unsigned long long)writes);
  check_flags(expected, &insn);
  check_memory(expected, &insn);
  check_address(expected, &insn);
  if (insn.flags & INSN_DIVIDE) ck_assert(insn.divide_n == 1 && insn.divide_m == 2); /* all cases divide r1 by r2 */
  ck_assert_msg(insn.flow == expected->flow, "%s: flow is %u", expected->text, insn.flow);
  if (strstr(expected->text, ".+8") && insn.flow != FLOW_NONE) ck_assert_uint_eq(insn.target, ADDRESS + 8);
}
END_TEST

/* The mnemonic without condition or width, upper case, as decode_table.def writes it. */
static void mnemonic_of(const case_t *one, char name[32]) {
  insn_t insn = decode(one->first, one->second);
  char text[96];
  decode_text(decoder, &insn, text, sizeof text);
  size_t length = strcspn(text, " .");
  snprintf(name, 32, "%.*s", (int)length, text);
  for (char *c = name; *c; c++)
    *c = (char)toupper((unsigned char)*c);
}

/* NAME, or NAME with what a form of it adds: flags, a condition, enable or disable. */
static bool is_form_of(const char *mnemonic, const char *name) {
  static const char *const tails[] = {"", "S", "EQ", "IE", "ID"};
  size_t length = strlen(name);
  if (strncmp(mnemonic, name, length) != 0) return false;
  for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
    if (strcmp(mnemonic + length, tails[i]) == 0) return true;
  }
  return false;
}

/* Ids of these cores that Capstone never returns for a Thumb encoding without Armv8: it calls them HINT. */
static const char *const never_returned[] = {"SEVL"};

static bool is_never_returned(const char *name) {
  for (size_t i = 0; i < sizeof never_returned / sizeof *never_returned; i++) {
    if (strcmp(name, never_returned[i]) == 0) return true;
  }
  return false;
}

START_TEST(every_present_id_has_a_case) {
  static char mnemonics[CASES][32];
  unsigned missing = 0;
  for (unsigned i = 0; i < CASES; i++)
    mnemonic_of(&cases[i], mnemonics[i]);
  for (unsigned i = 0; i < IDS; i++) {
    bool found = false;
    for (unsigned k = 0; k < CASES && !found; k++)
      found = is_form_of(mnemonics[k], ids[i].name);
    if (!ids[i].present || found != is_never_returned(ids[i].name)) continue;
    fprintf(stderr, "%s line of decode_cases.inc decodes to %s\n", found ? "a" : "no", ids[i].name);
    missing++;
  }
  ck_assert_uint_eq(missing, 0);
}
END_TEST

START_TEST(every_class_has_a_case_and_a_row) {
  static const char *const cores[] = {"cortex-m4", "cortex-m7"};
  for (unsigned cls = 0; cls < CLASS_COUNT; cls++) {
    bool found = false;
    for (unsigned i = 0; i < CASES; i++)
      found |= cases[i].cls == cls;
    ck_assert_msg(found, "no case for class %s", insn_class_name(cls));
  }
  for (unsigned c = 0; c < sizeof cores / sizeof *cores; c++) {
    core_model_t *model = cost_model_load(CMSIM_SOURCE_DIR "/cost_models", cores[c]);
    ck_assert(model != NULL);
    for (unsigned cls = 0; cls < CLASS_COUNT; cls++) {
      const cost_row_t *row = &model->rows[cls];
      ck_assert_msg(row->unsupported || row->issue || row->beat, "%s: nothing charged for %s", cores[c],
                    insn_class_name(cls));
    }
    cost_model_free(model);
  }
}
END_TEST

/* ---- (c) IT blocks ---- */

static const struct {
  const char *text;
  uint16_t opcode;
  unsigned length;
  uint8_t conditions[4];
} it_cases[] = {
    {"it eq", 0xBF08, 1, {0}},
    {"ite ne", 0xBF14, 2, {1, 0}},
    {"itt ge", 0xBFA4, 2, {10, 10}},
    {"itete hi", 0xBF8B, 4, {8, 9, 8, 9}},
    {"itttt lt", 0xBFBF, 4, {11, 11, 11, 11}}, /* low bit of the condition set: a 1 in the mask means "then" */
    {"iteee lt", 0xBFB1, 4, {11, 10, 10, 10}},
    {"it al", 0xBFE8, 1, {14}},
};

START_TEST(it_opcode) {
  uint8_t conditions[4];
  unsigned length = decode_it(it_cases[_i].opcode, conditions);
  ck_assert_msg(length == it_cases[_i].length, "%s: length %u", it_cases[_i].text, length);
  for (unsigned i = 0; i < length; i++) {
    ck_assert_msg(conditions[i] == it_cases[_i].conditions[i], "%s: instruction %u has condition %u", it_cases[_i].text,
                  i + 1, conditions[i]);
  }
  insn_t insn = decode(it_cases[_i].opcode, 0);
  ck_assert_uint_eq(insn.cls, CLASS_IT);
  ck_assert_uint_eq(insn.it_length, it_cases[_i].length);
  ck_assert_uint_eq(insn.flags, 0);
}
END_TEST

START_TEST(hints_are_no_it) {
  uint8_t conditions[4];
  for (uint16_t opcode = 0xBF00; opcode <= 0xBFF0; opcode = (uint16_t)(opcode + 0x10))
    ck_assert_uint_eq(decode_it(opcode, conditions), 0);
}
END_TEST

START_TEST(it_suppresses_narrow_flags) {
  static const it_context_t ne = {true, 1};
  insn_t outside = decode(0x1888, 0), inside = decode_in(0x1888, 0, ne); /* adds / addne r0, r1, r2 */
  ck_assert(outside.flags & INSN_SETS_FLAGS && outside.writes & REG_BIT(REG_FLAGS));
  ck_assert(!(inside.flags & INSN_SETS_FLAGS) && !(inside.writes & REG_BIT(REG_FLAGS)));
  ck_assert(inside.flags & INSN_IN_IT && inside.condition == 1);
  ck_assert_uint_eq(inside.reads, REG_BIT(1) | REG_BIT(2) | REG_BIT(REG_FLAGS));
  ck_assert_uint_eq(times_read(&inside, REG_FLAGS, "flags"), 1);
  insn_t compare = decode_in(0x4288, 0, ne); /* cmpne r0, r1 sets them nevertheless */
  ck_assert(compare.flags & INSN_SETS_FLAGS && compare.writes & REG_BIT(REG_FLAGS));
  insn_t wide = decode_in(0xEB11, 0x0002, ne); /* addsne.w r0, r1, r2 too */
  ck_assert(wide.flags & INSN_SETS_FLAGS && wide.writes & REG_BIT(REG_FLAGS));
}
END_TEST

START_TEST(it_members) {
  insn_t always = decode_in(0x1888, 0, (it_context_t){true, 14}); /* IT AL reads no flags */
  ck_assert(!(always.reads & REG_BIT(REG_FLAGS)));
  insn_t branch = decode_in(0xE002, 0, (it_context_t){true, 0}); /* it eq; beq .+8, encoded as B */
  ck_assert_uint_eq(branch.condition, 0);
  ck_assert_uint_eq(times_read(&branch, REG_FLAGS, "flags"), 1);
  ck_assert_uint_eq(branch.target, ADDRESS + 8);
  insn_t carry = decode_in(0x4148, 0, (it_context_t){true, 2}); /* adccs r0, r1 */
  ck_assert(carry.reads & REG_BIT(REG_FLAGS) && !(carry.writes & REG_BIT(REG_FLAGS)));
  insn_t returns = decode_in(0x4770, 0, (it_context_t){true, 0}); /* bxeq lr */
  ck_assert_uint_eq(returns.flow, FLOW_RETURN);
  ck_assert_uint_eq(returns.cls, CLASS_BRANCH_LR);
}
END_TEST

/* ---- (e) any bit pattern ---- */

static uint32_t random_word(uint32_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 17;
  *state ^= *state << 5;
  return *state;
}

/* Half the words get a 32-bit prefix: those encodings are sparse otherwise. */
static uint32_t pattern(uint32_t *state) {
  uint32_t word = random_word(state);
  return random_word(state) & 1u ? word | 0xE800u : word;
}

static const char *broken_invariant(const insn_t *insn, it_context_t context) {
  if (insn->size != insn_size(insn->opcode[0])) return "size";
  if (insn->cls >= CLASS_COUNT) return "class";
  if (insn->operand_count > OPERANDS_MAX) return "operand count";
  if (insn->condition > 14) return "condition";
  if (insn->transfers > 32) return "transfers";
  if (insn->flags & INSN_UNDEFINED) {
    return insn->cls == CLASS_HINT && !insn->operand_count && !insn->reads && !insn->writes ? NULL
                                                                                            : "undefined is bare";
  }
  for (unsigned i = 0; i < insn->operand_count; i++) {
    if (insn->operands[i].reg >= REG_COUNT || insn->operands[i].role >= ROLE_COUNT) return "operand range";
    if (!(insn->reads >> insn->operands[i].reg & 1u)) return "operand among reads";
  }
  if ((insn->flags & (INSN_SINGLE_LOAD | INSN_SINGLE_STORE)) && insn->transfers != 1) return "single transfer";
  if ((insn->flags & INSN_SINGLE_LOAD) && insn->memory != MEMORY_LOAD) return "single load is a load";
  if ((insn->flags & INSN_SINGLE_STORE) && insn->memory != MEMORY_STORE) return "single store is a store";
  if ((insn->flags & INSN_SINGLE_LOAD) && (insn->writes & REG_BIT(REG_PC))) return "single load not to PC";
  if (insn->memory != MEMORY_NONE && (insn->base == 0xFF || !insn->transfers || !insn->access_bytes)) return "access";
  if (insn->memory == MEMORY_NONE && (insn->transfers || insn->access_bytes)) return "no access";
  if ((insn->flags & INSN_WRITEBACK) && insn->base == 0xFF) return "writeback base";
  if (insn->base != 0xFF && !(insn->address_regs >> insn->base & 1u)) return "base among address registers";
  if (insn->address_regs & ~insn->reads) return "address registers among reads";
  if ((insn->flags & INSN_SETS_FLAGS) && !(insn->writes & REG_BIT(REG_FLAGS))) return "flags among writes";
  if ((insn->flags & INSN_FP_ARITH) && !(insn->flags & INSN_FP)) return "FP";
  if ((insn->writes & REG_FP_MASK) && !(insn->flags & INSN_FP)) return "FP result";
  if ((insn->writes & REG_BIT(REG_SP)) && !(insn->flags & INSN_WRITES_SP)) return "writes SP";
  if ((insn->writes & REG_BIT(REG_PC)) && insn->flow == FLOW_NONE) return "a result in PC is a branch";
  if ((insn->flags & INSN_DIVIDE) && (insn->divide_n > 15 || insn->divide_m > 15)) return "divide operands";
  if (insn->result != 0xFF && insn->writes != REG_BIT(insn->result)) return "the one result";
  if (((insn->flags & INSN_IN_IT) != 0) != context.in_it) return "IT context";
  return NULL;
}

START_TEST(any_pattern) {
  enum { PATTERNS = 1000000, SHOWN = 20 };
  uint32_t state = 0x2545F491u;
  unsigned broken = 0, undefined = 0;
  for (unsigned i = 0; i < PATTERNS; i++) {
    uint32_t word = pattern(&state);
    it_context_t context = {(i & 7u) == 0, (uint8_t)(i >> 3 & 7u)};
    insn_t insn = decode_in((uint16_t)word, (uint16_t)(word >> 16), context);
    undefined += (insn.flags & INSN_UNDEFINED) != 0;
    const char *what = broken_invariant(&insn, context);
    if (!what || ++broken > SHOWN) continue;
    char text[96];
    decode_text(decoder, &insn, text, sizeof text);
    fprintf(stderr, "%s: 0x%04X 0x%04X '%s'\n", what, insn.opcode[0], insn.opcode[1], text);
  }
  ck_assert_msg(broken == 0, "%u patterns break an invariant", broken);
  ck_assert_uint_gt(undefined, PATTERNS / 100); /* so that both outcomes were met */
  ck_assert_uint_lt(undefined, PATTERNS / 100 * 99);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("decode");
  TCase *tests = tcase_create("decode");
  tcase_add_unchecked_fixture(tests, open_decoder, close_decoder);
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, every_id_is_listed_once);
  tcase_add_loop_test(tests, instruction, 0, CASES);
  tcase_add_test(tests, every_present_id_has_a_case);
  tcase_add_test(tests, every_class_has_a_case_and_a_row);
  tcase_add_loop_test(tests, it_opcode, 0, sizeof it_cases / sizeof *it_cases);
  tcase_add_test(tests, hints_are_no_it);
  tcase_add_test(tests, it_suppresses_narrow_flags);
  tcase_add_test(tests, it_members);
  tcase_add_test(tests, any_pattern);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
