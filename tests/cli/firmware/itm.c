/* itm.c: text over ITM stimulus port 0, by byte and by word; port 1 is not text. */
#include <stdint.h>

#define STIMULUS8(port)  (*(volatile uint8_t *)(0xE0000000u + 4u * (port)))
#define STIMULUS32(port) (*(volatile uint32_t *)(0xE0000000u + 4u * (port)))

static void put(char c) {
  while ((STIMULUS32(0) & 1u) == 0) {
  }
  STIMULUS8(0) = (uint8_t)c;
}

int main(void) {
  for (const char *c = "trace "; *c; c++)
    put(*c);
  STIMULUS32(1) = 0x58585858u;
  STIMULUS32(0) = 0x0A216B6Fu; /* "ok!\n" */
  return 0;
}
