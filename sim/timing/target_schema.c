/* The keys of a chip's file. */
#include "timing/target_private.h"

/* In the order of region_kind_t. */
static const cyaml_strval_t kind_words[] = {{"ram", REGION_RAM},
                                            {"flash", REGION_FLASH},
                                            {"itcm", REGION_ITCM},
                                            {"dtcm", REGION_DTCM},
                                            {"device", REGION_DEVICE}};
static const cyaml_strval_t grade_words[] = {{"documented", GRADE_DOCUMENTED},
                                             {"measured", GRADE_MEASURED},
                                             {"inferred", GRADE_INFERRED},
                                             {"assumed", GRADE_ASSUMED}};
static const cyaml_strval_t clock_words[] = {{"core", 0}, {"bus", 1}};
static const cyaml_strval_t switch_words[] = {
    {"icache", FLASH_ICACHE}, {"dcache", FLASH_DCACHE}, {"prefetch", FLASH_PREFETCH}};
static const cyaml_strval_t mode_words[] = {{"run", 0}, {"sleep", 1}};
static const cyaml_strval_t peripherals_words[] = {{"off", 0}, {"on", 1}};

#define PROVENANCE(type)                                                                                               \
  YAMLFILE_WORD("src", YAMLFILE_MUST, type, src), YAMLFILE_WORD("note", YAMLFILE_MAY, type, note),                     \
      YAMLFILE_ENUM("grade", YAMLFILE_MUST, type, grade, grade_words)
#define SWITCHES(key, member)                                                                                          \
  CYAML_FIELD_FLAGS_PTR(key, CYAML_FLAG_POINTER | YAMLFILE_MAY, file_flash_t, member, switch_words,                    \
                        CYAML_ARRAY_LEN(switch_words))

static const cyaml_schema_field_t region_fields[] = {
    YAMLFILE_WORD("name", YAMLFILE_MUST, file_region_t, name),
    YAMLFILE_ENUM("kind", YAMLFILE_MUST, file_region_t, kind, kind_words),
    YAMLFILE_WORD("base", YAMLFILE_MUST, file_region_t, base),
    YAMLFILE_WORD("bytes", YAMLFILE_MUST, file_region_t, bytes),
    YAMLFILE_WORD("first_access", YAMLFILE_MUST, file_region_t, first_access),
    YAMLFILE_WORD("first_write", YAMLFILE_MAY, file_region_t, first_write),
    YAMLFILE_WORD("read_after_write", YAMLFILE_MAY, file_region_t, read_after_write),
    YAMLFILE_WORD("beat_bytes", YAMLFILE_MAY, file_region_t, beat_bytes),
    YAMLFILE_WORD("beat_cycles", YAMLFILE_MAY, file_region_t, beat_cycles),
    YAMLFILE_ENUM("clock", YAMLFILE_MAY, file_region_t, clock, clock_words),
    PROVENANCE(file_region_t),
    CYAML_FIELD_END};
static const cyaml_schema_value_t region_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, file_region_t, region_fields)};

static const cyaml_schema_field_t bus_fields[] = {YAMLFILE_WORD("max_mhz", YAMLFILE_MAY, file_bus_t, max_mhz),
                                                  YAMLFILE_WORD("ratio", YAMLFILE_MAY, file_bus_t, ratio),
                                                  PROVENANCE(file_bus_t), CYAML_FIELD_END};

static const cyaml_schema_field_t l1_fields[] = {YAMLFILE_WORD("icache_bytes", YAMLFILE_MAY, file_l1_t, icache_bytes),
                                                 YAMLFILE_WORD("icache_ways", YAMLFILE_MAY, file_l1_t, icache_ways),
                                                 YAMLFILE_WORD("dcache_bytes", YAMLFILE_MAY, file_l1_t, dcache_bytes),
                                                 YAMLFILE_WORD("dcache_ways", YAMLFILE_MAY, file_l1_t, dcache_ways),
                                                 YAMLFILE_WORD("line_bytes", YAMLFILE_MAY, file_l1_t, line_bytes),
                                                 PROVENANCE(file_l1_t),
                                                 CYAML_FIELD_END};

static const cyaml_schema_value_t word_entry = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, CYAML_UNLIMITED)};
static const cyaml_schema_field_t wait_states_fields[] = {
    YAMLFILE_WORD("range", YAMLFILE_MUST, file_wait_states_t, range),
    CYAML_FIELD_SEQUENCE("up_to_mhz", CYAML_FLAG_POINTER, file_wait_states_t, up_to_mhz, &word_entry, 1,
                         WAIT_STATES_MAX),
    PROVENANCE(file_wait_states_t), CYAML_FIELD_END};
static const cyaml_schema_value_t wait_states_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, file_wait_states_t, wait_states_fields)};

static const cyaml_schema_field_t flash_fields[] = {
    YAMLFILE_WORD("read_bytes", YAMLFILE_MAY, file_flash_t, read_bytes),
    YAMLFILE_WORD("icache_lines", YAMLFILE_MAY, file_flash_t, icache_lines),
    YAMLFILE_WORD("dcache_lines", YAMLFILE_MAY, file_flash_t, dcache_lines),
    YAMLFILE_WORD("line_bytes", YAMLFILE_MAY, file_flash_t, line_bytes),
    SWITCHES("has", has),
    SWITCHES("usual", usual),
    CYAML_FIELD_ENUM_PTR("clock", CYAML_FLAG_POINTER | YAMLFILE_MAY, file_flash_t, clock, clock_words,
                         CYAML_ARRAY_LEN(clock_words)),
    YAMLFILE_WORD("acr", YAMLFILE_MAY, file_flash_t, acr),
    YAMLFILE_WORD("acr_reset", YAMLFILE_MAY, file_flash_t, acr_reset),
    YAMLFILE_WORD("latency_mask", YAMLFILE_MAY, file_flash_t, latency_mask),
    YAMLFILE_WORD("icache_bit", YAMLFILE_MAY, file_flash_t, icache_bit),
    YAMLFILE_WORD("dcache_bit", YAMLFILE_MAY, file_flash_t, dcache_bit),
    YAMLFILE_WORD("prefetch_bit", YAMLFILE_MAY, file_flash_t, prefetch_bit),
    YAMLFILE_WORD("data_wait", YAMLFILE_MAY, file_flash_t, data_wait),
    YAMLFILE_WORD("miss_wait", YAMLFILE_MAY, file_flash_t, miss_wait),
    PROVENANCE(file_flash_t),
    CYAML_FIELD_SEQUENCE("wait_states", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, file_flash_t, wait_states,
                         &wait_states_entry, 1, CYAML_UNLIMITED),
    CYAML_FIELD_END};

static const cyaml_schema_field_t point_fields[] = {
    YAMLFILE_WORD("mhz", YAMLFILE_MUST, file_point_t, mhz), YAMLFILE_WORD("ma", YAMLFILE_MUST, file_point_t, ma),
    YAMLFILE_WORD("max_ma", YAMLFILE_MAY, file_point_t, max_ma), CYAML_FIELD_END};
static const cyaml_schema_value_t point_entry = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, file_point_t, point_fields)};
static const cyaml_schema_field_t power_fields[] = {
    YAMLFILE_WORD("name", YAMLFILE_MUST, file_power_t, name),
    YAMLFILE_ENUM("mode", YAMLFILE_MUST, file_power_t, mode, mode_words),
    YAMLFILE_WORD("volts", YAMLFILE_MUST, file_power_t, volts),
    YAMLFILE_WORD("workload", YAMLFILE_MAY, file_power_t, workload),
    YAMLFILE_ENUM("peripherals", YAMLFILE_MUST, file_power_t, peripherals, peripherals_words),
    PROVENANCE(file_power_t),
    YAMLFILE_LIST("points", file_power_t, points, &point_entry),
    CYAML_FIELD_END};
static const cyaml_schema_value_t power_entry = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, file_power_t, power_fields)};

#define PART(key, member, fields)                                                                                      \
  CYAML_FIELD_MAPPING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, file_target_t, member, fields)
/* core, title and regions are left out only by a file that extends another: target_load.c sees to that. */
static const cyaml_schema_field_t target_fields[] = {
    YAMLFILE_WORD("name", YAMLFILE_MUST, file_target_t, name),
    YAMLFILE_WORD("extends", YAMLFILE_MAY, file_target_t, extends),
    YAMLFILE_WORD("core", YAMLFILE_MAY, file_target_t, core),
    YAMLFILE_WORD("title", YAMLFILE_MAY, file_target_t, title),
    YAMLFILE_WORD("vendor", YAMLFILE_MAY, file_target_t, vendor),
    YAMLFILE_WORD("peripherals", YAMLFILE_MAY, file_target_t, peripherals),
    YAMLFILE_WORD("hse_hz", YAMLFILE_MAY, file_target_t, hse_hz),
    YAMLFILE_WORD("device_id", YAMLFILE_MAY, file_target_t, device_id),
    YAMLFILE_WORD("cpuid", YAMLFILE_MAY, file_target_t, cpuid),
    YAMLFILE_WORD("priority_bits", YAMLFILE_MAY, file_target_t, priority_bits),
    YAMLFILE_WORD("fpu", YAMLFILE_MAY, file_target_t, fpu),
    YAMLFILE_WORD("zero_wait_mhz", YAMLFILE_MAY, file_target_t, zero_wait_mhz),
    YAMLFILE_WORD("max_mhz", YAMLFILE_MAY, file_target_t, max_mhz),
    PART("bus", bus, bus_fields),
    PART("l1", l1, l1_fields),
    PART("flash", flash, flash_fields),
    CYAML_FIELD_SEQUENCE("regions", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, file_target_t, regions, &region_entry, 1,
                         CYAML_UNLIMITED),
    CYAML_FIELD_SEQUENCE("power", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, file_target_t, power, &power_entry, 1,
                         CYAML_UNLIMITED),
    CYAML_FIELD_END};
const cyaml_schema_value_t target_schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, file_target_t, target_fields)};

const char *region_kind_name(region_kind_t kind) { return kind_words[kind].str; }
