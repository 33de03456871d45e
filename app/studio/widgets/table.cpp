#include "app/studio/widgets/table.h"

#include <QHeaderView>

namespace longship {

namespace {

constexpr int kRowHeight = 38;

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
