#include "net/hub.hpp"

#include <algorithm>
#include <future>
#include <iterator>
#include <utility>

#include "base/check.hpp"

namespace scope::net {
namespace {

/// After so long the worker turns to other tasks.
constexpr std::chrono::milliseconds SLICE{10};
/// What a notification takes beside its text: a Delivery, a string and what allocating them costs.
constexpr size_t NOTIFICATION_OVERHEAD = 256;
/// So many notifications wake the network though the worker is not done: who reads gets them, and
/// is not taken for one that doesn't.
constexpr size_t WAKE_FROM = 64;

size_t held_by(const std::string& notification) {
    return notification.size() + NOTIFICATION_OVERHEAD;
}

}  // namespace

Hub::Hub(Worker& worker, RpcHandler& handler, MessageLimits limits, size_t max_notification_bytes,
         std::shared_ptr<Metrics> metrics, std::function<void()> wake)
    : worker_(worker),
      handler_(handler),
      metrics_(std::move(metrics)),
      max_notification_bytes_(max_notification_bytes),
      wake_(std::move(wake)),
      runner_(
          handler, limits,
          // A batch that waits holds its answer's function, and that the hub.
          [this](MessageRunner::Task task) {
              if (!is_closed_) worker_.post(std::move(task));
          },
          metrics_.get()) {}

void Hub::submit(std::vector<Incoming>& batch) {
    {
        const std::scoped_lock lock{incoming_mutex_};
        std::ranges::move(batch, std::back_inserter(incoming_));
        batch.clear();
        if (std::exchange(drain_posted_, true)) return;
    }
    worker_.post([self = shared_from_this()] { self->drain(); });
}

/// While it lives, the worker's answers wake nobody: who runs this looks at what there is at its end.
class Hub::Draining {
  public:
    explicit Draining(bool& flag) : flag_(flag) { flag_ = true; }
    ~Draining() { flag_ = false; }
    Draining(const Draining&) = delete;
    Draining& operator=(const Draining&) = delete;

  private:
    bool& flag_;
};

void Hub::run_as_drain(Incoming& incoming) {
    const Draining draining{draining_};
    run(incoming);
}

void Hub::take(std::vector<Delivery>& out) {
    const std::scoped_lock lock{outgoing_mutex_};
    wake_called_ = false;
    given_up_bytes_ = 0;
    out.swap(outgoing_);
}

void Hub::close() {
    CHECK(!worker_.is_current());
    is_closed_ = true;
    {
        const std::scoped_lock lock{wake_mutex_};
        wake_ = nullptr;
    }
    {
        const std::scoped_lock lock{incoming_mutex_};
        incoming_.clear();
    }
    // What the worker is at may be a call. A worker that stops meanwhile drops the promise.
    std::promise<void> done;
    std::future<void> is_done = done.get_future();
    if (worker_.post([self = shared_from_this(), done = std::move(done)]() mutable {
            self->work_.clear();
            done.set_value();
        }))
        is_done.wait();
}

void Hub::deliver(Delivery&& delivery) {
    if (is_closed_) return;
    const bool is_for_drain = worker_.is_current() && draining_;
    {
        const std::scoped_lock lock{outgoing_mutex_};
        outgoing_.push_back(std::move(delivery));
        if (is_for_drain || std::exchange(wake_called_, true)) return;
    }
    wake();
}

// --- Notifications.

bool Hub::notify(QueuedSubscriber& to, std::shared_ptr<const std::string> message) {
    if (is_closed_ || to.ended()) return false;
    const bool is_for_drain = worker_.is_current() && draining_;
    {
        const std::scoped_lock lock{outgoing_mutex_};
        if (!subscribers_.contains(&to)) return false;
        const size_t size = held_by(*message);
        outgoing_.push_back({.kind = Delivery::Kind::notification,
                             .to = to.connection_,
                             .notification = std::move(message),
                             .has_ended = to.ended_});
        ++to.messages_;
        to.bytes_ += size;
        notification_bytes_ += size;
        if (to.messages_ > to.max_messages_ || to.bytes_ > to.max_bytes_) give_up(to);
        if (notification_bytes_ > max_notification_bytes_)
            give_up(**std::ranges::max_element(subscribers_, {}, &QueuedSubscriber::bytes_));
        most_notification_bytes_ = std::max(most_notification_bytes_, notification_bytes_);
        if (given_up_bytes_ > max_notification_bytes_ / 4) drop_given_up();
        const bool can_wait = is_for_drain && outgoing_.size() < WAKE_FROM;
        if (can_wait || std::exchange(wake_called_, true)) return !to.ended();
    }
    wake();
    return !to.ended();
}

void Hub::notified(QueuedSubscriber& to, const std::string& message) {
    const std::scoped_lock lock{outgoing_mutex_};
    if (!subscribers_.contains(&to)) return;
    --to.messages_;
    to.bytes_ -= held_by(message);
    notification_bytes_ -= held_by(message);
}

void Hub::add(QueuedSubscriber& subscriber) {
    const std::scoped_lock lock{outgoing_mutex_};
    subscribers_.insert(&subscriber);
}

void Hub::remove(QueuedSubscriber& subscriber) {
    const std::scoped_lock lock{outgoing_mutex_};
    given_up_bytes_ += forget(subscriber);
}

size_t Hub::notification_bytes() {
    const std::scoped_lock lock{outgoing_mutex_};
    return notification_bytes_;
}

size_t Hub::take_most_notification_bytes() {
    const std::scoped_lock lock{outgoing_mutex_};
    return std::exchange(most_notification_bytes_, notification_bytes_);
}

/// Returns what waited for it.
size_t Hub::forget(QueuedSubscriber& subscriber) {
    if (subscribers_.erase(&subscriber) == 0) return 0;
    notification_bytes_ -= subscriber.bytes_;
    return subscriber.bytes_;
}

void Hub::give_up(QueuedSubscriber& subscriber) {
    *subscriber.ended_ = true;
    given_up_bytes_ += forget(subscriber);
    outgoing_.push_back({.kind = Delivery::Kind::too_slow, .to = subscriber.connection_});
}

/// Frees what waits for those given up, which the network might take long to come to.
void Hub::drop_given_up() {
    given_up_bytes_ = 0;
    std::erase_if(outgoing_, [](const Delivery& delivery) {
        return delivery.has_ended && *delivery.has_ended;
    });
}

// --- The worker's side.

void Hub::drain() {
    /// Whatever ends this, an exception too: what is done goes out, what is left goes on later.
    struct AtEnd {
        explicit AtEnd(Hub& hub_) : hub(hub_) {}
        ~AtEnd() {
            hub.wake_if_needed();
            hub.drain_later();
        }
        AtEnd(const AtEnd&) = delete;
        AtEnd& operator=(const AtEnd&) = delete;
        Hub& hub;
    };
    const AtEnd at_end{*this};
    const Draining draining{draining_};
    const auto begin = Clock::now();
    while (Clock::now() - begin < SLICE && has_work()) {
        wake_if_needed();  // an answer waits for the end of its own message, not of others
        Incoming incoming = std::move(work_.front());
        work_.pop_front();
        run(incoming);
    }
}

bool Hub::has_work() {
    if (!work_.empty()) return true;
    const std::scoped_lock lock{incoming_mutex_};
    std::ranges::move(incoming_, std::back_inserter(work_));
    incoming_.clear();
    return !work_.empty();
}

void Hub::drain_later() {
    const std::scoped_lock lock{incoming_mutex_};
    drain_posted_ = !work_.empty() || !incoming_.empty();
    if (drain_posted_) worker_.post([self = shared_from_this()] { self->drain(); });
}

void Hub::run(Incoming& incoming) {
    if (incoming.has_ended)
        handler_.closed(*incoming.message.subscriber);
    else
        runner_.run(std::move(incoming.message));
}

void Hub::wake_if_needed() {
    {
        const std::scoped_lock lock{outgoing_mutex_};
        if (outgoing_.empty() || std::exchange(wake_called_, true)) return;
    }
    wake();
}

/// Not under the lock that the network takes first when it is awake.
void Hub::wake() {
    const std::scoped_lock lock{wake_mutex_};
    if (wake_) wake_();
}

AnswerOnce::AnswerOnce(std::shared_ptr<Hub> hub, std::weak_ptr<Connection> connection,
                       size_t request_bytes, Hub::Clock::time_point received)
    : hub_(std::move(hub)),
      connection_(std::move(connection)),
      request_bytes_(request_bytes),
      received_(received) {}

AnswerOnce::~AnswerOnce() {
    if (hub_) hub_->deliver({.kind = Delivery::Kind::dropped, .request_bytes = request_bytes_});
}

void AnswerOnce::operator()(Answer&& answer) {
    CHECK(hub_ != nullptr);
    std::exchange(hub_, nullptr)
        ->deliver({.kind = Delivery::Kind::answer,
                   .to = std::move(connection_),
                   .answer = std::move(answer),
                   .request_bytes = request_bytes_,
                   .received = received_});
}

QueuedSubscriber::QueuedSubscriber(std::shared_ptr<Hub> hub, std::weak_ptr<Connection> connection,
                                   size_t max_messages, size_t max_bytes)
    : hub_(std::move(hub)),
      connection_(std::move(connection)),
      max_messages_(max_messages),
      max_bytes_(max_bytes) {
    hub_->add(*this);
}

QueuedSubscriber::~QueuedSubscriber() {
    hub_->remove(*this);
}

bool QueuedSubscriber::send(std::shared_ptr<const std::string> message) {
    return hub_->notify(*this, std::move(message));
}

void QueuedSubscriber::end() {
    *ended_ = true;
    hub_->remove(*this);
}

}  // namespace scope::net
