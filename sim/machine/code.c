#include "machine/code.h"

#include <stdlib.h>
#include <string.h>

/* Two-level table: page of 4 KiB, halfword within it. One direct lookup an instruction, no hashing. */
enum { PAGE_SHIFT = 12, PAGE_SLOTS = 1 << (PAGE_SHIFT - 1), PAGES = 1 << (32 - PAGE_SHIFT) };

struct code {
  const program_t *program;
  code_read_t read;
  void *context;
  decoder_t *decoder;
  code_slot_t ***pages;
  uint32_t *used; /* indices of the pages that exist */
  size_t used_count, used_room;
  code_slot_t *first, **last;
  uint32_t version;
};

code_t *code_new(const program_t *program, code_read_t read, void *context) {
  code_t *code = calloc(1, sizeof *code);
  if (!code) return NULL;
  code->program = program;
  code->read = read;
  code->context = context;
  code->last = &code->first;
  code->decoder = decoder_new();
  code->pages = calloc(PAGES, sizeof *code->pages);
  if (!code->decoder || !code->pages) {
    code_free(code);
    return NULL;
  }
  return code;
}

void code_free(code_t *code) {
  if (!code) return;
  for (code_slot_t *slot = code->first, *next; slot; slot = next) {
    next = slot->next_allocated;
    free(slot);
  }
  for (size_t i = 0; i < code->used_count; i++)
    free(code->pages[code->used[i]]);
  free(code->used);
  free(code->pages);
  decoder_free(code->decoder);
  free(code);
}

static bool note_page(code_t *code, uint32_t page) {
  if (code->used_count == code->used_room) {
    size_t room = code->used_room ? 2 * code->used_room : 64;
    uint32_t *grown = realloc(code->used, room * sizeof *grown);
    if (!grown) return false;
    code->used = grown;
    code->used_room = room;
  }
  code->used[code->used_count++] = page;
  return true;
}

/* Where the slot of ADDRESS is kept, NULL while its page holds no code. */
static code_slot_t **find_place(const code_t *code, uint32_t address) {
  code_slot_t **page = code->pages[address >> PAGE_SHIFT];
  return page ? &page[(address >> 1) & (PAGE_SLOTS - 1)] : NULL;
}

static code_slot_t **make_place(code_t *code, uint32_t address) {
  code_slot_t ***page = &code->pages[address >> PAGE_SHIFT];
  if (!*page && note_page(code, address >> PAGE_SHIFT)) *page = calloc(PAGE_SLOTS, sizeof **page);
  return find_place(code, address);
}

static int32_t marker_at(const program_t *program, uint32_t address) {
  size_t low = 0, high = program->marker_count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (program->markers[middle].address < address) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < program->marker_count && program->markers[low].address == address ? (int32_t)low : -1;
}

enum { VERSIONS_MAX = 64 };

/* Code that is overwritten again and again mostly alternates: what comes back takes its old slot, so that memory does
   not grow with each change. Moves it to the front. */
static bool revive(code_t *code, code_slot_t **place, const uint8_t bytes[4], it_context_t context) {
  code_slot_t **link = place;
  for (unsigned i = 0; *link && i < VERSIONS_MAX; i++, link = &(*link)->older) {
    code_slot_t *slot = *link;
    bool in_it = (slot->insn.flags & INSN_IN_IT) != 0;
    if (memcmp(slot->insn.opcode, bytes, slot->insn.size) != 0 || in_it != context.in_it) continue;
    if (in_it && slot->insn.condition != context.condition) continue;
    (*place)->key = 1;
    *link = slot->older;
    slot->older = *place;
    *place = slot;
    slot->key = slot->insn.address;
    code->version++;
    return true;
  }
  return false;
}

/* The slot for what is decoded at PLACE next. One address that never holds the same twice takes the oldest of its slots
   again, with what that has counted, so that no firmware takes memory without bound. */
static code_slot_t *take_slot(code_t *code, code_slot_t **place) {
  code_slot_t **link = place;
  unsigned versions = 0;
  while (*link && (*link)->older) {
    versions++;
    link = &(*link)->older;
  }
  code_slot_t *slot = *link;
  if (versions + 1 < VERSIONS_MAX) {
    slot = calloc(1, sizeof *slot);
    if (!slot) return NULL;
    *code->last = slot;
    code->last = &slot->next_allocated;
  } else {
    *link = NULL;
    *slot = (code_slot_t){.profile = slot->profile, .next_allocated = slot->next_allocated, .blocks = slot->blocks};
  }
  if (*place) (*place)->key = 1;
  slot->older = *place;
  *place = slot;
  return slot;
}

static code_slot_t *decode_slot(code_t *code, uint32_t address, it_context_t context) {
  uint8_t bytes[4] = {0};
  if (!code->read(code->context, address, bytes, 2)) return NULL;
  if (insn_size((uint16_t)(bytes[0] | bytes[1] << 8)) == 4 && !code->read(code->context, address, bytes, 4))
    return NULL;
  code_slot_t **place = make_place(code, address);
  if (place && revive(code, place, bytes, context)) return *place;
  code_slot_t *slot = place ? take_slot(code, place) : NULL;
  if (!slot) return NULL;
  decode_insn(code->decoder, bytes, address, context, &slot->insn);
  slot->key = address;
  const function_t *function = program_function_at(code->program, address);
  slot->function = program_function_index(code->program, function);
  slot->function_entry = function && function->address == address;
  slot->marker = slot->insn.flags & INSN_MARKER ? marker_at(code->program, address) : -1;
  return slot;
}

/* The members of an IT block are decoded with it: alone they would not know their condition. */
static bool decode_members(code_t *code, code_slot_t *it) {
  uint8_t conditions[4];
  unsigned count = decode_it(it->insn.opcode[0], conditions);
  uint32_t address = it->insn.address + it->insn.size;
  it->it_left = (uint8_t)count;
  for (unsigned i = 0; i < count; i++) {
    code_slot_t *member = decode_slot(code, address, (it_context_t){true, conditions[i]});
    if (!member) return false;
    member->it_left = (uint8_t)(count - 1 - i);
    address += member->insn.size;
  }
  return true;
}

code_slot_t *code_at(code_t *code, uint32_t address) {
  code_slot_t **place = find_place(code, address);
  if (place && *place && !((*place)->key & 1u)) return *place;
  code_slot_t *slot = decode_slot(code, address, (it_context_t){false, 14});
  if (slot && slot->insn.cls == CLASS_IT && !decode_members(code, slot)) return NULL;
  return slot;
}

/* A member of an IT block alone does not know its condition: forget the IT too, so that both are decoded together. */
static void forget_it_before(code_t *code, uint32_t address) {
  enum { LONGEST_BLOCK = 2 + 4 * 4 }; /* bytes of IT and four wide members */
  for (uint32_t at = address > LONGEST_BLOCK ? address - LONGEST_BLOCK : 0; at < address; at += 2) {
    code_slot_t **place = find_place(code, at);
    if (place && *place && (*place)->insn.cls == CLASS_IT) (*place)->key = 1;
  }
}

void code_written(code_t *code, uint32_t address, unsigned bytes) {
  uint32_t start = address < 2 ? 0 : (address & ~1u) - 2; /* a 32-bit opcode may begin one halfword earlier */
  uint32_t last = bytes - 1 <= UINT32_MAX - address ? address + (bytes - 1) : UINT32_MAX;
  for (uint32_t halfwords = (last - start) / 2 + 1, at = start; halfwords; halfwords--, at += 2) {
    code_slot_t **place = find_place(code, at);
    if (!place || !*place || at + (*place)->insn.size <= address) continue;
    if ((*place)->insn.flags & INSN_IN_IT) forget_it_before(code, at);
    (*place)->key = 1;
    code->version++;
  }
}

const uint32_t *code_version(const code_t *code) { return &code->version; }

bool code_is_near(const code_t *code, uint32_t address) { return code->pages[address >> PAGE_SHIFT] != NULL; }

bool code_is_at(const code_t *code, uint32_t address, unsigned bytes) {
  uint32_t start = address < 2 ? 0 : (address & ~1u) - 2;
  for (uint32_t halfwords = (address + bytes - 1 - start) / 2 + 1, at = start; halfwords; halfwords--, at += 2) {
    code_slot_t **place = find_place(code, at);
    if (place && *place && !((*place)->key & 1u) && at + (*place)->insn.size > address) return true;
  }
  return false;
}

code_slot_t *code_first(code_t *code) { return code->first; }

decoder_t *code_decoder(code_t *code) { return code->decoder; }
