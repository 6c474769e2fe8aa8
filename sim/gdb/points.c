/* Break- and watchpoints. They are kept in a table, never written into the firmware's memory, so there is no difference
   between software and hardware ones, and code that checks itself sees itself. */
#include "gdb/stub.h"

static bool is_watch(point_kind_t kind) { return kind >= POINT_WRITE; }

static uint64_t place_bit(uint32_t address) { return UINT64_C(1) << (address / 2 % 64); }

static void summarise(points_t *points) {
  points->places = 0;
  points->watches = 0;
  for (size_t i = 0; i < points->count; i++) {
    if (is_watch(points->list[i].kind)) {
      points->watches++;
    } else {
      points->places |= place_bit(points->list[i].address);
    }
  }
}

static size_t find(const points_t *points, point_t point) {
  size_t i = 0;
  while (i < points->count && (points->list[i].kind != point.kind || points->list[i].address != point.address ||
                               (is_watch(point.kind) && points->list[i].bytes != point.bytes)))
    i++;
  return i;
}

bool points_add(points_t *points, point_t point) {
  if (find(points, point) < points->count) return true;
  if (points->count == POINTS_MAX) return false;
  points->list[points->count++] = point;
  summarise(points);
  return true;
}

void points_remove(points_t *points, point_t point) {
  size_t i = find(points, point);
  if (i == points->count) return;
  points->list[i] = points->list[--points->count];
  summarise(points);
}

void points_clear(points_t *points) {
  points->count = 0;
  summarise(points);
}

point_kind_t points_at(const points_t *points, uint32_t address) {
  if (!(points->places & place_bit(address))) return POINT_NONE;
  for (size_t i = 0; i < points->count; i++) {
    const point_t *point = &points->list[i];
    if (!is_watch(point->kind) && point->address == address) return point->kind;
  }
  return POINT_NONE;
}

const point_t *points_watching(const points_t *points, uint32_t address, uint32_t bytes, bool write) {
  if (!points->watches) return NULL;
  for (size_t i = 0; i < points->count; i++) {
    const point_t *point = &points->list[i];
    if (!is_watch(point->kind) || point->kind == (write ? POINT_READ : POINT_WRITE)) continue;
    uint64_t end = (uint64_t)address + bytes, point_end = (uint64_t)point->address + point->bytes;
    if (address < point_end && point->address < end) return point;
  }
  return NULL;
}
