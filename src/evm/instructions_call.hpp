#pragma once

// The instructions that begin or remove accounts and frames. Not inlined into their handlers: next
// to the frame they begin, a call is nothing.

#include "evm/operands.hpp"

namespace scope::evm {

/// Executes CALL, CALLCODE, DELEGATECALL or STATICCALL.
template <Opcode OP>
Status call(Step& s, Frame& f);
/// Executes CREATE or CREATE2.
template <Opcode OP>
Status create(Step& s, Frame& f);
Status self_destruct(Step& s, Frame& f);

extern template Status call<OP_CALL>(Step&, Frame&);
extern template Status call<OP_CALLCODE>(Step&, Frame&);
extern template Status call<OP_DELEGATECALL>(Step&, Frame&);
extern template Status call<OP_STATICCALL>(Step&, Frame&);
extern template Status create<OP_CREATE>(Step&, Frame&);
extern template Status create<OP_CREATE2>(Step&, Frame&);

}  // namespace scope::evm
