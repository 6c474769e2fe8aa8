/* One emulated run with several timing contexts: contexts N IMAGE [ARGUMENT]. Cortex-M4 and Cortex-M7 by turns, each at
   another clock; prints the cycles of each. Start from the top of the source tree: it looks for cost_models/ there. */
#include "machine/machine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { CONTEXTS_MAX = 64 };

int main(int argc, char **argv) {
  int count = argc > 2 ? atoi(argv[1]) : 0;
  if (count < 1 || count > CONTEXTS_MAX) {
    fprintf(stderr, "usage: contexts N IMAGE [ARGUMENT], N from 1 to %d\n", CONTEXTS_MAX);
    return 2;
  }
  also_options_t also[CONTEXTS_MAX];
  for (int i = 0; i < count; i++)
    also[i] = (also_options_t){.core = i % 2 ? "m4" : "m7", .mhz = 100 + i};
  FILE *console = fopen("/dev/null", "w");
  machine_options_t options = {.firmware = argv[2],
                               .core = "m4",
                               .mhz = 100,
                               .data_directory = ".",
                               .console = console,
                               .command_line = argc > 3 ? argv[3] : NULL,
                               .also = also,
                               .also_count = (size_t)count - 1};
  machine_t *machine = machine_new(&options);
  results_t *results = machine ? machine_run(machine) : NULL;
  if (!results) return 2;
  printf("%" PRIu64 "\n", results->cycles);
  for (size_t i = 0; i < results->also_count; i++)
    printf("%" PRIu64 "\n", results->also[i].cycles);
  results_free(results);
  machine_free(machine);
  if (console) fclose(console);
  return 0;
}
