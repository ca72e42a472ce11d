# The files of web/status become part of the binary.
file(GLOB app_page_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/web/status/*)
set(app_page_files_c ${CMAKE_BINARY_DIR}/generated/app_page_files.c)
add_custom_command(OUTPUT ${app_page_files_c}
  COMMAND ${CMAKE_COMMAND} -DFOLDER=${CMAKE_SOURCE_DIR}/web/status -DTARGET=${app_page_files_c}
    -P ${CMAKE_CURRENT_LIST_DIR}/app_page_files.cmake
  DEPENDS ${app_page_files} ${CMAKE_CURRENT_LIST_DIR}/app_page_files.cmake
  VERBATIM)
target_sources(fx_app PRIVATE ${app_page_files_c})

# Which sources this is: asked at every build, written only where it has changed.
set(app_version_c ${CMAKE_BINARY_DIR}/generated/app_version.c)
add_custom_target(app_version BYPRODUCTS ${app_version_c}
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${CMAKE_SOURCE_DIR} -DTARGET=${app_version_c}
    -P ${CMAKE_CURRENT_LIST_DIR}/app_version.cmake
  VERBATIM)
target_sources(fx_app PRIVATE ${app_version_c})
add_dependencies(fx_app app_version)
