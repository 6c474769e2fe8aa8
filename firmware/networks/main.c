/* main.c: run a network three times, time each inference and check each result.
   Three, because the measured figures of these networks are averages of three. */
#include "cmsim.h"
#include "network.h"
#include "semihosting.h"

#include <stdbool.h>

enum { INFERENCES = 3 };

/* Between the float32 kernels and the double-precision reference. */
static const float TOLERANCE = 1e-5f;

/* Written so that a NaN does not match. */
static bool matches(float value, float reference) {
  const float difference = value > reference ? value - reference : reference - value;
  const float magnitude = reference < 0.0f ? -reference : reference;
  return difference <= TOLERANCE * magnitude;
}

static uint32_t inference_cycles(void) {
  uint32_t begin;
  uint32_t end;
  CMSIM_BEGIN_CYCLES("inference", begin);
  network.infer();
  CMSIM_END_CYCLES("inference", end);
  return end - begin;
}

static uint32_t count_mismatches(void) {
  uint32_t mismatches = 0;
  for (uint32_t i = 0; i < network.outputs; i++)
    if (!matches(network.output[i], network.reference[i])) mismatches++;
  return mismatches;
}

static void print_value(float value) {
  union {
    float number;
    uint32_t bits;
  } raw = {value};
  print_float(value);
  print_text(" ");
  print_hex32(raw.bits);
}

static void print_outputs(void) {
  for (uint32_t i = 0; i < network.outputs; i++) {
    print_text("output ");
    print_u32(i);
    print_text(": ");
    print_value(network.output[i]);
    print_text(" expected ");
    print_value(network.reference[i]);
    print_text(matches(network.output[i], network.reference[i]) ? "\n" : " MISMATCH\n");
  }
}

static void print_cycles(const uint32_t *cycles) {
  uint64_t sum = 0;
  for (uint32_t run = 0; run < INFERENCES; run++) {
    print_text("inference cycles: ");
    print_u32(cycles[run]);
    print_text("\n");
    sum += cycles[run];
  }
  print_text("mean cycles: ");
  print_u32((uint32_t)((sum + INFERENCES / 2) / INFERENCES));
  print_text("\n");
}

int main(void) {
  uint32_t cycles[INFERENCES];
  uint32_t mismatches = 0;
  cmsim_cyccnt_enable();
  for (uint32_t run = 0; run < INFERENCES; run++) {
    for (uint32_t i = 0; i < network.inputs; i++)
      network.input[i] = network.example[i];
    for (uint32_t i = 0; i < network.outputs; i++)
      network.output[i] = -1.0f; /* no outcome of the run before may pass */
    cycles[run] = inference_cycles();
    mismatches += count_mismatches();
  }

  print_text("network: ");
  print_text(network.name);
  print_text("\n");
  print_outputs();
  print_cycles(cycles);
  print_text(mismatches == 0 ? "PASS\n" : "FAIL\n");
  return mismatches == 0 ? 0 : 1;
}
