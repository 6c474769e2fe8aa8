#include "machine/regions.h"

#include <stdlib.h>
#include <string.h>

/* A firmware that never returns (context switches) must not grow this without bound. */
enum { FRAMES_MAX = 1 << 20, ALL_FRAMES_MAX = 1 << 22, SEARCH_DEPTH = 64, REGIONS_MAX = 256 };

typedef struct {
  uint32_t return_address, sp;
  int32_t function;
} frame_t;

/* Calls in progress on one stack. */
typedef struct {
  frame_t *frames;
  unsigned depth, room;
} context_t;

struct regions {
  const program_t *program;
  measured_region_t *list;
  size_t count;
  int32_t *marker_region; /* marker index -> region index, -1: not met yet */
  call_count_t *calls;
  int16_t *watched; /* function index -> region index, -1 */
  frame_t *frames;  /* those of the current context */
  unsigned depth, room;
  context_t contexts[REGIONS_CONTEXTS];
  unsigned context;
  bool lost;         /* calls that found no room */
  unsigned all_room; /* frames of all contexts together */
  unsigned open;     /* regions with depth > 0 */
};

regions_t *regions_new(const program_t *program) {
  regions_t *r = calloc(1, sizeof *r);
  if (!r) return NULL;
  r->program = program;
  r->list = calloc(REGIONS_MAX, sizeof *r->list);
  r->marker_region = calloc(program->marker_count + 1, sizeof *r->marker_region);
  r->calls = calloc(program->function_count + 1, sizeof *r->calls);
  r->watched = calloc(program->function_count + 1, sizeof *r->watched);
  if (!r->list || !r->marker_region || !r->calls || !r->watched) {
    regions_free(r);
    return NULL;
  }
  for (size_t i = 0; i < program->marker_count; i++)
    r->marker_region[i] = -1;
  for (size_t i = 0; i < program->function_count; i++)
    r->watched[i] = -1;
  return r;
}

void regions_free(regions_t *r) {
  if (!r) return;
  free(r->list);
  free(r->marker_region);
  free(r->calls);
  free(r->watched);
  for (unsigned i = 0; i < REGIONS_CONTEXTS; i++)
    if (i != r->context) free(r->contexts[i].frames);
  free(r->frames);
  free(r);
}

static int32_t add_region(regions_t *r, const char *name, int32_t function) {
  if (r->count == REGIONS_MAX) return -1;
  r->list[r->count] = (measured_region_t){.name = name, .function = function, .min_cycles = UINT64_MAX};
  return (int32_t)r->count++;
}

static int32_t region_named(regions_t *r, const char *name) {
  for (size_t i = 0; i < r->count; i++) {
    if (r->list[i].function < 0 && strcmp(r->list[i].name, name) == 0) return (int32_t)i;
  }
  return add_region(r, name, -1);
}

bool regions_watch_function(regions_t *r, int32_t function) {
  if (r->count == REGIONS_MAX) return false;
  if (r->watched[function] >= 0) return true;
  r->watched[function] = (int16_t)add_region(r, r->program->functions[function].name, function);
  return true;
}

static void start_pass(measured_region_t *region, const instant_t *instant) {
  region->start.cycles = instant->cycles;
  region->start.instructions = instant->totals->instructions;
  memcpy(region->start.causes, instant->totals->causes, sizeof region->start.causes);
  region->start_sp = region->lowest_sp = instant->sp;
}

static void open_region(regions_t *r, measured_region_t *region, int32_t begin, const instant_t *instant) {
  /* The same BEGIN with no more stack in use is no recursion: firmware left the open pass without END. */
  if (region->depth > 0 && begin >= 0 && region->begin == begin && instant->sp >= region->start_sp) {
    region->abandoned++;
    region->depth = 1;
    start_pass(region, instant);
    return;
  }
  if (region->depth++ > 0) return;
  r->open++;
  region->begin = begin;
  start_pass(region, instant);
}

static void close_region(regions_t *r, measured_region_t *region, const instant_t *instant) {
  if (region->depth == 0 || --region->depth > 0) return;
  r->open--;
  uint64_t cycles = instant->cycles - region->start.cycles;
  region->calls++;
  region->cycles += cycles;
  region->instructions += instant->totals->instructions - region->start.instructions;
  if (cycles < region->min_cycles) region->min_cycles = cycles;
  if (cycles > region->max_cycles) region->max_cycles = cycles;
  for (unsigned i = 0; i < CAUSE_COUNT; i++)
    region->causes[i] += instant->totals->causes[i] - region->start.causes[i];
  uint32_t deepest = region->start_sp - region->lowest_sp;
  if (deepest > region->stack_peak) region->stack_peak = deepest;
}

bool regions_marker(regions_t *r, int32_t marker, uint16_t opcode, const instant_t *instant) {
  static const char unnamed[] = "marker"; /* names live in a section that a raw binary does not have */
  bool begin = marker >= 0 ? r->program->markers[marker].kind == MARKER_BEGIN : opcode == 0xBFE0u;
  int32_t index = marker >= 0 ? r->marker_region[marker] : region_named(r, unnamed);
  if (index < 0 && marker >= 0) {
    index = r->marker_region[marker] = region_named(r, r->program->markers[marker].name);
  }
  if (index < 0) return true; /* more regions than REGIONS_MAX: not measured */
  measured_region_t *region = &r->list[index];
  if (begin) {
    open_region(r, region, marker, instant);
    return true;
  }
  if (region->depth == 0) return false;
  close_region(r, region, instant);
  return true;
}

static bool make_room(regions_t *r) {
  if (r->depth < r->room) return true;
  unsigned room = r->room ? 2 * r->room : 256;
  bool fits = room <= FRAMES_MAX && r->all_room - r->room + room <= ALL_FRAMES_MAX;
  frame_t *grown = fits ? realloc(r->frames, room * sizeof *grown) : NULL;
  if (!grown) {
    r->lost = true;
    return false;
  }
  r->frames = grown;
  r->all_room += room - r->room;
  r->room = room;
  return true;
}

/* Functions with frames on the current stack run on again, or stand still while another stack is in use. */
static void pause_or_resume(regions_t *r, bool resume, const instant_t *instant) {
  for (unsigned i = 0; i < r->depth; i++) {
    if (r->frames[i].function < 0) continue;
    call_count_t *count = &r->calls[r->frames[i].function];
    if (resume) {
      if (count->active++ == 0) count->started = instant->cycles;
    } else if (count->active > 0 && --count->active == 0) {
      count->total_cycles += instant->cycles - count->started;
    }
  }
}

void regions_switch(regions_t *r, unsigned context, const instant_t *instant) {
  if (context == r->context || context >= REGIONS_CONTEXTS) return;
  pause_or_resume(r, false, instant);
  r->contexts[r->context] = (context_t){r->frames, r->depth, r->room};
  r->context = context;
  r->frames = r->contexts[context].frames;
  r->depth = r->contexts[context].depth;
  r->room = r->contexts[context].room;
  pause_or_resume(r, true, instant);
}

unsigned regions_callers(const regions_t *r, int32_t *functions, unsigned limit) {
  unsigned count = 0;
  for (unsigned at = r->depth; at > 1 && count < limit; at--)
    functions[count++] = r->frames[at - 2].function;
  return count;
}

bool regions_lost_calls(const regions_t *r) { return r->lost; }

void regions_enter(regions_t *r, int32_t function, uint32_t return_address, bool tail, const instant_t *instant) {
  if (tail && r->depth == 0) return;
  if (!make_room(r)) return;
  frame_t *frame = &r->frames[r->depth];
  frame->return_address = tail ? r->frames[r->depth - 1].return_address : return_address;
  frame->sp = tail ? r->frames[r->depth - 1].sp : instant->sp;
  frame->function = function;
  r->depth++;
  if (function < 0) return;
  call_count_t *count = &r->calls[function];
  count->calls++;
  if (count->active++ == 0) count->started = instant->cycles;
  if (r->watched[function] >= 0) open_region(r, &r->list[r->watched[function]], -1, instant);
}

static void leave(regions_t *r, const instant_t *instant) {
  frame_t *frame = &r->frames[--r->depth];
  if (frame->function < 0) return;
  call_count_t *count = &r->calls[frame->function];
  if (count->active > 0 && --count->active == 0) count->total_cycles += instant->cycles - count->started;
  if (r->watched[frame->function] >= 0) close_region(r, &r->list[r->watched[frame->function]], instant);
}

static void leave_to(regions_t *r, unsigned depth, const instant_t *instant) {
  while (r->depth > depth)
    leave(r, instant);
}

/* Leaves every frame that returns to ADDRESS: a tail call shares it with its caller. False: none does. */
static bool leave_by_address(regions_t *r, uint32_t address, const instant_t *instant) {
  unsigned limit = r->depth < SEARCH_DEPTH ? r->depth : SEARCH_DEPTH;
  for (unsigned back = 1; back <= limit; back++) {
    const frame_t *frame = &r->frames[r->depth - back];
    if (frame->return_address != address || instant->sp < frame->sp) continue;
    unsigned target = r->depth - back;
    uint32_t sp = frame->sp;
    while (target > 0 && r->frames[target - 1].return_address == address && r->frames[target - 1].sp == sp)
      target--;
    leave_to(r, target, instant);
    return true;
  }
  return false;
}

/* No frame returns there (longjmp, an exception): frames whose stack is gone are left, and those above the function
   that control is in now, if it is on the stack at all. */
static void leave_by_stack(regions_t *r, int32_t function, const instant_t *instant) {
  while (r->depth > 0 && instant->sp > r->frames[r->depth - 1].sp)
    leave(r, instant);
  if (function < 0) return;
  unsigned target = r->depth;
  while (target > 0 && r->frames[target - 1].function != function && instant->sp >= r->frames[target - 1].sp)
    target--;
  if (target == 0 || r->frames[target - 1].function != function) return;
  leave_to(r, target, instant);
}

int32_t regions_arrive(regions_t *r, uint32_t address, int32_t function, const instant_t *instant) {
  int32_t innermost = r->depth ? r->frames[r->depth - 1].function : -1;
  unsigned before = r->depth;
  if (!leave_by_address(r, address, instant)) leave_by_stack(r, function, instant);
  return r->depth < before ? innermost : -1;
}

void regions_leave_handler(regions_t *r, const instant_t *instant) {
  for (unsigned at = r->depth; at > 0; at--) {
    if (r->frames[at - 1].return_address != HANDLER_RETURN) continue;
    leave_to(r, at - 1, instant);
    return;
  }
}

void regions_restart(regions_t *r, const instant_t *instant) {
  unsigned context = r->context;
  for (unsigned i = 0; i < REGIONS_CONTEXTS; i++) {
    regions_switch(r, i, instant);
    leave_to(r, 0, instant);
  }
  regions_switch(r, context, instant);
}

void regions_stack(regions_t *r, uint32_t sp) {
  if (r->open == 0) return;
  for (size_t i = 0; i < r->count; i++) {
    if (r->list[i].depth && sp < r->list[i].lowest_sp) r->list[i].lowest_sp = sp;
  }
}

void regions_finish(regions_t *r, const instant_t *instant) {
  for (size_t i = 0; i < r->program->function_count; i++) {
    call_count_t *count = &r->calls[i];
    if (count->active) count->total_cycles += instant->cycles - count->started;
    count->active = 0;
  }
}

const measured_region_t *regions_list(const regions_t *r, size_t *count) {
  *count = r->count;
  return r->list;
}

const call_count_t *regions_calls(const regions_t *r) { return r->calls; }
