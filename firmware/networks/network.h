/* network.h: what main.c needs to know of the one network it is linked with. */
#ifndef NETWORK_H
#define NETWORK_H

#include <stdint.h>

typedef struct {
  const char *name;
  void (*infer)(void); /* from input to output, once */
  uint32_t inputs;
  uint32_t outputs;
  float *input;
  float *output;
  const float *example;   /* an input in flash */
  const float *reference; /* what it must lead to, computed by generate.c in double precision */
} network_t;

extern const network_t network;

/* The buffers go into a section of their own, which link.ld keeps apart from other data. */
#define ACTIVATIONS __attribute__((section(".bss.activations")))

#endif
