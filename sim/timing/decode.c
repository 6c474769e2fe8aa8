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

/* Properties that follow from class and operands. */
static void derive_flags(insn_t *insn, const cs_arm *arm) {
  bool compare = insn->cls == CLASS_ALU_COMPARE || insn->cls == CLASS_COMPARE_SHIFTED;
  bool suppressed = (insn->flags & INSN_IN_IT) && insn->size == 2; /* 16-bit opcodes set flags only outside IT */
  if (compare || (arm->update_flags && !suppressed && insn->cls != CLASS_FP_STATUS_READ)) {
    insn->flags |= INSN_SETS_FLAGS;
    insn->writes |= REG_BIT(REG_FLAGS);
  }
  if (insn->cls <= CLASS_DIVIDE_UNSIGNED) insn->flags |= INSN_DATA_PROC;
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

void decode_insn(decoder_t *decoder, const uint8_t bytes[4], uint32_t address, it_context_t context, insn_t *insn) {
  memset(insn, 0, sizeof *insn);
  insn->address = address;
  insn->opcode[0] = (uint16_t)(bytes[0] | bytes[1] << 8);
  insn->size = (uint8_t)insn_size(insn->opcode[0]);
  if (insn->size == 4) insn->opcode[1] = (uint16_t)(bytes[2] | bytes[3] << 8);
  insn->base = insn->divide_n = insn->divide_m = insn->result = 0xFF;
  insn->condition = 14;
  insn->cls = CLASS_HINT;
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
  const uint8_t *code = bytes;
  size_t size = insn->size;
  uint64_t at = address;
  if (!cs_disasm_iter(decoder->handle, &code, &size, &at, decoder->insn) || !table[decoder->insn->id].present) {
    insn->flags |= INSN_UNDEFINED;
    return;
  }
  const table_entry_t *entry = &table[decoder->insn->id];
  const cs_arm *arm = &decoder->insn->detail->arm;
  insn->cls = entry->cls;
  decode_operands(insn, arm, decoder->insn->id, (form_t)entry->form);
  derive_flags(insn, arm);
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
  if (cs_disasm_iter(decoder->handle, &code, &left, &at, decoder->insn)) {
    snprintf(text, size, "%s %s", decoder->insn->mnemonic, decoder->insn->op_str);
  } else {
    snprintf(text, size, ".inst 0x%04x%s", insn->opcode[0], insn->size == 4 ? " ..." : "");
  }
}
