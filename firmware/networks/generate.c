/* generate.c: write one network's weights, an input, and the outputs it must lead to, as C source.

     generate NETWORK DIRECTORY    writes DIRECTORY/NETWORK_model.h and DIRECTORY/NETWORK_model.c

   The weights are random numbers: time and memory depend on shapes, hardly on values. They are scaled so that
   activations neither die nor explode, and the program refuses a network where they do: a dead network would check
   nothing. Same network, same bytes: own generator, fixed seeds, no clock. */
#include "reference.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum { DENSE, DENSE_CODEBOOK, CONV1D, CONV2D_POOL } layer_kind_t;
typedef enum { RELU, SOFTMAX } activation_t;

typedef struct {
  const char *name;
  layer_kind_t kind;
  extent_t input;
  int outputs; /* or filters */
  activation_t activation;
} layer_t;

typedef struct {
  const char *name;
  uint64_t seed;
  double input_low; /* inputs are uniform between this and 1 */
  int layer_count;
  layer_t layers[11];
} network_t;

enum { TAPS = 3, CODEBOOK_ENTRIES = 16 };

static const network_t networks[] = {
    {"house_price",
     8,
     -1,
     11,
     {
         {"dense1", DENSE, {1, 1, 19}, 19, RELU},
         {"dense2", DENSE, {1, 1, 19}, 19, RELU},
         {"dense3", DENSE, {1, 1, 19}, 38, RELU},
         {"dense4", DENSE, {1, 1, 38}, 38, RELU},
         {"dense5", DENSE, {1, 1, 38}, 38, RELU},
         {"dense6", DENSE, {1, 1, 38}, 19, RELU},
         {"dense7", DENSE, {1, 1, 19}, 19, RELU},
         {"dense8", DENSE, {1, 1, 19}, 19, RELU},
         {"dense9", DENSE, {1, 1, 19}, 19, RELU},
         {"dense10", DENSE, {1, 1, 19}, 8, RELU},
         {"dense11", DENSE, {1, 1, 8}, 1, RELU},
     }},
    {"human_activity",
     2,
     -1,
     4,
     {
         {"conv1", CONV1D, {26, 1, 3}, 16, RELU},
         {"conv2", CONV1D, {24, 1, 16}, 8, RELU},
         {"dense1", DENSE, {22, 1, 8}, 64, RELU},
         {"dense2", DENSE, {1, 1, 64}, 3, SOFTMAX},
     }},
    {"image_classification",
     3,
     0,
     4,
     {
         {"conv1", CONV2D_POOL, {28, 28, 1}, 64, RELU},
         {"conv2", CONV2D_POOL, {14, 14, 64}, 32, RELU},
         {"dense1", DENSE_CODEBOOK, {7, 7, 32}, 256, RELU},
         {"dense2", DENSE, {1, 1, 256}, 10, SOFTMAX},
     }},
};

static _Noreturn void die(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("generate: ", stderr);
  vfprintf(stderr, format, arguments);
  fputs("\n", stderr);
  va_end(arguments);
  exit(2);
}

/* SplitMix64: a counter through a mixing function, enough for weights and the same on every host. */
static uint64_t random_state;

static uint64_t random_bits(void) {
  random_state += 0x9e3779b97f4a7c15u;
  uint64_t z = random_state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static double random_between(double low, double high) {
  return low + (high - low) * (double)(random_bits() >> 11) * 0x1p-53;
}

/* --- output ------------------------------------------------------------------------------------------------------- */

static FILE *open_output(const char *directory, const char *network, const char *extension, char *path, size_t size) {
  const int length = snprintf(path, size, "%s/%s_model.%s", directory, network, extension);
  if (length < 0 || (size_t)length >= size) die("path too long: %s/%s", directory, network);
  FILE *file = fopen(path, "w");
  if (!file) {
    perror(path);
    exit(2);
  }
  return file;
}

static void close_output(FILE *file, const char *path) {
  if (ferror(file) | fclose(file)) die("%s: write failed", path);
}

/* Hexadecimal, so that the value arrives bit for bit. */
static void write_floats(FILE *file, const float *values, int count) {
  for (int i = 0; i < count; i++)
    fprintf(file, "%s%af,", i % 6 == 0 ? "\n    " : " ", (double)values[i]);
  fputs("\n", file);
}

static void write_array(FILE *file, const char *network, const char *name, const double *values, int count) {
  float *rounded = allocate(count, sizeof *rounded);
  for (int i = 0; i < count; i++)
    rounded[i] = (float)values[i];
  fprintf(file, "\nconst float %s_%s[%d] = {", network, name, count);
  write_floats(file, rounded, count);
  fputs("};\n", file);
  free(rounded);
}

/* --- one layer ---------------------------------------------------------------------------------------------------- */

static int element_count(extent_t shape) { return shape.rows * shape.columns * shape.channels; }

/* Weights that go into one output value. */
static int fan_in(const layer_t *layer) {
  switch (layer->kind) {
  case CONV1D: return TAPS * layer->input.channels;
  case CONV2D_POOL: return 4 * layer->input.channels;
  case DENSE:
  case DENSE_CODEBOOK: break;
  }
  return element_count(layer->input);
}

/* Half the width of a uniform distribution whose variance is 2 / fan-in before a ReLU (He), 1 / fan-in before a
 * softmax. */
static double weight_bound(const layer_t *layer) {
  return sqrt((layer->activation == RELU ? 6.0 : 3.0) / fan_in(layer));
}

/* One struct per layer, hence one symbol with exactly the layer's size. */
static void write_layer_type(FILE *header, const char *network, const layer_t *layer) {
  const int weights = layer->outputs * fan_in(layer);
  fprintf(header, "\nstruct %s_%s {\n", network, layer->name);
  if (layer->kind == DENSE_CODEBOOK)
    fprintf(header, "  float codebook[%d];\n  uint8_t indices[%d];\n", CODEBOOK_ENTRIES, weights / 2);
  else
    fprintf(header, "  float weights[%d];\n", weights);
  fprintf(header, "  float biases[%d];\n};\nextern const struct %s_%s %s_%s_weights;\n", layer->outputs, network,
          layer->name, network, layer->name);
}

/* Sixteen levels, evenly spaced, and for each weight the index of one of them: the even weight in the low half. */
static void write_codebook(FILE *source, const layer_t *layer, float *weights) {
  float codebook[CODEBOOK_ENTRIES];
  for (int i = 0; i < CODEBOOK_ENTRIES; i++)
    codebook[i] = (float)(weight_bound(layer) * (2 * i - CODEBOOK_ENTRIES + 1) / (CODEBOOK_ENTRIES - 1));
  fputs("    .codebook = {", source);
  write_floats(source, codebook, CODEBOOK_ENTRIES);
  fputs("    },\n    .indices = {", source);
  for (int i = 0; i < layer->outputs * fan_in(layer); i += 2) {
    const unsigned pair = (unsigned)(random_bits() >> 56);
    weights[i] = codebook[pair & 15u];
    weights[i + 1] = codebook[pair >> 4];
    fprintf(source, "%s%u,", i % 48 == 0 ? "\n    " : " ", pair);
  }
  fputs("\n    },\n", source);
}

static void write_plain_weights(FILE *source, const layer_t *layer, float *weights) {
  const double bound = weight_bound(layer);
  const int count = layer->outputs * fan_in(layer);
  for (int i = 0; i < count; i++)
    weights[i] = (float)random_between(-bound, bound);
  fputs("    .weights = {", source);
  write_floats(source, weights, count);
  fputs("    },\n", source);
}

/* A layer of which fewer than a quarter of the outputs are alive would let wrong kernels pass. */
static void check_alive(const char *network, const layer_t *layer, const double *values, int count) {
  int alive = 0;
  for (int i = 0; i < count; i++)
    alive += values[i] > 1e-3 && values[i] < 1e3;
  if (4 * alive < count || alive == 0)
    die("%s: layer %s: only %d of %d outputs alive: choose another seed", network, layer->name, alive, count);
}

static double *compute_layer(const layer_t *layer, const double *input, const float *weights, const float *biases,
                             int *count) {
  const extent_t full = {layer->input.rows, layer->input.columns, layer->outputs};
  double *output = NULL;
  switch (layer->kind) {
  case DENSE:
  case DENSE_CODEBOOK:
    output = reference_dense(input, element_count(layer->input), weights, biases, layer->outputs);
    *count = layer->outputs;
    break;
  case CONV1D:
    output = reference_conv1d(input, layer->input, TAPS, weights, biases, layer->outputs);
    *count = (layer->input.rows - TAPS + 1) * layer->outputs;
    break;
  case CONV2D_POOL:
    output = reference_conv2d_same(input, layer->input, weights, biases, layer->outputs);
    *count = element_count(full);
    break;
  }
  if (layer->activation == RELU)
    reference_relu(output, *count);
  else
    reference_softmax(output, *count);
  if (layer->kind != CONV2D_POOL) return output;
  double *pooled = reference_max_pool(output, full);
  *count /= 4;
  free(output);
  return pooled;
}

/* Draw the layer's weights, write them down, and return what it makes of its input. */
static double *generate_layer(FILE *header, FILE *source, const char *network, const layer_t *layer, double *input,
                              int *count) {
  float *weights = allocate(layer->outputs * fan_in(layer), sizeof *weights);
  float *biases = allocate(layer->outputs, sizeof *biases);
  write_layer_type(header, network, layer);
  fprintf(source, "\n__attribute__((section(\".weights\"))) const struct %s_%s %s_%s_weights = {\n", network,
          layer->name, network, layer->name);
  if (layer->kind == DENSE_CODEBOOK)
    write_codebook(source, layer, weights);
  else
    write_plain_weights(source, layer, weights);
  for (int i = 0; i < layer->outputs; i++)
    biases[i] = (float)random_between(-0.1, 0.1);
  fputs("    .biases = {", source);
  write_floats(source, biases, layer->outputs);
  fputs("    },\n};\n", source);

  double *output = compute_layer(layer, input, weights, biases, count);
  check_alive(network, layer, output, *count);
  free(input);
  free(biases);
  free(weights);
  return output;
}

/* What sizeof says of all layers, for the network's own source to hold against the published figure. */
static void write_weight_bytes(FILE *header, const network_t *network) {
  fputs("\nenum {\n  ", header);
  for (const char *c = network->name; *c; c++)
    fputc(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c, header);
  fputs("_WEIGHT_BYTES =", header);
  for (int i = 0; i < network->layer_count; i++)
    fprintf(header, "%s\n      sizeof(struct %s_%s)", i ? " +" : "", network->name, network->layers[i].name);
  fputs("\n};\n", header);
}

/* --- one network -------------------------------------------------------------------------------------------------- */

static void generate_network(const network_t *network, FILE *header, FILE *source) {
  random_state = network->seed;
  fputs("/* Written by firmware/networks/generate.c. */\n#pragma once\n\n#include <stdint.h>\n", header);
  fprintf(source, "/* Written by firmware/networks/generate.c. */\n#include \"%s_model.h\"\n", network->name);

  const int inputs = element_count(network->layers[0].input);
  double *values = allocate(inputs, sizeof *values);
  for (int i = 0; i < inputs; i++)
    values[i] = (double)(float)random_between(network->input_low, 1);
  write_array(source, network->name, "example", values, inputs);

  int count = inputs;
  for (int i = 0; i < network->layer_count; i++) {
    const layer_t *layer = &network->layers[i];
    if (count != element_count(layer->input)) die("%s: layer %s does not fit its input", network->name, layer->name);
    values = generate_layer(header, source, network->name, layer, values, &count);
  }
  write_array(source, network->name, "reference", values, count);
  free(values);

  fprintf(header, "\nextern const float %s_example[%d];\nextern const float %s_reference[%d];\n", network->name, inputs,
          network->name, count);
  write_weight_bytes(header, network);
}

int main(int argc, char **argv) {
  if (argc != 3) die("usage: generate NETWORK DIRECTORY");
  const network_t *network = NULL;
  for (size_t i = 0; i < sizeof networks / sizeof networks[0]; i++)
    if (strcmp(argv[1], networks[i].name) == 0) network = &networks[i];
  if (!network) die("no network named %s", argv[1]);

  char header_path[4096];
  char source_path[4096];
  FILE *header = open_output(argv[2], network->name, "h", header_path, sizeof header_path);
  FILE *source = open_output(argv[2], network->name, "c", source_path, sizeof source_path);
  generate_network(network, header, source);
  close_output(header, header_path);
  close_output(source, source_path);
  return 0;
}
