/* TIMER and RTC of the nRF52: counters with tasks, events and compare registers. [PS nRF52840 6.30 and 6.22]

   Like ST's timers they are computed from the clock. A compare that clears or stops the counter is taken at its own
   instant, so periods are exact.

   Not modelled: PPI, so no event starts a task; the delays of up to some 100 us with which the RTC obeys its tasks. */
#include "peripherals/peripherals_private.h"

enum {
  TASKS_START = 0x000,
  TASKS_STOP = 0x004,
  TASKS_COUNT = 0x008, /* TIMER; the RTC has CLEAR here */
  TASKS_CLEAR = 0x00C, /* TIMER; the RTC has TRIGOVRFLW here */
  TASKS_SHUTDOWN = 0x010,
  TASKS_CAPTURE = 0x040,
  EVENTS = 0x100,
  EVENTS_TICK = 0x100,
  EVENTS_OVRFLW = 0x104,
  EVENTS_COMPARE = 0x140,
  EVENTS_END = 0x180,
  SHORTS = 0x200,
  INTEN = 0x300,
  INTENSET = 0x304,
  INTENCLR = 0x308,
  COUNTER = 0x504, /* RTC; TIMER has MODE here */
  MODE = 0x504,
  BITMODE = 0x508,
  RTC_PRESCALER = 0x508,
  PRESCALER = 0x510,
  CC = 0x540,
  CHANNELS = 6,
  RTC_TRIGGER = 0xFFFFF0 /* what TRIGOVRFLW sets the counter to */
};

typedef struct {
  rate_t rate;
  uint64_t start, seen; /* value at rate.since; value, not wrapped, up to which events are noted */
  bool runs;
} counter_t;

static bool is_rtc(const unit_t *unit) { return unit->block->device == DEVICE_NRF_RTC; }

static uint64_t modulus(const unit_t *unit) {
  static const uint8_t widths[] = {16, 8, 24, 32};
  return UINT64_C(1) << (is_rtc(unit) ? 24 : widths[*unit_word(unit, BITMODE) & 3u]);
}

static void set_rate(unit_t *unit, uint64_t now) {
  enum { TIMER_HZ = 16000000, PRESCALER_MAX = 9, RTC_PRESCALER_MAX = 0xFFF };
  counter_t *counter = unit->state;
  uint64_t core = unit->owner->clocks.core;
  if (is_rtc(unit)) {
    rate_set(&counter->rate, LSE_HZ, core * ((*unit_word(unit, RTC_PRESCALER) & RTC_PRESCALER_MAX) + 1), now);
  } else {
    uint32_t prescaler = *unit_word(unit, PRESCALER) & 0xFu;
    rate_set(&counter->rate, TIMER_HZ >> (prescaler > PRESCALER_MAX ? PRESCALER_MAX : prescaler), core, now);
  }
}

static bool counts(const unit_t *unit) {
  const counter_t *counter = unit->state;
  return counter->runs && (is_rtc(unit) || (*unit_word(unit, MODE) & 3u) == 0);
}

static uint64_t total(const unit_t *unit, uint64_t now) {
  const counter_t *counter = unit->state;
  return counter->start + (counts(unit) ? rate_ticks(&counter->rate, now) : 0);
}

static uint64_t next_match(const unit_t *unit, uint64_t at, uint64_t value) {
  uint64_t period = modulus(unit), here = at % period;
  value %= period;
  return at - here + value + (value > here ? 0 : period);
}

static void restart(unit_t *unit, uint64_t value, uint64_t now) {
  counter_t *counter = unit->state;
  counter->start = counter->seen = value % modulus(unit);
  rate_rebase(&counter->rate, now);
}

static uint32_t shorts(const unit_t *unit) { return is_rtc(unit) ? 0 : *unit_word(unit, SHORTS); }

/* The first compare after `seen` that acts on the counter by a short; NEVER: none. */
static uint64_t next_acting(const unit_t *unit, bool *clears, bool *stops) {
  const counter_t *counter = unit->state;
  uint64_t first = NEVER;
  for (unsigned i = 0; i < CHANNELS; i++) {
    uint32_t acts = shorts(unit) >> i;
    if (!(acts & 0x101u)) continue;
    uint64_t match = next_match(unit, counter->seen, *unit_word(unit, CC + 4 * i));
    if (match > first) continue;
    if (match < first) *clears = *stops = false;
    first = match;
    *clears = *clears || (acts & 1u);
    *stops = *stops || (acts & 0x100u);
  }
  return first;
}

static void note_matches(unit_t *unit, uint64_t up_to) {
  counter_t *counter = unit->state;
  for (unsigned i = 0; i < CHANNELS; i++) {
    uint64_t match = next_match(unit, counter->seen, *unit_word(unit, CC + 4 * i));
    if (match <= up_to) *unit_word(unit, EVENTS_COMPARE + 4 * i) = 1;
  }
  if (is_rtc(unit) && up_to > counter->seen) {
    *unit_word(unit, EVENTS_TICK) = 1;
    if (up_to / modulus(unit) > counter->seen / modulus(unit)) *unit_word(unit, EVENTS_OVRFLW) = 1;
  }
  counter->seen = up_to;
}

/* A counter that clears itself at a compare has been left alone for long: all periods but the last two are alike. */
static void skip_periods(unit_t *unit, uint64_t now) {
  counter_t *counter = unit->state;
  bool clears = false, stops = false;
  uint64_t period = next_acting(unit, &clears, &stops), left = rate_ticks(&counter->rate, now);
  if (!clears || stops || left / 2 < period) return;
  uint64_t at = rate_when(&counter->rate, (left / period - 1) * period);
  rate_rebase(&counter->rate, at);
  restart(unit, 0, at);
}

static void note_events(unit_t *unit, uint64_t now) {
  counter_t *counter = unit->state;
  while (counts(unit)) {
    bool clears = false, stops = false;
    uint64_t reached = total(unit, now), acting = next_acting(unit, &clears, &stops);
    if (acting > reached) {
      note_matches(unit, reached);
      return;
    }
    note_matches(unit, acting);
    uint64_t at = rate_when(&counter->rate, acting - counter->start);
    rate_rebase(&counter->rate, at);
    restart(unit, clears ? 0 : acting, at);
    if (stops) counter->runs = false;
    if (clears) skip_periods(unit, now);
  }
}

static uint32_t active(const unit_t *unit) {
  uint32_t bits = 0;
  for (uint32_t at = EVENTS; at < EVENTS_END; at += 4)
    bits |= (uint32_t)(*unit_word(unit, at) != 0) << ((at - EVENTS) / 4);
  return bits;
}

static void counter_sync(unit_t *unit, uint64_t now) {
  note_events(unit, now);
  unit_line(unit, 0, (active(unit) & *unit_word(unit, INTEN)) != 0);
}

static uint64_t counter_due(unit_t *unit, uint64_t now) {
  enum { TICK = 1u << 0, OVERFLOW = 1u << 1 };
  const counter_t *counter = unit->state;
  uint32_t wanted = *unit_word(unit, INTEN) & ~active(unit);
  uint64_t first = NEVER;
  (void)now;
  if (!counts(unit)) return NEVER;
  for (unsigned i = 0; i < CHANNELS; i++) {
    if (!(wanted & (0x10000u << i))) continue;
    uint64_t match = next_match(unit, counter->seen, *unit_word(unit, CC + 4 * i));
    if (match < first) first = match;
  }
  if (is_rtc(unit) && (wanted & TICK) && counter->seen + 1 < first) first = counter->seen + 1;
  if (is_rtc(unit) && (wanted & OVERFLOW)) {
    uint64_t wrap = next_match(unit, counter->seen, 0);
    if (wrap < first) first = wrap;
  }
  return first == NEVER ? NEVER : rate_when(&counter->rate, first - counter->start);
}

static bool counter_live(const unit_t *unit, uint64_t now) {
  (void)now;
  return counts(unit);
}

static void counter_make(unit_t *unit) { set_rate(unit, 0); }

static uint32_t counter_read(unit_t *unit, uint32_t offset, uint32_t lanes, uint64_t now) {
  (void)lanes;
  counter_sync(unit, now);
  if (is_rtc(unit) && offset == COUNTER) return (uint32_t)(total(unit, now) % modulus(unit));
  if (offset == INTENSET || offset == INTENCLR) return *unit_word(unit, INTEN);
  return offset < EVENTS ? 0 : unit_load(unit, offset); /* tasks read as zero */
}

static void run(unit_t *unit, bool runs, uint64_t now) {
  counter_t *counter = unit->state;
  uint64_t value = total(unit, now);
  if (!counter->runs) counter->rate.fraction = 0;
  restart(unit, value, now);
  counter->runs = runs;
}

static void task(unit_t *unit, uint32_t offset, uint64_t now) {
  bool rtc = is_rtc(unit);
  uint64_t value = total(unit, now);
  if (offset == TASKS_START) {
    run(unit, true, now);
  } else if (offset == TASKS_STOP || (!rtc && offset == TASKS_SHUTDOWN)) {
    run(unit, false, now);
  } else if (offset == (rtc ? (uint32_t)TASKS_COUNT : (uint32_t)TASKS_CLEAR)) {
    restart(unit, 0, now);
    if (!rtc) ((counter_t *)unit->state)->rate.fraction = 0;
  } else if (rtc && offset == TASKS_CLEAR) {
    restart(unit, RTC_TRIGGER, now);
  } else if (!rtc && offset == TASKS_COUNT && !counts(unit)) {
    restart(unit, value + 1, now);
  } else if (!rtc && offset >= TASKS_CAPTURE && offset < TASKS_CAPTURE + 4 * CHANNELS) {
    *unit_word(unit, CC + (offset - TASKS_CAPTURE)) = (uint32_t)(value % modulus(unit));
  }
}

static void counter_write(unit_t *unit, uint32_t offset, uint32_t value, uint32_t lanes, uint64_t now) {
  counter_sync(unit, now);
  if (offset < EVENTS) {
    if (value) task(unit, offset, now);
  } else if (offset == INTENSET) {
    *unit_word(unit, INTEN) |= value;
  } else if (offset == INTENCLR) {
    *unit_word(unit, INTEN) &= ~value;
  } else {
    uint64_t count = total(unit, now);
    unit_store(unit, offset, value, lanes);
    if (offset != BITMODE && offset != PRESCALER && offset != MODE) return; /* RTC_PRESCALER is BITMODE's place */
    set_rate(unit, now);
    restart(unit, count, now);
  }
}

#define COUNTER_DEVICE                                                                                                 \
  {                                                                                                                    \
    .state_bytes = sizeof(counter_t), .make = counter_make, .read = counter_read, .write = counter_write,              \
    .sync = counter_sync, .due = counter_due, .live = counter_live                                                     \
  }
const device_t nrf_timer_device = COUNTER_DEVICE, nrf_rtc_device = COUNTER_DEVICE;
