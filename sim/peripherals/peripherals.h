/* What surrounds the core of a chip: registers that answer as start-up code expects, clocks, UARTs, timers, DMA for
   UARTs, random numbers, CRC, and SEGGER RTT. Pure model: no emulator; guest memory and interrupt lines through
   callbacks.

   Time is passed in: `now` is the core cycle of the access and never decreases. A device does not run between accesses:
   its registers are computed from `now`, and peripherals_next_event() says when something happens by itself. */
#ifndef CMSIM_PERIPHERALS_PERIPHERALS_H
#define CMSIM_PERIPHERALS_PERIPHERALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct peripherals peripherals_t;

/* What an access outside every known block does. */
typedef enum { MMIO_WARN, MMIO_STRICT, MMIO_ZERO } mmio_policy_t;

/* Why the firmware cannot go on. */
typedef enum {
  STUCK_STRICT, /* an address in no known block, under MMIO_STRICT */
  STUCK_POLL,   /* a register that will never change has been polled for seconds */
  STUCK_INPUT   /* a UART is polled for characters and no more will come */
} stuck_t;

typedef struct {
  const char *directory; /* configs/peripherals */
  const char *family;    /* NULL: no blocks, RTT alone */
  uint32_t hse_hz;       /* crystal of the board; 0: the family's usual one */
  uint32_t flash_bytes;  /* for the flash size register; 0: unknown */
  uint32_t device_id;    /* DBGMCU_IDCODE; 0: unknown */
  double mhz;            /* core clock of the run: bounds of waiting */
  mmio_policy_t policy;
  uint64_t seed;          /* random numbers */
  const char *uart_input; /* what UARTs receive: FILE, "-", or NAME=FILE for the UART of that name; NULL: nothing */
  const char *uart_wait;  /* each line of the input waits for this text; NULL: nothing waits */
  FILE *console;          /* UART and RTT text; may be NULL */
  uint32_t rtt_address;   /* of _SEGGER_RTT, 0: not known */
  uint32_t ram_base, ram_bytes; /* where to look for it otherwise */
  void *context;
  void (*set_interrupt)(void *context, unsigned number, bool level); /* external interrupt line of the NVIC */
  /* ADDRESS is that of the register; said once for each. */
  void (*warn)(void *context, const char *code, uint32_t address, const char *text);
  void (*stuck)(void *context, stuck_t why, const char *text);
  bool (*read_memory)(void *context, uint32_t address, void *bytes, size_t count);
  bool (*write_memory)(void *context, uint32_t address, const void *bytes, size_t count);
} peripherals_config_t;

/* NULL after one diag_error. Strings of CONFIG must outlive the peripherals. Callbacks may be NULL. */
peripherals_t *peripherals_new(const peripherals_config_t *config);
/* As after a system reset; input, random numbers and text go on. False: out of memory. */
bool peripherals_reset(peripherals_t *peripherals);
void peripherals_free(peripherals_t *peripherals);

/* Address ranges to route here: INDEX from 0 until false. Multiples of 1 KiB, none overlapping. */
bool peripherals_range(const peripherals_t *peripherals, size_t index, uint32_t *base, uint32_t *bytes);

/* BYTES is 1, 2 or 4. */
uint32_t peripherals_read(peripherals_t *peripherals, uint32_t address, unsigned bytes, uint64_t now);
void peripherals_write(peripherals_t *peripherals, uint32_t address, unsigned bytes, uint32_t value, uint64_t now);

/* The first cycle at which something happens by itself, UINT64_MAX: never as things stand. */
uint64_t peripherals_next_event(const peripherals_t *peripherals);
/* The same without the fetching of text, which wakes nobody. */
uint64_t peripherals_next_change(const peripherals_t *peripherals);
/* Delivers what fell due up to NOW. */
void peripherals_advance(peripherals_t *peripherals, uint64_t now);
/* --uart-in has been sent to its end, and since then, for a while, nothing but waiting has happened at the UARTs: a
   firmware that idles in a loop or asleep will do so for ever. */
bool peripherals_input_over(const peripherals_t *peripherals, uint64_t now);
/* At the end of the run: what the firmware printed and nobody has fetched yet. */
void peripherals_finish(peripherals_t *peripherals);

/* The clocks as the firmware has set them; 0: no family. */
typedef enum { PERIPHERALS_CORE, PERIPHERALS_AHB, PERIPHERALS_APB1, PERIPHERALS_APB2, PERIPHERALS_APB4 } clock_point_t;
uint64_t peripherals_hz(const peripherals_t *peripherals, clock_point_t point);
/* False while the firmware has not written to the clock unit: then it is no firmware of a board, and its clock is
   nobody's. */
bool peripherals_clock_set(const peripherals_t *peripherals);

const char *peripherals_hash(const peripherals_t *peripherals); /* of the family's file, "" without one */

#endif
