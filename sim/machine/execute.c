/* The hot path: what happens for every executed instruction.

   The engine announces instruction N before it runs. By then N-1 is complete: where it went is known, and its memory
   accesses have been seen. So N-1 is timed now, and N becomes pending. */
#include "machine/machine_private.h"

static void charge_slot(machine_t *m, code_slot_t *slot, const charge_t *charged) {
  insn_profile_t *owner = charged->previous && m->previous ? &m->previous->profile : &slot->profile;
  profile_charge(owner, &m->totals, charged);
}

static void track_heap(machine_t *m, const arrival_t *a, int32_t left) {
  if (a->call && a->function == m->sbrk_function) {
    m->sbrk_increment = a->r0;
  } else if (left >= 0 && left == m->sbrk_function && a->r0 != UINT32_MAX) {
    if (!m->sbrk_seen) m->heap_start = m->heap_top = a->r0;
    m->sbrk_seen = true;
    uint32_t top = a->r0 + m->sbrk_increment;
    if ((int32_t)m->sbrk_increment > 0 && top > m->heap_top) m->heap_top = top;
  }
}

/* The instant between an instruction's waiting and its own cycles: calls, returns and region markers take effect. */
void execute_arrive(machine_t *m, uint64_t cycles) {
  arrival_t *a = &m->arrival;
  a->due = false;
  instant_t instant = {cycles, &m->totals, m->sp};
  if (m->bb.on && (a->marker || m->options.region_count)) instant.totals = blocks_totals(m);
  if (a->marker) {
    a->marker = false;
    if (!regions_marker(m->call_regions, a->marker_index, a->marker_opcode, &instant)) {
      add_warning(m, "region-end-without-begin", a->marker_address, "a region ends here that was never begun");
    }
  }
  if (a->restarts) regions_restart(m->call_regions, &instant);
  a->restarts = false;
  if (a->leaves_handler) regions_leave_handler(m->call_regions, &instant);
  if (a->switches) regions_switch(m->call_regions, m->stack, &instant);
  a->leaves_handler = a->switches = false;
  if (!a->transfer) return;
  a->transfer = false;
  instant.sp = a->sp;
  int32_t left = a->call ? -1 : regions_arrive(m->call_regions, a->address, a->function, &instant);
  if ((a->call || a->tail) && a->function == m->stop_function && a->function >= 0) end_run(m, RUN_STOPPED);
  if (a->call || a->tail) regions_enter(m->call_regions, a->function, a->return_address, !a->call, &instant);
  if (m->sbrk_function >= 0) track_heap(m, a, left);
}

void execute_time(machine_t *m, code_slot_t *slot) {
  if (m->context_count && !m->bb.apart) contexts_time(m, slot);
  cost_t cost;
  uint64_t start = m->pipeline.now;
  pipeline_step(&m->pipeline, &slot->insn, &m->outcome, &cost);
  if (m->bb.recording) memo_record(m->bb.memo, m->bb.recorded_insn, &cost);
  unsigned i = 0;
  for (; i < cost.before; i++) {
    charge_slot(m, slot, &cost.charges[i]);
    start += cost.charges[i].cycles;
  }
  if (m->arrival.due) execute_arrive(m, start);
  for (; i < cost.count; i++)
    charge_slot(m, slot, &cost.charges[i]);
  slot->profile.count++;
  m->totals.instructions++;
  m->totals.pairs += cost.paired;
  m->totals.predicted += cost.predicted;
  m->totals.mispredicted += cost.mispredicted;
  if (m->tracing) trace_step(m, slot, &cost, start);
  m->previous = slot;
  if (!(slot->insn.flags & (INSN_MARKER | INSN_EVENT))) return;
  if (slot->insn.flags & INSN_EVENT) {
    m->event = true;
  } else {
    arrival_t *a = &m->arrival;
    a->due = a->marker = true;
    a->marker_index = slot->marker;
    a->marker_opcode = slot->insn.opcode[0];
    a->marker_address = slot->insn.address;
  }
}

/* The slot at ADDRESS; NULL: a fault was taken. */
static code_slot_t *find_slot(machine_t *m, uint32_t address) {
  code_slot_t *slot = code_at(m->code, address);
  if (!slot) { /* it, or an IT block that begins with it, reaches beyond memory */
    m->pending = NULL;
    take_fault(m, &(fault_t){.cfsr = CFSR_IBUSERR, .pc = address, .return_address = address},
               "execution at %s, where memory ends", describe_address(m, address));
  }
  return slot;
}

/* May it be executed at all? NULL: a fault was taken. */
static code_slot_t *checked(machine_t *m, code_slot_t *slot) {
  return !slot || slot->checked || m->refused.due || check_slot(m, slot) ? slot : NULL;
}

/* Members of an IT block whose condition failed are not announced: time them as skipped until ADDRESS is reached. */
static void retire_skipped(machine_t *m, code_slot_t *from, uint32_t address) {
  code_slot_t *slot = from;
  while (slot->it_left && slot->insn.address + slot->insn.size != address) {
    code_slot_t *next = code_at(m->code, slot->insn.address + slot->insn.size);
    if (!next) return;
    m->outcome = (outcome_t){.skipped = true, .next = next->insn.address + next->insn.size};
    execute_time(m, next);
    slot = next;
  }
}

/* Code was entered within an IT block, where nothing is pending whose successor would show the gap. */
void execute_skip(machine_t *m, uint32_t address) {
  code_slot_t *slot = code_at(m->code, m->skip_from);
  m->skip_from = 0;
  while (slot && slot->insn.address != address && (slot->insn.flags & INSN_IN_IT)) {
    m->outcome = (outcome_t){.skipped = true, .next = slot->insn.address + slot->insn.size};
    execute_time(m, slot);
    slot = code_at(m->code, m->outcome.next);
  }
}

/* Another stack (threads, handlers): each keeps its own depth. */
static void switch_stack(machine_t *m) {
  for (unsigned i = 0; i < m->stack_count; i++) {
    if (m->sp > m->stacks[i].base || m->sp < m->stacks[i].lowest) continue;
    m->stack = i;
    return;
  }
  if (m->stack_count < STACKS_MAX) m->stack = m->stack_count++;
  m->stacks[m->stack] = (stack_extent_t){m->sp, m->sp};
}

void execute_stack_moved(machine_t *m, bool may_switch) {
  m->sp = engine_register(m->engine, REG_SP);
  if (may_switch) switch_stack(m);
  stack_extent_t *stack = &m->stacks[m->stack];
  if (m->sp < stack->lowest) stack->lowest = m->sp;
  if (m->sp > stack->base) stack->base = m->sp;
  regions_stack(m->call_regions, m->sp);
}

static void track_stack(machine_t *m, const code_slot_t *from) {
  unsigned before = m->stack;
  execute_stack_moved(m, from->insn.cls == CLASS_SYSREG_WRITE);
  if (m->stack == before) return;
  instant_t instant = {m->pipeline.now, &m->totals, m->sp};
  regions_switch(m->call_regions, m->stack, &instant);
}

/* Calls, returns, and jumps to the first instruction of another function (tail calls). */
void execute_note_transfer(machine_t *m, const code_slot_t *from, const code_slot_t *to) {
  bool call = from->insn.flow == FLOW_CALL;
  bool leaves = from->insn.flow == FLOW_RETURN || from->insn.flow == FLOW_INDIRECT;
  bool tail = !call && to->function_entry && to->function != from->function;
  if (!call && !leaves && !tail) return;
  arrival_t *a = &m->arrival;
  a->due = a->transfer = true;
  a->call = call;
  a->tail = tail;
  a->function = to->function;
  a->address = to->insn.address;
  a->return_address = from->insn.address + from->insn.size;
  a->sp = m->sp;
  if (m->sbrk_function >= 0) a->r0 = engine_register(m->engine, 0);
}

void execute_answer_requests(machine_t *m) {
  sig_atomic_t requests = *m->requests;
  *m->requests = 0;
  if (requests & REQUEST_INTERRUPT) {
    end_run(m, RUN_INTERRUPTED);
  } else if (requests & REQUEST_STOP) {
    end_run(m, RUN_STOPPED);
  } else if (requests & REQUEST_TIMEOUT) {
    end_run(m, RUN_TIMEOUT);
  } else if ((requests & REQUEST_PROGRESS) && m->options.progress) {
    blocks_settle(m);
    m->options.progress(m->pipeline.now, m->totals.instructions);
  }
}

/* FROM has sent control elsewhere than to its successor: to TO. */
void execute_jumped(machine_t *m, const code_slot_t *from, const code_slot_t *to) {
  if (from->insn.flow == FLOW_BRANCH && to == from &&
      (!may_be_interrupted(m) || peripherals_input_over(m->peripherals, m->pipeline.now))) {
    end_run(m, RUN_HALTED); /* `b .` for ever */
    return;
  }
  execute_note_transfer(m, from, to);
  if (m->requests && *m->requests) execute_answer_requests(m);
}

/* Times the pending instruction, which went to ADDRESS, and returns the slot there (NULL: the run ended). */
code_slot_t *execute_complete(machine_t *m, uint32_t address) {
  code_slot_t *from = m->pending;
  code_slot_t *slot = from->fall;
  uint32_t fall = from->insn.address + from->insn.size;
  if (address == fall) {
    m->outcome.next = address;
    /* A branch to the next instruction refills the pipeline like any other. */
    m->outcome.taken = from->insn.flow != FLOW_NONE && from->insn.flow != FLOW_CONDITIONAL;
    execute_time(m, from);
    if (!slot || slot->key != address) from->fall = slot = find_slot(m, address);
    if (from->insn.flags & INSN_WRITES_SP) track_stack(m, from);
    if (slot && m->outcome.taken) execute_note_transfer(m, from, slot);
    return slot;
  }
  bool skips = from->it_left != 0;
  m->outcome.taken = !skips;
  m->outcome.next = address;
  execute_time(m, from);
  if (from->insn.flags & INSN_WRITES_SP) track_stack(m, from);
  if (skips) retire_skipped(m, from, address);
  slot = from->jump;
  if (!slot || slot->key != address) from->jump = slot = find_slot(m, address);
  if (slot && !skips) execute_jumped(m, from, slot); /* also where a fault is taken instead of what is there */
  return m->ended ? NULL : slot;
}

/* Operand values before the instruction runs. */
fp64_operands_t execute_compare_doubles(machine_t *m, const insn_t *insn) {
  uint64_t factors[2] = {0}, accumulator = 0;
  unsigned count = 0;
  for (unsigned i = 0; i < insn->operand_count; i++) {
    unsigned reg = insn->operands[i].reg, role = insn->operands[i].role;
    if (reg < REG_S0 || (reg & 1u)) continue; /* the odd half of a double */
    uint64_t value = engine_double_register(m->engine, (reg - REG_S0) / 2);
    if (role == ROLE_FP_ACCUMULATE_MLA || role == ROLE_FP_ACCUMULATE_FMA) {
      accumulator = value;
    } else if (count < 2) {
      factors[count++] = value;
    }
  }
  return fp64_compare(insn, factors[0], factors[1], accumulator);
}

static bool divides_by_zero(machine_t *m, const code_slot_t *slot) {
  if (m->outcome.divisor != 0 || !scs_switch(m->scs, SCS_DIV_0_TRP)) return false;
  m->pending = NULL;
  uint32_t pc = slot->insn.address;
  take_fault(m, &(fault_t){.cfsr = CFSR_DIVBYZERO, .pc = pc, .return_address = pc, .it_state = it_state_of(m, slot)},
             "division by zero at %s", describe_address(m, pc));
  return true;
}

/* Exceptions clear the local monitor, which the engine keeps: STREX then stores nothing and returns 1. [ARMv7-M A3.4]
 */
static void watch_monitor(machine_t *m, const code_slot_t *slot) {
  if (slot->insn.cls == CLASS_LOAD_EXCLUSIVE) {
    m->monitor_lost = false;
  } else if (m->monitor_lost && !(slot->insn.flags & INSN_IN_IT)) { /* inside IT the engine cannot be led round it */
    engine_set_register(m->engine, slot->insn.result, 1);
    engine_redirect(m->engine, slot->insn.address + slot->insn.size);
  }
}

void execute_insn(void *machine, uint32_t address) {
  machine_t *m = machine;
  if (m->ended) return;
  if (m->bb.on && !m->bb.stepping) {
    blocks_point(m, address);
    return;
  }
  code_slot_t *slot;
  if (m->pending) {
    if (m->bb.on) blocks_store_exclusive(m);
    m->pending = slot = checked(m, execute_complete(m, address));
    if (!slot) return;
    m->outcome = (outcome_t){0};
  } else { /* control was redirected here */
    if (m->requests && *m->requests) execute_answer_requests(m);
    if (m->ended) return;
    if (m->skip_from) execute_skip(m, address);
    m->pending = slot = checked(m, find_slot(m, address));
    if (!slot) return;
    m->outcome = m->fresh;
    m->fresh = (outcome_t){0};
  }
  if (m->pipeline.now >= m->attention_at && !attend(m, slot)) return;
  if (m->mpu_on && !check_fetch(m, slot)) return;
  if (m->debug && !debug_insn(m)) return;
  if (slot->insn.flags & INSN_EXCLUSIVE) {
    watch_monitor(m, slot);
  } else if (slot->insn.flags & INSN_DIVIDE) {
    m->outcome.dividend = engine_register(m->engine, slot->insn.divide_n);
    m->outcome.divisor = engine_register(m->engine, slot->insn.divide_m);
    if (divides_by_zero(m, slot)) return;
  } else if ((slot->insn.flags & INSN_FP_ARITH) && fp64_has_operands(&slot->insn)) {
    m->outcome.fp64_operands = (uint8_t)execute_compare_doubles(m, &slot->insn);
  }
  if (m->bb.on) blocks_announce_accesses(m, slot);
}

/* Memory answers with its own cost. */
static void ask_memory(machine_t *m, uint32_t address, unsigned bytes, bool write) {
  const mapped_region_t *region = m->last_region;
  if (!region || address - region->base >= region->bytes) {
    region = memory_map_find(&m->map, address);
    if (!region) { /* private peripheral bus */
      m->outcome.slave = SLAVE_PRIVATE;
      if (address >= PPB_BASE) check_private_bus(m, address, bytes, write);
      if (m->bit_band) bit_band_check(m, address, bytes, write);
      return;
    }
    m->last_region = region;
  }
  m->outcome.first_wait = write ? region->first_write : region->first_access;
  m->outcome.after_write_wait = region->read_after_write;
  m->outcome.slave = region->slave;
  m->outcome.memory_grade = region->grade;
}

/* Multiple, double, exclusive and FP accesses must be aligned; the others only when the firmware says so. */
static void check_alignment(machine_t *m, const code_slot_t *slot, uint32_t address, unsigned bytes, bool write) {
  bool word_only = slot->insn.transfers > 1 || slot->insn.cls == CLASS_LOAD_EXCLUSIVE ||
                   slot->insn.cls == CLASS_STORE_EXCLUSIVE || (slot->insn.flags & INSN_FP);
  if (!word_only && !scs_switch(m->scs, SCS_UNALIGN_TRP)) return;
  refuse_access(m, address, bytes, write, CFSR_UNALIGNED, "unaligned access to 0x%08x %s, at %s", (unsigned)address,
                word_only ? "by an instruction that must be aligned" : "while CCR.UNALIGN_TRP forbids it",
                describe_address(m, slot->insn.address));
}

void execute_access(void *machine, uint32_t address, unsigned bytes, bool write) {
  machine_t *m = machine;
  code_slot_t *slot = m->pending;
  if (!slot) return;
  if (m->debug) debug_access(m, address, bytes, write);
  if (write) code_written(m->code, address, bytes);
  if (m->refused.due) {
    if (write) refuse_store(m, address, bytes);
    return;
  }
  if (m->mpu_on) check_access(m, address, bytes, write);
  if (m->outcome.has_address) return;
  m->outcome.has_address = true;
  m->outcome.address = address;
  ask_memory(m, address, bytes, write);
  if (address & (slot->insn.access_bytes - 1u)) check_alignment(m, slot, address, bytes, write);
}

void execute_retire(machine_t *m) {
  if (m->bb.on) blocks_store_exclusive(m);
  if (m->pending) execute_time(m, m->pending);
  m->pending = NULL;
}

uint64_t execute_now(machine_t *m) {
  if (!m->pending) return m->pipeline.now;
  return pipeline_issue_cycle(&m->pipeline, &m->pending->insn, &m->outcome);
}

void execute_finish(machine_t *m, bool pending_done) {
  if (m->bb.on) blocks_end(m);
  if (pending_done) execute_retire(m);
  m->pending = NULL;
  cost_t cost;
  pipeline_drain(&m->pipeline, &cost);
  for (unsigned i = 0; i < cost.count && m->previous; i++)
    charge_slot(m, m->previous, &cost.charges[i]);
  instant_t instant = {m->pipeline.now, &m->totals, m->sp};
  if (m->arrival.due) execute_arrive(m, m->pipeline.now);
  regions_finish(m->call_regions, &instant);
}
