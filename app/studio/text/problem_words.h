#pragma once

#include <QCoreApplication>
#include <QString>

#include "core/domain/job_yaml.h"

namespace longship {

/// What stands beside a field that cannot be used: what it should hold instead.
class ProblemWords {
    Q_DECLARE_TR_FUNCTIONS(ProblemWords)

public:
    static QString of(const JobProblem& problem);

private:
    static QString ofKey(const JobProblem& problem);
    static QString ofValue(const JobProblem& problem);
};

}  // namespace longship
