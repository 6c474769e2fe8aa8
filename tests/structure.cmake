# The sources keep what the documents promise about them.
add_test(NAME structure COMMAND ${CMAKE_CURRENT_LIST_DIR}/check_structure.sh ${CMAKE_SOURCE_DIR})
set_tests_properties(structure PROPERTIES TIMEOUT 60)

# The probes run to the last one, and none takes less time twice than once.
foreach(core m4 m7)
  add_test(NAME probes-${core} COMMAND $<TARGET_FILE:cmsim> --core ${core} --mhz 1 --quiet
                                       ${CMAKE_BINARY_DIR}/firmware/probes-${core}.elf)
  set_tests_properties(probes-${core} PROPERTIES TIMEOUT 60 PASS_REGULAR_EXPRESSION "svc.empty_handler,${core},"
                       FAIL_REGULAR_EXPRESSION "[0-9],-[0-9]")
endforeach()
