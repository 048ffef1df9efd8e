#pragma once

#include <string>
#include <vector>

#include "rpc/network.hpp"

namespace scope::service {

/// Who tells listeners what happens in a network: at once what waits and what is refused, and what
/// stands in blocks when it is committed.
class Herald {
  public:
    void listen(rpc::Listener* listener) { listeners_.push_back(listener); }
    void unlisten(rpc::Listener* listener) { std::erase(listeners_, listener); }

    void tell_pending(ChainId chain_id, const pool::PooledTransaction& transaction) const;
    void tell_refusal(const rpc::RefusalRecord& refusal) const;
    /// Tells why something failed though no root is to blame: once, until it is another reason or
    /// forget_trouble is called.
    void tell_trouble(std::string reason);
    void forget_trouble() { told_trouble_.clear(); }
    /// Returns what tell_trouble was told last.
    [[nodiscard]] const std::string& last_trouble() const noexcept { return last_trouble_; }

    /// Blocks that came and went.
    struct Changes {
        std::vector<chain::StoredBlockPtr> removed;  ///< the last first
        std::vector<chain::StoredBlockPtr> added;    ///< in order
        [[nodiscard]] bool empty() const noexcept { return removed.empty() && added.empty(); }
    };
    /// What is told at once.
    struct News {
        std::vector<std::pair<ChainId, Changes>> changes;
        std::vector<rpc::ScopeRecordPtr> scopes;
    };
    /// Keeps news until they are committed.
    void note(News news);
    /// Tells all that was noted.
    void tell_news();

  private:
    std::vector<rpc::Listener*> listeners_;
    std::vector<News> news_;
    std::string last_trouble_;
    std::string told_trouble_;
};

}  // namespace scope::service
