#include "app/studio/text/job_key_words.h"

#include <map>
#include <string>

#include "app/studio/text/words.h"

namespace longship {

namespace {

QString latin(std::string_view text) {
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

/// The text of `key`, or nothing; made anew each time, since the language may have changed.
QString find(const std::map<std::string_view, QString>& texts, std::string_view key) {
    const auto found = texts.find(key);
    return found == texts.end() ? QString() : found->second;
}

}  // namespace

QString JobKeyWords::of(JobPart part) {
    switch (part) {
        case JobPart::Data: return tr("Data");
        case JobPart::Model: return tr("Model");
        case JobPart::Training: return tr("Training");
        case JobPart::Strategy: return tr("Strategy");
        case JobPart::Placement: return tr("Placement");
    }
    return {};
}

QString JobKeyWords::about(JobPart part) {
    switch (part) {
        case JobPart::Data: return tr("what to train on");
        case JobPart::Model: return tr("what is trained");
        case JobPart::Training: return tr("how it learns: the same on any number of nodes");
        case JobPart::Strategy: return tr("how the workers' gradients come together");
        case JobPart::Placement: return tr("where it runs, and what happens when a node is lost");
    }
    return {};
}

QString JobKeyWords::title(std::string_view key) {
    const QString title = find({{"name", tr("Name of the run")},
                                {"dataset", tr("Dataset")},
                                {"dataset.name", tr("Dataset")},
                                {"dataset.content", tr("Data that was brought")},
                                {"dataset.csv", tr("Table")},
                                {"dataset.label", tr("Column to predict")},
                                {"dataset.test_fraction", tr("Part kept for evaluation")},
                                {"model", tr("Model")},
                                {"model.name", tr("Model")},
                                {"model.hidden", tr("Hidden layers")},
                                {"optimizer", tr("Optimizer")},
                                {"optimizer.kind", tr("Optimizer")},
                                {"optimizer.learning_rate", tr("Learning rate")},
                                {"optimizer.momentum", tr("Momentum")},
                                {"optimizer.beta1", tr("Beta 1")},
                                {"optimizer.beta2", tr("Beta 2")},
                                {"optimizer.epsilon", tr("Epsilon")},
                                {"optimizer.weight_decay", tr("Weight decay")},
                                {"epochs", tr("Epochs")},
                                {"global_batch", tr("Global batch")},
                                {"micro_batch", tr("Micro-batch")},
                                {"seed", tr("Seed")},
                                {"workers", tr("Workers")},
                                {"numerics", tr("Numerics")},
                                {"device", tr("Device")},
                                {"data_plane", tr("Traffic between workers")},
                                {"strategy", tr("Strategy")},
                                {"strategy.kind", tr("Strategy")},
                                {"strategy.mode", tr("Mode")},
                                {"strategy.staleness", tr("Staleness")},
                                {"strategy.servers", tr("Servers")},
                                {"strategy.backup", tr("Backup")},
                                {"recovery.policy", tr("When a node is lost")},
                                {"recovery.tolerate_silence", tr("Silence tolerated")},
                                {"checkpoint.replicas", tr("Copies of a checkpoint")},
                                {"checkpoint.every_steps", tr("Checkpoint every")}},
                               key);
    return title.isEmpty() ? latin(key) : title;
}

QString JobKeyWords::hint(const JobKey& key) {
    QString hint = find({{"dataset.test_fraction", tr("of the rows, above 0 and below 1")},
                         {"model.hidden", tr("widths, such as 1024, 1024")},
                         {"optimizer.learning_rate", tr("above 0")},
                         {"optimizer.momentum", tr("0 or more, below 1")},
                         {"optimizer.beta1", tr("0 or more, below 1")},
                         {"optimizer.beta2", tr("0 or more, below 1")},
                         {"optimizer.epsilon", tr("above 0")},
                         {"optimizer.weight_decay", tr("0 or more")},
                         {"epochs", tr("how often all samples are used")},
                         {"global_batch", tr("samples per step, over all workers")},
                         {"micro_batch", tr("samples never split; empty: chosen")},
                         {"seed", tr("the same order of samples again")},
                         {"workers", tr("0: one on each ready node")},
                         {"numerics", tr("reproducible: same bits on any nodes")},
                         {"device", tr("a GPU where a node has one")},
                         {"data_plane", tr("trusted network: unencrypted")},
                         {"strategy.staleness", tr("steps a worker may run ahead")},
                         {"strategy.servers", tr("that share the parameters")},
                         {"strategy.backup", tr("a second copy of each server")},
                         {"recovery.tolerate_silence", tr("from 500ms to 10m")},
                         {"checkpoint.replicas", tr("nodes that keep one, 1 to 16")},
                         {"checkpoint.every_steps", tr("steps; empty: ends of epochs")}},
                        key.key);
    const bool known = title(key.key) != latin(key.key);
    return known || !hint.isEmpty() ? hint : latin(key.about);
}

QString JobKeyWords::choice(std::string_view key, std::string_view word) {
    if (key == "model.name") {
        return Words::modelTitle(latin(word));
    }
    if (key == "dataset.name") {
        return Words::datasetTitle(latin(word));
    }
    const QString text = find({{"sgd", QStringLiteral("SGD")},
                               {"adam", QStringLiteral("Adam")},
                               {"fast", tr("Fast")},
                               {"reproducible", tr("Reproducible to the last bit")},
                               {"auto", key == "device" ? tr("GPU if there is one") : tr("Go on without it")},
                               {"ask", tr("Pause and ask")},
                               {"cpu", QStringLiteral("CPU")},
                               {"cuda", QStringLiteral("GPU (CUDA)")},
                               {"encrypted", tr("Encrypted")},
                               {"trusted-network", tr("Trusted network (faster)")},
                               {"allreduce", tr("Allreduce – workers share with each other")},
                               {"parameter-server", tr("Parameter server – workers share through servers")},
                               {"sync", tr("Synchronous – all at the same step")},
                               {"ssp", tr("Stale – some steps apart")},
                               {"async", tr("Asynchronous – nobody waits")},
                               {"true", tr("Yes")},
                               {"false", tr("No")}},
                              word);
    return text.isEmpty() ? latin(word) : text;
}

QString JobKeyWords::preset(std::string_view name) {
    const QString text = find({{"quick", tr("Quick demo – one epoch of Fashion-MNIST")},
                               {"reproducible", tr("Reproducible – the same bits every time")},
                               {"small-memory", tr("Small memory – little batches, plain SGD")}},
                              name);
    return text.isEmpty() ? latin(name) : text;
}

}  // namespace longship
