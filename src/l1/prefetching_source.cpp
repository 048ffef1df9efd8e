#include "l1/prefetching_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <future>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "base/hex.hpp"

namespace scope::l1 {

namespace {

using chain::StoredBlobPtr;
using chain::StoredBlockPtr;

/// Blocks that are taken back under the same heads, before they are asked for again.
constexpr size_t MAX_CUTS = 512;
/// How long a thread that is asked to end may take, before it is left alone.
constexpr std::chrono::milliseconds END_TIMEOUT{300};

/// A block with the blobs that a follower will ask for; null ones: no source has them.
struct Read {
    StoredBlockPtr block;  ///< null: there is none
    std::map<Hash, StoredBlobPtr> blobs;
    size_t bytes = 0;

    [[nodiscard]] uint64_t number() const { return block->header().number; }
    [[nodiscard]] L1BlockId id() const { return {number(), block->hash}; }
};
using ReadPtr = std::shared_ptr<const Read>;
/// Parents before children.
using Chain = std::deque<ReadPtr>;

std::unexpected<L1Error> not_here(std::string what) {
    return std::unexpected{L1Error{L1Error::slow, std::move(what) + " is not here yet"}};
}

}  // namespace

/// What the node's threads and the reading one share. Functions that begin with a lock are the
/// node's; the others are the reading thread's.
class PrefetchingSource::Reader {
  public:
    Reader(std::shared_ptr<const L1Source> source, PrefetchOptions options, uint64_t next)
        : source_(std::move(source)),
          options_(std::move(options)),
          next_(next),
          poll_(options_.poll) {}

    // ---- the node's

    Result<L1Heads, L1Error> heads() {
        const std::scoped_lock lock{mutex_};
        const bool has_unread = !chain_.empty() && chain_.back()->number() >= next_;
        if (error_ && !has_unread) return std::unexpected{*error_};
        if (!heads_ || chain_.empty()) {
            has_missed_ = true;
            return not_here("the head");
        }
        const L1BlockId latest = chain_.back()->id();
        const auto bounded = [&](const L1BlockId& head) {
            return head.number < latest.number ? head : latest;
        };
        return L1Heads{latest, bounded(heads_->safe), bounded(heads_->finalized)};
    }

    Result<StoredBlockPtr, L1Error> block(uint64_t number) {
        const std::scoped_lock lock{mutex_};
        if (!chain_.empty()) {
            const uint64_t first = chain_.front()->number();
            if (number > chain_.back()->number()) return nullptr;
            if (number >= first) {
                next_ = std::max(next_, number + 1);
                changed_.notify_all();
                return chain_[static_cast<size_t>(number - first)]->block;
            }
        }
        if (const auto found = missed_.find(number); found != missed_.end())
            return found->second->block;
        want(wanted_blocks_, number);
        return not_here(fmt::format("block {}", number));
    }

    Result<StoredBlobPtr, L1Error> blob(const Hash& hash) {
        const std::scoped_lock lock{mutex_};
        const auto in = [&](const ReadPtr& read) -> const StoredBlobPtr* {
            const auto found = read->blobs.find(hash);
            return found == read->blobs.end() ? nullptr : &found->second;
        };
        const StoredBlobPtr* known = nullptr;
        for (const auto& read : chain_)
            if (known = in(read); known != nullptr) break;
        for (auto read = missed_.begin(); known == nullptr && read != missed_.end(); ++read)
            known = in(read->second);
        if (known != nullptr && *known != nullptr) return *known;
        // Who has none may have it later.
        if (const auto found = found_blobs_.find(hash); found != found_blobs_.end())
            return found->second;
        want(wanted_blobs_, hash);
        if (known != nullptr) return nullptr;
        return not_here(fmt::format("blob {}", to_hex(hash)));
    }

    void wake() {
        const std::scoped_lock lock{mutex_};
        is_woken_ = true;
        changed_.notify_all();
    }
    void look_every(std::chrono::milliseconds poll) {
        const std::scoped_lock lock{mutex_};
        poll_ = poll;
        is_woken_ = true;  // it rests for as long as it was
        changed_.notify_all();
    }
    void stop() {
        // Whoever is being told is told to the end.
        const std::scoped_lock telling{telling_};
        const std::scoped_lock lock{mutex_};
        is_stopped_ = true;
        changed_.notify_all();
    }
    bool wait_for_end() {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, END_TIMEOUT, [this] { return has_ended_; });
    }
    Status status() const {
        const std::scoped_lock lock{mutex_};
        return {heads_, error_};
    }
    bool take_missed() {
        const std::scoped_lock lock{mutex_};
        return std::exchange(has_missed_, false);
    }

    // ---- the reading thread's

    void run() {
        try {
            while (!is_stopped()) {
                const auto before = told();
                auto looked = look();
                {
                    const std::scoped_lock lock{mutex_};
                    error_ = looked ? std::nullopt : std::optional{std::move(looked.error())};
                }
                const bool has_found = read_wanted();
                if (has_found || told() != before) tell();
                rest();
            }
        } catch (const std::exception& failure) {
            fail(failure.what());
        }
        const std::scoped_lock lock{mutex_};
        has_ended_ = true;
        changed_.notify_all();
    }

  private:
    template <typename T>
    void want(std::set<T>& wanted, const T& what) {
        has_missed_ = true;
        if (wanted.size() < MAX_MISSED) wanted.insert(what);
        changed_.notify_all();
    }

    bool is_stopped() const {
        const std::scoped_lock lock{mutex_};
        return is_stopped_;
    }
    void tell() {
        const std::scoped_lock telling{telling_};
        if (!is_stopped() && options_.on_news) options_.on_news();
    }
    /// Ends with the exception that is handled.
    void fail(std::string what) {
        {
            const std::scoped_lock lock{mutex_};
            error_ = L1Error{L1Error::unreachable, std::move(what)};
        }
        const std::scoped_lock telling{telling_};
        if (!is_stopped() && options_.on_failure) options_.on_failure(std::current_exception());
    }
    /// What a node would see of this.
    std::pair<std::optional<L1BlockId>, std::optional<L1Error::Rule>> told() const {
        const std::scoped_lock lock{mutex_};
        return {chain_.empty() ? std::nullopt : std::optional{chain_.back()->id()},
                error_ ? std::optional{error_->rule} : std::nullopt};
    }

    void rest() {
        std::unique_lock lock{mutex_};
        // Blobs that nobody had are asked for again with the heads, not at once.
        changed_.wait_for(lock, error_ ? options_.poll : poll_, [this] {
            return is_stopped_ || is_woken_ || !wanted_blocks_.empty() ||
                   (is_full_ && room(chain_) > 0);
        });
        is_woken_ = false;
    }

    /// Returns how many blocks more may be read ahead of the node. The lock is held.
    uint64_t room(const Chain& chain) const {
        const uint64_t last = chain.empty() ? 0 : chain.back()->number();
        if (chain.empty() || last < next_) return options_.max_ahead;
        size_t bytes = 0;
        for (auto read = chain.rbegin(); read != chain.rend() && (*read)->number() >= next_; ++read)
            bytes += (*read)->bytes;
        const uint64_t ahead = last - next_ + 1;
        return bytes < options_.max_bytes && ahead < options_.max_ahead ? options_.max_ahead - ahead
                                                                        : 0;
    }

    /// Looks at the heads and reads up to them, as far as there is room. Until another branch is known
    /// to go on, the node sees the one that was there.
    Result<void, L1Error> look() {
        const L1Heads heads = TRY(source_->heads());
        Chain chain;
        {
            const std::scoped_lock lock{mutex_};
            heads_ = heads;
            is_full_ = false;
            chain = chain_;
        }
        bool was_cut = false;
        bool is_fresh = false;  // the last block was read under these heads
        size_t cuts = 0;
        const uint64_t top_before = chain.empty() ? 0 : chain.back()->number();
        while (!is_stopped()) {
            if (cuts > MAX_CUTS)
                return std::unexpected{
                    L1Error{L1Error::reorganised,
                            fmt::format("no steady chain up to block {}", heads.latest.number)}};
            if (chain.empty()) {
                auto read = TRY(read_one(first_to_read(heads.latest.number)));
                if (read->block == nullptr) return {};
                chain.push_back(std::move(read));
                is_fresh = true;
                publish(chain, was_cut);
                continue;
            }
            if (chain.back()->id() == heads.latest) {
                publish(chain, was_cut);
                return {};
            }
            const uint64_t top = chain.back()->number();
            if (top >= heads.latest.number) {
                if (is_fresh) return {};  // it was reorganised since the heads were told
                chain.pop_back();
                was_cut = true;
                ++cuts;
                continue;
            }
            const uint64_t left = [&] {
                const std::scoped_lock lock{mutex_};
                const uint64_t blocks = room(chain);
                is_full_ = blocks == 0;
                return blocks;
            }();
            if (left == 0) {
                publish(chain, was_cut);
                return {};
            }
            for (auto& read : read_from(top + 1, std::min(heads.latest.number - top, left))) {
                if (!read) return std::unexpected{read.error()};
                // The chain ends before the head that it had: the next look finds out.
                if ((*read)->block == nullptr) return {};
                if ((*read)->block->header().parent_hash != chain.back()->block->hash) {
                    chain.pop_back();
                    was_cut = true;
                    is_fresh = false;
                    ++cuts;
                    break;
                }
                chain.push_back(std::move(*read));
                is_fresh = true;
                if (!was_cut || chain.back()->number() >= top_before) publish(chain, was_cut);
            }
        }
        return {};
    }

    /// The node's last block, by which it sees whether L1 was reorganised.
    uint64_t first_to_read(uint64_t latest) const {
        const std::scoped_lock lock{mutex_};
        return std::min(next_ == 0 ? 0 : next_ - 1, latest);
    }

    /// Has the node see a chain, and forgets of it what lies far behind.
    void publish(Chain& chain, bool& was_cut) {
        const std::scoped_lock lock{mutex_};
        size_t bytes = 0;
        for (const auto& read : chain)
            if (read->number() < next_) bytes += read->bytes;
        while (chain.size() > 1 && chain.front()->number() + 1 < next_ &&
               (bytes > options_.max_bytes || chain.front()->number() + KEPT_BEHIND < next_)) {
            bytes -= chain.front()->bytes;
            chain.pop_front();
        }
        if (std::exchange(was_cut, false)) {
            next_ = std::min(next_, first_other(chain));
            missed_.clear();  // what was read for its sake may be of the branch that is no more
        }
        chain_ = chain;
    }
    /// Returns the number of the first block that the node has not seen in its chain. The lock is held.
    uint64_t first_other(const Chain& chain) const {
        for (const auto& read : chain) {
            const uint64_t number = read->number();
            const bool is_within = !chain_.empty() && number >= chain_.front()->number() &&
                                   number <= chain_.back()->number();
            if (!is_within) return number;
            if (chain_[static_cast<size_t>(number - chain_.front()->number())] != read)
                return number;
        }
        return chain.empty() ? 0 : chain.back()->number() + 1;
    }

    /// Reads some blocks at once, at most @p most, from @p number on.
    std::vector<Result<ReadPtr, L1Error>> read_from(uint64_t number, uint64_t most) const {
        const auto count = std::min<uint64_t>(options_.readers, most);
        std::vector<std::future<Result<ReadPtr, L1Error>>> later;
        for (uint64_t i = 1; i < count; ++i)
            later.push_back(
                std::async(std::launch::async, [this, number, i] { return read_one(number + i); }));
        std::vector<Result<ReadPtr, L1Error>> reads;
        reads.push_back(read_one(number));
        for (auto& each : later) reads.push_back(each.get());
        return reads;
    }

    Result<ReadPtr, L1Error> read_one(uint64_t number) const {
        auto read = std::make_shared<Read>();
        read->block = TRY(source_->block(number));
        if (read->block == nullptr) return read;
        read->bytes = chain::size_in_memory(*read->block);
        const auto is_of_settlement = [&](const Log& log) {
            return log.address == options_.settlement;
        };
        for (size_t i = 0; i < read->block->receipts.size(); ++i) {
            if (std::ranges::none_of(read->block->receipts[i].logs, is_of_settlement)) continue;
            for (const auto& hash : read->block->block.transactions[i].blob_versioned_hashes) {
                auto blob = TRY(source_->blob(hash));
                if (blob != nullptr) read->bytes += sizeof(chain::StoredBlob);
                read->blobs[hash] = std::move(blob);
            }
        }
        return read;
    }

    /// Reads what the node asked for and wasn't here. Returns whether anything came of it.
    bool read_wanted() {
        std::set<uint64_t> blocks;
        std::set<Hash> blobs;
        {
            const std::scoped_lock lock{mutex_};
            blocks.swap(wanted_blocks_);
            blobs.swap(wanted_blobs_);
        }
        bool has_found = false;
        for (const uint64_t number : blocks) has_found |= read_missed(number);
        for (const Hash& hash : blobs) {
            auto blob = source_->blob(hash);
            if (!blob || *blob == nullptr) continue;
            const std::scoped_lock lock{mutex_};
            if (found_blobs_.size() >= MAX_MISSED) found_blobs_.clear();
            found_blobs_[hash] = std::move(*blob);
            has_found = true;
        }
        return has_found;
    }
    bool read_missed(uint64_t number) {
        auto read = read_one(number);
        const std::scoped_lock lock{mutex_};
        if (!read) {
            error_ = read.error();
            return false;  // who is told of that would ask again at once
        }
        if (missed_.size() >= MAX_MISSED) missed_.clear();
        missed_[number] = std::move(*read);
        return true;
    }

    const std::shared_ptr<const L1Source> source_;
    const PrefetchOptions options_;

    std::mutex telling_;  // held while somebody is told
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    uint64_t next_;  // behind the last block of the chain that the node read
    std::chrono::milliseconds poll_;
    Chain chain_;  // that the node sees
    std::optional<L1Heads> heads_;
    std::optional<L1Error> error_;
    std::map<uint64_t, ReadPtr> missed_;
    std::map<Hash, StoredBlobPtr> found_blobs_;
    std::set<uint64_t> wanted_blocks_;
    std::set<Hash> wanted_blobs_;
    bool has_missed_ = false;
    bool is_full_ = false;
    bool is_woken_ = false;
    bool is_stopped_ = false;
    bool has_ended_ = false;
};

PrefetchingSource::PrefetchingSource(std::shared_ptr<const L1Source> source,
                                     PrefetchOptions options, uint64_t next)
    : reader_(std::make_shared<Reader>(std::move(source), std::move(options), next)) {
    std::thread{[reader = reader_] { reader->run(); }}.detach();
}

PrefetchingSource::~PrefetchingSource() {
    stop();
    // One that waits for an answer has all that it needs.
    (void)reader_->wait_for_end();
}

Result<L1Heads, L1Error> PrefetchingSource::heads() const {
    return reader_->heads();
}
Result<StoredBlockPtr, L1Error> PrefetchingSource::block(uint64_t number) const {
    return reader_->block(number);
}
Result<StoredBlobPtr, L1Error> PrefetchingSource::blob(const Hash& versioned_hash) const {
    return reader_->blob(versioned_hash);
}
void PrefetchingSource::wake() {
    reader_->wake();
}
void PrefetchingSource::look_every(std::chrono::milliseconds poll) {
    reader_->look_every(poll);
}
void PrefetchingSource::stop() {
    reader_->stop();
}
PrefetchingSource::Status PrefetchingSource::status() const {
    return reader_->status();
}
bool PrefetchingSource::take_missed() const {
    return reader_->take_missed();
}

}  // namespace scope::l1
