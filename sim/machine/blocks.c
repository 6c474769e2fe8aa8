#include "machine/blocks.h"

#include "timing/address.h"

#include <stdlib.h>
#include <string.h>

enum { VERSIONS_MAX = 16 };

/* What a core register holds: another one's value at the block's entry plus a constant, a constant, or neither. */
enum { FROM_CONSTANT = 0xFE, FROM_UNKNOWN = 0xFF };
typedef struct {
  uint8_t from;
  uint32_t offset;
} value_t;

typedef struct {
  const block_builder_t *builder;
  block_t *block;
  value_t values[REG_PC];
  unsigned stack_writes_by_value;
  int32_t stack_offset; /* of SP: from the entry, or from where it was set by value */
} look_t;

static value_t value_of(const look_t *look, unsigned reg) {
  if (reg == ADDRESS_NO_REG) return (value_t){FROM_CONSTANT, 0};
  return reg < REG_PC ? look->values[reg] : (value_t){FROM_UNKNOWN, 0};
}

/* Where the value at entry of register FROM is kept; NO_ENTRY for a constant. */
static uint8_t entry_register(block_t *block, unsigned from) {
  if (from == FROM_CONSTANT) return NO_ENTRY;
  for (uint8_t i = 0; i < block->register_count; i++) {
    if (block->registers[i] == from) return i;
  }
  block->registers[block->register_count] = (uint8_t)from;
  return block->register_count++;
}

static void look_at_address(look_t *look, const insn_t *insn, const address_form_t *form, block_access_t *access) {
  value_t base = value_of(look, form->base), index = value_of(look, form->index);
  if ((insn->flags & INSN_IN_IT) || base.from == FROM_UNKNOWN || index.from == FROM_UNKNOWN) {
    access->at_point = true;
    return;
  }
  access->offset = form->offset + base.offset + (index.offset << form->shift);
  access->shift = form->shift;
  access->base = entry_register(look->block, base.from);
  access->index = entry_register(look->block, index.from);
}

static bool loads_in_pairs(const insn_t *insn) { return insn->flags & INSN_SINGLE_LOAD; }

/* On the Cortex-M4 only misalignment counts; on the Cortex-M7 also the bank, for stores and loads beside each other. */
static uint8_t key_bits(const look_t *look, unsigned i) {
  enum { BANK = 4, STORE_BITS = 7 }; /* not cycles: address bits */
  const run_t *run = &look->block->run;
  const insn_t *insn = run->insns[i];
  unsigned width = insn->access_bytes ? insn->access_bytes - 1u : 0;
  if (!look->builder->m7) return (uint8_t)width;
  if (insn->memory == MEMORY_STORE) return STORE_BITS;
  bool beside = i == 0 || i + 1 == run->count || loads_in_pairs(run->insns[i - 1]) || loads_in_pairs(run->insns[i + 1]);
  return (uint8_t)(width | (beside ? (unsigned)BANK : 0));
}

static bool must_be_aligned(const insn_t *insn) {
  return insn->transfers > 1 || insn->cls == CLASS_LOAD_EXCLUSIVE || insn->cls == CLASS_STORE_EXCLUSIVE ||
         (insn->flags & INSN_FP);
}

static void look_at_access(look_t *look, unsigned i, const address_form_t *form, block_point_t *point) {
  block_t *block = look->block;
  const insn_t *insn = block->run.insns[i];
  block_access_t *access = &block->accesses[block->access_count];
  unsigned words = insn->transfers > 1 ? insn->transfers : 1;
  *access = (block_access_t){.base = NO_ENTRY,
                             .index = NO_ENTRY,
                             .align = must_be_aligned(insn) ? (uint8_t)(insn->access_bytes - 1u) : 0,
                             .key = key_bits(look, i),
                             .write = insn->memory == MEMORY_STORE,
                             .bytes = (uint16_t)(words * insn->access_bytes),
                             .insn = (uint16_t)i};
  look_at_address(look, insn, form, access);
  if (access->write) {
    block->has_stores = true;
  } else if (block->has_stores) {
    block->loads_behind_stores = true;
  }
  if (access->at_point) point->kinds |= POINT_ADDRESS;
  point->access = block->access_count++;
}

/* What the instruction leaves in the registers it writes. */
static void follow_values(look_t *look, const insn_t *insn, const address_form_t *form) {
  value_t base = value_of(look, form->present ? form->base : (unsigned)ADDRESS_NO_REG), result = {FROM_UNKNOWN, 0};
  register_sum_t sum;
  bool conditional = insn->flags & INSN_IN_IT;
  bool summed = !conditional && address_register_sum(insn, &sum);
  if (summed) {
    result = value_of(look, sum.source);
    result.offset += sum.offset;
  }
  uint32_t constant;
  bool literal = !conditional && (insn->flags & INSN_LITERAL) && insn->cls == CLASS_LOAD_LITERAL && insn->access_bytes == 4 &&
                 form->base == ADDRESS_NO_REG &&
                 look->builder->literal(look->builder->context, form->offset, &constant);
  for (uint64_t left = insn->writes & REG_CORE_MASK; left; left &= left - 1) {
    unsigned reg = (unsigned)__builtin_ctzll(left);
    if (reg < REG_PC) look->values[reg] = literal ? (value_t){FROM_CONSTANT, constant} : (value_t){FROM_UNKNOWN, 0};
  }
  if (summed) look->values[sum.result] = result;
  bool writes_back = form->present && form->step && form->base < REG_PC;
  if (writes_back) {
    look->values[form->base] = conditional ? (value_t){FROM_UNKNOWN, 0} : base;
    if (!conditional) look->values[form->base].offset += form->step;
  }
}

/* By how much the instruction moves SP; false: it sets it by value, or perhaps. */
static bool moves_stack(const insn_t *insn, const address_form_t *form, int32_t *by) {
  register_sum_t sum;
  if (insn->flags & INSN_IN_IT) return false;
  if (form->present && form->base == REG_SP && form->step) {
    *by = (int32_t)form->step;
    return true;
  }
  if (!address_register_sum(insn, &sum) || sum.result != REG_SP || sum.source != REG_SP) return false;
  *by = (int32_t)sum.offset;
  return true;
}

/* SP behind instruction I: known from the entry until one sets it by value; from there on counted back from the end. */
static void look_at_stack(look_t *look, unsigned i, const address_form_t *form) {
  block_t *block = look->block;
  int32_t by = 0;
  if (moves_stack(block->run.insns[i], form, &by)) {
    look->stack_offset += by;
  } else {
    look->stack_writes_by_value++;
    look->stack_offset = 0;
    block->stack_by_value = true;
  }
  block->stack[block->stack_count++] =
      (block_stack_t){.insn = (uint16_t)i, .from_end = block->stack_by_value, .offset = look->stack_offset};
}

static void finish_stack(look_t *look) {
  block_t *block = look->block;
  block->stack_change = look->stack_offset;
  for (unsigned i = 0; i < block->stack_count; i++) {
    block_stack_t *stack = &block->stack[i];
    if (stack->from_end) stack->offset -= block->stack_change;
    int32_t *low = &block->lowest[stack->from_end], *high = &block->highest[stack->from_end];
    if (stack->offset < *low) *low = stack->offset;
    if (stack->offset > *high) *high = stack->offset;
  }
}

static bool ends_a_block(const insn_t *insn) {
  return insn->flow != FLOW_NONE || insn->cls == CLASS_SYSREG_WRITE || insn->cls == CLASS_CPS;
}

static void look_at_insn(look_t *look, unsigned i) {
  block_t *block = look->block;
  const insn_t *insn = block->run.insns[i];
  block_point_t point = {.address = insn->address, .insn = (uint16_t)i, .access = NO_ACCESS};
  address_form_t form = address_form(insn);
  if (insn->flags & INSN_IN_IT) point.kinds |= POINT_MEMBER;
  if (insn->flags & INSN_DIVIDE) {
    point.kinds |= POINT_DIVIDE;
    block->divides = true;
  }
  if (look->builder->m7 && (insn->flags & INSN_FP_ARITH) && fp64_has_operands(insn)) point.kinds |= POINT_FP64;
  if (form.present) look_at_access(look, i, &form, &point);
  if (point.kinds) {
    if (block->point_count == BLOCK_POINTS_MAX) {
      block->steps = true;
    } else {
      block->points[block->point_count++] = point;
    }
  }
  if (insn->flags & (INSN_EXCLUSIVE | INSN_EVENT)) block->steps = true;
  if (insn->flags & INSN_MARKER) block->replays = true;
  if (i + 1 < block->run.count && ends_a_block(insn)) block->steps = true; /* not as the engine is known to work */
  follow_values(look, insn, &form);
  if (!(insn->flags & INSN_WRITES_SP)) return;
  look_at_stack(look, i, &form);
  if (insn->cls == CLASS_SYSREG_WRITE || look->stack_writes_by_value > 1) block->steps = true;
}

static void look_at_block(const block_builder_t *builder, block_t *block) {
  look_t look = {.builder = builder, .block = block};
  for (unsigned reg = 0; reg < REG_PC; reg++)
    look.values[reg] = (value_t){(uint8_t)reg, 0};
  for (unsigned i = 0; i < block->run.count; i++)
    look_at_insn(&look, i);
  finish_stack(&look);
}

void block_free(block_t *block) {
  if (!block) return;
  free(block->run.insns);
  free(block->slots);
  free(block->opcodes);
  free(block->accesses);
  free(block->points);
  free(block->stack);
  free(block);
}

static uint32_t opcode_of(const insn_t *insn) {
  return insn->opcode[0] | (insn->size > sizeof insn->opcode[0] ? (uint32_t)insn->opcode[1] << 16 : 0);
}

/* Decodes up to END; false: an instruction that cannot be executed here and now, or is longer than the block. */
static bool gather(const block_builder_t *builder, block_t *block) {
  uint32_t at = block->address;
  while (at < block->end) {
    code_slot_t *slot = block->run.count < BLOCK_INSNS_MAX ? code_at(builder->code, at) : NULL;
    if (!slot || !builder->check(builder->context, slot)) return false;
    block->slots[block->run.count] = slot;
    block->opcodes[block->run.count] = opcode_of(&slot->insn);
    block->run.insns[block->run.count++] = &slot->insn;
    at += slot->insn.size;
  }
  return at == block->end && block->run.count > 0;
}

static block_t *new_block(const block_builder_t *builder, uint32_t address, uint32_t bytes) {
  block_t *block = calloc(1, sizeof *block);
  if (!block) return NULL;
  size_t most = bytes / 2;
  block->address = address;
  block->end = address + bytes;
  block->run.insns = calloc(most, sizeof *block->run.insns);
  block->slots = calloc(most, sizeof *block->slots);
  block->opcodes = calloc(most, sizeof *block->opcodes);
  block->accesses = calloc(most, sizeof *block->accesses);
  block->points = calloc(most < BLOCK_POINTS_MAX ? most : BLOCK_POINTS_MAX, sizeof *block->points);
  block->stack = calloc(most, sizeof *block->stack);
  bool room = block->run.insns && block->slots && block->opcodes && block->accesses && block->points && block->stack;
  if (room && gather(builder, block)) {
    look_at_block(builder, block);
    block->version = code_version(builder->code);
    return block;
  }
  block_free(block);
  return NULL;
}

bool block_is_current(const block_builder_t *builder, block_t *block) {
  uint32_t version = code_version(builder->code);
  if (block->version == version) return true;
  for (unsigned i = 0; i < block->run.count; i++) {
    const code_slot_t *slot = block->slots[i];
    if (slot->key != slot->insn.address || opcode_of(&slot->insn) != block->opcodes[i]) return false;
    if (code_at(builder->code, slot->insn.address) != slot) return false;
  }
  block->version = version;
  return true;
}

block_t *block_at(const block_builder_t *builder, uint32_t address, uint32_t bytes) {
  code_slot_t *first = code_at(builder->code, address);
  if (!first || !bytes) return NULL;
  unsigned versions = 0;
  for (block_t *block = first->blocks; block; block = block->other, versions++) {
    if (block->end == address + bytes && block_is_current(builder, block)) return block;
  }
  if (versions == VERSIONS_MAX) return NULL;
  block_t *block = new_block(builder, address, bytes);
  if (!block) return NULL;
  block->other = first->blocks;
  first->blocks = block;
  return block;
}
