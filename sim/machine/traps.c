/* Everything that ends a run or needs an answer: semihosting, faults, unpriced instructions. */
#include "machine/machine_private.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { SEMIHOSTING_BKPT = 0xBEAB };

/* A run that ends in the handler of a fault has failed, whatever the handler does then; unless it says success. */
static void end_in_fault_handler(machine_t *m, run_end_t end) {
  const char *how = end == RUN_EXITED        ? "exits with failure"
                    : end == RUN_HALTED      ? "waits for ever"
                    : end == RUN_STOPPED     ? "was still running when the run was complete"
                    : end == RUN_MAX_CYCLES  ? "was still running at --max-cycles"
                    : end == RUN_TIMEOUT     ? "was still running at --timeout"
                    : end == RUN_INTERRUPTED ? "was still running when interrupted"
                                             : NULL;
  m->end = RUN_FAULT;
  char after[sizeof m->fault];
  snprintf(after, sizeof after, "%s", m->fault);
  enum { FIRST_CHARS = 800, AFTER_CHARS = 300 }; /* of what is said in all */
  snprintf(m->fault, sizeof m->fault, "%.*s; its handler %s%.*s", FIRST_CHARS, m->fault_taken.message,
           how ? how : "meets: ", AFTER_CHARS, how ? "" : after);
}

void end_run(machine_t *m, run_end_t end) {
  if (m->ended) return;
  m->ended = true;
  m->end = end;
  bool success = end == RUN_EXITED && m->exit_code == 0;
  if (m->fault_taken.exception && !success) end_in_fault_handler(m, end);
  engine_stop(m->engine);
}

void end_fault(machine_t *m, const char *format, ...) {
  if (m->ended) return;
  va_list args;
  va_start(args, format);
  vsnprintf(m->fault, sizeof m->fault, format, args);
  va_end(args);
  end_run(m, RUN_FAULT);
}

const char *describe_address(machine_t *m, uint32_t address) {
  static char text[256];
  const function_t *function = program_function_at(m->program, address);
  source_line_t line;
  int used;
  if (function) {
    used = snprintf(text, sizeof text, "0x%08x <%s+0x%x>", (unsigned)address, function->name,
                    (unsigned)(address - function->address));
  } else {
    used = snprintf(text, sizeof text, "0x%08x", (unsigned)address);
  }
  if (symbols_line(m->symbols, address, &line) && used > 0 && (size_t)used < sizeof text) {
    snprintf(text + used, sizeof text - (size_t)used, " (%s:%u)", line.file, line.line);
  }
  return text;
}

void add_warning(machine_t *m, const char *code, uint32_t address, const char *format, ...) {
  for (size_t i = 0; address && i < m->warning_count; i++) { /* each kind of trouble once per place */
    if (m->warnings[i].address == address && strcmp(m->warnings[i].code, code) == 0) return;
  }
  enum { WARNINGS_MAX = 100 };
  if (m->warning_count == WARNINGS_MAX) return;
  warning_result_t *grown = realloc(m->warnings, (m->warning_count + 1) * sizeof *grown);
  if (!grown) return;
  m->warnings = grown;
  char message[256];
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  const function_t *function = program_function_at(m->program, address);
  m->warnings[m->warning_count++] =
      (warning_result_t){strdup(code), strdup(message), address, function ? strdup(function->name) : NULL};
}

static bool lacks_double(const machine_t *m, const insn_t *insn) {
  return m->target->single_precision && insn->cls >= CLASS_FP64_ADD && insn->cls <= CLASS_FP64_MINMAX;
}

/* Promise: an instruction without a row is a clear message, never a default of 1. */
bool slot_may_run(machine_t *m, code_slot_t *slot) {
  if (slot->checked) return true;
  const insn_t *insn = &slot->insn;
  bool exists = program_code_kind(m->program, insn->address) != CODE_ARM && !(insn->flags & INSN_UNDEFINED) &&
                !m->model->rows[insn->cls].unsupported && !lacks_double(m, insn);
  slot->checked = exists && (!(insn->flags & INSN_FP) || scs_fpu_enabled(m->scs));
  return slot->checked;
}

bool check_slot(machine_t *m, code_slot_t *slot) {
  if (slot_may_run(m, slot)) return true;
  const insn_t *insn = &slot->insn;
  uint32_t pc = insn->address;
  char text[96];
  fault_t fault = {.cfsr = CFSR_UNDEFINSTR, .pc = pc, .return_address = pc};
  if (program_code_kind(m->program, pc) == CODE_ARM) {
    end_fault(m, "Arm-state code at %s: Cortex-M executes Thumb only", describe_address(m, pc));
    return false;
  }
  decode_text(code_decoder(m->code), insn, text, sizeof text);
  if (insn->flags & INSN_UNDEFINED) {
    m->pending = NULL;
    fault.it_state = it_state_of(m, slot);
    take_fault(m, &fault, "undefined instruction '%s' at %s", text, describe_address(m, pc));
    return false;
  }
  bool no_double = lacks_double(m, insn);
  if (m->model->rows[insn->cls].unsupported || no_double) {
    m->pending = NULL;
    take_fault(m, &fault, "'%s' does not exist on %s, at %s", text, no_double ? m->target->name : m->model->core,
               describe_address(m, pc));
    return false;
  }
  m->pending = NULL;
  fault.cfsr = CFSR_NOCP;
  fault.it_state = it_state_of(m, slot);
  take_fault(m, &fault, "'%s' at %s: the FPU is not enabled in CPACR", text, describe_address(m, pc));
  return false;
}

static trap_answer_t semihosting_trap(machine_t *m) {
  uint32_t result = 0;
  const char *why = "";
  uint32_t operation = engine_register(m->engine, 0), parameter = engine_register(m->engine, 1);
  switch (semihosting_call(m->semihosting, operation, parameter, execute_now(m), &result, &why)) {
  case SEMIHOSTING_CONTINUE: engine_set_register(m->engine, 0, result); return TRAP_RESUME;
  case SEMIHOSTING_EXIT:
    m->exit_code = result;
    end_run(m, RUN_EXITED);
    return TRAP_STOP;
  case SEMIHOSTING_BAD: break;
  }
  uint32_t pc = m->pending ? m->pending->insn.address : 0;
  end_fault(m, "semihosting call 0x%x at %s: %s", (unsigned)operation, describe_address(m, pc), why);
  return TRAP_STOP;
}

static trap_answer_t breakpoint(machine_t *m, uint32_t pc) {
  uint16_t opcode = 0;
  if (engine_read(m->engine, pc, &opcode, sizeof opcode) && opcode == SEMIHOSTING_BKPT) return semihosting_trap(m);
  if (m->debug) return TRAP_RESUME; /* it has stopped there */
  m->pending = NULL;
  take_fault(m, &(fault_t){.pc = pc, .return_address = pc, .breakpoint = true},
             "breakpoint instruction at %s: with no debugger this is a HardFault on silicon", describe_address(m, pc));
  return m->ended ? TRAP_STOP : TRAP_RESUME;
}

/* An address near SP, where SP has left its memory, is the stack running out. */
static bool is_stack_overflow(machine_t *m, uint32_t address) {
  enum { NEAR = 4096 };
  uint32_t sp = engine_register(m->engine, REG_SP);
  return sp - address + NEAR / 2 < NEAR &&
         (sp == 0 || !memory_map_find(&m->map, sp - 1) || !memory_map_find(&m->map, address));
}

static const char *kind_of_space(uint32_t address) {
  if (address >= 0x40000000u && address < 0x60000000u) return " (a peripheral: --mcu NAME brings those of the chip)";
  return "";
}

static void bad_access(machine_t *m, trap_kind_t kind, uint32_t address, uint32_t pc) {
  const char *what = kind == TRAP_READ    ? "read of unmapped address"
                     : kind == TRAP_WRITE ? "write to unmapped address"
                                          : "write to read-only address";
  char text[256];
  snprintf(text, sizeof text, "%s%s 0x%08x%s at %s", is_stack_overflow(m, address) ? "stack overflow: " : "", what,
           (unsigned)address, kind_of_space(address), describe_address(m, pc));
  take_bus_fault(m, address, kind != TRAP_READ, text);
}

/* pc behind the SVC. One that may not interrupt what runs becomes a HardFault. */
static void supervisor_call(machine_t *m, uint32_t next) {
  const code_slot_t *slot = m->pending;
  uint32_t pc = slot->insn.address;
  unsigned it_state = slot->it_left ? it_state_of(m, code_at(m->code, next)) : 0;
  execute_retire(m);
  exception_masks_t masks = read_masks(m);
  if (nvic_preempts(m->scs, EXCEPTION_SVCALL, &masks)) {
    take_exception(m, EXCEPTION_SVCALL, next, it_state);
  } else {
    take_fault(m, &(fault_t){.cfsr = 0, .pc = pc, .return_address = pc},
               "SVC at %s, where its priority or a mask forbids it", describe_address(m, pc));
  }
}

/* ADDRESS is where control went. Nothing there can be fetched, or Arm state was asked for. */
static void bad_branch(machine_t *m, trap_kind_t kind, uint32_t address) {
  uint32_t from = m->pending ? m->pending->insn.address : address;
  /* The target may have been announced already: then the branch is the one before. */
  if (from == address && m->previous) from = m->previous->insn.address;
  if (m->pending && m->pending->insn.address != address) {
    m->outcome.taken = true;
    m->outcome.next = address;
    execute_retire(m);
  }
  m->pending = NULL;
  fault_t fault = {.cfsr = CFSR_INVSTATE, .pc = from, .return_address = address};
  if (kind == TRAP_STATE) {
    take_fault(m, &fault, "branch to even address 0x%08x (Arm state) from %s", (unsigned)address,
               describe_address(m, from));
    return;
  }
  fault.cfsr = scs_never_executes(address) ? CFSR_IACCVIOL : CFSR_IBUSERR;
  take_fault(m, &fault, "jump to 0x%08x, where there is no code, from %s", (unsigned)address,
             describe_address(m, from));
}

trap_answer_t trap_taken(void *machine, trap_kind_t kind, uint32_t address) {
  machine_t *m = machine;
  if (m->ended) return TRAP_STOP;
  if (m->bb.on) {
    bool accesses = kind == TRAP_READ || kind == TRAP_WRITE || kind == TRAP_WRITE_FLASH;
    blocks_catch_up(m, accesses && m->bb.block ? blocks_who_goes_to(m, address) : blocks_index_of(m, address));
  }
  if (m->refused.due && kind != TRAP_BKPT) {
    execute_retire(m);
    take_refused(m);
    return m->ended ? TRAP_STOP : TRAP_RESUME;
  }
  uint32_t pc = m->pending ? m->pending->insn.address : address;
  switch (kind) {
  case TRAP_BKPT: return breakpoint(m, address);
  case TRAP_SVC: supervisor_call(m, address); break;
  case TRAP_EXC_RETURN: return_from_exception(m, address); break;
  case TRAP_UNDEFINED:
    m->pending = NULL;
    take_fault(m, &(fault_t){.cfsr = CFSR_UNDEFINSTR, .pc = address, .return_address = address},
               "undefined instruction at %s", describe_address(m, address));
    break;
  case TRAP_FETCH:
  case TRAP_STATE: bad_branch(m, kind, address); break;
  case TRAP_READ:
  case TRAP_WRITE:
  case TRAP_WRITE_FLASH: bad_access(m, kind, address, pc); break;
  case TRAP_OTHER: end_fault(m, "%s at %s", engine_error(m->engine), describe_address(m, pc)); break;
  }
  return m->ended ? TRAP_STOP : TRAP_RESUME;
}
