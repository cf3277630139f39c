# Faster builds where the tools are present, the same warnings everywhere.
find_program(WAYMARK_CCACHE ccache)
if(WAYMARK_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Paths below the source folder count as relative: clones and work trees share one cache.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
      CCACHE_NOHASHDIR=1 ${WAYMARK_CCACHE})
endif()
find_program(WAYMARK_MOLD mold)
if(WAYMARK_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
                    -Wunused -Wcast-align -Wnull-dereference -Werror
                    -Wno-missing-field-initializers)  # designated initialisers leave defaults out on purpose
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports these inside its own headers once it has inlined std::string and std::variant.
  add_compile_options(-Wno-null-dereference -Wno-restrict -Wno-maybe-uninitialized)
endif()
if(WAYMARK_SANITIZE)
  add_compile_options(-fsanitize=${WAYMARK_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${WAYMARK_SANITIZE})
  if(WAYMARK_SANITIZE MATCHES "undefined")
    # The vptr check opens a pipe to look at memory, and reports an error where a test has taken the
    # process's last descriptor.
    add_compile_options(-fno-sanitize-recover=undefined -fno-sanitize=vptr)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Sanitized code defeats GCC's flow analysis and yields false warnings.
    add_compile_options(-Wno-error=maybe-uninitialized -Wno-error=tsan)
  endif()
endif()
