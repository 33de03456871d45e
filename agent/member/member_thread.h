#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <variant>
#include <vector>

#include "agent/member/member_work.h"
#include "core/base/bounded_queue.h"
#include "core/transport/faults/link_faults.h"

namespace longship {

class LinkReport;

/// The thread that works: prepares, binds the data plane, then takes one seat after another. A broken
/// membership ends nothing: the data port and the work wait for the next seat. Public functions belong to the
/// control thread. There is no orderly end in the middle of a computation: who destroys it ends the process
/// right after.
class MemberThread {
public:
    static constexpr std::size_t kEventsMax = 1024;  ///< Then the work waits for the control thread.
    /// A peer that sends nothing, over a link that works, is waited for this long; then all come together
    /// anew, and who hangs shows. Doubled each time, until progress is made: some steps take long.
    static constexpr std::chrono::milliseconds kIdlePatienceMin{30'000};
    static constexpr std::chrono::milliseconds kIdlePatienceMax{600'000};

    /// `wake` is called from this thread and those of the work when there is an event.
    MemberThread(WorkerConfig config, std::unique_ptr<MemberWork> work, std::function<void()> wake);
    ~MemberThread();

    void start();
    void enter(EnterMembership seat);
    /// Interrupts every membership below `number`, in whatever it is, and has MemberFrozen told once the work
    /// is at rest.
    void freeze(MembershipNumber number);
    void requestStop() { m_work->requestStop(); }
    /// Does its share of a drill: to the links, or to what is written.
    void injectFault(const InjectFault& fault);
    std::optional<MemberEvent> poll() { return m_events.tryPop(); }
    WorkerMachine::Progress progress() const { return m_work->progress(); }

private:
    void run();
    Result<void> work();
    Result<void> prepare();
    Result<void> bindDataPort(MemberReady& ready);
    Result<void> serve(const EnterMembership& seat);
    Result<void> takeSeat(const MemberWork::Place& place);
    void tellBroken(const EnterMembership& seat, Error error, bool hadProgress);
    std::vector<BrokenLink> brokenLinks(const EnterMembership& seat) const;
    void rest();
    void tell(MemberEvent event);

    const WorkerConfig m_config;
    const std::function<void()> m_wake;
    const std::shared_ptr<LinkFaults> m_linkFaults = std::make_shared<LinkFaults>();
    const std::shared_ptr<DiskFaults> m_diskFaults = std::make_shared<DiskFaults>();
    BoundedQueue<MemberEvent> m_events{kEventsMax};
    using Order = std::variant<EnterMembership, FreezeTraining>;
    BoundedQueue<Order> m_orders{16};
    // This thread only.
    JobSpec m_job;
    MembershipNumber m_entered = 0;
    std::chrono::milliseconds m_stuckAfter{};
    std::chrono::milliseconds m_idlePatience = kIdlePatienceMin;
    std::shared_ptr<LinkReport> m_report;  ///< Of the membership under way.

    std::mutex m_mutex;  ///< For the port, which the control thread interrupts.
    std::unique_ptr<DataPort> m_port;

    std::unique_ptr<MemberWork> m_work;  ///< Ends before the queues: its threads tell events.
    std::thread m_thread;
};

}  // namespace longship
