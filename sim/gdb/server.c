#include "gdb/server.h"

#include "base/diag.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { INPUT_BYTES = 4096, CANCEL_POLL_MS = 100 };

struct gdb_server {
  int listening, in, out; /* -1: none */
  char address[128];      /* as told to the user */
  stub_t stub;
  server_cancelled_t cancelled;
  rsp_reader_t reader;
  rsp_reply_t reply;
  char frame[RSP_FRAME_MAX]; /* sent last, for a repeat */
  size_t frame_bytes;
  uint8_t input[INPUT_BYTES];
  size_t input_at, input_end;
  bool gone;
};

/* ---- opening ---- */

static gdb_server_t *refuse(gdb_server_t *server, const char *place, const char *why) {
  diag_error("--gdb %s: %s", place, why);
  server_close(server);
  return NULL;
}

/* Gdb gets what standard input and output were. */
static bool take_standard_streams(gdb_server_t *server) {
  server->in = dup(STDIN_FILENO);
  server->out = dup(STDOUT_FILENO);
  int nothing = open("/dev/null", O_RDONLY);
  bool good = server->in >= 0 && server->out >= 0 && nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 &&
              dup2(STDERR_FILENO, STDOUT_FILENO) >= 0;
  if (nothing > STDERR_FILENO) close(nothing);
  snprintf(server->address, sizeof server->address, "standard input");
  return good;
}

static int listen_on(const struct addrinfo *found) {
  int fd = socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, found->ai_protocol);
  if (fd < 0) return -1;
  int one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, 1) == 0) return fd;
  int why = errno;
  close(fd);
  errno = why;
  return -1;
}

/* HOST and PORT as the kernel has them: PORT may have been 0. */
static void note_address(gdb_server_t *server) {
  struct sockaddr_storage bound;
  socklen_t length = sizeof bound;
  char host[80] = "?", port[16] = "?";
  if (getsockname(server->listening, (struct sockaddr *)&bound, &length) == 0) {
    getnameinfo((struct sockaddr *)&bound, length, host, sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
  }
  bool brackets = strchr(host, ':') != NULL;
  snprintf(server->address, sizeof server->address, brackets ? "[%s]:%s" : "%s:%s", host, port);
}

/* Splits "[HOST]:PORT" at its last colon; a HOST with colons stands in brackets. */
static bool split_place(const char *place, char *host, size_t size, const char **port) {
  const char *colon = strrchr(place, ':');
  if (!colon) return false;
  size_t length = (size_t)(colon - place);
  if (length >= 2 && place[0] == '[' && colon[-1] == ']') {
    place++;
    length -= 2;
  }
  if (length >= size) return false;
  snprintf(host, size, "%.*s", (int)length, place);
  if (length == 0) snprintf(host, size, "127.0.0.1");
  *port = colon + 1;
  size_t digits = strspn(*port, "0123456789");
  return digits > 0 && digits <= 5 && (*port)[digits] == '\0' && strtoul(*port, NULL, 10) <= UINT16_MAX;
}

gdb_server_t *server_open(const char *place) {
  gdb_server_t *server = calloc(1, sizeof *server);
  if (!server) return refuse(NULL, place, "out of memory");
  server->listening = server->in = server->out = -1;
  signal(SIGPIPE, SIG_IGN); /* a gdb that hangs up is no reason to die */
  if (strcmp(place, "-") == 0) {
    return take_standard_streams(server) ? server : refuse(server, place, strerror(errno));
  }
  char host[256];
  const char *port;
  if (!split_place(place, host, sizeof host, &port)) {
    return refuse(server, place, "[HOST]:PORT, such as :3333, or - for standard input and output, please");
  }
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found = NULL;
  int failed = getaddrinfo(host, port, &hints, &found);
  if (failed) return refuse(server, place, gai_strerror(failed));
  server->listening = listen_on(found);
  int why = errno;
  freeaddrinfo(found);
  if (server->listening < 0) return refuse(server, place, strerror(why));
  note_address(server);
  return server;
}

static void hang_up(gdb_server_t *server) {
  if (server->in >= 0) close(server->in);
  if (server->out >= 0 && server->out != server->in) close(server->out);
  server->in = server->out = -1;
  server->gone = true;
}

void server_close(gdb_server_t *server) {
  if (!server) return;
  hang_up(server);
  if (server->listening >= 0) close(server->listening);
  free(server);
}

/* ---- bytes ---- */

/* Waits until FD has something. False: cancelled. Signals wake it, but one may come just before it sleeps. */
static bool wait_for(gdb_server_t *server, int fd) {
  struct pollfd wanted = {.fd = fd, .events = POLLIN};
  for (;;) {
    if (server->cancelled(server->stub.target->context)) return false;
    int ready = poll(&wanted, 1, CANCEL_POLL_MS);
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

static bool fill_input(gdb_server_t *server) {
  ssize_t got;
  do {
    got = read(server->in, server->input, sizeof server->input);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) {
    hang_up(server);
    return false;
  }
  server->input_at = 0;
  server->input_end = (size_t)got;
  return true;
}

static void send_bytes(gdb_server_t *server, const char *bytes, size_t count) {
  while (count && !server->gone) {
    ssize_t sent = write(server->out, bytes, count);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) {
      hang_up(server);
      return;
    }
    bytes += sent;
    count -= (size_t)sent;
  }
}

static void send_packet(gdb_server_t *server, const rsp_reply_t *reply) {
  server->frame_bytes = rsp_frame(reply->body, reply->length, server->frame);
  send_bytes(server, server->frame, server->frame_bytes);
}

/* ---- serving ---- */

bool server_accept(gdb_server_t *server, const debug_target_t *target, server_cancelled_t cancelled) {
  stub_init(&server->stub, target);
  server->cancelled = cancelled;
  if (server->listening < 0) return true;
  diag_note("waiting for gdb on %s", server->address);
  if (!wait_for(server, server->listening)) return false;
  server->in = server->out = accept(server->listening, NULL, NULL);
  close(server->listening); /* the next client is refused, not left waiting */
  server->listening = -1;
  if (server->in < 0) {
    diag_error("gdb: %s", strerror(errno));
    return false;
  }
  int one = 1;
  setsockopt(server->in, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); /* many small packets, each waited for */
  return true;
}

bool server_attached(const gdb_server_t *server) { return !server->gone; }
const points_t *server_points(const gdb_server_t *server) { return &server->stub.points; }
debug_resume_t server_resume(const gdb_server_t *server) { return server->stub.resume; }

static stub_action_t answer_packet(gdb_server_t *server) {
  if (!server->stub.no_ack) send_bytes(server, "+", 1);
  stub_action_t action = stub_packet(&server->stub, server->reader.body, server->reader.length, &server->reply);
  bool silent = action == STUB_RESUME || (action == STUB_KILL && server->reply.length == 0);
  if (!silent) send_packet(server, &server->reply);
  return action;
}

static stub_action_t answer_event(gdb_server_t *server, rsp_event_t event) {
  switch (event) {
  case RSP_PACKET: return answer_packet(server);
  case RSP_DAMAGED:
    if (!server->stub.no_ack) send_bytes(server, "-", 1);
    break;
  case RSP_NACK:
    if (!server->stub.no_ack) send_bytes(server, server->frame, server->frame_bytes);
    break;
  default: break; /* a Ctrl-C that crossed our stop has what it wanted */
  }
  return STUB_ANSWER;
}

static void tell_user(gdb_server_t *server, const char *text) {
  enum { TEXT_MAX = RSP_BODY_MAX / 2 - 1 };
  size_t length = strlen(text);
  rsp_reset(&server->reply);
  rsp_text(&server->reply, "O");
  rsp_hex(&server->reply, text, length < TEXT_MAX ? length : TEXT_MAX);
  rsp_hex(&server->reply, "\n", 1);
  send_packet(server, &server->reply);
}

server_answer_t server_stopped(gdb_server_t *server, const debug_stop_t *stop) {
  if (stop) {
    if (stop->text) tell_user(server, stop->text);
    stub_stopped(&server->stub, stop);
    send_packet(server, &server->stub.stop_reply);
  }
  while (!server->gone) {
    if (server->input_at == server->input_end && (!wait_for(server, server->in) || !fill_input(server))) break;
    rsp_event_t event = rsp_feed(&server->reader, server->input[server->input_at++]);
    switch (answer_event(server, event)) {
    case STUB_ANSWER: break;
    case STUB_RESUME: return SERVER_RESUME;
    case STUB_DETACH: hang_up(server); return SERVER_DETACH;
    case STUB_KILL: hang_up(server); break;
    }
  }
  return SERVER_GONE;
}

bool server_wants_stop(gdb_server_t *server) {
  struct pollfd wanted = {.fd = server->in, .events = POLLIN};
  while (!server->gone) {
    if (server->input_at == server->input_end) {
      if (poll(&wanted, 1, 0) <= 0) return false;
      if (!fill_input(server)) break;
    }
    if (rsp_feed(&server->reader, server->input[server->input_at++]) == RSP_INTERRUPT) return true;
    /* Nothing else is due while the core runs: acknowledgements are read over, and so are packets. */
  }
  return true;
}

void server_ended(gdb_server_t *server, bool killed, unsigned status) {
  if (server->gone || server->in < 0) return;
  rsp_reset(&server->reply);
  rsp_text(&server->reply, "%c%02x", killed ? 'X' : 'W', status & 0xFFu);
  send_packet(server, &server->reply);
  hang_up(server);
}
