/* floats.c: single precision: filter, matrix product, polynomial, square roots, an escape-time fractal. */
#include "round.h"

const uint32_t rounds_per_million = 15;

enum { TAPS = 16, SAMPLES = 64, N = 12, POINTS = 64, EDGE = 12, ESCAPE_STEPS = 40 };

static __attribute__((noinline)) bool filter(float level) {
  static float input[SAMPLES + TAPS - 1], output[SAMPLES];
  static const float taps[TAPS] = {1, 2, 3, 4, 5, 6, 7, 8, 8, 7, 6, 5, 4, 3, 2, 1}; /* their sum is 72 */
  for (uint32_t i = 0; i < SAMPLES + TAPS - 1; i++)
    input[i] = level;
  for (uint32_t i = 0; i < SAMPLES; i++) {
    float sum = 0;
    for (uint32_t tap = 0; tap < TAPS; tap++)
      sum += taps[tap] * input[i + tap];
    output[i] = sum;
  }
  return output[0] == 72.0f * level && output[SAMPLES - 1] == 72.0f * level; /* whole numbers: exact */
}

/* The product of a matrix with ones below and on its diagonal and of its inverse is the identity. */
static __attribute__((noinline)) bool matrices(void) {
  static float a[N][N], b[N][N], c[N][N];
  for (uint32_t row = 0; row < N; row++)
    for (uint32_t column = 0; column < N; column++) {
      a[row][column] = column <= row ? 1.0f : 0.0f;
      b[row][column] = column == row ? 1.0f : column + 1 == row ? -1.0f : 0.0f;
    }
  for (uint32_t row = 0; row < N; row++)
    for (uint32_t column = 0; column < N; column++) {
      float sum = 0;
      for (uint32_t i = 0; i < N; i++)
        sum += a[row][i] * b[i][column];
      c[row][column] = sum;
    }
  float off = 0, diagonal = 0;
  for (uint32_t row = 0; row < N; row++)
    for (uint32_t column = 0; column < N; column++) {
      if (row == column)
        diagonal += c[row][column];
      else
        off += c[row][column] * c[row][column];
    }
  return diagonal == (float)N && off == 0.0f;
}

/* exp(x) exp(-x) = 1 by the series; 0 <= x < 1. */
static float exponential(float x) {
  float sum = 1;
  for (int term = 10; term > 0; term--)
    sum = 1.0f + x * sum / (float)term;
  return sum;
}

static __attribute__((noinline)) bool series(void) {
  for (uint32_t i = 0; i < POINTS; i++) {
    const float x = (float)i / POINTS;
    const float error = exponential(x) * exponential(-x) - 1.0f;
    if (!(error < 1e-5f && error > -1e-5f)) return false;
  }
  return true;
}

static __attribute__((noinline)) bool roots(void) {
  float length = 0;
  for (uint32_t i = 1; i <= POINTS; i++) {
    const float square = (float)(i * i);
    float root;
    __asm__("vsqrt.f32 %0, %1" : "=t"(root) : "t"(square)); /* the compiler would call the library for errno */
    length += root;
  }
  return length == POINTS * (POINTS + 1) / 2;
}

/* Points of the Mandelbrot set: symmetric to the real axis, so the upper half has as many as the lower one. */
static __attribute__((noinline)) bool fractal(void) {
  uint32_t inside[2] = {0, 0};
  for (uint32_t y = 0; y < EDGE; y++)
    for (uint32_t x = 0; x < EDGE; x++) {
      const float real = -2.0f + 3.0f * (float)x / EDGE, imaginary = ((float)y + 0.5f - EDGE / 2) * (2.0f / EDGE);
      float a = 0, b = 0;
      uint32_t step = 0;
      for (; step < ESCAPE_STEPS && a * a + b * b <= 4.0f; step++) {
        const float next = a * a - b * b + real;
        b = 2.0f * a * b + imaginary;
        a = next;
      }
      inside[y < EDGE / 2] += step == ESCAPE_STEPS;
    }
  return inside[0] == inside[1] && inside[0] > 0;
}

bool work_round(uint32_t round) {
  return filter((float)(round % 100u)) && matrices() && series() && roots() && fractal();
}
