/* Random valid firmware: every seed and layout is one ELF image that runs to its own end, whatever the timing.

   What time it is reaches the data (CYCCNT, SysTick, interrupts at any instruction), and the data steer branches,
   addresses and operands; so a difference in one cycle shows in the numbers and in what the firmware prints. */
#ifndef CMSIM_TESTS_RANDOM_PROGRAM_H
#define CMSIM_TESTS_RANDOM_PROGRAM_H

#include "../random_numbers.h"

#include <stddef.h>

typedef enum { TIMER_NONE, TIMER_ST, TIMER_NORDIC } timer_kind_t;

/* What the generator must know of a target. */
typedef struct {
  bool m7, double_precision, caches; /* caches: first level, which firmware switches on */
  bool flash_known;
  uint32_t flash;
  uint32_t ram, ram_bytes;           /* code, data and main stack */
  uint32_t second_ram, second_bytes; /* another memory for data and the process stack, 0: none */
  uint32_t instruction_ram;          /* where code may go beside, 0: none */
  uint32_t flash_acr, acr_switches;  /* flash interface that firmware may set, 0: none */
  timer_kind_t timer;
} layout_t;

/* X(name, percent of the seeds that have it, what it is) */
#define FEATURES(X)                                                                                                    \
  X(fp, 75, "floating point")                                                                                          \
  X(fp64, 80, "double precision, where the core has it")                                                               \
  X(misaligned, 70, "accesses that are not aligned")                                                                   \
  X(time, 60, "reads of CYCCNT and SysTick go into the data")                                                          \
  X(systick, 50, "SysTick interrupts at any instruction")                                                              \
  X(calls_up, 45, "SVC, PendSV and interrupts that firmware pends")                                                    \
  X(masks, 40, "CPS, PRIMASK, BASEPRI, FAULTMASK")                                                                     \
  X(process_stack, 40, "Thread mode on PSP")                                                                           \
  X(unprivileged, 25, "stretches without privilege")                                                                   \
  X(sleep, 30, "WFI and WFE")                                                                                          \
  X(ram_code, 45, "functions in RAM, patched between calls")                                                           \
  X(markers, 50, "region markers")                                                                                     \
  X(loose_markers, 8, "region markers that do not match")                                                              \
  X(long_runs, 25, "straight runs longer than a block of the engine")                                                  \
  X(bit_band, 35, "bit-band aliases (Cortex-M4)")                                                                      \
  X(timer, 60, "the chip's timer and its interrupt, where it has one")                                                 \
  X(caches, 75, "first level caches on, and their maintenance")                                                        \
  X(flash_setup, 40, "wait states and switches of the flash interface")                                                \
  X(mpu, 15, "memory attributes by the MPU")                                                                           \
  X(faults, 20, "faults that handlers mend")                                                                           \
  X(console, 40, "semihosting within loops")

typedef enum {
#define X(name, percent, what) FEATURE_##name,
  FEATURES(X)
#undef X
      FEATURE_COUNT
} feature_t;

enum { PROGRAM_BYTES_MAX = 1 << 19, PROGRAM_FUNCTIONS_MAX = 64, PROGRAM_NAME_BYTES = 24 };

typedef struct {
  uint32_t features; /* 1 << feature_t */
  uint64_t planned;  /* instructions, at most and without handlers */
  char functions[PROGRAM_FUNCTIONS_MAX][PROGRAM_NAME_BYTES];
  unsigned function_count;
  size_t bytes;
  uint8_t elf[PROGRAM_BYTES_MAX];
} random_program_t;

/* The image of SEED on LAYOUT: always the same bytes. BUDGET: about how many instructions it may execute. */
void random_program_make(random_program_t *program, uint64_t seed, const layout_t *layout, uint64_t budget);

const char *feature_name(unsigned feature);

#endif
