/* house_price.c: eleven dense layers with a ReLU after each, the last one included. */
#include "house_price_model.h"
#include "kernels.h"
#include "network.h"

enum { INPUTS = 19, OUTPUTS = 1, WIDEST = 38, LAYERS = 11 };

/* Layers work to and fro between the two halves: the widest layer has 38 inputs and 38 outputs. */
ACTIVATIONS static float house_price_activations[2 * WIDEST];
ACTIVATIONS static float house_price_input[INPUTS];
ACTIVATIONS static float house_price_output[OUTPUTS];

typedef struct {
  const float *weights;
  const float *biases;
  uint32_t inputs;
  uint32_t outputs;
} dense_layer_t;

static const dense_layer_t layers[LAYERS] = {
    {house_price_dense1_weights.weights, house_price_dense1_weights.biases, 19, 19},
    {house_price_dense2_weights.weights, house_price_dense2_weights.biases, 19, 19},
    {house_price_dense3_weights.weights, house_price_dense3_weights.biases, 19, 38},
    {house_price_dense4_weights.weights, house_price_dense4_weights.biases, 38, 38},
    {house_price_dense5_weights.weights, house_price_dense5_weights.biases, 38, 38},
    {house_price_dense6_weights.weights, house_price_dense6_weights.biases, 38, 19},
    {house_price_dense7_weights.weights, house_price_dense7_weights.biases, 19, 19},
    {house_price_dense8_weights.weights, house_price_dense8_weights.biases, 19, 19},
    {house_price_dense9_weights.weights, house_price_dense9_weights.biases, 19, 19},
    {house_price_dense10_weights.weights, house_price_dense10_weights.biases, 19, 8},
    {house_price_dense11_weights.weights, house_price_dense11_weights.biases, 8, 1},
};

static void infer(void) {
  const float *from = house_price_input;
  for (uint32_t i = 0; i < LAYERS; i++) {
    const dense_layer_t *layer = &layers[i];
    float *to = i + 1 == LAYERS ? house_price_output : house_price_activations + (i % 2) * WIDEST;
    dense(layer->weights, layer->biases, from, layer->inputs, to, layer->outputs);
    relu(to, layer->outputs);
    from = to;
  }
}

/* The published sizes, in bytes. */
_Static_assert(HOUSE_PRICE_WEIGHT_BYTES == 26136, "weights in flash");
_Static_assert(sizeof house_price_activations == 304, "activations");
_Static_assert(sizeof house_price_input == 76, "input");
_Static_assert(sizeof house_price_output == 4, "output");

const network_t network = {
    .name = "house_price",
    .infer = infer,
    .inputs = INPUTS,
    .outputs = OUTPUTS,
    .input = house_price_input,
    .output = house_price_output,
    .example = house_price_example,
    .reference = house_price_reference,
};
