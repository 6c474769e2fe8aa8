#include "machine/blocks.h"

#include "machine/blocks_values.h"

#include <stdlib.h>
#include <string.h>

enum { VERSIONS_MAX = 16 };

typedef struct {
  const block_builder_t *builder;
  block_t *block;
  values_t *values;
  unsigned stack_writes_by_value;
  int32_t stack_offset; /* of SP: from the entry, or from where it was set by value */
} look_t;

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
  *access = (block_access_t){.align = must_be_aligned(insn) ? (uint8_t)(insn->access_bytes - 1u) : 0,
                             .key = key_bits(look, i),
                             .write = insn->memory == MEMORY_STORE,
                             .bytes = (uint16_t)(words * insn->access_bytes),
                             .insn = (uint16_t)i};
  access->at_point = (insn->flags & INSN_IN_IT) || !values_place(look->values, form, &access->place);
  if (access->write) {
    block->has_stores = true;
  } else if (block->has_stores && look->builder->m7) {
    block->loads_behind_stores = true;
  }
  if (access->at_point) point->kinds |= POINT_ADDRESS;
  point->access = block->access_count++;
}

/* By how much the instruction moves SP; false: it sets it by value, or perhaps. */
static bool moves_stack(const insn_t *insn, const address_form_t *form, int32_t *by) {
  flow_form_t flow;
  if (insn->flags & INSN_IN_IT) return false;
  if (form->present && form->base == REG_SP && form->step) {
    *by = (int32_t)form->step;
    return true;
  }
  if (!flow_form(insn, &flow) || flow.result != REG_SP || flow.a != REG_SP || flow.b != FLOW_NO_REG) return false;
  if (flow.op != FLOW_OP_ADD && flow.op != FLOW_OP_SUBTRACT) return false;
  *by = (int32_t)(flow.op == FLOW_OP_ADD ? flow.constant : 0u - flow.constant);
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
  values_follow(look->values, i, insn, &form, look->builder);
  if (!(insn->flags & INSN_WRITES_SP)) return;
  look_at_stack(look, i, &form);
  if (insn->cls == CLASS_SYSREG_WRITE || look->stack_writes_by_value > 1) block->steps = true;
}

/* What can add to one instruction, whatever it is. */
static bool adds_cycles(unsigned parameter) {
  switch (parameter) {
  case PARAMETER_FETCH_BYTES:
  case PARAMETER_FETCH_HALFWORDS:
  case PARAMETER_FETCH_QUEUE_ENTRIES:
  case PARAMETER_FETCH_QUEUE_HALFWORDS:
  case PARAMETER_PREDICTOR_ENTRIES:
  case PARAMETER_RETURN_STACK_ENTRIES:
  case PARAMETER_EXCEPTION_ENTRY:
  case PARAMETER_EXCEPTION_RETURN:
  case PARAMETER_EXCEPTION_TAIL_CHAIN:
  case PARAMETER_LAZY_FP_SAVE: return false;
  default: return true;
  }
}

/* A bound, with something to spare, for the distance to the next exception: its own cycles, those that a user of its
   result may wait, and whatever else can add; and the results of the blocks before. */
static uint32_t bound_cycles(const core_model_t *model, const run_t *run) {
  enum { QUEUED = 4, RESULTS = 64 };
  uint32_t further = QUEUED, most = RESULTS;
  for (unsigned i = 0; i < PARAMETER_COUNT; i++)
    further += adds_cycles(i) ? model->parameters[i].value : 0;
  for (unsigned i = 0; i < run->count; i++) {
    const cost_row_t *row = &model->rows[run->insns[i]->cls];
    unsigned longest = row->max > row->issue ? row->max : row->issue;
    most += longest + row->taken + row->busy + row->result + run->insns[i]->transfers + further;
  }
  return most;
}

static bool look_at_block(const block_builder_t *builder, block_t *block) {
  values_t values;
  look_t look = {.builder = builder, .block = block, .values = &values};
  if (!values_begin(&values)) return false;
  for (unsigned i = 0; i < block->run.count; i++)
    look_at_insn(&look, i);
  finish_stack(&look);
  const insn_t *last = block->run.insns[block->run.count - 1];
  block->ends_in_it = last->flags & INSN_IN_IT;
  block->branches = last->flow != FLOW_NONE;
  block->plain =
      !block->steps && !block->replays && !block->point_count && !block->stack_count && !block->loads_behind_stores;
  block->always_leaves = last->flow != FLOW_NONE && last->flow != FLOW_CONDITIONAL;
  block->most_cycles = bound_cycles(builder->model, &block->run);
  return values_end(&values, builder, block);
}

void block_free(block_t *block) {
  if (!block) return;
  free(block->run.insns);
  free(block->slots);
  free(block->opcodes);
  free(block->accesses);
  free(block->points);
  free(block->stack);
  free(block->values);
  free(block->learned);
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

static void *trimmed(void *array, size_t bytes) {
  void *smaller = bytes ? realloc(array, bytes) : NULL;
  if (!bytes) free(array);
  return smaller || !bytes ? smaller : array;
}

/* Room was made for the most there could be. */
static void trim(block_t *block) {
  block->run.insns = trimmed(block->run.insns, block->run.count * sizeof *block->run.insns);
  block->slots = trimmed(block->slots, block->run.count * sizeof *block->slots);
  block->opcodes = trimmed(block->opcodes, block->run.count * sizeof *block->opcodes);
  block->accesses = trimmed(block->accesses, block->access_count * sizeof *block->accesses);
  block->points = trimmed(block->points, block->point_count * sizeof *block->points);
  block->stack = trimmed(block->stack, block->stack_count * sizeof *block->stack);
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
  if (room && gather(builder, block) && look_at_block(builder, block)) {
    trim(block);
    block->version = *builder->version;
    return block;
  }
  block_free(block);
  return NULL;
}

bool block_is_unchanged(const block_builder_t *builder, block_t *block) {
  for (unsigned i = 0; i < block->run.count; i++) {
    const code_slot_t *slot = block->slots[i];
    if (slot->key != slot->insn.address || opcode_of(&slot->insn) != block->opcodes[i]) return false;
    if (code_at(builder->code, slot->insn.address) != slot) return false;
  }
  block->version = *builder->version;
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
