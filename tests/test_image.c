/* The image module: what a good image says, and that every bad one gets NULL and exactly one line.

   Cases on a linked firmware take it from CMSIM_TEST_ELF (environment, or a compile definition) and are skipped with a
   note when there is none. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "image/program_private.h"
#include "image/symbols.h"
#include "image_fixture.h"
#include "run_suite.h"

/* --- Opening, with the messages caught. --- */

static char said[4096];

static program_t *open_path(const char *path, const program_options_t *options) {
  char *text = NULL;
  size_t size = 0;
  FILE *stream = open_memstream(&text, &size);
  diag_set_stream(stream);
  program_t *program = program_open(path, options);
  diag_set_stream(NULL);
  fclose(stream);
  snprintf(said, sizeof said, "%s", text);
  free(text);
  return program;
}

static program_t *open_bytes(const void *bytes, size_t size, const program_options_t *options) {
  char path[] = "/tmp/cmsim-image-XXXXXX";
  int fd = mkstemp(path);
  ck_assert_int_ge(fd, 0);
  ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
  close(fd);
  program_t *program = open_path(path, options);
  unlink(path);
  return program;
}

static program_t *open_good(fixture_t *fixture) {
  const file_t *file = build(fixture);
  program_t *program = open_bytes(file->bytes, file->size, NULL);
  ck_assert_msg(program != NULL, "refused: %s", said);
  ck_assert_str_eq(said, "");
  return program;
}

/* NULL, one line, an error, and the WORDS in it. */
static void assert_refused(program_t *program, const char *words) {
  ck_assert_msg(program == NULL, "accepted, wanted: %s", words);
  char *newline = strchr(said, '\n');
  ck_assert_msg(newline && newline[1] == '\0', "not one line: %s", said);
  ck_assert_msg(strstr(said, "error: ") && strstr(said, words), "wanted \"%s\" in: %s", words, said);
}

/* --- What a good image says. --- */

START_TEST(good_image) {
  program_t *p = open_good(good());
  ck_assert_uint_eq(p->entry, FLASH + 0x40);
  ck_assert_uint_eq(p->vector_table, FLASH);
  ck_assert_uint_eq(p->initial_sp, RAM + 0x1000);
  ck_assert_uint_eq(p->reset_handler, FLASH + 0x40);
  ck_assert_uint_eq(p->flash_bytes, 256 + 16);
  ck_assert_uint_eq(p->ram_static_bytes, 64);
  ck_assert_uint_eq(p->segment_count, 2);
  ck_assert_uint_eq(p->segments[1].load_address, FLASH + 0x100);
  ck_assert_uint_eq(p->segments[1].run_address, RAM);
  ck_assert_mem_eq(p->segments[0].data, good()->flash, 256);
  ck_assert(!p->stripped && !p->build_id && strlen(p->sha256) == 64);
  uint32_t value;
  ck_assert(program_symbol(p, "end", &value) && value == RAM + 64);
  ck_assert(!program_symbol(p, "absent", &value));
  program_close(p);
}
END_TEST

static const char *name_at(const program_t *program, uint32_t offset) {
  const function_t *function = program_function_at(program, FLASH + offset);
  return function ? function->name : "-";
}

START_TEST(functions) {
  program_t *p = open_good(good());
  ck_assert_str_eq(name_at(p, 0x3f), "-");
  ck_assert_str_eq(name_at(p, 0x40), "Reset_Handler"); /* the first instruction, in spite of the Thumb bit */
  ck_assert_str_eq(name_at(p, 0x4f), "Reset_Handler");
  ck_assert_str_eq(name_at(p, 0x50), "a_alias"); /* global, shortest, then alphabetical */
  ck_assert_str_eq(name_at(p, 0x5f), "a_alias");
  ck_assert_str_eq(name_at(p, 0x60), "-"); /* a gap without a name */
  ck_assert_str_eq(name_at(p, 0x68), "unsized");
  ck_assert_str_eq(name_at(p, 0x7f), "unsized"); /* up to the next function */
  ck_assert_str_eq(name_at(p, 0x87), "outer");
  ck_assert_str_eq(name_at(p, 0x88), "nested");
  ck_assert_str_eq(name_at(p, 0x90), "outer"); /* goes on after the nested one */
  ck_assert_str_eq(name_at(p, 0xa0), "-");
  ck_assert_str_eq(name_at(p, 0xff), "last"); /* up to the end of the segment */
  ck_assert_str_eq(name_at(p, 0x100), "-");
  ck_assert_uint_eq(p->function_count, 6);
  ck_assert_uint_eq(program_function_named(p, "nested")->address, FLASH + 0x88);
  ck_assert_ptr_eq(program_function_named(p, "zz_alias"), program_function_at(p, FLASH + 0x50));
  ck_assert_ptr_null(program_function_named(p, "weights"));
  ck_assert_ptr_null(program_function_named(p, "nest"));
  program_close(p);
}
END_TEST

START_TEST(untyped_labels) {
  fixture_t *spec = good();
  add_symbol(spec, "assembly", FLASH + 0xa0, 0, STB_GLOBAL, STT_NOTYPE, 2);
  add_symbol(spec, "in_outer", FLASH + 0x84, 0, STB_GLOBAL, STT_NOTYPE, 2); /* a label inside a function */
  add_symbol(spec, "local", FLASH + 0xa8, 0, STB_LOCAL, STT_NOTYPE, 2);
  add_symbol(spec, "table", FLASH + 0x60, 0, STB_GLOBAL, STT_NOTYPE, 2); /* $d */
  add_symbol(spec, "_etext", FLASH + 0x100, 0, STB_GLOBAL, STT_NOTYPE, 2);
  program_t *p = open_good(spec);
  ck_assert_str_eq(name_at(p, 0xa0), "assembly");
  ck_assert_str_eq(name_at(p, 0xa9), "assembly");
  ck_assert_str_eq(name_at(p, 0x84), "outer");
  ck_assert_str_eq(name_at(p, 0x60), "-");
  ck_assert_uint_eq(p->function_count, 7);
  ck_assert_ptr_eq(program_function_named(p, "assembly"), program_function_at(p, FLASH + 0xa0));
  ck_assert_ptr_null(program_function_named(p, "in_outer"));
  program_close(p);
}
END_TEST

START_TEST(objects) {
  program_t *p = open_good(good());
  static const object_t expected[] = {{"weights", ".text", FLASH + 0xc0, 32, OBJECT_FLASH, false},
                                      {"outer", ".text", FLASH + 0x80, 32, OBJECT_FLASH, true},
                                      {"buffer", ".bss", RAM + 16, 32, OBJECT_RAM, false},
                                      {"Reset_Handler", ".text", FLASH + 0x40, 16, OBJECT_FLASH, true},
                                      {"a_alias", ".text", FLASH + 0x50, 16, OBJECT_FLASH, true},
                                      {"state", ".data", RAM, 16, OBJECT_RAM, false},
                                      {"nested", ".text", FLASH + 0x88, 8, OBJECT_FLASH, true}};
  ck_assert_uint_eq(p->object_count, LENGTH(expected));
  for (size_t i = 0; i < LENGTH(expected); i++) {
    const object_t *want = &expected[i], *got = NULL;
    for (size_t k = 0; k < p->object_count; k++) {
      ck_assert(k == 0 || p->objects[k - 1].bytes >= p->objects[k].bytes);
      if (strcmp(p->objects[k].name, want->name) == 0) got = &p->objects[k];
    }
    ck_assert_msg(got != NULL, "no object %s", want->name);
    ck_assert_str_eq(got->section, want->section);
    ck_assert(got->address == want->address && got->bytes == want->bytes);
    ck_assert(got->place == want->place && got->is_function == want->is_function);
  }
  program_close(p);
}
END_TEST

START_TEST(mapping_symbols) {
  program_t *p = open_good(good());
  ck_assert_uint_eq(p->mapping_count, 4);
  ck_assert_int_eq(program_code_kind(p, FLASH + 0x3f), CODE_DATA);
  ck_assert_int_eq(program_code_kind(p, FLASH + 0x40), CODE_THUMB);
  ck_assert_int_eq(program_code_kind(p, FLASH + 0x60), CODE_DATA);
  ck_assert_int_eq(program_code_kind(p, FLASH + 0x67), CODE_DATA);
  ck_assert_int_eq(program_code_kind(p, FLASH + 0x68), CODE_THUMB);
  ck_assert_int_eq(program_code_kind(p, 0), CODE_THUMB); /* before the first */
  program_close(p);
}
END_TEST

START_TEST(stripped_images) {
  fixture_t *f = good();
  f->symbol_count = 0;
  program_t *p = open_good(f);
  ck_assert(p->stripped && p->function_count == 0 && p->vector_table == FLASH);
  ck_assert_int_eq(program_code_kind(p, FLASH), CODE_THUMB);
  program_close(p);
  f = good();
  f->section_count = 0; /* no section headers at all */
  p = open_good(f);
  ck_assert(p->stripped && p->vector_table == FLASH);
  program_close(p);
}
END_TEST

START_TEST(build_id_and_attributes) {
  static const uint8_t note[] = {4, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 'G', 'N', 'U', 0, 0xab, 0x01, 0xff, 0};
  static const char attributes[] = "A\x1b\0\0\0aeabi\0\x01\x11\0\0\0\x05"
                                   "7E-M\0\x06\x0d\x07M";
  fixture_t *f = good();
  add_section(f, ".note.gnu.build-id", SHT_NOTE, note, sizeof note);
  add_section(f, ".ARM.attributes", SHT_ARM_ATTRIBUTES, attributes, sizeof attributes - 1);
  program_t *p = open_good(f);
  ck_assert_str_eq(p->build_id, "ab01ff");
  program_close(p);
}
END_TEST

START_TEST(region_markers) {
  static const uint32_t entries[] = {FLASH + 0x50, 2, 0x00000062, FLASH + 0x42, 1, 0x64636261,
                                     0x00000000,   0, 1,          0x00000061};
  fixture_t *f = good();
  add_section(f, "cmsim.markers", SHT_PROGBITS, entries, sizeof entries);
  program_t *p = open_good(f);
  ck_assert_uint_eq(p->marker_count, 2); /* address 0: the function was garbage-collected */
  ck_assert(p->markers[0].address == FLASH + 0x42 && p->markers[0].kind == MARKER_BEGIN);
  ck_assert_str_eq(p->markers[0].name, "abcd");
  ck_assert(p->markers[1].address == FLASH + 0x50 && p->markers[1].kind == MARKER_END);
  program_close(p);
}
END_TEST

START_TEST(names_are_printable) {
  fixture_t *f = good();
  add_symbol(f, "bad\nname\x80", FLASH + 0xa1, 2, STB_GLOBAL, STT_FUNC, 2);
  add_symbol(f,
             "gr\xc3\xb6\xc3\x9f"
             "e",
             FLASH + 0xa5, 2, STB_GLOBAL, STT_FUNC, 2);
  program_t *p = open_good(f);
  ck_assert_str_eq(name_at(p, 0xa0), "bad?name?");
  ck_assert_str_eq(name_at(p, 0xa4), "gr\xc3\xb6\xc3\x9f"
                                     "e");
  program_close(p);
}
END_TEST

/* Without a name, the table is found by its contents; sections that do not start a segment count as well. */
START_TEST(vector_table_without_a_name) {
  fixture_t *f = good();
  f->sections[1].name = ".boot";
  program_t *p = open_good(f);
  ck_assert_uint_eq(p->vector_table, FLASH);
  program_close(p);
  f = good();
  f->sections[1].name = ".boot";
  f->flash[32] = f->flash[0];
  f->flash[33] = f->flash[1];
  f->flash[0] = f->flash[1] = 0xffffffff;
  f->sections[f->section_count++] =
      (spec_section_t){".app", f->flash + 32, SHT_PROGBITS, SHF_ALLOC, FLASH + 0x80, 0x10};
  p = open_good(f);
  ck_assert_uint_eq(p->vector_table, FLASH + 0x80);
  program_close(p);
}
END_TEST

/* --- Bad ELF files: a defect and the words that must name it. --- */

static const char a_profile[] = "A\x17\0\0\0aeabi\0\x01\x0d\0\0\0\x06\x0a\x07"
                                "A\x08\x01\x09\x02";
static const uint32_t cut_marker[] = {FLASH + 0x50, 1};
static const uint32_t odd_marker[] = {FLASH + 0x50, 7, 0x61};
static const uint32_t lost_marker[] = {0x30000000, 1, 0x61};

static void wrong_machine(fixture_t *f) { f->header.e_machine = EM_386; }
static void x86_64(fixture_t *f) { f->header.e_machine = EM_X86_64, f->header.e_ident[EI_CLASS] = ELFCLASS64; }
static void wide(fixture_t *f) { f->header.e_ident[EI_CLASS] = ELFCLASS64; }
static void big_endian(fixture_t *f) {
  f->header.e_ident[EI_DATA] = ELFDATA2MSB;
  f->header.e_machine = EM_ARM << 8;
}
static void object_file(fixture_t *f) { f->header.e_type = ET_REL; }
static void shared(fixture_t *f) { f->header.e_type = ET_DYN; }
static void a_core(fixture_t *f) {
  add_section(f, ".ARM.attributes", SHT_ARM_ATTRIBUTES, a_profile, sizeof a_profile - 1);
}
static void arm_entry(fixture_t *f) { f->header.e_entry = FLASH + 0x40, f->symbols[1].name = "$a"; }
static void arm_reset(fixture_t *f) { f->header.e_entry = FLASH + 0x81, f->symbols[1].name = "$a.3"; }
static void arm_stripped(fixture_t *f) {
  f->section_count = 0;
  f->flash[0] = f->flash[1] = 0xe59ff018; /* LDR PC, [PC, #24] */
  f->header.e_entry = FLASH;
}
static void entry_outside(fixture_t *f) { f->header.e_entry = 0x00010001; }
static void no_segments(fixture_t *f) { f->header.e_phnum = 0; }
static void no_load(fixture_t *f) { f->segments[0].p_type = f->segments[1].p_type = PT_NOTE; }
static void load_overlap(fixture_t *f) { f->segments[1].p_paddr = FLASH + 0xff; }
static void run_overlap(fixture_t *f) { f->segments[1].p_vaddr = FLASH + 0x80; }
static void more_stored(fixture_t *f) { f->segments[1].p_memsz = 8; }
static void past_the_top(fixture_t *f) { f->segments[1].p_vaddr = 0xfffffff0; }
static void contents_outside(fixture_t *f) { f->contents[1] = NULL, f->segments[1].p_offset = 0x7ffffff0; }
static void no_table(fixture_t *f) {
  f->sections[1].name = ".boot";
  f->flash[0] = f->flash[1] = 0xffffffff;
}
static void sp_zero(fixture_t *f) { f->flash[0] = 0; }
static void sp_in_flash(fixture_t *f) { f->flash[0] = FLASH + 0x80; }
static void sp_peripheral(fixture_t *f) { f->flash[0] = 0x50000000; }
static void sp_odd(fixture_t *f) { f->flash[0] = RAM + 0x1001; }
static void reset_outside(fixture_t *f) { f->flash[1] = FLASH + 0x1001; }
static void reset_in_data(fixture_t *f) { f->flash[1] = FLASH + 0x101; }
static void reset_in_ram(fixture_t *f) { f->flash[1] = RAM + 1; }
static void reset_no_thumb(fixture_t *f) { f->flash[1] = FLASH + 0x40; }
static void unnamed_sp_bad(fixture_t *f) { f->section_count = 0, f->flash[0] = 0xdead0000; }
static void unnamed_reset_bad(fixture_t *f) { f->section_count = 0, f->flash[1] = 0x00dead01; }
static void marker_cut(fixture_t *f) { add_section(f, "cmsim.markers", SHT_PROGBITS, cut_marker, sizeof cut_marker); }
static void marker_kind(fixture_t *f) { add_section(f, "cmsim.markers", SHT_PROGBITS, odd_marker, sizeof odd_marker); }
static void marker_lost(fixture_t *f) {
  add_section(f, "cmsim.markers", SHT_PROGBITS, lost_marker, sizeof lost_marker);
}

static const struct {
  void (*spoil)(fixture_t *);
  const char *words;
} bad_elves[] = {
    {wrong_machine, "built for x86, not for an Arm"},
    {x86_64, "built for x86-64"},
    {wide, "not a 32-bit ELF"},
    {big_endian, "big-endian"},
    {object_file, "object file: link it"},
    {shared, "link it at fixed addresses"},
    {a_core, "built for an A-profile core"},
    {arm_entry, "entry point 0x08000040 is ARM-state code"},
    {arm_reset, "reset handler 0x08000041 (vector table at 0x08000000) is ARM-state code"},
    {arm_stripped, "ARM-state code"},
    {entry_outside, "entry point 0x00010000 lies outside every segment"},
    {no_segments, "no program headers"},
    {no_load, "no loadable segment"},
    {load_overlap, "overlapping segments: load addresses 0x08000000-0x080000ff and 0x080000ff-0x0800010e"},
    {run_overlap, "overlapping segments: run addresses 0x08000000-0x080000ff and 0x08000080-0x080000bf"},
    {more_stored, "more bytes in the file than in memory"},
    {past_the_top, "past the end of the address space"},
    {contents_outside, "truncated: the contents of segment 1 (0x20000000) are cut off"},
    {no_table, "no vector table found"},
    {sp_zero, "initial stack pointer 0x00000000 (vector table at 0x08000000) is not in RAM"},
    {sp_in_flash, "initial stack pointer 0x08000080 (vector table at 0x08000000) is not in RAM"},
    {sp_peripheral, "is not in RAM"},
    {sp_odd, "is not a multiple of 4"},
    {reset_outside, "reset handler 0x08001001 (vector table at 0x08000000) lies outside every segment"},
    {reset_in_data, "not executable"},
    {reset_in_ram, "nothing is stored at reset"},
    {reset_no_thumb, "reset handler 0x08000040 (vector table at 0x08000000) has no Thumb bit"},
    {unnamed_sp_bad, "initial stack pointer 0xdead0000"},
    {unnamed_reset_bad, "reset handler 0x00dead01"},
    {marker_cut, "cmsim.markers: the entry at offset 0 is cut off"},
    {marker_kind, "cmsim.markers: unknown kind 7"},
    {marker_lost, "\"a\" is at 0x30000000, outside the code"},
};

START_TEST(bad_elf) {
  fixture_t *f = good();
  bad_elves[_i].spoil(f);
  const file_t *file = build(f);
  assert_refused(open_bytes(file->bytes, file->size, NULL), bad_elves[_i].words);
}
END_TEST

/* Cut anywhere, the file misses its section headers at least. */
START_TEST(truncated_fixture) {
  const file_t *file = build(good());
  for (size_t size = 1; size < file->size; size++) {
    assert_refused(open_bytes(file->bytes, size, NULL), "truncated: ");
  }
  assert_refused(open_bytes(file->bytes, 51, NULL), "the ELF header is cut off (file has 51 of its 52 bytes)");
  assert_refused(open_bytes(file->bytes, 52, NULL), "the program headers are cut off");
  assert_refused(open_bytes(file->bytes, 52 + 64 + 255, NULL), "the contents of segment 0");
  assert_refused(open_bytes(file->bytes, file->size - 1, NULL), "the section headers are cut off");
}
END_TEST

START_TEST(not_an_image) {
  static const program_options_t base = {true, FLASH};
  char path[] = "/tmp/cmsim-image-XXXXXX", fifo[64];
  assert_refused(open_path("/nonexistent/firmware.elf", NULL),
                 "/nonexistent/firmware.elf: error: cannot open: No such file");
  assert_refused(open_path("/tmp", NULL), "/tmp: error: is a directory");
  assert_refused(open_path("/dev/null", NULL), "not a regular file");
  ck_assert_ptr_nonnull(mkdtemp(path));
  snprintf(fifo, sizeof fifo, "%s/fifo", path);
  ck_assert_int_eq(mkfifo(fifo, 0600), 0);
  assert_refused(open_path(fifo, NULL), "not a regular file");
  unlink(fifo);
  snprintf(fifo, sizeof fifo, "%s/huge", path);
  ck_assert_ptr_nonnull(freopen(fifo, "w", stdin));
  ck_assert_int_eq(truncate(fifo, (off_t)257 << 20), 0);
  assert_refused(open_path(fifo, NULL), "larger than 256 MiB");
  unlink(fifo);
  rmdir(path);
  assert_refused(open_bytes("", 0, NULL), "is empty");
  assert_refused(open_bytes("int main;\n", 10, NULL), "not an ELF or Intel HEX file; give --base");
  const file_t *file = build(good());
  assert_refused(open_bytes(file->bytes, file->size, &base), "--base is for raw binaries");
}
END_TEST

/* --- Intel HEX and raw binary. --- */

#define HEX_VECTORS ":080000000010002009000008B7\n"
#define HEX_BASE    ":020000040800F2\n"
#define HEX_END     ":00000001FF\n"

START_TEST(good_hex) {
  const char *text = HEX_BASE ":0400080000BF00BF76\r\n" HEX_VECTORS ":0400200001020304D2\n" HEX_END "\n";
  program_t *p = open_bytes(text, strlen(text), NULL);
  ck_assert_msg(p != NULL, "%s", said);
  ck_assert_uint_eq(p->segment_count, 2); /* joined out of order, split at the gap */
  ck_assert(p->segments[0].load_address == FLASH && p->segments[0].file_bytes == 12);
  ck_assert(p->segments[1].load_address == FLASH + 0x20 && p->segments[1].data[3] == 4);
  ck_assert(p->segments[0].executable && !p->segments[0].writable && p->stripped);
  ck_assert(p->vector_table == FLASH && p->reset_handler == FLASH + 8 && p->entry == 0);
  ck_assert_uint_eq(p->flash_bytes, 16);
  program_close(p);
}
END_TEST

static const struct {
  const char *text, *words;
} bad_hexes[] = {
    {":0800000000100020090000"
     "08AE\n" HEX_END,
     ":1: error: wrong checksum"},
    {HEX_BASE HEX_VECTORS, "truncated: the Intel HEX file has no end record"},
    {HEX_BASE ":08000000001000200900", ":2: error: truncated or overlong"},
    {HEX_BASE ":0800000000100020090000080\n", "truncated or overlong"},
    {":0G000000\n", "bad hex digit"},
    {HEX_BASE "hello\n", ":2: error: not an Intel HEX record"},
    {":00000006FA\n", "unknown Intel HEX record type 6"},
    {":0100000408F3\n", "record of type 4 has 1 data bytes, not 2"},
    {HEX_BASE HEX_VECTORS ":0400040000000000F8\n" HEX_END,
     ":3: error: overlapping records: address 0x08000004 is also written by line 2"},
    {HEX_END HEX_BASE, "text after the end record"},
    {HEX_END, "holds no data"},
    {":02000004FFFFFC\n:04FFFE0000000000FF\n" HEX_END, "past the end of the address space"},
    {":020000021000EC\n:04FFFE0000000000FF\n" HEX_END, "64 KiB segment"},
    {HEX_BASE ":0400000000000020DC\n" HEX_END, "no vector table found"},
};

START_TEST(bad_hex) {
  assert_refused(open_bytes(bad_hexes[_i].text, strlen(bad_hexes[_i].text), NULL), bad_hexes[_i].words);
}
END_TEST

START_TEST(raw_binary) {
  static const uint32_t words[] = {RAM + 0x400, FLASH + 9, 0xbf00bf00};
  static const program_options_t base = {true, FLASH}, wrong = {true, 0x00400000}, top = {true, 0xfffffff8};
  program_t *p = open_bytes(words, sizeof words, &base);
  ck_assert_msg(p != NULL, "%s", said);
  ck_assert(p->vector_table == FLASH && p->reset_handler == FLASH + 8 && p->flash_bytes == 12 && p->stripped);
  ck_assert_str_eq(p->sha256, "625490f6e28cfa33f72f4b6422579d5f5fcee3e26c2c2e7c5b40d3d6ac27d8f7");
  program_close(p);
  assert_refused(open_bytes(words, sizeof words, NULL), "give --base ADDRESS");
  assert_refused(open_bytes(words, sizeof words, &wrong),
                 "reset handler 0x08000009 (vector table at 0x00400000) lies outside");
  assert_refused(open_bytes(words, sizeof words, &top), "past the end of the address space");
  assert_refused(open_bytes(words, 6, &base), "no vector table found");
}
END_TEST

/* --- A linked firmware. --- */

static const char *firmware(void) {
  const char *path = getenv("CMSIM_TEST_ELF");
#ifdef CMSIM_TEST_ELF
  if (!path) path = CMSIM_TEST_ELF;
#endif
  if (!path) puts("note: CMSIM_TEST_ELF is not set; skipped");
  return path;
}

static uint8_t *slurp(const char *path, size_t *size) {
  struct stat status;
  FILE *file = fopen(path, "rb");
  ck_assert_msg(file && fstat(fileno(file), &status) == 0, "cannot read %s", path);
  uint8_t *bytes = malloc((size_t)status.st_size);
  *size = fread(bytes, 1, (size_t)status.st_size, file);
  fclose(file);
  return bytes;
}

START_TEST(linked_firmware) {
  if (!firmware()) return;
  program_t *p = open_path(firmware(), NULL);
  ck_assert_msg(p != NULL, "%s", said);
  symbols_t *symbols = symbols_open(firmware());
  const function_t *entry = program_function_at(p, p->reset_handler),
                   *main_function = program_function_named(p, "main");
  ck_assert(symbols && entry && main_function && p->mapping_count > 0);
  ck_assert_ptr_eq(entry, program_function_named(p, "Reset_Handler"));
  ck_assert_ptr_eq(program_function_at(p, main_function->address), main_function);
  ck_assert_ptr_eq(program_function_at(p, main_function->address + main_function->size - 1), main_function);
  source_line_t line;
  ck_assert(symbols_line(symbols, main_function->address, &line) && line.line > 0);
  /* An inlined call may come first, from a header: then the call site is in main itself. */
  inline_frame_t chain[8];
  size_t depth = symbols_inlines(symbols, main_function->address, chain, 8);
  ck_assert_ptr_nonnull(strstr(depth ? chain[depth - 1].called_at.file : line.file, ".c"));
  ck_assert(!symbols_line(symbols, 0xf0000000, &line));
  ck_assert(!symbols_line(NULL, main_function->address, &line));
  ck_assert_uint_eq(symbols_inlines(NULL, main_function->address, NULL, 0), 0);
  for (uint32_t a = main_function->address; a < main_function->address + main_function->size; a += 2) {
    inline_frame_t all[8], one[1];
    size_t count = symbols_inlines(symbols, a, all, 8);
    ck_assert_uint_eq(symbols_inlines(symbols, a, one, 1), count ? 1 : 0);
    if (count) ck_assert_str_eq(one[0].function, all[0].function); /* the innermost */
    for (size_t i = 0; i < count; i++)
      ck_assert(all[i].called_at.file && *all[i].function);
  }
  symbols_close(symbols);
  program_close(p);
}
END_TEST

START_TEST(truncated_firmware) {
  if (!firmware()) return;
  size_t size;
  uint8_t *bytes = slurp(firmware(), &size);
  for (size_t cut = 1; cut < size; cut += cut < 512 || cut + 2048 > size ? 16 : 997) {
    assert_refused(open_bytes(bytes, cut, NULL), "truncated: ");
  }
  free(bytes);
}
END_TEST

/* Damaged debug information costs lines, never more. */
START_TEST(damaged_firmware) {
  if (!firmware()) return;
  size_t size;
  uint8_t *bytes = slurp(firmware(), &size);
  for (uint32_t round = 0, random = 1; round < 100; round++) {
    char path[] = "/tmp/cmsim-image-XXXXXX";
    uint8_t *copy = malloc(size);
    memcpy(copy, bytes, size);
    for (int i = 0; i < 200; i++) {
      random = random * 1664525u + 1013904223u;
      copy[128 + (random >> 4) % (size - 128)] = (uint8_t)(random >> 24);
    }
    int fd = mkstemp(path);
    ck_assert_int_eq(write(fd, copy, size), (ssize_t)size);
    close(fd);
    symbols_t *symbols = symbols_open(path);
    source_line_t line;
    inline_frame_t frames[4];
    for (uint32_t a = FLASH; symbols && a < FLASH + 0x2000; a += 2) {
      if (symbols_line(symbols, a, &line)) ck_assert_ptr_nonnull(line.file);
      ck_assert_uint_le(symbols_inlines(symbols, a, frames, 4), 4);
    }
    symbols_close(symbols);
    program_close(open_path(path, NULL));
    unlink(path);
    free(copy);
  }
  free(bytes);
}
END_TEST

START_TEST(no_debug_information) {
  ck_assert_ptr_null(symbols_open("/nonexistent"));
  ck_assert_ptr_null(symbols_open("/dev/null"));
  ck_assert_ptr_null(symbols_open("/tmp"));
  symbols_close(NULL);
  program_close(NULL);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("image");
  const TTest *cases[] = {good_image,
                          functions,
                          untyped_labels,
                          objects,
                          mapping_symbols,
                          stripped_images,
                          build_id_and_attributes,
                          region_markers,
                          names_are_printable,
                          not_an_image,
                          good_hex,
                          raw_binary,
                          truncated_fixture,
                          linked_firmware,
                          truncated_firmware,
                          damaged_firmware,
                          no_debug_information,
                          vector_table_without_a_name};
  for (size_t i = 0; i < LENGTH(cases); i++) {
    TCase *one = tcase_create(cases[i]->name);
    tcase_set_timeout(one, 120);
    tcase_add_test(one, cases[i]);
    suite_add_tcase(suite, one);
  }
  TCase *bad = tcase_create("bad input");
  tcase_add_loop_test(bad, bad_elf, 0, (int)LENGTH(bad_elves));
  tcase_add_loop_test(bad, bad_hex, 0, (int)LENGTH(bad_hexes));
  suite_add_tcase(suite, bad);
  return run_suite(suite);
}
