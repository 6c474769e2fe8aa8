/* What of a pipeline's state can still matter, relative to its clock, as bytes that can be compared. For memo.c. */
#ifndef CMSIM_TIMING_PIPELINE_STATE_H
#define CMSIM_TIMING_PIPELINE_STATE_H

#include "timing/pipeline.h"

#include <stddef.h>

enum { PIPELINE_STATE_BYTES = 512 }; /* at most */

/* The number of BYTES; 0: something lies so far from the clock that the state is not worth keeping. NEXT: the address
   of the instruction to come. */
size_t pipeline_pack(const pipeline_t *pipeline, uint32_t next, void *bytes);
/* The state of pipeline_pack() at the clock as it stands. The branch predictor and the words of the last stores stay.
 */
void pipeline_unpack(pipeline_t *pipeline, uint32_t next, const void *bytes);

/* May the instruction before still be charged? */
bool pipeline_state_owes(const pipeline_t *pipeline, const void *bytes);
/* Would a load of a word that was stored last have to wait? */
bool pipeline_state_has_stores(const pipeline_t *pipeline, const void *bytes);

#endif
