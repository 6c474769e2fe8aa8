/* The parts of the machine that firmware cannot reach easily: the memory map's limits and decoded code that is
 * overwritten. Whole runs are tested in tests/cli. */
#include "base/diag.h"
#include "image/program_private.h"
#include "machine/code.h"
#include "machine/memory_map.h"
#include "run_suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* ---- memory map ---- */

#define FLASH 0x08000000u
#define RAM   0x20000000u

static region_t m4_regions[] = {{.name = "ram", .kind = REGION_RAM, .base = RAM, .bytes = 0x100000}};
static region_t m7_regions[] = {{.name = "itcm", .kind = REGION_ITCM, .base = 0, .bytes = 0x10000},
                                {.name = "dtcm", .kind = REGION_DTCM, .base = RAM, .bytes = 0x20000},
                                {.name = "ram", .kind = REGION_RAM, .base = RAM + 0x20000, .bytes = 0xE0000}};
static const target_t m4 = {.name = "m4", .regions = m4_regions, .region_count = LENGTH(m4_regions)};
static const target_t m7 = {.name = "m7", .regions = m7_regions, .region_count = LENGTH(m7_regions)};

static segment_t stored(uint32_t address, uint32_t bytes) {
  return (segment_t){.load_address = address, .run_address = address, .file_bytes = bytes, .memory_bytes = bytes};
}

static segment_t cleared(uint32_t address, uint32_t bytes) {
  return (segment_t){.load_address = address, .run_address = address, .memory_bytes = bytes, .writable = true};
}

static segment_t copied(uint32_t load, uint32_t run, uint32_t bytes) {
  return (segment_t){
      .load_address = load, .run_address = run, .file_bytes = bytes, .memory_bytes = bytes, .writable = true};
}

static memory_map_t map;
static char *said;

/* Builds `map` from COUNT segments; what was said is in `said`. */
static bool build_with_stack(const target_t *target, memory_limits_t limits, uint32_t sp, segment_t *segments,
                             size_t count) {
  static char path[] = "image";
  program_t program = {.path = path, .initial_sp = sp, .segments = segments, .segment_count = count};
  size_t size;
  free(said);
  said = NULL;
  FILE *stream = open_memstream(&said, &size);
  diag_set_stream(stream);
  bool built = memory_map_build(&map, target, &program, &limits);
  diag_set_stream(NULL);
  fclose(stream);
  size_t lines = 0;
  for (const char *c = said; *c; c++)
    lines += *c == '\n';
  ck_assert_uint_eq(lines, built ? 0 : 1);
  return built;
}

#define BUILD(target, limits, ...)                                                                                     \
  build_with_stack(target, limits, RAM + 0x400, (segment_t[]){__VA_ARGS__}, LENGTH(((segment_t[]){__VA_ARGS__})))
#define NO_LIMITS ((memory_limits_t){0, 0})

static void assert_said(const char *words) {
  ck_assert_msg(strstr(said, words) != NULL, "expected \"%s\" in: %s", words, said);
}

static const mapped_region_t *region_at(uint32_t address) {
  const mapped_region_t *region = memory_map_find(&map, address);
  ck_assert_msg(region != NULL, "nothing at 0x%08x", (unsigned)address);
  return region;
}

START_TEST(flash_is_derived_from_what_is_stored) {
  ck_assert(BUILD(&m4, NO_LIMITS, stored(FLASH + 0x100, 0x20000), copied(FLASH + 0x20100, RAM, 64)));
  const mapped_region_t *flash = region_at(FLASH);
  ck_assert_str_eq(flash->name, "flash");
  ck_assert_uint_eq(flash->base, FLASH);
  ck_assert_uint_eq(flash->bytes, 0x30000);
  ck_assert(!flash->writable);
  ck_assert_str_eq(region_at(RAM)->name, "ram");
  ck_assert(region_at(RAM)->writable);
  ck_assert_ptr_null(memory_map_find(&map, FLASH - 1));
  ck_assert_ptr_null(memory_map_find(&map, FLASH + 0x30000));
  ck_assert_ptr_null(memory_map_find(&map, RAM - 1));
  ck_assert_ptr_nonnull(memory_map_find(&map, RAM + 0xFFFFF));
  ck_assert_ptr_null(memory_map_find(&map, RAM + 0x100000));
  ck_assert(map.ideal);
}
END_TEST

START_TEST(ram_appears_where_segments_want_it) {
  ck_assert(BUILD(&m4, NO_LIMITS, stored(FLASH, 64), copied(FLASH + 64, 0x10000000, 100), cleared(0x60000010, 32)));
  ck_assert(region_at(0x10000000)->writable);
  ck_assert(region_at(0x6000000F)->writable);
  ck_assert_uint_eq(region_at(0x10000000)->bytes, 0x10000);
}
END_TEST

START_TEST(no_ram_where_the_architecture_has_devices) {
  ck_assert(!BUILD(&m4, NO_LIMITS, stored(FLASH, 64), cleared(0x40000000, 4)));
  assert_said("segment at 0x40000000 (4 bytes) lies outside the target's memory");
  ck_assert(!BUILD(&m4, NO_LIMITS, stored(FLASH, 64), cleared(0x3FFFFFFC, 8)));
  assert_said("segment at 0x3ffffffc");
  ck_assert(!BUILD(&m4, NO_LIMITS, stored(FLASH, 64), cleared(0x9FFFFFF0, 17)));
  assert_said("segment at 0x9ffffff0");
  ck_assert(!BUILD(&m4, NO_LIMITS, stored(FLASH, 64), cleared(0xE0000000, 4)));
  assert_said("segment at 0xe0000000");
}
END_TEST

START_TEST(a_chip_answers_for_what_is_copied_to_its_peripherals) {
  target_t chip = m4;
  ck_assert(!BUILD(&chip, NO_LIMITS, copied(FLASH, 0x40024000, 4)));
  chip.peripherals = "stm32f7";
  ck_assert(BUILD(&chip, NO_LIMITS, copied(FLASH, 0x40024000, 4)));
  ck_assert(!BUILD(&chip, NO_LIMITS, stored(FLASH, 64), cleared(0x40024000, 4)));
}
END_TEST

START_TEST(a_region_that_is_too_small_says_by_how_much) {
  ck_assert(!BUILD(&m4, NO_LIMITS, stored(FLASH, 64), cleared(RAM + 0xFFFF0, 0x20)));
  assert_said("region ram (1048576 bytes at 0x20000000) is too small by 16 bytes for the segment at 0x200ffff0 (32");
  ck_assert(BUILD(&m4, NO_LIMITS, stored(FLASH, 64), cleared(RAM + 0xFFFF0, 0x10)));
}
END_TEST

START_TEST(a_segment_may_straddle_regions_that_touch) {
  ck_assert(BUILD(&m7, NO_LIMITS, stored(FLASH, 64), cleared(RAM + 0x1FFF0, 0x20)));
  ck_assert(!BUILD(&m7, NO_LIMITS, stored(FLASH, 64), cleared(RAM + 0x1FFF0, 0xE0011)));
  assert_said("is too small");
}
END_TEST

START_TEST(flash_limit_is_exact) {
  ck_assert(BUILD(&m4, ((memory_limits_t){.flash_bytes = 4096}), stored(FLASH, 4096)));
  ck_assert_uint_eq(region_at(FLASH)->bytes, 4096);
  ck_assert_ptr_null(memory_map_find(&map, FLASH + 4096));
  ck_assert(!BUILD(&m4, ((memory_limits_t){.flash_bytes = 4096}), stored(FLASH, 4097)));
  assert_said("image: flash is too small by 1 bytes: the image needs 4097 at 0x08000000, --flash gives 4096");
  ck_assert(!BUILD(&m4, ((memory_limits_t){.flash_bytes = 4096}), stored(FLASH, 4000), copied(FLASH + 4000, RAM, 100)));
  assert_said("flash is too small by 4 bytes");
}
END_TEST

START_TEST(ram_limit_is_exact_and_nothing_grows) {
  const memory_limits_t limits = {.ram_bytes = 2048};
  ck_assert(BUILD(&m4, limits, stored(FLASH, 64), cleared(RAM, 2048)));
  ck_assert_uint_eq(region_at(RAM)->bytes, 2048);
  ck_assert(!BUILD(&m4, limits, stored(FLASH, 64), cleared(RAM, 2049)));
  assert_said("region ram (2048 bytes at 0x20000000) is too small by 1 bytes");
  ck_assert(!BUILD(&m4, limits, stored(FLASH, 64), cleared(0x10000000, 4)));
  assert_said("segment at 0x10000000");
}
END_TEST

START_TEST(ram_limit_replaces_the_data_tcm) {
  ck_assert(BUILD(&m7, ((memory_limits_t){.ram_bytes = 0x40000}), stored(FLASH, 64)));
  ck_assert_str_eq(region_at(RAM)->name, "ram");
  ck_assert_uint_eq(region_at(RAM)->bytes, 0x40000);
  ck_assert_ptr_null(memory_map_find(&map, RAM + 0x40000));
  ck_assert_str_eq(region_at(0)->name, "itcm");
}
END_TEST

START_TEST(instruction_tcm_gives_way_to_flash_at_zero) {
  ck_assert(BUILD(&m7, NO_LIMITS, stored(0, 64)));
  ck_assert_str_eq(region_at(0)->name, "flash");
  size_t at_zero = 0;
  for (size_t i = 0; i < map.count; i++)
    at_zero += map.regions[i].base == 0;
  ck_assert_uint_eq(at_zero, 1);
}
END_TEST

START_TEST(stack_pointer_must_be_in_ram) {
  segment_t code = stored(FLASH, 64);
  ck_assert(build_with_stack(&m4, NO_LIMITS, RAM + 0x100000, &code, 1)); /* just past the end: it grows down */
  ck_assert(build_with_stack(&m4, NO_LIMITS, RAM + 4, &code, 1));
  ck_assert(!build_with_stack(&m4, NO_LIMITS, RAM + 0x100004, &code, 1));
  assert_said("the initial stack pointer 0x20100004 is not in RAM: region ram ends at 0x20100000");
  ck_assert(!build_with_stack(&m4, NO_LIMITS, RAM, &code, 1));
  assert_said("the initial stack pointer 0x20000000 is not in RAM");
  ck_assert(!build_with_stack(&m4, NO_LIMITS, FLASH + 0x10000, &code, 1));
  assert_said("the initial stack pointer 0x08010000 is not in RAM: the words below it are in region flash");
  ck_assert(!build_with_stack(&m4, NO_LIMITS, 4, &code, 1));
  assert_said("the initial stack pointer 0x00000004 is not in RAM");
}
END_TEST

START_TEST(too_many_regions_are_refused) {
  segment_t segments[MAPPED_REGIONS_MAX + 1];
  segments[0] = stored(FLASH, 64);
  for (uint32_t i = 1; i < LENGTH(segments); i++)
    segments[i] = cleared(0x60000000 + i * 0x100000, 16);
  ck_assert(!build_with_stack(&m4, NO_LIMITS, RAM + 64, segments, LENGTH(segments)));
  ck_assert(build_with_stack(&m4, NO_LIMITS, RAM + 64, segments, MAPPED_REGIONS_MAX - 1));
  ck_assert_uint_eq(map.count, MAPPED_REGIONS_MAX);
}
END_TEST

START_TEST(one_waiting_region_is_not_ideal) {
  region_t regions[] = {m4_regions[0]};
  regions[0].first_access = 2;
  target_t slow = {.regions = regions, .region_count = 1};
  ck_assert(BUILD(&slow, NO_LIMITS, stored(FLASH, 64)));
  ck_assert(!map.ideal);
  ck_assert_uint_eq(region_at(RAM)->first_access, 2);
  ck_assert_uint_eq(region_at(FLASH)->first_access, 0);
}
END_TEST

START_TEST(description_fits_its_buffer) {
  char text[128];
  ck_assert(BUILD(&m4, NO_LIMITS, stored(FLASH, 64)));
  memory_map_describe(&map, text, sizeof text);
  ck_assert_str_eq(text, "ram 0x20000000 1024 KiB, flash 0x08000000 64 KiB, zero wait states");
  for (size_t size = 1; size < 70; size++) {
    memset(text, '#', sizeof text);
    memory_map_describe(&map, text, size);
    ck_assert_uint_lt(strlen(text), size);
    ck_assert_int_eq(text[size], '#');
  }
}
END_TEST

/* ---- code ---- */

#define BASE 0x20001000u
static uint16_t memory[32];
static image_t no_names;
static program_t code_program = {.private_data = &no_names};
static code_t *code;

static bool read_memory(void *context, uint32_t address, void *bytes, size_t count) {
  (void)context;
  if (address < BASE || address + count > BASE + sizeof memory) return false;
  memcpy(bytes, (const uint8_t *)memory + (address - BASE), count);
  return true;
}

enum { NOP = 0xBF00, ADDS_R0 = 0x1C40, WIDE_FIRST = 0xF100, WIDE_SECOND = 0x0001 /* ADD.W R0, R0, #1 */ };

static void make_code(void) {
  for (size_t i = 0; i < LENGTH(memory); i++)
    memory[i] = NOP;
  code = code_new(&code_program, read_memory, NULL);
  ck_assert_ptr_nonnull(code);
}

static void drop_code(void) { code_free(code); }

static void store(uint32_t address, uint16_t halfword) {
  memory[(address - BASE) / 2] = halfword;
  code_written(code, address, 2);
}

START_TEST(code_is_decoded_once) {
  code_slot_t *slot = code_at(code, BASE);
  ck_assert_ptr_nonnull(slot);
  ck_assert_uint_eq(slot->key, BASE);
  ck_assert_uint_eq(slot->insn.size, 2);
  memory[0] = ADDS_R0; /* behind the back of the cache */
  ck_assert_ptr_eq(code_at(code, BASE), slot);
  ck_assert_uint_eq(slot->insn.opcode[0], NOP);
}
END_TEST

START_TEST(code_that_is_overwritten_is_decoded_again) {
  code_slot_t *old = code_at(code, BASE + 4), *before = code_at(code, BASE + 2), *behind = code_at(code, BASE + 6);
  old->profile.count = 7;
  store(BASE + 4, ADDS_R0);
  ck_assert(old->key & 1);
  code_slot_t *fresh = code_at(code, BASE + 4);
  ck_assert_ptr_ne(fresh, old);
  ck_assert_uint_eq(fresh->insn.opcode[0], ADDS_R0);
  ck_assert_uint_eq(fresh->profile.count, 0);
  ck_assert_ptr_eq(code_at(code, BASE + 2), before);
  ck_assert_ptr_eq(code_at(code, BASE + 6), behind);
  /* What it counted stays in the books. */
  uint64_t counted = 0;
  for (code_slot_t *slot = code_first(code); slot; slot = slot->next_allocated)
    counted += slot->profile.count;
  ck_assert_uint_eq(counted, 7);
}
END_TEST

START_TEST(code_that_never_comes_back_is_bounded) {
  enum { MOVS_R0 = 0x2000, WRITES = 1000 };
  uint64_t counted = 0;
  for (uint32_t i = 0; i < WRITES; i++) {
    store(BASE + 4, (uint16_t)(MOVS_R0 + i));
    code_slot_t *now = code_at(code, BASE + 4);
    ck_assert_uint_eq(now->insn.opcode[0], MOVS_R0 + i);
    ck_assert_uint_eq(now->key, BASE + 4);
    now->profile.count++;
  }
  unsigned slots = 0;
  for (code_slot_t *slot = code_first(code); slot; slot = slot->next_allocated) {
    slots++;
    counted += slot->profile.count;
  }
  ck_assert_uint_le(slots, 100);
  ck_assert_uint_eq(counted, WRITES);
}
END_TEST

START_TEST(code_that_alternates_keeps_two_slots) {
  code_slot_t *first = code_at(code, BASE + 4);
  for (unsigned i = 0; i < 100; i++) {
    store(BASE + 4, i % 2 ? NOP : ADDS_R0);
    code_slot_t *now = code_at(code, BASE + 4);
    ck_assert_uint_eq(now->insn.opcode[0], i % 2 ? NOP : ADDS_R0);
    ck_assert_uint_eq(now->key, BASE + 4);
    ck_assert((now == first) == (i % 2 == 1));
  }
  unsigned slots = 0;
  for (code_slot_t *slot = code_first(code); slot; slot = slot->next_allocated)
    slots++;
  ck_assert_uint_eq(slots, 2);
}
END_TEST

START_TEST(half_of_a_wide_instruction_is_enough) {
  for (uint32_t offset = 0; offset < 4; offset++) {
    memory[4] = WIDE_FIRST;
    memory[5] = WIDE_SECOND;
    code_written(code, BASE + 8, 4);
    code_slot_t *wide = code_at(code, BASE + 8);
    ck_assert_uint_eq(wide->insn.size, 4);
    code_written(code, BASE + 8 + offset, 1);
    ck_assert_msg(wide->key & 1, "still there after a byte was written at offset %u", (unsigned)offset);
  }
  code_slot_t *wide = code_at(code, BASE + 8);
  code_written(code, BASE + 4, 4);
  code_written(code, BASE + 12, 4);
  ck_assert_ptr_eq(code_at(code, BASE + 8), wide);
}
END_TEST

START_TEST(writes_elsewhere_and_at_the_edges_are_harmless) {
  code_slot_t *slot = code_at(code, BASE);
  code_written(code, 0, 4);
  code_written(code, 1, 1);
  code_written(code, BASE - 4, 4);
  code_written(code, 0xFFFFFFF0, 4);
  code_written(code, 0xFFFFFFFC, 4);
  code_written(code, 0xFFFFFFFE, 1);
  code_written(code, 0xFFFFFFFF, 4);
  ck_assert_ptr_eq(code_at(code, BASE), slot);
}
END_TEST

START_TEST(code_ends_with_memory) {
  memory[LENGTH(memory) - 1] = WIDE_FIRST;
  ck_assert_ptr_null(code_at(code, BASE + sizeof memory - 2));
  ck_assert_ptr_null(code_at(code, BASE + sizeof memory));
  memory[LENGTH(memory) - 1] = 0xBF18; /* IT NE, its member beyond the end */
  ck_assert_ptr_null(code_at(code, BASE + sizeof memory - 2));
}
END_TEST

enum { ITTE_EQ = 0xBF06, CONDITION_EQ = 0, CONDITION_NE = 1 };

static void write_it_block(void) {
  const uint16_t block[] = {ITTE_EQ, ADDS_R0, WIDE_FIRST, WIDE_SECOND, ADDS_R0, NOP};
  memcpy(memory, block, sizeof block);
}

static void assert_member(uint32_t offset, uint8_t condition, uint8_t left) {
  code_slot_t *member = code_at(code, BASE + offset);
  ck_assert_ptr_nonnull(member);
  ck_assert_msg(member->insn.flags & INSN_IN_IT, "at offset %u", (unsigned)offset);
  ck_assert_uint_eq(member->insn.condition, condition);
  ck_assert_uint_eq(member->it_left, left);
}

static void assert_it_block(void) {
  code_slot_t *it = code_at(code, BASE);
  ck_assert_uint_eq(it->insn.cls, CLASS_IT);
  ck_assert_uint_eq(it->it_left, 3);
  assert_member(2, CONDITION_EQ, 2);
  assert_member(4, CONDITION_EQ, 1);
  assert_member(8, CONDITION_NE, 0);
  ck_assert(!(code_at(code, BASE + 10)->insn.flags & INSN_IN_IT));
}

START_TEST(members_of_an_it_block_know_their_condition) {
  write_it_block();
  assert_it_block();
}
END_TEST

START_TEST(a_member_reached_first_learns_its_condition_later) {
  write_it_block();
  ck_assert(!(code_at(code, BASE + 4)->insn.flags & INSN_IN_IT));
  assert_it_block();
}
END_TEST

START_TEST(a_member_that_is_overwritten_keeps_its_condition) {
  write_it_block();
  assert_it_block();
  store(BASE + 8, ADDS_R0 + 1);
  assert_it_block();
  store(BASE + 6, WIDE_SECOND + 1);
  assert_it_block();
  store(BASE, ITTE_EQ);
  assert_it_block();
}
END_TEST

/* ---- suite ---- */

static TCase *memory_map_case(void) {
  TCase *c = tcase_create("memory map");
  tcase_add_test(c, flash_is_derived_from_what_is_stored);
  tcase_add_test(c, ram_appears_where_segments_want_it);
  tcase_add_test(c, no_ram_where_the_architecture_has_devices);
  tcase_add_test(c, a_chip_answers_for_what_is_copied_to_its_peripherals);
  tcase_add_test(c, a_region_that_is_too_small_says_by_how_much);
  tcase_add_test(c, a_segment_may_straddle_regions_that_touch);
  tcase_add_test(c, flash_limit_is_exact);
  tcase_add_test(c, ram_limit_is_exact_and_nothing_grows);
  tcase_add_test(c, ram_limit_replaces_the_data_tcm);
  tcase_add_test(c, instruction_tcm_gives_way_to_flash_at_zero);
  tcase_add_test(c, stack_pointer_must_be_in_ram);
  tcase_add_test(c, too_many_regions_are_refused);
  tcase_add_test(c, one_waiting_region_is_not_ideal);
  tcase_add_test(c, description_fits_its_buffer);
  return c;
}

static TCase *code_case(void) {
  TCase *c = tcase_create("code");
  tcase_add_checked_fixture(c, make_code, drop_code);
  tcase_add_test(c, code_is_decoded_once);
  tcase_add_test(c, code_that_is_overwritten_is_decoded_again);
  tcase_add_test(c, code_that_never_comes_back_is_bounded);
  tcase_add_test(c, code_that_alternates_keeps_two_slots);
  tcase_add_test(c, half_of_a_wide_instruction_is_enough);
  tcase_add_test(c, writes_elsewhere_and_at_the_edges_are_harmless);
  tcase_add_test(c, code_ends_with_memory);
  tcase_add_test(c, members_of_an_it_block_know_their_condition);
  tcase_add_test(c, a_member_reached_first_learns_its_condition_later);
  tcase_add_test(c, a_member_that_is_overwritten_keeps_its_condition);
  return c;
}

int main(void) {
  Suite *suite = suite_create("machine");
  suite_add_tcase(suite, memory_map_case());
  suite_add_tcase(suite, code_case());
  int status = run_suite(suite);
  free(said);
  return status;
}
