# SPDX-License-Identifier: GPL-2.0-or-later
# cmake -DINPUT=values.tsv -DOUTPUT=values_data.c -P values.cmake: one C array per table, in the
# order of the rows.
cmake_minimum_required(VERSION 3.25)
file(STRINGS "${INPUT}" rows REGEX "^[^#]")
set(tables)
foreach(row IN LISTS rows)
  if(NOT row MATCHES "^([a-z_]+)\t([^\t]+)\t([0-9]+)\t([^\t]+)\t([^\t\"\\]*)$")
    message(FATAL_ERROR "${INPUT}: this row has not five columns: ${row}")
  endif()
  set(table ${CMAKE_MATCH_1})
  if(NOT table IN_LIST tables)
    list(APPEND tables ${table})
  endif()
  set(text "NULL")
  if(NOT CMAKE_MATCH_5 STREQUAL "")
    set(text "\"${CMAKE_MATCH_5}\"")
  endif()
  string(APPEND rows_of_${table}
         "    {${CMAKE_MATCH_2}, ${CMAKE_MATCH_3}, \"${CMAKE_MATCH_4}\", ${text}},\n")
endforeach()

set(code "/* SPDX-License-Identifier: GPL-2.0-or-later */\n/* Made from values.tsv. */\n")
string(APPEND code "#include <stddef.h>\n#include \"etl-reader/events/values.h\"\n")
foreach(table IN LISTS tables)
  string(APPEND code "\nconst struct etl_value etl_${table}_values[] = {\n"
                     "${rows_of_${table}}    {0, 0, NULL, NULL},\n};\n")
endforeach()
file(WRITE "${OUTPUT}" "${code}")
