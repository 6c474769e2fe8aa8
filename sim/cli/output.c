#include "cli/output.h"

#include "base/diag.h"
#include "cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool open_temporary(output_t *output) {
  static const char suffix[] = ".XXXXXX";
  size_t length = strlen(output->path) + sizeof suffix;
  output->temporary = malloc(length);
  if (!output->temporary) return false;
  snprintf(output->temporary, length, "%s%s", output->path, suffix);
  int fd = mkstemp(output->temporary);
  if (fd < 0) {
    free(output->temporary);
    output->temporary = NULL;
    return false;
  }
  mode_t mask = umask(0);
  umask(mask);
  (void)!fchmod(fd, 0666 & ~mask);
  output->stream = fdopen(fd, "w");
  return output->stream != NULL;
}

bool output_open(output_t *output, const char *path) {
  *output = (output_t){.path = path};
  if (!path) return true;
  if (strcmp(path, "-") == 0) {
    output->stream = stdout;
    return true;
  }
  struct stat info;
  bool in_place = stat(path, &info) == 0 && !S_ISREG(info.st_mode);
  bool good;
  if (in_place) {
    output->stream = fopen(path, "w");
    good = output->stream != NULL;
  } else if (access(path, F_OK) == 0 && access(path, W_OK) != 0) {
    good = false;
  } else {
    good = open_temporary(output);
  }
  if (!good) diag_error("%s: cannot write: %s", path, strerror(errno));
  return good;
}

bool output_commit(output_t *output) {
  FILE *stream = output->stream;
  if (!stream) return true;
  bool good = fflush(stream) == 0 && !ferror(stream);
  if (stream == stdout) return good;
  output->stream = NULL;
  if (fclose(stream) != 0) good = false;
  if (good && output->temporary) good = rename(output->temporary, output->path) == 0;
  if (!good && output->temporary) unlink(output->temporary);
  free(output->temporary);
  output->temporary = NULL;
  return good;
}

void output_discard(output_t *output) {
  if (output->stream && output->stream != stdout) fclose(output->stream);
  if (output->temporary) unlink(output->temporary);
  free(output->temporary);
  output->temporary = NULL;
  output->stream = NULL;
}

int finish_stdout(int status) {
  if (fflush(stdout) == 0 && !ferror(stdout)) return status;
  diag_error("standard output: cannot write: %s", strerror(errno ? errno : EIO));
  return EXIT_TROUBLE;
}
