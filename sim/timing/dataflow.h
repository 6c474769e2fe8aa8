/* What an integer instruction computes, from its encoding: enough of it that addresses can be worked out before a block
   runs. Flags are not followed. [ARMv7-M A5.2, A5.3, A7.7] */
#ifndef CMSIM_TIMING_DATAFLOW_H
#define CMSIM_TIMING_DATAFLOW_H

#include "timing/insn.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum {
  FLOW_OP_ADD,
  FLOW_OP_SUBTRACT,
  FLOW_OP_REVERSE_SUBTRACT,
  FLOW_OP_AND,
  FLOW_OP_OR,
  FLOW_OP_XOR,
  FLOW_OP_CLEAR, /* a & ~b */
  FLOW_OP_MULTIPLY,
  FLOW_OP_MULTIPLY_ADD, /* c + a * b */
  FLOW_OP_MULTIPLY_SUBTRACT,
  FLOW_OP_EXTRACT_UNSIGNED, /* `bits` bits of a from bit `shift` on */
  FLOW_OP_EXTRACT_SIGNED
} flow_op_t;

typedef enum { SHIFT_LEFT, SHIFT_RIGHT, SHIFT_ARITHMETIC, SHIFT_ROTATE } flow_shift_t;

enum { FLOW_NO_REG = 0xFF };

/* result = a OP (b shifted). A register of FLOW_NO_REG is 0 as a; as b it is the constant. */
typedef struct {
  uint8_t op;
  uint8_t result, a, b, c;
  uint8_t shift_kind, shift; /* of b; extracts: the lowest bit */
  uint8_t bits;
  uint32_t constant;
} flow_form_t;

/* False: something else, or PC is involved. */
bool flow_form(const insn_t *insn, flow_form_t *form);

/* The result of FORM for these operands; B is shifted here. */
uint32_t flow_compute(const flow_form_t *form, uint32_t a, uint32_t b, uint32_t c);

#endif
