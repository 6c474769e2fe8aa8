/* The characters that UARTs receive. One stream for all of them: it belongs to the UART that --uart-in names, else to
   the first one that is ready to receive.

   Who types is patient: the first character comes once the UART has been silent for a while, so that a prompt is out
   and interrupts are set up. With --uart-wait TEXT each line of the input waits until the firmware has printed TEXT
   again; the line's end is not sent, and \n, \r, \t, \\ and \xHH stand for characters. */
#include "peripherals/peripherals_private.h"

#include <ctype.h>
#include <string.h>

enum {
  PATIENCE_TENTHS = 1,   /* tenths of a second that a poll for input may go on when there is none */
  POLLS_PER_SECOND = 100 /* who asks less often does something else in between */
};

static bool is_owner(unit_t *unit) {
  peripherals_t *p = unit->owner;
  if (p->input_owner) return p->input_owner == unit;
  const char *name = unit->block->name;
  bool chosen = !p->input_name ||
                (strlen(name) == p->input_name_length && strncmp(name, p->input_name, p->input_name_length) == 0);
  if (chosen) p->input_owner = unit;
  return chosen;
}

static int digit(int c) { return isdigit(c) ? c - '0' : tolower(c) - 'a' + 10; }

static int escaped(FILE *input) {
  int c = fgetc(input);
  if (c == 'n') return '\n';
  if (c == 'r') return '\r';
  if (c == 't') return '\t';
  if (c != 'x') return c;
  int high = fgetc(input), low = fgetc(input);
  return isxdigit(high) && isxdigit(low) ? digit(high) * 16 + digit(low) : 'x';
}

static int next_character(peripherals_t *p) {
  if (p->config.console) fflush(p->config.console); /* who types wants to see the prompt */
  int c = fgetc(p->input);
  if (!p->config.uart_wait) return c;
  if (c == '\n') {
    p->input_waits = true;
    c = fgetc(p->input);
  }
  return c == '\\' ? escaped(p->input) : c;
}

/* The next character is fetched when it is asked for, so a terminal is read as late as can be. */
int uart_input_peek(unit_t *unit) {
  peripherals_t *p = unit->owner;
  if (!p->input || !is_owner(unit)) return -1;
  if (!p->input_started) {
    p->input_started = true;
    p->input_next = next_character(p);
  }
  return p->input_waits || p->input_next == EOF ? -1 : p->input_next;
}

void uart_input_take(unit_t *unit) {
  peripherals_t *p = unit->owner;
  p->input_any = true;
  if (p->input_next != EOF) p->input_started = false;
}

void uart_input_watch(peripherals_t *p, const uint8_t *bytes, size_t count) {
  const char *wanted = p->config.uart_wait;
  if (!wanted || !*wanted) return;
  for (size_t i = 0; i < count; i++) {
    if (bytes[i] != (uint8_t)wanted[p->wait_matched]) p->wait_matched = 0;
    if (bytes[i] == (uint8_t)wanted[p->wait_matched]) p->wait_matched++;
    if (wanted[p->wait_matched]) continue;
    p->wait_matched = 0;
    p->input_waits = false;
    if (p->input_owner) p->input_owner->due = 0; /* it may have been asleep */
    p->next = 0;
  }
}

void uart_input_wait(unit_t *unit, uint64_t now) {
  peripherals_t *p = unit->owner;
  double second = 1e6 * p->config.mhz;
  if ((double)(now - p->uart_polled) > second / POLLS_PER_SECOND) p->uart_activity = now; /* it was busy otherwise */
  p->uart_polled = now;
  if (now < p->uart_activity || (double)(now - p->uart_activity) < PATIENCE_TENTHS * second / 10) return;
  const char *why = !p->input                                ? "there is no --uart-in"
                    : p->input_waits && p->input_next != EOF ? "does not print what --uart-wait waits for"
                                                             : "--uart-in has no more";
  peripherals_stuck(p, STUCK_INPUT, "waits for a character on %s and %s", unit->block->name, why);
}

bool peripherals_input_over(const peripherals_t *p, uint64_t now) {
  if (!p->input || !p->input_started || p->input_next != EOF) return false;
  double second = 1e6 * p->config.mhz;
  return now > p->uart_activity && (double)(now - p->uart_activity) > PATIENCE_TENTHS * second / 10;
}
