/* One decoded static instruction: everything timing needs to know, worked out once per address by decode.c. */
#ifndef CMSIM_TIMING_INSN_H
#define CMSIM_TIMING_INSN_H

#include "timing/cost_model.h"

#include <stdbool.h>
#include <stdint.h>

/* Register numbers. Masks hold bit 1 << number. A double register is its two single halves. */
enum {
  REG_SP = 13,
  REG_LR = 14,
  REG_PC = 15,
  REG_FLAGS = 16, /* N Z C V */
  REG_GE = 17,    /* GE bits of the parallel instructions */
  REG_FPSCR = 18,
  REG_S0 = 32, /* S0..S31 are 32..63 */
  REG_COUNT = 64
};
#define REG_BIT(reg)  (UINT64_C(1) << (reg))
#define REG_CORE_MASK UINT64_C(0xFFFF)
#define REG_FP_MASK   UINT64_C(0xFFFFFFFF00000000)

typedef struct {
  uint8_t reg;
  uint8_t role; /* operand_role_t */
} operand_t;

enum { OPERANDS_MAX = 8 };

typedef enum { MEMORY_NONE, MEMORY_LOAD, MEMORY_STORE } memory_kind_t;

typedef enum {
  FLOW_NONE,
  FLOW_BRANCH,      /* direct, always */
  FLOW_CONDITIONAL, /* direct, by condition (Bcc, CBZ) */
  FLOW_CALL,        /* BL, BLX: link register holds the next address */
  FLOW_INDIRECT,    /* BX Rm, MOV PC, LDR PC, TBB: by value */
  FLOW_RETURN       /* BX LR, POP {PC}, LDR PC, [SP], #4 */
} flow_t;

enum {
  INSN_WRITEBACK = 1u << 0,  /* base register updated by the access */
  INSN_REG_OFFSET = 1u << 1, /* address = base + index register */
  INSN_IN_IT = 1u << 2,      /* inside an IT block; `condition` applies */
  INSN_SETS_FLAGS = 1u << 3,
  INSN_DATA_PROC = 1u << 4, /* result comes from the integer execute stage (address interlock) */
  INSN_FP_ARITH = 1u << 5,  /* occupies the floating-point unit */
  INSN_FP = 1u << 6,        /* needs the floating-point unit enabled */
  INSN_WRITES_SP = 1u << 7,
  INSN_DIVIDE = 1u << 8,       /* integer divide: cost follows operand values */
  INSN_MARKER = 1u << 9,       /* region marker hint of firmware/cmsim.h */
  INSN_EARLY = 1u << 10,       /* rule early_alu or early_shift applies */
  INSN_SINGLE_LOAD = 1u << 11, /* LDR LDRB LDRH ... one register, not PC */
  INSN_SINGLE_STORE = 1u << 12,
  INSN_LINKS = 1u << 13,     /* writes a return address to LR */
  INSN_UNDEFINED = 1u << 14, /* no such instruction on any Armv7E-M core, or not decodable */
  INSN_LITERAL = 1u << 15,   /* PC-relative load */
  INSN_EVENT = 1u << 17,     /* SEV */
  INSN_EXCLUSIVE = 1u << 18, /* LDREX and STREX of all sizes */
  INSN_PLAIN = 1u << 16      /* integer data processing that touches neither memory, flow nor divider */
};

typedef struct {
  uint32_t address;
  uint16_t opcode[2]; /* as in memory, first halfword first */
  uint32_t flags;
  uint8_t size;         /* 2 or 4 bytes */
  uint8_t cls;          /* insn_class_t */
  uint8_t memory;       /* memory_kind_t */
  uint8_t flow;         /* flow_t */
  uint8_t condition;    /* 0..13 EQ..LE, 14 always */
  uint8_t transfers;    /* registers (core or single words) moved by a multiple or double transfer, else 0 or 1 */
  uint8_t access_bytes; /* size of one bus access: 1, 2, 4 */
  uint8_t operand_count;
  uint8_t base;               /* base register of the address, or 0xFF */
  uint8_t divide_n, divide_m; /* registers of dividend and divisor */
  uint8_t it_length;          /* IT: instructions it covers */
  uint8_t result; /* the one register it writes, when that is a core or S register and the only one; else 0xFF */
  operand_t operands[OPERANDS_MAX]; /* registers read, with their role; register lists of STM not included */
  uint64_t reads;                   /* all registers read */
  uint64_t writes;                  /* all results (without base writeback) */
  uint64_t address_regs;            /* base and index */
  uint32_t target;                  /* direct branches */
} insn_t;

static inline bool insn_is_wide_unaligned(const insn_t *insn) { return insn->size == 4 && (insn->address & 2u); }

/* Condition of the IT block an instruction sits in: what decode_insn() cannot see from the opcode. */
typedef struct {
  bool in_it;
  uint8_t condition;
} it_context_t;

/* decode.c: the only file that knows Capstone. */
typedef struct decoder decoder_t;
decoder_t *decoder_new(void);
void decoder_free(decoder_t *decoder);

/* Decodes the instruction in BYTES (4 readable bytes; 2 suffice for a 16-bit opcode) at ADDRESS. Always fills *insn:
   what is no Armv7E-M instruction gets INSN_UNDEFINED and class HINT. */
void decode_insn(decoder_t *decoder, const uint8_t bytes[4], uint32_t address, it_context_t context, insn_t *insn);

/* Disassembly text, e.g. "add.w r0, r1, r2, lsl #3"; at most SIZE bytes. */
void decode_text(decoder_t *decoder, const insn_t *insn, char *text, size_t size);

/* Opcode size from its first halfword. */
static inline unsigned insn_size(uint16_t first) { return (first >> 11) >= 0x1D ? 4 : 2; }

/* The conditions an IT instruction gives to the (at most four) instructions behind it; returns how many. */
unsigned decode_it(uint16_t opcode, uint8_t conditions[4]);

/* The timing classes a mnemonic can get ("sdiv", "ldr.w", "beq"), at most LIMIT; returns how many, 0: not an
   instruction of these cores. */
unsigned decode_classes(const char *mnemonic, insn_class_t *classes, unsigned limit);

/* For the completeness test: number of Capstone ids, and whether the table says anything about ID. */
unsigned decode_table_size(void);
bool decode_table_covers(unsigned id, const char **name);

#endif
