#include "base/yaml.h"

#include "base/diag.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A model has some thirty kilobytes; whatever is larger by far is not one. */
enum { FILE_BYTES_MAX = 4 * 1024 * 1024 };

bool yamlfile_copy(yamlfile_t *text, const char *path, const void *bytes, size_t length) {
  *text = (yamlfile_t){.path = strdup(path), .text = malloc(length + 1), .length = length};
  if (!text->path || !text->text) {
    yamlfile_close(text);
    diag_error("out of memory");
    return false;
  }
  if (length) memcpy(text->text, bytes, length);
  text->text[length] = '\0';
  return true;
}

bool yamlfile_read(yamlfile_t *text, const char *directory, const char *name) {
  *text = (yamlfile_t){0};
  char *path = NULL;
  if (asprintf(&path, "%s/%s.yaml", directory, name) < 0) {
    diag_error("out of memory");
    return false;
  }
  char *bytes = NULL;
  size_t length = 0;
  bool done = false;
  /* A pipe that nobody writes to would block for ever. */
  int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  FILE *file = descriptor >= 0 ? fdopen(descriptor, "rb") : NULL;
  struct stat status;
  if (!file) {
    diag_error_at(path, 0, 0, "cannot open: %s", strerror(errno));
  } else if (fstat(fileno(file), &status) == 0 && !S_ISREG(status.st_mode)) {
    diag_error_at(path, 0, 0, "is not a regular file");
  } else if (!(bytes = malloc(FILE_BYTES_MAX))) {
    diag_error("out of memory");
  } else {
    length = fread(bytes, 1, FILE_BYTES_MAX, file);
    if (ferror(file)) {
      diag_error_at(path, 0, 0, "cannot read: %s", strerror(errno));
    } else if (length == FILE_BYTES_MAX) {
      diag_error_at(path, 0, 0, "larger than any file of this kind");
    } else {
      done = yamlfile_copy(text, path, bytes, length);
    }
  }
  if (file) fclose(file);
  free(bytes);
  free(path);
  return done;
}

void yamlfile_close(yamlfile_t *text) {
  free(text->path);
  free(text->text);
  *text = (yamlfile_t){0};
}

void yamlfile_hash(const yamlfile_t *texts, size_t count, char hash[YAMLFILE_HASH_CHARS]) {
  SHA2_CTX context;
  SHA256Init(&context);
  for (size_t i = 0; i < count; i++) {
    SHA256Update(&context, (const uint8_t *)texts[i].text, texts[i].length);
  }
  SHA256End(&context, hash);
}

/* libcyaml says what is wrong in one log call and where in the following ones, innermost place first. The two are kept
   apart because what is wrong may quote anything a file holds. */
typedef struct {
  char said[256], place[128];
  bool any;
} log_t;

static void keep_log(cyaml_log_t level, void *context, const char *format, va_list args) {
  (void)level;
  log_t *log = context;
  char line[256];
  vsnprintf(line, sizeof line, format, args);
  line[strcspn(line, "\r\n")] = '\0';
  bool heading = strncmp(line, "Load: Backtrace", 15) == 0; /* comes first for errors without a text, such as aliases */
  if (!log->any && !heading) {
    snprintf(log->said, sizeof log->said, "%s", strncmp(line, "Load: ", 6) == 0 ? line + 6 : line);
  } else if (!log->place[0] && !heading) {
    snprintf(log->place, sizeof log->place, "%.120s", line);
  }
  log->any = true;
}

static cyaml_config_t make_config(log_t *log) {
  return (cyaml_config_t){.log_fn = keep_log,
                          .log_ctx = log,
                          .mem_fn = cyaml_mem,
                          .log_level = CYAML_LOG_WARNING,
                          .flags = CYAML_CFG_NO_ALIAS};
}

/* libcyaml places an unexpected key at the entry before it: look for the key itself from there on. */
static void find_unexpected_key(const yamlfile_t *text, const char *said, unsigned *line, unsigned *column) {
  char key[64];
  if (sscanf(said, "Unexpected key: %63[^\n]", key) != 1) return;
  size_t length = strlen(key);
  unsigned at_line = 1;
  const char *start = text->text;
  for (const char *c = text->text; *c; c++) {
    if (*c == '\n') {
      at_line++;
      start = c + 1;
    }
    bool begins = c == text->text || strchr(" \n{,", c[-1]) != NULL;
    if (at_line < *line || !begins || strncmp(c, key, length) != 0 || c[length] != ':') continue;
    *line = at_line;
    *column = (unsigned)(c - start) + 1;
    return;
  }
}

/* Folds libcyaml's log into one line. */
static void report_log(const yamlfile_t *text, const log_t *log, cyaml_err_t error) {
  unsigned line = 1, column = 1;
  char field[32] = "";
  const char *place = strstr(log->place, "(line: ");
  if (place && sscanf(place, "(line: %u, column: %u", &line, &column) != 2) line = column = 1;
  if (sscanf(log->place, " in mapping field '%31[a-z_]'", field) != 1) field[0] = '\0';
  const char *said = log->said[0] ? log->said : cyaml_strerror(error);
  find_unexpected_key(text, said, &line, &column);
  if (*field) {
    diag_error_at(text->path, line, column, "%s (at '%s')", said, field);
  } else {
    diag_error_at(text->path, line, column, "%s", said);
  }
}

void *yamlfile_load(const yamlfile_t *text, const cyaml_schema_value_t *schema) {
  log_t log = {.any = false};
  cyaml_config_t config = make_config(&log);
  void *data = NULL;
  cyaml_err_t error = cyaml_load_data((const uint8_t *)text->text, text->length, &config, schema, &data, NULL);
  /* A warning (a second document) is as bad as an error; an empty file succeeds with no data. */
  if (error == CYAML_OK && !log.any && data) return data;
  if (error == CYAML_OK && !data) {
    diag_error_at(text->path, 1, 1, "the file holds nothing");
  } else {
    report_log(text, &log, error);
  }
  if (error == CYAML_OK) yamlfile_free(data, schema);
  return NULL;
}

void yamlfile_free(void *data, const cyaml_schema_value_t *schema) {
  if (!data) return;
  log_t log = {.any = false};
  cyaml_config_t config = make_config(&log);
  cyaml_free(&config, schema, data, 0);
}

bool yamlfile_number(const char *word, unsigned long max, unsigned long *value) {
  /* strtoul would take signs, blanks and octal too. */
  int base = word[0] == '0' && (word[1] == 'x' || word[1] == 'X') ? 16 : 10;
  const char *digits = base == 16 ? word + 2 : word;
  if (!isxdigit((unsigned char)*digits)) return false;
  char *end = NULL;
  errno = 0;
  *value = strtoul(digits, &end, base);
  return !errno && *end == '\0' && *value <= max;
}

bool yamlfile_decimal(const char *word, double max, double *value) {
  size_t whole = strspn(word, "0123456789"), length = whole;
  if (word[length] == '.') length += 1 + strspn(word + length + 1, "0123456789");
  if (whole == 0 || word[length] || word[length - 1] == '.') return false;
  *value = strtod(word, NULL);
  return *value <= max;
}

/* Offset behind a quoted scalar that starts at FROM. */
static size_t skip_quoted(const yamlfile_t *text, size_t from, size_t to) {
  char quote = text->text[from];
  for (size_t i = from + 1; i < to; i++) {
    if (quote == '"' && text->text[i] == '\\') {
      i++;
    } else if (text->text[i] == quote) {
      return i + 1;
    }
  }
  return to;
}

static bool key_starts(const yamlfile_t *text, size_t at, size_t to, const char *key, size_t key_length) {
  if (to - at <= key_length || strncmp(text->text + at, key, key_length) != 0) return false;
  size_t i = at + key_length;
  while (i < to && text->text[i] == ' ')
    i++;
  if (i >= to || text->text[i] != ':') return false;
  return strchr(" \t\r\n[{\"'", text->text[i + 1]) != NULL; /* the text ends with a NUL, so i + 1 is there */
}

size_t yamlfile_find_key(const yamlfile_t *text, size_t from, size_t to, const char *key) {
  size_t key_length = strlen(key);
  bool fresh = true;       /* a key or a quoted scalar may start here */
  bool after_blank = true; /* a comment may start here */
  for (size_t i = from; i < to;) {
    char c = text->text[i];
    if (c == '#' && after_blank) {
      while (i < to && text->text[i] != '\n')
        i++;
      continue;
    }
    if (fresh && (c == '"' || c == '\'')) {
      i = skip_quoted(text, i, to);
      fresh = false;
      continue;
    }
    if (fresh && key_starts(text, i, to, key, key_length)) return i;
    after_blank = isspace((unsigned char)c);
    if (c == '\n' || strchr("{[,:-?", c)) {
      fresh = true;
    } else if (!after_blank) {
      fresh = false;
    }
    i++;
  }
  return to;
}

void yamlfile_find_part(const yamlfile_t *text, const char *key, size_t *from, size_t *to) {
  size_t key_length = strlen(key);
  bool inside = false;
  *from = 0;
  *to = text->length;
  for (size_t at = 0; at < text->length;) {
    const char *line = text->text + at;
    bool heads = !strchr(" \t\r\n#-}]", *line);
    if (inside && heads) {
      *to = at;
      return;
    }
    if (heads && key_starts(text, at, text->length, key, key_length)) {
      inside = true;
      *from = at;
    }
    const char *end = memchr(line, '\n', text->length - at);
    at = end ? (size_t)(end - text->text) + 1 : text->length;
  }
}

unsigned yamlfile_line(const yamlfile_t *text, size_t offset) {
  unsigned line = 1;
  const char *at = text->text, *end = at + (offset < text->length ? offset : text->length);
  while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
    line++;
    at++;
  }
  return line;
}

void yamlfile_error_at(const yamlfile_t *text, size_t offset, const char *format, ...) {
  if (offset > text->length) offset = text->length;
  size_t start = offset;
  while (start > 0 && text->text[start - 1] != '\n')
    start--;
  char message[512];
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  /* A quoted word of the file may hold line breaks: a message is one line. */
  for (char *c = message; *c; c++) {
    if (iscntrl((unsigned char)*c)) *c = ' ';
  }
  diag_error_at(text->path, yamlfile_line(text, offset), (unsigned)(offset - start) + 1, "%s", message);
}
