#include "timing/address.h"

enum { WORD = 4 }; /* not cycles: bytes */

static uint32_t bits(uint32_t value, unsigned high, unsigned low) {
  return value >> low & ((1u << (high - low + 1)) - 1u);
}

static address_form_t at_base(unsigned base, uint32_t offset) {
  return (address_form_t){.present = true, .base = (uint8_t)base, .index = ADDRESS_NO_REG, .offset = offset};
}

static address_form_t with_index(unsigned base, unsigned index, unsigned shift) {
  address_form_t form = at_base(base, 0);
  form.index = (uint8_t)index;
  form.shift = (uint8_t)shift;
  return form;
}

/* PC reads as the instruction's address and four, aligned to a word. */
static uint32_t literal_pc(const insn_t *insn) { return (insn->address + WORD) & ~(uint32_t)(WORD - 1); }

static address_form_t at_literal(const insn_t *insn, uint32_t offset) {
  return at_base(ADDRESS_NO_REG, literal_pc(insn) + offset);
}

/* A register list: from the base upwards, or down to what lies below it. */
static address_form_t at_list(unsigned base, uint32_t bytes, bool down, bool writes_back) {
  address_form_t form = at_base(base, down ? 0u - bytes : 0);
  if (writes_back) form.step = down ? 0u - bytes : bytes;
  return form;
}

static address_form_t indexed(unsigned base, uint32_t offset, bool before, bool writes_back) {
  address_form_t form = at_base(base, before ? offset : 0);
  if (writes_back || !before) form.step = offset;
  return form;
}

static address_form_t narrow_form(const insn_t *insn, uint32_t op) {
  unsigned rn = bits(op, 5, 3);
  switch (op >> 12) {
  case 0x4:
    if (bits(op, 15, 11) == 0x9) return at_literal(insn, bits(op, 7, 0) * WORD);
    break;
  case 0x5: return with_index(rn, bits(op, 8, 6), 0);
  case 0x6: return at_base(rn, bits(op, 10, 6) * WORD);
  case 0x7: return at_base(rn, bits(op, 10, 6));
  case 0x8: return at_base(rn, bits(op, 10, 6) * 2);
  case 0x9: return at_base(REG_SP, bits(op, 7, 0) * WORD);
  case 0xB:
    if (bits(op, 11, 9) == 2) return at_list(REG_SP, insn->transfers * (uint32_t)WORD, true, true); /* PUSH */
    if (bits(op, 11, 9) == 6) return at_list(REG_SP, insn->transfers * (uint32_t)WORD, false, true);
    break;
  case 0xC: {
    unsigned base = bits(op, 10, 8);
    bool loads_base = bits(op, 11, 11) && (op >> base & 1u);
    return at_list(base, (uint32_t)__builtin_popcount(bits(op, 7, 0)) * WORD, false, !loads_base);
  }
  default: break;
  }
  return (address_form_t){0};
}

/* LDRD, STRD, exclusives and table branches share a block of encodings. */
static address_form_t dual_form(const insn_t *insn, uint32_t first, uint32_t second) {
  unsigned rn = bits(first, 3, 0), kind = bits(first, 8, 7);
  bool before = bits(first, 8, 8), up = bits(first, 7, 7), writes_back = bits(first, 5, 5);
  uint32_t offset = bits(second, 7, 0) * WORD;
  if (!before && !writes_back) {
    if (kind == 0) return at_base(rn, offset);          /* LDREX, STREX */
    if (bits(second, 7, 5) != 0) return at_base(rn, 0); /* LDREXB and its like */
    unsigned shift = bits(second, 4, 4);                /* TBB, TBH */
    address_form_t table = with_index(rn, bits(second, 3, 0), shift);
    if (rn == REG_PC) {
      table.base = ADDRESS_NO_REG;
      table.offset = insn->address + insn->size;
    }
    return table;
  }
  if (!up) offset = 0u - offset;
  if (rn == REG_PC) return at_literal(insn, offset);
  return indexed(rn, offset, before, writes_back);
}

static address_form_t single_form(const insn_t *insn, uint32_t first, uint32_t second) {
  unsigned rn = bits(first, 3, 0);
  if (insn->memory == MEMORY_NONE) return (address_form_t){0}; /* PLD, PLI */
  if (rn == REG_PC) {
    uint32_t offset = bits(second, 11, 0);
    return at_literal(insn, bits(first, 7, 7) ? offset : 0u - offset);
  }
  if (bits(first, 7, 7)) return at_base(rn, bits(second, 11, 0));
  if (!bits(second, 11, 11)) return with_index(rn, bits(second, 3, 0), bits(second, 5, 4));
  uint32_t offset = bits(second, 7, 0);
  return indexed(rn, bits(second, 9, 9) ? offset : 0u - offset, bits(second, 10, 10), bits(second, 8, 8));
}

static address_form_t fp_form(const insn_t *insn, uint32_t first, uint32_t second) {
  unsigned rn = bits(first, 3, 0);
  bool before = bits(first, 8, 8), up = bits(first, 7, 7), writes_back = bits(first, 5, 5);
  uint32_t offset = bits(second, 7, 0) * WORD;
  if (insn->memory == MEMORY_NONE) return (address_form_t){0}; /* moves of two core registers */
  if (before && !writes_back) {
    if (!up) offset = 0u - offset;
    return rn == REG_PC ? at_literal(insn, offset) : at_base(rn, offset);
  }
  return at_list(rn, offset, !up, writes_back);
}

static address_form_t wide_form(const insn_t *insn, uint32_t first, uint32_t second) {
  if ((first & 0xFE40u) == 0xE800u) { /* LDM, STM */
    unsigned base = bits(first, 3, 0);
    bool loads_base = bits(first, 4, 4) && (second >> base & 1u);
    return at_list(base, (uint32_t)__builtin_popcount(second) * WORD, bits(first, 8, 8),
                   bits(first, 5, 5) && !loads_base);
  }
  if ((first & 0xFE40u) == 0xE840u) return dual_form(insn, first, second);
  if ((first & 0xFE00u) == 0xF800u) return single_form(insn, first, second);
  if ((first & 0xFE00u) == 0xEC00u) return fp_form(insn, first, second);
  return (address_form_t){0};
}

address_form_t address_form(const insn_t *insn) {
  if (insn->flags & INSN_UNDEFINED) return (address_form_t){0};
  return insn->size == sizeof insn->opcode[0] ? narrow_form(insn, insn->opcode[0])
                                              : wide_form(insn, insn->opcode[0], insn->opcode[1]);
}
