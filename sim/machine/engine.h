/* The emulated core: Unicorn behind a narrow door. Functional truth only, no time.

   Unicorn 2.0.1 facts this file works around are in engine.c. The engine calls back synchronously from engine_run(). */
#ifndef CMSIM_MACHINE_ENGINE_H
#define CMSIM_MACHINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct engine engine_t;

typedef enum { ENGINE_CORTEX_M4, ENGINE_CORTEX_M7 } engine_core_t;

typedef enum {
  TRAP_SVC,         /* pc behind it */
  TRAP_BKPT,        /* pc on it */
  TRAP_UNDEFINED,   /* pc on it */
  TRAP_FETCH,       /* instruction fetch from ADDRESS impossible */
  TRAP_READ,        /* data read of unmapped ADDRESS */
  TRAP_WRITE,       /* data write to unmapped ADDRESS */
  TRAP_WRITE_FLASH, /* data write to read-only ADDRESS */
  TRAP_STATE,       /* branch to an even address: Arm state does not exist */
  TRAP_EXC_RETURN,  /* exception return; ADDRESS is the EXC_RETURN value without its bit 0 */
  TRAP_OTHER
} trap_kind_t;

/* What the machine wants after a trap: TRAP_RESUME goes on behind the instruction, or where engine_redirect() said. */
typedef enum { TRAP_STOP, TRAP_RESUME } trap_answer_t;

typedef struct {
  void *context;
  /* Before each executed instruction, or with `block` those of engine_watch(); not called for one whose IT condition
     failed. */
  void (*insn)(void *context, uint32_t address);
  /* With `block`: an instruction that still runs behind engine_redirect(), and will be undone: its stores are to be
     told by engine_remember_store(). */
  void (*discarded)(void *context, uint32_t address);
  /* Before each straight run of code. NULL: instructions and accesses are announced instead. */
  void (*block)(void *context, uint32_t address, uint32_t bytes);
  /* Before each access of the instruction last announced; LDM and friends call once per word. Never with `block`. */
  void (*access)(void *context, uint32_t address, unsigned bytes, bool write);
  uint32_t (*ppb_read)(void *context, uint32_t address, unsigned bytes);
  void (*ppb_write)(void *context, uint32_t address, unsigned bytes, uint32_t value);
  /* Of ranges given to engine_map_io(). */
  uint32_t (*io_read)(void *context, uint32_t address, unsigned bytes);
  void (*io_write)(void *context, uint32_t address, unsigned bytes, uint32_t value);
  trap_answer_t (*trap)(void *context, trap_kind_t kind, uint32_t address);
} engine_callbacks_t;

typedef enum {
  ENGINE_STOPPED, /* engine_stop() or a trap answered TRAP_STOP */
  ENGINE_WFI,     /* pc behind the WFI: engine_register(15) */
  ENGINE_WFE,     /* pc behind the WFE */
  ENGINE_FAILED   /* Unicorn gave up: see engine_error() */
} engine_end_t;

/* NULL with a diag message when Unicorn refuses. */
engine_t *engine_new(engine_core_t core, const engine_callbacks_t *callbacks);
void engine_free(engine_t *engine);

/* Maps HOST, which stays the caller's and outlives the engine; base and bytes are multiples of ENGINE_PAGE. */
enum { ENGINE_PAGE = 0x400 };
bool engine_map(engine_t *engine, uint32_t base, uint32_t bytes, bool writable, void *host);
/* Accesses there go to io_read and io_write; at most ENGINE_IO_RANGES. */
enum { ENGINE_IO_RANGES = 16 };
bool engine_map_io(engine_t *engine, uint32_t base, uint32_t bytes);

/* Does anything answer at ADDRESS: memory, peripherals of engine_map_io(), the private peripheral bus? */
bool engine_answers(const engine_t *engine, uint32_t address);

/* Host access to guest memory, ignoring write protection. False when any byte is unmapped. */
bool engine_read(engine_t *engine, uint32_t address, void *bytes, size_t count);
bool engine_write(engine_t *engine, uint32_t address, const void *bytes, size_t count);

/* After engine_write() over code that may have run, in flash above all: Unicorn goes on with its translation of it. */
void engine_forget_code(engine_t *engine, uint32_t address, size_t count);

/* With `block`. Code from FIRST to before END is to announce each instruction, behind an engine_redirect(): once, until
   engine_step_end(), which is told the block about to run, or for good. False: it does already. */
bool engine_step(engine_t *engine, uint32_t first, uint32_t end);
void engine_step_end(engine_t *engine, uint32_t next, uint32_t next_end);
bool engine_watch(engine_t *engine, uint32_t first, uint32_t end);

/* Core registers 0..15. Inside the insn callback they hold the values before that instruction; pc is stale there. */
uint32_t engine_register(engine_t *engine, unsigned number);
/* D0 to D15, as bits. */
uint64_t engine_double_register(engine_t *engine, unsigned number);
/* Several at once, prepared once: COUNT numbers below 15, and where each value goes. */
typedef struct {
  int count;
  int ids[15];
  void *places[15];
} engine_registers_t;
void engine_prepare_registers(engine_registers_t *registers, unsigned number, uint32_t *place);
void engine_read_registers(engine_t *engine, engine_registers_t *registers);
void engine_set_register(engine_t *engine, unsigned number, uint32_t value);

uint32_t engine_single_register(engine_t *engine, unsigned number); /* S0 to S31, as bits */
void engine_set_single_register(engine_t *engine, unsigned number, uint32_t value);

/* Special registers of the Armv7-M profile. */
typedef enum {
  SPECIAL_XPSR, /* flags, IT state and exception number; a write sets all but the exception number */
  SPECIAL_MSP,  /* reads 0 while unprivileged Thread code runs: see engine_set_mode() */
  SPECIAL_PSP,
  SPECIAL_PRIMASK,
  SPECIAL_BASEPRI,
  SPECIAL_FAULTMASK,
  SPECIAL_CONTROL,
  SPECIAL_FPSCR
} special_register_t;
uint32_t engine_special(engine_t *engine, special_register_t which);
void engine_set_special(engine_t *engine, special_register_t which, uint32_t value);

enum { CONTROL_NPRIV = 1, CONTROL_SPSEL = 2, CONTROL_FPCA = 4 };
/* Enters Handler mode with exception number IPSR, or Thread mode (0) with CONTROL. SP follows: the process stack in
   Thread mode with CONTROL_SPSEL, else the main stack. */
void engine_set_mode(engine_t *engine, unsigned ipsr, uint32_t control);

/* From a callback: the announced (or trapping) instruction does not run; execution goes on at PC. Inside IT too:
   what Unicorn then runs all the same is undone. */
void engine_redirect(engine_t *engine, uint32_t pc);
/* The same where PC lies in an IT block: IT_STATE as in xPSR, [7:2] and [1:0] joined. */
void engine_redirect_in_it(engine_t *engine, uint32_t pc, unsigned it_state);

/* The same from the block callback, to begin that block at PC again. Not where a branch has left Thumb state: that trap
   is on its way. */
void engine_begin_again(engine_t *engine, uint32_t pc);

/* A store of BYTES, at most 8, that may come before the engine has stopped for that. */
void engine_remember_store(engine_t *engine, uint32_t address, unsigned bytes);

/* Runs from PC (Thumb bit ignored) until something ends it. */
engine_end_t engine_run(engine_t *engine, uint32_t pc);
void engine_stop(engine_t *engine);
const char *engine_error(const engine_t *engine);

/* Library version, e.g. "2.0.1". */
const char *engine_version(void);

/* Checks the installed Unicorn for the behaviour cmsim relies on; one line per check on OUT. */
bool engine_selftest(FILE *out);

#endif
