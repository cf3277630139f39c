# Run while building (cmake/Dashboard.cmake): installs the packages of web/ where they are missing or
# other ones, and packs the page into the source `out`. With `mode` AUTO a registry that cannot be
# reached means a program without the page instead of no program.
set(installed ${web}/node_modules/.waymark-lock)
file(SHA256 ${web}/package-lock.json wanted)
set(found "")
if(EXISTS ${installed})
  file(READ ${installed} found)
endif()
if(NOT found STREQUAL wanted)
  execute_process(COMMAND ${npm} ci --ignore-scripts --no-audit --no-fund --loglevel=error
                  WORKING_DIRECTORY ${web} RESULT_VARIABLE failed OUTPUT_QUIET)
  if(failed)
    if(mode STREQUAL AUTO)
      message(WARNING "npm ci failed: waymark is built without its dashboard. Once the registry can "
                      "be reached, touch web/build.mjs and build again.")
      configure_file(${otherwise} ${out} COPYONLY)
      return()
    endif()
    message(FATAL_ERROR "npm ci failed in web/; -DWAYMARK_DASHBOARD=OFF builds without the dashboard")
  endif()
  file(WRITE ${installed} ${wanted})
endif()
execute_process(COMMAND ${node} build.mjs --source ${out} WORKING_DIRECTORY ${web}
                COMMAND_ERROR_IS_FATAL ANY)
