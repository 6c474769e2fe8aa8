/* Random programs for a pipeline: whatever decodes, with whatever may happen to it. */
#ifndef CMSIM_TESTS_PROGRAM_FIXTURE_H
#define CMSIM_TESTS_PROGRAM_FIXTURE_H

#include "insn_fixture.h"
#include "timing/pipeline.h"

static core_model_t *m4, *m7;
static target_t *f407, *h723;

static inline void open_all(void) {
  open_decoder();
  m4 = cost_model_of(CMSIM_SOURCE_DIR, "m4");
  m7 = cost_model_of(CMSIM_SOURCE_DIR, "m7");
  f407 = target_load(CMSIM_SOURCE_DIR "/configs", "stm32f407vg");
  h723 = target_load(CMSIM_SOURCE_DIR "/configs", "stm32h723zg");
  ck_assert(decoder && m4 && m7 && f407 && h723);
}

static inline void close_all(void) {
  close_decoder();
  cost_model_free(m4);
  cost_model_free(m7);
  target_free(f407);
  target_free(h723);
}

enum { CODE = 0x08000000, DATA = 0x20000000, CACHED = 0x24000000, PALETTE = 12 };

/* 16 bits; of 32: data processing, lists and pairs, single accesses, multiplies and divides, floating point thrice. */
static const opcodes_t groups[] = {{0, 0xE800},     {0xE800, 0x1800}, {0xE800, 0x200}, {0xF800, 0x200},
                                   {0xFB00, 0x100}, {0xEC00, 0x200},  {0xEE00, 0x100}, {0xEE00, 0x100}};

/* A few opcodes, so that they meet again and again. */
typedef struct {
  random_t random;
  opcode_t palette[PALETTE];
} program_t;

static inline program_t program_new(uint64_t seed) {
  program_t program = {.random = {seed}};
  for (unsigned i = 0; i < PALETTE; i++) {
    insn_t insn;
    do {
      program.palette[i] = random_opcode(&program.random, groups, sizeof groups / sizeof *groups);
      insn = decode_at(CODE, program.palette[i].first, program.palette[i].second);
    } while (insn.flags & INSN_UNDEFINED);
  }
  return program;
}

typedef struct {
  insn_t insn;
  outcome_t outcome;
} executed_t;

static inline outcome_t outcome_of(random_t *random, const insn_t *insn) {
  outcome_t outcome = {.next = insn->address + insn->size};
  outcome.skipped = (insn->flags & INSN_IN_IT) && random_chance(random, 30);
  if (insn->memory != MEMORY_NONE && !outcome.skipped) {
    outcome.has_address = true;
    outcome.address = DATA + random_below(random, 64);
    if (random_chance(random, 10)) outcome.address += CACHED - DATA + random_below(random, 0x1000);
    if (random_chance(random, 10)) outcome.address = CODE + random_below(random, 0x1000);
    outcome.slave = (uint8_t)random_below(random, 3);
    outcome.first_wait = random_chance(random, 20) ? (uint8_t)random_below(random, 4) : 0;
    outcome.after_write_wait = random_chance(random, 20);
    outcome.memory_grade = (uint8_t)random_below(random, GRADE_COUNT);
  }
  bool conditional = insn->flow == FLOW_CONDITIONAL || outcome.skipped;
  outcome.taken = insn->flow != FLOW_NONE && !outcome.skipped && (!conditional || random_chance(random, 50));
  if (outcome.taken) outcome.next = CODE + random_below(random, 64) * 2;
  outcome.dividend = (uint32_t)random_next(random) >> random_below(random, 32);
  outcome.divisor = (uint32_t)random_next(random) >> random_below(random, 32);
  outcome.fp64_operands = (uint8_t)random_below(random, FP64_OPERANDS_COUNT);
  if (random_chance(random, 98)) return outcome;
  static const uint8_t events[] = {EVENT_ENTRY, EVENT_FP_SAVE, EVENT_ENTRY | EVENT_FP_SAVE, EVENT_RETURN, EVENT_SLEEP};
  outcome.events = events[random_below(random, sizeof events)];
  outcome.slept = random_below(random, 500);
  return outcome;
}

static inline executed_t execute(program_t *program, uint32_t address) {
  random_t *random = &program->random;
  opcode_t opcode = program->palette[random_below(random, PALETTE)];
  it_context_t context = {.in_it = random_chance(random, 15)};
  if (context.in_it) context.condition = (uint8_t)random_below(random, 14);
  insn_t insn = decode_in_it(address, opcode.first, opcode.second, context);
  return (executed_t){insn, outcome_of(random, &insn)};
}

static inline memory_t *memory_of(const target_t *target, unsigned wait_states, unsigned on) {
  bool ok;
  memory_t *memory = memory_new(target, &ok);
  ck_assert(ok && memory);
  memory_set_flash(memory, wait_states, on);
  memory_set_l1(memory, true, true);
  return memory;
}

#endif
