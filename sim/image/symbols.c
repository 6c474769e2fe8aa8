/* Source lines and inline chains from DWARF.

   libdw finds the line of an address inside a compile unit quickly; finding the unit, and the inlined calls, it does
   by walking trees. Both are read once into sorted arrays: units at opening, inlined calls of a unit at its first use.

   Broken DWARF: whatever libdw refuses is left out. Trees are walked with strictly growing offsets only, so a sibling
   pointer that leads backwards ends the walk instead of repeating it. */
#include "image/symbols.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Deeper nesting than compilers produce; bounds the recursion on broken files. */
#define DEPTH_LIMIT 200u

/* Extents that may nest: sorted by start, `reach` is the furthest end up to here. */
typedef struct {
  uint64_t start, end, reach;
  size_t item; /* unit or call */
} extent_t;

typedef struct {
  extent_t *items;
  size_t count, room;
} extents_t;

typedef struct {
  inline_frame_t frame;
  unsigned depth;
} call_t;

typedef struct {
  Dwarf_Die die;
  bool walked;
  extents_t extents; /* of the inlined calls */
  call_t *calls;
  size_t call_count, call_room;
} unit_t;

struct symbols {
  int fd;
  Dwarf *dwarf;
  unit_t *units;
  size_t unit_count, unit_room;
  extents_t extents; /* of the units */
};

/* Room for one more of SIZE bytes; false leaves everything as it was. */
static bool grow(void **array, size_t *room, size_t count, size_t size) {
  if (count < *room) return true;
  size_t wanted = *room ? *room * 2 : 16;
  void *larger = realloc(*array, wanted * size);
  if (!larger) return false;
  *array = larger;
  *room = wanted;
  return true;
}

static void add_extent(extents_t *extents, uint64_t start, uint64_t end, size_t item) {
  /* Start 0 is what linkers leave of discarded code; on a part with code at 0 the vector table is there. */
  if (start == 0 || end <= start) return;
  void *items = extents->items;
  if (!grow(&items, &extents->room, extents->count, sizeof extents->items[0])) return;
  extents->items = items;
  extents->items[extents->count++] = (extent_t){start, end, end, item};
}

static void add_ranges(extents_t *extents, Dwarf_Die *die, size_t item) {
  Dwarf_Addr base, start, end;
  ptrdiff_t offset = 0;
  while ((offset = dwarf_ranges(die, offset, &base, &start, &end)) > 0)
    add_extent(extents, start, end, item);
}

static int compare_extents(const void *a, const void *b) {
  const extent_t *one = a, *two = b;
  if (one->start != two->start) return one->start < two->start ? -1 : 1;
  if (one->end != two->end) return one->end > two->end ? -1 : 1; /* the outer one first */
  return (one->item > two->item) - (one->item < two->item);
}

static void sort_extents(extents_t *extents) {
  if (extents->count) qsort(extents->items, extents->count, sizeof extents->items[0], compare_extents);
  for (size_t i = 1; i < extents->count; i++) {
    if (extents->items[i - 1].reach > extents->items[i].reach) extents->items[i].reach = extents->items[i - 1].reach;
  }
}

/* How many extents start at or below ADDRESS. */
static size_t extents_up_to(const extents_t *extents, uint64_t address) {
  size_t low = 0, high = extents->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (extents->items[middle].start <= address) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

static void read_units(symbols_t *symbols) {
  Dwarf_CU *unit = NULL;
  Dwarf_Die die;
  uint8_t type;
  while (dwarf_get_units(symbols->dwarf, unit, &unit, NULL, &type, &die, NULL) == 0) {
    if (dwarf_tag(&die) != DW_TAG_compile_unit) continue;
    void *units = symbols->units;
    if (!grow(&units, &symbols->unit_room, symbols->unit_count, sizeof symbols->units[0])) return;
    symbols->units = units;
    symbols->units[symbols->unit_count] = (unit_t){.die = die};
    add_ranges(&symbols->extents, &die, symbols->unit_count);
    symbols->unit_count++;
  }
  sort_extents(&symbols->extents);
}

symbols_t *symbols_open(const char *path) {
  symbols_t *symbols = calloc(1, sizeof *symbols);
  if (!symbols) return NULL;
  struct stat status;
  symbols->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (symbols->fd >= 0 && fstat(symbols->fd, &status) == 0 && S_ISREG(status.st_mode)) {
    symbols->dwarf = dwarf_begin(symbols->fd, DWARF_C_READ);
  }
  if (symbols->dwarf) read_units(symbols);
  if (symbols->extents.count) return symbols;
  symbols_close(symbols);
  return NULL;
}

void symbols_close(symbols_t *symbols) {
  if (!symbols) return;
  for (size_t i = 0; i < symbols->unit_count; i++) {
    free(symbols->units[i].extents.items);
    free(symbols->units[i].calls);
  }
  free(symbols->units);
  free(symbols->extents.items);
  if (symbols->dwarf) dwarf_end(symbols->dwarf);
  if (symbols->fd >= 0) close(symbols->fd);
  free(symbols);
}

/* The unit with the smallest extent around ADDRESS: extents of units should not nest, but may after linker relaxation.
 */
static unit_t *unit_at(symbols_t *symbols, uint32_t address) {
  if (!symbols) return NULL;
  const extent_t *best = NULL;
  for (size_t i = extents_up_to(&symbols->extents, address); i > 0; i--) {
    const extent_t *extent = &symbols->extents.items[i - 1];
    if (extent->reach <= address) break;
    if (extent->end <= address) continue;
    if (!best || extent->end - extent->start < best->end - best->start) best = extent;
  }
  return best ? &symbols->units[best->item] : NULL;
}

bool symbols_line(symbols_t *symbols, uint32_t address, source_line_t *line) {
  unit_t *unit = unit_at(symbols, address);
  Dwarf_Line *row = unit ? dwarf_getsrc_die(&unit->die, address) : NULL;
  int number = 0;
  if (!row || dwarf_lineno(row, &number) != 0 || number <= 0) return false;
  const char *file = dwarf_linesrc(row, NULL, NULL);
  if (!file) return false;
  *line = (source_line_t){file, (unsigned)number};
  return true;
}

static unsigned number_of(Dwarf_Die *die, unsigned name) {
  Dwarf_Attribute attribute;
  Dwarf_Word value;
  if (!dwarf_attr(die, name, &attribute) || dwarf_formudata(&attribute, &value) != 0 || value > INT32_MAX) return 0;
  return (unsigned)value;
}

static void add_call(unit_t *unit, Dwarf_Files *files, size_t file_count, Dwarf_Die *die, unsigned depth) {
  void *calls = unit->calls;
  if (!grow(&calls, &unit->call_room, unit->call_count, sizeof unit->calls[0])) return;
  unit->calls = calls;
  unsigned file = number_of(die, DW_AT_call_file);
  const char *name = dwarf_diename(die); /* through DW_AT_abstract_origin */
  call_t *call = &unit->calls[unit->call_count];
  call->frame.function = name ? name : "?";
  call->frame.called_at.file = file < file_count ? dwarf_filesrc(files, file, NULL, NULL) : NULL;
  if (!call->frame.called_at.file) call->frame.called_at.file = "?";
  call->frame.called_at.line = number_of(die, DW_AT_call_line);
  call->depth = depth;
  add_ranges(&unit->extents, die, unit->call_count);
  unit->call_count++;
}

/* Tags whose children can hold code. */
static bool encloses_code(int tag) {
  switch (tag) {
  case DW_TAG_subprogram:
  case DW_TAG_inlined_subroutine:
  case DW_TAG_lexical_block:
  case DW_TAG_try_block:
  case DW_TAG_catch_block:
  case DW_TAG_namespace:
  case DW_TAG_module:
  case DW_TAG_structure_type:
  case DW_TAG_class_type:
  case DW_TAG_union_type:
  case DW_TAG_enumeration_type: return true;
  default: return false;
  }
}

typedef struct {
  unit_t *unit;
  Dwarf_Files *files;
  size_t file_count;
  Dwarf_Off furthest; /* offset of the last entry seen */
} walk_t;

static void walk_children(walk_t *walk, Dwarf_Die *parent, unsigned depth) {
  Dwarf_Die die;
  if (depth > DEPTH_LIMIT || dwarf_child(parent, &die) != 0) return;
  do {
    Dwarf_Off offset = dwarf_dieoffset(&die);
    if (offset == (Dwarf_Off)-1 || offset <= walk->furthest) return;
    walk->furthest = offset;
    int tag = dwarf_tag(&die);
    if (tag == DW_TAG_inlined_subroutine) add_call(walk->unit, walk->files, walk->file_count, &die, depth);
    if (encloses_code(tag)) walk_children(walk, &die, depth + 1);
  } while (dwarf_siblingof(&die, &die) == 0);
}

static void walk_unit(unit_t *unit) {
  if (unit->walked) return;
  unit->walked = true;
  walk_t walk = {.unit = unit, .furthest = dwarf_dieoffset(&unit->die)};
  if (dwarf_getsrcfiles(&unit->die, &walk.files, &walk.file_count) != 0) walk.file_count = 0;
  walk_children(&walk, &unit->die, 0);
  sort_extents(&unit->extents);
}

size_t symbols_inlines(symbols_t *symbols, uint32_t address, inline_frame_t *frames, size_t limit) {
  unit_t *unit = unit_at(symbols, address);
  if (!unit) return 0;
  walk_unit(unit);
  /* All calls around ADDRESS lie on one path of the tree: their depths differ and order them. */
  unsigned below = UINT32_MAX;
  size_t written = 0;
  while (written < limit) {
    const call_t *best = NULL;
    for (size_t i = extents_up_to(&unit->extents, address); i > 0; i--) {
      const extent_t *extent = &unit->extents.items[i - 1];
      if (extent->reach <= address) break;
      const call_t *call = &unit->calls[extent->item];
      if (extent->end > address && call->depth < below && (!best || call->depth > best->depth)) best = call;
    }
    if (!best) break;
    frames[written++] = best->frame;
    below = best->depth;
  }
  return written;
}
