/* A YAML text loaded as x.yaml of a folder of its own, with what is said meanwhile. */
#ifndef CMSIM_TESTS_YAML_FIXTURE_H
#define CMSIM_TESTS_YAML_FIXTURE_H

#include "base/diag.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* LOAD(folder, "x"); *SAID is the caller's to free. */
static void *load_yaml_text(const char *text, char **said, void *load(const char *folder, const char *name)) {
  char folder[] = "/tmp/cmsim-yaml-XXXXXX", path[sizeof folder + 16];
  ck_assert(mkdtemp(folder) != NULL);
  snprintf(path, sizeof path, "%s/x.yaml", folder);
  FILE *file = fopen(path, "wb");
  ck_assert(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
  size_t size = 0;
  FILE *stream = open_memstream(said, &size);
  diag_set_stream(stream);
  void *loaded = load(folder, "x");
  diag_set_stream(NULL);
  fclose(stream);
  unlink(path);
  rmdir(folder);
  return loaded;
}

#endif
