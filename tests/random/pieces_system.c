/* System instructions, the private peripheral bus, exceptions, sleep, code in RAM. */
#include "pieces.h"

enum {
  DWT_CTRL = 0xE0001000u,
  DWT_CYCCNT = 0xE0001004u,
  SYST_CSR = 0xE000E010u,
  SYST_RVR = 0xE000E014u,
  SYST_CVR = 0xE000E018u,
  NVIC_ISPR = 0xE000E200u,
  SCB_ICSR = 0xE000ED04u,
  SCB_CCR = 0xE000ED14u,
  STIR = 0xE000EF00u,
  ICIALLU = 0xE000EF50u
};

static uint32_t variable(const emitter_t *e, variable_t which) { return e->plan->variables + 4 * (uint32_t)which; }

static void emit_barriers(emitter_t *e) {
  emit_wide(e, 0xF3BF, 0x8F4F);
  emit_wide(e, 0xF3BF, 0x8F6F);
}

void piece_hint(emitter_t *e) {
  static const uint16_t hints[] = {0xBF00, 0xBF00, 0xBF40, 0xBF10, 0xBF50, 0xBFD0};
  switch (below(e, 4)) {
  case 0: emit_wide(e, 0xF3AF, 0x8000); break;
  case 1: emit_wide(e, 0xF3AF, 0x80F0u | bits(e, 4)); break; /* DBG */
  default: emit(e, hints[below(e, 6)]); break;
  }
}

void piece_barrier(emitter_t *e) {
  static const uint16_t barriers[] = {0x8F5F, 0x8F4F, 0x8F6F};
  emit_wide(e, 0xF3BF, barriers[below(e, 3)]);
}

/* What time it is goes into the data. */
void piece_time(emitter_t *e) {
  unsigned base = result(e), to, counter = below(e, 6);
  do {
    to = result(e);
  } while (to == base);
  emit_constant(e, base, counter < 3 ? DWT_CTRL : counter < 5 ? SYST_CSR : DWT_CYCCNT);
  if (chance(e, 20)) emit_it(e, 1);
  if (counter == 0 && base < 8 && to < 8) {
    emit(e, 0x6840u | base << 3 | to);
  } else if (counter < 2) {
    emit_wide(e, 0xF8D0u | base, to << 12 | 4u);
  } else if (counter == 2) { /* the profile counters */
    emit_wide(e, 0xF8D0u | base, to << 12 | (8u + 4 * below(e, 5)));
  } else if (counter < 5) {
    emit_wide(e, 0xF8D0u | base, to << 12 | (chance(e, 75) ? 8u : 0));
  } else {
    emit_wide(e, (bits(e, 1) ? 0xF890u : 0xF8B0u) | base, to << 12);
  }
  emit_mix(e, to);
  if (counter < 2 && chance(e, 10)) emit_wide(e, 0xF8C0u | base, to << 12 | 4u);
}

void piece_special(emitter_t *e) {
  static const uint8_t readable[] = {0, 3, 5, 8, 9, 16, 17, 20}; /* APSR xPSR IPSR MSP PSP PRIMASK BASEPRI CONTROL */
  if (chance(e, 60)) {
    unsigned to = result(e);
    emit_wide(e, 0xF3EF, 0x8000u | to << 8 | readable[below(e, sizeof readable)]);
    emit_mix(e, to);
  } else {
    unsigned from = source(e);
    emit_wide(e, 0xF380u | from, bits(e, 1) ? 0x8800u : 0x8C00u); /* APSR_nzcvq, with g */
  }
}

/* ---- exceptions ---- */

void piece_supervisor_call(emitter_t *e) {
  if (e->reserved & 1u) return;
  unsigned count = chance(e, 25) ? 1 + below(e, 4) : 0, at = below(e, count), i = 0;
  bool was = e->conditional;
  if (count) emit_it(e, count);
  e->conditional = count != 0;
  do {
    if (i == at) {
      emit(e, 0xDF00u | below(e, 7));
    } else {
      emit_arithmetic(e);
    }
  } while (++i < count);
  e->conditional = was;
  becomes_data(e, 0); /* the handler's answer */
  if (chance(e, 40)) emit_mix(e, 0);
}

/* Handlers only pend what does not pend them again: PendSV, by SysTick and the timer. */
void piece_pend(emitter_t *e) {
  if (e->handler && !e->bounded) return;
  switch (e->handler ? 3 : below(e, 3)) {
  case 0: emit_store_constant(e, SCB_ICSR, 1u << (chance(e, 80) ? 28 : 26)); break; /* PendSV, SysTick */
  case 1: emit_store_constant(e, NVIC_ISPR, 1u << bits(e, 4)); break;
  case 2: emit_store_constant(e, STIR, bits(e, 4)); break;
  default: emit_store_constant(e, SCB_ICSR, 1u << 28);
  }
  if (chance(e, 30)) emit_barriers(e);
}

void piece_masked(emitter_t *e) {
  unsigned form = below(e, 5), reg = result(e);
  bool was = e->masked;
  if (e->depth >= NESTING_MAX || e->no_literals) return;
  if (form == 0) emit(e, 0xB672); /* CPSID i */
  if (form == 1) emit(e, 0xB671); /* CPSID f */
  if (form >= 2) {
    emit_constant(e, reg, form == 2 ? 1 : 0x20u << bits(e, 1));
    emit_wide(e, 0xF380u | reg, form == 2 ? 0x8810u : form == 3 ? 0x8811u : 0x8812u); /* PRIMASK BASEPRI BASEPRI_MAX */
  }
  e->masked = true;
  e->depth++;
  emit_block(e, 1 + below(e, 3));
  e->depth--;
  e->masked = was;
  if (form == 0) emit(e, 0xB662);
  if (form == 1) emit(e, 0xB661);
  if (form >= 2) {
    reg = result(e);
    emit_constant(e, reg, 0);
    emit_wide(e, 0xF380u | reg, form == 2 ? 0x8810u : 0x8811u);
  }
}

void piece_unprivileged(emitter_t *e) {
  unsigned reg = result(e);
  if (e->depth >= NESTING_MAX || e->no_literals || (e->reserved & 1u)) return;
  emit_wide(e, 0xF3EF, 0x8014u | reg << 8); /* MRS CONTROL */
  emit_wide(e, 0xF040u | reg, reg << 8 | 1u);
  emit_wide(e, 0xF380u | reg, 0x8814);
  emit_wide(e, 0xF3BF, 0x8F6F);
  e->unprivileged = true;
  e->depth++;
  emit_block(e, 1 + below(e, 4));
  e->depth--;
  e->unprivileged = false;
  emit(e, 0xDF07); /* the handler gives it back */
  becomes_data(e, 0);
}

/* Thread mode goes on with the other stack pointer for a while. */
void piece_other_stack(emitter_t *e) {
  uint32_t frame = e->frame_bytes;
  if (e->depth >= NESTING_MAX || e->no_literals) return;
  e->frame_bytes = 0;
  for (unsigned i = 0; i < 2; i++) {
    unsigned reg = result(e);
    emit_wide(e, 0xF3EF, 0x8014u | reg << 8); /* MRS CONTROL; EOR 2; MSR CONTROL; ISB */
    emit_wide(e, 0xF080u | reg, reg << 8 | 2u);
    emit_wide(e, 0xF380u | reg, 0x8814);
    emit_wide(e, 0xF3BF, 0x8F6F);
    e->depth++;
    if (i == 0) emit_block(e, 1 + below(e, 4));
    e->depth--;
  }
  e->frame_bytes = frame;
}

static void start_systick(emitter_t *e) {
  static const uint16_t reloads[] = {40, 90, 150, 333, 700, 1500, 4000};
  emit_store_constant(e, variable(e, VARIABLE_TICKS_LEFT), 2 + below(e, 30));
  uint32_t reload = reloads[below(e, 7)];
  emit_store_constant(e, SYST_RVR, reload + bits(e, 5));
  if (chance(e, 70)) emit_store_constant(e, SYST_CVR, 0);
  emit_store_constant(e, SYST_CSR, chance(e, 85) ? 7 : 3);
}

void piece_systick(emitter_t *e) {
  if (e->multiplier > 100) return;
  start_systick(e);
  e->cost += 30 * 100 * e->multiplier;
}

/* Something to wake it is always under way: SysTick with interrupts held back, or for WFE an event of any kind. */
void piece_sleep(emitter_t *e) {
  if (e->multiplier > 40) return;
  if (chance(e, 20)) {
    emit(e, 0xBF40); /* SEV, WFE */
    emit(e, 0xBF20);
    return;
  }
  bool event = chance(e, 30);
  emit(e, 0xB672);
  start_systick(e);
  if (event) emit(e, 0xB662);
  emit(e, event ? 0xBF20 : 0xBF30);
  if (!event) emit(e, 0xB662);
}

/* ---- the chip ---- */

static void emit_read_mix(emitter_t *e, uint32_t address) {
  unsigned base = result(e), to = result(e);
  emit_constant(e, base, address);
  emit_wide(e, 0xF8D0u | base, to << 12);
  becomes_data(e, to);
  emit_mix(e, to);
}

static void st_timer(emitter_t *e) {
  enum { TIM2 = 0x40000000u, CR1 = 0, DIER = 0xC, SR = 0x10, CNT = 0x24, PSC = 0x28, ARR = 0x2C };
  if (chance(e, 65)) {
    emit_read_mix(e, TIM2 + (chance(e, 80) ? CNT : SR));
    return;
  }
  emit_store_constant(e, variable(e, VARIABLE_TIMER_LEFT), 1 + below(e, 12));
  emit_store_constant(e, TIM2 + PSC, below(e, 4));
  emit_store_constant(e, TIM2 + ARR, 50 + below(e, 2000));
  emit_store_constant(e, TIM2 + DIER, chance(e, 70));
  emit_store_constant(e, TIM2 + CR1, 1);
}

static void nordic_timer(emitter_t *e) {
  enum { TIMER0 = 0x40008000u, CAPTURE0 = 0x40, SHORTS = 0x200, INTENSET = 0x304, BITMODE = 0x508 };
  enum { PRESCALER = 0x510, CC0 = 0x540, CC1 = 0x544, CAPTURE1 = 0x44 };
  if (chance(e, 65)) {
    emit_store_constant(e, TIMER0 + CAPTURE1, 1);
    emit_read_mix(e, TIMER0 + CC1);
    return;
  }
  emit_store_constant(e, variable(e, VARIABLE_TIMER_LEFT), 1 + below(e, 12));
  emit_store_constant(e, TIMER0 + BITMODE, 3);
  emit_store_constant(e, TIMER0 + PRESCALER, below(e, 2));
  emit_store_constant(e, TIMER0 + CC0, 50 + below(e, 500));
  emit_store_constant(e, TIMER0 + SHORTS, 1);
  emit_store_constant(e, TIMER0 + INTENSET, chance(e, 70) ? 1u << 16 : 0);
  emit_store_constant(e, TIMER0, 1);
}

void piece_timer(emitter_t *e) {
  if (e->plan->layout.timer == TIMER_ST) st_timer(e);
  if (e->plan->layout.timer == TIMER_NORDIC) nordic_timer(e);
}

void piece_bit_band(emitter_t *e) {
  const window_t *window = &e->plan->windows[chance(e, 50) ? WINDOW_MAIN : WINDOW_SECOND];
  uint32_t word = window->base + 4 * below(e, window->bytes / 4);
  if (e->plan->layout.m7 || word >> 20 != 0x200) return;
  unsigned base = result(e), to = result(e);
  emit_constant(e, base, 0x22000000u + (word & 0xFFFFFu) * 32 + 4 * bits(e, 5));
  bool load = chance(e, 50);
  emit_wide(e, (load ? 0xF8D0u : 0xF8C0u) | base, to << 12);
  becomes_data(e, to);
  if (chance(e, 50)) emit_access(e); /* another memory answers */
  if (load) emit_mix(e, to);
}

/* Maintenance and switches of the caches; on a Cortex-M4 the flash interface. */
void piece_caches(emitter_t *e) {
  const layout_t *layout = &e->plan->layout;
  if (layout->caches && has(e, FEATURE_caches)) {
    const window_t *window = &e->plan->windows[chance(e, 50) ? WINDOW_MAIN : WINDOW_SECOND];
    uint32_t line = window->base + 32 * below(e, window->bytes / 32);
    static const uint8_t by_line[] = {0x5C, 0x68, 0x70};
    if (chance(e, 60)) {
      emit_store_constant(e, (ICIALLU & ~0xFFu) + by_line[below(e, 3)], line);
    } else if (chance(e, 60)) {
      emit_store_constant(e, ICIALLU, 0);
    } else {
      emit_store_constant(e, SCB_CCR, 0x200u | bits(e, 2) << 16);
    }
    emit_barriers(e);
  } else if (layout->flash_acr && has(e, FEATURE_flash_setup)) {
    uint32_t switches = layout->acr_switches & draw(e);
    emit_store_constant(e, layout->flash_acr, switches | (2 + below(e, 5)));
  }
}

/* ---- the host ---- */

void piece_console(emitter_t *e) {
  static const uint8_t operations[] = {0x10, 0x30, 0x31, 0x03, 0x04};
  uint32_t operation = operations[below(e, e->multiplier > 20 ? 3 : 5)];
  if (e->multiplier > 300 || (e->reserved & 3u)) return;
  if (operation >= 0x30 || operation == 0x10) {
    emit_constant(e, 1, variable(e, VARIABLE_PARAMETERS));
  } else {
    unsigned reg = 2;
    if (e->reserved >> reg & 1u) return;
    emit_constant(e, 1, variable(e, VARIABLE_TEXT));
    uint32_t letter = below(e, 26);
    emit_constant(e, reg, 0x0A002020u | (0x41u + letter) | (0x61u + below(e, 26)) << 8);
    emit(e, 0x600A); /* STR r2, [r1] */
    emit_constant(e, reg, 0);
    emit(e, 0x604A);
  }
  emit_constant(e, 0, operation);
  emit(e, 0xBEAB);
  if (operation == 0x30) emit(e, 0x6808); /* LDR r0, [r1]: the time */
  emit_mix(e, 0);
}

void piece_region(emitter_t *e) {
  plan_t *plan = e->plan;
  if (e->depth >= NESTING_MAX || e->no_literals || plan->marker_count + 2 > MARKERS_MAX || e->in_ram) return;
  uint32_t name = below(e, 6);
  bool named = chance(e, 85), loose = has(e, FEATURE_loose_markers) && chance(e, 20);
  if (named) plan->markers[plan->marker_count++] = (marker_note_t){here(e), 1, name};
  emit(e, 0xBFE0);
  e->depth++;
  emit_block(e, 1 + below(e, 4));
  e->depth--;
  if (loose) return;
  if (named && plan->marker_count < MARKERS_MAX) {
    plan->markers[plan->marker_count++] = (marker_note_t){here(e), 2, name};
  }
  emit(e, 0xBFF0);
}

/* ---- code in RAM ---- */

void piece_patch_site(emitter_t *e) {
  plan_t *plan = e->plan;
  if (!e->in_ram || plan->patch_count == PATCHES_MAX || e->multiplier > 1000) return;
  patch_t *patch = &plan->patches[plan->patch_count++];
  unsigned rd = low_result(e);
  patch->address = here(e);
  patch->wide = rd > 7 || chance(e, 40);
  if (patch->wide) {
    rd = result(e);
    unsigned n = source(e), m = source(e);
    patch->opcodes[0] = 0xFB90u | n | (0xF0F0u | rd << 8 | m) << 16; /* SDIV, MLA, ADDW */
    patch->opcodes[1] = 0xFB00u | n | (n << 12 | rd << 8 | m) << 16;
    patch->opcodes[2] = 0xF200u | n | (rd << 8 | bits(e, 8)) << 16;
    if (chance(e, 40)) {
      patch->second = true;
      patch->opcodes[0] = 0xFB00u | n | (0xF000u | rd << 8 | m) << 16; /* MUL, MLA, MLS */
      patch->opcodes[2] = 0xFB00u | n | (n << 12 | rd << 8 | m | 0x10u) << 16;
    }
    uint32_t first = patch->opcodes[below(e, 3)];
    emit_wide(e, first & 0xFFFFu, first >> 16);
  } else {
    patch->opcodes[0] = 0x3000u | rd << 8 | bits(e, 8);
    patch->opcodes[1] = 0x4340u | bits(e, 3) << 3 | rd;
    patch->opcodes[2] = bits(e, 1) ? 0xBF00u : 0x9800u | rd << 8; /* NOP, or LDR of what is on the stack */
    emit(e, patch->opcodes[below(e, 3)]);
  }
}

void piece_patch(emitter_t *e) {
  const plan_t *plan = e->plan;
  if (!plan->patch_count || e->multiplier > 200) return;
  const patch_t *patch = &plan->patches[below(e, plan->patch_count)];
  unsigned base = result(e), reg;
  do {
    reg = result(e);
  } while (reg == base);
  uint32_t opcode = patch->opcodes[below(e, 3)];
  emit_constant(e, base, patch->address + (patch->second ? 2 : 0));
  emit_constant(e, reg, patch->second ? opcode >> 16 : opcode);
  emit_wide(e, (patch->wide && !patch->second ? 0xF8C0u : 0xF8A0u) | base, reg << 12);
  emit_barriers(e);
}

/* ---- faults whose handler goes on behind them ---- */

void piece_fault(emitter_t *e) {
  enum { NOWHERE = 0x1F000000u, CCR_UNALIGN_TRP = 8, CCR_DIV_0_TRP = 0x10 };
  unsigned reg = result(e), to = result(e);
  if (e->multiplier > 60) return;
  switch (below(e, 6)) {
  case 0: emit(e, 0xDE00u | bits(e, 8)); break; /* UDF */
  case 1:
    emit_constant(e, reg, NOWHERE);
    emit_wide(e, 0xF8D0u | reg, to << 12);
    break;
  case 2: /* LDM must be aligned */
    emit_constant(e, reg, e->plan->windows[WINDOW_MAIN].base + MARGIN + 1 + bits(e, 1));
    emit_wide(e, 0xE890u | reg, 1u << to | 1u << (to == 12 ? 3 : 12));
    if (to == 12) becomes_data(e, 3);
    becomes_data(e, 12);
    break;
  case 3:
    if (!has(e, FEATURE_mpu)) break;
    emit_constant(e, reg, e->plan->forbidden + 4 * bits(e, 2));
    emit_wide(e, 0xF8D0u | reg, to << 12);
    break;
  case 4:
    if (e->unprivileged) break;
    emit_store_constant(e, SCB_CCR, 0x200u | CCR_UNALIGN_TRP);
    reg = result(e);
    emit_constant(e, reg, e->plan->windows[WINDOW_MAIN].base + MARGIN + 1 + bits(e, 4));
    emit_wide(e, 0xF8D0u | reg, to << 12);
    emit_store_constant(e, SCB_CCR, 0x200u);
    break;
  default:
    if (e->unprivileged) break;
    emit_store_constant(e, SCB_CCR, 0x200u | CCR_DIV_0_TRP);
    reg = result(e);
    emit_constant(e, reg, 0);
    unsigned dividend = source(e);
    emit_wide(e, 0xFBB0u | dividend, 0xF0F0u | result(e) << 8 | reg);
    emit_store_constant(e, SCB_CCR, 0x200u);
  }
  becomes_data(e, reg);
  becomes_data(e, to);
}
