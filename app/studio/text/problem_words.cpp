#include "app/studio/text/problem_words.h"

#include <QRegularExpression>

namespace longship {

namespace {

/// The parts in brackets when all of the text matches, else nothing.
QStringList parts(const QString& text, const QString& pattern) {
    const QRegularExpression expression(QRegularExpression::anchoredPattern(pattern));
    return expression.match(text).capturedTexts();
}

}  // namespace

/// The check speaks English for job files and scripts; what a form can meet is said again here.
QString ProblemWords::of(const JobProblem& problem) {
    QString text = ofKey(problem);
    if (text.isEmpty()) {
        text = ofValue(problem);
    }
    return text.isEmpty() ? QString::fromStdString(problem.text) : text;
}

/// What is wrong with the place rather than with the value.
QString ProblemWords::ofKey(const JobProblem& problem) {
    const QString text = QString::fromStdString(problem.text);
    const QString found = QString::fromStdString(problem.found);
    if (const auto near =
            parts(text, QStringLiteral(".* is no key of (?:a job|\\w+)\\. Did you mean ([\\w.]+)\\?"));
        !near.isEmpty()) {
        return tr("A job has no key %1. Did you mean %2?").arg(found, near[1]);
    }
    if (text.contains(QStringLiteral(" is no key of "))) {
        return tr("A job has no key %1.").arg(found);
    }
    if (const auto owner = parts(text, QStringLiteral("\\S+ has no meaning here; it belongs to (.+)\\."));
        !owner.isEmpty()) {
        return tr("This has no meaning here; it belongs to %1.").arg(owner[1]);
    }
    if (const auto twice = parts(text, QStringLiteral("\\S+ is given twice; the first is in line (\\d+)\\."));
        !twice.isEmpty()) {
        return tr("This is given twice; the first is in line %1.").arg(twice[1]);
    }
    if (const auto reason = parts(text, QStringLiteral("This is no valid YAML: (.+)")); !reason.isEmpty()) {
        return tr("This is no valid YAML: %1").arg(reason[1]);
    }
    if (text.contains(QStringLiteral("cannot be changed where it stands"))) {
        return tr("A value of this file cannot be changed where it stands; change it in the file.");
    }
    if (const auto served =
            parts(text, QStringLiteral("\\S+: (\\S+) is not served by this version; use (\\S+)\\."));
        !served.isEmpty()) {
        return tr("This version does not serve %1. Use %2.").arg(served[1], served[2]);
    }
    if (problem.key == "dataset" ||
        (problem.key == "dataset.csv" && found == QLatin1String("an empty text"))) {
        return tr("Choose a file.");
    }
    if (problem.key == "dataset.label") {
        return tr("Choose the column to predict.");
    }
    if (problem.key == "name") {
        return tr("Enter a name on one line.");
    }
    if (problem.key == "model.name" && problem.expected == "mlp") {
        return tr("A table has no image for this model. Choose the MLP.");
    }
    return {};
}

QString ProblemWords::ofValue(const JobProblem& problem) {
    const QString expected = QString::fromStdString(problem.expected);
    if (const auto min = parts(expected, QStringLiteral("a whole number of at least (\\S+)"));
        !min.isEmpty()) {
        return tr("Enter a whole number of at least %1.").arg(min[1]);
    }
    if (const auto max = parts(expected, QStringLiteral("a whole number of at most (\\S+)"));
        !max.isEmpty()) {
        return tr("Enter a whole number of at most %1.").arg(max[1]);
    }
    if (const auto batch =
            parts(expected, QStringLiteral("a whole number of 1 to global_batch, which is (\\S+)"));
        !batch.isEmpty()) {
        return tr("Enter a whole number from 1 to the global batch of %1.").arg(batch[1]);
    }
    if (expected.startsWith(QStringLiteral("a whole number"))) {
        return tr("Enter a whole number.");
    }
    const auto range =
        parts(expected, QStringLiteral("a number (?:above|of at least) (\\S+) and below (\\S+)"));
    if (!range.isEmpty()) {
        return tr("Enter a number between %1 and %2.").arg(range[1], range[2]);
    }
    if (const auto above = parts(expected, QStringLiteral("a number above (\\S+)")); !above.isEmpty()) {
        return tr("Enter a number above %1.").arg(above[1]);
    }
    if (const auto least = parts(expected, QStringLiteral("a number of at least (\\S+)")); !least.isEmpty()) {
        return tr("Enter a number of at least %1.").arg(least[1]);
    }
    if (const auto widths = parts(expected, QStringLiteral("widths of 1 to (\\S+)")); !widths.isEmpty()) {
        return tr("Each layer may have 1 to %1 units.").arg(widths[1]);
    }
    if (const auto list = parts(expected, QStringLiteral("a list of 1 to (\\S+) widths")); !list.isEmpty()) {
        return tr("Enter 1 to %1 layer widths.").arg(list[1]);
    }
    if (expected.startsWith(QStringLiteral("a list of whole numbers"))) {
        return tr("Enter whole numbers with commas between them.");
    }
    if (const auto time = parts(expected, QStringLiteral("a time of (\\S+) to (\\S+)")); !time.isEmpty()) {
        return tr("Enter a time from %1 to %2.").arg(time[1], time[2]);
    }
    if (expected.startsWith(QStringLiteral("a time such as"))) {
        return tr("Enter a time such as 3s or 500ms.");
    }
    return {};
}

}  // namespace longship
