#include "net/free_memory.hpp"

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace scope::net {

void give_back_free_memory() {
#if defined(__GLIBC__)
    ::malloc_trim(0);
#endif
}

}  // namespace scope::net
