#include "emit.h"

#include <assert.h>

bool has(const emitter_t *e, feature_t feature) { return e->plan->features >> feature & 1u; }

/* ---- choice ---- */

uint32_t below(emitter_t *e, uint32_t limit) { return random_below(e->random, limit); }
bool chance(emitter_t *e, unsigned percent) { return random_chance(e->random, percent); }
uint32_t bits(emitter_t *e, unsigned count) { return below(e, 1u << count); }
uint32_t draw(emitter_t *e) { return (uint32_t)(random_next(e->random) >> 32); }

unsigned pick(emitter_t *e, uint32_t mask) {
  assert(mask);
  unsigned reg = below(e, 16);
  while (!(mask >> reg & 1u))
    reg = (reg + 1) & 15u;
  return reg;
}

uint32_t free_registers(const emitter_t *e) { return e->writable & ~e->reserved; }

unsigned source(emitter_t *e) { return below(e, 13); }

void becomes_data(emitter_t *e, unsigned reg) { e->pointers[reg].window = WINDOW_NONE; }

static uint32_t without_pointers(const emitter_t *e, uint32_t mask) {
  for (unsigned i = 0; i < 16; i++) {
    if (e->pointers[i].window != WINDOW_NONE) mask &= ~(1u << i);
  }
  return mask;
}

static unsigned pick_result(emitter_t *e, uint32_t mask) {
  uint32_t data = without_pointers(e, mask);
  unsigned reg = pick(e, data && chance(e, 93) ? data : mask);
  becomes_data(e, reg);
  return reg;
}

unsigned result(emitter_t *e) { return pick_result(e, free_registers(e)); }

unsigned low_result(emitter_t *e) {
  uint32_t mask = free_registers(e) & 0xFFu;
  return mask ? pick_result(e, mask) : 16;
}

void forget_all(emitter_t *e) {
  for (unsigned i = 0; i < 16; i++) {
    if (!(e->reserved >> i & 1u)) becomes_data(e, i);
  }
}

void forget_scratch(emitter_t *e) {
  for (unsigned i = 0; i < 4; i++)
    becomes_data(e, i);
  becomes_data(e, 12);
}

uint32_t interesting_word(emitter_t *e) {
  static const uint32_t words[] = {0,          1,          2,          3,          0xFF,       0x7F,       0x8000,
                                   0xFFFF,     0x10000,    0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x7FFF7FFF, 0x80008000,
                                   0x3F800000, 0x00800000, 0x00000010, 0xC0000000, 0x55555555, 0x01010101};
  if (chance(e, 40)) return words[below(e, sizeof words / sizeof words[0])];
  uint32_t value = draw(e);
  return value >> bits(e, 5);
}

/* ---- code ---- */

uint32_t here(const emitter_t *e) { return e->base + 2 * e->count; }

static void put(emitter_t *e, uint32_t halfword) {
  assert(e->count < e->limit); /* PROGRAM_BYTES_MAX is too small for what was planned */
  e->code[e->count++] = (uint16_t)halfword;
}

static void mark(emitter_t *e, bool data) {
  if (e->data_marked == data && e->count) return;
  e->data_marked = data;
  plan_t *plan = e->plan;
  if (plan->mapping_count < MAPPINGS_MAX) plan->mappings[plan->mapping_count++] = (mapping_note_t){here(e), data};
}

void emit(emitter_t *e, uint32_t halfword) {
  mark(e, false);
  put(e, halfword);
  e->cost += e->multiplier;
}

void emit_wide(emitter_t *e, uint32_t first, uint32_t second) {
  mark(e, false);
  put(e, first);
  put(e, second);
  e->cost += e->multiplier;
}

void emit_data(emitter_t *e, uint32_t halfword) {
  mark(e, true);
  put(e, halfword);
}

static void move_half(emitter_t *e, unsigned reg, uint32_t half, bool top) {
  emit_wide(e, (top ? 0xF2C0u : 0xF240u) | half >> 12 | (half >> 11 & 1u) << 10,
            (half >> 8 & 7u) << 12 | reg << 8 | (half & 0xFFu));
}

void emit_move_halves(emitter_t *e, unsigned reg, uint32_t value) {
  move_half(e, reg, value & 0xFFFFu, false);
  if (value >> 16) move_half(e, reg, value >> 16, true);
}

static void note_literal(emitter_t *e, uint32_t low, uint32_t high, bool two_words) {
  e->literals[e->literal_count++] = (literal_t){e->count, low, high, two_words};
}

void emit_literal(emitter_t *e, unsigned reg, uint32_t value) {
  if (e->no_literals || e->literal_count == LITERALS_MAX) {
    emit_move_halves(e, reg, value);
    return;
  }
  note_literal(e, value, 0, false);
  if (reg < 8 && chance(e, 70)) {
    emit(e, 0x4800u | reg << 8);
  } else {
    emit_wide(e, 0xF8DF, reg << 12);
  }
}

void emit_constant(emitter_t *e, unsigned reg, uint32_t value) {
  if (value < 256 && reg < 8 && chance(e, 60)) {
    emit(e, 0x2000u | reg << 8 | value);
  } else if (value > 0xFFFF && chance(e, 50)) {
    emit_literal(e, reg, value);
  } else {
    emit_move_halves(e, reg, value);
  }
  becomes_data(e, reg);
}

void emit_fp_literal(emitter_t *e, unsigned reg, uint32_t low, uint32_t high, bool wide) {
  if (e->no_literals || e->literal_count == LITERALS_MAX) return;
  note_literal(e, low, high, wide);
  uint32_t d = wide ? 0 : (reg & 1u) << 6, field = wide ? reg : reg >> 1;
  emit_wide(e, 0xED9Fu | d, field << 12 | (wide ? 0xB00u : 0xA00u));
}

void emit_store_constant(emitter_t *e, uint32_t address, uint32_t value) {
  unsigned base = result(e), reg;
  do {
    reg = result(e);
  } while (reg == base);
  emit_constant(e, base, address);
  emit_constant(e, reg, value);
  if (base < 8 && reg < 8) {
    emit(e, 0x6000u | base << 3 | reg);
  } else {
    emit_wide(e, 0xF8C0u | base, reg << 12);
  }
}

void emit_mix(emitter_t *e, unsigned reg) {
  uint32_t turn = 1 + below(e, 31);
  emit_wide(e, 0xEA80u | ACCUMULATOR, (turn >> 2) << 12 | ACCUMULATOR << 8 | (turn & 3u) << 6 | 0x30u | reg);
}

/* ---- literal pool ---- */

enum { REACH = 300 }; /* halfwords that the narrow forms may safely look ahead: 1020 bytes, less what a piece takes */

static void put_word(emitter_t *e, uint32_t word) {
  emit_data(e, word & 0xFFFFu);
  emit_data(e, word >> 16);
}

static void resolve(emitter_t *e, const literal_t *literal) {
  uint32_t pc = (e->base + 2 * literal->at + 4) & ~3u, offset = here(e) - pc;
  uint16_t *code = &e->code[literal->at];
  if ((code[0] & 0xF800u) == 0x4800u) {
    assert(offset <= 1020);
    code[0] = (uint16_t)(code[0] | offset / 4);
  } else if ((code[0] & 0xFF00u) == 0xED00u) {
    assert(offset <= 1020);
    code[1] = (uint16_t)(code[1] | offset / 4);
  } else {
    assert(offset <= 4095);
    code[1] = (uint16_t)(code[1] | offset);
  }
}

void flush_literals(emitter_t *e, bool jump) {
  if (!e->literal_count) return;
  uint32_t over = jump ? emit_branch(e, ALWAYS, chance(e, 20)) : 0;
  if (here(e) & 2u) emit_data(e, 0xBF00);
  for (unsigned i = 0; i < e->literal_count; i++) {
    const literal_t *literal = &e->literals[i];
    resolve(e, literal);
    put_word(e, literal->value);
    if (literal->two_words) put_word(e, literal->second);
  }
  e->literal_count = 0;
  if (jump) patch_here(e, over);
}

void keep_literals_near(emitter_t *e) {
  if (!e->literal_count || e->no_literals) return;
  if (e->count - e->literals[0].at > REACH || e->literal_count > LITERALS_MAX / 2) flush_literals(e, true);
}

/* ---- branches ---- */

uint32_t emit_branch(emitter_t *e, unsigned condition, bool wide) {
  uint32_t at = e->count;
  if (condition == ALWAYS) {
    if (wide) {
      emit_wide(e, 0xF000, 0x9000);
    } else {
      emit(e, 0xE000);
    }
  } else if (wide) {
    emit_wide(e, 0xF000u | condition << 6, 0x8000);
  } else {
    emit(e, 0xD000u | condition << 8);
  }
  return at;
}

/* B.W and BL: 25 bits of offset. */
static void set_long_offset(uint16_t *code, int32_t offset) {
  uint32_t value = (uint32_t)offset, sign = value >> 24 & 1u;
  uint32_t j1 = !((value >> 23 & 1u) ^ sign), j2 = !((value >> 22 & 1u) ^ sign);
  code[0] = (uint16_t)(0xF000u | sign << 10 | (value >> 12 & 0x3FFu));
  code[1] = (uint16_t)((code[1] & 0xD000u) | j1 << 13 | j2 << 11 | (value >> 1 & 0x7FFu));
}

static void set_offset(uint16_t *code, int32_t offset) {
  uint32_t value = (uint32_t)offset;
  if ((code[0] & 0xF800u) == 0xF000u && (code[1] & 0x9000u) == 0x9000u) {
    set_long_offset(code, offset);
  } else if ((code[0] & 0xF800u) == 0xF000u) {
    assert(offset >= -0x100000 && offset < 0x100000);
    code[0] = (uint16_t)((code[0] & 0xFBC0u) | (value >> 20 & 1u) << 10 | (value >> 12 & 0x3Fu));
    code[1] = (uint16_t)(0x8000u | (value >> 18 & 1u) << 13 | (value >> 19 & 1u) << 11 | (value >> 1 & 0x7FFu));
  } else if ((code[0] & 0xF800u) == 0xE000u) {
    assert(offset >= -2048 && offset < 2048);
    code[0] = (uint16_t)(0xE000u | (value >> 1 & 0x7FFu));
  } else if ((code[0] & 0xF000u) == 0xD000u) {
    assert(offset >= -256 && offset < 256);
    code[0] = (uint16_t)((code[0] & 0xFF00u) | (value >> 1 & 0xFFu));
  } else { /* CBZ, CBNZ */
    assert((code[0] & 0xF500u) == 0xB100u && offset >= 0 && offset < 128);
    code[0] = (uint16_t)((code[0] & 0xFD07u) | (value >> 6 & 1u) << 9 | (value >> 1 & 0x1Fu) << 3);
  }
}

void patch_here(emitter_t *e, uint32_t at) { set_offset(&e->code[at], 2 * (int32_t)(e->count - at) - 4); }

void emit_branch_back(emitter_t *e, unsigned condition, uint32_t target) {
  int32_t offset = 2 * ((int32_t)target - (int32_t)e->count) - 4;
  bool narrow = offset >= (condition == ALWAYS ? -2048 : -256);
  uint32_t at = emit_branch(e, condition, !narrow || chance(e, 20));
  set_offset(&e->code[at], offset);
}

static void emit_long(emitter_t *e, uint32_t second, uint32_t target) {
  int32_t offset = (int32_t)(target - here(e) - 4);
  emit_wide(e, 0xF000, second);
  set_long_offset(&e->code[e->count - 2], offset);
}

void emit_call(emitter_t *e, uint32_t target) { emit_long(e, 0xD000, target); }

void emit_tail_jump(emitter_t *e, uint32_t target) { emit_long(e, 0x9000, target); }
