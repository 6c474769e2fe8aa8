/* Operands of every instruction form: which registers, in which role. */
#include "timing/decode_private.h"

/* ---- registers ---- */

/* First register number of a Capstone register, 0xFF for none of ours. */
static uint8_t register_number(int reg) {
  if (reg >= ARM_REG_R0 && reg <= ARM_REG_R12) return (uint8_t)(reg - ARM_REG_R0);
  if (reg >= ARM_REG_S0 && reg <= ARM_REG_S31) return (uint8_t)(REG_S0 + (reg - ARM_REG_S0));
  if (reg >= ARM_REG_D0 && reg <= ARM_REG_D15) return (uint8_t)(REG_S0 + 2 * (reg - ARM_REG_D0));
  switch (reg) {
  case ARM_REG_SP: return REG_SP;
  case ARM_REG_LR: return REG_LR;
  case ARM_REG_PC: return REG_PC;
  case ARM_REG_FPSCR: return REG_FPSCR;
  case ARM_REG_APSR_NZCV: return REG_FLAGS;
  default: return 0xFF;
  }
}

static bool is_double(int reg) { return reg >= ARM_REG_D0 && reg <= ARM_REG_D15; }

static uint64_t register_mask(int reg) {
  uint8_t number = register_number(reg);
  if (number == 0xFF) return 0;
  return is_double(reg) ? UINT64_C(3) << number : REG_BIT(number);
}

void decode_add_read(insn_t *insn, uint8_t reg, operand_role_t role) {
  if (reg == 0xFF) return;
  insn->reads |= REG_BIT(reg);
  if (insn->operand_count == OPERANDS_MAX) return; /* no Armv7E-M instruction needs more */
  insn->operands[insn->operand_count++] = (operand_t){reg, (uint8_t)role};
}

static void read_operand(insn_t *insn, const cs_arm_op *op, operand_role_t role) {
  if (op->type != ARM_OP_REG) return;
  uint8_t number = register_number(op->reg);
  decode_add_read(insn, number, role);
  if (is_double(op->reg)) decode_add_read(insn, (uint8_t)(number + 1), role);
}

static void write_operand(insn_t *insn, const cs_arm_op *op) {
  if (op->type == ARM_OP_REG) insn->writes |= register_mask(op->reg);
}

static bool has_shift(const cs_arm_op *op) {
  return op->type == ARM_OP_REG && op->shift.type != ARM_SFT_INVALID && op->shift.value != 0;
}

/* Modified immediate (data processing, plain encodings excluded) that needs a rotation: i:imm3:imm8 with i:imm3
   beyond the byte patterns. [ARMv7-M A5.3.2] */
static bool rotated_immediate(const insn_t *insn) {
  if (insn->size != 4 || (insn->opcode[0] & 0xFA00u) != 0xF000u || (insn->opcode[1] & 0x8000u)) return false;
  return (insn->opcode[0] & 0x0400u) || (insn->opcode[1] & 0x4000u);
}

/* ---- forms ---- */

/* Reads operands FROM.. with ROLE; an inline-shifted register gets ROLE_SHIFTED and its partners ROLE_UNSHIFTED. */
static void read_operand2(insn_t *insn, const cs_arm *arm, int from, operand_role_t role) {
  bool shifted = false;
  for (int i = from; i < arm->op_count; i++)
    shifted |= has_shift(&arm->operands[i]);
  for (int i = from; i < arm->op_count; i++) {
    operand_role_t actual = !shifted ? role : has_shift(&arm->operands[i]) ? ROLE_SHIFTED : ROLE_UNSHIFTED;
    read_operand(insn, &arm->operands[i], actual);
  }
  if (shifted) {
    insn->cls = insn->cls == CLASS_ALU_COMPARE ? CLASS_COMPARE_SHIFTED : CLASS_ALU_SHIFTED_REG;
  } else if (rotated_immediate(insn)) {
    insn->cls = CLASS_ALU_SHIFTED_IMM;
  }
}

static void form_data(insn_t *insn, const cs_arm *arm, unsigned id) {
  write_operand(insn, &arm->operands[0]);
  bool destination_is_source = id == ARM_INS_MOVT || (arm->op_count == 2 && id != ARM_INS_ADR &&
                                                      (insn->cls == CLASS_ALU_ADD || insn->cls == CLASS_ALU_LOGIC));
  bool plain = insn->cls != CLASS_ALU_ADD && insn->cls != CLASS_ALU_LOGIC;
  if (plain) { /* MOVT, extends, parallel: rotation belongs to the class */
    if (destination_is_source) read_operand(insn, &arm->operands[0], ROLE_ALU);
    for (int i = 1; i < arm->op_count; i++)
      read_operand(insn, &arm->operands[i], ROLE_ALU);
  } else {
    read_operand2(insn, arm, destination_is_source ? 0 : 1, ROLE_ALU);
  }
  if (id == ARM_INS_ADC || id == ARM_INS_SBC) decode_add_read(insn, REG_FLAGS, ROLE_FLAGS);
  if (id == ARM_INS_SEL) decode_add_read(insn, REG_GE, ROLE_ALU);
  bool halving = (insn->opcode[1] & 0x20u) != 0; /* SH and UH forms leave GE alone [ARMv7-M A5.3.14] */
  if (insn->cls == CLASS_PARALLEL && id != ARM_INS_SEL && !halving) insn->writes |= REG_BIT(REG_GE);
  if (insn->writes & REG_BIT(REG_PC)) {
    insn->cls = CLASS_BRANCH_REG;
    insn->flow = FLOW_INDIRECT;
  }
}

static void form_move(insn_t *insn, const cs_arm *arm) {
  write_operand(insn, &arm->operands[0]);
  bool to_pc = (insn->writes & REG_BIT(REG_PC)) != 0;
  read_operand2(insn, arm, 1, to_pc ? ROLE_BRANCH_TARGET : ROLE_ALU);
  if (!to_pc) return;
  bool link = (insn->reads & REG_BIT(REG_LR)) != 0;
  insn->cls = link ? CLASS_BRANCH_LR : CLASS_BRANCH_REG;
  insn->flow = link ? FLOW_RETURN : FLOW_INDIRECT;
}

static void form_shift(insn_t *insn, const cs_arm *arm, unsigned id) {
  write_operand(insn, &arm->operands[0]);
  bool short_form = arm->op_count == 2 && id != ARM_INS_RRX; /* lsls r0, r1 */
  for (int i = short_form ? 0 : 1; i < arm->op_count; i++)
    read_operand(insn, &arm->operands[i], id == ARM_INS_RRX ? ROLE_EARLY : ROLE_PLAIN_SHIFT);
  if (id == ARM_INS_RRX) decode_add_read(insn, REG_FLAGS, ROLE_FLAGS);
}

/* Rd first, then sources with roles that differ by position. */
static void form_sources(insn_t *insn, const cs_arm *arm, operand_role_t first, operand_role_t second,
                         operand_role_t third) {
  static const unsigned positions = 3;
  operand_role_t roles[] = {first, second, third};
  write_operand(insn, &arm->operands[0]);
  unsigned position = 0;
  for (int i = 1; i < arm->op_count; i++) {
    if (arm->operands[i].type != ARM_OP_REG) continue;
    read_operand(insn, &arm->operands[i], roles[position]);
    if (position + 1 < positions) position++;
  }
}

static void form_long(insn_t *insn, const cs_arm *arm, bool accumulate) {
  write_operand(insn, &arm->operands[0]);
  write_operand(insn, &arm->operands[1]);
  for (int i = 2; i < arm->op_count; i++)
    read_operand(insn, &arm->operands[i], ROLE_MULTIPLICAND);
  if (!accumulate) return;
  read_operand(insn, &arm->operands[0], ROLE_ACCUMULATE);
  read_operand(insn, &arm->operands[1], ROLE_ACCUMULATE);
}

static void form_divide(insn_t *insn, const cs_arm *arm) {
  int first = arm->op_count == 2 ? 0 : 1;
  write_operand(insn, &arm->operands[0]);
  insn->divide_n = register_number(arm->operands[first].reg);
  insn->divide_m = register_number(arm->operands[first + 1].reg);
  decode_add_read(insn, insn->divide_n, ROLE_MULTIPLICAND);
  decode_add_read(insn, insn->divide_m, ROLE_MULTIPLICAND);
  insn->flags |= INSN_DIVIDE;
}

static void set_base(insn_t *insn, uint8_t base, uint8_t index) {
  insn->base = base;
  decode_add_read(insn, base, ROLE_BASE);
  insn->address_regs = base == 0xFF ? 0 : REG_BIT(base);
  if (index == 0xFF) return;
  decode_add_read(insn, index, ROLE_INDEX);
  insn->address_regs |= REG_BIT(index);
  insn->flags |= INSN_REG_OFFSET;
}

static void set_address(insn_t *insn, const cs_arm *arm) {
  for (int i = 0; i < arm->op_count; i++) {
    const cs_arm_op *op = &arm->operands[i];
    if (op->type != ARM_OP_MEM) continue;
    set_base(insn, register_number(op->mem.base), op->mem.index ? register_number(op->mem.index) : 0xFF);
  }
  if (insn->base == REG_PC) insn->flags |= INSN_LITERAL;
  if (arm->writeback) insn->flags |= INSN_WRITEBACK;
}

static uint8_t narrow_bytes(unsigned id) {
  switch (id) {
  case ARM_INS_LDRB:
  case ARM_INS_LDRBT:
  case ARM_INS_LDRSB:
  case ARM_INS_LDRSBT:
  case ARM_INS_LDREXB:
  case ARM_INS_STRB:
  case ARM_INS_STRBT:
  case ARM_INS_STREXB: return 1;
  case ARM_INS_LDRH:
  case ARM_INS_LDRHT:
  case ARM_INS_LDRSH:
  case ARM_INS_LDRSHT:
  case ARM_INS_LDREXH:
  case ARM_INS_STRH:
  case ARM_INS_STRHT:
  case ARM_INS_STREXH: return 2;
  default: return 4;
  }
}

static void form_load(insn_t *insn, const cs_arm *arm, unsigned id) {
  insn->memory = MEMORY_LOAD;
  insn->access_bytes = narrow_bytes(id);
  insn->transfers = 1;
  for (int i = 0; i < arm->op_count && arm->operands[i].type != ARM_OP_MEM; i++)
    write_operand(insn, &arm->operands[i]);
  set_address(insn, arm);
  if (insn->cls == CLASS_FP_LOAD && is_double(arm->operands[0].reg)) {
    insn->cls = CLASS_FP_LOAD_DOUBLE;
    insn->transfers = 2;
  } else if (insn->cls == CLASS_LOAD_DOUBLE) {
    insn->transfers = 2;
  } else if (insn->writes & REG_BIT(REG_PC)) {
    insn->cls = CLASS_LOAD_PC;
    insn->flow = insn->base == REG_SP ? FLOW_RETURN : FLOW_INDIRECT;
  } else {
    insn->flags |= INSN_SINGLE_LOAD;
    if ((insn->flags & INSN_LITERAL) && insn->cls != CLASS_FP_LOAD) insn->cls = CLASS_LOAD_LITERAL;
  }
}

static void form_store(insn_t *insn, const cs_arm *arm, unsigned id, int first_data) {
  insn->memory = MEMORY_STORE;
  insn->access_bytes = narrow_bytes(id);
  insn->transfers = 1;
  bool fp = insn->cls == CLASS_FP_STORE;
  for (int i = first_data; i < arm->op_count && arm->operands[i].type != ARM_OP_MEM; i++) {
    read_operand(insn, &arm->operands[i], fp ? ROLE_FP_STORE_DATA : ROLE_STORE_DATA);
  }
  set_address(insn, arm);
  if (fp && is_double(arm->operands[0].reg)) {
    insn->cls = CLASS_FP_STORE_DOUBLE;
    insn->transfers = 2;
  } else if (insn->cls == CLASS_STORE_DOUBLE) {
    insn->transfers = 2;
  } else {
    insn->flags |= INSN_SINGLE_STORE;
    bool indexed = (insn->flags & INSN_REG_OFFSET) != 0;
    if (indexed && insn->cls == CLASS_STORE) insn->cls = CLASS_STORE_REG_OFFSET;
    if (indexed && insn->cls == CLASS_STORE_NARROW) insn->cls = CLASS_STORE_NARROW_REG_OFFSET;
  }
}

/* PUSH/POP of one high register is STR Rt, [SP, #-4]! / LDR Rt, [SP], #4. [ARMv7-M A7.7.99 T3, A7.7.101 T3] */
static bool single_push_pop(const insn_t *insn) {
  return insn->size == 4 && ((insn->opcode[0] == 0xF85Du && (insn->opcode[1] & 0xFFFu) == 0xB04u) ||
                             (insn->opcode[0] == 0xF84Du && (insn->opcode[1] & 0xFFFu) == 0xD04u));
}

static bool multiple_writes_back(const insn_t *insn, bool implicit_sp, uint64_t list) {
  if (implicit_sp) return true;
  if (insn->size == 4) return (insn->opcode[0] & 0x0020u) != 0;
  return insn->memory == MEMORY_STORE || !(list & REG_BIT(insn->base)); /* 16-bit LDM with base in list keeps it */
}

static void form_multiple(insn_t *insn, const cs_arm *arm, unsigned id, memory_kind_t memory) {
  insn->memory = (uint8_t)memory;
  insn->access_bytes = 4;
  bool implicit_sp = id == ARM_INS_PUSH || id == ARM_INS_POP || id == ARM_INS_VPUSH || id == ARM_INS_VPOP;
  int first = implicit_sp ? 0 : 1;
  uint64_t list = 0;
  for (int i = first; i < arm->op_count; i++)
    list |= register_mask(arm->operands[i].reg);
  insn->transfers = (uint8_t)__builtin_popcountll(list);
  set_base(insn, implicit_sp ? REG_SP : register_number(arm->operands[0].reg), 0xFF);
  if (memory == MEMORY_LOAD) {
    insn->writes |= list;
  } else {
    insn->reads |= list;
  }
  if (multiple_writes_back(insn, implicit_sp, list)) insn->flags |= INSN_WRITEBACK;
  if (memory == MEMORY_LOAD && (list & REG_BIT(REG_PC))) {
    insn->cls = CLASS_LOAD_MULTIPLE_PC;
    insn->flow = insn->base == REG_SP ? FLOW_RETURN : FLOW_INDIRECT;
  }
  if (!single_push_pop(insn)) return;
  insn->cls = memory == MEMORY_STORE ? CLASS_STORE : (list & REG_BIT(REG_PC)) ? CLASS_LOAD_PC : CLASS_LOAD;
  if (memory == MEMORY_STORE) {
    insn->flags |= INSN_SINGLE_STORE;
    decode_add_read(insn, (uint8_t)__builtin_ctzll(list), ROLE_STORE_DATA);
  } else if (insn->cls == CLASS_LOAD) {
    insn->flags |= INSN_SINGLE_LOAD;
  }
}

static void form_branch_reg(insn_t *insn, const cs_arm *arm) {
  read_operand(insn, &arm->operands[0], ROLE_BRANCH_TARGET);
  bool link = arm->operands[0].reg == ARM_REG_LR;
  insn->cls = link ? CLASS_BRANCH_LR : CLASS_BRANCH_REG;
  insn->flow = link ? FLOW_RETURN : FLOW_INDIRECT;
}

static void form_branches(insn_t *insn, const cs_arm *arm, form_t form) {
  switch (form) {
  case FORM_BRANCH:
    insn->flow = FLOW_BRANCH;
    insn->target = (uint32_t)arm->operands[0].imm;
    if (arm->cc != ARM_CC_AL && arm->cc != ARM_CC_INVALID && !(insn->flags & INSN_IN_IT)) {
      insn->cls = CLASS_BRANCH_COND;
      insn->flow = FLOW_CONDITIONAL;
      insn->condition = (uint8_t)(arm->cc - ARM_CC_EQ);
      decode_add_read(insn, REG_FLAGS, ROLE_FLAGS);
    }
    break;
  case FORM_CALL:
    insn->flow = FLOW_CALL;
    insn->target = (uint32_t)arm->operands[0].imm;
    insn->writes |= REG_BIT(REG_LR);
    insn->flags |= INSN_LINKS;
    break;
  case FORM_CALL_REG:
    insn->flow = FLOW_CALL;
    read_operand(insn, &arm->operands[0], ROLE_BRANCH_TARGET);
    insn->writes |= REG_BIT(REG_LR);
    insn->flags |= INSN_LINKS;
    break;
  case FORM_COMPARE_BRANCH:
    insn->flow = FLOW_CONDITIONAL;
    insn->target = (uint32_t)arm->operands[1].imm;
    read_operand(insn, &arm->operands[0], ROLE_BRANCH_TARGET);
    break;
  case FORM_TABLE_BRANCH:
    insn->flow = FLOW_INDIRECT;
    insn->memory = MEMORY_LOAD;
    insn->access_bytes = (insn->opcode[1] & 0x10u) ? 2 : 1;
    insn->transfers = 1;
    set_address(insn, arm);
    break;
  default: form_branch_reg(insn, arm); break;
  }
}

/* ---- floating point ---- */

static bool any_double(const cs_arm *arm) {
  for (int i = 0; i < arm->op_count; i++) {
    if (arm->operands[i].type == ARM_OP_REG && is_double(arm->operands[i].reg)) return true;
  }
  return false;
}

static void form_fp_arith(insn_t *insn, const cs_arm *arm, unsigned id, form_t form) {
  operand_role_t role = form == FORM_FP || form == FORM_FP_SELECT ? ROLE_FP_OPERAND : ROLE_FP_MULTIPLICAND;
  insn->flags |= INSN_FP_ARITH;
  if (any_double(arm)) insn->cls = (uint8_t)(insn->cls + (CLASS_FP64_ADD - CLASS_FP32_ADD));
  if (form == FORM_FP_COMPARE) {
    for (int i = 0; i < arm->op_count; i++)
      read_operand(insn, &arm->operands[i], ROLE_FP_OPERAND);
    insn->writes |= REG_BIT(REG_FPSCR);
    return;
  }
  write_operand(insn, &arm->operands[0]);
  for (int i = 1; i < arm->op_count; i++)
    read_operand(insn, &arm->operands[i], role);
  bool half = id == ARM_INS_VCVTB || id == ARM_INS_VCVTT; /* to half precision: the other half of Sd survives */
  if (half && (insn->opcode[0] & 1u)) read_operand(insn, &arm->operands[0], role);
  if (form == FORM_FP_MLA) read_operand(insn, &arm->operands[0], ROLE_FP_ACCUMULATE_MLA);
  if (form == FORM_FP_FMA) read_operand(insn, &arm->operands[0], ROLE_FP_ACCUMULATE_FMA);
  if (form == FORM_FP_SELECT) decode_add_read(insn, REG_FLAGS, ROLE_FLAGS);
}

static void form_fp_move(insn_t *insn, const cs_arm *arm) {
  int core = 0, first_source = arm->op_count / 2;
  for (int i = 0; i < arm->op_count; i++) {
    if (arm->operands[i].type == ARM_OP_REG && register_number(arm->operands[i].reg) < REG_FLAGS) core++;
  }
  if (core == 0) {
    form_fp_arith(insn, arm, ARM_INS_VMOV, FORM_FP);
    if (arm->operands[1].type != ARM_OP_REG) {
      insn->cls = insn->cls == CLASS_FP64_MOVE ? CLASS_FP64_MOVE_IMM : CLASS_FP32_MOVE_IMM;
    }
    return;
  }
  bool to_core = register_number(arm->operands[0].reg) < REG_FLAGS;
  if (core == 1 && is_double(arm->operands[to_core ? 1 : 0].reg)) { /* VMOV Dd[x], Rt and VMOV Rt, Dn[x]: one half */
    uint8_t half = (uint8_t)(register_number(arm->operands[to_core ? 1 : 0].reg) + ((insn->opcode[0] >> 5) & 1u));
    insn->cls = to_core ? CLASS_FP_TO_CORE : CLASS_FP_FROM_CORE;
    if (to_core) {
      write_operand(insn, &arm->operands[0]);
      decode_add_read(insn, half, ROLE_FP_TO_CORE);
    } else {
      insn->writes |= REG_BIT(half);
      read_operand(insn, &arm->operands[1], ROLE_CORE_TO_FP);
    }
    return;
  }
  if (arm->op_count == 3) first_source = to_core ? 2 : 1; /* VMOV Rt, Rt2, Dm and VMOV Dm, Rt, Rt2 */
  for (int i = 0; i < first_source; i++)
    write_operand(insn, &arm->operands[i]);
  for (int i = first_source; i < arm->op_count; i++) {
    read_operand(insn, &arm->operands[i], to_core ? ROLE_FP_TO_CORE : ROLE_CORE_TO_FP);
  }
  if (core == 2) {
    insn->cls = to_core ? CLASS_FP_TO_CORE_PAIR : CLASS_FP_FROM_CORE_PAIR;
  } else {
    insn->cls = to_core ? CLASS_FP_TO_CORE : CLASS_FP_FROM_CORE;
  }
}

static void form_fp_status(insn_t *insn, const cs_arm *arm) {
  if (insn->cls == CLASS_FP_STATUS_READ) {
    write_operand(insn, &arm->operands[0]);
    decode_add_read(insn, REG_FPSCR, ROLE_FP_STATUS);
  } else {
    for (int i = 0; i < arm->op_count; i++) {
      if (register_number(arm->operands[i].reg) < REG_FLAGS) read_operand(insn, &arm->operands[i], ROLE_ALU);
    }
    insn->writes |= REG_BIT(REG_FPSCR);
  }
}

static void form_sysreg(insn_t *insn, const cs_arm *arm) {
  for (int i = 0; i < arm->op_count; i++) {
    if (insn->cls == CLASS_SYSREG_READ) {
      write_operand(insn, &arm->operands[i]);
    } else {
      read_operand(insn, &arm->operands[i], ROLE_ALU);
    }
  }
  /* MSR may write any flag or SP; MRS reads the flags when it reads xPSR. */
  if (insn->cls == CLASS_SYSREG_WRITE) insn->writes |= REG_BIT(REG_FLAGS);
  enum { SYSM_XPSR_LAST = 3 }; /* APSR, IAPSR, EAPSR, XPSR */
  if (insn->cls == CLASS_SYSREG_READ && (insn->opcode[1] & 0xFFu) <= SYSM_XPSR_LAST) {
    decode_add_read(insn, REG_FLAGS, ROLE_FLAGS);
  }
}

void decode_operands(insn_t *insn, const cs_arm *arm, unsigned id, form_t form) {
  switch (form) {
  case FORM_DATA: form_data(insn, arm, id); break;
  case FORM_DATA_ACCUMULATE: form_sources(insn, arm, ROLE_ALU, ROLE_ALU, ROLE_ACCUMULATE); break;
  case FORM_MOVE: form_move(insn, arm); break;
  case FORM_COMPARE: read_operand2(insn, arm, 0, ROLE_ALU); break;
  case FORM_SHIFT: form_shift(insn, arm, id); break;
  case FORM_EARLY: form_sources(insn, arm, ROLE_EARLY, ROLE_EARLY, ROLE_EARLY); break;
  case FORM_SECOND_EARLY: form_sources(insn, arm, ROLE_UNSHIFTED, ROLE_EARLY, ROLE_EARLY); break;
  case FORM_INSERT:
    form_sources(insn, arm, ROLE_EARLY, ROLE_EARLY, ROLE_EARLY);
    read_operand(insn, &arm->operands[0], ROLE_UNSHIFTED);
    break;
  case FORM_MULTIPLY: form_sources(insn, arm, ROLE_MULTIPLICAND, ROLE_MULTIPLICAND, ROLE_ACCUMULATE); break;
  case FORM_LONG: form_long(insn, arm, false); break;
  case FORM_LONG_ACCUMULATE: form_long(insn, arm, true); break;
  case FORM_DIVIDE: form_divide(insn, arm); break;
  case FORM_LOAD: form_load(insn, arm, id); break;
  case FORM_STORE: form_store(insn, arm, id, 0); break;
  case FORM_STORE_EXCLUSIVE:
    write_operand(insn, &arm->operands[0]);
    form_store(insn, arm, id, 1);
    break;
  case FORM_MULTIPLE_LOAD: form_multiple(insn, arm, id, MEMORY_LOAD); break;
  case FORM_MULTIPLE_STORE: form_multiple(insn, arm, id, MEMORY_STORE); break;
  case FORM_ADDRESS_ONLY: set_address(insn, arm); break;
  case FORM_BRANCH:
  case FORM_CALL:
  case FORM_CALL_REG:
  case FORM_BRANCH_REG:
  case FORM_COMPARE_BRANCH:
  case FORM_TABLE_BRANCH: form_branches(insn, arm, form); break;
  case FORM_SYSREG: form_sysreg(insn, arm); break;
  case FORM_FP:
  case FORM_FP_MULTIPLY:
  case FORM_FP_MLA:
  case FORM_FP_FMA:
  case FORM_FP_COMPARE:
  case FORM_FP_SELECT: form_fp_arith(insn, arm, id, form); break;
  case FORM_FP_MOVE: form_fp_move(insn, arm); break;
  case FORM_FP_STATUS: form_fp_status(insn, arm); break;
  case FORM_NONE:
  case FORM_PLAIN: break;
  }
}
