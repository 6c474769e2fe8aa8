/* reference.h: the layers once more, in double precision and by their definitions: every sum spelled out index by
   index, a tensor of its own for every result, padding by a test. Shares no code with kernels.c, which it is there to
   check. */
#ifndef REFERENCE_H
#define REFERENCE_H

typedef struct {
  int rows;
  int columns;
  int channels;
} extent_t;

/* All allocate what they return; the caller frees it. */
double *reference_dense(const double *input, int inputs, const float *weights, const float *biases, int outputs);
double *reference_conv1d(const double *input, extent_t shape, int taps, const float *weights, const float *biases,
                         int filters);
double *reference_conv2d_same(const double *input, extent_t shape, const float *weights, const float *biases,
                              int filters);
double *reference_max_pool(const double *input, extent_t shape);

/* In place. */
void reference_relu(double *values, int count);
void reference_softmax(double *values, int count);

/* Memory or exit: a generator has no other plan. */
void *allocate(int count, int size);

#endif
