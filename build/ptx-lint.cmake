# Fails when the PTX in MODULE uses local memory (registers spilled, or an array indexed at run time) or names something outside the module.
# `extern __shared__` arrays are `.extern .shared` and are the launch's to size: those alone are let through.
file(STRINGS ${MODULE} faults REGEX "\\.local([ .]|$)|^[ \t]*\\.extern ")
list(FILTER faults EXCLUDE REGEX "^[ \t]*\\.extern \\.shared ")
if(faults)
    list(LENGTH faults count)
    list(GET faults 0 first)
    file(REMOVE ${MODULE})
    message(FATAL_ERROR "${MODULE}: ${count} uses of local memory or unresolved externs, the first: ${first}")
endif()
