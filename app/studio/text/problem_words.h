#pragma once

#include <QCoreApplication>
#include <QString>

#include "app/studio/viewmodels/job_draft.h"

namespace longship {

/// What stands beside a field that cannot be used: what it should hold instead.
class ProblemWords {
    Q_DECLARE_TR_FUNCTIONS(ProblemWords)

public:
    static QString of(const FieldProblem& problem);

private:
    static QString ofProblem(const JobProblem& problem);
};

}  // namespace longship
