/* Sub-commands: each takes argv with its own name first and returns the exit code. */
#ifndef CMSIM_CLI_CLI_H
#define CMSIM_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int cmd_run(int argc, char **argv);
int cmd_annotate(int argc, char **argv);
int cmd_model(int argc, char **argv);
int cmd_mcus(int argc, char **argv);
int cmd_selftest(void);

/* Compares the probes CSV at PATH, from a board, with PROBES_ELF run here under the models in DATA. */
int calibrate(const char *data, const char *path, const char *probes_elf);

/* STATUS, or EXIT_TROUBLE after a message when standard output could not be written. */
int finish_stdout(int status);

/* Where cost_models/ and configs/ are: --data, $CMSIM_DATA, beside the installed program, the source tree. Static
   storage; NULL after a diag_error. */
const char *data_directory(const char *chosen);

/* Numbers as people type them. False when TEXT is not wholly such a number or out of range; says nothing. */
bool parse_size(const char *text, uint32_t *bytes);  /* 512K, 1M, 0x8000, 4096 */
bool parse_count(const char *text, uint64_t *count); /* 1000000, 1e6, 50M */
bool parse_address(const char *text, uint32_t *address);
bool parse_positive(const char *text, double *value);    /* finite, > 0 */
bool parse_time(const char *text, double *milliseconds); /* 250us, 100ms, 1.5s, 5min, 1h: finite, > 0 */

#endif
