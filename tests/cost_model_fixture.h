/* The cost model files as text, for tests that read or change them. */
#ifndef CMSIM_TESTS_COST_MODEL_FIXTURE_H
#define CMSIM_TESTS_COST_MODEL_FIXTURE_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static const char model_directory[] = CMSIM_SOURCE_DIR "/cost_models";

/* NAME.yaml; the caller frees it. */
static inline char *read_file(const char *name) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s.yaml", model_directory, name);
  FILE *file = fopen(path, "rb");
  ck_assert_msg(file != NULL, "no %s", path);
  char *text = calloc(1, 1 << 20);
  ck_assert(fread(text, 1, (1 << 20) - 1, file) > 0);
  fclose(file);
  return text;
}

#endif
