# waymark_layer(NAME SOURCES a.cc ... [LINKS lib ...] [PRIVATE_LINKS lib ...])
#
# Makes src/NAME the library waymark_NAME. What it links is what it may include:
# tests/layers/check_includes.py compares both with the table of src/README.md.
function(waymark_layer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(waymark_${name} STATIC ${ARG_SOURCES})
  target_include_directories(waymark_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
  target_link_libraries(waymark_${name} PUBLIC ${ARG_LINKS} PRIVATE ${ARG_PRIVATE_LINKS})
endfunction()
