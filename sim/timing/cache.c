#include "timing/cache.h"

#include <stdlib.h>
#include <string.h>

enum { GUESSES = 256 }; /* not cycles: entries of a table that only saves time */

bool cache_init(cache_t *cache, unsigned bytes, unsigned ways, unsigned line_bytes, replacement_t replacement) {
  memset(cache, 0, sizeof *cache);
  cache->replacement = replacement;
  cache->random = 1;
  if (!bytes) return true;
  cache->line_shift = (unsigned)__builtin_ctz(line_bytes);
  cache->ways = ways;
  cache->sets = bytes / line_bytes / ways;
  size_t lines = (size_t)cache->sets * ways;
  cache->tags = calloc(lines, sizeof *cache->tags);
  cache->dirty = calloc(lines, sizeof *cache->dirty);
  cache->used_at = calloc(lines, sizeof *cache->used_at);
  cache->guesses = calloc(GUESSES, sizeof *cache->guesses);
  return cache->tags && cache->dirty && cache->used_at && cache->guesses;
}

void cache_free(cache_t *cache) {
  free(cache->tags);
  free(cache->dirty);
  free(cache->used_at);
  free(cache->guesses);
  memset(cache, 0, sizeof *cache);
}

static unsigned set_of(const cache_t *cache, uint32_t line) { return line & (cache->sets - 1); }

/* Index of LINE, or -1. */
static int find(const cache_t *cache, uint32_t line) {
  if (!cache->sets) return -1;
  unsigned guess = cache->guesses[line % GUESSES];
  if (cache->tags[guess] == line + 1) return (int)guess;
  unsigned first = set_of(cache, line) * cache->ways;
  for (unsigned i = first; i < first + cache->ways; i++) {
    if (cache->tags[i] != line + 1) continue;
    cache->guesses[line % GUESSES] = (uint16_t)i;
    return (int)i;
  }
  return -1;
}

bool cache_holds(const cache_t *cache, uint32_t address) { return find(cache, address >> cache->line_shift) >= 0; }

bool cache_hit(cache_t *cache, uint32_t address) {
  int at = find(cache, address >> cache->line_shift);
  if (at < 0) return false;
  if (!cache->frozen) cache->used_at[at] = ++cache->uses;
  return true;
}

/* A linear feedback shift register; the sequence of the silicon is nowhere published. */
static unsigned next_random(cache_t *cache) {
  uint32_t taps = 0xA3000000u;
  cache->random = (cache->random >> 1) ^ (cache->random & 1u ? taps : 0);
  return cache->random;
}

static unsigned choose_victim(cache_t *cache, unsigned set) {
  unsigned first = set * cache->ways, best = first;
  for (unsigned i = first; i < first + cache->ways; i++) {
    if (!cache->tags[i]) return i;
    if (cache->used_at[i] < cache->used_at[best]) best = i;
  }
  return cache->replacement == REPLACE_RANDOM ? first + next_random(cache) % cache->ways : best;
}

evicted_t cache_fill(cache_t *cache, uint32_t address) {
  evicted_t evicted = {false, 0};
  if (!cache->sets || cache->frozen) return evicted;
  uint32_t line = address >> cache->line_shift;
  unsigned at = choose_victim(cache, set_of(cache, line));
  if (cache->tags[at]) evicted = (evicted_t){cache->dirty[at], (cache->tags[at] - 1u) << cache->line_shift};
  cache->changes++;
  cache->tags[at] = line + 1;
  cache->dirty[at] = false;
  cache->used_at[at] = ++cache->uses;
  cache->guesses[line % GUESSES] = (uint16_t)at;
  return evicted;
}

void cache_set_dirty(cache_t *cache, uint32_t address) {
  int at = find(cache, address >> cache->line_shift);
  if (at >= 0 && !cache->frozen) cache->dirty[at] = true;
}

static bool clean(cache_t *cache, int at, bool invalidate) {
  if (at < 0) return false;
  bool was_dirty = cache->dirty[at];
  cache->dirty[at] = false;
  cache->changes += invalidate;
  if (invalidate) cache->tags[at] = 0;
  return was_dirty;
}

bool cache_clean(cache_t *cache, uint32_t address) {
  return clean(cache, find(cache, address >> cache->line_shift), false);
}

bool cache_invalidate(cache_t *cache, uint32_t address) {
  return clean(cache, find(cache, address >> cache->line_shift), true);
}

bool cache_clean_place(cache_t *cache, unsigned set, unsigned way, bool invalidate, uint32_t *address) {
  if (set >= cache->sets || way >= cache->ways) return false;
  unsigned at = set * cache->ways + way;
  *address = cache->tags[at] ? (cache->tags[at] - 1u) << cache->line_shift : 0;
  return clean(cache, (int)at, invalidate);
}

void cache_invalidate_all(cache_t *cache) {
  size_t lines = (size_t)cache->sets * cache->ways;
  if (!lines) return;
  cache->changes++;
  memset(cache->tags, 0, lines * sizeof *cache->tags);
  memset(cache->dirty, 0, lines * sizeof *cache->dirty);
}
