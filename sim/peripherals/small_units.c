/* Units of a few lines: CRC, random numbers, pins, identification. */
#include "peripherals/peripherals_private.h"

/* ---- CRC unit: CRC-32 as shipped (polynomial 0x04C11DB7, no reflection), and what CR, INIT and POL of newer parts
   change. [RM0090 4, RM0432 16] Reversal of the input is by the byte only; the half-word and word forms are rare. ----
 */

enum { CRC_DR = 0x00, CRC_CR = 0x08, CRC_INIT = 0x10, CRC_POL = 0x14 };
enum { CR_RESET = 1u << 0, CR_SIZE = 3u << 3, CR_REVERSE_IN = 3u << 5, CR_REVERSE_OUT = 1u << 7 };

static uint32_t reversed(uint32_t value, unsigned width) {
  uint32_t result = 0;
  for (unsigned i = 0; i < width; i++)
    result |= ((value >> i) & 1u) << (width - 1 - i);
  return result;
}

static unsigned crc_width(const unit_t *unit) {
  static const uint8_t widths[] = {32, 16, 8, 7};
  return widths[(*unit_word(unit, CRC_CR) & CR_SIZE) >> 3];
}

static void crc_byte(unit_t *unit, uint8_t byte) {
  uint32_t polynomial = unit->block->bytes > CRC_POL ? *unit_word(unit, CRC_POL) : 0;
  if (!polynomial) polynomial = 0x04C11DB7u; /* parts without POL */
  unsigned width = crc_width(unit);
  uint32_t top = UINT32_C(1) << (width - 1), mask = width == 32 ? UINT32_MAX : (UINT32_C(1) << width) - 1;
  uint32_t value = *unit_word(unit, CRC_DR);
  if (*unit_word(unit, CRC_CR) & CR_REVERSE_IN) byte = (uint8_t)reversed(byte, 8);
  for (int bit = 7; bit >= 0; bit--) {
    bool one = ((value & top) != 0) != ((byte >> bit) & 1);
    value = (value << 1 ^ (one ? polynomial : 0)) & mask;
  }
  *unit_word(unit, CRC_DR) = value;
}

static uint32_t crc_read(unit_t *unit, uint32_t offset, uint32_t lanes, uint64_t now) {
  (void)lanes;
  (void)now;
  uint32_t value = unit_load(unit, offset);
  if (offset != CRC_DR || !(*unit_word(unit, CRC_CR) & CR_REVERSE_OUT)) return value;
  return reversed(value, crc_width(unit));
}

static void crc_write(unit_t *unit, uint32_t offset, uint32_t value, uint32_t lanes, uint64_t now) {
  (void)now;
  if (offset == CRC_DR) {
    for (int byte = 3; byte >= 0; byte--) { /* the most significant of the written ones first */
      if (lanes & (0xFFu << 8 * byte)) crc_byte(unit, (uint8_t)(value >> 8 * byte));
    }
    return;
  }
  unit_store(unit, offset, value, lanes);
  if (offset != CRC_CR || !(value & CR_RESET)) return;
  bool has_init = unit_register(unit, CRC_INIT) != NULL;
  *unit_word(unit, CRC_DR) = has_init ? *unit_word(unit, CRC_INIT) : UINT32_MAX;
  *unit_word(unit, CRC_CR) &= ~(uint32_t)CR_RESET;
}

static void crc_make(unit_t *unit) { *unit_word(unit, CRC_DR) = UINT32_MAX; }

const device_t crc_device = {.make = crc_make, .read = crc_read, .write = crc_write};

/* ---- random numbers: ready at once, from the seed of the run. [RM0090 24, PS nRF52840 6.19] ---- */

static uint32_t rng_read(unit_t *unit, uint32_t offset, uint32_t lanes, uint64_t now) {
  enum { CR = 0x00, SR = 0x04, DR = 0x08, ENABLE = 1u << 2, READY = 1u << 0 };
  (void)lanes;
  (void)now;
  bool on = (*unit_word(unit, CR) & ENABLE) != 0;
  if (offset == SR) return on ? READY : 0;
  if (offset == DR) return on ? (uint32_t)(peripherals_random(unit->owner) >> 32) : 0;
  return unit_load(unit, offset);
}

static void rng_sync(unit_t *unit, uint64_t now) {
  enum { CR = 0x00, ENABLE_AND_INTERRUPT = 3u << 2 };
  (void)now;
  unit_line(unit, 0, (*unit_word(unit, CR) & ENABLE_AND_INTERRUPT) == ENABLE_AND_INTERRUPT);
}

static void rng_write(unit_t *unit, uint32_t offset, uint32_t value, uint32_t lanes, uint64_t now) {
  (void)now;
  unit_store(unit, offset, value, lanes);
}

const device_t rng_device = {.read = rng_read, .write = rng_write, .sync = rng_sync};

enum {
  NRF_EVENTS_VALRDY = 0x100,
  NRF_TASKS_START = 0x000,
  NRF_TASKS_STOP = 0x004,
  NRF_INTEN = 0x304,
  NRF_VALUE = 0x508
};

static uint32_t nrf_rng_read(unit_t *unit, uint32_t offset, uint32_t lanes, uint64_t now) {
  (void)lanes;
  (void)now;
  if (offset == NRF_VALUE) return (uint32_t)(peripherals_random(unit->owner) >> 56);
  return unit_load(unit, offset);
}

static void nrf_rng_sync(unit_t *unit, uint64_t now) {
  (void)now;
  if (*unit_word(unit, NRF_TASKS_START)) *unit_word(unit, NRF_EVENTS_VALRDY) = 1; /* the next one is there at once */
  unit_line(unit, 0, *unit_word(unit, NRF_EVENTS_VALRDY) & *unit_word(unit, NRF_INTEN) & 1u);
}

static void nrf_rng_write(unit_t *unit, uint32_t offset, uint32_t value, uint32_t lanes, uint64_t now) {
  (void)now;
  unit_store(unit, offset, value, lanes);
  if (offset == NRF_TASKS_STOP && value) *unit_word(unit, NRF_TASKS_START) = 0;
}

const device_t nrf_rng_device = {.read = nrf_rng_read, .write = nrf_rng_write, .sync = nrf_rng_sync};

/* ---- pins: an output reads back what is driven, an input its pull resistor; nothing else drives it. [RM0090 8.4] ----
 */

static uint32_t gpio_read(unit_t *unit, uint32_t offset, uint32_t lanes, uint64_t now) {
  enum { MODER = 0x00, PUPDR = 0x0C, IDR = 0x10, ODR = 0x14, PINS = 16, OUTPUT = 1, PULL_UP = 1 };
  (void)lanes;
  (void)now;
  if (offset != IDR) return unit_load(unit, offset);
  uint32_t moder = *unit_word(unit, MODER), pupdr = *unit_word(unit, PUPDR), odr = *unit_word(unit, ODR), value = 0;
  for (unsigned pin = 0; pin < PINS; pin++) {
    bool output = (moder >> 2 * pin & 3u) == OUTPUT, pulled_up = (pupdr >> 2 * pin & 3u) == PULL_UP;
    bool high = output ? (odr >> pin & 1u) != 0 : pulled_up;
    if (high) value |= 1u << pin;
  }
  return value;
}

const device_t gpio_device = {.read = gpio_read};

/* ---- identification ---- */

static void flash_size_make(unit_t *unit) {
  enum { KIB = 1024 };
  uint32_t kib = unit->owner->config.flash_bytes / KIB;
  *unit_word(unit, 0) = kib << 16 | kib; /* a half-word; in which half of the word depends on the family */
}

static void identity_write(unit_t *unit, uint32_t offset, uint32_t value, uint32_t lanes, uint64_t now) {
  (void)now;
  if (offset || unit->block->device == DEVICE_IDCODE) {
    if (offset) unit_store(unit, offset, value, lanes);
  }
}

static void idcode_make(unit_t *unit) { *unit_word(unit, 0) = unit->owner->config.device_id; }

const device_t flash_size_device = {.make = flash_size_make, .write = identity_write};
const device_t idcode_device = {.make = idcode_make, .write = identity_write};
