/* Header, program headers, contents, symbols, names, section headers: the order in which linkers write them. */
#include "elf.h"

#include <assert.h>
#include <elf.h>
#include <stdio.h>
#include <string.h>

enum { PARTS_MAX = 10, SECTIONS_MAX = PARTS_MAX + 5, NAMES_MAX = 1 << 13 };

typedef struct {
  uint8_t *bytes;
  size_t size, limit;
} file_t;

typedef struct {
  char text[NAMES_MAX];
  uint32_t size;
} names_t;

static uint32_t put(file_t *file, const void *bytes, size_t size) {
  while (file->size % 8)
    file->bytes[file->size++] = 0;
  assert(file->size + size + 8 <= file->limit);
  uint32_t offset = (uint32_t)file->size;
  if (bytes) memcpy(file->bytes + offset, bytes, size);
  file->size += size;
  return offset;
}

static uint32_t put_name(names_t *names, const char *text) {
  uint32_t offset = names->size, bytes = (uint32_t)strlen(text) + 1;
  assert(offset + bytes <= NAMES_MAX);
  memcpy(names->text + offset, text, bytes);
  names->size += bytes;
  return offset;
}

static uint16_t section_of(const elf_part_t *parts, unsigned count, uint32_t address) {
  for (unsigned i = 0; i < count; i++) {
    if (address - parts[i].run < parts[i].bytes) return (uint16_t)(i + 1);
  }
  return SHN_ABS;
}

static void put_segments(file_t *file, Elf32_Ehdr *header, Elf32_Shdr *sections, const elf_part_t *parts,
                         unsigned count) {
  Elf32_Phdr segments[PARTS_MAX] = {0};
  header->e_phoff = put(file, segments, count * sizeof segments[0]);
  for (unsigned i = 0; i < count; i++) {
    const elf_part_t *part = &parts[i];
    uint32_t stored = part->data ? part->bytes : 0, offset = put(file, part->data, stored);
    segments[i] = (Elf32_Phdr){.p_type = PT_LOAD,
                               .p_offset = offset,
                               .p_vaddr = part->run,
                               .p_paddr = part->load,
                               .p_filesz = stored,
                               .p_memsz = part->bytes,
                               .p_flags = PF_R | (part->writable ? PF_W : 0u) | (part->executable ? PF_X : 0u)};
    sections[i + 1] = (Elf32_Shdr){.sh_type = part->data ? SHT_PROGBITS : SHT_NOBITS,
                                   .sh_flags = SHF_ALLOC | (part->writable ? SHF_WRITE : 0u) |
                                               (part->executable ? SHF_EXECINSTR : 0u),
                                   .sh_addr = part->run,
                                   .sh_offset = offset,
                                   .sh_size = part->bytes};
  }
  memcpy(file->bytes + header->e_phoff, segments, count * sizeof segments[0]);
}

static void put_symbols(file_t *file, Elf32_Shdr *section, names_t *names, const plan_t *plan, const elf_part_t *parts,
                        unsigned count) {
  static Elf32_Sym symbols[MAPPINGS_MAX + PROGRAM_FUNCTIONS_MAX + 1];
  unsigned used = 1;
  memset(symbols, 0, sizeof symbols);
  uint32_t code = put_name(names, "$t"), data = put_name(names, "$d");
  for (unsigned i = 0; i < plan->mapping_count; i++) {
    const mapping_note_t *mapping = &plan->mappings[i];
    symbols[used++] = (Elf32_Sym){.st_name = mapping->data ? data : code,
                                  .st_value = mapping->address,
                                  .st_info = ELF32_ST_INFO(STB_LOCAL, STT_NOTYPE),
                                  .st_shndx = section_of(parts, count, mapping->address)};
  }
  section->sh_info = used;
  for (unsigned i = 0; i < plan->function_count; i++) {
    uint32_t address = plan->callees[i].address;
    symbols[used++] = (Elf32_Sym){.st_name = put_name(names, plan->names[i]),
                                  .st_value = address | 1u,
                                  .st_size = plan->ends[i] - address,
                                  .st_info = ELF32_ST_INFO(STB_GLOBAL, STT_FUNC),
                                  .st_shndx = section_of(parts, count, address)};
  }
  section->sh_type = SHT_SYMTAB;
  section->sh_entsize = sizeof symbols[0];
  section->sh_size = used * (uint32_t)sizeof symbols[0];
  section->sh_offset = put(file, symbols, section->sh_size);
}

/* cmsim.markers, as firmware/cmsim.h describes it. */
static void put_markers(file_t *file, Elf32_Shdr *section, const plan_t *plan) {
  static uint32_t words[MARKERS_MAX][4];
  for (unsigned i = 0; i < plan->marker_count; i++) {
    const marker_note_t *marker = &plan->markers[i];
    char name[9] = {0};
    snprintf(name, sizeof name, "part %u", (unsigned)(marker->name % 10));
    words[i][0] = marker->address;
    words[i][1] = marker->kind;
    memcpy(&words[i][2], name, 8);
  }
  section->sh_type = SHT_PROGBITS;
  section->sh_size = plan->marker_count * (uint32_t)sizeof words[0];
  section->sh_offset = put(file, words, section->sh_size);
}

static void put_names(file_t *file, Elf32_Shdr *section, const names_t *names) {
  section->sh_type = SHT_STRTAB;
  section->sh_size = names->size;
  section->sh_offset = put(file, names->text, names->size);
}

size_t elf_write(uint8_t *bytes, size_t limit, const plan_t *plan, const elf_part_t *parts, unsigned count,
                 uint32_t entry) {
  static names_t names, section_names;
  names.size = section_names.size = 1;
  file_t file = {bytes, 0, limit};
  Elf32_Ehdr header = {.e_type = ET_EXEC, .e_machine = EM_ARM, .e_version = EV_CURRENT, .e_flags = 0x05000400};
  Elf32_Shdr sections[SECTIONS_MAX] = {0};
  assert(count <= PARTS_MAX);
  memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS32;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_entry = entry | 1u;
  header.e_ehsize = sizeof header;
  header.e_phentsize = sizeof(Elf32_Phdr);
  header.e_phnum = (uint16_t)count;
  header.e_shentsize = sizeof(Elf32_Shdr);
  put(&file, &header, sizeof header);
  put_segments(&file, &header, sections, parts, count);
  for (unsigned i = 0; i < count; i++)
    sections[i + 1].sh_name = put_name(&section_names, parts[i].name);
  unsigned at = count + 1;
  sections[at].sh_name = put_name(&section_names, ".symtab");
  sections[at].sh_link = at + 1;
  put_symbols(&file, &sections[at++], &names, plan, parts, count);
  sections[at].sh_name = put_name(&section_names, ".strtab");
  put_names(&file, &sections[at++], &names);
  if (plan->marker_count) {
    sections[at].sh_name = put_name(&section_names, "cmsim.markers");
    put_markers(&file, &sections[at++], plan);
  }
  sections[at].sh_name = put_name(&section_names, ".shstrtab");
  header.e_shstrndx = (uint16_t)at;
  put_names(&file, &sections[at++], &section_names);
  header.e_shnum = (uint16_t)at;
  header.e_shoff = put(&file, sections, at * sizeof sections[0]);
  memcpy(bytes, &header, sizeof header);
  return file.size;
}
