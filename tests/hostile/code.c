/* Thumb-2 code that is mostly valid and means no good. Encodings are those of the Armv7-M manual, chapter A7. */
#include "firmware.h"

static uint32_t pick(random_t *random, const uint32_t *list, unsigned count) {
  return list[random_below(random, count)];
}
#define PICK(random, list) pick((random), (list), (unsigned)(sizeof(list) / sizeof((list)[0])))

/* ---- constants ---- */

static uint32_t system_register(random_t *random) {
  static const uint32_t scs[] = {0xE000E010, 0xE000E014, 0xE000E018, 0xE000E100, 0xE000E104, 0xE000E180, 0xE000E200,
                                 0xE000E280, 0xE000E400, 0xE000ED04, 0xE000ED08, 0xE000ED0C, 0xE000ED10, 0xE000ED14,
                                 0xE000ED18, 0xE000ED1C, 0xE000ED20, 0xE000ED24, 0xE000ED28, 0xE000ED2C, 0xE000ED88,
                                 0xE000ED94, 0xE000ED98, 0xE000ED9C, 0xE000EDA0, 0xE000EF00, 0xE000EF34, 0xE000EF38,
                                 0xE000EF3C, 0xE000EDFC, 0xE000E008};
  return PICK(random, scs);
}

static uint32_t debug_register(random_t *random) {
  static const uint32_t units[] = {0xE0001000, 0xE0001004, 0xE0001008, 0xE0001018, 0xE0000000, 0xE0000004,
                                   0xE0000E00, 0xE0000E80, 0xE0000FB0, 0xE0002000, 0xE0040004, 0xE0042004,
                                   0xE000EDF0, 0xE000EDFC, 0xE0001FB0, 0xE00FF000};
  return PICK(random, units);
}

uint32_t interesting_address(random_t *random, image_kind_t kind) {
  static const uint32_t edges[] = {0,          4,          0x20000000, 0x20000004, 0x1FFFFFFC, 0x20010000, 0x2001C000,
                                   0x20020000, 0x2001FFFC, 0x200FFFFC, 0x20100000, 0x07FFFFFC, 0x08000000, 0x080FFFFC,
                                   0x08100000, 0x22000000, 0x23FFFFFC, 0x40000000, 0x42000000, 0x43FFFFFC, 0x60000000,
                                   0x10000000, 0x1000FFFC, 0xA0000000, 0xDFFFFFFC, 0xE0000000, 0xE00FFFFC, 0xE0100000,
                                   0xEFFFFFF0, 0xFFFFFFF0, 0xFFFFFFFC, 0xFFFFFFFF, 0xFFFFFFE0};
  static const uint32_t units[] = {0x40000000, 0x40004400, 0x40004800, 0x40011000, 0x40020000, 0x40023800,
                                   0x40023C00, 0x40026000, 0x40026400, 0x40007000, 0x50060800, 0x40023000,
                                   0x40010000, 0x40012000, 0x40021000, 0x58024400};
  unsigned near_what = random_below(random, 16);
  if (kind == KIND_bit_band && near_what < 6)
    return (random_chance(random, 50) ? 0x22000000u : 0x42000000u) + (random_below(random, 1u << 25) & ~3u);
  if (kind == KIND_peripherals && near_what < 9) return PICK(random, units) + 4 * random_below(random, 64);
  if (kind == KIND_debug_units && near_what < 6) return debug_register(random);
  switch (near_what) {
  case 0: return PICK(random, edges) + random_below(random, 16) - 8;
  case 1: return PICK(random, edges);
  case 2: return system_register(random);
  case 3: return 0xE0000000u + random_below(random, 1u << 20);
  case 4: return IMAGE_BASE + random_below(random, 1u << 16);
  case 5: return PICK(random, units) + 4 * random_below(random, 32);
  case 6: return (uint32_t)random_next(random);
  case 7: return debug_register(random);
  default: return IMAGE_RAM + (random_below(random, 0x4000) & ~(random_chance(random, 80) ? 3u : 0u));
  }
}

uint32_t interesting_value(random_t *random) {
  static const uint32_t values[] = {0,          1,          2,          3,          7,          0xFF,       0x100,
                                    0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x05FA0000, 0x05FA0300, 0x05FA0700, 0x10000000,
                                    0x00F00000, 0x00070000, 0x00000218, 0x20000000, 0x20000080, 0x08000000, 0xC0000000,
                                    0xC0000001, 0x03000027, 0x1300003F, 0xFFFFFFF9, 0xFFFFFFFD, 0xFFFFFFE1, 0xC5ACCE55};
  if (random_chance(random, 60)) return PICK(random, values);
  if (random_chance(random, 50)) return 1u << random_below(random, 32);
  return (uint32_t)random_next(random);
}

/* ---- emission ---- */

void emit(emitter_t *e, uint32_t halfword) {
  if (e->count < e->limit) e->code[e->count++] = (uint16_t)halfword;
}

void emit_wide(emitter_t *e, uint32_t first, uint32_t second) {
  emit(e, first);
  emit(e, second);
}

static void emit_move16(emitter_t *e, unsigned reg, uint32_t half, bool top) {
  emit_wide(e, (top ? 0xF2C0u : 0xF240u) | half >> 12 | (half >> 11 & 1) << 10,
            (half >> 8 & 7) << 12 | reg << 8 | (half & 0xFF));
}

void emit_constant(emitter_t *e, unsigned reg, uint32_t value) {
  emit_move16(e, reg, value & 0xFFFF, false);
  if (value >> 16) emit_move16(e, reg, value >> 16, true);
}

void emit_store_constant(emitter_t *e, uint32_t address, uint32_t value) {
  emit_constant(e, 6, address);
  emit_constant(e, 7, value);
  emit(e, 0x6037); /* str r7, [r6] */
}

static uint32_t bits(emitter_t *e, unsigned count) { return random_below(e->random, 1u << count); }
static unsigned low(emitter_t *e) { return random_below(e->random, 8); }
static unsigned any(emitter_t *e) { return random_below(e->random, random_chance(e->random, 85) ? 13 : 16); }

static void arithmetic(emitter_t *e) {
  switch (random_below(e->random, 8)) {
  case 0: emit(e, bits(e, 13)); break;           /* shifts, add, sub */
  case 1: emit(e, 0x2000u | bits(e, 13)); break; /* immediate */
  case 2: emit(e, 0x4000u | bits(e, 10)); break; /* registers */
  case 3: emit(e, 0x4400u | bits(e, 9)); break;  /* high registers */
  case 4: emit_wide(e, 0xEA00u | bits(e, 9), any(e) << 8 | bits(e, 8) | bits(e, 3) << 12); break;
  case 5: emit_wide(e, 0xF000u | bits(e, 10), any(e) << 8 | bits(e, 8) | bits(e, 3) << 12); break;
  case 6: emit_wide(e, 0xFA00u | bits(e, 9), 0xF000u | any(e) << 8 | bits(e, 8)); break;
  default: /* multiplies and divides */ emit_wide(e, 0xFB00u | bits(e, 8), any(e) << 12 | any(e) << 8 | bits(e, 8));
  }
}

static void floating(emitter_t *e) {
  switch (random_below(e->random, 4)) {
  case 0: emit_wide(e, 0xEE00u | bits(e, 8), 0x0A00u | bits(e, 4) << 12 | bits(e, 9)); break;
  case 1: emit_wide(e, 0xEEE1, 0x0A10u | low(e) << 12); break; /* vmsr fpscr */
  case 2: emit_wide(e, 0xEEF1, 0x0A10u | any(e) << 12); break; /* vmrs */
  default: emit_wide(e, 0xFE00u | bits(e, 8), 0x0A00u | bits(e, 4) << 12 | bits(e, 9));
  }
}

static void memory(emitter_t *e) {
  unsigned base = random_chance(e->random, 90) ? low(e) : 13, reg = low(e);
  if (base != 13) emit_constant(e, base, interesting_address(e->random, e->kind));
  switch (random_below(e->random, 14)) {
  case 0:
  case 1: emit(e, 0x6000u | bits(e, 1) << 11 | (base & 7) << 3 | reg); break;
  case 2: emit(e, 0x7000u | bits(e, 12 - 1) << 0 | bits(e, 1) << 11); break;
  case 3: emit(e, 0x5000u | bits(e, 12)); break;
  case 4: emit(e, 0x9000u | bits(e, 12)); break;
  case 5: emit(e, 0xC000u | bits(e, 1) << 11 | (base & 7) << 8 | bits(e, 8)); break;
  case 6: emit_wide(e, 0xE800u | 0x80u << bits(e, 1) | bits(e, 1) << 5 | bits(e, 1) << 4 | base, bits(e, 16)); break;
  case 7: emit_wide(e, 0xE840u | bits(e, 2) << 7 | bits(e, 1) << 5 | bits(e, 1) << 4 | base, bits(e, 16)); break;
  case 8: emit_wide(e, 0xF800u | bits(e, 4) << 4 | bits(e, 1) << 8 | base, any(e) << 12 | bits(e, 12)); break;
  case 9: emit_wide(e, 0xE840u | bits(e, 1) << 4 | base, any(e) << 12 | any(e) << 8 | bits(e, 4)); break;
  case 10: emit_wide(e, 0xE8C0u | bits(e, 1) << 4 | base, any(e) << 12 | 0xF0Fu | bits(e, 2) << 4); break;
  case 11:
  case 12: /* VLDR, VSTR, VLDM, VSTM, VPUSH, VPOP */
    emit_wide(e, 0xEC00u | bits(e, 4) << 4 | bits(e, 1) << 8 | base,
              0x0A00u | bits(e, 1) << 8 | bits(e, 4) << 12 | bits(e, 5));
    break;
  default: emit_wide(e, 0xF8C0u | bits(e, 1) << 4 | base, any(e) << 12 | bits(e, 12));
  }
}

static void stack(emitter_t *e) {
  switch (random_below(e->random, 9)) {
  case 0: emit(e, 0xB400u | bits(e, 9)); break;  /* push */
  case 1: emit(e, 0xBC00u | bits(e, 8)); break;  /* pop */
  case 2: emit(e, 0xBD00u | bits(e, 8)); break;  /* pop {..., pc} */
  case 3: emit(e, 0xB000u | bits(e, 8)); break;  /* add, sub sp */
  case 4: emit(e, 0x4685u | any(e) << 3); break; /* mov sp, r */
  case 5: emit_wide(e, 0xED2D, 0x0A00u | bits(e, 1) << 8 | bits(e, 4) << 12 | bits(e, 5)); break;
  case 6: emit_wide(e, 0xECBD, 0x0A00u | bits(e, 1) << 8 | bits(e, 4) << 12 | bits(e, 5)); break;
  case 7:
    emit_constant(e, 0, interesting_address(e->random, e->kind));
    emit(e, 0x4685); /* mov sp, r0 */
    break;
  default: /* to a good place again */
    emit_constant(e, 0, IMAGE_RAM + 0x1000 + (random_below(e->random, 0x3000) & ~7u));
    emit(e, 0x4685);
  }
}

static void branch_to(emitter_t *e, uint32_t target, bool link) {
  emit_constant(e, 3, target | (random_chance(e->random, 97) ? 1u : 0u));
  emit(e, link ? 0x4798 : 0x4718);
}

static void branch(emitter_t *e) {
  static const uint32_t returns[] = {0xFFFFFFF1, 0xFFFFFFF9, 0xFFFFFFFD, 0xFFFFFFE1, 0xFFFFFFE9, 0xFFFFFFED,
                                     0xFFFFFFFF, 0xFFFFFFF5, 0xFFFFFFF0, 0xFFFFFF00, 0xF0000001, 0xFFFFFFE5};
  uint32_t target;
  switch (random_below(e->random, 12)) {
  case 0:
  case 1: emit(e, 0xD000u | random_below(e->random, 14) << 8 | random_below(e->random, 10)); break;
  case 2: emit(e, 0xD000u | random_below(e->random, 14) << 8 | (0xE0u + random_below(e->random, 31))); break;
  case 3: emit(e, 0xE000u | random_below(e->random, 12)); break;
  case 4: emit(e, 0xB100u | bits(e, 1) << 11 | bits(e, 6)); break; /* cbz, cbnz */
  case 5: emit_wide(e, 0xE8D0u | low(e), 0xF000u | bits(e, 1) << 4 | low(e)); break;
  case 6:
  case 7:
    if (e->entry_count) {
      branch_to(e, e->entries[random_below(e->random, e->entry_count)], random_chance(e->random, 70));
    }
    break;
  case 8:
    target = PICK(e->random, returns);
    emit_constant(e, 14, target);
    emit(e, 0x4770);
    break;
  case 9: emit(e, 0x4770); break; /* bx lr */
  case 10: branch_to(e, interesting_address(e->random, e->kind), random_chance(e->random, 50)); break;
  default: emit_wide(e, 0xF000u | (bits(e, 1) ? 0x7FFu : 0u), 0xF800u | bits(e, 6)); /* bl */
  }
}

static void special(emitter_t *e) {
  static const uint32_t names[] = {0, 1, 2, 3, 5, 6, 7, 8, 9, 16, 17, 18, 19, 20};
  unsigned name = random_chance(e->random, 95) ? PICK(e->random, names) : bits(e, 8);
  switch (random_below(e->random, 6)) {
  case 0: emit(e, 0xB660u | bits(e, 1) << 4 | (1u + random_below(e->random, 3))); break; /* cps */
  case 1: emit_wide(e, 0xF3EF, 0x8000u | any(e) << 8 | name); break;
  case 2:
    emit_constant(e, 0,
                  name == 8 || name == 9 ? interesting_address(e->random, e->kind) : interesting_value(e->random));
    emit_wide(e, 0xF380, 0x8800u | (bits(e, 1) << 10) | name);
    break;
  case 3: /* CONTROL, with a process stack that may be good */
    emit_constant(e, 0, IMAGE_RAM + 0x800 + 4 * random_below(e->random, 0x200));
    emit_wide(e, 0xF380, 0x8809);
    emit_constant(e, 0, random_below(e->random, 8));
    emit_wide(e, 0xF380, 0x8814);
    break;
  case 4: emit_wide(e, 0xF3BF, 0x8F00u | bits(e, 8)); break; /* barriers, clrex */
  default: emit_wide(e, 0xF380u | any(e), 0x8000u | bits(e, 12));
  }
}

static void system_write(emitter_t *e) {
  emit_constant(e, 0, random_chance(e->random, 80) ? system_register(e->random) : 0xE000E000u + bits(e, 12));
  emit_constant(e, 1, interesting_value(e->random));
  static const uint32_t stores[] = {0x6001, 0x6001, 0x6001, 0x7001, 0x8001, 0x6801};
  emit(e, PICK(e->random, stores));
}

static void call(emitter_t *e) {
  switch (random_below(e->random, 6)) {
  case 0:
  case 1: emit(e, 0xDF00u | bits(e, 8)); break;      /* svc */
  case 2: emit(e, 0xBE00u | bits(e, 7)); break;      /* bkpt */
  case 3: emit(e, 0xDE00u | bits(e, 8)); break;      /* udf */
  case 4: emit(e, 0xBF00u | bits(e, 3) << 4); break; /* nop, yield, wfe, wfi, sev */
  default: emit_wide(e, 0xF3AF, 0x8000u | bits(e, 3));
  }
}

static void host_call(emitter_t *e) {
  uint32_t operation = random_chance(e->random, 90) ? random_below(e->random, 0x34) : bits(e, 16);
  if (operation == 0x18 || operation == 0x20) operation = 5; /* the run should not end too soon */
  uint32_t block = interesting_address(e->random, e->kind);
  if (random_chance(e->random, 70)) {
    block = IMAGE_RAM + 0x200;
    for (uint32_t i = 0; i < 4; i++) {
      uint32_t word =
          random_chance(e->random, 50) ? interesting_address(e->random, e->kind) : interesting_value(e->random);
      emit_store_constant(e, block + 4 * i, random_chance(e->random, 30) ? random_below(e->random, 12) : word);
    }
  }
  emit_constant(e, 0, operation);
  emit_constant(e, 1, block);
  emit(e, 0xBEAB);
}

static void it_block(emitter_t *e) {
  emit(e, 0xBF00u | random_below(e->random, 15) << 4 | (1u + random_below(e->random, 15)));
  for (unsigned i = random_below(e->random, 3); i; i--)
    emit_piece(e);
}

/* A halfword into code that will run: here, or in RAM. */
static void code_write(emitter_t *e) {
  static const uint32_t opcodes[] = {0xBF00, 0x4770, 0xDF00, 0xDE00, 0xBF18, 0xE7FE, 0x3001, 0xF000, 0x6800, 0xBF30};
  emit_constant(e, 0, IMAGE_RAM + (random_below(e->random, 0x400) & ~1u));
  emit_constant(e, 1, PICK(e->random, opcodes));
  emit(e, 0x8001); /* strh r1, [r0] */
  if (random_chance(e->random, 30)) branch_to(e, IMAGE_RAM + (random_below(e->random, 0x400) & ~1u), true);
}

/* What a handler finds above SP: its frame, with one word changed. */
static void frame_write(emitter_t *e) {
  uint32_t value = interesting_value(e->random);
  unsigned word = random_below(e->random, 9);
  if (word == 6) value = e->entries[random_below(e->random, e->entry_count)] + 2 * random_below(e->random, 8);
  if (word == 7)
    value = random_chance(e->random, 70) ? 0x01000000u | (bits(e, 16) & 0xFC00u) | bits(e, 2) << 25 : value;
  emit_constant(e, 1, value);
  emit(e, 0x9100u | word); /* str r1, [sp, #4 * word] */
  if (random_chance(e->random, 60)) emit(e, 0x4770);
}

static void raw(emitter_t *e) {
  for (unsigned i = 1 + random_below(e->random, 3); i; i--)
    emit(e, bits(e, 16));
}

/* ---- what comes how often ---- */

typedef void piece_t(emitter_t *e);
static const struct {
  piece_t *emit;
  uint8_t weight;    /* in every image */
  uint8_t favourite; /* more of it in images of KIND */
  image_kind_t kind;
} pieces[] = {
    {arithmetic, 20, 30, KIND_code},
    {floating, 4, 12, KIND_stacks},
    {memory, 16, 60, KIND_bit_band},
    {memory, 1, 80, KIND_peripherals},
    {memory, 1, 60, KIND_debug_units},
    {memory, 1, 30, KIND_protection},
    {stack, 6, 60, KIND_stacks},
    {stack, 1, 20, KIND_nested},
    {branch, 12, 60, KIND_recursion},
    {special, 6, 30, KIND_storm},
    {special, 1, 30, KIND_stacks},
    {system_write, 6, 60, KIND_storm},
    {system_write, 1, 60, KIND_protection},
    {system_write, 1, 30, KIND_vectors},
    {call, 6, 50, KIND_nested},
    {call, 1, 60, KIND_sleep},
    {host_call, 1, 60, KIND_host_calls},
    {it_block, 5, 90, KIND_it_blocks},
    {code_write, 2, 80, KIND_self_modifying},
    {frame_write, 2, 90, KIND_frames},
    {raw, 1, 5, KIND_noise},
};
enum { PIECES = sizeof pieces / sizeof pieces[0] };

void emit_piece(emitter_t *e) {
  uint32_t sum = 0;
  for (unsigned i = 0; i < PIECES; i++)
    sum += pieces[i].weight + (pieces[i].kind == e->kind ? pieces[i].favourite : 0u);
  uint32_t at = random_below(e->random, sum);
  for (unsigned i = 0; i < PIECES; i++) {
    uint32_t weight = pieces[i].weight + (pieces[i].kind == e->kind ? pieces[i].favourite : 0u);
    if (at < weight) {
      pieces[i].emit(e);
      return;
    }
    at -= weight;
  }
}
