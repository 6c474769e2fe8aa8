/* UART and UARTE of the nRF52, which share their place: ENABLE says which it is. [PS nRF52840 6.33 and 6.34]

   A byte takes ten bits of the line. Of a UARTE the whole buffer is handed over at STARTTX, and ENDTX comes when the
   last byte has left. Received bytes come at the pace of the line and wait until they are taken. */
#include "peripherals/peripherals_private.h"

enum {
  TASKS_STARTRX = 0x000,
  TASKS_STOPRX = 0x004,
  TASKS_STARTTX = 0x008,
  TASKS_STOPTX = 0x00C,
  TASKS_FLUSHRX = 0x02C,
  EVENTS = 0x100,
  EVENTS_RXDRDY = 0x108,
  EVENTS_ENDRX = 0x110,
  EVENTS_TXDRDY = 0x11C,
  EVENTS_ENDTX = 0x120,
  EVENTS_RXTO = 0x144,
  EVENTS_RXSTARTED = 0x14C,
  EVENTS_TXSTARTED = 0x150,
  EVENTS_TXSTOPPED = 0x158,
  EVENTS_END = 0x180,
  SHORTS = 0x200,
  INTEN = 0x300,
  INTENSET = 0x304,
  INTENCLR = 0x308,
  ENABLE = 0x500,
  RXD = 0x518,
  TXD = 0x51C,
  BAUDRATE = 0x524,
  RXD_PTR = 0x534,
  RXD_MAXCNT = 0x538,
  RXD_AMOUNT = 0x53C,
  TXD_PTR = 0x544,
  TXD_MAXCNT = 0x548,
  TXD_AMOUNT = 0x54C
};
enum { ENABLE_UART = 4, ENABLE_UARTE = 8, SHORT_ENDRX_STARTRX = 1u << 5, SHORT_ENDRX_STOPRX = 1u << 6 };

typedef struct {
  uint64_t sent_at; /* NEVER: nothing under way */
  bool transmits, receives;
  uint64_t receive_at, received_at;
  uint32_t received; /* bytes of the buffer */
  bool full;
  uint8_t character;
} uart_t;

static uint32_t mode(const unit_t *unit) { return *unit_word(unit, ENABLE) & 0xFu; }

/* BAUDRATE is the rate times 2^32 over 16 MHz. */
static uint64_t byte_cycles(const unit_t *unit) {
  enum { BITS = 10, UART_HZ = 16000000 };
  uint64_t baud = *unit_word(unit, BAUDRATE);
  return baud ? (BITS * (unit->owner->clocks.core / UART_HZ) << 32) / baud : 1;
}

static void event(unit_t *unit, uint32_t offset) { *unit_word(unit, offset) = 1; }

static void expect_next(unit_t *unit, uint64_t from) {
  uart_t *uart = unit->state;
  if (!uart->receives || uart->full || uart->receive_at != NEVER || uart_input_peek(unit) < 0) return;
  uint64_t earliest = uart->received_at + byte_cycles(unit);
  uart->receive_at = earliest > from ? earliest : from;
}

static void store_received(unit_t *unit) {
  peripherals_t *p = unit->owner;
  uart_t *uart = unit->state;
  uint32_t to = *unit_word(unit, RXD_PTR) + uart->received;
  if (p->config.write_memory) p->config.write_memory(p->config.context, to, &uart->character, 1);
  uart->full = false;
  if (++uart->received < *unit_word(unit, RXD_MAXCNT)) return;
  *unit_word(unit, RXD_AMOUNT) = uart->received;
  event(unit, EVENTS_ENDRX);
  uart->received = 0;
  uint32_t shorts = *unit_word(unit, SHORTS);
  uart->receives = (shorts & SHORT_ENDRX_STARTRX) != 0;
  if (uart->receives) event(unit, EVENTS_RXSTARTED);
  if (shorts & SHORT_ENDRX_STOPRX) event(unit, EVENTS_RXTO);
}

static void uart_sync(unit_t *unit, uint64_t now) {
  uart_t *uart = unit->state;
  if (uart->sent_at != NEVER && now >= uart->sent_at) {
    uart->sent_at = NEVER;
    event(unit, EVENTS_TXDRDY);
    if (mode(unit) == ENABLE_UARTE) event(unit, EVENTS_ENDTX);
  }
  expect_next(unit, now);
  while (uart->receive_at <= now) {
    uart->received_at = uart->receive_at;
    uart->receive_at = NEVER;
    uart->character = (uint8_t)uart_input_peek(unit);
    uart_input_take(unit);
    uart->full = true;
    unit->owner->uart_activity = now;
    event(unit, EVENTS_RXDRDY);
    if (mode(unit) == ENABLE_UARTE) store_received(unit);
    expect_next(unit, uart->received_at);
  }
  uint32_t active = 0;
  for (uint32_t at = EVENTS; at < EVENTS_END; at += 4)
    active |= (uint32_t)(*unit_word(unit, at) != 0) << ((at - EVENTS) / 4);
  unit_line(unit, 0, (active & *unit_word(unit, INTEN)) != 0);
}

static void send(unit_t *unit, const uint8_t *bytes, uint32_t count, uint64_t now) {
  uart_t *uart = unit->state;
  put_console(unit->owner, bytes, count);
  uart->sent_at = now + count * byte_cycles(unit);
  unit->owner->uart_activity = uart->sent_at;
}

static void start_transmit(unit_t *unit, uint64_t now) {
  peripherals_t *p = unit->owner;
  uart_t *uart = unit->state;
  uart->transmits = true;
  if (mode(unit) != ENABLE_UARTE) return;
  enum { MAXCNT_BITS = 0xFFFF, PIECE = 256 };
  uint32_t left = *unit_word(unit, TXD_MAXCNT) & MAXCNT_BITS, from = *unit_word(unit, TXD_PTR), count = left;
  uint8_t piece[PIECE];
  event(unit, EVENTS_TXSTARTED);
  while (left) {
    uint32_t bytes = left < PIECE ? left : PIECE;
    if (!p->config.read_memory || !p->config.read_memory(p->config.context, from, piece, bytes)) break;
    put_console(p, piece, bytes);
    from += bytes;
    left -= bytes;
  }
  send(unit, piece, 0, now);
  uart->sent_at = now + count * byte_cycles(unit);
  *unit_word(unit, TXD_AMOUNT) = count;
}

static void task(unit_t *unit, uint32_t offset, uint64_t now) {
  uart_t *uart = unit->state;
  switch (offset) {
  case TASKS_STARTTX: start_transmit(unit, now); break;
  case TASKS_STOPTX:
    uart->transmits = false;
    event(unit, EVENTS_TXSTOPPED);
    break;
  case TASKS_STARTRX:
    uart->receives = true;
    uart->received = 0;
    event(unit, EVENTS_RXSTARTED);
    if (uart->full && mode(unit) == ENABLE_UARTE) store_received(unit);
    expect_next(unit, now);
    break;
  case TASKS_STOPRX:
    if (uart->receives && mode(unit) == ENABLE_UARTE) {
      *unit_word(unit, RXD_AMOUNT) = uart->received;
      event(unit, EVENTS_ENDRX);
    }
    uart->receives = false;
    uart->receive_at = NEVER;
    event(unit, EVENTS_RXTO);
    break;
  case TASKS_FLUSHRX: event(unit, EVENTS_ENDRX); break;
  default: break;
  }
}

static uint32_t uart_read(unit_t *unit, uint32_t offset, uint32_t lanes, uint64_t now) {
  uart_t *uart = unit->state;
  (void)lanes;
  uart_sync(unit, now);
  if (offset == RXD) {
    uart->full = false;
    expect_next(unit, now);
    return uart->character;
  }
  if (offset == INTENSET || offset == INTENCLR) return *unit_word(unit, INTEN);
  bool polled = offset == EVENTS_RXDRDY || offset == EVENTS_ENDRX;
  if (polled && uart->receives && !*unit_word(unit, offset) && uart->receive_at == NEVER && uart->sent_at == NEVER &&
      !*unit_word(unit, INTEN)) {
    uart_input_wait(unit, now);
  }
  return offset < EVENTS ? 0 : unit_load(unit, offset);
}

static void uart_write(unit_t *unit, uint32_t offset, uint32_t value, uint32_t lanes, uint64_t now) {
  uart_t *uart = unit->state;
  uart_sync(unit, now);
  if (offset < EVENTS) {
    if (value) task(unit, offset, now);
  } else if (offset == INTENSET) {
    *unit_word(unit, INTEN) |= value;
  } else if (offset == INTENCLR) {
    *unit_word(unit, INTEN) &= ~value;
  } else if (offset == TXD) {
    uint8_t byte = (uint8_t)value;
    if (uart->transmits && mode(unit) == ENABLE_UART) send(unit, &byte, 1, now);
  } else {
    unit_store(unit, offset, value, lanes);
  }
}

static void uart_make(unit_t *unit) {
  uart_t *uart = unit->state;
  uart->sent_at = uart->receive_at = NEVER;
}

static uint64_t uart_due(unit_t *unit, uint64_t now) {
  const uart_t *uart = unit->state;
  (void)now;
  return uart->sent_at < uart->receive_at ? uart->sent_at : uart->receive_at;
}

static bool uart_live(const unit_t *unit, uint64_t now) {
  const uart_t *uart = unit->state;
  (void)now;
  return uart->sent_at != NEVER || uart->receives;
}

const device_t nrf_uart_device = {.state_bytes = sizeof(uart_t),
                                  .make = uart_make,
                                  .read = uart_read,
                                  .write = uart_write,
                                  .sync = uart_sync,
                                  .due = uart_due,
                                  .live = uart_live};
