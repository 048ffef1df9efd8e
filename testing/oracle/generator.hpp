#pragma once

#include "oracle/one_chain.hpp"

namespace scope::oracle {

/// Makes the program of a seed, which is its id.
///
/// Random scripts around scenes that reach by construction what chance rarely does: deep calls,
/// callbacks and failures at every depth, quoters, frames rolled back over three chains, static
/// calls before and after a write and inside rolled-back frames of callbacks, one request with two
/// answers, contracts created and called in one root, by other chains too. Its roots fit
/// (oracle/demand.hpp): calls are taken out until they do. Every third program has entries of forced
/// queues, which call what is there.
Program random_program(uint64_t seed);

}  // namespace scope::oracle
