/* faults.c: one fault of each kind, its report by the firmware's own handler, and an endless loop as on a board.

   The command line names the fault; a second word `off` leaves the fault enables of SHCSR at 0, so that everything
   arrives as a HardFault (--args "undefined off"). The handler prints the fault status registers and what was stacked,
   compares them with what the Armv7-M ARM (B1.5, B3.2.15) says, and parks.

   Without a word, or with an unknown one, the names are listed. */
#include "core.h"

#include <string.h>

/* No memory of a generic core, nor of a part without an external memory controller; Normal memory by the default map
   (B3.1), so code may run there and writes are buffered. */
#define NOTHING    0x60000000u
#define PERIPHERAL 0x40000000u /* execute never by the default map */

#define CFSR_IACCVIOL    (1u << 0)
#define CFSR_DACCVIOL    (1u << 1)
#define CFSR_MSTKERR     (1u << 4)
#define CFSR_MMARVALID   (1u << 7)
#define CFSR_IBUSERR     (1u << 8)
#define CFSR_PRECISERR   (1u << 9)
#define CFSR_IMPRECISERR (1u << 10)
#define CFSR_STKERR      (1u << 12)
#define CFSR_BFARVALID   (1u << 15)
#define CFSR_UNDEFINSTR  (1u << 16)
#define CFSR_INVSTATE    (1u << 17)
#define CFSR_INVPC       (1u << 18)
#define CFSR_NOCP        (1u << 19)
#define CFSR_UNALIGNED   (1u << 24)
#define CFSR_DIVBYZERO   (1u << 25)
#define HFSR_FORCED      (1u << 30)
#define HFSR_DEBUGEVT    (1u << 31)

/* Where the stacked return address must be. */
typedef enum {
  PC_AT,     /* the instruction that faulted */
  PC_NEAR,   /* that one or up to eight bytes behind it: not precise, or documents differ */
  PC_TARGET, /* where it jumped to */
  PC_NONE,   /* nothing was stacked */
} pc_kind_t;

typedef struct {
  const char *name;
  void (*provoke)(void);
  uint32_t exception; /* with the enables on; 3 means HardFault either way */
  uint32_t cfsr;
  uint32_t address; /* in MMFAR or BFAR, where its valid bit is among cfsr */
  uint32_t hfsr;    /* with the enables on */
  pc_kind_t pc;
} fault_t;

typedef enum { AFTER_PARK, AFTER_UNDEFINED, AFTER_SVC } after_t;

void NMI_Handler(void);
void HardFault_Handler(void);
void MemManage_Handler(void);
void BusFault_Handler(void);
void UsageFault_Handler(void);
void SVC_Handler(void);
void fault_report(const uint32_t *frame, uint32_t exc_return);

static const fault_t *fault;
static bool enables_on;
static after_t after;
static bool svc_faults, svc_returns_badly;

/* The instruction that faults, or the address it jumps to, set on the way. */
static volatile uint32_t fault_site;

static uint32_t mpu_page[256] __attribute__((aligned(1024)));
static uint32_t guarded_stack[512] __attribute__((aligned(1024))); /* its first 1 KiB is the guard */
static uint32_t words[16] __attribute__((aligned(8)));

/* --- Provoking -------------------------------------------------------------------------------------------------- */

/* Runs one instruction with r0 = `value`, and notes where it is. */
#define FAULT_AT(instruction, value)                                                                                   \
  do {                                                                                                                 \
    register uint32_t r0 __asm__("r0") = (uint32_t)(uintptr_t)(value);                                                 \
    __asm__ volatile("adr.w r1, 1f\n\t"                                                                                \
                     "str   r1, [%1]\n\t"                                                                              \
                     "movs  r1, #0\n\t"                                                                                \
                     "dsb\n\t"                                                                                         \
                     ".balign 4\n"                                                                                     \
                     "1: " instruction "\n\t"                                                                          \
                     "dsb\n\t"                                                                                         \
                     "nop"                                                                                             \
                     : "+r"(r0)                                                                                        \
                     : "r"(&fault_site)                                                                                \
                     : "r1", "r2", "r3", "cc", "memory");                                                              \
  } while (0)

#define PROVOKE(name) static __attribute__((noinline, noclone)) void name(void)

static __attribute__((noinline)) void jump_to(uint32_t address) {
  fault_site = address & ~1u;
  __asm__ volatile("blx %0" : : "r"(address) : "lr", "memory");
}

/* One MPU region over `page`; everything else stays as the default map has it. */
static void mpu_protect(const void *page, uint32_t access_and_xn, uint32_t size_log2) {
  MPU_RNR = 0;
  MPU_RBAR = (uint32_t)(uintptr_t)page;
  MPU_RASR = access_and_xn | (size_log2 - 1) << 1 | 1u;
  MPU_CTRL = MPU_ENABLE | MPU_PRIVDEFENA;
  barrier();
}
#define RASR_XN        (1u << 28)
#define RASR_NO_ACCESS (0u << 24)
#define RASR_FULL      (3u << 24)
#define RASR_READ_ONLY (6u << 24)
#define RASR_NORMAL    (1u << 19) /* TEX 1, C 0, B 0: Normal, not cached */

PROVOKE(read_precise) { FAULT_AT("ldr r2, [r0]", NOTHING); }
PROVOKE(write_imprecise) { FAULT_AT("str r1, [r0]", NOTHING); }
PROVOKE(instruction_bus) { jump_to(NOTHING | 1u); }
PROVOKE(undefined) { FAULT_AT("udf #7", 0); }
PROVOKE(even_address) { jump_to((uint32_t)(uintptr_t)semihosting_exit & ~1u); }
PROVOKE(unaligned_ldrd) { FAULT_AT("ldrd r2, r3, [r0]", (uintptr_t)words + 2); }
PROVOKE(unaligned_ldm) { FAULT_AT("ldm.w r0, {r2, r3}", (uintptr_t)words + 2); }
PROVOKE(unaligned_vldm) { FAULT_AT("vldm r0, {s0-s3}", (uintptr_t)words + 2); }
PROVOKE(unaligned_ldrex) { FAULT_AT("ldrex r2, [r0]", (uintptr_t)words + 2); }
PROVOKE(breakpoint) { FAULT_AT("bkpt 1", 0); }
PROVOKE(execute_never) { jump_to(PERIPHERAL | 1u); }

PROVOKE(fpu_off) {
  CPACR &= ~CPACR_FPU;
  barrier();
  FAULT_AT("vadd.f32 s0, s1, s2", 0);
}

PROVOKE(unaligned_trap) {
  CCR |= CCR_UNALIGN_TRP;
  barrier();
  FAULT_AT("ldr r2, [r0]", (uintptr_t)words + 1);
}

PROVOKE(divide_by_zero) {
  CCR |= CCR_DIV_0_TRP;
  barrier();
  FAULT_AT("udiv r2, r0, r1", 7);
}

PROVOKE(mpu_read) {
  mpu_protect(mpu_page, RASR_NO_ACCESS | RASR_XN | RASR_NORMAL, 10);
  FAULT_AT("ldr r2, [r0, #16]", mpu_page);
}

PROVOKE(mpu_write) {
  mpu_protect(mpu_page, RASR_READ_ONLY | RASR_XN | RASR_NORMAL, 10);
  FAULT_AT("ldr r2, [r0]\n\tdsb", mpu_page); /* reading is allowed */
  FAULT_AT("str r1, [r0, #16]", mpu_page);
}

PROVOKE(mpu_execute) {
  mpu_page[0] = 0x47704770u; /* bx lr, twice */
  barrier();
  jump_to((uint32_t)(uintptr_t)mpu_page | 1u); /* allowed as yet */
  mpu_protect(mpu_page, RASR_FULL | RASR_XN | RASR_NORMAL, 10);
  jump_to((uint32_t)(uintptr_t)mpu_page | 1u);
}

/* Pushes until the guard below the stack is hit. The exception entry cannot push either. */
PROVOKE(stack_overflow) {
  mpu_protect(guarded_stack, RASR_NO_ACCESS | RASR_XN | RASR_NORMAL, 10);
  __asm__ volatile("msr   psp, %0\n\t"
                   "mov   r0, #2\n\t"
                   "msr   control, r0\n\t"
                   "isb\n"
                   "1: push {r0-r7}\n\t"
                   "b     1b"
                   :
                   : "r"(guarded_stack + 512)
                   : "r0", "memory");
}

PROVOKE(unprivileged) {
  __asm__ volatile("msr control, %0\n\tisb" : : "r"(1) : "memory");
  FAULT_AT("ldr r2, [r0]", 0xE000ED08u); /* VTOR */
}

PROVOKE(svc_masked) {
  __asm__ volatile("cpsid i");
  FAULT_AT("svc 1", 0);
}

PROVOKE(svc_in_svc) {
  svc_faults = true;
  __asm__ volatile("svc 0" : : : "memory");
}

PROVOKE(bad_return) {
  svc_returns_badly = true;
  FAULT_AT("svc 0", 0);
}

PROVOKE(lockup_undefined) {
  after = AFTER_UNDEFINED;
  undefined();
}

PROVOKE(lockup_svc) {
  after = AFTER_SVC;
  undefined();
}

PROVOKE(lockup_nmi) {
  ICSR = ICSR_NMIPENDSET;
  barrier();
}

#define ADDRESS(object) (uint32_t)(uintptr_t)(object)

static const fault_t faults[] = {
    {"read_precise", read_precise, EXCEPTION_BUSFAULT, CFSR_PRECISERR | CFSR_BFARVALID, NOTHING, 0, PC_AT},
    {"write_imprecise", write_imprecise, EXCEPTION_BUSFAULT, CFSR_IMPRECISERR, 0, 0, PC_NEAR},
    {"instruction_bus", instruction_bus, EXCEPTION_BUSFAULT, CFSR_IBUSERR, 0, 0, PC_TARGET},
    {"unprivileged", unprivileged, EXCEPTION_BUSFAULT, CFSR_PRECISERR | CFSR_BFARVALID, 0xE000ED08u, 0, PC_AT},
    {"undefined", undefined, EXCEPTION_USAGEFAULT, CFSR_UNDEFINSTR, 0, 0, PC_AT},
    {"even_address", even_address, EXCEPTION_USAGEFAULT, CFSR_INVSTATE, 0, 0, PC_TARGET},
    {"fpu_off", fpu_off, EXCEPTION_USAGEFAULT, CFSR_NOCP, 0, 0, PC_AT},
    {"unaligned_ldrd", unaligned_ldrd, EXCEPTION_USAGEFAULT, CFSR_UNALIGNED, 0, 0, PC_AT},
    {"unaligned_ldm", unaligned_ldm, EXCEPTION_USAGEFAULT, CFSR_UNALIGNED, 0, 0, PC_AT},
    {"unaligned_vldm", unaligned_vldm, EXCEPTION_USAGEFAULT, CFSR_UNALIGNED, 0, 0, PC_AT},
    {"unaligned_ldrex", unaligned_ldrex, EXCEPTION_USAGEFAULT, CFSR_UNALIGNED, 0, 0, PC_AT},
    {"unaligned_trap", unaligned_trap, EXCEPTION_USAGEFAULT, CFSR_UNALIGNED, 0, 0, PC_AT},
    {"divide_by_zero", divide_by_zero, EXCEPTION_USAGEFAULT, CFSR_DIVBYZERO, 0, 0, PC_AT},
    {"mpu_read", mpu_read, EXCEPTION_MEMMANAGE, CFSR_DACCVIOL | CFSR_MMARVALID, ADDRESS(mpu_page + 4), 0, PC_AT},
    {"mpu_write", mpu_write, EXCEPTION_MEMMANAGE, CFSR_DACCVIOL | CFSR_MMARVALID, ADDRESS(mpu_page + 4), 0, PC_AT},
    {"mpu_execute", mpu_execute, EXCEPTION_MEMMANAGE, CFSR_IACCVIOL, 0, 0, PC_TARGET},
    {"execute_never", execute_never, EXCEPTION_MEMMANAGE, CFSR_IACCVIOL, 0, 0, PC_TARGET},
    {"stack_overflow", stack_overflow, EXCEPTION_MEMMANAGE, CFSR_DACCVIOL | CFSR_MMARVALID | CFSR_MSTKERR,
     ADDRESS(guarded_stack + 248), 0, PC_NONE},
    {"svc_masked", svc_masked, EXCEPTION_HARDFAULT, 0, 0, HFSR_FORCED, PC_NEAR},
    {"svc_in_svc", svc_in_svc, EXCEPTION_HARDFAULT, 0, 0, HFSR_FORCED, PC_NEAR},
    {"bad_return", bad_return, EXCEPTION_USAGEFAULT, CFSR_INVPC, 0, 0, PC_NEAR},
    {"breakpoint", breakpoint, EXCEPTION_HARDFAULT, 0, 0, HFSR_DEBUGEVT, PC_AT},
    {"lockup_undefined", lockup_undefined, EXCEPTION_USAGEFAULT, CFSR_UNDEFINSTR, 0, 0, PC_AT},
    {"lockup_svc", lockup_svc, EXCEPTION_USAGEFAULT, CFSR_UNDEFINSTR, 0, 0, PC_AT},
    {"lockup_nmi", lockup_nmi, EXCEPTION_NMI, 0, 0, 0, PC_NONE},
};

/* --- Reporting ---------------------------------------------------------------------------------------------------- */

static void print_bits(uint32_t value, const char *const *names, const uint32_t *bits, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    if (!(value & bits[i])) continue;
    print_text(" ");
    print_text(names[i]);
  }
  print_text("\n");
}

static void print_status(uint32_t cfsr, uint32_t hfsr) {
  static const char *const cfsr_names[] = {"IACCVIOL",  "DACCVIOL",    "MSTKERR", "MMARVALID", "IBUSERR",
                                           "PRECISERR", "IMPRECISERR", "STKERR",  "BFARVALID", "UNDEFINSTR",
                                           "INVSTATE",  "INVPC",       "NOCP",    "UNALIGNED", "DIVBYZERO"};
  static const uint32_t cfsr_bits[] = {CFSR_IACCVIOL,  CFSR_DACCVIOL,    CFSR_MSTKERR, CFSR_MMARVALID, CFSR_IBUSERR,
                                       CFSR_PRECISERR, CFSR_IMPRECISERR, CFSR_STKERR,  CFSR_BFARVALID, CFSR_UNDEFINSTR,
                                       CFSR_INVSTATE,  CFSR_INVPC,       CFSR_NOCP,    CFSR_UNALIGNED, CFSR_DIVBYZERO};
  static const char *const hfsr_names[] = {"FORCED", "DEBUGEVT"};
  static const uint32_t hfsr_bits[] = {HFSR_FORCED, HFSR_DEBUGEVT};
  print_text("CFSR ");
  print_hex32(cfsr);
  print_bits(cfsr, cfsr_names, cfsr_bits, sizeof cfsr_bits / sizeof cfsr_bits[0]);
  print_text("HFSR ");
  print_hex32(hfsr);
  print_bits(hfsr, hfsr_names, hfsr_bits, sizeof hfsr_bits / sizeof hfsr_bits[0]);
}

static const char *exception_name(uint32_t exception) {
  static const char *const names[] = {"NMI", "HardFault", "MemManage", "BusFault", "UsageFault"};
  return exception - EXCEPTION_NMI < sizeof names / sizeof names[0] ? names[exception - EXCEPTION_NMI] : "?";
}

/* The address register that CFSR says is valid, or 0. A range of 32 bytes where several accesses could be the first. */
static bool address_is_right(uint32_t cfsr) {
  if (!(cfsr & (CFSR_MMARVALID | CFSR_BFARVALID))) return true;
  const uint32_t address = cfsr & CFSR_MMARVALID ? MMFAR : BFAR;
  print_text(cfsr & CFSR_MMARVALID ? "MMFAR " : "BFAR ");
  print_hex32(address);
  print_text("\n");
  return address - fault->address < (fault->pc == PC_NONE ? 32u : 1u);
}

static bool pc_is_right(const uint32_t *frame, uint32_t cfsr, pc_kind_t kind) {
  if (cfsr & (CFSR_MSTKERR | CFSR_STKERR)) {
    print_text("nothing stacked\n");
    return kind == PC_NONE;
  }
  print_text("stacked pc ");
  print_hex32(frame[6]);
  print_text(", lr ");
  print_hex32(frame[5]);
  print_text(", xpsr ");
  print_hex32(frame[7]);
  print_text("\n");
  const uint32_t behind = frame[6] - fault_site;
  return kind == PC_NONE || (kind == PC_NEAR ? behind <= 8 : behind == 0);
}

/* A fault inside a fault handler, or one whose handler is not enabled, arrives as HardFault, FORCED. */
void fault_report(const uint32_t *frame, uint32_t exc_return) {
  static uint32_t reports;
  const uint32_t cfsr = CFSR, hfsr = HFSR;
  uint32_t exception;
  __asm__ volatile("mrs %0, ipsr" : "=r"(exception));
  const bool nested = reports++ > 0;
  const bool forced = nested || (!enables_on && fault->exception > EXCEPTION_HARDFAULT);
  print_text(nested ? "and in its handler: " : "fault: ");
  print_text(exception_name(exception));
  print_text(exc_return & 4u ? " on the process stack\n" : " on the main stack\n");
  print_status(cfsr, hfsr);
  bool right = exception == (forced ? EXCEPTION_HARDFAULT : fault->exception);
  right = cfsr == fault->cfsr && hfsr == (forced ? HFSR_FORCED : fault->hfsr) && right;
  right = address_is_right(cfsr) && right;
  right = pc_is_right(frame, cfsr, nested ? PC_NEAR : fault->pc) && right;
  print_text(right ? "as documented\n" : "NOT as documented\n");
  if (after == AFTER_SVC) FAULT_AT("svc 1", 0);
  if (after == AFTER_UNDEFINED || exception == EXCEPTION_NMI) FAULT_AT("udf #8", 0);
  for (;;) {
  }
}

/* The stack in use before is bit 2 of EXC_RETURN, B1.5.8. */
#define REPORT_FAULT                                                                                                   \
  __asm__ volatile("tst   lr, #4\n\t"                                                                                  \
                   "ite   eq\n\t"                                                                                      \
                   "mrseq r0, msp\n\t"                                                                                 \
                   "mrsne r0, psp\n\t"                                                                                 \
                   "mov   r1, lr\n\t"                                                                                  \
                   "push  {r4, lr}\n\t"                                                                                \
                   "bl    fault_report")

__attribute__((naked)) void NMI_Handler(void) { REPORT_FAULT; }
__attribute__((naked)) void HardFault_Handler(void) { REPORT_FAULT; }
__attribute__((naked)) void MemManage_Handler(void) { REPORT_FAULT; }
__attribute__((naked)) void BusFault_Handler(void) { REPORT_FAULT; }
__attribute__((naked)) void UsageFault_Handler(void) { REPORT_FAULT; }

void SVC_Handler(void) {
  if (svc_faults) FAULT_AT("svc 1", 0);                                  /* no higher than itself */
  if (svc_returns_badly) __asm__ volatile("bx %0" : : "r"(0xFFFFFFF3u)); /* no such EXC_RETURN */
}

static const fault_t *find(const char *name, size_t length) {
  for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
    if (strlen(faults[i].name) == length && memcmp(faults[i].name, name, length) == 0) return &faults[i];
  }
  return NULL;
}

int main(void) {
  char line[48];
  const char *words_given = host_command_line(line, sizeof line);
  const size_t length = strcspn(words_given, " ");
  fault = find(words_given, length);
  enables_on = strcmp(words_given + length, " off") != 0;
  if (fault == NULL) {
    print_text("a fault of:");
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
      print_text(" ");
      print_text(faults[i].name);
    }
    print_text("\n");
    return 1;
  }
  if (enables_on) SHCSR |= SHCSR_MEMFAULT | SHCSR_BUSFAULT | SHCSR_USGFAULT;
  barrier();
  fault->provoke();
  print_text("survived\n");
  return 1;
}
