/* work.c: integer work of the kind that embedded benchmarks are made of: lists, small matrices, text, checksums.

   A pass sorts and searches a linked list through comparison functions, multiplies int16 matrices and takes bit fields
   of the products, tokenises a short text with a state machine, and puts everything into a CRC bit by bit. All data is
   in .data or .bss, none in flash, and fits into a few kilobytes. */
#include "work.h"

#include "cmsim.h"

#include <stdbool.h>

enum { NODES = 40, FINDS = 24, N = 10, CRC_POLYNOMIAL = 0xA001 };

/* --- Checksum ------------------------------------------------------------------------------------------------- */

MOVED static uint16_t crc_u8(uint8_t data, uint16_t crc) {
  crc ^= data;
  for (uint32_t bit = 0; bit < 8; bit++)
    crc = (uint16_t)(crc >> 1 ^ (CRC_POLYNOMIAL & (0u - (crc & 1u))));
  return crc;
}

MOVED static __attribute__((noinline)) uint16_t crc_u16(uint16_t data, uint16_t crc) {
  crc = crc_u8((uint8_t)data, crc);
  return crc_u8((uint8_t)(data >> 8), crc);
}

MOVED static __attribute__((noinline)) uint16_t crc_u32(uint32_t data, uint16_t crc) {
  crc = crc_u16((uint16_t)data, crc);
  return crc_u16((uint16_t)(data >> 16), crc);
}

/* --- List ----------------------------------------------------------------------------------------------------- */

typedef struct {
  int16_t key, place;
} item_t;

typedef struct node {
  struct node *next;
  item_t *item;
} node_t;

typedef int32_t compare_t(const item_t *a, const item_t *b);

static node_t nodes[NODES];
static item_t items[NODES];

MOVED static int32_t by_place(const item_t *a, const item_t *b) { return a->place - b->place; }

/* The key's parity decides first, so that sorting moves most of the list. */
MOVED static int32_t by_key(const item_t *a, const item_t *b) {
  const int32_t odd_a = a->key & 1, odd_b = b->key & 1;
  return odd_a != odd_b ? odd_a - odd_b : a->key - b->key;
}

MOVED static node_t *list_fill(uint32_t seed) {
  for (uint32_t i = 0; i < NODES; i++) {
    seed = seed * 1664525u + 1013904223u;
    items[i].key = (int16_t)(seed >> 16 & 0x7FFF);
    items[i].place = (int16_t)i;
    nodes[i].item = &items[i];
    nodes[i].next = i + 1 < NODES ? &nodes[i + 1] : 0;
  }
  return &nodes[0];
}

MOVED static __attribute__((noinline)) node_t *list_find(node_t *list, int16_t key) {
  while (list && list->item->key != key)
    list = list->next;
  return list;
}

MOVED static __attribute__((noinline)) node_t *list_reverse(node_t *list) {
  node_t *reversed = 0;
  while (list) {
    node_t *next = list->next;
    list->next = reversed;
    reversed = list;
    list = next;
  }
  return reversed;
}

MOVED static node_t *list_merge(node_t *a, node_t *b, compare_t *compare) {
  node_t *merged = 0;
  node_t **tail = &merged;
  while (a && b) {
    node_t **least = compare(a->item, b->item) <= 0 ? &a : &b;
    *tail = *least;
    tail = &(*least)->next;
    *least = *tail;
  }
  *tail = a ? a : b;
  return merged;
}

/* Merge sort from the bottom up: run[i] holds a sorted list of 2^i nodes or none. */
MOVED static __attribute__((noinline)) node_t *list_sort(node_t *list, compare_t *compare) {
  enum { RUNS = 7 };
  node_t *run[RUNS] = {0};
  while (list) {
    node_t *carry = list;
    list = list->next;
    carry->next = 0;
    uint32_t i = 0;
    for (; i < RUNS - 1 && run[i]; i++) {
      carry = list_merge(run[i], carry, compare);
      run[i] = 0;
    }
    run[i] = carry;
  }
  node_t *sorted = 0;
  for (uint32_t i = 0; i < RUNS; i++)
    if (run[i]) sorted = sorted ? list_merge(run[i], sorted, compare) : run[i];
  return sorted;
}

MOVED static uint16_t list_work(uint32_t seed, uint16_t crc) {
  node_t *list = list_fill(seed);
  uint32_t found = 0;
  for (uint32_t i = 0; i < FINDS; i++) {
    const node_t *node = list_find(list, items[(i * 7u + seed) % NODES].key);
    found += node ? (uint32_t)node->item->place : 0u;
    list = list_reverse(list);
  }
  list = list_sort(list, by_key);
  for (const node_t *node = list; node; node = node->next)
    crc = crc_u16((uint16_t)node->item->key, crc);
  list = list_sort(list, by_place);
  return crc_u16((uint16_t)(found + (uint32_t)list->item->key), crc);
}

/* --- Matrices ------------------------------------------------------------------------------------------------- */

static int16_t left[N][N], right[N][N];
static int32_t product[N][N];

MOVED static void matrix_fill(uint32_t seed) {
  for (uint32_t row = 0; row < N; row++) {
    for (uint32_t column = 0; column < N; column++) {
      seed = seed * 1664525u + 1013904223u;
      left[row][column] = (int16_t)(seed >> 20);
      right[row][column] = (int16_t)((seed >> 8 & 0xFFFu) + row);
    }
  }
}

MOVED static __attribute__((noinline)) void matrix_multiply(void) {
  for (uint32_t row = 0; row < N; row++) {
    for (uint32_t column = 0; column < N; column++) {
      int32_t sum = 0;
      for (uint32_t k = 0; k < N; k++)
        sum += left[row][k] * right[k][column];
      product[row][column] = sum;
    }
  }
}

/* A product of two bit fields of each product of elements. */
MOVED static __attribute__((noinline)) void matrix_multiply_fields(void) {
  for (uint32_t row = 0; row < N; row++) {
    for (uint32_t column = 0; column < N; column++) {
      uint32_t sum = 0;
      for (uint32_t k = 0; k < N; k++) {
        const uint32_t term = (uint32_t)(left[row][k] * right[k][column]);
        sum += (term >> 3 & 0xFu) * (term >> 6 & 0x3Fu);
      }
      product[row][column] = (int32_t)sum;
    }
  }
}

MOVED static __attribute__((noinline)) uint32_t matrix_sum(int32_t limit) {
  uint32_t sum = 0;
  int32_t previous = 0;
  for (uint32_t row = 0; row < N; row++) {
    for (uint32_t column = 0; column < N; column++) {
      const int32_t value = product[row][column];
      sum += value > previous ? 10u : (uint32_t)value & 0xFFu;
      if (value > limit) sum ^= (uint32_t)row << 8;
      previous = value;
    }
  }
  return sum;
}

MOVED static uint16_t matrix_work(uint32_t seed, uint16_t crc) {
  matrix_fill(seed);
  matrix_multiply();
  crc = crc_u32(matrix_sum(1000000), crc);
  matrix_multiply_fields();
  return crc_u32(matrix_sum(2000), crc);
}

/* --- Text ----------------------------------------------------------------------------------------------------- */

static char text[] = "set gain=0x7f3 rate = 44100; if(level>-12.5e3) mute \"left, right\"; x1=y_2+.75/3 # note 9\n"
                     "map 0b1010 to 017, 3.e; \"open\n a+=b<<2; 12abc 0xg1 _z 6e-2 7e+ ~ end";

typedef enum {
  GAP,
  WORD,
  ZERO,
  INTEGER,
  HEX,
  POINT,
  FRACTION,
  EXPONENT,
  SIGN,
  POWER,
  QUOTE,
  NOTE,
  SYMBOL,
  BAD
} state_t;
enum { STATES = BAD + 1 };

static uint32_t visits[STATES], ends[STATES];

MOVED static inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
MOVED static inline bool is_letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

MOVED static inline state_t first_state(char c) {
  if (c == ' ' || c == '\n') return GAP;
  if (is_letter(c) || c == '_') return WORD;
  if (c == '0') return ZERO;
  if (is_digit(c)) return INTEGER;
  if (c == '.') return POINT;
  if (c == '"') return QUOTE;
  if (c == '#') return NOTE;
  return c == '~' ? BAD : SYMBOL;
}

/* The state behind a letter. A state that the letter ends gives way to the first state of what follows. */
MOVED static inline state_t next_state(state_t state, char c) {
  switch (state) {
  case WORD: return is_letter(c) || is_digit(c) || c == '_' ? WORD : first_state(c);
  case ZERO:
    if ((c | 0x20) == 'x') return HEX;
    if (c == '.') return FRACTION;
    return is_digit(c) ? INTEGER : is_letter(c) ? BAD : first_state(c);
  case INTEGER:
    if (is_digit(c)) return INTEGER;
    if (c == '.') return FRACTION;
    if ((c | 0x20) == 'e') return EXPONENT;
    return is_letter(c) ? BAD : first_state(c);
  case HEX: return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') ? HEX : is_letter(c) ? BAD : first_state(c);
  case POINT: return is_digit(c) ? FRACTION : BAD;
  case FRACTION:
    if (is_digit(c)) return FRACTION;
    return (c | 0x20) == 'e' ? EXPONENT : is_letter(c) ? BAD : first_state(c);
  case EXPONENT: return is_digit(c) ? POWER : c == '+' || c == '-' ? SIGN : BAD;
  case SIGN: return is_digit(c) ? POWER : BAD;
  case POWER: return is_digit(c) ? POWER : is_letter(c) ? BAD : first_state(c);
  case QUOTE: return c == '"' ? SYMBOL : c == '\n' ? BAD : QUOTE;
  case NOTE: return c == '\n' ? GAP : NOTE;
  case BAD: return c == ' ' || c == '\n' ? GAP : BAD;
  default: return first_state(c);
  }
}

MOVED static __attribute__((noinline)) void text_scan(const char *letter) {
  state_t state = GAP;
  for (; *letter; letter++) {
    const state_t next = next_state(state, *letter);
    visits[next]++;
    if (next != state) ends[state]++;
    state = next;
  }
}

MOVED static uint16_t text_work(uint32_t seed, uint16_t crc) {
  for (uint32_t i = 0; i < STATES; i++)
    visits[i] = ends[i] = 0;
  const uint32_t length = sizeof text - 1;
  text_scan(text);
  for (uint32_t i = seed % 13u; i < length; i += 13u) /* damage it, read it, mend it */
    text[i] ^= 1;
  text_scan(text);
  for (uint32_t i = seed % 13u; i < length; i += 13u)
    text[i] ^= 1;
  for (uint32_t i = 0; i < STATES; i++)
    crc = crc_u16((uint16_t)(visits[i] + (ends[i] << 8)), crc);
  return crc;
}

/* -------------------------------------------------------------------------------------------------------------- */

MOVED static __attribute__((noinline)) uint16_t pass(uint32_t seed, uint16_t crc) {
  crc = list_work(seed, crc);
  crc = matrix_work(seed, crc);
  return text_work(seed, crc);
}

MOVED uint16_t work_run(uint32_t passes) {
  uint16_t crc = pass(0, 0xFFFFu);
  CMSIM_BEGIN("work");
  for (uint32_t i = 1; i <= passes; i++)
    crc = pass(i, crc);
  CMSIM_END("work");
  return crc;
}
