/* A small ELF32 Arm image, written byte by byte, so that a test can spoil one thing and leave the rest good. */
#ifndef CMSIM_TESTS_IMAGE_FIXTURE_H
#define CMSIM_TESTS_IMAGE_FIXTURE_H

#include <check.h>
#include <elf.h>
#include <stdint.h>
#include <string.h>

#define FLASH         0x08000000u
#define RAM           0x20000000u
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* --- Fixture: flash with a vector table, functions at 0x40, initialised data, .bss. --- */

enum { SEGMENTS = 4, SECTIONS = 10, SYMBOLS = 24 };

typedef struct {
  const char *name;
  const void *data;
  uint32_t type, flags, address, bytes;
} spec_section_t;

typedef struct {
  const char *name;
  uint32_t value, size;
  uint8_t binding, type;
  uint16_t section;
} spec_symbol_t;

typedef struct {
  Elf32_Ehdr header;
  Elf32_Phdr segments[SEGMENTS];
  const void *contents[SEGMENTS];
  spec_section_t sections[SECTIONS]; /* 1 .isr_vector, 2 .text, 3 .data, 4 .bss, then free */
  spec_symbol_t symbols[SYMBOLS];
  uint16_t section_count; /* with the empty section 0 */
  size_t symbol_count;
  uint32_t flash[64], data[4];
} fixture_t;

typedef struct {
  uint8_t bytes[16384];
  size_t size;
} file_t;

static void add_section(fixture_t *fixture, const char *name, uint32_t type, const void *data, size_t bytes) {
  fixture->sections[fixture->section_count++] = (spec_section_t){name, data, type, 0, 0, (uint32_t)bytes};
}

static void add_symbol(fixture_t *fixture, const char *name, uint32_t value, uint32_t size, uint8_t binding,
                       uint8_t type, uint16_t section) {
  fixture->symbols[fixture->symbol_count++] = (spec_symbol_t){name, value, size, binding, type, section};
}

static void set_segment(fixture_t *fixture, size_t index, uint32_t load, uint32_t run, const void *data,
                        uint32_t stored, uint32_t memory, uint32_t flags) {
  fixture->segments[index] = (Elf32_Phdr){
      .p_type = PT_LOAD, .p_paddr = load, .p_vaddr = run, .p_filesz = stored, .p_memsz = memory, .p_flags = flags};
  fixture->contents[index] = data;
}

static fixture_t *good(void) {
  static fixture_t fixture;
  memset(&fixture, 0, sizeof fixture);
  fixture_t *f = &fixture;
  f->header = (Elf32_Ehdr){.e_type = ET_EXEC, .e_machine = EM_ARM, .e_version = EV_CURRENT, .e_flags = 0x05000200};
  f->header.e_entry = FLASH + 0x41;
  memcpy(f->header.e_ident, ELFMAG, SELFMAG);
  f->header.e_ident[EI_CLASS] = ELFCLASS32;
  f->header.e_ident[EI_DATA] = ELFDATA2LSB;
  f->header.e_ident[EI_VERSION] = EV_CURRENT;
  for (size_t i = 0; i < LENGTH(f->flash); i++)
    f->flash[i] = 0xbf00bf00; /* NOP */
  f->flash[0] = RAM + 0x1000;
  f->flash[1] = FLASH + 0x41;
  f->header.e_phnum = 2;
  set_segment(f, 0, FLASH, FLASH, f->flash, sizeof f->flash, sizeof f->flash, PF_R | PF_X);
  set_segment(f, 1, FLASH + 0x100, RAM, f->data, sizeof f->data, 64, PF_R | PF_W);
  f->section_count = 1;
  const uint32_t progbits = SHT_PROGBITS;
  f->sections[f->section_count++] = (spec_section_t){".isr_vector", f->flash, progbits, SHF_ALLOC, FLASH, 0x40};
  f->sections[f->section_count++] =
      (spec_section_t){".text", f->flash + 16, progbits, SHF_ALLOC | SHF_EXECINSTR, FLASH + 0x40, 0xc0};
  f->sections[f->section_count++] = (spec_section_t){".data", f->data, progbits, SHF_ALLOC | SHF_WRITE, RAM, 16};
  f->sections[f->section_count++] = (spec_section_t){".bss", NULL, SHT_NOBITS, SHF_ALLOC | SHF_WRITE, RAM + 16, 48};
  add_symbol(f, "$d", FLASH, 0, STB_LOCAL, STT_NOTYPE, 1);
  add_symbol(f, "$t.12", FLASH + 0x40, 0, STB_LOCAL, STT_NOTYPE, 2);
  add_symbol(f, "$d.7", FLASH + 0x60, 0, STB_LOCAL, STT_NOTYPE, 2);
  add_symbol(f, "$t", FLASH + 0x68, 0, STB_LOCAL, STT_NOTYPE, 2);
  add_symbol(f, "Reset_Handler", FLASH + 0x41, 0x10, STB_GLOBAL, STT_FUNC, 2);
  add_symbol(f, "first", FLASH + 0x51, 0x10, STB_LOCAL, STT_FUNC, 2);
  add_symbol(f, "zz_alias", FLASH + 0x51, 0x10, STB_GLOBAL, STT_FUNC, 2);
  add_symbol(f, "b_alias", FLASH + 0x51, 0x10, STB_GLOBAL, STT_FUNC, 2);
  add_symbol(f, "a_alias", FLASH + 0x51, 0x10, STB_GLOBAL, STT_FUNC, 2);
  add_symbol(f, "weak", FLASH + 0x51, 0x10, STB_WEAK, STT_FUNC, 2);
  add_symbol(f, "unsized", FLASH + 0x69, 0, STB_GLOBAL, STT_FUNC, 2);
  add_symbol(f, "outer", FLASH + 0x81, 0x20, STB_GLOBAL, STT_FUNC, 2);
  add_symbol(f, "nested", FLASH + 0x89, 8, STB_GLOBAL, STT_FUNC, 2);
  add_symbol(f, "last", FLASH + 0xf1, 0, STB_GLOBAL, STT_FUNC, 2);
  add_symbol(f, "weights", FLASH + 0xc0, 0x20, STB_GLOBAL, STT_OBJECT, 2);
  add_symbol(f, "state", RAM, 16, STB_GLOBAL, STT_OBJECT, 3);
  add_symbol(f, "buffer", RAM + 16, 32, STB_LOCAL, STT_OBJECT, 4);
  add_symbol(f, "end", RAM + 64, 0, STB_GLOBAL, STT_NOTYPE, SHN_ABS);
  return f;
}

static uint32_t put(file_t *file, const void *bytes, size_t size) {
  while (file->size % 4)
    file->bytes[file->size++] = 0;
  uint32_t offset = (uint32_t)file->size;
  ck_assert_uint_le(file->size + size, sizeof file->bytes);
  if (size && bytes) memcpy(file->bytes + offset, bytes, size);
  file->size += size;
  return offset;
}

/* Appends TEXT to a string table. */
static uint32_t put_name(file_t *names, const char *text) {
  size_t offset = names->size, bytes = strlen(text) + 1;
  memcpy(names->bytes + offset, text, bytes);
  names->size += bytes;
  return (uint32_t)offset;
}

static void write_sections(fixture_t *f, file_t *file) {
  static file_t section_names, symbol_names;
  section_names = symbol_names = (file_t){.size = 1};
  Elf32_Shdr headers[SECTIONS + 3] = {0};
  Elf32_Sym symbols[SYMBOLS + 1] = {0};
  uint16_t count = f->section_count;
  for (uint16_t i = 1; i < count; i++) {
    const spec_section_t *s = &f->sections[i];
    headers[i] = (Elf32_Shdr){.sh_type = s->type, .sh_flags = s->flags, .sh_addr = s->address, .sh_size = s->bytes};
    headers[i].sh_name = put_name(&section_names, s->name);
    if (s->type != SHT_NOBITS) headers[i].sh_offset = put(file, s->data, s->bytes);
  }
  for (size_t i = 0; i < f->symbol_count; i++) {
    const spec_symbol_t *s = &f->symbols[i];
    symbols[i + 1] = (Elf32_Sym){.st_value = s->value, .st_size = s->size, .st_shndx = s->section};
    symbols[i + 1].st_info = (uint8_t)(s->binding << 4 | s->type);
    symbols[i + 1].st_name = put_name(&symbol_names, s->name);
  }
  uint32_t symbol_bytes = (uint32_t)((f->symbol_count + 1) * sizeof symbols[0]);
  if (f->symbol_count) {
    uint32_t offset = put(file, symbols, symbol_bytes);
    headers[count] = (Elf32_Shdr){.sh_name = put_name(&section_names, ".symtab"),
                                  .sh_type = SHT_SYMTAB,
                                  .sh_offset = offset,
                                  .sh_size = symbol_bytes,
                                  .sh_link = count + 1u,
                                  .sh_entsize = sizeof symbols[0]};
    offset = put(file, symbol_names.bytes, symbol_names.size);
    headers[count + 1] = (Elf32_Shdr){.sh_type = SHT_STRTAB, .sh_offset = offset};
    headers[count + 1].sh_size = (uint32_t)symbol_names.size;
    count = (uint16_t)(count + 2);
  }
  uint32_t offset = put(file, section_names.bytes, section_names.size);
  headers[count] = (Elf32_Shdr){.sh_type = SHT_STRTAB, .sh_offset = offset, .sh_size = (uint32_t)section_names.size};
  f->header.e_shstrndx = count++;
  f->header.e_shoff = put(file, headers, count * sizeof headers[0]);
  f->header.e_shnum = count;
  f->header.e_shentsize = sizeof headers[0];
}

/* Header, program headers, contents, sections, section headers: the order in which linkers write them. */
static const file_t *build(fixture_t *f) {
  static file_t file;
  memset(&file, 0, sizeof file);
  f->header.e_ehsize = sizeof f->header;
  f->header.e_phentsize = sizeof f->segments[0];
  put(&file, &f->header, sizeof f->header);
  f->header.e_phoff = put(&file, f->segments, f->header.e_phnum * sizeof f->segments[0]);
  for (size_t i = 0; i < f->header.e_phnum; i++) {
    if (f->contents[i]) f->segments[i].p_offset = put(&file, f->contents[i], f->segments[i].p_filesz);
  }
  if (f->section_count) write_sections(f, &file);
  memcpy(file.bytes, &f->header, sizeof f->header);
  memcpy(file.bytes + f->header.e_phoff, f->segments, f->header.e_phnum * sizeof f->segments[0]);
  return &file;
}

#endif
