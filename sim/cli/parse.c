#include "cli/cli.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static double suffix_factor(const char *suffix, double kilo, bool *good) {
  *good = true;
  if (*suffix == '\0') return 1;
  if (strcmp(suffix, "K") == 0 || strcmp(suffix, "k") == 0) return kilo;
  if (strcmp(suffix, "M") == 0) return kilo * kilo;
  if (strcmp(suffix, "G") == 0) return kilo * kilo * kilo;
  *good = false;
  return 0;
}

bool parse_positive(const char *text, double *value) {
  char *end;
  errno = 0;
  *value = strtod(text, &end);
  return end != text && *end == '\0' && errno == 0 && isfinite(*value) && *value > 0;
}

bool parse_size(const char *text, uint32_t *bytes) {
  char *end;
  bool good;
  errno = 0;
  unsigned long long number = strtoull(text, &end, 0);
  if (end == text || errno || *text == '-') return false;
  double total = (double)number * suffix_factor(end, 1024, &good);
  if (!good || total < 1 || total > (double)UINT32_MAX) return false;
  *bytes = (uint32_t)total;
  return true;
}

bool parse_count(const char *text, uint64_t *count) {
  char *end;
  bool good;
  errno = 0;
  double number = strtod(text, &end);
  if (end == text || errno || !isfinite(number)) return false;
  double total = number * suffix_factor(end, 1000, &good);
  if (!good || total < 1 || total > 9e18 || total != floor(total)) return false;
  *count = (uint64_t)total;
  return true;
}

bool parse_address(const char *text, uint32_t *address) {
  char *end;
  errno = 0;
  unsigned long long number = strtoull(text, &end, 0);
  if (end == text || *end || errno || *text == '-' || number > UINT32_MAX) return false;
  *address = (uint32_t)number;
  return true;
}

bool parse_time(const char *text, double *milliseconds) {
  static const struct {
    const char *name;
    double milliseconds;
  } units[] = {{"us", 1e-3}, {"ms", 1}, {"s", 1e3}, {"min", 60e3}, {"h", 3600e3}};
  char *end;
  errno = 0;
  double number = strtod(text, &end);
  if (end == text || errno) return false;
  for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
    if (strcmp(end, units[i].name) != 0) continue;
    *milliseconds = number * units[i].milliseconds;
    return isfinite(*milliseconds) && *milliseconds > 0;
  }
  return false;
}
