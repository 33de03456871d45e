# The functions behind the lines of the root CMakeLists.txt, and the compiler settings of our own code.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(LONGSHIP_CCACHE ccache)
if(LONGSHIP_CCACHE)
  # time_macros: a header with __DATE__ must not defeat the cache; pch_defines: needed with precompiled headers.
  # BASEDIR, NOHASHDIR: build folders and clones share what was compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${LONGSHIP_CCACHE})
endif()

# Compiling against libtorch takes about 2 GB a job.
cmake_host_system_information(RESULT longship_memory_mib QUERY AVAILABLE_PHYSICAL_MEMORY)
math(EXPR longship_torch_jobs "${longship_memory_mib} / 2048")
if(longship_torch_jobs LESS 1)
  set(longship_torch_jobs 1)
endif()
set_property(GLOBAL APPEND PROPERTY JOB_POOLS torch_pool=${longship_torch_jobs})

include(resources/cmake/dependencies.cmake)

add_library(longship_warnings INTERFACE)
target_compile_options(longship_warnings INTERFACE -Wall -Wextra -Wshadow -Wconversion)
# GCC 12 takes each "text" + std::string of an optimised build for overlapping copies (GCC bug 105651, gone in 13).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 12
   AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(longship_warnings INTERFACE $<$<CONFIG:Release>:-Wno-restrict>)
endif()
if(LONGSHIP_WERROR)
  target_compile_options(longship_warnings INTERFACE -Werror)
endif()

# longship_target(<target> <folder> [USES ours...] [WRAPS foreign...])
function(longship_target target folder)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "USES;WRAPS")
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR})
  foreach(name IN LISTS arg_USES)
    target_link_libraries(${target} PUBLIC longship_${name})
  endforeach()
  target_link_libraries(${target} PUBLIC tl::expected PRIVATE ${arg_WRAPS} longship_warnings)
  target_compile_definitions(${target} PRIVATE LONGSHIP_VERSION="${PROJECT_VERSION}")
  add_subdirectory(${folder})
endfunction()

function(longship_library name folder)
  add_library(longship_${name} STATIC)
  longship_target(longship_${name} ${folder} ${ARGN})
endfunction()

function(longship_program name folder)
  add_executable(${name})
  longship_target(${name} ${folder} ${ARGN})
  install(TARGETS ${name})
endfunction()

# longship_failpoints(<target> files...): in these sources a test build can end the process at named places.
function(longship_failpoints target)
  if(LONGSHIP_FAILPOINTS)
    set_property(SOURCE ${ARGN} TARGET_DIRECTORY ${target} APPEND PROPERTY COMPILE_DEFINITIONS LONGSHIP_FAILPOINTS)
  endif()
endfunction()
