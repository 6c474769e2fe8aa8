/* kernels.h: float32 neural network layers in plain C, as a compiler at -O2 finds them: no hand tuning.
   Tensors are row-major with channels last. Weights are stored per output channel, in the order in which a layer reads
   its input, so every layer comes down to dot products of contiguous runs.
   Except for relu and softmax, which work in place, output must not overlap what is still to be read of input. */
#ifndef KERNELS_H
#define KERNELS_H

#include <stdint.h>

typedef struct {
  uint32_t rows;
  uint32_t columns;
  uint32_t channels;
} shape_t;

enum { CODEBOOK_ENTRIES = 16 };

/* output[o] = biases[o] + sum of weights[o][i] * input[i] */
void dense(const float *weights, const float *biases, const float *input, uint32_t inputs, float *output,
           uint32_t outputs);

/* The same with 4-bit weights: weight i of a row is codebook[index], two indices a byte, the even i in the low half.
   The number of inputs is even. */
void dense_codebook(const float *codebook, const uint8_t *indices, const float *biases, const float *input,
                    uint32_t inputs, float *output, uint32_t outputs);

/* Convolution along the rows of input (time steps), "valid": rows - taps + 1 steps come out.
   weights[filter][tap][channel]. Step t writes its filters after all reads of input rows before t, hence input may lie
   in the same buffer as output, ahead of it by at least one output row, if its rows are no shorter than the output's.
 */
void conv1d(const float *weights, const float *biases, const float *input, uint32_t steps, uint32_t channels,
            uint32_t taps, float *output, uint32_t filters);

/* Convolution with a 2x2 kernel, ReLU and 2x2 max-pool in one, weights[filter][kernel row][kernel column][channel].
   "Same" padding: one row of zeros below and one column on the right. Rows and columns of input are even.
   Scratch holds two rows before pooling: 2 * columns * filters floats. Output: rows/2 * columns/2 * filters floats. */
void conv2d_relu_pool(const float *weights, const float *biases, const float *input, shape_t input_shape,
                      float *scratch, float *output, uint32_t filters);

void relu(float *values, uint32_t count);
void softmax(float *values, uint32_t count);

#endif
