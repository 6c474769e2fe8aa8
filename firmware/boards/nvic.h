/* nvic.h: what the two files of the interrupt checks share; see nvic.c. */
#ifndef BOARDS_NVIC_H
#define BOARDS_NVIC_H

#include <stdbool.h>
#include <stdint.h>

typedef void (*action_t)(void);

/* What the next exceptions do, and what they left: one letter at entry, the small one at exit. */
extern char trace[];
extern action_t volatile on_svc, on_pendsv, on_systick, on_nmi, on_irq[8]; /* volatile: set before what pends them */
extern uint32_t svc_number, svc_argument;

void trace_add(char letter);
void trace_start(void);
void check(bool holds, const char *what);
void check_trace(const char *expected, const char *what);

/* SVC `number` with `argument` in r0; the handler adds both and stores the sum over the stacked r0. */
uint32_t svc_call(uint32_t number, uint32_t argument);

void check_returns(void);
void check_fp_context(void);

#endif
