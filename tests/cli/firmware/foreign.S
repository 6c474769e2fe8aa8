/* foreign.S: code without start-up code or vector table, assembled for what cmsim must refuse. */
  .syntax unified
  .text
  .global _start
  .type _start, %function
_start:
  adds r0, r0, #1
  b .
