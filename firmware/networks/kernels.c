/* kernels.c: see kernels.h for the layouts. */
#include "kernels.h"

#include <math.h>

static inline float dot(float sum, const float *weights, const float *input, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    sum += weights[i] * input[i];
  return sum;
}

void dense(const float *weights, const float *biases, const float *input, uint32_t inputs, float *output,
           uint32_t outputs) {
  for (uint32_t o = 0; o < outputs; o++)
    output[o] = dot(biases[o], weights + o * inputs, input, inputs);
}

void dense_codebook(const float *codebook, const uint8_t *indices, const float *biases, const float *input,
                    uint32_t inputs, float *output, uint32_t outputs) {
  for (uint32_t o = 0; o < outputs; o++) {
    float sum = biases[o];
    for (uint32_t i = 0; i < inputs; i += 2) {
      const uint32_t pair = *indices++;
      sum += codebook[pair & 15u] * input[i];
      sum += codebook[pair >> 4] * input[i + 1];
    }
    output[o] = sum;
  }
}

/* The taps of one step are neighbouring rows, so its window is a single run of the input. */
void conv1d(const float *weights, const float *biases, const float *input, uint32_t steps, uint32_t channels,
            uint32_t taps, float *output, uint32_t filters) {
  const uint32_t window = taps * channels;
  for (uint32_t step = 0; step + taps <= steps; step++) {
    dense(weights, biases, input, window, output, filters);
    input += channels;
    output += filters;
  }
}

/* One row of a 2x2 convolution. Within a kernel row the window is a single run of the input, cut short where the
   padding begins: at the last column half the run, at the last row the whole lower kernel row is missing. */
static void conv2d_row(const float *weights, const float *biases, const float *input, shape_t input_shape, uint32_t row,
                       float *output, uint32_t filters) {
  const uint32_t channels = input_shape.channels;
  const uint32_t row_length = input_shape.columns * channels;
  const float *upper = input + row * row_length;
  for (uint32_t column = 0; column < input_shape.columns; column++) {
    const uint32_t run = column + 1 < input_shape.columns ? 2 * channels : channels;
    const float *kernel = weights;
    for (uint32_t filter = 0; filter < filters; filter++) {
      float sum = dot(biases[filter], kernel, upper, run);
      if (row + 1 < input_shape.rows) sum = dot(sum, kernel + 2 * channels, upper + row_length, run);
      *output++ = sum;
      kernel += 4 * channels;
    }
    upper += channels;
  }
}

static inline float larger(float a, float b) { return a > b ? a : b; }

/* Two rows of `columns` become one of half as many. */
static void max_pool_rows(const float *rows, uint32_t columns, uint32_t channels, float *output) {
  const float *upper = rows;
  const float *lower = rows + columns * channels;
  for (uint32_t column = 0; column < columns; column += 2) {
    for (uint32_t channel = 0; channel < channels; channel++) {
      const float above = larger(upper[channel], upper[channel + channels]);
      const float below = larger(lower[channel], lower[channel + channels]);
      *output++ = larger(above, below);
    }
    upper += 2 * channels;
    lower += 2 * channels;
  }
}

void conv2d_relu_pool(const float *weights, const float *biases, const float *input, shape_t input_shape,
                      float *scratch, float *output, uint32_t filters) {
  const uint32_t scratch_row = input_shape.columns * filters;
  for (uint32_t row = 0; row < input_shape.rows; row += 2) {
    conv2d_row(weights, biases, input, input_shape, row, scratch, filters);
    conv2d_row(weights, biases, input, input_shape, row + 1, scratch + scratch_row, filters);
    relu(scratch, 2 * scratch_row);
    max_pool_rows(scratch, input_shape.columns, filters, output);
    output += scratch_row / 2;
  }
}

void relu(float *values, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    values[i] = larger(values[i], 0.0f);
}

/* The largest is taken off first, so that no exponential overflows. */
void softmax(float *values, uint32_t count) {
  float largest = values[0];
  for (uint32_t i = 1; i < count; i++)
    largest = larger(largest, values[i]);
  float sum = 0.0f;
  for (uint32_t i = 0; i < count; i++) {
    values[i] = expf(values[i] - largest);
    sum += values[i];
  }
  for (uint32_t i = 0; i < count; i++)
    values[i] /= sum;
}
