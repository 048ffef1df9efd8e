#pragma once

#include "evm/host.hpp"
#include "evm/revision.hpp"
#include "evm/tracer.hpp"

namespace scope::evm {

/// Runs @p code as one frame, and through @p host.call the frames below it.
///
/// It runs the frame alone: moving value, undoing effects, precompiles, depth and nonces are the
/// host's (Host::call), which calls this with the code it found. For a create, @p code is the init
/// code and the result's output is the code to deploy, as yet unchecked.
///
/// Bounds. Native stack: below 1 KiB a level, beside what the host's call takes; so 1,024 levels
/// need 1 MiB and theirs. Heap: 64 KiB of address space a level for the EVM's stack (what is
/// touched becomes resident, at least 8 KiB), and its memory, which gas bounds. Both come from a
/// pool of the thread and go back to it; the pool keeps at most 64 MiB of memory, and 4 KiB a
/// level. A chain of 1,024 frames under 30 million gas takes most if they share it evenly: 64 MiB
/// of stacks, 100 MiB of memory (3,180 words each), as much again if each grew it word by word,
/// since a buffer doubles, and what calls returned in the place of some: below 288 MiB.
///
/// @param host      Lives as long as the call, and so do message and code.
/// @param revision  The rules.
/// @param message   depth and is_static are this frame's. REQUIRES: gas >= 0.
/// @param code      REQUIRES: analysis is set (make_code).
/// @param tracer    Told of every instruction, if not null.
CallResult execute(Host& host, Revision revision, const Message& message, const Code& code,
                   Tracer* tracer = nullptr);

/// The way from one instruction to the next. The instructions are the same.
enum class Dispatch : uint8_t {
    threaded,  ///< each instruction jumps to the next; the default where the compiler can
    loop,      ///< one loop over a table; portable, and what runs under a tracer
};

/// Returns whether this build has Dispatch::threaded.
bool has_threaded_dispatch() noexcept;

/// Runs a frame as execute does, with the dispatch of choice, so that one can be compared with the
/// other. Frames below run by whatever the host calls.
/// REQUIRES: has_threaded_dispatch() or Dispatch::loop.
CallResult execute(Host& host, Revision revision, const Message& message, const Code& code,
                   Dispatch dispatch);

}  // namespace scope::evm
