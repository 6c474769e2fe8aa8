/* gdb's "monitor COMMAND": what cmsim knows and gdb has no word for. */
#include "gdb/stub.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "monitor cycles           clock and instructions, and how many since the stop before\n"
    "monitor until-cycle N    the next continue stops before the first instruction that issues at\n"
    "                         cycle N or later (off: no such stop)\n"
    "monitor help             this text\n";

static void show_cycles(const debug_target_t *target, char *text, size_t size) {
  debug_clock_t clock = target->clock(target->context);
  snprintf(
      text, size, "cycles %" PRIu64 " (+%" PRIu64 " since the last stop)\ninstructions %" PRIu64 " (+%" PRIu64 ")\n",
      clock.cycles, clock.cycles - clock.stop_cycles, clock.instructions, clock.instructions - clock.stop_instructions);
}

static void until_cycle(const debug_target_t *target, const char *number, char *text, size_t size) {
  if (strcmp(number, "off") == 0) {
    target->stop_at_cycle(target->context, UINT64_MAX);
    snprintf(text, size, "no stop at a cycle\n");
    return;
  }
  char *end;
  errno = 0;
  unsigned long long cycle = strtoull(number, &end, 0);
  if (end == number || *end || errno || *number == '-') {
    snprintf(text, size, "until-cycle %s: a number of cycles since reset, or off, please\n", number);
    return;
  }
  uint64_t now = target->clock(target->context).cycles;
  if (cycle <= now) {
    snprintf(text, size, "cycle %llu has passed already: now is cycle %" PRIu64 "\n", cycle, now);
    return;
  }
  target->stop_at_cycle(target->context, cycle);
  snprintf(text, size, "continue stops at cycle %llu, %llu cycles from now\n", cycle, cycle - now);
}

/* Start scripts written for probes say these; at reset they ask for nothing that is not so already. */
static bool is_start_command(const char *command) {
  static const char *const known[] = {"halt", "reset", "reset halt", "reset init"};
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    if (strcmp(command, known[i]) == 0) return true;
  }
  return false;
}

void monitor_command(const debug_target_t *target, const char *command, char *text, size_t size) {
  static const char until[] = "until-cycle ";
  while (*command == ' ')
    command++;
  if (strcmp(command, "cycles") == 0) {
    show_cycles(target, text, size);
  } else if (strncmp(command, until, sizeof until - 1) == 0) {
    until_cycle(target, command + sizeof until - 1, text, size);
  } else if (*command == '\0' || strcmp(command, "help") == 0) {
    snprintf(text, size, "%s", help);
  } else if (is_start_command(command) && target->clock(target->context).instructions == 0) {
    snprintf(text, size, "stopped at reset\n");
  } else if (is_start_command(command) && strcmp(command, "halt") != 0) {
    snprintf(text, size, "%s: a run cannot be taken back; start cmsim again\n", command);
  } else if (strcmp(command, "halt") != 0) {
    snprintf(text, size, "%.100s: no such command; monitor help lists them\n", command);
  } else {
    snprintf(text, size, "stopped\n");
  }
}
