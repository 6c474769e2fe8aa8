/* Feeds the remote protocol arbitrary bytes, as from a client that is broken or malicious. Whatever comes in, each
   packet gets one well-formed answer, and the frame of that answer reads back as what was written. */
#include "../gdb_fixture.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
  if (!holds) abort();
}

static void check_frame(const rsp_reply_t *reply) {
  static char frame[RSP_FRAME_MAX];
  static rsp_reader_t reader;
  size_t count = rsp_frame(reply->body, reply->length, frame);
  require(count <= sizeof frame && !reply->overflow);
  for (size_t i = 0; i < count; i++)
    require(rsp_feed(&reader, (uint8_t)frame[i]) == (i + 1 == count ? RSP_PACKET : RSP_MORE));
  require(reader.length == reply->length && memcmp(reader.body, reply->body, reply->length) == 0);
}

static void check_points(const points_t *points) {
  require(points->count <= POINTS_MAX);
  for (size_t i = 0; i < points->count; i++) {
    const point_t *point = &points->list[i];
    require(point->kind < POINT_NONE);
    if (point->kind <= POINT_HARDWARE) require(points_at(points, point->address) != POINT_NONE);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static fake_core_t core;
  static rsp_reader_t reader;
  static rsp_reply_t reply;
  static stub_t stub;
  memset(&core, 0, sizeof core);
  memset(&reader, 0, sizeof reader);
  debug_target_t target = fake_target(&core);
  stub_init(&stub, &target);
  for (size_t i = 0; i < size; i++) {
    rsp_event_t event = rsp_feed(&reader, data[i]);
    require(reader.length <= RSP_BODY_MAX);
    /* Mutated bodies seldom have the right checksum: try them all the same. */
    if (event != RSP_PACKET && event != RSP_DAMAGED) continue;
    stub_action_t action = stub_packet(&stub, reader.body, reader.length, &reply);
    check_frame(&reply);
    check_points(&stub.points);
    if (action == STUB_RESUME) {
      require(reply.length == 0);
      stub_stopped(&stub, &(debug_stop_t){STOP_TRAP, {(point_kind_t)(data[i] % (POINT_NONE + 1)), 0, 4}, NULL});
    }
  }
  return 0;
}
