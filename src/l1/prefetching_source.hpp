#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>

#include "l1/l1_source.hpp"

namespace scope::l1 {

struct PrefetchOptions {
    Address settlement;  ///< the blobs of transactions with an event of this contract are read too
    std::chrono::milliseconds poll{1000};  ///< between two looks at the heads
    uint64_t max_ahead = 256;              ///< blocks behind the last that was read here
    size_t max_bytes = size_t{64} << 20;   ///< of blocks and blobs ahead; `readers` blocks more
    size_t readers = 16;                   ///< blocks that are read at once
    /// Is called, on a thread of its own, when there is something that wasn't: heads, an error, or
    /// what was asked for and had to be read. Null: nobody is told.
    std::function<void()> on_news;
    /// Is told, on that thread, what the source threw: the machine's fault, not L1's, such as a disk that
    /// is full. Nothing is read any more then. Null: nobody is told.
    std::function<void(std::exception_ptr)> on_failure;
};

/// An L1Source for a node whose thread may not wait: a thread of its own asks another source for
/// the heads, again and again, and reads the blocks behind them, with blobs, ahead of the node.
///
/// All that it answers is of one chain, the one that was read: `latest` is the last block that is
/// here, so that one advance() of a follower is at most max_ahead blocks. What isn't here (a block far
/// back, a blob nobody foresaw) is L1Error::slow, is read, and then is news.
///
/// heads() is an error while the source fails, and for ever once it has thrown, as soon as there is no
/// block that was not asked for. block() and blob() never wait.
///
/// Memory: max_bytes and some blocks ahead, and as much of what was read; MAX_MISSED blocks that were
/// asked for.
class PrefetchingSource final : public L1Source {
  public:
    /// Starts the thread.
    /// @param next  The number of the block that the node reads next.
    PrefetchingSource(std::shared_ptr<const L1Source> source, PrefetchOptions options,
                      uint64_t next);
    /// Ends the thread; one that waits for an answer is left to end by itself.
    ~PrefetchingSource() override;
    PrefetchingSource(const PrefetchingSource&) = delete;
    PrefetchingSource& operator=(const PrefetchingSource&) = delete;

    [[nodiscard]] Result<L1Heads, L1Error> heads() const override;
    [[nodiscard]] Result<chain::StoredBlockPtr, L1Error> block(uint64_t number) const override;
    [[nodiscard]] Result<chain::StoredBlobPtr, L1Error> blob(
        const Hash& versioned_hash) const override;

    /// Has the heads looked at now: somebody said that there are new ones.
    void wake();
    /// Sets the time between two looks at the heads, while the source doesn't fail; where it does,
    /// PrefetchOptions::poll counts.
    void look_every(std::chrono::milliseconds poll);
    /// Tells nobody any more, and reads nothing.
    void stop();

    struct Status {
        std::optional<L1Heads> heads;  ///< as the source told them last
        std::optional<L1Error> error;  ///< of the last try; nullopt: it went well
    };
    [[nodiscard]] Status status() const;
    /// Whether block or blob had to say, since it was asked last, that something isn't here yet:
    /// then no more is wrong than that, and news follow.
    [[nodiscard]] bool take_missed() const;

    static constexpr uint64_t KEPT_BEHIND = 64;  ///< blocks, for going back
    static constexpr size_t MAX_MISSED = 64;

  private:
    class Reader;
    std::shared_ptr<Reader> reader_;
};

}  // namespace scope::l1
