/* The packets that gdb sends to a stopped core. [GDB manual, appendix E.2 "Packets", E.4 "General Query Packets"]

   On Arm, gdb believes that a watchpoint stops before the access: it takes its watchpoints out, steps once and then
   compares values. Here the access is done when the stop is reported, so that one step is answered without going on,
   and the stop shows where it really is. */
#include "gdb/stub.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char no_such_place[] = "E01", bad_packet[] = "E02", no_room[] = "E03",
                  cannot[] = "E.it cannot take this value here";

void stub_init(stub_t *stub, const debug_target_t *target) {
  memset(stub, 0, sizeof *stub);
  stub->target = target;
  rsp_text(&stub->stop_reply, "S%02x", STOP_TRAP);
}

/* ---- registers ---- */

static void little_endian(uint8_t *bytes, unsigned count, uint64_t value) {
  for (unsigned i = 0; i < count; i++)
    bytes[i] = (uint8_t)(value >> 8 * i);
}

static void add_register(stub_t *stub, unsigned number, rsp_reply_t *reply) {
  static const char unknown[] = "xxxxxxxxxxxxxxxx";
  unsigned count = debug_register_bytes(number);
  uint8_t bytes[8];
  uint64_t value;
  if (!stub->target->read_register(stub->target->context, number, &value)) {
    rsp_bytes(reply, unknown, 2 * count);
    return;
  }
  little_endian(bytes, count, value);
  rsp_hex(reply, bytes, count);
}

/* Reads a register's value at *AT and writes it. */
static const char *take_register(stub_t *stub, unsigned number, const char **at) {
  uint8_t bytes[8];
  uint64_t value = 0;
  unsigned count = debug_register_bytes(number);
  if (!rsp_unhex(at, bytes, count)) return bad_packet;
  for (unsigned i = 0; i < count; i++)
    value |= (uint64_t)bytes[i] << 8 * i;
  return stub->target->write_register(stub->target->context, number, value) ? "OK" : cannot;
}

static void read_one_register(stub_t *stub, const char *at, rsp_reply_t *reply) {
  uint32_t number;
  if (!rsp_number(&at, &number) || *at || number >= DEBUG_REGISTERS) {
    rsp_text(reply, "%s", bad_packet);
  } else {
    add_register(stub, number, reply);
  }
}

static const char *write_one_register(stub_t *stub, const char *at) {
  uint32_t number;
  if (!rsp_number(&at, &number) || !rsp_skip(&at, '=') || number >= DEBUG_REGISTERS) return bad_packet;
  return take_register(stub, number, &at);
}

static const char *write_all_registers(stub_t *stub, const char *at) {
  for (unsigned number = 0; number < DEBUG_REGISTERS; number++) {
    const char *answer = take_register(stub, number, &at);
    if (strcmp(answer, "OK") != 0) return answer;
  }
  return "OK";
}

/* ---- memory ---- */

/* Gdb reads ahead: what is there up to the end of a memory is an answer too. */
static size_t read_what_is_there(const debug_target_t *target, uint32_t address, uint8_t *bytes, size_t count) {
  if (target->read_memory(target->context, address, bytes, count)) return count;
  size_t good = 0;
  while (good < count && target->read_memory(target->context, address + (uint32_t)good, bytes + good, 1))
    good++;
  return good;
}

static void read_memory(stub_t *stub, const char *at, rsp_reply_t *reply) {
  uint8_t bytes[RSP_BODY_MAX / 2];
  uint32_t address, count;
  if (!rsp_number(&at, &address) || !rsp_skip(&at, ',') || !rsp_number(&at, &count) || *at) {
    rsp_text(reply, "%s", bad_packet);
    return;
  }
  if (count > sizeof bytes) count = sizeof bytes; /* gdb asks again for the rest */
  size_t got = read_what_is_there(stub->target, address, bytes, count);
  if (got == 0 && count) {
    rsp_text(reply, "%s", no_such_place);
  } else {
    rsp_hex(reply, bytes, got);
  }
}

/* M (hexadecimal) and X (binary). END is behind the packet's last byte. */
static const char *write_memory(stub_t *stub, const char *at, const char *end, bool binary) {
  uint8_t bytes[RSP_BODY_MAX];
  uint32_t address, count;
  if (!rsp_number(&at, &address) || !rsp_skip(&at, ',') || !rsp_number(&at, &count) || !rsp_skip(&at, ':')) {
    return bad_packet;
  }
  size_t left = (size_t)(end - at);
  if (count != (binary ? left : left / 2) || count > sizeof bytes) return bad_packet;
  if (binary) {
    memcpy(bytes, at, count);
  } else if (!rsp_unhex(&at, bytes, count)) {
    return bad_packet;
  }
  if (count == 0) return "OK";
  return stub->target->write_memory(stub->target->context, address, bytes, count) ? "OK" : no_such_place;
}

/* ---- break- and watchpoints ---- */

static const char *change_point(stub_t *stub, const char *at, bool add) {
  point_t point;
  uint32_t kind;
  if (!rsp_number(&at, &kind) || !rsp_skip(&at, ',') || !rsp_number(&at, &point.address) || !rsp_skip(&at, ',') ||
      !rsp_number(&at, &point.bytes)) {
    return bad_packet;
  }
  if (kind >= POINT_NONE) return "";
  point.kind = (point_kind_t)kind;
  if (add) return points_add(&stub->points, point) ? "OK" : no_room;
  if (point.kind >= POINT_WRITE) stub->watch_removed = true;
  points_remove(&stub->points, point);
  return "OK";
}

/* ---- stop and go ---- */

static void write_stop(stub_t *stub, const debug_stop_t *stop, rsp_reply_t *reply) {
  static const char *const watch[] = {"watch", "rwatch", "awatch"};
  static const unsigned shown[] = {DEBUG_SP, DEBUG_LR, DEBUG_PC, DEBUG_XPSR};
  rsp_text(reply, "T%02xthread:1;", (unsigned)stop->signal);
  if (stop->point.kind == POINT_SOFTWARE && stub->says_swbreak) rsp_text(reply, "swbreak:;");
  if (stop->point.kind == POINT_HARDWARE && stub->says_hwbreak) rsp_text(reply, "hwbreak:;");
  if (stop->point.kind >= POINT_WRITE && stop->point.kind < POINT_NONE) {
    rsp_text(reply, "%s:%" PRIx32 ";", watch[stop->point.kind - POINT_WRITE], stop->point.address);
  }
  for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
    rsp_text(reply, "%02x:", shown[i]);
    add_register(stub, shown[i], reply);
    rsp_text(reply, ";");
  }
}

void stub_stopped(stub_t *stub, const debug_stop_t *stop) {
  rsp_reset(&stub->stop_reply);
  write_stop(stub, stop, &stub->stop_reply);
  stub->stopped_by_watch = stop->point.kind >= POINT_WRITE && stop->point.kind < POINT_NONE;
  stub->watch_removed = false;
}

static stub_action_t resume(stub_t *stub, bool step, uint32_t first, uint32_t end, rsp_reply_t *reply) {
  bool done_already = step && stub->stopped_by_watch && stub->watch_removed;
  stub->stopped_by_watch = false;
  if (done_already) {
    stub_stopped(stub, &(debug_stop_t){STOP_TRAP, {.kind = POINT_NONE}, NULL});
    rsp_bytes(reply, stub->stop_reply.body, stub->stop_reply.length);
    return STUB_ANSWER;
  }
  stub->resume = (debug_resume_t){step, first, end};
  return STUB_RESUME;
}

/* c, s, C, S with an optional place to go on at. */
static stub_action_t resume_at(stub_t *stub, const char *at, bool step, bool with_signal, rsp_reply_t *reply) {
  uint32_t number;
  bool good = true;
  if (with_signal) good = rsp_number(&at, &number) && (!*at || rsp_skip(&at, ';'));
  if (good && *at) {
    good = rsp_number(&at, &number) && !*at && stub->target->write_register(stub->target->context, DEBUG_PC, number);
  }
  if (good) return resume(stub, step, 0, 0, reply);
  rsp_text(reply, "%s", bad_packet);
  return STUB_ANSWER;
}

/* One core, one thread: the first action is the one that counts. Signals mean nothing to firmware. */
static stub_action_t continue_packet(stub_t *stub, const char *at, rsp_reply_t *reply) {
  uint32_t first = 0, end = 0;
  bool good = rsp_skip(&at, ';');
  char action = good ? *at++ : '\0';
  if (action == 'C' || action == 'S') good = rsp_number(&at, &first);
  if (action == 'r') good = rsp_number(&at, &first) && rsp_skip(&at, ',') && rsp_number(&at, &end);
  if (good && (!*at || *at == ':' || *at == ';')) {
    if (action == 'c' || action == 'C') return resume(stub, false, 0, 0, reply);
    if (action == 's' || action == 'S') return resume(stub, true, 0, 0, reply);
    if (action == 'r') return resume(stub, true, first, end, reply);
  }
  rsp_text(reply, "%s", bad_packet);
  return STUB_ANSWER;
}

/* ---- queries ---- */

static const char *behind(const char *body, const char *prefix) {
  size_t length = strlen(prefix);
  return strncmp(body, prefix, length) == 0 ? body + length : NULL;
}

static void supported(stub_t *stub, const char *features, rsp_reply_t *reply) {
  stub->says_swbreak = strstr(features, "swbreak+") != NULL;
  stub->says_hwbreak = strstr(features, "hwbreak+") != NULL;
  rsp_text(reply, "PacketSize=%x;qXfer:features:read+;swbreak+;hwbreak+;QStartNoAckMode+;vContSupported+",
           (unsigned)RSP_BODY_MAX);
}

static void description(const char *at, rsp_reply_t *reply) {
  uint32_t offset, length;
  const char *text = debug_description();
  if (!rsp_number(&at, &offset) || !rsp_skip(&at, ',') || !rsp_number(&at, &length) || *at || offset > strlen(text)) {
    rsp_text(reply, "%s", bad_packet);
    return;
  }
  enum { ROOM = RSP_BODY_MAX / 2 };
  size_t left = strlen(text + offset);
  if (length > ROOM) length = ROOM;
  rsp_text(reply, left > length ? "m" : "l");
  rsp_bytes(reply, text + offset, left > length ? length : left);
}

static void monitor(stub_t *stub, const char *at, rsp_reply_t *reply) {
  char command[256], text[1024];
  size_t count = strlen(at) / 2;
  if (count >= sizeof command || !rsp_unhex(&at, command, count) || *at) {
    rsp_text(reply, "%s", bad_packet);
    return;
  }
  command[count] = '\0';
  monitor_command(stub->target, command, text, sizeof text);
  rsp_hex(reply, text, strlen(text));
}

static void query(stub_t *stub, const char *body, rsp_reply_t *reply) {
  const char *rest;
  if ((rest = behind(body, "qSupported"))) {
    supported(stub, rest, reply);
  } else if ((rest = behind(body, "qXfer:features:read:target.xml:"))) {
    description(rest, reply);
  } else if ((rest = behind(body, "qRcmd,"))) {
    monitor(stub, rest, reply);
  } else if (behind(body, "qAttached")) {
    rsp_text(reply, "0"); /* the run is gdb's: quitting gdb ends it */
  } else if (strcmp(body, "qC") == 0) {
    rsp_text(reply, "QC1");
  } else if (strcmp(body, "qfThreadInfo") == 0) {
    rsp_text(reply, "m1");
  } else if (strcmp(body, "qsThreadInfo") == 0) {
    rsp_text(reply, "l");
  } else if (strcmp(body, "QStartNoAckMode") == 0) {
    stub->no_ack = true;
    rsp_text(reply, "OK");
  }
}

static stub_action_t long_name(stub_t *stub, const char *body, rsp_reply_t *reply) {
  const char *rest;
  if (strcmp(body, "vCont?") == 0) {
    rsp_text(reply, "vCont;c;C;s;S;r");
  } else if ((rest = behind(body, "vCont"))) {
    return continue_packet(stub, rest, reply);
  } else if (behind(body, "vKill")) {
    rsp_text(reply, "OK");
    return STUB_KILL;
  }
  return STUB_ANSWER; /* an empty answer: unknown */
}

stub_action_t stub_packet(stub_t *stub, const char *body, size_t length, rsp_reply_t *reply) {
  rsp_reset(reply);
  const char *at = body + 1;
  switch (*body) {
  case '?': rsp_bytes(reply, stub->stop_reply.body, stub->stop_reply.length); break;
  case 'g':
    for (unsigned number = 0; number < DEBUG_REGISTERS; number++)
      add_register(stub, number, reply);
    break;
  case 'G': rsp_text(reply, "%s", write_all_registers(stub, at)); break;
  case 'p': read_one_register(stub, at, reply); break;
  case 'P': rsp_text(reply, "%s", write_one_register(stub, at)); break;
  case 'm': read_memory(stub, at, reply); break;
  case 'M': rsp_text(reply, "%s", write_memory(stub, at, body + length, false)); break;
  case 'X': rsp_text(reply, "%s", write_memory(stub, at, body + length, true)); break;
  case 'Z': rsp_text(reply, "%s", change_point(stub, at, true)); break;
  case 'z': rsp_text(reply, "%s", change_point(stub, at, false)); break;
  case 'c': return resume_at(stub, at, false, false, reply);
  case 'C': return resume_at(stub, at, false, true, reply);
  case 's': return resume_at(stub, at, true, false, reply);
  case 'S': return resume_at(stub, at, true, true, reply);
  case 'H':
  case 'T': rsp_text(reply, "OK"); break; /* the one thread is chosen and alive */
  case 'D': rsp_text(reply, "OK"); return STUB_DETACH;
  case 'k': return STUB_KILL;
  case 'q':
  case 'Q': query(stub, body, reply); break;
  case 'v': return long_name(stub, body, reply);
  default: break;
  }
  return STUB_ANSWER;
}
