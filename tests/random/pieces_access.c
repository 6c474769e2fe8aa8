/* Pieces that go to memory: runs of accesses, chains, neighbouring stores and loads, exclusives, the stack. */
#include "pieces.h"

void piece_access(emitter_t *e) {
  unsigned reg = pointer(e, chance(e, 60));
  (void)reg;
  for (unsigned i = 1 + below(e, chance(e, 80) ? 4 : 10); i; i--) {
    if (chance(e, 15)) pointer(e, true);
    if (chance(e, 25)) emit_arithmetic(e);
    if (!emit_access(e)) break;
  }
  if (chance(e, 25)) emit_mix(e, source(e));
}

/* Pointers that are loaded through pointers that were loaded. */
void piece_chase(emitter_t *e) {
  unsigned node = result(e), to;
  point_to(e, node, WINDOW_CHAIN, MARGIN + (int32_t)below(e, CHAIN_NODES) * CHAIN_NODE_BYTES);
  for (unsigned i = below(e, 5); i; i--) {
    if (node < 8 && chance(e, 60)) {
      emit(e, 0x6800u | node << 3 | node);
    } else {
      emit_wide(e, 0xF8D0u | node, node << 12);
    }
    if (chance(e, 20)) emit_mix(e, node);
  }
  e->pointers[node] = (pointer_t){WINDOW_CHAIN, 8, MARGIN, MARGIN + (CHAIN_NODES - 1) * CHAIN_NODE_BYTES};
  do {
    to = result(e);
  } while (to == node);
  emit_wide(e, 0xF8D0u | node, to << 12 | 4); /* into the main window */
  e->pointers[to] = (pointer_t){WINDOW_MAIN, 8, MARGIN, (int32_t)e->plan->windows[WINDOW_MAIN].bytes - MARGIN - 8};
  for (unsigned i = 1 + bits(e, 1); i; i--)
    emit_access(e);
}

/* Widths and offsets that overlap, touch or lie in the other bank. */
void piece_store_then_load(emitter_t *e) {
  unsigned reg = pointer(e, false);
  const pointer_t *p = &e->pointers[reg];
  bool exact = has(e, FEATURE_misaligned) || p->align >= 4;
  for (unsigned i = 1 + below(e, 3); i; i--) {
    uint32_t offset = 4 * bits(e, 2), stored = exact ? below(e, 3) : 0, loaded = exact ? below(e, 3) : 0;
    uint32_t other = offset + (chance(e, 40) ? bits(e, 1) * 4 : has(e, FEATURE_misaligned) ? bits(e, 2) : 0);
    emit_wide(e, 0xF880u | stored << 5 | reg, source(e) << 12 | offset);
    for (unsigned k = below(e, 3); k; k--) {
      uint32_t reserved = e->reserved;
      e->reserved |= 1u << reg;
      emit_arithmetic(e);
      e->reserved = reserved;
    }
    uint32_t mask = free_registers(e) & ~(1u << reg);
    unsigned to = pick(e, mask);
    becomes_data(e, to);
    emit_wide(e, 0xF890u | loaded << 5 | reg, to << 12 | other);
    if (chance(e, 50)) emit_mix(e, to);
  }
}

void piece_exclusive(emitter_t *e) {
  unsigned reg = pointer(e, false), status, value;
  uint32_t taken = e->reserved;
  if (e->pointers[reg].align < 4) return;
  e->reserved |= 1u << reg;
  value = result(e);
  uint32_t mask = free_registers(e) & ~(1u << value);
  if (!mask) {
    e->reserved = taken;
    return;
  }
  status = pick(e, mask);
  becomes_data(e, status);
  unsigned form = below(e, 3);
  uint32_t words = bits(e, 3), again = e->count;
  if (form == 0) emit_wide(e, 0xE850u | reg, value << 12 | 0xF00u | words);
  if (form == 1) emit_wide(e, 0xE8D0u | reg, value << 12 | 0xF4Fu);
  if (form == 2) emit_wide(e, 0xE8D0u | reg, value << 12 | 0xF5Fu);
  if (chance(e, 20)) emit_wide(e, 0xF3BF, 0x8F2F); /* CLREX: the store fails */
  bool cleared = e->count - again > 2;
  if (chance(e, 60)) emit_wide(e, 0xF100u | value, value << 8 | 1u); /* ADD.W value, value, #1 */
  if (form == 0) emit_wide(e, 0xE840u | reg, value << 12 | status << 8 | words);
  if (form == 1) emit_wide(e, 0xE8C0u | reg, value << 12 | 0xF40u | status);
  if (form == 2) emit_wide(e, 0xE8C0u | reg, value << 12 | 0xF50u | status);
  if (!cleared && chance(e, 50)) { /* again, until nothing came between */
    emit_wide(e, 0xF1B0u | status, 0xF00u);
    emit_branch_back(e, 1, again);
  } else if (chance(e, 60)) {
    emit_mix(e, status);
  }
  e->reserved = taken;
}

void piece_preload(emitter_t *e) {
  unsigned reg = pointer(e, true);
  uint32_t r = draw(e);
  emit_wide(e, (part(r, 6, 1) ? 0xF890u : 0xF990u) | reg, 0xF000u | part(r, 0, 6));
}

/* ---- the stack ---- */

static unsigned count_of(uint32_t list) { return (unsigned)__builtin_popcount(list); }

static void push_and_pop(emitter_t *e) {
  uint32_t list = 0, into = 0, free = free_registers(e);
  for (unsigned i = 1 + below(e, 5); i; i--)
    list |= 1u << below(e, 13);
  while (count_of(into) < count_of(list) && count_of(into) < count_of(free))
    into |= 1u << pick(e, free);
  while (count_of(list) > count_of(into))
    list &= list - 1;
  bool narrow = !(list & ~0xFFu), single = count_of(list) == 1;
  unsigned reg = pick(e, list);
  if (narrow) {
    emit(e, 0xB400u | list);
  } else if (single) {
    emit_wide(e, 0xF84D, reg << 12 | 0xD04u); /* STR reg, [SP, #-4]! */
  } else {
    emit_wide(e, 0xE92D, list);
  }
  uint32_t frame = e->frame_bytes;
  e->frame_bytes = 4 * count_of(list);
  if (chance(e, 40)) emit_arithmetic(e);
  uint32_t place = below(e, count_of(list));
  if (chance(e, 40)) emit(e, 0x9000u | bits(e, 3) << 8 | place); /* STR Rt, [SP, #] */
  e->frame_bytes = frame;
  if (!(into & ~0xFFu)) {
    emit(e, 0xBC00u | into);
  } else if (single) {
    emit_wide(e, 0xF85D, pick(e, into) << 12 | 0xB04u); /* LDR reg, [SP], #4 */
  } else {
    emit_wide(e, 0xE8BD, into);
  }
  for (unsigned i = 0; i < 13; i++) {
    if (into >> i & 1u) becomes_data(e, i);
  }
}

static void frame_access(emitter_t *e) {
  if (!e->frame_bytes) {
    push_and_pop(e);
    return;
  }
  uint32_t at = below(e, e->frame_bytes / 4);
  unsigned reg = low_result(e);
  if (reg > 7 || chance(e, 50)) {
    emit(e, 0x9000u | bits(e, 3) << 8 | at);
  } else {
    emit(e, 0x9800u | reg << 8 | at);
  }
  unsigned from = source(e);
  if (chance(e, 30)) emit_wide(e, 0xF88D, from << 12 | (4 * at + bits(e, 2))); /* STRB */
  if (chance(e, 30)) emit_wide(e, 0xF8DD, result(e) << 12 | 4 * at);
}

/* Space whose size is data: MOV kept, SP; SUB SP, SP, index, LSL #2; ...; MOV SP, kept. */
static void variable_space(emitter_t *e) {
  unsigned kept = result(e), index;
  e->reserved |= 1u << kept;
  if (!free_registers(e)) {
    e->reserved &= ~(1u << kept);
    return;
  }
  index = result(e);
  uint32_t lsb = below(e, 28);
  emit(e, 0x4668u | (kept & 8u) << 4 | (kept & 7u));                                       /* MOV kept, SP */
  emit_wide(e, 0xF3C0u | source(e), (lsb >> 2) << 12 | (lsb & 3u) << 6 | index << 8 | 3u); /* UBFX, four bits */
  bool fixed_first = chance(e, 50);
  if (fixed_first) emit(e, 0xB084); /* SUB SP, #16 */
  emit_wide(e, 0xEBAD, 0x0D80u | index);
  if (!fixed_first) emit(e, 0xB084);
  if (chance(e, 35) && __builtin_popcount(free_registers(e)) > 2) e->reserved |= 1u << index;
  uint32_t frame = e->frame_bytes;
  e->frame_bytes = 16;
  for (unsigned i = 1 + below(e, 3); i; i--) {
    frame_access(e);
    if (chance(e, 40)) emit_arithmetic(e);
  }
  e->frame_bytes = frame;
  if (e->reserved >> index & 1u) {
    emit(e, 0xB004);
    emit_wide(e, 0xEB0D, 0x0D80u | index); /* ADD SP, SP, index, LSL #2 */
    e->reserved &= ~(1u << index);
  } else {
    emit(e, 0x4685u | kept << 3); /* MOV SP, kept */
  }
  e->reserved &= ~(1u << kept);
}

/* Through another register that holds a place in the frame, as unoptimised code has it. */
static void frame_by_register(emitter_t *e) {
  unsigned base = result(e);
  uint32_t reserved = e->reserved, words = e->frame_bytes / 4;
  if (words < 2 || __builtin_popcount(free_registers(e)) < 3) return;
  uint32_t first = below(e, words - 1);
  e->reserved |= 1u << base;
  if (base < 8) {
    emit(e, 0xA800u | base << 8 | first); /* ADD base, SP, #4 * first */
  } else {
    emit_wide(e, 0xF10D, base << 8 | 4 * first);
  }
  for (unsigned i = 1 + below(e, 4); i; i--) {
    uint32_t at = below(e, words - first);
    bool load = chance(e, 50);
    unsigned transfer = load ? result(e) : source(e);
    emit_wide(e, (load ? 0xF8D0u : 0xF8C0u) | base, transfer << 12 | 4 * at);
    if (chance(e, 30)) emit_arithmetic(e);
  }
  unsigned one = result(e), two = result(e);
  if (one != two && chance(e, 40)) emit_wide(e, (chance(e, 50) ? 0xE880u : 0xE890u) | base, 1u << one | 1u << two);
  e->reserved = reserved;
  becomes_data(e, base);
}

static void fp_push_and_pop(emitter_t *e) {
  bool wide = chance(e, 60);
  unsigned count = 1 + below(e, 4), first = below(e, 12);
  uint32_t second = wide ? first << 12 | 0xB00u | 2 * count : first << 12 | 0xA00u | count;
  emit_wide(e, 0xED2D, second);
  if (chance(e, 60)) emit_fp_arithmetic(e);
  emit_wide(e, 0xECBD, second);
}

void piece_stack(emitter_t *e) {
  switch (below(e, has(e, FEATURE_fp) ? 6 : 5)) {
  case 0: push_and_pop(e); break;
  case 1: frame_access(e); break;
  case 4: frame_by_register(e); break;
  case 2:
    emit(e, 0xB080u | 4); /* SUB SP, #16 */
    if (chance(e, 50)) emit(e, 0x9000u | (draw(e) & 0x703u));
    if (chance(e, 50)) emit_arithmetic(e);
    emit(e, 0xB000u | 4);
    break;
  case 3: variable_space(e); break;
  default: fp_push_and_pop(e); break;
  }
}
