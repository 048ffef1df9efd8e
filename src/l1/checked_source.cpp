#include "l1/checked_source.hpp"

#include <fmt/format.h>

#include "base/hex.hpp"

namespace scope::l1 {

Result<void, L1Error> CheckedSource::check() const {
    if (is_checked_) return {};
    TRY_VOID(endpoint_->check_chain(identity_.chain_id));
    const auto wrong = [&](std::string reason) {
        return std::unexpected{endpoint_->named({L1Error::wrong, std::move(reason)})};
    };
    const uint64_t number = identity_.block.number;
    const net::RpcRequest request{"eth_getBlockByNumber",
                                  fmt::format("[\"0x{:x}\",false]", number)};
    const auto replies = endpoint_->call({&request, 1});
    if (!replies) return std::unexpected{endpoint_->named(replies.error())};
    const auto& reply = (*replies)[0];
    if (!reply && !is_no_such_block(reply.error()))
        return std::unexpected{endpoint_->named(error_of(reply.error()))};
    if (!reply || reply->is_null())
        return std::unexpected{endpoint_->named(
            {L1Error::behind,
             fmt::format("it has no block {}, with which the network begins", number)})};
    const auto read = read_header(*reply);
    if (!read) return std::unexpected{endpoint_->named(read.error())};
    if (read->header.number != number || read->hash != identity_.block.hash)
        return wrong(fmt::format(
            "it is a client of another L1: its block {} is {}, and the network begins with {}",
            number, to_hex(read->hash), to_hex(identity_.block.hash)));
    is_checked_ = true;
    return {};
}

Result<L1Heads, L1Error> CheckedSource::heads() const {
    TRY_VOID(check());
    return source_->heads();
}

Result<chain::StoredBlockPtr, L1Error> CheckedSource::block(uint64_t number) const {
    TRY_VOID(check());
    return source_->block(number);
}

Result<chain::StoredBlobPtr, L1Error> CheckedSource::blob(const Hash& versioned_hash) const {
    TRY_VOID(check());
    return source_->blob(versioned_hash);
}

}  // namespace scope::l1
