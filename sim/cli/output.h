/* Output files that appear whole or not at all: written beside the target and renamed when complete. */
#ifndef CMSIM_CLI_OUTPUT_H
#define CMSIM_CLI_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

typedef struct {
  const char *path;
  char *temporary; /* NULL: written in place (standard output, devices, pipes) */
  FILE *stream;    /* NULL: not asked for */
} output_t;

/* PATH NULL: nothing; "-": standard output. False after one diag_error when it cannot be written. */
bool output_open(output_t *output, const char *path);
/* Flushes and puts the file in place. False with errno set. */
bool output_commit(output_t *output);
/* Drops what was not committed; safe to call always. */
void output_discard(output_t *output);

#endif
