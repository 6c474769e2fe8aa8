/* Pieces of programs, each a few instructions, and the blocks that they are put together to. */
#ifndef CMSIM_TESTS_RANDOM_PIECES_H
#define CMSIM_TESTS_RANDOM_PIECES_H

#include "emit.h"

/* ---- one instruction each, also within an IT block (emitter_t.conditional) ---- */
void emit_arithmetic(emitter_t *e);
void emit_multiply(emitter_t *e);
void emit_divide(emitter_t *e);
void emit_compare(emitter_t *e);
bool emit_access(emitter_t *e); /* false: nothing is known to point anywhere */
void emit_fp_arithmetic(emitter_t *e);
void emit_it(emitter_t *e, unsigned count); /* IT of any conditions for COUNT instructions, which come next */

/* ---- pieces ---- */
void piece_arithmetic(emitter_t *e);
void piece_multiply(emitter_t *e);
void piece_divide(emitter_t *e);
void piece_access(emitter_t *e);
void piece_chase(emitter_t *e);
void piece_store_then_load(emitter_t *e);
void piece_exclusive(emitter_t *e);
void piece_stack(emitter_t *e);
void piece_preload(emitter_t *e);
void piece_walk(emitter_t *e); /* a loop with pointers that move */
void piece_fp(emitter_t *e);
void piece_fp_operands(emitter_t *e);
void piece_fp_status(emitter_t *e);
void piece_fp_core(emitter_t *e);
void piece_fp_memory(emitter_t *e);
void piece_it(emitter_t *e);
void piece_it_at_page_edge(emitter_t *e);
void piece_if(emitter_t *e);
void piece_if_zero(emitter_t *e);
void piece_switch(emitter_t *e);
void piece_jump(emitter_t *e);
void piece_loop(emitter_t *e);
void piece_call(emitter_t *e);
void piece_long_run(emitter_t *e);
void piece_hint(emitter_t *e);
void piece_time(emitter_t *e);
void piece_barrier(emitter_t *e);
void piece_special(emitter_t *e);
void piece_supervisor_call(emitter_t *e);
void piece_pend(emitter_t *e);
void piece_masked(emitter_t *e);
void piece_unprivileged(emitter_t *e);
void piece_other_stack(emitter_t *e);
void piece_sleep(emitter_t *e);
void piece_systick(emitter_t *e);
void piece_timer(emitter_t *e);
void piece_bit_band(emitter_t *e);
void piece_console(emitter_t *e);
void piece_region(emitter_t *e);
void piece_patch(emitter_t *e);
void piece_patch_site(emitter_t *e);
void piece_caches(emitter_t *e);
void piece_fault(emitter_t *e);

/* ---- pointers ---- */
/* A register that points into a window that may be written, or (READ) into any; makes one when there is none. */
unsigned pointer(emitter_t *e, bool read);
void point_to(emitter_t *e, unsigned reg, window_id_t window, int32_t offset);
/* One access at the pointer itself that moves it on by STEP, a reserved pointer too. */
void emit_stepping_access(emitter_t *e, unsigned reg, int32_t step);

/* ---- blocks ---- */
enum { NESTING_MAX = 4 };
/* COUNT pieces of any sort that suit where they are. */
void emit_block(emitter_t *e, unsigned count);
/* Pieces of at most LIMIT bytes in all, without literals: for the body of a short branch. */
void emit_short_block(emitter_t *e, unsigned count, uint32_t limit);
/* A function with prologue, body and return. Returns its index. */
typedef enum { FUNCTION_LEAF, FUNCTION_PLAIN, FUNCTION_RECURSIVE } function_shape_t;
unsigned emit_function(emitter_t *e, const char *name, function_shape_t shape, bool pure, uint64_t budget);
unsigned begin_function(emitter_t *e, const char *name);
void end_function(emitter_t *e, unsigned index);
void choose_weights(plan_t *plan, random_t *random);

#endif
