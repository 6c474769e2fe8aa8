/* Faults: delivered to the firmware's own handler as silicon would, and remembered for the report of a run that ends in
   it. [ARMv7-M B1.5.14] */
#include "machine/machine_private.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const struct {
  uint32_t bit;
  const char *name;
} status_bits[] = {
    {CFSR_IACCVIOL, "IACCVIOL"},     {CFSR_DACCVIOL, "DACCVIOL"},
    {CFSR_IBUSERR, "IBUSERR"},       {CFSR_MUNSTKERR, "MUNSTKERR"},
    {CFSR_UNSTKERR, "UNSTKERR"},     {CFSR_MSTKERR, "MSTKERR"},
    {CFSR_PRECISERR, "PRECISERR"},   {CFSR_IMPRECISERR, "IMPRECISERR"},
    {CFSR_STKERR, "STKERR"},         {CFSR_LSPERR, "LSPERR"},
    {CFSR_UNDEFINSTR, "UNDEFINSTR"}, {CFSR_INVSTATE, "INVSTATE"},
    {CFSR_INVPC, "INVPC"},           {CFSR_NOCP, "NOCP"},
    {CFSR_UNALIGNED, "UNALIGNED"},   {CFSR_DIVBYZERO, "DIVBYZERO"},
};

static const char *status_name(uint32_t cfsr) {
  for (size_t i = 0; i < sizeof status_bits / sizeof status_bits[0]; i++) {
    if (cfsr & status_bits[i].bit) return status_bits[i].name;
  }
  return "not allowed";
}

static const char *const fault_names[] = {[EXCEPTION_NMI] = "NMI",
                                          [EXCEPTION_HARD_FAULT] = "HardFault",
                                          [EXCEPTION_MEM_MANAGE] = "MemManage",
                                          [EXCEPTION_BUS_FAULT] = "BusFault",
                                          [EXCEPTION_USAGE_FAULT] = "UsageFault",
                                          [EXCEPTION_SVCALL] = "SVCall"};

/* No status bit: an SVC that could not be taken. */
static unsigned exception_of(uint32_t cfsr) {
  if (!cfsr) return EXCEPTION_SVCALL;
  if (cfsr & 0xFFu) return EXCEPTION_MEM_MANAGE;
  return cfsr & 0xFF00u ? EXCEPTION_BUS_FAULT : EXCEPTION_USAGE_FAULT;
}

/* "called from b <- c", innermost first. */
static void describe_callers(machine_t *m, char *text, size_t size) {
  enum { CALLERS = 5 };
  int32_t callers[CALLERS];
  unsigned count = regions_callers(m->call_regions, callers, CALLERS);
  size_t used = 0;
  text[0] = '\0';
  for (unsigned i = 0; i < count && used < size; i++) {
    const char *name = callers[i] >= 0 ? m->program->functions[callers[i]].name : "?";
    int n = snprintf(text + used, size - used, "%s%s", i ? " <- " : ", called from ", name);
    used += n > 0 ? (size_t)n : 0;
  }
}

static void remember(machine_t *m, const fault_t *fault, unsigned exception, unsigned taken, const char *what) {
  enum { WHAT_CHARS = 400, BEFORE_CHARS = 380 }; /* of what is said in all */
  char callers[160], before[sizeof m->fault_taken.message];
  describe_callers(m, callers, sizeof callers);
  bool nested = m->fault_taken.exception != 0;
  snprintf(before, sizeof before, "%s", m->fault_taken.message);
  const char *name = fault->breakpoint ? "HardFault" : fault_names[exception];
  const char *status = fault->breakpoint ? "DEBUGEVT" : status_name(fault->cfsr);
  snprintf(m->fault_taken.message, sizeof m->fault_taken.message, "%.*s%s: %s (%s)%s%s%.*s", WHAT_CHARS, what, callers,
           name, status, taken != exception && !fault->breakpoint ? ", escalated to HardFault" : "",
           nested ? "; before it: " : "", BEFORE_CHARS, nested ? before : "");
  m->fault_taken.exception = taken;
}

static bool locks_up(machine_t *m, const exception_masks_t *masks) {
  return nvic_execution_priority(m->scs, masks) <= -1;
}

/* What EXCEPTION becomes now: itself, or HardFault when it has no handler of its own or may not preempt. */
static unsigned escalate(machine_t *m, unsigned exception, const exception_masks_t *masks) {
  bool own =
      exception != EXCEPTION_SVCALL && scs_fault_enabled(m->scs, exception) && nvic_preempts(m->scs, exception, masks);
  return own ? exception : EXCEPTION_HARD_FAULT;
}

bool take_fault(machine_t *m, const fault_t *fault, const char *format, ...) {
  char what[sizeof m->fault_taken.message / 2];
  va_list args;
  va_start(args, format);
  vsnprintf(what, sizeof what, format, args);
  va_end(args);
  exception_masks_t masks = read_masks(m);
  unsigned exception = exception_of(fault->cfsr), taken = escalate(m, exception, &masks);
  bool lost = locks_up(m, &masks);
  remember(m, fault, exception, lost ? exception : taken, what);
  if (lost) {
    m->fault_taken.exception = 0; /* said whole by the message that ends the run */
    char text[sizeof m->fault_taken.message];
    snprintf(text, sizeof text, "%s", m->fault_taken.message);
    end_fault(m, "%s: the core locks up, for a fault may not interrupt %s", text,
              masks.faultmask ? "code with FAULTMASK set" : "HardFault or NMI");
    return false;
  }
  scs_note_fault(m->scs, fault->cfsr, fault->breakpoint ? HFSR_DEBUGEVT : taken == exception ? 0 : HFSR_FORCED);
  add_warning(m, "fault", fault->pc, "%s", m->fault_taken.message);
  if (m->debug) debug_fault(m);
  if (fault->exc_return) return enter_handler(m, taken, fault->exc_return, true);
  return take_exception(m, taken, fault->return_address, fault->it_state);
}

/* Stores are buffered: the core has gone on when the bus refuses one, and the frame returns behind it. Where the store
   writes its base back, which the engine has not done, the fault is delivered as a precise one. */
bool take_bus_fault(machine_t *m, uint32_t address, bool write, const char *message) {
  const code_slot_t *slot = m->pending;
  const insn_t *insn = &slot->insn;
  fault_t fault = {.cfsr = CFSR_PRECISERR | CFSR_BFARVALID,
                   .pc = insn->address,
                   .return_address = insn->address,
                   .it_state = it_state_of(m, slot)};
  if (write && !(insn->flags & INSN_WRITEBACK) && !scs_writes_unbuffered(m->scs)) {
    fault.cfsr = CFSR_IMPRECISERR;
    fault.return_address += insn->size;
    fault.it_state = slot->it_left ? it_state_of(m, code_at(m->code, fault.return_address)) : 0;
  } else {
    scs_set_fault_address(m->scs, true, address);
  }
  execute_retire(m);
  return take_fault(m, &fault, "%s", message);
}

unsigned note_stacking_fault(machine_t *m, unsigned number, uint32_t frame) {
  exception_masks_t masks = read_masks(m);
  bool protected = !may_stack(m, frame);
  fault_t fault = {.cfsr = protected ? CFSR_MSTKERR : CFSR_STKERR, .pc = frame};
  unsigned exception = exception_of(fault.cfsr), taken = escalate(m, exception, &masks);
  char what[128];
  snprintf(what, sizeof what, "stack overflow: %s 0x%08x for the frame of exception %u",
           protected ? "the MPU forbids" : "no memory at", (unsigned)frame, number);
  remember(m, &fault, exception, taken, what);
  if (locks_up(m, &masks)) {
    end_fault(m, "the core locks up");
    return 0;
  }
  scs_note_fault(m->scs, fault.cfsr, taken == exception ? 0 : HFSR_FORCED);
  add_warning(m, "fault", 0, "%s", m->fault_taken.message);
  bool keeps = number <= EXCEPTION_USAGE_FAULT && number < taken; /* a fault that is at least as urgent comes first */
  return keeps ? number : taken;
}

/* ---- accesses that silicon refuses ---- */

void refuse_access(machine_t *m, uint32_t address, unsigned bytes, bool write, uint32_t cfsr, const char *format, ...) {
  refused_access_t *refused = &m->refused;
  if (refused->due || !m->pending) return;
  const code_slot_t *slot = m->pending;
  refused->due = true;
  refused->pc = slot->insn.address;
  refused->it_state = it_state_of(m, slot);
  refused->address = address;
  refused->cfsr = cfsr;
  for (unsigned i = 0; i < 15; i++)
    refused->registers[i] = engine_register(m->engine, i);
  refused->store_count = 0;
  if (write) refuse_store(m, address, bytes);
  va_list args;
  va_start(args, format);
  vsnprintf(refused->message, sizeof refused->message, format, args);
  va_end(args);
  m->attention_at = 0;
}

/* What is no memory looks at refused.due itself. */
void refuse_store(machine_t *m, uint32_t address, unsigned bytes) {
  refused_access_t *refused = &m->refused;
  if (refused->store_count == REFUSED_STORES || bytes > sizeof refused->stores[0].bytes) return;
  if (!memory_read(m, address, refused->stores[refused->store_count].bytes, bytes)) return;
  refused->stores[refused->store_count].address = address;
  refused->stores[refused->store_count++].count = bytes;
}

bool take_refused(machine_t *m) {
  refused_access_t *refused = &m->refused;
  refused->due = false;
  for (unsigned i = 0; i < 15; i++)
    engine_set_register(m->engine, i, refused->registers[i]);
  while (refused->store_count) {
    refused->store_count--;
    memory_write(m, refused->stores[refused->store_count].address, refused->stores[refused->store_count].bytes,
                 refused->stores[refused->store_count].count);
  }
  m->arrival.due = m->arrival.transfer = false;
  if (refused->cfsr & CFSR_BFARVALID) scs_set_fault_address(m->scs, true, refused->address);
  if (refused->cfsr & CFSR_MMARVALID) scs_set_fault_address(m->scs, false, refused->address);
  fault_t fault = {
      .cfsr = refused->cfsr, .pc = refused->pc, .return_address = refused->pc, .it_state = refused->it_state};
  return take_fault(m, &fault, "%s", refused->message);
}

bool is_privileged(machine_t *m) {
  return (engine_special(m->engine, SPECIAL_XPSR) & 0x1FFu) ||
         !(engine_special(m->engine, SPECIAL_CONTROL) & CONTROL_NPRIV);
}

void mpu_forget(machine_t *m) { memset(m->mpu_granted, 0, sizeof m->mpu_granted); }

bool mpu_allows(machine_t *m, uint32_t address, mpu_access_t access) {
  uint32_t grain = address / MPU_GRAIN + 1, *granted = &m->mpu_granted[access][grain % MPU_GRANTS];
  if (*granted == grain) return true;
  exception_masks_t masks = read_masks(m);
  bool negative = masks.faultmask || nvic_in_hard_fault(m->scs);
  if (!scs_mpu_allows(m->scs, address, access, is_privileged(m), negative)) return false;
  *granted = grain;
  return true;
}

bool may_unstack(machine_t *m, uint32_t address) { return !m->mpu_on || mpu_allows(m, address, MPU_READ); }

bool may_stack(machine_t *m, uint32_t address) { return !m->mpu_on || mpu_allows(m, address, MPU_WRITE); }

/* Unprivileged code reaches the system control space only by STIR, and that when CCR.USERSETMPEND lets it. */
void check_private_bus(machine_t *m, uint32_t address, unsigned bytes, bool write) {
  if (is_privileged(m) || (write && address == ADDRESS_STIR && scs_switch(m->scs, SCS_USERSETMPEND))) return;
  refuse_access(m, address, bytes, write, CFSR_PRECISERR | CFSR_BFARVALID,
                "unprivileged access to 0x%08x of the private peripheral bus, at %s", (unsigned)address,
                describe_address(m, m->pending->insn.address));
}

void check_access(machine_t *m, uint32_t address, unsigned bytes, bool write) {
  if (mpu_allows(m, address, write ? MPU_WRITE : MPU_READ)) return;
  refuse_access(m, address, bytes, write, CFSR_DACCVIOL | CFSR_MMARVALID, "%s 0x%08x, which the MPU forbids, at %s",
                write ? "write to" : "read of", (unsigned)address, describe_address(m, m->pending->insn.address));
}

void mpu_note_privilege(machine_t *m) {
  unsigned before = m->previous ? m->previous->insn.cls : CLASS_HINT;
  if (before == CLASS_SYSREG_WRITE || before == CLASS_CPS) mpu_forget(m); /* privilege or FAULTMASK may have changed */
}

bool check_fetch(machine_t *m, const code_slot_t *slot) {
  uint32_t pc = slot->insn.address;
  mpu_note_privilege(m);
  if (mpu_allows(m, pc, MPU_EXECUTE)) return true;
  m->pending = NULL;
  take_fault(m, &(fault_t){.cfsr = CFSR_IACCVIOL, .pc = pc, .return_address = pc, .it_state = it_state_of(m, slot)},
             "execution at %s, which the MPU forbids", describe_address(m, pc));
  return false;
}
