/* reference.c: see reference.h. Speed is no concern here. */
#include "reference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { KERNEL = 2 }; /* side of a two-dimensional kernel and of a pooling window */

void *allocate(int count, int size) {
  void *memory = calloc((size_t)count, (size_t)size);
  if (!memory) {
    fprintf(stderr, "generate: out of memory\n");
    exit(2);
  }
  return memory;
}

static double *new_tensor(extent_t shape) {
  return allocate(shape.rows * shape.columns * shape.channels, sizeof(double));
}

static int at(extent_t shape, int row, int column, int channel) {
  return (row * shape.columns + column) * shape.channels + channel;
}

double *reference_dense(const double *input, int inputs, const float *weights, const float *biases, int outputs) {
  double *output = new_tensor((extent_t){1, 1, outputs});
  for (int o = 0; o < outputs; o++) {
    for (int i = 0; i < inputs; i++)
      output[o] += (double)weights[o * inputs + i] * input[i];
    output[o] += (double)biases[o];
  }
  return output;
}

double *reference_conv1d(const double *input, extent_t shape, int taps, const float *weights, const float *biases,
                         int filters) {
  const extent_t result = {shape.rows - taps + 1, 1, filters};
  double *output = new_tensor(result);
  for (int row = 0; row < result.rows; row++)
    for (int filter = 0; filter < filters; filter++) {
      double sum = 0;
      for (int tap = 0; tap < taps; tap++)
        for (int channel = 0; channel < shape.channels; channel++)
          sum += input[at(shape, row + tap, 0, channel)] *
                 (double)weights[(filter * taps + tap) * shape.channels + channel];
      output[at(result, row, 0, filter)] = sum + (double)biases[filter];
    }
  return output;
}

/* TensorFlow's "same" for an even kernel pads (2 - 1) / 2 = 0 before and the other 1 after. */
double *reference_conv2d_same(const double *input, extent_t shape, const float *weights, const float *biases,
                              int filters) {
  const extent_t result = {shape.rows, shape.columns, filters};
  double *output = new_tensor(result);
  for (int row = 0; row < shape.rows; row++)
    for (int column = 0; column < shape.columns; column++)
      for (int filter = 0; filter < filters; filter++) {
        double sum = 0;
        for (int y = 0; y < KERNEL; y++)
          for (int x = 0; x < KERNEL; x++)
            for (int channel = 0; channel < shape.channels; channel++) {
              const int weight = ((filter * KERNEL + y) * KERNEL + x) * shape.channels + channel;
              const int inside = row + y < shape.rows && column + x < shape.columns;
              sum += inside ? input[at(shape, row + y, column + x, channel)] * (double)weights[weight] : 0;
            }
        output[at(result, row, column, filter)] = sum + (double)biases[filter];
      }
  return output;
}

double *reference_max_pool(const double *input, extent_t shape) {
  const extent_t result = {shape.rows / KERNEL, shape.columns / KERNEL, shape.channels};
  double *output = new_tensor(result);
  for (int row = 0; row < result.rows; row++)
    for (int column = 0; column < result.columns; column++)
      for (int channel = 0; channel < shape.channels; channel++) {
        double largest = -HUGE_VAL;
        for (int y = 0; y < KERNEL; y++)
          for (int x = 0; x < KERNEL; x++)
            largest = fmax(largest, input[at(shape, row * KERNEL + y, column * KERNEL + x, channel)]);
        output[at(result, row, column, channel)] = largest;
      }
  return output;
}

void reference_relu(double *values, int count) {
  for (int i = 0; i < count; i++)
    values[i] = fmax(values[i], 0);
}

void reference_softmax(double *values, int count) {
  double sum = 0;
  for (int i = 0; i < count; i++)
    sum += exp(values[i]);
  for (int i = 0; i < count; i++)
    values[i] = exp(values[i]) / sum;
}
