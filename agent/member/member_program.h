#pragma once

#include <functional>
#include <memory>

#include "agent/member/member_work.h"

namespace longship {

/// What a task's program was started with.
struct MemberStart {
    const char* program;  ///< Its name.
    int argumentCount;
    char** arguments;
    const char* failpointFolder;  ///< Test builds only (core/base/failpoint.h); may be null.
};

/// The main function of a task's program: reads its configuration from standard input and does `makeWork()`'s
/// work until its agent ends it. Nothing is waited for then: the process ends at once.
[[noreturn]] void runMember(const MemberStart& start,
                            const std::function<std::unique_ptr<MemberWork>()>& makeWork);

}  // namespace longship
