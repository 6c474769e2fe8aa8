/* The catalogue of chips as people choose from it. */
#ifndef CMSIM_REPORT_CATALOGUE_H
#define CMSIM_REPORT_CATALOGUE_H

#include "timing/target.h"

#include <stdio.h>

/* What one line of the list says of a chip. */
typedef struct {
  uint32_t flash_bytes; /* its largest flash: others are second addresses of it */
  uint32_t ram_bytes;   /* all RAM, TCM included */
  uint32_t itcm_bytes, dtcm_bytes;
  int wait_states;          /* at the highest clock and the usual supply; -1: not known */
  const power_t *power;     /* the usual one, or NULL */
  double milliamperes, mhz; /* of its highest clock */
  bool flash_modelled;      /* the flash interface is described; else flash answers at once */
} chip_summary_t;

chip_summary_t catalogue_summary(const target_t *target);
/* The first level caches, or the line caches of the flash interface: "16K + 16K", "64 + 8 lines", "none". */
void catalogue_caches(const target_t *target, char *text, size_t size);

void catalogue_table(FILE *out, target_t *const *targets, size_t count);
/* False when there is no memory for it or OUT takes no more. */
bool catalogue_json(FILE *out, target_t *const *targets, size_t count);
/* Everything that the chip's file says, with sources and grades. */
void catalogue_show(FILE *out, const target_t *target);

#endif
