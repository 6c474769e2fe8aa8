/* Exceptions: entry, return, sleep, and what falls due between two instructions. [ARMv7-M B1.5]

   The engine knows modes and banked stack pointers; stacking, vectors and EXC_RETURN are done here. Cycles are charged
   by pipeline_step() from the events in outcome_t: entry belongs to the handler's first instruction, the return to the
   returning one, sleep to the one that sleeps. An exception is taken between instructions and never inside an IT block
   (silicon does; at most three instructions later here); multi-cycle instructions are completed, not abandoned. */
#include "machine/machine_private.h"

#include <string.h>

enum {
  FRAME_WORDS = 8,
  FRAME_BYTES = 4 * FRAME_WORDS,
  FP_FRAME_BYTES = 0x48, /* S0 to S15, FPSCR, a reserved word */
  XPSR_ALIGNED = 1 << 9, /* stacked xPSR: SP was moved by four for alignment */
  XPSR_IPSR = 0x1FF,
  XPSR_THUMB = 1 << 24,
  XPSR_IT = 0x0600FC00,
  EXC_RETURN_BASIC_FRAME = 1 << 4,
  EXC_RETURN_THREAD = 1 << 3,
  EXC_RETURN_PROCESS_STACK = 1 << 2,
};

exception_masks_t read_masks(machine_t *m) {
  return (exception_masks_t){engine_special(m->engine, SPECIAL_PRIMASK) & 1,
                             engine_special(m->engine, SPECIAL_BASEPRI) & 0xFF,
                             engine_special(m->engine, SPECIAL_FAULTMASK) & 1};
}

void update_attention(machine_t *m, uint64_t now) {
  scs_advance(m->scs, now); /* what passed zero on the way here is pending, not skipped */
  if (scs_take_newly_pending(m->scs) && scs_switch(m->scs, SCS_SEVONPEND)) m->event = true;
  m->mpu_on = scs_mpu_enabled(m->scs);
  mpu_forget(m);
  blocks_attend(m);
  bool lazy = scs_fpccr(m->scs) & FPCCR_LSPACT;
  if (lazy || m->refused.due || m->reset_due || nvic_any_pending(m->scs)) {
    m->attention_at = 0;
    return;
  }
  uint64_t next = m->cycle_limit < m->io_due ? m->cycle_limit : m->io_due;
  if (scs_systick_interrupt_enabled(m->scs)) {
    uint64_t zero = scs_systick_next_zero(m->scs, now);
    if (zero < next) next = zero;
  }
  m->attention_at = next;
}

static void advance(machine_t *m, uint64_t now) {
  scs_advance(m->scs, now);
  io_advance(m, now);
}

/* ITSTATE of SLOT: the conditions of it and its followers, and a one behind the last. [ARMv7-M A7.3.3] */
unsigned it_state_of(machine_t *m, const code_slot_t *slot) {
  if (!slot || !(slot->insn.flags & INSN_IN_IT)) return 0;
  unsigned state = (unsigned)slot->insn.condition << 4, left = slot->it_left, bit = 3;
  for (const code_slot_t *at = slot; left; left--, bit--) {
    at = code_at(m->code, at->insn.address + at->insn.size);
    if (!at) return 0;
    state |= (at->insn.condition & 1u) << bit;
  }
  return state | 1u << bit;
}

static uint32_t with_it_state(uint32_t xpsr, unsigned state) {
  const uint32_t it_bits = 0x0600FC00u;
  return (xpsr & ~it_bits) | (state & 3u) << 25 | (state >> 2) << 10;
}

static uint8_t wait_of(const machine_t *m, uint32_t address, bool write) {
  const mapped_region_t *region = memory_map_find(&m->map, address);
  if (!region) return 0;
  return write ? region->first_write : region->first_access;
}

/* ---- entry ---- */

/* Space for FP state is left in the frame; S0 to S15 are saved now or, with LSPEN, at the first FP instruction. */
static bool save_fp_state(machine_t *m, uint32_t at) {
  uint32_t state[17];
  for (unsigned i = 0; i < 16; i++) {
    state[i] = engine_single_register(m->engine, i);
  }
  state[16] = engine_special(m->engine, SPECIAL_FPSCR);
  return memory_write(m, at, state, sizeof state);
}

static bool stack_fp_state(machine_t *m, uint32_t at) {
  uint32_t fpccr = scs_fpccr(m->scs);
  if (!(fpccr & FPCCR_LSPEN)) {
    m->fresh.events |= EVENT_FP_SAVE;
    return save_fp_state(m, at);
  }
  scs_set_fpcar(m->scs, at);
  scs_set_fpccr(m->scs, fpccr | FPCCR_LSPACT);
  return true;
}

/* False: the stack is no memory, or the MPU forbids it. */
static bool push_frame(machine_t *m, uint32_t return_address, uint32_t xpsr, bool fp, uint32_t *frame) {
  uint32_t sp = engine_register(m->engine, REG_SP), bytes = FRAME_BYTES + (fp ? FP_FRAME_BYTES : 0u);
  bool align = (fp || scs_switch(m->scs, SCS_STKALIGN)) && (sp & 4u);
  *frame = sp - bytes - (align ? 4u : 0u);
  uint32_t words[FRAME_WORDS];
  for (unsigned i = 0; i < 4; i++)
    words[i] = engine_register(m->engine, i);
  words[4] = engine_register(m->engine, 12);
  words[5] = engine_register(m->engine, REG_LR);
  words[6] = return_address & ~1u;
  words[7] = align ? xpsr | XPSR_ALIGNED : xpsr & ~(uint32_t)XPSR_ALIGNED;
  bool good = may_stack(m, *frame) && may_stack(m, *frame + bytes - 4) && memory_write(m, *frame, words, sizeof words);
  if (good && fp) good = stack_fp_state(m, *frame + FRAME_BYTES);
  engine_set_register(m->engine, REG_SP, *frame);
  return good;
}

static bool read_vector(machine_t *m, unsigned number, uint32_t *handler) {
  return memory_read(m, scs_vtor(m->scs) + 4 * number, handler, sizeof *handler) && *handler != 0;
}

/* What arrives before the vector is fetched, and is more urgent, takes the vector of the one already being stacked.
   [ARMv7-M B1.5.11] Vector and handler take as long to fetch as between two chained handlers. [KA-EX: six cycles] */
static unsigned late_arrival(machine_t *m, unsigned number) {
  if (number < EXCEPTION_PENDSV) return number; /* what an instruction caused */
  const cost_parameter_t *parameters = m->model->parameters;
  unsigned entry = parameters[PARAMETER_EXCEPTION_ENTRY].value,
           fetch = parameters[PARAMETER_EXCEPTION_TAIL_CHAIN].value;
  if (entry > fetch) advance(m, m->pipeline.now + entry - fetch);
  exception_masks_t masks = read_masks(m);
  nvic_activate(m->scs, number); /* as if: what preempts it now? */
  unsigned later = nvic_next(m->scs, &masks);
  if (!later) return number;
  nvic_deactivate(m->scs, number);
  nvic_pend(m->scs, number);
  return later;
}

static void note_handler(machine_t *m, uint32_t handler, bool chained) {
  arrival_t *a = &m->arrival;
  a->due = a->transfer = a->call = a->switches = true;
  a->leaves_handler = chained;
  a->tail = false;
  a->function = program_function_index(m->program, program_function_at(m->program, handler));
  a->address = handler;
  a->return_address = HANDLER_RETURN;
  a->sp = engine_register(m->engine, REG_SP);
}

/* Mode, LR, masks and pc; the frame has been stacked, or stands already when handlers are chained. */
bool enter_handler(machine_t *m, unsigned number, uint32_t exc_return, bool chained) {
  uint32_t handler = 0;
  if (!read_vector(m, number, &handler)) {
    end_fault(m, "%s%sexception %u was taken, but the vector table at 0x%08x has no handler for it: lock-up",
              m->fault_taken.message, m->fault_taken.exception ? "; " : "", number, (unsigned)scs_vtor(m->scs));
    return false;
  }
  uint32_t control = engine_special(m->engine, SPECIAL_CONTROL);
  nvic_activate(m->scs, number);
  engine_set_mode(m->engine, number, 0);
  engine_set_special(m->engine, SPECIAL_CONTROL, control & ~(uint32_t)CONTROL_FPCA); /* which needs privilege */
  scs_set_ipsr(m->scs, number);
  engine_set_register(m->engine, REG_LR, exc_return);
  note_handler(m, handler & ~1u, chained);
  m->event = m->monitor_lost = true;
  m->exceptions_taken++;
  execute_stack_moved(m, true);
  update_attention(m, m->pipeline.now);
  if (!(handler & 1u)) {
    m->pending = NULL;
    return take_fault(m, &(fault_t){.cfsr = CFSR_INVSTATE, .pc = handler, .return_address = handler},
                      "the vector of exception %u, 0x%08x, has no Thumb bit", number, (unsigned)handler);
  }
  engine_redirect(m->engine, handler & ~1u);
  return true;
}

/* The frame did not fit into memory: a BusFault of its own, which comes first when it is the more urgent one. Nothing
   is stacked again. [ARMv7-M B1.5.14] */
static bool stacking_failed(machine_t *m, unsigned number, uint32_t frame, uint32_t exc_return) {
  unsigned fault = note_stacking_fault(m, number, frame);
  if (fault != number && nvic_deactivate(m->scs, number)) nvic_pend(m->scs, number); /* it waits */
  return fault != 0 && enter_handler(m, fault, exc_return, false);
}

/* Calls and markers of the instruction before take effect now: the next to issue is the handler's first. */
static void settle_arrival(machine_t *m) {
  if (m->arrival.due) execute_arrive(m, m->pipeline.now);
}

bool take_exception(machine_t *m, unsigned number, uint32_t return_address, unsigned it_state) {
  settle_arrival(m);
  m->pending = NULL;
  uint32_t control = engine_special(m->engine, SPECIAL_CONTROL), xpsr = engine_special(m->engine, SPECIAL_XPSR);
  bool handler_mode = xpsr & XPSR_IPSR, process = !handler_mode && (control & CONTROL_SPSEL);
  bool fp = (control & CONTROL_FPCA) && (scs_fpccr(m->scs) & FPCCR_ASPEN);
  number = late_arrival(m, number);
  uint32_t frame;
  m->fresh = (outcome_t){.events = EVENT_ENTRY};
  bool stacked = push_frame(m, return_address, with_it_state(xpsr, it_state), fp, &frame);
  m->fresh.stack_wait = wait_of(m, frame, true);
  uint32_t exc_return = 0xFFFFFFE1u | (fp ? 0 : EXC_RETURN_BASIC_FRAME) | (handler_mode ? 0 : EXC_RETURN_THREAD) |
                        (process ? EXC_RETURN_PROCESS_STACK : 0);
  if (!stacked) return stacking_failed(m, number, frame, exc_return);
  return enter_handler(m, number, exc_return, false);
}

/* ---- return ---- */

/* False: *CFSR says why. */
static bool pop_frame(machine_t *m, uint32_t exc_return, uint32_t *pc, uint32_t *cfsr) {
  bool thread = exc_return & EXC_RETURN_THREAD, process = exc_return & EXC_RETURN_PROCESS_STACK;
  bool fp = !(exc_return & EXC_RETURN_BASIC_FRAME);
  uint32_t frame = engine_special(m->engine, process ? SPECIAL_PSP : SPECIAL_MSP), words[FRAME_WORDS];
  *cfsr = may_unstack(m, frame) ? CFSR_UNSTKERR : CFSR_MUNSTKERR;
  if (*cfsr == CFSR_MUNSTKERR || !memory_read(m, frame, words, sizeof words)) return false;
  uint32_t xpsr = words[7], bytes = FRAME_BYTES + (fp ? FP_FRAME_BYTES : 0u), fpccr = scs_fpccr(m->scs);
  if (((xpsr & XPSR_IPSR) == 0) != thread) {
    *cfsr = CFSR_INVPC;
    return false;
  }
  if (fp && (fpccr & FPCCR_LSPACT)) {
    scs_set_fpccr(m->scs, fpccr & ~(uint32_t)FPCCR_LSPACT); /* never saved, so still in the registers */
  } else if (fp) {
    uint32_t saved[17];
    if (!memory_read(m, frame + FRAME_BYTES, saved, sizeof saved)) return false;
    for (unsigned i = 0; i < 16; i++)
      engine_set_single_register(m->engine, i, saved[i]);
    engine_set_special(m->engine, SPECIAL_FPSCR, saved[16]);
  }
  for (unsigned i = 0; i < 4; i++)
    engine_set_register(m->engine, i, words[i]);
  engine_set_register(m->engine, 12, words[4]);
  engine_set_register(m->engine, REG_LR, words[5]);
  uint32_t sp = (frame + bytes) | (xpsr & XPSR_ALIGNED ? 4u : 0u);
  engine_set_special(m->engine, process ? SPECIAL_PSP : SPECIAL_MSP, sp);
  uint32_t control = engine_special(m->engine, SPECIAL_CONTROL) & CONTROL_NPRIV;
  control |= (process ? CONTROL_SPSEL : 0u) | (fp ? CONTROL_FPCA : 0u);
  unsigned ipsr = xpsr & XPSR_IPSR;
  if (ipsr) engine_set_special(m->engine, SPECIAL_CONTROL, control);
  engine_set_mode(m->engine, ipsr, control);
  engine_set_special(m->engine, SPECIAL_XPSR, xpsr & ~(uint32_t)XPSR_ALIGNED);
  scs_set_ipsr(m->scs, ipsr);
  m->skip_from = xpsr & XPSR_IT ? words[6] & ~1u : 0;
  *pc = words[6];
  return true;
}

static bool is_exc_return(uint32_t value) {
  switch (value) {
  case 0xFFFFFFE1u:
  case 0xFFFFFFE9u:
  case 0xFFFFFFEDu:
  case 0xFFFFFFF1u:
  case 0xFFFFFFF9u:
  case 0xFFFFFFFDu: return true;
  default: return false;
  }
}

/* The returning instruction is pending; EXC_RETURN lacks its bit 0. */
bool return_from_exception(machine_t *m, uint32_t exc_return) {
  exc_return |= 1u;
  unsigned number = engine_special(m->engine, SPECIAL_XPSR) & XPSR_IPSR;
  uint32_t from = m->pending ? m->pending->insn.address : 0;
  m->outcome.taken = true;
  m->outcome.next = exc_return & ~1u;
  if (!is_exc_return(exc_return) || !nvic_deactivate(m->scs, number)) {
    nvic_deactivate(m->scs, number);
    m->outcome.events |= EVENT_CHAIN;
    execute_retire(m);
    return take_fault(m, &(fault_t){.cfsr = CFSR_INVPC, .pc = from, .exc_return = exc_return},
                      "exception return with 0x%08x at %s", (unsigned)exc_return, describe_address(m, from));
  }
  if (number != EXCEPTION_NMI) engine_set_special(m->engine, SPECIAL_FAULTMASK, 0);
  if (number == m->fault_taken.exception) m->fault_taken.exception = 0; /* the firmware has dealt with it */
  uint64_t now = execute_now(m);
  advance(m, now);
  exception_masks_t masks = read_masks(m);
  unsigned next = nvic_next(m->scs, &masks);
  if (!next && (exc_return & EXC_RETURN_THREAD) && scs_switch(m->scs, SCS_SLEEPONEXIT)) {
    if (!sleep_until_event(m, false)) {
      end_run(m, RUN_HALTED);
      return false;
    }
    next = nvic_next(m->scs, &masks);
  }
  uint32_t stack = engine_special(m->engine, exc_return & EXC_RETURN_PROCESS_STACK ? SPECIAL_PSP : SPECIAL_MSP);
  m->outcome.events |= next ? EVENT_CHAIN : EVENT_RETURN;
  bool stacked_fp = !(exc_return & EXC_RETURN_BASIC_FRAME) && !(scs_fpccr(m->scs) & FPCCR_LSPACT);
  if (!next && stacked_fp) m->outcome.events |= EVENT_FP_RESTORE;
  m->outcome.stack_wait = next ? 0 : wait_of(m, stack, false);
  execute_retire(m);
  settle_arrival(m);
  if (next) return enter_handler(m, next, exc_return, true);
  uint32_t pc, cfsr;
  if (!pop_frame(m, exc_return, &pc, &cfsr)) {
    return take_fault(m, &(fault_t){.cfsr = cfsr, .pc = from, .exc_return = exc_return},
                      "exception return at %s finds no frame of an exception at 0x%08x", describe_address(m, from),
                      (unsigned)stack);
  }
  arrival_t *a = &m->arrival;
  a->due = a->leaves_handler = a->switches = true;
  a->transfer = false;
  a->sp = engine_register(m->engine, REG_SP);
  m->event = m->monitor_lost = true;
  execute_stack_moved(m, true);
  update_attention(m, m->pipeline.now);
  if (!(engine_special(m->engine, SPECIAL_XPSR) & XPSR_THUMB)) {
    m->pending = NULL;
    return take_fault(m, &(fault_t){.cfsr = CFSR_INVSTATE, .pc = pc & ~1u, .return_address = pc},
                      "exception return to 0x%08x with the Thumb bit clear in the stacked xPSR, at %s",
                      (unsigned)(pc & ~1u), describe_address(m, from));
  }
  engine_redirect(m->engine, pc & ~1u);
  return true;
}

/* ---- between two instructions ---- */

/* False: what FPCAR points to is no memory, which firmware can bring about. */
static bool save_lazily(machine_t *m, const code_slot_t *slot) {
  if (!save_fp_state(m, scs_fpcar(m->scs))) {
    uint32_t pc = slot->insn.address;
    m->pending = NULL;
    take_fault(m, &(fault_t){.cfsr = CFSR_LSPERR, .pc = pc, .return_address = pc, .it_state = it_state_of(m, slot)},
               "lazy saving of FP state to 0x%08x, which is no memory, at %s", (unsigned)scs_fpcar(m->scs),
               describe_address(m, pc));
    return false;
  }
  scs_set_fpccr(m->scs, scs_fpccr(m->scs) & ~(uint32_t)FPCCR_LSPACT);
  m->outcome.events |= EVENT_FP_SAVE;
  return true;
}

bool attend(machine_t *m, const code_slot_t *slot) {
  uint64_t now = m->pipeline.now;
  if (m->refused.due) {
    take_refused(m);
    return false;
  }
  if (now >= m->cycle_limit) {
    end_run(m, RUN_MAX_CYCLES);
    return false;
  }
  if (m->reset_due) {
    take_reset(m);
    return false;
  }
  advance(m, now);
  if (m->ended) return false;
  if (!(slot->insn.flags & INSN_IN_IT) && nvic_any_pending(m->scs)) {
    exception_masks_t masks = read_masks(m);
    unsigned number = nvic_next(m->scs, &masks);
    if (number) {
      take_exception(m, number, slot->insn.address, 0);
      return false;
    }
  }
  if ((slot->insn.flags & INSN_FP) && (scs_fpccr(m->scs) & FPCCR_LSPACT) && !save_lazily(m, slot)) return false;
  update_attention(m, now);
  return true;
}

bool may_be_interrupted(machine_t *m) {
  exception_masks_t masks = read_masks(m);
  if (nvic_execution_priority(m->scs, &masks) <= 0) return false;
  if (nvic_next(m->scs, &masks)) return true;
  if (scs_systick_interrupt_enabled(m->scs) && nvic_preempts(m->scs, EXCEPTION_SYSTICK, &masks)) return true;
  return peripherals_next_change(m->peripherals) != UINT64_MAX && nvic_any_preempts(m->scs, &masks);
}

/* WFI wakes for what would preempt if PRIMASK were clear. [ARMv7-M B1.5.19] */
static exception_masks_t masks_asleep(machine_t *m, bool wfe) {
  exception_masks_t masks = read_masks(m);
  if (!wfe) masks.primask = 0;
  return masks;
}

static bool wakes(machine_t *m, bool wfe) {
  exception_masks_t masks = masks_asleep(m, wfe);
  if (nvic_next(m->scs, &masks)) return true;
  return wfe && scs_take_newly_pending(m->scs) && scs_switch(m->scs, SCS_SEVONPEND);
}

/* UINT64_MAX: nothing that could wake is under way. */
static uint64_t next_wake_up(machine_t *m, bool wfe, uint64_t now) {
  exception_masks_t masks = masks_asleep(m, wfe);
  bool pends_wake = wfe && scs_switch(m->scs, SCS_SEVONPEND);
  uint64_t next = UINT64_MAX;
  if (scs_systick_interrupt_enabled(m->scs) && (pends_wake || nvic_preempts(m->scs, EXCEPTION_SYSTICK, &masks))) {
    next = scs_systick_next_zero(m->scs, now);
  }
  if (pends_wake || nvic_any_preempts(m->scs, &masks)) {
    uint64_t change = peripherals_next_change(m->peripherals);
    if (change < next) next = change;
  }
  return next > now ? next : now + 1;
}

bool sleep_until_event(machine_t *m, bool wfe) {
  enum { SLEEP_MAX = INT32_MAX }; /* of one instruction: its charges are 32-bit numbers */
  if (wfe && m->event) {
    m->event = false;
    return true;
  }
  uint64_t from = execute_now(m) + 1, now = from, latest = from + SLEEP_MAX; /* wakes early, as WFI may */
  if (m->cycle_limit < latest) latest = m->cycle_limit > from ? m->cycle_limit : from;
  if (peripherals_input_over(m->peripherals, now)) return false;
  advance(m, now);
  while (!wakes(m, wfe)) {
    uint64_t next = next_wake_up(m, wfe, now);
    if (m->requests && *m->requests) execute_answer_requests(m);
    if (next == UINT64_MAX || m->ended) return false;
    now = next < latest ? next : latest;
    if (now == latest) break;
    advance(m, now);
  }
  m->outcome.slept = (uint32_t)(now - from);
  m->outcome.events |= EVENT_SLEEP;
  update_attention(m, now);
  return true;
}
