#include "report/profile.h"

void profile_dwt(const profile_totals_t *totals, uint64_t counts[PROFILE_COUNTERS]) {
  static const cause_t lsu[] = {CAUSE_TRANSFER, CAUSE_LOAD_USE,   CAUSE_ADDRESS,
                                CAUSE_STORE,    CAUSE_MISALIGNED, CAUSE_MEMORY};
  const uint64_t *causes = totals->causes;
  counts[PROFILE_EXC] = causes[CAUSE_EXCEPTION];
  counts[PROFILE_SLEEP] = causes[CAUSE_SLEEP];
  counts[PROFILE_LSU] = 0;
  for (unsigned i = 0; i < sizeof lsu / sizeof lsu[0]; i++)
    counts[PROFILE_LSU] += causes[lsu[i]];
  counts[PROFILE_FOLD] = totals->instructions - causes[CAUSE_ISSUE];
  counts[PROFILE_CPI] = profile_sum(causes, CAUSE_COUNT) - causes[CAUSE_ISSUE] - counts[PROFILE_EXC] -
                        counts[PROFILE_SLEEP] - counts[PROFILE_LSU];
}
