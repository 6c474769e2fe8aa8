/* The chip's peripherals, as the machine sees them: their construction, and the way of an access. */
#include "machine/machine_private.h"

#include "base/diag.h"

#include <math.h>
#include <string.h>

/* Most accesses change neither when something happens next nor an interrupt line; the others are attended to before the
   next instruction. */
static void io_changed(machine_t *m) {
  uint64_t due = peripherals_next_event(m->peripherals);
  if (due == m->io_due && !m->line_changed) return;
  m->line_changed = false;
  m->io_due = due;
  m->attention_at = 0;
}

uint32_t io_read(void *machine, uint32_t address, unsigned bytes) {
  machine_t *m = machine;
  uint32_t value;
  if (m->refused.due) return 0;
  blocks_surprise(m);
  if (bit_band_read(m, address, &value)) return value;
  uint64_t now = execute_now(m);
  value = peripherals_read(m->peripherals, address, bytes, now);
  io_changed(m);
  return value;
}

void io_write(void *machine, uint32_t address, unsigned bytes, uint32_t value) {
  machine_t *m = machine;
  if (m->refused.due) return;
  blocks_surprise(m);
  if (bit_band_write(m, address, value)) return;
  uint64_t now = execute_now(m);
  peripherals_write(m->peripherals, address, bytes, value, now);
  if (m->memory) chip_io_written(m, address, bytes, value);
  io_changed(m);
}

void io_advance(machine_t *m, uint64_t now) {
  if (now < m->io_due) return;
  peripherals_advance(m->peripherals, now);
  m->io_due = peripherals_next_event(m->peripherals);
}

static void set_interrupt(void *context, unsigned number, bool level) {
  machine_t *m = context;
  m->line_changed = true;
  scs_set_interrupt(m->scs, number, level);
}

static void warn(void *context, const char *code, uint32_t address, const char *text) {
  machine_t *m = context;
  uint32_t pc = m->pending ? m->pending->insn.address : 0;
  (void)address;
  add_warning(m, code, pc, "%s, at %s", text, describe_address(m, pc));
}

static void stuck(void *context, stuck_t why, const char *text) {
  machine_t *m = context;
  uint32_t pc = m->pending ? m->pending->insn.address : 0;
  if (why == STUCK_INPUT) {
    add_warning(m, "input-ended", pc, "the firmware %s", text);
    end_run(m, RUN_HALTED);
  } else {
    end_fault(m, "the firmware %s, at %s", text, describe_address(m, pc));
  }
}

/* Only memory: the emulator would call back into the peripherals. */
bool memory_read(void *machine, uint32_t address, void *bytes, size_t count) {
  machine_t *m = machine;
  if (count == 0) return true;
  return memory_map_find(&m->map, address) && memory_map_find(&m->map, address + (uint32_t)(count - 1)) &&
         engine_read(m->engine, address, bytes, count);
}

bool memory_write(void *machine, uint32_t address, const void *bytes, size_t count) {
  machine_t *m = machine;
  if (count == 0) return true;
  const mapped_region_t *first = memory_map_find(&m->map, address);
  const mapped_region_t *last = memory_map_find(&m->map, address + (uint32_t)(count - 1));
  if (!first || !first->writable || !last || !last->writable) return false;
  if (!engine_write(m->engine, address, bytes, count)) return false;
  code_written(m->code, address, (unsigned)count);
  return true;
}

static uint32_t flash_bytes(const machine_t *m) {
  for (size_t i = 0; i < m->map.count; i++) {
    if (!m->map.regions[i].writable) return m->map.regions[i].bytes;
  }
  return 0;
}

bool io_build(machine_t *m) {
  char directory[4096];
  snprintf(directory, sizeof directory, "%s/configs/peripherals", m->options.data_directory);
  peripherals_config_t config = {.directory = directory,
                                 .family = m->target->peripherals,
                                 .hse_hz = m->options.hse_hz ? m->options.hse_hz : m->target->hse_hz,
                                 .flash_bytes = flash_bytes(m),
                                 .device_id = m->target->device_id,
                                 .mhz = m->options.mhz,
                                 .policy = m->options.mmio,
                                 .seed = m->options.seed,
                                 .uart_input = m->options.uart_input,
                                 .uart_wait = m->options.uart_wait,
                                 .console = m->options.console,
                                 .context = m,
                                 .set_interrupt = set_interrupt,
                                 .warn = warn,
                                 .stuck = stuck,
                                 .read_memory = memory_read,
                                 .write_memory = memory_write};
  const mapped_region_t *ram = memory_map_find(&m->map, m->program->initial_sp - 4);
  if (ram) {
    config.ram_base = ram->base;
    config.ram_bytes = ram->bytes;
  }
  program_symbol(m->program, "_SEGGER_RTT", &config.rtt_address);
  m->peripherals = peripherals_new(&config);
  if (!m->peripherals) return false;
  m->io_due = peripherals_next_event(m->peripherals);
  uint32_t base, bytes;
  for (size_t i = 0; peripherals_range(m->peripherals, i, &base, &bytes); i++) {
    if (engine_map_io(m->engine, base, bytes)) continue;
    diag_error("cannot map the peripherals at 0x%08x (%u bytes)", (unsigned)base, (unsigned)bytes);
    return false;
  }
  return true;
}

bool io_set_clock_of_run(const machine_t *m) {
  enum { TOLERANCE_PERCENT = 1 };
  double mhz = (double)peripherals_hz(m->peripherals, PERIPHERALS_CORE) / 1e6;
  return peripherals_clock_set(m->peripherals) && fabs(mhz - m->options.mhz) * 100 <= TOLERANCE_PERCENT * mhz;
}

void io_finish(machine_t *m) {
  peripherals_finish(m->peripherals);
  if (!peripherals_clock_set(m->peripherals) || io_set_clock_of_run(m)) return;
  double mhz = (double)peripherals_hz(m->peripherals, PERIPHERALS_CORE) / 1e6;
  add_warning(m, "clock-differs", 0,
              "the firmware sets its core clock to %.6g MHz, but the run was asked for --mhz %.6g: "
              "times are those of %.6g MHz",
              mhz, m->options.mhz, m->options.mhz);
}
