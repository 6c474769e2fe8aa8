/* The private peripheral bus: finds the row of a register and applies byte lanes. What a register does is said by the
   row, in the file of its unit: itm.c (and the other trace and debug units), dwt.c, systick.c, scb.c, nvic.c, mpu.c.

   Not modelled: privilege (every access counts as privileged) and accesses that cross a word (they read zero and are
   ignored; silicon faults). */
#include "machine/scs_private.h"

#include <assert.h>
#include <stdlib.h>

static const uint32_t page_bases[SCS_PAGES] = {
    0xE0000000, 0xE0001000, 0xE0002000, 0xE000E000, 0xE0040000, 0xE0042000, 0xE00FF000,
};

static int page_of(uint32_t address) {
  for (int page = 0; page < SCS_PAGES; page++) {
    if (page_bases[page] == (address & ~0xFFFu)) return page;
  }
  return -1;
}

static unsigned slot_of(uint32_t address) { return (address & 0xFFFu) / 4; }

uint32_t *scs_word(scs_t *scs, uint32_t address) {
  int page = page_of(address);
  assert(page >= 0);
  return &scs->words[page][slot_of(address)];
}

uint32_t scs_peek(const scs_t *scs, uint32_t address) {
  int page = page_of(address);
  assert(page >= 0);
  return scs->words[page][slot_of(address)];
}

void reg_store(scs_t *scs, const reg_t *reg, const reg_access_t *access) {
  uint32_t *word = scs_word(scs, access->address);
  uint32_t bits = reg->mask & access->lanes;
  *word = (*word & ~bits) | (access->value & bits);
}

void reg_write_one_clears(scs_t *scs, const reg_t *reg, const reg_access_t *access) {
  *scs_word(scs, access->address) &= ~(access->value & reg->mask & access->lanes);
}

static void install(scs_t *scs, const reg_t *table) {
  unsigned core = scs->config.m7 ? ON_M7 : ON_M4;
  for (const reg_t *reg = table; reg->words; reg++) {
    if (!(reg->cores & core)) continue;
    int page = page_of(reg->address);
    assert(page >= 0);
    unsigned slot = slot_of(reg->address);
    for (uint32_t i = 0; i < reg->words; i++) {
      assert(!scs->rows[page][slot + i]); /* two rows for one register of one core */
      scs->rows[page][slot + i] = reg;
      scs->words[page][slot + i] = reg->reset;
    }
  }
}

scs_t *scs_new(const scs_config_t *config) {
  scs_t *scs = calloc(1, sizeof *scs);
  if (!scs) return NULL;
  scs->config = *config;
  if (!scs->config.icache_kib) scs->config.icache_kib = 16;
  if (!scs->config.dcache_kib) scs->config.dcache_kib = 16;
  unsigned bits = config->priority_bits ? config->priority_bits : 4;
  if (bits > 8) bits = 8;
  scs->priority_mask = ((0xFF00u >> bits) & 0xFFu) * 0x01010101u;

  install(scs, itm_registers);
  install(scs, dwt_registers);
  install(scs, systick_registers);
  install(scs, scb_registers);
  install(scs, nvic_registers);
  install(scs, mpu_registers);
  if (config->cpuid) *scs_word(scs, SCB_CPUID) = config->cpuid;
  *scs_word(scs, SCB_VTOR) = config->vector_table & 0xFFFFFF80u;
  scs->dwt_locked = config->m7;
  scs->itm_locked = true;
  return scs;
}

void scs_free(scs_t *scs) { free(scs); }

static const reg_t *find(const scs_t *scs, uint32_t address) {
  int page = page_of(address);
  return page < 0 ? NULL : scs->rows[page][slot_of(address)];
}

static uint32_t lanes_of(uint32_t address, unsigned size) {
  uint32_t bits = size == 1 ? 0xFFu : size == 2 ? 0xFFFFu : 0xFFFFFFFFu;
  return bits << (address % 4 * 8);
}

static bool within_word(uint32_t address, unsigned size) {
  return (size == 1 || size == 2 || size == 4) && address % 4 + size <= 4;
}

uint32_t scs_read(scs_t *scs, uint32_t address, unsigned size, uint64_t now) {
  const reg_t *reg = find(scs, address);
  if (!reg || !within_word(address, size)) return 0;
  reg_access_t access = {.address = address & ~3u, .lanes = lanes_of(address, size), .now = now};
  uint32_t word = reg->read ? reg->read(scs, &access) : scs_peek(scs, access.address);
  return (word & access.lanes) >> (address % 4 * 8);
}

void scs_write(scs_t *scs, uint32_t address, unsigned size, uint32_t value, uint64_t now) {
  const reg_t *reg = find(scs, address);
  if (!reg || !within_word(address, size)) return;
  reg_access_t access = {.address = address & ~3u, .lanes = lanes_of(address, size), .now = now};
  access.value = (value << (address % 4 * 8)) & access.lanes;
  if (reg->write) {
    reg->write(scs, reg, &access);
  } else {
    reg_store(scs, reg, &access);
  }
}

bool scs_is_timer(uint32_t address) {
  switch (address & ~3u) {
  case DWT_CTRL:
  case DWT_CYCCNT:
  case DCB_DEMCR:
  case SYST_CSR:
  case SYST_RVR:
  case SYST_CVR:
  case SCB_ICSR: return true;
  default: return false;
  }
}

/* 1 grants privileged code only; 2 is reserved and grants nothing one could rely on. */
bool scs_fpu_enabled(const scs_t *scs) {
  uint32_t cpacr = scs_peek(scs, SCB_CPACR);
  uint32_t cp10 = cpacr >> 20 & 3, cp11 = cpacr >> 22 & 3;
  return cp10 & 1 && cp11 & 1;
}

uint32_t scs_vtor(const scs_t *scs) { return scs_peek(scs, SCB_VTOR); }

/* On the M4 these bits of CCR are not writable and stay 0. */
bool scs_dcache_enabled(const scs_t *scs) { return scs_peek(scs, SCB_CCR) >> 16 & 1; }
bool scs_icache_enabled(const scs_t *scs) { return scs_peek(scs, SCB_CCR) >> 17 & 1; }
