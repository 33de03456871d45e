#include <QGuiApplication>

// Connects to the display that DISPLAY or WAYLAND_DISPLAY names, in the way in which the studio does. Exit
// code 0 when that succeeds; Qt aborts the program with its reason on stderr when it does not.
int main(int argc, char** argv) {
    const QGuiApplication application(argc, argv);
    return 0;
}
