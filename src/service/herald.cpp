#include "service/herald.hpp"

#include <utility>

namespace scope::service {

// A listener may leave while it is told: so each goes through a copy.

void Herald::tell_pending(ChainId chain_id, const pool::PooledTransaction& transaction) const {
    for (auto* const listener : std::vector{listeners_})
        listener->on_pending(chain_id, transaction);
}

void Herald::tell_refusal(const rpc::RefusalRecord& refusal) const {
    for (auto* const listener : std::vector{listeners_}) listener->on_refusal(refusal);
}

void Herald::tell_trouble(std::string reason) {
    last_trouble_ = std::move(reason);
    if (last_trouble_ == told_trouble_) return;
    told_trouble_ = last_trouble_;
    for (auto* const listener : std::vector{listeners_}) listener->on_trouble(told_trouble_);
}

void Herald::note(News news) {
    if (!news.changes.empty() || !news.scopes.empty()) news_.push_back(std::move(news));
}

void Herald::tell_news() {
    for (const auto& [changes, scopes] : std::exchange(news_, {}))
        for (auto* const listener : std::vector{listeners_}) {
            for (const auto& [id, change] : changes)
                listener->on_blocks(id, change.removed, change.added);
            for (const auto& scope : scopes) listener->on_scope(scope);
        }
}

}  // namespace scope::service
