#include "base/diag.h"
#include "cli/cli.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char found[PATH_MAX];

static bool holds_models(const char *directory) {
  char path[PATH_MAX];
  int n = snprintf(path, sizeof path, "%s/cost_models/sources.yaml", directory);
  if (n <= 0 || (size_t)n >= sizeof path || access(path, R_OK) != 0) return false;
  if (directory != found) snprintf(found, sizeof found, "%s", directory);
  return true;
}

/* The program's own folder with SUFFIX appended. */
static bool beside_program(const char *suffix) {
  char path[PATH_MAX];
  ssize_t n = readlink("/proc/self/exe", path, sizeof path - 64);
  if (n <= 0) return false;
  path[n] = '\0';
  char *slash = strrchr(path, '/');
  if (!slash) return false;
  snprintf(slash, 64, "%s", suffix);
  return holds_models(path);
}

const char *data_directory(const char *chosen) {
  const char *environment = getenv("CMSIM_DATA");
  const char *given = chosen ? chosen : environment && *environment ? environment : NULL;
  if (given) {
    if (holds_models(given)) return found;
    diag_error("%s: no cost_models/sources.yaml there (from %s)", given, chosen ? "--data" : "CMSIM_DATA");
    return NULL;
  }
  if (beside_program("/../share/cmsim") || holds_models(CMSIM_SOURCE_DATA)) return found;
  diag_error("cannot find the cost models; give their folder with --data DIR or CMSIM_DATA");
  return NULL;
}
