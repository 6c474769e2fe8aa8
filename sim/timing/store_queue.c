/* Cortex-M7: stores on their way to the tightly coupled memory.

   Two banks of 32 bits, even and odd words. An aligned word takes its bank for one cycle; anything narrower or
   unaligned is read, corrected and written back because the memory keeps check bits, which holds the bank for longer. A
   store that finds the queue full waits; one that does not costs nothing. [J-M7 TCM store queue, on an STM32H743] */
#include "timing/pipeline.h"

enum { WORD = 4, BANK = 4 }; /* not cycles: bytes, and the address bit that selects the bank */

static uint32_t word_of(uint32_t address) { return address / WORD; }

void store_queue_note(store_queue_t *queue, uint32_t address, unsigned words) {
  for (uint32_t i = 0; i < words; i++) {
    queue->word[queue->next] = word_of(address) + i;
    queue->next = (uint8_t)((queue->next + 1) % STORE_QUEUE);
  }
}

unsigned store_queue_meets(const store_queue_t *queue, uint32_t address, unsigned words) {
  unsigned met = 0;
  uint32_t first = word_of(address);
  for (unsigned i = 0; i < STORE_QUEUE; i++)
    met |= (unsigned)(queue->word[(queue->next + i) % STORE_QUEUE] - first < words) << i;
  return met;
}

uint64_t store_queue_delivered(const store_queue_t *queue, uint32_t address, unsigned words, unsigned wait) {
  uint64_t delivered = 0;
  uint32_t first = word_of(address);
  for (unsigned i = 0; i < STORE_QUEUE; i++) {
    if (!queue->time[i] || queue->word[i] - first >= words) continue;
    if (queue->time[i] - 1 + wait > delivered) delivered = queue->time[i] - 1 + wait;
  }
  return delivered;
}

uint64_t store_queue_room(const store_queue_t *queue, unsigned depth, uint64_t cycle) {
  while (cycle < queue->slow_until) {
    unsigned waiting = 0;
    uint64_t first_out = UINT64_MAX;
    for (unsigned i = 0; i < STORE_QUEUE; i++) {
      if (queue->drained[i] <= cycle) continue;
      waiting++;
      if (queue->drained[i] < first_out) first_out = queue->drained[i];
    }
    if (waiting < depth || waiting == 0) break;
    cycle = first_out;
  }
  return cycle;
}

/* The bank or banks of one store are busy from the cycle behind its issue, or from when they are free. */
static void drain(store_queue_t *queue, unsigned banks, unsigned hold, uint64_t cycle) {
  uint64_t start = cycle + 1;
  for (unsigned bank = 0; bank < STORE_BANKS; bank++) {
    if ((banks & (1u << bank)) && queue->bank_free[bank] > start) start = queue->bank_free[bank];
  }
  for (unsigned bank = 0; bank < STORE_BANKS; bank++) {
    if (banks & (1u << bank)) queue->bank_free[bank] = start + hold;
  }
  queue->drained[queue->drained_next] = start + hold;
  queue->drained_next = (uint8_t)((queue->drained_next + 1) % STORE_QUEUE);
}

void store_queue_enter(store_queue_t *queue, uint32_t address, unsigned bytes, unsigned words, unsigned slow_hold,
                       uint64_t cycle) {
  queue->last = cycle + 1;
  for (uint32_t i = 0; i < words; i++) {
    queue->time[queue->next] = cycle + 1;
    queue->word[queue->next] = word_of(address) + i;
    queue->next = (uint8_t)((queue->next + 1) % STORE_QUEUE);
  }
  bool slow = bytes < WORD || (address & (WORD - 1));
  if (!slow && cycle >= queue->slow_until) return; /* words drain as fast as they come */
  unsigned bank = address & BANK ? 1 : 0;
  bool both = words > 1 || (address & (WORD - 1)) + bytes > WORD;
  enum { EVEN_AND_ODD = 3 }; /* not cycles: both bits of the mask */
  drain(queue, both ? (unsigned)EVEN_AND_ODD : 1u << bank, slow ? slow_hold : 1, cycle);
  for (unsigned i = 0; slow && i < STORE_BANKS; i++) {
    if (queue->bank_free[i] > queue->slow_until) queue->slow_until = queue->bank_free[i];
  }
}
