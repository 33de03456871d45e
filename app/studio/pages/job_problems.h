#pragma once

#include <string>
#include <utility>
#include <vector>

#include <QGridLayout>

#include "app/studio/widgets/banner.h"

namespace longship {

/// One thing to correct, as it stands in the list.
struct ShownProblem {
    QString text;
    std::string key;
    int line = 0;  ///< In the file; 0 when it is in none.

    bool operator==(const ShownProblem&) const = default;
};

/// All that is wrong with a job, together; each takes its reader to where it is mended.
class JobProblems : public Banner {
    Q_OBJECT

public:
    explicit JobProblems(QWidget* parent = nullptr);

    void setProblems(const std::vector<ShownProblem>& problems);

Q_SIGNALS:
    void chosen(const longship::ShownProblem& problem);

private:
    std::vector<ShownProblem> m_problems;
    QWidget* m_list;
    QGridLayout* m_rows;
};

}  // namespace longship
