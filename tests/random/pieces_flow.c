/* Control flow: IT blocks, branches, switches, loops, calls. */
#include "pieces.h"

/* ---- IT ---- */

static void emit_it_member(emitter_t *e) {
  bool may_fault = has(e, FEATURE_faults) && !e->handler && !e->masked && !e->pure && e->multiplier <= 60;
  switch (below(e, 14)) {
  case 0:
  case 1:
  case 2:
    if (emit_access(e)) break;
    emit_arithmetic(e);
    break;
  case 3: emit_divide(e); break;
  case 4: emit_multiply(e); break;
  case 5: emit_compare(e); break;
  case 6:
    if (has(e, FEATURE_fp)) {
      emit_fp_arithmetic(e);
    } else {
      emit_arithmetic(e);
    }
    break;
  case 7: emit(e, 0xBF00); break;
  case 8: emit_wide(e, 0xF3EF, 0x8000u | result(e) << 8); break; /* MRS of the flags */
  case 9:
    if (may_fault) {
      emit(e, 0xDE00); /* UDF */
      break;
    }
    emit_arithmetic(e);
    break;
  default: emit_arithmetic(e); break;
  }
}

void emit_it(emitter_t *e, unsigned count) {
  uint32_t condition = below(e, 14), then = condition & 1u, mask = 0;
  for (unsigned i = 1; i < count; i++)
    mask |= (chance(e, 60) ? then : !then) << (4 - i);
  emit(e, 0xBF00u | condition << 4 | mask | 1u << (4 - count));
}

/* Pointers are the same with and without what stands under a condition, or forgotten. */
static void begin_condition(emitter_t *e, bool *was) {
  *was = e->conditional;
  e->conditional = true;
}

/* The block's last member may leave: a branch over what follows, or a call. */
static void emit_it_block(emitter_t *e, unsigned count, bool leaves) {
  bool was;
  if (chance(e, 60)) emit_compare(e);
  emit_it(e, count);
  begin_condition(e, &was);
  for (unsigned i = 0; i + leaves < count; i++)
    emit_it_member(e);
  e->conditional = was;
  if (!leaves) return;
  pointer_t kept[16];
  for (unsigned i = 0; i < 16; i++)
    kept[i] = e->pointers[i];
  uint32_t over = emit_branch(e, ALWAYS, chance(e, 30));
  emit_short_block(e, 1 + below(e, 3), 100);
  patch_here(e, over);
  for (unsigned i = 0; i < 16; i++) {
    const pointer_t *a = &kept[i], *b = &e->pointers[i];
    bool same = a->window == b->window && a->low == b->low && a->high == b->high && a->align == b->align;
    if (!same) becomes_data(e, i);
  }
}

static void emit_any_it_block(emitter_t *e, unsigned least, unsigned percent) {
  unsigned count = least + below(e, 5 - least);
  emit_it_block(e, count, chance(e, percent));
}

void piece_it(emitter_t *e) {
  if (chance(e, 50)) pointer(e, true);
  for (unsigned i = 1 + (chance(e, 25) ? below(e, 3) : 0); i; i--)
    emit_any_it_block(e, 1, 25);
}

/* The engine's blocks end at every KiB: one begins within IT. */
void piece_it_at_page_edge(emitter_t *e) {
  enum { PAGE = 1024, NEAR = 160 };
  if (e->no_literals) return;
  uint32_t left = PAGE - here(e) % PAGE, stop = 2 + 2 * below(e, 9);
  if (left > NEAR || left < stop + 8) {
    piece_it(e);
    return;
  }
  flush_literals(e, true);
  if (chance(e, 60)) pointer(e, true);
  for (;;) {
    left = PAGE - here(e) % PAGE;
    if (left <= stop || left > NEAR) break;
    if (left - stop >= 8 && chance(e, 50)) {
      emit_arithmetic(e);
    } else {
      emit(e, 0xBF00);
    }
  }
  emit_any_it_block(e, 2, 20);
}

/* ---- forward branches ---- */

typedef struct {
  pointer_t pointers[16];
} known_t;

static known_t known(const emitter_t *e) {
  known_t k;
  for (unsigned i = 0; i < 16; i++)
    k.pointers[i] = e->pointers[i];
  return k;
}

/* Control comes from two places: what both know remains. */
static void merge(emitter_t *e, const known_t *other) {
  for (unsigned i = 0; i < 16; i++) {
    const pointer_t *a = &other->pointers[i], *b = &e->pointers[i];
    bool same = a->window == b->window && a->low == b->low && a->high == b->high && a->align == b->align;
    if (!same) becomes_data(e, i);
  }
}

void piece_if(emitter_t *e) {
  bool small = e->no_literals || chance(e, 50);
  if (chance(e, 80)) emit_compare(e);
  unsigned condition = below(e, 14);
  uint32_t skip = emit_branch(e, condition, !small || chance(e, 20));
  known_t before = known(e);
  if (small) {
    emit_short_block(e, 1 + below(e, 3), 90);
  } else {
    emit_block(e, 1 + below(e, 4));
  }
  if (chance(e, 40)) {
    uint32_t end = emit_branch(e, ALWAYS, !small);
    patch_here(e, skip);
    known_t then = known(e);
    for (unsigned i = 0; i < 16; i++)
      e->pointers[i] = before.pointers[i];
    if (small) {
      emit_short_block(e, 1 + below(e, 2), 90);
    } else {
      emit_block(e, 1 + below(e, 3));
    }
    patch_here(e, end);
    merge(e, &then);
    return;
  }
  patch_here(e, skip);
  merge(e, &before);
}

void piece_if_zero(emitter_t *e) {
  uint32_t at = e->count, r = draw(e);
  emit(e, (part(r, 3, 1) ? 0xB900u : 0xB100u) | part(r, 0, 3));
  known_t before = known(e);
  emit_short_block(e, 1 + below(e, 3), 80);
  if (e->count == at + 1) emit(e, 0xBF00); /* it cannot branch to what follows */
  patch_here(e, at);
  merge(e, &before);
}

/* TBB or TBH. */
void piece_switch(emitter_t *e) {
  enum { CASES_MAX = 6 };
  unsigned cases = 2 + below(e, CASES_MAX - 1), width = cases > 3 ? 2 : 1, reg = result(e), from = source(e);
  bool halfwords = chance(e, 40);
  uint32_t lsb = below(e, 28), ends[CASES_MAX], end_count = 0;
  cases = cases > 3 ? 4 : 2;
  emit_wide(e, 0xF3C0u | from, (lsb >> 2) << 12 | (lsb & 3u) << 6 | reg << 8 | (width - 1));
  known_t before = known(e);
  bool literals = e->no_literals;
  e->no_literals = true;
  emit_wide(e, 0xE8D0u | PC, 0xF000u | (uint32_t)halfwords << 4 | reg);
  uint32_t table = e->count;
  for (unsigned i = 0; i < (halfwords ? cases : cases / 2); i++)
    emit_data(e, 0);
  known_t after = before;
  for (unsigned i = 0; i < cases; i++) {
    uint32_t offset = e->count - table;
    if (halfwords) {
      e->code[table + i] = (uint16_t)offset;
    } else {
      e->code[table + i / 2] = (uint16_t)(e->code[table + i / 2] | offset << 8 * (i & 1u));
    }
    for (unsigned k = 0; k < 16; k++)
      e->pointers[k] = before.pointers[k];
    emit_short_block(e, 1 + below(e, 2), 60);
    if (i + 1 < cases) ends[end_count++] = emit_branch(e, ALWAYS, false);
    merge(e, &after);
    after = known(e);
  }
  while (end_count)
    patch_here(e, ends[--end_count]);
  e->no_literals = literals;
}

/* Jumps by value, over a few instructions that never run: BX, MOV PC, ADD PC, LDR PC. */
void piece_jump(emitter_t *e) {
  if (e->no_literals) return;
  unsigned reg = result(e), skipped = below(e, 5);
  unsigned form = below(e, 4);
  if (form == 2) { /* ADD PC, reg: from the instruction's address + 4 */
    emit_constant(e, reg, 2 * skipped);
    emit(e, 0x4487u | reg << 3);
    emit(e, 0xBF00);
    for (unsigned i = 0; i < skipped; i++)
      emit(e, 0xBF00);
    return;
  }
  uint32_t patched = e->count;
  emit_wide(e, 0xF240, reg << 8); /* MOVW and MOVT of the address, known below */
  emit_wide(e, 0xF2C0, reg << 8);
  if (form == 0) emit(e, 0x4700u | reg << 3);
  if (form == 1) emit(e, 0x4687u | reg << 3);
  if (form == 3) {
    emit_wide(e, 0xF84D, reg << 12 | 0xD04u); /* STR reg, [SP, #-4]!; LDR PC, [SP], #4 */
    emit_wide(e, 0xF85D, 0xFB04);
  }
  for (unsigned i = 0; i < skipped; i++)
    emit(e, 0xBF00);
  uint32_t target = here(e) | 1u;
  for (unsigned half = 0; half < 2; half++) {
    uint32_t value = target >> 16 * half & 0xFFFFu;
    uint16_t *code = &e->code[patched + 2 * half];
    code[0] = (uint16_t)(code[0] | value >> 12 | (value >> 11 & 1u) << 10);
    code[1] = (uint16_t)(code[1] | (value >> 8 & 7u) << 12 | (value & 0xFFu));
  }
}

/* ---- loops ---- */

typedef struct {
  uint32_t start;
  unsigned counter;
  uint64_t multiplier;
  bool by_compare, up;
  uint32_t count;
} loop_t;

/* That keep what they hold: callees keep R4 to R10, and nothing else changes R2, R3 and R12. */
static uint32_t loop_registers(const emitter_t *e) { return free_registers(e) & (e->no_calls ? 0x17FCu : 0x7F0u); }

/* False: no register is left for the counter, or the budget is spent. */
static bool begin_loop(emitter_t *e, loop_t *loop, uint32_t count) {
  uint32_t any = loop_registers(e), low = any & 0xFFu;
  if (__builtin_popcount(free_registers(e)) < 5 || !any || e->depth >= NESTING_MAX) return false;
  if (e->cost + 12 * count * e->multiplier > e->budget) return false;
  loop->counter = pick(e, low && chance(e, 70) ? low : any);
  loop->by_compare = chance(e, 30);
  loop->up = loop->by_compare && chance(e, 60);
  loop->count = count;
  becomes_data(e, loop->counter);
  emit_constant(e, loop->counter, loop->up ? 0 : count);
  e->reserved |= 1u << loop->counter;
  loop->multiplier = e->multiplier;
  e->multiplier *= count;
  e->depth++;
  return true;
}

static void start_body(emitter_t *e, loop_t *loop) {
  forget_all(e);
  keep_literals_near(e);
  loop->start = e->count;
}

static void end_loop(emitter_t *e, const loop_t *loop) {
  unsigned reg = loop->counter;
  keep_literals_near(e);
  if (loop->up) {
    if (reg < 8) {
      emit(e, 0x3001u | reg << 8);
      emit(e, 0x2800u | reg << 8 | loop->count);
    } else {
      emit_wide(e, 0xF100u | reg, reg << 8 | 1u);
      emit_wide(e, 0xF1B0u | reg, 0xF00u | loop->count);
    }
    emit_branch_back(e, chance(e, 50) ? 1 : 11, loop->start); /* NE, LT */
  } else {
    if (reg < 8) {
      emit(e, 0x3801u | reg << 8);
    } else {
      emit_wide(e, 0xF1B0u | reg, reg << 8 | 1u);
    }
    if (loop->by_compare) emit_wide(e, 0xF1B0u | reg, 0xF00u);
    emit_branch_back(e, chance(e, 60) ? 1 : 12, loop->start); /* NE, GT */
  }
  e->reserved &= ~(1u << reg);
  becomes_data(e, reg);
  e->multiplier = loop->multiplier;
  e->depth--;
}

static uint32_t loop_count(emitter_t *e) {
  switch (below(e, 6)) {
  case 0: return 1 + below(e, 3);
  case 1: return 20 + below(e, 100);
  default: return 2 + below(e, 18);
  }
}

void piece_loop(emitter_t *e) {
  loop_t loop;
  if (e->no_literals || !begin_loop(e, &loop, loop_count(e))) return;
  start_body(e, &loop);
  emit_block(e, 1 + below(e, 5));
  if (chance(e, 15)) { /* leaves early, when the data say so */
    emit_compare(e);
    uint32_t out = emit_branch(e, below(e, 14), true);
    emit_block(e, 1 + below(e, 2));
    end_loop(e, &loop);
    patch_here(e, out);
    forget_all(e);
    return;
  }
  end_loop(e, &loop);
}

void piece_walk(emitter_t *e) {
  static const int8_t steps[] = {1, 2, 4, 4, 4, 8, 8, 12, 16, 20, 32, 64};
  loop_t loop;
  if (e->no_literals || __builtin_popcount(free_registers(e)) < 7 || __builtin_popcount(loop_registers(e)) < 3) return;
  if (!begin_loop(e, &loop, 2 + below(e, 30))) return;
  unsigned walkers = 1 + bits(e, 1), regs[2];
  int32_t strides[2];
  for (unsigned i = 0; i < walkers; i++) {
    window_id_t window = chance(e, 60) ? WINDOW_MAIN : chance(e, 70) ? WINDOW_SECOND : WINDOW_CONSTANTS;
    int32_t bytes = (int32_t)e->plan->windows[window].bytes, stride;
    do {
      stride = steps[below(e, sizeof steps)];
      if (stride < 4 && !has(e, FEATURE_misaligned)) stride = 4;
    } while (stride * (int32_t)loop.count > bytes - 2 * MARGIN - 16);
    int32_t span = stride * (int32_t)loop.count, room = bytes - 2 * MARGIN - 8 - span;
    int32_t start = MARGIN + ((int32_t)below(e, (uint32_t)room) & ~3);
    strides[i] = chance(e, 70) ? stride : -stride;
    regs[i] = pick(e, loop_registers(e));
    point_to(e, regs[i], window, strides[i] > 0 ? start : start + span);
    e->pointers[regs[i]] = (pointer_t){(uint8_t)window, stride % 4 ? 1 : 4, start, start + span};
    e->reserved |= 1u << regs[i];
  }
  start_body(e, &loop);
  for (unsigned i = 0; i < walkers; i++) {
    emit_stepping_access(e, regs[i], strides[i]);
    if (chance(e, 60)) emit_block(e, 1 + bits(e, 1));
  }
  if (chance(e, 40)) emit_access(e);
  for (unsigned i = 0; i < walkers; i++)
    e->reserved &= ~(1u << regs[i]);
  end_loop(e, &loop);
  forget_all(e);
}

/* ---- calls ---- */

static bool may_call(const emitter_t *e, const callee_t *callee) {
  if (e->cost + e->multiplier * callee->cost > e->budget) return false;
  if ((e->handler || e->masked || e->unprivileged || e->pure) && !callee->pure) return false;
  return !(e->handler && callee->cost > 400);
}

void piece_call(emitter_t *e) {
  if (e->no_calls || e->plan->callable == 0) return;
  const callee_t *callee = NULL;
  for (unsigned i = 0; i < 4 && !callee; i++) {
    const callee_t *c = &e->plan->callees[below(e, e->plan->callable)];
    if (may_call(e, c)) callee = c;
  }
  if (!callee) return;
  if (callee->takes_depth) {
    if (chance(e, 50)) {
      emit_constant(e, 0, below(e, DEPTH_MAX + 1));
    } else { /* as deep as the data say: UBFX, two bits */
      unsigned from = source(e);
      emit_wide(e, 0xF3C0u | from, below(e, 7) << 12 | 1u);
    }
  }
  uint32_t target = callee->address;
  unsigned form = below(e, 5);
  if (callee->in_ram || e->in_ram || form == 0) {
    unsigned reg = chance(e, 50) ? 12 : 3;
    if (e->reserved >> reg & 1u) reg = 12;
    becomes_data(e, reg);
    if (chance(e, 40) && !e->no_literals) {
      emit_literal(e, reg, target | 1u);
    } else {
      emit_move_halves(e, reg, target | 1u);
    }
    emit(e, 0x4780u | reg << 3);
  } else {
    emit_call(e, target);
  }
  e->cost += e->multiplier * callee->cost;
  forget_scratch(e);
  if (chance(e, 30)) emit_mix(e, 0);
}

/* Longer than what the engine translates at once. */
void piece_long_run(emitter_t *e) {
  enum { LONGEST = 512 };
  if (e->no_literals || e->depth > 1 || e->cost + 900 * e->multiplier > e->budget) return;
  flush_literals(e, true);
  e->no_literals = true;
  if (chance(e, 50)) pointer(e, false);
  for (unsigned i = LONGEST + below(e, 300); i; i--) {
    if (chance(e, 15) && emit_access(e)) continue;
    if (chance(e, 5)) {
      emit_multiply(e);
    } else if (chance(e, 10)) {
      emit(e, 0xBF00);
    } else {
      emit_arithmetic(e);
    }
  }
  e->no_literals = false;
}
