/* image_classification.c: a 28x28 grey image, two convolutions with pooling, two dense layers, the first of them with
   weights of four bits. */
#include "image_classification_model.h"
#include "kernels.h"
#include "network.h"

enum {
  SIDE = 28,
  FILTERS1 = 64,
  FILTERS2 = 32,
  SIDE1 = SIDE / 2,
  SIDE2 = SIDE / 4,
  POOLED1 = SIDE1 * SIDE1 * FILTERS1,
  POOLED2 = SIDE2 * SIDE2 * FILTERS2,
  SCRATCH1 = 2 * SIDE * FILTERS1,
  SCRATCH2 = 2 * SIDE1 * FILTERS2,
  HIDDEN = 256,
  OUTPUTS = 10
};

/* First the pooled output of convolution 1 (50,176 bytes), then its two rows of scratch (14,336 bytes). Once pooled,
   the scratch is free, and holds both the scratch and the pooled output of convolution 2: nothing overlaps its input.
 */
ACTIVATIONS static float image_classification_activations[POOLED1 + SCRATCH1];
ACTIVATIONS static float image_classification_input[SIDE * SIDE];
ACTIVATIONS static float image_classification_output[OUTPUTS];
_Static_assert(SCRATCH2 + POOLED2 <= SCRATCH1, "convolution 2 finds room in the scratch of convolution 1");

static void infer(void) {
  float *pooled1 = image_classification_activations;
  float *scratch = pooled1 + POOLED1;
  conv2d_relu_pool(image_classification_conv1_weights.weights, image_classification_conv1_weights.biases,
                   image_classification_input, (shape_t){SIDE, SIDE, 1}, scratch, pooled1, FILTERS1);

  float *pooled2 = scratch + SCRATCH2;
  conv2d_relu_pool(image_classification_conv2_weights.weights, image_classification_conv2_weights.biases, pooled1,
                   (shape_t){SIDE1, SIDE1, FILTERS1}, scratch, pooled2, FILTERS2);

  float *hidden = pooled1;
  dense_codebook(image_classification_dense1_weights.codebook, image_classification_dense1_weights.indices,
                 image_classification_dense1_weights.biases, pooled2, POOLED2, hidden, HIDDEN);
  relu(hidden, HIDDEN);

  dense(image_classification_dense2_weights.weights, image_classification_dense2_weights.biases, hidden, HIDDEN,
        image_classification_output, OUTPUTS);
  softmax(image_classification_output, OUTPUTS);
}

/* The published sizes, in bytes. */
_Static_assert(IMAGE_CLASSIFICATION_WEIGHT_BYTES == 246248, "weights in flash");
_Static_assert(sizeof image_classification_activations == 64512, "activations");
_Static_assert(sizeof image_classification_input == 3136, "input");
_Static_assert(sizeof image_classification_output == 40, "output");

const network_t network = {
    .name = "image_classification",
    .infer = infer,
    .inputs = SIDE * SIDE,
    .outputs = OUTPUTS,
    .input = image_classification_input,
    .output = image_classification_output,
    .example = image_classification_example,
    .reference = image_classification_reference,
};
