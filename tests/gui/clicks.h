#pragma once

#include <functional>

#include <QAbstractButton>
#include <QComboBox>
#include <QDialog>
#include <QString>
#include <QWidget>

namespace longship::test {

/// The visible widget of that name below `root`; else any of that name; null when there is none.
template <typename T>
T* findNamed(const QWidget& root, const char* name) {
    const auto all = root.findChildren<T*>(QString::fromLatin1(name));
    for (T* widget : all) {
        if (widget->isVisible()) {
            return widget;
        }
    }
    return all.isEmpty() ? nullptr : all.first();
}

/// Clicks a button with the left mouse button as soon as it can be; false when that was never.
[[nodiscard]] bool clickWhenReady(const QWidget& root, const char* name, int patienceMs = 5000);

/// Chooses from a list with the keyboard, as a person does who types the first letters.
[[nodiscard]] bool choose(QComboBox* box, const QString& text);

/// Replaces what stands in a line by typing.
void typeInto(QWidget* line, const QString& text);

// What is to be done with dialogs and menus is said before the click that opens them, in the order in which
// they come; they have the event loop while they are open.

/// Calls `use` with the next modal dialog and closes it if `use` did not.
void withNextDialog(const std::function<void(QDialog*)>& use);

/// What a file dialog proposed before a name was typed into it.
struct FileDialogSeen {
    QString title;
    QString folder;
    QString name;
    bool accepted = false;
};

/// Types a path into the next file dialog and presses its button. `seen` is filled in then and must live
/// until then. Set Qt::AA_DontUseNativeDialogs before: a desktop's own dialogs are no widgets.
void answerNextFileDialog(const QString& path, FileDialogSeen& seen);

/// Chooses from the next menu that pops up, with the keyboard; `shown` gets the texts of its entries.
void chooseFromNextMenu(int entry, QStringList& shown);

/// Forgets what waits for a dialog or a menu that never came; how much that was. For the end of each test,
/// also of one that failed in the middle.
int dropPlans();

void grabInto(QWidget& widget, const char* name);

}  // namespace longship::test
