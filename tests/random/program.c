/* Whole programs: memory, functions, handlers, start-up, the end. */
#include "program.h"

#include "elf.h"
#include "pieces.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
  VECTORS = 96,
  CONSTANTS_OFFSET = 0x200, /* in flash */
  CONSTANTS_BYTES = 0x400,
  CHAIN_OFFSET = 0x600,
  CHAIN_BYTES = 2 * MARGIN + CHAIN_NODES * CHAIN_NODE_BYTES,
  RAM_CODE_OFFSET = 0xA00,
  RAM_CODE_BYTES = 0x1000,
  TEXT_OFFSET = 0x1A00,
  TEXT_BYTES = 0x30000,
  MAIN_BYTES = 2560, /* of the windows: several pages of the engine */
  SECOND_BYTES = 1536,
  PROCESS_STACK_BYTES = 4096,
  STACK_TOP = 0x7000 /* of the first 40 KiB that every part has */
};

const char *feature_name(unsigned feature) {
  static const char *const names[] = {
#define X(name, percent, what) #name,
      FEATURES(X)
#undef X
  };
  return names[feature];
}

static uint32_t choose_features(random_t *random) {
  static const uint8_t percents[] = {
#define X(name, percent, what) percent,
      FEATURES(X)
#undef X
  };
  uint32_t features = 0;
  for (unsigned i = 0; i < FEATURE_COUNT; i++)
    features |= (uint32_t)random_chance(random, percents[i]) << i;
  return features;
}

/* ---- memory ---- */

static uint32_t take(uint32_t *at, uint32_t bytes) {
  uint32_t start = *at;
  *at += (bytes + 31) & ~31u;
  return start;
}

static void place(plan_t *plan, random_t *random) {
  const layout_t *l = &plan->layout;
  uint32_t first = l->ram, second = l->second_ram;
  plan->stored_chain = l->flash + CHAIN_OFFSET;
  plan->stored_code = l->flash + RAM_CODE_OFFSET;
  plan->windows[WINDOW_CONSTANTS] = (window_t){l->flash + CONSTANTS_OFFSET, CONSTANTS_BYTES};
  bool apart = second && random_chance(random, 75), swapped = apart && random_chance(random, 40);
  plan->windows[WINDOW_CHAIN] = (window_t){take(&first, CHAIN_BYTES), CHAIN_BYTES};
  plan->windows[WINDOW_MAIN] = (window_t){take(swapped ? &second : &first, MAIN_BYTES), MAIN_BYTES};
  plan->variables = take(&first, 4 * VARIABLE_COUNT);
  plan->code_ram = take(&first, RAM_CODE_BYTES); /* behind data that are written, in the same page */
  if (l->instruction_ram && random_chance(random, 50)) plan->code_ram = l->instruction_ram;
  plan->forbidden = (take(&first, 96) + 63) & ~63u;
  plan->windows[WINDOW_SECOND] = (window_t){take(apart && !swapped ? &second : &first, SECOND_BYTES), SECOND_BYTES};
  bool stack_apart = apart && random_chance(random, 50);
  plan->process_stack = take(stack_apart ? &second : &first, PROCESS_STACK_BYTES) + PROCESS_STACK_BYTES;
  assert(first <= l->ram + STACK_TOP - 0x2000);
}

typedef struct {
  uint32_t vectors[CONSTANTS_OFFSET / 4], constants[CONSTANTS_BYTES / 4], chain[CHAIN_BYTES / 4];
  uint16_t ram_code[RAM_CODE_BYTES / 2], text[TEXT_BYTES / 2];
} memory_t;

static void fill_chain(const plan_t *plan, memory_t *memory, random_t *random) {
  uint32_t order[CHAIN_NODES];
  for (uint32_t i = 0; i < CHAIN_NODES; i++) {
    uint32_t other = random_below(random, i + 1);
    order[i] = order[other];
    order[other] = i;
  }
  uint32_t base = plan->windows[WINDOW_CHAIN].base + MARGIN, main = plan->windows[WINDOW_MAIN].base + MARGIN;
  uint32_t second = plan->windows[WINDOW_SECOND].base + MARGIN;
  for (uint32_t i = 0; i < CHAIN_NODES; i++) {
    uint32_t *node = &memory->chain[(MARGIN + order[i] * CHAIN_NODE_BYTES) / 4];
    node[0] = base + order[(i + 1) % CHAIN_NODES] * CHAIN_NODE_BYTES;
    node[1] = main + (random_below(random, MAIN_BYTES - 2 * MARGIN - 8) & ~7u);
    node[2] = second + (random_below(random, SECOND_BYTES - 2 * MARGIN - 8) & ~3u);
    node[3] = main + random_below(random, MAIN_BYTES - 2 * MARGIN - 8);
    if (!(plan->features >> FEATURE_misaligned & 1u)) node[3] &= ~3u;
  }
}

/* Doubles first, of few exponents and with some that are special; then anything. */
static void fill_constants(memory_t *memory, random_t *random) {
  for (unsigned i = 0; i < CONSTANTS_BYTES / 4; i++)
    memory->constants[i] = (uint32_t)random_next(random);
  for (unsigned i = MARGIN / 4; i < MARGIN / 4 + 64; i += 2) {
    uint32_t exponent = 1020 + random_below(random, 4);
    if (random_chance(random, 20)) exponent = 0;
    memory->constants[i + 1] = (memory->constants[i + 1] & 0x800FFFFFu) | exponent << 20;
    if (random_chance(random, 10)) memory->constants[i] = memory->constants[i + 1] = 0;
  }
}

/* ---- handlers ---- */

static uint32_t variable(const plan_t *plan, variable_t which) { return plan->variables + 4 * (uint32_t)which; }

/* R0 to R3 and R12 are the handler's; the rest is kept as functions do. */
static unsigned begin_handler(emitter_t *e, const char *name) {
  unsigned index = begin_function(e, name);
  e->handler = e->masked = true;
  e->budget = 80;
  emit(e, 0xB570); /* PUSH {R4-R6, LR} */
  e->writable |= 0x70;
  emit_move_halves(e, 0, variable(e->plan, VARIABLE_VISITS) + 4 * (index % 16));
  emit(e, 0x6801); /* LDR r1, [r0]; ADDS r1, #1; STR r1, [r0] */
  emit(e, 0x3101);
  emit(e, 0x6001);
  return index;
}

static void end_handler(emitter_t *e, unsigned index) {
  emit_block(e, below(e, 4));
  emit(e, 0xBD70);
  end_function(e, index);
}

/* A counter in memory allows so many interrupts; then REGISTERS are written with 0. Leaves R2 0. */
static void emit_allowance(emitter_t *e, variable_t left, const uint32_t *registers, unsigned count) {
  emit_move_halves(e, 0, variable(e->plan, left));
  emit(e, 0x6801); /* LDR r1, [r0]; SUBS r1, #1; STR r1, [r0]; MOVS r2, #0 outside the flags' way */
  emit_wide(e, 0xF04F, 0x0200);
  emit(e, 0x3901);
  emit(e, 0x6001);
  uint32_t over = emit_branch(e, 12, false); /* GT */
  for (unsigned i = 0; i < count; i++) {
    emit_move_halves(e, 3, registers[i]);
    emit(e, 0x601A); /* STR r2, [r3] */
  }
  patch_here(e, over);
}

static unsigned make_systick(emitter_t *e) {
  static const uint32_t csr[] = {0xE000E010u};
  unsigned index = begin_handler(e, "SysTick_Handler");
  e->bounded = true;
  emit_allowance(e, VARIABLE_TICKS_LEFT, csr, 1);
  end_handler(e, index);
  return index;
}

static unsigned make_timer(emitter_t *e) {
  static const uint32_t st[] = {0x4000000Cu, 0x40000000u}, nordic[] = {0x40008200u};
  bool is_st = e->plan->layout.timer != TIMER_NORDIC;
  unsigned index = begin_handler(e, "Timer_Handler");
  e->bounded = true;
  emit_allowance(e, VARIABLE_TIMER_LEFT, is_st ? st : nordic, is_st ? 2 : 1);
  emit_move_halves(e, 3, is_st ? 0x40000010u : 0x40008140u);
  emit(e, 0x601A);
  end_handler(e, index);
  return index;
}

static unsigned make_plain_handler(emitter_t *e, const char *name) {
  unsigned index = begin_handler(e, name);
  end_handler(e, index);
  return index;
}

static void emit_frame_pointer(emitter_t *e) {
  emit_wide(e, 0xF01E, 0x0F04); /* TST LR, #4; ITE EQ; MRSEQ r0, MSP; MRSNE r0, PSP */
  emit(e, 0xBF0C);
  emit_wide(e, 0xF3EF, 0x8008);
  emit_wide(e, 0xF3EF, 0x8009);
}

/* SVC #7 gives privilege back; the others change the stacked R0. */
static unsigned make_supervisor(emitter_t *e) {
  unsigned index = begin_function(e, "SVC_Handler");
  e->handler = e->masked = true;
  e->budget = 80;
  emit_frame_pointer(e);
  emit(e, 0xB570);
  emit(e, 0x6984);              /* LDR r4, [r0, #24]: return address */
  emit_wide(e, 0xF814, 0x4C02); /* LDRB r4, [r4, #-2]: the number */
  emit(e, 0x6802);              /* LDR r2, [r0]; ADD r2, r4; STR r2, [r0] */
  emit(e, 0x4422);
  emit(e, 0x6002);
  emit(e, 0x2C07); /* CMP r4, #7 */
  uint32_t over = emit_branch(e, 1, false);
  emit_wide(e, 0xF3EF, 0x8114); /* MRS r1, CONTROL; BIC r1, #1; MSR CONTROL, r1 */
  emit_wide(e, 0xF021, 0x0101);
  emit_wide(e, 0xF381, 0x8814);
  patch_here(e, over);
  e->writable |= 0x70;
  end_handler(e, index);
  return index;
}

/* Goes on behind the instruction that faulted. */
static unsigned make_fault(emitter_t *e) {
  unsigned index = begin_function(e, "Fault_Handler");
  emit_frame_pointer(e);
  emit(e, 0x6981); /* LDR r1, [r0, #24]; LDRH r2, [r1]; LSRS r2, #11; CMP r2, #0x1D */
  emit(e, 0x880A);
  emit(e, 0x0AD2);
  emit(e, 0x2A1D);
  emit(e, 0xBF2C); /* ITE CS; ADD r1, #4; ADD r1, #2 */
  emit(e, 0x3104);
  emit(e, 0x3102);
  emit(e, 0x6181);              /* STR r1, [r0, #24] */
  emit(e, 0x69C2);              /* LDR r2, [r0, #28]; the rest of an IT block runs: BIC its bits */
  emit_wide(e, 0xF022, 0x62C0); /* BIC r2, #0x06000000 */
  emit_wide(e, 0xF422, 0x427C); /* BIC r2, #0xFC00 */
  emit(e, 0x61C2);
  emit_move_halves(e, 1, 0xE000ED28u); /* CFSR and HFSR: what is set is cleared */
  emit(e, 0x680A);
  emit(e, 0x600A);
  emit(e, 0x684A);
  emit(e, 0x604A);
  emit_move_halves(e, 1, variable(e->plan, VARIABLE_FAULTS));
  emit(e, 0x680A);
  emit(e, 0x3201);
  emit(e, 0x600A);
  emit(e, 0x4770);
  end_function(e, index);
  return index;
}

static uint32_t vector(const plan_t *plan, unsigned function) { return plan->callees[function].address | 1u; }

static void make_handlers(emitter_t *e, memory_t *memory) {
  const plan_t *plan = e->plan;
  enum { TIMER_ST_IRQ = 28, TIMER_NORDIC_IRQ = 8 };
  unsigned fault = make_fault(e), supervisor = make_supervisor(e), pend = make_plain_handler(e, "PendSV_Handler");
  unsigned systick = make_systick(e), timer = make_timer(e), interrupts[3];
  for (unsigned i = 0; i < 3; i++) {
    char name[PROGRAM_NAME_BYTES];
    snprintf(name, sizeof name, "Interrupt%u_Handler", i);
    interrupts[i] = make_plain_handler(e, name);
  }
  for (unsigned i = 2; i < VECTORS; i++)
    memory->vectors[i] = vector(plan, interrupts[i % 3]);
  for (unsigned i = 3; i < 7; i++)
    memory->vectors[i] = vector(plan, fault);
  memory->vectors[11] = vector(plan, supervisor);
  memory->vectors[14] = vector(plan, pend);
  memory->vectors[15] = vector(plan, systick);
  memory->vectors[16 + (plan->layout.timer == TIMER_NORDIC ? TIMER_NORDIC_IRQ : TIMER_ST_IRQ)] = vector(plan, timer);
}

/* ---- start-up ---- */

static void emit_copy(emitter_t *e, uint32_t to, uint32_t from, uint32_t bytes) {
  if (!bytes) return;
  emit_move_halves(e, 0, to);
  emit_move_halves(e, 1, from);
  emit_move_halves(e, 2, (bytes + 15) / 16);
  emit(e, 0xC978); /* LDM r1!, {r3-r6}; STM r0!, {r3-r6}; SUBS r2, #1; BNE */
  emit(e, 0xC078);
  emit(e, 0x3A01);
  emit_branch_back(e, 1, e->count - 3);
}

/* Random data by a linear congruence. */
static void emit_fill(emitter_t *e, const window_t *window) {
  emit_move_halves(e, 0, window->base);
  emit_move_halves(e, 1, window->bytes / 16);
  emit_move_halves(e, 2, 1664525);
  emit_wide(e, 0xFB04, 0x3502); /* MLA r5, r4, r2, r3: three words from the last */
  emit_wide(e, 0xEA85, 0x3675); /* EOR r6, r5, r5, ROR #13 */
  emit_wide(e, 0xFB06, 0x5402); /* MLA r4, r6, r2, r5 */
  emit_wide(e, 0xEA86, 0x1334); /* EOR r3, r6, r4, ROR #4 */
  emit(e, 0xC078);
  emit(e, 0x3901);
  emit_branch_back(e, 1, e->count - 10);
}

static void emit_system(emitter_t *e) {
  static const uint32_t fpccr[] = {0xC0000000u, 0xC0000000u, 0x80000000u, 0};
  const layout_t *l = &e->plan->layout;
  if (has(e, FEATURE_fp)) {
    emit_store_constant(e, 0xE000ED88, 0x00F00000);
    emit_wide(e, 0xF3BF, 0x8F4F);
    emit_wide(e, 0xF3BF, 0x8F6F);
    emit_store_constant(e, 0xE000EF34, fpccr[bits(e, 2)]);
  }
  if (has(e, FEATURE_time)) {
    emit_store_constant(e, 0xE000EDFC, 1u << 24);
    if (l->m7) emit_store_constant(e, 0xE0001FB0, 0xC5ACCE55);
    emit_store_constant(e, 0xE0001000, 0x003F0001 & (bits(e, 1) ? 0xFFFFFFFFu : 1u));
  }
  emit_store_constant(e, 0xE000ED18, 0); /* priorities: faults first, the others by chance */
  emit_store_constant(e, 0xE000ED1C, 0x20000000u * bits(e, 3));
  emit_store_constant(e, 0xE000ED20, draw(e) & 0xE0E00000u);
  for (uint32_t i = 0; i < 32; i += 4)
    emit_store_constant(e, 0xE000E400 + i, 0xE0E0E0E0u & draw(e));
  emit_store_constant(e, 0xE000E100, 0x1000FFFF);
  if (has(e, FEATURE_faults)) emit_store_constant(e, 0xE000ED24, bits(e, 1) ? 0x00070000 : 0);
  if (has(e, FEATURE_mpu)) {
    static const uint32_t attributes[] = {0x03020000, 0x03030000, 0x030B0000, 0x03060000, 0x03000000};
    emit_store_constant(e, 0xE000ED9C, (l->ram & 0xFFF00000u) | 0x10);
    emit_store_constant(e, 0xE000EDA0, attributes[below(e, 5)] | 19 << 1 | 1);
    emit_store_constant(e, 0xE000ED9C, l->flash | 0x11);
    emit_store_constant(e, 0xE000EDA0, attributes[below(e, 5)] | 20 << 1 | 1);
    emit_store_constant(e, 0xE000ED9C, (l->second_ram & 0xFFF00000u) | 0x12);
    emit_store_constant(e, 0xE000EDA0, attributes[below(e, 5)] | 19 << 1 | 1);
    emit_store_constant(e, 0xE000ED9C, (l->instruction_ram & 0xFFF00000u) | 0x13);
    emit_store_constant(e, 0xE000EDA0, attributes[below(e, 5)] | 19 << 1 | (l->instruction_ram != 0));
    emit_store_constant(e, 0xE000ED9C, 0x22000014); /* the bit-band alias */
    emit_store_constant(e, 0xE000EDA0, 0x03000000 | 24 << 1 | 1);
    emit_store_constant(e, 0xE000ED9C, e->plan->forbidden | 0x15);
    emit_store_constant(e, 0xE000EDA0, 5 << 1 | 1);
    emit_store_constant(e, 0xE000ED94, 5);
    emit_wide(e, 0xF3BF, 0x8F4F);
    emit_wide(e, 0xF3BF, 0x8F6F);
  }
  if (l->caches && has(e, FEATURE_caches)) {
    emit_store_constant(e, 0xE000EF50, 0);
    emit_store_constant(e, 0xE000ED14, 0x200u | (1 + below(e, 3)) << 16);
    emit_wide(e, 0xF3BF, 0x8F4F);
    emit_wide(e, 0xF3BF, 0x8F6F);
  }
  piece_caches(e);
}

static void emit_process_stack(emitter_t *e) {
  emit_move_halves(e, 0, e->plan->process_stack);
  emit_wide(e, 0xF380, 0x8809); /* MSR PSP, r0 */
  if (chance(e, 25)) return;
  emit(e, 0x2002); /* MOVS r0, #2; MSR CONTROL, r0; ISB */
  emit_wide(e, 0xF380, 0x8814);
  emit_wide(e, 0xF3BF, 0x8F6F);
}

/* ---- the end ---- */

/* The window's words go into the accumulator. */
static void emit_sum(emitter_t *e, uint32_t base, uint32_t bytes) {
  emit_move_halves(e, 0, base);
  emit_move_halves(e, 1, bytes / 16);
  emit(e, 0xC83C); /* LDM r0!, {r2-r5} */
  for (unsigned reg = 2; reg < 6; reg++) {
    emit_wide(e, 0xEB00u | ACCUMULATOR, 0x0B00u | reg);              /* ADD.W r11, r11, reg */
    emit_wide(e, 0xEA8Bu, 0x0B00u | 1u << 12 | 0x70u | ACCUMULATOR); /* EOR r11, r11, r11, ROR #5 */
  }
  emit(e, 0x3901);
  emit_branch_back(e, 1, e->count - 18);
}

static void emit_end(emitter_t *e) {
  emit(e, 0xB672);
  emit_store_constant(e, 0xE000E010, 0);
  emit_sum(e, e->plan->windows[WINDOW_MAIN].base, MAIN_BYTES);
  emit_sum(e, e->plan->windows[WINDOW_SECOND].base, SECOND_BYTES);
  emit_sum(e, variable(e->plan, VARIABLE_VISITS), 64);
  emit_sum(e, variable(e->plan, VARIABLE_TICKS_LEFT), 16);
  emit_move_halves(e, 4, variable(e->plan, VARIABLE_TEXT));
  emit_wide(e, 0xF04F, 0x0508); /* MOV r5, #8 digits; MOV r6, r11 */
  emit(e, 0x465E);
  emit(e, 0x0F33); /* LSRS r3, r6, #28; CMP r3, #10; ITE CC; ADD r3, #'0'; ADD r3, #'A' - 10 */
  emit(e, 0x2B0A);
  emit(e, 0xBF34);
  emit(e, 0x3330);
  emit(e, 0x3337);
  emit_wide(e, 0xF804, 0x3B01); /* STRB r3, [r4], #1; LSLS r6, #4; SUBS r5, #1; BNE */
  emit(e, 0x0136);
  emit(e, 0x3D01);
  emit_branch_back(e, 1, e->count - 9);
  emit(e, 0x230A); /* a line end and a zero */
  emit(e, 0x8023);
  emit_move_halves(e, 1, variable(e->plan, VARIABLE_TEXT));
  emit(e, 0x2004); /* SYS_WRITE0 */
  emit(e, 0xBEAB);
  emit_move_halves(e, 1, variable(e->plan, VARIABLE_PARAMETERS));
  emit_move_halves(e, 2, 0x20026);
  emit(e, 0x600A);
  emit_wide(e, 0xF00B, 0x027F); /* AND r2, r11, #0x7F */
  emit(e, 0x604A);
  emit(e, 0x2020); /* SYS_EXIT_EXTENDED */
  emit(e, 0xBEAB);
  emit(e, 0xE7FE);
}

/* ---- the whole ---- */

static unsigned make_main(emitter_t *e, uint64_t budget) {
  unsigned index = begin_function(e, "main");
  uint32_t passes = 1 + below(e, 12);
  e->writable = 0x17FF;
  e->budget = budget / 8;
  emit_block(e, 1 + below(e, 4));
  e->budget = budget;
  becomes_data(e, 10); /* MOV r10, passes */
  e->reserved |= 1u << 10;
  emit_wide(e, 0xF04F, 10u << 8 | passes);
  forget_all(e);
  flush_literals(e, true);
  uint32_t start = e->count;
  e->multiplier = passes;
  for (unsigned i = 0; i < 60 && e->cost < budget; i++) {
    emit_block(e, 3);
    if (chance(e, 40)) piece_call(e);
  }
  flush_literals(e, true);
  emit_wide(e, 0xF1BA, 0x0A01); /* SUBS r10, #1 */
  emit_branch_back(e, 1, start);
  e->multiplier = 1;
  e->reserved = 0;
  forget_all(e);
  emit_block(e, below(e, 3));
  emit_end(e);
  end_function(e, index);
  return index;
}

static unsigned make_reset(emitter_t *e, unsigned main) {
  plan_t *plan = e->plan;
  unsigned index = begin_function(e, "Reset_Handler");
  emit_copy(e, plan->windows[WINDOW_CHAIN].base, plan->stored_chain, CHAIN_BYTES);
  emit_copy(e, plan->code_ram, plan->stored_code, plan->code_bytes);
  emit_move_halves(e, 3, draw(e));
  emit_move_halves(e, 4, draw(e));
  emit_fill(e, &plan->windows[WINDOW_MAIN]);
  emit_fill(e, &plan->windows[WINDOW_SECOND]);
  emit_move_halves(e, ACCUMULATOR, draw(e));
  emit_system(e);
  if (has(e, FEATURE_process_stack)) emit_process_stack(e);
  if (has(e, FEATURE_systick)) piece_systick(e);
  emit_tail_jump(e, plan->callees[main].address);
  end_function(e, index);
  return index;
}

static void make_functions(emitter_t *e, uint64_t budget) {
  plan_t *plan = e->plan;
  unsigned count = 3 + below(e, 9);
  for (unsigned i = 0; i < count; i++) {
    char name[PROGRAM_NAME_BYTES];
    bool pure = i < count / 2 || chance(e, 30);
    function_shape_t shape = i < 2 || chance(e, 25) ? FUNCTION_LEAF
                             : chance(e, 20)        ? FUNCTION_RECURSIVE
                                                    : FUNCTION_PLAIN;
    uint64_t share = shape == FUNCTION_LEAF ? 60 + below(e, 200) : 100 + below(e, (uint32_t)(budget / 12));
    snprintf(name, sizeof name, "%s%u", shape == FUNCTION_LEAF ? "leaf" : shape == FUNCTION_PLAIN ? "node" : "deep", i);
    emit_function(e, name, shape, pure, share);
    plan->callable = plan->function_count;
  }
}

/* They may call what is in flash, and are called like the others. */
static void make_ram_functions(emitter_t *e) {
  plan_t *plan = e->plan;
  for (unsigned i = 1 + below(e, 3); i; i--) {
    char name[PROGRAM_NAME_BYTES];
    if (e->count > e->limit / 2) break;
    snprintf(name, sizeof name, "ram%u", i);
    function_shape_t shape = chance(e, 40) ? FUNCTION_LEAF : FUNCTION_PLAIN;
    emit_function(e, name, shape, true, 100 + below(e, 400));
    plan->callable = plan->function_count;
  }
}

static size_t write_elf(random_program_t *program, const plan_t *plan, const memory_t *memory, uint32_t text_bytes,
                        uint32_t entry) {
  const layout_t *l = &plan->layout;
  const window_t *windows = plan->windows;
  uint32_t stack = plan->process_stack - PROCESS_STACK_BYTES;
  elf_part_t parts[] = {
      {".isr_vector", memory->vectors, l->flash, l->flash, sizeof memory->vectors, false, true},
      {".rodata", memory->constants, windows[WINDOW_CONSTANTS].base, windows[WINDOW_CONSTANTS].base, CONSTANTS_BYTES,
       false, true},
      {".text", memory->text, l->flash + TEXT_OFFSET, l->flash + TEXT_OFFSET, text_bytes, false, true},
      {".data", memory->chain, plan->stored_chain, windows[WINDOW_CHAIN].base, CHAIN_BYTES, true, false},
      {".bss", NULL, windows[WINDOW_MAIN].base, windows[WINDOW_MAIN].base, MAIN_BYTES, true, false},
      {".variables", NULL, plan->variables, plan->variables, 4 * VARIABLE_COUNT, true, false},
      {".second", NULL, windows[WINDOW_SECOND].base, windows[WINDOW_SECOND].base, SECOND_BYTES, true, false},
      {".stack", NULL, stack, stack, PROCESS_STACK_BYTES, true, false},
      {".ramfunc", memory->ram_code, plan->stored_code, plan->code_ram, plan->code_bytes, true, true},
  };
  unsigned count = sizeof parts / sizeof parts[0] - (plan->code_bytes == 0);
  return elf_write(program->elf, sizeof program->elf, plan, parts, count, entry);
}

void random_program_make(random_program_t *program, uint64_t seed, const layout_t *layout, uint64_t budget) {
  static plan_t plan;
  static memory_t memory;
  random_t random = {seed};
  memset(&plan, 0, sizeof plan);
  memset(&memory, 0, sizeof memory);
  plan.layout = *layout;
  plan.features = choose_features(&random);
  choose_weights(&plan, &random);
  place(&plan, &random);
  fill_constants(&memory, &random);
  fill_chain(&plan, &memory, &random);
  emitter_t e = {.random = &random,
                 .plan = &plan,
                 .code = memory.text,
                 .limit = TEXT_BYTES / 2,
                 .base = layout->flash + TEXT_OFFSET};
  make_functions(&e, budget);
  if (has(&e, FEATURE_ram_code)) {
    emitter_t ram = e;
    ram.code = memory.ram_code;
    ram.count = 0;
    ram.limit = RAM_CODE_BYTES / 2;
    ram.base = plan.code_ram;
    ram.in_ram = true;
    make_ram_functions(&ram);
    plan.code_bytes = (2 * ram.count + 15) & ~15u;
  }
  make_handlers(&e, &memory);
  unsigned main = make_main(&e, budget);
  program->planned = e.cost;
  unsigned reset = make_reset(&e, main);
  memory.vectors[0] = layout->ram + STACK_TOP;
  memory.vectors[1] = plan.callees[reset].address | 1u;
  program->features = plan.features;
  program->function_count = plan.function_count;
  memcpy(program->functions, plan.names, sizeof program->functions);
  program->bytes = write_elf(program, &plan, &memory, 2 * e.count, plan.callees[reset].address);
}
