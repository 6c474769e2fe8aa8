/* The remote protocol without a simulator: frames, packets, break- and watchpoints, monitor commands. Whole sessions
 * with a real gdb are in tests/cli/gdb.bats. */
#include "gdb_fixture.h"
#include "run_suite.h"

#include <stdio.h>

static fake_core_t core;
static debug_target_t target;
static stub_t stub;
static rsp_reply_t reply;
static rsp_reader_t reader;

static void fresh(void) {
  memset(&core, 0, sizeof core);
  memset(&reader, 0, sizeof reader);
  core.stop_at = UINT64_MAX;
  target = fake_target(&core);
  stub_init(&stub, &target);
}

/* ---- frames ---- */

static rsp_event_t feed(const char *bytes, size_t count) {
  rsp_event_t event = RSP_MORE;
  for (size_t i = 0; i < count; i++) {
    ck_assert_int_eq(event, RSP_MORE);
    event = rsp_feed(&reader, (uint8_t)bytes[i]);
  }
  return event;
}

static rsp_event_t feed_text(const char *text) { return feed(text, strlen(text)); }

START_TEST(a_frame_is_read) {
  ck_assert_int_eq(feed_text("$m20,4#1f"), RSP_DAMAGED);
  ck_assert_int_eq(feed_text("$g#67"), RSP_PACKET);
  ck_assert_uint_eq(reader.length, 1);
  ck_assert_str_eq(reader.body, "g");
  ck_assert_int_eq(feed_text("noise$#00"), RSP_PACKET);
  ck_assert_str_eq(reader.body, "");
}
END_TEST

START_TEST(what_stands_between_frames_is_told_apart) {
  ck_assert_int_eq(feed_text("+"), RSP_ACK);
  ck_assert_int_eq(feed_text("-"), RSP_NACK);
  ck_assert_int_eq(feed_text("\x03"), RSP_INTERRUPT);
  ck_assert_int_eq(feed_text("$X\x03+-#e7"), RSP_DAMAGED); /* inside they are data */
  ck_assert_int_eq(feed_text("$X\x03+-#b3"), RSP_PACKET);
}
END_TEST

START_TEST(a_damaged_frame_is_noticed) {
  ck_assert_int_eq(feed_text("$g#68"), RSP_DAMAGED);
  ck_assert_int_eq(feed_text("$g#6x"), RSP_DAMAGED);
  ck_assert_int_eq(feed_text("$lost its end$g#67"), RSP_PACKET);
  ck_assert_str_eq(reader.body, "g");
}
END_TEST

START_TEST(a_frame_that_is_too_long_is_refused) {
  static char body[RSP_BODY_MAX + 1], frame[RSP_FRAME_MAX];
  memset(body, 'a', sizeof body);
  size_t count = rsp_frame(body, RSP_BODY_MAX, frame);
  ck_assert_int_eq(feed(frame, count), RSP_PACKET);
  ck_assert_uint_eq(reader.length, RSP_BODY_MAX);
  for (int i = 0; i < 3 * RSP_BODY_MAX; i++)
    rsp_feed(&reader, i == 0 ? '$' : 'a');
  ck_assert_int_eq(feed_text("#00"), RSP_DAMAGED);
  ck_assert_int_eq(feed_text("$g#67"), RSP_PACKET);
}
END_TEST

START_TEST(special_bytes_survive_a_frame) {
  static char body[RSP_BODY_MAX], frame[RSP_FRAME_MAX];
  static const char special[] = "$#}*";
  for (size_t i = 0; i < sizeof body; i++)
    body[i] = i % 2 ? special[i / 2 % 4] : (char)(i / 2);
  size_t count = rsp_frame(body, sizeof body, frame);
  ck_assert_uint_le(count, sizeof frame);
  ck_assert_int_eq(feed(frame, count), RSP_PACKET);
  ck_assert_uint_eq(reader.length, sizeof body);
  ck_assert_mem_eq(reader.body, body, sizeof body);
}
END_TEST

START_TEST(a_reply_that_is_too_long_says_so) {
  rsp_reset(&reply);
  for (int i = 0; i < RSP_BODY_MAX; i++)
    rsp_text(&reply, "a");
  ck_assert(!reply.overflow);
  rsp_text(&reply, "b");
  ck_assert(reply.overflow);
  ck_assert_uint_eq(reply.length, RSP_BODY_MAX);
}
END_TEST

/* ---- packets ---- */

static stub_action_t ask_bytes(const char *packet, size_t length) {
  static char body[RSP_BODY_MAX + 1];
  memcpy(body, packet, length);
  body[length] = '\0';
  stub_action_t action = stub_packet(&stub, body, length, &reply);
  ck_assert(!reply.overflow);
  reply.body[reply.length] = '\0';
  return action;
}

static const char *answer(const char *packet) {
  ck_assert_int_eq(ask_bytes(packet, strlen(packet)), STUB_ANSWER);
  return reply.body;
}

static stub_action_t action(const char *packet) { return ask_bytes(packet, strlen(packet)); }

static void stop_by(point_kind_t kind, uint32_t address) {
  stub_stopped(&stub, &(debug_stop_t){STOP_TRAP, {kind, address, 4}, NULL});
}

START_TEST(unknown_packets_get_an_empty_answer) {
  static const char *const unknown[] = {"",  "vMustReplyEmpty", "qTStatus", "x", "vFlashErase:0,4", "R00",
                                        "!", "QPassSignals:"};
  for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
    ck_assert_str_eq(answer(unknown[i]), "");
}
END_TEST

START_TEST(one_register_is_read_and_written) {
  core.registers[3] = 0x11223344;
  core.registers[DEBUG_D0 + 1] = 0x1122334455667788;
  ck_assert_str_eq(answer("p3"), "44332211");
  ck_assert_str_eq(answer("p18"), "8877665544332211");
  ck_assert_str_eq(answer("p12"), "xxxxxxxx"); /* PSP: unknown */
  ck_assert_str_eq(answer("P4=78563412"), "OK");
  ck_assert_uint_eq(core.registers[4], 0x12345678);
  ck_assert_str_eq(answer("P18=000000000000f03f"), "OK");
  ck_assert_uint_eq(core.registers[DEBUG_D0 + 1], 0x3FF0000000000000);
  ck_assert_int_eq(answer("P16=01000000")[0], 'E'); /* CONTROL */
}
END_TEST

START_TEST(bad_register_packets_are_errors) {
  static const char *const bad[] = {"p",   "p28",     "pffffffffff",  "p3x",   "P", "P3",
                                    "P3=", "P3=1234", "P28=00000000", "P3=zz", "G", "G00"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    ck_assert_msg(answer(bad[i])[0] == 'E', "%s: %s", bad[i], reply.body);
}
END_TEST

START_TEST(all_registers_come_in_the_order_of_the_description) {
  for (unsigned i = 0; i < DEBUG_REGISTERS; i++)
    core.registers[i] = i;
  answer("g");
  ck_assert_uint_eq(reply.length, 2 * (23 * 4 + 16 * 8 + 4));
  ck_assert_msg(strncmp(reply.body + 8 * DEBUG_PC, "0f00000010000000", 16) == 0, "%s", reply.body);
  char all[RSP_BODY_MAX + 2];
  snprintf(all, sizeof all, "G%s", reply.body);
  memset(strchr(all, 'x'), '0', 8);
  core.registers[0] = 99;
  ck_assert_int_eq(answer(all)[0], 'E'); /* CONTROL refuses */
  ck_assert_uint_eq(core.registers[0], 0);
}
END_TEST

START_TEST(the_description_names_every_register) {
  const char *text = debug_description();
  unsigned count = 0;
  for (const char *at = text; (at = strstr(at, "<reg name=\"")); at++)
    count++;
  ck_assert_uint_eq(count, DEBUG_REGISTERS);
  ck_assert_ptr_nonnull(strstr(text, "<reg name=\"pc\" bitsize=\"32\" regnum=\"15\" type=\"code_ptr\""));
  ck_assert_ptr_nonnull(strstr(text, "<reg name=\"d15\" bitsize=\"64\" regnum=\"38\""));
  ck_assert_ptr_nonnull(strstr(text, "<reg name=\"fpscr\" bitsize=\"32\" regnum=\"39\""));
  ck_assert_ptr_nonnull(strstr(text, "</target>\n"));
}
END_TEST

START_TEST(the_description_comes_in_pieces) {
  static char whole[16384];
  char packet[64];
  size_t at = 0;
  do {
    snprintf(packet, sizeof packet, "qXfer:features:read:target.xml:%zx,100", at);
    answer(packet);
    memcpy(whole + at, reply.body + 1, reply.length - 1);
    at += reply.length - 1;
  } while (reply.body[0] == 'm');
  ck_assert_int_eq(reply.body[0], 'l');
  ck_assert_str_eq(whole, debug_description());
  ck_assert_str_eq(answer("qXfer:features:read:target.xml:ffffff,100"), "E02");
  ck_assert_str_eq(answer("qXfer:features:read:other.xml:0,100"), "");
}
END_TEST

START_TEST(memory_is_read_up_to_its_end) {
  core.memory[0] = 0xAB;
  core.memory[FAKE_BYTES - 1] = 0xCD;
  ck_assert_str_eq(answer("m20000000,2"), "ab00");
  ck_assert_str_eq(answer("m200000ff,8"), "cd");
  ck_assert_str_eq(answer("m20000100,8"), "E01");
  ck_assert_str_eq(answer("m1fffffff,2"), "E01");
  ck_assert_str_eq(answer("m20000000,0"), "");
  answer("m20000000,ffffffff");
  ck_assert_uint_eq(reply.length, 2 * FAKE_BYTES);
}
END_TEST

START_TEST(memory_is_written) {
  ck_assert_str_eq(answer("M20000000,3:0102ff"), "OK");
  ck_assert_mem_eq(core.memory, "\x01\x02\xff", 3);
  ck_assert_int_eq(ask_bytes("X20000004,4:\x00#$\x7d", 16), STUB_ANSWER);
  ck_assert_uint_eq(reply.length, 2);
  ck_assert_mem_eq(core.memory + 4, "\x00#$\x7d", 4);
  ck_assert_str_eq(answer("X20000000,0:"), "OK"); /* how gdb asks whether X is known */
  ck_assert_str_eq(answer("M200000ff,2:0102"), "E01");
  static const char *const bad[] = {"M",
                                    "M20000000",
                                    "M20000000,2",
                                    "M20000000,2:01",
                                    "M20000000,2:010203",
                                    "M20000000,2:01zz",
                                    "M,2:0102",
                                    "X20000000,2:a",
                                    "X20000000,ffffffff:",
                                    "m",
                                    "m20000000",
                                    "m,4",
                                    "m20000000,4,"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    ck_assert_msg(strcmp(answer(bad[i]), "E02") == 0, "%s: %s", bad[i], reply.body);
}
END_TEST

START_TEST(breakpoints_come_and_go) {
  ck_assert_str_eq(answer("Z0,8000100,2"), "OK");
  ck_assert_str_eq(answer("Z1,8000104,2"), "OK");
  ck_assert_str_eq(answer("Z1,8000104,2"), "OK");
  ck_assert_int_eq(points_at(&stub.points, 0x8000100), POINT_SOFTWARE);
  ck_assert_int_eq(points_at(&stub.points, 0x8000104), POINT_HARDWARE);
  ck_assert_int_eq(points_at(&stub.points, 0x8000102), POINT_NONE);
  ck_assert_int_eq(points_at(&stub.points, 0x8000180), POINT_NONE); /* the same place bit as 8000100 */
  ck_assert_str_eq(answer("z1,8000104,2"), "OK");
  ck_assert_int_eq(points_at(&stub.points, 0x8000104), POINT_NONE);
  ck_assert_str_eq(answer("z1,8000104,2"), "OK");
  ck_assert_str_eq(answer("Z5,8000100,2"), "");
  static const char *const bad[] = {"Z", "Z0", "Z0,", "Z0,8000100", "Zx,1,2", "z0,,2"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    ck_assert_msg(strcmp(answer(bad[i]), "E02") == 0, "%s: %s", bad[i], reply.body);
}
END_TEST

START_TEST(the_table_of_points_has_an_end) {
  char packet[32];
  for (unsigned i = 0; i < POINTS_MAX; i++) {
    snprintf(packet, sizeof packet, "Z0,%x,2", 0x8000000 + 2 * i);
    ck_assert_str_eq(answer(packet), "OK");
  }
  ck_assert_str_eq(answer("Z0,9000000,2"), "E03");
  ck_assert_str_eq(answer("z0,8000002,2"), "OK");
  ck_assert_str_eq(answer("Z0,9000000,2"), "OK");
  ck_assert_int_eq(points_at(&stub.points, 0x8000002), POINT_NONE);
  ck_assert_int_eq(points_at(&stub.points, 0x80001FE), POINT_SOFTWARE);
}
END_TEST

START_TEST(watchpoints_know_reads_from_writes) {
  ck_assert_ptr_null(points_watching(&stub.points, 0x20000000, 4, true));
  answer("Z2,20000010,4");
  answer("Z3,20000020,4");
  answer("Z4,fffffffc,4");
  ck_assert_ptr_nonnull(points_watching(&stub.points, 0x20000010, 4, true));
  ck_assert_ptr_null(points_watching(&stub.points, 0x20000010, 4, false));
  ck_assert_ptr_nonnull(points_watching(&stub.points, 0x2000000C, 8, true)); /* overlaps */
  ck_assert_ptr_nonnull(points_watching(&stub.points, 0x20000013, 1, true));
  ck_assert_ptr_null(points_watching(&stub.points, 0x20000014, 4, true));
  ck_assert_ptr_null(points_watching(&stub.points, 0x2000000C, 4, true));
  ck_assert_ptr_nonnull(points_watching(&stub.points, 0x20000020, 4, false));
  ck_assert_ptr_null(points_watching(&stub.points, 0x20000020, 4, true));
  ck_assert_ptr_nonnull(points_watching(&stub.points, 0xFFFFFFFF, 1, true)); /* the last byte of all */
  ck_assert_int_eq(points_at(&stub.points, 0x20000010), POINT_NONE);
  answer("z2,20000010,4");
  ck_assert_ptr_null(points_watching(&stub.points, 0x20000010, 4, true));
}
END_TEST

START_TEST(a_stop_says_why) {
  core.registers[DEBUG_PC] = 0x8000100;
  stop_by(POINT_NONE, 0);
  ck_assert_msg(strncmp(answer("?"), "T05thread:1;0d:00000000;", 24) == 0, "%s", reply.body);
  ck_assert_ptr_nonnull(strstr(reply.body, "0f:00010008;"));
  stop_by(POINT_SOFTWARE, 0x8000100); /* not yet asked for */
  ck_assert_ptr_null(strstr(answer("?"), "swbreak"));
  answer("qSupported:swbreak+;hwbreak+");
  ck_assert_ptr_nonnull(strstr(reply.body, "PacketSize=1000;"));
  stop_by(POINT_SOFTWARE, 0x8000100);
  ck_assert_ptr_nonnull(strstr(answer("?"), "swbreak:;"));
  stop_by(POINT_HARDWARE, 0x8000100);
  ck_assert_ptr_nonnull(strstr(answer("?"), "hwbreak:;"));
  stop_by(POINT_READ, 0x20000010);
  ck_assert_ptr_nonnull(strstr(answer("?"), "rwatch:20000010;"));
  stop_by(POINT_ACCESS, 0x20000010);
  ck_assert_ptr_nonnull(strstr(answer("?"), "awatch:20000010;"));
}
END_TEST

START_TEST(ways_to_go_on) {
  static const char *const go[] = {"c", "C05", "vCont;c", "vCont;C05:1", "vCont;c:-1"};
  for (size_t i = 0; i < sizeof go / sizeof go[0]; i++) {
    ck_assert_int_eq(action(go[i]), STUB_RESUME);
    ck_assert(!stub.resume.step);
    ck_assert_uint_eq(reply.length, 0);
  }
  static const char *const step[] = {"s", "S05", "vCont;s:1;c", "vCont;S05"};
  for (size_t i = 0; i < sizeof step / sizeof step[0]; i++) {
    ck_assert_int_eq(action(step[i]), STUB_RESUME);
    ck_assert(stub.resume.step && stub.resume.first == stub.resume.end);
  }
  ck_assert_int_eq(action("vCont;r8000100,8000110:1;c"), STUB_RESUME);
  ck_assert(stub.resume.step && stub.resume.first == 0x8000100 && stub.resume.end == 0x8000110);
  ck_assert_int_eq(action("c8000200"), STUB_RESUME);
  ck_assert_uint_eq(core.registers[DEBUG_PC], 0x8000200);
  ck_assert_int_eq(action("S05;8000300"), STUB_RESUME);
  ck_assert_uint_eq(core.registers[DEBUG_PC], 0x8000300);
  static const char *const bad[] = {"cx",      "C",        "Cx",        "S05x",      "vCont",  "vCont;",
                                    "vCont;x", "vCont;r1", "vCont;r1,", "vCont;t:1", "vCont;C"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    ck_assert_msg(strcmp(answer(bad[i]), "E02") == 0, "%s: %s", bad[i], reply.body);
}
END_TEST

/* gdb's step behind a watchpoint that it has taken out is answered in place, once; nobody else's is. */
START_TEST(the_step_behind_a_watchpoint_is_done_already) {
  answer("Z2,20000010,4");
  stop_by(POINT_WRITE, 0x20000010);
  answer("z2,20000010,4");
  ck_assert_int_eq(strncmp(answer("vCont;s:1"), "T05thread:1;", 12), 0);
  ck_assert_ptr_null(strstr(reply.body, "watch"));
  ck_assert_int_eq(action("vCont;s:1"), STUB_RESUME);
  stop_by(POINT_WRITE, 0x20000010);
  ck_assert_int_eq(action("vCont;s:1"), STUB_RESUME); /* not taken out */
  stop_by(POINT_NONE, 0);
  answer("z2,20000010,4");
  ck_assert_int_eq(action("vCont;s:1"), STUB_RESUME); /* no watchpoint has stopped it */
  stop_by(POINT_WRITE, 0x20000010);
  answer("z2,20000010,4");
  ck_assert_int_eq(action("vCont;c"), STUB_RESUME);
}
END_TEST

START_TEST(ways_to_leave) {
  ck_assert_int_eq(action("D"), STUB_DETACH);
  ck_assert_str_eq(reply.body, "OK");
  ck_assert_int_eq(action("D;1"), STUB_DETACH);
  ck_assert_int_eq(action("vKill;1"), STUB_KILL);
  ck_assert_str_eq(reply.body, "OK");
  ck_assert_int_eq(action("k"), STUB_KILL);
  ck_assert_uint_eq(reply.length, 0);
}
END_TEST

START_TEST(acknowledgements_can_be_switched_off) {
  ck_assert(!stub.no_ack);
  ck_assert_str_eq(answer("QStartNoAckMode"), "OK");
  ck_assert(stub.no_ack);
}
END_TEST

/* ---- monitor ---- */

static const char *monitor(const char *command) {
  static char text[RSP_BODY_MAX];
  rsp_reply_t packet;
  rsp_reset(&packet);
  rsp_text(&packet, "qRcmd,");
  rsp_hex(&packet, command, strlen(command));
  ck_assert_int_eq(ask_bytes(packet.body, packet.length), STUB_ANSWER);
  const char *at = reply.body;
  size_t count = reply.length / 2;
  ck_assert(rsp_unhex(&at, text, count));
  text[count] = '\0';
  return text;
}

START_TEST(monitor_shows_the_clock) {
  core.clock = (debug_clock_t){5000000000, 4000000000, 4999999990, 3999999999};
  ck_assert_str_eq(monitor("cycles"), "cycles 5000000000 (+10 since the last stop)\ninstructions 4000000000 (+1)\n");
}
END_TEST

START_TEST(monitor_stops_at_a_cycle) {
  core.clock.cycles = 1000;
  ck_assert_str_eq(monitor("until-cycle 1500"), "continue stops at cycle 1500, 500 cycles from now\n");
  ck_assert_uint_eq(core.stop_at, 1500);
  ck_assert_str_eq(monitor("until-cycle 1000"), "cycle 1000 has passed already: now is cycle 1000\n");
  ck_assert_uint_eq(core.stop_at, 1500);
  static const char *const bad[] = {"until-cycle abc", "until-cycle -5", "until-cycle ", "until-cycle 1500x",
                                    "until-cycle 99999999999999999999"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    ck_assert_ptr_nonnull(strstr(monitor(bad[i]), "a number of cycles since reset"));
  ck_assert_uint_eq(core.stop_at, 1500);
  monitor("until-cycle off");
  ck_assert_uint_eq(core.stop_at, UINT64_MAX);
}
END_TEST

START_TEST(monitor_explains_itself) {
  ck_assert_ptr_nonnull(strstr(monitor("help"), "until-cycle N"));
  ck_assert_ptr_nonnull(strstr(monitor("nonsense"), "nonsense: no such command; monitor help"));
  ck_assert_str_eq(monitor("reset halt"), "stopped at reset\n");
  core.clock.instructions = 1;
  ck_assert_str_eq(monitor("reset halt"), "reset halt: a run cannot be taken back; start cmsim again\n");
  ck_assert_str_eq(monitor("halt"), "stopped\n");
  ck_assert_str_eq(answer("qRcmd,6"), "E02");
  ck_assert_str_eq(answer("qRcmd,zz"), "E02");
}
END_TEST

int main(void) {
  Suite *suite = suite_create("gdb");
  TCase *frames = tcase_create("frames"), *packets = tcase_create("packets"), *commands = tcase_create("monitor");
  tcase_add_checked_fixture(frames, fresh, NULL);
  tcase_add_checked_fixture(packets, fresh, NULL);
  tcase_add_checked_fixture(commands, fresh, NULL);
  tcase_add_test(frames, a_frame_is_read);
  tcase_add_test(frames, what_stands_between_frames_is_told_apart);
  tcase_add_test(frames, a_damaged_frame_is_noticed);
  tcase_add_test(frames, a_frame_that_is_too_long_is_refused);
  tcase_add_test(frames, special_bytes_survive_a_frame);
  tcase_add_test(frames, a_reply_that_is_too_long_says_so);
  tcase_add_test(packets, unknown_packets_get_an_empty_answer);
  tcase_add_test(packets, one_register_is_read_and_written);
  tcase_add_test(packets, bad_register_packets_are_errors);
  tcase_add_test(packets, all_registers_come_in_the_order_of_the_description);
  tcase_add_test(packets, the_description_names_every_register);
  tcase_add_test(packets, the_description_comes_in_pieces);
  tcase_add_test(packets, memory_is_read_up_to_its_end);
  tcase_add_test(packets, memory_is_written);
  tcase_add_test(packets, breakpoints_come_and_go);
  tcase_add_test(packets, the_table_of_points_has_an_end);
  tcase_add_test(packets, watchpoints_know_reads_from_writes);
  tcase_add_test(packets, a_stop_says_why);
  tcase_add_test(packets, ways_to_go_on);
  tcase_add_test(packets, the_step_behind_a_watchpoint_is_done_already);
  tcase_add_test(packets, ways_to_leave);
  tcase_add_test(packets, acknowledgements_can_be_switched_off);
  tcase_add_test(commands, monitor_shows_the_clock);
  tcase_add_test(commands, monitor_stops_at_a_cycle);
  tcase_add_test(commands, monitor_explains_itself);
  suite_add_tcase(suite, frames);
  suite_add_tcase(suite, packets);
  suite_add_tcase(suite, commands);
  return run_suite(suite);
}
