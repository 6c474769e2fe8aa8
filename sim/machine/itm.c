/* Instrumentation trace: 32 stimulus ports whose bytes go to the caller. With it, as stored registers without effect,
   the trace port (TPIU), the breakpoint unit (FPB), the ROM table and ST's DBGMCU.

   On a board the ITM is off until a debug probe switches it on, and ITM_SendChar() drops its characters. cmsim plays
   that probe, so that printing over ITM works in a plain run: out of reset TCR.ITMENA is 1 and every port is enabled
   in TER. DEMCR.TRCENA still reads 0, since it would let CYCCNT count where silicon does not; it does not gate the
   output either until firmware has once set it. From then on, clearing it silences the ITM as on silicon.

   TER, TPR and TCR obey the ITM's lock (closed at reset), so firmware that reconfigures without unlocking changes
   nothing, as on silicon. Ports always accept data: there is no FIFO to fill. */
#include "machine/scs_private.h"

enum {
  ITM_TER = 0xE0000E00,
  ITM_TPR = 0xE0000E40,
  ITM_TCR = 0xE0000E80,
  TCR_ITMENA = 1 << 0,
  LSR_IMPLEMENTED = 1 << 0,
  LSR_LOCKED = 1 << 1,
};

static uint32_t stimulus_read(scs_t *scs, const reg_access_t *access) {
  (void)scs;
  (void)access;
  return 1; /* FIFOREADY */
}

static bool port_enabled(const scs_t *scs, unsigned port) {
  if (!(scs_peek(scs, ITM_TCR) & TCR_ITMENA) || !(scs_peek(scs, ITM_TER) >> port & 1)) return false;
  return !scs->firmware_traces || scs_peek(scs, DCB_DEMCR) & DEMCR_TRCENA;
}

/* One packet of 1, 2 or 4 bytes, by the size of the store. */
static void stimulus_write(scs_t *scs, const reg_t *reg, const reg_access_t *access) {
  (void)reg;
  unsigned port = (access->address - ITM_STIM0) / 4;
  if (!scs->config.itm_output || !port_enabled(scs, port)) return;
  uint8_t bytes[4];
  size_t count = 0;
  for (unsigned lane = 0; lane < 4; lane++) {
    if (access->lanes >> (lane * 8) & 1) bytes[count++] = (uint8_t)(access->value >> (lane * 8));
  }
  scs->config.itm_output(scs->config.context, port, bytes, count);
}

static void locked_store(scs_t *scs, const reg_t *reg, const reg_access_t *access) {
  if (!scs->itm_locked) reg_store(scs, reg, access);
}

static void lar_write(scs_t *scs, const reg_t *reg, const reg_access_t *access) {
  (void)reg;
  scs->itm_locked = access->value != CORESIGHT_UNLOCK;
}

static uint32_t lsr_read(scs_t *scs, const reg_access_t *access) {
  (void)access;
  return LSR_IMPLEMENTED | (scs->itm_locked ? LSR_LOCKED : 0u);
}

/* FP_CTRL.ENABLE changes only together with KEY (bit 1), which itself reads 0. */
static void fp_ctrl_write(scs_t *scs, const reg_t *reg, const reg_access_t *access) {
  if (access->value & 2u) reg_store(scs, reg, access);
}

static uint32_t device_id_read(scs_t *scs, const reg_access_t *access) {
  (void)access;
  return scs->config.device_id;
}

/* ETM (0xE0041000) is optional and absent. The M7's FP_CTRL (8 code comparators, revision 2) is from memory, and its
   ROM table is not collected. */
const reg_t itm_registers[] = {
    {ITM_STIM0, 32, 0, 0, ON_BOTH, stimulus_read, stimulus_write},
    {ITM_TER, 1, 0xFFFFFFFF, 0xFFFFFFFF, ON_BOTH, NULL, locked_store},
    {ITM_TPR, 1, 0, 0x0000000F, ON_BOTH, NULL, locked_store},
    {ITM_TCR, 1, TCR_ITMENA, 0x007F0F1F, ON_BOTH, NULL, locked_store},
    {0xE0000FB0, 1, 0, 0, ON_BOTH, NULL, lar_write}, /* ITM_LAR */
    {0xE0000FB4, 1, 0, 0, ON_BOTH, lsr_read, NULL},  /* ITM_LSR */

    {0xE0002000, 1, 0x00000260, 0x00000001, ON_M4, NULL, fp_ctrl_write}, /* FP_CTRL */
    {0xE0002000, 1, 0x10000080, 0x00000001, ON_M7, NULL, fp_ctrl_write},
    {0xE0002004, 1, 0, 0x1FFFFFE0, ON_M4, NULL, NULL},   /* FP_REMAP */
    {0xE0002008, 8, 0, 0xDFFFFFFD, ON_BOTH, NULL, NULL}, /* FP_COMP0..7 */

    {0xE0040000, 1, 0x0000000B, 0, ON_BOTH, NULL, NULL},          /* TPIU_SSPSR: 1, 2 and 4 pins (part specific) */
    {0xE0040004, 1, 0x00000001, 0x0000000F, ON_BOTH, NULL, NULL}, /* TPIU_CSPSR */
    {0xE0040010, 1, 0, 0x0000FFFF, ON_BOTH, NULL, NULL},          /* TPIU_ACPR */
    {0xE00400F0, 1, 0x00000001, 0x00000003, ON_BOTH, NULL, NULL}, /* TPIU_SPPR */
    {0xE0040300, 1, 0x00000008, 0, ON_BOTH, NULL, NULL},          /* TPIU_FFSR */
    {0xE0040304, 1, 0x00000102, 0x00000042, ON_BOTH, NULL, NULL}, /* TPIU_FFCR */
    {0xE0040FC8, 1, 0x00000CA1, 0, ON_BOTH, NULL, NULL},          /* TPIU_DEVID */
    {0xE0040FCC, 1, 0x00000011, 0, ON_BOTH, NULL, NULL},          /* TPIU_DEVTYPE */

    {0xE0042000, 1, 0, 0, ON_BOTH, device_id_read, NULL}, /* DBGMCU_IDCODE */
    {0xE0042004, 3, 0, 0xFFFFFFFF, ON_BOTH, NULL, NULL},  /* DBGMCU_CR, APB1FZ, APB2FZ */

    {0xE00FF000, 1, 0xFFF0F003, 0, ON_M4, NULL, NULL}, /* ROM table: SCS, DWT, FPB, ITM, TPIU, ETM */
    {0xE00FF004, 1, 0xFFF02003, 0, ON_M4, NULL, NULL},
    {0xE00FF008, 1, 0xFFF03003, 0, ON_M4, NULL, NULL},
    {0xE00FF00C, 1, 0xFFF01003, 0, ON_M4, NULL, NULL},
    {0xE00FF010, 1, 0xFFF41003, 0, ON_M4, NULL, NULL},
    {0xE00FF014, 1, 0xFFF42003, 0, ON_M4, NULL, NULL},
    {.words = 0},
};
