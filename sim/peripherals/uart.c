/* ST's UARTs: USART_OLD (F4: SR, DR) and USART (F7, L4, WB, H7: ISR, RDR, TDR), and LPUART, which divides its clock
   otherwise. [RM0090 30.6, RM0385 31.8, RM0432 50.8]

   A character is printed when it is written and then keeps the transmitter busy for its time on the line, so that
   polled printing costs what it costs on a board. The transmitter is one number: the cycle at which the last character
   has left. From it follow how many wait in TDR (or the FIFO) and so TXE and TC.

   The sender of received characters waits until the last one was taken, at least a character's time: an overrun never
   occurs. Not modelled: parity, framing, break, flow control, address match, auto baud rate, synchronous and smartcard
   modes, FIFO thresholds. */
#include "peripherals/peripherals_private.h"

enum { FIFO_DEPTH = 8 };

/* Bits of CR1 to CR3 and of SR or ISR that both layouts have at the same place. */
enum {
  CR1_RE = 1u << 2,
  CR1_TE = 1u << 3,
  CR1_IDLEIE = 1u << 4,
  CR1_RXNEIE = 1u << 5,
  CR1_TCIE = 1u << 6,
  CR1_TXEIE = 1u << 7,
  CR1_M0 = 1u << 12,
  CR1_OVER8 = 1u << 15,
  CR1_M1 = 1u << 28,
  CR1_FIFOEN = 1u << 29,
  CR3_DMAR = 1u << 6,
  CR3_DMAT = 1u << 7,
  SR_IDLE = 1u << 4,
  SR_RXNE = 1u << 5,
  SR_TC = 1u << 6,
  SR_TXE = 1u << 7,
  ISR_TEACK = 1u << 21,
  ISR_REACK = 1u << 22
};

typedef struct {
  uint32_t status, receive, transmit, brr, cr1, cr2, cr3, enable; /* offsets; bit UE of CR1 */
} places_t;

enum { NEW_RQR = 0x18, NEW_ISR = 0x1C, NEW_ICR = 0x20, NEW_RDR = 0x24, NEW_TDR = 0x28, NEW_PRESC = 0x2C };

static const places_t old_places = {0x00, 0x04, 0x04, 0x08, 0x0C, 0x10, 0x14, 1u << 13};
static const places_t new_places = {NEW_ISR, NEW_RDR, NEW_TDR, 0x0C, 0x00, 0x04, 0x08, 1u << 0};

typedef struct {
  uint64_t character_cycles;
  uint64_t sent_at;    /* the last character has left the line */
  bool complete_taken; /* TC was cleared */
  bool lost_said;
  uint64_t receive_at; /* the next character is complete; NEVER: none under way */
  uint64_t received_at;
  bool full; /* RXNE */
  uint8_t character;
  bool idle, idle_due;
} uart_t;

static const places_t *places_of(const unit_t *unit) {
  return unit->block->device == DEVICE_USART_OLD ? &old_places : &new_places;
}

static uint32_t control1(const unit_t *unit) { return *unit_word(unit, places_of(unit)->cr1); }
static uint32_t control3(const unit_t *unit) { return *unit_word(unit, places_of(unit)->cr3); }

/* Clock cycles of the kernel clock that a bit takes, times 256. */
static uint64_t bit_divisor(const unit_t *unit) {
  static const uint16_t prescalers[16] = {1, 2, 4, 6, 8, 10, 12, 16, 32, 64, 128, 256, 256, 256, 256, 256};
  enum { FRACTIONS = 256 };
  uint64_t brr = *unit_word(unit, places_of(unit)->brr);
  bool over8 = (control1(unit) & CR1_OVER8) != 0;
  if (unit->block->device == DEVICE_USART_OLD) {
    brr &= 0xFFFF;
    return FRACTIONS * (over8 ? (brr >> 4) * 8 + (brr & 7) : brr);
  }
  uint64_t prescaler = prescalers[*unit_word(unit, NEW_PRESC) & 15u];
  if (unit->block->device == DEVICE_LPUART) return (brr & 0xFFFFF) * prescaler; /* baud = 256 clock / BRR */
  brr &= 0xFFFF;
  return FRACTIONS * prescaler * (over8 ? ((brr & 0xFFF0) | (brr & 7) << 1) / 2 : brr);
}

static uint64_t character_cycles(const unit_t *unit) {
  static const uint8_t half_stop_bits[] = {2, 1, 4, 3};
  enum { START_AND_DATA = 9, FRACTIONS = 256 };
  uint32_t cr1 = control1(unit);
  uint64_t bits = START_AND_DATA + ((cr1 & CR1_M0) ? 1 : 0);
  if (unit->block->device != DEVICE_USART_OLD && (cr1 & CR1_M1)) bits = START_AND_DATA - 1;
  uint64_t half_bits = 2 * bits + half_stop_bits[(*unit_word(unit, places_of(unit)->cr2) >> 12) & 3u];
  uint64_t hz = unit_hz(unit);
  if (!hz) return 1;
  uint64_t parts = half_bits * bit_divisor(unit) * unit->owner->clocks.core, whole = 2 * FRACTIONS * hz;
  uint64_t cycles = (parts + whole / 2) / whole;
  return cycles ? cycles : 1;
}

uint64_t uart_character_cycles(const unit_t *unit) { return ((const uart_t *)unit->state)->character_cycles; }

/* A poll asks for it several times, so it is worked out when a register of the unit or a clock changes. */
static void uart_retime(unit_t *unit, uint64_t now) {
  (void)now;
  ((uart_t *)unit->state)->character_cycles = character_cycles(unit);
}

static bool enabled(const unit_t *unit, uint32_t direction) {
  uint32_t wanted = places_of(unit)->enable | direction;
  return (control1(unit) & wanted) == wanted;
}

/* ---- transmitter ---- */

static unsigned depth(const unit_t *unit) {
  bool fifo = unit->block->device != DEVICE_USART_OLD && (control1(unit) & CR1_FIFOEN);
  return fifo ? FIFO_DEPTH : 1;
}

/* The cycle from which TDR, or the FIFO, has a free place. */
static uint64_t free_at(const unit_t *unit) {
  const uart_t *uart = unit->state;
  uint64_t waiting = uart_character_cycles(unit) * depth(unit);
  return uart->sent_at > waiting ? uart->sent_at - waiting : 0;
}

uint64_t uart_send(unit_t *unit, const uint8_t *bytes, size_t count, uint64_t now) {
  uart_t *uart = unit->state;
  uint64_t cycles = uart_character_cycles(unit);
  put_console(unit->owner, bytes, count);
  if (uart->sent_at < now) uart->sent_at = now;
  uart->sent_at += cycles * count;
  uart->complete_taken = false;
  unit->owner->uart_activity = uart->sent_at;
  return free_at(unit) > now ? free_at(unit) : now;
}

static void transmit(unit_t *unit, uint8_t byte, uint64_t now) {
  uart_t *uart = unit->state;
  bool lost = now < free_at(unit), off = !enabled(unit, CR1_TE);
  if (!lost && !off) {
    uart_send(unit, &byte, 1, now);
  } else if (!uart->lost_said) {
    uart->lost_said = true;
    peripherals_warn(unit->owner, "uart-lost", unit->block->base, "a character is written to %s while %s: it is lost",
                     unit->block->name, off ? "its transmitter is off" : "the one before still waits");
  }
}

/* ---- receiver ---- */

static uint64_t silence(const unit_t *unit) {
  enum { MILLISECONDS = 10 };
  return (uint64_t)(unit->owner->config.mhz * 1000) * MILLISECONDS;
}

static void expect_next(unit_t *unit, uint64_t from) {
  uart_t *uart = unit->state;
  if (uart->full || uart->receive_at != NEVER || !enabled(unit, CR1_RE)) return;
  if (uart_input_peek(unit) < 0) return;
  uint64_t last = uart->received_at > uart->sent_at ? uart->received_at : uart->sent_at;
  uint64_t earliest = last + uart_character_cycles(unit);
  uart->receive_at = earliest > from ? earliest : from;
  if (!unit->owner->input_any) uart->receive_at += silence(unit);
}

static void receive_due(unit_t *unit, uint64_t now) {
  uart_t *uart = unit->state;
  while (uart->receive_at <= now) {
    bool early = !unit->owner->input_any && uart->receive_at < uart->sent_at + silence(unit);
    if (early) { /* it has printed meanwhile */
      uart->receive_at = uart->sent_at + silence(unit);
      continue;
    }
    int character = uart_input_peek(unit);
    uint64_t at = uart->receive_at;
    uart->receive_at = NEVER;
    if (character < 0) return;
    uart_input_take(unit);
    uart->received_at = at;
    unit->owner->uart_activity = at;
    uart->character = (uint8_t)character;
    bool by_dma = uart_wants_dma(unit, false) &&
                  dma_receive(unit->owner, unit->block->base + places_of(unit)->receive, uart->character, at);
    uart->full = !by_dma;
    expect_next(unit, at);
    uart->idle_due = !uart->full && uart->receive_at == NEVER;
  }
  if (uart->idle_due && now >= uart->received_at + uart_character_cycles(unit)) {
    uart->idle_due = false;
    uart->idle = true;
  }
}

static void take_character(unit_t *unit, uint64_t now) {
  uart_t *uart = unit->state;
  if (!uart->full) return;
  uart->full = false;
  expect_next(unit, now);
  uart->idle_due = uart->receive_at == NEVER;
}

/* ---- device ---- */

static void uart_make(unit_t *unit) {
  uart_t *uart = unit->state;
  uart->receive_at = NEVER;
  uart_retime(unit, 0);
}

static uint32_t status(const unit_t *unit, uint64_t now) {
  const uart_t *uart = unit->state;
  uint32_t value = 0;
  if (now >= free_at(unit)) value |= SR_TXE;
  if (now >= uart->sent_at && !uart->complete_taken) value |= SR_TC;
  if (uart->full) value |= SR_RXNE;
  if (uart->idle) value |= SR_IDLE;
  if (unit->block->device == DEVICE_USART_OLD) return value;
  if (enabled(unit, CR1_TE)) value |= ISR_TEACK;
  if (enabled(unit, CR1_RE)) value |= ISR_REACK;
  return value;
}

static void uart_sync(unit_t *unit, uint64_t now) {
  const uart_t *uart = unit->state;
  expect_next(unit, now);
  receive_due(unit, now);
  uint32_t flags = status(unit, now), cr1 = control1(unit);
  bool level = ((cr1 & CR1_TXEIE) && (flags & SR_TXE)) || ((cr1 & CR1_TCIE) && (flags & SR_TC)) ||
               ((cr1 & CR1_RXNEIE) && uart->full) || ((cr1 & CR1_IDLEIE) && uart->idle);
  unit_line(unit, 0, level && (cr1 & places_of(unit)->enable));
}

static uint64_t uart_due(unit_t *unit, uint64_t now) {
  const uart_t *uart = unit->state;
  uint32_t cr1 = control1(unit);
  uint64_t due = uart->receive_at, idle = uart->received_at + uart_character_cycles(unit);
  if (uart->idle_due && idle < due) due = idle;
  if ((cr1 & CR1_TXEIE) && free_at(unit) > now && free_at(unit) < due) due = free_at(unit);
  if ((cr1 & CR1_TCIE) && uart->sent_at > now && uart->sent_at < due) due = uart->sent_at;
  return due;
}

static bool uart_live(const unit_t *unit, uint64_t now) {
  const uart_t *uart = unit->state;
  return now < uart->sent_at || uart->receive_at != NEVER || enabled(unit, CR1_RE); /* see uart_input_wait() */
}

static uint32_t uart_read(unit_t *unit, uint32_t offset, uint32_t lanes, uint64_t now) {
  (void)lanes;
  uart_t *uart = unit->state;
  const places_t *at = places_of(unit);
  uart_sync(unit, now);
  if (offset == at->status) {
    uint32_t value = status(unit, now);
    bool waiting = enabled(unit, CR1_RE) && !uart->full && uart->receive_at == NEVER && now >= uart->sent_at;
    if (waiting && !(control1(unit) & CR1_RXNEIE)) uart_input_wait(unit, now);
    return value;
  }
  if (offset == at->receive) {
    uint32_t value = uart->character;
    take_character(unit, now);
    if (unit->block->device == DEVICE_USART_OLD) uart->idle = false; /* SR, then DR */
    return value;
  }
  return unit_load(unit, offset);
}

static void uart_write(unit_t *unit, uint32_t offset, uint32_t value, uint32_t lanes, uint64_t now) {
  enum { ICR_IDLE = 1u << 4, ICR_TC = 1u << 6, RQR_RXFRQ = 1u << 3 };
  uart_t *uart = unit->state;
  const places_t *at = places_of(unit);
  uart_sync(unit, now);
  if (offset == at->transmit) {
    if (lanes & 0xFFu) transmit(unit, (uint8_t)value, now);
  } else if (offset == at->status) {
    /* The old layout clears flags by writing zero; the new one has ICR and its ISR is read-only. */
    bool old = unit->block->device == DEVICE_USART_OLD;
    if (old && !(value & SR_TC) && (lanes & SR_TC)) uart->complete_taken = true;
    if (old && !(value & SR_RXNE) && (lanes & SR_RXNE)) take_character(unit, now);
  } else if (at == &new_places && offset == NEW_ICR) {
    if (value & ICR_TC) uart->complete_taken = true;
    if (value & ICR_IDLE) uart->idle = false;
  } else if (at == &new_places && offset == NEW_RQR) {
    if (value & RQR_RXFRQ) take_character(unit, now);
  } else {
    unit_store(unit, offset, value, lanes);
    uart_retime(unit, now);
    if (offset == at->cr3 || offset == at->cr1) dma_start(unit->owner, now);
    if (offset == at->cr1 && !enabled(unit, CR1_RE)) uart->receive_at = NEVER;
  }
}

bool uart_is_data_register(const unit_t *unit, uint32_t address, bool transmitter) {
  device_kind_t kind = unit->block->device;
  if (kind != DEVICE_USART_OLD && kind != DEVICE_USART && kind != DEVICE_LPUART) return false;
  const places_t *at = places_of(unit);
  return address == unit->block->base + (transmitter ? at->transmit : at->receive);
}

bool uart_wants_dma(const unit_t *unit, bool transmitter) {
  return enabled(unit, transmitter ? CR1_TE : CR1_RE) && (control3(unit) & (transmitter ? CR3_DMAT : CR3_DMAR));
}

#define UART_DEVICE                                                                                                    \
  {                                                                                                                    \
    .state_bytes = sizeof(uart_t), .make = uart_make, .read = uart_read, .write = uart_write, .sync = uart_sync,       \
    .retime = uart_retime, .due = uart_due, .live = uart_live                                                          \
  }
const device_t usart_old_device = UART_DEVICE, usart_device = UART_DEVICE, lpuart_device = UART_DEVICE;
