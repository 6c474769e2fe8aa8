/* One program on one target, and whether two runs of it are the same. */
#ifndef CMSIM_TESTS_RANDOM_RUNS_H
#define CMSIM_TESTS_RANDOM_RUNS_H

#include "machine/machine.h"
#include "program.h"

/* Text that says where two runs differ first; false: nowhere. The reference is the plain one. */
bool results_differ(const results_t *reference, const results_t *other, char *text, size_t bytes);

/* What generic targets and chips offer a program. NAME: "m4", "m7" or a chip. False after one diag_error. */
typedef struct {
  char name[32];
  bool generic;
  double mhz;
  layout_t layout;
} place_t;
bool place_find(place_t *place, const char *data_directory, const char *name);

/* What was executed, over all programs. */
void coverage_add(const results_t *results);
/* False: a timing class that firmware can execute never was. */
bool coverage_print(FILE *out);

#endif
