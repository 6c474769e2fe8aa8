/* A family of chips as data: configs/peripherals/NAME.yaml, which says what blocks of registers surround the core and
   what their registers do. configs/peripherals/README.md says what the columns mean. */
#ifndef CMSIM_PERIPHERALS_FAMILY_H
#define CMSIM_PERIPHERALS_FAMILY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who answers for a block beyond what its layout says. */
typedef enum {
  DEVICE_NONE, /* registers of the layout, else plain storage */
  DEVICE_RCC,  /* the clock tree reads it */
  DEVICE_USART_OLD,
  DEVICE_USART,
  DEVICE_LPUART,
  DEVICE_TIMER16,
  DEVICE_TIMER32,
  DEVICE_DMA_STREAMS,
  DEVICE_DMA_CHANNELS,
  DEVICE_CRC,
  DEVICE_RNG,
  DEVICE_GPIO,
  DEVICE_FLASH_SIZE, /* KiB of flash */
  DEVICE_IDCODE,     /* DBGMCU_IDCODE in its first word */
  DEVICE_NRF_UART,
  DEVICE_NRF_TIMER,
  DEVICE_NRF_RTC,
  DEVICE_NRF_RNG
} device_kind_t;

typedef enum { BUS_CORE, BUS_AHB, BUS_APB1, BUS_APB2, BUS_APB4, BUS_16MHZ, BUS_32KHZ } bus_t;

typedef enum { TREE_FIXED, TREE_STM32F3, TREE_STM32F4, TREE_STM32L4, TREE_STM32WB, TREE_STM32H7 } clock_tree_t;

/* Bits of register WORD appear in this one. */
typedef struct {
  uint16_t word;
  uint8_t from, to, width;
} follow_t;

/* Writing anything but zero does this to register WORD. */
typedef struct {
  uint16_t word;
  uint32_t clear, set;
} put_t;

enum { FOLLOWS_MAX = 12, PUTS_MAX = 4, IRQS_MAX = 16, WORD_NONE = 0xFFFF };

typedef struct {
  const char *name;
  uint32_t offset, count; /* COUNT registers in a row */
  uint32_t reset, writable, ones, zeros, clear_by_one;
  uint16_t sets, clears; /* bits written as one are set (cleared) in that register; WORD_NONE */
  uint8_t clears_shift;  /* of them, those from this bit on */
  follow_t follows[FOLLOWS_MAX];
  put_t puts[PUTS_MAX];
  unsigned follow_count, put_count;
} register_row_t;

typedef struct {
  const char *name;
  register_row_t *registers;
  unsigned register_count;
} layout_t;

typedef struct {
  const char *name;
  uint32_t base, bytes; /* multiples of 4 */
  device_kind_t device;
  bus_t bus;
  uint16_t select_offset; /* kernel clock multiplexer: register of the clock unit, WORD_NONE: none */
  uint8_t select_bit;
  uint16_t irqs[IRQS_MAX];
  unsigned irq_count;
  const layout_t *layout; /* NULL: plain storage */
} block_t;

typedef struct {
  const char *name, *title;
  clock_tree_t tree;
  uint32_t fixed_hz; /* TREE_FIXED: the core's clock */
  uint32_t hse_hz;   /* unless the board says otherwise */
  block_t *blocks;   /* in order of address, none overlapping */
  size_t block_count;
  char hash[65];
  void *private_data;
} family_t;

/* Loads DIRECTORY/NAME.yaml. Any defect is one diag_error_at line, and NULL. */
family_t *family_load(const char *directory, const char *name);
void family_free(family_t *family);

#endif
