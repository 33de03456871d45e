#include "app/studio/pages/dialogs.h"

#include <functional>

#include <QApplication>
#include <QClipboard>
#include <QCoreApplication>
#include <QDialog>
#include <QDialogButtonBox>
#include <QGridLayout>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QVBoxLayout>

#include "app/studio/pages/ask_dialog.h"
#include "app/studio/text/takeover_words.h"
#include "app/studio/text/words.h"
#include "app/studio/theme/theme.h"
#include "app/studio/widgets/labels.h"

namespace longship {

namespace {

struct Dialogs {
    Q_DECLARE_TR_FUNCTIONS(Dialogs)
};

/// A window with a heading, a body and Close; the caller adds what else it needs.
class PlainDialog : public QDialog {
public:
    PlainDialog(const QString& title, const QString& text, QWidget* parent) : QDialog(parent) {
        setWindowTitle(title);
        m_layout = new QVBoxLayout(this);
        m_layout->setContentsMargins(spacing::kPage, spacing::kLarge, spacing::kPage, spacing::kLarge);
        m_layout->setSpacing(spacing::kMedium);
        m_layout->addWidget(makeLabel(TextRole::Heading, title, this));
        if (!text.isEmpty()) {
            auto* label = makeLabel(TextRole::Muted, text, this);
            label->setWordWrap(true);
            m_layout->addWidget(label);
        }
        m_buttons = new QDialogButtonBox(this);
        connect(addButton(Dialogs::tr("Close")), &QPushButton::clicked, this, &QDialog::accept);
    }

    QVBoxLayout* body() { return m_layout; }

    QPushButton* addButton(const QString& text) {
        auto* button = new QPushButton(text, this);
        m_buttons->addButton(button, QDialogButtonBox::ActionRole);
        return button;
    }

    void run() {
        m_layout->addWidget(m_buttons);
        exec();
    }

private:
    QVBoxLayout* m_layout;
    QDialogButtonBox* m_buttons;
};

QPlainTextEdit* makeCode(const QString& text, QWidget* parent) {
    auto* code = new QPlainTextEdit(text, parent);
    code->setReadOnly(true);
    code->setLineWrapMode(QPlainTextEdit::NoWrap);
    return code;
}

void addCopyButton(PlainDialog& dialog, const QString& text) {
    auto* copy = dialog.addButton(Dialogs::tr("Copy"));
    QObject::connect(copy, &QPushButton::clicked, &dialog,
                     [text] { QApplication::clipboard()->setText(text); });
}

/// The style's own pictures do not go with the rest of the studio.
void setMessageIcon(QMessageBox& box) {
    box.setIconPixmap(themedIcon(QStringLiteral("warning"), colorsOf(box.palette()).warning).pixmap(32, 32));
}

QString pythonFor(const QString& path) {
    QString quoted = path;
    quoted.replace(u'\\', QStringLiteral("\\\\")).replace(u'"', QStringLiteral("\\\""));
    return QStringLiteral(
               "from safetensors.torch import load_file\n"
               "weights = load_file(\"%1\")\n"
               "print({name: tuple(tensor.shape) for name, tensor in weights.items()})\n")
        .arg(quoted);
}

void addProofTable(const RunProof& proof, PlainDialog& dialog) {
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(spacing::kPage);
    grid->setVerticalSpacing(spacing::kSmall);
    const QStringList heads = {Dialogs::tr("Epoch"), Dialogs::tr("Samples read"), Dialogs::tr("Expected"),
                               Dialogs::tr("Steps missing"), Dialogs::tr("Steps that differ")};
    for (int column = 0; column < heads.size(); ++column) {
        grid->addWidget(makeLabel(TextRole::Small, heads[column], &dialog), 0, column, Qt::AlignRight);
    }
    constexpr std::size_t kEpochsShownMax = 20;
    const std::size_t first = proof.epochs.size() - std::min(proof.epochs.size(), kEpochsShownMax);
    for (std::size_t i = first; i < proof.epochs.size(); ++i) {
        const EpochProof& epoch = proof.epochs[i];
        const QString cells[] = {Words::count(epoch.epoch + 1), Words::count(epoch.samplesRead),
                                 Words::count(epoch.samplesExpected), Words::count(epoch.stepsMissing.size()),
                                 Words::count(epoch.stepsWrong.size())};
        for (int column = 0; column < 5; ++column) {
            grid->addWidget(makeLabel(TextRole::Plain, cells[column], &dialog),
                            static_cast<int>(i - first) + 1, column, Qt::AlignRight);
        }
    }
    dialog.body()->addLayout(grid);
}

}  // namespace

void showProof(StudioModel& studio, QWidget* parent) {
    const auto& proof = studio.run().proof();
    if (!proof) {
        return;
    }
    PlainDialog dialog(
        proof->exact() ? Dialogs::tr("Every sample was used exactly once")
                       : Dialogs::tr("Not every sample was used exactly once"),
        Dialogs::tr(
            "Each step keeps a digest of the samples that the workers really read. Longship compares "
            "them with the samples that belong to the step; the plan that the workers followed is not "
            "trusted. The command “longship verify %1” does the same.")
            .arg(QString::fromStdString(studio.run().snapshot().run.value)),
        parent);
    dialog.setObjectName(QStringLiteral("proof"));
    addProofTable(*proof, dialog);
    if (const auto& finished = studio.run().snapshot().finished;
        finished && !finished->parameterHash.empty()) {
        dialog.body()->addWidget(makeLabel(
            TextRole::Small, Dialogs::tr("SHA-256 of the final parameters, equal on all workers:"), &dialog));
        auto* hash = makeLabel(TextRole::Code, QString::fromStdString(finished->parameterHash), &dialog);
        hash->setTextInteractionFlags(Qt::TextSelectableByMouse);
        dialog.body()->addWidget(hash);
    }
    dialog.setMinimumWidth(560);
    dialog.run();
}

void showModelSaved(const QString& path, QWidget* parent) {
    const QString python = pythonFor(path);
    PlainDialog dialog(
        Dialogs::tr("The model is saved"),
        Dialogs::tr("%1\nThese lines of Python load it, with the packages safetensors and torch:").arg(path),
        parent);
    dialog.setObjectName(QStringLiteral("modelSaved"));
    auto* code = makeCode(python, &dialog);
    code->setFixedHeight(code->fontMetrics().lineSpacing() * 3 + 2 * spacing::kLarge);
    code->setMinimumWidth(620);
    code->setAccessibleName(Dialogs::tr("Python that loads the model"));
    dialog.body()->addWidget(code);
    addCopyButton(dialog, python);
    dialog.run();
}

bool askToStop(const QString& runName, QWidget* parent) {
    const QString title = Dialogs::tr("Stop the run?");
    QMessageBox box(QMessageBox::NoIcon, title, title, QMessageBox::NoButton, parent);
    box.setInformativeText(
        Dialogs::tr("“%1” ends after the current step. What it learned so far is kept as its model; "
                    "the run cannot go on later.")
            .arg(runName));
    setMessageIcon(box);
    auto* stop = box.addButton(Dialogs::tr("Stop the run"), QMessageBox::DestructiveRole);
    auto* stay = box.addButton(Dialogs::tr("Go on training"), QMessageBox::RejectRole);
    box.setDefaultButton(stay);
    box.exec();
    return box.clickedButton() == stop;
}

bool askToTakeOver(const TakeoverOutlook& outlook, QWidget* parent) {
    AskDialog dialog("takeOver", TakeoverWords::question(outlook), parent);
    dialog.setSign(colorsOf(dialog.palette()).warning);
    for (const QString& paragraph : TakeoverWords::price(outlook)) {
        dialog.addText(TextRole::Plain, paragraph);
    }
    return dialog.confirm("confirmTakeOver", Dialogs::tr("Go on without them"), "cancelTakeOver",
                          Dialogs::tr("Cancel"));
}

void showError(const Error& error, QWidget* parent) {
    const QStringList lines = Words::error(error).split(u'\n');
    QMessageBox box(QMessageBox::NoIcon, Dialogs::tr("Longship"), lines.first(), QMessageBox::NoButton,
                    parent);
    box.setInformativeText(lines.mid(1).join(u'\n'));
    setMessageIcon(box);
    box.addButton(Dialogs::tr("Close"), QMessageBox::AcceptRole);
    box.exec();
}

void showAbout(QWidget* parent) {
    QMessageBox box(
        QMessageBox::NoIcon, Dialogs::tr("About Longship"),
        Dialogs::tr("Longship %1\n\nTrains models on a handful of machines that work together. A run "
                    "belongs to the nodes: it goes on when this window is closed.\n\n"
                    "Free software, GPL-3.0-or-later.")
            .arg(QCoreApplication::applicationVersion()),
        QMessageBox::NoButton, parent);
    box.setIconPixmap(programIcon().pixmap(64, 64));
    box.addButton(Dialogs::tr("Close"), QMessageBox::AcceptRole);
    box.exec();
}

}  // namespace longship
