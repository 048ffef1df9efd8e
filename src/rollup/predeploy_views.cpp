#include "rollup/predeploy_views.hpp"

#include <algorithm>
#include <functional>

#include "execution/host.hpp"
#include "protocol/callable.hpp"

namespace scope::rollup {

namespace callable = protocol::callable;

namespace {

/// A caller of a predeploy's views, one after the other.
class Caller {
  public:
    Caller(const state::StateView& state, execution::Environment environment,
           const Address& predeploy, std::optional<execution::Deadline> deadline)
        : state_(state),
          environment_(std::move(environment)),
          predeploy_(predeploy),
          deadline_(deadline) {}

    /// Returns a view's answer.
    template <typename Answer>
    Result<Answer, BatchRule> ask(const Bytes& calldata,
                                  std::optional<Answer> (*decode)(BytesView)) {
        auto answer = decode(TRY(call(calldata)));
        if (!answer) return std::unexpected{BatchRule::unreadable_streams};
        return std::move(*answer);
    }

    [[nodiscard]] int64_t gas_left() const noexcept { return gas_left_; }

  private:
    Result<Bytes, BatchRule> call(const Bytes& calldata) {
        // A state of its own for each: nothing that one does is there for the next, or takes memory.
        state::State overlay{state_};
        execution::Host host{overlay, environment_};
        host.open_transaction({});
        host.rollup()->limit_gas(0);
        if (deadline_) host.rollup()->set_deadline(*deadline_);
        evm::Message message;
        message.is_static = true;
        message.gas = gas_left_;
        message.recipient = predeploy_;
        message.code_address = predeploy_;
        message.input = calldata;
        auto result = host.call(message);
        if (host.rollup()->is_late()) return std::unexpected{BatchRule::out_of_time};
        gas_left_ = result.gas_left;
        if (result.status == evm::Status::success) return std::move(result.output);
        return std::unexpected{result.status == evm::Status::out_of_gas
                                   ? BatchRule::views_out_of_gas
                                   : BatchRule::unreadable_streams};
    }

    const state::StateView& state_;
    execution::Environment environment_;
    Address predeploy_;
    std::optional<execution::Deadline> deadline_;
    int64_t gas_left_ = VIEWS_GAS;
};

/// Returns what there is between the chain and one of its remotes.
Result<protocol::Streams, BatchRule> streams_with(Caller& views, const uint256& chain_id) {
    protocol::Streams streams;
    streams.chain_id = chain_id;
    streams.hashes =
        TRY(views.ask(callable::get_rolling_hashes(chain_id), callable::decode_rolling_hashes));
    const auto values = TRY(views.ask(callable::get_values(chain_id), callable::decode_values));
    streams.value_in = values.value_in;
    streams.value_out = values.value_out;
    streams.limit = TRY(views.ask(callable::get_limit(chain_id), callable::decode_limit));
    return streams;
}

}  // namespace

Result<PredeployViews, BatchRule> read_views(const RollupConfig& config, const BlockHeader& header,
                                             const state::StateView& state,
                                             std::optional<execution::Deadline> deadline) {
    Caller views{state, chain::make_environment(config.spec, header, nullptr),
                 config.system().target, deadline};
    const auto remotes = TRY(views.ask(callable::get_remotes(), callable::decode_remotes));
    if (remotes.size() > callable::MAX_REMOTES) return std::unexpected{BatchRule::too_many_remotes};
    if (std::ranges::adjacent_find(remotes, std::ranges::greater_equal{}) != remotes.end())
        return std::unexpected{BatchRule::remotes_not_ascending};
    PredeployViews found;
    for (const auto& chain_id : remotes) {
        const auto streams = TRY(streams_with(views, chain_id));
        if (!streams.hashes.is_empty() || !streams.limit.is_zero())
            found.remotes.push_back(streams);
    }
    found.forced_queue_position =
        TRY(views.ask(callable::forced_queue_position(), callable::decode_forced_queue_position));
    found.gas_used = VIEWS_GAS - views.gas_left();
    return found;
}

}  // namespace scope::rollup
