/* The clocks of a chip, read from the clock unit's registers as the firmware has set them. One function a clock tree;
   fields as in the RCC chapters of RM0316 (F3), RM0090 (F4), RM0385 (F7), RM0351 and RM0432 (L4, L4+), RM0434 (WB),
   RM0433 (H7) and the RCC_*_Pos names of the CMSIS headers.

   Not modelled: the time an oscillator takes to start, PLL jitter, clock security, the audio and USB clocks. */
#include "peripherals/peripherals_private.h"

enum { MHZ = 1000000, HSI8_HZ = 8 * MHZ, HSI16_HZ = 16 * MHZ, HSI64_HZ = 64 * MHZ, CSI_HZ = 4 * MHZ };

static uint32_t bits(uint32_t value, unsigned high, unsigned low) {
  return (value >> low) & ((2u << (high - low)) - 1);
}

static uint64_t reg(const peripherals_t *p, uint32_t offset) { return *unit_word(p->rcc, offset); }

static uint64_t divided(uint64_t hz, uint64_t divisor) { return divisor ? hz / divisor : 0; }

/* HPRE: 0xxx /1, 1000 /2 up to 1111 /512, without /32. */
static uint64_t ahb_divisor(uint32_t code) {
  static const uint16_t divisors[] = {2, 4, 8, 16, 64, 128, 256, 512};
  return code < 8 ? 1 : divisors[code & 7];
}

/* PPRE: 0xx /1, 100 /2 up to 111 /16. */
static uint64_t apb_divisor(uint32_t code) { return code < 4 ? 1 : UINT64_C(2) << (code & 3); }

/* A timer gets the bus clock, or twice it where the bus is divided; with TIMPRE four times, up to the AHB clock. */
static uint64_t timer_hz(uint64_t ahb, uint64_t apb, bool timpre) {
  uint64_t divisor = divided(ahb, apb);
  if (!timpre) return divisor <= 1 ? apb : 2 * apb;
  return divisor <= 4 ? ahb : 4 * apb;
}

static void buses(clocks_t *c, uint32_t ppre1, uint32_t ppre2, bool timpre) {
  c->apb1 = c->ahb / apb_divisor(ppre1);
  c->apb2 = c->ahb / apb_divisor(ppre2);
  c->timers1 = timer_hz(c->ahb, c->apb1, timpre);
  c->timers2 = timer_hz(c->ahb, c->apb2, timpre);
}

/* RM0316: the PLL multiplies half of HSI, or HSI (F303xD and E) or HSE over PREDIV, by 2 to 16. */
static void decode_f3(const peripherals_t *p, clocks_t *c, uint64_t hse) {
  enum { CFGR = 0x04, CFGR2 = 0x2C, MULTIPLIER_MAX = 16 };
  uint32_t cfgr = (uint32_t)reg(p, CFGR), multiplier = bits(cfgr, 21, 18) + 2;
  uint64_t predivided = (bits(cfgr, 16, 16) ? hse : HSI8_HZ) / (bits((uint32_t)reg(p, CFGR2), 3, 0) + 1);
  uint64_t input = bits(cfgr, 16, 15) ? predivided : HSI8_HZ / 2;
  uint64_t pll = input * (multiplier < MULTIPLIER_MAX ? multiplier : MULTIPLIER_MAX);
  uint64_t sources[] = {HSI8_HZ, hse, pll, 0};
  c->hsi = HSI8_HZ;
  c->system = sources[bits(cfgr, 1, 0)];
  c->core = c->ahb = c->system / ahb_divisor(bits(cfgr, 7, 4));
  buses(c, bits(cfgr, 10, 8), bits(cfgr, 13, 11), false);
}

static void decode_f4(const peripherals_t *p, clocks_t *c, uint64_t hse) {
  enum { PLLCFGR = 0x04, CFGR = 0x08, DCKCFGR = 0x8C };
  uint32_t pll = (uint32_t)reg(p, PLLCFGR), cfgr = (uint32_t)reg(p, CFGR);
  uint64_t vco = divided(bits(pll, 22, 22) ? hse : HSI16_HZ, bits(pll, 5, 0)) * bits(pll, 14, 6);
  uint64_t sources[] = {HSI16_HZ, hse, vco / (2 * (bits(pll, 17, 16) + 1)), divided(vco, bits(pll, 30, 28))};
  c->hsi = HSI16_HZ;
  c->system = sources[bits(cfgr, 1, 0)];
  c->core = c->ahb = c->system / ahb_divisor(bits(cfgr, 7, 4));
  buses(c, bits(cfgr, 12, 10), bits(cfgr, 15, 13), bits((uint32_t)reg(p, DCKCFGR), 24, 24));
}

static uint64_t msi_hz(const peripherals_t *p, bool has_select) {
  enum { CR = 0x00, CSR = 0x94 };
  static const uint32_t ranges[16] = {100000,  200000,  400000,   800000,   1000000,  2000000,
                                      4000000, 8000000, 16000000, 24000000, 32000000, 48000000};
  uint32_t cr = (uint32_t)reg(p, CR);
  bool from_cr = !has_select || bits(cr, 3, 3); /* MSIRGSEL */
  return ranges[from_cr ? bits(cr, 7, 4) : bits((uint32_t)reg(p, CSR), 11, 8)];
}

static void decode_l4(const peripherals_t *p, clocks_t *c, uint64_t hse) {
  enum { CFGR = 0x08, PLLCFGR = 0x0C };
  uint32_t pll = (uint32_t)reg(p, PLLCFGR), cfgr = (uint32_t)reg(p, CFGR);
  uint64_t msi = msi_hz(p, true), inputs[] = {0, msi, HSI16_HZ, hse};
  /* PLLM has a fourth bit on L4+; on L4 that bit is reserved and zero. */
  uint64_t vco = inputs[bits(pll, 1, 0)] / (bits(pll, 7, 4) + 1) * bits(pll, 14, 8);
  uint64_t sources[] = {msi, HSI16_HZ, hse, vco / (2 * (bits(pll, 26, 25) + 1))};
  c->hsi = HSI16_HZ;
  c->system = sources[bits(cfgr, 1, 0)];
  c->core = c->ahb = c->system / ahb_divisor(bits(cfgr, 7, 4));
  buses(c, bits(cfgr, 10, 8), bits(cfgr, 13, 11), false);
}

static void decode_wb(const peripherals_t *p, clocks_t *c, uint64_t hse) {
  enum { CFGR = 0x08, PLLCFGR = 0x0C };
  static const uint8_t odd[] = {1, 3, 5, 1, 1, 6, 10, 32}; /* HPRE below 8: some divisors that other families lack */
  uint32_t pll = (uint32_t)reg(p, PLLCFGR), cfgr = (uint32_t)reg(p, CFGR), hpre = bits(cfgr, 7, 4);
  uint64_t msi = msi_hz(p, false), inputs[] = {0, msi, HSI16_HZ, hse};
  uint64_t vco = inputs[bits(pll, 1, 0)] / (bits(pll, 6, 4) + 1) * bits(pll, 14, 8);
  uint64_t sources[] = {msi, HSI16_HZ, hse, vco / (bits(pll, 31, 29) + 1)};
  c->hsi = HSI16_HZ;
  c->system = sources[bits(cfgr, 1, 0)];
  c->core = c->ahb = c->system / (hpre < 8 ? odd[hpre] : ahb_divisor(hpre));
  buses(c, bits(cfgr, 10, 8), bits(cfgr, 13, 11), false);
}

/* The VCO of one of the three PLLs of an H7. */
static uint64_t h7_vco(const peripherals_t *p, unsigned index, uint64_t hse) {
  enum { PLLCKSELR = 0x28, PLLCFGR = 0x2C, PLL1DIVR = 0x30, PLL1FRACR = 0x34, FRACTION = 8192 };
  uint32_t select = (uint32_t)reg(p, PLLCKSELR), divr = (uint32_t)reg(p, PLL1DIVR + 8 * index);
  uint64_t inputs[] = {HSI64_HZ >> bits((uint32_t)reg(p, 0), 4, 3), CSI_HZ, hse, 0};
  uint64_t input = divided(inputs[bits(select, 1, 0)], bits(select, 9 + 8 * index, 4 + 8 * index));
  uint64_t fraction =
      bits((uint32_t)reg(p, PLLCFGR), 4 * index, 4 * index) ? bits((uint32_t)reg(p, PLL1FRACR + 8 * index), 15, 3) : 0;
  return input * (bits(divr, 8, 0) + 1) + input * fraction / FRACTION;
}

static void decode_h7(const peripherals_t *p, clocks_t *c, uint64_t hse) {
  enum { CFGR = 0x10, D1CFGR = 0x18, D2CFGR = 0x1C, D3CFGR = 0x20, PLL1DIVR = 0x30 };
  uint32_t cfgr = (uint32_t)reg(p, CFGR), d1 = (uint32_t)reg(p, D1CFGR), d2 = (uint32_t)reg(p, D2CFGR);
  c->hsi = HSI64_HZ >> bits((uint32_t)reg(p, 0), 4, 3);
  c->csi = CSI_HZ;
  uint64_t pll1 = h7_vco(p, 0, hse) / (bits((uint32_t)reg(p, PLL1DIVR), 15, 9) + 1);
  uint64_t sources[] = {c->hsi, CSI_HZ, hse, pll1, 0, 0, 0, 0};
  c->pll2q = h7_vco(p, 1, hse) / (bits((uint32_t)reg(p, PLL1DIVR + 8), 22, 16) + 1);
  c->pll3q = h7_vco(p, 2, hse) / (bits((uint32_t)reg(p, PLL1DIVR + 16), 22, 16) + 1);
  c->system = sources[bits(cfgr, 2, 0)];
  c->core = c->system / ahb_divisor(bits(d1, 11, 8));
  c->ahb = c->core / ahb_divisor(bits(d1, 3, 0));
  buses(c, bits(d2, 6, 4), bits(d2, 10, 8), bits(cfgr, 15, 15));
  c->apb4 = c->ahb / apb_divisor(bits((uint32_t)reg(p, D3CFGR), 6, 4));
}

void clocks_decode(peripherals_t *p) {
  clocks_t c = {0};
  uint64_t hse = p->config.hse_hz ? p->config.hse_hz : p->family->hse_hz;
  if (!p->rcc || p->family->tree == TREE_FIXED) {
    c.system = c.core = c.ahb = c.apb1 = c.apb2 = c.timers1 = c.timers2 = p->family->fixed_hz;
  } else {
    switch (p->family->tree) {
    case TREE_STM32F3: decode_f3(p, &c, hse); break;
    case TREE_STM32F4: decode_f4(p, &c, hse); break;
    case TREE_STM32L4: decode_l4(p, &c, hse); break;
    case TREE_STM32WB: decode_wb(p, &c, hse); break;
    case TREE_STM32H7: decode_h7(p, &c, hse); break;
    case TREE_FIXED: break;
    }
  }
  /* A system clock of zero would stop the chip; keep the last one that ran. */
  if (c.core) p->clocks = c;
}

/* The kernel clock of a U(S)ART, by its multiplexer. */
static uint64_t selected_hz(const unit_t *unit, uint64_t bus) {
  const peripherals_t *p = unit->owner;
  const clocks_t *c = &p->clocks;
  uint32_t select = *unit_word(p->rcc, unit->block->select_offset) >> unit->block->select_bit;
  if (p->family->tree == TREE_STM32H7) {
    uint64_t sources[] = {bus, c->pll2q, c->pll3q, c->hsi, c->csi, LSE_HZ, bus, bus};
    return sources[select & 7];
  }
  bool f3 = p->family->tree == TREE_STM32F3; /* the two oscillators the other way round */
  uint64_t sources[] = {bus, c->system, f3 ? LSE_HZ : c->hsi, f3 ? c->hsi : LSE_HZ};
  return sources[select & 3];
}

uint64_t unit_hz(const unit_t *unit) {
  const clocks_t *c = &unit->owner->clocks;
  device_kind_t device = unit->block->device;
  bool timer = device == DEVICE_TIMER16 || device == DEVICE_TIMER32;
  uint64_t bus = c->core;
  switch (unit->block->bus) {
  case BUS_CORE: break;
  case BUS_AHB: bus = c->ahb; break;
  case BUS_APB1: bus = timer ? c->timers1 : c->apb1; break;
  case BUS_APB2: bus = timer ? c->timers2 : c->apb2; break;
  case BUS_APB4: bus = c->apb4; break;
  case BUS_16MHZ: bus = HSI16_HZ; break;
  case BUS_32KHZ: bus = LSE_HZ; break;
  }
  bool selectable = unit->block->select_offset != WORD_NONE && unit->owner->rcc;
  return selectable ? selected_hz(unit, bus) : bus;
}
