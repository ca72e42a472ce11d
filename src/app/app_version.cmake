# Write TARGET, which says the commit of SOURCE; only where it has changed.
execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=12
  OUTPUT_VARIABLE version OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE result)
if(NOT result EQUAL 0 OR version STREQUAL "")
  set(version unknown)
endif()
set(text "#include \"app/app_version.h\"\n\nconst char *fx_app_version(void)\n{\n    return \"${version}\";\n}\n")
set(old "")
if(EXISTS ${TARGET})
  file(READ ${TARGET} old)
endif()
if(NOT text STREQUAL old)
  file(WRITE ${TARGET} "${text}")
endif()
