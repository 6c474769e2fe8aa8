/* Which lines a cache holds: a set-associative directory, without data and without time. The first level caches of a
   Cortex-M7 and the line caches of flash interfaces are both of this kind. */
#ifndef CMSIM_TIMING_CACHE_H
#define CMSIM_TIMING_CACHE_H

#include <stdbool.h>
#include <stdint.h>

typedef enum { REPLACE_LEAST_RECENT, REPLACE_RANDOM } replacement_t;

typedef struct {
  unsigned sets, ways; /* sets: a power of two */
  unsigned line_shift; /* a line has 1 << line_shift bytes */
  replacement_t replacement;
  uint32_t *tags;    /* [set * ways + way]: line number + 1, 0: empty */
  bool *dirty;       /* written since it was filled */
  uint64_t *used_at; /* when it was used last, by `uses` */
  uint16_t *guesses; /* where a line was found last: saves the search through the ways */
  uint64_t uses;
  uint32_t random;
  uint32_t changes; /* how often a line came or went */
  bool frozen;      /* a copy that asks what would be: the directory, which copies share, does not change */
} cache_t;

enum { CACHE_LINES_MAX = 4096, CACHE_WAYS_MAX = 256 };

/* BYTES in lines of LINE_BYTES (both powers of two) and WAYS, at most the above; 0 bytes: a cache that holds nothing.
   False: out of memory. */
bool cache_init(cache_t *cache, unsigned bytes, unsigned ways, unsigned line_bytes, replacement_t replacement);
void cache_free(cache_t *cache);

/* Is the line of ADDRESS there? A hit counts as a use. */
bool cache_hit(cache_t *cache, uint32_t address);
/* The same without leaving a trace. */
bool cache_holds(const cache_t *cache, uint32_t address);
/* What left the cache to make room. */
typedef struct {
  bool dirty;
  uint32_t address;
} evicted_t;
/* Puts the line of ADDRESS, which must not be there, into the cache. */
evicted_t cache_fill(cache_t *cache, uint32_t address);
void cache_set_dirty(cache_t *cache, uint32_t address);

/* Maintenance. True when the line was there and dirty. */
bool cache_clean(cache_t *cache, uint32_t address);
bool cache_invalidate(cache_t *cache, uint32_t address);
/* By set and way. ADDRESS is that of the line which was dirty there. */
bool cache_clean_place(cache_t *cache, unsigned set, unsigned way, bool invalidate, uint32_t *address);
void cache_invalidate_all(cache_t *cache);

#endif
