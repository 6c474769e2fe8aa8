/* Capstone to insn_t, once per address.

   decode_table.def says what an instruction id is; the forms of decode_operands.c read the operands. What Capstone
   leaves open is taken from the opcode itself: IT context (members are decoded one by one), writeback of multiple
   transfers, rotated immediates, single-register PUSH and POP. */
#include "timing/decode_private.h"

#include <capstone/capstone.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  bool listed, present;
  uint8_t cls, form;
  const char *name;
} table_entry_t;

static const table_entry_t table[ARM_INS_ENDING] = {
#define INSN(id, class_, form_) [ARM_INS_##id] = {true, true, CLASS_##class_, FORM_##form_, #id},
#define ABSENT(id)              [ARM_INS_##id] = {true, false, 0, FORM_NONE, #id},
#include "timing/decode_table.def"
#undef INSN
#undef ABSENT
};

struct decoder {
  csh handle;
  cs_insn *insn;
  bool in_it; /* Capstone has seen an IT instruction */
};

decoder_t *decoder_new(void) {
  decoder_t *decoder = calloc(1, sizeof *decoder);
  if (!decoder) return NULL;
  if (cs_open(CS_ARCH_ARM, CS_MODE_THUMB | CS_MODE_MCLASS, &decoder->handle) != CS_ERR_OK) {
    free(decoder);
    return NULL;
  }
  cs_option(decoder->handle, CS_OPT_DETAIL, CS_OPT_ON);
  decoder->insn = cs_malloc(decoder->handle);
  return decoder;
}

void decoder_free(decoder_t *decoder) {
  if (!decoder) return;
  cs_free(decoder->insn, 1);
  cs_close(&decoder->handle);
  free(decoder);
}

unsigned decode_table_size(void) { return ARM_INS_ENDING; }

int decode_table_class(unsigned id) { return id < ARM_INS_ENDING && table[id].present ? table[id].cls : -1; }

bool decode_table_covers(unsigned id, const char **name) {
  *name = id < ARM_INS_ENDING && table[id].listed ? table[id].name : NULL;
  return *name != NULL;
}

/* Capstone's own answer is wrong for ADC.W, SBC.W and UADD8: a 32-bit opcode has an S bit, in data processing only. */
static bool sets_flags(const insn_t *insn, const cs_arm *arm) {
  if (insn->cls == CLASS_ALU_COMPARE || insn->cls == CLASS_COMPARE_SHIFTED) return true;
  if (insn->size == 2) { /* 16-bit opcodes set flags only outside IT */
    return arm->update_flags && !(insn->flags & INSN_IN_IT) && insn->cls != CLASS_FP_STATUS_READ;
  }
  bool plain_immediate = (insn->opcode[0] & 0xFA00u) == 0xF200u; /* MOVW, ADDW, ... [ARMv7-M A5.3.3] */
  return insn->cls <= CLASS_SHIFT_RRX && !plain_immediate && (insn->opcode[0] & 0x10u);
}

/* Opcodes that Capstone decodes although no Armv7E-M core has them: Advanced SIMD, D16-D31 and Q registers, 8- and
   16-bit lanes. */
static bool is_advanced_simd(const insn_t *insn, const cs_arm *arm) {
  unsigned first = insn->opcode[0], second = insn->opcode[1];
  if (insn->size != 4) return false;
  if ((first & 0xEF00u) == 0xEF00u || (first & 0xFF10u) == 0xF900u) return true;
  bool lane_move = (first & 0xFF00u) == 0xEE00u && (second & 0x0F1Fu) == 0x0B10u;
  if (lane_move && ((first & 0xC0u) || (second & 0x60u))) return true;
  for (int i = 0; i < arm->op_count; i++) {
    int reg = arm->operands[i].type == ARM_OP_REG ? arm->operands[i].reg : ARM_REG_INVALID;
    if ((reg >= ARM_REG_D16 && reg <= ARM_REG_D31) || (reg >= ARM_REG_Q0 && reg <= ARM_REG_Q15)) return true;
  }
  return false;
}

/* Properties that follow from class and operands. */
static void derive_flags(insn_t *insn, const cs_arm *arm) {
  if (sets_flags(insn, arm)) {
    insn->flags |= INSN_SETS_FLAGS;
    insn->writes |= REG_BIT(REG_FLAGS);
  }
  if (insn->cls <= CLASS_DIVIDE_UNSIGNED) insn->flags |= INSN_DATA_PROC;
  bool plain = insn->cls <= CLASS_MLA_DSP_LONG && insn->flow == FLOW_NONE;
  if (plain) insn->flags |= INSN_PLAIN;
  if (insn->cls >= CLASS_FP_FROM_CORE) insn->flags |= INSN_FP;
  if (insn->cls == CLASS_FP_TO_CORE || insn->cls == CLASS_FP_TO_CORE_PAIR) insn->flags |= INSN_DATA_PROC;
  if (insn->cls == CLASS_ALU_ADD || insn->cls == CLASS_ALU_MOVE || insn->cls == CLASS_SHIFT) insn->flags |= INSN_EARLY;
  bool base_changes = (insn->flags & INSN_WRITEBACK) && insn->base == REG_SP;
  if (base_changes || (insn->writes & REG_BIT(REG_SP)) || insn->cls == CLASS_SYSREG_WRITE)
    insn->flags |= INSN_WRITES_SP;
  bool one = insn->writes && (insn->writes & (insn->writes - 1)) == 0 && insn->writes != REG_BIT(REG_FLAGS);
  insn->result = one ? (uint8_t)__builtin_ctzll(insn->writes) : 0xFF;
  if (insn->flags & INSN_IN_IT && insn->condition < 14) decode_add_read(insn, REG_FLAGS, ROLE_FLAGS);
}

/* Everything empty but address and opcode. */
static void start_insn(insn_t *insn, uint32_t address, uint16_t first, uint16_t second) {
  memset(insn, 0, sizeof *insn);
  insn->address = address;
  insn->opcode[0] = first;
  insn->size = (uint8_t)insn_size(first);
  if (insn->size == 4) insn->opcode[1] = second;
  insn->base = insn->divide_n = insn->divide_m = insn->result = 0xFF;
  insn->condition = 14;
  insn->cls = CLASS_HINT;
}

static void make_undefined(insn_t *insn) {
  uint32_t in_it = insn->flags & INSN_IN_IT;
  uint8_t condition = insn->condition;
  start_insn(insn, insn->address, insn->opcode[0], insn->opcode[1]);
  insn->condition = condition;
  insn->flags = in_it | INSN_UNDEFINED;
}

enum { IT_OF_ONE = 0xBF08 };

/* Capstone remembers an IT instruction over calls, and takes what it is given next for a member. */
static void feed(decoder_t *decoder, uint16_t opcode) {
  const uint8_t bytes[2] = {(uint8_t)opcode, (uint8_t)(opcode >> 8)};
  const uint8_t *code = bytes;
  size_t left = sizeof bytes;
  uint64_t at = 0;
  cs_disasm_iter(decoder->handle, &code, &left, &at, decoder->insn);
}

static void forget_it(decoder_t *decoder) {
  enum { NOP = 0xBF00, MEMBERS_MAX = 4 };
  for (unsigned i = 0; decoder->in_it && i < MEMBERS_MAX; i++)
    feed(decoder, NOP);
  decoder->in_it = false;
}

void decode_insn(decoder_t *decoder, const uint8_t bytes[4], uint32_t address, it_context_t context, insn_t *insn) {
  start_insn(insn, address, (uint16_t)(bytes[0] | bytes[1] << 8), (uint16_t)(bytes[2] | bytes[3] << 8));
  if (context.in_it) {
    insn->flags |= INSN_IN_IT;
    insn->condition = context.condition;
  }
  uint8_t conditions[4];
  if (!context.in_it && (insn->it_length = (uint8_t)decode_it(insn->opcode[0], conditions)) != 0) {
    insn->cls = CLASS_IT;
    return;
  }
  if (insn->opcode[0] == 0xBFE0u || insn->opcode[0] == 0xBFF0u) {
    insn->flags |= INSN_MARKER;
    return;
  }
  if (insn->opcode[0] == 0xBF40u || (insn->opcode[0] == 0xF3AFu && insn->opcode[1] == 0x8004u)) {
    insn->flags |= INSN_EVENT;
  }
  const uint8_t *code = bytes;
  size_t size = insn->size;
  uint64_t at = address;
  if (!context.in_it) forget_it(decoder);
  if (!cs_disasm_iter(decoder->handle, &code, &size, &at, decoder->insn) || !table[decoder->insn->id].present) {
    insn->flags |= INSN_UNDEFINED;
    return;
  }
  const table_entry_t *entry = &table[decoder->insn->id];
  const cs_arm *arm = &decoder->insn->detail->arm;
  insn->cls = entry->cls;
  if (is_advanced_simd(insn, arm)) {
    make_undefined(insn);
    return;
  }
  decode_operands(insn, arm, decoder->insn->id, (form_t)entry->form);
  derive_flags(insn, arm);
  if (insn->cls == CLASS_LOAD_EXCLUSIVE || insn->cls == CLASS_STORE_EXCLUSIVE) insn->flags |= INSN_EXCLUSIVE;
  /* Writing PC by anything that is no branch is unpredictable. */
  if ((insn->writes & REG_BIT(REG_PC)) && insn->flow == FLOW_NONE) make_undefined(insn);
}

unsigned decode_it(uint16_t opcode, uint8_t conditions[4]) {
  if ((opcode & 0xFF00u) != 0xBF00u || !(opcode & 0xFu)) return 0;
  unsigned mask = opcode & 0xFu;
  unsigned first = (opcode >> 4) & 0xFu;
  unsigned length = 4u - (unsigned)__builtin_ctz(mask);
  conditions[0] = (uint8_t)first;
  for (unsigned i = 1; i < length; i++)
    conditions[i] = (uint8_t)((first & 0xEu) | ((mask >> (4 - i)) & 1u));
  return length;
}

void decode_text(decoder_t *decoder, const insn_t *insn, char *text, size_t size) {
  const uint8_t bytes[4] = {(uint8_t)insn->opcode[0], (uint8_t)(insn->opcode[0] >> 8), (uint8_t)insn->opcode[1],
                            (uint8_t)(insn->opcode[1] >> 8)};
  const uint8_t *code = bytes;
  size_t left = insn->size;
  uint64_t at = insn->address;
  forget_it(decoder);
  if (insn->flags & INSN_IN_IT) feed(decoder, (uint16_t)(IT_OF_ONE | insn->condition << 4));
  decoder->in_it = insn->cls == CLASS_IT;
  if (cs_disasm_iter(decoder->handle, &code, &left, &at, decoder->insn)) {
    snprintf(text, size, "%s %s", decoder->insn->mnemonic, decoder->insn->op_str);
  } else {
    snprintf(text, size, ".inst 0x%04x%s", insn->opcode[0], insn->size == 4 ? " ..." : "");
  }
}
