/* Decoded code by address: each instruction is decoded when first reached and carries its own counters. */
#ifndef CMSIM_MACHINE_CODE_H
#define CMSIM_MACHINE_CODE_H

#include "image/program.h"
#include "report/profile.h"
#include "timing/insn.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct code_slot code_slot_t;
struct code_slot {
  uint32_t key;    /* insn.address while valid; odd once the code was overwritten */
  uint8_t it_left; /* IT and its members: how many members follow */
  bool function_entry;
  bool checked;      /* it may be executed: see check_slot() */
  int32_t function;  /* index into program functions, -1: none */
  int32_t marker;    /* index into program markers, -1: none */
  code_slot_t *fall; /* slot behind this one, once seen */
  code_slot_t *jump; /* last other successor */
  insn_t insn;
  insn_profile_t profile;
  struct block *blocks; /* that begin here */
  code_slot_t *older;   /* what was decoded here before it was overwritten */
  code_slot_t *next_allocated;
};

typedef struct code code_t;

/* READ fetches guest bytes; it may fail for the second halfword at the end of memory. */
typedef bool (*code_read_t)(void *context, uint32_t address, void *bytes, size_t count);

code_t *code_new(const program_t *program, code_read_t read, void *context);
void code_free(code_t *code);

/* The slot at ADDRESS, decoded now if need be (with the members of its IT block). NULL when the bytes cannot be read or
   memory is exhausted. */
code_slot_t *code_at(code_t *code, uint32_t address);

/* A store to [address, address + bytes): forget what was decoded there. Cheap when the page holds no code. */
void code_written(code_t *code, uint32_t address, unsigned bytes);

/* Changes whenever something that was decoded is overwritten or comes back. */
const uint32_t *code_version(const code_t *code); /* the place where it stands */

/* Is anything decoded in the 4 KiB around ADDRESS? */
bool code_is_near(const code_t *code, uint32_t address);
/* Would a store to [address, address + bytes) change what was decoded? */
bool code_is_at(const code_t *code, uint32_t address, unsigned bytes);

/* Every slot ever made, in order of first execution, overwritten ones included. */
code_slot_t *code_first(code_t *code);

decoder_t *code_decoder(code_t *code);

#endif
