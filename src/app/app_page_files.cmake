# Write the files of a folder into a C file: cmake -DFOLDER=... -DTARGET=... -P app_page_files.cmake
# Names and bytes only: the result does not depend on where the tree lies.
set(type_html "text/html; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_svg "image/svg+xml")
file(GLOB files ${FOLDER}/*)
list(SORT files)
string(REPEAT "[0-9a-fx,]" 80 line) # 16 bytes
set(arrays "")
set(rows "")
set(count 0)
foreach(file ${files})
  get_filename_component(name ${file} NAME)
  get_filename_component(extension ${file} LAST_EXT)
  string(SUBSTRING "${extension}" 1 -1 extension)
  if(NOT DEFINED type_${extension})
    message(FATAL_ERROR "${name}: no content type is known for it")
  endif()
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "(${line})" "\\1\n" bytes "${bytes}")
  set(path "/${name}")
  if(name STREQUAL "index.html")
    set(path "/")
  endif()
  string(APPEND arrays "static const unsigned char BODY_${count}[] = {\n${bytes}0x00};\n\n")
  string(APPEND rows "    {{\"${path}\", sizeof \"${path}\" - 1},\n"
    "     {\"${type_${extension}}\", sizeof \"${type_${extension}}\" - 1},\n"
    "     {(const char *)BODY_${count}, sizeof BODY_${count} - 1}},\n")
  math(EXPR count "${count} + 1")
endforeach()
set(text "/* Generated from web/status by app_page_files.cmake. */\n")
string(APPEND text "#include \"app/app_page_files.h\"\n\n#include \"base/panic.h\"\n\n${arrays}"
  "static const struct fx_app_page_file FILES[] = {\n${rows}};\n\n"
  "uint32_t fx_app_page_files_count(void)\n{\n    return ${count};\n}\n\n"
  "const struct fx_app_page_file *fx_app_page_files_at(uint32_t index)\n{\n"
  "    FX_ASSERT(index < ${count});\n    return &FILES[index];\n}\n")
file(WRITE ${TARGET} "${text}")
