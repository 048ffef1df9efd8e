#pragma once

#include <spdlog/logger.h>

#include <functional>
#include <map>
#include <memory>

#include "devnet/artifacts.hpp"
#include "rpc/network.hpp"
#include "rpc/no_open_root.hpp"

namespace scope::devnet_app {

/// The log of a running devnet: a line for each block, each scope that settled and each root that
/// was refused, with the reason; as text, or as a JSON object:
///
///     {event: "block" | "undone", chain_id, number, hash, ...}    undone: an L1 reorganisation's
///     {event: "scope", number, l1_transaction, l1_block, l1_gas_used, blobs, rollups, roots}
///     {event: "refused", chain_id, hash, rule, reason}
///     {event: "no_open_root", chain_id, hash, reason}    it made scoped calls, was no root, and failed
///     {event: "trouble", reason}    nothing settles, and no root is to blame
///
/// The roots of a scope are hashes; with trees, documents of docs/formats/scope-tree.md.
class EventLog final : public rpc::Listener {
  public:
    enum class Form : uint8_t { text, json };
    struct Options {
        Form form = Form::text;
        bool with_trees = false;  ///< of the calls of each root
        ChainId l1;
        std::function<bool()> is_on;  ///< asked before each line
        /// Returns what failed in a block for want of a root; null: it is not told.
        std::function<std::vector<rpc::NoOpenRoot>(ChainId, const chain::StoredBlockPtr&)>
            no_open_root = nullptr;
    };

    /// @param contracts  Whose names trees show.
    EventLog(std::shared_ptr<spdlog::logger> log, const devnet::Artifacts& artifacts,
             const std::vector<rpc::Network::NamedContract>& contracts, Options options);

    void on_blocks(ChainId chain_id, std::span<const chain::StoredBlockPtr> removed,
                   std::span<const chain::StoredBlockPtr> added) override;
    void on_pending(ChainId chain_id, const pool::PooledTransaction& transaction) override;
    void on_scope(const rpc::ScopeRecordPtr& scope) override;
    void on_refusal(const rpc::RefusalRecord& refusal) override;
    void on_trouble(std::string_view reason) override;

  private:
    void log_no_open_root(ChainId chain_id, const chain::StoredBlockPtr& block);
    [[nodiscard]] std::string name_of(ChainId chain_id) const;
    [[nodiscard]] std::string label(const uint256& chain_id, const Address& account) const;
    [[nodiscard]] std::string tree_json(const builder::RootResult& root) const;
    [[nodiscard]] std::string trees(const rpc::ScopeRecord& scope) const;
    [[nodiscard]] std::string scope_text(const rpc::ScopeRecord& scope) const;
    [[nodiscard]] std::string scope_json(const rpc::ScopeRecord& scope) const;

    std::shared_ptr<spdlog::logger> log_;
    const devnet::Artifacts& artifacts_;
    std::map<std::pair<ChainId, Address>, std::string> names_;
    Options options_;
};

}  // namespace scope::devnet_app
