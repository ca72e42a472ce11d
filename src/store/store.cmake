# The migrations become part of the binary.
file(GLOB store_migrations CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/migrations/*.sql)
set(store_migrations_c ${CMAKE_BINARY_DIR}/generated/store_migrate_items.c)
add_custom_command(OUTPUT ${store_migrations_c}
  COMMAND ${CMAKE_COMMAND} -DFOLDER=${CMAKE_CURRENT_LIST_DIR}/migrations -DTARGET=${store_migrations_c}
    -P ${CMAKE_CURRENT_LIST_DIR}/migrations/embed.cmake
  DEPENDS ${store_migrations} ${CMAKE_CURRENT_LIST_DIR}/migrations/embed.cmake
  VERBATIM)
target_sources(fx_store PRIVATE ${store_migrations_c})
