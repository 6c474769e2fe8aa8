/* The names of the catalogue, and those nearest to one that is not in it. */
#include "timing/target.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int is_chip(const struct dirent *entry) {
  size_t length = strlen(entry->d_name);
  return length > 5 && strcmp(entry->d_name + length - 5, ".yaml") == 0 && strncmp(entry->d_name, "generic-", 8) != 0;
}

char **target_names(const char *directory, size_t *count) {
  struct dirent **entries = NULL;
  int found = scandir(directory, &entries, is_chip, alphasort);
  char **names = calloc(found > 0 ? (size_t)found : 1, sizeof *names);
  *count = 0;
  for (int i = 0; i < found; i++) {
    char *name = names ? strndup(entries[i]->d_name, strlen(entries[i]->d_name) - 5) : NULL;
    if (name) names[(*count)++] = name;
    free(entries[i]);
  }
  free(entries);
  return names;
}

void target_names_free(char **names, size_t count) {
  for (size_t i = 0; i < count; i++)
    free(names[i]);
  free(names);
}

/* Letters to insert, delete or replace between two words (Levenshtein). */
static unsigned distance(const char *a, const char *b) {
  enum { LONGEST = 48 };
  unsigned row[LONGEST + 1];
  size_t length = strlen(b);
  if (length > LONGEST || strlen(a) > LONGEST) return LONGEST;
  for (unsigned k = 0; k <= length; k++)
    row[k] = k;
  for (unsigned i = 0; a[i]; i++) {
    unsigned corner = row[0];
    row[0] = i + 1;
    for (size_t k = 0; k < length; k++) {
      unsigned best = corner + (a[i] != b[k]);
      if (row[k] + 1 < best) best = row[k] + 1;
      if (row[k + 1] + 1 < best) best = row[k + 1] + 1;
      corner = row[k + 1];
      row[k + 1] = best;
    }
  }
  return row[length];
}

static size_t common_start(const char *a, const char *b) {
  size_t length = 0;
  while (a[length] && a[length] == b[length])
    length++;
  return length;
}

static void lower(char *copy, size_t size, const char *text) {
  size_t i = 0;
  for (; text[i] && i + 1 < size; i++)
    copy[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] - 'A' + 'a' : text[i]);
  copy[i] = '\0';
}

/* How far NAME is from WANTED: one within the other, a slip of two letters, the same family; within each by letters. */
enum { FAR_INSIDE = 0, FAR_SLIP = 100, FAR_FAMILY = 200, FAR_OFF = 300, FAR_STEP = 100 };
static unsigned far(const char *wanted, const char *name) {
  enum { LETTERS_MIN = 3, SLIP = 2, FAMILY_LETTERS = 6 };
  if (strlen(wanted) < LETTERS_MIN) return FAR_OFF;
  unsigned letters = distance(wanted, name);
  if (strstr(name, wanted) || strstr(wanted, name)) return FAR_INSIDE + letters;
  if (letters <= SLIP) return FAR_SLIP + letters;
  return common_start(wanted, name) >= FAMILY_LETTERS ? FAR_FAMILY + letters : FAR_OFF;
}

/* The nearest, and those as near as it in kind. */
void target_suggest(const char *directory, const char *name, char *text, size_t size) {
  enum { MOST = 4 };
  size_t count = 0, shown = 0, near[MOST + 1];
  unsigned how_far[MOST + 1];
  char wanted[64];
  lower(wanted, sizeof wanted, name);
  char **names = target_names(directory, &count);
  *text = '\0';
  for (size_t i = 0; i < count; i++) {
    unsigned this_far = far(wanted, names[i]);
    if (this_far >= FAR_OFF) continue;
    size_t at = shown;
    for (; at > 0 && how_far[at - 1] > this_far; at--) {
      how_far[at] = how_far[at - 1];
      near[at] = near[at - 1];
    }
    how_far[at] = this_far;
    near[at] = i;
    if (shown < MOST) shown++;
  }
  bool slip = shown && how_far[0] / FAR_STEP == FAR_SLIP / FAR_STEP;
  while (shown > 1 && (slip ? how_far[shown - 1] > how_far[0] : how_far[shown - 1] / FAR_STEP > how_far[0] / FAR_STEP))
    shown--;
  for (size_t i = 0; i < shown; i++) {
    size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%s%s",
             i == 0           ? "; did you mean "
             : i + 1 == shown ? " or "
                              : ", ",
             names[near[i]], i + 1 == shown ? "?" : "");
  }
  target_names_free(names, count);
}
