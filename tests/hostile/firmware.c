/* Images: a vector table, start-up code of the kind's own, functions and handlers of random pieces. */
#include "firmware.h"

#include <string.h>

enum { CODE_OFFSET = 0x400, FUNCTIONS = 24, SURVIVOR = FUNCTIONS, FUNCTION_HALFWORDS = 256, RAM_CODE_WORDS = 64 };

/* ---- images ---- */

const char *image_kind_name(image_kind_t kind) {
  static const char *const names[] = {
#define X(name) #name,
      IMAGE_KINDS(X)
#undef X
  };
  return names[kind];
}

static void put_word(image_t *image, uint32_t offset, uint32_t word) {
  for (unsigned i = 0; i < 4; i++)
    image->data[offset + i] = (uint8_t)(word >> 8 * i);
}

static uint32_t function_address(unsigned index) { return IMAGE_BASE + CODE_OFFSET + 2u * FUNCTION_HALFWORDS * index; }

static void put_code(image_t *image, unsigned function, const uint16_t *code, uint32_t count) {
  for (uint32_t k = 0; k < count; k++) {
    uint32_t at = function_address(function) - IMAGE_BASE + 2 * k;
    image->data[at] = (uint8_t)code[k];
    image->data[at + 1] = (uint8_t)(code[k] >> 8);
  }
}

/* A HardFault handler that always finds a way on: it leaves for Thread mode with a fresh stack, each time to another
   place in the code. */
static void make_survivor(image_t *image, random_t *random) {
  uint16_t code[FUNCTION_HALFWORDS];
  emitter_t e = {random, code, 0, FUNCTION_HALFWORDS, image->kind, NULL, 0};
  emit_constant(&e, 0, IMAGE_RAM + 0xF00); /* how often */
  emit(&e, 0x6801);                        /* ldr r1, [r0] */
  emit(&e, 0x3101);                        /* adds r1, #1 */
  emit(&e, 0x6001);                        /* str r1, [r0] */
  emit(&e, 0x070A);                        /* lsls r2, r1, #28 */
  emit(&e, 0x0CD2);                        /* lsrs r2, #19: one of 16 functions of 512 bytes */
  emit_constant(&e, 3, function_address(1));
  emit(&e, 0x189B); /* adds r3, r3, r2 */
  emit(&e, 0x060A); /* lsls r2, r1, #24 */
  emit(&e, 0x0ED2); /* lsrs r2, #27 */
  emit(&e, 0x0052); /* lsls r2, #1: one of its first 32 halfwords */
  emit(&e, 0x189B);
  emit_constant(&e, 0, IMAGE_RAM + 0xE00);
  emit(&e, 0x6183); /* str r3, [r0, #24] */
  emit_constant(&e, 2, 0x01000000);
  emit(&e, 0x61C2); /* str r2, [r0, #28] */
  emit(&e, 0x4685); /* mov sp, r0 */
  emit_constant(&e, 14, 0xFFFFFFF9);
  emit(&e, 0x4770);
  put_code(image, SURVIVOR, code, e.count);
}

static void make_vectors(image_t *image, random_t *random) {
  static const uint32_t tops[] = {0x20001000, 0x20002000, 0x20004000, 0x20010000, 0x20000020, 0x20000008, 0x20000024};
  put_word(image, 0, tops[random_below(random, random_chance(random, 90) ? 4 : 7)]);
  put_word(image, 4, function_address(0) | 1u);
  for (unsigned i = 2; i < IMAGE_VECTORS; i++) {
    uint32_t handler = function_address(1 + random_below(random, FUNCTIONS - 1)) | 1u;
    if (random_chance(random, 3)) handler &= ~1u;
    if (random_chance(random, 2)) handler = interesting_address(random, image->kind);
    if (random_chance(random, 2)) handler = 0;
    bool survives = (i == 3 && random_chance(random, 75)) || (i > 3 && i < 7 && random_chance(random, 25));
    put_word(image, 4 * i, survives ? function_address(SURVIVOR) | 1u : handler);
  }
}

/* All RAM that code is fetched from holds branches, so that it runs where it is sent. */
static void fill_ram(emitter_t *e) {
  emit_constant(e, 0, IMAGE_RAM);
  emit_constant(e, 1, IMAGE_BASE + CODE_OFFSET + 2 * FUNCTION_HALFWORDS * (1 + random_below(e->random, FUNCTIONS - 1)));
  emit_constant(e, 2, RAM_CODE_WORDS * 4);
  emit(e, 0xF851); /* ldr r3, [r1], #4 */
  emit(e, 0x3B04);
  emit(e, 0xF840); /* str r3, [r0], #4 */
  emit(e, 0x3B04);
  emit(e, 0x3A01); /* subs r2, #1 */
  emit(e, 0xD1F9); /* bne to the load */
}

static void enable_fpu(emitter_t *e) { emit_store_constant(e, 0xE000ED88, 0x00F00000); }

static void enable_faults(emitter_t *e) {
  emit_store_constant(e, 0xE000ED24, 0x00070000);
  if (random_chance(e->random, 50)) emit_store_constant(e, 0xE000ED14, 0x218);
}

static void move_vectors(emitter_t *e) {
  emit_store_constant(e, 0xE000ED08,
                      random_chance(e->random, 70) ? IMAGE_RAM : interesting_address(e->random, e->kind));
  for (unsigned i = 2; i < 16; i++) {
    uint32_t handler = e->entries[random_below(e->random, e->entry_count)] | 1u;
    emit_store_constant(e, IMAGE_RAM + 4 * i, random_chance(e->random, 80) ? handler : interesting_value(e->random));
  }
}

static void start_systick(emitter_t *e) {
  emit_store_constant(e, 0xE000E014, random_below(e->random, random_chance(e->random, 50) ? 40 : 2000));
  emit_store_constant(e, 0xE000E018, 0);
  emit_store_constant(e, 0xE000E010, random_chance(e->random, 80) ? 7 : random_below(e->random, 8));
}

static void start_storm(emitter_t *e) {
  for (unsigned i = 0; i < 8; i++)
    emit_store_constant(e, 0xE000E400 + 4 * i, (uint32_t)random_next(e->random));
  emit_store_constant(e, 0xE000ED20, (uint32_t)random_next(e->random));
  emit_store_constant(e, 0xE000ED1C, (uint32_t)random_next(e->random));
  emit_store_constant(e, 0xE000E100, 0xFFFFFFFF);
  emit_store_constant(e, 0xE000E200, random_chance(e->random, 50) ? 0xFFFFFFFF : (uint32_t)random_next(e->random));
}

static void start_mpu(emitter_t *e) {
  for (unsigned i = 0; i < 4; i++) {
    static const uint32_t bases[] = {0x08000000, 0x20000000, 0, 0xE0000000, 0x40000000, 0x20003000};
    emit_store_constant(e, 0xE000ED98, i);
    emit_store_constant(e, 0xE000ED9C, bases[random_below(e->random, 6)]);
    uint32_t size = 4 + random_below(e->random, 28), access = random_below(e->random, 8);
    uint32_t disabled = random_chance(e->random, 30) ? random_below(e->random, 256) : 0;
    emit_store_constant(e, 0xE000EDA0, random_below(e->random, 2) << 28 | access << 24 | disabled << 8 | size << 1 | 1);
  }
  emit_store_constant(e, 0xE000ED94, 1 + (random_below(e->random, 8) & 6));
}

static void go_unprivileged(emitter_t *e) {
  emit_constant(e, 0, IMAGE_RAM + 0x1000);
  emit_wide(e, 0xF380, 0x8809);
  emit_constant(e, 0, 1 + random_below(e->random, 3));
  emit_wide(e, 0xF380, 0x8814);
}

static void start_up(emitter_t *e) {
  if (random_chance(e->random, 80)) enable_fpu(e);
  if (random_chance(e->random, 60)) enable_faults(e);
  if (random_chance(e->random, 30) || e->kind == KIND_self_modifying) fill_ram(e);
  if (random_chance(e->random, 10) || e->kind == KIND_vectors) move_vectors(e);
  if (random_chance(e->random, 10) || e->kind == KIND_storm) start_storm(e);
  if (random_chance(e->random, 20) || e->kind == KIND_storm || e->kind == KIND_sleep) start_systick(e);
  if (random_chance(e->random, 5) || e->kind == KIND_protection) start_mpu(e);
  if (random_chance(e->random, 10)) go_unprivileged(e);
  if (e->kind == KIND_stacks && random_chance(e->random, 50)) {
    emit_wide(e, 0xEEB7, 0x0A00); /* vmov.f32 s0, #1: FP state is in use */
  }
}

static void recurse(emitter_t *e) {
  emit(e, 0xB500u | random_below(e->random, 256)); /* push {..., lr} */
  emit_wide(e, 0xF7FF, 0xFFFD);                    /* bl to the push */
}

static void make_code(image_t *image, random_t *random) {
  uint32_t entries[FUNCTIONS];
  for (unsigned i = 0; i < FUNCTIONS; i++)
    entries[i] = function_address(i);
  for (unsigned i = 0; i < FUNCTIONS; i++) {
    uint16_t code[FUNCTION_HALFWORDS];
    emitter_t e = {random, code, 0, FUNCTION_HALFWORDS, image->kind, entries, FUNCTIONS};
    if (i == 0) start_up(&e);
    if (i && image->kind == KIND_recursion && random_chance(random, 25)) recurse(&e);
    uint32_t until = i ? 2 + random_below(random, FUNCTION_HALFWORDS - 16) : FUNCTION_HALFWORDS - 16;
    while (e.count < until)
      emit_piece(&e);
    if (random_chance(random, 80)) emit(&e, i ? 0x4770 : 0xE700); /* bx lr; or back into the start-up */
    put_code(image, i, code, e.count);
  }
  make_survivor(image, random);
  image->bytes = CODE_OFFSET + 2 * FUNCTION_HALFWORDS * (FUNCTIONS + 1);
}

void image_make(image_t *image, uint64_t seed) {
  random_t random = {seed * UINT64_C(0xD1342543DE82EF95) + 1};
  image->kind = (image_kind_t)(seed % IMAGE_KIND_COUNT);
  memset(image->data, 0, sizeof image->data);
  if (image->kind == KIND_noise) {
    for (uint32_t i = 0; i < IMAGE_BYTES_MAX; i += 4)
      put_word(image, i, (uint32_t)random_next(&random));
    image->bytes = IMAGE_BYTES_MAX;
  } else {
    make_code(image, &random);
  }
  make_vectors(image, &random);
}
