/* Shared by decode.c and decode_operands.c, the two files that know Capstone. */
#ifndef CMSIM_TIMING_DECODE_PRIVATE_H
#define CMSIM_TIMING_DECODE_PRIVATE_H

#include "timing/insn.h"

#include <capstone/capstone.h>

/* How an instruction's operands are laid out. */
typedef enum {
  FORM_NONE,
  FORM_DATA,            /* Rd, Rn, operand2 */
  FORM_DATA_ACCUMULATE, /* Rd, Rn, Rm, Ra */
  FORM_MOVE,            /* Rd, operand2 */
  FORM_COMPARE,         /* Rn, operand2 */
  FORM_SHIFT,           /* Rd, Rm, amount */
  FORM_EARLY,           /* every source is read early */
  FORM_SECOND_EARLY,    /* Rd, Rn, Rm: Rm is read early */
  FORM_INSERT,          /* Rd is also a source, Rn early */
  FORM_MULTIPLY,        /* Rd, Rn, Rm{, Ra} */
  FORM_LONG,            /* RdLo, RdHi, Rn, Rm */
  FORM_LONG_ACCUMULATE,
  FORM_DIVIDE,
  FORM_LOAD,
  FORM_STORE,
  FORM_STORE_EXCLUSIVE, /* Rd gets the status */
  FORM_MULTIPLE_LOAD,
  FORM_MULTIPLE_STORE,
  FORM_ADDRESS_ONLY,
  FORM_BRANCH,
  FORM_CALL,
  FORM_CALL_REG,
  FORM_BRANCH_REG,
  FORM_COMPARE_BRANCH,
  FORM_TABLE_BRANCH,
  FORM_PLAIN,
  FORM_SYSREG,
  FORM_FP,
  FORM_FP_MULTIPLY,
  FORM_FP_MLA,
  FORM_FP_FMA,
  FORM_FP_COMPARE,
  FORM_FP_SELECT,
  FORM_FP_MOVE,
  FORM_FP_STATUS
} form_t;

/* Fills registers, roles, addresses and flow of INSN; may refine its class. ID is the Capstone id. */
void decode_operands(insn_t *insn, const cs_arm *arm, unsigned id, form_t form);
/* Class that decode_table.def gives to ID before operands refine it; -1: none. */
int decode_table_class(unsigned id);
void decode_add_read(insn_t *insn, uint8_t reg, operand_role_t role);

#endif
