#include "core/deploy/deploy_plan.h"

#include <gtest/gtest.h>

#include "core/base/digest.h"

namespace longship {
namespace {

BundleFile fileOf(std::string path, std::string text, bool ofAgent) {
    BundleFile file{std::move(path), {}, std::move(text), 0, {}, ofAgent};
    file.bytes = file.text.size();
    file.sha256 = sha256Hex(std::as_bytes(std::span(file.text)));
    return file;
}

class DeployPlanTest : public ::testing::Test {
protected:
    DeployPlanTest() {
        bundle.architecture = "x86_64";
        bundle.id = "v2";
        bundle.files = {fileOf("lib/a", "aaaa", true), fileOf("lib/b", "bb", false),
                        fileOf("lib/copy", "aaaa", false)};
        facts = parseFacts(
            "kernel=Linux\nmachine=x86_64\nhome=/users/"
            "ada\nwritable=yes\nexecutable=yes\nfree_kib=1000000\n");
    }
    void storeHas(const BundleFile& file) { facts.store[file.sha256] = file.bytes; }
    std::vector<DeployStepKind> kinds() const {
        const auto steps = planDeploy(facts, bundle);
        EXPECT_TRUE(steps.has_value()) << steps.error().text;
        std::vector<DeployStepKind> found;
        for (const DeployStep& step : *steps) {
            found.push_back(step.kind);
        }
        return found;
    }
    Error refusal() const {
        const auto steps = planDeploy(facts, bundle);
        EXPECT_FALSE(steps.has_value());
        return steps ? Error{} : steps.error();
    }

    using K = DeployStepKind;
    Bundle bundle;
    NodeFacts facts;
};

TEST_F(DeployPlanTest, AnEmptyNodeGetsEverythingOnce) {
    const auto steps = planDeploy(facts, bundle);
    ASSERT_TRUE(steps.has_value());
    EXPECT_EQ(kinds(), (std::vector<K>{K::Upload, K::ReadBack, K::Runtime, K::Switch, K::Start, K::Prove}));
    EXPECT_EQ((*steps)[0], (DeployStep{K::Upload, {0}, 4}));
    EXPECT_EQ((*steps)[1], (DeployStep{K::ReadBack, {0}, 4}));
    EXPECT_EQ((*steps)[2], (DeployStep{K::Runtime, {1}, 2}));
}

TEST_F(DeployPlanTest, OnlyWhatIsMissingIsSent) {
    storeHas(bundle.files[0]);
    const auto steps = planDeploy(facts, bundle);
    EXPECT_EQ((*steps)[0], (DeployStep{K::Runtime, {1}, 2}));
    EXPECT_EQ(kinds(), (std::vector<K>{K::Runtime, K::Switch, K::Start, K::Prove}));
    storeHas(bundle.files[1]);
    EXPECT_EQ(kinds(), (std::vector<K>{K::Switch, K::Start, K::Prove}));
}

TEST_F(DeployPlanTest, AFileOfAnotherSizeIsSentAgain) {
    storeHas(bundle.files[1]);
    facts.store[bundle.files[0].sha256] = 3;
    EXPECT_EQ((*planDeploy(facts, bundle))[0].files, std::vector<std::size_t>{0});
}

TEST_F(DeployPlanTest, WhereAllIsThereOnlyTheAgentIsLookedAt) {
    storeHas(bundle.files[0]);
    storeHas(bundle.files[1]);
    facts.values["current"] = "v2";
    EXPECT_EQ(kinds().front(), K::Switch) << "the version itself is not there";
    facts.versions = {"v1", "v2"};
    EXPECT_EQ(kinds(), (std::vector<K>{K::Start, K::Prove}));
}

TEST_F(DeployPlanTest, ARunKeepsItsVersion) {
    facts.workers = 1;
    EXPECT_EQ(refusal().kind, ErrorKind::Refused);
    storeHas(bundle.files[0]);
    storeHas(bundle.files[1]);
    facts.values["current"] = "v2";
    facts.versions = {"v2"};
    EXPECT_EQ(kinds(), (std::vector<K>{K::Start, K::Prove}));
}

TEST_F(DeployPlanTest, WhatCannotWorkIsToldBeforeAnyCopy) {
    const NodeFacts good = facts;
    const std::pair<const char*, const char*> cases[] = {
        {"machine", "aarch64"}, {"kernel", "Darwin"}, {"writable", "no"}, {"executable", "no"}};
    for (const auto& [name, value] : cases) {
        facts = good;
        facts.values[name] = value;
        EXPECT_EQ(refusal().kind, ErrorKind::Refused) << name;
    }
    facts = good;
    facts.missingTools = {"tar"};
    EXPECT_NE(refusal().text.find("tar"), std::string::npos);
    facts = good;
    facts.values["free_kib"] = "65536";
    EXPECT_EQ(refusal().kind, ErrorKind::Exhausted);
    facts = parseFacts("");
    EXPECT_EQ(refusal().kind, ErrorKind::Refused);
}

TEST(NodeFacts, AreReadFromWhatTheScriptSays) {
    const NodeFacts facts = parseFacts(
        "home=/users/a=b\nnoise\nblob=12 abc\nblob=x "
        "def\nversion=v1\nversion=v2\nmissing_tool=tar\nworker=/proc/7\n"
        "worker=/proc/8\nclock=17\nuid=x\n");
    EXPECT_EQ(facts.value("home"), "/users/a=b");
    EXPECT_EQ(facts.store, (std::map<std::string, std::uint64_t>{{"abc", 12}, {"def", 0}}));
    EXPECT_EQ(facts.versions, (std::set<std::string>{"v1", "v2"}));
    EXPECT_EQ(facts.missingTools, std::set<std::string>{"tar"});
    EXPECT_EQ(facts.workers, 2u);
    EXPECT_EQ(facts.number("clock"), 17u);
    EXPECT_EQ(facts.number("uid"), 0u);
    EXPECT_EQ(facts.value("absent"), "");
}

}  // namespace
}  // namespace longship
