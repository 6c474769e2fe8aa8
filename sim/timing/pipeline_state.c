/* Two pipelines that will charge the same, whatever follows, pack to the same bytes; and one that is unpacked charges
   what the packed one would have. So times are relative to the clock, and a time that lies so far back that nothing can
   wait for it any more is left out. tests/test_pipeline_state.c compares with the pipeline itself, step by step. */
#include "timing/pipeline_state.h"

#include <string.h>

enum { FARTHEST = 250, NEVER = INT16_MIN }; /* not cycles: of a clock difference that is kept, and "no such time" */

/* ---- Cortex-M4 ---- */

typedef struct {
  uint64_t results, load_writes, fp_writes, long_writes;
  m4_access_t access;
  int16_t fetched_at, fetch_free, fp_issue, long_issue;
  uint8_t fetched, fetch_slots_lost, unaligned_run, fp_cls, long_cls;
  bool fetching, queue_full, was_taken, was_narrow;
} m4_packed_t;

static int longest_distance(const core_model_t *model, unsigned producer) {
  int longest = 0;
  for (unsigned role = 0; role < ROLE_COUNT; role++) {
    if (model->distance[producer][role].cycles > longest) longest = model->distance[producer][role].cycles;
  }
  return longest;
}

static bool keep_time(uint64_t now, uint64_t time, int16_t *to) {
  int64_t difference = (int64_t)(time - now);
  if (difference < -FARTHEST || difference > FARTHEST) return false;
  *to = (int16_t)difference;
  return true;
}

/* Without a memory the queue fills as time passes: bring it to the clock. But rule late_opcode asks what had arrived as
   a load issued. */
static bool pack_queue(const pipeline_t *pipeline, m4_packed_t *to) {
  const m4_state_t *s = &pipeline->state.m4;
  if (s->access.load_open) {
    to->fetched = s->fetched;
    to->fetch_slots_lost = s->fetch_slots_lost;
    return keep_time(pipeline->now, s->fetched_at, &to->fetched_at);
  }
  uint64_t fetches = pipeline->now - s->fetched_at, lost = s->fetch_slots_lost;
  uint64_t used = fetches < lost ? fetches : lost;
  uint64_t there = s->fetched + (fetches - used) * pipeline->model->parameters[PARAMETER_FETCH_HALFWORDS].value;
  unsigned capacity = pipeline->model->parameters[PARAMETER_FETCH_QUEUE_HALFWORDS].value;
  to->fetched = (uint8_t)(there < capacity ? there : capacity);
  to->fetch_slots_lost = (uint8_t)(lost - used);
  return true;
}

static bool pack_fp(const pipeline_t *pipeline, m4_packed_t *to) {
  const m4_state_t *s = &pipeline->state.m4;
  const core_model_t *model = pipeline->model;
  uint64_t now = pipeline->now;
  if (s->fp_writes && s->fp_issue + (uint64_t)longest_distance(model, s->fp_cls) > now) {
    to->fp_writes = s->fp_writes;
    to->fp_cls = s->fp_cls;
    if (!keep_time(now, s->fp_issue, &to->fp_issue)) return false;
  }
  unsigned longest = (unsigned)longest_distance(model, s->long_cls), busy = model->rows[s->long_cls].busy;
  if (s->long_writes && s->long_issue + (longest > busy ? longest : busy) > now) {
    to->long_writes = s->long_writes;
    to->long_cls = s->long_cls;
    if (!keep_time(now, s->long_issue, &to->long_issue)) return false;
  }
  return true;
}

static size_t m4_pack(const pipeline_t *pipeline, void *bytes) {
  const m4_state_t *s = &pipeline->state.m4;
  m4_packed_t packed;
  memset(&packed, 0, sizeof packed);
  packed.results = s->results;
  if (s->access.load_open) packed.load_writes = s->load_writes;
  packed.access = s->access;
  packed.unaligned_run = s->unaligned_run;
  packed.queue_full = s->queue_full;
  packed.was_taken = s->was_taken;
  packed.was_narrow = s->was_narrow;
  if (pipeline->memory) {
    packed.fetching = s->fetching;
    if (!keep_time(pipeline->now, s->fetch_free, &packed.fetch_free)) return 0;
    if (!s->was_taken) {
      packed.fetched = s->fetched;
      packed.fetch_slots_lost = s->fetch_slots_lost;
    }
  } else if (!s->was_taken && !pack_queue(pipeline, &packed)) {
    return 0;
  }
  if (!pack_fp(pipeline, &packed)) return 0;
  memcpy(bytes, &packed, sizeof packed);
  return sizeof packed;
}

static void m4_unpack(pipeline_t *pipeline, const void *bytes) {
  m4_packed_t packed;
  memcpy(&packed, bytes, sizeof packed);
  uint64_t now = pipeline->now;
  pipeline->state.m4 = (m4_state_t){.results = packed.results,
                                    .load_writes = packed.load_writes,
                                    .access = packed.access,
                                    .fetched = packed.fetched,
                                    .fetch_slots_lost = packed.fetch_slots_lost,
                                    .fetching = packed.fetching,
                                    .fetch_free = now + (uint64_t)(int64_t)packed.fetch_free,
                                    .unaligned_run = packed.unaligned_run,
                                    .queue_full = packed.queue_full,
                                    .fetched_at = now + (uint64_t)(int64_t)packed.fetched_at,
                                    .was_taken = packed.was_taken,
                                    .was_narrow = packed.was_narrow,
                                    .fp_cls = packed.fp_cls,
                                    .long_cls = packed.long_cls,
                                    .fp_writes = packed.fp_writes,
                                    .long_writes = packed.long_writes,
                                    .fp_issue = now + (uint64_t)(int64_t)packed.fp_issue,
                                    .long_issue = now + (uint64_t)(int64_t)packed.long_issue};
}

/* ---- Cortex-M7 ---- */

typedef struct {
  uint64_t predicated;
  int16_t issued[REG_COUNT];
  uint8_t writer[REG_COUNT], condition[REG_COUNT];
  int16_t older_time, mac_time, mac64_end, fetch_from, fetched_by[FETCH_QUEUE_MAX];
  int16_t store_last, store_time[STORE_QUEUE], drained[STORE_QUEUE], bank_free[STORE_BANKS], slow_until;
  uint8_t older_cls, older_bank, mac_cls, fetched;
  bool older_has_address, older_unaligned, older_early, slot_open, mac_in_run, fetched_line;
} m7_packed_t;

_Static_assert(sizeof(m7_packed_t) <= PIPELINE_STATE_BYTES, "fits");

/* For how long anything may look back at the issue of a register's writer. */
static unsigned longest_look_back(const core_model_t *model) {
  static const parameter_t further[] = {PARAMETER_PREDICATED_RESULT, PARAMETER_PREDICATED_UNSHIFTED,
                                        PARAMETER_PREDICATED_MOST, PARAMETER_EARLY_FLAGS_DISTANCE};
  int longest = 0;
  for (unsigned producer = 0; producer < PRODUCER_COUNT; producer++) {
    int one = longest_distance(model, producer);
    if (one > longest) longest = one;
  }
  unsigned sum = (unsigned)longest;
  for (unsigned i = 0; i < sizeof further / sizeof further[0]; i++)
    sum += model->parameters[further[i]].value;
  return sum;
}

static bool pack_registers(const pipeline_t *pipeline, uint64_t earliest, m7_packed_t *to) {
  const m7_state_t *s = &pipeline->state.m7;
  unsigned look_back = longest_look_back(pipeline->model);
  for (unsigned reg = 0; reg < REG_COUNT; reg++) {
    to->writer[reg] = PRODUCER_NONE;
    if (s->writer[reg] == PRODUCER_NONE || s->issued[reg] + look_back <= earliest) continue;
    to->writer[reg] = s->writer[reg];
    if (!keep_time(pipeline->now, s->issued[reg], &to->issued[reg])) return false;
    if (!(s->predicated & REG_BIT(reg))) continue;
    to->predicated |= REG_BIT(reg);
    to->condition[reg] = s->condition[reg];
  }
  return true;
}

static bool pack_older(const pipeline_t *pipeline, m7_packed_t *to) {
  const m7_state_t *s = &pipeline->state.m7;
  enum { BANK = 4 }; /* not cycles: address bit */
  to->slot_open = s->slot_open;
  if (!s->slot_open) return true;
  to->older_cls = s->older_cls;
  to->older_early = s->older_early;
  to->older_has_address = s->older_has_address;
  to->older_unaligned = s->older_unaligned;
  if (s->older_has_address) to->older_bank = s->older_address & BANK;
  return keep_time(pipeline->now, s->older_time, &to->older_time);
}

static bool is_single_mac(unsigned cls) { return cls == CLASS_FP32_FMA || cls == CLASS_FP32_MLA; }

static bool pack_fpu(const pipeline_t *pipeline, uint64_t earliest, m7_packed_t *to) {
  const m7_state_t *s = &pipeline->state.m7;
  const cost_parameter_t *parameters = pipeline->model->parameters;
  unsigned shadow = parameters[PARAMETER_FMA_SHADOW].value, bubble = parameters[PARAMETER_MLA_FMA_BUBBLE].value;
  unsigned held = shadow > bubble ? shadow : bubble;
  to->mac_time = to->mac64_end = NEVER;
  bool beside = s->slot_open && is_single_mac(s->older_cls);
  if (s->mac_time && (s->mac_time + held > earliest || beside)) {
    to->mac_cls = s->mac_cls;
    to->mac_in_run = s->mac_in_run;
    if (!keep_time(pipeline->now, s->mac_time, &to->mac_time)) return false;
  }
  if (!s->mac64_end || s->mac64_end + parameters[PARAMETER_FP64_ADD_BEHIND_MAC].value < earliest) return true;
  return keep_time(pipeline->now, s->mac64_end, &to->mac64_end);
}

/* With a memory: when the next fetches would be complete, were memory at rest. What is there before anything can issue
   makes no difference. */
static bool pack_fetches(const pipeline_t *pipeline, uint64_t earliest, m7_packed_t *to) {
  const m7_state_t *s = &pipeline->state.m7;
  unsigned entries = pipeline->model->parameters[PARAMETER_FETCH_QUEUE_ENTRIES].value;
  uint64_t done = s->fetch_done;
  for (unsigned i = 0; i < entries; i++) {
    uint64_t left = s->entry_left[(s->entry + i) % entries];
    done = (left > done ? left : done) + 1;
    to->fetched_by[i] = NEVER;
    if (done > earliest && !keep_time(pipeline->now, done, &to->fetched_by[i])) return false;
  }
  return true;
}

static bool pack_fetch(const pipeline_t *pipeline, uint64_t earliest, uint32_t next, m7_packed_t *to) {
  const m7_state_t *s = &pipeline->state.m7;
  const cost_parameter_t *parameters = pipeline->model->parameters;
  unsigned entries = parameters[PARAMETER_FETCH_QUEUE_ENTRIES].value;
  to->fetched_line = s->fetch_line == (next & ~(parameters[PARAMETER_FETCH_BYTES].value - 1u));
  if (pipeline->memory) return pack_fetches(pipeline, earliest, to);
  uint64_t from = s->fetch_from, there = s->fetched;
  if (earliest > from) { /* the queue fills as time passes */
    there += earliest - from;
    from = earliest;
  }
  to->fetched = (uint8_t)(there < entries ? there : entries);
  return keep_time(pipeline->now, from, &to->fetch_from);
}

/* Times of 0 are none. */
static bool keep_later(uint64_t now, uint64_t earliest, uint64_t time, int16_t *to) {
  *to = NEVER;
  return time <= earliest || keep_time(now, time, to);
}

static bool pack_stores(const pipeline_t *pipeline, uint64_t earliest, m7_packed_t *to) {
  const store_queue_t *queue = &pipeline->state.m7.stores;
  uint64_t now = pipeline->now;
  unsigned wait = pipeline->model->parameters[PARAMETER_STORE_TO_LOAD_SAME].value;
  bool recent = queue->last && now < queue->last + wait;
  to->store_last = NEVER;
  if (recent && !keep_time(now, queue->last, &to->store_last)) return false;
  for (unsigned i = 0; i < STORE_QUEUE; i++) {
    uint64_t time = queue->time[(queue->next + i) % STORE_QUEUE];
    to->store_time[i] = NEVER;
    if (recent && time && time - 1 + wait > earliest && !keep_time(now, time, &to->store_time[i])) return false;
  }
  bool slow = queue->slow_until > earliest;
  for (unsigned i = 0; i < STORE_QUEUE; i++) {
    uint64_t drained = slow ? queue->drained[(queue->drained_next + i) % STORE_QUEUE] : 0;
    if (!keep_later(now, earliest, drained, &to->drained[i])) return false;
  }
  for (unsigned bank = 0; bank < STORE_BANKS; bank++) {
    uint64_t free_at = queue->bank_free[bank];
    if (!keep_later(now, earliest + 1, free_at, &to->bank_free[bank])) return false;
  }
  return keep_later(now, earliest, queue->slow_until, &to->slow_until);
}

static size_t m7_pack(const pipeline_t *pipeline, uint32_t next, void *bytes) {
  const m7_state_t *s = &pipeline->state.m7;
  m7_packed_t packed;
  memset(&packed, 0, sizeof packed);
  uint64_t earliest = s->slot_open ? s->older_time : pipeline->now; /* that the next instruction can issue */
  bool kept = pack_registers(pipeline, earliest, &packed) && pack_older(pipeline, &packed) &&
              pack_fpu(pipeline, earliest, &packed) && pack_fetch(pipeline, earliest, next, &packed) &&
              pack_stores(pipeline, earliest, &packed);
  if (!kept) return 0;
  memcpy(bytes, &packed, sizeof packed);
  return sizeof packed;
}

static uint64_t time_of(uint64_t now, int16_t packed) { return packed == NEVER ? 0 : now + (uint64_t)(int64_t)packed; }

static void unpack_stores(store_queue_t *queue, uint64_t now, const m7_packed_t *from) {
  queue->last = time_of(now, from->store_last);
  queue->slow_until = time_of(now, from->slow_until);
  for (unsigned i = 0; i < STORE_QUEUE; i++) {
    queue->time[(queue->next + i) % STORE_QUEUE] = time_of(now, from->store_time[i]);
    queue->drained[i] = time_of(now, from->drained[i]);
  }
  queue->drained_next = 0;
  for (unsigned bank = 0; bank < STORE_BANKS; bank++)
    queue->bank_free[bank] = time_of(now, from->bank_free[bank]);
}

static void m7_unpack(pipeline_t *pipeline, uint32_t next, const void *bytes) {
  m7_state_t *s = &pipeline->state.m7;
  m7_packed_t from;
  memcpy(&from, bytes, sizeof from);
  uint64_t now = pipeline->now;
  s->predicated = from.predicated;
  for (unsigned reg = 0; reg < REG_COUNT; reg++) {
    s->writer[reg] = from.writer[reg];
    s->issued[reg] = from.writer[reg] == PRODUCER_NONE ? 0 : now + (uint64_t)(int64_t)from.issued[reg];
    s->condition[reg] = from.condition[reg];
  }
  s->slot_open = from.slot_open;
  s->older_time = now + (uint64_t)(int64_t)from.older_time;
  s->older_cls = from.older_cls;
  s->older_address = from.older_bank;
  s->older_has_address = from.older_has_address;
  s->older_unaligned = from.older_unaligned;
  s->older_early = from.older_early;
  s->mac_time = time_of(now, from.mac_time);
  s->mac_cls = from.mac_cls;
  s->mac_in_run = from.mac_in_run;
  s->mac64_end = time_of(now, from.mac64_end);
  s->fetch_from = now + (uint64_t)(int64_t)from.fetch_from;
  uint32_t line = next & ~(pipeline->model->parameters[PARAMETER_FETCH_BYTES].value - 1u);
  s->fetch_line = from.fetched_line ? line : (uint32_t)NO_LINE;
  s->fetched = from.fetched;
  unpack_stores(&s->stores, now, &from);
}

/* ---- both ---- */

enum { CORE_BIT_M4 = 1 };

size_t pipeline_pack(const pipeline_t *pipeline, uint32_t next, void *bytes) {
  return pipeline->model->core_bit == CORE_BIT_M4 ? m4_pack(pipeline, bytes) : m7_pack(pipeline, next, bytes);
}

void pipeline_unpack(pipeline_t *pipeline, uint32_t next, const void *bytes) {
  if (pipeline->model->core_bit == CORE_BIT_M4) {
    m4_unpack(pipeline, bytes);
  } else {
    m7_unpack(pipeline, next, bytes);
  }
}

bool pipeline_state_owes(const pipeline_t *pipeline, const void *bytes) {
  if (pipeline->model->core_bit != CORE_BIT_M4) return false;
  m4_packed_t packed;
  memcpy(&packed, bytes, sizeof packed);
  return packed.access.load_open || packed.access.was_write;
}

bool pipeline_state_has_stores(const pipeline_t *pipeline, const void *bytes) {
  if (pipeline->model->core_bit == CORE_BIT_M4) return false;
  m7_packed_t packed;
  memcpy(&packed, bytes, sizeof packed);
  return packed.store_last != NEVER;
}
