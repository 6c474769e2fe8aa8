/* What a debugger can ask of a stopped core: one packet in, one answer and one decision out. Knows no sockets and no
   simulator; the core is a debug_target_t. */
#ifndef CMSIM_GDB_STUB_H
#define CMSIM_GDB_STUB_H

#include "gdb/rsp.h"

/* Registers in the order of the target description, which is also that of the 'g' packet. */
enum {
  DEBUG_R0 = 0,
  DEBUG_SP = 13,
  DEBUG_LR = 14,
  DEBUG_PC = 15,
  DEBUG_XPSR,
  DEBUG_MSP,
  DEBUG_PSP,
  DEBUG_PRIMASK,
  DEBUG_BASEPRI,
  DEBUG_FAULTMASK,
  DEBUG_CONTROL,
  DEBUG_D0, /* to D15 */
  DEBUG_FPSCR = DEBUG_D0 + 16,
  DEBUG_REGISTERS
};

typedef struct {
  uint64_t cycles, instructions;           /* since reset */
  uint64_t stop_cycles, stop_instructions; /* at the stop before this one */
} debug_clock_t;

/* The stopped core. Register and memory callbacks return false when it cannot be done. */
typedef struct {
  void *context;
  bool (*read_register)(void *context, unsigned number, uint64_t *value);
  bool (*write_register)(void *context, unsigned number, uint64_t value);
  bool (*read_memory)(void *context, uint32_t address, void *bytes, size_t count);
  bool (*write_memory)(void *context, uint32_t address, const void *bytes, size_t count);
  debug_clock_t (*clock)(void *context);
  void (*stop_at_cycle)(void *context, uint64_t cycle); /* UINT64_MAX: never */
} debug_target_t;

/* Break- and watchpoints; the numbers are those of the Z packets. */
typedef enum { POINT_SOFTWARE, POINT_HARDWARE, POINT_WRITE, POINT_READ, POINT_ACCESS, POINT_NONE } point_kind_t;

typedef struct {
  point_kind_t kind;
  uint32_t address, bytes;
} point_t;

enum { POINTS_MAX = 256 };

typedef struct {
  point_t list[POINTS_MAX];
  size_t count, watches;
  uint64_t places; /* bit (address / 2 % 64) of every breakpoint: most instructions need no search */
} points_t;

bool points_add(points_t *points, point_t point); /* false: the table is full. Twice the same is once. */
void points_remove(points_t *points, point_t point);
void points_clear(points_t *points);
/* POINT_NONE, or the kind of the breakpoint at ADDRESS. */
point_kind_t points_at(const points_t *points, uint32_t address);
/* The watchpoint that an access meets, or NULL. */
const point_t *points_watching(const points_t *points, uint32_t address, uint32_t bytes, bool write);

/* How to go on. A step ends outside [first, end): a single one where these are equal. */
typedef struct {
  bool step;
  uint32_t first, end;
} debug_resume_t;

typedef enum {
  STUB_ANSWER, /* send the reply and stay */
  STUB_RESUME, /* go on as `resume` says; no reply before the next stop */
  STUB_DETACH, /* send the reply, then the debugger is gone */
  STUB_KILL    /* the same, and the run is over; the reply may be empty: then send none */
} stub_action_t;

typedef struct {
  const debug_target_t *target;
  points_t points;
  debug_resume_t resume;
  rsp_reply_t stop_reply;          /* answer to '?' */
  bool no_ack;                     /* QStartNoAckMode: from the packet behind it on */
  bool says_swbreak, says_hwbreak; /* gdb understands these stop reasons */
  bool stopped_by_watch, watch_removed;
} stub_t;

typedef enum { STOP_INTERRUPT = 2, STOP_TRAP = 5, STOP_FAULT = 11 } stop_signal_t; /* gdb's numbers */

/* Why the core has stopped. */
typedef struct {
  stop_signal_t signal;
  point_t point;    /* kind POINT_NONE: no break- or watchpoint; the address of a watchpoint is that of the data */
  const char *text; /* for the user, or NULL */
} debug_stop_t;

void stub_init(stub_t *stub, const debug_target_t *target);

/* Notes a stop and writes its packet to stub->stop_reply. */
void stub_stopped(stub_t *stub, const debug_stop_t *stop);

/* Answers one packet. Whatever it holds, the answer is well-formed. */
stub_action_t stub_packet(stub_t *stub, const char *body, size_t length, rsp_reply_t *reply);

/* registers.c */
unsigned debug_register_bytes(unsigned number);
/* The target description, built once. */
const char *debug_description(void);

/* monitor.c: "monitor COMMAND"; the output goes to TEXT. */
void monitor_command(const debug_target_t *target, const char *command, char *text, size_t size);

#endif
