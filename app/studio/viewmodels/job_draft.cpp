#include "app/studio/viewmodels/job_draft.h"

#include <utility>

#include <QLocale>
#include <QRegularExpression>
#include <QStringList>

namespace longship {

namespace {

QString plain(double value) {
    return QString::number(value, 'g', QLocale::FloatingPointShortest);
}

QString joined(const std::vector<std::int64_t>& numbers) {
    QStringList parts;
    for (const std::int64_t number : numbers) {
        parts << QString::number(number);
    }
    return parts.join(QLatin1Char(' '));
}

FieldSyntax readWhole(const QString& text, std::uint64_t& value) {
    bool fine = false;
    const auto read = text.trimmed().toULongLong(&fine);
    if (!fine) {
        return FieldSyntax::NotWholeNumber;
    }
    value = read;
    return FieldSyntax::Fine;
}

FieldSyntax readNumber(const QString& text, double& value) {
    bool fine = false;
    const double read = text.trimmed().toDouble(&fine);
    if (!fine) {
        return FieldSyntax::NotNumber;
    }
    value = read;
    return FieldSyntax::Fine;
}

FieldSyntax readNumbers(const QString& text, std::vector<std::int64_t>& values) {
    static const QRegularExpression separators(QStringLiteral("[\\s,;]+"));
    std::vector<std::int64_t> read;
    for (const QString& part : text.split(separators, Qt::SkipEmptyParts)) {
        bool fine = false;
        read.push_back(part.toLongLong(&fine));
        if (!fine) {
            return FieldSyntax::NotNumberList;
        }
    }
    values = std::move(read);
    return FieldSyntax::Fine;
}

FieldSyntax readField(const std::string& key, const QString& text, JobSpec& job) {
    if (key == JobDraft::kEpochs) {
        return readWhole(text, job.epochs);
    }
    if (key == JobDraft::kGlobalBatch) {
        return readWhole(text, job.globalBatch);
    }
    if (key == JobDraft::kSeed) {
        return readWhole(text, job.seed);
    }
    if (key == JobDraft::kLearningRate) {
        return readNumber(text, job.optimizer.learningRate);
    }
    if (key == JobDraft::kMomentum) {
        return readNumber(text, job.optimizer.momentum);
    }
    if (key == JobDraft::kWeightDecay) {
        return readNumber(text, job.optimizer.weightDecay);
    }
    return readNumbers(text, job.model.hidden);
}

}  // namespace

JobDraft::JobDraft(QObject* parent) : QObject(parent) {
    setJob(demoJob());
}

void JobDraft::setJob(const JobSpec& job) {
    m_job = job;
    m_unreadable.clear();
    showTexts();
    check();
    Q_EMIT changed();
}

QString JobDraft::text(const char* key) const {
    const auto found = m_texts.find(key);
    return found == m_texts.end() ? QString() : found->second;
}

void JobDraft::setText(const char* key, const QString& text) {
    QString& stored = m_texts[key];
    if (stored == text) {
        return;
    }
    stored = text;
    const FieldSyntax syntax = readField(key, text, m_job);
    if (syntax == FieldSyntax::Fine) {
        m_unreadable.erase(key);
    } else {
        m_unreadable[key] = syntax;
    }
    check();
    Q_EMIT changed();
}

void JobDraft::edit(const std::function<void(JobSpec&)>& change) {
    change(m_job);
    check();
    Q_EMIT changed();
}

QString JobDraft::yaml() const {
    return QString::fromStdString(toYaml(m_job));
}

void JobDraft::showTexts() {
    m_texts[kEpochs] = QString::number(m_job.epochs);
    m_texts[kGlobalBatch] = QString::number(m_job.globalBatch);
    m_texts[kSeed] = QString::number(m_job.seed);
    m_texts[kLearningRate] = plain(m_job.optimizer.learningRate);
    m_texts[kMomentum] = plain(m_job.optimizer.momentum);
    m_texts[kWeightDecay] = plain(m_job.optimizer.weightDecay);
    m_texts[kHidden] = joined(m_job.model.hidden);
}

void JobDraft::check() {
    m_problems.clear();
    for (const auto& [key, syntax] : m_unreadable) {
        m_problems.emplace(key, FieldProblem{syntax, {}});
    }
    for (JobProblem& problem : checkJob(m_job)) {
        if (!m_unreadable.contains(problem.key)) {
            const std::string key = problem.key;
            m_problems.emplace(key, FieldProblem{FieldSyntax::Fine, std::move(problem)});
        }
    }
}

}  // namespace longship
