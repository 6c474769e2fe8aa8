/* Data processing, multiplies and divides. */
#include "pieces.h"

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))

/* ---- 16-bit ---- */

static bool emit_narrow(emitter_t *e) {
  unsigned rd = low_result(e);
  if (rd > 7) return false;
  unsigned rm = bits(e, 3), rn = bits(e, 3), high = source(e), shift = 1 + below(e, 31);
  uint32_t r = draw(e), byte = part(r, 0, 8), which = part(r, 8, 1) << 11;
  switch (below(e, 10)) {
  case 0: emit(e, below(e, 3) << 11 | shift << 6 | rm << 3 | rd); break; /* LSL LSR ASR; #0 is none in IT */
  case 1: emit(e, 0x1800u | which >> 2 | rm << 6 | rn << 3 | rd); break; /* ADD SUB reg */
  case 2: emit(e, 0x1C00u | which >> 2 | part(r, 0, 3) << 6 | rn << 3 | rd); break;
  case 3: emit(e, 0x2000u | rd << 8 | byte); break;         /* MOV #imm8 */
  case 4: emit(e, 0x3000u | which | rd << 8 | byte); break; /* ADD SUB #imm8 */
  case 5:
  case 6: {
    static const uint8_t operations[] = {0, 1, 2, 3, 4, 5, 6, 7, 9, 12, 13, 14, 15}; /* all but TST CMP CMN */
    emit(e, 0x4000u | (uint32_t)operations[below(e, COUNT(operations))] << 6 | rm << 3 | rd);
    break;
  }
  case 7: emit(e, (which ? 0x4600u : 0x4400u) | high << 3 | rd); break; /* MOV ADD, high */
  case 8: emit(e, 0xB200u | bits(e, 2) << 6 | rm << 3 | rd); break;     /* extend */
  default: {
    static const uint16_t reverse[] = {0xBA00, 0xBA40, 0xBAC0};
    if (chance(e, 20)) {
      emit(e, (which ? 0xA000u : 0xA800u) | rd << 8 | byte); /* ADR; ADD Rd, SP */
    } else {
      emit(e, reverse[below(e, 3)] | rm << 3 | rd);
    }
  }
  }
  return true;
}

/* ---- 32-bit, immediate ---- */

static uint32_t modified_immediate(emitter_t *e) {
  uint32_t byte = 1 + below(e, 255), form = bits(e, 4);
  if (form < 4) return form << 12 | byte; /* byte patterns */
  uint32_t rotation = 8 + below(e, 24);   /* 1bcdefgh rotated */
  return (rotation >> 4) << 26 | (rotation >> 1 & 7u) << 12 | (rotation & 1u) << 7 | (byte & 0x7Fu);
}

static const uint8_t operations[] = {0, 1, 2, 3, 4, 8, 10, 11, 13, 14};

static void emit_immediate(emitter_t *e) {
  unsigned rd = result(e), rn = source(e);
  uint32_t operation = operations[below(e, COUNT(operations))], flags = bits(e, 1) << 4;
  uint32_t immediate = modified_immediate(e);
  if ((operation == 2 || operation == 3) && chance(e, 40)) rn = PC; /* MOV, MVN */
  emit_wide(e, 0xF000u | immediate >> 16 | operation << 5 | flags | rn, (immediate & 0xFFFFu) | rd << 8);
}

static uint32_t split5(uint32_t value) { return (value >> 2) << 12 | (value & 3u) << 6; }

static void emit_plain_immediate(emitter_t *e) {
  unsigned rd = result(e), rn = source(e);
  uint32_t lsb = bits(e, 5), width = below(e, 32 - lsb), r = draw(e), saturate = part(r, 0, 5);
  uint32_t twelve = part(r, 31, 1) << 10, rest = part(r, 0, 8) | part(r, 8, 3) << 12, top = part(r, 11, 4);
  bool other = part(r, 16, 1);
  switch (below(e, 11)) {
  case 0: emit_wide(e, 0xF200u | twelve | rn, rest | rd << 8); break; /* ADDW */
  case 1: emit_wide(e, 0xF2A0u | twelve | rn, rest | rd << 8); break; /* SUBW */
  case 2: emit_wide(e, 0xF240u | twelve | top, rest | rd << 8); break;
  case 3: emit_wide(e, 0xF2C0u | twelve | top, rest | rd << 8); break;
  case 4: emit_wide(e, 0xF360u | (chance(e, 70) ? rn : PC), split5(lsb) | rd << 8 | (lsb + width)); break;
  case 5: emit_wide(e, (other ? 0xF340u : 0xF3C0u) | rn, split5(lsb) | rd << 8 | width); break;
  case 6: emit_wide(e, 0xF300u | rn, split5(lsb) | rd << 8 | saturate); break;               /* SSAT, LSL */
  case 7: emit_wide(e, 0xF320u | rn, split5(lsb | 1u) | rd << 8 | saturate); break;          /* SSAT, ASR */
  case 8: emit_wide(e, 0xF380u | rn, split5(lsb) | rd << 8 | saturate); break;               /* USAT */
  case 9: emit_wide(e, (other ? 0xF320u : 0xF3A0u) | rn, rd << 8 | (saturate & 15u)); break; /* SSAT16 USAT16 */
  default: emit_wide(e, (other ? 0xF20Fu : 0xF2AFu), rd << 8 | part(r, 0, 8)); break;        /* ADR.W */
  }
}

/* ---- 32-bit, registers ---- */

static uint32_t any_shift(emitter_t *e, unsigned percent) {
  uint32_t r = draw(e);
  return chance(e, percent) ? split5(part(r, 0, 5)) | part(r, 5, 2) << 4 : 0;
}

static void emit_shifted(emitter_t *e) {
  unsigned rd = result(e), rn = source(e), rm = source(e);
  uint32_t operation = operations[below(e, COUNT(operations))], flags = bits(e, 1) << 4;
  uint32_t shift = any_shift(e, 70);
  if ((operation == 2 || operation == 3) && chance(e, 40)) rn = PC; /* MOV and shifts, MVN */
  emit_wide(e, 0xEA00u | operation << 5 | flags | rn, shift | rd << 8 | rm);
}

enum { N = 1, M = 2, M_TWICE = 4, A = 8, LONG = 16 };
typedef struct {
  uint16_t first, second;
  uint8_t fields; /* beside Rd */
  uint8_t vary;   /* bits of the second halfword that may be anything */
} form_t;

static void emit_form(emitter_t *e, const form_t *form) {
  unsigned rd = result(e), rm = source(e), low;
  uint32_t first = form->first, second = form->second | (bits(e, 8) & form->vary);
  if (form->fields & N) first |= source(e);
  if (form->fields & (M | M_TWICE)) second |= rm;
  if (form->fields & M_TWICE) first |= rm;
  if (form->fields & A) second |= source(e) << 12;
  if (form->fields & LONG) {
    do {
      low = pick(e, free_registers(e));
    } while (low == rd);
    becomes_data(e, low);
    second |= low << 12;
  }
  emit_wide(e, first, second | rd << 8);
}

static const form_t register_forms[] = {
    {0xFA00, 0xF000, N | M, 0},      {0xFA10, 0xF000, N | M, 0},    {0xFA20, 0xF000, N | M, 0},
    {0xFA40, 0xF000, N | M, 0},      {0xFA60, 0xF000, N | M, 0}, /* LSL LSLS LSR ASR ROR */
    {0xFA0F, 0xF080, M, 0x30},       {0xFA1F, 0xF080, M, 0x30},     {0xFA2F, 0xF080, M, 0x30},
    {0xFA3F, 0xF080, M, 0x30},       {0xFA4F, 0xF080, M, 0x30},     {0xFA5F, 0xF080, M, 0x30},
    {0xFA00, 0xF080, N | M, 0x30},   {0xFA10, 0xF080, N | M, 0x30}, {0xFA20, 0xF080, N | M, 0x30},
    {0xFA30, 0xF080, N | M, 0x30},   {0xFA40, 0xF080, N | M, 0x30}, {0xFA50, 0xF080, N | M, 0x30},
    {0xFA80, 0xF080, N | M, 0x30},                                  /* QADD QDADD QSUB QDSUB */
    {0xFA90, 0xF080, M_TWICE, 0x30},                                /* REV REV16 RBIT REVSH */
    {0xFAA0, 0xF080, N | M, 0},      {0xFAB0, 0xF080, M_TWICE, 0},  /* SEL, CLZ */
    {0xEAC0, 0x0000, N | M, 0xC0},   {0xEAC0, 0x0020, N | M, 0xC0}, /* PKHBT PKHTB */
    {0xEA4F, 0x0030, M, 0},                                         /* RRX */
};

static void emit_parallel(emitter_t *e) {
  static const uint16_t first[] = {0xFA80, 0xFA90, 0xFAA0, 0xFAC0, 0xFAD0, 0xFAE0};
  static const uint8_t kinds[] = {0x00, 0x10, 0x20, 0x40, 0x50, 0x60}; /* S Q SH U UQ UH */
  uint32_t kind = kinds[below(e, COUNT(kinds))], operation = below(e, COUNT(first));
  form_t form = {first[operation], (uint16_t)(0xF000u | kind), N | M, 0};
  emit_form(e, &form);
}

static const form_t multiply_forms[] = {
    {0xFB00, 0xF000, N | M, 0},           {0xFB00, 0x0000, N | M | A, 0},       {0xFB00, 0x0010, N | M | A, 0},
    {0xFB10, 0xF000, N | M, 0x30},        {0xFB10, 0x0000, N | M | A, 0x30},    {0xFB20, 0xF000, N | M, 0x10},
    {0xFB20, 0x0000, N | M | A, 0x10},    {0xFB30, 0xF000, N | M, 0x10},        {0xFB30, 0x0000, N | M | A, 0x10},
    {0xFB40, 0xF000, N | M, 0x10},        {0xFB40, 0x0000, N | M | A, 0x10},    {0xFB50, 0xF000, N | M, 0x10},
    {0xFB50, 0x0000, N | M | A, 0x10},    {0xFB60, 0x0000, N | M | A, 0x10},    {0xFB70, 0xF000, N | M, 0},
    {0xFB70, 0x0000, N | M | A, 0},       {0xFB80, 0x0000, N | M | LONG, 0},    {0xFBA0, 0x0000, N | M | LONG, 0},
    {0xFBC0, 0x0000, N | M | LONG, 0},    {0xFBC0, 0x0080, N | M | LONG, 0x30}, {0xFBC0, 0x00C0, N | M | LONG, 0x10},
    {0xFBD0, 0x00C0, N | M | LONG, 0x10}, {0xFBE0, 0x0000, N | M | LONG, 0},    {0xFBE0, 0x0060, N | M | LONG, 0},
};

void emit_multiply(emitter_t *e) { emit_form(e, &multiply_forms[below(e, COUNT(multiply_forms))]); }

void emit_divide(emitter_t *e) {
  form_t form = {bits(e, 1) ? 0xFB90 : 0xFBB0, 0xF0F0, N | M, 0};
  emit_form(e, &form);
}

void emit_compare(emitter_t *e) {
  static const uint8_t wide[] = {0, 4, 8, 13}; /* TST TEQ CMN CMP */
  uint32_t operation = wide[below(e, 4)], immediate = modified_immediate(e), r = draw(e);
  unsigned n = source(e), m = source(e);
  switch (below(e, 6)) {
  case 0: emit(e, 0x2800u | part(r, 0, 11)); break;
  case 1: emit(e, 0x4280u | part(r, 0, 6)); break;
  case 2: emit(e, (part(r, 6, 1) ? 0x42C0u : 0x4200u) | part(r, 0, 6)); break;
  case 3: emit(e, 0x4500u | 0x80u | m << 3 | part(r, 0, 2)); break; /* CMP R8 to R11, Rm */
  case 4: emit_wide(e, 0xF010u | immediate >> 16 | operation << 5 | n, (immediate & 0xFFFFu) | 0xF00u); break;
  default: emit_wide(e, 0xEA10u | operation << 5 | n, any_shift(e, 50) | 0xF00u | m);
  }
}

void emit_arithmetic(emitter_t *e) {
  switch (below(e, 10)) {
  case 0:
  case 1:
  case 2:
    if (emit_narrow(e)) break;
    emit_shifted(e);
    break;
  case 3: emit_immediate(e); break;
  case 4: emit_plain_immediate(e); break;
  case 5:
  case 6: emit_shifted(e); break;
  case 7: emit_form(e, &register_forms[below(e, COUNT(register_forms))]); break;
  case 8: emit_parallel(e); break;
  default: emit_compare(e); break;
  }
}

/* ---- pieces ---- */

void piece_arithmetic(emitter_t *e) {
  for (unsigned i = 1 + bits(e, 2); i; i--)
    emit_arithmetic(e);
  if (chance(e, 30)) emit_mix(e, source(e));
}

void piece_multiply(emitter_t *e) {
  for (unsigned i = 1 + bits(e, 1); i; i--) {
    emit_multiply(e);
    if (chance(e, 30)) emit_arithmetic(e);
  }
}

/* Operands of any magnitude: what a divide costs follows them. */
void piece_divide(emitter_t *e) {
  unsigned reg = result(e), n = source(e), m = source(e);
  uint32_t r = draw(e);
  switch (below(e, 4)) {
  case 0: emit_constant(e, reg, interesting_word(e)); break;
  case 1: emit_wide(e, 0xFA20u | n, 0xF000u | reg << 8 | m); break; /* LSR: shorter */
  case 2: emit_wide(e, 0xF3C0u | n, split5(part(r, 0, 4)) | reg << 8 | part(r, 4, 4)); break;
  default: break;
  }
  for (unsigned i = 1 + below(e, 3); i; i--)
    emit_divide(e);
  if (chance(e, 30)) emit_mix(e, reg);
}
