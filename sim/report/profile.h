/* Counters of a run: cycles per instruction and cause, and their totals. Plain sums; reports are made from them at the
   end. Invariant: causes, grades and all instructions each add up to the clock. */
#ifndef CMSIM_REPORT_PROFILE_H
#define CMSIM_REPORT_PROFILE_H

#include "timing/cost_model.h"
#include "timing/pipeline.h"

#include <stdint.h>

/* One per static instruction. */
typedef struct {
  uint64_t count; /* times executed or skipped */
  uint64_t cycles[CAUSE_COUNT];
} insn_profile_t;

typedef struct {
  uint64_t instructions;
  uint64_t causes[CAUSE_COUNT];
  uint64_t grades[GRADE_COUNT];
  uint64_t pairs, predicted, mispredicted;
} profile_totals_t;

static inline void profile_charge(insn_profile_t *insn, profile_totals_t *totals, const charge_t *charged) {
  insn->cycles[charged->cause] += charged->cycles;
  totals->causes[charged->cause] += charged->cycles;
  totals->grades[charged->grade] += charged->cycles;
}

/* What the DWT counters of a core would count: instructions = cycles - CPI - EXC - SLEEP - LSU + FOLD, where an
   instruction that took no issue cycle of its own is folded. [ARMv7-M C1.8.4] */
enum { PROFILE_CPI, PROFILE_EXC, PROFILE_SLEEP, PROFILE_LSU, PROFILE_FOLD, PROFILE_COUNTERS };
void profile_dwt(const profile_totals_t *totals, uint64_t counts[PROFILE_COUNTERS]);

static inline uint64_t profile_sum(const uint64_t *counters, unsigned count) {
  uint64_t sum = 0;
  for (unsigned i = 0; i < count; i++)
    sum += counters[i];
  return sum;
}

#endif
