/* One instruction on a bare engine: what it reads, writes and computes, for tests of what is worked out from encodings.
 */
#ifndef CMSIM_TESTS_ENGINE_FIXTURE_H
#define CMSIM_TESTS_ENGINE_FIXTURE_H

#include "insn_fixture.h"
#include "machine/engine.h"

#include <string.h>

enum { CODE = 0x08000000, CODE_BYTES = 0x40000, DATA = 0x20000000, DATA_BYTES = 0x400000, REGISTERS = 15 };

/* Unicorn 2.0.1 loses a bitmap for each page with code that is written to. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:tb_invalidate_phys_page_fast"; }
const char *__lsan_default_options(void);
const char *__lsan_default_options(void) { return "print_suppressions=0"; }

typedef struct {
  bool accessed; /* memory: at `address` first */
  uint32_t address;
  bool trapped;
  trap_kind_t trap;
} seen_t;

static engine_t *engine;
static uint8_t code[CODE_BYTES], data[DATA_BYTES];
static uint32_t place; /* of the next instruction in `code`: each has a place of its own, none is translated twice */
static seen_t seen;

static inline void note_insn(void *context, uint32_t address) {
  (void)context;
  (void)address;
}

static inline void note_access(void *context, uint32_t address, unsigned bytes, bool write) {
  (void)context;
  (void)bytes;
  (void)write;
  if (!seen.accessed) seen.address = address;
  seen.accessed = true;
}

static inline uint32_t read_nothing(void *context, uint32_t address, unsigned bytes) {
  (void)context;
  (void)address;
  (void)bytes;
  return 0;
}

static inline void write_nothing(void *context, uint32_t address, unsigned bytes, uint32_t value) {
  (void)context;
  (void)address;
  (void)bytes;
  (void)value;
}

static inline trap_answer_t note_trap(void *context, trap_kind_t kind, uint32_t address) {
  (void)context;
  (void)address;
  if (!seen.trapped) seen.trap = kind;
  seen.trapped = true;
  return TRAP_STOP;
}

static inline void open_engine(void) {
  static const engine_callbacks_t callbacks = {.insn = note_insn,
                                               .access = note_access,
                                               .ppb_read = read_nothing,
                                               .ppb_write = write_nothing,
                                               .io_read = read_nothing,
                                               .io_write = write_nothing,
                                               .trap = note_trap};
  static const uint8_t bkpt[] = {0x00, 0xBE};
  for (unsigned i = 0; i < CODE_BYTES; i++)
    code[i] = bkpt[i % 2];
  place = 0;
  engine = engine_new(ENGINE_CORTEX_M7, &callbacks);
  ck_assert(engine && engine_map(engine, CODE, CODE_BYTES, false, code) &&
            engine_map(engine, DATA, DATA_BYTES, true, data));
}

static inline void close_engine(void) { engine_free(engine); }

/* Any instruction of one of COUNT groups at the next place, which is off a word boundary every other time. */
static inline insn_t random_insn(random_t *random, const opcodes_t *groups, unsigned count) {
  opcode_t opcode = random_opcode(random, groups, count);
  return decode_at(CODE + place, opcode.first, opcode.second);
}

/* Runs INSN, where random_insn() has decoded it, with REGISTERS given; they are then what it leaves. False: it is none
   that the engine knows. */
static inline bool run_insn(const insn_t *insn, uint32_t registers[REGISTERS]) {
  enum { APART = 10 }; /* bytes from one instruction to the next: both halves of a word, breakpoints between */
  ck_assert_uint_lt(place + APART, CODE_BYTES / 2);
  memcpy(code + place, insn->opcode, insn->size);
  for (unsigned i = 0; i < REGISTERS; i++)
    engine_set_register(engine, i, registers[i]);
  seen = (seen_t){0};
  engine_run(engine, insn->address);
  for (unsigned i = 0; i < REGISTERS; i++)
    registers[i] = engine_register(engine, i);
  place += APART;
  return seen.accessed || seen.trap != TRAP_UNDEFINED;
}

#endif
