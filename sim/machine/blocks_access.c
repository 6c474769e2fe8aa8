/* Where the accesses of a block go: worked out from the registers at its entry, or at a point where the engine stops
   for one of them. And what of all that decides the cycles: the key. */
#include "machine/machine_private.h"

#include <stdlib.h>
#include <string.h>

enum { WORD = 4 }; /* bytes */

/* NULL: no memory. */
static const mapped_region_t *region_of(machine_t *m, uint32_t address) {
  const mapped_region_t *region = m->last_region;
  if (region && address - region->base < region->bytes) return region;
  region = memory_map_find(&m->map, address);
  if (region) m->last_region = region;
  return region;
}

static bool mpu_lets(machine_t *m, const block_access_t *access, uint32_t address) {
  mpu_access_t kind = access->write ? MPU_WRITE : MPU_READ;
  for (uint32_t at = address; at - address < access->bytes; at += WORD)
    if (!mpu_allows(m, at, kind)) return false;
  return true;
}

/* False: it is not plain memory that takes the access as it is. */
static bool find(machine_t *m, const block_access_t *access, unsigned i, uint32_t address) {
  const mapped_region_t *region = region_of(m, address);
  if (!region) return false;
  m->bb.here[i] = (found_access_t){address, region};
  if (address & access->align) return false;
  if (m->mpu_on && !mpu_lets(m, access, address)) return false;
  if (region->bytes - (address - region->base) < access->bytes) return false;
  if (!access->write) return true;
  return region->writable && !(code_is_near(m->code, address) && code_is_at(m->code, address, access->bytes));
}

/* Region and low address bits: eight bits an access, mixed when the word is full. */
static void add_access(machine_t *m, const block_access_t *access, unsigned i) {
  enum { LOW_BITS = 3, ACCESS_BITS = 8, WORD_FULL = 56 };
  blocks_t *bb = &m->bb;
  bb->accesses_key = bb->accesses_key << ACCESS_BITS | (uint64_t)bb->found[i].region->number << LOW_BITS |
                     (bb->found[i].address & access->key);
  if (bb->accesses_key >> WORD_FULL == 0) return;
  blocks_add_to_key(&bb->key, bb->accesses_key);
  bb->accesses_key = 1;
}

static uint32_t sum(const blocks_t *bb, sum_t of) { return bb->at_entry[of.value] + of.offset; }

static uint32_t place(const blocks_t *bb, const place_t *of) {
  return sum(bb, of->base) + (sum(bb, of->index) << of->shift);
}

/* Would a store of this block have changed what a value is loaded from? Seen: accesses up to COUNT. */
static bool meets_store(const blocks_t *bb, const block_t *block, unsigned count, uint32_t address, unsigned bytes) {
  for (unsigned i = 0; i < count; i++) {
    const block_access_t *access = &block->accesses[i];
    if (!access->write) continue;
    if (address - bb->here[i].address < access->bytes || bb->here[i].address - address < bytes) return true;
  }
  return false;
}

static bool load_value(machine_t *m, const block_t *block, const block_value_t *value, unsigned seen) {
  blocks_t *bb = &m->bb;
  uint32_t address = place(bb, &value->place), word = 0;
  const mapped_region_t *region = region_of(m, address);
  if (!region || region->bytes - (address - region->base) < value->bytes) return false;
  if (block->has_stores && meets_store(bb, block, seen, address, value->bytes)) return false;
  memcpy(&word, region->host + (address - region->base), value->bytes);
  unsigned unused = 8u * ((unsigned)sizeof word - value->bytes);
  bb->at_entry[value->value] = value->sign ? (uint32_t)((int32_t)(word << unused) >> unused) : word;
  return true;
}

static bool work_out(machine_t *m, const block_t *block, const block_value_t *value, unsigned seen) {
  blocks_t *bb = &m->bb;
  if (value->loads) return load_value(m, block, value, seen);
  bb->at_entry[value->value] = flow_compute(&value->form, sum(bb, value->a), sum(bb, value->b), sum(bb, value->c));
  return true;
}

bool blocks_find_accesses(machine_t *m, block_t *block) {
  blocks_t *bb = &m->bb;
  if (block->registers.count) engine_read_registers(m->engine, &block->registers);
  unsigned next = 0;
  bb->key = 0;
  bb->accesses_key = 1; /* above the first: so that their number counts */
  bb->found = bb->here;
  for (unsigned i = 0; i < block->access_count; i++) {
    const block_access_t *access = &block->accesses[i];
    while (next < block->value_count && block->values[next].insn < access->insn) {
      if (!work_out(m, block, &block->values[next++], i)) return false;
    }
    if (access->at_point) {
      bb->here[i].region = NULL;
      continue;
    }
    if (!find(m, access, i, place(bb, &access->place))) return false;
    add_access(m, access, i);
  }
  return true;
}

static uint32_t register_value(machine_t *m, unsigned reg) {
  return reg == ADDRESS_NO_REG ? 0 : engine_register(m->engine, reg);
}

static uint32_t address_now(machine_t *m, const insn_t *insn) {
  address_form_t form = address_form(insn);
  return register_value(m, form.base) + (register_value(m, form.index) << form.shift) + form.offset;
}

bool blocks_find_at_point(machine_t *m, const block_t *block, const block_point_t *point) {
  const block_access_t *access = &block->accesses[point->access];
  return find(m, access, point->access, address_now(m, block->run.insns[point->insn]));
}

void blocks_add_divides(machine_t *m, const block_t *block, const core_model_t *model, uint64_t *key) {
  for (unsigned i = 0; i < block->point_count; i++) {
    const block_point_t *point = &block->points[i];
    if (!(point->kinds & POINT_DIVIDE) || !blocks_reached(&m->bb, i)) continue;
    outcome_t outcome = {.dividend = m->bb.values[i][0], .divisor = m->bb.values[i][1]};
    grade_t grade = GRADE_DOCUMENTED;
    unsigned cycles = divide_cycles(model, block->run.insns[point->insn], &outcome, &grade);
    blocks_add_to_key(key, cycles * GRADE_COUNT + grade);
  }
}

void blocks_add_points(machine_t *m, const block_t *block) {
  blocks_add_to_key(&m->bb.key, m->bb.executed);
  for (unsigned i = 0; i < block->point_count; i++) {
    if (!blocks_reached(&m->bb, i)) continue;
    const block_point_t *point = &block->points[i];
    if (point->kinds & POINT_FP64) blocks_add_to_key(&m->bb.key, m->bb.values[i][0]);
    if (point->kinds & POINT_ADDRESS) add_access(m, &block->accesses[point->access], point->access);
  }
}

/* Its IT condition failed. POINT: the first that may belong to it or to a later one; moved on. */
static bool was_skipped(const blocks_t *bb, const block_t *block, const block_access_t *access, unsigned *point) {
  while (*point < block->point_count && block->points[*point].insn < access->insn)
    ++*point;
  if (*point == block->point_count || block->points[*point].insn != access->insn) return false;
  return (block->points[*point].kinds & POINT_MEMBER) && !blocks_reached(bb, *point);
}

static bool same_answer(const answer_t *a, const answer_t *b) {
  return a->wait == b->wait && a->cause == b->cause && a->grade == b->grade;
}

static unsigned words_of(const insn_t *insn) { return insn->transfers > 1 ? insn->transfers : 1; }

void blocks_note_stores(machine_t *m, const block_t *block, pipeline_t *pipeline) {
  unsigned point = 0;
  for (unsigned i = 0; i < block->access_count; i++) {
    const block_access_t *access = &block->accesses[i];
    if (was_skipped(&m->bb, block, access, &point) || !access->write) continue;
    pipeline_note_store(pipeline, m->bb.found[i].address, words_of(block->run.insns[access->insn]));
  }
}

void blocks_add_stores(machine_t *m, const block_t *block, pipeline_t *pipeline, uint64_t *key) {
  store_queue_t kept = pipeline->state.m7.stores; /* replay may see the same stores again */
  unsigned point = 0;
  for (unsigned i = 0; i < block->access_count; i++) {
    const block_access_t *access = &block->accesses[i];
    if (was_skipped(&m->bb, block, access, &point)) continue;
    unsigned words = words_of(block->run.insns[access->insn]);
    if (access->write) {
      pipeline_note_store(pipeline, m->bb.found[i].address, words);
      continue;
    }
    unsigned met = pipeline_meets_stores(pipeline, m->bb.found[i].address, words);
    if (met) blocks_add_to_key(key, (uint64_t)(i + 1) << 32 | met);
  }
  pipeline->state.m7.stores = kept;
}

/* ---- --fast ---- */

void blocks_learn(machine_t *m, block_t *block) {
  enum { LOOKS = 8 };
  if (++block->looks < LOOKS || block->never_learns) return;
  size_t bytes = block->access_count * sizeof *block->learned;
  for (unsigned i = 0; i < block->access_count; i++) {
    if (!m->bb.here[i].region) return; /* behind a condition that never held */
  }
  block->learned = malloc(bytes ? bytes : 1);
  if (!block->learned) return;
  memcpy(block->learned, m->bb.here, bytes);
  block->learned_key = m->bb.entry_key;
  block->learned_accesses_key = m->bb.entry_accesses_key;
}

/* Seen as it happens: at the cycle at which the block began. */
void blocks_surprise(machine_t *m) {
  block_t *block = m->bb.block;
  if (!block) return;
  block->never_learns = true;
}

unsigned blocks_who_goes_to(machine_t *m, uint32_t address) {
  const block_t *block = m->bb.block;
  for (unsigned i = 0; i < block->access_count; i++) {
    const block_access_t *access = &block->accesses[i];
    if (address - address_now(m, block->run.insns[access->insn]) < access->bytes) return access->insn;
  }
  return BLOCK_END;
}

/* ---- the chip's memory ---- */

bool blocks_fetch_rests(const pipeline_t *pipeline, const block_t *block, memo_node_t *node) {
  const memory_t *memory = pipeline->memory;
  uint64_t now = pipeline->now, version = memory_fetch_version(memory);
  if (node->fetch_version == version && memory->ifill.until + MEMORY_REST_CYCLES <= now) return true;
  if (!memory_fetch_rests(memory, block->address, block->end, now)) return false;
  node->fetch_version = version;
  return true;
}

/* Does the pipeline ask for it? */
static bool is_asked(const memory_t *memory, const block_access_t *access, uint32_t address) {
  return memory->m7 || (!access->write && memory_is_flash(memory, address));
}

/* The next of NODE's variants, from VARIANT on, that goes this way and was given the first COUNT answers of LOG. */
static memo_variant_t *next_variant(memo_variant_t *variant, uint64_t key, uint32_t next, const memory_log_t *log,
                                    unsigned count) {
  for (; variant; variant = variant->other) {
    if (variant->key != key || variant->next != next || variant->answer_count < count) continue;
    unsigned same = 0;
    while (same < count && same_answer(&variant->answers[same].answer, &log->entries[same].answer))
      same++;
    if (same == count) return variant;
  }
  return NULL;
}

memo_variant_t *blocks_ask_memory(machine_t *m, const block_t *block, const way_t *way, unsigned *given) {
  memory_t *memory = way->pipeline->memory;
  memory_log_t *log = memo_log(way->memo);
  memo_variant_t *variant = next_variant(way->node->variants, way->key, way->next, log, 0);
  *given = 0;
  if (block->learned) return variant; /* any answer will do */
  unsigned point = 0, count = 0;
  for (unsigned i = 0; variant && i < block->access_count; i++) {
    const block_access_t *access = &block->accesses[i];
    if (block->point_count && was_skipped(&m->bb, block, access, &point)) continue;
    uint32_t address = m->bb.found[i].address;
    if (!is_asked(memory, access, address)) continue;
    uint64_t cycle = way->pipeline->now + (uint64_t)(int64_t)variant->answers[count].cycle;
    answer_t answer = memory_access(memory, address, access->bytes, access->write, cycle);
    log->entries[count] = (logged_access_t){cycle, answer};
    if (!same_answer(&variant->answers[count++].answer, &answer)) {
      variant = next_variant(way->node->variants, way->key, way->next, log, count);
    }
  }
  *given = count;
  if (variant && variant != way->node->variants) memo_to_front(way->node, variant);
  return variant;
}

/* ---- instruction by instruction ---- */

void blocks_announce_accesses(machine_t *m, code_slot_t *slot) {
  const insn_t *insn = &slot->insn;
  address_form_t form = address_form(insn);
  if (!form.present || m->ended) return;
  uint32_t address = address_now(m, insn);
  m->bb.exclusive_address = address;
  if (insn->cls == CLASS_STORE_EXCLUSIVE) return; /* it may not store: known when it has run */
  unsigned words = insn->transfers > 1 ? insn->transfers : 1;
  for (unsigned i = 0; i < words; i++, address += insn->access_bytes) {
    if (!engine_answers(m->engine, address)) return; /* the engine will say so */
    execute_access(m, address, insn->access_bytes, insn->memory == MEMORY_STORE);
  }
}

void blocks_store_exclusive(machine_t *m) {
  if (!m->pending || m->pending->insn.cls != CLASS_STORE_EXCLUSIVE || m->outcome.has_address) return;
  bool stored = engine_register(m->engine, m->pending->insn.result) == 0;
  if (stored) execute_access(m, m->bb.exclusive_address, m->pending->insn.access_bytes, true);
}

/* ---- what will be undone ---- */

static void remember(machine_t *m, uint32_t address, unsigned bytes) {
  for (; bytes; bytes -= bytes < WORD ? bytes : WORD, address += WORD)
    engine_remember_store(m->engine, address, bytes < WORD ? bytes : WORD);
}

void blocks_discarded(void *machine, uint32_t address) {
  machine_t *m = machine;
  const code_slot_t *slot = code_at(m->code, address);
  if (!slot || slot->insn.memory != MEMORY_STORE || !address_form(&slot->insn).present) return;
  remember(m, address_now(m, &slot->insn), words_of(&slot->insn) * slot->insn.access_bytes);
}

void blocks_remember_stores(machine_t *m, const block_t *block, unsigned insn) {
  for (unsigned i = 0; i < block->access_count; i++) {
    const block_access_t *access = &block->accesses[i];
    if (access->insn > insn && access->write && !access->at_point) remember(m, m->bb.here[i].address, access->bytes);
  }
}
