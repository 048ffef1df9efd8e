#include "service/remote_l1_now.hpp"

#include "state/unavailable.hpp"

namespace scope::service {

namespace {

std::optional<Hash> head_of(const node::Node& node) {
    const uint64_t next = node.follower().next_l1_block();
    const auto followed = next == 0 ? std::nullopt : node.follower().l1_block(next - 1);
    return followed ? std::optional{followed->id.hash} : std::nullopt;
}

}  // namespace

bool RemoteL1Now::is_at_head_of(const node::Node& node) const {
    return snapshot_ && head_of(node) == snapshot_->head.hash;
}

Result<void, l1::L1Error> RemoteL1Now::go_on_to(const node::Node& node) {
    if (is_at_head_of(node)) return {};
    auto snapshot = TRY(builder::read_snapshot(*view_));
    if (head_of(node) != snapshot.head.hash)
        return std::unexpected{
            l1::L1Error{l1::L1Error::reorganised, "its head is another one than was followed"}};
    snapshot_ = std::move(snapshot);
    return {};
}

const builder::L1Snapshot& RemoteL1Now::snapshot() const {
    if (!snapshot_) throw state::Unavailable{"L1's head has not been read yet"};
    return *snapshot_;
}

rollup::FollowedBlock RemoteL1Now::head() const {
    const auto& head = snapshot().head;
    return {{head.header.number, head.hash}, head.header.timestamp_s};
}

std::shared_ptr<const state::StateView> RemoteL1Now::state() const {
    return snapshot().state;
}

chain::BlockAttributes RemoteL1Now::next_block() const {
    return snapshot().next;
}

execution::Environment RemoteL1Now::next_environment() const {
    const auto& [spec, head, state, ancestors, next] = snapshot();
    return chain::make_environment(spec, chain::child_header(spec, head.hash, head.header, next),
                                   nullptr);
}

execution::Environment RemoteL1Now::head_environment() const {
    return chain::make_environment(snapshot().spec, snapshot().head.header, nullptr);
}

}  // namespace scope::service
