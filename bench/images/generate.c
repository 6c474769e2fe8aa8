/* Writes a program of the size that is asked for as assembly, so that an image has much code and runs all of it.

   Usage: generate KILOBYTES FILE. The code is that many groups of eight different small functions and one that
   calls them, drawn by a generator of its own: the same size gives the same code anywhere. A function takes a number
   in r0 and the address of 256 bytes of RAM in r1, gives a number in r0 and spoils r2, r3 and r12. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { FUNCTIONS = 8, BYTES_A_GROUP = 544 /* average; generated code is what it is */ };

static uint32_t draw(uint32_t below) {
  static uint32_t state = 20240229;
  state = state * 1664525u + 1013904223u; /* Numerical Recipes, chapter 7 */
  return (state >> 8) % below;
}

/* 16-bit and 32-bit forms, a shift, a 16-bit constant. */
static void arithmetic(void) {
  const uint32_t kind = draw(3), shift = 1 + draw(30);
  printf("\tadds r2, r0, #%u\n\teors r3, r0\n\tmovw r12, #%u\n", draw(8), draw(65536));
  printf("\tlsls r2, r2, #%u\n\tadd r0, r0, r12\n\teor r2, r2, r0, ror #%u\n", draw(16), shift);
  if (kind == 0) printf("\tsubs r2, #%u\n\torr r0, r0, #%u\n", draw(256), 1 + draw(255));
  if (kind == 1) printf("\tmul r2, r12, r2\n\tubfx r3, r2, #%u, #9\n", draw(20));
  if (kind == 2) printf("\tbic r3, r2, #%u\n\tadd r0, r0, r3, lsr #%u\n", draw(256), shift);
  printf("\tadds r0, r0, r2\n");
}

/* Three loads to one store, words and bytes. */
static void memory(void) {
  printf("\tldr r2, [r1, #%u]\n\tldr r3, [r1, #%u]\n\tadds r2, r2, r3\n", 4 * draw(32), 4 * draw(64));
  printf("\tldrb r3, [r1, #%u]\n\teors r2, r0\n\tstr r2, [r1, #%u]\n", draw(256), 4 * draw(64));
  printf("\tadd r0, r2, r3, lsl #%u\n", draw(8));
}

/* A branch that the data decide. */
static void choice(void) {
  if (draw(2))
    printf("\tlsls r2, r0, #%u\n\tbpl 1f\n", 1 + draw(31));
  else
    printf("\ttst r0, #%u\n\tbeq 1f\n", 1u << draw(8));
  printf("\tadds r0, #%u\n\teor r0, r0, r0, lsr #%u\n1:\n", draw(256), 1 + draw(31));
}

static void conditional(void) {
  printf("\tcmp r0, r2\n");
  if (draw(2))
    printf("\tite hi\n\tsubhi r0, r0, r2\n\taddls r0, r0, #%u\n", draw(256));
  else
    printf("\tit lt\n\trsblt r0, r0, #%u\n", draw(256));
}

static void loop(void) {
  printf("\tmovs r3, #%u\n1:\tadd r0, r0, r0, lsl #%u\n\tsubs r3, #1\n\tbne 1b\n", 2 + draw(4), 1 + draw(4));
}

/* A constant from behind the function, saved registers. */
static void literal(void) {
  printf("\tpush {r4, r5}\n\tldr r4, =%u\n", 0x10000001u + 2 * draw(1u << 23));
  printf("\tsmull r2, r5, r0, r4\n\teors r0, r5\n\tpop {r4, r5}\n");
}

static void function(uint32_t number) {
  static void (*const parts[][3])(void) = {{memory, choice, 0},      {literal, choice, 0},
                                           {conditional, memory, 0}, {loop, choice, arithmetic},
                                           {choice, arithmetic, 0},  {memory, choice, conditional}};
  const uint32_t kind = draw(sizeof parts / sizeof *parts);
  printf("\t.type function_%u, %%function\n\t.thumb_func\nfunction_%u:\n", number, number);
  arithmetic();
  for (uint32_t i = 0; i < 3 && parts[kind][i]; i++)
    parts[kind][i]();
  printf("\tbx lr\n\t.ltorg\n\t.size function_%u, . - function_%u\n", number, number);
}

/* Whether the last two functions run depends on what the others gave. */
static void group(uint32_t number) {
  const uint32_t first = number * FUNCTIONS;
  for (uint32_t i = 0; i < FUNCTIONS; i++)
    function(first + i);
  printf("\t.type group_%u, %%function\n\t.thumb_func\ngroup_%u:\n\tpush {r4, lr}\n\tmov r4, r0\n", number, number);
  for (uint32_t i = 0; i + 2 < FUNCTIONS; i++)
    printf("\tbl function_%u\n", first + i);
  printf("\ttst r0, #16\n\tbeq 2f\n\tbl function_%u\n", first + FUNCTIONS - 2);
  printf("2:\tcmp r0, r4\n\tbls 3f\n\tbl function_%u\n3:\tpop {r4, pc}\n", first + FUNCTIONS - 1);
  printf("\t.size group_%u, . - group_%u\n", number, number);
}

int main(int argc, char **argv) {
  const uint32_t kilobytes = argc == 3 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
  if (kilobytes == 0 || kilobytes > 16000) { /* a BL reaches 16 MB */
    fprintf(stderr, "usage: generate KILOBYTES FILE; 1 to 16000 KB\n");
    return 2;
  }
  if (!freopen(argv[2], "w", stdout)) {
    perror(argv[2]);
    return 2;
  }
  const uint32_t groups = (kilobytes * 1000 + BYTES_A_GROUP / 2) / BYTES_A_GROUP;
  printf("\t.syntax unified\n\t.section .text.code, \"ax\"\n");
  for (uint32_t i = 0; i < groups; i++)
    group(i);
  printf("\t.section .rodata.groups, \"a\"\n\t.balign 4\n\t.global groups, group_count\n");
  printf("group_count:\n\t.word %u\ngroups:\n", groups);
  for (uint32_t i = 0; i < groups; i++)
    printf("\t.word group_%u\n", i);
  return fclose(stdout) == 0 ? 0 : 2;
}
