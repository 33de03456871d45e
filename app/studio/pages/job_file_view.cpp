#include "app/studio/pages/job_file_view.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QTextBlock>
#include <QVBoxLayout>

#include "app/studio/pages/dialogs.h"
#include "app/studio/text/problem_words.h"
#include "app/studio/theme/theme.h"
#include "core/base/files.h"

namespace longship {

namespace {

constexpr std::size_t kFileBytesMax = std::size_t{64} << 10;

}  // namespace

JobFileView::JobFileView(StudioModel& studio, QWidget* parent)
    : QWidget(parent), m_studio(studio), m_path(new ElidedLabel(TextRole::Muted, this)) {
    auto* open = new QPushButton(tr("Open…"), this);
    m_save = new QPushButton(tr("Save"), this);
    auto* saveAs = new QPushButton(tr("Save as…"), this);
    open->setObjectName(QStringLiteral("openJobFile"));
    m_save->setObjectName(QStringLiteral("saveJobFile"));
    saveAs->setObjectName(QStringLiteral("saveJobFileAs"));
    m_path->setObjectName(QStringLiteral("jobFilePath"));
    m_text = new QPlainTextEdit(this);
    m_text->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_text->setTabChangesFocus(true);
    m_text->setObjectName(QStringLiteral("jobFileText"));
    m_text->setAccessibleName(tr("Job file"));
    auto* bar = new QHBoxLayout;
    bar->setSpacing(spacing::kSmall);
    bar->addWidget(m_path, 1);
    for (QPushButton* button : {open, m_save, saveAs}) {
        bar->addWidget(button);
    }
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(spacing::kSmall);
    layout->addLayout(bar);
    layout->addWidget(m_text, 1);
    connect(open, &QPushButton::clicked, this, &JobFileView::openFile);
    connect(m_save, &QPushButton::clicked, this, [this] { save(m_studio.draft().path()); });
    connect(saveAs, &QPushButton::clicked, this, &JobFileView::saveAs);
    connect(m_text, &QPlainTextEdit::textChanged, this, [this] {
        QString text = m_text->toPlainText();
        if (m_studio.draft().yaml().contains(QStringLiteral("\r\n"))) {
            text.replace(u'\n', QStringLiteral("\r\n"));  // The widget knows only one kind of line end.
        }
        m_studio.draft().setYaml(text);
    });
    connect(&studio.draft(), &JobDraft::changed, this, &JobFileView::refresh);
    refresh();
}

void JobFileView::refresh() {
    const JobDraft& draft = m_studio.draft();
    // Line ends of other systems are one here: the same text is not set again under the writer's cursor.
    if (QString text = draft.yaml(); m_text->toPlainText() != text.remove(u'\r')) {
        const QSignalBlocker quiet(m_text);
        m_text->setPlainText(text);
    }
    m_path->setFullText(draft.path().isEmpty()
                            ? tr("Not saved as a file yet. “longship run FILE” starts the same run.")
                        : draft.isUnsaved() ? tr("%1 – changed").arg(draft.path())
                                            : draft.path());
    m_save->setEnabled(!draft.path().isEmpty() && draft.isUnsaved());
    markProblems();
}

void JobFileView::markProblems() {
    QList<QTextEdit::ExtraSelection> marks;
    for (const JobProblem& problem : m_studio.draft().problems()) {
        const QTextBlock block = m_text->document()->findBlockByNumber(problem.line - 1);
        if (problem.line > 0 && block.isValid()) {
            QTextEdit::ExtraSelection mark;
            mark.cursor = QTextCursor(block);
            mark.format.setBackground(colorsOf(palette()).badSoft);
            mark.format.setProperty(QTextFormat::FullWidthSelection, true);
            mark.format.setToolTip(ProblemWords::of(problem));
            marks << mark;
        }
    }
    m_text->setExtraSelections(marks);
}

void JobFileView::goToLine(int line) {
    const QTextBlock block = m_text->document()->findBlockByNumber(line - 1);
    m_text->setTextCursor(block.isValid() ? QTextCursor(block) : m_text->textCursor());
    m_text->setFocus(Qt::ShortcutFocusReason);
}

void JobFileView::openFile() {
    const QString path =
        QFileDialog::getOpenFileName(this, tr("Open a job file"), m_studio.settings().lastFolder(),
                                     tr("Job files (*.yaml *.yml);;All files (*)"));
    if (path.isEmpty()) {
        return;
    }
    m_studio.settings().setLastFolder(QFileInfo(path).absolutePath());
    const auto text = readFile(path.toStdString(), kFileBytesMax);
    if (!text) {
        showError(text.error(), this);
        return;
    }
    m_studio.draft().setFile(*text, path);
}

void JobFileView::saveAs() {
    const QString known = m_studio.draft().path();
    const QString path = QFileDialog::getSaveFileName(
        this, tr("Save the job file"),
        known.isEmpty() ? m_studio.settings().lastFolder() + QStringLiteral("/job.yaml") : known,
        tr("Job files (*.yaml)"));
    if (!path.isEmpty()) {
        m_studio.settings().setLastFolder(QFileInfo(path).absolutePath());
        save(path);
    }
}

void JobFileView::save(const QString& path) {
    if (const auto saved = writeFileAtomically(path.toStdString(), m_studio.draft().yaml().toStdString());
        !saved) {
        showError(saved.error(), this);
        return;
    }
    m_studio.draft().setSaved(path);
}

}  // namespace longship
