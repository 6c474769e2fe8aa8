/* Inside the peripherals: units (blocks with their state), the devices behind some of them, clocks and rates. Included
   by the files of this folder only. */
#ifndef CMSIM_PERIPHERALS_PRIVATE_H
#define CMSIM_PERIPHERALS_PRIVATE_H

#include "peripherals/family.h"
#include "peripherals/peripherals.h"

#define NEVER UINT64_MAX

typedef struct unit unit_t;

/* What a device does beyond its layout. OFFSET is of a word in the block; VALUE stands in its byte lanes of the word,
   LANES has ones there. All but `make` may be NULL. */
typedef struct {
  size_t state_bytes;
  void (*make)(unit_t *unit);
  uint32_t (*read)(unit_t *unit, uint32_t offset, uint32_t lanes, uint64_t now);
  void (*write)(unit_t *unit, uint32_t offset, uint32_t value, uint32_t lanes, uint64_t now);
  void (*sync)(unit_t *unit, uint64_t now);   /* everything up to NOW has happened; sets lines */
  void (*retime)(unit_t *unit, uint64_t now); /* clocks have changed; sync() came before */
  uint64_t (*due)(unit_t *unit, uint64_t now);
  bool (*live)(const unit_t *unit, uint64_t now); /* its registers will change by themselves */
} device_t;

struct unit {
  const block_t *block;
  peripherals_t *owner;
  uint32_t *words;
  uint16_t *rows; /* register of the layout for each word, plus one; NULL: no layout */
  const device_t *device;
  void *state;
  uint64_t due;
  uint32_t lines; /* raised now: one bit for each of block->irqs */
};

/* Hz of everything a device may count with. */
typedef struct {
  uint64_t system, core, ahb, apb1, apb2, apb4, timers1, timers2;
  uint64_t hsi, csi, pll2q, pll3q;
} clocks_t;

enum { LSE_HZ = 32768 };

/* One address polled again and again. */
typedef struct {
  uint32_t address, value;
  uint64_t count, since;
  bool said;
} poll_t;

typedef struct {
  uint32_t address; /* 0: not found */
  uint64_t due, interval;
} rtt_t;

struct peripherals {
  peripherals_config_t config;
  family_t *family;
  unit_t *units; /* in order of address */
  size_t unit_count, range_count;
  struct {
    uint32_t base, bytes;
  } * ranges;
  unit_t *last;
  uint64_t next; /* the least `due` */
  unit_t *rcc;
  clocks_t clocks;
  uint8_t raised[480]; /* units that raise an interrupt line */
  poll_t poll;
  rtt_t rtt;
  struct page *pages; /* storage of addresses in no block */
  size_t page_count;
  uint32_t *warned;
  size_t warned_count;
  bool stuck, clock_touched;
  /* UART input */
  FILE *input;
  unit_t *input_owner;
  const char *input_name;
  size_t input_name_length;
  int input_next; /* character read ahead; EOF: no more */
  bool input_started, input_any, input_waits;
  size_t wait_matched;
  uint64_t uart_activity; /* last cycle of anything but waiting for input */
  uint64_t uart_polled;   /* last time it waited for input */
  uint64_t random;
};

/* registers.c: what the rows of a layout say. */
uint32_t unit_load(const unit_t *unit, uint32_t offset);
void unit_store(unit_t *unit, uint32_t offset, uint32_t value, uint32_t lanes);
const register_row_t *unit_register(const unit_t *unit, uint32_t offset); /* NULL: no row */
static inline uint32_t *unit_word(const unit_t *unit, uint32_t offset) { return &unit->words[offset / 4]; }

/* peripherals.c */
void unit_line(unit_t *unit, unsigned index, bool level);
void unit_refresh(unit_t *unit, uint64_t now); /* sync, and when it is due next */
void peripherals_warn(peripherals_t *p, const char *code, uint32_t address, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void peripherals_stuck(peripherals_t *p, stuck_t why, const char *format, ...) __attribute__((format(printf, 3, 4)));
uint64_t peripherals_random(peripherals_t *p);
void put_console(peripherals_t *p, const void *bytes, size_t count);

/* clocks.c */
void clocks_decode(peripherals_t *p);
uint64_t unit_hz(const unit_t *unit); /* of the clock that a UART's divider or a timer's prescaler gets */

/* rate.c: something that ticks with HZ, seen from core cycles. */
typedef struct {
  uint64_t since, numerator, denominator, fraction;
} rate_t;
void rate_set(rate_t *rate, uint64_t hz, uint64_t core_hz, uint64_t now); /* starts at zero ticks */
uint64_t rate_ticks(const rate_t *rate, uint64_t now);
uint64_t rate_when(const rate_t *rate, uint64_t ticks); /* first cycle at which so many have passed */
void rate_rebase(rate_t *rate, uint64_t now);           /* counts from NOW, keeping the part of a tick */

/* devices */
extern const device_t usart_old_device, usart_device, lpuart_device, timer16_device, timer32_device, dma_streams_device,
    dma_channels_device, crc_device, rng_device, gpio_device, rcc_device, nrf_uart_device, nrf_timer_device,
    nrf_rtc_device, nrf_rng_device, flash_size_device, idcode_device;

/* uart_input.c: the characters that come from outside. -1: none (any more). */
int uart_input_peek(unit_t *unit);
void uart_input_watch(peripherals_t *p, const uint8_t *bytes, size_t count); /* what was printed */
void uart_input_take(unit_t *unit);
void uart_input_wait(unit_t *unit, uint64_t now); /* polled for a character that will not come */

/* uart.c, for DMA */
bool uart_is_data_register(const unit_t *unit, uint32_t address, bool transmit);
bool uart_wants_dma(const unit_t *unit, bool transmit);
uint64_t uart_send(unit_t *unit, const uint8_t *bytes, size_t count, uint64_t now); /* when the last was taken */
uint64_t uart_character_cycles(const unit_t *unit);

/* dma.c, for UARTs */
void dma_start(peripherals_t *p, uint64_t now);
bool dma_receive(peripherals_t *p, uint32_t data_register, uint8_t byte, uint64_t now);

/* rtt.c */
void rtt_advance(peripherals_t *p, uint64_t now);
void rtt_drain(peripherals_t *p);

#endif
