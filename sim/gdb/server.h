/* The wire to gdb: a TCP port, or standard input and output for gdb's pipe mode. One client, once. */
#ifndef CMSIM_GDB_SERVER_H
#define CMSIM_GDB_SERVER_H

#include "gdb/stub.h"

typedef struct gdb_server gdb_server_t;

/* PLACE is [HOST]:PORT (HOST is 127.0.0.1 by default, PORT 0 picks a free one) or "-": then standard output belongs to
   gdb, and what else is written there goes to standard error. NULL after one diag_error. */
gdb_server_t *server_open(const char *place);
void server_close(gdb_server_t *server);

typedef enum { SERVER_RESUME, SERVER_DETACH, SERVER_GONE } server_answer_t; /* GONE: killed, hung up, or cancelled */

/* True from time to time while waiting: give up. */
typedef bool (*server_cancelled_t)(void *context);

/* Waits for gdb to connect. False: cancelled, or the connection failed. */
bool server_accept(gdb_server_t *server, const debug_target_t *target, server_cancelled_t cancelled);

/* False once gdb has detached, killed, or hung up. */
bool server_attached(const gdb_server_t *server);

/* What the core has to look out for, and how to go on after server_stopped(). */
const points_t *server_points(const gdb_server_t *server);
debug_resume_t server_resume(const gdb_server_t *server);

/* Serves gdb until it wants the core to go on. STOP is told first; NULL right after server_accept(), when gdb asks. */
server_answer_t server_stopped(gdb_server_t *server, const debug_stop_t *stop);

/* While the core runs, without waiting: true when gdb wants it to stop or is gone. */
bool server_wants_stop(gdb_server_t *server);

/* The firmware has ended: STATUS as of a process, or the signal that ended it when KILLED. */
void server_ended(gdb_server_t *server, bool killed, unsigned status);

#endif
