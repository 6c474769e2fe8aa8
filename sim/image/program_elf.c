/* The ELF reader: headers, loadable segments, sections and raw symbols, as linked for Arm (ELF32, little-endian).

   Every header field is checked here before libelf sees it, so that a truncated or foreign file gets a message that
   says what is wrong with it. libelf works on the program's own copy of the file and is closed before anything else
   reads that copy; names and contents stay as pointers into it. Tables are read through gelf, entry by entry: the
   pointers of libelf's 32-bit calls keep the alignment of the file, which may be none. */
#include "image/program_private.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

/* Of symbols, from before the EABI: a Thumb function. */
#define STT_ARM_TFUNC_OLD 13

static const char *machine_name(unsigned machine) {
  switch (machine) {
  case EM_386: return "x86";
  case EM_X86_64: return "x86-64";
  case EM_AARCH64: return "64-bit Arm (AArch64)";
  case EM_RISCV: return "RISC-V";
  case EM_XTENSA: return "Xtensa";
  case EM_MIPS: return "MIPS";
  case EM_PPC: return "PowerPC";
  case EM_AVR: return "AVR";
  default: return NULL;
  }
}

static bool check_target(const program_t *program, const Elf32_Ehdr *header) {
  bool big_endian = header->e_ident[EI_DATA] == ELFDATA2MSB;
  unsigned machine = header->e_machine;
  if (big_endian) machine = (machine >> 8 | machine << 8) & 0xffffu;
  if (machine != EM_ARM) {
    const char *name = machine_name(machine);
    return name ? program_fail(program, 0, "built for %s, not for an Arm Cortex-M", name)
                : program_fail(program, 0, "built for ELF machine %u, not for an Arm Cortex-M", machine);
  }
  if (big_endian) return program_fail(program, 0, "big-endian image; only little-endian Cortex-M is modelled");
  if (header->e_ident[EI_DATA] != ELFDATA2LSB)
    return program_fail(program, 0, "corrupt ELF header: unknown byte order");
  if (header->e_ident[EI_CLASS] != ELFCLASS32) return program_fail(program, 0, "not a 32-bit ELF file");
  if (header->e_ident[EI_VERSION] != EV_CURRENT) return program_fail(program, 0, "unknown ELF version");
  switch (header->e_type) {
  case ET_EXEC: return true;
  case ET_REL: return program_fail(program, 0, "is an object file: link it into a firmware image first");
  case ET_DYN:
    return program_fail(program, 0,
                        "is a position-independent executable or shared library: link it at fixed addresses "
                        "(-static -no-pie)");
  default: return program_fail(program, 0, "is not an executable image (ELF type %u)", header->e_type);
  }
}

static bool inside_file(const image_t *image, uint64_t offset, uint64_t bytes) {
  return offset + bytes <= image->file_bytes;
}

static bool check_headers(const program_t *program, const Elf32_Ehdr *header) {
  const image_t *image = program_image(program);
  if (header->e_phoff == 0 || header->e_phnum == 0)
    return program_fail(program, 0, "has no program headers: nothing to load");
  if (header->e_phentsize != sizeof(Elf32_Phdr) || header->e_phnum == PN_XNUM) {
    return program_fail(program, 0, "corrupt ELF header: %u program headers of %u bytes", header->e_phnum,
                        header->e_phentsize);
  }
  uint64_t bytes = (uint64_t)header->e_phnum * header->e_phentsize;
  if (!inside_file(image, header->e_phoff, bytes)) {
    return program_fail(program, 0, "truncated: the program headers are cut off (file has %zu bytes, they end at %llu)",
                        image->file_bytes, (unsigned long long)(header->e_phoff + bytes));
  }
  return true;
}

/* After the segments, so that the message names the first part that is missing: linkers write this table last. */
static bool check_section_headers(const program_t *program, const Elf32_Ehdr *header) {
  const image_t *image = program_image(program);
  if (header->e_shoff == 0 || header->e_shnum == 0) return true;
  if (header->e_shentsize != sizeof(Elf32_Shdr)) {
    return program_fail(program, 0, "corrupt ELF header: section headers of %u bytes", header->e_shentsize);
  }
  uint64_t bytes = (uint64_t)header->e_shnum * header->e_shentsize;
  if (!inside_file(image, header->e_shoff, bytes)) {
    return program_fail(program, 0, "truncated: the section headers are cut off (file has %zu bytes, they end at %llu)",
                        image->file_bytes, (unsigned long long)(header->e_shoff + bytes));
  }
  return true;
}

static bool check_segment(const program_t *program, const GElf_Phdr *header, size_t number) {
  const image_t *image = program_image(program);
  uint32_t address = (uint32_t)header->p_vaddr;
  if (!inside_file(image, header->p_offset, header->p_filesz)) {
    return program_fail(program, 0, "truncated: the contents of segment %zu (0x%08x) are cut off (file has %zu bytes)",
                        number, address, image->file_bytes);
  }
  if (header->p_filesz > header->p_memsz) {
    return program_fail(program, 0, "corrupt: segment %zu (0x%08x) has more bytes in the file than in memory", number,
                        address);
  }
  const uint64_t top = (uint64_t)1 << 32;
  if (header->p_vaddr + header->p_memsz > top || header->p_paddr + header->p_filesz > top) {
    return program_fail(program, 0, "corrupt: segment %zu (0x%08x) runs past the end of the address space", number,
                        address);
  }
  return true;
}

static bool read_segments(program_t *program, Elf *elf, size_t count) {
  image_t *image = program_image(program);
  if (!(program->segments = program_array(program, count, sizeof program->segments[0]))) return false;
  for (size_t i = 0; i < count; i++) {
    GElf_Phdr from;
    if (!gelf_getphdr(elf, (int)i, &from)) {
      return program_fail(program, 0, "corrupt program header %zu: %s", i, elf_errmsg(-1));
    }
    if (from.p_type != PT_LOAD || from.p_memsz == 0) continue;
    if (!check_segment(program, &from, i)) return false;
    program->segments[program->segment_count++] = (segment_t){
        .load_address = (uint32_t)from.p_paddr,
        .run_address = (uint32_t)from.p_vaddr,
        .file_bytes = (uint32_t)from.p_filesz,
        .memory_bytes = (uint32_t)from.p_memsz,
        .data = image->file + (from.p_filesz ? from.p_offset : 0),
        .writable = (from.p_flags & PF_W) != 0,
        .executable = (from.p_flags & PF_X) != 0,
    };
  }
  return program->segment_count ? true : program_fail(program, 0, "has no loadable segment");
}

/* The strings of section INDEX; *SIZE ends after its last NUL, so that every offset below it is a C string. */
static const char *string_table(const image_t *image, const GElf_Shdr *headers, size_t count, size_t index,
                                size_t *size) {
  *size = 0;
  if (index == 0 || index >= count || headers[index].sh_type != SHT_STRTAB) return NULL;
  if (!inside_file(image, headers[index].sh_offset, headers[index].sh_size)) return NULL;
  const char *text = (const char *)image->file + headers[index].sh_offset;
  const char *last = headers[index].sh_size ? memrchr(text, '\0', headers[index].sh_size) : NULL;
  if (last) *size = (size_t)(last - text) + 1;
  return text;
}

static section_kind_t section_kind(uint32_t type) {
  if (type == SHT_NOTE) return SECTION_NOTE;
  return type == SHT_ARM_ATTRIBUTES ? SECTION_ATTRIBUTES : SECTION_OTHER;
}

/* Section N of the file becomes sections[N]; section 0 is the empty one. */
static bool read_sections(program_t *program, const GElf_Shdr *headers, size_t count, size_t names_index) {
  image_t *image = program_image(program);
  if (!(image->sections = program_array(program, count, sizeof image->sections[0]))) return false;
  image->section_count = count;
  size_t names_bytes;
  const char *names = string_table(image, headers, count, names_index, &names_bytes);
  for (size_t i = 0; i < count; i++) {
    section_t *section = &image->sections[i];
    section->name = "";
    if (headers[i].sh_type == SHT_NULL) continue;
    if (headers[i].sh_name < names_bytes) section->name = names + headers[i].sh_name;
    section->address = (uint32_t)headers[i].sh_addr;
    section->bytes = (uint32_t)headers[i].sh_size;
    section->kind = section_kind(headers[i].sh_type);
    section->allocated = (headers[i].sh_flags & SHF_ALLOC) != 0;
    section->writable = (headers[i].sh_flags & SHF_WRITE) != 0;
    if (headers[i].sh_type == SHT_NOBITS) continue;
    if (!inside_file(image, headers[i].sh_offset, headers[i].sh_size)) {
      return program_fail(program, 0, "truncated: the contents of section %zu are cut off (file has %zu bytes)", i,
                          image->file_bytes);
    }
    section->data = image->file + headers[i].sh_offset;
  }
  return true;
}

static raw_symbol_t raw_symbol(const image_t *image, const GElf_Sym *from, const char *name) {
  unsigned type = GELF_ST_TYPE(from->st_info), binding = GELF_ST_BIND(from->st_info);
  raw_symbol_t symbol = {.name = name, .value = (uint32_t)from->st_value, .size = (uint32_t)from->st_size};
  if (type == STT_FUNC || type == STT_ARM_TFUNC_OLD) {
    symbol.kind = SYMBOL_FUNCTION;
    symbol.value &= ~1u;
  } else if (type == STT_OBJECT) {
    symbol.kind = SYMBOL_OBJECT;
  }
  symbol.binding = binding == STB_LOCAL ? BINDING_LOCAL : binding == STB_WEAK ? BINDING_WEAK : BINDING_GLOBAL;
  if (from->st_shndx < image->section_count) symbol.section = &image->sections[from->st_shndx];
  return symbol;
}

static bool read_symbols(program_t *program, Elf *elf, const GElf_Shdr *headers, size_t count) {
  image_t *image = program_image(program);
  size_t table = 0;
  while (table < count && headers[table].sh_type != SHT_SYMTAB)
    table++;
  if (table == count) return true;
  Elf_Data *data = elf_getdata(elf_getscn(elf, table), NULL);
  if (!data) return program_fail(program, 0, "corrupt symbol table: %s", elf_errmsg(-1));
  size_t names_bytes;
  const char *names = string_table(image, headers, count, headers[table].sh_link, &names_bytes);
  if (!names) return program_fail(program, 0, "corrupt symbol table: it has no string table");
  size_t total = data->d_buf ? data->d_size / sizeof(Elf32_Sym) : 0;
  if (!(image->symbols = program_array(program, total, sizeof image->symbols[0]))) return false;
  for (size_t i = 1; i < total; i++) {
    GElf_Sym from;
    if (!gelf_getsym(data, (int)i, &from)) continue;
    unsigned type = GELF_ST_TYPE(from.st_info);
    if (from.st_shndx == SHN_UNDEF || type == STT_FILE || type == STT_SECTION) continue;
    if (from.st_name >= names_bytes || names[from.st_name] == '\0') continue;
    raw_symbol_t symbol = raw_symbol(image, &from, names + from.st_name);
    symbol.order = (uint32_t)i;
    image->symbols[image->symbol_count++] = symbol;
  }
  return true;
}

/* NULL after a message. */
static GElf_Shdr *copy_section_headers(const program_t *program, Elf *elf, size_t count) {
  GElf_Shdr *headers = program_array(program, count, sizeof *headers);
  for (size_t i = 0; headers && i < count; i++) {
    Elf_Scn *section = elf_getscn(elf, i);
    if (section && gelf_getshdr(section, &headers[i])) continue;
    program_fail(program, 0, "corrupt section header %zu: %s", i, elf_errmsg(-1));
    free(headers);
    headers = NULL;
  }
  return headers;
}

static bool read_all(program_t *program, Elf *elf, const Elf32_Ehdr *header) {
  if (elf_kind(elf) != ELF_K_ELF) return program_fail(program, 0, "corrupt ELF header");
  if (!read_segments(program, elf, header->e_phnum) || !check_section_headers(program, header)) return false;
  program->entry = header->e_entry;
  size_t count = header->e_shoff ? header->e_shnum : 0;
  if (count == 0) return true; /* stripped of its section headers as well: runs all the same */
  GElf_Shdr *headers = copy_section_headers(program, elf, count);
  bool good = headers && read_sections(program, headers, count, header->e_shstrndx) &&
              read_symbols(program, elf, headers, count);
  free(headers);
  return good;
}

bool program_read_elf(program_t *program) {
  image_t *image = program_image(program);
  Elf32_Ehdr header;
  if (image->file_bytes < sizeof header) {
    return program_fail(program, 0, "truncated: the ELF header is cut off (file has %zu of its %zu bytes)",
                        image->file_bytes, sizeof header);
  }
  memcpy(&header, image->file, sizeof header);
  if (!check_target(program, &header) || !check_headers(program, &header)) return false;
  elf_version(EV_CURRENT);
  Elf *elf = elf_memory((char *)image->file, image->file_bytes);
  if (!elf) return program_fail(program, 0, "not a usable ELF file: %s", elf_errmsg(-1));
  bool good = read_all(program, elf, &header);
  elf_end(elf);
  return good;
}
