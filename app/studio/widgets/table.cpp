#include "app/studio/widgets/table.h"

#include <algorithm>
#include <vector>

#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QKeyEvent>

namespace longship {

namespace {

constexpr int kRowHeight = 38;

/// The chosen rows with the heads of their columns, as spreadsheets take them.
QString chosenAsText(const QTableView& view) {
    const QAbstractItemModel& model = *view.model();
    std::vector<int> columns;
    for (int column = 0; column < model.columnCount(); ++column) {
        if (!view.isColumnHidden(column)) {
            columns.push_back(column);
        }
    }
    const auto line = [&](const auto& textOf) {
        QStringList cells;
        for (const int column : columns) {
            cells << textOf(column).simplified();
        }
        return cells.join(u'\t') + u'\n';
    };
    QString text = line([&](int column) { return model.headerData(column, Qt::Horizontal).toString(); });
    std::vector<int> rows;
    for (const QModelIndex& index : view.selectionModel()->selectedIndexes()) {
        rows.push_back(index.row());
    }
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    for (const int row : rows) {
        text += line([&](int column) { return model.index(row, column).data().toString(); });
    }
    return text;
}

/// Ctrl+C copies whole rows, where the view by itself would copy one cell.
class CopiesRows : public QObject {
public:
    using QObject::QObject;

protected:
    bool eventFilter(QObject* watched, QEvent* event) override {
        auto* view = qobject_cast<QTableView*>(watched);
        if (event->type() != QEvent::KeyPress || view == nullptr || view->model() == nullptr ||
            !static_cast<QKeyEvent*>(event)->matches(QKeySequence::Copy) ||
            !view->selectionModel()->hasSelection()) {
            return QObject::eventFilter(watched, event);
        }
        QGuiApplication::clipboard()->setText(chosenAsText(*view));
        return true;
    }
};

}  // namespace

QTableView* makeTableView(const QString& name, QWidget* parent) {
    auto* view = new QTableView(parent);
    view->setAccessibleName(name);
    view->setSelectionBehavior(QAbstractItemView::SelectRows);
    view->setShowGrid(false);
    view->setWordWrap(false);
    view->setTabKeyNavigation(false);
    view->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    view->verticalHeader()->hide();
    view->verticalHeader()->setDefaultSectionSize(kRowHeight);
    view->horizontalHeader()->setHighlightSections(false);
    view->horizontalHeader()->setStretchLastSection(true);
    view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    view->installEventFilter(new CopiesRows(view));
    return view;
}

void fitRow(QTableView* view, int row) {
    view->resizeRowToContents(row);
    // Where letters come from another font, as Chinese ones do, a text takes a line more than is reckoned.
    const int line = view->fontMetrics().lineSpacing();
    if (const int height = view->rowHeight(row); height > 2 * line) {
        view->setRowHeight(row, height + line);
    }
}

void fitRows(QTableView* view) {
    for (int row = 0; row < view->model()->rowCount(); ++row) {
        fitRow(view, row);
    }
}

}  // namespace longship
