/* exceptions.c: what once went wrong with exceptions. The command line (--args) names the case. */
#include "host_call.h"
#include "semihosting.h"

#include <string.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define SYST_CSR          REGISTER(0xE000E010u)
#define SYST_RVR          REGISTER(0xE000E014u)
#define SYST_CVR          REGISTER(0xE000E018u)
#define ICSR              REGISTER(0xE000ED04u)
#define SHCSR             REGISTER(0xE000ED24u)
#define CFSR              REGISTER(0xE000ED28u)
#define DEMCR             REGISTER(0xE000EDFCu)
#define DWT_CTRL          REGISTER(0xE0001000u)
#define DWT_CYCCNT        REGISTER(0xE0001004u)
#define DWT_LAR           REGISTER(0xE0001FB0u)

enum { PERIOD = 997, PERIODS = 2000 };
static volatile uint32_t ticks;

void SysTick_Handler(void) { ticks++; }
void PendSV_Handler(void) { __asm__ volatile("nop"); }

static void start_ticks(void) {
  SYST_RVR = PERIOD - 1;
  SYST_CVR = 0;
  SYST_CSR = 7;
}

/* SysTick must not get lost where it reaches zero while another exception is left: at every phase of it. */
static int count_ticks(void) {
  DEMCR |= 1u << 24;
  DWT_LAR = 0xC5ACCE55u;
  DWT_CTRL |= 1;
  start_ticks();
  const uint32_t start = DWT_CYCCNT;
  for (uint32_t wait = 0; DWT_CYCCNT - start < PERIOD * PERIODS; wait = (wait + 1) % 61) {
    ICSR = 1u << 28;
    for (volatile uint32_t i = 0; i < wait; i++) {
    }
  }
  const uint32_t seen = ticks;
  SYST_CSR = 0;
  print_text("ticks ");
  print_u32(seen);
  print_text("\n");
  return seen >= PERIODS - 1 && seen <= PERIODS + 1 ? 0 : 1;
}

/* WFE does not wake for what PRIMASK holds back; WFI would. */
static int sleep_masked(void) {
  __asm__ volatile("cpsid i\n\tsev\n\twfe" : : : "memory");
  start_ticks();
  print_text("asleep\n");
  __asm__ volatile("wfe" : : : "memory");
  print_text("awake\n");
  return 1;
}

/* The frame of the return is nowhere. */
__attribute__((naked)) void SVC_Handler(void) {
  __asm__ volatile("mov r0, #0x60000000\n\tmsr psp, r0\n\tmvn lr, #2\n\tbx lr");
}

void BusFault_Handler(void) {
  print_text(CFSR == 1u << 11 ? "UNSTKERR\n" : "another fault\n");
  semihosting_exit(CFSR == 1u << 11 ? 0 : 1);
}

static int return_to_nowhere(void) {
  SHCSR |= 7u << 16;
  __asm__ volatile("svc 0" : : : "memory");
  return 1;
}

int main(void) {
  char text[32];
  const char *name = host_command_line(text, sizeof text);
  if (strcmp(name, "ticks") == 0) return count_ticks();
  if (strcmp(name, "wfe") == 0) return sleep_masked();
  return return_to_nowhere();
}
