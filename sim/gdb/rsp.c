#include "gdb/rsp.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

static const char digits[] = "0123456789abcdef";

/* ---- reading frames ---- */

static void start_body(rsp_reader_t *reader) {
  reader->state = RSP_INSIDE;
  reader->escaped = reader->too_long = reader->bad_check = false;
  reader->sum = 0;
  reader->length = 0;
}

static rsp_event_t feed_outside(rsp_reader_t *reader, uint8_t byte) {
  switch (byte) {
  case '$': start_body(reader); return RSP_MORE;
  case '+': return RSP_ACK;
  case '-': return RSP_NACK;
  case RSP_INTERRUPT_BYTE: return RSP_INTERRUPT;
  default: return RSP_MORE;
  }
}

static void feed_body(rsp_reader_t *reader, uint8_t byte) {
  if (byte == '#') {
    reader->state = RSP_CHECK_HIGH;
    return;
  }
  if (byte == '$') { /* never part of a body: the packet before lost its end */
    start_body(reader);
    return;
  }
  reader->sum = (uint8_t)(reader->sum + byte);
  if (byte == RSP_ESCAPE && !reader->escaped) {
    reader->escaped = true;
    return;
  }
  if (reader->length == RSP_BODY_MAX) {
    reader->too_long = true;
    return;
  }
  reader->body[reader->length++] = (char)(reader->escaped ? byte ^ 0x20u : byte);
  reader->escaped = false;
}

static void feed_check(rsp_reader_t *reader, uint8_t byte) {
  int value = digit_value((char)byte);
  if (value < 0) reader->bad_check = true;
  reader->check = (uint8_t)(reader->check << 4 | (value & 0xF));
}

rsp_event_t rsp_feed(rsp_reader_t *reader, uint8_t byte) {
  switch (reader->state) {
  case RSP_INSIDE: feed_body(reader, byte); return RSP_MORE;
  case RSP_CHECK_HIGH:
    feed_check(reader, byte);
    reader->state = RSP_CHECK_LOW;
    return RSP_MORE;
  case RSP_CHECK_LOW:
    feed_check(reader, byte);
    reader->state = RSP_OUTSIDE;
    reader->body[reader->length] = '\0';
    return reader->too_long || reader->bad_check || reader->check != reader->sum ? RSP_DAMAGED : RSP_PACKET;
  default: return feed_outside(reader, byte);
  }
}

/* ---- writing frames ---- */

size_t rsp_frame(const char *body, size_t length, char *frame) {
  size_t at = 0;
  uint8_t sum = 0;
  frame[at++] = '$';
  for (size_t i = 0; i < length && i < RSP_BODY_MAX; i++) {
    char c = body[i];
    if (c == '$' || c == '#' || c == RSP_ESCAPE || c == '*') { /* '*' would start a run length */
      frame[at++] = RSP_ESCAPE;
      sum = (uint8_t)(sum + RSP_ESCAPE);
      c = (char)(c ^ 0x20);
    }
    frame[at++] = c;
    sum = (uint8_t)(sum + (uint8_t)c);
  }
  frame[at++] = '#';
  frame[at++] = digits[sum >> 4];
  frame[at++] = digits[sum & 0xF];
  return at;
}

void rsp_reset(rsp_reply_t *reply) {
  reply->length = 0;
  reply->overflow = false;
}

void rsp_bytes(rsp_reply_t *reply, const void *bytes, size_t count) {
  if (count > RSP_BODY_MAX - reply->length) {
    reply->overflow = true;
    return;
  }
  memcpy(reply->body + reply->length, bytes, count);
  reply->length += count;
}

void rsp_text(rsp_reply_t *reply, const char *format, ...) {
  size_t room = RSP_BODY_MAX - reply->length;
  va_list args;
  va_start(args, format);
  int count = vsnprintf(reply->body + reply->length, room + 1, format, args);
  va_end(args);
  if (count < 0 || (size_t)count > room) {
    reply->overflow = true;
  } else {
    reply->length += (size_t)count;
  }
}

void rsp_hex(rsp_reply_t *reply, const void *bytes, size_t count) {
  const uint8_t *byte = bytes;
  for (size_t i = 0; i < count; i++) {
    char pair[2] = {digits[byte[i] >> 4], digits[byte[i] & 0xF]};
    rsp_bytes(reply, pair, sizeof pair);
  }
}

/* ---- reading bodies ---- */

bool rsp_number(const char **at, uint32_t *value) {
  const char *start = *at;
  uint64_t number = 0;
  while (digit_value(**at) >= 0) {
    number = number << 4 | (unsigned)digit_value(**at);
    if (number > UINT32_MAX) return false;
    (*at)++;
  }
  *value = (uint32_t)number;
  return *at != start;
}

bool rsp_skip(const char **at, char c) {
  if (**at != c) return false;
  (*at)++;
  return true;
}

bool rsp_unhex(const char **at, void *bytes, size_t count) {
  uint8_t *byte = bytes;
  for (size_t i = 0; i < count; i++) {
    int high = digit_value((*at)[0]);
    int low = high < 0 ? -1 : digit_value((*at)[1]);
    if (low < 0) return false;
    byte[i] = (uint8_t)(high << 4 | low);
    *at += 2;
  }
  return true;
}
