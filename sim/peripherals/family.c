/* Reads configs/peripherals/NAME.yaml. The schema says what may stand there; what it cannot say is checked here, row by
   row in the order of the file, so that a message can name the line. */
#include "peripherals/family.h"

#include "base/diag.h"
#include "base/yaml.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
  char *name, *offset, *count, *reset, *writable, *ones, *zeros, *clear_by_one, *follow, *sets, *clears, *puts, *src,
      *note;
  int grade;
} file_register_t;

typedef struct {
  char *name;
  file_register_t *registers;
  unsigned registers_count;
} file_layout_t;

typedef struct {
  char *name, *base, *bytes, *layout, *select, *irqs, *src, *note;
  int device, bus, grade;
} file_block_t;

typedef struct {
  char *name, *title, *fixed_hz, *hse_hz;
  int tree;
  file_block_t *blocks;
  unsigned blocks_count;
  file_layout_t *layouts;
  unsigned layouts_count;
} file_family_t;

static const cyaml_strval_t device_words[] = {{"none", DEVICE_NONE},
                                              {"rcc", DEVICE_RCC},
                                              {"usart_old", DEVICE_USART_OLD},
                                              {"usart", DEVICE_USART},
                                              {"lpuart", DEVICE_LPUART},
                                              {"timer16", DEVICE_TIMER16},
                                              {"timer32", DEVICE_TIMER32},
                                              {"dma_streams", DEVICE_DMA_STREAMS},
                                              {"dma_channels", DEVICE_DMA_CHANNELS},
                                              {"crc", DEVICE_CRC},
                                              {"rng", DEVICE_RNG},
                                              {"gpio", DEVICE_GPIO},
                                              {"flash_size", DEVICE_FLASH_SIZE},
                                              {"idcode", DEVICE_IDCODE},
                                              {"nrf_uart", DEVICE_NRF_UART},
                                              {"nrf_timer", DEVICE_NRF_TIMER},
                                              {"nrf_rtc", DEVICE_NRF_RTC},
                                              {"nrf_rng", DEVICE_NRF_RNG}};
static const cyaml_strval_t bus_words[] = {{"core", BUS_CORE},  {"ahb", BUS_AHB},   {"apb1", BUS_APB1},
                                           {"apb2", BUS_APB2},  {"apb4", BUS_APB4}, {"16mhz", BUS_16MHZ},
                                           {"32khz", BUS_32KHZ}};
static const cyaml_strval_t tree_words[] = {{"fixed", TREE_FIXED},     {"stm32f3", TREE_STM32F3},
                                            {"stm32f4", TREE_STM32F4}, {"stm32l4", TREE_STM32L4},
                                            {"stm32wb", TREE_STM32WB}, {"stm32h7", TREE_STM32H7}};
/* For the reader of the file; nothing is computed from it. */
static const cyaml_strval_t grade_words[] = {{"documented", 0}, {"measured", 1}, {"inferred", 2}, {"assumed", 3}};

static const cyaml_schema_field_t register_fields[] = {
    YAMLFILE_WORD("name", YAMLFILE_MUST, file_register_t, name),
    YAMLFILE_WORD("offset", YAMLFILE_MUST, file_register_t, offset),
    YAMLFILE_WORD("count", YAMLFILE_MAY, file_register_t, count),
    YAMLFILE_WORD("reset", YAMLFILE_MAY, file_register_t, reset),
    YAMLFILE_WORD("writable", YAMLFILE_MAY, file_register_t, writable),
    YAMLFILE_WORD("ones", YAMLFILE_MAY, file_register_t, ones),
    YAMLFILE_WORD("zeros", YAMLFILE_MAY, file_register_t, zeros),
    YAMLFILE_WORD("clear_by_one", YAMLFILE_MAY, file_register_t, clear_by_one),
    YAMLFILE_WORD("follow", YAMLFILE_MAY, file_register_t, follow),
    YAMLFILE_WORD("sets", YAMLFILE_MAY, file_register_t, sets),
    YAMLFILE_WORD("clears", YAMLFILE_MAY, file_register_t, clears),
    YAMLFILE_WORD("puts", YAMLFILE_MAY, file_register_t, puts),
    YAMLFILE_WORD("src", YAMLFILE_MUST, file_register_t, src),
    YAMLFILE_ENUM("grade", YAMLFILE_MUST, file_register_t, grade, grade_words),
    YAMLFILE_WORD("note", YAMLFILE_MAY, file_register_t, note),
    CYAML_FIELD_END};
static const cyaml_schema_value_t register_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, file_register_t, register_fields)};
static const cyaml_schema_field_t layout_fields[] = {
    YAMLFILE_WORD("name", YAMLFILE_MUST, file_layout_t, name),
    YAMLFILE_LIST("registers", file_layout_t, registers, &register_entry), CYAML_FIELD_END};
static const cyaml_schema_value_t layout_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, file_layout_t, layout_fields)};
static const cyaml_schema_field_t block_fields[] = {
    YAMLFILE_WORD("name", YAMLFILE_MUST, file_block_t, name),
    YAMLFILE_WORD("base", YAMLFILE_MUST, file_block_t, base),
    YAMLFILE_WORD("bytes", YAMLFILE_MUST, file_block_t, bytes),
    YAMLFILE_WORD("layout", YAMLFILE_MAY, file_block_t, layout),
    YAMLFILE_ENUM("device", YAMLFILE_MAY, file_block_t, device, device_words),
    YAMLFILE_ENUM("clock", YAMLFILE_MAY, file_block_t, bus, bus_words),
    YAMLFILE_WORD("select", YAMLFILE_MAY, file_block_t, select),
    YAMLFILE_WORD("irqs", YAMLFILE_MAY, file_block_t, irqs),
    YAMLFILE_WORD("src", YAMLFILE_MUST, file_block_t, src),
    YAMLFILE_ENUM("grade", YAMLFILE_MUST, file_block_t, grade, grade_words),
    YAMLFILE_WORD("note", YAMLFILE_MAY, file_block_t, note),
    CYAML_FIELD_END};
static const cyaml_schema_value_t block_entry = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, file_block_t, block_fields)};
static const cyaml_schema_field_t family_fields[] = {
    YAMLFILE_WORD("name", YAMLFILE_MUST, file_family_t, name),
    YAMLFILE_WORD("title", YAMLFILE_MUST, file_family_t, title),
    YAMLFILE_ENUM("clock_tree", YAMLFILE_MUST, file_family_t, tree, tree_words),
    YAMLFILE_WORD("fixed_hz", YAMLFILE_MAY, file_family_t, fixed_hz),
    YAMLFILE_WORD("hse_hz", YAMLFILE_MAY, file_family_t, hse_hz),
    YAMLFILE_LIST("blocks", file_family_t, blocks, &block_entry),
    YAMLFILE_LIST("layouts", file_family_t, layouts, &layout_entry),
    CYAML_FIELD_END};
static const cyaml_schema_value_t family_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, file_family_t, family_fields)};

/* The largest block: what lies behind it must fit a 16-bit word index. */
enum { BLOCK_BYTES_MAX = 0x40000, REGISTERS_IN_A_ROW_MAX = 1024 };

typedef struct {
  file_family_t *file;
  layout_t *layouts;
  unsigned layout_count;
} private_t;

/* A row of the file: its text from START to END. */
typedef struct {
  const yamlfile_t *text;
  size_t start, end;
} row_t;

/* Rows come in the order of the file, and each begins with its name. */
static void next_row(row_t *row) {
  row->start = row->end;
  size_t behind = row->start < row->text->length ? row->start + 1 : row->start;
  row->end = yamlfile_find_key(row->text, behind, row->text->length, "name");
}

static bool refuse(const row_t *row, const char *key, const char *what, const char *word) {
  yamlfile_error_at(row->text, yamlfile_find_key(row->text, row->start, row->end, key), "%s: '%.40s' %s", key, word,
                    what);
  return false;
}

/* WORD may be NULL: the value stays. */
static bool number(const row_t *row, const char *key, const char *word, unsigned long max, uint32_t *value) {
  unsigned long read = 0;
  if (!word) return true;
  if (!yamlfile_number(word, max, &read)) return refuse(row, key, "is no whole number, or too large", word);
  *value = (uint32_t)read;
  return true;
}

static const file_register_t *find_register(const file_layout_t *layout, const char *name, size_t length) {
  for (unsigned i = 0; i < layout->registers_count; i++) {
    const char *other = layout->registers[i].name;
    if (strlen(other) == length && strncmp(other, name, length) == 0) return &layout->registers[i];
  }
  return NULL;
}

static bool word_of(const row_t *row, const char *key, const file_layout_t *layout, const char *name, size_t length,
                    uint16_t *word) {
  const file_register_t *found = find_register(layout, name, length);
  unsigned long offset = 0;
  if (!found || !yamlfile_number(found->offset, BLOCK_BYTES_MAX - 4, &offset)) {
    char text[48];
    snprintf(text, sizeof text, "%.*s", (int)(length < 40 ? length : 40), name);
    return refuse(row, key, "is no register of this layout", text);
  }
  *word = (uint16_t)(offset / 4);
  return true;
}

/* "hi:lo" or "bit". */
static bool parse_bits(const char *text, unsigned *high, unsigned *low, const char **end) {
  char *behind;
  if (*text < '0' || *text > '9') return false;
  *high = *low = (unsigned)strtoul(text, &behind, 10);
  if (*behind == ':') {
    if (behind[1] < '0' || behind[1] > '9') return false;
    *low = (unsigned)strtoul(behind + 1, &behind, 10);
  }
  *end = behind;
  return *high < 32 && *low <= *high;
}

static const char *skip_blanks(const char *at) { return at + strspn(at, " "); }

/* "16>17 1:0>3:2 CR.16>16": bits of this or of another register of the block, and where they appear. */
static bool parse_follow(const row_t *row, const file_layout_t *layout, const char *text, register_row_t *to) {
  for (const char *at = skip_blanks(text); *at; at = skip_blanks(at)) {
    unsigned high, low, to_high, to_low;
    const char *dot = at + strcspn(at, ". ");
    uint16_t word = (uint16_t)(to->offset / 4);
    if (*dot == '.') {
      if (!word_of(row, "follow", layout, at, (size_t)(dot - at), &word)) return false;
      at = dot + 1;
    }
    if (!parse_bits(at, &high, &low, &at) || *at++ != '>' || !parse_bits(at, &to_high, &to_low, &at) ||
        (*at && *at != ' ') || high - low != to_high - to_low || to->follow_count == FOLLOWS_MAX) {
      return refuse(row, "follow", "is not of the form '16>17 1:0>3:2 NAME.16>16' with fields of one width", text);
    }
    to->follows[to->follow_count++] = (follow_t){word, (uint8_t)low, (uint8_t)to_low, (uint8_t)(high - low + 1)};
  }
  return true;
}

/* "EVENTS_STARTED=1 CR.31=0": values that other registers, or one bit of them, take. */
static bool parse_puts(const row_t *row, const file_layout_t *layout, const char *text, register_row_t *to) {
  for (const char *at = skip_blanks(text); *at; at = skip_blanks(at)) {
    size_t length = strcspn(at, ".= ");
    put_t put = {.clear = UINT32_MAX};
    if (!word_of(row, "puts", layout, at, length, &put.word)) return false;
    at += length;
    unsigned bit = 32, low = 32;
    bool good = *at != '.' || (parse_bits(at + 1, &bit, &low, &at) && bit == low);
    char value[16] = "";
    unsigned long read = 0;
    good = good && *at == '=' && sscanf(at + 1, "%15[0-9a-fA-Fx]", value) == 1 &&
           yamlfile_number(value, bit < 32 ? 1 : UINT32_MAX, &read);
    if (!good || to->put_count == PUTS_MAX) {
      return refuse(row, "puts", "is not of the form 'NAME=1 NAME.31=0'", text);
    }
    at += 1 + strlen(value);
    put.clear = bit < 32 ? UINT32_C(1) << bit : UINT32_MAX;
    put.set = (uint32_t)read << (bit < 32 ? bit : 0);
    to->puts[to->put_count++] = put;
  }
  return true;
}

static bool load_register(const row_t *row, const file_layout_t *layout, const file_register_t *from,
                          register_row_t *to) {
  *to =
      (register_row_t){.name = from->name, .count = 1, .writable = UINT32_MAX, .sets = WORD_NONE, .clears = WORD_NONE};
  if (!number(row, "offset", from->offset, BLOCK_BYTES_MAX - 4, &to->offset) ||
      !number(row, "count", from->count, REGISTERS_IN_A_ROW_MAX, &to->count) ||
      !number(row, "reset", from->reset, UINT32_MAX, &to->reset) ||
      !number(row, "writable", from->writable, UINT32_MAX, &to->writable) ||
      !number(row, "ones", from->ones, UINT32_MAX, &to->ones) ||
      !number(row, "zeros", from->zeros, UINT32_MAX, &to->zeros) ||
      !number(row, "clear_by_one", from->clear_by_one, UINT32_MAX, &to->clear_by_one)) {
    return false;
  }
  if (to->offset % 4) return refuse(row, "offset", "is not a multiple of 4", from->offset);
  if (to->count == 0) return refuse(row, "count", "is too few", from->count);
  if (to->ones & to->zeros) return refuse(row, "zeros", "has bits in common with 'ones'", from->zeros);
  if (find_register(layout, from->name, strlen(from->name)) != from) {
    return refuse(row, "name", "is listed already", from->name);
  }
  if (from->sets && !word_of(row, "sets", layout, from->sets, strlen(from->sets), &to->sets)) return false;
  if (from->clears) {
    size_t length = strcspn(from->clears, ">");
    if (strcmp(from->clears + length, ">>16") == 0) to->clears_shift = 16;
    if (from->clears[length] && !to->clears_shift) {
      return refuse(row, "clears", "is not of the form NAME or NAME>>16", from->clears);
    }
    if (!word_of(row, "clears", layout, from->clears, length, &to->clears)) return false;
  }
  return (!from->follow || parse_follow(row, layout, from->follow, to)) &&
         (!from->puts || parse_puts(row, layout, from->puts, to));
}

static bool load_layout(row_t *row, const file_layout_t *from, private_t *all) {
  for (unsigned i = 0; i < all->layout_count; i++) {
    if (strcmp(all->layouts[i].name, from->name) == 0) return refuse(row, "name", "is listed already", from->name);
  }
  layout_t *to = &all->layouts[all->layout_count++];
  *to = (layout_t){.name = from->name, .registers = calloc(from->registers_count, sizeof *to->registers)};
  if (!to->registers) {
    diag_error("out of memory");
    return false;
  }
  for (unsigned i = 0; i < from->registers_count; i++) {
    next_row(row);
    if (!load_register(row, from, &from->registers[i], &to->registers[i])) return false;
    to->register_count++;
  }
  return true;
}

static bool parse_irqs(const row_t *row, const char *text, block_t *to) {
  for (const char *at = text; *at;) {
    char word[8] = "";
    int length = 0;
    unsigned long value = 0;
    if (sscanf(at, "%7[0-9]%n", word, &length) != 1 || (at[length] && at[length] != ' ') ||
        !yamlfile_number(word, 479, &value) || to->irq_count == IRQS_MAX) { /* 480 lines at most [ARMv7-M B3.4] */
      return refuse(row, "irqs", "is no list of up to 16 interrupt numbers from 0 to 479", text);
    }
    to->irqs[to->irq_count++] = (uint16_t)value;
    at = skip_blanks(at + length);
  }
  return true;
}

/* "0x90.6": register offset and lowest bit. */
static bool parse_select(const row_t *row, const char *text, block_t *to) {
  unsigned offset = 0, bit = 0;
  int length = 0;
  if (sscanf(text, "0x%3x.%2u%n", &offset, &bit, &length) != 2 || text[length] || offset % 4 || bit > 31) {
    return refuse(row, "select", "is not of the form 0x90.6", text);
  }
  to->select_offset = (uint16_t)offset;
  to->select_bit = (uint8_t)bit;
  return true;
}

static bool load_block(const row_t *row, const file_block_t *from, block_t *to) {
  *to = (block_t){
      .name = from->name, .device = (device_kind_t)from->device, .bus = (bus_t)from->bus, .select_offset = WORD_NONE};
  if (!number(row, "base", from->base, UINT32_MAX, &to->base) ||
      !number(row, "bytes", from->bytes, BLOCK_BYTES_MAX, &to->bytes)) {
    return false;
  }
  if (to->base % 4) return refuse(row, "base", "is not a multiple of 4", from->base);
  if (to->bytes == 0 || to->bytes % 4 || (uint64_t)to->base + to->bytes > UINT64_C(1) << 32) {
    return refuse(row, "bytes", "is empty, no multiple of 4, or ends above 4 GiB", from->bytes);
  }
  return (!from->irqs || parse_irqs(row, from->irqs, to)) && (!from->select || parse_select(row, from->select, to));
}

/* A block has the layout it names, else the one of its own name. */
static bool join_layout(const row_t *row, const file_block_t *from, const private_t *all, block_t *to) {
  const char *wanted = from->layout ? from->layout : from->name;
  for (unsigned i = 0; i < all->layout_count; i++) {
    if (strcmp(all->layouts[i].name, wanted) != 0) continue;
    to->layout = &all->layouts[i];
    for (unsigned k = 0; k < to->layout->register_count; k++) {
      const register_row_t *reg = &to->layout->registers[k];
      if (reg->offset + 4 * reg->count > to->bytes) {
        return refuse(row, "bytes", "does not reach the last register of its layout", from->bytes);
      }
    }
  }
  if (from->layout && !to->layout) return refuse(row, "layout", "is not listed", from->layout);
  return true;
}

static bool load_blocks(row_t *row, const file_family_t *file, family_t *family) {
  for (unsigned i = 0; i < file->blocks_count; i++) {
    next_row(row);
    block_t *block = &family->blocks[i];
    if (!load_block(row, &file->blocks[i], block)) return false;
    if (i > 0 && block->base < (uint64_t)block[-1].base + block[-1].bytes) {
      return refuse(row, "base", "lies inside or below the block before", file->blocks[i].base);
    }
    family->block_count++;
  }
  return true;
}

static bool load_family(const yamlfile_t *text, const char *name, family_t *family, private_t *all) {
  file_family_t *file = all->file = yamlfile_load(text, &family_schema);
  if (!file) return false;
  row_t row = {text, 0, 0};
  next_row(&row); /* up to the first block */
  family->name = file->name;
  family->title = file->title;
  family->tree = (clock_tree_t)file->tree;
  if (strcmp(file->name, name) != 0) return refuse(&row, "name", "is not the name of this file", file->name);
  if (!number(&row, "fixed_hz", file->fixed_hz, UINT32_MAX, &family->fixed_hz) ||
      !number(&row, "hse_hz", file->hse_hz, UINT32_MAX, &family->hse_hz)) {
    return false;
  }
  if (family->tree == TREE_FIXED && family->fixed_hz == 0) {
    return refuse(&row, "clock_tree", "needs a fixed_hz", "fixed");
  }
  family->blocks = calloc(file->blocks_count, sizeof *family->blocks);
  all->layouts = calloc(file->layouts_count, sizeof *all->layouts);
  if (!family->blocks || !all->layouts) {
    diag_error("out of memory");
    return false;
  }
  row_t blocks = row;
  if (!load_blocks(&row, file, family)) return false;
  for (unsigned i = 0; i < file->layouts_count; i++) {
    next_row(&row);
    if (!load_layout(&row, &file->layouts[i], all)) return false;
  }
  for (unsigned i = 0; i < file->blocks_count; i++) {
    next_row(&blocks);
    if (!join_layout(&blocks, &file->blocks[i], all, &family->blocks[i])) return false;
  }
  yamlfile_hash(text, 1, family->hash);
  return true;
}

family_t *family_load(const char *directory, const char *name) {
  yamlfile_t text;
  if (!yamlfile_read(&text, directory, name)) return NULL;
  family_t *family = calloc(1, sizeof *family);
  private_t *all = calloc(1, sizeof *all);
  if (!family || !all) {
    diag_error("out of memory");
    free(family);
    free(all);
    family = NULL;
  } else {
    family->private_data = all;
    if (!load_family(&text, name, family, all)) {
      family_free(family);
      family = NULL;
    }
  }
  yamlfile_close(&text);
  return family;
}

void family_free(family_t *family) {
  if (!family) return;
  private_t *all = family->private_data;
  for (unsigned i = 0; i < all->layout_count; i++)
    free(all->layouts[i].registers);
  free(all->layouts);
  yamlfile_free(all->file, &family_schema);
  free(all);
  free(family->blocks);
  free(family);
}
