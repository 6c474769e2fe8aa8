/* What registers hold within a block, in terms of what they held at its entry. For blocks.c. */
#ifndef CMSIM_MACHINE_BLOCKS_VALUES_H
#define CMSIM_MACHINE_BLOCKS_VALUES_H

#include "machine/blocks.h"

/* A store that a later load may meet. */
typedef struct {
  place_t place;
  uint16_t bytes;
  sum_t data; /* what a single word was stored from, or VALUE_UNKNOWN */
} values_store_t;

typedef struct {
  sum_t registers[REG_PC];
  block_value_t *list;
  unsigned count; /* of list; their numbers begin at VALUE_COMPUTED */
  values_store_t *stores;
  unsigned store_count;
  bool stores_unknown; /* one whose address is not known: nothing that is loaded from here on is */
} values_t;

bool values_begin(values_t *values);
/* The place of an access of FORM. False: not known. */
bool values_place(const values_t *values, const address_form_t *form, place_t *place);
/* Instruction I changes registers and memory. */
void values_follow(values_t *values, unsigned i, const insn_t *insn, const address_form_t *form,
                   const block_builder_t *builder);
/* Leaves to BLOCK what its accesses need. Frees what VALUES holds. */
bool values_end(values_t *values, const block_builder_t *builder, block_t *block);

#endif
