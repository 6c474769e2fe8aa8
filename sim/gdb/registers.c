/* The registers of a Cortex-M with FPU, as gdb wants them described.

   [GDB manual, appendix G.5.3 "ARM Features": m-profile, m-system, vfp] gdb makes S0 to S31 of D0 to D15 itself. */
#include "gdb/stub.h"

#include <stdio.h>

enum { BITS_32 = 4, BITS_64 = 8 };

/* First register of each group; the group ends where the next begins. */
static const struct {
  unsigned first;
  const char *feature;
} groups[] = {{DEBUG_R0, "org.gnu.gdb.arm.m-profile"},
              {DEBUG_MSP, "org.gnu.gdb.arm.m-system"},
              {DEBUG_D0, "org.gnu.gdb.arm.vfp"},
              {DEBUG_REGISTERS, NULL}};

static const char *const names[DEBUG_D0] = {"r0",   "r1",  "r2",  "r3",      "r4",      "r5",        "r6",     "r7",
                                            "r8",   "r9",  "r10", "r11",     "r12",     "sp",        "lr",     "pc",
                                            "xpsr", "msp", "psp", "primask", "basepri", "faultmask", "control"};

static bool is_double(unsigned number) { return number >= DEBUG_D0 && number < DEBUG_FPSCR; }

unsigned debug_register_bytes(unsigned number) { return is_double(number) ? BITS_64 : BITS_32; }

static const char *type_of(unsigned number) {
  if (number == DEBUG_PC) return "code_ptr";
  if (number == DEBUG_SP || number == DEBUG_MSP || number == DEBUG_PSP) return "data_ptr";
  return is_double(number) ? "ieee_double" : "int";
}

static void describe(FILE *out, unsigned number) {
  char name[8];
  if (is_double(number)) {
    snprintf(name, sizeof name, "d%u", number - DEBUG_D0);
  } else {
    snprintf(name, sizeof name, "%s", number == DEBUG_FPSCR ? "fpscr" : "");
  }
  fprintf(out, "<reg name=\"%s\" bitsize=\"%u\" regnum=\"%u\" type=\"%s\"%s/>\n",
          number < DEBUG_D0 ? names[number] : name, 8 * debug_register_bytes(number), number, type_of(number),
          number >= DEBUG_MSP && number < DEBUG_D0 ? " group=\"system\"" : "");
}

const char *debug_description(void) {
  static char text[8192];
  if (*text) return text;
  FILE *out = fmemopen(text, sizeof text, "w");
  if (!out) return text;
  fputs("<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n<target version=\"1.0\">\n"
        "<architecture>arm</architecture>\n",
        out);
  for (size_t i = 0; groups[i].feature; i++) {
    fprintf(out, "<feature name=\"%s\">\n", groups[i].feature);
    for (unsigned number = groups[i].first; number < groups[i + 1].first; number++)
      describe(out, number);
    fputs("</feature>\n", out);
  }
  fputs("</target>\n", out);
  fclose(out);
  return text;
}
