/* Loads and stores of every addressing mode, and the pointers they go through. */
#include "pieces.h"

#include <assert.h>
#include <stdlib.h>

static bool writable(const pointer_t *p) { return p->window == WINDOW_MAIN || p->window == WINDOW_SECOND; }
static bool is_pointer(const pointer_t *p) { return p->window != WINDOW_NONE && p->window < WINDOWS; }

static unsigned lowest_bit(int32_t value) {
  unsigned bit = (unsigned)value & (0u - (unsigned)value);
  return bit && bit < 8 ? bit : 8;
}

static unsigned smaller(unsigned a, unsigned b) { return a < b ? a : b; }

/* What the address P + OFFSET is a multiple of. */
static unsigned align_at(const pointer_t *p, int32_t offset) {
  if (p->low == p->high) return lowest_bit(p->low + offset);
  return smaller(p->align, lowest_bit(offset));
}

static bool fits(const emitter_t *e, const pointer_t *p, int32_t low, int32_t high, int32_t bytes) {
  return p->low + low >= 0 && p->high + high + bytes <= (int32_t)e->plan->windows[p->window].bytes;
}

static bool keeps_margin(const emitter_t *e, const pointer_t *p, int32_t low, int32_t high) {
  return p->low + low >= MARGIN && p->high + high + MARGIN <= (int32_t)e->plan->windows[p->window].bytes;
}

static bool may_advance(const emitter_t *e, unsigned reg, int32_t step) {
  const pointer_t *p = &e->pointers[reg];
  return (free_registers(e) >> reg & 1u) && keeps_margin(e, p, step < 0 ? step : 0, step > 0 ? step : 0);
}

/* By STEP; perhaps, where a condition decides. */
static void advance(emitter_t *e, unsigned reg, int32_t step) {
  pointer_t *p = &e->pointers[reg];
  p->align = (uint8_t)(e->conditional ? smaller(align_at(p, 0), lowest_bit(step)) : align_at(p, step));
  if (!e->conditional || step < 0) p->low += step;
  if (!e->conditional || step > 0) p->high += step;
}

/* ---- where pointers come from ---- */

void point_to(emitter_t *e, unsigned reg, window_id_t window, int32_t offset) {
  emit_constant(e, reg, e->plan->windows[window].base + (uint32_t)offset);
  e->pointers[reg] = (pointer_t){(uint8_t)window, (uint8_t)lowest_bit(offset), offset, offset};
}

static int32_t random_offset(emitter_t *e, window_id_t window) {
  enum { PAGE = 1024 };
  int32_t bytes = (int32_t)e->plan->windows[window].bytes, room = bytes - 2 * MARGIN - 8;
  int32_t offset = MARGIN + (int32_t)below(e, (uint32_t)room);
  if (chance(e, 15) && bytes > PAGE + 2 * MARGIN) offset = PAGE - (int32_t)below(e, 48); /* pages may straddle */
  if (chance(e, 15) && has(e, FEATURE_misaligned)) return offset;
  return offset & (chance(e, 60) ? ~7 : ~3);
}

static void make_index(emitter_t *e, unsigned reg) {
  if (chance(e, 50)) {
    uint32_t value = below(e, 16);
    if (chance(e, 75)) value *= 4;
    emit_constant(e, reg, value);
    e->pointers[reg] = (pointer_t){WINDOW_INDEX, (uint8_t)lowest_bit((int32_t)value), (int32_t)value, (int32_t)value};
    return;
  }
  uint32_t width = 1 + below(e, 5), lsb = below(e, 24);
  uint8_t align = 1;
  switch (below(e, 4)) {                                                            /* of any data */
  case 0: emit_wide(e, 0xF000u | source(e), reg << 8 | ((1u << width) - 1)); break; /* AND */
  case 1:                                                                           /* AND of a multiple of four */
    width = 6;
    align = 4;
    emit_wide(e, 0xF000u | source(e), reg << 8 | 0x3Cu);
    break;
  case 2: /* LSR */
    emit_wide(e, 0xEA4F, (32 - width) >> 2 << 12 | reg << 8 | ((32 - width) & 3u) << 6 | 0x10u | source(e));
    break;
  default:
    emit_wide(e, 0xF3C0u | source(e), (lsb >> 2) << 12 | (lsb & 3u) << 6 | reg << 8 | (width - 1));
    break; /* UBFX */
  }
  e->pointers[reg] = (pointer_t){WINDOW_INDEX, align, 0, (1 << width) - 1};
}

/* A register that holds an index, or 16. */
static unsigned find_index(emitter_t *e) {
  uint32_t mask = 0;
  for (unsigned i = 0; i < 13; i++)
    mask |= (uint32_t)(e->pointers[i].window == WINDOW_INDEX) << i;
  return mask ? pick(e, mask) : 16;
}

static void derive(emitter_t *e, unsigned to, unsigned from) {
  pointer_t p = e->pointers[from];
  int32_t step = (int32_t)bits(e, 6);
  if (chance(e, 80)) step *= 4;
  if (chance(e, 50)) step = -step;
  unsigned index = find_index(e), shift = bits(e, 2);
  const pointer_t *i = index < 16 ? &e->pointers[index] : NULL;
  if (i && index != to && chance(e, 50) && keeps_margin(e, &p, i->low << shift, i->high << shift)) {
    emit_wide(e, 0xEB00u | from, to << 8 | shift << 6 | index); /* ADD.W to, from, index, LSL #shift */
    p.align = (uint8_t)smaller(p.align, smaller(8, (unsigned)i->align << shift));
    p.low += i->low << shift;
    p.high += i->high << shift;
  } else if (keeps_margin(e, &p, step, step) && chance(e, 75)) {
    p.align = (uint8_t)align_at(&p, step);
    uint32_t distance = (uint32_t)abs(step);
    if (to == from && to < 8 && chance(e, 50)) {
      emit(e, 0x3000u | (step < 0 ? 0x800u : 0) | to << 8 | distance);
    } else {
      emit_wide(e, (step < 0 ? 0xF2A0u : 0xF200u) | from, to << 8 | distance); /* SUBW, ADDW */
    }
    p.low += step;
    p.high += step;
  } else {
    emit(e, 0x4600u | (to & 8u) << 4 | from << 3 | (to & 7u));
  }
  e->pointers[to] = p;
}

/* TO holds a field of some node: next, main (of 8), second (of 4), main (of any). */
static void node_field(emitter_t *e, unsigned to, unsigned field) {
  static const struct {
    uint8_t window, align;
  } fields[] = {{WINDOW_CHAIN, 8}, {WINDOW_MAIN, 8}, {WINDOW_SECOND, 4}, {WINDOW_MAIN, 1}};
  int32_t bytes = (int32_t)e->plan->windows[fields[field].window].bytes;
  int32_t high = field ? bytes - MARGIN - 8 : MARGIN + (CHAIN_NODES - 1) * CHAIN_NODE_BYTES;
  unsigned align = field == 3 && !has(e, FEATURE_misaligned) ? 4 : fields[field].align;
  e->pointers[to] = (pointer_t){fields[field].window, (uint8_t)align, MARGIN, high};
}

static void load_from_node(emitter_t *e, unsigned to, unsigned node, unsigned field) {
  if (to < 8 && node < 8 && chance(e, 70)) {
    emit(e, 0x6800u | field << 6 | node << 3 | to);
  } else {
    emit_wide(e, 0xF8D0u | node, to << 12 | 4 * field);
  }
  node_field(e, to, field);
}

/* Several fields at once. */
static void load_node(emitter_t *e, unsigned node) {
  uint32_t mask = free_registers(e) & ~(1u << node);
  if (__builtin_popcount(mask) < 3) return;
  unsigned first = pick(e, mask), second = pick(e, mask & ~(1u << first));
  if (chance(e, 50)) { /* LDRD of the two in the middle */
    emit_wide(e, 0xE9D0u | node, first << 12 | second << 8 | 1u);
    node_field(e, first, 1);
    node_field(e, second, 2);
    return;
  }
  uint32_t list = 1u << first | 1u << second, field = 0;
  list |= 1u << pick(e, mask & ~list);
  emit_wide(e, 0xE890u | node, list); /* LDM */
  for (unsigned reg = 0; reg < 13; reg++) {
    if (list >> reg & 1u) node_field(e, reg, field++);
  }
}

/* REG is copied by another way than MOV: by the stack or an FP register. */
static void carry(emitter_t *e, unsigned to, unsigned from) {
  unsigned way = below(e, has(e, FEATURE_fp) ? 4 : 3), fp = bits(e, 4);
  switch (way) {
  case 0:
    emit_wide(e, 0xF84D, from << 12 | 0xD04u); /* STR from, [SP, #-4]!; LDR to, [SP], #4 */
    if (chance(e, 40)) emit(e, 0xBF00);
    emit_wide(e, 0xF85D, to << 12 | 0xB04u);
    break;
  case 1: /* the same through the frame */
    if (e->frame_bytes) {
      uint32_t word = below(e, e->frame_bytes / 4);
      emit_wide(e, 0xF8CD, from << 12 | 4 * word);
      emit_wide(e, 0xF8DD, to << 12 | 4 * word);
      break;
    }
    emit_wide(e, 0xEA4F, to << 8 | from);
    break;
  case 2: { /* under a condition, from itself or at a distance */
    const pointer_t p = e->pointers[from];
    unsigned condition = below(e, 14);
    bool may = keeps_margin(e, &p, 0, 8);
    emit(e, 0xBF00u | condition << 4 | ((condition & 1u) ? 0x4u : 0xCu)); /* ITE */
    emit_wide(e, 0xF200u | from, to << 8 | (may ? 8u : 0));
    emit_wide(e, 0xEA4F, to << 8 | from);
    e->pointers[to] = p;
    e->pointers[to].align = (uint8_t)align_at(&p, 0);
    if (may) e->pointers[to].high += 8;
    return;
  }
  default:
    emit_wide(e, 0xEE00u | fp, from << 12 | 0xA10u); /* VMOV */
    emit_wide(e, 0xEE10u | fp, to << 12 | 0xA10u);
  }
  e->pointers[to] = e->pointers[from];
}

static unsigned any_free(emitter_t *e) {
  unsigned reg = result(e);
  becomes_data(e, reg);
  return reg;
}

static unsigned make_pointer(emitter_t *e, bool read) {
  unsigned reg = any_free(e);
  window_id_t window = chance(e, 65) ? WINDOW_MAIN : WINDOW_SECOND;
  if (read && chance(e, 25)) window = chance(e, 80) ? WINDOW_CONSTANTS : WINDOW_CHAIN;
  switch (below(e, 5)) {
  case 0: /* through a node */
    point_to(e, reg, WINDOW_CHAIN, MARGIN + (int32_t)below(e, CHAIN_NODES) * CHAIN_NODE_BYTES);
    if (chance(e, 25)) load_node(e, reg);
    load_from_node(e, reg, reg, 1 + below(e, 3));
    break;
  case 1: { /* base and index */
    unsigned index = any_free(e);
    make_index(e, index);
    if (reg == index) reg = any_free(e);
    point_to(e, reg, window, random_offset(e, window));
    derive(e, reg, reg);
    break;
  }
  default: point_to(e, reg, window, random_offset(e, window)); break;
  }
  return reg;
}

static uint32_t pointers(const emitter_t *e, bool read) {
  uint32_t mask = 0;
  for (unsigned i = 0; i < 13; i++) {
    if (is_pointer(&e->pointers[i]) && (read || writable(&e->pointers[i]))) mask |= 1u << i;
  }
  return mask;
}

unsigned pointer(emitter_t *e, bool read) {
  if (chance(e, 20) && __builtin_popcount(free_registers(e)) > 3) make_index(e, any_free(e));
  uint32_t mask = pointers(e, read);
  if (!mask || chance(e, 20)) return make_pointer(e, read);
  unsigned reg = pick(e, mask);
  if (!(free_registers(e) >> reg & 1u) || chance(e, 75)) return reg;
  if (chance(e, 50)) {
    derive(e, reg, reg);
    return reg;
  }
  unsigned to = any_free(e);
  if (to == reg) return make_pointer(e, read);
  if (chance(e, 30)) {
    carry(e, to, reg);
  } else {
    derive(e, to, reg);
  }
  return to;
}

/* ---- single accesses ---- */

typedef struct {
  unsigned reg, size; /* of the base; 1 << size bytes */
  bool load, sign;
  unsigned transfer; /* what is loaded or stored */
} single_t;

static uint32_t single_opcode(const single_t *s) {
  return 0xF800u | s->size << 5 | (uint32_t)s->load << 4 | (s->sign ? 0x100u : 0) | s->reg;
}

/* Only when the access may be there. */
static bool allowed(const emitter_t *e, const single_t *s, int32_t low, int32_t high, unsigned align) {
  return fits(e, &e->pointers[s->reg], low, high, 4) && (align >= 1u << s->size || has(e, FEATURE_misaligned));
}

static bool emit_narrow_single(emitter_t *e, const single_t *s) {
  int32_t offset = (int32_t)(bits(e, 5) << s->size);
  if (s->reg > 7 || s->transfer > 7 || s->sign) return false;
  if (!allowed(e, s, offset, offset, align_at(&e->pointers[s->reg], offset))) return false;
  static const uint16_t opcodes[] = {0x7000, 0x8000, 0x6000};
  emit(e, opcodes[s->size] | (uint32_t)s->load << 11 | (uint32_t)offset >> s->size << 6 | s->reg << 3 | s->transfer);
  return true;
}

static bool emit_indexed_single(emitter_t *e, const single_t *s) {
  unsigned index = find_index(e), shift = bits(e, 2);
  if (index > 15) return false;
  const pointer_t *i = &e->pointers[index], *p = &e->pointers[s->reg];
  bool narrow = s->reg < 8 && index < 8 && s->transfer < 8 && chance(e, 60);
  if (narrow) shift = 0;
  unsigned align = smaller(align_at(p, 0), smaller(8, (unsigned)i->align << shift));
  if (!allowed(e, s, i->low << shift, i->high << shift, align)) return false;
  static const uint8_t stores[] = {2, 1, 0}, loads[] = {6, 5, 4}, signed_loads[] = {3, 7};
  if (narrow) {
    uint32_t operation = s->sign ? signed_loads[s->size] : s->load ? loads[s->size] : stores[s->size];
    emit(e, 0x5000u | operation << 9 | index << 6 | s->reg << 3 | s->transfer);
  } else {
    emit_wide(e, single_opcode(s), s->transfer << 12 | shift << 4 | index);
  }
  return true;
}

/* P, U and W of the form with eight bits of offset. */
static bool emit_short_offset(emitter_t *e, const single_t *s) {
  int32_t distance = (int32_t)bits(e, 4);
  if (chance(e, 80)) distance *= 4;
  bool up = chance(e, 60), pre = chance(e, 50), back = s->transfer != s->reg && chance(e, 75);
  int32_t step = up ? distance : -distance, offset = pre || !back ? step : 0;
  const pointer_t *p = &e->pointers[s->reg];
  if (!allowed(e, s, offset, offset, align_at(p, offset))) return false;
  if (back && !may_advance(e, s->reg, step)) back = false;
  if (!back && (up || !distance)) { /* the unprivileged form takes that place */
    offset = distance;
    if (!allowed(e, s, offset, offset, align_at(p, offset))) return false;
    emit_wide(e, single_opcode(s), s->transfer << 12 | 0xE00u | (uint32_t)distance);
    return true;
  }
  if (!back && !allowed(e, s, -distance, -distance, align_at(p, -distance))) return false;
  uint32_t pre_bit = pre || !back ? 0x400u : 0;
  emit_wide(e, single_opcode(s),
            s->transfer << 12 | 0x800u | pre_bit | (up ? 0x200u : 0) | (back ? 0x100u : 0) | (uint32_t)distance);
  if (back) advance(e, s->reg, step);
  return true;
}

static void emit_single(emitter_t *e, unsigned reg) {
  const pointer_t *p = &e->pointers[reg];
  single_t s = {.reg = reg, .size = below(e, 3)};
  if (chance(e, 50)) s.size = 2;
  s.load = !writable(p) || chance(e, 55);
  s.sign = s.load && s.size < 2 && chance(e, 30);
  if (p->align < 1u << s.size && p->low != p->high && !has(e, FEATURE_misaligned)) s.size = 0;
  pointer_t kept = *p;
  s.transfer = s.load ? result(e) : source(e);
  if (s.load) e->pointers[reg] = kept;
  bool done = false;
  switch (below(e, 6)) {
  case 0: done = emit_narrow_single(e, &s); break;
  case 1:
  case 2:
    done = emit_indexed_single(e, &s);
    if (done) break;
    done = emit_narrow_single(e, &s);
    break;
  case 3:
  case 4: done = emit_short_offset(e, &s); break;
  default: break;
  }
  if (!done) {
    int32_t offset = (int32_t)bits(e, 5);
    if (chance(e, 85)) offset *= 4;
    if (!allowed(e, &s, offset, offset, align_at(p, offset))) offset = 0;
    if (!allowed(e, &s, offset, offset, align_at(p, offset))) s.size = 0;
    if (s.size == 2) s.sign = false;
    emit_wide(e, single_opcode(&s) | 0x80u, s.transfer << 12 | (uint32_t)offset);
  }
  if (s.load && s.transfer == reg) becomes_data(e, reg);
}

/* ---- double and multiple ---- */

static bool emit_double(emitter_t *e, unsigned reg) {
  const pointer_t *p = &e->pointers[reg];
  int32_t distance = 4 * (int32_t)bits(e, 4);
  bool up = chance(e, 60), pre = chance(e, 60), back = !pre || chance(e, 30), load = !writable(p) || chance(e, 50);
  int32_t step = up ? distance : -distance, offset = pre ? step : 0;
  if (back && !may_advance(e, reg, step)) return false;
  if (!fits(e, p, offset, offset, 8) || align_at(p, offset) < 4) return false;
  uint32_t mask = load ? free_registers(e) : 0x1FFFu;
  mask &= ~(1u << reg);
  unsigned first = pick(e, mask);
  if (!(mask & ~(1u << first))) return false;
  unsigned second = pick(e, mask & ~(1u << first));
  uint32_t form = pre ? 0x100u : 0;
  emit_wide(e, 0xE840u | form | (up ? 0x80u : 0) | (back ? 0x20u : 0) | (load ? 0x10u : 0) | reg,
            first << 12 | second << 8 | (uint32_t)distance / 4);
  if (back) advance(e, reg, step);
  if (load) {
    becomes_data(e, first);
    becomes_data(e, second);
  }
  return true;
}

static uint32_t random_list(emitter_t *e, uint32_t mask, unsigned most) {
  uint32_t list = 0;
  for (unsigned i = 0; i < most; i++)
    list |= 1u << pick(e, mask);
  return list;
}

static unsigned count_of(uint32_t list) { return (unsigned)__builtin_popcount(list); }

static bool emit_multiple(emitter_t *e, unsigned reg) {
  const pointer_t *p = &e->pointers[reg];
  bool down = chance(e, 30), load = !writable(p) || chance(e, 50), back = chance(e, 50);
  if (align_at(p, 0) < 4) return false;
  uint32_t mask = (load ? free_registers(e) : 0x1FFFu) & ~(1u << reg);
  if (!mask) return false;
  uint32_t list = random_list(e, mask, 2 + below(e, chance(e, 80) ? 4 : 12));
  if (count_of(list) < 2) return false;
  int32_t bytes = 4 * (int32_t)count_of(list), step = down ? -bytes : bytes;
  if (back && !may_advance(e, reg, step)) back = false;
  bool narrow = !down && reg < 8 && !(list & ~0xFFu) && back;
  if (narrow) {
    emit(e, 0xC000u | (load ? 0x800u : 0) | reg << 8 | list);
  } else {
    emit_wide(e, (down ? 0xE900u : 0xE880u) | (back ? 0x20u : 0) | (load ? 0x10u : 0) | reg, list);
  }
  if (back) advance(e, reg, step);
  for (unsigned i = 0; load && i < 13; i++) {
    if (list >> i & 1u) becomes_data(e, i);
  }
  return true;
}

/* ---- floating point ---- */

static bool emit_fp_multiple(emitter_t *e, unsigned reg) {
  const pointer_t *p = &e->pointers[reg];
  bool wide = chance(e, 50), load = !writable(p) || chance(e, 50), down = chance(e, 30);
  bool back = down || chance(e, 50);
  unsigned count = 1 + below(e, chance(e, 80) ? 4 : 12), first = below(e, (wide ? 16 : 32) - count);
  int32_t bytes = (int32_t)count * (wide ? 8 : 4), step = down ? -bytes : bytes;
  if (align_at(p, 0) < 4 || (back && !may_advance(e, reg, step))) return false;
  uint32_t field = wide ? first << 12 : first >> 1 << 12, d = wide ? 0 : (first & 1u) << 6;
  emit_wide(e,
            (down   ? 0xED20u
             : back ? 0xECA0u
                    : 0xEC80u) |
                d | (load ? 0x10u : 0) | reg,
            field | (wide ? 0xB00u | 2 * count : 0xA00u | count));
  if (back) advance(e, reg, step);
  return true;
}

static bool emit_fp_single(emitter_t *e, unsigned reg) {
  const pointer_t *p = &e->pointers[reg];
  bool wide = chance(e, 40), load = !writable(p) || chance(e, 60), up = chance(e, 65);
  int32_t distance = 4 * (int32_t)bits(e, 4), offset = up ? distance : -distance;
  if (align_at(p, offset) < 4 || !fits(e, p, offset, offset, 8)) return false;
  unsigned fp = bits(e, wide ? 4 : 5);
  uint32_t field = wide ? fp << 12 : fp >> 1 << 12, d = wide ? 0 : (fp & 1u) << 6;
  emit_wide(e, 0xED00u | (up ? 0x80u : 0) | d | (load ? 0x10u : 0) | reg,
            field | (wide ? 0xB00u : 0xA00u) | (uint32_t)distance / 4);
  return true;
}

static void emit_access_at(emitter_t *e, unsigned reg) {
  bool done = false;
  switch (below(e, 10)) {
  case 0: done = emit_double(e, reg); break;
  case 1: done = emit_multiple(e, reg); break;
  case 2: done = has(e, FEATURE_fp) && emit_fp_single(e, reg); break;
  case 3: done = has(e, FEATURE_fp) && emit_fp_multiple(e, reg); break;
  default: break;
  }
  if (!done) emit_single(e, reg);
}

bool emit_access(emitter_t *e) {
  uint32_t mask = pointers(e, true);
  if (!mask) return false;
  emit_access_at(e, pick(e, mask));
  return true;
}

void emit_stepping_access(emitter_t *e, unsigned reg, int32_t step) {
  const pointer_t *p = &e->pointers[reg];
  uint32_t distance = (uint32_t)abs(step), up = step > 0 ? 0x200u : 0;
  bool load = !writable(p) || chance(e, 60), aligned = p->align >= 4 && !(distance & 3u);
  if (aligned && step > 0 && distance <= 16 && distance >= 8 && has(e, FEATURE_fp) && chance(e, 25)) {
    emit_wide(e, 0xECA0u | (load ? 0x10u : 0) | reg, bits(e, 3) << 12 | 0xA00u | distance / 4);
    return;
  }
  uint32_t mask = free_registers(e) & ~(1u << reg);
  unsigned transfer = load ? pick(e, mask) : source(e), size = p->align >= 4 || has(e, FEATURE_misaligned) ? 2 : 0;
  if (transfer == reg) transfer = 12;
  if (load) becomes_data(e, transfer);
  emit_wide(e, 0xF800u | size << 5 | (load ? 0x10u : 0) | reg, transfer << 12 | 0x900u | up | distance);
}
