# What `cmake --install` puts in place for find_package(waymark): the SDK of include/waymark and the
# archives it needs, as the component `sdk`. Included after src/.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/waymark)

# Paths of this tree mean nothing elsewhere: an installed target is found by its public headers.
function(waymark_install_library target export_name)
  foreach(property INTERFACE_INCLUDE_DIRECTORIES INTERFACE_SYSTEM_INCLUDE_DIRECTORIES)
    get_target_property(directories ${target} ${property})
    if(directories)
      set_property(TARGET ${target} PROPERTY ${property} "$<BUILD_INTERFACE:${directories}>")
    endif()
  endforeach()
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${export_name})
  install(TARGETS ${target} EXPORT waymark COMPONENT sdk
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
          INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endfunction()

waymark_install_library(waymark_base base)
waymark_install_library(waymark_wire wire)
waymark_install_library(waymark_proto proto)
waymark_install_library(waymark_sdk sdk)
target_compile_features(waymark_sdk INTERFACE cxx_std_20)

install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/waymark DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        COMPONENT sdk)
install(EXPORT waymark NAMESPACE waymark:: FILE waymarkTargets.cmake DESTINATION ${package_dir}
        COMPONENT sdk)
configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/waymarkConfig.cmake.in
  ${CMAKE_BINARY_DIR}/waymarkConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/waymarkConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/waymarkConfig.cmake ${CMAKE_BINARY_DIR}/waymarkConfigVersion.cmake
        DESTINATION ${package_dir} COMPONENT sdk)
