#include "timing/dataflow.h"

enum { WORD = 4, WORD_BITS = 32 }; /* not cycles: bytes and bits */

static uint32_t bits(uint32_t value, unsigned high, unsigned low) {
  return value >> low & ((1u << (high - low + 1)) - 1u);
}

static flow_form_t with_constant(flow_op_t op, unsigned result, unsigned a, uint32_t constant) {
  return (flow_form_t){.op = (uint8_t)op,
                       .result = (uint8_t)result,
                       .a = (uint8_t)a,
                       .b = FLOW_NO_REG,
                       .c = FLOW_NO_REG,
                       .constant = constant};
}

static flow_form_t with_register(flow_op_t op, unsigned result, unsigned a, unsigned b) {
  flow_form_t form = with_constant(op, result, a, 0);
  form.b = (uint8_t)b;
  return form;
}

/* Shifts of 32 and the rotate by one through carry, which the encodings of 0 stand for, are left out. */
static bool shifted(flow_form_t *form, unsigned kind, unsigned by) {
  form->shift_kind = (uint8_t)kind;
  form->shift = (uint8_t)by;
  return by != 0 || kind == SHIFT_LEFT;
}

static flow_form_t extract(flow_op_t op, unsigned result, unsigned source, unsigned low, unsigned width) {
  flow_form_t form = with_register(op, result, source, FLOW_NO_REG);
  form.shift = (uint8_t)low;
  form.bits = (uint8_t)width;
  return form;
}

static bool narrow_data(uint32_t op, flow_form_t *form) { /* two registers, the first of which is the result */
  unsigned rd = bits(op, 2, 0), rm = bits(op, 5, 3);
  switch (bits(op, 9, 6)) {
  case 0x0: *form = with_register(FLOW_OP_AND, rd, rd, rm); return true;
  case 0x1: *form = with_register(FLOW_OP_XOR, rd, rd, rm); return true;
  case 0x9: /* RSBS, 0 */ *form = with_constant(FLOW_OP_REVERSE_SUBTRACT, rd, rm, 0); return true;
  case 0xC: *form = with_register(FLOW_OP_OR, rd, rd, rm); return true;
  case 0xD: *form = with_register(FLOW_OP_MULTIPLY, rd, rd, rm); return true;
  case 0xE: *form = with_register(FLOW_OP_CLEAR, rd, rd, rm); return true;
  default: return false;
  }
}

static bool narrow_extend(uint32_t op, flow_form_t *form) {
  static const struct {
    uint8_t op, width;
  } kinds[] = {{FLOW_OP_EXTRACT_SIGNED, 16},
               {FLOW_OP_EXTRACT_SIGNED, 8},
               {FLOW_OP_EXTRACT_UNSIGNED, 16},
               {FLOW_OP_EXTRACT_UNSIGNED, 8}};
  unsigned kind = bits(op, 7, 6);
  *form = extract((flow_op_t)kinds[kind].op, bits(op, 2, 0), bits(op, 5, 3), 0, kinds[kind].width);
  return true;
}

static bool narrow_form(const insn_t *insn, uint32_t op, flow_form_t *form) {
  unsigned rd = bits(op, 2, 0), rn = bits(op, 5, 3), wide = bits(op, 10, 8);
  switch (bits(op, 15, 11)) {
  case 0x0:
  case 0x1:
  case 0x2:
    *form = with_register(FLOW_OP_ADD, rd, FLOW_NO_REG, rn);
    return shifted(form, bits(op, 12, 11), bits(op, 10, 6));
  case 0x3: {
    flow_op_t what = bits(op, 9, 9) ? FLOW_OP_SUBTRACT : FLOW_OP_ADD;
    *form =
        bits(op, 10, 10) ? with_constant(what, rd, rn, bits(op, 8, 6)) : with_register(what, rd, rn, bits(op, 8, 6));
    return true;
  }
  case 0x4: *form = with_constant(FLOW_OP_ADD, wide, FLOW_NO_REG, bits(op, 7, 0)); return true;
  case 0x6: *form = with_constant(FLOW_OP_ADD, wide, wide, bits(op, 7, 0)); return true;
  case 0x7: *form = with_constant(FLOW_OP_SUBTRACT, wide, wide, bits(op, 7, 0)); return true;
  case 0x8: {
    unsigned high = rd | bits(op, 7, 7) << 3, rm = bits(op, 6, 3);
    if (bits(op, 10, 10) == 0) return narrow_data(op, form);
    if (bits(op, 9, 8) == 0) *form = with_register(FLOW_OP_ADD, high, high, rm);
    if (bits(op, 9, 8) == 2) *form = with_register(FLOW_OP_ADD, high, FLOW_NO_REG, rm);
    return bits(op, 8, 8) == 0;
  }
  case 0x14: { /* ADR */
    uint32_t pc = (insn->address + WORD) & ~(uint32_t)(WORD - 1);
    *form = with_constant(FLOW_OP_ADD, wide, FLOW_NO_REG, pc + bits(op, 7, 0) * WORD);
    return true;
  }
  case 0x15: *form = with_constant(FLOW_OP_ADD, wide, REG_SP, bits(op, 7, 0) * WORD); return true;
  case 0x16:
    if (bits(op, 15, 8) == 0xB2) return narrow_extend(op, form);
    *form = with_constant(bits(op, 7, 7) ? FLOW_OP_SUBTRACT : FLOW_OP_ADD, REG_SP, REG_SP, bits(op, 6, 0) * WORD);
    return bits(op, 15, 8) == 0xB0;
  default: return false;
  }
}

/* [ARMv7-M A5.3.2] */
static uint32_t modified_immediate(uint32_t code) {
  uint32_t byte = bits(code, 7, 0);
  switch (bits(code, 11, 8)) {
  case 0: return byte;
  case 1: return byte << 16 | byte;
  case 2: return byte << 24 | byte << 8;
  case 3: return byte << 24 | byte << 16 | byte << 8 | byte;
  default: {
    uint32_t value = 0x80u | bits(code, 6, 0);
    unsigned by = bits(code, 11, 7);
    return value >> by | value << (WORD_BITS - by);
  }
  }
}

/* Operations that immediate and register forms share. */
static bool wide_operation(unsigned code, unsigned *rn, flow_op_t *op) {
  switch (code) {
  case 0x0: *op = FLOW_OP_AND; return true;
  case 0x1: *op = FLOW_OP_CLEAR; return true;
  case 0x2: /* MOV without a first operand */
    *op = FLOW_OP_OR;
    if (*rn == REG_PC) *rn = FLOW_NO_REG;
    return true;
  case 0x4: *op = FLOW_OP_XOR; return true;
  case 0x8: *op = FLOW_OP_ADD; return true;
  case 0xD: *op = FLOW_OP_SUBTRACT; return true;
  case 0xE: *op = FLOW_OP_REVERSE_SUBTRACT; return true;
  default: return false;
  }
}

static bool wide_immediate(uint32_t first, uint32_t second, flow_form_t *form) {
  unsigned rd = bits(second, 11, 8), rn = bits(first, 3, 0);
  uint32_t code = bits(second, 7, 0) | bits(second, 14, 12) << 8 | bits(first, 10, 10) << 11;
  flow_op_t op;
  if (bits(second, 15, 15)) return false;
  if (!bits(first, 9, 9)) {
    if (!wide_operation(bits(first, 8, 5), &rn, &op)) return false;
    *form = with_constant(op, rd, rn, modified_immediate(code));
    return true;
  }
  unsigned low = bits(second, 14, 12) << 2 | bits(second, 7, 6), width = bits(second, 4, 0);
  switch (bits(first, 8, 4)) {
  case 0x00: *form = with_constant(FLOW_OP_ADD, rd, rn, code); return true;
  case 0x0A: *form = with_constant(FLOW_OP_SUBTRACT, rd, rn, code); return true;
  case 0x04: *form = with_constant(FLOW_OP_ADD, rd, FLOW_NO_REG, code | (uint32_t)rn << 12); return true;
  case 0x0C: { /* MOVT */
    *form = extract(FLOW_OP_EXTRACT_UNSIGNED, rd, rd, 0, 16);
    form->constant = (code | (uint32_t)rn << 12) << 16;
    return true;
  }
  case 0x14: *form = extract(FLOW_OP_EXTRACT_SIGNED, rd, rn, low, width + 1); return low + width < WORD_BITS;
  case 0x1C: *form = extract(FLOW_OP_EXTRACT_UNSIGNED, rd, rn, low, width + 1); return low + width < WORD_BITS;
  default: return false;
  }
}

static bool wide_register(uint32_t first, uint32_t second, flow_form_t *form) {
  unsigned rd = bits(second, 11, 8), rn = bits(first, 3, 0);
  flow_op_t op;
  if (!wide_operation(bits(first, 8, 5), &rn, &op)) return false;
  *form = with_register(op, rd, rn, bits(second, 3, 0));
  return shifted(form, bits(second, 5, 4), bits(second, 14, 12) << 2 | bits(second, 7, 6));
}

static bool wide_multiply(uint32_t first, uint32_t second, flow_form_t *form) {
  unsigned ra = bits(second, 15, 12), subtract = bits(second, 7, 4);
  if (bits(first, 6, 4) != 0 || subtract > 1) return false;
  bool alone = ra == REG_PC && !subtract; /* MUL */
  flow_op_t op = alone ? FLOW_OP_MULTIPLY : subtract ? FLOW_OP_MULTIPLY_SUBTRACT : FLOW_OP_MULTIPLY_ADD;
  *form = with_register(op, bits(second, 11, 8), bits(first, 3, 0), bits(second, 3, 0));
  form->c = alone ? FLOW_NO_REG : (uint8_t)ra;
  return true;
}

static bool wide_form(uint32_t first, uint32_t second, flow_form_t *form) {
  if (bits(first, 15, 11) == 0x1E) return wide_immediate(first, second, form);
  if (bits(first, 15, 9) == 0x75) return wide_register(first, second, form);  /* 1110101 */
  if (bits(first, 15, 7) == 0x1F6) return wide_multiply(first, second, form); /* 111110110 */
  return false;
}

bool flow_form(const insn_t *insn, flow_form_t *form) {
  if (insn->memory != MEMORY_NONE || insn->flow != FLOW_NONE || (insn->flags & (INSN_FP | INSN_UNDEFINED)))
    return false;
  bool known = insn->size == sizeof insn->opcode[0] ? narrow_form(insn, insn->opcode[0], form)
                                                    : wide_form(insn->opcode[0], insn->opcode[1], form);
  return known && form->result != REG_PC && form->a != REG_PC && form->b != REG_PC && form->c != REG_PC;
}

static uint32_t shift(const flow_form_t *form, uint32_t value) {
  unsigned by = form->shift;
  if (by == 0) return value;
  switch (form->shift_kind) {
  case SHIFT_LEFT: return value << by;
  case SHIFT_RIGHT: return value >> by;
  case SHIFT_ARITHMETIC: return (uint32_t)((int32_t)value >> by);
  default: return value >> by | value << (WORD_BITS - by);
  }
}

uint32_t flow_compute(const flow_form_t *form, uint32_t a, uint32_t b, uint32_t c) {
  switch (form->op) {
  case FLOW_OP_ADD: return a + shift(form, b);
  case FLOW_OP_SUBTRACT: return a - shift(form, b);
  case FLOW_OP_REVERSE_SUBTRACT: return shift(form, b) - a;
  case FLOW_OP_AND: return a & shift(form, b);
  case FLOW_OP_OR: return a | shift(form, b);
  case FLOW_OP_XOR: return a ^ shift(form, b);
  case FLOW_OP_CLEAR: return a & ~shift(form, b);
  case FLOW_OP_MULTIPLY: return a * b;
  case FLOW_OP_MULTIPLY_ADD: return c + a * b;
  case FLOW_OP_MULTIPLY_SUBTRACT: return c - a * b;
  default: break;
  }
  uint32_t top = a << (WORD_BITS - form->shift - form->bits); /* extracts; MOVT adds its half */
  unsigned down = WORD_BITS - form->bits;
  uint32_t field = form->op == FLOW_OP_EXTRACT_SIGNED ? (uint32_t)((int32_t)top >> down) : top >> down;
  return field | form->constant;
}
