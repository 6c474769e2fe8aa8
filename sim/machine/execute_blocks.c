/* The fast path: block by block, as the engine runs them.

   The engine announces a block before it runs; the one before is then complete, and what it cost is in the memo, or is
   timed once and put there. Whatever must happen between two instructions makes the machine step: each instruction of
   that block is announced, and execute.c takes it from there. It steps where an exception or a peripheral may be due,
   where an access goes to what is no memory or may fault, and where code is overwritten. */
#include "machine/machine_private.h"

#include <stdlib.h>

/* ---- timing a block anew ---- */

static void fill_access(machine_t *m, unsigned i, outcome_t *outcome) {
  const mapped_region_t *region = m->bb.found[i].region;
  outcome->has_address = true;
  outcome->address = m->bb.found[i].address;
  outcome->first_wait = m->bb.block->accesses[i].write ? region->first_write : region->first_access;
  outcome->after_write_wait = region->read_after_write;
  outcome->slave = region->slave;
  outcome->memory_grade = region->grade;
}

/* What the pipeline wants to know of instruction I, but where control went from the last. */
outcome_t blocks_outcome_of(machine_t *m, unsigned i, cursor_t *cursor) {
  const block_t *block = m->bb.block;
  outcome_t outcome = {0};
  if (i == 0) {
    outcome = m->fresh;
    m->fresh = (outcome_t){0};
  }
  outcome.next = block->run.insns[i]->address + block->run.insns[i]->size;
  if (cursor->point < block->point_count && block->points[cursor->point].insn == i) {
    unsigned point = cursor->point++, kinds = block->points[point].kinds;
    if ((kinds & POINT_MEMBER) && !blocks_reached(&m->bb, point)) outcome.skipped = true;
    if ((kinds & POINT_DIVIDE) && !outcome.skipped) {
      outcome.dividend = m->bb.values[point][0];
      outcome.divisor = m->bb.values[point][1];
    }
    if ((kinds & POINT_FP64) && !outcome.skipped) outcome.fp64_operands = (uint8_t)m->bb.values[point][0];
  }
  if (cursor->access < block->access_count && block->accesses[cursor->access].insn == i) {
    unsigned access = cursor->access++;
    if (!outcome.skipped) fill_access(m, access, &outcome);
  }
  return outcome;
}

static void note_stack(machine_t *m, uint32_t sp) {
  stack_extent_t *stack = &m->stacks[m->stack];
  m->sp = sp;
  if (sp < stack->lowest) stack->lowest = sp;
  if (sp > stack->base) stack->base = sp;
  regions_stack(m->call_regions, sp);
}

static void make_live(blocks_t *bb) {
  if (!bb->live && bb->last) memo_restore(bb->memo, bb->last);
  bb->live = true;
}

/* Times the first COUNT instructions of the block; LAST: where control went from its last. */
static cursor_t replay(machine_t *m, unsigned count, const jump_t *last, bool record) {
  const block_t *block = m->bb.block;
  cursor_t cursor = {0, 0};
  uint32_t entry_sp = m->sp, end_sp = entry_sp;
  if (block->stack_by_value) end_sp = engine_register(m->engine, REG_SP);
  make_live(&m->bb);
  unsigned stack = 0;
  for (unsigned i = 0; i < count; i++) {
    m->outcome = blocks_outcome_of(m, i, &cursor);
    if (last && i + 1 == block->run.count) {
      m->outcome.next = last->next;
      m->outcome.taken = last->taken;
      m->outcome.prediction = (uint8_t)last->prediction;
    }
    m->bb.recording = record;
    m->bb.recorded_insn = i;
    execute_time(m, block->slots[i]);
    if (stack == block->stack_count || block->stack[stack].insn != i) continue;
    const block_stack_t *moved = &block->stack[stack++];
    note_stack(m, (moved->from_end ? end_sp : entry_sp) + (uint32_t)moved->offset);
  }
  m->bb.recording = false;
  return cursor;
}

/* GIVEN: accesses that the chip's memory has answered already. */
static memo_variant_t *time_anew(machine_t *m, memo_node_t *node, const jump_t *last, unsigned given) {
  unsigned count = m->bb.block->run.count;
  if (!node || m->bb.block->replays) {
    replay(m, count, last, false);
    return NULL;
  }
  memo_record_begin(m->bb.memo, given);
  replay(m, count, last, true);
  return memo_record_end(m->bb.memo, node, m->bb.key, last->next);
}

/* ---- the end of a block ---- */

/* Where control went from the last instruction. */
static jump_t last_jump(machine_t *m, const block_t *block, uint32_t next) {
  bool skipped = block->ends_in_it && !blocks_reached(&m->bb, block->point_count - 1u);
  jump_t jump = {next, next != block->end || (block->always_leaves && !skipped), PREDICTION_OPEN};
  if (m->bb.prediction) {
    jump.prediction = m->bb.prediction;
  } else if (block->branches) {
    jump.prediction = pipeline_predict(&m->pipeline, block->run.insns[block->run.count - 1], jump.taken, next);
  }
  return jump;
}

static void move_stack(machine_t *m, const block_t *block) {
  uint32_t entry = m->sp;
  uint32_t end = block->stack_by_value ? engine_register(m->engine, REG_SP) : entry + (uint32_t)block->stack_change;
  note_stack(m, entry + (uint32_t)block->lowest[0]);
  note_stack(m, entry + (uint32_t)block->highest[0]);
  if (block->stack_by_value) {
    note_stack(m, end + (uint32_t)block->lowest[1]);
    note_stack(m, end + (uint32_t)block->highest[1]);
  }
  m->sp = end;
}

/* Calls and returns that are due take effect as the first instruction issues. */
static void arrive(machine_t *m, const memo_variant_t *variant) {
  m->bb.arriving = variant;
  execute_arrive(m, m->pipeline.now + variant->before_cycles);
  m->bb.arriving = NULL;
}

/* QUIET: nothing but asynchronous requests can come of this jump, now and ever. */
static void note_jump(machine_t *m, code_slot_t *from, uint32_t next, bool *quiet) {
  bool falls = next == from->insn.address + from->insn.size;
  code_slot_t **cached = falls ? &from->fall : &from->jump;
  if (!*cached || (*cached)->key != next) *cached = code_at(m->code, next);
  const code_slot_t *to = *cached;
  if (!to) return;
  bool within = from->insn.flow == FLOW_CONDITIONAL || from->insn.flow == FLOW_BRANCH;
  *quiet = within && to != from && (!to->function_entry || to->function == from->function);
  if (falls) {
    execute_note_transfer(m, from, to);
  } else {
    execute_jumped(m, from, to);
  }
}

memo_variant_t *blocks_find_variant(machine_t *m, const block_t *block, way_t *way, unsigned *given) {
  *given = 0;
  if (!way->node) return NULL;
  bool stores_matter = block->loads_behind_stores || way->node->stores_matter;
  if (block->access_count && stores_matter) blocks_add_stores(m, block, way->pipeline, &way->key);
  if (!way->pipeline->memory) return memo_find(way->node, way->key, way->next);
  if (blocks_fetch_rests(way->pipeline, block, way->node)) return blocks_ask_memory(m, block, way, given);
  way->node = NULL; /* what it takes is not that of others */
  return NULL;
}

void blocks_pass(machine_t *m, const block_t *block, pipeline_t *pipeline, const memo_variant_t *variant) {
  memory_t *memory = pipeline->memory;
  if (memory && variant->read_count) flash_note_fetches(&memory->flash, variant->reads, variant->read_count);
  if (memory && variant->fetch_count) m7_note_fetches(pipeline, variant->fetches, variant->fetch_count);
  pipeline->now += variant->cycles;
  if (memory && variant->mispredicted) m7_note_refill(pipeline);
  if (block->has_stores) blocks_note_stores(m, block, pipeline);
}

static void finish_block(machine_t *m, uint32_t next) {
  blocks_t *bb = &m->bb;
  block_t *block = bb->block;
  jump_t last = last_jump(m, block, next);
  if (block->point_count) blocks_add_points(m, block);
  if (!block->plain && block->access_count) blocks_add_to_key(&bb->key, bb->accesses_key);
  bb->apart = m->context_count && !m->fresh.events && !block->replays;
  if (bb->apart) contexts_pass(m, block, bb->key, &last);
  if (block->divides) blocks_add_divides(m, block, m->model, &bb->key);
  if (last.prediction) blocks_add_to_key(&bb->key, last.prediction);
  way_t way = {&m->pipeline, bb->memo, bb->node, bb->key, next};
  unsigned given;
  memo_variant_t *variant = blocks_find_variant(m, block, &way, &given);
  if (variant) {
    if (m->arrival.due) arrive(m, variant);
    memo_count(&bb->pending, variant);
    blocks_pass(m, block, &m->pipeline, variant);
    bb->live = false;
    if (block->stack_count) move_stack(m, block);
  } else {
    bb->key = way.key;
    variant = time_anew(m, way.node, &last, given);
    if (memo_is_full(bb->memo)) {
      blocks_forget(m);
      variant = NULL;
    }
  }
  bb->apart = false;
  if (m->options.fast && bb->found == bb->here) blocks_learn(m, block);
  if (block->never_learns && block->learned) {
    free(block->learned);
    block->learned = NULL;
  }
  bb->last = variant;
  bb->block = NULL;
  m->previous = block->slots[block->run.count - 1];
  if (!last.taken || m->ended) return;
  bool quiet = false;
  if (!variant || !variant->quiet) {
    note_jump(m, block->slots[block->run.count - 1], next, &quiet);
    if (variant) variant->quiet = quiet;
  } else if (m->requests && *m->requests) {
    execute_answer_requests(m);
  }
}

/* The rest of the block under way is taken one by one. */
static void leave_block(machine_t *m) {
  m->bb.block = NULL;
  m->bb.last = NULL;
  m->bb.stepping = true;
}

unsigned blocks_index_of(const machine_t *m, uint32_t address) {
  const block_t *block = m->bb.block;
  for (unsigned i = 0; block && i < block->run.count; i++)
    if (block->run.insns[i]->address == address) return i;
  return BLOCK_END;
}

void blocks_catch_up(machine_t *m, unsigned last) {
  block_t *block = m->bb.block;
  if (!block) {
    make_live(&m->bb);
    return;
  }
  if (last >= block->run.count) last = block->run.count - 1;
  cursor_t cursor = replay(m, last, NULL, false);
  m->outcome = blocks_outcome_of(m, last, &cursor);
  m->pending = block->slots[last];
  leave_block(m);
}

void blocks_end(machine_t *m) {
  make_live(&m->bb);
  m->bb.block = NULL;
  blocks_settle(m);
}

/* ---- the begin of a block ---- */

/* Executions of a block by steps, or with points in it, behind which the engine announces them for good. */
enum { SELDOM = 16 };

/* Each instruction of the block is announced; if the engine has to translate it anew, the block is begun again. */
static void step(machine_t *m, uint32_t address, uint32_t bytes, block_t *block, bool may_recur) {
  make_live(&m->bb);
  const code_slot_t *first = block ? block->slots[0] : code_at(m->code, address);
  m->skip_from = first && (first->insn.flags & INSN_IN_IT) ? address : 0;
  m->bb.last = NULL;
  m->bb.stepping = true;
  bool often = block && may_recur && block->steps_taken++ >= SELDOM;
  bool anew =
      often ? engine_watch(m->engine, address, address + bytes) : engine_step(m->engine, address, address + bytes);
  if (anew) engine_begin_again(m->engine, address);
}

/* The engine is to stop at the block's points. Members of an IT block lie side by side. True: it does. */
static bool watch_points(machine_t *m, block_t *block) {
  enum { NEAR = 16 }; /* bytes from one to the next: one watch for both */
  if (block->watches_points || !block->point_count) return true;
  block->watches_points = true;
  bool anew = false;
  for (unsigned i = 0; i < block->point_count;) {
    unsigned first = i++;
    while (i < block->point_count && block->points[i].address - block->points[i - 1].address <= NEAR)
      i++;
    if (engine_watch(m->engine, block->points[first].address, block->points[i - 1].address + 2)) anew = true;
  }
  if (!anew) return true;
  engine_forget_code(m->engine, block->address, block->end - block->address);
  engine_begin_again(m->engine, block->address);
  return false;
}

static memo_node_t *find_node(machine_t *m, block_t *block) {
  blocks_t *bb = &m->bb;
  if (m->fresh.events || block->replays) return NULL;
  memo_variant_t *last = bb->last;
  if (!last) return bb->live ? memo_enter(bb->memo, &block->run, m->previous) : NULL;
  return last->to = memo_follow(bb->memo, last, &block->run, m->previous);
}

/* Something may fall due before the last instruction of the block has begun. */
static bool is_near_attention(const machine_t *m, const block_t *block) {
  if (m->attention_at == UINT64_MAX) return false;
  uint64_t accesses = block->access_count + (block->end - block->address) / 4 + 1; /* and fetches */
  return m->pipeline.now + block->most_cycles + accesses * m->bb.most_wait >= m->attention_at;
}

static bool mpu_lets(machine_t *m, const block_t *block) {
  mpu_note_privilege(m);
  for (uint32_t at = block->address & ~(uint32_t)(MPU_GRAIN - 1); at < block->end; at += MPU_GRAIN) {
    if (!mpu_allows(m, at < block->address ? block->address : at, MPU_EXECUTE)) return false;
  }
  return true;
}

static bool must_step(machine_t *m, const block_t *block) {
  if (block->steps || (block->point_count && !block->watches_points && block->steps_taken < SELDOM)) return true;
  if (!m->bb.wary) return false;
  return (m->mpu_on && !mpu_lets(m, block)) || m->refused.due ||
         (block->divides && scs_switch(m->scs, SCS_DIV_0_TRP)) ||
         (block->access_count && scs_switch(m->scs, SCS_UNALIGN_TRP));
}

void blocks_attend(machine_t *m) {
  m->bb.wary = m->mpu_on || m->refused.due || scs_switch(m->scs, SCS_DIV_0_TRP) || scs_switch(m->scs, SCS_UNALIGN_TRP);
}

static bool is_stop_function(const machine_t *m) {
  return m->stop_function >= 0 && m->arrival.transfer && m->arrival.function == m->stop_function;
}

/* With --fast a block that was looked at often enough is taken to do as it did. */
static bool find_accesses(machine_t *m, block_t *block) {
  blocks_t *bb = &m->bb;
  if (block->learned && !(block->has_stores && bb->code_in_ram)) {
    bb->found = block->learned;
    bb->key = block->learned_key;
    bb->accesses_key = block->learned_accesses_key;
    return true;
  }
  if (!blocks_find_accesses(m, block)) return false;
  bb->entry_key = bb->key;
  bb->entry_accesses_key = bb->accesses_key;
  return true;
}

static void go_into(blocks_t *bb, block_t *block, memo_node_t *node) {
  bb->node = node;
  bb->block = block;
  bb->executed = 0;
  bb->next_point = 0;
  bb->prediction = PREDICTION_OPEN;
  if (block->plain && block->access_count) blocks_add_to_key(&bb->key, bb->accesses_key);
}

static void begin_block(machine_t *m, uint32_t address, uint32_t bytes) {
  blocks_t *bb = &m->bb;
  memo_node_t *node = bb->last ? bb->last->to : NULL;  /* where that way led before */
  block_t *block = node ? (block_t *)node->run : NULL; /* its first member */
  if (!block || block->end != address + bytes || !block_is_current(&bb->builder, block)) {
    node = NULL;
    block = block_at(&bb->builder, address, bytes);
    const mapped_region_t *region = memory_map_find(&m->map, address);
    if (region && region->writable) bb->code_in_ram = true;
  }
  if (!block || is_near_attention(m, block) || is_stop_function(m)) {
    step(m, address, bytes, block, false);
    return;
  }
  if (must_step(m, block) || !find_accesses(m, block)) {
    step(m, address, bytes, block, true);
    return;
  }
  if (bb->stepping) engine_step_end(m->engine, address, address + bytes);
  if (!watch_points(m, block)) return;
  bb->node = node ? node : find_node(m, block);
  bb->stepping = false;
  m->skip_from = 0;
  go_into(bb, block, bb->node);
  bb->express = block->plain && !m->memory && !m->context_count;
}

/* ---- the short way ---- */

/* The block under way was plain, and led here before: what most blocks do most of the time. True: it is done, and the
   next one is under way. The same as finish_block() and begin_block(), which see to everything else. */
static bool go_on(machine_t *m, uint32_t address, uint32_t bytes) {
  blocks_t *bb = &m->bb;
  block_t *block = bb->block;
  memo_node_t *node = bb->node;
  if (!node || m->arrival.due || (node->stores_matter && block->access_count)) return false;
  if (m->options.fast && !block->learned) return false;
  uint64_t key = bb->key;
  bool taken = address != block->end || block->always_leaves;
  if (block->branches && bb->builder.m7) {
    bb->prediction = pipeline_predict(&m->pipeline, block->run.insns[block->run.count - 1], taken, address);
    if (bb->prediction) blocks_add_to_key(&key, bb->prediction);
  }
  memo_variant_t *variant = memo_find(node, key, address);
  if (!variant || (taken && !variant->quiet)) return false;
  bb->prediction = PREDICTION_OPEN;
  memo_count(&bb->pending, variant);
  m->pipeline.now += variant->cycles;
  bb->live = false;
  if (block->has_stores && bb->builder.m7) blocks_note_stores(m, block, &m->pipeline);
  bb->last = variant;
  bb->block = NULL;
  m->previous = block->slots[block->run.count - 1];
  if (taken && m->requests && *m->requests) execute_answer_requests(m);
  if (m->ended) return true;
  memo_node_t *to = variant->to;
  block_t *next = to ? (block_t *)to->run : NULL; /* its first member */
  bool known = next && next->plain && next->end == address + bytes && block_is_current(&bb->builder, next);
  if (known && !bb->wary && !is_near_attention(m, next) && find_accesses(m, next)) {
    go_into(bb, next, to);
  } else {
    begin_block(m, address, bytes);
  }
  return true;
}

void execute_block(void *machine, uint32_t address, uint32_t bytes) {
  machine_t *m = machine;
  if (m->ended || (m->bb.express && m->bb.block && go_on(m, address, bytes))) return;
  m->bb.express = false;
  if (m->bb.block) {
    finish_block(m, address);
  } else if (m->pending) {
    blocks_store_exclusive(m);
    code_slot_t *slot = execute_complete(m, address);
    m->pending = NULL;
    m->outcome = (outcome_t){0};
    if (!slot) return;
  } else if (m->skip_from) {
    execute_skip(m, address);
  }
  if (!m->ended) begin_block(m, address, bytes);
}

/* ---- within a block ---- */

/* The instruction at POINT must be taken by itself, and what follows. */
static void break_off(machine_t *m, const block_point_t *point) {
  block_t *block = m->bb.block;
  code_slot_t *slot = block->slots[point->insn];
  replay(m, point->insn, NULL, false);
  leave_block(m);
  block->steps = true;
  engine_step(m->engine, block->address, block->end);
  engine_redirect_in_it(m->engine, point->address, it_state_of(m, slot));
  blocks_remember_stores(m, block, point->insn);
}

void blocks_point(machine_t *m, uint32_t address) {
  blocks_t *bb = &m->bb;
  block_t *block = bb->block;
  if (!block) return;
  while (bb->next_point < block->point_count && block->points[bb->next_point].address < address)
    bb->next_point++;
  if (bb->next_point == block->point_count || block->points[bb->next_point].address != address) return;
  unsigned i = bb->next_point++;
  const block_point_t *point = &block->points[i];
  bool looks = (point->kinds & POINT_ADDRESS) && bb->found == bb->here;
  if (looks && !blocks_find_at_point(m, block, point)) {
    break_off(m, point);
    return;
  }
  bb->executed |= UINT64_C(1) << i;
  const insn_t *insn = block->run.insns[point->insn];
  if (point->kinds & POINT_DIVIDE) {
    bb->values[i][0] = engine_register(m->engine, insn->divide_n);
    bb->values[i][1] = engine_register(m->engine, insn->divide_m);
  }
  if (point->kinds & POINT_FP64) bb->values[i][0] = (uint32_t)execute_compare_doubles(m, insn);
}
