/* human_activity.c: 26 steps of a three-axis accelerometer, two convolutions along time, two dense layers. */
#include "human_activity_model.h"
#include "kernels.h"
#include "network.h"

enum {
  STEPS = 26,
  AXES = 3,
  TAPS = 3,
  FILTERS1 = 16,
  FILTERS2 = 8,
  STEPS1 = STEPS - TAPS + 1,
  STEPS2 = STEPS1 - TAPS + 1,
  FLATTENED = STEPS2 * FILTERS2,
  HIDDEN = 64,
  OUTPUTS = 3,
  AHEAD = 16 /* floats, 64 bytes */
};

/* The second convolution runs in place: its output starts at 0, its input 64 bytes further on. Step t writes floats
   [8t, 8t + 8) and the inputs still wanted start at 16 + 16t, so it never reaches them. */
ACTIVATIONS static float human_activity_activations[AHEAD + STEPS1 * FILTERS1];
ACTIVATIONS static float human_activity_input[STEPS * AXES];
ACTIVATIONS static float human_activity_output[OUTPUTS];

static void infer(void) {
  float *first = human_activity_activations + AHEAD;
  conv1d(human_activity_conv1_weights.weights, human_activity_conv1_weights.biases, human_activity_input, STEPS, AXES,
         TAPS, first, FILTERS1);
  relu(first, STEPS1 * FILTERS1);

  float *second = human_activity_activations;
  conv1d(human_activity_conv2_weights.weights, human_activity_conv2_weights.biases, first, STEPS1, FILTERS1, TAPS,
         second, FILTERS2);
  relu(second, FLATTENED);

  float *hidden = second + FLATTENED;
  dense(human_activity_dense1_weights.weights, human_activity_dense1_weights.biases, second, FLATTENED, hidden, HIDDEN);
  relu(hidden, HIDDEN);

  dense(human_activity_dense2_weights.weights, human_activity_dense2_weights.biases, hidden, HIDDEN,
        human_activity_output, OUTPUTS);
  softmax(human_activity_output, OUTPUTS);
}

/* The published sizes, in bytes. */
_Static_assert(HUMAN_ACTIVITY_WEIGHT_BYTES == 48300, "weights in flash");
_Static_assert(sizeof human_activity_activations == 1600, "activations");
_Static_assert(sizeof human_activity_input == 312, "input");
_Static_assert(sizeof human_activity_output == 12, "output");

const network_t network = {
    .name = "human_activity",
    .infer = infer,
    .inputs = STEPS * AXES,
    .outputs = OUTPUTS,
    .input = human_activity_input,
    .output = human_activity_output,
    .example = human_activity_example,
    .reference = human_activity_reference,
};
