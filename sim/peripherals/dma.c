/* ST's DMA controllers as far as UARTs need them: streams (F4, F7, H7: DMA1, DMA2) and channels (L4, WB).
   [RM0090 10.5, RM0432 11.6]

   To a UART: the whole buffer is handed over when stream and UART are both enabled, and the transfer is complete when
   the last character moves into the transmitter. From a UART: one character at a time. Memory to memory: at once. The
   request multiplexer is not asked; the peripheral's address says who is meant. Everything else is a warning. */
#include "peripherals/peripherals_private.h"

enum { STREAMS_MAX = 8 };
enum { EVENT_ERROR = 1, EVENT_HALF = 2, EVENT_COMPLETE = 4 };
enum { TO_MEMORY, TO_PERIPHERAL, MEMORY_TO_MEMORY };

typedef struct {
  bool active; /* towards a UART */
  uint64_t half_at, done_at;
  uint32_t count;    /* at the start, for circular mode */
  uint32_t position; /* of the next byte from a UART */
  bool said;
} stream_t;

typedef struct {
  stream_t streams[STREAMS_MAX];
} dma_t;

/* How the two kinds differ. */
typedef struct {
  unsigned count, first, stride; /* register sets */
  unsigned ndtr, par, memory;    /* in a set; CR comes first */
  uint32_t complete_ie, half_ie, circular, memory_step, peripheral_step;
} shape_t;

static const shape_t stream_shape = {8, 0x10, 0x18, 4, 8, 12, 1u << 4, 1u << 3, 1u << 8, 1u << 10, 1u << 9};
static const shape_t channel_shape = {7, 0x08, 0x14, 4, 8, 12, 1u << 1, 1u << 2, 1u << 5, 1u << 7, 1u << 6};
enum { CR_ENABLE = 1u << 0, CHANNEL_DIRECTION = 1u << 4, CHANNEL_MEMORY = 1u << 14 };

static bool has_streams(const unit_t *unit) { return unit->block->device == DEVICE_DMA_STREAMS; }
static bool is_dma(const unit_t *unit) { return has_streams(unit) || unit->block->device == DEVICE_DMA_CHANNELS; }
static const shape_t *shape_of(const unit_t *unit) { return has_streams(unit) ? &stream_shape : &channel_shape; }

static uint32_t *set_word(const unit_t *unit, unsigned index, unsigned place) {
  const shape_t *shape = shape_of(unit);
  return unit_word(unit, shape->first + index * shape->stride + place);
}

static unsigned direction(const unit_t *unit, unsigned index) {
  uint32_t cr = *set_word(unit, index, 0);
  if (has_streams(unit)) return (cr >> 6) & 3u;
  return (cr & CHANNEL_MEMORY) ? MEMORY_TO_MEMORY : (cr & CHANNEL_DIRECTION) ? TO_PERIPHERAL : TO_MEMORY;
}

/* Bytes of an item in memory. */
static uint32_t item_bytes(const unit_t *unit, unsigned index) {
  uint32_t cr = *set_word(unit, index, 0);
  unsigned code = (has_streams(unit) ? cr >> 13 : cr >> 10) & 3u;
  return code > 2 ? 4 : 1u << code;
}

/* ---- flags ---- */

/* Where the flags of a set are: word and lowest bit. */
static uint32_t *flags_of(const unit_t *unit, unsigned index, unsigned *shift) {
  static const uint8_t stream_shifts[] = {0, 6, 16, 22};
  *shift = has_streams(unit) ? stream_shifts[index & 3u] : 4 * index;
  return unit_word(unit, has_streams(unit) && index > 3 ? 4 : 0);
}

static uint32_t flag_bits(const unit_t *unit, unsigned events) {
  uint32_t bits = 0;
  if (has_streams(unit)) {
    if (events & EVENT_HALF) bits |= 1u << 4;
    if (events & EVENT_COMPLETE) bits |= 1u << 5;
    if (events & EVENT_ERROR) bits |= 1u << 3;
  } else {
    bits = 1; /* GIF: any of them */
    if (events & EVENT_COMPLETE) bits |= 1u << 1;
    if (events & EVENT_HALF) bits |= 1u << 2;
    if (events & EVENT_ERROR) bits |= 1u << 3;
  }
  return bits;
}

static void raise_flags(unit_t *unit, unsigned index, unsigned events) {
  unsigned shift;
  uint32_t *flags = flags_of(unit, index, &shift);
  *flags |= flag_bits(unit, events) << shift;
}

static void update_lines(unit_t *unit) {
  const shape_t *shape = shape_of(unit);
  for (unsigned i = 0; i < shape->count; i++) {
    unsigned shift;
    const uint32_t *word = flags_of(unit, i, &shift);
    uint32_t flags = *word >> shift, cr = *set_word(unit, i, 0);
    uint32_t complete = has_streams(unit) ? 1u << 5 : 1u << 1, half = has_streams(unit) ? 1u << 4 : 1u << 2;
    unit_line(unit, i, ((flags & complete) && (cr & shape->complete_ie)) || ((flags & half) && (cr & shape->half_ie)));
  }
}

/* ---- transfers ---- */

static const unit_t *uart_at(peripherals_t *p, uint32_t address, bool transmit) {
  for (size_t i = 0; i < p->unit_count; i++) {
    if (uart_is_data_register(&p->units[i], address, transmit)) return &p->units[i];
  }
  return NULL;
}

static void to_uart(unit_t *unit, unsigned index, unit_t *uart, uint64_t now) {
  peripherals_t *p = unit->owner;
  stream_t *stream = &((dma_t *)unit->state)->streams[index];
  uint32_t from = *set_word(unit, index, shape_of(unit)->memory), step = item_bytes(unit, index);
  uint32_t count = *set_word(unit, index, shape_of(unit)->ndtr) & 0xFFFFu;
  if (!(*set_word(unit, index, 0) & shape_of(unit)->memory_step)) step = 0;
  if (!count) return;
  uint64_t start = now;
  for (uint32_t i = 0; i < count; i++) {
    uint8_t byte = 0;
    if (!p->config.read_memory || !p->config.read_memory(p->config.context, from + i * step, &byte, 1)) {
      raise_flags(unit, index, EVENT_ERROR);
      return;
    }
    now = uart_send(uart, &byte, 1, now);
  }
  stream->active = true;
  stream->count = count;
  stream->done_at = now;
  stream->half_at = start + (now - start) / 2;
  unit_refresh(uart, start);
}

static void copy_memory(unit_t *unit, unsigned index) {
  peripherals_t *p = unit->owner;
  const shape_t *shape = shape_of(unit);
  uint32_t cr = *set_word(unit, index, 0), bytes = item_bytes(unit, index);
  uint32_t from = *set_word(unit, index, shape->par), to = *set_word(unit, index, shape->memory);
  uint32_t count = *set_word(unit, index, shape->ndtr) & 0xFFFFu;
  /* On channels DIR says which side is the source. */
  bool reversed = !has_streams(unit) && (cr & CHANNEL_DIRECTION);
  uint32_t from_step = (cr & shape->peripheral_step) ? bytes : 0, to_step = (cr & shape->memory_step) ? bytes : 0;
  for (uint32_t i = 0; i < count; i++) {
    uint8_t item[4];
    uint32_t a = from + i * from_step, b = to + i * to_step;
    bool done = p->config.read_memory && p->config.read_memory(p->config.context, reversed ? b : a, item, bytes) &&
                p->config.write_memory(p->config.context, reversed ? a : b, item, bytes);
    if (!done) {
      raise_flags(unit, index, EVENT_ERROR);
      return;
    }
  }
  *set_word(unit, index, shape->ndtr) = 0;
  *set_word(unit, index, 0) &= ~(uint32_t)CR_ENABLE;
  raise_flags(unit, index, EVENT_HALF | EVENT_COMPLETE);
}

static void start_stream(unit_t *unit, unsigned index, uint64_t now) {
  peripherals_t *p = unit->owner;
  stream_t *stream = &((dma_t *)unit->state)->streams[index];
  if (!(*set_word(unit, index, 0) & CR_ENABLE) || stream->active) return;
  unsigned way = direction(unit, index);
  uint32_t address = *set_word(unit, index, shape_of(unit)->par);
  if (way == MEMORY_TO_MEMORY) {
    copy_memory(unit, index);
    return;
  }
  const unit_t *uart = uart_at(p, address, way == TO_PERIPHERAL);
  if (!uart && !stream->said) {
    stream->said = true;
    peripherals_warn(p, "dma-not-modelled", unit->block->base,
                     "%s moves data between memory and 0x%08x, which is no "
                     "UART: this transfer never completes",
                     unit->block->name, (unsigned)address);
  }
  if (uart && way == TO_PERIPHERAL && uart_wants_dma(uart, true)) to_uart(unit, index, &p->units[uart - p->units], now);
}

void dma_start(peripherals_t *p, uint64_t now) {
  for (size_t i = 0; i < p->unit_count; i++) {
    unit_t *unit = &p->units[i];
    if (!is_dma(unit)) continue;
    for (unsigned k = 0; k < shape_of(unit)->count; k++)
      start_stream(unit, k, now);
    unit_refresh(unit, now);
  }
}

bool dma_receive(peripherals_t *p, uint32_t data_register, uint8_t byte, uint64_t now) {
  for (size_t i = 0; i < p->unit_count; i++) {
    unit_t *unit = &p->units[i];
    for (unsigned k = 0; is_dma(unit) && k < shape_of(unit)->count; k++) {
      const shape_t *shape = shape_of(unit);
      uint32_t *cr = set_word(unit, k, 0), *left = set_word(unit, k, shape->ndtr);
      bool mine = (*cr & CR_ENABLE) && direction(unit, k) == TO_MEMORY && *left &&
                  *set_word(unit, k, shape->par) == data_register;
      if (!mine) continue;
      stream_t *stream = &((dma_t *)unit->state)->streams[k];
      uint32_t step = (*cr & shape->memory_step) ? item_bytes(unit, k) : 0;
      uint32_t to = *set_word(unit, k, shape->memory) + stream->position * step;
      if (p->config.write_memory) p->config.write_memory(p->config.context, to, &byte, 1);
      stream->position++;
      if (--*left == stream->count / 2) raise_flags(unit, k, EVENT_HALF);
      if (*left == 0) {
        raise_flags(unit, k, EVENT_COMPLETE);
        stream->position = 0;
        if (*cr & shape->circular) {
          *left = stream->count;
        } else {
          *cr &= ~(uint32_t)CR_ENABLE;
        }
      }
      unit_refresh(unit, now);
      return true;
    }
  }
  return false;
}

/* ---- device ---- */

static void dma_sync(unit_t *unit, uint64_t now) {
  dma_t *dma = unit->state;
  for (unsigned i = 0; i < shape_of(unit)->count; i++) {
    stream_t *stream = &dma->streams[i];
    if (stream->active && now >= stream->half_at) raise_flags(unit, i, EVENT_HALF);
    if (stream->active && now >= stream->half_at) stream->half_at = NEVER;
    if (!stream->active || now < stream->done_at) continue;
    stream->active = false;
    raise_flags(unit, i, EVENT_COMPLETE);
    if (*set_word(unit, i, 0) & shape_of(unit)->circular) {
      start_stream(unit, i, stream->done_at);
    } else {
      *set_word(unit, i, shape_of(unit)->ndtr) = 0;
      *set_word(unit, i, 0) &= ~(uint32_t)CR_ENABLE;
    }
  }
  update_lines(unit);
}

static uint64_t next_event(const unit_t *unit) {
  const dma_t *dma = unit->state;
  uint64_t due = NEVER;
  for (unsigned i = 0; i < shape_of(unit)->count; i++) {
    const stream_t *stream = &dma->streams[i];
    uint64_t next = !stream->active ? NEVER : stream->half_at < stream->done_at ? stream->half_at : stream->done_at;
    if (next < due) due = next;
  }
  return due;
}

static uint64_t dma_due(unit_t *unit, uint64_t now) {
  (void)now;
  return next_event(unit);
}

static bool dma_live(const unit_t *unit, uint64_t now) {
  (void)now;
  return next_event(unit) != NEVER;
}

static uint32_t dma_read(unit_t *unit, uint32_t offset, uint32_t lanes, uint64_t now) {
  (void)lanes;
  dma_sync(unit, now);
  return unit_load(unit, offset);
}

static void dma_write(unit_t *unit, uint32_t offset, uint32_t value, uint32_t lanes, uint64_t now) {
  const shape_t *shape = shape_of(unit);
  dma_t *dma = unit->state;
  dma_sync(unit, now);
  if (offset < shape->first) {
    bool clears = offset >= shape->first / 2; /* LIFCR and HIFCR behind LISR and HISR; IFCR behind ISR */
    uint32_t *flags = unit_word(unit, offset - shape->first / 2);
    if (!clears) return;
    if (!has_streams(unit)) { /* CGIF clears all four */
      for (unsigned i = 0; i < shape->count; i++)
        if (value & (1u << 4 * i)) value |= 0xFu << 4 * i;
    }
    *flags &= ~value;
    if (!has_streams(unit)) { /* GIF goes with the last of the others */
      for (unsigned i = 0; i < shape->count; i++)
        if (!(*flags & (0xEu << 4 * i))) *flags &= ~(1u << 4 * i);
    }
    return;
  }
  unit_store(unit, offset, value, lanes);
  unsigned index = (offset - shape->first) / shape->stride;
  if (index >= shape->count || (offset - shape->first) % shape->stride) return;
  stream_t *stream = &dma->streams[index];
  if (!(*set_word(unit, index, 0) & CR_ENABLE)) {
    stream->active = false;
  } else if (!stream->active) {
    stream->count = *set_word(unit, index, shape->ndtr) & 0xFFFFu;
    stream->position = 0;
    start_stream(unit, index, now);
  }
}

#define DMA_DEVICE                                                                                                     \
  {                                                                                                                    \
    .state_bytes = sizeof(dma_t), .read = dma_read, .write = dma_write, .sync = dma_sync, .due = dma_due,              \
    .live = dma_live                                                                                                   \
  }
const device_t dma_streams_device = DMA_DEVICE, dma_channels_device = DMA_DEVICE;
