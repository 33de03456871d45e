#include "app/studio/widgets/stat_tile.h"

#include <QVBoxLayout>

#include "app/studio/theme/theme.h"
#include "app/studio/widgets/labels.h"

namespace longship {

StatTile::StatTile(const QString& name, QWidget* parent)
    : QFrame(parent),
      m_name(makeLabel(TextRole::Small, name, this)),
      m_value(makeLabel(TextRole::Value, {}, this)),
      m_remark(makeLabel(TextRole::Small, {}, this)) {
    setProperty("card", true);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(spacing::kLarge, spacing::kMedium, spacing::kLarge, spacing::kMedium);
    layout->setSpacing(2);
    layout->addWidget(m_name);
    layout->addWidget(m_value);
    layout->addWidget(m_remark);
    setAccessibleName(name);
}

void StatTile::show(const QString& value, const QString& remark) {
    if (m_value->text() != value) {
        m_value->setText(value);
        setAccessibleDescription(value);
    }
    if (m_remark->text() != remark) {
        m_remark->setText(remark);
    }
}

}  // namespace longship
