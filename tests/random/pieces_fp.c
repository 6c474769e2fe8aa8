/* Floating point: single precision on both cores, double precision and the FPv5 additions where the core has them. */
#include "pieces.h"

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))

static bool wide_precision(emitter_t *e) {
  return e->plan->layout.double_precision && has(e, FEATURE_fp64) && chance(e, 55);
}

/* Register fields: D and Vd, N and Vn, M and Vm. A double is named by its four bits, a single by five. */
static uint32_t field_d(unsigned reg, bool wide) { return wide ? reg << 12 : (reg & 1u) << 22 | reg >> 1 << 12; }
static uint32_t field_n(unsigned reg, bool wide) { return wide ? reg << 16 : (reg & 1u) << 7 | reg >> 1 << 16; }
static uint32_t field_m(unsigned reg, bool wide) { return wide ? reg : (reg & 1u) << 5 | reg >> 1; }

static unsigned fp_register(emitter_t *e, bool wide) {
  unsigned few = wide ? 3 : 4; /* mostly a few, so that one depends on another */
  return bits(e, chance(e, 75) ? few : few + 1);
}

static void emit_fp(emitter_t *e, uint32_t opcode) { emit_wide(e, opcode >> 16, opcode & 0xFFFFu); }

/* Vd, Vn, Vm. */
static const uint32_t three[] = {
    0xEE300A00, 0xEE300A40, 0xEE300A00, 0xEE300A40, 0xEE200A00, 0xEE200A40, 0xEE200A00, /* VADD VSUB VMUL VNMUL */
    0xEE000A00, 0xEE000A40, 0xEE100A40, 0xEE100A00,                                     /* VMLA VMLS VNMLA VNMLS */
    0xEEA00A00, 0xEEA00A40, 0xEE900A40, 0xEE900A00,                                     /* VFMA VFMS VFNMA VFNMS */
    0xEE800A00,                                                                         /* VDIV */
};
/* Vd, Vm of the same width. */
static const uint32_t two[] = {
    0xEEB00A40, 0xEEB00AC0, 0xEEB10A40, 0xEEB10AC0, /* VMOV VABS VNEG VSQRT */
    0xEEB40A40, 0xEEB40AC0,                         /* VCMP VCMPE */
};
/* FPv5 only. */
static const uint32_t two_v5[] = {0xEEB60A40, 0xEEB60AC0, 0xEEB70A40};                  /* VRINTR VRINTZ VRINTX */
static const uint32_t rounding_v5[] = {0xFEB80A40, 0xFEB90A40, 0xFEBA0A40, 0xFEBB0A40}; /* VRINTA N P M */
static const uint32_t three_v5[] = {0xFE000A00, 0xFE100A00, 0xFE200A00, 0xFE300A00,     /* VSEL EQ VS GE GT */
                                    0xFE800A00, 0xFE800A40};                            /* VMAXNM VMINNM */

static void emit_convert(emitter_t *e, bool wide) {
  static const uint32_t from_integer[] = {0xEEB80AC0, 0xEEB80A40};
  static const uint32_t to_integer[] = {0xEEBD0AC0, 0xEEBD0A40, 0xEEBC0AC0, 0xEEBC0A40};
  static const uint32_t half[] = {0xEEB20A40, 0xEEB20AC0, 0xEEB30A40, 0xEEB30AC0};
  static const uint32_t fixed[] = {0xEEBA0A40, 0xEEBA0AC0, 0xEEBB0A40, 0xEEBE0A40, 0xEEBE0AC0, 0xEEBF0AC0};
  static const uint32_t directed[] = {0xFEBC0A40, 0xFEBD0A40, 0xFEBE0A40, 0xFEBF0A40}; /* VCVTA N P M */
  uint32_t size = wide ? 0x100u : 0;
  unsigned single = fp_register(e, false), reg = fp_register(e, wide);
  uint32_t r = draw(e);
  bool v5 = e->plan->layout.m7 && !e->conditional;
  switch (below(e, v5 ? 7 : 6)) {
  case 0: emit_fp(e, from_integer[bits(e, 1)] | size | field_d(reg, wide) | field_m(single, false)); break;
  case 1:
  case 2: emit_fp(e, to_integer[bits(e, 2)] | size | field_d(single, false) | field_m(reg, wide)); break;
  case 3: emit_fp(e, fixed[below(e, COUNT(fixed))] | size | field_d(reg, wide) | part(r, 0, 3)); break;
  case 4:
    if (wide) {
      bool to_double = bits(e, 1);
      emit_fp(e, to_double ? 0xEEB70AC0u | field_d(reg, true) | field_m(single, false)
                           : 0xEEB70BC0u | field_d(single, false) | field_m(reg, true));
      break;
    }
    emit_fp(e, half[bits(e, 2)] | field_d(reg, false) | field_m(single, false));
    break;
  case 5: emit_fp(e, half[bits(e, 2)] | field_d(single, false) | field_m(part(r, 0, 4), false)); break;
  default:
    emit_fp(e, directed[bits(e, 2)] | part(r, 0, 1) << 7 | size | field_d(single, false) | field_m(reg, wide));
    break;
  }
}

void emit_fp_arithmetic(emitter_t *e) {
  bool wide = wide_precision(e), v5 = e->plan->layout.m7 && has(e, FEATURE_fp64);
  uint32_t size = wide ? 0x100u : 0;
  unsigned d = fp_register(e, wide), n = fp_register(e, wide), m = fp_register(e, wide);
  uint32_t all = size | field_d(d, wide) | field_n(n, wide) | field_m(m, wide);
  uint32_t pair = size | field_d(d, wide) | field_m(m, wide);
  switch (below(e, v5 && !e->conditional ? 16 : 12)) {
  case 0: emit_fp(e, two[below(e, COUNT(two))] | pair); break;
  case 1: emit_fp(e, (bits(e, 1) ? 0xEEB50A40u : 0xEEB50AC0u) | size | field_d(d, wide)); break; /* VCMP #0 */
  case 2: emit_convert(e, wide); break;
  case 3: emit_fp(e, 0xEEB00A00u | size | field_d(d, wide) | (draw(e) & 0xF000Fu)); break; /* VMOV #imm */
  case 12: emit_fp(e, two_v5[below(e, COUNT(two_v5))] | pair); break;
  case 13: emit_fp(e, rounding_v5[below(e, COUNT(rounding_v5))] | pair); break;
  case 14:
  case 15: emit_fp(e, three_v5[below(e, COUNT(three_v5))] | all); break;
  default: emit_fp(e, three[below(e, COUNT(three))] | all); break;
  }
}

void piece_fp(emitter_t *e) {
  for (unsigned i = 1 + bits(e, chance(e, 80) ? 2 : 4); i; i--) {
    emit_fp_arithmetic(e);
    if (chance(e, 15)) emit_arithmetic(e);
  }
  if (chance(e, 25)) { /* flags decide what is behind */
    emit_wide(e, 0xEEF1, 0xFA10);
    emit_wide(e, 0xF140u | ACCUMULATOR, (uint32_t)ACCUMULATOR << 8); /* ADC r11, r11, #0 */
  }
}

/* Values that double precision takes longer or shorter for: zero, subnormal, equal exponents; and their like. */
static uint64_t interesting_double(emitter_t *e) {
  static const uint64_t values[] = {0,
                                    UINT64_C(0x8000000000000000),
                                    UINT64_C(0x3FF0000000000000),
                                    UINT64_C(0x3FF8000000000000),
                                    UINT64_C(0xBFF8000000000001),
                                    UINT64_C(0x4000000000000000),
                                    UINT64_C(0x0000000000000001),
                                    UINT64_C(0x000FFFFFFFFFFFFF),
                                    UINT64_C(0x8008000000000000),
                                    UINT64_C(0x0010000000000000),
                                    UINT64_C(0x7FEFFFFFFFFFFFFF),
                                    UINT64_C(0x7FF0000000000000),
                                    UINT64_C(0x7FF8000000000000),
                                    UINT64_C(0x4059000000000000)};
  uint64_t exponent = 1013 + below(e, 20);
  if (chance(e, 50)) return values[below(e, COUNT(values))];
  return (random_next(e->random) & UINT64_C(0x800FFFFFFFFFFFFF)) | exponent << 52;
}

static uint32_t interesting_single(emitter_t *e) {
  static const uint32_t values[] = {0,          0x80000000, 0x3F800000, 0x3FC00000, 0x00000001, 0x007FFFFF,
                                    0x00800000, 0x7F7FFFFF, 0x7F800000, 0x7FC00000, 0x42C80000};
  if (chance(e, 40)) return values[below(e, COUNT(values))];
  uint32_t exponent = 117 + below(e, 20);
  return (draw(e) & 0x807FFFFFu) | exponent << 23;
}

void piece_fp_operands(emitter_t *e) {
  for (unsigned i = 1 + bits(e, 2); i; i--) {
    bool wide = wide_precision(e);
    unsigned reg = fp_register(e, wide);
    if (chance(e, 50)) {
      uint64_t value = wide ? interesting_double(e) : interesting_single(e);
      emit_fp_literal(e, reg, (uint32_t)value, (uint32_t)(value >> 32), wide);
    } else { /* from the table in flash */
      unsigned base = result(e), first = below(e, 8), count = 1 + below(e, 8);
      point_to(e, base, WINDOW_CONSTANTS, MARGIN + 8 * (int32_t)below(e, 16));
      emit_wide(e, 0xEC90u | base, first << 12 | 0xB00u | 2 * count); /* VLDM */
    }
  }
}

void piece_fp_status(emitter_t *e) {
  unsigned reg = result(e);
  if (chance(e, 50)) {
    emit_wide(e, 0xEEF1, reg << 12 | 0xA10u); /* VMRS */
    if (chance(e, 70)) emit_mix(e, reg);
    return;
  }
  static const uint32_t modes[] = {0, 0, 0x01000000, 0x02000000, 0x00400000, 0x00C00000, 0x03000000, 0x0000009F};
  emit_constant(e, reg, modes[below(e, COUNT(modes))]);
  emit_wide(e, 0xEEE1, reg << 12 | 0xA10u); /* VMSR */
}

/* Between core and FP registers. */
void piece_fp_core(emitter_t *e) {
  for (unsigned i = 1 + bits(e, 1); i; i--) {
    unsigned single = below(e, 31), wide = bits(e, 4), from = source(e), other = source(e), to, second;
    uint32_t half = bits(e, 1) << 21, mask;
    switch (below(e, 8)) {
    case 0: emit_fp(e, 0xEE000A10u | field_n(single, false) | from << 12); break;
    case 1:
      to = result(e);
      emit_fp(e, 0xEE100A10u | field_n(single, false) | to << 12);
      emit_mix(e, to);
      break;
    case 2: emit_fp(e, 0xEE000B10u | half | wide << 16 | from << 12); break;
    case 3: emit_fp(e, 0xEE100B10u | half | wide << 16 | result(e) << 12); break;
    case 4: emit_fp(e, 0xEC400B10u | other << 16 | from << 12 | wide); break;
    case 5: emit_fp(e, 0xEC400A10u | other << 16 | from << 12 | field_m(single, false)); break;
    default:
      to = result(e);
      mask = free_registers(e) & ~(1u << to);
      second = pick(e, mask);
      becomes_data(e, second);
      emit_fp(e, (chance(e, 50) ? 0xEC500B10u | wide : 0xEC500A10u | field_m(single, false)) | second << 16 | to << 12);
      if (chance(e, 50)) emit_mix(e, second);
    }
  }
}

/* Straight through FP registers: what is loaded is used and stored at once. */
void piece_fp_memory(emitter_t *e) {
  unsigned reg = pointer(e, false);
  if (e->pointers[reg].align < 4) return;
  uint32_t reserved = e->reserved;
  e->reserved |= 1u << reg;
  for (unsigned i = 1 + bits(e, 2); i; i--) {
    bool wide = wide_precision(e);
    uint32_t size = wide ? 0x100u : 0, offset = bits(e, 3) * (wide ? 2 : 1);
    unsigned d = fp_register(e, wide), n = fp_register(e, wide);
    emit_fp(e, 0xED900A00u | size | field_d(d, wide) | reg << 16 | offset);
    if (chance(e, 80)) {
      emit_fp(e, three[below(e, COUNT(three))] | size | field_d(n, wide) | field_n(n, wide) | field_m(d, wide));
    }
    if (chance(e, 70)) emit_fp(e, 0xED800A00u | size | field_d(n, wide) | reg << 16 | (offset + bits(e, 2)));
    if (chance(e, 20) && free_registers(e)) emit_arithmetic(e);
  }
  e->reserved = reserved;
}
