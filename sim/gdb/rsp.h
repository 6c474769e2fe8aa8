/* Packets of GDB's remote serial protocol: $body#checksum, escapes, hexadecimal. Pure: bytes in, bytes out.

   [GDB manual, appendix E "Remote Protocol"] */
#ifndef CMSIM_GDB_RSP_H
#define CMSIM_GDB_RSP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  RSP_BODY_MAX = 4096,                  /* longest body either way, escapes undone; gdb is told */
  RSP_FRAME_MAX = 2 * RSP_BODY_MAX + 4, /* a body of escaped bytes only */
  RSP_ESCAPE = '}',
  RSP_INTERRUPT_BYTE = 0x03
};

typedef enum {
  RSP_MORE,      /* nothing complete yet */
  RSP_PACKET,    /* a body is in `body`, `length` */
  RSP_DAMAGED,   /* wrong checksum, or longer than RSP_BODY_MAX */
  RSP_INTERRUPT, /* Ctrl-C */
  RSP_ACK,
  RSP_NACK
} rsp_event_t;

typedef struct {
  enum { RSP_OUTSIDE, RSP_INSIDE, RSP_CHECK_HIGH, RSP_CHECK_LOW } state;
  bool escaped, too_long, bad_check;
  uint8_t sum, check;
  size_t length;
  char body[RSP_BODY_MAX + 1]; /* NUL behind it */
} rsp_reader_t;

/* A reader starts zero-filled. One byte at a time; the body stays until the next call. */
rsp_event_t rsp_feed(rsp_reader_t *reader, uint8_t byte);

/* Writes the frame of BODY to FRAME (RSP_FRAME_MAX bytes); returns its length. LENGTH is RSP_BODY_MAX at most. */
size_t rsp_frame(const char *body, size_t length, char *frame);

/* A body under construction. What does not fit is left out, and `overflow` says so. */
typedef struct {
  size_t length;
  bool overflow;
  char body[RSP_BODY_MAX + 1];
} rsp_reply_t;

void rsp_reset(rsp_reply_t *reply);
void rsp_text(rsp_reply_t *reply, const char *format, ...) __attribute__((format(printf, 2, 3)));
void rsp_bytes(rsp_reply_t *reply, const void *bytes, size_t count); /* as they are */
void rsp_hex(rsp_reply_t *reply, const void *bytes, size_t count);   /* two digits each */

/* Reads a hexadecimal number of 32 bits at *AT and moves behind it. False: no digit there, or too large. */
bool rsp_number(const char **at, uint32_t *value);
/* Moves behind C if it stands at *AT. */
bool rsp_skip(const char **at, char c);
/* Reads COUNT bytes of two digits each. */
bool rsp_unhex(const char **at, void *bytes, size_t count);

#endif
