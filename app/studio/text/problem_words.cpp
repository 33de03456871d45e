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

QString ProblemWords::of(const FieldProblem& problem) {
    switch (problem.syntax) {
        case FieldSyntax::NotWholeNumber: return tr("Enter a whole number.");
        case FieldSyntax::NotNumber: return tr("Enter a number, such as 0.05.");
        case FieldSyntax::NotNumberList: return tr("Enter whole numbers with spaces between them.");
        case FieldSyntax::Fine: break;
    }
    return ofProblem(problem.problem);
}

/// The check speaks English for job files and scripts; what a form can meet is said again here.
QString ProblemWords::ofProblem(const JobProblem& problem) {
    const QString expected = QString::fromStdString(problem.expected);
    if (problem.key == "dataset.csv" && problem.found == "an empty text") {
        return tr("Choose a file.");
    }
    if (problem.key == "dataset.label") {
        return tr("Choose the column to predict.");
    }
    if (problem.key == "name") {
        return tr("Enter a name on one line.");
    }
    if (const auto min = parts(expected, QStringLiteral("a whole number of at least (\\S+)"));
        !min.isEmpty()) {
        return tr("Enter a whole number of at least %1.").arg(min[1]);
    }
    if (const auto max = parts(expected, QStringLiteral("a whole number of at most (\\S+)"));
        !max.isEmpty()) {
        return tr("Enter a whole number of at most %1.").arg(max[1]);
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
    if (problem.key == "model.name" && problem.expected == "mlp") {
        return tr("A table has no image for this model. Choose the MLP.");
    }
    return QString::fromStdString(problem.text);
}

}  // namespace longship
