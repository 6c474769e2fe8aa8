/* The small sections that say something about the image: build attributes, build id, region markers.

   All three are byte streams with lengths inside; a cursor that stops at the end keeps every read inside the section.
 */
#include "image/program_private.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
  uint8_t *at, *end;
} cursor_t;

static size_t left(const cursor_t *cursor) { return (size_t)(cursor->end - cursor->at); }

static bool take_word(cursor_t *cursor, uint32_t *word) {
  if (left(cursor) < 4) return false;
  *word = program_word(cursor->at);
  cursor->at += 4;
  return true;
}

/* NUL-terminated text; NULL when the NUL is missing. */
static char *take_text(cursor_t *cursor) {
  char *text = (char *)cursor->at;
  uint8_t *nul = left(cursor) ? memchr(cursor->at, 0, left(cursor)) : NULL;
  if (!nul) return NULL;
  cursor->at = nul + 1;
  return text;
}

/* ULEB128, as DWARF and the build attributes write numbers. */
static bool take_number(cursor_t *cursor, uint32_t *number) {
  *number = 0;
  for (unsigned shift = 0; left(cursor) && shift < 35; shift += 7) {
    uint8_t byte = *cursor->at++;
    if (shift < 32) *number |= (uint32_t)(byte & 0x7f) << shift;
    if (!(byte & 0x80)) return true;
  }
  return false;
}

/* The first BYTES of CURSOR as a cursor of their own. */
static bool take_part(cursor_t *cursor, size_t bytes, cursor_t *part) {
  if (bytes > left(cursor)) return false;
  *part = (cursor_t){cursor->at, cursor->at + bytes};
  cursor->at += bytes;
  return true;
}

/* --- Build attributes (Arm ABI addenda, IHI 0045): 'A', then vendor blocks, then file-wide attributes. --- */

enum { TAG_FILE = 1, TAG_RAW_NAME = 4, TAG_NAME = 5, TAG_PROFILE = 7, TAG_COMPATIBILITY = 32 };

/* 0 when the block does not say. A tag tells by its number whether text or a number follows. */
static uint32_t profile_of_block(cursor_t block) {
  uint32_t tag, value, profile = 0;
  while (take_number(&block, &tag)) {
    bool text = tag == TAG_RAW_NAME || tag == TAG_NAME || (tag > TAG_COMPATIBILITY && (tag & 1));
    if (!text) {
      if (!take_number(&block, &value)) break;
      if (tag == TAG_PROFILE) profile = value;
    }
    if ((text || tag == TAG_COMPATIBILITY) && !take_text(&block)) break;
  }
  return profile;
}

static uint32_t profile_of_vendor(cursor_t vendor) {
  const char *name = take_text(&vendor);
  if (!name || strcmp(name, "aeabi") != 0) return 0;
  uint32_t tag, bytes, profile = 0;
  while (left(&vendor)) {
    uint8_t *start = vendor.at; /* the length counts the tag and itself */
    if (!take_number(&vendor, &tag) || !take_word(&vendor, &bytes)) break;
    size_t head = (size_t)(vendor.at - start);
    cursor_t block;
    if (bytes < head || !take_part(&vendor, bytes - head, &block)) break;
    if (tag == TAG_FILE) profile = profile_of_block(block);
  }
  return profile;
}

static uint32_t profile_of_section(const section_t *section) {
  cursor_t cursor = {section->data, section->data + section->bytes};
  if (!left(&cursor) || *cursor.at++ != 'A') return 0;
  uint32_t bytes, profile = 0;
  while (profile == 0 && take_word(&cursor, &bytes)) {
    cursor_t vendor;
    if (bytes < 4 || !take_part(&cursor, bytes - 4, &vendor)) break;
    profile = profile_of_vendor(vendor);
  }
  return profile;
}

/* Attributes that cannot be read say nothing; only a plain statement of another profile refuses the image. */
bool program_check_profile(program_t *program) {
  const image_t *image = program_image(program);
  for (size_t i = 0; i < image->section_count; i++) {
    const section_t *section = &image->sections[i];
    if (section->kind != SECTION_ATTRIBUTES || !section->data) continue;
    uint32_t profile = profile_of_section(section);
    if (profile == 'A' || profile == 'R') {
      return program_fail(program, 0, "built for an %c-profile core; cmsim runs M-profile (Cortex-M) code",
                          (char)profile);
    }
  }
  return true;
}

/* --- Build id: a note of owner "GNU" and type 3. --- */

static bool take_build_id(cursor_t notes, cursor_t *id) {
  uint32_t owner_bytes, id_bytes, type;
  while (take_word(&notes, &owner_bytes) && take_word(&notes, &id_bytes) && take_word(&notes, &type)) {
    cursor_t owner, rest;
    if (!take_part(&notes, ((size_t)owner_bytes + 3) & ~(size_t)3, &owner)) return false;
    if (!take_part(&notes, id_bytes, id)) return false;
    if (type == 3 && owner_bytes == 4 && memcmp(owner.at, "GNU", 4) == 0) return id_bytes > 0;
    size_t padding = (4 - id_bytes % 4) % 4;
    if (!take_part(&notes, padding, &rest)) return false;
  }
  return false;
}

bool program_read_build_id(program_t *program) {
  const image_t *image = program_image(program);
  for (size_t i = 0; i < image->section_count; i++) {
    const section_t *section = &image->sections[i];
    cursor_t id;
    if (section->kind != SECTION_NOTE || !section->data) continue;
    if (!take_build_id((cursor_t){section->data, section->data + section->bytes}, &id)) continue;
    size_t bytes = left(&id) < 64 ? left(&id) : 64; /* SHA-1 has 20; nobody writes more than 64 */
    if (!(program->build_id = program_array(program, 2 * bytes + 1, 1))) return false;
    for (size_t k = 0; k < bytes; k++) {
      program->build_id[2 * k] = "0123456789abcdef"[id.at[k] >> 4];
      program->build_id[2 * k + 1] = "0123456789abcdef"[id.at[k] & 15];
    }
    return true;
  }
  return true;
}

/* --- Region markers of firmware/cmsim.h: address, kind, name, padded to 4; one entry for each hint. --- */

static int compare_markers(const void *a, const void *b) {
  const marker_t *one = a, *two = b;
  if (one->address != two->address) return one->address < two->address ? -1 : 1;
  if (one->kind != two->kind) return one->kind < two->kind ? -1 : 1;
  return strcmp(one->name, two->name);
}

/* Names go to terminals, JSON and command lines: printable ASCII. */
static bool readable(const char *name) {
  for (const char *c = name; *c; c++) {
    if ((unsigned char)*c < 0x20 || (unsigned char)*c > 0x7e) return false;
  }
  return *name != '\0';
}

static bool take_marker(const program_t *program, cursor_t *cursor, const uint8_t *start, marker_t *marker) {
  uint32_t kind;
  size_t offset = (size_t)(cursor->at - start);
  if (!take_word(cursor, &marker->address) || !take_word(cursor, &kind) || !(marker->name = take_text(cursor))) {
    return program_fail(program, 0, "malformed section cmsim.markers: the entry at offset %zu is cut off", offset);
  }
  size_t padding = (4 - (size_t)(cursor->at - start) % 4) % 4;
  cursor->at += padding < left(cursor) ? padding : left(cursor);
  if (kind != MARKER_BEGIN && kind != MARKER_END) {
    return program_fail(program, 0, "malformed section cmsim.markers: unknown kind %u at offset %zu", kind, offset);
  }
  if (!readable(marker->name)) {
    return program_fail(program, 0, "malformed section cmsim.markers: the name at offset %zu is empty or not ASCII",
                        offset);
  }
  marker->kind = (marker_kind_t)kind;
  marker->address &= ~1u;
  const segment_t *segment = program_segment_running(program, marker->address);
  if (marker->address && (!segment || !segment->executable)) {
    return program_fail(program, 0, "malformed section cmsim.markers: \"%.60s\" is at 0x%08x, outside the code",
                        marker->name, marker->address);
  }
  return true;
}

bool program_read_markers(program_t *program) {
  const image_t *image = program_image(program);
  const section_t *section = NULL;
  for (size_t i = 0; i < image->section_count && !section; i++) {
    if (strcmp(image->sections[i].name, "cmsim.markers") == 0 && image->sections[i].data) section = &image->sections[i];
  }
  if (!section) return true;
  /* The shortest entry has 10 bytes: two words, a name of one letter and, at the end of the section, no padding. */
  program->markers = program_array(program, section->bytes / 10 + 1, sizeof program->markers[0]);
  if (!program->markers) return false;
  cursor_t cursor = {section->data, section->data + section->bytes};
  while (left(&cursor)) {
    marker_t *marker = &program->markers[program->marker_count];
    if (!take_marker(program, &cursor, section->data, marker)) return false;
    /* The linker writes 0 for a hint whose function was garbage-collected. */
    if (marker->address) program->marker_count++;
  }
  qsort(program->markers, program->marker_count, sizeof program->markers[0], compare_markers);
  return true;
}
