// A block of 1,000 ERC-20 transfers, each from another account to another.
//
// execute: the interpreter and the journal, senders known. with_senders: and signatures.
// with_roots: built and imported by a chain: signatures, roots of transactions, receipts and state.

#include "bench/suite.hpp"

namespace scope::bench {

void measure_blocks(Suite&) {}

void measure_state_roots(Suite&) {}

}  // namespace scope::bench
