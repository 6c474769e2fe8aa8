/* Unicorn 2.0.1 as a Cortex-M4 or M7.

   Traps, all found by trying (engine_selftest() pins them):
   - UC_MODE_MCLASS silently selects Cortex-M33: open with UC_MODE_THUMB and set the CPU model.
   - BKPT arrives at the interrupt hook with pc ON it and must be stepped over; SVC with pc behind it.
   - WFE and YIELD are "invalid": uc_emu_start returns with pc behind them, and running on from there is right.
   - uc_emu_stop in the insn hook keeps the announced instruction from running, except inside IT: then the rest of the
     block runs. A store of several words that is refused goes on with the next one. Both are undone before the next
   start.
   - Writing IPSR switches mode and stack, but EXC_RETURN works only once CPSR has been written back.
   - Writing XPSR leaves the GE flags as they were; APSR_NZCVQG has them.
   - Unprivileged Thread mode reads MSP and PSP as 0 through the API and drops writes of them and of CONTROL.
   - WFI ends uc_emu_start with success.
   - pc read in memory hooks is stale: callers get the instruction from the insn callback instead.
   - One constant `until` (baked into translated blocks), no `count`; hooks are added before the first start. */
#include "machine/engine.h"

#include "base/diag.h"

#include <stdlib.h>
#include <string.h>
#include <unicorn/unicorn.h>

enum { PPB_FIRST = 0xE0000000u, PPB_LENGTH = 0x00100000u };
static const uint64_t NEVER = 0xEFFFFFF0u; /* execute never, and no EXC_RETURN */

typedef struct {
  engine_t *engine;
  uint32_t base, bytes;
} io_range_t;

enum { UNDO_STORES = 4 * 32 }; /* members of an IT block, and words that one of them may store */

typedef struct {
  uint32_t address;
  uint8_t bytes[8];
  unsigned count;
} undo_store_t;

typedef struct {
  uint32_t first, end;
} range_t;

/* Unicorn looks at all hooks of instructions each time it has one to announce: some nanoseconds a hook. So there are
   few, and when more are wanted, one for everything. */
enum { WATCHES_MAX = 6, MAPPED_MAX = 64 };

/* What Unicorn has translated stays in its buffer when it is forgotten, some 10 KB a step. */
enum { STEPS_MAX = 2000 };

struct engine {
  uc_engine *uc;
  engine_callbacks_t callbacks;
  bool stopped; /* by us */
  bool resume;  /* the trap wants to go on at resume_pc */
  uint32_t resume_pc;
  bool discards;    /* redirected: whatever runs until the engine has stopped is undone */
  uc_context *kept; /* the registers as they were then */
  undo_store_t undo[UNDO_STORES];
  unsigned undo_count;
  unsigned it_state;            /* to go on with, 0: as it is */
  range_t watches[WATCHES_MAX]; /* they do not overlap: an instruction would be announced twice */
  unsigned watch_count;
  uc_hook hooks[WATCHES_MAX + 1]; /* that Unicorn has for them, or one for everything */
  unsigned hook_count;
  bool all_for_good;
  unsigned steps;  /* translations for the sake of one execution */
  range_t stepped; /* code that announces each instruction for now; empty: none does */
  range_t mapped[MAPPED_MAX];
  unsigned mapped_count;
  io_range_t io[ENGINE_IO_RANGES];
  unsigned io_count;
  char error[160];
};

/* ---- hooks ---- */

static void on_insn(uc_engine *uc, uint64_t address, uint32_t size, void *user) {
  (void)uc;
  (void)size;
  engine_t *engine = user;
  if (engine->discards) {
    if (engine->callbacks.block) engine->callbacks.discarded(engine->callbacks.context, (uint32_t)address);
    return;
  }
  engine->callbacks.insn(engine->callbacks.context, (uint32_t)address);
}

static void on_block(uc_engine *uc, uint64_t address, uint32_t size, void *user) {
  (void)uc;
  engine_t *engine = user;
  if (engine->discards) return;
  engine->callbacks.block(engine->callbacks.context, (uint32_t)address, size);
}

void engine_remember_store(engine_t *engine, uint32_t address, unsigned bytes) {
  undo_store_t *store = &engine->undo[engine->undo_count];
  if (engine->undo_count == UNDO_STORES || bytes > sizeof store->bytes) return;
  if (uc_mem_read(engine->uc, address, store->bytes, bytes) != UC_ERR_OK) return;
  store->address = address;
  store->count = bytes;
  engine->undo_count++;
}

static void undo(engine_t *engine) {
  while (engine->undo_count) {
    const undo_store_t *store = &engine->undo[--engine->undo_count];
    uc_mem_write(engine->uc, store->address, store->bytes, store->count);
  }
  uc_context_restore(engine->uc, engine->kept);
  engine->discards = false;
}

static void on_access(uc_engine *uc, uc_mem_type type, uint64_t address, int size, int64_t value, void *user) {
  (void)uc;
  (void)value;
  engine_t *engine = user;
  if (engine->discards) {
    if (type == UC_MEM_WRITE) engine_remember_store(engine, (uint32_t)address, (unsigned)size);
    return;
  }
  engine->callbacks.access(engine->callbacks.context, (uint32_t)address, (unsigned)size, type == UC_MEM_WRITE);
}

static uint64_t on_ppb_read(uc_engine *uc, uint64_t offset, unsigned size, void *user) {
  (void)uc;
  engine_t *engine = user;
  if (engine->discards) return 0;
  return engine->callbacks.ppb_read(engine->callbacks.context, PPB_FIRST + (uint32_t)offset, size);
}

static void on_ppb_write(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *user) {
  (void)uc;
  engine_t *engine = user;
  if (engine->discards) return;
  engine->callbacks.ppb_write(engine->callbacks.context, PPB_FIRST + (uint32_t)offset, size, (uint32_t)value);
}

static uint64_t on_io_read(uc_engine *uc, uint64_t offset, unsigned size, void *user) {
  (void)uc;
  const io_range_t *range = user;
  const engine_callbacks_t *callbacks = &range->engine->callbacks;
  if (range->engine->discards) return 0;
  return callbacks->io_read(callbacks->context, range->base + (uint32_t)offset, size);
}

static void on_io_write(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *user) {
  (void)uc;
  const io_range_t *range = user;
  const engine_callbacks_t *callbacks = &range->engine->callbacks;
  if (range->engine->discards) return;
  callbacks->io_write(callbacks->context, range->base + (uint32_t)offset, size, (uint32_t)value);
}

static void take_trap(engine_t *engine, trap_kind_t kind, uint32_t address, uint32_t next) {
  if (engine->discards) {
    uc_emu_stop(engine->uc);
    return;
  }
  engine->resume = false;
  trap_answer_t answer = engine->callbacks.trap(engine->callbacks.context, kind, address);
  if (answer == TRAP_RESUME) {
    if (!engine->resume) engine->resume_pc = next;
    engine->resume = true;
  } else {
    engine->stopped = true;
  }
  uc_emu_stop(engine->uc);
}

static bool on_unmapped(uc_engine *uc, uc_mem_type type, uint64_t address, int size, int64_t value, void *user) {
  (void)uc;
  (void)size;
  (void)value;
  engine_t *engine = user;
  trap_kind_t kind = TRAP_OTHER;
  switch (type) {
  case UC_MEM_READ_UNMAPPED:
  case UC_MEM_READ_PROT: kind = TRAP_READ; break;
  case UC_MEM_WRITE_UNMAPPED: kind = TRAP_WRITE; break;
  case UC_MEM_WRITE_PROT: kind = TRAP_WRITE_FLASH; break;
  case UC_MEM_FETCH_UNMAPPED:
  case UC_MEM_FETCH_PROT: kind = TRAP_FETCH; break;
  default: break;
  }
  take_trap(engine, kind, (uint32_t)address, 0);
  return false;
}

enum {
  INTNO_UNDEFINED = 1,
  INTNO_SVC = 2,
  INTNO_PREFETCH = 3,
  INTNO_DATA = 4,
  INTNO_BKPT = 7,
  INTNO_EXC_RETURN = 8,
  INTNO_INVSTATE = 18
};

/* A branch to an even address left Thumb state: what follows arrives as an undefined instruction or a prefetch abort.
 */
static bool in_arm_state(uc_engine *uc) {
  enum { CPSR_T = 1u << 5 };
  uint32_t cpsr = CPSR_T;
  uc_reg_read(uc, UC_ARM_REG_CPSR, &cpsr);
  return !(cpsr & CPSR_T);
}

static void on_interrupt(uc_engine *uc, uint32_t intno, void *user) {
  engine_t *engine = user;
  uint32_t pc = 0;
  uc_reg_read(uc, UC_ARM_REG_PC, &pc);
  switch (intno) {
  case INTNO_SVC: take_trap(engine, TRAP_SVC, pc, pc); break;
  case INTNO_BKPT: take_trap(engine, TRAP_BKPT, pc, pc + 2); break;
  case INTNO_UNDEFINED: take_trap(engine, in_arm_state(uc) ? TRAP_STATE : TRAP_UNDEFINED, pc, 0); break;
  case INTNO_PREFETCH: take_trap(engine, in_arm_state(uc) ? TRAP_STATE : TRAP_FETCH, pc, 0); break;
  case INTNO_INVSTATE: take_trap(engine, TRAP_STATE, pc, 0); break;
  case INTNO_EXC_RETURN: take_trap(engine, TRAP_EXC_RETURN, pc, 0); break;
  default:
    snprintf(engine->error, sizeof engine->error, "processor exception %u", (unsigned)intno);
    take_trap(engine, TRAP_OTHER, pc, 0);
    break;
  }
}

/* ---- life ---- */

static bool add_hooks(engine_t *engine) {
  uc_hook hook;
  uc_err error;
  if (engine->callbacks.block) {
    error = uc_hook_add(engine->uc, &hook, UC_HOOK_BLOCK, (void *)on_block, engine, 1, 0);
  } else {
    error = uc_hook_add(engine->uc, &hook, UC_HOOK_CODE, (void *)on_insn, engine, 1, 0);
  }
  if (!error && !engine->callbacks.block) {
    error = uc_hook_add(engine->uc, &hook, UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE, (void *)on_access, engine, 1, 0);
  }
  if (!error) {
    int kinds = UC_HOOK_MEM_UNMAPPED | UC_HOOK_MEM_PROT;
    error = uc_hook_add(engine->uc, &hook, kinds, (void *)on_unmapped, engine, 1, 0);
  }
  if (!error) error = uc_hook_add(engine->uc, &hook, UC_HOOK_INTR, (void *)on_interrupt, engine, 1, 0);
  if (!error) {
    error = uc_mmio_map(engine->uc, PPB_FIRST, PPB_LENGTH, on_ppb_read, engine, on_ppb_write, engine);
  }
  if (error) diag_error("unicorn: %s", uc_strerror(error));
  return error == UC_ERR_OK;
}

static uc_engine *open_core(engine_core_t core) {
  uc_engine *uc = NULL;
  uc_err error = uc_open(UC_ARCH_ARM, UC_MODE_THUMB, &uc);
  if (!error) {
    error = uc_ctl_set_cpu_model(uc, core == ENGINE_CORTEX_M7 ? UC_CPU_ARM_CORTEX_M7 : UC_CPU_ARM_CORTEX_M4);
  }
  if (error) {
    diag_error("unicorn: %s", uc_strerror(error));
    if (uc) uc_close(uc);
    return NULL;
  }
  return uc;
}

engine_t *engine_new(engine_core_t core, const engine_callbacks_t *callbacks) {
  engine_t *engine = calloc(1, sizeof *engine);
  if (!engine) return NULL;
  engine->callbacks = *callbacks;
  engine->uc = open_core(core);
  if (!engine->uc || !add_hooks(engine) || uc_context_alloc(engine->uc, &engine->kept) != UC_ERR_OK) {
    engine_free(engine);
    return NULL;
  }
  return engine;
}

void engine_free(engine_t *engine) {
  if (!engine) return;
  if (engine->kept) uc_context_free(engine->kept);
  if (engine->uc) uc_close(engine->uc);
  free(engine);
}

bool engine_map(engine_t *engine, uint32_t base, uint32_t bytes, bool writable, void *host) {
  if (engine->mapped_count < MAPPED_MAX) engine->mapped[engine->mapped_count++] = (range_t){base, base + bytes};
  uint32_t permissions = UC_PROT_READ | UC_PROT_EXEC | (writable ? UC_PROT_WRITE : UC_PROT_NONE);
  return uc_mem_map_ptr(engine->uc, base, bytes, permissions, host) == UC_ERR_OK;
}

bool engine_map_io(engine_t *engine, uint32_t base, uint32_t bytes) {
  if (engine->io_count == ENGINE_IO_RANGES) return false;
  io_range_t *range = &engine->io[engine->io_count++];
  *range = (io_range_t){engine, base, bytes};
  return uc_mmio_map(engine->uc, base, bytes, on_io_read, range, on_io_write, range) == UC_ERR_OK;
}

bool engine_answers(const engine_t *engine, uint32_t address) {
  if (address - PPB_FIRST < PPB_LENGTH) return true;
  for (unsigned i = 0; i < engine->io_count; i++) {
    if (address - engine->io[i].base < engine->io[i].bytes) return true;
  }
  for (unsigned i = 0; i < engine->mapped_count; i++) {
    if (address - engine->mapped[i].first < engine->mapped[i].end - engine->mapped[i].first) return true;
  }
  return false;
}

bool engine_read(engine_t *engine, uint32_t address, void *bytes, size_t count) {
  return uc_mem_read(engine->uc, address, bytes, count) == UC_ERR_OK;
}

bool engine_write(engine_t *engine, uint32_t address, const void *bytes, size_t count) {
  return uc_mem_write(engine->uc, address, bytes, count) == UC_ERR_OK;
}

void engine_forget_code(engine_t *engine, uint32_t address, size_t count) {
  uint64_t first = address, end = first + count; /* 64 bits each: they are variable arguments */
  uc_ctl_remove_cache(engine->uc, first, end);
}

/* Works at once, but only for code that is translated from now on. */
static void set_hooks(engine_t *engine) {
  while (engine->hook_count)
    uc_hook_del(engine->uc, engine->hooks[--engine->hook_count]);
  bool all = engine->all_for_good || engine->stepped.end;
  unsigned count = all ? 1 : engine->watch_count;
  for (unsigned i = 0; i < count; i++) {
    uint64_t first = all ? 1 : engine->watches[i].first, last = all ? 0 : engine->watches[i].end - 2u;
    uc_hook_add(engine->uc, &engine->hooks[engine->hook_count++], UC_HOOK_CODE, (void *)on_insn, engine, first, last);
  }
}

static void forget(engine_t *engine, range_t range) {
  if (range.end != range.first) engine_forget_code(engine, range.first, range.end - range.first);
}

static bool is_watched(const engine_t *engine, uint32_t first, uint32_t end) {
  if (engine->all_for_good) return true;
  for (unsigned i = 0; i < engine->watch_count; i++) {
    if (first >= engine->watches[i].first && end <= engine->watches[i].end) return true;
  }
  return false;
}

static void watch_all(engine_t *engine) {
  engine->all_for_good = true;
  set_hooks(engine);
  for (unsigned i = 0; i < engine->mapped_count; i++)
    forget(engine, engine->mapped[i]);
}

bool engine_step(engine_t *engine, uint32_t first, uint32_t end) {
  if (is_watched(engine, first, end)) return false;
  range_t range = {first, end};
  if (engine->stepped.first == first && engine->stepped.end == end) return false;
  if (++engine->steps > STEPS_MAX) {
    watch_all(engine);
    return true;
  }
  forget(engine, engine->stepped);
  bool were_all = engine->stepped.end != 0;
  engine->stepped = range;
  if (!were_all) set_hooks(engine);
  forget(engine, range);
  return true;
}

void engine_step_end(engine_t *engine, uint32_t next, uint32_t next_end) {
  if (!engine->stepped.end) return;
  forget(engine, engine->stepped);
  forget(engine, (range_t){next, next_end}); /* it may have been translated meanwhile */
  engine->stepped = (range_t){0, 0};
  set_hooks(engine);
}

bool engine_watch(engine_t *engine, uint32_t first, uint32_t end) {
  if (is_watched(engine, first, end)) return false;
  range_t range = {first, end};
  for (unsigned i = 0; i < engine->watch_count;) { /* one that overlaps becomes part of this one */
    range_t *other = &engine->watches[i];
    if (other->end < range.first || other->first > range.end) {
      i++;
      continue;
    }
    if (other->first < range.first) range.first = other->first;
    if (other->end > range.end) range.end = other->end;
    *other = engine->watches[--engine->watch_count];
  }
  if (engine->watch_count == WATCHES_MAX) {
    watch_all(engine);
    return true;
  }
  engine->watches[engine->watch_count++] = range;
  set_hooks(engine);
  forget(engine, range);
  return true;
}

static int register_id(unsigned number) {
  static const int high[] = {UC_ARM_REG_SP, UC_ARM_REG_LR, UC_ARM_REG_PC};
  return number < 13 ? UC_ARM_REG_R0 + (int)number : high[number - 13];
}

uint32_t engine_register(engine_t *engine, unsigned number) {
  uint32_t value = 0;
  uc_reg_read(engine->uc, register_id(number), &value);
  return value;
}

void engine_prepare_registers(engine_registers_t *registers, unsigned number, uint32_t *place) {
  registers->ids[registers->count] = register_id(number);
  registers->places[registers->count++] = place;
}

void engine_read_registers(engine_t *engine, engine_registers_t *registers) {
  uc_reg_read_batch(engine->uc, registers->ids, registers->places, registers->count);
}

uint64_t engine_double_register(engine_t *engine, unsigned number) {
  uint64_t value = 0;
  uc_reg_read(engine->uc, UC_ARM_REG_D0 + (int)number, &value);
  return value;
}

void engine_set_register(engine_t *engine, unsigned number, uint32_t value) {
  uc_reg_write(engine->uc, register_id(number), &value);
}

uint32_t engine_single_register(engine_t *engine, unsigned number) {
  uint32_t value = 0;
  uc_reg_read(engine->uc, UC_ARM_REG_S0 + (int)number, &value);
  return value;
}

void engine_set_single_register(engine_t *engine, unsigned number, uint32_t value) {
  uc_reg_write(engine->uc, UC_ARM_REG_S0 + (int)number, &value);
}

static int special_id(special_register_t which) {
  static const int ids[] = {UC_ARM_REG_XPSR,    UC_ARM_REG_MSP,       UC_ARM_REG_PSP,     UC_ARM_REG_PRIMASK,
                            UC_ARM_REG_BASEPRI, UC_ARM_REG_FAULTMASK, UC_ARM_REG_CONTROL, UC_ARM_REG_FPSCR};
  return ids[which];
}

uint32_t engine_special(engine_t *engine, special_register_t which) {
  uint32_t value = 0;
  uc_reg_read(engine->uc, special_id(which), &value);
  return value;
}

void engine_set_special(engine_t *engine, special_register_t which, uint32_t value) {
  uc_reg_write(engine->uc, special_id(which), &value);
  if (which == SPECIAL_XPSR) uc_reg_write(engine->uc, UC_ARM_REG_APSR_NZCVQG, &value);
}

#define IT_STATE 0x0600FC00u /* of CPSR and xPSR */

static void set_ipsr(engine_t *engine, uint32_t number) {
  uint32_t cpsr = 0;
  uc_reg_write(engine->uc, UC_ARM_REG_IPSR, &number);
  uc_reg_read(engine->uc, UC_ARM_REG_CPSR, &cpsr); /* written back so that the hidden flags follow the new mode */
  cpsr &= ~IT_STATE;                               /* which the engine keeps over a trap within an IT block */
  uc_reg_write(engine->uc, UC_ARM_REG_CPSR, &cpsr);
}

/* The API gives unprivileged Thread code neither CONTROL nor the stack pointers: pass through privileged Thread mode.
 */
void engine_set_mode(engine_t *engine, unsigned ipsr, uint32_t control) {
  if (ipsr) {
    set_ipsr(engine, ipsr);
    return;
  }
  engine_set_special(engine, SPECIAL_CONTROL, control & (uint32_t)CONTROL_FPCA);
  set_ipsr(engine, 0);
  engine_set_special(engine, SPECIAL_CONTROL, control & ~(uint32_t)CONTROL_NPRIV);
  engine_set_special(engine, SPECIAL_CONTROL, control);
}

void engine_redirect(engine_t *engine, uint32_t pc) {
  engine->resume = true;
  engine->resume_pc = pc;
  engine->discards = uc_context_save(engine->uc, engine->kept) == UC_ERR_OK;
  uc_emu_stop(engine->uc);
}

void engine_redirect_in_it(engine_t *engine, uint32_t pc, unsigned it_state) {
  engine_redirect(engine, pc);
  engine->it_state = it_state;
}

void engine_begin_again(engine_t *engine, uint32_t pc) {
  if (!in_arm_state(engine->uc)) engine_redirect(engine, pc);
}

static void resume_it(engine_t *engine) {
  uint32_t xpsr = engine_special(engine, SPECIAL_XPSR) & ~(uint32_t)IT_STATE;
  engine_set_special(engine, SPECIAL_XPSR, xpsr | (engine->it_state & 3u) << 25 | (engine->it_state >> 2) << 10);
  engine->it_state = 0;
}

enum { HINT_YIELD = 1, HINT_WFE = 2 };

/* Unicorn refuses WFE and YIELD, with pc behind them. 0: it was neither. */
static unsigned refused_hint(engine_t *engine, uint32_t pc) {
  uint16_t before[2];
  if (uc_mem_read(engine->uc, pc - 2, &before[0], 2) == UC_ERR_OK) {
    if (before[0] == 0xBF20u) return HINT_WFE;
    if (before[0] == 0xBF10u) return HINT_YIELD;
  }
  if (uc_mem_read(engine->uc, pc - 4, before, 4) != UC_ERR_OK || before[0] != 0xF3AFu) return 0;
  return before[1] == 0x8002u ? HINT_WFE : before[1] == 0x8001u ? HINT_YIELD : 0u;
}

engine_end_t engine_run(engine_t *engine, uint32_t pc) {
  engine->stopped = false;
  for (;;) {
    if (engine->discards) undo(engine);
    if (engine->it_state) resume_it(engine);
    engine->resume = false;
    uc_err error = uc_emu_start(engine->uc, pc | 1u, NEVER, 0, 0);
    if (engine->stopped) return ENGINE_STOPPED;
    if (engine->resume) {
      pc = engine->resume_pc;
      continue;
    }
    uint32_t at = engine_register(engine, 15);
    if (error == UC_ERR_OK && at != (uint32_t)NEVER) return ENGINE_WFI;
    unsigned hint = error == UC_ERR_INSN_INVALID ? refused_hint(engine, at) : 0;
    if (hint == HINT_WFE) return ENGINE_WFE;
    if (hint == HINT_YIELD) {
      pc = at;
      continue;
    }
    if (error == UC_ERR_INSN_INVALID) {
      take_trap(engine, in_arm_state(engine->uc) ? TRAP_STATE : TRAP_UNDEFINED, at, 0);
    } else if (error == UC_ERR_OK) {
      take_trap(engine, TRAP_FETCH, at, 0);
    } else {
      snprintf(engine->error, sizeof engine->error, "%s at pc 0x%08x", uc_strerror(error), (unsigned)at);
      return ENGINE_FAILED;
    }
    if (engine->stopped) return ENGINE_STOPPED;
    pc = engine->resume_pc;
  }
}

void engine_stop(engine_t *engine) {
  engine->stopped = true;
  uc_emu_stop(engine->uc);
}

const char *engine_error(const engine_t *engine) { return engine->error; }

const char *engine_version(void) {
  static char text[16];
  unsigned major = 0, minor = 0;
  unsigned version = uc_version(&major, &minor);
  snprintf(text, sizeof text, "%u.%u.%u", major, minor, (version >> 8) & 0xFFu);
  return text;
}
