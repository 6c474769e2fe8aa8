/* SEGGER RTT: text that firmware leaves in a ring buffer in RAM for a debugger to fetch. The layout is that of
   SEGGER_RTT.h: id[16], numbers of up and down buffers, then one record of six words for each buffer: name, data, size,
   write offset, read offset, flags. Up-buffer 0 goes to the console, as a debugger shows it.

   It is fetched every millisecond of the run: often enough for firmware that waits for room. */
#include "peripherals/peripherals_private.h"

#include <stdlib.h>
#include <string.h>

enum { ID_BYTES = 16, FIRST_BUFFER = 24, SIZE_MAX_BYTES = 1 << 20, SEARCH_INTERVAL_MAX = 1 << 28 };

static const char id[] = "SEGGER RTT";

static bool read_words(peripherals_t *p, uint32_t address, uint32_t *words, size_t count) {
  return p->config.read_memory && p->config.read_memory(p->config.context, address, words, count * sizeof *words);
}

/* Where the control block is, when no symbol says so: its id is at a multiple of 4. */
static uint32_t search(peripherals_t *p) {
  uint32_t bytes = p->config.ram_bytes, found = 0;
  char *ram = bytes >= ID_BYTES && p->config.read_memory ? malloc(bytes) : NULL;
  if (ram && p->config.read_memory(p->config.context, p->config.ram_base, ram, bytes)) {
    for (uint32_t at = 0; at + ID_BYTES <= bytes && !found; at += 4) {
      if (memcmp(ram + at, id, sizeof id) == 0) found = p->config.ram_base + at;
    }
  }
  free(ram);
  return found;
}

void rtt_drain(peripherals_t *p) {
  enum { DATA, SIZE, WRITE, READ, WORDS };
  uint32_t head[ID_BYTES / 4], buffer[WORDS];
  if (!p->rtt.address) p->rtt.address = search(p);
  uint32_t at = p->rtt.address;
  if (!at || !read_words(p, at, head, ID_BYTES / 4) || memcmp(head, id, sizeof id) != 0) return;
  if (!read_words(p, at + FIRST_BUFFER + 4, buffer, WORDS)) return;
  uint32_t size = buffer[SIZE], read = buffer[READ], write = buffer[WRITE];
  if (size == 0 || size > SIZE_MAX_BYTES || read >= size || write >= size || read == write) return;
  uint32_t count = write > read ? write - read : size - read + write;
  uint8_t *text = malloc(count);
  if (!text) return;
  uint32_t first = write > read ? count : size - read;
  bool good = p->config.read_memory(p->config.context, buffer[DATA] + read, text, first) &&
              p->config.read_memory(p->config.context, buffer[DATA], text + first, count - first);
  if (good) {
    put_console(p, text, count);
    if (p->config.write_memory) {
      p->config.write_memory(p->config.context, at + FIRST_BUFFER + 4 + 4 * READ, &write, sizeof write);
    }
  }
  free(text);
}

void rtt_advance(peripherals_t *p, uint64_t now) {
  rtt_drain(p);
  /* A control block that is not there is looked for ever more rarely: most firmware has none. */
  if (!p->rtt.address && p->rtt.interval < SEARCH_INTERVAL_MAX) p->rtt.interval *= 2;
  if (p->rtt.address) p->rtt.interval = (uint64_t)(p->config.mhz * 1000) + 1;
  p->rtt.due = now + p->rtt.interval;
}
