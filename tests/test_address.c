/* Where loads and stores go: each group of encodings by hand, and whatever decodes against the engine. */
#include "engine_fixture.h"
#include "run_suite.h"
#include "timing/address.h"

enum { NO = ADDRESS_NO_REG, PC = REG_PC };

/* ---- By hand ---- */

/* Opcodes as an assembler makes them; the rest follows from the text. A base of PC: the instruction behind. */
static const struct {
  const char *text;
  uint16_t first, second;
  uint8_t base, index, shift;
  int32_t offset, step;
} cases[] = {
    {"ldr r2, [r3, r1]", 0x585A, 0, 3, 1, 0, 0, 0},
    {"str r2, [r3, r1]", 0x505A, 0, 3, 1, 0, 0, 0},
    {"strh r7, [r0, r6]", 0x5387, 0, 0, 6, 0, 0, 0},
    {"strb r1, [r2, r3]", 0x54D1, 0, 2, 3, 0, 0, 0},
    {"ldrsb r4, [r5, r6]", 0x57AC, 0, 5, 6, 0, 0, 0},
    {"ldrh r4, [r5, r6]", 0x5BAC, 0, 5, 6, 0, 0, 0},
    {"ldrb r0, [r7, r0]", 0x5C38, 0, 7, 0, 0, 0, 0},
    {"ldrsh r0, [r1, r7]", 0x5FC8, 0, 1, 7, 0, 0, 0},
    {"str r2, [r3, #4]", 0x605A, 0, 3, NO, 0, 4, 0},
    {"str r2, [r7, #124]", 0x67FA, 0, 7, NO, 0, 124, 0},
    {"ldr r2, [r3, #0]", 0x681A, 0, 3, NO, 0, 0, 0},
    {"ldr r0, [r1, #64]", 0x6C08, 0, 1, NO, 0, 64, 0},
    {"strb r2, [r3, #31]", 0x77DA, 0, 3, NO, 0, 31, 0},
    {"ldrb r5, [r6, #1]", 0x7875, 0, 6, NO, 0, 1, 0},
    {"strh r2, [r3, #62]", 0x87DA, 0, 3, NO, 0, 62, 0},
    {"ldrh r5, [r6, #2]", 0x8875, 0, 6, NO, 0, 2, 0},
    {"str r0, [sp, #1020]", 0x90FF, 0, REG_SP, NO, 0, 1020, 0},
    {"ldr r7, [sp, #4]", 0x9F01, 0, REG_SP, NO, 0, 4, 0},
    {"push {r0}", 0xB401, 0, REG_SP, NO, 0, -4, -4},
    {"push {r4-r7, lr}", 0xB5F0, 0, REG_SP, NO, 0, -20, -20},
    {"pop {r0, r1}", 0xBC03, 0, REG_SP, NO, 0, 0, 8},
    {"pop {r4-r7, pc}", 0xBDF0, 0, REG_SP, NO, 0, 0, 20},
    {"stmia r3!, {r0, r1, r2}", 0xC307, 0, 3, NO, 0, 0, 12},
    {"ldmia r3!, {r0, r1, r2}", 0xCB07, 0, 3, NO, 0, 0, 12},
    {"ldm r3, {r1, r3}", 0xCB0A, 0, 3, NO, 0, 0, 0},
    {"stm r3!, {r1, r3}", 0xC30A, 0, 3, NO, 0, 0, 8},
    {"ldr.w r0, [r1, #4095]", 0xF8D1, 0x0FFF, 1, NO, 0, 4095, 0},
    {"str.w r0, [r1, #4095]", 0xF8C1, 0x0FFF, 1, NO, 0, 4095, 0},
    {"ldrb.w r0, [r1, #1]", 0xF891, 0x0001, 1, NO, 0, 1, 0},
    {"ldrh.w r0, [r1, #2]", 0xF8B1, 0x0002, 1, NO, 0, 2, 0},
    {"ldrsb.w r0, [r1, #3]", 0xF991, 0x0003, 1, NO, 0, 3, 0},
    {"ldrsh.w r0, [r1, #5]", 0xF9B1, 0x0005, 1, NO, 0, 5, 0},
    {"strb.w r0, [r1, #1]", 0xF881, 0x0001, 1, NO, 0, 1, 0},
    {"strh.w r0, [r1, #7]", 0xF8A1, 0x0007, 1, NO, 0, 7, 0},
    {"ldr.w r0, [r1, #-255]", 0xF851, 0x0CFF, 1, NO, 0, -255, 0},
    {"str.w r0, [r1, #-1]", 0xF841, 0x0C01, 1, NO, 0, -1, 0},
    {"ldrsh.w r0, [r1, #-128]", 0xF931, 0x0C80, 1, NO, 0, -128, 0},
    {"ldr.w r0, [r1, #255]!", 0xF851, 0x0FFF, 1, NO, 0, 255, 255},
    {"ldr.w r0, [r1, #-255]!", 0xF851, 0x0DFF, 1, NO, 0, -255, -255},
    {"ldr.w r0, [r1], #255", 0xF851, 0x0BFF, 1, NO, 0, 0, 255},
    {"ldr.w r0, [r1], #-4", 0xF851, 0x0904, 1, NO, 0, 0, -4},
    {"str.w r0, [sp, #-4]!", 0xF84D, 0x0D04, REG_SP, NO, 0, -4, -4},
    {"str.w r0, [r9], #1", 0xF849, 0x0B01, 9, NO, 0, 0, 1},
    {"strb r0, [r1, #-2]!", 0xF801, 0x0D02, 1, NO, 0, -2, -2},
    {"strh r0, [r1], #-6", 0xF821, 0x0906, 1, NO, 0, 0, -6},
    {"ldrsb r0, [r10, #16]!", 0xF91A, 0x0F10, 10, NO, 0, 16, 16},
    {"ldr.w r0, [r1, r2]", 0xF851, 0x0002, 1, 2, 0, 0, 0},
    {"ldr.w r0, [r1, r2, lsl #3]", 0xF851, 0x0032, 1, 2, 3, 0, 0},
    {"ldrb.w r0, [r1, r12, lsl #1]", 0xF811, 0x001C, 1, 12, 1, 0, 0},
    {"ldrsh.w r0, [sp, r2, lsl #2]", 0xF93D, 0x0022, REG_SP, 2, 2, 0, 0},
    {"str.w r0, [r1, r2, lsl #1]", 0xF841, 0x0012, 1, 2, 1, 0, 0},
    {"strb.w r8, [r9, r10, lsl #3]", 0xF809, 0x803A, 9, 10, 3, 0, 0},
    {"strh.w r8, [r9, r10, lsl #2]", 0xF829, 0x802A, 9, 10, 2, 0, 0},
    {"ldrt r0, [r1, #255]", 0xF851, 0x0EFF, 1, NO, 0, 255, 0},
    {"ldrbt r0, [r1, #16]", 0xF811, 0x0E10, 1, NO, 0, 16, 0},
    {"ldrsht r0, [r1, #2]", 0xF931, 0x0E02, 1, NO, 0, 2, 0},
    {"strt r0, [r1, #4]", 0xF841, 0x0E04, 1, NO, 0, 4, 0},
    {"strbt r0, [r1, #0]", 0xF801, 0x0E00, 1, NO, 0, 0, 0},
    {"strht r0, [r1, #255]", 0xF821, 0x0EFF, 1, NO, 0, 255, 0},
    {"push.w {r8}", 0xF84D, 0x8D04, REG_SP, NO, 0, -4, -4},
    {"pop.w {r8}", 0xF85D, 0x8B04, REG_SP, NO, 0, 0, 4},
    {"push.w {r4-r8, lr}", 0xE92D, 0x41F0, REG_SP, NO, 0, -24, -24},
    {"pop.w {r4-r8, pc}", 0xE8BD, 0x81F0, REG_SP, NO, 0, 0, 24},
    {"ldmia.w r1, {r0, r2}", 0xE891, 0x0005, 1, NO, 0, 0, 0},
    {"ldmia.w r1!, {r0, r2, r12}", 0xE8B1, 0x1005, 1, NO, 0, 0, 12},
    {"ldmdb r1, {r0, r2, r3}", 0xE911, 0x000D, 1, NO, 0, -12, 0},
    {"ldmdb r1!, {r0, r2}", 0xE931, 0x0005, 1, NO, 0, -8, -8},
    {"ldmia.w r1!, {r1, r2}: what is loaded stays", 0xE8B1, 0x0006, 1, NO, 0, 0, 0},
    {"ldmdb r1, {r1, r2}", 0xE911, 0x0006, 1, NO, 0, -8, 0},
    {"stmia.w r9!, {r0-r7}", 0xE8A9, 0x00FF, 9, NO, 0, 0, 32},
    {"stmia.w r9, {r0, r1}", 0xE889, 0x0003, 9, NO, 0, 0, 0},
    {"stmdb r9!, {r0, r1}", 0xE929, 0x0003, 9, NO, 0, -8, -8},
    {"stmdb r9, {r0-r3}", 0xE909, 0x000F, 9, NO, 0, -16, 0},
    {"ldrd r0, r1, [r2, #8]", 0xE9D2, 0x0102, 2, NO, 0, 8, 0},
    {"ldrd r0, r1, [r2, #-1020]", 0xE952, 0x01FF, 2, NO, 0, -1020, 0},
    {"ldrd r0, r1, [r2, #1020]!", 0xE9F2, 0x01FF, 2, NO, 0, 1020, 1020},
    {"ldrd r0, r1, [r2, #-8]!", 0xE972, 0x0102, 2, NO, 0, -8, -8},
    {"ldrd r0, r1, [r2], #16", 0xE8F2, 0x0104, 2, NO, 0, 0, 16},
    {"ldrd r0, r1, [r2], #-16", 0xE872, 0x0104, 2, NO, 0, 0, -16},
    {"strd r0, r1, [r2, #4]", 0xE9C2, 0x0101, 2, NO, 0, 4, 0},
    {"strd r0, r1, [sp, #-8]!", 0xE96D, 0x0102, REG_SP, NO, 0, -8, -8},
    {"strd r0, r1, [r2], #8", 0xE8E2, 0x0102, 2, NO, 0, 0, 8},
    {"strd r0, r1, [r2], #-12", 0xE862, 0x0103, 2, NO, 0, 0, -12},
    {"ldrex r0, [r1, #0]", 0xE851, 0x0F00, 1, NO, 0, 0, 0},
    {"ldrex r0, [r1, #1020]", 0xE851, 0x0FFF, 1, NO, 0, 1020, 0},
    {"strex r0, r1, [r2, #8]", 0xE842, 0x1002, 2, NO, 0, 8, 0},
    {"ldrexb r0, [r1]", 0xE8D1, 0x0F4F, 1, NO, 0, 0, 0},
    {"ldrexh r0, [r1]", 0xE8D1, 0x0F5F, 1, NO, 0, 0, 0},
    {"strexb r0, r1, [r2]", 0xE8C2, 0x1F40, 2, NO, 0, 0, 0},
    {"strexh r0, r1, [r2]", 0xE8C2, 0x1F50, 2, NO, 0, 0, 0},
    {"tbb [r1, r2]", 0xE8D1, 0xF002, 1, 2, 0, 0, 0},
    {"tbh [r1, r2, lsl #1]", 0xE8D1, 0xF012, 1, 2, 1, 0, 0},
    {"tbb [pc, r3]", 0xE8DF, 0xF003, PC, 3, 0, 0, 0},
    {"tbh [pc, r3, lsl #1]", 0xE8DF, 0xF013, PC, 3, 1, 0, 0},
    {"vldr s0, [r1, #4]", 0xED91, 0x0A01, 1, NO, 0, 4, 0},
    {"vldr s0, [r1, #-1020]", 0xED11, 0x0AFF, 1, NO, 0, -1020, 0},
    {"vldr d1, [r1, #8]", 0xED91, 0x1B02, 1, NO, 0, 8, 0},
    {"vstr s1, [r1, #1020]", 0xEDC1, 0x0AFF, 1, NO, 0, 1020, 0},
    {"vstr d1, [sp, #-8]", 0xED0D, 0x1B02, REG_SP, NO, 0, -8, 0},
    {"vldmia r1, {s0-s3}", 0xEC91, 0x0A04, 1, NO, 0, 0, 0},
    {"vldmia r1!, {s0-s3}", 0xECB1, 0x0A04, 1, NO, 0, 0, 16},
    {"vldmdb r1!, {s0-s3}", 0xED31, 0x0A04, 1, NO, 0, -16, -16},
    {"vldmia r1!, {d0-d3}", 0xECB1, 0x0B08, 1, NO, 0, 0, 32},
    {"vldmia r1, {d0-d1}", 0xEC91, 0x0B04, 1, NO, 0, 0, 0},
    {"vstmia r1, {s0}", 0xEC81, 0x0A01, 1, NO, 0, 0, 0},
    {"vstmia r1!, {s0-s31}", 0xECA1, 0x0A20, 1, NO, 0, 0, 128},
    {"vstmdb r1!, {d0-d1}", 0xED21, 0x0B04, 1, NO, 0, -16, -16},
    {"vpush {d8-d15}", 0xED2D, 0x8B10, REG_SP, NO, 0, -64, -64},
    {"vpush {s16-s17}", 0xED2D, 0x8A02, REG_SP, NO, 0, -8, -8},
    {"vpop {d8-d15}", 0xECBD, 0x8B10, REG_SP, NO, 0, 0, 64},
    {"vpop {s0}", 0xECBD, 0x0A01, REG_SP, NO, 0, 0, 4},
    {"fldmiax r1!, {d0-d1}", 0xECB1, 0x0B05, 1, NO, 0, 0, 20},
    {"fstmdbx r1!, {d0-d2}", 0xED21, 0x0B07, 1, NO, 0, -28, -28},
};

START_TEST(each_group_of_encodings) {
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    for (uint32_t at = 0x08000100; at <= 0x08000102; at += 2) {
      insn_t insn = decode_at(at, cases[i].first, cases[i].second);
      address_form_t form = address_form(&insn);
      bool behind = cases[i].base == PC;
      uint32_t offset = behind ? at + 4 : (uint32_t)cases[i].offset;
      ck_assert_msg(!(insn.flags & INSN_UNDEFINED), "%s: undefined", cases[i].text);
      ck_assert_msg(form.present, "%s: no access", cases[i].text);
      ck_assert_msg(form.base == (behind ? NO : cases[i].base), "%s: base %u", cases[i].text, form.base);
      ck_assert_msg(form.index == cases[i].index && form.shift == cases[i].shift, "%s: index %u << %u", cases[i].text,
                    form.index, form.shift);
      ck_assert_msg(form.offset == offset, "%s: offset %d", cases[i].text, (int)form.offset);
      ck_assert_msg(form.step == (uint32_t)cases[i].step, "%s: step %d", cases[i].text, (int)form.step);
    }
  }
}
END_TEST

/* From the word that PC, four bytes ahead, lies in. */
static const struct {
  const char *text;
  uint16_t first, second;
  int32_t offset;
} literals[] = {
    {"ldr r0, [pc, #0]", 0x4800, 0, 0},
    {"ldr r7, [pc, #1020]", 0x4FFF, 0, 1020},
    {"ldr.w r0, [pc, #8]", 0xF8DF, 0x0008, 8},
    {"ldr.w r0, [pc, #-8]", 0xF85F, 0x0008, -8},
    {"ldr.w pc, [pc, #-4]", 0xF85F, 0xF004, -4},
    {"ldrb.w r0, [pc, #4095]", 0xF89F, 0x0FFF, 4095},
    {"ldrsh.w r0, [pc, #-4095]", 0xF93F, 0x0FFF, -4095},
    {"ldrd r0, r1, [pc, #8]", 0xE9DF, 0x0102, 8},
    {"ldrd r0, r1, [pc, #-8]", 0xE95F, 0x0102, -8},
    {"vldr s0, [pc, #12]", 0xED9F, 0x0A03, 12},
    {"vldr d0, [pc, #-8]", 0xED1F, 0x0B02, -8},
};

START_TEST(literals_count_from_the_word_of_pc) {
  for (size_t i = 0; i < sizeof literals / sizeof *literals; i++) {
    for (uint32_t at = 0x08000100; at <= 0x08000106; at += 2) {
      insn_t insn = decode_at(at, literals[i].first, literals[i].second);
      address_form_t form = address_form(&insn);
      uint32_t word = at % 4 ? at + 2 : at + 4;
      ck_assert_msg(form.present && form.base == NO && form.index == NO && form.step == 0, "%s", literals[i].text);
      ck_assert_msg(form.offset == word + (uint32_t)literals[i].offset, "%s at 0x%08x: 0x%08x", literals[i].text,
                    (unsigned)at, (unsigned)form.offset);
    }
  }
}
END_TEST

static const struct {
  const char *text;
  uint16_t first, second;
} without[] = {
    {"pld [r1, #16]", 0xF891, 0xF010},
    {"pld [r1, #-4]", 0xF811, 0xFC04},
    {"pld [r1, r2, lsl #1]", 0xF811, 0xF012},
    {"pld [pc, #8]", 0xF89F, 0xF008},
    {"pli [r1, #16]", 0xF991, 0xF010},
    {"nop", 0xBF00, 0},
    {"adds r0, r0, r1", 0x1840, 0},
    {"add r0, sp, #4", 0xA801, 0},
    {"mov r8, r1", 0x4688, 0},
    {"cbz r0, .+4", 0xB100, 0},
    {"cpsid i", 0xB672, 0},
    {"b .", 0xE7FE, 0},
    {"beq .", 0xD0FE, 0},
    {"svc 0", 0xDF00, 0},
    {"add.w r0, r1, r2", 0xEB01, 0x0002},
    {"smlald r0, r1, r2, r3", 0xFBC2, 0x01C3},
    {"sdiv r0, r1, r2", 0xFB91, 0xF0F2},
    {"bl .", 0xF7FF, 0xFFFE},
    {"clrex", 0xF3BF, 0x8F2F},
    {"dmb", 0xF3BF, 0x8F5F},
    {"mrs r0, primask", 0xF3EF, 0x8010},
    {"vmov s0, r1", 0xEE00, 0x1A10},
    {"vmov r0, r1, d3", 0xEC51, 0x0B13},
    {"vmov d3, r0, r1", 0xEC41, 0x0B13},
    {"vmov r0, r1, s2, s3", 0xEC51, 0x0A11},
    {"vadd.f32 s0, s1, s2", 0xEE30, 0x0A81},
    {"nothing: 32 bits", 0xF8FF, 0xFFFF},
};

START_TEST(what_touches_no_memory_has_no_address) {
  for (size_t i = 0; i < sizeof without / sizeof *without; i++) {
    insn_t insn = decode_at(0x08000100, without[i].first, without[i].second);
    ck_assert_msg(!address_form(&insn).present, "%s", without[i].text);
  }
}
END_TEST

/* ---- Whatever decodes ---- */

static uint32_t value_of(const uint32_t registers[REGISTERS], unsigned reg) {
  return reg == ADDRESS_NO_REG ? 0 : registers[reg];
}

/* Bases in the middle of `data`, an index near 0, all of them aligned. */
static void choose_registers(random_t *random, const address_form_t *form, uint32_t registers[REGISTERS]) {
  enum { MIDDLE = DATA + DATA_BYTES / 2, SPREAD = 0x10000, INDEX_SPREAD = 0x4000 };
  for (unsigned i = 0; i < REGISTERS; i++)
    registers[i] = MIDDLE + random_below(random, SPREAD) * 4;
  if (form->index >= REGISTERS) return;
  registers[form->index] = random_below(random, INDEX_SPREAD) * 4;
  if (random_chance(random, 25)) registers[form->index] = 0u - registers[form->index];
}

/* True: the engine has made an access. */
static bool compare_with_engine(random_t *random, const insn_t *insn, const address_form_t *form) {
  uint32_t before[REGISTERS], after[REGISTERS];
  choose_registers(random, form, before);
  memcpy(after, before, sizeof before);
  uint32_t address = value_of(before, form->base) + (value_of(before, form->index) << form->shift) + form->offset;
  if (!run_insn(insn, after) || !seen.accessed) return false;
  ck_assert_msg(seen.address == address, "%04x %04x at 0x%08x: access to 0x%08x, not 0x%08x", insn->opcode[0],
                insn->opcode[1], (unsigned)insn->address, (unsigned)seen.address, (unsigned)address);
  if (form->base == NO || (insn->writes & REG_BIT(form->base))) return true;
  ck_assert_msg(after[form->base] == before[form->base] + form->step, "%04x %04x: base 0x%08x, then 0x%08x",
                insn->opcode[0], insn->opcode[1], (unsigned)before[form->base], (unsigned)after[form->base]);
  return true;
}

static bool is_predictable(const insn_t *insn, const address_form_t *form) {
  if (form->base == REG_PC || form->index == REG_PC || form->index == REG_SP) return false;
  if (insn->base == REG_PC && (insn->flags & INSN_WRITEBACK)) return false;
  return form->index == NO || form->index != form->base;
}

/* 16 bits, and of 32: lists and pairs, floating point, single ones; and everything of 32. */
static const opcodes_t groups[] = {
    {0x4800, 0x8800}, {0xE800, 0x200}, {0xEC00, 0x200}, {0xF800, 0x200}, {0xE800, 0x1800}};

START_TEST(the_engine_goes_where_the_form_says) {
  enum { COMPARED = 5000, TRIES = 200000 };
  random_t random = {1};
  unsigned compared = 0, tries = 0;
  for (; compared < COMPARED && tries < TRIES; tries++) {
    insn_t insn = random_insn(&random, groups, sizeof groups / sizeof *groups);
    address_form_t form = address_form(&insn);
    ck_assert_msg(form.present == (insn.memory != MEMORY_NONE), "%04x %04x", insn.opcode[0], insn.opcode[1]);
    if (form.present && is_predictable(&insn, &form)) compared += compare_with_engine(&random, &insn, &form);
  }
  ck_assert_uint_eq(compared, COMPARED);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("address");
  TCase *tcase = tcase_create("by hand");
  tcase_add_unchecked_fixture(tcase, open_decoder, close_decoder);
  tcase_add_test(tcase, each_group_of_encodings);
  tcase_add_test(tcase, literals_count_from_the_word_of_pc);
  tcase_add_test(tcase, what_touches_no_memory_has_no_address);
  suite_add_tcase(suite, tcase);
  tcase = tcase_create("against the engine");
  tcase_add_unchecked_fixture(tcase, open_decoder, close_decoder);
  tcase_add_checked_fixture(tcase, open_engine, close_engine);
  tcase_add_test(tcase, the_engine_goes_where_the_form_says);
  suite_add_tcase(suite, tcase);
  return run_suite(suite);
}
