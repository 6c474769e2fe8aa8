/* What the rows of a layout say happens when a register is read and written. */
#include "peripherals/peripherals_private.h"

const register_row_t *unit_register(const unit_t *unit, uint32_t offset) {
  uint16_t row = unit->rows ? unit->rows[offset / 4] : 0;
  return row ? &unit->block->layout->registers[row - 1] : NULL;
}

static uint32_t field(uint32_t value, unsigned low, unsigned width) {
  return (value >> low) & (width == 32 ? UINT32_MAX : (UINT32_C(1) << width) - 1);
}

/* A ready bit follows its enable bit in both directions: drivers also wait for it to go. */
uint32_t unit_load(const unit_t *unit, uint32_t offset) {
  uint32_t value = *unit_word(unit, offset);
  const register_row_t *reg = unit_register(unit, offset);
  if (!reg) return value;
  for (unsigned i = 0; i < reg->follow_count; i++) {
    const follow_t *f = &reg->follows[i];
    uint32_t mask = field(UINT32_MAX, 0, f->width) << f->to;
    value = (value & ~mask) | (field(unit->words[f->word], f->from, f->width) << f->to);
  }
  return (value | reg->ones) & ~reg->zeros;
}

void unit_store(unit_t *unit, uint32_t offset, uint32_t value, uint32_t lanes) {
  uint32_t *word = unit_word(unit, offset);
  const register_row_t *reg = unit_register(unit, offset);
  if (!reg) {
    *word = (*word & ~lanes) | (value & lanes);
    return;
  }
  uint32_t bits = reg->writable & ~reg->clear_by_one & lanes, ones = value & lanes;
  *word = (*word & ~bits) | (value & bits);
  *word &= ~(ones & reg->clear_by_one);
  if (reg->clears != WORD_NONE) unit->words[reg->clears] &= ~(ones >> reg->clears_shift);
  if (reg->sets != WORD_NONE) unit->words[reg->sets] |= reg->clears_shift ? ones & 0xFFFFu : ones;
  for (unsigned i = 0; ones && i < reg->put_count; i++) {
    uint32_t *to = &unit->words[reg->puts[i].word];
    *to = (*to & ~reg->puts[i].clear) | reg->puts[i].set;
  }
}
