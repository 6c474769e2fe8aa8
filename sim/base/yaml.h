/* YAML files read by a schema: cost models and target configurations.

   The one place that names libcyaml. A module describes its file with libcyaml's schema tables; what the schema cannot
   say (two rows that must agree, a number out of range) it checks itself and reports with yamlfile_error_at(), so that
   every defect of a file is exactly one "file:line:column: error: ..." line. Functions report and return false or
   NULL.

   The prefix is yamlfile_ because libyaml, which libcyaml loads, exports yaml_free() and others. */
#ifndef CMSIM_BASE_YAML_H
#define CMSIM_BASE_YAML_H

#include <cyaml/cyaml.h>
#include <stdbool.h>
#include <stddef.h>

/* A file in memory. `text` ends with a NUL that `length` does not count. */
typedef struct {
  char *path;
  char *text;
  size_t length;
} yamlfile_t;

enum { YAMLFILE_HASH_CHARS = 65 };

/* Reads DIRECTORY/NAME.yaml. */
bool yamlfile_read(yamlfile_t *text, const char *directory, const char *name);
/* The same from memory; PATH is for messages. */
bool yamlfile_copy(yamlfile_t *text, const char *path, const void *bytes, size_t length);
void yamlfile_close(yamlfile_t *text);

/* SHA-256 in hexadecimal over the bytes of COUNT texts, one after the other. */
void yamlfile_hash(const yamlfile_t *texts, size_t count, char hash[YAMLFILE_HASH_CHARS]);

/* Shorthands for schema tables: a word (numbers included) and one of a list of words. */
enum { YAMLFILE_MUST = CYAML_FLAG_STRICT, YAMLFILE_MAY = CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL };
#define YAMLFILE_WORD(key, flags, type, member)                                                                        \
  CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | (flags), type, member, 1, CYAML_UNLIMITED)
#define YAMLFILE_ENUM(key, flags, type, member, words)                                                                 \
  CYAML_FIELD_ENUM(key, flags, type, member, words, CYAML_ARRAY_LEN(words))
#define YAMLFILE_LIST(key, type, member, entry)                                                                        \
  CYAML_FIELD_SEQUENCE(key, CYAML_FLAG_POINTER, type, member, entry, 1, CYAML_UNLIMITED)

/* Loads by SCHEMA, whose top value is a mapping behind a pointer. Unknown and repeated keys, aliases, further documents
   and empty files are refused. Freed with yamlfile_free(). */
void *yamlfile_load(const yamlfile_t *text, const cyaml_schema_value_t *schema);
void yamlfile_free(void *data, const cyaml_schema_value_t *schema);

/* A number as files may write it: decimal, or hexadecimal behind 0x, nothing behind it, at most MAX. libcyaml itself
   reads "1x" as 1, so numbers are strings in the schemas and pass through here. */
bool yamlfile_number(const char *word, unsigned long max, unsigned long *value);

/* A number that may have decimal places: 4.2, not 1e6 or .5. */
bool yamlfile_decimal(const char *word, double max, double *value);

/* Offset of the next mapping key KEY at or after FROM and before TO; TO when there is none. Plain keys only: this is
   a scan for messages, not a parser. */
size_t yamlfile_find_key(const yamlfile_t *text, size_t from, size_t to, const char *key);
/* The part of a file that the mapping key KEY at the left margin heads, up to the next such key. A file that has none
   there (all in braces) has one part, the whole file. */
void yamlfile_find_part(const yamlfile_t *text, const char *key, size_t *from, size_t *to);
/* Line of an offset, from 1. */
unsigned yamlfile_line(const yamlfile_t *text, size_t offset);
/* The error of a file at an offset. */
void yamlfile_error_at(const yamlfile_t *text, size_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
