/* integer.c: checksum, sort, hash table, text search, state machine; few stores, many branches. */
#include "round.h"

const uint32_t rounds_per_million = 13;

enum { BYTES = 512, KEYS = 128, SLOTS = 256, TEXT = 1024 };

/* The generator of Numerical Recipes, chapter 7: a = 1664525, c = 1013904223. */
static uint32_t next_random(uint32_t *state) { return (*state = *state * 1664525u + 1013904223u) >> 8; }

/* --- CRC-32 (IEEE 802.3, reflected), a nibble at a time --- */

static uint32_t crc32(const char *bytes, uint32_t count) {
  static const uint32_t table[16] = {
      0x00000000u, 0x1DB71064u, 0x3B6E20C8u, 0x26D930ACu, 0x76DC4190u, 0x6B6B51F4u, 0x4DB26158u, 0x5005713Cu,
      0xEDB88320u, 0xF00F9344u, 0xD6D6A3E8u, 0xCB61B38Cu, 0x9B64C2B0u, 0x86D3D2D4u, 0xA00AE278u, 0xBDBDF21Cu,
  };
  uint32_t crc = ~0u;
  for (uint32_t i = 0; i < count; i++) {
    crc ^= (uint8_t)bytes[i];
    crc = crc >> 4 ^ table[crc & 15u];
    crc = crc >> 4 ^ table[crc & 15u];
  }
  return ~crc;
}

static __attribute__((noinline)) bool checksum(void) {
  static char bytes[BYTES];
  static uint32_t first;
  for (uint32_t i = 0; i < BYTES; i++)
    bytes[i] = (char)(i * 7u);
  const uint32_t crc = crc32(bytes, BYTES);
  if (first == 0) first = crc;
  return crc == first && crc32("123456789", 9) == 0xCBF43926u; /* the check value of this CRC */
}

/* --- Heap sort --- */

static uint32_t keys[KEYS];

static void sift_down(uint32_t root, uint32_t end) {
  const uint32_t value = keys[root];
  for (uint32_t child; (child = 2 * root + 1) < end; root = child) {
    if (child + 1 < end && keys[child] < keys[child + 1]) child++;
    if (keys[child] <= value) break;
    keys[root] = keys[child];
  }
  keys[root] = value;
}

static __attribute__((noinline)) bool sort(uint32_t seed) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < KEYS; i++)
    sum += keys[i] = next_random(&seed);
  for (uint32_t i = KEYS / 2; i-- > 0;)
    sift_down(i, KEYS);
  for (uint32_t end = KEYS; end-- > 1;) {
    const uint32_t largest = keys[0];
    keys[0] = keys[end];
    keys[end] = largest;
    sift_down(0, end);
  }
  sum -= keys[0];
  bool ordered = true;
  for (uint32_t i = 1; i < KEYS; i++) {
    ordered = ordered && keys[i - 1] <= keys[i];
    sum -= keys[i];
  }
  return ordered && sum == 0;
}

/* --- Hash table with open addressing over the sorted keys; FNV-1a --- */

static uint32_t slots[SLOTS];

static uint32_t hash_of(uint32_t key) {
  uint32_t hash = 2166136261u;
  for (uint32_t shift = 0; shift < 32; shift += 8)
    hash = (hash ^ (key >> shift & 0xFFu)) * 16777619u;
  return hash ^ hash >> 16;
}

static uint32_t slot_of(uint32_t key) {
  uint32_t slot = hash_of(key) % SLOTS;
  while (slots[slot] != 0 && slots[slot] != key)
    slot = (slot + 1) % SLOTS;
  return slot;
}

static __attribute__((noinline)) bool hash(void) {
  for (uint32_t i = 0; i < SLOTS; i++)
    slots[i] = 0;
  for (uint32_t i = 0; i < KEYS; i++)
    slots[slot_of(keys[i])] = keys[i];
  uint32_t found = 0;
  for (uint32_t i = 0; i < 2 * KEYS; i++) /* each once, and as many that are not there: keys have 24 bits */
    found += slots[slot_of(i < KEYS ? keys[i] : keys[i - KEYS] | 1u << 31)] != 0;
  return found == KEYS;
}

/* --- Horspool's search for every place of a word, held against a count while writing --- */

static char text[TEXT];

static uint32_t write_text(uint32_t seed, const char *word, uint32_t length) {
  uint32_t written = 0;
  for (uint32_t at = 0; at < TEXT;) {
    if (next_random(&seed) % 61u == 0 && at + length < TEXT) {
      for (uint32_t i = 0; i < length; i++)
        text[at++] = word[i];
      written++;
    }
    text[at++] = (char)('a' + next_random(&seed) % 16u); /* the word has letters behind 'p': no chance hits */
  }
  return written;
}

static __attribute__((noinline)) bool search(uint32_t seed) {
  static const char word[] = "stirring";
  enum { LENGTH = sizeof word - 1 };
  const uint32_t expected = write_text(seed, word, LENGTH);
  uint8_t skip[128];
  for (uint32_t i = 0; i < sizeof skip; i++)
    skip[i] = LENGTH;
  for (uint32_t i = 0; i + 1 < LENGTH; i++)
    skip[(uint8_t)word[i]] = (uint8_t)(LENGTH - 1 - i);
  uint32_t found = 0;
  for (uint32_t at = 0; at + LENGTH <= TEXT; at += skip[(uint8_t)text[at + LENGTH - 1]]) {
    uint32_t i = LENGTH;
    while (i > 0 && text[at + i - 1] == word[i - 1])
      i--;
    found += i == 0;
  }
  return found == expected;
}

/* --- A state machine that sorts words into numbers of four kinds and the rest --- */

typedef enum { START, SIGN, WHOLE, POINT, FRACTION, EXPONENT, POWER, WRONG, STATES } state_t;

static state_t step(state_t state, char c) {
  const bool digit = c >= '0' && c <= '9';
  switch (state) {
  case START: return digit ? WHOLE : c == '-' ? SIGN : c == '.' ? POINT : WRONG;
  case SIGN: return digit ? WHOLE : c == '.' ? POINT : WRONG;
  case WHOLE: return digit ? WHOLE : c == '.' ? FRACTION : c == 'e' ? EXPONENT : WRONG;
  case POINT: return digit ? FRACTION : WRONG;
  case FRACTION: return digit ? FRACTION : c == 'e' ? EXPONENT : WRONG;
  case EXPONENT: return digit || c == '-' ? POWER : WRONG;
  case POWER: return digit ? POWER : WRONG;
  default: return WRONG;
  }
}

static __attribute__((noinline)) bool numbers(void) {
  static const char line[] = "17 -4 3.25 .5 1e9 -2.5e-3 x1 4..2 0 12e 6.022e23 -. 299792458 1.6e-19 --1 3.14159 ";
  uint32_t ends[STATES] = {0};
  for (uint32_t pass = 0; pass < 12; pass++) {
    state_t state = START;
    for (const char *c = line; *c != '\0'; c++) {
      if (*c != ' ') {
        state = step(state, *c);
        continue;
      }
      ends[state]++;
      state = START;
    }
  }
  return ends[WHOLE] == 48 && ends[FRACTION] == 36 && ends[POWER] == 48 && ends[EXPONENT] == 12 && ends[POINT] == 12 &&
         ends[WRONG] == 36;
}

bool work_round(uint32_t round) {
  const uint32_t seed = round % 64u;
  return checksum() && sort(seed) && hash() && search(seed) && numbers();
}
