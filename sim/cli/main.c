/* cmsim: how long will this firmware take on that chip? */
#include "base/diag.h"
#include "cli/cli.h"

#include <argp.h>
#include <string.h>

const char *argp_program_version = "cmsim " CMSIM_VERSION;

int main(int argc, char **argv) {
  argp_err_exit_status = EXIT_TROUBLE;
  if (argc > 1 && strcmp(argv[1], "run") == 0) return cmd_run(argc - 1, argv + 1);
  if (argc > 1 && strcmp(argv[1], "annotate") == 0) return cmd_annotate(argc - 1, argv + 1);
  if (argc > 1 && strcmp(argv[1], "model") == 0) return cmd_model(argc - 1, argv + 1);
  if (argc > 1 && strcmp(argv[1], "mcus") == 0) return cmd_mcus(argc - 1, argv + 1);
  if (argc == 2 && strcmp(argv[1], "--selftest") == 0) return cmd_selftest();
  return cmd_run(argc, argv);
}
