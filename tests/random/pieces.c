/* What comes how often, and functions made of it. */
#include "pieces.h"

#include <stdio.h>
#include <string.h>

/* Where a piece may stand. */
enum {
  THREAD = 1,     /* not in a handler */
  UNMASKED = 2,   /* not where exceptions are held back */
  PRIVILEGED = 4, /* not where there is no privilege */
  IMPURE = 8,     /* not in what may be called from anywhere */
  IN_RAM = 16     /* only there */
};
enum { ALWAYS_THERE = FEATURE_COUNT };

static const struct {
  void (*emit)(emitter_t *e);
  uint8_t weight, feature, where;
} pieces[] = {
    {piece_arithmetic, 14, ALWAYS_THERE, 0},
    {piece_multiply, 6, ALWAYS_THERE, 0},
    {piece_divide, 4, ALWAYS_THERE, 0},
    {piece_access, 22, ALWAYS_THERE, 0},
    {piece_chase, 5, ALWAYS_THERE, 0},
    {piece_store_then_load, 6, ALWAYS_THERE, 0},
    {piece_exclusive, 2, ALWAYS_THERE, 0},
    {piece_stack, 5, ALWAYS_THERE, 0},
    {piece_preload, 1, ALWAYS_THERE, 0},
    {piece_fp, 10, FEATURE_fp, 0},
    {piece_fp_operands, 5, FEATURE_fp, 0},
    {piece_fp_status, 2, FEATURE_fp, 0},
    {piece_fp_core, 4, FEATURE_fp, 0},
    {piece_fp_memory, 6, FEATURE_fp, 0},
    {piece_it, 9, ALWAYS_THERE, 0},
    {piece_it_at_page_edge, 4, ALWAYS_THERE, 0},
    {piece_if, 7, ALWAYS_THERE, 0},
    {piece_if_zero, 4, ALWAYS_THERE, 0},
    {piece_switch, 3, ALWAYS_THERE, 0},
    {piece_jump, 2, ALWAYS_THERE, 0},
    {piece_loop, 8, ALWAYS_THERE, 0},
    {piece_walk, 6, ALWAYS_THERE, 0},
    {piece_call, 9, ALWAYS_THERE, 0},
    {piece_long_run, 1, FEATURE_long_runs, 0},
    {piece_hint, 2, ALWAYS_THERE, 0},
    {piece_barrier, 1, ALWAYS_THERE, 0},
    {piece_special, 3, ALWAYS_THERE, 0},
    {piece_time, 8, FEATURE_time, PRIVILEGED | IMPURE},
    {piece_supervisor_call, 4, FEATURE_calls_up, THREAD | UNMASKED | IMPURE},
    {piece_pend, 4, FEATURE_calls_up, PRIVILEGED | IMPURE},
    {piece_masked, 4, FEATURE_masks, THREAD | PRIVILEGED | IMPURE},
    {piece_unprivileged, 3, FEATURE_unprivileged, THREAD | UNMASKED | PRIVILEGED | IMPURE},
    {piece_other_stack, 3, FEATURE_process_stack, THREAD | PRIVILEGED | IMPURE},
    {piece_sleep, 2, FEATURE_sleep, THREAD | UNMASKED | PRIVILEGED | IMPURE},
    {piece_systick, 3, FEATURE_systick, THREAD | PRIVILEGED | IMPURE},
    {piece_timer, 4, FEATURE_timer, PRIVILEGED | IMPURE},
    {piece_bit_band, 3, FEATURE_bit_band, 0},
    {piece_console, 2, FEATURE_console, THREAD | IMPURE},
    {piece_region, 4, FEATURE_markers, IMPURE},
    {piece_patch, 4, FEATURE_ram_code, 0},
    {piece_patch_site, 10, FEATURE_ram_code, IN_RAM},
    {piece_caches, 2, ALWAYS_THERE, PRIVILEGED | IMPURE},
    {piece_fault, 2, FEATURE_faults, THREAD | UNMASKED | IMPURE},
};
enum { PIECES = sizeof pieces / sizeof pieces[0] };
_Static_assert(PIECES <= sizeof((plan_t *)0)->weights, "one weight a piece");

/* Each program has its own taste. */
void choose_weights(plan_t *plan, random_t *random) {
  static const uint8_t factors[] = {0, 1, 1, 1, 2, 2, 4};
  for (unsigned i = 0; i < PIECES; i++)
    plan->weights[i] = (uint8_t)(pieces[i].weight * factors[random_below(random, sizeof factors)]);
  plan->weights[0]++; /* never nothing */
}

static bool suits(const emitter_t *e, unsigned piece) {
  unsigned feature = pieces[piece].feature, where = pieces[piece].where;
  if (feature != ALWAYS_THERE && !has(e, (feature_t)feature)) return false;
  if ((where & THREAD) && e->handler) return false;
  if ((where & UNMASKED) && e->masked) return false;
  if ((where & PRIVILEGED) && e->unprivileged) return false;
  if ((where & IMPURE) && e->pure) return false;
  return !(where & IN_RAM) || e->in_ram;
}

static void emit_piece(emitter_t *e) {
  uint32_t sum = 0;
  for (unsigned i = 0; i < PIECES; i++)
    sum += suits(e, i) ? e->plan->weights[i] : 0u;
  uint32_t at = below(e, sum);
  for (unsigned i = 0; i < PIECES; i++) {
    uint32_t weight = suits(e, i) ? e->plan->weights[i] : 0u;
    if (at < weight) {
      pieces[i].emit(e);
      return;
    }
    at -= weight;
  }
}

void emit_block(emitter_t *e, unsigned count) {
  for (; count && e->cost < e->budget; count--) {
    keep_literals_near(e);
    emit_piece(e);
  }
}

void emit_short_block(emitter_t *e, unsigned count, uint32_t limit) {
  enum { LONGEST = 48 }; /* bytes of one of these */
  uint32_t start = e->count;
  bool literals = e->no_literals;
  e->no_literals = true;
  for (; count && 2 * (e->count - start) + LONGEST <= limit; count--) {
    switch (below(e, 10)) {
    case 0:
    case 1:
      if (emit_access(e)) break;
      pointer(e, true);
      break;
    case 2: emit_multiply(e); break;
    case 3: emit_divide(e); break;
    case 4:
      if (has(e, FEATURE_fp)) emit_fp_arithmetic(e);
      break;
    case 5: emit_mix(e, source(e)); break;
    case 6:
      if (has(e, FEATURE_time) && !e->unprivileged && !e->pure) piece_time(e);
      break;
    case 7: piece_call(e); break;
    default: emit_arithmetic(e); break;
    }
  }
  e->no_literals = literals;
}

/* ---- functions ---- */

unsigned begin_function(emitter_t *e, const char *name) {
  plan_t *plan = e->plan;
  unsigned index = plan->function_count++;
  for (unsigned i = below(e, 4); i; i--)
    emit_data(e, 0xBF00);
  snprintf(plan->names[index], PROGRAM_NAME_BYTES, "%s", name);
  plan->callees[index] = (callee_t){.address = here(e)};
  memset(e->pointers, 0, sizeof e->pointers);
  e->writable = 0x100F;
  e->reserved = 0;
  e->multiplier = 1;
  e->cost = 0;
  e->frame_bytes = e->depth = 0;
  e->handler = e->bounded = e->masked = e->unprivileged = e->pure = e->no_calls = e->no_literals = e->conditional =
      false;
  return index;
}

void end_function(emitter_t *e, unsigned index) {
  flush_literals(e, false);
  e->plan->ends[index] = here(e);
}

typedef struct {
  uint32_t saved; /* low registers, or R4 to R10 */
  uint32_t frame; /* words */
  unsigned doubles;
} frame_t;

static void emit_prologue(emitter_t *e, frame_t *frame) {
  frame->saved = (0xF0u >> below(e, 3)) & 0xF0u;
  if (chance(e, 30)) frame->saved |= 0x700u >> below(e, 3) & 0x700u;
  frame->frame = chance(e, 60) ? below(e, 9) : 0;
  frame->doubles = has(e, FEATURE_fp) && chance(e, 25) ? 1 + below(e, 3) : 0;
  if (frame->saved & 0x700u) {
    emit_wide(e, 0xE92D, 0x4000u | frame->saved);
  } else {
    emit(e, 0xB500u | frame->saved);
  }
  if (frame->doubles) emit_wide(e, 0xED2D, 8u << 12 | 0xB00u | 2 * frame->doubles);
  if (frame->frame) emit(e, 0xB080u | frame->frame);
  e->writable |= frame->saved;
  e->frame_bytes = 4 * frame->frame;
}

static void emit_unwind(emitter_t *e, const frame_t *frame) {
  if (frame->frame) emit(e, 0xB000u | frame->frame);
  if (frame->doubles) emit_wide(e, 0xECBD, 8u << 12 | 0xB00u | 2 * frame->doubles);
}

static void emit_pop(emitter_t *e, const frame_t *frame, bool into_pc) {
  if (into_pc && !(frame->saved & 0x700u)) {
    emit(e, 0xBD00u | frame->saved);
  } else {
    emit_wide(e, 0xE8BD, (into_pc ? 0x8000u : 0x4000u) | frame->saved);
  }
}

static void emit_return(emitter_t *e, const frame_t *frame) {
  emit_unwind(e, frame);
  const callee_t *callee = &e->plan->callees[below(e, e->plan->callable)];
  bool may = e->plan->callable && !callee->takes_depth && !callee->in_ram && !e->in_ram && (callee->pure || !e->pure);
  unsigned form = below(e, 4);
  if (form == 0 && may && e->cost + callee->cost <= e->budget + e->budget / 4) {
    emit_pop(e, frame, false);
    e->cost += callee->cost;
    emit_tail_jump(e, callee->address);
  } else if (form == 1) {
    emit_pop(e, frame, false);
    emit(e, 0x4770);
  } else {
    emit_pop(e, frame, true);
  }
}

/* All at once, under a condition. */
static void emit_early_return(emitter_t *e, const frame_t *frame) {
  unsigned count = 1u + (frame->frame != 0) + (frame->doubles != 0), condition = below(e, 14);
  uint32_t mask = 0;
  for (unsigned i = 1; i < count; i++)
    mask |= (condition & 1u) << (4 - i);
  emit_compare(e);
  emit(e, 0xBF00u | condition << 4 | mask | 1u << (4 - count));
  emit_unwind(e, frame);
  emit_pop(e, frame, true);
}

static void emit_leaf(emitter_t *e) {
  e->no_calls = true;
  emit_block(e, 2 + below(e, 5));
  emit(e, chance(e, 70) ? 0x4770u : 0x46F7u); /* BX LR; MOV PC, LR */
}

static void emit_plain(emitter_t *e) {
  frame_t frame;
  emit_prologue(e, &frame);
  for (unsigned i = 1 + below(e, 3); i; i--) {
    emit_block(e, 1 + below(e, 4));
    if (chance(e, 20)) emit_early_return(e, &frame);
  }
  emit_return(e, &frame);
}

/* R0: how deep. */
static void emit_recursive(emitter_t *e, uint32_t self) {
  frame_t frame;
  emit_prologue(e, &frame);
  unsigned depth = pick(e, frame.saved);
  emit(e, 0x4600u | (depth & 8u) << 4 | (depth & 7u));
  e->reserved |= 1u << depth;
  emit_block(e, 1 + below(e, 3));
  emit_wide(e, 0xF1B0u | depth, 0xF00);
  uint32_t end = emit_branch(e, 0, true);
  emit_wide(e, 0xF1A0u | depth, 1u); /* SUB.W r0, depth, #1 */
  if (e->in_ram || chance(e, 30)) {
    emit_move_halves(e, 12, self | 1u);
    emit(e, 0x47E0); /* BLX r12 */
  } else {
    emit_call(e, self);
  }
  forget_all(e);
  emit_block(e, 1 + below(e, 3));
  patch_here(e, end);
  forget_all(e);
  e->reserved &= ~(1u << depth);
  emit_unwind(e, &frame);
  bool into_pc = chance(e, 60);
  emit_pop(e, &frame, into_pc);
  if (!into_pc) emit(e, 0x4770);
}

unsigned emit_function(emitter_t *e, const char *name, function_shape_t shape, bool pure, uint64_t budget) {
  unsigned index = begin_function(e, name);
  callee_t *callee = &e->plan->callees[index];
  e->pure = pure;
  e->budget = shape == FUNCTION_RECURSIVE ? budget / (DEPTH_MAX + 1) : budget;
  switch (shape) {
  case FUNCTION_LEAF: emit_leaf(e); break;
  case FUNCTION_PLAIN: emit_plain(e); break;
  case FUNCTION_RECURSIVE: emit_recursive(e, callee->address); break;
  }
  end_function(e, index);
  callee->cost = shape == FUNCTION_RECURSIVE ? e->cost * (DEPTH_MAX + 1) : e->cost;
  callee->pure = pure;
  callee->takes_depth = shape == FUNCTION_RECURSIVE;
  callee->in_ram = e->in_ram;
  return index;
}
