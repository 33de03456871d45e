#include "app/studio/pages/drill_dialog.h"

#include <array>

#include <QComboBox>
#include <QCoreApplication>
#include <QFormLayout>
#include <QSpinBox>

#include "app/studio/pages/ask_dialog.h"
#include "app/studio/text/board_words.h"
#include "app/studio/theme/colors.h"
#include "app/studio/theme/theme.h"

namespace longship {

namespace {

constexpr std::array kFaults = {Fault::KillWorker, Fault::KillAgent, Fault::Pause,
                                Fault::SlowLink,   Fault::Partition, Fault::DiskFull};
constexpr int kHealSecondsMax = 120;

struct DrillText {
    Q_DECLARE_TR_FUNCTIONS(DrillDialog)
};

}  // namespace

std::optional<DrillChoice> askDrill(const NodeView& node, QWidget* parent) {
    DrillChoice choice;
    AskDialog dialog("drill", DrillText::tr("A drill on %1").arg(QString::fromStdString(node.node.value)),
                     parent);
    dialog.setSign(colorsOf(dialog.palette()).warning);
    dialog.addText(
        TextRole::Plain,
        DrillText::tr("A fault is done to this machine on purpose, while it trains. Training should "
                      "go on, and nothing should be lost: the run's incidents and its proof show "
                      "whether that is so."));
    auto* form = new QWidget(&dialog);
    auto* layout = new QFormLayout(form);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(spacing::kSmall);
    auto* faults = new QComboBox(form);
    faults->setObjectName(QStringLiteral("drillFault"));
    faults->setAccessibleName(DrillText::tr("Fault"));
    for (const Fault fault : kFaults) {
        faults->addItem(BoardWords::of(fault));
    }
    if (node.leader) {
        faults->addItem(BoardWords::of(Fault::KillLeader));
    }
    const auto chosen = [faults] {
        const auto index = static_cast<std::size_t>(faults->currentIndex());
        return index < kFaults.size() ? kFaults[index] : Fault::KillLeader;
    };
    auto* heal = new QSpinBox(form);
    heal->setObjectName(QStringLiteral("drillHeal"));
    heal->setAccessibleName(DrillText::tr("Heals after"));
    heal->setRange(1, kHealSecondsMax);
    heal->setValue(choice.healSeconds);
    heal->setSuffix(DrillText::tr(" s"));
    layout->addRow(DrillText::tr("Fault"), faults);
    layout->addRow(DrillText::tr("Heals after"), heal);
    dialog.add(form);
    QLabel* effect = dialog.addText(TextRole::Muted, QString(), "drillEffect");
    const auto tell = [effect, heal, chosen] {
        effect->setText(BoardWords::effect(chosen()));
        heal->setEnabled(healsByItself(chosen()));
    };
    QObject::connect(faults, &QComboBox::currentIndexChanged, &dialog, tell);
    tell();
    if (!dialog.confirm("drillGo", DrillText::tr("Do it"), "drillCancel", DrillText::tr("Cancel"))) {
        return std::nullopt;
    }
    choice.fault = chosen();
    choice.healSeconds = heal->value();
    return choice;
}

}  // namespace longship
