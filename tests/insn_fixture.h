/* Instructions from opcodes, chosen or random. */
#ifndef CMSIM_TESTS_INSN_FIXTURE_H
#define CMSIM_TESTS_INSN_FIXTURE_H

#include "random_numbers.h"
#include "timing/insn.h"

#include <check.h>

static decoder_t *decoder;

static inline void open_decoder(void) { decoder = decoder_new(); }
static inline void close_decoder(void) { decoder_free(decoder); }

static inline insn_t decode_in_it(uint32_t address, uint16_t first, uint16_t second, it_context_t context) {
  const uint8_t bytes[4] = {(uint8_t)first, (uint8_t)(first >> 8), (uint8_t)second, (uint8_t)(second >> 8)};
  insn_t insn;
  decode_insn(decoder, bytes, address, context, &insn);
  return insn;
}

static inline insn_t decode_at(uint32_t address, uint16_t first, uint16_t second) {
  return decode_in_it(address, first, second, (it_context_t){0});
}

typedef struct {
  uint16_t first, second;
} opcode_t;

/* First halfwords from `first` on. */
typedef struct {
  uint16_t first;
  uint32_t count;
} opcodes_t;

/* Of one of COUNT groups, each as often as the others. */
static inline opcode_t random_opcode(random_t *random, const opcodes_t *groups, unsigned count) {
  const opcodes_t *group = &groups[random_below(random, count)];
  uint16_t first = (uint16_t)(group->first + random_below(random, group->count));
  return (opcode_t){first, (uint16_t)random_next(random)};
}

#endif
