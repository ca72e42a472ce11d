# Tests that want a real server: tests/integration/<port>_<server>_test.c. Without one (nothing in the environment says where) they end
# with 77, which ctest calls skipped. The lane `integration` of script/test starts the servers and runs what has that label.
add_custom_target(integration)
function(fx_integration_test name room)
  fx_test(${name} ${CMAKE_SOURCE_DIR}/tests/integration/${name}.c fx_${room})
  target_sources(${name} PRIVATE ${ARGN})
  add_test(NAME integration/${name} COMMAND ${name})
  set_tests_properties(integration/${name} PROPERTIES LABELS integration SKIP_RETURN_CODE 77)
  add_dependencies(integration ${name})
endfunction()

# The contract suites are compiled into the test of each adapter.
set(cache_contract ${CMAKE_SOURCE_DIR}/tests/integration/cache_contract.c)
target_sources(cache_mem_test PRIVATE ${cache_contract})
fx_integration_test(cache_redis_test cache ${cache_contract})

set(store_contract ${CMAKE_SOURCE_DIR}/tests/integration/store_contract.c
  ${CMAKE_SOURCE_DIR}/tests/integration/store_contract_lists.c
  ${CMAKE_SOURCE_DIR}/tests/integration/store_contract_access.c
  ${CMAKE_SOURCE_DIR}/tests/integration/store_contract_market.c
  ${CMAKE_SOURCE_DIR}/tests/integration/store_contract_risk.c)
target_sources(store_sqlite_test PRIVATE ${store_contract})
fx_integration_test(store_maria_test store ${store_contract})
fx_integration_test(store_maria_schema_test store)
fx_integration_test(store_maria_fault_test store)
fx_integration_test(worker_maria_test worker)
fx_integration_test(worker_kafka_test worker)
# These take a MySQL as well as a MariaDB.
set_tests_properties(integration/store_maria_test integration/store_maria_schema_test integration/store_maria_fault_test
  integration/worker_maria_test PROPERTIES LABELS "integration;mysql")
set(bus_contract ${CMAKE_SOURCE_DIR}/tests/integration/bus_contract.c)
target_sources(bus_local_test PRIVATE ${bus_contract})
fx_integration_test(bus_kafka_test bus ${bus_contract})
