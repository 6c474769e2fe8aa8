/* Hostile firmware: images made from a seed, the same bytes for the same seed on every host. */
#ifndef CMSIM_TESTS_HOSTILE_FIRMWARE_H
#define CMSIM_TESTS_HOSTILE_FIRMWARE_H

#include "../random_numbers.h"

enum { IMAGE_BYTES_MAX = 1 << 20, IMAGE_BASE = 0x08000000, IMAGE_RAM = 0x20000000, IMAGE_VECTORS = 48 };

/* X(NAME): what an image does above all. */
#define IMAGE_KINDS(X)                                                                                                 \
  X(noise)                                                                                                             \
  X(code)                                                                                                              \
  X(vectors)                                                                                                           \
  X(self_modifying)                                                                                                    \
  X(recursion)                                                                                                         \
  X(nested)                                                                                                            \
  X(frames)                                                                                                            \
  X(protection)                                                                                                        \
  X(storm)                                                                                                             \
  X(bit_band)                                                                                                          \
  X(sleep)                                                                                                             \
  X(stacks)                                                                                                            \
  X(host_calls)                                                                                                        \
  X(peripherals)                                                                                                       \
  X(it_blocks)                                                                                                         \
  X(debug_units)

typedef enum {
#define X(name) KIND_##name,
  IMAGE_KINDS(X)
#undef X
      IMAGE_KIND_COUNT
} image_kind_t;

typedef struct {
  image_kind_t kind;
  uint32_t bytes;
  uint8_t data[IMAGE_BYTES_MAX];
} image_t;

const char *image_kind_name(image_kind_t kind);
/* The kinds take turns: SEED modulo their number. */
void image_make(image_t *image, uint64_t seed);

/* code.c: Thumb code, one piece after the other. */
typedef struct {
  random_t *random;
  uint16_t *code;        /* of the image */
  uint32_t count, limit; /* halfwords */
  image_kind_t kind;
  const uint32_t *entries; /* of functions and handlers, that code may call */
  unsigned entry_count;
} emitter_t;

/* An address that something is wrong with, or right. */
uint32_t interesting_address(random_t *random, image_kind_t kind);
uint32_t interesting_value(random_t *random);
void emit_constant(emitter_t *e, unsigned reg, uint32_t value);
void emit_store_constant(emitter_t *e, uint32_t address, uint32_t value);
void emit(emitter_t *e, uint32_t halfword);
void emit_wide(emitter_t *e, uint32_t first, uint32_t second);
/* One to a few instructions of any sort, weighted by the kind of image. */
void emit_piece(emitter_t *e);

#endif
