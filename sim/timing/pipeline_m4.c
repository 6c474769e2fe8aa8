/* Cortex-M4: three stages, one instruction at a time, in order.

   Decisions. An instruction's cost depends on its neighbours: what the one before still owes (a load's data cycle) is
   settled when the next one is known, and then charged to the one that owes it. Fetch is a queue of words that fills
   while instructions execute; what empties it shows as waiting. Memory latency is not the core's: it comes in as
   outcome_t.first_wait and its neighbours, and where the chip has a flash interface from memory_t.
   Not modelled here: FPU overlap of MAC with integer code, exceptions. */
#include "timing/pipeline.h"

#include <string.h>

static const m4_access_t no_access = {.load_base = NO_BASE, .store_base = NO_BASE};

void m4_reset(pipeline_t *pipeline) {
  m4_state_t *s = &pipeline->state.m4;
  memset(s, 0, sizeof *s);
  s->access = no_access;
  unsigned words = pipeline->model->parameters[PARAMETER_FETCH_QUEUE_HALFWORDS].value;
  s->fetch_free = pipeline->now > words ? pipeline->now - words : 0; /* time enough to fill the queue */
}

static void charge_parameter(cost_t *cost, const core_model_t *model, parameter_t id, cause_t cause, bool previous) {
  const cost_parameter_t *parameter = &model->parameters[id];
  if (previous) {
    charge_previous(cost, cause, parameter->from.grade, parameter->value);
  } else {
    charge(cost, cause, parameter->from.grade, parameter->value);
  }
}

/* Rule it_fold: IT behind a 16-bit instruction leaves no trace in the execute stage. */
static bool folds(const core_model_t *model, const m4_state_t *s, const insn_t *insn) {
  return model->rows[insn->cls].rule == RULE_IT_FOLD && s->was_narrow && !s->was_taken;
}

static bool is_single_store_imm(const insn_t *insn) {
  return (insn->flags & INSN_SINGLE_STORE) && !(insn->flags & INSN_REG_OFFSET);
}

static bool same_base(const core_model_t *model, const insn_t *insn, uint8_t written_back) {
  return (insn->flags & INSN_WRITEBACK) && insn->base == written_back && rule_is_on(model, RULE_SAME_BASE);
}

/* A base written back by the load before is as late for the address generator as any result, as base or index. (Of
   stores only two writebacks in a row are known.) */
static bool uses_new_base(const core_model_t *model, const insn_t *insn, uint8_t written_back) {
  if (written_back == NO_BASE || !(insn->address_regs & REG_BIT(written_back))) return false;
  return rule_is_on(model, RULE_SAME_BASE);
}

/* A 32-bit opcode off a word boundary needs two words; when the second has not arrived as the load's address phase
   ends, the access starts too late for that load's data phase. Fetch goes on while the load itself waits. [J-M4: 32-bit
   loads off word boundaries may fail to pipeline; C load page] */
static bool is_late_opcode(const core_model_t *model, const m4_state_t *s, const insn_t *insn) {
  unsigned arrived = s->fetched + s->access.load_waited * model->parameters[PARAMETER_FETCH_HALFWORDS].value;
  return insn_is_wide_unaligned(insn) && arrived < insn->size / sizeof insn->opcode[0];
}

/* Two RAMs, or the private peripheral bus and anything else; not flash and RAM. */
static bool is_other_memory(uint8_t slave, uint8_t before) {
  if (slave == before) return false;
  bool code = slave == SLAVE_CODE || before == SLAVE_CODE, private = slave == SLAVE_PRIVATE || before == SLAVE_PRIVATE;
  return private || !code;
}

/* Rule load_chain: the next load or store starts its address phase in a load's data phase. [TI-LS, which counts 1 + 2
   for a register-offset store; J-M4; SCU 100 x LDR] Not so when its address is what is being loaded (rule load_address)
   [SCU 400 cycles], when that load has just written its base back (rule same_base) [J-M4 for two writebacks], when
   another memory answers (rule other_slave) [J-M4; JA-M4], or when its opcode is not in decode yet (rule late_opcode).
   Flash and RAM chain with each other: docs/validation/m4.md, H7. */
static bool chains_behind_load(const core_model_t *model, const m4_state_t *s, const insn_t *insn,
                               const outcome_t *outcome) {
  if (!(insn->flags & (INSN_SINGLE_LOAD | INSN_SINGLE_STORE))) return false;
  if (is_other_memory(outcome->slave, s->access.slave) && rule_is_on(model, RULE_OTHER_SLAVE)) return false;
  if ((s->load_writes & insn->address_regs) && rule_is_on(model, RULE_LOAD_ADDRESS)) return false;
  if (is_late_opcode(model, s, insn) && rule_is_on(model, RULE_LATE_OPCODE)) return false;
  return !uses_new_base(model, insn, s->access.load_base);
}

/* A load pays for its data cycle unless the next instruction hides it. */
static void settle_load(const core_model_t *model, m4_state_t *s, const insn_t *insn, const outcome_t *outcome,
                        cost_t *cost) {
  if (!s->access.load_open) return;
  if (s->access.chainable && !outcome->skipped && chains_behind_load(model, s, insn, outcome)) return;
  charge_parameter(cost, model, PARAMETER_LOAD_DATA, CAUSE_LOAD_USE, true);
  s->access.load_open = false;
}

/* Rule store_buffer: an immediate-offset store drains one cycle later; a load right behind it waits for that.
   [J-M4; C store page] */
static void settle_store(const core_model_t *model, m4_state_t *s, const insn_t *insn, cost_t *cost) {
  if (insn->memory == MEMORY_NONE || !s->access.was_write) return;
  /* A misaligned store's extra bus cycles only delay another access. [M3-LS] */
  const cost_parameter_t *misaligned = &model->parameters[PARAMETER_MISALIGNED_WORD];
  charge_previous(cost, CAUSE_MISALIGNED, misaligned->from.grade, s->access.store_misaligned);
  charge_previous(cost, CAUSE_MEMORY, (grade_t)s->access.memory_grade, s->access.store_wait);
  if (s->access.store_open && insn->memory == MEMORY_LOAD) {
    charge_parameter(cost, model, PARAMETER_STORE_TO_LOAD, CAUSE_STORE, true);
  }
  if ((insn->flags & INSN_SINGLE_STORE) && same_base(model, insn, s->access.store_base)) {
    charge_parameter(cost, model, PARAMETER_SAME_BASE_WRITEBACK, CAUSE_STORE, true);
  }
}

/* Cycles of wait until INSN's FP operands from the last arithmetic instruction and the last divide are there, and the
   unit is free. Rules fp_result_use, fp_mac, fp_long. [TRM4 FPU; G-FPU; SCU VDIV] */
static void wait_for_fpu(const pipeline_t *pipeline, const insn_t *insn, uint64_t now, cost_t *cost) {
  const m4_state_t *s = &pipeline->state.m4;
  const core_model_t *model = pipeline->model;
  uint64_t until = now;
  grade_t grade = GRADE_DOCUMENTED;
  bool depends = ((s->fp_writes | s->long_writes) & insn->reads) != 0;
  for (unsigned i = 0; depends && i < insn->operand_count; i++) {
    uint64_t bit = REG_BIT(insn->operands[i].reg);
    unsigned role = insn->operands[i].role;
    const distance_t *recent = &model->distance[s->fp_cls][role];
    if ((s->fp_writes & bit) && s->fp_issue + (uint64_t)recent->cycles > until) {
      until = s->fp_issue + (uint64_t)recent->cycles;
      grade = recent->grade;
    }
    const distance_t *slow = &model->distance[s->long_cls][role];
    if ((s->long_writes & bit) && s->long_issue + (uint64_t)slow->cycles > until) {
      until = s->long_issue + (uint64_t)slow->cycles;
      grade = slow->grade;
    }
  }
  charge(cost, CAUSE_FP_DEPENDENCY, grade, (unsigned)(until - now));
  if (!s->long_writes || !(insn->flags & INSN_FP_ARITH)) return;
  const cost_row_t *row = &model->rows[s->long_cls];
  uint64_t free_at = s->long_issue + row->busy;
  if (free_at > until) charge(cost, CAUSE_FP_BUSY, row->from.grade, (unsigned)(free_at - until));
}

static parameter_t misaligned_parameter(const insn_t *insn, const outcome_t *outcome) {
  enum { HALFWORD = 2, WORD = 4, WORD_OFFSET = 3 }; /* not cycles: bytes */
  if (!(outcome->address & WORD_OFFSET)) return PARAMETER_COUNT;
  if (!(insn->flags & (INSN_SINGLE_LOAD | INSN_SINGLE_STORE))) return PARAMETER_COUNT;
  if (insn->access_bytes == HALFWORD && (outcome->address & 1u)) return PARAMETER_MISALIGNED_HALFWORD;
  if (insn->access_bytes != WORD) return PARAMETER_COUNT;
  return (outcome->address & 1u) ? PARAMETER_MISALIGNED_WORD_ODD : PARAMETER_MISALIGNED_WORD;
}

static cause_t beyond_issue_cause(const insn_t *insn) {
  if (insn->flags & INSN_DIVIDE) return CAUSE_DIVIDE;
  if (insn->flags & INSN_SINGLE_STORE) return CAUSE_STORE;
  if (insn->transfers > 1 || insn->cls == CLASS_FP_FROM_CORE_PAIR || insn->cls == CLASS_FP_TO_CORE_PAIR) {
    return CAUSE_TRANSFER;
  }
  if (insn->flags & INSN_FP_ARITH) return CAUSE_MULTIPLY;
  if (insn->memory != MEMORY_NONE) return CAUSE_TRANSFER;
  return CAUSE_SYSTEM;
}

/* Cycles in the issue stage. Rules nop_hide, divide_early_out, transfer_beats. */
static unsigned issue_cycles(const core_model_t *model, const m4_state_t *s, const insn_t *insn,
                             const outcome_t *outcome, grade_t *grade) {
  const cost_row_t *row = &model->rows[insn->cls];
  *grade = row->from.grade;
  if (outcome->skipped &&
      rule_is_on(model,
                 RULE_SKIPPED)) { /* a failed condition costs the same whatever it guards [C conditional block] */
    *grade = model->parameters[PARAMETER_SKIPPED_INSN].from.grade;
    return model->parameters[PARAMETER_SKIPPED_INSN].value;
  }
  if (row->rule == RULE_NOP_HIDE && s->access.nop_free) return 0;
  if (row->rule == RULE_DIVIDE_EARLY_OUT) return divide_cycles(model, insn, outcome, grade);
  unsigned cycles = insn->flags & INSN_DIVIDE ? row->max : row->issue;
  cycles += list_beats(row, insn);
  return cycles;
}

static void charge_issue(const core_model_t *model, const m4_state_t *s, const insn_t *insn, const outcome_t *outcome,
                         cost_t *cost) {
  grade_t grade;
  unsigned cycles = issue_cycles(model, s, insn, outcome, &grade);
  if (cycles == 0) return;
  charge(cost, CAUSE_ISSUE, grade, 1);
  if (cycles > 1) charge(cost, beyond_issue_cause(insn), grade, cycles - 1);
}

/* The previous instruction asked the same memory, whether the two chain or not: docs/validation/m4.md, H2. */
static bool streams_behind(const m4_state_t *s, const outcome_t *outcome) {
  return s->access.was_memory && s->access.slave == outcome->slave;
}

static m4_access_t remember_access(const core_model_t *model, const insn_t *insn, const outcome_t *outcome,
                                   bool streams, unsigned misaligned) {
  bool write = insn->memory == MEMORY_STORE;
  bool load = (insn->flags & INSN_SINGLE_LOAD) != 0, store = is_single_store_imm(insn);
  uint8_t written_base = insn->flags & INSN_WRITEBACK ? insn->base : NO_BASE;
  return (m4_access_t){.load_open = load,
                       .store_open = store,
                       .chainable = model->rows[insn->cls].rule == RULE_LOAD_CHAIN,
                       .nop_free = load || model->rows[insn->cls].rule == RULE_STORE_REG_OFFSET,
                       .was_memory = true,
                       .was_write = write,
                       .store_wait = write && !streams ? outcome->first_wait : 0,
                       .slave = outcome->slave,
                       .memory_grade = outcome->memory_grade,
                       .load_base = load ? written_base : NO_BASE,
                       .load_waited = load ? (uint8_t)(misaligned + (streams ? 0 : outcome->first_wait)) : 0,
                       .store_base = store ? written_base : NO_BASE,
                       .store_misaligned = write ? (uint8_t)misaligned : 0};
}

static void remember_fp(m4_state_t *s, const core_model_t *model, const insn_t *insn, uint64_t issued) {
  if (model->rows[insn->cls].rule == RULE_FP_LONG) {
    s->long_cls = insn->cls;
    s->long_writes = insn->writes;
    s->long_issue = issued;
    s->fp_writes &= ~insn->writes;
  } else {
    s->fp_cls = insn->cls;
    s->fp_writes = insn->writes;
    s->fp_issue = issued;
    s->long_writes &= ~insn->writes;
  }
}

/* The first halfword behind THERE halfwords in the queue, and with it its word. Code at SYSTEM_BUS and above comes over
   the system bus, whose fetches are registered. [TRM4 bus interfaces] */
static unsigned fetch_word(const pipeline_t *pipeline, uint32_t address, uint64_t there, uint64_t cycle, bool *flash) {
  enum { SYSTEM_BUS = 0x20000000 }; /* not cycles: address */
  uint32_t word = (uint32_t)(address + there * sizeof(uint16_t)) & ~(uint32_t)(sizeof(uint32_t) - 1);
  *flash = word < SYSTEM_BUS;
  if (!*flash) return pipeline->model->parameters[PARAMETER_SYSTEM_BUS_FETCH].value;
  return memory_fetch_word(pipeline->memory, word, cycle);
}

/* The same where memory makes fetches wait. The bus is busy until a fetch is complete, also one whose word a taken
   branch has made useless; the queue goes on filling while instructions execute. */
static void wait_for_memory(pipeline_t *pipeline, const insn_t *insn, cost_t *cost) {
  m4_state_t *s = &pipeline->state.m4;
  const cost_parameter_t *rate = &pipeline->model->parameters[PARAMETER_FETCH_HALFWORDS];
  unsigned capacity = pipeline->model->parameters[PARAMETER_FETCH_QUEUE_HALFWORDS].value;
  unsigned needed = insn->size / sizeof insn->opcode[0];
  uint64_t issue = pipeline->now + cost->cycles, now = issue, there = s->fetched;
  uint32_t from = insn->address; /* what the halfwords in the queue count from */
  bool memory_waited = false, flash = true;
  if (s->was_taken) {
    uint64_t request = now - 1;
    if (s->fetching && s->fetch_free > request) request = s->fetch_free;
    unsigned wait = fetch_word(pipeline, from, 0, request, &flash);
    memory_waited = flash && (wait || request >= now);
    s->fetching = false;
    s->fetch_free = request + 1 + wait;
    if (s->fetch_free > now) now = s->fetch_free;
    there = rate->value - ((from / sizeof insn->opcode[0]) & (rate->value - 1));
  } else if (!s->fetching) {
    s->fetch_free += s->fetch_slots_lost;
  }
  for (;;) {
    if (!s->fetching) {
      if (there >= capacity || (s->fetch_free >= now && there >= needed)) break;
      unsigned wait = fetch_word(pipeline, from, there, s->fetch_free, &flash);
      s->fetching = true;
      s->fetch_free += 1 + wait;
      if (flash && wait && s->fetch_free > now && there < needed) memory_waited = true;
    }
    if (s->fetch_free > now && there >= needed) break;
    if (s->fetch_free > now) now = s->fetch_free;
    s->fetching = false;
    there = there + rate->value < capacity ? there + rate->value : capacity;
  }
  if (!s->fetching && s->fetch_free < now) s->fetch_free = now; /* the queue was full */
  grade_t grade = memory_waited ? (grade_t)pipeline->memory->flash_grade : rate->from.grade;
  charge(cost, memory_waited ? CAUSE_FLASH : CAUSE_FETCH, grade, (unsigned)(now - issue));
  s->fetched = (uint8_t)(there - needed);
  s->fetched_at = now;
  s->fetch_slots_lost = 0;
}

/* Rule fetch_queue: one aligned word a cycle goes into a queue of three; a taken branch empties it, and the word with
   the target is there when the target may issue. [KA-PF; C branch timing] Rule speculative_fetch: a conditional branch
   that falls through has used a fetch for its target. [M3-PF; J-M4] */
static void wait_for_fetch(pipeline_t *pipeline, const insn_t *insn, cost_t *cost) {
  m4_state_t *s = &pipeline->state.m4;
  if (pipeline->memory) {
    wait_for_memory(pipeline, insn, cost);
    return;
  }
  const cost_parameter_t *capacity = &pipeline->model->parameters[PARAMETER_FETCH_QUEUE_HALFWORDS];
  const cost_parameter_t *rate = &pipeline->model->parameters[PARAMETER_FETCH_HALFWORDS];
  unsigned needed = insn->size / sizeof insn->opcode[0];
  uint64_t now = pipeline->now + cost->cycles;
  uint64_t there;
  if (s->was_taken) {
    there = rate->value - ((insn->address / sizeof insn->opcode[0]) & (rate->value - 1));
  } else {
    uint64_t fetches = now - s->fetched_at;
    fetches -= fetches < s->fetch_slots_lost ? fetches : s->fetch_slots_lost;
    there = s->fetched + fetches * rate->value;
    if (there > capacity->value) there = capacity->value;
  }
  unsigned waited = 0;
  for (; there < needed && rule_is_on(pipeline->model, RULE_FETCH_QUEUE); there += rate->value)
    waited++;
  charge(cost, CAUSE_FETCH, rate->from.grade, waited);
  s->fetched = (uint8_t)(there < needed ? 0 : there - needed);
  s->fetched_at = now + waited;
  s->fetch_slots_lost = 0;
}

/* Rule unaligned_run, off by default: a run of three unaligned 32-bit opcodes that starts with a full queue costs a
   cycle. [C alignment rules; P and JA-M4 measured none] */
static void charge_unaligned_run(pipeline_t *pipeline, const insn_t *insn, bool single_cycle, cost_t *cost) {
  m4_state_t *s = &pipeline->state.m4;
  const cost_parameter_t *run = &pipeline->model->parameters[PARAMETER_UNALIGNED_RUN];
  enum { RUN = 3, STORE_RUN = 4 }; /* not cycles: opcodes; stores need one more [C alignment rules] */
  unsigned length = insn->memory == MEMORY_STORE ? STORE_RUN : RUN;
  s->unaligned_run =
      insn_is_wide_unaligned(insn) ? (uint8_t)(s->unaligned_run < UINT8_MAX ? s->unaligned_run + 1 : UINT8_MAX) : 0;
  if (s->queue_full && s->unaligned_run == length) {
    charge(cost, CAUSE_FETCH, run->from.grade, run->value);
    s->queue_full = false;
  }
  if (s->was_taken) s->queue_full = false;
  if (!s->unaligned_run) s->queue_full = insn->size == sizeof insn->opcode[0] || !single_cycle;
}

/* What the next instruction needs to know about this one. */
static void remember(pipeline_t *pipeline, const insn_t *insn, const outcome_t *outcome, uint64_t issued,
                     unsigned misaligned) {
  m4_state_t *s = &pipeline->state.m4;
  bool done = !outcome->skipped;
  s->results = (insn->flags & INSN_DATA_PROC) && done ? insn->writes : 0;
  s->was_taken = outcome->taken;
  s->was_narrow = insn->size == 2; /* not cycles: bytes of opcode */
  if (insn->memory == MEMORY_NONE || !done) {
    s->access = no_access;
  } else {
    s->access = remember_access(pipeline->model, insn, outcome, streams_behind(s, outcome), misaligned);
    s->load_writes = insn->writes;
  }
  if ((insn->flags & INSN_FP_ARITH) && done) remember_fp(s, pipeline->model, insn, issued);
}

/* A read waits for memory unless it streams behind another access to the same slave; a write's wait is settled with the
   next access. */
static void charge_memory(const pipeline_t *pipeline, const insn_t *insn, const outcome_t *outcome, uint64_t issued,
                          cost_t *cost) {
  const m4_state_t *s = &pipeline->state.m4;
  if (insn->memory != MEMORY_LOAD) return;
  grade_t grade = (grade_t)outcome->memory_grade;
  if (pipeline->memory && memory_is_flash(pipeline->memory, outcome->address)) {
    unsigned bytes = (insn->transfers > 1 ? insn->transfers : 1u) * insn->access_bytes;
    answer_t answer = memory_access(pipeline->memory, outcome->address, bytes, false, issued);
    charge(cost, (cause_t)answer.cause, (grade_t)answer.grade, answer.wait);
  }
  if (!streams_behind(s, outcome)) charge(cost, CAUSE_MEMORY, grade, outcome->first_wait);
  if (s->access.was_write) charge(cost, CAUSE_MEMORY, grade, outcome->after_write_wait);
}

/* Extra bus cycles of a misaligned access, and how well they are known. */
static unsigned misaligned_cycles(const core_model_t *model, const insn_t *insn, const outcome_t *outcome,
                                  grade_t *grade) {
  parameter_t id = misaligned_parameter(insn, outcome);
  if (id == PARAMETER_COUNT) return 0;
  *grade = model->parameters[id].from.grade;
  return model->parameters[id].value;
}

/* The common case, in short: no address, no FPU, no branch. Same charges as the long way; a test compares them. */
static void step_plain(pipeline_t *pipeline, const insn_t *insn, cost_t *cost) {
  const core_model_t *model = pipeline->model;
  m4_state_t *s = &pipeline->state.m4;
  if (s->access.load_open) charge_parameter(cost, model, PARAMETER_LOAD_DATA, CAUSE_LOAD_USE, true);
  wait_for_fetch(pipeline, insn, cost);
  cost->before = cost->count;
  charge(cost, CAUSE_ISSUE, model->rows[insn->cls].from.grade, model->rows[insn->cls].issue);
  s->results = insn->writes;
  s->access = no_access;
  s->was_taken = false;
  s->was_narrow = insn->size == sizeof insn->opcode[0];
}

void m4_step(pipeline_t *pipeline, const insn_t *insn, const outcome_t *outcome, cost_t *cost) {
  const core_model_t *model = pipeline->model;
  m4_state_t *s = &pipeline->state.m4;
  if ((insn->flags & INSN_PLAIN) && !outcome->skipped && !model->parameters[PARAMETER_UNALIGNED_RUN].value) {
    step_plain(pipeline, insn, cost);
    return;
  }
  const cost_row_t *row = &model->rows[insn->cls];

  if (folds(model, s, insn)) {
    wait_for_fetch(pipeline, insn, cost);
    cost->before = cost->count;
    return;
  }
  settle_load(model, s, insn, outcome, cost);
  if (!outcome->skipped) {
    settle_store(model, s, insn, cost);
    /* No forwarding from execute to the address generator. [TI-LS] */
    if (s->results & insn->address_regs) {
      charge_parameter(cost, model, PARAMETER_ADDRESS_INTERLOCK, CAUSE_ADDRESS, false);
    }
  }
  wait_for_fetch(pipeline, insn, cost); /* the FPU works on meanwhile */
  if ((insn->flags & INSN_FP) && !outcome->skipped) wait_for_fpu(pipeline, insn, pipeline->now + cost->cycles, cost);
  cost->before = cost->count;

  uint64_t issued = pipeline->now + cost->cycles;
  charge_issue(model, s, insn, outcome, cost);
  unsigned misaligned = 0;
  if (outcome->has_address) {
    grade_t grade = GRADE_MEASURED;
    misaligned = misaligned_cycles(model, insn, outcome, &grade);
    if (insn->memory == MEMORY_LOAD) charge(cost, CAUSE_MISALIGNED, grade, misaligned);
    charge_memory(pipeline, insn, outcome, issued, cost);
  }
  if (outcome->taken) {
    charge(cost, CAUSE_BRANCH, row->from.grade, row->taken);
  } else if (insn->cls == CLASS_BRANCH_COND) {
    s->fetch_slots_lost = (uint8_t)model->parameters[PARAMETER_SPECULATIVE_FETCH].value;
  }
  if (model->parameters[PARAMETER_UNALIGNED_RUN].value) {
    charge_unaligned_run(pipeline, insn, pipeline->now + cost->cycles == issued + 1, cost);
  }
  remember(pipeline, insn, outcome, issued, misaligned);
}

void m4_drain(pipeline_t *pipeline, cost_t *cost) {
  m4_state_t *s = &pipeline->state.m4;
  if (s->access.load_open) charge_parameter(cost, pipeline->model, PARAMETER_LOAD_DATA, CAUSE_LOAD_USE, true);
  s->access.load_open = false;
}
