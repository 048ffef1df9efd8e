#pragma once

#include <string>

#include "evm/revision.hpp"
#include "types/transaction.hpp"

namespace scope::app::fixture {

/// What the official transaction tests call what is wrong with @p bytes, which decode_transaction
/// refuses with @p fault, by the rules of @p revision: without "TransactionException.", "A|B" where
/// they have two names for one fault, empty if they have none.
std::string official_name(const TxDecodeFault& fault, BytesView bytes, evm::Revision revision);

}  // namespace scope::app::fixture
