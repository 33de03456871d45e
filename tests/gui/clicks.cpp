#include "tests/gui/clicks.h"

#include <deque>
#include <functional>
#include <utility>

#include <QAction>
#include <QApplication>
#include <QDialogButtonBox>
#include <QDir>
#include <QFileDialog>
#include <QLineEdit>
#include <QMenu>
#include <QPointer>
#include <QPushButton>
#include <QTest>
#include <QTimer>

namespace longship::test {

namespace {

/// What waits for dialogs and menus, in the order in which they are to come. Looks on while one of them has
/// the event loop, also from within a click that opens the next.
class Plans : public QObject {
public:
    /// Tries to begin; what is to be done with what was found, empty while nothing is there.
    using Look = std::function<std::function<void()>()>;

    void add(Look look) {
        m_looks.push_back(std::move(look));
        if (m_looks.size() == 1) {
            lookSoon();
        }
    }

    int drop() { return static_cast<int>(std::exchange(m_looks, {}).size()); }

    /// Each dialog is for one plan.
    QDialog* takeDialog() {
        auto* dialog = qobject_cast<QDialog*>(QApplication::activeModalWidget());
        if (dialog == nullptr || m_taken.contains(dialog)) {
            return nullptr;
        }
        m_taken.removeAll(nullptr);
        m_taken.append(dialog);
        return dialog;
    }

private:
    void lookSoon() {
        constexpr int kLookMs = 10;
        QTimer::singleShot(kLookMs, this, [this] { look(); });
    }

    void look() {
        if (m_looks.empty()) {
            return;
        }
        const auto act = m_looks.front()();
        if (act) {
            m_looks.pop_front();
        }
        if (!m_looks.empty()) {
            lookSoon();
        }
        if (act) {
            act();
        }
    }

    std::deque<Look> m_looks;
    QList<QPointer<QDialog>> m_taken;
};

Plans& plans() {
    static Plans all;
    return all;
}

}  // namespace

bool clickWhenReady(const QWidget& root, const char* name, int patienceMs) {
    const auto isReady = [&] {
        const auto* button = findNamed<QAbstractButton>(root, name);
        return button != nullptr && button->isVisible() && button->isEnabled();
    };
    if (!QTest::qWaitFor(isReady, patienceMs)) {
        return false;
    }
    QTest::mouseClick(findNamed<QAbstractButton>(root, name), Qt::LeftButton);
    return true;
}

bool choose(QComboBox* box, const QString& text) {
    if (box == nullptr || box->findText(text) < 0) {
        return false;
    }
    box->setFocus();
    QTest::keyClick(box, Qt::Key_Home);
    for (int moves = 0; moves < box->count() && box->currentText() != text; ++moves) {
        QTest::keyClick(box, Qt::Key_Down);
    }
    return box->currentText() == text;
}

void typeInto(QWidget* line, const QString& text) {
    // Lines of a file dialog behave in another way without the keyboard.
    static_cast<void>(QTest::qWaitForWindowActive(line));
    line->setFocus();
    static_cast<void>(QTest::qWaitFor([&] { return line->hasFocus(); }));
    QTest::keyClick(line, Qt::Key_A, Qt::ControlModifier);
    QTest::keyClicks(line, text);
}

int dropPlans() {
    return plans().drop();
}

void withNextDialog(const std::function<void(QDialog*)>& use) {
    plans().add([use]() -> std::function<void()> {
        QDialog* dialog = plans().takeDialog();
        if (dialog == nullptr) {
            return {};
        }
        return [use, dialog] {
            use(dialog);
            dialog->close();
        };
    });
}

void answerNextFileDialog(const QString& path, FileDialogSeen& seen) {
    withNextDialog([path, &seen](QDialog* dialog) {
        auto* files = qobject_cast<QFileDialog*>(dialog);
        if (files == nullptr) {
            return;
        }
        auto* name = files->findChild<QLineEdit*>(QStringLiteral("fileNameEdit"));
        seen = {files->windowTitle(), files->directory().absolutePath(), name->text(), false};
        QObject::connect(files, &QDialog::accepted, files, [&seen] { seen.accepted = true; });
        typeInto(name, path);
        // Its name is Save or Open, depending on what is chosen.
        auto* buttons = files->findChild<QDialogButtonBox*>();
        for (QAbstractButton* button : buttons->buttons()) {
            if (buttons->buttonRole(button) == QDialogButtonBox::AcceptRole) {
                QTest::mouseClick(button, Qt::LeftButton);
                return;
            }
        }
    });
}

void chooseFromNextMenu(int entry, QStringList& shown) {
    plans().add([entry, &shown]() -> std::function<void()> {
        auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget());
        if (menu == nullptr) {
            return {};
        }
        return [entry, &shown, menu] {
            for (const QAction* action : menu->actions()) {
                shown << action->text();
            }
            for (int moves = 0; moves <= entry; ++moves) {
                QTest::keyClick(menu, Qt::Key_Down);
            }
            QTest::keyClick(menu, Qt::Key_Return);
        };
    });
}

void grabInto(QWidget& widget, const char* name) {
    QDir().mkpath(QStringLiteral(SCREENSHOT_FOLDER));
    widget.grab().save(QStringLiteral(SCREENSHOT_FOLDER "/%1.png").arg(QString::fromLatin1(name)));
}

}  // namespace longship::test
