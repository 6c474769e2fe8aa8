/* dataset.c: a firmware that reads a labelled data set from its host and says how much of it a tiny model gets right.

   The file, named on the command line (cmsim --files DIR --args NAME), is text: a line is the class, 0 to 2, and four
   features, separated by commas; lines that begin with # are comments. It is read in pieces smaller than a line may be,
   as a device with little RAM would. The model is linear: class = argmax of W x + b. The file demo_dataset.csv beside
   this source is made up: three clouds of points, of which the model gets 27 of 30 right. */
#include "core.h"

enum { SYS_OPEN = 0x01, SYS_CLOSE = 0x02, SYS_READ = 0x06, OPEN_READ = 0 };
enum { CLASSES = 3, FEATURES = 4, LINE_MAX = 80, PIECE = 32 };

static const float weights[CLASSES][FEATURES] = {
    {1.0f, 0.5f, -1.0f, 0.0f},
    {-0.5f, 1.0f, 0.5f, -0.5f},
    {-0.5f, -1.5f, 0.5f, 1.0f},
};
static const float bias[CLASSES] = {0.25f, 0.0f, -0.25f};

static uint32_t right, total, confusion[CLASSES][CLASSES];

static uint32_t length_of(const char *text) {
  uint32_t length = 0;
  while (text[length] != '\0')
    length++;
  return length;
}

static int32_t file_open(const char *name) {
  const uint32_t block[3] = {(uint32_t)(uintptr_t)name, OPEN_READ, length_of(name)};
  return (int32_t)host_call(SYS_OPEN, block);
}

/* Bytes read: SYS_READ answers how many it did not. */
static uint32_t file_read(int32_t file, char *piece, uint32_t bytes) {
  const uint32_t block[3] = {(uint32_t)file, (uint32_t)(uintptr_t)piece, bytes};
  const uint32_t missing = host_call(SYS_READ, block);
  return missing > bytes ? 0 : bytes - missing;
}

/* A decimal number with an optional sign and fraction, and what follows it. */
static const char *parse_number(const char *text, float *number) {
  const bool negative = *text == '-';
  if (negative) text++;
  float value = 0.0f, place = 1.0f;
  bool fraction = false;
  for (; (*text >= '0' && *text <= '9') || (*text == '.' && !fraction); text++) {
    if (*text == '.') {
      fraction = true;
      continue;
    }
    value = value * 10.0f + (float)(*text - '0');
    if (fraction) place *= 10.0f;
  }
  *number = (negative ? -value : value) / place;
  return text;
}

static __attribute__((noinline)) uint32_t classify(const float *features) {
  uint32_t best = 0;
  float best_score = 0.0f;
  for (uint32_t c = 0; c < CLASSES; c++) {
    float score = bias[c];
    for (uint32_t i = 0; i < FEATURES; i++)
      score += weights[c][i] * features[i];
    if (c > 0 && score <= best_score) continue;
    best = c;
    best_score = score;
  }
  return best;
}

static bool handle_line(const char *line) {
  if (*line == '\0' || *line == '#') return true;
  float features[FEATURES];
  const uint32_t label = (uint32_t)(*line++ - '0');
  if (label >= CLASSES) return false;
  for (uint32_t i = 0; i < FEATURES; i++) {
    if (*line++ != ',') return false;
    line = parse_number(line, &features[i]);
  }
  if (*line != '\0') return false;
  CMSIM_BEGIN("classify");
  const uint32_t class = classify(features);
  CMSIM_END("classify");
  confusion[label][class]++;
  right += class == label;
  total++;
  return true;
}

/* Status of the run: 0, or 2 for a line that is none. */
static int handle_file(int32_t file) {
  char piece[PIECE], line[LINE_MAX];
  uint32_t length = 0, bytes;
  while ((bytes = file_read(file, piece, sizeof piece)) > 0) {
    for (uint32_t i = 0; i < bytes; i++) {
      if (piece[i] == '\r') continue;
      if (piece[i] != '\n') {
        if (length == LINE_MAX - 1) return 2;
        line[length++] = piece[i];
        continue;
      }
      line[length] = '\0';
      length = 0;
      if (!handle_line(line)) return 2;
    }
  }
  line[length] = '\0';
  return handle_line(line) ? 0 : 2;
}

static void print_accuracy(void) {
  for (uint32_t label = 0; label < CLASSES; label++) {
    print_text("class ");
    print_u32(label);
    print_text(":");
    for (uint32_t class = 0; class < CLASSES; class ++) {
      print_text(" ");
      print_u32(confusion[label][class]);
    }
    print_text("\n");
  }
  print_text("accuracy: ");
  print_u32(right);
  print_text(" of ");
  print_u32(total);
  print_text("\n");
}

int main(void) {
  char text[64];
  const char *name = host_command_line(text, sizeof text);
  const int32_t file = file_open(name);
  if (file == -1) {
    print_text("no file ");
    print_text(name);
    print_text("\n");
    return 1;
  }
  const int status = handle_file(file);
  const uint32_t block = (uint32_t)file;
  host_call(SYS_CLOSE, &block);
  if (status != 0) print_text("not a data set\n");
  if (status == 0) print_accuracy();
  return status;
}
