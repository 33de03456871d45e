#include "core/domain/job_file.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "core/base/random.h"
#include "core/domain/job_yaml.h"
#include "tests/core/domain/any_job.h"

namespace longship {
namespace {

std::string changed(std::string_view yaml, const JobChanges& changes) {
    const auto text = changeJobFile(yaml, changes);
    return text ? *text : "refused: " + text.error().text;
}

TEST(JobFile, OnlyTheValueIsRewritten) {
    EXPECT_EQ(changed("# mine\nepochs:   3   # enough\ndataset: fashion-mnist\n", {{"epochs", "12"}}),
              "# mine\nepochs:   12   # enough\ndataset: fashion-mnist\n");
    EXPECT_EQ(changed("name: 'it''s # mine'\nepochs: 3\n", {{"name", "yours"}}), "name: yours\nepochs: 3\n");
    EXPECT_EQ(changed("model: {name: mlp, hidden: [64,32]} # wide\n", {{"model.hidden", "8 4"}}),
              "model: {name: mlp, hidden: [8, 4]} # wide\n");
    EXPECT_EQ(changed("epochs: 3\r\nseed: 1\r\n", {{"epochs", "4"}}), "epochs: 4\r\nseed: 1\r\n");
}

TEST(JobFile, TheSameValueChangesNothing) {
    const std::string yaml = "epochs:  \"3\" # as text\nmodel: {hidden: [ 64,32 ], name: mlp}\n";
    EXPECT_EQ(changed(yaml, {{"epochs", "3"}, {"model.hidden", "64 32"}}), yaml);
}

TEST(JobFile, AWordBecomesAMap) {
    EXPECT_EQ(changed("optimizer: adam  # quick\n", {{"optimizer.beta1", "0.5"}}),
              "optimizer: {kind: adam, beta1: 0.5}  # quick\n");
    EXPECT_EQ(changed("optimizer: adam  # quick\n", {{"optimizer.kind", "sgd"}}),
              "optimizer: sgd  # quick\n");
}

TEST(JobFile, ANewKeyStandsBesideItsKin) {
    EXPECT_EQ(changed("dataset: fashion-mnist\nepochs: 3  # a\n# b\nseed: 1\n", {{"global_batch", "64"}}),
              "dataset: fashion-mnist\nepochs: 3  # a\nglobal_batch: 64\n# b\nseed: 1\n");
    EXPECT_EQ(changed("optimizer:\n    kind: sgd\n\nseed: 1", {{"optimizer.momentum", "0.5"}}),
              "optimizer:\n    kind: sgd\n    momentum: 0.5\n\nseed: 1");
    EXPECT_EQ(changed("seed: 1", {{"checkpoint.replicas", "3"}}), "seed: 1\ncheckpoint:\n  replicas: 3\n");
    EXPECT_EQ(changed("{seed: 1}", {{"epochs", "3"}, {"recovery.policy", "ask"}}),
              "{seed: 1, epochs: 3, recovery: {policy: ask}}");
    EXPECT_EQ(changed("# nothing yet\n", {{"epochs", "3"}}), "# nothing yet\nepochs: 3\n");
}

TEST(JobFile, WhatIsTakenOutLeavesItsComment) {
    EXPECT_EQ(changed("optimizer:\n  kind: sgd\n  momentum: 0.9 # tried\n  weight_decay: 0\n",
                      {{"optimizer.momentum", std::nullopt}}),
              "optimizer:\n  kind: sgd\n  # tried\n  weight_decay: 0\n");
    EXPECT_EQ(changed("checkpoint:\n  replicas: 2\nseed: 1\n", {{"checkpoint.replicas", std::nullopt}}),
              "seed: 1\n");
    EXPECT_EQ(changed("model: {name: cnn, hidden: [1]}\n", {{"model.hidden", std::nullopt}}),
              "model: {name: cnn}\n");
    EXPECT_EQ(
        changed("dataset: fashion-mnist\nseed: 1\n",
                {{"dataset.csv", "my table.csv"}, {"dataset.label", "y"}, {"dataset.name", std::nullopt}}),
        "dataset: {csv: \"my table.csv\", label: \"y\"}\nseed: 1\n");
}

TEST(JobFile, AListInLinesBecomesOneInBrackets) {
    EXPECT_EQ(changed("model:\n  name: mlp\n  hidden:  # wide\n  - 64\n  - 32 # narrow\nseed: 1\n",
                      {{"model.hidden", "8"}}),
              "model:\n  name: mlp\n  hidden: [8] # narrow\n  # wide\nseed: 1\n");
}

TEST(JobFile, UnknownKeysStay) {
    const std::string yaml =
        "who: {is: [this, {x: \"a # b\"}]}\nepochs: 3\nwhat: |\n  # text\n  more\nseed: 1\n";
    EXPECT_EQ(changed(yaml, {{"epochs", "4"}, {"seed", "2"}}),
              "who: {is: [this, {x: \"a # b\"}]}\nepochs: 4\nwhat: |\n  # text\n  more\nseed: 2\n");
}

TEST(JobFile, WhatStandsElsewhereIsRefused) {
    EXPECT_FALSE(changeJobFile("epochs: &n 3\nseed: *n\n", JobChanges{{"epochs", "4"}}));
    EXPECT_FALSE(changeJobFile("epochs: [", JobChanges{{"epochs", "4"}}));
    EXPECT_FALSE(changeJobFile("just words", JobChanges{{"epochs", "4"}}));
}

TEST(JobFile, AnAliasBombIsHarmless) {
    std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n";
    for (char name = 'b'; name < 'z'; ++name) {
        const std::string alias = std::string(", *") + static_cast<char>(name - 1);
        bomb += std::string(1, name) + ": &" + name + " [x";
        for (int i = 0; i < 9; ++i) {
            bomb += alias;
        }
        bomb += "]\n";
    }
    EXPECT_TRUE(changeJobFile(bomb + "epochs: 1\n", JobChanges{{"epochs", "4"}}));
}

TEST(JobFile, EveryKeyIsDescribed) {
    JobSpec table;
    table.dataset = {"", "a.csv", "y", 0.1, std::string(64, 'a')};
    table.model.name = "mlp";
    table.microBatch = 1;
    table.checkpoint.everySteps = 5;
    table.strategy.kind = StrategyKind::ParameterServer;
    table.strategy.mode = ParameterServerMode::Ssp;
    JobSpec adam = demoJob();
    adam.optimizer.kind = OptimizerKind::Adam;
    std::set<std::string> written;
    JobSpec served = demoJob();
    served.strategy.kind = StrategyKind::ParameterServer;
    for (const JobSpec& job : {table, adam, served, demoJob()}) {
        const JobValues values = jobValues(job);
        for (const auto& [key, value] : values) {
            const JobKey* known = jobKey(key);
            ASSERT_NE(known, nullptr) << key;
            EXPECT_TRUE(hasMeaning(*known, values)) << key;
            EXPECT_FALSE(known->about.empty()) << key;
            written.insert(key);
        }
    }
    for (const JobKey& key : jobKeys()) {
        EXPECT_TRUE(written.contains(std::string(key.key))) << key.key;
    }
}

/// A job's file as some person would have written it: sections in any of their forms, values left out where
/// they are the default, comments everywhere.
class Scribe {
public:
    explicit Scribe(std::uint64_t seed) : m_random(seed), m_break(m_random.below(4) == 0 ? "\r\n" : "\n") {}

    std::string write(const JobSpec& job) {
        JobValues values = jobValues(job);
        remark(0);
        while (!values.empty()) {
            const std::string key = values.begin()->first;
            const std::size_t dot = key.find('.');
            if (dot == std::string::npos) {
                line(0, key + ":" + gap() + valueOf(key, values[key]));
                values.erase(key);
                continue;
            }
            const std::string section = key.substr(0, dot + 1);
            JobValues members;
            for (auto at = values.begin(); at != values.end();) {
                const bool mine = at->first.starts_with(section);
                if (mine) {
                    members.insert(*at);
                }
                at = mine ? values.erase(at) : std::next(at);
            }
            writeSection(key.substr(0, dot), members);
        }
        return m_text;
    }

private:
    void writeSection(const std::string& section, const JobValues& members) {
        if (m_random.below(2) == 0) {
            std::string items;
            for (const auto& [key, value] : members) {
                items += (items.empty() ? "" : "," + gap()) + key.substr(section.size() + 1) + ": " +
                         valueOf(key, value);
            }
            return line(0, section + ": {" + items + "}");
        }
        line(0, section + ":");
        const std::size_t indent = 1 + m_random.below(4);
        for (const auto& [key, value] : members) {
            line(indent, key.substr(section.size() + 1) + ":" + gap() + valueOf(key, value));
        }
    }

    std::string valueOf(const std::string& key, const std::string& value) {
        // The writer's own way is one way; jobFileValues() has told what it means.
        const std::string one = *changeJobFile("", JobChanges{{key, value}});
        std::string text = one.substr(one.find(key.substr(key.find('.') + 1) + ": "));
        text = text.substr(text.find(": ") + 2);
        return text.substr(0, text.find('\n'));
    }

    std::string gap() { return std::string(1 + m_random.below(3), ' '); }

    void line(std::size_t indent, const std::string& text) {
        m_text += std::string(indent, ' ') + text;
        m_text += m_random.below(3) == 0 ? gap() + comment() : "";
        m_text += m_break;
        remark(indent);
    }

    void remark(std::size_t indent) {
        if (m_random.below(4) == 0) {
            m_text += std::string(indent, ' ') + comment() + m_break;
        }
    }

    std::string comment() { return "# remark " + std::to_string(m_comments++) + " of: {mine}"; }

    SeededRandom m_random;
    std::string m_break;
    std::string m_text;
    int m_comments = 0;
};

std::vector<std::string> linesOf(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) {
        lines.push_back(line);
    }
    return lines;
}

RC_GTEST_PROP(JobFile, AnyFileBecomesAnyJob, (std::uint64_t seed)) {
    const JobSpec from = anyJob();
    const JobSpec to = anyJob();
    const std::string yaml = Scribe(seed).write(from);
    RC_LOG() << yaml;
    const JobResult read = parseJob(yaml);
    RC_ASSERT(read.has_value());
    RC_ASSERT(*read == from);
    RC_ASSERT(changeJobFile(yaml, from).value_or("refused") == yaml);
    const auto other = changeJobFile(yaml, to);
    RC_ASSERT(other.has_value());
    RC_LOG() << "becomes\n" << *other;
    const JobResult back = parseJob(*other);
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == to);
    for (const std::string& line : linesOf(yaml)) {
        if (const auto at = line.find("# remark");
            at != std::string::npos && line.find('"') == std::string::npos) {
            const std::string comment = line.substr(at, line.find('\r') - at);
            RC_ASSERT(other->find(comment) != std::string::npos);
        }
    }
}

RC_GTEST_PROP(JobFile, OneChangeTouchesOneLine, (std::uint64_t seed)) {
    const JobSpec from = anyJob();
    JobSpec to = from;
    const int which = *rc::gen::inRange(0, 6);
    switch (which) {
        case 0: to.epochs += 1; break;
        case 1: to.optimizer.learningRate *= 2; break;
        case 2: to.name += "7"; break;
        case 3: to.seed ^= 1; break;
        case 4: to.checkpoint.replicas = to.checkpoint.replicas % 16 + 1; break;
        default: to.device = to.device == Device::Cpu ? Device::Cuda : Device::Cpu; break;
    }
    const std::string yaml = Scribe(seed).write(from);
    const auto other = changeJobFile(yaml, to);
    RC_ASSERT(other.has_value());
    RC_ASSERT(parseJob(*other).value() == to);
    const auto before = linesOf(yaml);
    const auto after = linesOf(*other);
    RC_ASSERT(before.size() == after.size());
    int differing = 0;
    for (std::size_t i = 0; i < before.size(); ++i) {
        differing += before[i] == after[i] ? 0 : 1;
    }
    RC_ASSERT(differing == 1);
}

// Whatever a person types into a field stands in the file, and nothing else changes.
RC_GTEST_PROP(JobFile, AnyTypedTextIsKept, (std::uint64_t seed)) {
    const std::string yaml = Scribe(seed).write(anyJob()) + "stranger: [1, {a: b}] # stays\n";
    const auto keys = jobKeys();
    const JobKey& key = keys[*rc::gen::inRange<std::size_t>(0, keys.size())];
    const std::string typed = "x" + anyText() + "x";
    const auto other = changeJobFile(yaml, JobChanges{{std::string(key.key), typed}});
    RC_ASSERT(other.has_value());
    JobValues before = jobFileValues(yaml);
    JobValues after = jobFileValues(*other);
    RC_ASSERT(key.kind == JobValueKind::Wholes || after[std::string(key.key)] == typed);
    before.erase(std::string(key.key));
    after.erase(std::string(key.key));
    RC_ASSERT(before == after);
    RC_ASSERT(other->find("stranger: [1, {a: b}] # stays") != std::string::npos);
}

RC_GTEST_PROP(JobFile, AnyDamageIsAnswered, (std::uint64_t seed)) {
    SeededRandom random(seed);
    std::string yaml = Scribe(seed).write(anyJob());
    constexpr std::string_view kSpice = "{}[]:,&*!|>'\"%@#-?~\n\t \xff\x80<=9e.";
    for (std::uint64_t i = 0, count = 1 + random.below(6); i < count && !yaml.empty(); ++i) {
        const std::size_t at = random.below(yaml.size());
        if (random.below(2) == 0) {
            yaml[at] = kSpice[random.below(kSpice.size())];
        } else {
            yaml.erase(at, 1 + random.below(5));
        }
    }
    const auto other =
        changeJobFile(yaml, JobChanges{{"epochs", "77"}, {"optimizer.momentum", std::nullopt}});
    if (other) {
        RC_ASSERT(jobFileValues(*other).find("epochs")->second == "77");
    }
}

}  // namespace
}  // namespace longship
