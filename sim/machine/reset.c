/* System reset asked for by AIRCR.SYSRESETREQ: core, core peripherals and chip start anew, memory and the clock go on.
   [ARMv7-M B1.5.5] */
#include "machine/machine_private.h"

bool reset_build_scs(machine_t *m) {
  scs_config_t config = m->scs_config;
  scs_free(m->scs);
  m->scs = scs_new(&config);
  return m->scs != NULL;
}

static void reset_core(machine_t *m) {
  engine_set_mode(m->engine, 0, 0);
  engine_set_special(m->engine, SPECIAL_XPSR, 1u << 24);
  engine_set_special(m->engine, SPECIAL_PRIMASK, 0);
  engine_set_special(m->engine, SPECIAL_BASEPRI, 0);
  engine_set_special(m->engine, SPECIAL_FAULTMASK, 0);
}

void reset_arrive(machine_t *m, uint32_t pc, uint32_t sp) {
  engine_set_register(m->engine, REG_SP, sp);
  engine_set_register(m->engine, REG_LR, 0xFFFFFFFFu); /* reset value [ARMv7-M B1.5.5] */
  m->arrival = (arrival_t){.due = true, .transfer = true, .call = true, .address = pc, .sp = sp};
  m->arrival.function = program_function_index(m->program, program_function_at(m->program, pc));
  m->arrival.return_address = 0xFFFFFFFEu;
}

/* A firmware that resets itself again and again would run for ever. */
enum { RESETS_MAX = 16 };

bool take_reset(machine_t *m) {
  uint32_t at = m->previous ? m->previous->insn.address : 0, vectors[2] = {0};
  m->reset_due = false;
  m->pending = NULL;
  if (m->fault_taken.exception || ++m->resets > RESETS_MAX) {
    end_fault(m, "the firmware requested a system reset (AIRCR.SYSRESETREQ) at %s%s", describe_address(m, at),
              m->resets > RESETS_MAX ? ", again and again" : "");
    return false;
  }
  add_warning(m, "reset", at, "the firmware reset itself (AIRCR.SYSRESETREQ); the run went on from its reset vector");
  if (!engine_read(m->engine, m->program->vector_table, vectors, sizeof vectors) || !(vectors[1] & 1u) ||
      !reset_build_scs(m) || !peripherals_reset(m->peripherals)) {
    end_fault(m, "the system reset at %s finds no reset vector at 0x%08x", describe_address(m, at),
              (unsigned)m->program->vector_table);
    return false;
  }
  reset_core(m);
  chip_reset(m);
  reset_arrive(m, vectors[1] & ~1u, vectors[0] & ~3u);
  m->arrival.switches = m->arrival.restarts = true;
  m->event = false;
  execute_stack_moved(m, true);
  m->io_due = peripherals_next_event(m->peripherals);
  update_attention(m, m->pipeline.now);
  engine_redirect(m->engine, m->arrival.address);
  return true;
}
