#include <cstdlib>

#include "agent/member/member_program.h"
#include "agent/worker/training_work.h"

int main(int argumentCount, char** arguments) {
    longship::runMember({"longship-worker", argumentCount, arguments, std::getenv("LONGSHIP_FAILPOINTS")},
                        [] { return std::make_unique<longship::TrainingWork>(); });
}
