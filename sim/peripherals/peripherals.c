/* The life of the peripherals, and the way of an access: find the unit, let time pass, ask the device or the layout.

   Waiting for ever is recognised, because firmware does it silently: an address that is read again and again with the
   same value, with no other access between, in a unit whose registers cannot change by themselves. Such a poll is named
   in a warning once it is clearly one. It ends the run only after more simulated time than the time-outs of vendor
   drivers, for a driver that gives up may go on well. A pin may be polled for long by firmware that waits for a button,
   so it gets more patience. */
#include "peripherals/peripherals_private.h"

#include "base/diag.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
  POLL_READS = 1000,      /* a driver that gives up after 2 ms at 16 MHz reads about so often */
  PIN_POLL_READS = 20000, /* a debounced button, a sensor's pulse */
  POLL_SECONDS = 6,       /* the longest usual time-outs of vendor drivers are 5 s */
  RANGE_BYTES = 0x400,    /* what the emulator maps at least */
  PAGES_MAX = 1024
};

/* Armv7-M: peripherals, the rest of the address space is for memory. [ARMv7-M B3.1] */
#define WINDOW_BASE  0x40000000u
#define WINDOW_BYTES 0x20000000u

/* Storage of one KiB that no block covers. */
struct page {
  uint32_t base;
  uint32_t words[RANGE_BYTES / 4];
};

static const device_t *const devices[] = {
    [DEVICE_RCC] = &rcc_device,
    [DEVICE_USART_OLD] = &usart_old_device,
    [DEVICE_USART] = &usart_device,
    [DEVICE_LPUART] = &lpuart_device,
    [DEVICE_TIMER16] = &timer16_device,
    [DEVICE_TIMER32] = &timer32_device,
    [DEVICE_DMA_STREAMS] = &dma_streams_device,
    [DEVICE_DMA_CHANNELS] = &dma_channels_device,
    [DEVICE_CRC] = &crc_device,
    [DEVICE_RNG] = &rng_device,
    [DEVICE_GPIO] = &gpio_device,
    [DEVICE_FLASH_SIZE] = &flash_size_device,
    [DEVICE_IDCODE] = &idcode_device,
    [DEVICE_NRF_UART] = &nrf_uart_device,
    [DEVICE_NRF_TIMER] = &nrf_timer_device,
    [DEVICE_NRF_RTC] = &nrf_rtc_device,
    [DEVICE_NRF_RNG] = &nrf_rng_device,
};

/* ---- the outside ---- */

void peripherals_warn(peripherals_t *p, const char *code, uint32_t address, const char *format, ...) {
  if (!p->config.warn) return;
  char text[256];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  p->config.warn(p->config.context, code, address, text);
}

void peripherals_stuck(peripherals_t *p, stuck_t why, const char *format, ...) {
  if (p->stuck || !p->config.stuck) return;
  p->stuck = true;
  char text[256];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  p->config.stuck(p->config.context, why, text);
}

void put_console(peripherals_t *p, const void *bytes, size_t count) {
  if (p->config.console && count) fwrite(bytes, 1, count, p->config.console);
  uart_input_watch(p, bytes, count);
}

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled" (2016). */
uint64_t peripherals_random(peripherals_t *p) {
  p->random ^= p->random >> 12;
  p->random ^= p->random << 25;
  p->random ^= p->random >> 27;
  return p->random * UINT64_C(2685821657736338717);
}

/* A line is up while any unit raises it. */
void unit_line(unit_t *unit, unsigned index, bool level) {
  const block_t *block = unit->block;
  uint32_t bit = UINT32_C(1) << index;
  if (index >= block->irq_count || ((unit->lines & bit) != 0) == level) return;
  unit->lines ^= bit;
  peripherals_t *p = unit->owner;
  uint8_t *raised = &p->raised[block->irqs[index]];
  bool before = *raised != 0;
  *raised = (uint8_t)(*raised + (level ? 1 : -1));
  bool after = *raised != 0;
  if (before != after && p->config.set_interrupt) {
    p->config.set_interrupt(p->config.context, block->irqs[index], after);
  }
}

static void find_next(peripherals_t *p) {
  p->next = NEVER;
  for (size_t i = 0; i < p->unit_count; i++) {
    if (p->units[i].due < p->next) p->next = p->units[i].due;
  }
}

void unit_refresh(unit_t *unit, uint64_t now) {
  if (!unit->device) return;
  if (unit->device->sync) unit->device->sync(unit, now);
  uint64_t before = unit->due;
  unit->due = unit->device->due ? unit->device->due(unit, now) : NEVER;
  if (unit->due != before) find_next(unit->owner);
}

/* ---- clock unit: its registers are plain, but time runs differently behind a write ---- */

static void rcc_write(unit_t *unit, uint32_t offset, uint32_t value, uint32_t lanes, uint64_t now) {
  peripherals_t *p = unit->owner;
  for (size_t i = 0; i < p->unit_count; i++) {
    if (p->units[i].device && p->units[i].device->sync) p->units[i].device->sync(&p->units[i], now);
  }
  unit_store(unit, offset, value, lanes);
  p->clock_touched = true;
  clocks_decode(p);
  for (size_t i = 0; i < p->unit_count; i++) {
    unit_t *other = &p->units[i];
    if (other->device && other->device->retime) other->device->retime(other, now);
    if (other->device && other->device->due) other->due = other->device->due(other, now);
  }
  find_next(p);
}

const device_t rcc_device = {.write = rcc_write};

/* ---- construction ---- */

static bool make_unit(peripherals_t *p, unit_t *unit, const block_t *block) {
  size_t words = block->bytes / 4;
  *unit = (unit_t){.block = block, .owner = p, .due = NEVER, .words = calloc(words, sizeof *unit->words)};
  size_t known = sizeof devices / sizeof *devices;
  unit->device = block->device < known ? devices[block->device] : NULL;
  if (unit->device && unit->device->state_bytes) unit->state = calloc(1, unit->device->state_bytes);
  if (!unit->words || (unit->device && unit->device->state_bytes && !unit->state)) return false;
  if (block->device == DEVICE_RCC) p->rcc = unit;
  if (!block->layout) return true;
  unit->rows = calloc(words, sizeof *unit->rows);
  if (!unit->rows) return false;
  for (unsigned i = 0; i < block->layout->register_count; i++) {
    const register_row_t *reg = &block->layout->registers[i];
    for (uint32_t k = 0; k < reg->count; k++) {
      unit->rows[reg->offset / 4 + k] = (uint16_t)(i + 1);
      unit->words[reg->offset / 4 + k] = reg->reset;
    }
  }
  return true;
}

/* The window, and pages around the blocks outside it. */
static bool make_ranges(peripherals_t *p) {
  p->ranges = calloc(p->family->block_count + 1, sizeof *p->ranges);
  if (!p->ranges) return false;
  p->ranges[p->range_count].base = WINDOW_BASE;
  p->ranges[p->range_count++].bytes = WINDOW_BYTES;
  for (size_t i = 0; i < p->family->block_count; i++) {
    const block_t *block = &p->family->blocks[i];
    if (block->base - WINDOW_BASE < WINDOW_BYTES) continue;
    uint32_t base = block->base & ~(uint32_t)(RANGE_BYTES - 1);
    uint32_t bytes = ((block->base + block->bytes + RANGE_BYTES - 1) & ~(uint32_t)(RANGE_BYTES - 1)) - base;
    uint32_t last_end = p->ranges[p->range_count - 1].base + p->ranges[p->range_count - 1].bytes;
    if (base < last_end && p->ranges[p->range_count - 1].base <= base) { /* shares a page with the block before */
      if (base + bytes <= last_end) continue;
      bytes -= last_end - base;
      base = last_end;
    }
    p->ranges[p->range_count].base = base;
    p->ranges[p->range_count++].bytes = bytes;
  }
  return true;
}

static bool make_units(peripherals_t *p) {
  p->units = calloc(p->family->block_count, sizeof *p->units);
  if (!p->units) return false;
  for (size_t i = 0; i < p->family->block_count; i++) {
    p->unit_count++;
    if (!make_unit(p, &p->units[i], &p->family->blocks[i])) return false;
  }
  clocks_decode(p);
  for (size_t i = 0; i < p->unit_count; i++) {
    if (p->units[i].device && p->units[i].device->make) p->units[i].device->make(&p->units[i]);
  }
  find_next(p);
  return true;
}

/* "FILE", "-" or "NAME=FILE". */
static bool open_input(peripherals_t *p) {
  const char *text = p->config.uart_input;
  p->input_next = EOF;
  p->input_waits = p->config.uart_wait != NULL;
  if (!text) return true;
  if (!p->family) {
    diag_error("--uart-in %s: this target has no UART; --mcu NAME brings those of a chip", text);
    return false;
  }
  const char *equals = strchr(text, '=');
  for (size_t i = 0; equals && i < p->unit_count; i++) {
    const char *name = p->units[i].block->name;
    if (strlen(name) != (size_t)(equals - text) || strncmp(name, text, strlen(name)) != 0) continue;
    p->input_name = text;
    p->input_name_length = strlen(name);
    text = equals + 1;
    break;
  }
  p->input = strcmp(text, "-") == 0 ? stdin : fopen(text, "rb");
  if (!p->input) diag_error("--uart-in %s: cannot open it", p->config.uart_input);
  return p->input != NULL;
}

peripherals_t *peripherals_new(const peripherals_config_t *config) {
  peripherals_t *p = calloc(1, sizeof *p);
  if (!p) {
    diag_error("out of memory");
    return NULL;
  }
  p->config = *config;
  p->random = config->seed ? config->seed : 1; /* the generator stays at zero for ever */
  p->next = NEVER;
  p->rtt.address = config->rtt_address;
  p->rtt.interval = p->rtt.due = (uint64_t)(config->mhz * 1000) + 1; /* a millisecond */
  if (config->family) {
    p->family = family_load(config->directory, config->family);
    if (!p->family || !make_units(p) || !make_ranges(p)) {
      if (p->family) diag_error("out of memory");
      peripherals_free(p);
      return NULL;
    }
  }
  find_next(p);
  if (open_input(p)) return p;
  peripherals_free(p);
  return NULL;
}

static void free_units(peripherals_t *p) {
  for (size_t i = 0; i < p->unit_count; i++) {
    free(p->units[i].words);
    free(p->units[i].rows);
    free(p->units[i].state);
  }
  free(p->units);
  free(p->ranges);
  free(p->pages);
  p->units = NULL;
  p->ranges = NULL;
  p->pages = NULL;
  p->unit_count = p->range_count = 0;
}

bool peripherals_reset(peripherals_t *p) {
  if (!p->family) return true;
  free_units(p);
  bool made = make_units(p) && make_ranges(p);
  find_next(p);
  return made;
}

void peripherals_free(peripherals_t *p) {
  if (!p) return;
  free_units(p);
  if (p->input && p->input != stdin) fclose(p->input);
  free(p->warned);
  family_free(p->family);
  free(p);
}

bool peripherals_range(const peripherals_t *p, size_t index, uint32_t *base, uint32_t *bytes) {
  if (index >= p->range_count) return false;
  *base = p->ranges[index].base;
  *bytes = p->ranges[index].bytes;
  return true;
}

/* ---- access ---- */

static bool is_uart(const unit_t *unit) {
  device_kind_t kind = unit->block->device;
  return kind == DEVICE_USART || kind == DEVICE_USART_OLD || kind == DEVICE_LPUART || kind == DEVICE_NRF_UART;
}

static unit_t *find_unit(peripherals_t *p, uint32_t address) {
  if (p->last && address - p->last->block->base < p->last->block->bytes) return p->last;
  size_t low = 0, high = p->unit_count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (p->units[middle].block->base <= address) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == 0 || address - p->units[low - 1].block->base >= p->units[low - 1].block->bytes) return NULL;
  return p->last = &p->units[low - 1];
}

static bool said_already(peripherals_t *p, uint32_t address) {
  for (size_t i = 0; i < p->warned_count; i++) {
    if (p->warned[i] == address) return true;
  }
  uint32_t *grown = realloc(p->warned, (p->warned_count + 1) * sizeof *grown);
  if (!grown) return true;
  p->warned = grown;
  p->warned[p->warned_count++] = address;
  return false;
}

/* What lies around an address in no block, for the message. */
static void nobody_there(peripherals_t *p, uint32_t address, const char *verb) {
  if (p->config.policy == MMIO_ZERO) return;
  if (p->config.policy == MMIO_STRICT) {
    peripherals_stuck(p, STUCK_STRICT, "%s 0x%08x, which is in no block of configs/peripherals/%s.yaml (--mmio strict)",
                      verb, (unsigned)address, p->family->name);
    return;
  }
  enum { SAID_MAX = 64 };
  if (p->warned_count >= SAID_MAX || said_already(p, address)) return;
  peripherals_warn(p, "mmio-unknown", address,
                   "%s 0x%08x, which is in no block of configs/peripherals/%s.yaml: "
                   "it answers as plain storage",
                   verb, (unsigned)address, p->family->name);
}

/* The word of an address in no block; NULL: none written yet, or too many. */
static uint32_t *stored_word(peripherals_t *p, uint32_t address, bool make) {
  uint32_t base = address & ~(uint32_t)(RANGE_BYTES - 1);
  for (size_t i = 0; i < p->page_count; i++) {
    if (p->pages[i].base == base) return &p->pages[i].words[(address - base) / 4];
  }
  if (!make || p->page_count == PAGES_MAX) return NULL;
  struct page *grown = realloc(p->pages, (p->page_count + 1) * sizeof *grown);
  if (!grown) return NULL;
  p->pages = grown;
  p->pages[p->page_count] = (struct page){.base = base};
  return &p->pages[p->page_count++].words[(address - base) / 4];
}

/* Lanes of an access in its word, 0: it crosses into the next, which faults on silicon. */
static uint32_t lanes_of(uint32_t address, unsigned bytes, unsigned *shift) {
  *shift = 8 * (address & 3u);
  if ((address & 3u) + bytes > 4) return 0;
  return (bytes == 4 ? UINT32_MAX : (UINT32_C(1) << 8 * bytes) - 1) << *shift;
}

static void describe_register(const peripherals_t *p, const unit_t *unit, uint32_t address, char *text, size_t size) {
  const register_row_t *reg = unit ? unit_register(unit, (address - unit->block->base) & ~3u) : NULL;
  if (reg) {
    snprintf(text, size, "%s.%s", unit->block->name, reg->name);
  } else if (unit) {
    snprintf(text, size, "%s+0x%x", unit->block->name, (unsigned)(address - unit->block->base));
  } else {
    snprintf(text, size, "in no block of %s", p->family->name);
  }
}

static void watch_poll(peripherals_t *p, const unit_t *unit, uint32_t address, uint32_t value, uint64_t now) {
  poll_t *poll = &p->poll;
  if (poll->address != address || poll->value != value ||
      (unit && unit->device && unit->device->live && unit->device->live(unit, now))) {
    *poll = (poll_t){address, value, 1, now, false};
    return;
  }
  poll->count++;
  uint64_t patience = unit && unit->block->device == DEVICE_GPIO ? PIN_POLL_READS : POLL_READS;
  if (poll->count < patience) return;
  char name[96];
  if (!poll->said) {
    poll->said = true;
    describe_register(p, unit, address, name, sizeof name);
    if (said_already(p, address | 1u)) return; /* not the address of a word: another kind of message */
    peripherals_warn(p, "mmio-poll", address,
                     "polls 0x%08x (%s), which stays 0x%x: if hardware should change it, say "
                     "how in configs/peripherals/%s.yaml",
                     (unsigned)address, name, (unsigned)value, p->family->name);
  } else if ((double)(now - poll->since) > POLL_SECONDS * 1e6 * p->config.mhz) {
    describe_register(p, unit, address, name, sizeof name);
    peripherals_stuck(p, STUCK_POLL,
                      "polls 0x%08x (%s) for ever: it stays 0x%x; if hardware should change it, say how "
                      "in configs/peripherals/%s.yaml",
                      (unsigned)address, name, (unsigned)value, p->family->name);
  }
}

uint32_t peripherals_read(peripherals_t *p, uint32_t address, unsigned bytes, uint64_t now) {
  unsigned shift;
  uint32_t lanes = lanes_of(address, bytes, &shift), value = 0;
  if (!lanes) {
    peripherals_warn(p, "mmio-unaligned", address, "an unaligned read of 0x%08x: faults on silicon", (unsigned)address);
    return 0;
  }
  unit_t *unit = find_unit(p, address);
  if (!unit || !is_uart(unit)) p->uart_activity = now;
  if (!unit) {
    const uint32_t *word = stored_word(p, address, false);
    nobody_there(p, address, "reads");
    value = word ? *word : 0;
  } else {
    uint32_t offset = (address - unit->block->base) & ~3u;
    bool device = unit->device && unit->device->read;
    value = device ? unit->device->read(unit, offset, lanes, now) : unit_load(unit, offset);
    if (device) unit_refresh(unit, now);
  }
  value = (value & lanes) >> shift;
  watch_poll(p, unit, address, value, now);
  return value;
}

void peripherals_write(peripherals_t *p, uint32_t address, unsigned bytes, uint32_t value, uint64_t now) {
  unsigned shift;
  uint32_t lanes = lanes_of(address, bytes, &shift);
  p->poll = (poll_t){.address = UINT32_MAX};
  if (!lanes) {
    peripherals_warn(p, "mmio-unaligned", address, "an unaligned write to 0x%08x: faults on silicon",
                     (unsigned)address);
    return;
  }
  value = (value << shift) & lanes;
  unit_t *unit = find_unit(p, address);
  if (!unit || !is_uart(unit)) p->uart_activity = now;
  if (!unit) {
    nobody_there(p, address, "writes to");
    uint32_t *word = stored_word(p, address, true);
    if (word) *word = (*word & ~lanes) | value;
    return;
  }
  uint32_t offset = (address - unit->block->base) & ~3u;
  if (unit->device && unit->device->write) {
    unit->device->write(unit, offset, value, lanes, now);
    unit_refresh(unit, now);
  } else {
    unit_store(unit, offset, value, lanes);
  }
}

/* ---- time ---- */

uint64_t peripherals_next_event(const peripherals_t *p) { return p->rtt.due < p->next ? p->rtt.due : p->next; }

uint64_t peripherals_next_change(const peripherals_t *p) { return p->next; }

void peripherals_advance(peripherals_t *p, uint64_t now) {
  if (now >= p->rtt.due) rtt_advance(p, now);
  for (size_t i = 0; i < p->unit_count; i++) {
    if (p->units[i].due <= now) unit_refresh(&p->units[i], now);
  }
  find_next(p);
}

void peripherals_finish(peripherals_t *p) { rtt_drain(p); }

/* ---- questions ---- */

uint64_t peripherals_hz(const peripherals_t *p, clock_point_t point) {
  const clocks_t *c = &p->clocks;
  switch (point) {
  case PERIPHERALS_CORE: return c->core;
  case PERIPHERALS_AHB: return c->ahb;
  case PERIPHERALS_APB1: return c->apb1;
  case PERIPHERALS_APB2: return c->apb2;
  case PERIPHERALS_APB4: return c->apb4;
  }
  return 0;
}

bool peripherals_clock_set(const peripherals_t *p) {
  if (!p->rcc) return p->family != NULL; /* a fixed clock is always as it is */
  return p->clock_touched;
}

const char *peripherals_hash(const peripherals_t *p) { return p->family ? p->family->hash : ""; }
