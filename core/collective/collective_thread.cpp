#include "core/collective/collective_thread.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "core/base/check.h"

namespace longship {
namespace {

using Maker = std::function<Result<std::unique_ptr<Communicator>>()>;

tl::unexpected<Error> interruptedFailure() {
    return failure(ErrorKind::Interrupted, "The collective operation was interrupted.");
}

}  // namespace

// Jobs are few at any time: one per bucket of a step. Their number is bounded by the trainer's bucket plan.
struct CollectiveThread::State {
    /// Gets the communicator, or the error that every job fails with.
    using Job = std::function<void(Result<Communicator*>)>;

    void run(const Maker& make);
    void execute(const Job& job);
    std::optional<Job> nextJob();
    void interrupt();

    template <typename T, typename Operation>
    std::future<Result<T>> submit(Operation operation);

    std::promise<Result<void>> startedPromise;
    std::shared_future<Result<void>> started{startedPromise.get_future()};

    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Job> jobs;
    bool isClosed = false;
    bool isInterrupted = false;
    Communicator* current = nullptr;  // While it lives, for interrupt() and the counters.

    std::optional<Error> makeError;  // Only the thread.
    std::unique_ptr<Communicator> communicator;
    std::thread thread;
};

void CollectiveThread::State::run(const Maker& make) {
    auto made = make();
    {
        const std::lock_guard lock(mutex);
        if (made) {
            communicator = std::move(*made);
            current = communicator.get();
            if (isInterrupted) {
                current->mesh().interrupt();
            }
        } else {
            makeError = made.error();
        }
    }
    startedPromise.set_value(makeError ? Result<void>(failure(*makeError)) : Result<void>());
    while (const auto job = nextJob()) {
        execute(*job);
    }
    std::unique_ptr<Communicator> last;
    {
        const std::lock_guard lock(mutex);
        current = nullptr;
        last = std::move(communicator);
    }
}

void CollectiveThread::State::execute(const Job& job) {
    bool interrupted = false;
    {
        const std::lock_guard lock(mutex);
        interrupted = isInterrupted;
    }
    if (makeError) {
        job(failure(*makeError));
    } else if (interrupted) {
        job(interruptedFailure());
    } else {
        job(communicator.get());
    }
}

/// Also hands out what was queued before the close, so that every future becomes ready.
std::optional<CollectiveThread::State::Job> CollectiveThread::State::nextJob() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return isClosed || !jobs.empty(); });
    if (jobs.empty()) {
        return std::nullopt;
    }
    Job job = std::move(jobs.front());
    jobs.pop_front();
    return job;
}

void CollectiveThread::State::interrupt() {
    const std::lock_guard lock(mutex);
    isInterrupted = true;
    if (current != nullptr) {
        current->mesh().interrupt();
    }
}

template <typename T, typename Operation>
std::future<Result<T>> CollectiveThread::State::submit(Operation operation) {
    // std::function wants to be copied, which a promise cannot be: the job and its copies share it.
    const auto promise = std::make_shared<std::promise<Result<T>>>();
    Job job = [promise, operation = std::move(operation)](Result<Communicator*> available) {
        promise->set_value(available ? operation(**available) : Result<T>(failure(available.error())));
    };
    {
        const std::lock_guard lock(mutex);
        jobs.push_back(std::move(job));
    }
    changed.notify_one();
    return promise->get_future();
}

CollectiveThread::CollectiveThread(Maker make) : m_state(std::make_unique<State>()) {
    m_state->thread = std::thread([state = m_state.get(), make = std::move(make)] { state->run(make); });
}

CollectiveThread::~CollectiveThread() {
    m_state->interrupt();
    {
        const std::lock_guard lock(m_state->mutex);
        m_state->isClosed = true;
    }
    m_state->changed.notify_one();
    m_state->thread.join();
}

Result<void> CollectiveThread::started() {
    return m_state->started.get();
}

Rank CollectiveThread::rank() const {
    const std::lock_guard lock(m_state->mutex);
    LONGSHIP_CHECK(m_state->current != nullptr, "the rank is known once started() has succeeded");
    return m_state->current->rank();
}

std::uint32_t CollectiveThread::size() const {
    const std::lock_guard lock(m_state->mutex);
    LONGSHIP_CHECK(m_state->current != nullptr, "the size is known once started() has succeeded");
    return m_state->current->size();
}

std::future<Result<void>> CollectiveThread::allreduce(Values values) {
    return m_state->submit<void>([values](Communicator& communicator) {
        return std::visit([&](auto span) { return communicator.allreduce(span); }, values);
    });
}

std::future<Result<std::vector<std::vector<std::byte>>>> CollectiveThread::allgather(
    std::vector<std::byte> mine) {
    return m_state->submit<std::vector<std::vector<std::byte>>>(
        [mine = std::move(mine)](Communicator& communicator) { return communicator.allgather(mine); });
}

std::future<Result<void>> CollectiveThread::broadcast(std::span<std::byte> bytes, Rank root) {
    return m_state->submit<void>(
        [bytes, root](Communicator& communicator) { return communicator.broadcast(bytes, root); });
}

std::future<Result<void>> CollectiveThread::relay(std::span<std::byte> bytes, Rank root,
                                                  std::vector<bool> receives) {
    return m_state->submit<void>([bytes, root, receives = std::move(receives)](Communicator& communicator) {
        return communicator.relay(bytes, root, receives);
    });
}

std::future<Result<void>> CollectiveThread::perform(std::function<Result<void>(Exchange&)> operation) {
    return m_state->submit<void>([operation = std::move(operation)](Communicator& communicator) {
        return communicator.perform(operation);
    });
}

void CollectiveThread::interrupt() {
    m_state->interrupt();
}

std::uint64_t CollectiveThread::bytesSent() const {
    const std::lock_guard lock(m_state->mutex);
    return m_state->current == nullptr ? 0 : m_state->current->mesh().bytesSent();
}

std::uint64_t CollectiveThread::bytesReceived() const {
    const std::lock_guard lock(m_state->mutex);
    return m_state->current == nullptr ? 0 : m_state->current->mesh().bytesReceived();
}

}  // namespace longship
