#include <cstdlib>

#include "agent/member/member_program.h"
#include "agent/server/serving_work.h"

int main(int argumentCount, char** arguments) {
    longship::runMember({"longship-server", argumentCount, arguments, std::getenv("LONGSHIP_FAILPOINTS")},
                        [] { return std::make_unique<longship::ServingWork>(); });
}
