/* Bit-band aliases of the Cortex-M4: each word there is one bit of the SRAM or peripheral region below. [ARMv7-M B3.1;
   Cortex-M4 TRM 3.7]

   A read gives the bit, a write replaces it by bit 0 of what is written, as a read-modify-write of the bit's word. */
#include "machine/machine_private.h"

#include "base/diag.h"

enum { ALIAS_OFFSET = 0x02000000u, ALIAS_BYTES = 0x02000000u, WORD_BITS = 32, WORD_BYTES = 4 };
static const uint32_t regions[] = {0x20000000u, 0x40000000u};

/* The chip's peripherals may have the whole window already; its accesses come here first (io.c). */
static bool is_mapped(const machine_t *m, uint32_t address) {
  uint32_t base, bytes;
  for (size_t i = 0; peripherals_range(m->peripherals, i, &base, &bytes); i++) {
    if (address - base < bytes) return true;
  }
  return false;
}

bool bit_band_build(machine_t *m) {
  for (unsigned i = 0; i < sizeof regions / sizeof regions[0]; i++) {
    if (is_mapped(m, regions[i] + ALIAS_OFFSET)) continue;
    if (engine_map_io(m->engine, regions[i] + ALIAS_OFFSET, ALIAS_BYTES)) continue;
    diag_error("cannot map the bit-band alias at 0x%08x", (unsigned)(regions[i] + ALIAS_OFFSET));
    return false;
  }
  m->bit_band = true;
  return true;
}

/* The word and bit behind ALIAS; false: it is no alias. */
static bool find_bit(const machine_t *m, uint32_t alias, uint32_t *word, unsigned *bit) {
  for (unsigned i = 0; m->bit_band && i < sizeof regions / sizeof regions[0]; i++) {
    uint32_t offset = alias - regions[i] - ALIAS_OFFSET;
    if (offset >= ALIAS_BYTES) continue;
    *word = regions[i] + offset / (WORD_BITS * WORD_BYTES) * WORD_BYTES;
    *bit = offset / WORD_BYTES % WORD_BITS;
    return true;
  }
  return false;
}

static bool read_word(machine_t *m, uint32_t word, uint32_t *value) {
  if (memory_map_find(&m->map, word)) return memory_read(m, word, value, sizeof *value);
  if (!is_mapped(m, word)) return false;
  *value = io_read(m, word, sizeof *value);
  return true;
}

void bit_band_check(machine_t *m, uint32_t alias, unsigned bytes, bool write) {
  uint32_t word;
  unsigned bit;
  if (!find_bit(m, alias, &word, &bit) || memory_map_find(&m->map, word) || is_mapped(m, word)) return;
  refuse_access(m, alias, bytes, write, CFSR_PRECISERR | CFSR_BFARVALID,
                "access to 0x%08x, the bit-band alias of 0x%08x, where there is nothing, at %s", (unsigned)alias,
                (unsigned)word, describe_address(m, m->pending->insn.address));
}

bool bit_band_read(machine_t *m, uint32_t alias, uint32_t *value) {
  uint32_t word;
  unsigned bit;
  if (!find_bit(m, alias, &word, &bit)) return false;
  *value = 0;
  if (read_word(m, word, value)) *value = *value >> bit & 1u;
  return true;
}

bool bit_band_write(machine_t *m, uint32_t alias, uint32_t value) {
  uint32_t word, old = 0;
  unsigned bit;
  if (!find_bit(m, alias, &word, &bit)) return false;
  if (!read_word(m, word, &old)) return true;
  uint32_t changed = (old & ~(1u << bit)) | (value & 1u) << bit;
  if (!memory_map_find(&m->map, word)) {
    io_write(m, word, sizeof changed, changed);
  } else {
    memory_write(m, word, &changed, sizeof changed);
  }
  return true;
}
