// Words and numbers as people read them, and their translation.
#include <algorithm>
#include <cmath>

#include <QFile>
#include <QTest>
#include <QTranslator>
#include <QXmlStreamReader>

#include "app/studio/text/cluster_words.h"
#include "app/studio/text/finding_words.h"
#include "app/studio/text/job_key_words.h"
#include "app/studio/text/phrase_words.h"
#include "app/studio/text/problem_words.h"
#include "app/studio/text/words.h"
#include "core/deploy/check_findings.h"
#include "core/deploy/pair_checks.h"

using namespace longship;

namespace {

QString plain(QString text) {
    return text.replace(QChar(0x00a0), u' ');
}

bool isChinese(const QString& text) {
    return std::any_of(text.begin(), text.end(),
                       [](QChar letter) { return letter.script() == QChar::Script_Han; });
}

}  // namespace

class TextTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void numbersKeepTheirWidth();
    void unitsAreReadable();
    void problemsSayWhatToEnter();
    void everyKeyOfAJobHasATitle();
    void everyErrorKindHasASentence();
    void chineseIsLoaded();
    void everySentenceOfARunIsTranslated();
    void everyFindingOfACheckIsTranslated();
    void whatChecksFindAndAdviseIsOfAKnownKind();
};

void TextTest::numbersKeepTheirWidth() {
    QCOMPARE(plain(Words::count(0)), QStringLiteral("0"));
    QCOMPARE(plain(Words::count(999)), QStringLiteral("999"));
    QCOMPARE(plain(Words::count(60000)), QStringLiteral("60 000"));
    QCOMPARE(plain(Words::count(1234567)), QStringLiteral("1 234 567"));
    QCOMPARE(Words::number(0.43214), QStringLiteral("0.4321"));
    QCOMPARE(Words::number(2.3026), QStringLiteral("2.3026"));
    QCOMPARE(Words::number(12.5), QStringLiteral("12.500"));
    QCOMPARE(Words::number(std::nullopt), Words::none());
    QVERIFY(!Words::number(std::nan("")).isEmpty());
}

void TextTest::unitsAreReadable() {
    QCOMPARE(plain(Words::bytes(0)), QStringLiteral("0 B"));
    QCOMPARE(plain(Words::bytes(1250)), QStringLiteral("1.25 kB"));
    QCOMPARE(plain(Words::bytes(999.9e6)), QStringLiteral("1.00 GB"));
    QCOMPARE(plain(Words::percent(0.8512)), QStringLiteral("85.12 %"));
    QCOMPARE(Words::duration(42), QStringLiteral("0:42"));
    QCOMPARE(Words::duration(3905), QStringLiteral("1:05:05"));
    QCOMPARE(Words::duration(-1), Words::none());
}

void TextTest::problemsSayWhatToEnter() {
    JobSpec job = demoJob();
    job.epochs = 0;
    job.optimizer.learningRate = -1;
    job.dataset.name.clear();
    job.dataset.csv = "table.csv";
    QHash<QString, QString> sentences;
    for (const JobProblem& problem : checkJob(job)) {
        sentences[QString::fromStdString(problem.key)] = ProblemWords::of(problem);
    }
    QCOMPARE(sentences[QStringLiteral("epochs")], QStringLiteral("Enter a whole number of at least 1."));
    QCOMPARE(sentences[QStringLiteral("optimizer.learning_rate")], QStringLiteral("Enter a number above 0."));
    QCOMPARE(sentences[QStringLiteral("dataset.label")], QStringLiteral("Choose the column to predict."));
}

/// A new key of a job needs words here; until then a form shows it as the file has it.
void TextTest::everyKeyOfAJobHasATitle() {
    for (const JobKey& key : jobKeys()) {
        const QString inFile = QString::fromUtf8(key.key.data(), static_cast<qsizetype>(key.key.size()));
        QVERIFY2(JobKeyWords::title(key.key) != inFile, qPrintable(inFile));
        for (const std::string_view word : key.words) {
            QVERIFY(!JobKeyWords::choice(key.key, word).isEmpty());
        }
    }
    for (const JobPreset& preset : jobPresets()) {
        QVERIFY(JobKeyWords::preset(preset.name).size() > static_cast<qsizetype>(preset.name.size()));
    }
}

void TextTest::everyErrorKindHasASentence() {
    for (const ErrorKind kind : {ErrorKind::BadInput, ErrorKind::NotFound, ErrorKind::Unavailable,
                                 ErrorKind::Refused, ErrorKind::Corrupt, ErrorKind::Exhausted,
                                 ErrorKind::Interrupted, ErrorKind::Io, ErrorKind::Internal}) {
        QVERIFY(Words::error({kind, "The facts."}).contains(QStringLiteral("The facts.")));
    }
}

void TextTest::chineseIsLoaded() {
    QTranslator translator;
    QVERIFY(translator.load(QStringLiteral(":/i18n/longship_zh_CN.qm")));
    QCoreApplication::installTranslator(&translator);
    QCOMPARE(Words::of(RunState::Training), QStringLiteral("训练中"));
    QCoreApplication::removeTranslator(&translator);
    QCOMPARE(Words::of(RunState::Training), QStringLiteral("Training"));
}

/// What the cluster says of a run is data: each kind has a text of its own in each language.
void TextTest::everySentenceOfARunIsTranslated() {
    QTranslator translator;
    QVERIFY(translator.load(QStringLiteral(":/i18n/longship_zh_CN.qm")));
    for (const PhrasePattern& pattern : phrasePatterns()) {
        QString english =
            QString::fromUtf8(pattern.english.data(), static_cast<qsizetype>(pattern.english.size()));
        Phrase phrase{std::string(pattern.kind), {}};
        for (int gap = 1; english.contains(u'{'); ++gap) {
            english.replace(english.indexOf(u'{'), 3, QStringLiteral("%%1").arg(gap));
            phrase.values.push_back("value" + std::to_string(gap));
        }
        QCOMPARE(PhraseWords::source(pattern.kind), english);
        QCoreApplication::installTranslator(&translator);
        const QString chinese = PhraseWords::of(phrase, "nothing");
        QCoreApplication::removeTranslator(&translator);
        QVERIFY2(isChinese(chinese), qPrintable(english));
        for (const std::string& value : phrase.values) {
            QVERIFY2(chinese.contains(QString::fromStdString(value)), qPrintable(chinese));
        }
    }
    QCOMPARE(PhraseWords::of({}, "node-b was lost: its agent never answered"),
             QStringLiteral("node-b was lost: its agent never answered"));
    QCoreApplication::installTranslator(&translator);
    // A record from before, whose texts have no kind yet; and a sentence in a sentence.
    QCOMPARE(PhraseWords::of({}, "node-b was lost: its agent never answered"),
             QStringLiteral("node-b 失联：其代理从未应答"));
    QCOMPARE(PhraseWords::of({}, "stopped on request, without a model: all workers were lost"),
             QStringLiteral("应要求停止，没有模型：所有工作进程均已失去"));
    QCOMPARE(PhraseWords::of({"of-a-newer-cluster", {"x"}}, "Something new."),
             QStringLiteral("Something new."));
    QCoreApplication::removeTranslator(&translator);
}

/// What checks of machines find is data, too.
void TextTest::everyFindingOfACheckIsTranslated() {
    QTranslator translator;
    QVERIFY(translator.load(QStringLiteral(":/i18n/longship_zh_CN.qm")));
    for (const PhrasePattern& pattern : findingPatterns()) {
        QString english =
            QString::fromUtf8(pattern.english.data(), static_cast<qsizetype>(pattern.english.size()));
        QStringList values;
        for (int gap = 1; english.contains(u'{'); ++gap) {
            english.replace(english.indexOf(u'{'), 3, QStringLiteral("%%1").arg(gap));
            values << QStringLiteral("value%1").arg(gap);
        }
        QCOMPARE(FindingWords::source(pattern.kind), english);
        const QString said = filled(english, {values.begin(), values.end()});
        QCOMPARE(FindingWords::of(said.toStdString()), said);
        QCoreApplication::installTranslator(&translator);
        const QString chinese = FindingWords::of(said.toStdString());
        QCoreApplication::removeTranslator(&translator);
        QVERIFY2(isChinese(chinese), qPrintable(english));
        for (const QString& value : values) {
            QVERIFY2(chinese.contains(value), qPrintable(chinese));
        }
    }
    QCOMPARE(FindingWords::of("something of a newer node"), QStringLiteral("something of a newer node"));
}

void TextTest::whatChecksFindAndAdviseIsOfAKnownKind() {
    const NodeFacts facts = parseFacts(
        "kernel=Plan9\nmachine=mips\nprocessors=4\ncpu=a b\nglibc=none\nhome=/h\nwritable=yes\n"
        "executable=no\nfree_kib=5\nmemory_kib=6\nopen_files=7\nkill_user_processes=b true\n"
        "missing_tool=tar\n");
    std::vector<CheckResult> results = judgeFacts(NodeId("n1"), facts, "x86_64", -4000);
    LinkMeasure slow;
    slow.bytesPerSecond = 1;
    slow.roundTripSeconds = 1;
    for (const CheckResult& one : judgeLink(NodeId("n1"), NodeId("n2"), "10.0.0.2 port 7", slow)) {
        results.push_back(one);
    }
    QTranslator translator;
    QVERIFY(translator.load(QStringLiteral(":/i18n/longship_zh_CN.qm")));
    QCoreApplication::installTranslator(&translator);
    int bad = 0;
    for (const CheckResult& one : results) {
        bad += one.ok ? 0 : 1;
        QVERIFY2(one.ok || isChinese(ClusterWords::remedy(one)), one.remedy.c_str());
        // A rate and a way are numbers and addresses in any language.
        const bool plain = one.check == "bandwidth" || one.check == "route";
        QVERIFY2(plain || isChinese(FindingWords::of(one.detail)), one.detail.c_str());
    }
    QCoreApplication::removeTranslator(&translator);
    QVERIFY2(bad >= 8, qPrintable(QString::number(bad)));
}

QTEST_GUILESS_MAIN(TextTest)
#include "text_test.moc"
