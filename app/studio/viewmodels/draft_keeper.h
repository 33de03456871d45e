#pragma once

#include <filesystem>

#include <QObject>
#include <QThreadPool>
#include <QTimer>

#include "app/studio/viewmodels/job_draft.h"

namespace longship {

/// Keeps a draft in a file, so that it is there again after the studio was closed or was killed. The GUI
/// thread never waits for the disk.
class DraftKeeper : public QObject {
    Q_OBJECT

public:
    /// Restores what the file holds, if anything, and keeps it up to date from then on. `draft` outlives
    /// this.
    DraftKeeper(JobDraft& draft, std::filesystem::path file, QObject* parent = nullptr);
    /// Writes what is left to write.
    ~DraftKeeper() override;

private:
    void write();

    JobDraft& m_draft;
    std::filesystem::path m_file;
    QTimer m_timer;
    QThreadPool m_writer;
};

}  // namespace longship
