/* double.c: one double-precision instruction, which a Cortex-M4 does not have. */
static volatile double value = 1.5;

__attribute__((noinline, noclone)) static void square(void) { value = value * value; }

int main(void) {
  square();
  return value == 2.25 ? 0 : 1;
}
