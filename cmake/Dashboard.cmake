# waymark_dashboard(SOURCE) sets SOURCE to the file of src/admin/web_assets.h: the dashboard of web/,
# packed by npm and esbuild, or one without any. To be called where that source is compiled.
#
# The packages come from the npm registry, pinned by web/package-lock.json: the only thing that a build
# downloads.
set(WAYMARK_DASHBOARD AUTO CACHE STRING
    "Build the dashboard into waymark: ON, OFF, or AUTO for as far as npm is there and works")
set_property(CACHE WAYMARK_DASHBOARD PROPERTY STRINGS AUTO ON OFF)

function(waymark_dashboard source)
  set(none ${CMAKE_SOURCE_DIR}/src/admin/no_web_assets.cc)
  set(${source} ${none} PARENT_SCOPE)
  if(WAYMARK_DASHBOARD STREQUAL OFF)
    return()
  endif()
  find_program(WAYMARK_NODE NAMES node nodejs)
  find_program(WAYMARK_NPM npm)
  if(NOT WAYMARK_NODE OR NOT WAYMARK_NPM)
    if(WAYMARK_DASHBOARD STREQUAL ON)
      message(FATAL_ERROR "The dashboard needs npm (deploy/apt/web.txt); -DWAYMARK_DASHBOARD=OFF builds without it")
    endif()
    message(STATUS "No npm: waymark is built without its dashboard (deploy/apt/web.txt)")
    return()
  endif()
  set(web ${CMAKE_SOURCE_DIR}/web)
  set(packed ${CMAKE_BINARY_DIR}/web/web_assets.cc)
  set(script ${CMAKE_SOURCE_DIR}/cmake/PackDashboard.cmake)
  file(GLOB_RECURSE pages CONFIGURE_DEPENDS ${web}/src/*)
  add_custom_command(
    OUTPUT ${packed}
    COMMAND ${CMAKE_COMMAND} -D mode=${WAYMARK_DASHBOARD} -D npm=${WAYMARK_NPM} -D node=${WAYMARK_NODE}
            -D web=${web} -D out=${packed} -D otherwise=${none} -P ${script}
    DEPENDS ${pages} ${web}/build.mjs ${web}/package.json ${web}/package-lock.json ${script}
    COMMENT "Packing the dashboard" VERBATIM)
  # clang warns of strings that other compilers might not take; those that build this do.
  set_source_files_properties(${packed} PROPERTIES COMPILE_OPTIONS -Wno-overlength-strings)
  set(${source} ${packed} PARENT_SCOPE)
endfunction()
