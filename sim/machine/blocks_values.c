#include "machine/blocks_values.h"

#include <stdlib.h>
#include <string.h>

enum { STORES_MAX = BLOCK_INSNS_MAX };

static const sum_t unknown = {VALUE_UNKNOWN, 0};
static const sum_t zero = {VALUE_ZERO, 0};

bool values_begin(values_t *values) {
  memset(values, 0, sizeof *values);
  for (unsigned reg = 0; reg < REG_PC; reg++)
    values->registers[reg] = (sum_t){(uint16_t)(VALUE_REGISTERS + reg), 0};
  values->list = calloc(BLOCK_VALUES_MAX, sizeof *values->list);
  values->stores = calloc(STORES_MAX, sizeof *values->stores);
  return values->list && values->stores;
}

static sum_t sum_of(const values_t *values, unsigned reg) {
  if (reg == ADDRESS_NO_REG) return zero;
  return reg < REG_PC ? values->registers[reg] : unknown;
}

bool values_place(const values_t *values, const address_form_t *form, place_t *place) {
  *place = (place_t){sum_of(values, form->base), sum_of(values, form->index), form->shift};
  place->base.offset += form->offset;
  if (place->index.value == VALUE_ZERO) { /* known: one sum is enough */
    place->base.offset += place->index.offset << place->shift;
    place->index = zero;
  } else if (place->base.value == VALUE_ZERO && place->shift == 0) {
    uint32_t offset = place->base.offset;
    place->base = place->index;
    place->base.offset += offset;
    place->index = zero;
  }
  return place->base.value != VALUE_UNKNOWN && place->index.value != VALUE_UNKNOWN;
}

static block_value_t *new_value(values_t *values, unsigned insn) {
  if (values->count == BLOCK_VALUES_MAX - VALUE_COMPUTED) return NULL;
  block_value_t *value = &values->list[values->count];
  *value = (block_value_t){.value = (uint16_t)(VALUE_COMPUTED + values->count), .insn = (uint16_t)insn};
  values->count++;
  return value;
}

/* ---- arithmetic ---- */

static sum_t compute(values_t *values, unsigned insn, const flow_form_t *form) {
  sum_t a = sum_of(values, form->a), c = sum_of(values, form->c);
  sum_t b = form->b == FLOW_NO_REG ? (sum_t){VALUE_ZERO, form->constant} : sum_of(values, form->b);
  if (a.value == VALUE_UNKNOWN || b.value == VALUE_UNKNOWN || c.value == VALUE_UNKNOWN) return unknown;
  bool b_constant = b.value == VALUE_ZERO;
  if (a.value == VALUE_ZERO && b_constant && c.value == VALUE_ZERO) {
    return (sum_t){VALUE_ZERO, flow_compute(form, a.offset, b.offset, c.offset)};
  }
  if (form->op == FLOW_OP_ADD && form->shift == 0) { /* a sum stays one */
    if (b_constant) return (sum_t){a.value, a.offset + b.offset};
    if (a.value == VALUE_ZERO) return (sum_t){b.value, a.offset + b.offset};
  }
  if (form->op == FLOW_OP_SUBTRACT && form->shift == 0 && b_constant) return (sum_t){a.value, a.offset - b.offset};
  if (form->op == FLOW_OP_OR && form->shift == 0 && form->a == FLOW_NO_REG) return b; /* MOV */
  block_value_t *value = new_value(values, insn);
  if (!value) return unknown;
  value->form = *form;
  value->a = a;
  value->b = b;
  value->c = c;
  return (sum_t){value->value, 0};
}

/* ---- memory ---- */

static bool same_index(const place_t *a, const place_t *b) {
  return a->index.value == b->index.value && a->index.offset == b->index.offset && a->shift == b->shift;
}

/* What is loaded from PLACE, unless a store of this block has put it there. */
static sum_t load(values_t *values, unsigned insn, const place_t *place, unsigned bytes, bool sign) {
  if (values->stores_unknown) return unknown;
  bool may_alias = false; /* a later store by another base: whether it went to the same place is seen at entry */
  for (unsigned i = values->store_count; i-- > 0;) {
    const values_store_t *store = &values->stores[i];
    if (store->place.base.value != place->base.value || !same_index(&store->place, place)) {
      may_alias = true;
      continue;
    }
    uint32_t behind = place->base.offset - store->place.base.offset;
    if (behind == 0 && bytes == 4 && !may_alias && store->data.value != VALUE_UNKNOWN) return store->data;
    if (behind < store->bytes || 0u - behind < bytes) return unknown;
  }
  block_value_t *value = new_value(values, insn);
  if (!value) return unknown;
  value->loads = true;
  value->bytes = (uint8_t)bytes;
  value->sign = sign;
  value->place = *place;
  return (sum_t){value->value, 0};
}

static bool is_signed(const insn_t *insn) {
  if (insn->size == sizeof insn->opcode[0]) {
    enum { LDRSB = 0x56, LDRSH = 0x5E };
    unsigned top = insn->opcode[0] >> 8 & 0xFEu;
    return top == LDRSB || top == LDRSH;
  }
  return (insn->opcode[0] & 0xFF00u) == 0xF900u;
}

/* The registers that a load fills, lowest address first. */
static unsigned loaded_registers(const insn_t *insn, uint8_t registers[REG_PC + 1]) {
  unsigned count = 0;
  if (insn->size == 4 && (insn->opcode[0] & 0xFE40u) == 0xE840u) { /* LDRD */
    registers[count++] = (uint8_t)(insn->opcode[1] >> 12);
    registers[count++] = insn->opcode[1] >> 8 & 0xFu;
    return count;
  }
  for (uint64_t left = insn->writes & REG_CORE_MASK; left; left &= left - 1)
    registers[count++] = (uint8_t)__builtin_ctzll(left);
  return count;
}

static void follow_load(values_t *values, unsigned i, const insn_t *insn, const address_form_t *form,
                        const block_builder_t *builder) {
  uint8_t registers[REG_PC + 1];
  sum_t loaded[REG_PC + 1];
  place_t place;
  unsigned count = loaded_registers(insn, registers);
  bool known = values_place(values, form, &place);
  for (unsigned n = 0; n < count; n++) {
    uint32_t constant;
    place_t one = place;
    one.base.offset += n * insn->access_bytes;
    bool fixed = known && one.base.value == VALUE_ZERO && one.index.value == VALUE_ZERO && insn->access_bytes == 4 &&
                 builder->literal(builder->context, one.base.offset, &constant);
    loaded[n] = fixed   ? (sum_t){VALUE_ZERO, constant}
                : known ? load(values, i, &one, insn->access_bytes, is_signed(insn))
                        : unknown;
  }
  for (unsigned n = 0; n < count; n++) {
    if (registers[n] < REG_PC) values->registers[registers[n]] = loaded[n];
  }
}

static void follow_store(values_t *values, const insn_t *insn, const address_form_t *form) {
  place_t place;
  unsigned words = insn->transfers > 1 ? insn->transfers : 1;
  bool known = !(insn->flags & INSN_IN_IT) && values_place(values, form, &place);
  if (!known || values->store_count == STORES_MAX) {
    values->stores_unknown = true;
    return;
  }
  values_store_t *store = &values->stores[values->store_count++];
  *store = (values_store_t){.place = place, .bytes = (uint16_t)(words * insn->access_bytes), .data = unknown};
  bool single = words == 1 && insn->access_bytes == 4 && (insn->flags & INSN_SINGLE_STORE) && !(insn->flags & INSN_FP);
  if (!single) return;
  unsigned narrow = (insn->opcode[0] >> 12) == 9 ? insn->opcode[0] >> 8 & 7u : insn->opcode[0] & 7u;
  store->data = sum_of(values, insn->size == 4 ? insn->opcode[1] >> 12 : narrow);
}

/* ---- one instruction ---- */

static bool is_plain_load(const insn_t *insn) {
  return insn->memory == MEMORY_LOAD && !(insn->flags & (INSN_FP | INSN_EXCLUSIVE)) && insn->access_bytes;
}

void values_follow(values_t *values, unsigned i, const insn_t *insn, const address_form_t *form,
                   const block_builder_t *builder) {
  bool conditional = insn->flags & INSN_IN_IT;
  sum_t base = form->present ? sum_of(values, form->base) : unknown, result = unknown;
  flow_form_t flow;
  bool computed = !conditional && flow_form(insn, &flow);
  if (computed) result = compute(values, i, &flow);
  bool loads = form->present && !conditional && is_plain_load(insn) && insn->flow == FLOW_NONE;
  if (form->present && insn->memory == MEMORY_STORE) follow_store(values, insn, form);
  if (loads) {
    follow_load(values, i, insn, form, builder);
  } else {
    for (uint64_t left = insn->writes & REG_CORE_MASK; left; left &= left - 1) {
      unsigned reg = (unsigned)__builtin_ctzll(left);
      if (reg < REG_PC) values->registers[reg] = unknown;
    }
  }
  if (computed) values->registers[flow.result] = result;
  if (!form->present || !form->step || form->base >= REG_PC) return;
  base.offset += form->step;
  values->registers[form->base] = conditional ? unknown : base;
}

/* ---- what of it is needed ---- */

static void need(uint8_t needed[BLOCK_VALUES_MAX], sum_t sum) { needed[sum.value] = 1; }

static void need_place(uint8_t needed[BLOCK_VALUES_MAX], const place_t *place) {
  need(needed, place->base);
  need(needed, place->index);
}

static void mark_needed(const values_t *values, const block_t *block, uint8_t needed[BLOCK_VALUES_MAX]) {
  for (unsigned i = 0; i < block->access_count; i++) {
    if (!block->accesses[i].at_point) need_place(needed, &block->accesses[i].place);
  }
  for (unsigned i = values->count; i-- > 0;) { /* a value depends on earlier ones only */
    const block_value_t *value = &values->list[i];
    if (!needed[value->value]) continue;
    if (value->loads) {
      need_place(needed, &value->place);
    } else {
      need(needed, value->a);
      need(needed, value->b);
      need(needed, value->c);
    }
  }
}

bool values_end(values_t *values, const block_builder_t *builder, block_t *block) {
  uint8_t needed[BLOCK_VALUES_MAX] = {0};
  mark_needed(values, block, needed);
  for (unsigned reg = 0; reg < REG_PC; reg++) {
    uint32_t *place = &builder->values[VALUE_REGISTERS + reg];
    if (needed[VALUE_REGISTERS + reg]) engine_prepare_registers(&block->registers, reg, place);
  }
  unsigned count = 0;
  for (unsigned i = 0; i < values->count; i++)
    count += needed[values->list[i].value];
  block->values = count ? calloc(count, sizeof *block->values) : NULL;
  bool room = block->values || !count;
  for (unsigned i = 0; room && i < values->count; i++) {
    if (needed[values->list[i].value]) block->values[block->value_count++] = values->list[i];
  }
  free(values->list);
  free(values->stores);
  return room;
}
