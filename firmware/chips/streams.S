/* streams.S: streams of loads and stores, eight accesses to an iteration so that its end costs little. */
  .syntax unified
  .thumb
  .text

  .macro routine name
  .balign 8
  .global \name
  .type \name, %function
  .thumb_func
\name:
  .endm

  /* void stream_read(void *first, uint32_t accesses, uint32_t stride); accesses: a multiple of eight */
  routine stream_read
1:
  .rept 8
  ldr.w r3, [r0]
  add.w r0, r0, r2
  .endr
  subs r1, #8
  bne 1b
  bx lr

  /* void stream_write(void *first, uint32_t accesses, uint32_t stride, uint32_t value) */
  routine stream_write
1:
  .rept 8
  str.w r3, [r0]
  add.w r0, r0, r2
  .endr
  subs r1, #8
  bne 1b
  bx lr

  /* void stream_read_pairs(void *first, uint32_t bytes); bytes: a multiple of 64 */
  routine stream_read_pairs
1:
  .rept 8
  ldrd r2, r3, [r0], #8
  .endr
  subs r1, #64
  bne 1b
  bx lr

  /* void stream_write_pairs(void *first, uint32_t bytes, uint32_t value) */
  routine stream_write_pairs
1:
  .rept 8
  strd r2, r2, [r0], #8
  .endr
  subs r1, #64
  bne 1b
  bx lr
