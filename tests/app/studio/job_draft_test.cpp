// The draft of a new run, as a file and as a form, without a display.
#include <QSignalSpy>
#include <QTest>

#include "app/studio/viewmodels/draft_keeper.h"
#include "app/studio/viewmodels/job_draft.h"
#include "app/studio/viewmodels/run_estimate.h"
#include "core/base/files.h"
#include "tests/support/temp_folder.h"

using namespace longship;
using namespace longship::test;

namespace {

const std::string kFile =
    "# Our first try.\n"
    "dataset:   fashion-mnist\n"
    "optimizer: {kind: sgd,  momentum: 0.5}  # tuned\n"
    "epochs: 3   # enough\n"
    "note: ours\n";

std::vector<std::string> keysOf(const JobDraft& draft) {
    std::vector<std::string> keys;
    for (const JobProblem& problem : draft.problems()) {
        keys.push_back(problem.key);
    }
    return keys;
}

RunSnapshot pastRun(const char* id, const JobSpec& job, const std::vector<const char*>& nodes) {
    RunSnapshot run;
    run.run = RunId(id);
    run.state = RunState::Completed;
    run.cluster = "lab";
    run.jobYaml = toYaml(job);
    run.trainingAt = UtcTime{1'000'000};
    run.finishedAt = UtcTime{61'000'000};
    run.prepared.emplace().trainingSamples = 60'000;
    run.finished.emplace().samples = 60'000;
    MembershipCommitted membership;
    for (const char* node : nodes) {
        membership.members.push_back({0, TaskId("worker-0"), 1, NodeId(node)});
    }
    run.memberships.push_back(membership);
    return run;
}

}  // namespace

class JobDraftTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theFormChangesOnlyItsValueInTheFile();
    void whatWasTypedAndTakenBackLeavesTheFileAsItWas();
    void everyBadValueIsShownAtOnce_data();
    void everyBadValueIsShownAtOnce();
    void whatMeansNothingNowComesBack();
    void aStrangeKeyIsAProblemAndStays();
    void aValueThatIsLeftOutShowsItsDefault();
    void aTableStandsBesideItsFile();
    void theCommandStartsTheSameJob();
    void aDraftSurvivesARestart();
    void aDamagedDraftIsStartedAnew();
    void theEstimateComesFromTheSameWork();
};

void JobDraftTest::theFormChangesOnlyItsValueInTheFile() {
    JobDraft draft;
    draft.setFile(kFile, QStringLiteral("/tmp/job.yaml"));
    QVERIFY(!draft.isUnsaved());
    draft.setText("epochs", QStringLiteral("12"));
    draft.setText("seed", QStringLiteral("9"));
    QCOMPARE(draft.yaml().toStdString(),
             "# Our first try.\n"
             "dataset:   fashion-mnist\n"
             "optimizer: {kind: sgd,  momentum: 0.5}  # tuned\n"
             "epochs: 12   # enough\n"
             "seed: 9\n"
             "note: ours\n");
    QVERIFY(draft.isUnsaved());
    QCOMPARE(draft.job().epochs, std::uint64_t{12});
}

void JobDraftTest::whatWasTypedAndTakenBackLeavesTheFileAsItWas() {
    JobDraft draft;
    draft.setFile(kFile, QStringLiteral("/tmp/job.yaml"));
    for (const char* text : {"", "x", "30", "3"}) {
        draft.setText("epochs", QString::fromLatin1(text));
    }
    draft.setText("optimizer.kind", QStringLiteral("adam"));
    draft.setText("optimizer.kind", QStringLiteral("sgd"));
    QCOMPARE(draft.yaml().toStdString(), kFile);
    QVERIFY(!draft.isUnsaved());
}

void JobDraftTest::everyBadValueIsShownAtOnce_data() {
    QTest::addColumn<QString>("key");
    QTest::addColumn<QString>("typed");
    const std::pair<const char*, const char*> bad[] = {
        {"name", ""},
        {"epochs", "0"},
        {"epochs", "many"},
        {"epochs", "-1"},
        {"epochs", "1.5"},
        {"epochs", "1000001"},
        {"epochs", "[1"},
        {"epochs", "3 # three"},
        {"epochs", "99999999999999999999999"},
        {"global_batch", "0"},
        {"global_batch", "16777217"},
        {"micro_batch", "100000"},
        {"seed", "-1"},
        {"workers", "1025"},
        {"workers", "all"},
        {"optimizer.learning_rate", "0"},
        {"optimizer.learning_rate", "nan"},
        {"optimizer.learning_rate", "inf"},
        {"optimizer.learning_rate", "0,05"},
        {"optimizer.momentum", "1"},
        {"optimizer.weight_decay", "-0.1"},
        {"recovery.tolerate_silence", "3"},
        {"recovery.tolerate_silence", "1h"},
        {"recovery.tolerate_silence", "100ms"},
        {"checkpoint.replicas", "17"},
        {"checkpoint.every_steps", "often"},
        {"numerics", "roughly"},
        {"device", "abacus"},
        {"model.name", "brain"},
        {"dataset.name", "nothing-known"},
    };
    int row = 0;
    for (const auto& [key, typed] : bad) {
        QTest::addRow("%d %s %s", row++, key, typed)
            << QString::fromLatin1(key) << QString::fromLatin1(typed);
    }
}

void JobDraftTest::everyBadValueIsShownAtOnce() {
    QFETCH(QString, key);
    QFETCH(QString, typed);
    JobDraft draft;
    draft.setText("strategy.kind", QStringLiteral("alreduce"));  // Another mistake, far from it.
    draft.setText(key.toStdString(), typed);
    QCOMPARE(draft.problems().size(), std::size_t{2});
    const auto keys = keysOf(draft);
    QVERIFY(std::find(keys.begin(), keys.end(), key.toStdString()) != keys.end());
    QVERIFY(std::find(keys.begin(), keys.end(), "strategy.kind") != keys.end());
    QCOMPARE(draft.text(key.toStdString()), typed);
    for (const JobProblem& problem : draft.problems()) {
        QVERIFY(problem.line > 0);
    }
}

void JobDraftTest::whatMeansNothingNowComesBack() {
    JobDraft draft;
    draft.setText("optimizer.momentum", QStringLiteral("0.25"));
    draft.setText("optimizer.kind", QStringLiteral("adam"));
    QVERIFY(draft.isValid());
    QVERIFY(!draft.isUsed("optimizer.momentum"));
    QVERIFY(draft.isUsed("optimizer.beta1"));
    QVERIFY(!draft.yaml().contains(QStringLiteral("momentum")));
    draft.setText("optimizer.kind", QStringLiteral("sgd"));
    QCOMPARE(draft.job().optimizer.momentum, 0.25);
}

void JobDraftTest::aStrangeKeyIsAProblemAndStays() {
    JobDraft draft;
    draft.setFile(kFile);
    QCOMPARE(keysOf(draft), std::vector<std::string>{"note"});
    QCOMPARE(draft.problems().front().line, 5);
    draft.setText("epochs", QStringLiteral("4"));
    QVERIFY(draft.yaml().contains(QStringLiteral("note: ours\n")));
    QVERIFY(!draft.isValid());
}

void JobDraftTest::aValueThatIsLeftOutShowsItsDefault() {
    JobDraft draft;
    draft.setFile("dataset: fashion-mnist\n");
    QVERIFY(draft.isValid());
    QCOMPARE(draft.text("global_batch"), QString());
    QCOMPARE(draft.standard("global_batch"), QStringLiteral("256"));
    QCOMPARE(draft.value("model.name"), QStringLiteral("cnn"));
    QCOMPARE(draft.standard("micro_batch"), QString());
    draft.setText("global_batch", QStringLiteral("64"));
    draft.setText("global_batch", QString());
    QCOMPARE(draft.yaml(), QStringLiteral("dataset: fashion-mnist\n"));
}

void JobDraftTest::aTableStandsBesideItsFile() {
    JobDraft draft;
    draft.setFile("dataset: {csv: wine.csv, label: quality}\n", QStringLiteral("/data/jobs/wine.yaml"));
    QCOMPARE(draft.job().dataset.csv, std::string("/data/jobs/wine.csv"));
    QCOMPARE(draft.job().model.name, std::string("mlp"));
    QVERIFY(draft.isUsed("dataset.test_fraction"));
    draft.edit([](JobSpec& job) { job.epochs = 5; });
    QVERIFY(draft.yaml().contains(QStringLiteral("csv: wine.csv")));
    draft.edit([](JobSpec& job) {
        job.dataset = {};
        job.dataset.name = "fashion-mnist";
    });
    QVERIFY(draft.isValid());
    QVERIFY(!draft.yaml().contains(QStringLiteral("wine")));
}

void JobDraftTest::theCommandStartsTheSameJob() {
    JobDraft draft;
    draft.setFile(kFile.substr(0, kFile.find("note")), QStringLiteral("/tmp/my job.yaml"));
    QCOMPARE(draft.command("lab"), QStringLiteral("longship run '/tmp/my job.yaml' --cluster lab"));
    draft.setText("epochs", QStringLiteral("4"));
    draft.setText("name", QStringLiteral("it's"));
    QCOMPARE(draft.command("lab"),
             QStringLiteral("longship run '/tmp/my job.yaml' --cluster lab --set epochs=4 "
                            "--set 'name=it'\\''s'"));
    // What no --set can say goes along as a whole.
    draft.setText("optimizer.kind", QStringLiteral("adam"));
    const QString whole = draft.command("lab");
    QVERIFY(whole.startsWith(QStringLiteral("longship run /dev/stdin --cluster lab <<'END_OF_JOB'\n")));
    QVERIFY(whole.contains(draft.yaml()));
}

void JobDraftTest::aDraftSurvivesARestart() {
    const TempFolder folder;
    const auto file = folder.path() / "new_run.json";
    DraftState before;
    {
        JobDraft draft;
        const DraftKeeper keeper(draft, file);
        draft.setFile(kFile, QStringLiteral("/tmp/job.yaml"));
        draft.setText("epochs", QStringLiteral("half"));
        draft.setText("name", QString());
        before = draft.state();
    }
    JobDraft draft;
    QSignalSpy changed(&draft, &JobDraft::changed);
    const DraftKeeper keeper(draft, file);
    QVERIFY(draft.state() == before);
    QCOMPARE(draft.text("epochs"), QStringLiteral("half"));
    QCOMPARE(changed.size(), 1);
    // While the studio runs, too: it may be killed.
    draft.setText("epochs", QStringLiteral("6"));
    QTRY_VERIFY(readFile(file).value_or("").find("\"6\"") != std::string::npos);
}

void JobDraftTest::aDamagedDraftIsStartedAnew() {
    const TempFolder folder;
    const auto file = folder.path() / "new_run.json";
    for (const char* bytes : {"", "{", "[]", "{\"base\":3}", "{\"base\":\"epochs: 1\"}"}) {
        QVERIFY(writeFileAtomically(file, bytes).has_value());
        JobDraft draft;
        const DraftKeeper keeper(draft, file);
        QVERIFY(draft.job() == demoJob());
    }
}

void JobDraftTest::theEstimateComesFromTheSameWork() {
    const std::set<NodeId> ready{NodeId("a"), NodeId("b")};
    JobSpec job = demoJob();
    job.epochs = 3;
    QVERIFY(!estimateRun(job, "lab", ready, {}));
    JobSpec other = demoJob();
    other.globalBatch = 7;
    const std::vector<RunSnapshot> strangers{pastRun("1", other, {"a", "b"}), pastRun("2", demoJob(), {"a"})};
    QVERIFY(!estimateRun(job, "lab", ready, strangers));
    std::vector<RunSnapshot> runs{pastRun("1", demoJob(), {"x", "y"})};
    auto known = estimateRun(job, "lab", ready, runs);
    QVERIFY(known.has_value());
    QVERIFY(!known->sameNodes);
    QCOMPARE(known->seconds, 180.0);
    QCOMPARE(known->samplesPerSecond, 1000.0);
    runs.push_back(pastRun("2", demoJob(), {"a", "b"}));
    known = estimateRun(job, "lab", ready, runs);
    QVERIFY(known->sameNodes);
    QCOMPARE(known->from.value, std::string("2"));
    QVERIFY(!estimateRun(job, "home", ready, runs));
}

QTEST_GUILESS_MAIN(JobDraftTest)
#include "job_draft_test.moc"
