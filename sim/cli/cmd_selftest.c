#include "base/diag.h"
#include "cli/cli.h"
#include "machine/engine.h"

#include <stdio.h>

int cmd_selftest(void) {
  printf("cmsim %s, unicorn %s\n", CMSIM_VERSION, engine_version());
  if (engine_selftest(stdout)) return finish_stdout(EXIT_PASS);
  diag_error("the installed Unicorn does not behave as cmsim needs; see the failed lines");
  return EXIT_TROUBLE;
}
