#pragma once

#include <string_view>

#include <QCoreApplication>
#include <QString>

#include "core/domain/job_clone.h"
#include "core/domain/job_keys.h"

namespace longship {

/// The keys of a job as people read them. What has no words here yet is shown as the file has it.
class JobKeyWords {
    Q_DECLARE_TR_FUNCTIONS(JobKeyWords)

public:
    static QString of(JobPart part);
    static QString about(JobPart part);
    static QString title(std::string_view key);
    /// What the value is for, with the range it may have; may be empty.
    static QString hint(const JobKey& key);
    /// A value of a choice.
    static QString choice(std::string_view key, std::string_view word);
    static QString preset(std::string_view name);
};

}  // namespace longship
