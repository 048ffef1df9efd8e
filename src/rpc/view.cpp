#include "rpc/view.hpp"

#include "execution/host.hpp"
#include "rollup/predeploy_views.hpp"
#include "rpc/blocks.hpp"

namespace scope::rpc {

Bytes view(const state::StateView& beneath, const execution::Environment& environment,
           const Address& to, BytesView data, std::vector<Hash>* read) {
    state::State state{beneath};
    execution::Host host{state, environment};
    host.open_transaction({});
    auto result = host.call(
        {.is_static = true,
         .gas = rollup::VIEWS_GAS,  // a predeploy answers here what it answers behind a batch
         .recipient = to,
         .code_address = to,
         .input = data});
    if (result.status != evm::Status::success) return {};
    if (read != nullptr)
        state.for_each_read([&](const Address& address, const std::vector<Hash>& keys) {
            if (address == to) *read = keys;
        });
    return std::move(result.output);
}

Bytes view(ChainView& chain, const chain::StoredBlock& block, const Address& to, BytesView data) {
    return view(*state_of(chain, block),
                chain::make_environment(chain.chain().spec(), block.header(), nullptr), to, data);
}

}  // namespace scope::rpc
