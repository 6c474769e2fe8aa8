#include "machine/machine_private.h"

#include "base/diag.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ADDRESS_CPACR = 0xE000ED88u };

/* ---- callbacks of the engine and the peripherals ---- */

static uint32_t ppb_read(void *context, uint32_t address, unsigned bytes) {
  machine_t *m = context;
  if (m->refused.due) return 0;
  blocks_surprise(m);
  uint64_t now = scs_is_timer(address) ? execute_now(m) : m->pipeline.now;
  return scs_read(m->scs, address, bytes, now);
}

static void ppb_write(void *context, uint32_t address, unsigned bytes, uint32_t value) {
  machine_t *m = context;
  if (m->refused.due) return;
  blocks_surprise(m);
  uint64_t now = scs_is_timer(address) ? execute_now(m) : m->pipeline.now;
  scs_write(m->scs, address, bytes, value, now);
  if (m->memory) chip_ppb_written(m, address & ~3u, value);
  update_attention(m, now);
}

static void itm_output(void *context, unsigned port, const uint8_t *bytes, size_t count) {
  machine_t *m = context;
  enum { PORT_TEXT = 0 };
  if (port == PORT_TEXT && m->options.console) fwrite(bytes, 1, count, m->options.console);
}

static void reset_request(void *context) { ((machine_t *)context)->reset_due = true; }

static void profile_counts(void *context, uint64_t counts[SCS_PROFILE_COUNTERS]) {
  _Static_assert((int)SCS_PROFILE_COUNTERS == (int)PROFILE_COUNTERS, "the same five");
  machine_t *m = context;
  blocks_settle(m);
  profile_dwt(&m->totals, counts);
}

/* ---- construction ---- */

static bool load_target(machine_t *m) {
  char directory[4096], name[32];
  snprintf(directory, sizeof directory, "%s/configs", m->options.data_directory);
  snprintf(name, sizeof name, "generic-%s", m->options.core ? m->options.core : "");
  m->target = m->options.mcu ? target_find(directory, "--mcu", m->options.mcu) : target_load(directory, name);
  if (!m->target) return false;
  if (m->options.mcu) m->options.mcu = m->target->name; /* also where it was a path */
  const char *core = m->target->core + strlen("cortex-");
  if (!m->options.core) m->options.core = core;
  if (strcmp(core, m->options.core) == 0) return true;
  diag_error("%s has a %s, not a cortex-%s", m->options.mcu, m->target->core, m->options.core);
  return false;
}

static bool apply_settings(machine_t *m) {
  for (size_t i = 0; i < m->options.setting_count; i++) {
    char name[64], key[64];
    unsigned value;
    int end = 0;
    const char *setting = m->options.settings[i];
    bool memory = sscanf(setting, "%63[a-z0-9_].%63[a-z0-9_]=%u%n", name, key, &value, &end) == 3;
    bool core = !memory && sscanf(setting, "%63[a-z0-9_]=%u%n", name, &value, &end) == 2;
    if ((!memory && !core) || setting[end] || value > UINT8_MAX) {
      diag_error("--set %s: NAME=NUMBER or REGION.NAME=NUMBER with a number from 0 to 255, please", setting);
      return false;
    }
    if (memory && !target_set(m->target, name, key, value)) {
      diag_error("--set %s: %s has no region %s with a number %s", setting, m->target->name, name, key);
      return false;
    }
    if (core && !cost_model_set(m->model, name, value)) {
      diag_error("--set %s: %s has no parameter %s", setting, m->model->core, name);
      return false;
    }
    add_warning(m, "set", 0, "%s: a what-if, not a prediction", setting);
  }
  return true;
}

static bool load_model(machine_t *m) {
  m->model = cost_model_of(m->options.data_directory, m->options.core);
  if (!m->model) return false;
  for (size_t i = 0; i < m->options.rule_off_count; i++) {
    if (cost_model_rule_off(m->model, m->options.rules_off[i])) {
      add_warning(m, "rule-off", 0, "rule %s is switched off: a what-if, not a prediction", m->options.rules_off[i]);
      continue;
    }
    diag_error("--rule-off %s: %s has no such rule", m->options.rules_off[i], m->model->core);
    return false;
  }
  return apply_settings(m);
}

static bool build_memory(machine_t *m) {
  memory_limits_t limits = {m->options.flash_bytes, m->options.ram_bytes};
  if (!fit_check(m) || !memory_map_build(&m->map, m->target, m->program, &limits)) return false;
  enum { FILL = 65536 }; /* a write to read-only memory takes the engine 30 us, however long it is */
  static uint8_t erased[FILL];
  memset(erased, 0xFF, sizeof erased);
  for (size_t i = 0; i < m->map.count; i++) {
    mapped_region_t *region = &m->map.regions[i];
    uint32_t bytes = (region->bytes + ENGINE_PAGE - 1u) & ~(uint32_t)(ENGINE_PAGE - 1);
    region->number = (uint8_t)i;
    region->host = calloc(1, bytes);
    if (!region->host || (region->base & (ENGINE_PAGE - 1u)) ||
        !engine_map(m->engine, region->base, bytes, region->writable, region->host)) {
      diag_error("cannot map region %s at 0x%08x (%u bytes)", region->name, (unsigned)region->base, (unsigned)bytes);
      return false;
    }
    for (uint32_t at = 0; !region->writable && at < bytes; at += FILL) {
      engine_write(m->engine, region->base + at, erased, bytes - at < FILL ? bytes - at : FILL);
    }
  }
  for (size_t i = 0; i < m->program->segment_count; i++) {
    const segment_t *s = &m->program->segments[i];
    if (s->file_bytes && !engine_write(m->engine, s->load_address, s->data, s->file_bytes)) {
      diag_error("%s: cannot load the segment at 0x%08x", m->program->path, (unsigned)s->load_address);
      return false;
    }
  }
  return true;
}

/* The function that OPTION names: its index, or -1 after one diag_error. */
static int32_t find_named(const machine_t *m, const char *option, const char *name) {
  const function_t *function = program_function_named(m->program, name);
  if (function) return program_function_index(m->program, function);
  diag_error("%s: %s %s: no such function%s", m->program->path, option, name,
             m->program->stripped ? " (the image is stripped)" : "");
  return -1;
}

static bool watch_regions(machine_t *m) {
  for (size_t i = 0; i < m->options.region_count; i++) {
    int32_t function = find_named(m, "--region", m->options.regions[i]);
    if (function < 0) return false;
    regions_watch_function(m->call_regions, function);
  }
  return true;
}

/* What --period names is measured: a marked region, or a function of --region. */
static bool check_energy(const machine_t *m) {
  const char *name = m->options.energy.period_region;
  if (!energy_check(m->target, &m->options.energy)) return false;
  bool known = !name;
  for (size_t i = 0; !known && i < m->program->marker_count; i++)
    known = strcmp(m->program->markers[i].name, name) == 0;
  for (size_t i = 0; !known && i < m->options.region_count; i++)
    known = strcmp(m->options.regions[i], name) == 0;
  if (known) return true;
  diag_error("%s: --period %s: no such region; a function is one with --region %s", m->program->path, name, name);
  return false;
}

static bool arm_timeline(machine_t *m) {
  m->trace.function = -1;
  if (!m->options.timeline) return true;
  const function_t *function = program_function_named(m->program, m->options.timeline);
  if (!function) {
    diag_error("%s: no function %s", m->program->path, m->options.timeline);
    return false;
  }
  m->trace.function = program_function_index(m->program, function);
  m->trace.pass = m->options.timeline_pass ? m->options.timeline_pass : 1;
  m->trace.steps = calloc(TIMELINE_MAX, sizeof *m->trace.steps);
  m->tracing = m->trace.steps != NULL;
  return m->tracing;
}

static bool find_stop(machine_t *m) {
  m->stop_function = m->options.stop_at ? find_named(m, "--stop-at", m->options.stop_at) : -1;
  return !m->options.stop_at || m->stop_function >= 0;
}

static void find_heap(machine_t *m) {
  m->sbrk_function = program_function_index(m->program, program_function_named(m->program, "_sbrk"));
}

static bool build_peripherals(machine_t *m) {
  m->scs_config = (scs_config_t){.m7 = strcmp(m->options.core, "m7") == 0,
                                 .double_precision = m->model->double_precision && !m->target->single_precision,
                                 .cpuid = m->target->cpuid,
                                 .priority_bits = m->target->priority_bits,
                                 .icache_kib = m->target->l1.icache_bytes / 1024,
                                 .dcache_kib = m->target->l1.dcache_bytes / 1024,
                                 .has_dwt = !m->options.no_dwt,
                                 .vector_table = m->program->vector_table,
                                 .itm_output = itm_output,
                                 .reset_request = reset_request,
                                 .profile = profile_counts,
                                 .device_id = m->target->device_id,
                                 .context = m};
  if (!reset_build_scs(m)) return false;
  uint32_t heap = 0;
  if (!program_symbol(m->program, "end", &heap)) program_symbol(m->program, "_end", &heap);
  const mapped_region_t *stack = memory_map_find(&m->map, m->program->initial_sp - 4);
  semihosting_config_t semihosting = {.memory = {m, memory_read, memory_write},
                                      .console = m->options.console,
                                      .input = m->options.input,
                                      .directory = m->options.files_directory,
                                      .command_line = m->options.command_line,
                                      .mhz = m->options.mhz,
                                      .heap_base = heap,
                                      .heap_limit = heap ? m->program->initial_sp : 0,
                                      .stack_base = m->program->initial_sp,
                                      .stack_limit = heap ? heap : stack->base};
  m->semihosting = semihosting_new(&semihosting);
  return m->scs && m->semihosting;
}

static bool build(machine_t *m) {
  m->program = program_open(m->options.firmware, &m->options.image);
  if (!m->program || !load_target(m) || !load_model(m)) return false;
  m->symbols = symbols_open(m->options.firmware);
  m->bb.on = !m->options.no_memo && !m->options.debugger && !m->options.timeline;
  engine_callbacks_t callbacks = {.context = m,
                                  .insn = execute_insn,
                                  .discarded = blocks_discarded,
                                  .block = m->bb.on ? execute_block : NULL,
                                  .access = execute_access,
                                  .ppb_read = ppb_read,
                                  .ppb_write = ppb_write,
                                  .io_read = io_read,
                                  .io_write = io_write,
                                  .trap = trap_taken};
  bool m7 = strcmp(m->options.core, "m7") == 0;
  m->engine = engine_new(m7 ? ENGINE_CORTEX_M7 : ENGINE_CORTEX_M4, &callbacks);
  if (!m->engine || !build_memory(m) || !build_peripherals(m)) return false;
  m->code = code_new(m->program, memory_read, m);
  m->call_regions = regions_new(m->program);
  if (!m->code || !m->call_regions || !io_build(m)) return false;
  if (!m7 && !bit_band_build(m)) return false;
  find_heap(m);
  if (!chip_build(m)) return false;
  pipeline_reset(&m->pipeline, m->model, m->memory);
  m->cycle_limit = m->options.max_cycles ? m->options.max_cycles : UINT64_MAX;
  m->requests = m->options.requests;
  update_attention(m, 0);
  return blocks_build(m) && contexts_build(m) && watch_regions(m) && check_energy(m) && arm_timeline(m) && find_stop(m);
}

machine_t *machine_new(const machine_options_t *options) {
  machine_t *m = calloc(1, sizeof *m);
  if (!m) return NULL;
  m->options = *options;
  if (build(m)) return m;
  machine_free(m);
  return NULL;
}

void machine_free(machine_t *m) {
  if (!m) return;
  for (size_t i = 0; i < m->warning_count; i++) {
    free(m->warnings[i].code);
    free(m->warnings[i].message);
    free(m->warnings[i].symbol);
  }
  free(m->warnings);
  free(m->debug);
  for (size_t i = 0; m->trace.steps && i < m->trace.count; i++)
    free(m->trace.steps[i].text);
  free(m->trace.steps);
  blocks_release(m);
  contexts_free(m);
  regions_free(m->call_regions);
  code_free(m->code);
  semihosting_free(m->semihosting);
  peripherals_free(m->peripherals);
  scs_free(m->scs);
  engine_free(m->engine);
  for (size_t i = 0; i < m->map.count; i++)
    free(m->map.regions[i].host);
  memory_free(m->memory);
  target_free(m->target);
  cost_model_free(m->model);
  symbols_close(m->symbols);
  program_close(m->program);
  free(m);
}

/* ---- run ---- */

/* Every cycle has exactly one owner. */
static void assert_every_cycle_owned(machine_t *m) {
  uint64_t owned = 0;
  for (code_slot_t *slot = code_first(m->code); slot; slot = slot->next_allocated) {
    owned += profile_sum(slot->profile.cycles, CAUSE_COUNT);
  }
  bool sound = owned == m->pipeline.now && profile_sum(m->totals.causes, CAUSE_COUNT) == m->pipeline.now &&
               profile_sum(m->totals.grades, GRADE_COUNT) == m->pipeline.now;
  if (sound) return;
  diag_error("internal: %" PRIu64 " cycles passed but %" PRIu64 " have an owner; please report this", m->pipeline.now,
             owned);
  abort();
}

static void check_clock(machine_t *m) {
  if (m->options.fast) {
    add_warning(
        m, "fast", 0,
        "--fast: banks, alignment, regions and cache misses of data are those of each block's first executions; "
        "run without it for exact figures");
  }
  const target_t *target = m->target;
  if (target->max_mhz && m->options.mhz > target->max_mhz) {
    add_warning(m, "clock-too-high", 0, "%s runs at %u MHz at most", target->title, target->max_mhz);
  }
  bool described = target->flash.read_bytes || target->zero_wait_mhz;
  const mapped_region_t *code = memory_map_find(&m->map, m->program->reset_handler);
  bool uses_flash = !code || !code->writable;
  if (m->options.mcu && m->map.flash_given && uses_flash && !described && !m->options.ideal_memory) {
    add_warning(m, "flash-unknown", 0,
                "how %s's flash waits is not known: it answers at once here, so expect the part to be slower",
                target->title);
  }
  if (!m->memory && target->zero_wait_mhz && m->options.mhz > target->zero_wait_mhz) {
    add_warning(m, "wait-states", 0,
                "above %u MHz this part's flash needs wait states, which are not modelled yet: expect it to be slower",
                target->zero_wait_mhz);
  }
}

static void warn_of_abandoned(machine_t *m) {
  size_t count;
  const measured_region_t *list = regions_list(m->call_regions, &count);
  for (size_t i = 0; i < count; i++) {
    if (!list[i].abandoned) continue;
    add_warning(m, "region-abandoned", m->program->markers[list[i].begin].address,
                "passes of region %s that never reached its end, not counted: %llu", list[i].name,
                (unsigned long long)list[i].abandoned);
  }
}

results_t *machine_run(machine_t *m) {
  check_clock(m);
  uint32_t pc = m->program->reset_handler;
  m->sp = m->program->initial_sp;
  m->stacks[0] = (stack_extent_t){m->sp, m->sp};
  m->stack_count = 1;
  reset_arrive(m, pc, m->sp);
  if (m->options.debugger && !debug_new(m)) return NULL;
  engine_end_t how;
  for (uint32_t at = pc;; at = engine_register(m->engine, REG_PC)) {
    how = engine_run(m->engine, at);
    if (m->bb.on && !m->ended) blocks_catch_up(m, BLOCK_END);
    if (m->ended || (how != ENGINE_WFI && how != ENGINE_WFE)) break;
    if (!sleep_until_event(m, how == ENGINE_WFE)) break;
  }
  bool sleeps = how == ENGINE_WFI || how == ENGINE_WFE;
  bool completed = sleeps || (m->ended && m->end == RUN_EXITED);
  if (sleeps && !m->ended) {
    end_run(m, RUN_HALTED);
  } else if (how == ENGINE_FAILED && !m->ended) {
    end_fault(m, "emulation failed: %s, last instruction at %s", engine_error(m->engine),
              describe_address(m, m->pending ? m->pending->insn.address : 0));
  }
  if (m->debug) debug_end(m);
  uint32_t last = m->pending ? m->pending->insn.address : m->previous ? m->previous->insn.address : pc;
  execute_finish(m, completed);
  if (m->end == RUN_HALTED) {
    add_warning(m, "halted", last, "the run ended where the firmware waits for ever: %s", describe_address(m, last));
  }
  if (run_end_is_early(m->end)) {
    add_warning(m, "partial", last, "stopped early at %s: all figures cover only the part that ran",
                describe_address(m, last));
  }
  if (regions_lost_calls(m->call_regions)) {
    add_warning(m, "calls-lost", last, "calls nested too deep to follow: call counts and inclusive times are too low");
  }
  if (scs_dwt_refused(m->scs)) {
    add_warning(m, "dwt-locked", 0,
                "the firmware starts the cycle counter without unlocking it: on a Cortex-M7 it stands still until "
                "0xC5ACCE55 is written to DWT_LAR (0xE0001FB0)");
  }
  warn_of_abandoned(m);
  io_finish(m);
  chip_finish(m);
  assert_every_cycle_owned(m);
  return collect_results(m);
}
