/* Feeds the cost model loader arbitrary text. Input: a model, a line "%%", a sources file. Whatever comes in, the
   loader answers with a model and no message, or with NULL and exactly one line. */
#include "base/diag.h"
#include "timing/cost_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char cut[] = "\n%%\n";
  const uint8_t *behind = memmem(data, size, cut, sizeof cut - 1);
  size_t model_size = behind ? (size_t)(behind - data) + 1 : size;
  size_t sources_at = behind ? model_size + sizeof cut - 2 : size;
  const char *core = memmem(data, model_size, "cortex-m7", 9) ? "cortex-m7" : "cortex-m4";

  char *said = NULL;
  size_t said_size = 0;
  FILE *stream = open_memstream(&said, &said_size);
  diag_set_stream(stream);
  core_model_t *model = cost_model_parse(core, (cost_model_text_t){"model.yaml", data, model_size},
                                         (cost_model_text_t){"sources.yaml", data + sources_at, size - sources_at});
  diag_set_stream(NULL);
  fclose(stream);

  size_t lines = 0;
  for (size_t i = 0; i < said_size; i++)
    lines += said[i] == '\n';
  if (lines != (model ? 0 : 1)) {
    fprintf(stderr, "%zu lines: %s", lines, said);
    abort();
  }
  free(said);
  cost_model_free(model);
  return 0;
}
