/* The machine under gdb. While gdb looks, the emulation stands in the callback before the next instruction: the one
   before is complete and timed, and no cycle passes.

   What gdb changes takes effect by announcing the instruction again: the engine leaves its translated block and comes
   back, so changed code, a changed pc and a changed mode are all seen. Inside an IT block it cannot be left (engine.c):
   there a new pc is refused, and other changes wait in registers and memory, where they are seen as well. */
#include "gdb/server.h"
#include "machine/machine_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Between two looks at the wire; power of two. A look is a system call, so this keeps it far below a percent. */
enum { LOOK_INSTRUCTIONS = 16384 };
enum { BKPT_MASK = 0xFF00, BKPT = 0xBE00, BKPT_SEMIHOSTING = 0xBEAB };

struct debug {
  gdb_server_t *server;
  debug_target_t target;
  bool attached; /* gdb has come */
  bool again;    /* the instruction announced next has been shown to gdb already */
  bool changed;  /* something was written during this stop */
  bool faulted;  /* a fault was taken since the last stop: its handler comes next */
  bool in_it;    /* the pending instruction is a member of an IT block */
  uint32_t pc;   /* of this stop */
  debug_resume_t resume;
  point_t watched; /* watchpoint met by the pending instruction; kind POINT_NONE: none */
  uint64_t stop_at_cycle;
  uint32_t executed;
  debug_clock_t clock; /* of this stop */
};

/* ---- what gdb sees ---- */

/* Unprivileged Thread code: the stack pointers and CONTROL can only be had from another mode (engine.c). */
enum { ANY_EXCEPTION = 3 };

static uint32_t read_special(machine_t *m, special_register_t which) {
  uint32_t control = engine_special(m->engine, SPECIAL_CONTROL);
  bool hidden = (which == SPECIAL_MSP || which == SPECIAL_PSP) && !is_privileged(m);
  if (hidden) engine_set_mode(m->engine, ANY_EXCEPTION, 0);
  uint32_t value = engine_special(m->engine, which);
  if (hidden) engine_set_mode(m->engine, 0, control);
  return value;
}

/* False: the register has not taken every bit. */
static bool write_special(machine_t *m, special_register_t which, uint32_t value) {
  uint32_t control = engine_special(m->engine, SPECIAL_CONTROL);
  if (!is_privileged(m)) {
    engine_set_mode(m->engine, ANY_EXCEPTION, 0);
    if (which == SPECIAL_CONTROL) control = value;
    if (which != SPECIAL_CONTROL) engine_set_special(m->engine, which, value);
    engine_set_mode(m->engine, 0, control);
  } else {
    engine_set_special(m->engine, which, value);
  }
  return which == SPECIAL_XPSR || read_special(m, which) == value;
}

static bool special_of(unsigned number, special_register_t *which) {
  static const special_register_t specials[] = {SPECIAL_XPSR,    SPECIAL_MSP,       SPECIAL_PSP,    SPECIAL_PRIMASK,
                                                SPECIAL_BASEPRI, SPECIAL_FAULTMASK, SPECIAL_CONTROL};
  if (number == DEBUG_FPSCR) {
    *which = SPECIAL_FPSCR;
    return true;
  }
  if (number < DEBUG_XPSR || number > DEBUG_CONTROL) return false;
  *which = specials[number - DEBUG_XPSR];
  return true;
}

static bool read_register(void *context, unsigned number, uint64_t *value) {
  machine_t *m = context;
  special_register_t which;
  if (special_of(number, &which)) {
    *value = read_special(m, which);
  } else if (number == DEBUG_PC) {
    *value = m->debug->pc;
  } else if (number < DEBUG_PC) {
    *value = engine_register(m->engine, number);
  } else {
    *value = engine_double_register(m->engine, number - DEBUG_D0);
  }
  return true;
}

static bool write_register(void *context, unsigned number, uint64_t value) {
  machine_t *m = context;
  debug_t *debug = m->debug;
  special_register_t which;
  if (number == DEBUG_PC && debug->in_it && ((uint32_t)value & ~1u) != debug->pc) return false;
  debug->changed = true;
  if (special_of(number, &which)) return write_special(m, which, (uint32_t)value);
  if (number == DEBUG_PC) {
    debug->pc = (uint32_t)value & ~1u;
  } else if (number < DEBUG_PC) {
    engine_set_register(m->engine, number, (uint32_t)value);
  } else {
    unsigned single = 2 * (number - DEBUG_D0);
    engine_set_single_register(m->engine, single, (uint32_t)value);
    engine_set_single_register(m->engine, single + 1, (uint32_t)(value >> 32));
  }
  return true;
}

static bool read_memory(void *context, uint32_t address, void *bytes, size_t count) {
  return engine_read(((machine_t *)context)->engine, address, bytes, count);
}

static bool write_memory(void *context, uint32_t address, const void *bytes, size_t count) {
  machine_t *m = context;
  if (!engine_write(m->engine, address, bytes, count)) return false;
  if (memory_map_find(&m->map, address)) engine_forget_code(m->engine, address, count);
  code_written(m->code, address, (unsigned)count);
  m->debug->changed = true;
  return true;
}

static debug_clock_t clock_now(void *context) { return ((machine_t *)context)->debug->clock; }

static void stop_at_cycle(void *context, uint64_t cycle) { ((machine_t *)context)->debug->stop_at_cycle = cycle; }

static bool cancelled(void *context) {
  machine_t *m = context;
  return m->requests && (*m->requests & (REQUEST_INTERRUPT | REQUEST_TIMEOUT));
}

/* ---- why to stop ---- */

static bool is_breakpoint(const insn_t *insn) {
  return (insn->opcode[0] & BKPT_MASK) == BKPT && insn->opcode[0] != BKPT_SEMIHOSTING;
}

/* No instruction waits longer than this: nearer to the wanted cycle, the exact one is worked out. */
enum { LONGEST_WAIT = 4096 };

static bool cycle_reached(machine_t *m, uint64_t cycle) {
  if (m->pipeline.now >= cycle) return true;
  return cycle - m->pipeline.now <= LONGEST_WAIT && execute_now(m) >= cycle;
}

static bool wants_stop(machine_t *m, debug_stop_t *stop, char *text, size_t size) {
  debug_t *debug = m->debug;
  *stop = (debug_stop_t){STOP_TRAP, {.kind = POINT_NONE}, NULL};
  if (debug->watched.kind != POINT_NONE) {
    stop->point = debug->watched;
    debug->watched.kind = POINT_NONE;
    return true;
  }
  if (debug->faulted) {
    debug->faulted = false;
    *stop = (debug_stop_t){STOP_FAULT, {.kind = POINT_NONE}, m->fault_taken.message};
    return true;
  }
  point_kind_t kind = points_at(server_points(debug->server), debug->pc);
  if (kind != POINT_NONE) {
    stop->point = (point_t){kind, debug->pc, 0};
    return true;
  }
  if (debug->resume.step && debug->pc - debug->resume.first >= debug->resume.end - debug->resume.first) return true;
  if (cycle_reached(m, debug->stop_at_cycle)) {
    snprintf(text, size, "cycle %" PRIu64 " is reached: now is cycle %" PRIu64, debug->stop_at_cycle, execute_now(m));
    debug->stop_at_cycle = UINT64_MAX;
    stop->text = text;
    return true;
  }
  if (is_breakpoint(&m->pending->insn)) return true; /* it is stepped over when the core goes on: breakpoint() */
  if (++debug->executed % LOOK_INSTRUCTIONS) return false;
  stop->signal = STOP_INTERRUPT;
  return server_wants_stop(debug->server);
}

/* ---- stopping ---- */

static void drop_debugger(machine_t *m) {
  free(m->debug);
  m->debug = NULL;
}

/* Serves gdb until the core is to go on. False: gdb killed the run or is gone without a word. */
static bool serve(machine_t *m, const debug_stop_t *stop) {
  debug_t *debug = m->debug;
  debug->changed = false;
  debug->clock =
      (debug_clock_t){execute_now(m), m->totals.instructions, debug->clock.cycles, debug->clock.instructions};
  if (m->options.console) fflush(m->options.console);
  server_answer_t answer = server_stopped(debug->server, stop);
  debug->resume = server_resume(debug->server);
  return answer != SERVER_GONE;
}

static bool attach(machine_t *m) {
  m->debug->attached = true;
  if (!server_accept(m->debug->server, &m->debug->target, cancelled)) return false;
  return serve(m, NULL);
}

bool debug_insn(machine_t *m) {
  debug_t *debug = m->debug;
  uint32_t before = debug->pc;
  bool again = debug->again;
  debug->pc = m->pending->insn.address;
  debug->again = false;
  if (again && debug->pc == before) return true;
  debug->in_it = (m->pending->insn.flags & INSN_IN_IT) != 0;
  char text[96];
  debug_stop_t stop;
  bool first = !debug->attached;
  if (!first && !wants_stop(m, &stop, text, sizeof text)) return true;
  if (first ? !attach(m) : !serve(m, &stop)) {
    end_run(m, m->requests && (*m->requests & REQUEST_TIMEOUT) ? RUN_TIMEOUT : RUN_INTERRUPTED);
    return false;
  }
  bool redirect = debug->changed && !debug->in_it;
  uint32_t pc = debug->pc;
  debug->again = redirect;
  if (!server_attached(debug->server)) drop_debugger(m);
  if (!redirect) return true;
  m->sp = engine_register(m->engine, REG_SP);
  m->pending = NULL;
  m->fresh = m->outcome; /* what came before it still has to be charged */
  engine_redirect(m->engine, pc);
  return false;
}

void debug_access(machine_t *m, uint32_t address, unsigned bytes, bool write) {
  debug_t *debug = m->debug;
  if (debug->watched.kind != POINT_NONE) return;
  const point_t *point = points_watching(server_points(debug->server), address, bytes, write);
  if (point) debug->watched = (point_t){point->kind, address > point->address ? address : point->address, bytes};
}

void debug_fault(machine_t *m) { m->debug->faulted = true; }

/* ---- life ---- */

bool debug_new(machine_t *m) {
  m->debug = calloc(1, sizeof *m->debug);
  if (!m->debug) return false;
  m->debug->server = m->options.debugger;
  m->debug->target =
      (debug_target_t){m, read_register, write_register, read_memory, write_memory, clock_now, stop_at_cycle};
  m->debug->watched.kind = POINT_NONE;
  m->debug->stop_at_cycle = UINT64_MAX;
  return true;
}

/* What no handler can survive is shown to gdb while everything is as it was; any way to go on ends the run. */
static void show_fault(machine_t *m) {
  debug_t *debug = m->debug;
  debug->pc = m->pending ? m->pending->insn.address : engine_register(m->engine, DEBUG_PC) & ~1u;
  debug->in_it = true; /* going on elsewhere is impossible now */
  serve(m, &(debug_stop_t){STOP_FAULT, {.kind = POINT_NONE}, m->fault});
}

void debug_end(machine_t *m) {
  enum { SIGNAL_INTERRUPT = 2, SIGNAL_SEGMENT = 11, SIGNAL_ALARM = 14, SIGNAL_CPU_LIMIT = 24 }; /* gdb's numbers */
  gdb_server_t *server = m->debug->server;
  if (m->end == RUN_FAULT && m->debug->attached) show_fault(m);
  switch (m->end) {
  case RUN_EXITED: server_ended(server, false, m->exit_code); break;
  case RUN_HALTED: server_ended(server, false, 0); break;
  case RUN_FAULT: server_ended(server, true, SIGNAL_SEGMENT); break;
  case RUN_MAX_CYCLES: server_ended(server, true, SIGNAL_CPU_LIMIT); break;
  case RUN_TIMEOUT: server_ended(server, true, SIGNAL_ALARM); break;
  default: server_ended(server, true, SIGNAL_INTERRUPT); break;
  }
  drop_debugger(m);
}
