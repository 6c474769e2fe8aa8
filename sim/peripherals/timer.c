/* ST's timers, TIM1 to TIM24, as up-counters: prescaler and auto-reload with their preloads, update and compare events
   with their interrupts, one-pulse mode, 16 and 32 bits. [RM0090 17 to 20]

   The counter is computed from the clock, not counted: since the last write that mattered, `total` counter ticks have
   passed, so CNT is total modulo ARR + 1 and every multiple of it was an update.

   Not modelled: counting down and centre-aligned (they count up instead, with a warning), input capture, slave modes,
   encoders, outputs, triggers to other peripherals, DMA requests, the repetition counter. */
#include "peripherals/peripherals_private.h"

enum {
  CR1 = 0x00,
  SMCR = 0x08,
  DIER = 0x0C,
  SR = 0x10,
  EGR = 0x14,
  CNT = 0x24,
  PSC = 0x28,
  ARR = 0x2C,
  CCR1 = 0x34,
  CHANNELS = 4
};
enum {
  CR1_CEN = 1u << 0,
  CR1_UDIS = 1u << 1,
  CR1_URS = 1u << 2,
  CR1_OPM = 1u << 3,
  CR1_DOWN_OR_CENTRE = 7u << 4,
  CR1_ARPE = 1u << 7,
  SR_UIF = 1u << 0,
  SMCR_MODE = 7u
};

typedef struct {
  rate_t rate;           /* of the prescaler's input */
  uint64_t phase;        /* input ticks already counted towards the next counter tick, at rate.since */
  uint64_t start;        /* CNT at rate.since */
  uint64_t seen;         /* total up to which events have been noted */
  uint32_t divisor, top; /* PSC + 1 and ARR in effect */
  bool said;
} counter_t;

static uint64_t modulus(const unit_t *unit) {
  return unit->block->device == DEVICE_TIMER32 ? UINT64_C(1) << 32 : 65536;
}

static bool counts(const unit_t *unit) {
  const counter_t *timer = unit->state;
  return (*unit_word(unit, CR1) & CR1_CEN) && timer->top > 0;
}

static uint64_t total(const unit_t *unit, uint64_t now) {
  const counter_t *timer = unit->state;
  if (!counts(unit)) return timer->start;
  return timer->start + (timer->phase + rate_ticks(&timer->rate, now)) / timer->divisor;
}

/* The cycle at which the total reaches WANTED, which is above timer->start. */
static uint64_t when(const unit_t *unit, uint64_t wanted) {
  const counter_t *timer = unit->state;
  if (!counts(unit)) return NEVER;
  return rate_when(&timer->rate, (wanted - timer->start) * timer->divisor - timer->phase);
}

/* The first total above AT that is an update event; a counter above its top first runs through its whole width. */
static uint64_t next_update(const unit_t *unit, uint64_t at) {
  const counter_t *timer = unit->state;
  uint64_t period = (uint64_t)timer->top + 1;
  if (timer->start > timer->top) {
    uint64_t wrap = modulus(unit);
    return at < wrap ? wrap : wrap + ((at - wrap) / period + 1) * period;
  }
  return (at / period + 1) * period;
}

static uint64_t count_at(const unit_t *unit, uint64_t at) {
  const counter_t *timer = unit->state;
  uint64_t period = (uint64_t)timer->top + 1;
  if (timer->start > timer->top) {
    uint64_t wrap = modulus(unit);
    return at < wrap ? at : (at - wrap) % period;
  }
  return at % period;
}

/* The first total above AT at which the counter equals VALUE; NEVER: it does not come there. */
static uint64_t next_match(const unit_t *unit, uint64_t at, uint32_t value) {
  const counter_t *timer = unit->state;
  if (value > timer->top) return NEVER;
  uint64_t here = count_at(unit, at);
  if (here < value && here <= timer->top) return at + (value - here);
  return next_update(unit, at) + value;
}

/* Counting goes on from NOW with the values that are in the registers. */
static void restart(unit_t *unit, uint64_t count, uint64_t phase, uint64_t now) {
  counter_t *timer = unit->state;
  timer->start = timer->seen = count;
  timer->phase = phase;
  rate_rebase(&timer->rate, now);
}

static void take_preloads(unit_t *unit) {
  counter_t *timer = unit->state;
  timer->divisor = (*unit_word(unit, PSC) & 0xFFFFu) + 1;
  timer->top = *unit_word(unit, ARR);
}

static bool preloads_differ(const unit_t *unit) {
  const counter_t *timer = unit->state;
  return timer->divisor != (*unit_word(unit, PSC) & 0xFFFFu) + 1 || timer->top != *unit_word(unit, ARR);
}

static void note_matches(unit_t *unit, uint64_t up_to) {
  const counter_t *timer = unit->state;
  for (unsigned i = 0; i < CHANNELS; i++) {
    if (next_match(unit, timer->seen, *unit_word(unit, CCR1 + 4 * i)) <= up_to) *unit_word(unit, SR) |= 2u << i;
  }
}

/* Brings the flags up to NOW. An update may change how it counts on, so updates are taken one by one where it does. */
static void note_events(unit_t *unit, uint64_t now) {
  counter_t *timer = unit->state;
  uint32_t cr1 = *unit_word(unit, CR1);
  while (counts(unit)) {
    uint64_t reached = total(unit, now), update = next_update(unit, timer->seen);
    if (update > reached) {
      note_matches(unit, reached);
      timer->seen = reached;
      return;
    }
    bool changes = !(cr1 & CR1_UDIS) && (preloads_differ(unit) || (cr1 & CR1_OPM));
    note_matches(unit, changes ? update : reached);
    if (!(cr1 & CR1_UDIS)) *unit_word(unit, SR) |= SR_UIF;
    if (!changes) {
      timer->seen = reached;
      return;
    }
    uint64_t at = when(unit, update);
    if (cr1 & CR1_OPM) *unit_word(unit, CR1) &= ~(uint32_t)CR1_CEN;
    rate_rebase(&timer->rate, at);
    restart(unit, 0, 0, at);
    take_preloads(unit);
    cr1 = *unit_word(unit, CR1);
  }
}

static void update_lines(unit_t *unit) {
  enum { UPDATE = 1, COMPARES = 0x1E };
  uint32_t active = *unit_word(unit, SR) & *unit_word(unit, DIER);
  bool split = unit->block->irq_count > 1; /* TIM1 and TIM8 have a line of their own for compares */
  unit_line(unit, 0, (active & (split ? UPDATE : UPDATE | COMPARES)) != 0);
  if (split) unit_line(unit, 1, (active & COMPARES) != 0);
}

static void timer_sync(unit_t *unit, uint64_t now) {
  note_events(unit, now);
  update_lines(unit);
}

static void timer_make(unit_t *unit) {
  counter_t *timer = unit->state;
  *unit_word(unit, ARR) = (uint32_t)(modulus(unit) - 1);
  rate_set(&timer->rate, unit_hz(unit), unit->owner->clocks.core, 0);
  take_preloads(unit);
}

static void timer_retime(unit_t *unit, uint64_t now) {
  counter_t *timer = unit->state;
  uint64_t ticks = timer->phase + (counts(unit) ? rate_ticks(&timer->rate, now) : 0);
  uint64_t count = count_at(unit, total(unit, now)), phase = ticks % timer->divisor;
  rate_set(&timer->rate, unit_hz(unit), unit->owner->clocks.core, now);
  restart(unit, count, phase, now);
}

static uint64_t timer_due(unit_t *unit, uint64_t now) {
  const counter_t *timer = unit->state;
  uint32_t wanted = *unit_word(unit, DIER) & ~*unit_word(unit, SR);
  uint64_t due = NEVER;
  (void)now;
  if (!counts(unit)) return NEVER;
  if (wanted & SR_UIF) due = when(unit, next_update(unit, timer->seen));
  for (unsigned i = 0; i < CHANNELS; i++) {
    if (!(wanted & (2u << i))) continue;
    uint64_t match = next_match(unit, timer->seen, *unit_word(unit, CCR1 + 4 * i));
    uint64_t at = match == NEVER ? NEVER : when(unit, match);
    if (at < due) due = at;
  }
  return due;
}

static bool timer_live(const unit_t *unit, uint64_t now) {
  (void)now;
  return counts(unit);
}

static uint32_t timer_read(unit_t *unit, uint32_t offset, uint32_t lanes, uint64_t now) {
  (void)lanes;
  timer_sync(unit, now);
  return offset == CNT ? (uint32_t)count_at(unit, total(unit, now)) : unit_load(unit, offset);
}

static void generate_update(unit_t *unit, uint64_t now) {
  uint32_t cr1 = *unit_word(unit, CR1);
  if (cr1 & CR1_UDIS) return;
  rate_rebase(&((counter_t *)unit->state)->rate, now);
  restart(unit, 0, 0, now);
  take_preloads(unit);
  if (!(cr1 & CR1_URS)) *unit_word(unit, SR) |= SR_UIF;
}

static void write_control(unit_t *unit, uint32_t value, uint32_t lanes, uint64_t now) {
  counter_t *timer = unit->state;
  uint64_t count = count_at(unit, total(unit, now));
  uint64_t ticks = timer->phase + (counts(unit) ? rate_ticks(&timer->rate, now) : 0);
  bool before = counts(unit);
  unit_store(unit, CR1, value, lanes);
  if (before != counts(unit)) {
    rate_rebase(&timer->rate, now);
    if (!before) timer->rate.fraction = 0;
    restart(unit, count, ticks % timer->divisor, now);
  }
  if ((*unit_word(unit, CR1) & CR1_DOWN_OR_CENTRE) && counts(unit) && !timer->said) {
    timer->said = true;
    peripherals_warn(unit->owner, "timer-mode", unit->block->base,
                     "%s is to count down or centre-aligned: it counts up here", unit->block->name);
  }
}

static void timer_write(unit_t *unit, uint32_t offset, uint32_t value, uint32_t lanes, uint64_t now) {
  counter_t *timer = unit->state;
  timer_sync(unit, now);
  switch (offset) {
  case CR1: write_control(unit, value, lanes, now); return;
  case SR: *unit_word(unit, SR) &= value | ~lanes; return; /* cleared by writing zero */
  case EGR:
    if (value & 1u) generate_update(unit, now);
    *unit_word(unit, SR) |= value & 0x1Eu; /* CCxG */
    return;
  case CNT:
    unit_store(unit, CNT, value, lanes);
    restart(unit, *unit_word(unit, CNT) & (modulus(unit) - 1), 0, now);
    return;
  case ARR:
    unit_store(unit, ARR, value & (uint32_t)(modulus(unit) - 1), lanes);
    if (*unit_word(unit, CR1) & CR1_ARPE) return;
    uint64_t ticks = timer->phase + (counts(unit) ? rate_ticks(&timer->rate, now) : 0);
    uint64_t count = count_at(unit, total(unit, now));
    restart(unit, count, ticks % timer->divisor, now);
    timer->top = *unit_word(unit, ARR);
    return;
  default: unit_store(unit, offset, value, lanes); return;
  }
}

#define TIMER_DEVICE                                                                                                   \
  {                                                                                                                    \
    .state_bytes = sizeof(counter_t), .make = timer_make, .read = timer_read, .write = timer_write,                    \
    .sync = timer_sync, .retime = timer_retime, .due = timer_due, .live = timer_live                                   \
  }
const device_t timer16_device = TIMER_DEVICE, timer32_device = TIMER_DEVICE;
