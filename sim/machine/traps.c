/* Everything that ends a run or needs an answer: semihosting, faults, unpriced instructions. */
#include "machine/machine_private.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { SEMIHOSTING_BKPT = 0xBEAB };

void end_run(machine_t *m, run_end_t end) {
  if (m->ended) return;
  m->ended = true;
  m->end = end;
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

/* Promise: an instruction without a row is a clear message, never a default of 1. */
bool check_slot(machine_t *m, const code_slot_t *slot) {
  const insn_t *insn = &slot->insn;
  char text[96];
  decode_text(code_decoder(m->code), insn, text, sizeof text);
  if (program_code_kind(m->program, insn->address) == CODE_ARM) {
    end_fault(m, "Arm-state code at %s: Cortex-M executes Thumb only", describe_address(m, insn->address));
    return false;
  }
  if (insn->flags & INSN_UNDEFINED) {
    end_fault(m, "undefined instruction '%s' at %s", text, describe_address(m, insn->address));
    return false;
  }
  if (m->model->rows[insn->cls].unsupported) {
    end_fault(m, "'%s' does not exist on %s, at %s", text, m->model->core, describe_address(m, insn->address));
    return false;
  }
  if ((insn->flags & INSN_FP) && !scs_fpu_enabled(m->scs)) {
    end_fault(m, "'%s' at %s: the FPU is not enabled in CPACR, UsageFault (NOCP) on silicon", text,
              describe_address(m, insn->address));
    return false;
  }
  return true;
}

static trap_answer_t semihosting_trap(machine_t *m) {
  uint32_t result = 0;
  const char *why = "";
  uint32_t operation = engine_register(m->engine, 0), parameter = engine_register(m->engine, 1);
  switch (semihosting_call(m->semihosting, operation, parameter, execute_now(m), &result, &why)) {
  case SEMIHOSTING_CONTINUE: engine_set_register(m->engine, 0, result); return TRAP_RESUME_NEXT;
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
  end_fault(m, "breakpoint instruction at %s: with no debugger this is a HardFault on silicon",
            describe_address(m, pc));
  return TRAP_STOP;
}

/* An address near SP, where SP has left its memory, is the stack running out. */
static bool is_stack_overflow(machine_t *m, uint32_t address) {
  enum { NEAR = 4096 };
  uint32_t sp = engine_register(m->engine, REG_SP);
  return sp - address + NEAR / 2 < NEAR &&
         (sp == 0 || !memory_map_find(&m->map, sp - 1) || !memory_map_find(&m->map, address));
}

static const char *kind_of_space(uint32_t address) {
  if (address >= 0x22000000u && address < 0x24000000u) return " (bit-band alias: not modelled yet)";
  if (address >= 0x40000000u && address < 0x60000000u) return " (a peripheral: not modelled)";
  return "";
}

static void bad_access(machine_t *m, trap_kind_t kind, uint32_t address, uint32_t pc) {
  const char *at = describe_address(m, pc);
  const char *what = kind == TRAP_READ    ? "read of unmapped address"
                     : kind == TRAP_WRITE ? "write to unmapped address"
                                          : "write to read-only address";
  if (is_stack_overflow(m, address)) {
    end_fault(m, "stack overflow: %s 0x%08x at %s", what, (unsigned)address, at);
  } else {
    end_fault(m, "%s 0x%08x%s at %s", what, (unsigned)address, kind_of_space(address), at);
  }
}

trap_answer_t trap_taken(void *machine, trap_kind_t kind, uint32_t address) {
  machine_t *m = machine;
  if (m->ended) return TRAP_STOP;
  uint32_t pc = m->pending ? m->pending->insn.address : address;
  const char *at = describe_address(m, pc);
  unsigned a = (unsigned)address;
  switch (kind) {
  case TRAP_BKPT: return breakpoint(m, address);
  case TRAP_SVC: end_fault(m, "SVC at %s: exceptions are not modelled yet", at); break;
  case TRAP_UNDEFINED: end_fault(m, "undefined instruction at %s", describe_address(m, address)); break;
  case TRAP_FETCH: end_fault(m, "jump to 0x%08x, where there is no code, from %s", a, at); break;
  case TRAP_STATE:
    /* The target may have been announced already: then the branch is the one before. */
    if (pc == address && m->previous) pc = m->previous->insn.address;
    end_fault(m, "branch to even address 0x%08x (Arm state) from %s: UsageFault (INVSTATE) on silicon", a,
              describe_address(m, pc));
    break;
  case TRAP_READ:
  case TRAP_WRITE:
  case TRAP_WRITE_FLASH: bad_access(m, kind, address, pc); break;
  case TRAP_OTHER: end_fault(m, "%s at %s", engine_error(m->engine), at); break;
  }
  return TRAP_STOP;
}
