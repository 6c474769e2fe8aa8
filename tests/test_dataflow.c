/* What integer instructions compute: each form by hand, what is left to others, and whatever decodes against the
   engine. */
#include "engine_fixture.h"
#include "run_suite.h"
#include "timing/dataflow.h"

static uint32_t value_of(const uint32_t registers[REGISTERS], unsigned reg) {
  return reg == FLOW_NO_REG ? 0 : registers[reg];
}

static uint32_t compute(const flow_form_t *form, const uint32_t registers[REGISTERS]) {
  uint32_t b = form->b == FLOW_NO_REG ? form->constant : value_of(registers, form->b);
  return flow_compute(form, value_of(registers, form->a), b, value_of(registers, form->c));
}

/* ---- By hand ---- */

static const uint32_t registers[REGISTERS] = {
    0x12345678, 0x89ABCDEFu, 5, 0xFFFFFFFEu, 0x00FF8040, 0x80000000u, 7, 2, 9, 10, 11, 12, 13, 0x20001000, 0x08000201};
static const uint32_t PLACE = 0x08000102; /* of each: PC, aligned, is two ahead of it */

static const struct {
  const char *text;
  uint16_t first, second;
  uint8_t result;
  uint32_t value;
} cases[] = {
    /* 16 bits */
    {"movs r1, r0", 0x0001, 0, 1, 0x12345678},
    {"lsls r0, r1, #4", 0x0108, 0, 0, 0x9ABCDEF0u},
    {"lsls r0, r2, #31", 0x07D0, 0, 0, 0x80000000u},
    {"lsrs r0, r1, #4", 0x0908, 0, 0, 0x089ABCDE},
    {"lsrs r0, r1, #31", 0x0FC8, 0, 0, 1},
    {"asrs r0, r1, #4", 0x1108, 0, 0, 0xF89ABCDEu},
    {"asrs r0, r0, #8", 0x1200, 0, 0, 0x00123456},
    {"adds r0, r1, r2", 0x1888, 0, 0, 0x89ABCDF4u},
    {"subs r0, r2, r3", 0x1AD0, 0, 0, 7},
    {"adds r0, r1, #7", 0x1DC8, 0, 0, 0x89ABCDF6u},
    {"subs r0, r2, #7", 0x1FD0, 0, 0, 0xFFFFFFFEu},
    {"movs r7, #255", 0x27FF, 0, 7, 255},
    {"adds r3, #200", 0x33C8, 0, 3, 198},
    {"subs r2, #6", 0x3A06, 0, 2, 0xFFFFFFFFu},
    {"ands r0, r1", 0x4008, 0, 0, 0x00204468},
    {"eors r0, r1", 0x4048, 0, 0, 0x9B9F9B97u},
    {"rsbs r0, r2, #0", 0x4250, 0, 0, 0xFFFFFFFBu},
    {"orrs r0, r1", 0x4308, 0, 0, 0x9BBFDFFFu},
    {"muls r6, r2", 0x4356, 0, 6, 35},
    {"muls r0, r3", 0x4358, 0, 0, 0xDB975310u},
    {"bics r0, r1", 0x4388, 0, 0, 0x12141210},
    {"add r8, r1", 0x4488, 0, 8, 0x89ABCDF8u},
    {"add r1, r12", 0x4461, 0, 1, 0x89ABCDFCu},
    {"add sp, r2", 0x4495, 0, REG_SP, 0x20001005},
    {"add r2, sp", 0x446A, 0, 2, 0x20001005},
    {"mov r8, r1", 0x4688, 0, 8, 0x89ABCDEFu},
    {"mov r1, lr", 0x4671, 0, 1, 0x08000201},
    {"mov sp, r7", 0x46BD, 0, REG_SP, 2},
    {"adr r0, .+8", 0xA001, 0, 0, 0x08000108},
    {"add r7, sp, #1020", 0xAFFF, 0, 7, 0x200013FC},
    {"add sp, #508", 0xB07F, 0, REG_SP, 0x200011FC},
    {"sub sp, #508", 0xB0FF, 0, REG_SP, 0x20000E04},
    {"sxth r0, r4", 0xB220, 0, 0, 0xFFFF8040u},
    {"sxtb r0, r4", 0xB260, 0, 0, 0x40},
    {"sxtb r0, r1", 0xB248, 0, 0, 0xFFFFFFEFu},
    {"uxth r0, r4", 0xB2A0, 0, 0, 0x8040},
    {"uxtb r0, r1", 0xB2C8, 0, 0, 0xEF},
    /* 32 bits, an immediate: each way to expand it */
    {"and.w r0, r1, #0xF0", 0xF001, 0x00F0, 0, 0xE0},
    {"and.w r0, r1, #0x00F000F0", 0xF001, 0x10F0, 0, 0x00A000E0},
    {"and.w r0, r1, #0xF000F000", 0xF001, 0x20F0, 0, 0x8000C000u},
    {"and.w r0, r1, #0xF0F0F0F0", 0xF001, 0x30F0, 0, 0x80A0C0E0u},
    {"and.w r0, r1, #0x80000000", 0xF001, 0x4000, 0, 0x80000000u},
    {"and.w r0, r1, #0x7F800000", 0xF001, 0x40FF, 0, 0x09800000},
    {"and.w r0, r1, #0x1FE", 0xF401, 0x70FF, 0, 0x1EE},
    {"and.w r0, r1, #0x00FF0000", 0xF401, 0x007F, 0, 0x00AB0000},
    {"bic.w r0, r1, #0xF0", 0xF021, 0x00F0, 0, 0x89ABCD0Fu},
    {"orr.w r0, r1, #0x10", 0xF041, 0x0010, 0, 0x89ABCDFFu},
    {"mov.w r8, #0x12121212", 0xF04F, 0x3812, 8, 0x12121212},
    {"movs.w r8, #1", 0xF05F, 0x0801, 8, 1},
    {"eor.w r0, r1, #0xFF", 0xF081, 0x00FF, 0, 0x89ABCD10u},
    {"add.w r0, r1, #0x80000000", 0xF101, 0x4000, 0, 0x09ABCDEF},
    {"add.w sp, sp, #32", 0xF10D, 0x0D20, REG_SP, 0x20001020},
    {"subs.w r0, r1, #0xEF", 0xF1B1, 0x00EF, 0, 0x89ABCD00u},
    {"rsb r0, r2, #9", 0xF1C2, 0x0009, 0, 4},
    {"addw r0, r1, #0xFFF", 0xF601, 0x70FF, 0, 0x89ABDDEEu},
    {"addw r0, sp, #0x123", 0xF20D, 0x1023, 0, 0x20001123},
    {"subw r0, r1, #0x801", 0xF6A1, 0x0001, 0, 0x89ABC5EEu},
    {"movw r0, #0xABCD", 0xF64A, 0x30CD, 0, 0xABCD},
    {"movt r1, #0xABCD", 0xF6CA, 0x31CD, 1, 0xABCDCDEFu},
    {"sbfx r0, r1, #4, #8", 0xF341, 0x1007, 0, 0xFFFFFFDEu},
    {"sbfx r0, r1, #31, #1", 0xF341, 0x70C0, 0, 0xFFFFFFFFu},
    {"ubfx r0, r1, #4, #8", 0xF3C1, 0x1007, 0, 0xDE},
    {"ubfx r0, r1, #0, #32", 0xF3C1, 0x001F, 0, 0x89ABCDEFu},
    {"ubfx r0, r1, #29, #3", 0xF3C1, 0x7042, 0, 4},
    /* 32 bits, a register */
    {"and.w r0, r1, r2", 0xEA01, 0x0002, 0, 5},
    {"and.w r0, r1, r2, ror #3", 0xEA01, 0x00F2, 0, 0x80000000u},
    {"bic.w r0, r1, r2", 0xEA21, 0x0002, 0, 0x89ABCDEAu},
    {"orr.w r0, r1, r2, lsl #4", 0xEA41, 0x1002, 0, 0x89ABCDFFu},
    {"mov.w r0, r1", 0xEA4F, 0x0001, 0, 0x89ABCDEFu},
    {"lsl.w r0, r1, #8", 0xEA4F, 0x2001, 0, 0xABCDEF00u},
    {"lsr.w r0, r1, #8", 0xEA4F, 0x2011, 0, 0x0089ABCD},
    {"asr.w r0, r1, #8", 0xEA4F, 0x2021, 0, 0xFF89ABCDu},
    {"ror.w r0, r1, #8", 0xEA4F, 0x2031, 0, 0xEF89ABCDu},
    {"eors.w r0, r1, r5, lsr #31", 0xEA91, 0x70D5, 0, 0x89ABCDEEu},
    {"add.w r0, r1, r2, lsl #3", 0xEB01, 0x00C2, 0, 0x89ABCE17u},
    {"add.w r0, sp, r2, lsl #2", 0xEB0D, 0x0082, 0, 0x20001014},
    {"sub.w r0, r1, r5, asr #31", 0xEBA1, 0x70E5, 0, 0x89ABCDF0u},
    {"rsb r0, r1, r2", 0xEBC1, 0x0002, 0, 0x76543216},
    {"rsb r0, r2, r2, lsl #4", 0xEBC2, 0x1002, 0, 75},
    {"mul r0, r1, r2", 0xFB01, 0xF002, 0, 0xB05B05ABu},
    {"mla r0, r2, r6, r8", 0xFB02, 0x8006, 0, 44},
    {"mls r0, r2, r6, r8", 0xFB02, 0x8016, 0, 0xFFFFFFE6u},
};

START_TEST(each_form) {
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    insn_t insn = decode_at(PLACE, cases[i].first, cases[i].second);
    flow_form_t form;
    ck_assert_msg(flow_form(&insn, &form), "%s: not known", cases[i].text);
    ck_assert_msg(form.result == cases[i].result, "%s: writes r%u", cases[i].text, form.result);
    uint32_t value = compute(&form, registers);
    ck_assert_msg(value == cases[i].value, "%s: 0x%08x, not 0x%08x", cases[i].text, (unsigned)value,
                  (unsigned)cases[i].value);
  }
}
END_TEST

static const struct {
  const char *text;
  uint16_t first, second;
} others[] = {
    {"add r0, pc", 0x4478, 0}, /* PC, in any place */
    {"mov r0, pc", 0x4678, 0},
    {"add pc, r0", 0x4487, 0},
    {"mov pc, r0", 0x4687, 0},
    {"adr.w r0, .+8", 0xF20F, 0x0004},
    {"adr.w r0, .-4", 0xF2AF, 0x0008},
    {"bx lr", 0x4770, 0},
    {"cmp r0, #1", 0x2801, 0}, /* flags alone */
    {"cmp r0, r1", 0x4288, 0},
    {"cmp r0, r8", 0x4540, 0},
    {"cmn r0, r1", 0x42C8, 0},
    {"tst r0, r1", 0x4208, 0},
    {"tst.w r0, #1", 0xF010, 0x0F01},
    {"teq r0, #1", 0xF090, 0x0F01},
    {"cmp.w r0, #1", 0xF1B0, 0x0F01},
    {"cmn.w r0, #1", 0xF110, 0x0F01},
    {"tst.w r0, r1", 0xEA10, 0x0F01},
    {"cmp.w r0, r1", 0xEBB0, 0x0F01},
    {"lsrs r0, r1, #32", 0x0808, 0}, /* shifts by 32, and through carry */
    {"asrs r0, r1, #32", 0x1008, 0},
    {"lsr.w r0, r1, #32", 0xEA4F, 0x0011},
    {"add.w r0, r1, r2, asr #32", 0xEB01, 0x0022},
    {"rrx r0, r1", 0xEA4F, 0x0031},
    {"and.w r0, r1, r2, rrx", 0xEA01, 0x0032},
    {"adcs r0, r1", 0x4148, 0}, /* with carry */
    {"sbcs r0, r1", 0x4188, 0},
    {"adc.w r0, r1, #1", 0xF141, 0x0001},
    {"sbc.w r0, r1, r2", 0xEB61, 0x0002},
    {"lsls r0, r1", 0x4088, 0}, /* by a register */
    {"lsrs r0, r1", 0x40C8, 0},
    {"asrs r0, r1", 0x4108, 0},
    {"rors r0, r1", 0x41C8, 0},
    {"lsl.w r0, r1, r2", 0xFA01, 0xF002},
    {"mvns r0, r1", 0x43C8, 0}, /* seldom in addresses */
    {"mvn.w r0, #1", 0xF06F, 0x0001},
    {"orn.w r0, r1, r2", 0xEA61, 0x0002},
    {"pkhbt r0, r1, r2", 0xEAC1, 0x0002},
    {"sbfx r0, r1, #31, #2", 0xF341, 0x70C1}, /* beyond the register's end, which is unpredictable */
    {"ubfx r0, r1, #31, #2", 0xF3C1, 0x70C1},
    {"mls r0, r1, r2, pc", 0xFB01, 0xF012},
    {"bfi r0, r1, #4, #8", 0xF361, 0x100B},
    {"ssat r0, #8, r1", 0xF301, 0x0007},
    {"usat r0, #8, r1", 0xF381, 0x0008},
    {"smulbb r0, r1, r2", 0xFB11, 0xF002},
    {"smlabb r0, r1, r2, r3", 0xFB11, 0x3002},
    {"umull r0, r1, r2, r3", 0xFBA2, 0x0103},
    {"udiv r0, r1, r2", 0xFBB1, 0xF0F2},
    {"clz r0, r1", 0xFAB1, 0xF081},
    {"rev r0, r1", 0xBA08, 0},
    {"uxtb.w r0, r1", 0xFA5F, 0xF081},
    {"mrs r0, primask", 0xF3EF, 0x8010},
    {"cpsid i", 0xB672, 0},
    {"nop", 0xBF00, 0},
    {"it eq", 0xBF08, 0},
    {"bkpt 0", 0xBE00, 0},
    {"b .", 0xE7FE, 0}, /* control flow, memory, floating point */
    {"bl .", 0xF7FF, 0xFFFE},
    {"cbz r0, .+4", 0xB100, 0},
    {"ldr r0, [r1, #4]", 0x6848, 0},
    {"ldr r0, [pc, #4]", 0x4801, 0},
    {"push {r0}", 0xB401, 0},
    {"str.w r0, [r1, #4]", 0xF8C1, 0x0004},
    {"vmov r0, s1", 0xEE10, 0x0A90},
    {"vmrs r0, fpscr", 0xEEF1, 0x0A10},
    {"nothing: 32 bits", 0xF8FF, 0xFFFF},
};

START_TEST(what_is_left_to_others) {
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    insn_t insn = decode_at(PLACE, others[i].first, others[i].second);
    flow_form_t form;
    ck_assert_msg(!flow_form(&insn, &form), "%s", others[i].text);
  }
}
END_TEST

START_TEST(adr_counts_from_the_word_of_pc) {
  for (uint32_t at = 0x08000100; at <= 0x08000106; at += 2) {
    insn_t insn = decode_at(at, 0xA000, 0);
    flow_form_t form;
    ck_assert(flow_form(&insn, &form));
    ck_assert_uint_eq(compute(&form, registers), at % 4 ? at + 2 : at + 4);
  }
}
END_TEST

/* ---- Whatever decodes ---- */

static uint32_t random_value(random_t *random) {
  static const uint32_t edges[] = {0, 1, 0x7FFFFFFF, 0x80000000u, 0xFFFFFFFFu, 0x8000, 0xFF, 0xFFFF};
  uint32_t value = (uint32_t)random_next(random);
  if (random_chance(random, 25)) return edges[value % (sizeof edges / sizeof *edges)];
  return random_chance(random, 50) ? value & 0xFF : value;
}

/* 16 bits, and of 32: immediates, registers, multiplies. */
static const opcodes_t groups[] = {{0, 0xE800}, {0xF000, 0x800}, {0xEA00, 0x200}, {0xFB00, 0x10}};

START_TEST(the_engine_computes_what_the_form_says) {
  enum { COMPARED = 6000, TRIES = 200000 };
  random_t random = {1};
  unsigned compared = 0, tries = 0, of_op[FLOW_OP_EXTRACT_SIGNED + 1] = {0};
  for (; compared < COMPARED && tries < TRIES; tries++) {
    insn_t insn = random_insn(&random, groups, sizeof groups / sizeof *groups);
    flow_form_t form;
    if (!flow_form(&insn, &form)) continue;
    uint64_t core = insn.writes & REG_CORE_MASK;
    ck_assert_msg(core == REG_BIT(form.result), "%04x %04x: writes 0x%llx, not r%u", insn.opcode[0], insn.opcode[1],
                  (unsigned long long)core, form.result);
    uint32_t before[REGISTERS], after[REGISTERS];
    for (unsigned i = 0; i < REGISTERS; i++)
      before[i] = after[i] = random_value(&random);
    uint32_t expected = compute(&form, before);
    if (!run_insn(&insn, after)) continue;
    for (unsigned i = 0; i < REGISTERS; i++) {
      uint32_t value = i == form.result ? expected : before[i];
      ck_assert_msg(after[i] == value, "%04x %04x at 0x%08x: r%u 0x%08x, not 0x%08x", insn.opcode[0], insn.opcode[1],
                    (unsigned)insn.address, i, (unsigned)after[i], (unsigned)value);
    }
    compared++;
    of_op[form.op]++;
  }
  for (unsigned op = 0; op <= FLOW_OP_EXTRACT_SIGNED; op++)
    ck_assert_uint_gt(of_op[op], 20);
  ck_assert_uint_eq(compared, COMPARED);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("dataflow");
  TCase *tcase = tcase_create("by hand");
  tcase_add_unchecked_fixture(tcase, open_decoder, close_decoder);
  tcase_add_test(tcase, each_form);
  tcase_add_test(tcase, what_is_left_to_others);
  tcase_add_test(tcase, adr_counts_from_the_word_of_pc);
  suite_add_tcase(suite, tcase);
  tcase = tcase_create("against the engine");
  tcase_add_unchecked_fixture(tcase, open_decoder, close_decoder);
  tcase_add_checked_fixture(tcase, open_engine, close_engine);
  tcase_add_test(tcase, the_engine_computes_what_the_form_says);
  suite_add_tcase(suite, tcase);
  return run_suite(suite);
}
