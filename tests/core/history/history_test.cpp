#include "core/history/history.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <limits>
#include <thread>

#include "core/base/files.h"
#include "core/domain/job.h"
#include "tests/support/run_records.h"
#include "tests/support/temp_folder.h"

namespace longship {
namespace {

const RunId kRun("20260101-000000-test");

// Fixed, not the demo's of today: the fixtures of old versions hold them.
constexpr const char* kJobYaml = "name: fixture\ndataset: fashion-mnist\n";

JobSpec fixedJob() {
    JobSpec job;
    job.globalBatch = 256;
    job.seed = 1;
    job.epochs = 1;
    return job;
}

std::unique_ptr<History> opened(const std::filesystem::path& path, HistoryOptions options = {}) {
    auto history = History::open(path, options);
    EXPECT_TRUE(history) << history.error().text;
    return std::move(*history);
}

std::vector<RunEvent> eventsOf(const RunId& run, std::uint64_t first = 1, std::uint64_t last = 11) {
    const auto bodies = test::oneOfEach(kJobYaml);
    std::vector<RunEvent> events;
    for (std::uint64_t sequence = first; sequence <= last; ++sequence) {
        events.push_back(test::eventOf(run.value, sequence, bodies[(sequence - 1) % bodies.size()]));
    }
    return events;
}

std::vector<StepRow> rowsOfTwoMemberships() {
    auto rows = test::rowsOf(1'000, fixedJob(), 1);
    for (Step step = 3; step < 6; ++step) {
        rows.push_back(test::rowOf(2, step));
    }
    rows.back().parameterHash = std::string(64, 'f');
    return rows;
}

TEST(History, WhatWasStoredIsReadBack) {
    const test::TempFolder folder;
    const auto history = opened(folder.path() / "history.db");
    const auto events = eventsOf(kRun);
    const auto rows = rowsOfTwoMemberships();
    history->append(events, rows, kRun);
    ASSERT_TRUE(history->sync());
    EXPECT_EQ(history->runs(), std::vector<RunId>{kRun});
    EXPECT_EQ(history->events(kRun, 0), events);
    EXPECT_EQ(history->rows(kRun, std::nullopt, 1'000), rows);
    EXPECT_EQ(history->snapshot(kRun), foldEvents(events));
    EXPECT_EQ(history->snapshots(), std::vector<RunSnapshot>{foldEvents(events)});
    EXPECT_EQ(history->lastRow(kRun), (RowKey{2, 5}));
    EXPECT_EQ(history->rowKeys(kRun).size(), history->rows(kRun, std::nullopt, 1000).size());
    EXPECT_EQ(history->rowKeys(kRun).back(), (RowKey{2, 5}));
    EXPECT_FALSE(history->problem());
}

TEST(History, ACursorGivesWhatIsBeyondIt) {
    const test::TempFolder folder;
    const auto history = opened(folder.path() / "history.db");
    const auto rows = rowsOfTwoMemberships();
    history->append(eventsOf(kRun), rows, kRun);
    ASSERT_TRUE(history->sync());
    EXPECT_EQ(history->events(kRun, 8), eventsOf(kRun, 9, 11));
    std::vector<StepRow> pulled;
    std::optional<RowKey> after;
    for (auto part = history->rows(kRun, after, 2); !part.empty(); part = history->rows(kRun, after, 2)) {
        pulled.insert(pulled.end(), part.begin(), part.end());
        after = part.back().key;
    }
    EXPECT_EQ(pulled, rows);
}

TEST(History, ARunThatIsNotThereHasNothing) {
    const test::TempFolder folder;
    const auto history = opened(folder.path() / "history.db");
    EXPECT_TRUE(history->sync()) << "nothing to wait for";
    EXPECT_TRUE(history->runs().empty() && history->snapshots().empty());
    EXPECT_FALSE(history->snapshot(kRun));
    EXPECT_FALSE(history->lastRow(kRun));
    EXPECT_TRUE(history->events(kRun, 0).empty());
    EXPECT_TRUE(history->rows(kRun, std::nullopt, 10).empty());
    EXPECT_TRUE(history->forget(kRun));
}

TEST(History, AppendingTwiceChangesNothing) {
    const test::TempFolder folder;
    const auto history = opened(folder.path() / "history.db");
    const auto rows = rowsOfTwoMemberships();
    history->append(eventsOf(kRun), rows, kRun);
    history->append(eventsOf(kRun, 5, 11), rows, kRun);
    auto changed = rows;
    changed[0].loss = 99;
    history->append({test::eventOf(kRun.value, 1, StateChanged{RunState::Failed})}, changed, kRun);
    ASSERT_TRUE(history->sync());
    EXPECT_EQ(history->events(kRun, 0), eventsOf(kRun));
    EXPECT_EQ(history->rows(kRun, std::nullopt, 1'000), rows);
}

TEST(History, TheSnapshotFollowsAlsoWhenEventsComeLate) {
    const test::TempFolder folder;
    const auto history = opened(folder.path() / "history.db");
    const auto check = [&] {
        ASSERT_TRUE(history->sync());
        EXPECT_EQ(history->snapshot(kRun), foldEvents(history->events(kRun, 0)));
        EXPECT_EQ(history->snapshots().front(), foldEvents(history->events(kRun, 0)));
    };
    history->append(eventsOf(kRun, 1, 3), {}, kRun);
    check();
    history->append(eventsOf(kRun, 6, 8), {}, kRun);
    check();
    history->append(eventsOf(kRun, 4, 5), {}, kRun);
    check();
    history->append(eventsOf(kRun, 9, 11), {}, kRun);
    check();
    EXPECT_EQ(history->snapshot(kRun), foldEvents(eventsOf(kRun)));
}

TEST(History, ALossThatIsNoNumberStaysOne) {
    const test::TempFolder folder;
    const auto history = opened(folder.path() / "history.db");
    auto rows = rowsOfTwoMemberships();
    rows[0].loss = std::numeric_limits<double>::quiet_NaN();
    rows[1].loss = std::numeric_limits<double>::infinity();
    rows[2].digest = {~std::uint64_t{0}, std::uint64_t{1} << 63, 7};
    history->append({}, rows, kRun);
    ASSERT_TRUE(history->sync());
    const auto back = history->rows(kRun, std::nullopt, 3);
    ASSERT_EQ(back.size(), 3u);
    EXPECT_TRUE(std::isnan(back[0].loss));
    EXPECT_EQ(back[1].loss, std::numeric_limits<double>::infinity());
    EXPECT_EQ(back[2].digest, rows[2].digest);
    EXPECT_EQ(history->snapshot(kRun)->run, kRun) << "rows alone make a run known";
}

TEST(History, RunsComeNewestFirstAndCanBeForgotten) {
    const test::TempFolder folder;
    const auto history = opened(folder.path() / "history.db");
    const RunId other("20250101-000000-late");  // An older name, but queued later.
    auto later = eventsOf(other);
    for (RunEvent& event : later) {
        event.time.microseconds += 1'000'000;
    }
    history->append(eventsOf(kRun), rowsOfTwoMemberships(), kRun);
    history->append(later, rowsOfTwoMemberships(), other);
    ASSERT_TRUE(history->sync());
    EXPECT_EQ(history->runs(), (std::vector<RunId>{other, kRun}));
    ASSERT_TRUE(history->forget(other));
    EXPECT_EQ(history->runs(), std::vector<RunId>{kRun});
    EXPECT_EQ(history->snapshots().size(), 1u);
    EXPECT_TRUE(history->rows(other, std::nullopt, 10).empty());
    history->append(eventsOf(other, 1, 2), {}, other);
    ASSERT_TRUE(history->sync());
    EXPECT_EQ(history->snapshot(other), foldEvents(eventsOf(other, 1, 2)))
        << "nothing of the old one is left";
}

TEST(History, WhatIsQueuedIsStoredWhenItCloses) {
    const test::TempFolder folder;
    opened(folder.path() / "history.db")->append(eventsOf(kRun), rowsOfTwoMemberships(), kRun);
    const auto again = opened(folder.path() / "history.db");
    EXPECT_EQ(again->events(kRun, 0), eventsOf(kRun));
    EXPECT_EQ(again->rows(kRun, std::nullopt, 100), rowsOfTwoMemberships());
}

// Studio and command line at once on one history is normal use.
TEST(History, TwoProgramsWriteTheSameFile) {
    const test::TempFolder folder;
    const auto path = folder.path() / "history.db";
    constexpr std::uint64_t kRounds = 150;
    const auto writeAs = [&](const char* name) {
        const auto history = History::open(path);
        if (!history) {
            return 1;
        }
        for (std::uint64_t round = 1; round <= kRounds; ++round) {
            const RunId shared("shared");
            (*history)->append(eventsOf(RunId(name), round, round), {test::rowOf(1, round)}, RunId(name));
            (*history)->append(eventsOf(shared, round, round), {test::rowOf(1, round)}, shared);
            if (!(*history)->sync()) {
                return 2;
            }
        }
        return 0;
    };
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        ::_exit(writeAs("child"));
    }
    EXPECT_EQ(writeAs("parent"), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    const auto history = opened(path);
    for (const char* name : {"child", "parent", "shared"}) {
        EXPECT_EQ(history->events(RunId(name), 0), eventsOf(RunId(name), 1, kRounds)) << name;
        EXPECT_EQ(history->rows(RunId(name), std::nullopt, 1'000).size(), kRounds) << name;
    }
}

TEST(History, OneProgramSeesWhatTheOtherStored) {
    const test::TempFolder folder;
    const auto studio = opened(folder.path() / "history.db");
    const auto commandLine = opened(folder.path() / "history.db");
    EXPECT_TRUE(studio->snapshots().empty());
    commandLine->append(eventsOf(kRun, 1, 4), {}, kRun);
    ASSERT_TRUE(commandLine->sync());
    EXPECT_EQ(studio->snapshot(kRun), foldEvents(eventsOf(kRun, 1, 4)));
    commandLine->append(eventsOf(kRun, 5, 11), {}, kRun);
    ASSERT_TRUE(commandLine->sync());
    EXPECT_EQ(studio->snapshot(kRun), foldEvents(eventsOf(kRun)));
}

TEST(History, ReadersAndWritersOfOneProgramDoNotDisturbEachOther) {
    const test::TempFolder folder;
    const auto history = opened(folder.path() / "history.db");
    std::atomic<bool> done = false;
    std::atomic<int> wrong = 0;
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i) {
        readers.emplace_back([&] {
            while (!done) {
                // A batch is seen whole or not at all.
                const auto rows = history->rows(kRun, std::nullopt, 10'000);
                const auto run = history->snapshot(kRun);
                wrong += rows.size() % 5 != 0 || (run && run->sequence * 5 < rows.size()) ? 1 : 0;
            }
        });
    }
    for (std::uint64_t round = 0; round < 100; ++round) {
        std::vector<StepRow> rows;
        for (Step step = 0; step < 5; ++step) {
            rows.push_back(test::rowOf(1, round * 5 + step));
        }
        history->append({test::eventOf(kRun.value, round + 1, StateChanged{RunState::Training})}, rows, kRun);
        EXPECT_TRUE(history->sync());
    }
    done = true;
    for (std::thread& reader : readers) {
        reader.join();
    }
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(history->rows(kRun, std::nullopt, 10'000).size(), 500u);
    EXPECT_FALSE(history->problem());
}

// A program may be killed between any two writes: what sync() promised is there, and nothing is half.
TEST(History, AKilledProgramLeavesAWholeHistory) {
    const test::TempFolder folder;
    const auto path = folder.path() / "history.db";
    int promises[2];
    ASSERT_EQ(::pipe(promises), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        const auto history = History::open(path);
        for (std::uint64_t round = 1; history; ++round) {
            (*history)->append({test::eventOf(kRun.value, round, StateChanged{RunState::Training})},
                               {test::rowOf(1, round)}, kRun);
            if (round % 3 == 0 && (*history)->sync() && ::write(promises[1], &round, sizeof(round)) < 0) {
                break;
            }
        }
        ::_exit(1);
    }
    ::close(promises[1]);
    std::uint64_t promised = 0;
    while (promised < 120 && ::read(promises[0], &promised, sizeof(promised)) == sizeof(promised)) {
    }
    ::kill(child, SIGKILL);
    while (::read(promises[0], &promised, sizeof(promised)) == sizeof(promised)) {
    }
    ::close(promises[0]);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    ASSERT_GE(promised, 120u);
    const auto history = opened(path);
    const auto events = history->events(kRun, 0);
    EXPECT_GE(events.size(), promised);
    EXPECT_EQ(events.back().sequence, events.size()) << "no gap";
    EXPECT_EQ(history->rows(kRun, std::nullopt, 100'000).size(), events.size());
}

TEST(History, AFileOfANewerVersionIsRefusedAndLeftAlone) {
    const test::TempFolder folder;
    const auto path = folder.path() / "history.db";
    opened(path)->append(eventsOf(kRun), {}, kRun);
    SQLite::Database(path.string(), SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 7");
    const std::string before = readFile(path).value();
    const auto refused = History::open(path);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::Refused);
    EXPECT_NE(refused.error().text.find("its format is 7"), std::string::npos) << refused.error().text;
    EXPECT_NE(refused.error().text.find("up to 1"), std::string::npos) << refused.error().text;
    EXPECT_EQ(readFile(path).value(), before);
}

TEST(History, ADatabaseOfAnotherProgramIsRefused) {
    const test::TempFolder folder;
    const auto path = folder.path() / "places.sqlite";
    SQLite::Database(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec("CREATE TABLE a (b)");
    const std::string before = readFile(path).value();
    const auto refused = History::open(path);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::Refused);
    EXPECT_EQ(readFile(path).value(), before);
}

void expectPutAside(const std::filesystem::path& path) {
    const std::string damaged = readFile(path).value();
    const auto broken = History::open(path);
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().kind, ErrorKind::Corrupt);
    const auto at = broken.error().text.find(path.string() + ".damaged-");
    ASSERT_NE(at, std::string::npos) << broken.error().text;
    const std::string aside = broken.error().text.substr(at, broken.error().text.find(';') - at);
    EXPECT_EQ(readFile(aside).value(), damaged) << "nothing of the damaged file is lost";
    EXPECT_TRUE(opened(path)->runs().empty());
}

TEST(History, GarbageIsPutAside) {
    const test::TempFolder folder;
    const auto path = folder.path() / "history.db";
    ASSERT_TRUE(writeFileAtomically(path, std::string(20'000, 'x')));
    expectPutAside(path);
}

TEST(History, ADamagedPageIsPutAside) {
    const test::TempFolder folder;
    const auto path = folder.path() / "history.db";
    opened(path)->append(eventsOf(kRun), rowsOfTwoMemberships(), kRun);
    std::string bytes = readFile(path).value();
    ASSERT_GT(bytes.size(), 16'384u);
    bytes.replace(8'192, 4'096, std::string(4'096, '\x55'));
    ASSERT_TRUE(writeFileAtomically(path, bytes));
    expectPutAside(path);
}

TEST(History, AFolderThatCannotBeWrittenIsAnIoError) {
    const auto result = History::open("/proc/longship/history.db");
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().text.find("/proc/longship"), std::string::npos) << result.error().text;
}

TEST(History, AFullDiskIsSaidAndTriedAgain) {
    const test::TempFolder folder;
    const auto history = opened(folder.path() / "history.db", {.bytesMax = 400'000});
    const RunId old("old");
    RunQueued large;
    large.jobYaml = std::string(250'000, '#');
    history->append({test::eventOf("old", 1, large)}, {}, old);
    ASSERT_TRUE(history->sync());
    history->append({test::eventOf(kRun.value, 1, large)}, rowsOfTwoMemberships(), kRun);
    const auto full = history->sync();
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().kind, ErrorKind::Exhausted);
    EXPECT_TRUE(history->problem());
    EXPECT_EQ(history->runs(), std::vector<RunId>{old}) << "nothing of the failed batch is there";
    ASSERT_TRUE(history->forget(old));
    const auto stored = history->sync();
    ASSERT_TRUE(stored) << stored.error().text;
    EXPECT_EQ(history->rows(kRun, std::nullopt, 100), rowsOfTwoMemberships());
    EXPECT_FALSE(history->problem());
}

/// Writes beyond this size fail while it lives, as they do on a disk that has a problem.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t bytes) : m_handler(::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &m_before);
        const rlimit limit{bytes, m_before.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit() {
        ::setrlimit(RLIMIT_FSIZE, &m_before);
        ::signal(SIGXFSZ, m_handler);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;

private:
    sighandler_t m_handler;
    rlimit m_before{};
};

TEST(History, AFailingDiskIsSaidAndWhatWaitsIsStoredLater) {
    const test::TempFolder folder;
    const auto history = opened(folder.path() / "history.db");
    history->append(eventsOf(kRun, 1, 3), {}, kRun);
    ASSERT_TRUE(history->sync());
    {
        const FileSizeLimit limit(4'096);
        history->append(eventsOf(kRun, 4, 11), rowsOfTwoMemberships(), kRun);
        const auto failed = history->sync();
        ASSERT_FALSE(failed);
        EXPECT_EQ(failed.error().kind, ErrorKind::Io);
        EXPECT_NE(failed.error().text.find("history.db"), std::string::npos);
    }
    const auto stored = history->sync();
    ASSERT_TRUE(stored) << stored.error().text;
    EXPECT_EQ(history->events(kRun, 0), eventsOf(kRun));
    EXPECT_EQ(history->rows(kRun, std::nullopt, 100), rowsOfTwoMemberships());
}

TEST(History, AFailedBatchIsTriedAgainWithoutBeingAsked) {
    const test::TempFolder folder;
    const auto history = opened(folder.path() / "history.db");
    {
        const FileSizeLimit limit(4'096);
        history->append(eventsOf(kRun), {}, kRun);
        ASSERT_FALSE(history->sync());
    }
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (history->runs().empty() && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::yield();
    }
    EXPECT_EQ(history->events(kRun, 0), eventsOf(kRun));
}

// Every released format stays readable. A new one brings its own schema_N.sql.
/// What was written when the first schema was the newest one: incidents were not resolved then.
std::vector<RunEvent> eventsOfTheFirstSchema() {
    std::vector<RunEvent> events;
    for (RunEventBody body : test::oneOfEach(kJobYaml)) {
        if (auto* incident = std::get_if<IncidentRaised>(&body)) {
            incident->choices.clear();
        }
        const bool unknownThen = std::holds_alternative<IncidentResolved>(body) ||
                                 std::holds_alternative<CheckpointCommitted>(body);
        if (!unknownThen) {
            events.push_back(test::eventOf(kRun.value, events.size() + 1, std::move(body)));
        }
    }
    return events;
}

TEST(History, FilesOfAllVersionsAreReadable) {
    for (int version = 1; version <= 1; ++version) {
        const test::TempFolder folder;
        const auto path = folder.path() / "history.db";
        const std::string sql =
            readFile(LONGSHIP_TEST_DATA "/history/schema_" + std::to_string(version) + ".sql").value();
        SQLite::Database(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec(sql);
        const auto history = opened(path);
        EXPECT_EQ(history->runs(), std::vector<RunId>{kRun});
        EXPECT_EQ(history->events(kRun, 0), eventsOfTheFirstSchema()) << version;
        EXPECT_EQ(history->rows(kRun, std::nullopt, 100), rowsOfTwoMemberships()) << version;
        EXPECT_EQ(history->snapshots(), std::vector<RunSnapshot>{foldEvents(eventsOfTheFirstSchema())})
            << version;
        history->append(eventsOf(kRun, 12, 12), {}, kRun);
        EXPECT_TRUE(history->sync());
        EXPECT_EQ(history->snapshot(kRun)->sequence, 12u);
    }
}

}  // namespace
}  // namespace longship
