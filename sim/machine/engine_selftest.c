/* Does the installed Unicorn behave as engine.c and execute.c rely on? Each check runs a few instructions on a bare
 * core. */
#include "machine/engine.h"

#include <string.h>
#include <unicorn/unicorn.h>

enum { CODE_BASE = 0x08000000, CODE_BYTES = 0x1000, STACK_BASE = 0x20000000 };
static const uint64_t NEVER = 0xFFFFFFF0u;

typedef struct {
  uc_engine *uc;
  unsigned announced; /* code hook calls */
  unsigned stop_at;   /* stop in the hook of the announcement with this number, 0: never */
  uint32_t interrupt; /* last intno + 1 */
  uint32_t interrupt_pc;
} probe_t;

static void count_insn(uc_engine *uc, uint64_t address, uint32_t size, void *user) {
  (void)address;
  (void)size;
  probe_t *probe = user;
  if (++probe->announced == probe->stop_at) uc_emu_stop(uc);
}

static void note_interrupt(uc_engine *uc, uint32_t intno, void *user) {
  probe_t *probe = user;
  probe->interrupt = intno + 1;
  uc_reg_read(uc, UC_ARM_REG_PC, &probe->interrupt_pc);
  uc_emu_stop(uc);
}

static bool prepare(probe_t *probe, int model, const uint16_t *code, size_t halfwords) {
  memset(probe, 0, sizeof *probe);
  if (uc_open(UC_ARCH_ARM, UC_MODE_THUMB, &probe->uc) != UC_ERR_OK) return false;
  uc_hook hook;
  uint32_t sp = STACK_BASE + CODE_BYTES;
  return uc_ctl_set_cpu_model(probe->uc, model) == UC_ERR_OK &&
         uc_mem_map(probe->uc, CODE_BASE, CODE_BYTES, UC_PROT_ALL) == UC_ERR_OK &&
         uc_mem_map(probe->uc, STACK_BASE, CODE_BYTES, UC_PROT_ALL) == UC_ERR_OK &&
         uc_mem_write(probe->uc, CODE_BASE, code, halfwords * sizeof *code) == UC_ERR_OK &&
         uc_hook_add(probe->uc, &hook, UC_HOOK_CODE, (void *)count_insn, probe, 1, 0) == UC_ERR_OK &&
         uc_hook_add(probe->uc, &hook, UC_HOOK_INTR, (void *)note_interrupt, probe, 1, 0) == UC_ERR_OK &&
         uc_reg_write(probe->uc, UC_ARM_REG_SP, &sp) == UC_ERR_OK;
}

static uc_err go(probe_t *probe, uint32_t offset) {
  return uc_emu_start(probe->uc, (CODE_BASE + offset) | 1, NEVER, 0, 0);
}

static bool start(probe_t *probe, int model, const uint16_t *code, size_t halfwords, uc_err *error) {
  bool good = prepare(probe, model, code, halfwords);
  if (good) *error = go(probe, 0);
  return good;
}

static void set_register(probe_t *probe, int id, uint32_t value) { uc_reg_write(probe->uc, id, &value); }

static uint32_t register_of(probe_t *probe, int id) {
  uint32_t value = 0;
  uc_reg_read(probe->uc, id, &value);
  return value;
}

/* Each program ends in BKPT 0. */
static const uint16_t double_add[] = {0xEE30, 0x0B01, 0xBE00};                   /* vadd.f64 d0, d0, d1 */
static const uint16_t skipped_insn[] = {0x2001, 0x2801, 0xBF18, 0x2007, 0xBE00}; /* cmp r0,#1; it ne; movne r0,#7 */
static const uint16_t wait_event[] = {0xBF20, 0xBE00};                           /* wfe */
static const uint16_t wait_interrupt[] = {0xBF30, 0xBE00};                       /* wfi */
static const uint16_t supervisor_call[] = {0xDF00, 0xBE00};                      /* svc #0 */
static const uint16_t marker_hints[] = {0xBFE0, 0xBFF0, 0xBE00};                 /* firmware/cmsim.h */

static bool double_runs_on_m7(void) {
  probe_t p;
  uc_err error = UC_ERR_OK;
  bool good = start(&p, UC_CPU_ARM_CORTEX_M7, double_add, 3, &error) && p.interrupt == 7 + 1;
  uc_close(p.uc);
  return good;
}

static bool double_is_undefined_on_m4(void) {
  probe_t p;
  uc_err error = UC_ERR_OK;
  bool good = start(&p, UC_CPU_ARM_CORTEX_M4, double_add, 3, &error) && error == UC_ERR_INSN_INVALID;
  uc_close(p.uc);
  return good;
}

static bool skipped_is_not_announced(void) {
  probe_t p;
  uc_err error = UC_ERR_OK;
  bool good = start(&p, UC_CPU_ARM_CORTEX_M4, skipped_insn, 5, &error) && p.announced == 4 &&
              register_of(&p, UC_ARM_REG_R0) == 1;
  uc_close(p.uc);
  return good;
}

static bool breakpoint_leaves_pc_on_it(void) {
  probe_t p;
  uc_err error = UC_ERR_OK;
  bool good =
      start(&p, UC_CPU_ARM_CORTEX_M4, &double_add[2], 1, &error) && p.interrupt == 7 + 1 && p.interrupt_pc == CODE_BASE;
  uc_close(p.uc);
  return good;
}

static bool supervisor_call_has_pc_behind(void) {
  probe_t p;
  uc_err error = UC_ERR_OK;
  bool good = start(&p, UC_CPU_ARM_CORTEX_M4, supervisor_call, 2, &error) && p.interrupt == 2 + 1 &&
              p.interrupt_pc == CODE_BASE + 2;
  uc_close(p.uc);
  return good;
}

static bool wait_event_is_invalid_with_pc_behind(void) {
  probe_t p;
  uc_err error = UC_ERR_OK;
  bool good = start(&p, UC_CPU_ARM_CORTEX_M4, wait_event, 2, &error) && error == UC_ERR_INSN_INVALID &&
              register_of(&p, UC_ARM_REG_PC) == CODE_BASE + 2;
  uc_close(p.uc);
  return good;
}

static bool wait_interrupt_returns(void) {
  probe_t p;
  uc_err error = UC_ERR_INSN_INVALID;
  bool good = start(&p, UC_CPU_ARM_CORTEX_M4, wait_interrupt, 2, &error) && error == UC_ERR_OK && p.interrupt == 0;
  uc_close(p.uc);
  return good;
}

static bool marker_hints_are_nops(void) {
  probe_t p;
  uc_err error = UC_ERR_OK;
  bool good = start(&p, UC_CPU_ARM_CORTEX_M7, marker_hints, 3, &error) && p.interrupt == 7 + 1 && p.announced == 3;
  uc_close(p.uc);
  return good;
}

static bool stop_keeps_the_announced_from_running(void) {
  static const uint16_t code[] = {0x2001, 0x2002, 0xBE00}; /* movs r0,#1; movs r0,#2; bkpt */
  probe_t p;
  bool good = prepare(&p, UC_CPU_ARM_CORTEX_M4, code, 3);
  p.stop_at = 2;
  good = good && go(&p, 0) == UC_ERR_OK && register_of(&p, UC_ARM_REG_R0) == 1;
  uc_close(p.uc);
  return good;
}

static bool exception_return_traps(void) {
  static const uint16_t code[] = {0x4770}; /* bx lr */
  enum { PENDSV = 14 };
  probe_t p;
  bool good = prepare(&p, UC_CPU_ARM_CORTEX_M7, code, 1);
  set_register(&p, UC_ARM_REG_PSP, STACK_BASE + 0x800);
  set_register(&p, UC_ARM_REG_CONTROL, 2);
  good = good && register_of(&p, UC_ARM_REG_SP) == STACK_BASE + 0x800;
  set_register(&p, UC_ARM_REG_IPSR, PENDSV);
  set_register(&p, UC_ARM_REG_CPSR, register_of(&p, UC_ARM_REG_CPSR));
  set_register(&p, UC_ARM_REG_LR, 0xFFFFFFFD);
  good = good && register_of(&p, UC_ARM_REG_SP) == STACK_BASE + CODE_BYTES && go(&p, 0) == UC_ERR_OK &&
         p.interrupt == 8 + 1 && p.interrupt_pc == 0xFFFFFFFC;
  uc_close(p.uc);
  return good;
}

static bool it_state_can_be_restored(void) {
  static const uint16_t code[] = {0x2102, 0x2203, 0xBE00}; /* two members of an IT block: movs r1,#2; movs r2,#3 */
  const uint32_t itt_eq = 0x01000000u | 1u << 10;          /* ITSTATE 0x04: EQ, two instructions; Z is clear */
  probe_t p;
  bool good = prepare(&p, UC_CPU_ARM_CORTEX_M4, code, 3);
  set_register(&p, UC_ARM_REG_XPSR, itt_eq);
  good = good && go(&p, 0) == UC_ERR_OK && register_of(&p, UC_ARM_REG_R1) == 0 && register_of(&p, UC_ARM_REG_R2) == 0;
  uc_close(p.uc);
  return good;
}

static const struct {
  const char *text;
  bool (*check)(void);
} checks[] = {
    {"a Cortex-M7 executes double precision", double_runs_on_m7},
    {"a Cortex-M4 does not", double_is_undefined_on_m4},
    {"an instruction with a failed IT condition is not announced", skipped_is_not_announced},
    {"BKPT traps with pc on it", breakpoint_leaves_pc_on_it},
    {"SVC traps with pc behind it", supervisor_call_has_pc_behind},
    {"WFE is refused with pc behind it", wait_event_is_invalid_with_pc_behind},
    {"WFI ends the run with success", wait_interrupt_returns},
    {"region marker hints execute as NOP", marker_hints_are_nops},
    {"a stop in the instruction hook keeps that instruction from running", stop_keeps_the_announced_from_running},
    {"EXC_RETURN traps once IPSR and CPSR are written, and stacks are banked", exception_return_traps},
    {"IT state written to xPSR holds when execution starts", it_state_can_be_restored},
};

bool engine_selftest(FILE *out) {
  bool all = true;
  for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
    bool good = checks[i].check();
    fprintf(out, "%-4s %s\n", good ? "ok" : "FAIL", checks[i].text);
    all = all && good;
  }
  return all;
}
