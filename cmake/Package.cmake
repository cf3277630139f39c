# `cpack -G DEB` in a build directory makes waymark_VERSION_ARCH.deb, the programs and the service, and
# libwaymark-dev_VERSION_ARCH.deb, the SDK of cmake/Install.cmake. Included last.

# Paths of Debian's, and some that are absolute: in the package alone, never by `cmake --install`.
set(only_packaged COMPONENT service EXCLUDE_FROM_ALL)
set(doc_dir share/doc/waymark)
install(FILES deploy/systemd/waymark.service DESTINATION lib/systemd/system ${only_packaged})
install(FILES deploy/systemd/waymark.yaml DESTINATION /etc/waymark ${only_packaged})
install(FILES README.md SECURITY.md deploy/deb/copyright DESTINATION ${doc_dir} ${only_packaged})
install(FILES CHANGELOG.md DESTINATION ${doc_dir} RENAME changelog.md ${only_packaged})
install(DIRECTORY docs DESTINATION ${doc_dir} ${only_packaged})
install(FILES examples/waymark.yaml deploy/prometheus/alerts.yaml deploy/grafana/waymark.json
        DESTINATION ${doc_dir}/examples ${only_packaged})
install(FILES deploy/deb/copyright DESTINATION share/doc/libwaymark-dev COMPONENT sdk EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME waymark)
set(CPACK_PACKAGE_VENDOR Waymark)
set(CPACK_PACKAGE_CONTACT "The Waymark authors <waymark@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_THREADS 0)

set(CPACK_COMPONENTS_ALL programs service sdk)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENT_PROGRAMS_GROUP waymark)
set(CPACK_COMPONENT_SERVICE_GROUP waymark)
set(CPACK_COMPONENT_SDK_GROUP sdk)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_WAYMARK_PACKAGE_NAME waymark)
set(CPACK_DEBIAN_WAYMARK_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_WAYMARK_PACKAGE_DEPENDS adduser)
set(CPACK_DEBIAN_WAYMARK_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_WAYMARK_DESCRIPTION "Upstreams are picked round robin, and can be restarted while clients stay connected.
With the proxy come its command line waymarkctl, a reference upstream, a
lab of both on one machine and a load generator.")
file(WRITE ${CMAKE_BINARY_DIR}/package/conffiles "/etc/waymark/waymark.yaml\n")
set(CPACK_DEBIAN_WAYMARK_PACKAGE_CONTROL_EXTRA
  ${CMAKE_SOURCE_DIR}/deploy/deb/postinst ${CMAKE_SOURCE_DIR}/deploy/deb/prerm
  ${CMAKE_SOURCE_DIR}/deploy/deb/postrm ${CMAKE_BINARY_DIR}/package/conffiles)

set(CPACK_DEBIAN_SDK_PACKAGE_NAME libwaymark-dev)
set(CPACK_DEBIAN_SDK_PACKAGE_SECTION libdevel)
# What waymarkConfig.cmake looks for.
set(CPACK_DEBIAN_SDK_PACKAGE_DEPENDS
    "libgrpc++-dev, libprotobuf-dev, libabsl-dev, libfmt-dev, protobuf-compiler, protobuf-compiler-grpc")
set(CPACK_DEBIAN_SDK_DESCRIPTION "Headers, static libraries and the CMake package of the SDK for upstreams.")
include(CPack)
