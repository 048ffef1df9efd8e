# scope_ckzg: KZG (c-kzg-4844) and BLS12-381 (blst) from the C sources inside the npm package c-kzg.
set(SCOPE_CKZG_DIR ${PROJECT_SOURCE_DIR}/node_modules/c-kzg CACHE PATH "The npm package c-kzg 4.1.0")
set(ckzg_deps ${SCOPE_CKZG_DIR}/deps)
if(NOT EXISTS ${ckzg_deps}/c-kzg/ckzg.c)
    message(FATAL_ERROR "no c-kzg sources in ${SCOPE_CKZG_DIR}: run `npm ci --ignore-scripts`, or set SCOPE_CKZG_DIR")
endif()

add_library(scope_ckzg STATIC
    ${ckzg_deps}/c-kzg/ckzg.c ${ckzg_deps}/blst/src/server.c ${ckzg_deps}/blst/build/assembly.S)
target_include_directories(scope_ckzg SYSTEM PUBLIC ${ckzg_deps}/c-kzg ${ckzg_deps}/blst/bindings)
# Multiplication with and without ADX is in the program; the processor decides at run time.
target_compile_definitions(scope_ckzg PRIVATE __BLST_PORTABLE__)
# Not our code: no warnings of ours, and always optimised and without sanitizers, which would make tests crawl.
target_compile_options(scope_ckzg PRIVATE -w $<$<COMPILE_LANGUAGE:C>:-O2>)
if(SCOPE_SANITIZE)
    target_compile_options(scope_ckzg PRIVATE -fno-sanitize=all)
endif()

# The text of the ceremony's result; src/crypto/trusted_setup.S puts it into the program.
set(SCOPE_TRUSTED_SETUP ${ckzg_deps}/c-kzg/trusted_setup.txt)
