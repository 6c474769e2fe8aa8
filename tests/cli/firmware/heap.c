/* heap.c: newlib's malloc and bare _sbrk; prints the highest break it ever handed out, above `end`. */
#include "semihosting.h"

#include <stdlib.h>

extern char end[];
static char *top = end, *highest = end;
static volatile uint32_t sink;

void *_sbrk(int increment);

/* Out of line, as a libc has it: a call is what the simulator sees. */
__attribute__((noinline, noclone)) void *_sbrk(int increment) {
  char *before = top;
  if (increment > 65536) return (void *)-1;
  top += increment;
  if (top > highest) highest = top;
  return before;
}

int main(void) {
  for (uint32_t bytes = 16; bytes <= 1024; bytes *= 2) {
    char *block = malloc(bytes);
    if (!block) return 1;
    block[bytes - 1] = (char)bytes;
    sink += (uint32_t)block[bytes - 1];
    if (bytes != 256) free(block);
  }
  void *refused = malloc(100000); /* fails: no part of the peak */
  _sbrk(600);
  _sbrk(-600);
  _sbrk(40);
  print_text("heap ");
  print_u32((uint32_t)(highest - end));
  print_text("\n");
  return refused ? 1 : 0;
}
