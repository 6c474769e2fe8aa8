/* How an instruction forms the address of its (first) access, from its encoding. [ARMv7-M A5.2, A5.3, A6.4, A6.7] */
#ifndef CMSIM_TIMING_ADDRESS_H
#define CMSIM_TIMING_ADDRESS_H

#include "timing/insn.h"

#include <stdbool.h>
#include <stdint.h>

enum { ADDRESS_NO_REG = 0xFF };

/* address = base + (index << shift) + offset; the lowest one of those accessed. A base of ADDRESS_NO_REG: `offset` is
   the address itself (PC-relative). */
typedef struct {
  bool present; /* false: the instruction touches no memory */
  uint8_t base, index, shift;
  uint32_t offset;
  uint32_t step; /* what writeback adds to the base register, 0: none */
} address_form_t;

address_form_t address_form(const insn_t *insn);

#endif
