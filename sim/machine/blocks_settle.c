/* The books of the fast path: executions are counted by variant, and become cycles when somebody asks. */
#include "machine/machine_private.h"

#include <string.h>

static void settle_variant(machine_t *m, memo_variant_t *variant) {
  const block_t *block = (const block_t *)variant->from->run;
  uint64_t count = variant->count;
  variant->count = 0;
  for (unsigned i = 0; i < block->run.count; i++)
    block->slots[i]->profile.count += count;
  for (unsigned i = 0; i < variant->charge_count; i++) {
    const memo_charge_t *charge = &variant->charges[i];
    uint64_t cycles = charge->cycles * count;
    bool before = charge->insn == CHARGE_OWNER_BEFORE;
    insn_profile_t *owner = before && variant->from->owner ? &((code_slot_t *)variant->from->owner)->profile
                                                           : &block->slots[before ? 0 : charge->insn]->profile;
    owner->cycles[charge->cause] += cycles;
    m->totals.causes[charge->cause] += cycles;
    m->totals.grades[charge->grade] += cycles;
  }
  m->totals.instructions += count * block->run.count;
  m->totals.pairs += count * variant->pairs;
  m->totals.predicted += count * variant->predicted;
  m->totals.mispredicted += count * variant->mispredicted;
}

void blocks_settle(machine_t *m) {
  for (memo_variant_t *variant = m->bb.pending; variant; variant = variant->pending)
    settle_variant(m, variant);
  m->bb.pending = NULL;
}

const profile_totals_t *blocks_totals(machine_t *m) {
  blocks_settle(m);
  const memo_variant_t *variant = m->bb.arriving;
  if (!variant) return &m->totals;
  profile_totals_t *totals = &m->bb.totals_at_arrival;
  *totals = m->totals;
  for (unsigned i = 0; i < variant->before_charges; i++) {
    totals->causes[variant->charges[i].cause] += variant->charges[i].cycles;
    totals->grades[variant->charges[i].grade] += variant->charges[i].cycles;
  }
  return totals;
}

/* The pipeline first takes the state that it stands for. */
void blocks_forget(machine_t *m) {
  blocks_settle(m);
  if (!m->bb.live && m->bb.last) memo_restore(m->bb.memo, m->bb.last);
  m->bb.live = true;
  m->bb.last = NULL;
  m->bb.node = NULL;
  memo_forget(m->bb.memo);
}

/* ---- construction ---- */

static bool may_run(void *context, code_slot_t *slot) { return slot_may_run(context, slot); }

static bool read_literal(void *context, uint32_t address, uint32_t *value) {
  machine_t *m = context;
  const mapped_region_t *region = memory_map_find(&m->map, address);
  return region && !region->writable && memory_read(m, address, value, sizeof *value);
}

/* A bound, with something to spare, for the distance to the next exception. */
static uint64_t most_wait(const machine_t *m) {
  enum { QUEUED = 4, LINE_BEATS = 8 }; /* accesses in front of one, and beats of a line */
  uint64_t wait = 0;
  for (size_t i = 0; i < m->map.count; i++) {
    const mapped_region_t *region = &m->map.regions[i];
    uint64_t one = (uint64_t)region->first_access + region->first_write + region->read_after_write;
    if (one > wait) wait = one;
  }
  if (!m->memory) return wait;
  const flash_interface_t *flash = &m->memory->flash;
  uint64_t read = (uint64_t)flash->wait_states + flash->data_wait + flash->miss_wait + 1;
  for (unsigned i = 0; i < m->memory->slave_count; i++) {
    const slave_t *slave = &m->memory->slaves[i];
    uint64_t one = (uint64_t)slave->first_read + slave->first_write + (uint64_t)LINE_BEATS * slave->beat_cycles;
    if (one > wait) wait = one;
  }
  return QUEUED * (wait + read);
}

void blocks_follow_settings(machine_t *m) {
  if (!m->bb.memo || m->bb.settings == m->memory->settings) return;
  m->bb.settings = m->memory->settings;
  m->bb.most_wait = most_wait(m);
  blocks_forget(m);
}

bool blocks_build(machine_t *m) {
  if (!m->bb.on) return true;
  m->bb.memo = memo_new(&m->pipeline);
  m->bb.live = true;
  m->bb.builder = (block_builder_t){.code = m->code,
                                    .version = code_version(m->code),
                                    .model = m->model,
                                    .values = m->bb.at_entry,
                                    .m7 = strcmp(m->options.core, "m7") == 0,
                                    .check = may_run,
                                    .literal = read_literal,
                                    .context = m};
  m->bb.most_wait = most_wait(m);
  m->bb.settings = m->memory ? m->memory->settings : 0;
  return m->bb.memo != NULL;
}

void blocks_release(machine_t *m) {
  memo_free(m->bb.memo);
  for (code_slot_t *slot = m->code ? code_first(m->code) : NULL; slot; slot = slot->next_allocated) {
    for (block_t *block = slot->blocks, *other; block; block = other) {
      other = block->other;
      block_free(block);
    }
  }
}
