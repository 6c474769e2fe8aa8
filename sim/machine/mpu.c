/* The memory protection unit of Armv7-M: regions as firmware sets them, and whether an access is allowed. [ARMv7-M
   B3.5]

   Attributes (cacheable, shareable) are stored and not looked at here. */
#include "machine/scs_private.h"

enum {
  RBAR_VALID = 1 << 4,
  CTRL_ENABLE = 1 << 0,
  CTRL_HFNMIENA = 1 << 1,
  CTRL_PRIVDEFENA = 1 << 2,
  RASR_ENABLE = 1 << 0,
  RASR_XN = 1 << 28,
  MPU_CTRL = 0xE000ED94,
};

/* The region registers are a window on the region that RNR names; the three aliases are the same window. A region
   number the MPU does not have reads 0. */
static uint32_t rbar_read(scs_t *scs, const reg_access_t *access) {
  (void)access;
  uint32_t region = scs_peek(scs, MPU_RNR);
  return region < MPU_REGIONS ? scs->mpu_base[region] | region : 0;
}

static void rbar_write(scs_t *scs, const reg_t *reg, const reg_access_t *access) {
  if (access->value & RBAR_VALID) *scs_word(scs, MPU_RNR) = access->value & 0xF;
  uint32_t region = scs_peek(scs, MPU_RNR), bits = reg->mask & access->lanes;
  if (region >= MPU_REGIONS) return;
  scs->mpu_base[region] = (scs->mpu_base[region] & ~bits) | (access->value & bits);
}

static uint32_t rasr_read(scs_t *scs, const reg_access_t *access) {
  (void)access;
  uint32_t region = scs_peek(scs, MPU_RNR);
  return region < MPU_REGIONS ? scs->mpu_size[region] : 0;
}

static void rasr_write(scs_t *scs, const reg_t *reg, const reg_access_t *access) {
  uint32_t region = scs_peek(scs, MPU_RNR), bits = reg->mask & access->lanes;
  if (region >= MPU_REGIONS) return;
  scs->mpu_size[region] = (scs->mpu_size[region] & ~bits) | (access->value & bits);
}

bool scs_mpu_enabled(const scs_t *scs) { return scs_peek(scs, MPU_CTRL) & CTRL_ENABLE; }

/* The highest-numbered enabled region that holds ADDRESS and has not switched off the eighth it lies in; -1: none. */
static int region_of(const scs_t *scs, uint32_t address) {
  for (int i = MPU_REGIONS - 1; i >= 0; i--) {
    uint32_t attributes = scs->mpu_size[i];
    unsigned bits = (attributes >> 1 & 0x1F) + 1; /* the region has 2^bits bytes */
    if (!(attributes & RASR_ENABLE) || bits < 5) continue;
    uint32_t offset_mask = bits >= 32 ? 0xFFFFFFFFu : (1u << bits) - 1;
    if ((address & ~offset_mask) != (scs->mpu_base[i] & ~offset_mask)) continue;
    unsigned eighth = bits >= 8 ? (address & offset_mask) >> (bits - 3) : 0;
    if (bits >= 8 && attributes >> 8 >> eighth & 1) continue;
    return i;
  }
  return -1;
}

/* Access permission field AP. */
static bool permits(unsigned ap, bool privileged, bool write) {
  switch (ap) {
  case 1: return privileged;
  case 2: return privileged || !write;
  case 3: return true;
  case 5: return privileged && !write;
  case 6:
  case 7: return !write;
  default: return false;
  }
}

bool scs_never_executes(uint32_t address) {
  return (address >= 0x40000000u && address < 0x60000000u) || address >= 0xA0000000u;
}

bool scs_mpu_allows(const scs_t *scs, uint32_t address, mpu_access_t access, bool privileged, bool negative_priority) {
  uint32_t control = scs_peek(scs, MPU_CTRL);
  if (!(control & CTRL_ENABLE) || (negative_priority && !(control & CTRL_HFNMIENA))) return true;
  bool private_bus = address >= PPB_BASE && address - PPB_BASE < PPB_BYTES;
  if (private_bus) return access != MPU_EXECUTE;
  int region = region_of(scs, address);
  if (region < 0) { /* the default memory map, for privileged code when PRIVDEFENA */
    return privileged && (control & CTRL_PRIVDEFENA) && !(access == MPU_EXECUTE && scs_never_executes(address));
  }
  uint32_t attributes = scs->mpu_size[region];
  if (access == MPU_EXECUTE && (attributes & RASR_XN)) return false;
  return permits(attributes >> 24 & 7, privileged, access == MPU_WRITE);
}

/* TEX, C, B and S of a region; shared memory is not cached by a Cortex-M7. [ARMv7-M B3.5.9; TRM7] */
static policy_t policy_of_attributes(uint32_t attributes) {
  unsigned tex = attributes >> 19 & 7, c = attributes >> 17 & 1, b = attributes >> 16 & 1;
  bool shared = attributes >> 18 & 1;
  if (shared) return POLICY_UNCACHED;
  if (tex & 4) { /* outer policy in TEX[1:0], inner in C and B */
    static const policy_t inner[] = {POLICY_UNCACHED, POLICY_WRITE_BACK_ALLOCATE, POLICY_WRITE_THROUGH,
                                     POLICY_WRITE_BACK};
    return inner[c << 1 | b];
  }
  if (!c) return POLICY_UNCACHED;
  if (tex == 0) return b ? POLICY_WRITE_BACK : POLICY_WRITE_THROUGH;
  return tex == 1 && b ? POLICY_WRITE_BACK_ALLOCATE : POLICY_UNCACHED;
}

policy_t scs_mpu_policy(const scs_t *scs, uint32_t address) {
  int region = scs_mpu_enabled(scs) ? region_of(scs, address) : -1;
  return region < 0 ? memory_default_policy(address) : policy_of_attributes(scs->mpu_size[region]);
}

#define MPU_WINDOW(base)                                                                                               \
  {(base), 1, 0, 0xFFFFFFE0, ON_BOTH, rbar_read, rbar_write}, {                                                        \
    (base) + 4, 1, 0, 0x173FFF3F, ON_BOTH, rasr_read, rasr_write                                                       \
  }

const reg_t mpu_registers[] = {
    {0xE000ED90, 1, MPU_REGIONS << 8, 0, ON_BOTH, NULL, NULL}, /* MPU_TYPE (16 regions on STM32H7) */
    {MPU_CTRL, 1, 0, 0x00000007, ON_BOTH, NULL, NULL},
    {MPU_RNR, 1, 0, 0x000000FF, ON_BOTH, NULL, NULL},
    MPU_WINDOW(0xE000ED9C),
    MPU_WINDOW(0xE000EDA4),
    MPU_WINDOW(0xE000EDAC),
    MPU_WINDOW(0xE000EDB4),
    {.words = 0},
};
